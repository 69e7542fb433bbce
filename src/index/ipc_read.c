/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and buffers of an index: read by their place, compared with their checksums, decoded. */
#include "base/error.h"
#include "index/reader.h"

enum twf_status index_read_batch(const struct twf_index *ix, const struct index_block *block,
                                 uint8_t kind, uint32_t nodes, uint32_t buffers,
                                 struct twf_buf *meta, struct index_batch *out,
                                 struct twf_error *err)
{
    struct twf_fb_table message, table, compression;
    uint8_t has_kind, codec;
    uint32_t prefix[2];
    int64_t body_len, rows;
    bool has = false;

    TWF_TRY(index_read(ix, block->off, block->meta_len, meta, err));
    memcpy(prefix, meta->ptr, sizeof(prefix));
    if (index_differs(index_hash(meta->ptr, meta->len), block->hash) || prefix[0] != UINT32_MAX ||
        prefix[1] != block->meta_len - sizeof(prefix))
        return index_bad(err, block->off, "the metadata of a batch was changed");
    if (!twf_fb_root(twf_span(meta->ptr + sizeof(prefix), prefix[1]), &message) ||
        !twf_fb_get8(&message, MESSAGE_HEADER_TYPE, 0, &has_kind) || has_kind != kind ||
        !twf_fb_get64(&message, MESSAGE_BODY_LEN, -1, &body_len) ||
        (uint64_t)body_len != block->body_len ||
        !twf_fb_get_table(&message, MESSAGE_HEADER, &has, &table) || !has)
        return index_bad(err, block->off, "a message is not what it must be");
    if (kind == ARROW_MESSAGE_DICTIONARY &&
        (!twf_fb_get_table(&table, DICTIONARY_DATA, &has, &table) || !has))
        return index_bad(err, block->off, "a dictionary is empty");
    if (!twf_fb_get64(&table, BATCH_LENGTH, -1, &rows) || rows < 0 || rows > UINT32_MAX ||
        !twf_fb_get_vector(&table, BATCH_NODES, sizeof(struct arrow_node), &out->nodes) ||
        !twf_fb_get_vector(&table, BATCH_BUFFERS, sizeof(struct arrow_buffer), &out->buffers) ||
        !twf_fb_get_table(&table, BATCH_COMPRESSION, &has, &compression) || !has ||
        !twf_fb_get8(&compression, COMPRESSION_CODEC, 0, &codec) || codec != ARROW_ZSTD ||
        !index_get_meta(&message, MESSAGE_META, INDEX_KEY_SUMS, &out->sums) ||
        out->nodes.n != nodes || out->buffers.n != buffers ||
        out->sums.len != (size_t)buffers * INDEX_SUM_DIGITS)
        return index_bad(err, block->off, "a batch does not fit together");
    out->rows = (uint32_t)rows;
    out->body_off = block->off + block->meta_len;
    out->body_len = block->body_len;
    return TWF_OK;
}

enum twf_status index_read_buffer(const struct twf_index *ix, const struct index_batch *b, uint32_t i,
                                  struct twf_buf *raw, struct twf_span *body, int64_t *len,
                                  struct twf_error *err)
{
    int64_t off = twf_fb_vector_i64(&b->buffers, i, sizeof(struct arrow_buffer), 0);
    int64_t n = twf_fb_vector_i64(&b->buffers, i, sizeof(struct arrow_buffer), 8);
    /* The zeros between two buffers are summed with the first. */
    int64_t end = i + 1 < b->buffers.n
                      ? twf_fb_vector_i64(&b->buffers, i + 1, sizeof(struct arrow_buffer), 0)
                      : (int64_t)b->body_len;
    uint64_t sum;

    if (off < 0 || n < 0 || (n > 0 && n < (int64_t)sizeof(*len)) || end < off || n > end - off ||
        (uint64_t)end > b->body_len || end - off - n >= 8)
        return index_bad(err, b->body_off, "a buffer lies beyond its batch");
    TWF_TRY(index_read(ix, b->body_off + (uint64_t)off, (uint64_t)(end - off), raw, err));
    if (!index_unhex(twf_span_slice(b->sums, (size_t)i * INDEX_SUM_DIGITS,
                                    (size_t)(i + 1) * INDEX_SUM_DIGITS),
                     &sum) ||
        index_differs((uint32_t)index_hash(raw->ptr, raw->len), sum))
        return index_bad(err, b->body_off + (uint64_t)off, "a checksum is wrong");
    *len = 0;
    *body = (struct twf_span){NULL, 0};
    if (n == 0)
        return TWF_OK;
    memcpy(len, raw->ptr, sizeof(*len));
    *body = twf_span(raw->ptr + sizeof(*len), (size_t)n - sizeof(*len));
    return TWF_OK;
}

enum twf_status index_take_bytes(const struct twf_index *ix, ZSTD_DCtx *zstd, const struct index_batch *b, uint32_t i,
                                 uint64_t least, uint64_t most, struct index_slot *slot, struct twf_span *out,
                                 struct twf_error *err)
{
    struct twf_span body;
    int64_t len;
    uint64_t want;
    uint8_t *to;

    TWF_TRY(index_read_buffer(ix, b, i, &slot->raw, &body, &len, err));
    if (len == -1 && body.len >= least && body.len <= most) {
        *out = body;
        return TWF_OK;
    }
    want = (uint64_t)len;
    if (len < 0 || want < least || want > most || want > INDEX_BUFFER_MAX)
        return index_bad(err, b->body_off, "a buffer has the wrong length");
    twf_buf_reset(&slot->plain);
    to = twf_buf_reserve(&slot->plain, (size_t)want + 8); /* never NULL for an empty one */
    if (to == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an index");
    if (want > 0 && ZSTD_decompressDCtx(zstd, to, (size_t)want, body.ptr, body.len) != (size_t)want)
        return index_bad(err, b->body_off, "a buffer does not decode");
    *out = twf_span(to, (size_t)want);
    return TWF_OK;
}

enum twf_status index_take_buffer(const struct twf_index *ix, ZSTD_DCtx *zstd,
                                  const struct index_batch *b, uint32_t i, uint64_t want,
                                  struct index_slot *slot, const uint8_t **out,
                                  struct twf_error *err)
{
    struct twf_span bytes;

    *out = NULL;
    TWF_TRY(index_take_bytes(ix, zstd, b, i, want, want, slot, &bytes, err));
    *out = bytes.ptr;
    return TWF_OK;
}

bool index_offsets_ok(const int32_t *offsets, uint32_t n, int32_t *end)
{
    uint32_t falls = offsets[0] != 0;

    for (uint32_t i = 0; i < n; i++)
        falls |= (uint32_t)(offsets[i + 1] < offsets[i]);
    *end = offsets[n];
    return falls == 0;
}
