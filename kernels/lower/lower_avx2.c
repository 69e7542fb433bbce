/* SPDX-License-Identifier: Apache-2.0 */
/* lower, 32 bytes at once; the last vector overlaps the one before. */
#include "kernels/lower/lower.h"

#include "kernels/lower/lower16.h"

static inline void lower32_at(uint8_t *dst, const uint8_t *ptr)
{
    const __m256i x = _mm256_loadu_si256((const __m256i *)ptr);
    const __m256i moved = _mm256_add_epi8(x, _mm256_set1_epi8(0x80 - 'A'));
    const __m256i is_upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(-128 + 26), moved);
    const __m256i bit = _mm256_and_si256(is_upper, _mm256_set1_epi8(0x20));
    _mm256_storeu_si256((__m256i *)dst, _mm256_or_si256(x, bit));
}

void twf_lower_avx2(uint8_t *dst, const uint8_t *ptr, size_t len)
{
    size_t i = 0;

    if (len < 16) {
        lower_below16(dst, ptr, len);
        return;
    }
    if (len < 32) {
        lower16_at(dst, ptr);
        lower16_at(dst + len - 16, ptr + len - 16);
        return;
    }
    for (; len - i >= 32; i += 32)
        lower32_at(dst + i, ptr + i);
    if (i < len)
        lower32_at(dst + len - 32, ptr + len - 32);
}
