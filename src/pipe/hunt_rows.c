/* SPDX-License-Identifier: Apache-2.0 */
/* Every cell is copied: a batch of a run goes back to the pipe. */
#include "pipe/hunt_rows.h"

#include <twofrom/twofrom.h>

#include "pipe/record.h"

static void copy_cell(const struct twf_col *c, enum twf_col_id col, uint32_t row,
                      struct twf_batch *out, uint32_t at)
{
    if (!twf_col_valid(c, row))
        return;
    switch (c->type) {
    case TWF_TYPE_UTF8:
    case TWF_TYPE_BIN: twf_batch_bytes(out, col, at, twf_col_bytes(c, row)); break;
    case TWF_TYPE_LIST:
        twf_batch_list(out, col, at);
        for (uint32_t i = 0; i < twf_col_list_len(c, row); i++)
            twf_batch_item(out, col, at, twf_col_list_item(c, row, i));
        break;
    default: twf_batch_int(out, col, at, twf_col_int(c, row)); break;
    }
}

void twf_hunt_copy(const struct twf_batch *b, const uint32_t *rows, uint32_t n,
                   const bool want[TWF_COL_COUNT], struct twf_batch *out, uint32_t at)
{
    for (int col = 0; col < TWF_COL_COUNT; col++) {
        for (uint32_t i = 0; want[col] && i < n; i++)
            copy_cell(&b->cols[col], (enum twf_col_id)col, rows[i], out, at + i);
    }
}

/* The first of the values that one LF joins; an LF before a blank belongs to a value. */
static struct twf_span first_value(struct twf_span all)
{
    for (size_t i = 0; i < all.len; i++) {
        if (all.ptr[i] == '\n' && (i + 1 == all.len || !twf_is_blank(all.ptr[i + 1])))
            return twf_span_slice(all, 0, i);
    }
    return all;
}

void twf_hunt_complete(const struct twf_hunt_question *q, struct twf_batch *out, uint32_t rows,
                       struct twf_arena *a, struct twf_buf *scratch)
{
    for (uint32_t i = 0; i < rows; i++) {
        const struct twf_col *raw = &out->cols[TWF_COL_subject_raw];

        twf_batch_str(out, TWF_COL_schema, i, TWF_SCHEMA);
        twf_batch_str(out, TWF_COL_run_id, i, q->run_id);
        twf_arena_reset(a);
        if (q->with_subject && i < raw->rows && twf_col_valid(raw, i))
            twf_record_subject(out, i, first_value(twf_col_bytes(raw, i)), a, scratch);
    }
    if (scratch->failed || a->failed)
        out->failed = true;
}
