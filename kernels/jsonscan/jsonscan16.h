/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the SSE4.2 and AVX2 files of jsonscan share: 16 bytes at once, and fewer. Below 16 the ends
 * are read as two words that overlap.
 */
#ifndef TWF_KERNELS_JSONSCAN_JSONSCAN16_H
#define TWF_KERNELS_JSONSCAN_JSONSCAN16_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bit i is set where byte i stops the scan. */
static inline uint32_t stops16(__m128i x)
{
    /*
     * One up, 0x7F becomes the lowest signed number, so that one compare finds the controls, DEL
     * and all above. 0xFF becomes 0, which is below 0x21 as well.
     */
    const __m128i up = _mm_add_epi8(x, _mm_set1_epi8(1));
    const __m128i outside = _mm_cmplt_epi8(up, _mm_set1_epi8(0x21));
    const __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
    const __m128i slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(outside, _mm_or_si128(quote, slash)));
}

static inline uint32_t stops16_at(const uint8_t *ptr)
{
    return stops16(_mm_loadu_si128((const __m128i *)ptr));
}

static inline size_t jsonscan_below16(const uint8_t *ptr, size_t len)
{
    uint32_t bits;

    if (len >= 8) {
        uint64_t a, b;
        memcpy(&a, ptr, 8);
        memcpy(&b, ptr + len - 8, 8);
        bits = stops16(_mm_set_epi64x((long long)b, (long long)a));
        bits = (bits & 0xFF) | bits >> 8 << (len - 8);
    } else if (len >= 4) {
        uint32_t a, b;
        memcpy(&a, ptr, 4);
        memcpy(&b, ptr + len - 4, 4);
        bits = stops16(_mm_cvtsi64_si128((long long)((uint64_t)b << 32 | a))) & 0xFF;
        bits = (bits & 0xF) | bits >> 4 << (len - 4);
    } else {
        uint32_t x = 0;
        for (size_t i = 0; i < len; i++)
            x |= (uint32_t)ptr[i] << (8 * i);
        bits = stops16(_mm_cvtsi32_si128((int)x)) & ((1U << len) - 1);
    }
    return bits != 0 ? (size_t)__builtin_ctz(bits) : len;
}

#endif
