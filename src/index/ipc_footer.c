/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an index: who made it from what, where its blocks are, and the seal. */
#define _GNU_SOURCE
#include "index/writer.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <twofrom/twofrom.h>

#include "base/alloc.h"
#include "base/error.h"

static void move(struct twf_buf *to, struct twf_buf *from)
{
    *to = *from;
    *from = (struct twf_buf){0};
}

enum twf_status index_take_end(struct twf_index_writer *w, struct twf_index_end **out, struct twf_error *err)
{
    struct twf_index_end *e = twf_calloc(1, sizeof(*e));

    if (e == NULL)
        return index_no_memory(err);
    e->fields = twf_calloc(w->column_count, sizeof(*e->fields));
    if (e->fields == NULL) {
        twf_free(e);
        return index_no_memory(err);
    }
    memcpy(e->fields, w->fields, w->column_count * sizeof(*e->fields));
    e->field_count = w->column_count;
    e->dictionaries = (uint32_t)(w->dict_blocks.len / sizeof(struct arrow_block));
    twf_buf_span(&w->dict_blocks, twf_buf_view(&w->blocks));
    twf_buf_span(&w->dict_hashes, twf_buf_view(&w->block_hashes));
    w->dict_blocks.failed |= w->blocks.failed;
    w->dict_hashes.failed |= w->block_hashes.failed;
    move(&e->blocks, &w->dict_blocks);
    move(&e->hashes, &w->dict_hashes);
    for (uint32_t i = 0; i < w->column_count && e->counted_columns < INDEX_NARROW_COLUMNS; i++) {
        if (w->columns[i].how != HOW_DICT || !index_is_narrow(w->columns[i].col))
            continue;
        e->counted[e->counted_columns] = w->columns[i].col;
        move(&e->counts[e->counted_columns++], &w->columns[i].counts);
    }
    e->off = w->off;
    e->head_hash = w->head_hash;
    e->head_len = w->head_len;
    e->rows = w->all_rows;
    e->batches = w->batches;
    *out = e;
    return TWF_OK;
}

void twf_index_end_free(struct twf_index_end *e)
{
    if (e == NULL)
        return;
    twf_buf_fini(&e->blocks);
    twf_buf_fini(&e->hashes);
    for (int i = 0; i < INDEX_NARROW_COLUMNS; i++)
        twf_buf_fini(&e->counts[i]);
    twf_free(e->fields);
    twf_free(e);
}

/* The metadata of the schema: who made this from what, and what was not read of it. */
static twf_fb_ref put_identity(struct twf_fb *fb, const struct twf_index_identity *id, struct twf_span gaps)
{
    char parser[16], source[160];
    struct index_pair pairs[] = {
        {"twofrom.schema", twf_span_str(TWF_SCHEMA)},   {"twofrom.version", twf_span_str(TWF_VERSION)},
        {"twofrom.parser", {NULL, 0}},                  {"twofrom.psl", twf_span_str(id->psl)},
        {"twofrom.options", twf_span_str(id->options)}, {"twofrom.source", {NULL, 0}},
        {"twofrom.layout", twf_span_str(INDEX_LAYOUT)}, {INDEX_KEY_GAPS, gaps},
    };

    (void)snprintf(parser, sizeof(parser), "%d", TWF_PARSER);
    pairs[2].value = twf_span_str(parser);
    (void)snprintf(source, sizeof(source), "size=%llu mtime_ns=%lld id=%.40s",
                   (unsigned long long)id->size, (long long)id->mtime_ns, id->source_id);
    pairs[5].value = twf_span_str(source);
    return index_put_meta(fb, pairs, TWF_COUNT(pairs) - (gaps.len == 0));
}

