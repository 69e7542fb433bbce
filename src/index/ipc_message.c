/* SPDX-License-Identifier: Apache-2.0 */
/* One message of the file: its buffers, each compressed on its own and summed, and its metadata. */
#include "index/writer.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"

enum twf_status index_put(int fd, uint64_t *off, struct twf_span s, struct twf_error *err)
{
    while (s.len > 0) {
        ssize_t n = write(fd, s.ptr, s.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return twf_error_sys(err, TWF_ERR_OUTPUT, n < 0 ? errno : EIO, "cannot write an index");
        *off += (uint64_t)n;
        s = twf_span_slice(s, (size_t)n, s.len);
    }
    return TWF_OK;
}

/* Zeros up to a multiple of 8: every buffer begins at one. */
static void pad_body(struct twf_buf *body)
{
    static const uint8_t zeros[8];

    twf_buf_put(body, zeros, (8 - body->len % 8) % 8);
}

/* src in zstd frames of INDEX_FRAME_LEN behind what body holds; false without memory. */
static bool compress(struct twf_index_writer *w, struct twf_span src)
{
    struct twf_buf *body = &w->body;

    for (size_t at = 0; at < src.len; at += INDEX_FRAME_LEN) {
        struct twf_span part = twf_span_slice(src, at, at + INDEX_FRAME_LEN);
        size_t cap = ZSTD_compressBound(part.len), n;
        uint8_t *to = twf_buf_reserve(body, cap);

        if (to == NULL)
            return false;
        n = ZSTD_compress2(w->zstd, to, cap, part.ptr, part.len);
        if (ZSTD_isError(n))
            return false;
        body->len += n;
    }
    return true;
}

/* The checksum of what stands in the body from start on. */
static void put_sum(struct twf_index_writer *w, size_t start)
{
    char digits[INDEX_SUM_DIGITS];

    struct twf_span fresh = twf_span_slice(twf_buf_view(&w->body), start, w->body.len);

    if (w->body.failed)
        return;
    index_hex(index_hash(fresh.ptr, fresh.len), INDEX_SUM_DIGITS, digits);
    twf_buf_put(&w->sums, digits, sizeof(digits));
}

/* Whether an id in 64 at least differs from the one before it: then zstd would not make a 64th of them. */
static bool ids_change(struct twf_span ids, size_t width)
{
    size_t changes = 0;

    for (size_t at = width; at < ids.len; at += width)
        changes += memcmp(ids.ptr + at, ids.ptr + at - width, width) != 0;
    return changes > ids.len / width / 64;
}

void index_put_buffer(struct twf_index_writer *w, struct twf_span src, bool hot)
{
    struct twf_buf *body = &w->body;
    struct arrow_buffer *b = &w->buffers[w->buffer_count++];
    int64_t len = (int64_t)src.len;
    size_t start = body->len, most = hot ? src.len / 64 : src.len - src.len / 16;

    *b = (struct arrow_buffer){.off = (int64_t)start};
    if (src.len > 0) {
        twf_buf_put(body, &len, sizeof(len));
        if (!compress(w, src)) {
            body->failed = true;
        } else if (body->len - start - sizeof(len) > most) {
            len = -1;
            body->len = start;
            twf_buf_put(body, &len, sizeof(len));
            twf_buf_span(body, src);
        }
        b->len = (int64_t)(body->len - start);
        pad_body(body);
    }
    put_sum(w, start);
}

void index_put_as_is(struct twf_index_writer *w, struct twf_span src)
{
    struct twf_buf *body = &w->body;
    struct arrow_buffer *b = &w->buffers[w->buffer_count++];
    int64_t len = -1;
    size_t start = body->len;

    *b = (struct arrow_buffer){.off = (int64_t)start};
    if (src.len > 0) {
        twf_buf_put(body, &len, sizeof(len));
        twf_buf_span(body, src);
        b->len = (int64_t)(body->len - start);
        pad_body(body);
    }
    put_sum(w, start);
}

/* Ids as a byte each; lives until the next column. */
static struct twf_span narrowed(struct twf_index_writer *w, const struct index_writing *c, uint32_t rows)
{
    uint8_t *to;

