/* SPDX-License-Identifier: Apache-2.0 */
/* Columns that grow by doubling, padded with nulls where rows were passed over. */
#include "flow/batch.h"

#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"

const struct twf_col_info twf_col_infos[TWF_COL_COUNT] = {
#define C(name, type, never_null, index, text) {#name, TWF_TYPE_##type, never_null, (#index)[0], text},
#include "flow/columns.def"
#undef C
};

struct twf_batch *twf_batch_new(void)
{
    struct twf_batch *b = twf_calloc(1, sizeof(*b));

    if (b == NULL)
        return NULL;
    b->selected = twf_calloc(TWF_BATCH_ROWS_MAX / 8, 1);
    if (b->selected == NULL) {
        twf_free(b);
        return NULL;
    }
    for (int i = 0; i < TWF_COL_COUNT; i++)
        b->cols[i].type = twf_col_infos[i].type;
    b->plain_level.type = b->cols[TWF_COL_level].type;
    b->plain_score.type = b->cols[TWF_COL_score].type;
    return b;
}

static void free_col(struct twf_col *c)
{
    twf_free(c->validity);
    twf_free(c->list_offsets);
    twf_free(c->offsets);
    twf_free(c->data);
}

static void empty_col(struct twf_col *c)
{
    c->rows = 0;
    c->items = 0;
    c->data_len = 0;
}

void twf_batch_free(struct twf_batch *b)
{
    if (b == NULL)
        return;
    for (int i = 0; i < TWF_COL_COUNT; i++)
        free_col(&b->cols[i]);
    free_col(&b->plain_level);
    free_col(&b->plain_score);
    twf_free(b->selected);
    twf_free(b);
}

void twf_batch_reset(struct twf_batch *b)
{
    for (int i = 0; i < TWF_COL_COUNT; i++)
        empty_col(&b->cols[i]);
    empty_col(&b->plain_level);
    empty_col(&b->plain_score);
    memset(b->selected, 0, ((size_t)b->selected_end + 7) / 8);
    b->selected_count = b->selected_end = 0;
    b->rows = 0;
    b->failed = false;
}

static bool widen(struct twf_batch *b, void *ptr, size_t *cap, size_t need)
{
    void *old, *fresh;
    size_t len = *cap == 0 ? 512 : *cap;

    while (len < need)
        len *= 2;
    memcpy(&old, ptr, sizeof(old));
    fresh = twf_realloc(old, len);
    if (fresh == NULL) {
        b->failed = true;
        return false;
    }
    memset((char *)fresh + *cap, 0, len - *cap);
    memcpy(ptr, &fresh, sizeof(fresh));
    *cap = len;
    return true;
}

/* Room for need bytes in *ptr; false (sticky) without memory. */
static inline bool grow(struct twf_batch *b, void *ptr, size_t *cap, size_t need)
{
    return TWF_LIKELY(need <= *cap) || widen(b, ptr, cap, need);
}

static size_t width(enum twf_col_type type)
{
    switch (type) {
    case TWF_TYPE_I16: return 2;
    case TWF_TYPE_I32: return 4;
    case TWF_TYPE_I64:
    case TWF_TYPE_TS: return 8;
    default: return 0;
    }
}

static bool has_offsets(enum twf_col_type type)
{
    return type == TWF_TYPE_UTF8 || type == TWF_TYPE_BIN;
}

static void clear_bits(uint8_t *bits, uint32_t from, uint32_t to)
{
    for (; from < to && (from & 7) != 0; from++)
        bits[from >> 3] &= (uint8_t) ~(1u << (from & 7));
    if (from < to)
        memset(bits + (from >> 3), 0, (to - from + 7) / 8); /* bits behind them mean nothing yet */
}

static void fill_offsets(int32_t *offsets, uint32_t from, uint32_t to, int32_t value)
{
    for (uint32_t r = from; r < to; r++)
        offsets[r + 1] = value;
}

/* Rows from c->rows to rows become null; there is room. w: bytes of a fixed value. */
static void fill_nulls(struct twf_col *c, uint32_t rows, size_t w)
{
    clear_bits(c->validity, c->rows, rows);
    if (has_offsets(c->type))
        fill_offsets(c->offsets, c->rows, rows, (int32_t)c->data_len);
    else if (c->type == TWF_TYPE_LIST)
        fill_offsets(c->list_offsets, c->rows, rows, (int32_t)c->items);
    else if (c->type == TWF_TYPE_BOOL)
        clear_bits(c->data, c->rows, rows);
    else
        memset(c->data + c->rows * w, 0, (rows - c->rows) * w);
}

