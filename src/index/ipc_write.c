/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of batches into an Arrow IPC file. Rows are collected, column by column, until a record batch is
 * full; then each buffer is compressed on its own and the batch goes out in one write. Dictionaries
 * follow the last batch, for only then they are whole; readers find them through the footer.
 *
 * Where it is not clear whether a column is better a dictionary, the first record batch is measured. The
 * schema is therefore written when that batch is.
 */
#define _GNU_SOURCE
#include "index/index.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <twofrom/twofrom.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "index/dict.h"
#include "index/layout.h"

/*
 * Level 1: the index is built beside a scan and may cost a few per cent of it. Bytes in a record batch
 * above COLUMN_MAX end it early, so that 32-bit offsets and a reader's memory suffice.
 */
enum { LEVEL = 1, COLUMN_MAX = 64 << 20 };

/* How a column is stored. */
enum how {
    HOW_PLAIN,
    HOW_DICT,    /* values repeat by nature */
    HOW_MEASURE, /* they may */
};

/* Columns that are as large as all others together: only where they are asked for. */
static bool is_bulky(enum twf_col_id col)
{
    return col == TWF_COL_authentication_results || col == TWF_COL_received ||
           col == TWF_COL_header_rest;
}

/* Columns whose ids a question compares millions of times a second: not compressed unless that pays. */
static bool is_hot(enum twf_col_id col)
{
    switch (col) {
    case TWF_COL_p1_domain:
    case TWF_COL_p1_org:
    case TWF_COL_p2_domain:
    case TWF_COL_p2_org:
    case TWF_COL_from_raw:
    case TWF_COL_relation:
    case TWF_COL_verdict:
    case TWF_COL_level: return true;
    default: return false;
    }
}

static enum how how_stored(enum twf_col_id col)
{
    switch (col) {
    case TWF_COL_source_uri:
    case TWF_COL_source_id:
    case TWF_COL_container_format:
    case TWF_COL_frame_verified:
    case TWF_COL_journal_form:
    case TWF_COL_p1_domain:
    case TWF_COL_p1_org:
    case TWF_COL_p1_source:
    case TWF_COL_p1_trust:
    case TWF_COL_p2_domain:
    case TWF_COL_p2_org:
    case TWF_COL_relation:
    case TWF_COL_verdict:
    case TWF_COL_level:
    case TWF_COL_exchange_tag:
    case TWF_COL_auth_server:
    case TWF_COL_auth_spf:
    case TWF_COL_auth_dkim:
    case TWF_COL_auth_dmarc:
    case TWF_COL_auth_compauth:
    case TWF_COL_list_id:
    /* Authors come back, if not among the first rows: one in ten may be new for ever. */
    case TWF_COL_from_raw:
    case TWF_COL_p2_address:
    case TWF_COL_p2_display:
    case TWF_COL_sender_address:
    case TWF_COL_sender_raw:
    case TWF_COL_reply_to_address:
    case TWF_COL_reply_to_raw:
    case TWF_COL_zone: return HOW_DICT;
    case TWF_COL_record_id:
    case TWF_COL_member:
    case TWF_COL_message_hash:
    case TWF_COL_message_id:
    case TWF_COL_date_raw:
    case TWF_COL_authentication_results:
    case TWF_COL_received:
    case TWF_COL_header_rest: return HOW_PLAIN;
    default:
        return twf_col_infos[col].type == TWF_TYPE_UTF8 || twf_col_infos[col].type == TWF_TYPE_BIN
                   ? HOW_MEASURE
                   : HOW_PLAIN;
    }
}

/* One column of the record batch that is being collected. */
struct column {
    enum twf_col_id col;
    enum how how; /* HOW_MEASURE until the first batch is full */
    struct index_dict dict;
    uint32_t nulls, items;
    struct twf_buf validity;     /* bits */
    struct twf_buf list_offsets; /* int32 */
    struct twf_buf offsets;      /* int32 */
    struct twf_buf data;         /* bytes, numbers, bits or ids */
};

