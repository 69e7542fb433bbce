/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An index from its end: magic, footer, seal, schema, the places of its messages. The seal covers all of
 * that, the footer has a hash of each message's metadata, and that a checksum of each buffer: a byte that
 * changed is found before it is used. An author who means harm can make all of these fit, so nothing is
 * taken for granted because they do.
 */
#define _GNU_SOURCE
#include "index/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <twofrom/twofrom.h>

#include "base/alloc.h"
#include "base/error.h"
#include "index/brief.h"

enum twf_status index_bad(struct twf_error *err, uint64_t off, const char *what)
{
    return twf_error_set(err, TWF_ERR_FORMAT, off, "the index is damaged: %s", what);
}

enum twf_status index_read(const struct twf_index *ix, uint64_t off, uint64_t len, struct twf_buf *b,
                           struct twf_error *err)
{
    uint8_t *to;

    twf_buf_reset(b);
    if (off > ix->size || len > ix->size - off)
        return index_bad(err, off, "a part lies beyond its end");
    to = twf_buf_reserve(b, (size_t)len);
    if (to == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an index");
    if (ix->fd < 0 && len > 0)
        memcpy(to, ix->memory.ptr + off, (size_t)len);
    while (ix->fd >= 0 && b->len < len) {
        ssize_t n = pread(ix->fd, to + b->len, (size_t)len - b->len, (off_t)(off + b->len));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return twf_error_sys(err, TWF_ERR_IO, errno, "cannot read the index");
        if (n == 0)
            return index_bad(err, off + b->len, "it became shorter");
        b->len += (size_t)n;
    }
    b->len = (size_t)len;
    return TWF_OK;
}

/* The footer's place, from the last bytes of the file; then EOS to the end go to ix->tail. */
static enum twf_status read_tail(struct twf_index *ix, struct twf_span *footer,
                                 struct index_seal *seal, struct twf_error *err)
{
    enum { LEAST = INDEX_HEAD_LEN + INDEX_EOS_LEN + (int)sizeof(struct index_seal) + INDEX_TAIL_LEN };
    static const uint8_t eos[INDEX_EOS_LEN] = {0xFF, 0xFF, 0xFF, 0xFF};
    struct twf_buf *t = &ix->tail;
    uint64_t before;
    uint32_t len;

    if (ix->size < LEAST)
        return index_bad(err, 0, "it is too short");
    TWF_TRY(index_read(ix, ix->size - INDEX_TAIL_LEN, INDEX_TAIL_LEN, t, err));
    memcpy(&len, t->ptr, sizeof(len));
    if (memcmp(t->ptr + 4, INDEX_MAGIC, INDEX_MAGIC_LEN) != 0)
        return index_bad(err, ix->size - INDEX_MAGIC_LEN, "it has no end");
    if (len > INDEX_FOOTER_MAX || len > ix->size - LEAST)
        return index_bad(err, ix->size - INDEX_TAIL_LEN, "its footer is too long");
    before = ix->size - INDEX_TAIL_LEN - len - sizeof(*seal) - INDEX_EOS_LEN;
    TWF_TRY(index_read(ix, before, ix->size - before, t, err));
    memcpy(seal, t->ptr + INDEX_EOS_LEN, sizeof(*seal));
    memset(t->ptr + INDEX_EOS_LEN + offsetof(struct index_seal, tail_hash), 0,
           sizeof(seal->tail_hash));
    if (memcmp(t->ptr, eos, sizeof(eos)) != 0 ||
        memcmp(seal->magic, INDEX_SEAL, sizeof(seal->magic)) != 0)
        return index_bad(err, before, "it has no seal");
    if (index_differs(index_hash(t->ptr, t->len), seal->tail_hash))
        return index_bad(err, before, "its footer was changed");
    *footer = twf_span(t->ptr + INDEX_EOS_LEN + sizeof(*seal), len);
    return TWF_OK;
}

static enum twf_status check_head(struct twf_index *ix, const struct index_seal *seal,
                                  struct twf_error *err)
{
    struct twf_buf head;
    enum twf_status status;

    if (seal->head_len < INDEX_HEAD_LEN || seal->head_len > INDEX_META_MAX)
        return index_bad(err, 0, "its seal is wrong");
    twf_buf_init(&head);
    status = index_read(ix, 0, seal->head_len, &head, err);
    if (status == TWF_OK && index_differs(index_hash(head.ptr, head.len), seal->head_hash))
        status = index_bad(err, 0, "its head was changed");
    twf_buf_fini(&head);
    return status;
}

/* Block i of the footer. The blocks of a file touch each other: *off goes from one to the next. */
static bool take_block(const struct twf_fb_vector *v, uint32_t i, struct twf_span hashes,
                       struct index_block *out)
{
    int64_t off = twf_fb_vector_i64(v, i, sizeof(struct arrow_block), 0);
    int32_t meta = twf_fb_vector_i32(v, i, sizeof(struct arrow_block), 8);
    int64_t body = twf_fb_vector_i64(v, i, sizeof(struct arrow_block), 16);

