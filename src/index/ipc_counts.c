/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many rows of each batch have each value of a column of few words. It stands in the footer, so that how many
 * messages have a verdict is told without a batch being read, and batches without a hit are passed over. A text for each
 * such column, whose batches end with ';': "ID:ROWS,ID:ROWS,...;" with 'n' for rows without a value.
 */
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "index/reader.h"
#include "index/writer.h"

const char *index_counts_key(enum twf_col_id col, char out[64])
{
    (void)snprintf(out, 64, "twofrom.counts.%s", twf_col_infos[col].name);
    return out;
}

/* ---- writing ---- */

void index_note_counts(struct index_writing *c, uint32_t rows)
{
    uint32_t counts[INDEX_NARROW_MAX + 1] = {0};

    for (uint32_t i = 0; i < rows; i++) {
        if ((c->validity.ptr[i >> 3] >> (i & 7) & 1) != 0)
            counts[c->data.ptr[i * sizeof(int32_t)]]++; /* little-endian, and at most INDEX_NARROW_MAX */
    }
    for (uint32_t id = 0; id <= INDEX_NARROW_MAX; id++) {
        if (counts[id] > 0)
            twf_buf_printf(&c->counts, "%u:%u,", id, counts[id]);
    }
    if (c->nulls > 0)
        twf_buf_printf(&c->counts, "n:%u,", c->nulls);
    twf_buf_byte(&c->counts, ';');
}

/* ---- reading ---- */

bool index_take_counts(struct index_counts *c, struct twf_span text, uint32_t batches)
{
    size_t at = 0;

    c->text = text;
    c->starts = twf_calloc((size_t)batches + 1, sizeof(*c->starts));
    if (c->starts == NULL)
        return false;
    for (uint32_t i = 0; i < batches; i++) {
        c->starts[i] = (uint32_t)at;
        at += twf_span_find(twf_span_slice(text, at, text.len), ';') + 1;
        if (at > text.len)
            return false;
    }
    c->starts[batches] = (uint32_t)at;
    return at == text.len;
}

bool twf_index_has_counts(const struct twf_index *ix, enum twf_col_id col)
{
    return ix->counts[col].starts != NULL;
}

/* A number of at most nine digits at the start of *s, and the byte behind it, which are cut off. */
static bool take_number(struct twf_span *s, uint8_t end, uint32_t *out)
{
    size_t n = twf_span_find(*s, end);

    *out = 0;
    if (n == s->len || n == 0 || n > 9)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!twf_is_digit(s->ptr[i]))
            return false;
        *out = *out * 10 + (uint32_t)(s->ptr[i] - '0');
    }
    *s = twf_span_slice(*s, n + 1, s->len);
    return true;
}

enum twf_status twf_index_count(const struct twf_index *ix, enum twf_col_id col, uint32_t batch, const uint64_t *hits,
                                uint32_t values, bool null_hits, uint32_t *rows, uint32_t *hit_rows,
                                struct twf_error *err)
{
    const struct index_counts *c = &ix->counts[col];
    struct twf_span s = twf_span_slice(c->text, c->starts[batch], c->starts[batch + 1] - 1);
    uint64_t all = 0, hit = 0;

    while (s.len > 0) {
        uint32_t id = 0, n;
        bool is_null = s.len > 2 && s.ptr[0] == 'n' && s.ptr[1] == ':';

        if (is_null)
            s = twf_span_slice(s, 2, s.len);
        else if (!take_number(&s, ':', &id) || id >= values)
            return index_bad(err, 0, "counts of no value");
        if (!take_number(&s, ',', &n))
            return index_bad(err, 0, "counts that are none");
        all += n;
        if (is_null ? null_hits : (hits[id >> 6] >> (id & 63) & 1) != 0)
            hit += n;
    }
    if (all == 0 || all > TWF_BATCH_ROWS_MAX)
        return index_bad(err, 0, "counts of too many rows");
    *rows = (uint32_t)all;
    *hit_rows = (uint32_t)hit;
    return TWF_OK;
}