struct twf_index_writer {
    int fd;
    uint64_t off; /* bytes written */
    ZSTD_CCtx *zstd;
    struct twf_fb fb;
    struct twf_buf body, sums, plain;
    struct twf_buf blocks;           /* struct arrow_block, batches */
    struct twf_buf block_hashes;     /* hex, batches */
    struct twf_buf dict_blocks, dict_hashes;
    struct arrow_node nodes[2 * TWF_COL_COUNT];
    struct arrow_buffer buffers[INDEX_BUFFERS_MAX];
    uint32_t node_count, buffer_count;
    struct index_field fields[TWF_COL_COUNT];
    struct column columns[TWF_COL_COUNT];
    uint32_t column_count;
    uint32_t rows; /* collected */
    uint64_t all_rows, batches;
    bool has_schema;
    uint64_t head_hash, head_len;
};

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an index");
}

enum twf_status twf_index_writer_new(int fd, bool with_headers, struct twf_index_writer **out,
                                     struct twf_error *err)
{
    struct twf_index_writer *w = twf_calloc(1, sizeof(*w));
    bool ok = w != NULL;

    *out = NULL;
    if (!ok)
        return no_memory(err);
    w->fd = fd;
    w->zstd = ZSTD_createCCtx();
    ok = w->zstd != NULL &&
         !ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, LEVEL));
    for (int i = 0; i < TWF_COL_COUNT; i++) {
        struct column *c = &w->columns[w->column_count];

        if (twf_col_infos[i].index == 'X' || (is_bulky((enum twf_col_id)i) && !with_headers))
            continue;
        c->col = (enum twf_col_id)i;
        c->how = how_stored(c->col);
        w->column_count++;
        if (c->how != HOW_PLAIN)
            ok = index_dict_init(&c->dict) && ok;
    }
    if (!ok) {
        twf_index_writer_free(w);
        return no_memory(err);
    }
    *out = w;
    return TWF_OK;
}

void twf_index_writer_free(struct twf_index_writer *w)
{
    if (w == NULL)
        return;
    for (uint32_t i = 0; i < w->column_count; i++) {
        struct column *c = &w->columns[i];

        index_dict_fini(&c->dict);
        twf_buf_fini(&c->validity);
        twf_buf_fini(&c->list_offsets);
        twf_buf_fini(&c->offsets);
        twf_buf_fini(&c->data);
    }
    twf_fb_fini(&w->fb);
    twf_buf_fini(&w->body);
    twf_buf_fini(&w->sums);
    twf_buf_fini(&w->plain);
    twf_buf_fini(&w->blocks);
    twf_buf_fini(&w->block_hashes);
    twf_buf_fini(&w->dict_blocks);
    twf_buf_fini(&w->dict_hashes);
    (void)ZSTD_freeCCtx(w->zstd);
    twf_free(w);
}

/* ---- collecting ---- */

static void put_i32(struct twf_buf *b, int32_t value)
{
    twf_buf_put(b, &value, sizeof(value));
}

/* Appends bits [from, to) of src to those of b, which has have of them; returns how many are 0. */
static uint32_t put_bits(struct twf_buf *b, uint32_t have, const uint8_t *src, uint32_t from,
                         uint32_t to)
{
    uint32_t zeros = 0, end = have + (to - from);
    size_t more = (end + 7) / 8 - b->len;
    uint8_t *p;

    if (more > 0) {
        p = twf_buf_reserve(b, more);
        if (p == NULL)
            return 0;
        memset(p, 0, more);
        b->len += more;
    }
    for (uint32_t i = from; i < to; i++, have++) {
        uint8_t bit = src[i >> 3] >> (i & 7) & 1;

        b->ptr[have >> 3] |= (uint8_t)(bit << (have & 7));
        zeros += bit == 0;
    }
    return zeros;
}

/* n + 1 offsets from src on, moved so that they go on from base; the first one only where b is empty. */
static void put_offsets(struct twf_buf *b, const int32_t *src, uint32_t n, int32_t base)
{
    int32_t shift = base - src[0];
    uint32_t first = b->len == 0 ? 0 : 1;
    uint8_t *p = twf_buf_reserve(b, (n + 1 - first) * sizeof(int32_t));

    if (p == NULL)
        return;
    for (uint32_t i = first; i <= n; i++) {
        int32_t value = src[i] + shift;

        memcpy(p, &value, sizeof(value));
        p += sizeof(value);
    }
    b->len += (n + 1 - first) * sizeof(int32_t);
}