    twf_buf_reset(&w->plain);
    to = twf_buf_reserve(&w->plain, rows);
    if (to == NULL) {
        w->body.failed = true;
        return twf_span("", 0);
    }
    for (uint32_t i = 0; i < rows; i++)
        to[i] = c->data.ptr[i * sizeof(int32_t)]; /* little-endian, and at most INDEX_NARROW_MAX */
    w->plain.len = rows;
    return twf_buf_view(&w->plain);
}

void index_put_column(struct twf_index_writer *w, const struct index_writing *c, uint32_t rows)
{
    enum twf_col_type type = twf_col_infos[c->col].type;
    struct twf_span none = {NULL, 0};

    w->nodes[w->node_count++] = (struct arrow_node){rows, c->nulls};
    index_put_buffer(w, c->nulls == 0 ? none : twf_buf_view(&c->validity), false);
    if (c->how == HOW_DICT) {
        bool narrow = index_is_narrow(c->col);
        struct twf_span ids = narrow ? narrowed(w, c, rows) : twf_buf_view(&c->data);
        /* Only what is there by the million has to be fast: the rest of an archive, or a small one, is packed. */
        bool hot = index_is_hot(c->col) && rows == TWF_INDEX_ROWS;

        if (hot && ids_change(ids, narrow ? 1 : sizeof(int32_t)))
            index_put_as_is(w, ids);
        else
            index_put_buffer(w, ids, hot);
        return;
    }
    if (type == TWF_TYPE_LIST) {
        index_put_buffer(w, twf_buf_view(&c->list_offsets), false);
        w->nodes[w->node_count++] = (struct arrow_node){c->items, 0};
        index_put_buffer(w, none, false);
    }
    if (index_fixed_len(type, 8) == 0)
        index_put_buffer(w, twf_buf_view(&c->offsets), false);
    if (c->as_is)
        index_put_as_is(w, twf_buf_view(&c->data));
    else
        index_put_buffer(w, twf_buf_view(&c->data), false);
}

twf_fb_ref index_put_batch_table(struct twf_index_writer *w, uint32_t rows)
{
    twf_fb_ref nodes, buffers, compression;

    buffers = twf_fb_structs(&w->fb, w->buffers, sizeof(*w->buffers), w->buffer_count);
    nodes = twf_fb_structs(&w->fb, w->nodes, sizeof(*w->nodes), w->node_count);
    twf_fb_begin(&w->fb);
    twf_fb_put8(&w->fb, COMPRESSION_CODEC, ARROW_ZSTD);
    compression = twf_fb_end(&w->fb);
    twf_fb_begin(&w->fb);
    twf_fb_put64(&w->fb, BATCH_LENGTH, rows);
    twf_fb_put_ref(&w->fb, BATCH_NODES, nodes);
    twf_fb_put_ref(&w->fb, BATCH_BUFFERS, buffers);
    twf_fb_put_ref(&w->fb, BATCH_COMPRESSION, compression);
    return twf_fb_end(&w->fb);
}

enum twf_status index_put_message(struct twf_index_writer *w, uint8_t kind, twf_fb_ref header,
                                   twf_fb_ref meta, struct twf_buf *blocks, struct twf_buf *hashes,
                                   struct twf_error *err)
{
    struct arrow_block block = {.off = (int64_t)w->off, .body_len = (int64_t)w->body.len};
    uint32_t prefix[2] = {UINT32_MAX, 0};
    char digits[INDEX_BLOCK_DIGITS];
    struct twf_buf whole;
    struct twf_span doc;
    enum twf_status status;

    twf_fb_begin(&w->fb);
    twf_fb_put64(&w->fb, MESSAGE_BODY_LEN, block.body_len);
    twf_fb_put_ref(&w->fb, MESSAGE_HEADER, header);
    twf_fb_put_ref(&w->fb, MESSAGE_META, meta);
    twf_fb_put16(&w->fb, MESSAGE_VERSION, ARROW_V5);
    twf_fb_put8(&w->fb, MESSAGE_HEADER_TYPE, kind);
    doc = twf_fb_finish(&w->fb, twf_fb_end(&w->fb));
    prefix[1] = (uint32_t)doc.len;
    twf_buf_init(&whole);
    twf_buf_put(&whole, prefix, sizeof(prefix));
    twf_buf_span(&whole, doc);
    if (w->fb.failed || whole.failed || w->body.failed || w->sums.failed) {
        twf_buf_fini(&whole);
        return index_no_memory(err);
    }
    block.meta_len = (int32_t)whole.len;
    index_hex(index_hash(whole.ptr, whole.len), INDEX_BLOCK_DIGITS, digits);
    if (blocks != NULL) {
        twf_buf_put(blocks, &block, sizeof(block));
        twf_buf_put(hashes, digits, sizeof(digits));
    }
    status = index_put(w->fd, &w->off, twf_buf_view(&whole), err);
    twf_buf_fini(&whole);
    return status == TWF_OK ? index_put(w->fd, &w->off, twf_buf_view(&w->body), err) : status;
}

void index_begin_message(struct twf_index_writer *w)
{
    twf_fb_reset(&w->fb);
    twf_buf_reset(&w->body);
    twf_buf_reset(&w->sums);
    w->node_count = w->buffer_count = 0;
}

twf_fb_ref index_put_sums(struct twf_index_writer *w)
{
    struct index_pair pair = {INDEX_KEY_SUMS, twf_buf_view(&w->sums)};

    return index_put_meta(&w->fb, &pair, 1);
}
