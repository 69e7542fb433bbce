/* SPDX-License-Identifier: Apache-2.0 */
/* jsonscan, 32 bytes at once; the last vector overlaps the one before, in which nothing stopped. */
#include "kernels/jsonscan/jsonscan.h"

#include "kernels/jsonscan/jsonscan16.h"

/* As stops16 in jsonscan16.h. */
static inline uint32_t stops32_at(const uint8_t *ptr)
{
    const __m256i x = _mm256_loadu_si256((const __m256i *)ptr);
    const __m256i up = _mm256_add_epi8(x, _mm256_set1_epi8(1));
    const __m256i outside = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x21), up);
    const __m256i quote = _mm256_cmpeq_epi8(x, _mm256_set1_epi8('"'));
    const __m256i slash = _mm256_cmpeq_epi8(x, _mm256_set1_epi8('\\'));
    return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(outside, _mm256_or_si256(quote, slash)));
}

size_t twf_jsonscan_avx2(const uint8_t *ptr, size_t len)
{
    size_t i = 0;
    uint32_t bits;

    if (len < 16)
        return jsonscan_below16(ptr, len);
    if (len < 32) {
        bits = stops16_at(ptr) | stops16_at(ptr + len - 16) << (len - 16);
        return bits != 0 ? (size_t)__builtin_ctz(bits) : len;
    }
    for (; len - i >= 32; i += 32) {
        bits = stops32_at(ptr + i);
        if (bits != 0)
            return i + (size_t)__builtin_ctz(bits);
    }
    if (i < len) {
        bits = stops32_at(ptr + len - 32);
        if (bits != 0)
            return len - 32 + (size_t)__builtin_ctz(bits);
    }
    return len;
}
