/* SPDX-License-Identifier: Apache-2.0 */
/* The definition of ideq. */
#include "kernels/ideq/ideq.h"

void twf_ideq_scalar(const int32_t *ids, size_t n, int32_t id, uint64_t *bits)
{
    for (size_t i = 0; i < n; i += 64)
        bits[i / 64] = ideq_tail(ids + i, n - i < 64 ? n - i : 64, id);
}
