/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textfind, 64 offsets a turn: the two bytes of the needle at their places, LF, and "=?" by a second load a byte on.
 * The end of the range is loaded under masks.
 */
#include "kernels/textfind/textfind.h"

#include <immintrin.h>

/* What is looked for, in every lane. */
struct wanted {
    __m512i first, first_fold, second, second_fold, lf, equal, question;
};

/* The bytes of [ptr, ptr + len), zeros behind them. */
static inline __m512i load_some(const uint8_t *ptr, size_t len)
{
    return _mm512_maskz_loadu_epi8(len >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << len) - 1, ptr);
}

static inline __m512i load_at(const uint8_t *ptr, size_t off, size_t len)
{
    return off >= len ? _mm512_set1_epi8(0) : load_some(ptr + off, len - off);
}

static inline uint64_t candidates(const struct wanted *w, __m512i first, __m512i second)
{
    return _mm512_cmpeq_epi8_mask(_mm512_or_si512(first, w->first_fold), w->first) &
           _mm512_cmpeq_epi8_mask(_mm512_or_si512(second, w->second_fold), w->second);
}

static inline uint64_t odd(const struct wanted *w, __m512i here, __m512i next)
{
    return _mm512_cmpeq_epi8_mask(here, w->lf) |
           (_mm512_cmpeq_epi8_mask(here, w->equal) & _mm512_cmpeq_epi8_mask(next, w->question));
}

size_t twf_textfind_avx512(const uint8_t *ptr, size_t len, const struct twf_needle *n)
{
    const uint32_t a = n->at[0], b = n->at[1];
    const struct wanted w = {_mm512_set1_epi8((char)n->bytes[a]), _mm512_set1_epi8((char)n->fold[a]),
                             _mm512_set1_epi8((char)n->bytes[b]), _mm512_set1_epi8((char)n->fold[b]),
                             _mm512_set1_epi8('\n'), _mm512_set1_epi8('='), _mm512_set1_epi8('?')};
    size_t at = 0;

    for (; len - at >= 64 + TWF_NEEDLE_MAX; at += 64) {
        uint64_t bits = candidates(&w, _mm512_loadu_si512(ptr + at + a), _mm512_loadu_si512(ptr + at + b));
        size_t off;

        if (n->odd)
            bits |= odd(&w, _mm512_loadu_si512(ptr + at), _mm512_loadu_si512(ptr + at + 1));
        if (bits != 0 && (off = textfind_first(ptr, at, len, n, bits)) < len)
            return off;
    }
    for (; at < len; at += 64) {
        uint64_t bits = candidates(&w, load_at(ptr, at + a, len), load_at(ptr, at + b, len));
        size_t off;

        if (n->odd)
            bits |= odd(&w, load_at(ptr, at, len), load_at(ptr, at + 1, len));
        if (len - at < 64) /* a needle of zeros matches behind the range too */
            bits &= (UINT64_C(1) << (len - at)) - 1;
        if (bits != 0 && (off = textfind_first(ptr, at, len, n, bits)) < len)
            return off;
    }
    return len;
}
