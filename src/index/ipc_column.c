/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of a record batch, and rows of it back into a batch of ours. */
#include "base/alloc.h"
#include "base/error.h"
#include "base/utf8.h"
#include "index/brief.h"
#include "index/dict.h"
#include "index/reader.h"

enum twf_status twf_index_scratch_new(struct twf_index_scratch **out, struct twf_error *err)
{
    struct twf_index_scratch *s = twf_calloc(1, sizeof(*s));

    *out = s;
    if (s != NULL && (s->zstd = ZSTD_createDCtx()) != NULL)
        return TWF_OK;
    twf_free(s);
    *out = NULL;
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an index");
}

void twf_index_scratch_free(struct twf_index_scratch *s)
{
    if (s == NULL)
        return;
    for (int i = 0; i < TWF_COL_COUNT; i++) {
        for (int k = 0; k < SLOT_COUNT; k++) {
            twf_buf_fini(&s->slots[i][k].raw);
            twf_buf_fini(&s->slots[i][k].plain);
        }
    }
    twf_buf_fini(&s->meta);
    twf_buf_fini(&s->text);
    twf_buf_fini(&s->before);
    (void)ZSTD_freeDCtx(s->zstd);
    twf_free(s);
}

enum twf_status twf_index_batch(const struct twf_index *ix, struct twf_index_scratch *s,
                                uint32_t batch, uint32_t *rows, struct twf_error *err)
{
    memset(s->loaded, 0, sizeof(s->loaded));
    memset(s->has_bytes, 0, sizeof(s->has_bytes));
    TWF_TRY(index_read_batch(ix, &ix->batches[batch], ARROW_MESSAGE_BATCH, ix->node_count,
                             ix->buffer_count, &s->meta, &s->batch, err));
    if (s->batch.rows == 0 || s->batch.rows > TWF_BATCH_ROWS_MAX)
        return index_bad(err, ix->batches[batch].off, "a batch has too many rows");
    *rows = s->batch.rows;
    return TWF_OK;
}

/* What a column is being made of. */
struct taking {
    const struct twf_index *ix;
    struct twf_index_scratch *s;
    enum twf_col_id col;
    uint32_t buffer; /* the next one */
};

static enum twf_status take(struct taking *t, int slot, uint64_t want, const uint8_t **out,
                            struct twf_error *err)
{
    return index_take_buffer(t->ix, t->s->zstd, &t->s->batch, t->buffer++, want,
                             &t->s->slots[t->col][slot], out, err);
}

/* n + 1 offsets; *end is the last one. Arrow allows none at all where n is 0; we never write that. */
static enum twf_status take_offsets(struct taking *t, int slot, uint32_t n, const int32_t **out,
                                    int32_t *end, struct twf_error *err)
{
    const uint8_t *bytes;

    TWF_TRY(take(t, slot, ((uint64_t)n + 1) * sizeof(int32_t), &bytes, err));
    *out = (const int32_t *)(const void *)bytes;
    return index_offsets_ok(*out, n, end) ? TWF_OK
                                          : index_bad(err, t->s->batch.body_off, "offsets fall");
}

static enum twf_status take_values(struct taking *t, uint32_t n, struct twf_index_values *v,
                                   struct twf_error *err)
{
    int32_t end;

    v->count = n;
    TWF_TRY(take_offsets(t, SLOT_SECOND, n, &v->offsets, &end, err));
    if (t->s->has_bytes[t->col]) {
        v->bytes = t->s->bytes[t->col].ptr;
        return t->s->bytes[t->col].len == (size_t)end
                   ? TWF_OK
                   : index_bad(err, t->s->batch.body_off, "a buffer has the wrong length");
    }
    return take(t, SLOT_DATA, (uint64_t)end, &v->bytes, err);
}

static enum twf_status take_list(struct taking *t, const struct arrow_node *child,
                                 struct twf_index_column *c, struct twf_error *err)
{
    const uint8_t *nothing;
    int32_t items;

