/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mboxsep, four vectors of 64 bytes in a round; the end is masked. A vector is zero where both
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

/* Zero at byte i where ptr + i may begin a separator. Reads ptr[1] to ptr[68]. */
static inline __m512i maybe64(const uint8_t *ptr)
{
    return join(_mm512_loadu_si512(ptr + SEP_F), _mm512_loadu_si512(ptr + SEP_BLANK));
}

static inline uint64_t bits64(__m512i x)
{
    return _cvtmask64_u64(_mm512_testn_epi8_mask(x, x));
}

size_t twf_mboxsep_avx512(const uint8_t *ptr, size_t len)
{
    size_t i = 0, at, n;

    if (len < SEP_LEN)
        return len;
    n = len - SEP_BLANK; /* a separator begins below n, and a vector at i needs n - i >= 64 */

    for (; n - i >= 256; i += 256) {
        const __m512i m0 = maybe64(ptr + i), m1 = maybe64(ptr + i + 64);
        const __m512i m2 = maybe64(ptr + i + 128), m3 = maybe64(ptr + i + 192);
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
    for (; n - i >= 64; i += 64)
        if (verify(ptr + i, bits64(maybe64(ptr + i)), &at))
            return i + at;
    if (i < n) {
        const __mmask64 on = _cvtu64_mask64(_bzhi_u64(~0ULL, (uint32_t)(n - i)));
        const __m512i m = join(_mm512_maskz_loadu_epi8(on, ptr + i + SEP_F),
                               _mm512_maskz_loadu_epi8(on, ptr + i + SEP_BLANK));
        /* A lane that is off holds 'F' | ' ', which is not zero. */
        if (verify(ptr + i, bits64(m), &at))
            return i + at;
    }
    return len;
}