static struct twf_span put_footer(struct twf_index_end *e, struct twf_fb *fb, const struct twf_index_identity *id,
                                  struct twf_span gaps)
{
    struct index_pair pairs[1 + INDEX_NARROW_COLUMNS] = {{INDEX_KEY_BLOCKS, twf_buf_view(&e->hashes)}};
    char keys[INDEX_NARROW_COLUMNS][64];
    uint32_t all = (uint32_t)(e->blocks.len / sizeof(struct arrow_block));
    const uint8_t *of_batches = e->dictionaries == all ? NULL : e->blocks.ptr + e->dictionaries * sizeof(struct arrow_block);
    twf_fb_ref schema, dictionaries, batches, meta;

    for (uint32_t i = 0; i < e->counted_columns; i++)
        pairs[i + 1] =
            (struct index_pair){index_counts_key(e->counted[i], keys[i]), twf_buf_view(&e->counts[i])};
    twf_fb_reset(fb);
    meta = index_put_meta(fb, pairs, 1 + e->counted_columns);
    schema = index_put_schema(fb, e->fields, e->field_count, put_identity(fb, id, gaps));
    dictionaries = twf_fb_structs(fb, e->blocks.ptr, sizeof(struct arrow_block), e->dictionaries);
    batches = twf_fb_structs(fb, of_batches, sizeof(struct arrow_block), all - e->dictionaries);
    twf_fb_begin(fb);
    twf_fb_put_ref(fb, FOOTER_SCHEMA, schema);
    twf_fb_put_ref(fb, FOOTER_DICTIONARIES, dictionaries);
    twf_fb_put_ref(fb, FOOTER_BATCHES, batches);
    twf_fb_put_ref(fb, FOOTER_META, meta);
    twf_fb_put16(fb, FOOTER_VERSION, ARROW_V5);
    return twf_fb_finish(fb, twf_fb_end(fb));
}

/* EOS, seal, footer, its length, the magic. False without memory. */
static bool put_tail(struct twf_index_end *e, struct twf_fb *fb, const struct twf_index_identity *id,
                     struct twf_span gaps, struct twf_buf *tail)
{
    static const uint32_t eos[2] = {UINT32_MAX, 0};
    struct index_seal seal = {INDEX_SEAL, 0, e->head_hash, e->head_len};
    struct twf_span footer = put_footer(e, fb, id, gaps);
    int32_t len = (int32_t)footer.len;
    bool failed = fb->failed || e->blocks.failed || e->hashes.failed;

    for (uint32_t i = 0; i < e->counted_columns; i++)
        failed |= e->counts[i].failed;
    twf_buf_put(tail, eos, sizeof(eos));
    twf_buf_put(tail, &seal, sizeof(seal));
    twf_buf_span(tail, footer);
    twf_buf_put(tail, &len, sizeof(len));
    twf_buf_str(tail, INDEX_MAGIC);
    if (failed || tail->failed)
        return false;
    seal.tail_hash = index_hash(tail->ptr, tail->len);
    memcpy(tail->ptr + sizeof(eos), &seal, sizeof(seal));
    return true;
}

enum twf_status twf_index_end_write(struct twf_index_end *e, int fd, const struct twf_index_identity *identity,
                                    const struct twf_incident *gaps, uint32_t n, struct twf_index_sums *sums,
                                    struct twf_error *err)
{
    off_t end = lseek(fd, 0, SEEK_END);
    struct twf_buf text, tail;
    struct twf_fb fb = {0};
    enum twf_status status;

    if (end < 0)
        return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write an index");
    if ((uint64_t)end != e->off)
        return twf_error_set(err, TWF_ERR_OUTPUT, 0, "somebody else wrote to an index");
    twf_buf_init(&text);
    twf_buf_init(&tail);
    index_put_gaps(&text, gaps, n);
    status = !text.failed && put_tail(e, &fb, identity, twf_buf_view(&text), &tail)
                 ? index_put(fd, &e->off, twf_buf_view(&tail), err)
                 : index_no_memory(err);
    twf_buf_fini(&text);
    twf_buf_fini(&tail);
    twf_fb_fini(&fb);
    *sums = (struct twf_index_sums){e->rows, e->batches, e->off};
    return status;
}
