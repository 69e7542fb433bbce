/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eqfold, 64 bytes at once. Ends are masked: a lane that is off is not read, and is zero on both
 * sides. Up to 32 bytes stay in YMM, as in lower_avx512.c.
 */
#include "kernels/eqfold/eqfold.h"

#include <immintrin.h>

static inline bool equal64(__m512i a, __m512i b)
{
    const __m512i bit = _mm512_set1_epi8(0x20);
    const __m512i moved = _mm512_sub_epi8(_mm512_or_si512(a, bit), _mm512_set1_epi8('a'));
    const __mmask64 is_letter = _mm512_cmplt_epu8_mask(moved, _mm512_set1_epi8(26));
    const __m512i x = _mm512_xor_si512(a, b);
    /* Where a is a letter, bit 0x20 of the difference does not count. */
    const __m512i diff = _mm512_mask_sub_epi8(x, is_letter, x, _mm512_and_si512(x, bit));
    return _mm512_test_epi8_mask(diff, diff) == 0;
}

static inline bool equal_upto32(const uint8_t *pa, const uint8_t *pb, size_t len)
{
    const __mmask32 on = _cvtu32_mask32((uint32_t)_bzhi_u64(~0ULL >> 32, (uint32_t)len));
    const __m256i a = _mm256_maskz_loadu_epi8(on, pa);
    const __m256i b = _mm256_maskz_loadu_epi8(on, pb);
    const __m256i bit = _mm256_set1_epi8(0x20);
    const __m256i moved = _mm256_sub_epi8(_mm256_or_si256(a, bit), _mm256_set1_epi8('a'));
    const __mmask32 is_letter = _mm256_cmplt_epu8_mask(moved, _mm256_set1_epi8(26));
    const __m256i x = _mm256_xor_si256(a, b);
    const __m256i diff = _mm256_mask_sub_epi8(x, is_letter, x, _mm256_and_si256(x, bit));
    return _mm256_test_epi8_mask(diff, diff) == 0;
}

bool twf_eqfold_avx512(const uint8_t *a, const uint8_t *b, size_t len)
{
    size_t i = 0;

    if (len <= 32)
        return equal_upto32(a, b, len);
    for (; len - i >= 64; i += 64)
        if (!equal64(_mm512_loadu_si512(a + i), _mm512_loadu_si512(b + i)))
            return false;
    if (i < len) {
        const __mmask64 on = _cvtu64_mask64(_bzhi_u64(~0ULL, (uint32_t)(len - i)));
        return equal64(_mm512_maskz_loadu_epi8(on, a + i), _mm512_maskz_loadu_epi8(on, b + i));
    }
    return true;
}