    TWF_TRY(take_offsets(t, SLOT_FIRST, c->rows, &c->list_offsets, &items, err));
    if (child->len != items || child->nulls != 0)
        return index_bad(err, t->s->batch.body_off, "a list has another length");
    TWF_TRY(take(t, SLOT_SECOND, 0, &nothing, err));
    return take_values(t, (uint32_t)items, &c->values, err);
}

static struct arrow_node node(const struct index_batch *b, uint32_t i)
{
    return (struct arrow_node){twf_fb_vector_i64(&b->nodes, i, sizeof(struct arrow_node), 0),
                               twf_fb_vector_i64(&b->nodes, i, sizeof(struct arrow_node), 8)};
}

static enum twf_status load(struct taking *t, struct twf_index_column *c, struct twf_error *err)
{
    int field = t->ix->field_of[t->col];
    struct arrow_node first = node(&t->s->batch, t->ix->node_at[field]);
    uint64_t fixed;
    const uint8_t *bytes;

    *c = (struct twf_index_column){.type = twf_col_infos[t->col].type,
                                   .dictionary = t->ix->fields[field].dictionary,
                                   .rows = t->s->batch.rows};
    t->buffer = t->ix->buffer_at[field];
    if (first.len != c->rows || first.nulls < 0 || first.nulls > first.len)
        return index_bad(err, t->s->batch.body_off, "a column has another length");
    TWF_TRY(take(t, SLOT_VALIDITY, first.nulls == 0 ? 0 : index_fixed_len(TWF_TYPE_BOOL, c->rows),
                 &bytes, err));
    c->validity = first.nulls == 0 ? NULL : bytes;
    if (c->dictionary) {
        bool narrow = index_is_narrow(t->col);

        TWF_TRY(take(t, SLOT_DATA, narrow ? c->rows : index_fixed_len(TWF_TYPE_I32, c->rows), &bytes, err));
        c->narrow = narrow ? bytes : NULL;
        c->ids = narrow ? NULL : (const int32_t *)(const void *)bytes;
        return TWF_OK;
    }
    if (c->type == TWF_TYPE_LIST) {
        struct arrow_node child = node(&t->s->batch, t->ix->node_at[field] + 1);

        return take_list(t, &child, c, err);
    }
    fixed = index_fixed_len(c->type, c->rows);
    return fixed > 0 ? take(t, SLOT_DATA, fixed, &c->fixed, err)
                     : take_values(t, c->rows, &c->values, err);
}

enum twf_status twf_index_column(const struct twf_index *ix, struct twf_index_scratch *s,
                                 enum twf_col_id col, struct twf_index_column *out,
                                 struct twf_error *err)
{
    if (!s->loaded[col]) {
        struct taking t = {ix, s, col, 0};

        TWF_TRY(load(&t, &s->columns[col], err));
        s->loaded[col] = true;
    }
    *out = s->columns[col];
    return TWF_OK;
}

bool twf_index_has_bytes(const struct twf_index *ix, enum twf_col_id col)
{
    enum twf_col_type type = twf_col_infos[col].type;

    return twf_index_has(ix, col) && !twf_index_is_dictionary(ix, col) && !index_is_brief(col) &&
           (type == TWF_TYPE_UTF8 || type == TWF_TYPE_BIN);
}

enum twf_status twf_index_bytes(const struct twf_index *ix, struct twf_index_scratch *s, enum twf_col_id col,
                                struct twf_span *out, struct twf_error *err)
{
    uint32_t buffer = ix->buffer_at[ix->field_of[col]] + 2; /* behind validity and offsets */

    if (!s->has_bytes[col])
        TWF_TRY(index_take_bytes(ix, s->zstd, &s->batch, buffer, 0, INDEX_BUFFER_MAX, &s->slots[col][SLOT_DATA],
                                 &s->bytes[col], err));
    s->has_bytes[col] = true;
    *out = s->bytes[col];
    return TWF_OK;
}

/* ---- rows ---- */

