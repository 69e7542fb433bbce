/* SPDX-License-Identifier: Apache-2.0 */
/* ideq, 64 ids a turn: eight compares, whose sign bits are the answer. */
#include "kernels/ideq/ideq.h"

#include <immintrin.h>

static inline uint64_t equal8(const int32_t *ids, __m256i id)
{
    const __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)ids);

    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(x, id)));
}

void twf_ideq_avx2(const int32_t *ids, size_t n, int32_t id, uint64_t *bits)
{
    const __m256i all = _mm256_set1_epi32(id);
    size_t i = 0;

    for (; n - i >= 64; i += 64) {
        uint64_t word = 0;

        for (unsigned k = 0; k < 64; k += 8)
            word |= equal8(ids + i + k, all) << k;
        *bits++ = word;
    }
    if (i < n)
        *bits = ideq_tail(ids + i, n - i, id);
}
