/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lower, 64 bytes at once. Ends are masked: a lane that is off is neither read nor written. Up to
 * 32 bytes stay in YMM, because most values are that short and ZMM slows some CPUs down for a
 * while.
 */
#include "kernels/lower/lower.h"

#include <immintrin.h>

static inline __m512i lower64(__m512i x)
{
    const __m512i moved = _mm512_sub_epi8(x, _mm512_set1_epi8('A'));
    const __mmask64 is_upper = _mm512_cmplt_epu8_mask(moved, _mm512_set1_epi8(26));
    return _mm512_mask_add_epi8(x, is_upper, x, _mm512_set1_epi8(0x20));
}

static inline void lower_upto32(uint8_t *dst, const uint8_t *ptr, size_t len)
{
    const __mmask32 on = _cvtu32_mask32((uint32_t)_bzhi_u64(~0ULL >> 32, (uint32_t)len));
    const __m256i x = _mm256_maskz_loadu_epi8(on, ptr);
    const __m256i moved = _mm256_sub_epi8(x, _mm256_set1_epi8('A'));
    const __mmask32 is_upper = _mm256_cmplt_epu8_mask(moved, _mm256_set1_epi8(26));
    _mm256_mask_storeu_epi8(dst, on,
                            _mm256_mask_add_epi8(x, is_upper, x, _mm256_set1_epi8(0x20)));
}

void twf_lower_avx512(uint8_t *dst, const uint8_t *ptr, size_t len)
{
    size_t i = 0;

    if (len <= 32) {
        lower_upto32(dst, ptr, len);
        return;
    }
    for (; len - i >= 64; i += 64)
        _mm512_storeu_si512(dst + i, lower64(_mm512_loadu_si512(ptr + i)));
    if (i < len) {
        const __mmask64 on = _cvtu64_mask64(_bzhi_u64(~0ULL, (uint32_t)(len - i)));
        _mm512_mask_storeu_epi8(dst + i, on, lower64(_mm512_maskz_loadu_epi8(on, ptr + i)));
    }
}