static int64_t number(const struct twf_index_column *c, uint32_t row)
{
    int16_t i16;
    int32_t i32;
    int64_t i64;

    switch (c->type) {
    case TWF_TYPE_I16: memcpy(&i16, c->fixed + row * sizeof(i16), sizeof(i16)); return i16;
    case TWF_TYPE_I32: memcpy(&i32, c->fixed + row * sizeof(i32), sizeof(i32)); return i32;
    case TWF_TYPE_BOOL: return c->fixed[row >> 3] >> (row & 7) & 1;
    default: memcpy(&i64, c->fixed + row * sizeof(i64), sizeof(i64)); return i64;
    }
}

static enum twf_status put_text(const struct twf_index *ix, const struct twf_index_column *c,
                                enum twf_col_id col, uint32_t row, struct twf_batch *out,
                                uint32_t at, struct twf_error *err)
{
    const struct twf_index_values *v = c->dictionary ? &ix->dictionaries[col].values : &c->values;
    uint32_t i = c->dictionary ? twf_index_id(c, row) : row;
    struct twf_span value;

    if (i >= v->count)
        return index_bad(err, 0, "an id that its dictionary lacks");
    value = twf_index_value(v, i);
    if (c->type == TWF_TYPE_UTF8 && !twf_utf8_valid(value))
        return index_bad(err, 0, "text that is no UTF-8");
    twf_batch_bytes(out, col, at, value);
    return TWF_OK;
}

static enum twf_status put_items(const struct twf_index_column *c, enum twf_col_id col, uint32_t row,
                                 struct twf_batch *out, uint32_t at, struct twf_error *err)
{
    twf_batch_list(out, col, at);
    for (int32_t i = c->list_offsets[row]; i < c->list_offsets[row + 1]; i++) {
        struct twf_span value = twf_index_value(&c->values, (uint32_t)i);

        if (!twf_utf8_valid(value))
            return index_bad(err, 0, "text that is no UTF-8");
        twf_batch_item(out, col, at, value);
    }
    return TWF_OK;
}

static enum twf_status put_cell(const struct twf_index *ix, struct twf_index_scratch *s,
                                const struct twf_index_column *c, enum twf_col_id col, uint32_t row,
                                struct twf_batch *out, uint32_t at, struct twf_error *err)
{
    bool whole = true;

    if (index_is_brief(col)) {
        TWF_TRY(index_expand(ix, s, c, col, row, out, at, &whole, err));
        if (!whole)
            return TWF_OK;
    }
    if (!twf_index_valid(c, row))
        return twf_col_infos[col].never_null ? index_bad(err, 0, "a value is missing") : TWF_OK;
    switch (c->type) {
    case TWF_TYPE_UTF8:
    case TWF_TYPE_BIN: return put_text(ix, c, col, row, out, at, err);
    case TWF_TYPE_LIST: return put_items(c, col, row, out, at, err);
    default: twf_batch_int(out, col, at, number(c, row)); return TWF_OK;
    }
}

/* No value of text ends within a character, if the bytes of all are UTF-8. */
static bool ends_between(const struct twf_index_values *v)
{
    int32_t end = v->offsets[v->count];

    for (uint32_t i = 0; i < v->count; i++) {
        if (v->offsets[i] < end && (v->bytes[v->offsets[i]] & 0xC0) == 0x80)
            return false;
    }
    return true;
}

static bool is_text(enum twf_col_type type)
{
    return type == TWF_TYPE_UTF8 || type == TWF_TYPE_BIN;
}

/* Whether all rows of a column can be put at once: cells of other forms are put one by one. */
static bool is_bulk(const struct twf_index_column *c, enum twf_col_id col, const struct twf_batch *out)
{
    return !c->dictionary && !index_is_brief(col) && c->type != TWF_TYPE_LIST && c->type != TWF_TYPE_BOOL &&
           out->cols[col].rows == 0 && (c->validity == NULL || !twf_col_infos[col].never_null);
}