/* Values [from, from + n) of c into a column with offsets. */
static void put_values(struct column *to, const struct twf_col *c, uint32_t from, uint32_t n)
{
    int32_t base = (int32_t)to->data.len;

    put_offsets(&to->offsets, c->offsets + from, n, base);
    twf_buf_put(&to->data, c->data + c->offsets[from],
                (size_t)(c->offsets[from + n] - c->offsets[from]));
}

/* The id of each value. A value that does not fit any more makes the column plain. */
static bool put_ids(struct column *to, const struct twf_col *c, uint32_t from, uint32_t end,
                    bool *full)
{
    for (uint32_t i = from; i < end; i++) {
        int32_t id = 0;

        if (twf_col_valid(c, i) && !index_dict_put(&to->dict, twf_col_bytes(c, i), &id, full))
            return false;
        put_i32(&to->data, id);
    }
    return true;
}

static void put_fixed(struct column *to, const struct twf_col *c, uint32_t from, uint32_t end,
                      uint32_t have)
{
    if (c->type == TWF_TYPE_BOOL) {
        (void)put_bits(&to->data, have, c->data, from, end);
    } else {
        size_t width = (size_t)index_fixed_len(c->type, 1);

        twf_buf_put(&to->data, c->data + from * width, (end - from) * width);
    }
}

static void put_lists(struct column *to, const struct twf_col *c, uint32_t from, uint32_t end)
{
    uint32_t first = (uint32_t)c->list_offsets[from];
    uint32_t n = (uint32_t)c->list_offsets[end] - first;

    put_offsets(&to->list_offsets, c->list_offsets + from, end - from, (int32_t)to->items);
    put_values(to, c, first, n);
    to->items += n;
}

/* A column with ids becomes one with values. */
static bool flatten(struct column *c, uint32_t rows, struct twf_buf *scratch)
{
    struct twf_buf ids = c->data;

    c->how = HOW_PLAIN;
    c->data = *scratch;
    c->data.len = 0;
    c->offsets.len = 0;
    put_i32(&c->offsets, 0);
    for (uint32_t i = 0; i < rows; i++) {
        bool valid = (c->validity.ptr[i >> 3] >> (i & 7) & 1) != 0;
        int32_t id;

        memcpy(&id, ids.ptr + i * sizeof(id), sizeof(id));
        if (valid)
            twf_buf_span(&c->data, index_dict_get(&c->dict, (uint32_t)id));
        put_i32(&c->offsets, (int32_t)c->data.len);
    }
    *scratch = ids;
    index_dict_fini(&c->dict);
    c->dict = (struct index_dict){0};
    return !c->data.failed && !c->offsets.failed;
}

static enum twf_status flush(struct twf_index_writer *w, struct twf_error *err);

static bool is_full(const struct twf_index_writer *w)
{
    bool full = w->rows == TWF_INDEX_ROWS;

    for (uint32_t i = 0; !full && i < w->column_count; i++)
        full = w->columns[i].data.len >= COLUMN_MAX;
    return full;
}

/* Rows that are collected before the batch is looked at again: no column outgrows its offsets then. */
static uint32_t piece(const struct twf_index_writer *w, const struct twf_batch *b, uint32_t from,
                      uint32_t to)
{
    uint32_t n = TWF_MIN(to - from, TWF_INDEX_ROWS - w->rows);

    for (uint32_t i = 0; i < w->column_count; i++) {
        const struct twf_col *c = &b->cols[w->columns[i].col];

        while (n > 1 && c->type == TWF_TYPE_BIN &&
               (size_t)(c->offsets[from + n] - c->offsets[from]) > COLUMN_MAX)
            n /= 2;
    }
    return n;
}

/* Rules raise levels for the run at hand; an index holds what the findings say. */
static const struct twf_col *column_of(const struct twf_batch *b, enum twf_col_id col)
{
    if (col == TWF_COL_level && b->plain_level.rows == b->rows)
        return &b->plain_level;
    if (col == TWF_COL_score && b->plain_score.rows == b->rows)
        return &b->plain_score;
    return &b->cols[col];
}

