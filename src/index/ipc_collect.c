/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of batches behind those that a record batch has already, column by column. */
#include "index/brief.h"
#include "index/writer.h"

#include "base/error.h"

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
    for (uint32_t i = from, n; i < to; i += n, have += n) {
        uint64_t bits = 0;
        uint8_t *at = b->ptr + (have >> 3);

        /* As many as fit into a word wherever they begin, here and there. */
        n = TWF_MIN(to - i, 56u);
        for (uint32_t k = 0; k * 8 < (i & 7) + n; k++)
            bits |= (uint64_t)src[(i >> 3) + k] << k * 8;
        bits = bits >> (i & 7) & ((UINT64_C(1) << n) - 1);
        zeros += n - (uint32_t)__builtin_popcountll(bits);
        bits <<= have & 7;
        for (uint32_t k = 0; k * 8 < (have & 7) + n; k++)
            at[k] |= (uint8_t)(bits >> k * 8);
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
static void put_values(struct index_writing *to, const struct twf_col *c, uint32_t from, uint32_t n)
{
    int32_t base = (int32_t)to->data.len;
    size_t begin = (size_t)c->offsets[from], end = (size_t)c->offsets[from + n];

    put_offsets(&to->offsets, c->offsets + from, n, base);
    if (end > begin) /* a column without a byte has no data */
        twf_buf_put(&to->data, c->data + begin, end - begin);
}

/* The id of each value. A value that does not fit any more makes the column plain. */
static bool put_ids(struct index_writing *to, const struct twf_col *c, uint32_t from, uint32_t end,
                    bool *full)
{
    for (uint32_t i = from; i < end;) {
        struct twf_span values[INDEX_DICT_MANY];
        int32_t ids[INDEX_DICT_MANY] = {0}, known[INDEX_DICT_MANY];
        uint32_t rows[INDEX_DICT_MANY], n = TWF_MIN(end - i, (uint32_t)INDEX_DICT_MANY), valid = 0;

        for (uint32_t k = 0; k < n; k++) {
            if (twf_col_valid(c, i + k)) {
                values[valid] = twf_col_bytes(c, i + k);
                rows[valid++] = k;
            }
        }
        if (!index_dict_put(&to->dict, values, valid, known, full))
            return false;
        for (uint32_t k = 0; k < valid; k++)
            ids[rows[k]] = known[k];
        twf_buf_put(&to->data, ids, n * sizeof(*ids));
        i += n;
    }
    return true;
}

static void put_fixed(struct index_writing *to, const struct twf_col *c, uint32_t from, uint32_t end,
                      uint32_t have)
{
    if (c->type == TWF_TYPE_BOOL) {
        (void)put_bits(&to->data, have, c->data, from, end);
    } else {
        size_t width = (size_t)index_fixed_len(c->type, 1);

        twf_buf_put(&to->data, c->data + from * width, (end - from) * width);
    }
}

static void put_lists(struct index_writing *to, const struct twf_col *c, uint32_t from, uint32_t end)
{
    uint32_t first = (uint32_t)c->list_offsets[from];
    uint32_t n = (uint32_t)c->list_offsets[end] - first;

    put_offsets(&to->list_offsets, c->list_offsets + from, end - from, (int32_t)to->items);
    put_values(to, c, first, n);
    to->items += n;
}

bool index_flatten(struct index_writing *c, uint32_t rows, struct twf_buf *scratch)
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

/* Rules raise levels for the run at hand; an index holds what the findings say. */
static const struct twf_col *column_of(const struct twf_batch *b, enum twf_col_id col)
{
    if (col == TWF_COL_level && b->plain_level.rows == b->rows)
        return &b->plain_level;
    if (col == TWF_COL_score && b->plain_score.rows == b->rows)
        return &b->plain_score;
    return &b->cols[col];
}

enum twf_status index_collect(struct twf_index_writer *w, const struct twf_batch *b, uint32_t from,
                               uint32_t end, struct twf_error *err)
{
    for (uint32_t i = 0; i < w->column_count; i++) {
        struct index_writing *to = &w->columns[i];
        const struct twf_col *c = column_of(b, to->col);
        struct twf_col brief;
        uint32_t first = from, last = end;
        bool full = false, ok = true, is_text = index_is_brief_text(to->col);

        if (is_text) {
            if (!index_brief_text(&w->brief, b, to->col, from, end, &brief))
                return index_no_memory(err);
            c = &brief;
            first = 0;
            last = end - from;
        }
        if (is_text || !index_is_brief(to->col))
            to->nulls += put_bits(&to->validity, w->rows, c->validity, first, last);
        if (!is_text && index_is_brief(to->col))
            index_collect_brief(to, b, from, end, w->rows);
        else if (to->how != HOW_PLAIN)
            ok = put_ids(to, c, first, last, &full);
        else if (c->type == TWF_TYPE_LIST)
            put_lists(to, c, first, last);
        else if (index_fixed_len(c->type, 8) > 0)
            put_fixed(to, c, first, last, w->rows);
        else
            put_values(to, c, first, last - first);
        full |= to->how == HOW_DICT && index_is_narrow(to->col) && to->dict.count > INDEX_NARROW_MAX;
        if (full)
            return twf_error_set(err, TWF_ERR_LIMIT, 0,
                                 "more distinct values of %s than an index can hold",
                                 twf_col_infos[to->col].name);
        if (to->data.len > INDEX_BUFFER_MAX)
            return twf_error_set(err, TWF_ERR_LIMIT, 0, "a value of %s is too long for an index",
                                 twf_col_infos[to->col].name);
        if (!ok || to->validity.failed || to->list_offsets.failed || to->offsets.failed ||
            to->data.failed)
            return index_no_memory(err);
    }
    w->rows += end - from;
    return TWF_OK;
}