/* Rows that fit into what pad made sure of. */
static uint32_t room_of(const struct twf_col *c, size_t w)
{
    size_t room = TWF_MIN((c->validity_cap - 1) * 8, (size_t)TWF_BATCH_ROWS_MAX);

    if (has_offsets(c->type))
        room = TWF_MIN(room, c->offsets_cap / 4 - 1);
    if (c->type == TWF_TYPE_LIST)
        room = TWF_MIN(room, c->list_cap / 4 - 1);
    if (w != 0)
        room = TWF_MIN(room, c->data_cap / w);
    if (c->type == TWF_TYPE_BOOL)
        room = TWF_MIN(room, (c->data_cap - 1) * 8);
    return (uint32_t)room;
}

/* Makes room for room rows, and fills rows from c->rows to rows with nulls. */
static bool pad(struct twf_batch *b, struct twf_col *c, uint32_t rows, uint32_t room)
{
    size_t w = width(c->type);

    if (!grow(b, &c->validity, &c->validity_cap, ((size_t)room + 7) / 8 + 1))
        return false;
    if (has_offsets(c->type) && !grow(b, &c->offsets, &c->offsets_cap, ((size_t)room + 1) * 4))
        return false;
    if (c->type == TWF_TYPE_LIST && !grow(b, &c->list_offsets, &c->list_cap, ((size_t)room + 1) * 4))
        return false;
    if (c->type == TWF_TYPE_LIST && !grow(b, &c->offsets, &c->offsets_cap, ((size_t)c->items + 1) * 4))
        return false;
    if (w != 0 && !grow(b, &c->data, &c->data_cap, (size_t)room * w))
        return false;
    if (c->type == TWF_TYPE_BOOL && !grow(b, &c->data, &c->data_cap, ((size_t)room + 7) / 8 + 1))
        return false;
    if (c->rows == 0) {
        if (has_offsets(c->type) || c->type == TWF_TYPE_LIST)
            c->offsets[0] = 0;
        if (c->type == TWF_TYPE_LIST)
            c->list_offsets[0] = 0;
    }
    c->room = room_of(c, w);
    if (rows > c->rows) {
        fill_nulls(c, rows, w);
        c->rows = rows;
    }
    return true;
}

void twf_batch_finish(struct twf_batch *b, uint32_t rows)
{
    assert(rows <= TWF_BATCH_ROWS_MAX);
    for (int i = 0; i < TWF_COL_COUNT; i++)
        (void)pad(b, &b->cols[i], rows, rows);
    b->rows = rows;
}

void twf_batch_finish_columns(struct twf_batch *b, uint32_t rows, const bool wanted[TWF_COL_COUNT])
{
    assert(rows <= TWF_BATCH_ROWS_MAX);
    for (int i = 0; i < TWF_COL_COUNT; i++) {
        if (wanted[i])
            (void)pad(b, &b->cols[i], rows, rows);
    }
    b->rows = rows;
}

/* The column, padded up to row and with room for it; NULL without memory. */
static inline struct twf_col *at(struct twf_batch *b, enum twf_col_id id, uint32_t row)
{
    struct twf_col *c = &b->cols[id];

    assert(row < TWF_BATCH_ROWS_MAX);
    if (TWF_LIKELY(row == c->rows && row < c->room))
        return c;
    return pad(b, c, row, row + 1) ? c : NULL;
}

static void set_valid(struct twf_col *c, uint32_t row)
{
    c->validity[row >> 3] |= (uint8_t)(1u << (row & 7));
    c->rows = row + 1;
}

static inline bool append(struct twf_batch *b, struct twf_col *c, struct twf_span value)
{
    if (value.len > (size_t)INT32_MAX - c->data_len) {
        b->failed = true;
        return false;
    }
    if (!grow(b, &c->data, &c->data_cap, c->data_len + value.len + 1))
        return false;
    if (value.len > 0)
        memcpy(c->data + c->data_len, value.ptr, value.len);
    c->data_len += value.len;
    return true;
}

void twf_batch_bytes(struct twf_batch *b, enum twf_col_id id, uint32_t row, struct twf_span value)
{
    struct twf_col *c = at(b, id, row);

    if (c == NULL || !append(b, c, value))
        return;
    assert(has_offsets(c->type) && c->rows == row);
    c->offsets[row + 1] = (int32_t)c->data_len;
    set_valid(c, row);
}