static enum twf_status collect(struct twf_index_writer *w, const struct twf_batch *b, uint32_t from,
                               uint32_t end, struct twf_error *err)
{
    for (uint32_t i = 0; i < w->column_count; i++) {
        struct column *to = &w->columns[i];
        const struct twf_col *c = column_of(b, to->col);
        bool full = false, ok = true;

        to->nulls += put_bits(&to->validity, w->rows, c->validity, from, end);
        if (to->how != HOW_PLAIN)
            ok = put_ids(to, c, from, end, &full);
        else if (c->type == TWF_TYPE_LIST)
            put_lists(to, c, from, end);
        else if (index_fixed_len(c->type, 8) > 0)
            put_fixed(to, c, from, end, w->rows);
        else
            put_values(to, c, from, end - from);
        if (full)
            return twf_error_set(err, TWF_ERR_LIMIT, 0,
                                 "more distinct values of %s than an index can hold",
                                 twf_col_infos[to->col].name);
        if (to->data.len > INDEX_BUFFER_MAX)
            return twf_error_set(err, TWF_ERR_LIMIT, 0, "a value of %s is too long for an index",
                                 twf_col_infos[to->col].name);
        if (!ok || to->validity.failed || to->list_offsets.failed || to->offsets.failed ||
            to->data.failed)
            return no_memory(err);
    }
    w->rows += end - from;
    return TWF_OK;
}

enum twf_status twf_index_writer_rows(struct twf_index_writer *w, const struct twf_batch *b,
                                      uint32_t from, uint32_t to, struct twf_error *err)
{
    while (from < to) {
        uint32_t n = piece(w, b, from, to);

        TWF_TRY(collect(w, b, from, from + n, err));
        from += n;
        if (is_full(w))
            TWF_TRY(flush(w, err));
    }
    return TWF_OK;
}

/* ---- writing ---- */

