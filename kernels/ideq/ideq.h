/* SPDX-License-Identifier: Apache-2.0 */
/* Which ids are the one. Contract: twf_ideq_fn in kernels/kernels.h. */
#ifndef TWF_KERNELS_IDEQ_IDEQ_H
#define TWF_KERNELS_IDEQ_IDEQ_H

#include "kernels/kernels.h"

twf_ideq_fn twf_ideq_scalar, twf_ideq_sse42, twf_ideq_avx2, twf_ideq_avx512;

/* The last n (below 64) ids of a range, one by one. */
static inline uint64_t ideq_tail(const int32_t *ids, size_t n, int32_t id)
{
    uint64_t word = 0;

    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)(ids[i] == id) << i;
    return word;
}

#endif
