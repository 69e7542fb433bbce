/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Most questions to a column of text hold a text that a value must hold as well. It is looked for in the bytes of all
 * values at once, without their offsets; only values in which it stands are asked. Where it stands in none, the offsets
 * are not even decoded. A text that stands across two values is a candidate too much and no more.
 */
#include "pipe/hunt_lane.h"

#include "base/error.h"
#include "base/offsets.h"

uint32_t twf_hunt_text_find(const struct twf_kernels *k, const struct twf_needle *needle, const uint8_t *bytes,
                            const int32_t *offsets, uint32_t n, uint32_t *found)
{
    const uint32_t *starts = (const uint32_t *)(const void *)offsets; /* none of them is negative */
    uint32_t at = starts[0], end = starts[n], row = 0, count = 0;

    while (at < end) {
        at += (uint32_t)k->textfind(bytes + at, end - at, needle);
        if (at == end)
            break;
        row = twf_offsets_find(starts, n, row, at);
        found[count++] = row;
        at = starts[row + 1];
    }
    return count;
}

enum twf_status twf_hunt_text_rows(struct hunt_lane *l, const struct twf_hunt_set *s, uint32_t rows, uint32_t *n)
{
    const struct twf_kernels *k = l->h->q->kernels;
    struct twf_index_column c;
    struct twf_span all;

    *n = 0;
    TWF_TRY(twf_index_bytes(l->h->ix, l->index, s->text.col, &all, &l->err));
    if (k->textfind(all.ptr, all.len, &s->text.needle) == all.len)
        return TWF_OK;
    TWF_TRY(twf_index_column(l->h->ix, l->index, s->text.col, &c, &l->err));
    *n = twf_hunt_text_find(k, &s->text.needle, c.values.bytes, c.values.offsets, rows, l->rows);
    return TWF_OK;
}

void twf_hunt_text_spread(struct hunt_lane *l, uint32_t n, uint64_t *bits)
{
    for (uint32_t i = 0; i < n; i++) {
        if (twf_batch_is_selected(l->project, i))
            bits[l->rows[i] / 64] |= UINT64_C(1) << (l->rows[i] % 64);
    }
}
