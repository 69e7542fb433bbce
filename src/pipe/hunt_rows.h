/* SPDX-License-Identifier: Apache-2.0 */
/* Rows for a hunt: copied from a batch, or made out of an index. */
#ifndef TWF_PIPE_HUNT_ROWS_H
#define TWF_PIPE_HUNT_ROWS_H

#include "base/arena.h"
#include "pipe/hunt.h"

/* Appends rows (n of them, ascending) of b to out, from row at on: the columns for which want is set. */
void twf_hunt_copy(const struct twf_batch *b, const uint32_t *rows, uint32_t n,
                   const bool want[TWF_COL_COUNT], struct twf_batch *out, uint32_t at);
/* What an index leaves out because it follows from the run or from other columns. */
void twf_hunt_complete(const struct twf_hunt_question *q, struct twf_batch *out, uint32_t rows,
                       struct twf_arena *a, struct twf_buf *scratch);

#endif
