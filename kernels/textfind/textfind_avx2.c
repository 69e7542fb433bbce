/* SPDX-License-Identifier: Apache-2.0 */
/* textfind, 32 offsets a turn: the two bytes of the needle at their places, LF, and "=?" by a second load a byte on. */
#include "kernels/textfind/textfind.h"

#include <immintrin.h>

static inline __m256i load(const uint8_t *ptr)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)ptr);
}

static inline __m256i candidates(__m256i first, __m256i second, const __m256i want[4])
{
    return _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_or_si256(first, want[1]), want[0]),
                            _mm256_cmpeq_epi8(_mm256_or_si256(second, want[3]), want[2]));
}

static inline __m256i odd(const uint8_t *ptr)
{
    const __m256i here = load(ptr);

    return _mm256_or_si256(_mm256_cmpeq_epi8(here, _mm256_set1_epi8('\n')),
                           _mm256_and_si256(_mm256_cmpeq_epi8(here, _mm256_set1_epi8('=')),
                                            _mm256_cmpeq_epi8(load(ptr + 1), _mm256_set1_epi8('?'))));
}

size_t twf_textfind_avx2(const uint8_t *ptr, size_t len, const struct twf_needle *n)
{
    const uint32_t a = n->at[0], b = n->at[1];
    const __m256i want[4] = {_mm256_set1_epi8((char)n->bytes[a]), _mm256_set1_epi8((char)n->fold[a]),
                             _mm256_set1_epi8((char)n->bytes[b]), _mm256_set1_epi8((char)n->fold[b])};
    size_t at = 0;

    for (; len - at >= 32 + TWF_NEEDLE_MAX; at += 32) {
        __m256i hit = candidates(load(ptr + at + a), load(ptr + at + b), want);
        uint32_t bits;
        size_t off;

        if (n->odd)
            hit = _mm256_or_si256(hit, odd(ptr + at));
        bits = (uint32_t)_mm256_movemask_epi8(hit);
        if (bits != 0 && (off = textfind_first(ptr, at, len, n, bits)) < len)
            return off;
    }
    return textfind_slowly(ptr, at, len, n);
}
