/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns of text that leave out what follows from others (brief.h). Few values are left of many, so that the
 * column becomes a dictionary; it is made here as it would stand in a batch, and collected like any other.
 */
#include "index/brief.h"
#include "index/writer.h"

static bool is_value(struct twf_span s, const struct twf_col *c, uint32_t row)
{
    return twf_col_valid(c, row) && twf_span_eq(s, twf_col_bytes(c, row));
}

static bool put_return_path(struct twf_buf *out, const struct twf_batch *b, uint32_t row, struct twf_span value)
{
    const struct twf_col *raw = &b->cols[TWF_COL_p1_raw], *address = &b->cols[TWF_COL_p1_address];
    bool brackets = value.len >= 2 && value.ptr[0] == '<' && value.ptr[value.len - 1] == '>';
    struct twf_span inner = brackets ? twf_span_slice(value, 1, value.len - 1) : value;

    if (is_value(inner, raw, row))
        twf_buf_byte(out, brackets ? BRIEF_RAW : BRIEF_BARE_RAW);
    else if (is_value(inner, address, row))
        twf_buf_byte(out, brackets ? BRIEF_ADDRESS : BRIEF_BARE_ADDRESS);
    else
        return false;
    return true;
}

/* Whether a value begins as the time in that zone is written, and goes on at at. */
static bool begins_as(struct twf_span value, size_t at, int64_t us, int32_t zone)
{
    uint8_t text[BRIEF_DATE_LEN];

    return index_date_text(us, zone, at < BRIEF_DATE_LEN, text) == at && memcmp(text, value.ptr, at) == 0;
}

static bool put_date(struct twf_buf *out, const struct twf_batch *b, uint32_t row, struct twf_span value)
{
    const struct twf_col *c = &b->cols[TWF_COL_date];
    int32_t zone = 0;
    int64_t us;

    if (value.len <= BRIEF_DATE_LEN || !twf_col_valid(c, row))
        return false;
    us = twf_col_int(c, row);
    for (size_t at = BRIEF_DATE_LEN; at >= BRIEF_DATE_LEN - 1; at--) {
        struct twf_span rest = twf_span_slice(value, at, value.len);
        bool named = !index_date_zone(rest, &zone);

        /* A zone that has a name, and a day of one digit, do not meet often enough. */
        if ((named && (at < BRIEF_DATE_LEN || rest.ptr[0] == '+' || rest.ptr[0] == '-')) ||
            !begins_as(value, at, us, named ? 0 : zone))
            continue;
        if (named || at < BRIEF_DATE_LEN)
            twf_buf_byte(out, named ? BRIEF_UTC : BRIEF_SHORT_DAY);
        twf_buf_span(out, rest);
        return true;
    }
    return false;
}

bool index_brief_text(struct index_brief *t, const struct twf_batch *b, enum twf_col_id col, uint32_t from,
                      uint32_t end, struct twf_col *out)
{
    const struct twf_col *c = &b->cols[col];
    size_t bits = (end - from + 7) / 8;
    uint8_t *validity;
    int32_t *offsets;

    twf_buf_reset(&t->validity);
    twf_buf_reset(&t->offsets);
    twf_buf_reset(&t->data);
    validity = twf_buf_reserve(&t->validity, bits);
    offsets = (int32_t *)(void *)twf_buf_reserve(&t->offsets, (end - from + 1) * sizeof(*offsets));
    if (validity == NULL || offsets == NULL)
        return false;
    memset(validity, 0, bits);
    offsets[0] = 0;
    for (uint32_t row = from, at = 0; row < end; row++, at++) {
        struct twf_span value = twf_col_bytes(c, row);

        if (twf_col_valid(c, row)) {
            validity[at / 8] |= (uint8_t)(1u << at % 8);
            if (!(col == TWF_COL_date_raw ? put_date(&t->data, b, row, value)
                                          : put_return_path(&t->data, b, row, value))) {
                if (index_looks_brief(col, value))
                    twf_buf_byte(&t->data, BRIEF_AS_IS);
                twf_buf_span(&t->data, value);
            }
        }
        if (t->data.len > INT32_MAX)
            return false;
        offsets[at + 1] = (int32_t)t->data.len;
    }
    *out = (struct twf_col){
        .type = c->type, .rows = end - from, .validity = validity, .offsets = offsets, .data = t->data.ptr};
    return !t->data.failed;
}