static enum twf_status put(struct twf_index_writer *w, struct twf_span s, struct twf_error *err)
{
    while (s.len > 0) {
        ssize_t n = write(w->fd, s.ptr, s.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return twf_error_sys(err, TWF_ERR_OUTPUT, n < 0 ? errno : EIO, "cannot write an index");
        w->off += (uint64_t)n;
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

/*
 * A buffer: its decoded length and zstd frames, or -1 and the bytes as they are. Hot ids are compressed
 * only where next to nothing is left, as of a column with one value: zstd decodes a gigabyte a second, and
 * ids are compared at ten times that.
 */
static void put_buffer(struct twf_index_writer *w, struct twf_span src, bool hot)
{
    struct twf_buf *body = &w->body;
    struct arrow_buffer *b = &w->buffers[w->buffer_count++];
    int64_t len = (int64_t)src.len;
    size_t start = body->len, most = hot ? src.len / 64 : src.len - src.len / 16;
    char digits[INDEX_SUM_DIGITS];

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
    if (body->failed)
        return;
    index_hex(index_hash(body->ptr + start, body->len - start), INDEX_SUM_DIGITS, digits);
    twf_buf_put(&w->sums, digits, sizeof(digits));
}

static void put_column(struct twf_index_writer *w, const struct column *c, uint32_t rows)
{
    enum twf_col_type type = twf_col_infos[c->col].type;
    struct twf_span none = {NULL, 0};

    w->nodes[w->node_count++] = (struct arrow_node){rows, c->nulls};
    put_buffer(w, c->nulls == 0 ? none : twf_buf_view(&c->validity), false);
    if (c->how == HOW_DICT) {
        put_buffer(w, twf_buf_view(&c->data), is_hot(c->col));
        return;
    }
    if (type == TWF_TYPE_LIST) {
        put_buffer(w, twf_buf_view(&c->list_offsets), false);
        w->nodes[w->node_count++] = (struct arrow_node){c->items, 0};
        put_buffer(w, none, false);
    }
    if (index_fixed_len(type, 8) == 0)
        put_buffer(w, twf_buf_view(&c->offsets), false);
    put_buffer(w, twf_buf_view(&c->data), false);
}

/* What was put into body, nodes, buffers and sums, as a RecordBatch table. */
static twf_fb_ref put_batch_table(struct twf_index_writer *w, uint32_t rows)
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

/* A Message around header; what it is made of stands in w->fb. Writes it, and the body behind it. */
static enum twf_status put_message(struct twf_index_writer *w, uint8_t kind, twf_fb_ref header,
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
        return no_memory(err);
    }
    block.meta_len = (int32_t)whole.len;
    index_hex(index_hash(whole.ptr, whole.len), INDEX_BLOCK_DIGITS, digits);
    if (blocks != NULL) {
        twf_buf_put(blocks, &block, sizeof(block));
        twf_buf_put(hashes, digits, sizeof(digits));
    }
    status = put(w, twf_buf_view(&whole), err);
    twf_buf_fini(&whole);
    return status == TWF_OK ? put(w, twf_buf_view(&w->body), err) : status;
}

static void begin_message(struct twf_index_writer *w)
{
    twf_fb_reset(&w->fb);
    twf_buf_reset(&w->body);
    twf_buf_reset(&w->sums);
    w->node_count = w->buffer_count = 0;
}

static twf_fb_ref put_sums(struct twf_index_writer *w)
{
    struct index_pair pair = {INDEX_KEY_SUMS, twf_buf_view(&w->sums)};

    return index_put_meta(&w->fb, &pair, 1);
}

/* Magic and schema. The metadata of the schema stands in the footer: it is not known yet. */
static enum twf_status put_head(struct twf_index_writer *w, struct twf_error *err)
{
    uint8_t head[INDEX_HEAD_LEN] = INDEX_MAGIC;
    uint8_t *back;
    enum twf_status status;

    for (uint32_t i = 0; i < w->column_count; i++) {
        struct column *c = &w->columns[i];

        /* A dictionary pays where a value stands for two rows at least. */
        if (c->how == HOW_MEASURE) {
            c->how = HOW_DICT;
            if (c->dict.count > (w->rows - c->nulls) / 2 && !flatten(c, w->rows, &w->plain))
                return no_memory(err);
        }
        w->fields[i] = (struct index_field){c->col, c->how == HOW_DICT};
    }
    w->has_schema = true;
    begin_message(w);
    TWF_TRY(put(w, twf_span(head, sizeof(head)), err));
    TWF_TRY(put_message(w, ARROW_MESSAGE_SCHEMA,
                        index_put_schema(&w->fb, w->fields, w->column_count, 0), 0, NULL, NULL,
                        err));
    /* What stands in the file is what is sealed. */
    w->head_len = w->off;
    back = twf_malloc((size_t)w->head_len);
    if (back == NULL)
        return no_memory(err);
    status = pread(w->fd, back, (size_t)w->head_len, 0) == (ssize_t)w->head_len
                 ? TWF_OK
                 : twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot read an index back");
    w->head_hash = index_hash(back, (size_t)w->head_len);
    twf_free(back);
    return status;
}

/* The rows collected become a record batch. */
static enum twf_status flush(struct twf_index_writer *w, struct twf_error *err)
{
    twf_fb_ref meta, table;

    if (!w->has_schema)
        TWF_TRY(put_head(w, err));
    if (w->rows == 0)
        return TWF_OK;
    begin_message(w);
    for (uint32_t i = 0; i < w->column_count; i++) {
        struct column *c = &w->columns[i];

        put_column(w, c, w->rows);
        c->validity.len = c->list_offsets.len = c->offsets.len = c->data.len = 0;
        c->nulls = c->items = 0;
    }
    meta = put_sums(w);
    table = put_batch_table(w, w->rows);
    w->all_rows += w->rows;
    w->batches++;
    w->rows = 0;
    return put_message(w, ARROW_MESSAGE_BATCH, table, meta, &w->blocks, &w->block_hashes, err);
}

static enum twf_status put_dictionary(struct twf_index_writer *w, const struct column *c,
                                      struct twf_error *err)
{
    twf_fb_ref meta, table;

    begin_message(w);
    w->nodes[w->node_count++] = (struct arrow_node){c->dict.count, 0};
    put_buffer(w, (struct twf_span){NULL, 0}, false);
    put_buffer(w, twf_buf_view(&c->dict.offsets), false);
    put_buffer(w, twf_buf_view(&c->dict.bytes), false);
    meta = put_sums(w);
    table = put_batch_table(w, c->dict.count);
    twf_fb_begin(&w->fb);
    twf_fb_put64(&w->fb, DICTIONARY_ID, c->col);
    twf_fb_put_ref(&w->fb, DICTIONARY_DATA, table);
    return put_message(w, ARROW_MESSAGE_DICTIONARY, twf_fb_end(&w->fb), meta, &w->dict_blocks,
                       &w->dict_hashes, err);
}

/* The metadata of the schema: who made this from what. */
static twf_fb_ref put_identity(struct twf_index_writer *w, const struct twf_index_identity *id)
{
    char parser[16], source[160];
    struct index_pair pairs[] = {
        {"twofrom.schema", twf_span_str(TWF_SCHEMA)}, {"twofrom.version", twf_span_str(TWF_VERSION)},
        {"twofrom.parser", {NULL, 0}},                {"twofrom.psl", twf_span_str(id->psl)},
        {"twofrom.options", twf_span_str(id->options)}, {"twofrom.source", {NULL, 0}},
    };

    (void)snprintf(parser, sizeof(parser), "%d", TWF_PARSER);
    pairs[2].value = twf_span_str(parser);
    (void)snprintf(source, sizeof(source), "size=%llu mtime_ns=%lld id=%.40s",
                   (unsigned long long)id->size, (long long)id->mtime_ns, id->source_id);
    pairs[5].value = twf_span_str(source);
    return index_put_meta(&w->fb, pairs, TWF_COUNT(pairs));
}

static struct twf_span put_footer(struct twf_index_writer *w, const struct twf_index_identity *id)
{
    struct index_pair pair = {INDEX_KEY_BLOCKS, {NULL, 0}};
    twf_fb_ref schema, dictionaries, batches, meta;

    twf_buf_span(&w->dict_hashes, twf_buf_view(&w->block_hashes));
    pair.value = twf_buf_view(&w->dict_hashes);
    twf_fb_reset(&w->fb);
    meta = index_put_meta(&w->fb, &pair, 1);
    schema = index_put_schema(&w->fb, w->fields, w->column_count, put_identity(w, id));
    dictionaries = twf_fb_structs(&w->fb, w->dict_blocks.ptr, sizeof(struct arrow_block),
                                  (uint32_t)(w->dict_blocks.len / sizeof(struct arrow_block)));
    batches = twf_fb_structs(&w->fb, w->blocks.ptr, sizeof(struct arrow_block),
                             (uint32_t)(w->blocks.len / sizeof(struct arrow_block)));
    twf_fb_begin(&w->fb);
    twf_fb_put_ref(&w->fb, FOOTER_SCHEMA, schema);
    twf_fb_put_ref(&w->fb, FOOTER_DICTIONARIES, dictionaries);
    twf_fb_put_ref(&w->fb, FOOTER_BATCHES, batches);
    twf_fb_put_ref(&w->fb, FOOTER_META, meta);
    twf_fb_put16(&w->fb, FOOTER_VERSION, ARROW_V5);
    return twf_fb_finish(&w->fb, twf_fb_end(&w->fb));
}

/* EOS, seal, footer, its length, the magic. */
static enum twf_status put_tail(struct twf_index_writer *w, const struct twf_index_identity *id,
                                struct twf_error *err)
{
    static const uint32_t eos[2] = {UINT32_MAX, 0};
    struct index_seal seal = {INDEX_SEAL, 0, w->head_hash, w->head_len};
    struct twf_span footer = put_footer(w, id);
    struct twf_buf *tail = &w->body;
    int32_t len = (int32_t)footer.len;

    twf_buf_reset(tail);
    twf_buf_put(tail, eos, sizeof(eos));
    twf_buf_put(tail, &seal, sizeof(seal));
    twf_buf_span(tail, footer);
    twf_buf_put(tail, &len, sizeof(len));
    twf_buf_str(tail, INDEX_MAGIC);
    if (tail->failed || w->fb.failed || w->blocks.failed || w->block_hashes.failed ||
        w->dict_blocks.failed || w->dict_hashes.failed)
        return no_memory(err);
    seal.tail_hash = index_hash(tail->ptr, tail->len);
    memcpy(tail->ptr + sizeof(eos), &seal, sizeof(seal));
    return put(w, twf_buf_view(tail), err);
}

enum twf_status twf_index_writer_finish(struct twf_index_writer *w,
                                        const struct twf_index_identity *identity,
                                        struct twf_index_sums *sums, struct twf_error *err)
{
    TWF_TRY(flush(w, err));
    for (uint32_t i = 0; i < w->column_count; i++) {
        if (w->columns[i].how == HOW_DICT)
            TWF_TRY(put_dictionary(w, &w->columns[i], err));
    }
    TWF_TRY(put_tail(w, identity, err));
    *sums = (struct twf_index_sums){w->all_rows, w->batches, w->off};
    return TWF_OK;
}
