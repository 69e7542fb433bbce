/* SPDX-License-Identifier: Apache-2.0 */
/* ideq, 64 ids a turn: four compares into masks. */
#include "kernels/ideq/ideq.h"

#include <immintrin.h>

static inline uint64_t equal_sixteen(const int32_t *ids, __m512i id)
{
    return _mm512_cmpeq_epi32_mask(_mm512_loadu_si512(ids), id);
}

void twf_ideq_avx512(const int32_t *ids, size_t n, int32_t id, uint64_t *bits)
{
    const __m512i all = _mm512_set1_epi32(id);
    size_t i = 0;

    for (; n - i >= 64; i += 64)
        *bits++ = equal_sixteen(ids + i, all) | equal_sixteen(ids + i + 16, all) << 16 |
                  equal_sixteen(ids + i + 32, all) << 32 | equal_sixteen(ids + i + 48, all) << 48;
    if (i < n)
        *bits = ideq_tail(ids + i, n - i, id);
}
