/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the SSE4.2 and AVX2 files of eqfold share: 16 bytes at once, and fewer. The ends are read as
 * two words that overlap.
 */
#ifndef TWF_KERNELS_EQFOLD_EQFOLD16_H
#define TWF_KERNELS_EQFOLD_EQFOLD16_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Not zero where a and b differ. A letter of a may differ in bit 0x20, which makes it the same
 * letter of the other case; b need not be looked at for that.
 */
static inline __m128i differ16(__m128i a, __m128i b)
{
    const __m128i bit = _mm_set1_epi8(0x20);
    const __m128i moved = _mm_add_epi8(_mm_or_si128(a, bit), _mm_set1_epi8(0x80 - 'a'));
    const __m128i is_letter = _mm_cmplt_epi8(moved, _mm_set1_epi8(-128 + 26));
    return _mm_andnot_si128(_mm_and_si128(is_letter, bit), _mm_xor_si128(a, b));
}

static inline __m128i differ16_at(const uint8_t *a, const uint8_t *b)
{
    return differ16(_mm_loadu_si128((const __m128i *)a), _mm_loadu_si128((const __m128i *)b));
}

static inline bool is_zero16(__m128i x)
{
    return _mm_testz_si128(x, x) != 0;
}

/* 8 to 15 bytes: the first eight and the last eight. */
static inline __m128i ends8(const uint8_t *ptr, size_t len)
{
    uint64_t a, b;
    memcpy(&a, ptr, 8);
    memcpy(&b, ptr + len - 8, 8);
    return _mm_set_epi64x((long long)b, (long long)a);
}

/* 4 to 7 bytes: the first four and the last four. */
static inline __m128i ends4(const uint8_t *ptr, size_t len)
{
    uint32_t a, b;
    memcpy(&a, ptr, 4);
    memcpy(&b, ptr + len - 4, 4);
    return _mm_cvtsi64_si128((long long)((uint64_t)b << 32 | a));
}

/* 1 to 3 bytes: the first, the middle and the last. */
static inline __m128i ends1(const uint8_t *ptr, size_t len)
{
    return _mm_cvtsi32_si128(ptr[0] | ptr[len / 2] << 8 | ptr[len - 1] << 16);
}

static inline bool eqfold_below16(const uint8_t *a, const uint8_t *b, size_t len)
{
    if (len >= 8)
        return is_zero16(differ16(ends8(a, len), ends8(b, len)));
    if (len >= 4)
        return is_zero16(differ16(ends4(a, len), ends4(b, len)));
    return len == 0 || is_zero16(differ16(ends1(a, len), ends1(b, len)));
}

#endif