static enum twf_status put_all(const struct twf_index_column *c, enum twf_col_id col,
                               struct twf_batch *out, struct twf_error *err)
{
    const struct twf_index_values *v = &c->values;

    if (!is_text(c->type)) {
        twf_batch_ints(out, col, c->rows, c->validity, c->fixed);
        return TWF_OK;
    }
    if (c->type == TWF_TYPE_UTF8 &&
        !(twf_utf8_valid(twf_span(v->bytes, (size_t)v->offsets[v->count])) && ends_between(v)))
        return index_bad(err, 0, "text that is no UTF-8");
    twf_batch_texts(out, col, c->rows, c->validity, v->offsets, v->bytes);
    return TWF_OK;
}

enum twf_status twf_index_rows(const struct twf_index *ix, struct twf_index_scratch *s,
                               const uint32_t *rows, uint32_t n, const bool want[TWF_COL_COUNT],
                               struct twf_batch *out, uint32_t at, struct twf_error *err)
{
    for (uint32_t f = 0; f < ix->field_count; f++) {
        enum twf_col_id col = ix->fields[f].col;
        struct twf_index_column c;

        if (!want[col])
            continue;
        TWF_TRY(twf_index_column(ix, s, col, &c, err));
        if (n == c.rows && at == 0 && is_bulk(&c, col, out)) {
            TWF_TRY(put_all(&c, col, out, err));
            continue;
        }
        for (uint32_t i = 0; i < n; i++)
            TWF_TRY(put_cell(ix, s, &c, col, rows[i], out, at + i, err));
    }
    return out->failed ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for rows of an index")
                       : TWF_OK;
}

/* ---- dictionaries ---- */

/* Where the zstd frames of the data buffer begin: each decodes to INDEX_FRAME_LEN, the last to the rest. */
static enum twf_status cut_parts(struct index_dictionary *d, struct twf_span body, uint64_t len,
                                 struct twf_error *err)
{
    uint64_t n = (len + INDEX_FRAME_LEN - 1) / INDEX_FRAME_LEN;
    size_t at = 0;

