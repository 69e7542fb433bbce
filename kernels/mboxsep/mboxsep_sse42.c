/* SPDX-License-Identifier: Apache-2.0 */
/* mboxsep, four vectors of 16 bytes in a round; the last vector overlaps the one before. */
#include "kernels/mboxsep/mboxsep.h"

#include <immintrin.h>

#include "kernels/mboxsep/mboxsep_verify.h"

/* Not zero at byte i where ptr + i may begin a separator. Reads ptr[1] to ptr[20]. */
static inline __m128i maybe16(const uint8_t *ptr)
{
    const __m128i f = _mm_loadu_si128((const __m128i *)(ptr + SEP_F));
    const __m128i blank = _mm_loadu_si128((const __m128i *)(ptr + SEP_BLANK));
    return _mm_and_si128(_mm_cmpeq_epi8(f, _mm_set1_epi8('F')),
                         _mm_cmpeq_epi8(blank, _mm_set1_epi8(' ')));
}

static inline uint64_t bits16(__m128i x)
{
    return (uint32_t)_mm_movemask_epi8(x);
}

size_t twf_mboxsep_sse42(const uint8_t *ptr, size_t len)
{
    size_t i = 0, at, n;

    if (len < 16 + SEP_BLANK)
        return mboxsep_short(ptr, len);
    n = len - SEP_BLANK; /* a separator begins below n, and a vector at i needs n - i >= 16 */

    for (; n - i >= 64; i += 64) {
        const __m128i m0 = maybe16(ptr + i), m1 = maybe16(ptr + i + 16);
        const __m128i m2 = maybe16(ptr + i + 32), m3 = maybe16(ptr + i + 48);
        if (bits16(_mm_or_si128(_mm_or_si128(m0, m1), _mm_or_si128(m2, m3))) == 0)
            continue;
        if (verify(ptr + i, bits16(m0) | bits16(m1) << 16 | bits16(m2) << 32 | bits16(m3) << 48,
                   &at))
            return i + at;
    }
    for (; n - i >= 16; i += 16)
        if (verify(ptr + i, bits16(maybe16(ptr + i)), &at))
            return i + at;
    if (i < n && verify(ptr + n - 16, bits16(maybe16(ptr + n - 16)), &at))
        return n - 16 + at;
    return len;
}