    *out = (struct index_block){(uint64_t)off, (uint64_t)body, (uint32_t)meta, 0};
    return off >= 0 && meta >= 16 && meta <= INDEX_META_MAX && body >= 0 && off < INT64_MAX / 4 &&
           body < INT64_MAX / 4 && index_unhex(hashes, &out->hash);
}

static struct twf_span hash_of(struct twf_span hashes, uint32_t i)
{
    size_t at = (size_t)i * INDEX_BLOCK_DIGITS;

    return twf_span_slice(hashes, at, at + INDEX_BLOCK_DIGITS);
}

static enum twf_status take_counts(struct twf_index *ix, const struct twf_fb_table *footer, struct twf_error *err)
{
    for (uint32_t i = 0; i < ix->field_count; i++) {
        enum twf_col_id col = ix->fields[i].col;
        struct twf_span text;
        char key[64];

        if (!ix->fields[i].dictionary || !index_is_narrow(col))
            continue;
        if (!index_get_meta(footer, FOOTER_META, index_counts_key(col, key), &text))
            return index_bad(err, 0, "its footer does not fit together");
        if (text.len == 0)
            continue;
        if (!index_take_counts(&ix->counts[col], text, ix->batch_count))
            return ix->counts[col].starts == NULL ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an index")
                                                  : index_bad(err, 0, "its counts do not fit together");
    }
    return TWF_OK;
}

static enum twf_status take_blocks(struct twf_index *ix, const struct twf_fb_table *footer,
                                   uint64_t head_len, struct twf_error *err)
{
    struct twf_fb_vector dictionaries, batches;
    struct twf_span hashes;
    uint64_t at = head_len;
    uint32_t d = 0;

    if (!twf_fb_get_vector(footer, FOOTER_DICTIONARIES, sizeof(struct arrow_block), &dictionaries) ||
        !twf_fb_get_vector(footer, FOOTER_BATCHES, sizeof(struct arrow_block), &batches) ||
        !index_get_meta(footer, FOOTER_META, INDEX_KEY_BLOCKS, &hashes) ||
        dictionaries.n > TWF_COL_COUNT || batches.n > INDEX_BLOCKS_MAX ||
        hashes.len != ((size_t)dictionaries.n + batches.n) * INDEX_BLOCK_DIGITS)
        return index_bad(err, 0, "its footer does not fit together");
    ix->batches = twf_calloc(batches.n, sizeof(*ix->batches));
    if (ix->batches == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an index");
    for (uint32_t i = 0; i < batches.n; i++) {
        struct index_block *b = &ix->batches[ix->batch_count++];

        if (!take_block(&batches, i, hash_of(hashes, dictionaries.n + i), b) || b->off != at)
            return index_bad(err, at, "a batch lies elsewhere");
        at += b->meta_len + b->body_len;
    }
    for (uint32_t i = 0; i < ix->field_count; i++) {
        struct index_dictionary *dict = &ix->dictionaries[ix->fields[i].col];

        if (!ix->fields[i].dictionary)
            continue;
        if (d == dictionaries.n ||
            !take_block(&dictionaries, d, hash_of(hashes, d), &dict->block) || dict->block.off != at)
            return index_bad(err, at, "a dictionary lies elsewhere");
        at += dict->block.meta_len + dict->block.body_len;
        dict->known = true;
        d++;
    }
    if (d != dictionaries.n || at != ix->size - ix->tail.len)
        return index_bad(err, at, "it has bytes that nothing names");
    return take_counts(ix, footer, err);
}

static enum twf_status take_footer(struct twf_index *ix, struct twf_span bytes, uint64_t head_len,
                                   struct twf_error *err)
{
    struct twf_fb_table footer;
    int16_t version;
    bool has;

    if (!twf_fb_root(bytes, &footer) || !twf_fb_get16(&footer, FOOTER_VERSION, 0, &version) ||
        version != ARROW_V5 || !twf_fb_get_table(&footer, FOOTER_SCHEMA, &has, &ix->schema) || !has ||
        !index_get_schema(&ix->schema, ix->fields, &ix->field_count))
        return index_bad(err, ix->size - ix->tail.len, "its schema is none of ours");
    for (int i = 0; i < TWF_COL_COUNT; i++)
        ix->field_of[i] = -1;
    for (uint32_t i = 0; i < ix->field_count; i++) {
        ix->field_of[ix->fields[i].col] = (int)i;
        ix->node_at[i] = ix->node_count;
        ix->buffer_at[i] = ix->buffer_count;
        ix->node_count += index_field_nodes(&ix->fields[i]);
        ix->buffer_count += index_field_buffers(&ix->fields[i]);
    }
    TWF_TRY(index_take_gaps(ix, twf_index_meta(ix, INDEX_KEY_GAPS), err));
    return take_blocks(ix, &footer, head_len, err);
}

static enum twf_status open_it(struct twf_index *ix, struct twf_error *err)
{
    struct index_seal seal;
    struct twf_span footer;

    TWF_TRY(read_tail(ix, &footer, &seal, err));
    TWF_TRY(check_head(ix, &seal, err));
    return take_footer(ix, footer, seal.head_len, err);
}

static enum twf_status begin(int fd, struct twf_index **out, struct twf_error *err)
{
    *out = twf_calloc(1, sizeof(**out));
    if (*out == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an index");
    (*out)->fd = fd;
    return TWF_OK;
}

static enum twf_status end(struct twf_index **out, enum twf_status status)
{
    if (status != TWF_OK) {
        twf_index_close(*out);
        *out = NULL;
    }
    return status;
}

enum twf_status twf_index_open_memory(struct twf_span bytes, struct twf_index **out,
                                      struct twf_error *err)
{
    TWF_TRY(begin(-1, out, err));
    (*out)->memory = bytes;
    (*out)->size = bytes.len;
    return end(out, open_it(*out, err));
}

enum twf_status twf_index_open(const char *path, struct twf_index **out, struct twf_error *err)
{
    /* A link could lead to a file that somebody else changes; a FIFO would hold us for ever. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    enum twf_status status;

    *out = NULL;
    if (fd < 0)
        return twf_error_sys(err, TWF_ERR_IO, errno, "cannot open the index");
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return twf_error_set(err, TWF_ERR_IO, 0, "the index is no regular file");
    }
    status = begin(fd, out, err);
    if (status != TWF_OK) {
        (void)close(fd);
        return status;
    }
    (*out)->size = (uint64_t)st.st_size;
    return end(out, open_it(*out, err));
}

void twf_index_close(struct twf_index *ix)
{
    if (ix == NULL)
        return;
    for (int i = 0; i < TWF_COL_COUNT; i++) {
        struct index_dictionary *d = &ix->dictionaries[i];

        twf_buf_fini(&d->raw);
        twf_buf_fini(&d->offsets);
        twf_buf_fini(&d->bytes);
        twf_free(d->parts);
        twf_free(ix->counts[i].starts);
    }
    twf_buf_fini(&ix->tail);
    twf_free(ix->gaps);
    twf_free(ix->batches);
    if (ix->fd >= 0)
        (void)close(ix->fd);
    twf_free(ix);
}

uint32_t twf_index_batch_count(const struct twf_index *ix)
{
    return ix->batch_count;
}

bool twf_index_has(const struct twf_index *ix, enum twf_col_id col)
{
    return ix->field_of[col] >= 0;
}

bool twf_index_is_dictionary(const struct twf_index *ix, enum twf_col_id col)
{
    return twf_index_has(ix, col) && ix->fields[ix->field_of[col]].dictionary;
}

bool twf_index_has_values(const struct twf_index *ix, enum twf_col_id col)
{
    return twf_index_is_dictionary(ix, col) && !index_is_brief(col);
}

struct twf_span twf_index_meta(const struct twf_index *ix, const char *key)
{
    struct twf_span value;

    return index_get_meta(&ix->schema, SCHEMA_META, key, &value) ? value : (struct twf_span){NULL, 0};
}

const char *twf_index_stale(const struct twf_index *ix, const struct twf_index_identity *identity)
{
    char parser[16], source[3][64];
    struct twf_span have = twf_index_meta(ix, "twofrom.source");

    (void)snprintf(parser, sizeof(parser), "%d", TWF_PARSER);
    if (!twf_span_is(twf_index_meta(ix, "twofrom.schema"), TWF_SCHEMA) ||
        !twf_span_is(twf_index_meta(ix, "twofrom.layout"), INDEX_LAYOUT) ||
        !twf_span_is(twf_index_meta(ix, "twofrom.version"), TWF_VERSION) ||
        !twf_span_is(twf_index_meta(ix, "twofrom.parser"), parser))
        return "made by another version";
    if (!twf_span_is(twf_index_meta(ix, "twofrom.psl"), identity->psl))
        return "made with another public suffix list";
    if (!twf_span_is(twf_index_meta(ix, "twofrom.options"), identity->options))
        return "made with other options";
    (void)snprintf(source[0], sizeof(source[0]), "size=%llu ", (unsigned long long)identity->size);
    (void)snprintf(source[1], sizeof(source[1]), "mtime_ns=%lld ", (long long)identity->mtime_ns);
    (void)snprintf(source[2], sizeof(source[2]), "id=%.40s", identity->source_id);
    for (int i = 0; i < 3; i++) {
        static const char *const why[] = {"size differs", "time of change differs",
                                          "content differs"};
        size_t len = strlen(source[i]);

        if (!twf_span_eq(twf_span_slice(have, 0, len), twf_span(source[i], len)))
            return why[i];
        have = twf_span_slice(have, len, have.len);
    }
    return have.len == 0 ? NULL : "content differs";
}
