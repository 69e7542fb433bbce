/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mboxsep, four vectors of 64 bytes in a round, each loaded once and aligned: the blank stands four
 * bytes behind the 'F', so its vector is the same one shifted by a word. Before the first aligned
 * vector, and for the end, both bytes are loaded where they are, masked. A vector is zero where both
 * bytes match: compares into mask registers share one port, while xor, ternary logic and min have
 * two.
 */
#include "kernels/mboxsep/mboxsep.h"

#include <immintrin.h>

#include "kernels/mboxsep/mboxsep_verify.h"

/* Truth table of a | (b ^ c), for operands in this order. */
#define OR_XOR 0xF6

static inline __m512i join(__m512i f, __m512i blank)
{
    const __m512i x = _mm512_xor_si512(f, _mm512_set1_epi8('F'));
    return _mm512_ternarylogic_epi64(x, blank, _mm512_set1_epi8(' '), OR_XOR);
}

/* Zero at byte i where byte i of v is the 'F' of what may be a separator; next lies behind v. */
static inline __m512i maybe(__m512i v, __m512i next)
{
    return join(v, _mm512_alignr_epi32(next, v, (SEP_BLANK - SEP_F) / 4));
}

static inline uint64_t bits64(__m512i x)
{
    return _cvtmask64_u64(_mm512_testn_epi8_mask(x, x));
}

/* The first separator that begins in the n bytes at ptr, of which SEP_BLANK more can be read. */
static inline bool masked(const uint8_t *ptr, size_t n, size_t *at)
{
    for (size_t i = 0; i < n; i += 64) {
        const size_t left = n - i < 64 ? n - i : 64;
        const __mmask64 on = _cvtu64_mask64(_bzhi_u64(~0ULL, (uint32_t)left));
        const __m512i m = join(_mm512_maskz_loadu_epi8(on, ptr + i + SEP_F),
                               _mm512_maskz_loadu_epi8(on, ptr + i + SEP_BLANK));
        if (verify(ptr + i, bits64(m), at)) {
            *at += i;
            return true;
        }
    }
    return false;
}

size_t twf_mboxsep_avx512(const uint8_t *ptr, size_t len)
{
    size_t i, at, n;

    if (len < SEP_LEN)
        return len;
    n = len - SEP_BLANK; /* a separator begins below n */

    /* From i on the 'F' is looked for in aligned vectors. */
    i = 64 - ((uintptr_t)(ptr + SEP_F) & 63);
    if (masked(ptr, i < n ? i : n, &at))
        return at;
    if (i < n && n - i >= 64 * 5) {
        __m512i v0 = _mm512_loadu_si512(ptr + i + SEP_F);

        for (; n - i >= 64 * 5; i += 64 * 4) {
            const uint8_t *const f = ptr + i + SEP_F;
            const __m512i v1 = _mm512_loadu_si512(f + 64), v2 = _mm512_loadu_si512(f + 128);
            const __m512i v3 = _mm512_loadu_si512(f + 192), v4 = _mm512_loadu_si512(f + 256);
            const __m512i m0 = maybe(v0, v1), m1 = maybe(v1, v2);
            const __m512i m2 = maybe(v2, v3), m3 = maybe(v3, v4);

            v0 = v4;
            if (bits64(_mm512_min_epu8(_mm512_min_epu8(m0, m1), _mm512_min_epu8(m2, m3))) == 0)
                continue;
            if (verify(ptr + i, bits64(m0), &at))
                return i + at;
            if (verify(ptr + i + 64, bits64(m1), &at))
                return i + 64 + at;
            if (verify(ptr + i + 128, bits64(m2), &at))
                return i + 128 + at;
            if (verify(ptr + i + 192, bits64(m3), &at))
                return i + 192 + at;
        }
    }
    if (i < n && masked(ptr + i, n - i, &at))
        return i + at;
    return len;
}
