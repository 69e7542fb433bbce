/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the SSE4.2 and AVX2 files of lower share: 16 bytes at once, and fewer. The ends are read and
 * written as two words that overlap; lower of lower is lower, so an overlap does no harm even when
 * dst is ptr.
 */
#ifndef TWF_KERNELS_LOWER_LOWER16_H
#define TWF_KERNELS_LOWER_LOWER16_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline __m128i lower16(__m128i x)
{
    /* A-Z moved to the bottom of the signed range, where one compare finds both ends. */
    const __m128i moved = _mm_add_epi8(x, _mm_set1_epi8(0x80 - 'A'));
    const __m128i is_upper = _mm_cmplt_epi8(moved, _mm_set1_epi8(-128 + 26));
    return _mm_or_si128(x, _mm_and_si128(is_upper, _mm_set1_epi8(0x20)));
}

static inline void lower16_at(uint8_t *dst, const uint8_t *ptr)
{
    const __m128i x = _mm_loadu_si128((const __m128i *)ptr);
    _mm_storeu_si128((__m128i *)dst, lower16(x));
}

static inline void lower_below16(uint8_t *dst, const uint8_t *ptr, size_t len)
{
    if (len >= 8) {
        uint64_t a, b;
        __m128i x;
        memcpy(&a, ptr, 8);
        memcpy(&b, ptr + len - 8, 8);
        x = lower16(_mm_set_epi64x((long long)b, (long long)a));
        a = (uint64_t)_mm_cvtsi128_si64(x);
        b = (uint64_t)_mm_extract_epi64(x, 1);
        memcpy(dst, &a, 8);
        memcpy(dst + len - 8, &b, 8);
    } else if (len >= 4) {
        uint32_t a, b;
        uint64_t y;
        memcpy(&a, ptr, 4);
        memcpy(&b, ptr + len - 4, 4);
        y = (uint64_t)b << 32 | a;
        y = (uint64_t)_mm_cvtsi128_si64(lower16(_mm_cvtsi64_si128((long long)y)));
        a = (uint32_t)y;
        b = (uint32_t)(y >> 32);
        memcpy(dst, &a, 4);
        memcpy(dst + len - 4, &b, 4);
    } else {
        for (size_t i = 0; i < len; i++)
            dst[i] = (uint8_t)(ptr[i] + ((uint8_t)(ptr[i] - 'A') < 26 ? 0x20 : 0));
    }
}

#endif