    d->parts = twf_calloc((size_t)n + 1, sizeof(*d->parts));
    if (d->parts == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a dictionary");
    for (uint64_t i = 0; i < n; i++) {
        uint64_t want = TWF_MIN(len - i * INDEX_FRAME_LEN, (uint64_t)INDEX_FRAME_LEN);
        size_t used = ZSTD_findFrameCompressedSize(body.ptr + at, body.len - at);

        if (ZSTD_isError(used) || ZSTD_getFrameContentSize(body.ptr + at, body.len - at) != want)
            return index_bad(err, d->block.off, "a dictionary does not decode");
        d->parts[i] = (size_t)(body.ptr - d->raw.ptr) + at;
        at += used;
    }
    d->parts[n] = (size_t)(body.ptr - d->raw.ptr) + at;
    d->part_count = (uint32_t)n;
    return at == body.len ? TWF_OK : index_bad(err, d->block.off, "a dictionary is too long");
}

/* The data buffer: as it is, or cut into parts. */
static enum twf_status begin_data(const struct twf_index *ix, struct index_dictionary *d,
                                  const struct index_batch *b, uint64_t want, struct twf_error *err)
{
    struct twf_span body;
    int64_t len;

    TWF_TRY(index_read_buffer(ix, b, 2, &d->raw, &body, &len, err));
    d->part_count = 0;
    d->values.bytes = body.ptr;
    if (len == -1 && body.len == want)
        return TWF_OK;
    if (len < 0 || (uint64_t)len != want || want > INDEX_BUFFER_MAX)
        return index_bad(err, d->block.off, "a dictionary has the wrong length");
    twf_buf_reset(&d->bytes);
    d->values.bytes = twf_buf_reserve(&d->bytes, (size_t)want + 8);
    if (d->values.bytes == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a dictionary");
    return cut_parts(d, body, want, err);
}

enum twf_status twf_index_dictionary_begin(struct twf_index *ix, enum twf_col_id col,
                                           uint32_t *parts, struct twf_error *err)
{
    struct index_dictionary *d = &ix->dictionaries[col];
    struct index_slot slot = {0};
    struct index_batch b;
    struct twf_buf meta;
    const uint8_t *offsets = NULL;
    ZSTD_DCtx *zstd;
    int32_t end = 0;
    enum twf_status status;

    *parts = 0;
    twf_free(d->parts);
    d->parts = NULL;
    zstd = ZSTD_createDCtx();
    if (zstd == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a dictionary");
    twf_buf_init(&meta);
    status = index_read_batch(ix, &d->block, ARROW_MESSAGE_DICTIONARY, 1, 3, &meta, &b, err);
    if (status == TWF_OK && b.rows > INDEX_DICT_VALUES_MAX)
        status = index_bad(err, d->block.off, "a dictionary is too long");
    if (status == TWF_OK)
        status = index_take_buffer(ix, zstd, &b, 1, ((uint64_t)b.rows + 1) * sizeof(int32_t), &slot,
                                   &offsets, err);
    if (status == TWF_OK) {
        twf_buf_reset(&d->offsets);
        twf_buf_put(&d->offsets, offsets, ((size_t)b.rows + 1) * sizeof(int32_t));
        d->values.count = b.rows;
        d->values.offsets = (const int32_t *)(const void *)d->offsets.ptr;
        if (d->offsets.failed)
            status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a dictionary");
        else if (!index_offsets_ok(d->values.offsets, b.rows, &end))
            status = index_bad(err, d->block.off, "offsets fall");
    }
    if (status == TWF_OK)
        status = begin_data(ix, d, &b, (uint64_t)end, err);
    *parts = d->part_count;
    twf_buf_fini(&meta);
    twf_buf_fini(&slot.raw);
    twf_buf_fini(&slot.plain);
    (void)ZSTD_freeDCtx(zstd);
    return status;
}

enum twf_status twf_index_dictionary_part(struct twf_index *ix, enum twf_col_id col,
                                          struct twf_index_scratch *s, uint32_t part,
                                          struct twf_error *err)
{
    struct index_dictionary *d = &ix->dictionaries[col];
    size_t len = (size_t)d->values.offsets[d->values.count];
    size_t at = (size_t)part * INDEX_FRAME_LEN, want = TWF_MIN(len - at, (size_t)INDEX_FRAME_LEN);
    size_t n = ZSTD_decompressDCtx(s->zstd, d->bytes.ptr + at, want, d->raw.ptr + d->parts[part],
                                   d->parts[part + 1] - d->parts[part]);

    return n == want ? TWF_OK : index_bad(err, d->block.off, "a dictionary does not decode");
}

enum twf_status twf_index_dictionary_end(struct twf_index *ix, enum twf_col_id col,
                                         struct twf_error *err)
{
    struct index_dictionary *d = &ix->dictionaries[col];

    (void)err;
    if (d->part_count > 0)
        twf_buf_fini(&d->raw); /* what was decoded is no longer asked for */
    d->ready = true;
    return TWF_OK;
}

enum twf_status twf_index_dictionary(struct twf_index *ix, enum twf_col_id col,
                                     struct twf_index_scratch *s, struct twf_index_values *out,
                                     struct twf_error *err)
{
    uint32_t parts;

    if (!ix->dictionaries[col].ready) {
        TWF_TRY(twf_index_dictionary_begin(ix, col, &parts, err));
        for (uint32_t i = 0; i < parts; i++)
            TWF_TRY(twf_index_dictionary_part(ix, col, s, i, err));
        TWF_TRY(twf_index_dictionary_end(ix, col, err));
    }
    *out = ix->dictionaries[col].values;
    return TWF_OK;
}

const struct twf_index_values *twf_index_dictionary_get(const struct twf_index *ix,
                                                        enum twf_col_id col)
{
    return ix->dictionaries[col].ready ? &ix->dictionaries[col].values : NULL;
}