/* Room for rows rows of an empty column, and their validity. */
static bool begin_all(struct twf_batch *b, struct twf_col *c, uint32_t rows, const uint8_t *validity)
{
    size_t bytes = ((size_t)rows + 7) / 8;

    assert(c->rows == 0 && rows <= TWF_BATCH_ROWS_MAX);
    if (!pad(b, c, 0, rows))
        return false;
    if (validity == NULL)
        memset(c->validity, 0xFF, bytes);
    else
        memcpy(c->validity, validity, bytes);
    c->rows = rows;
    return true;
}

void twf_batch_texts(struct twf_batch *b, enum twf_col_id id, uint32_t rows, const uint8_t *validity,
                     const int32_t *offsets, const uint8_t *data)
{
    struct twf_col *c = &b->cols[id];
    int32_t base = offsets[0];

    assert(has_offsets(c->type));
    if (!append(b, c, twf_span(data + base, (size_t)(offsets[rows] - base))) ||
        !begin_all(b, c, rows, validity))
        return;
    for (uint32_t i = 0; i <= rows; i++)
        c->offsets[i] = offsets[i] - base;
}

void twf_batch_ints(struct twf_batch *b, enum twf_col_id id, uint32_t rows, const uint8_t *validity,
                    const uint8_t *data)
{
    struct twf_col *c = &b->cols[id];

    assert(width(c->type) != 0);
    if (begin_all(b, c, rows, validity) && rows > 0)
        memcpy(c->data, data, rows * width(c->type));
}

void twf_batch_bytes_more(struct twf_batch *b, enum twf_col_id id, uint32_t row,
                          struct twf_span value)
{
    struct twf_col *c = &b->cols[id];

    assert(c->rows == row + 1 || b->failed);
    /* Without memory for the value itself there is no room for its end either. */
    if (c->rows == row + 1 && append(b, c, value))
        c->offsets[row + 1] = (int32_t)c->data_len;
}

void twf_batch_int(struct twf_batch *b, enum twf_col_id id, uint32_t row, int64_t value)
{
    struct twf_col *c = at(b, id, row);

    if (c == NULL)
        return;
    assert(c->rows == row);
    switch (c->type) { /* little-endian: the low bytes come first */
    case TWF_TYPE_BOOL:
        c->data[row >> 3] &= (uint8_t) ~(1u << (row & 7));
        c->data[row >> 3] |= (uint8_t)((value != 0 ? 1u : 0u) << (row & 7));
        break;
    case TWF_TYPE_I16: memcpy(c->data + row * 2, &value, 2); break;
    case TWF_TYPE_I32: memcpy(c->data + row * 4, &value, 4); break;
    default: memcpy(c->data + row * 8, &value, 8); break;
    }
    set_valid(c, row);
}

void twf_batch_list(struct twf_batch *b, enum twf_col_id id, uint32_t row)
{
    struct twf_col *c = &b->cols[id];

    if (c->rows == row + 1 || (c = at(b, id, row)) == NULL)
        return;
    assert(c->type == TWF_TYPE_LIST && c->rows == row);
    c->list_offsets[row + 1] = (int32_t)c->items;
    set_valid(c, row);
}

void twf_batch_item(struct twf_batch *b, enum twf_col_id id, uint32_t row, struct twf_span value)
{
    struct twf_col *c = &b->cols[id];

    twf_batch_list(b, id, row);
    if (c->rows != row + 1 || !append(b, c, value) ||
        !grow(b, &c->offsets, &c->offsets_cap, ((size_t)c->items + 2) * 4))
        return;
    c->items++;
    c->offsets[c->items] = (int32_t)c->data_len;
    c->list_offsets[row + 1] = (int32_t)c->items;
}

int64_t twf_col_int(const struct twf_col *c, uint32_t row)
{
    int16_t i16;
    int32_t i32;
    int64_t i64;

    switch (c->type) {
    case TWF_TYPE_I16: memcpy(&i16, c->data + row * 2, 2); return i16;
    case TWF_TYPE_I32: memcpy(&i32, c->data + row * 4, 4); return i32;
    case TWF_TYPE_BOOL: return c->data[row >> 3] >> (row & 7) & 1;
    default: memcpy(&i64, c->data + row * 8, 8); return i64;
    }
}

uint32_t twf_col_list_len(const struct twf_col *c, uint32_t row)
{
    return (uint32_t)(c->list_offsets[row + 1] - c->list_offsets[row]);
}

struct twf_span twf_col_list_item(const struct twf_col *c, uint32_t row, uint32_t i)
{
    int32_t item = c->list_offsets[row] + (int32_t)i;

    return twf_span(c->data + c->offsets[item], (size_t)(c->offsets[item + 1] - c->offsets[item]));
}
