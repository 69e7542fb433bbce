/* SPDX-License-Identifier: Apache-2.0 */
/* textfind, 16 offsets a turn: the two bytes of the needle at their places, LF, and "=?" by a second load a byte on. */
#include "kernels/textfind/textfind.h"

#include <immintrin.h>

static inline __m128i load(const uint8_t *ptr)
{
    return _mm_loadu_si128((const __m128i *)(const void *)ptr);
}

static inline __m128i candidates(__m128i first, __m128i second, const __m128i want[4])
{
    return _mm_and_si128(_mm_cmpeq_epi8(_mm_or_si128(first, want[1]), want[0]),
                            _mm_cmpeq_epi8(_mm_or_si128(second, want[3]), want[2]));
}

static inline __m128i odd(const uint8_t *ptr)
{
    const __m128i here = load(ptr);

    return _mm_or_si128(_mm_cmpeq_epi8(here, _mm_set1_epi8('\n')),
                           _mm_and_si128(_mm_cmpeq_epi8(here, _mm_set1_epi8('=')),
                                            _mm_cmpeq_epi8(load(ptr + 1), _mm_set1_epi8('?'))));
}

size_t twf_textfind_sse42(const uint8_t *ptr, size_t len, const struct twf_needle *n)
{
    const uint32_t a = n->at[0], b = n->at[1];
    const __m128i want[4] = {_mm_set1_epi8((char)n->bytes[a]), _mm_set1_epi8((char)n->fold[a]),
                             _mm_set1_epi8((char)n->bytes[b]), _mm_set1_epi8((char)n->fold[b])};
    size_t at = 0;

    for (; len - at >= 16 + TWF_NEEDLE_MAX; at += 16) {
        __m128i hit = candidates(load(ptr + at + a), load(ptr + at + b), want);
        uint32_t bits;
        size_t off;

        if (n->odd)
            hit = _mm_or_si128(hit, odd(ptr + at));
        bits = (uint32_t)_mm_movemask_epi8(hit);
        if (bits != 0 && (off = textfind_first(ptr, at, len, n, bits)) < len)
            return off;
    }
    return textfind_slowly(ptr, at, len, n);
}
