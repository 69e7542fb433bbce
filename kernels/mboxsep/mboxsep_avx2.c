/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mboxsep, four vectors of 32 bytes in a round. The first vector begins where the range does, the
 * rounds where one of the two loads of a vector is aligned, the last vector overlaps the one
 * before.
 */
#include "kernels/mboxsep/mboxsep.h"

#include <immintrin.h>

#include "kernels/mboxsep/mboxsep_verify.h"

/* Not zero at byte i where ptr + i may begin a separator. Reads ptr[1] to ptr[36]. */
static inline __m256i maybe32(const uint8_t *ptr)
{
    const __m256i f = _mm256_loadu_si256((const __m256i *)(ptr + SEP_F));
    const __m256i blank = _mm256_loadu_si256((const __m256i *)(ptr + SEP_BLANK));
    return _mm256_and_si256(_mm256_cmpeq_epi8(f, _mm256_set1_epi8('F')),
                            _mm256_cmpeq_epi8(blank, _mm256_set1_epi8(' ')));
}

static inline uint64_t bits32(__m256i x)
{
    return (uint32_t)_mm256_movemask_epi8(x);
}

size_t twf_mboxsep_avx2(const uint8_t *ptr, size_t len)
{
    size_t i, at, n;

    if (len < 32 + SEP_BLANK)
        return mboxsep_short(ptr, len);
    n = len - SEP_BLANK; /* a separator begins below n, and a vector at i needs n - i >= 32 */

    if (verify(ptr, bits32(maybe32(ptr)), &at))
        return at;
    i = 32 - ((uintptr_t)(ptr + SEP_F) & 31);
    for (; n - i >= 128; i += 128) {
        const __m256i m0 = maybe32(ptr + i), m1 = maybe32(ptr + i + 32);
        const __m256i m2 = maybe32(ptr + i + 64), m3 = maybe32(ptr + i + 96);
        if (bits32(_mm256_or_si256(_mm256_or_si256(m0, m1), _mm256_or_si256(m2, m3))) == 0)
            continue;
        if (verify(ptr + i, bits32(m0) | bits32(m1) << 32, &at))
            return i + at;
        if (verify(ptr + i + 64, bits32(m2) | bits32(m3) << 32, &at))
            return i + 64 + at;
    }
    for (; n - i >= 32; i += 32)
        if (verify(ptr + i, bits32(maybe32(ptr + i)), &at))
            return i + at;
    if (i < n && verify(ptr + n - 32, bits32(maybe32(ptr + n - 32)), &at))
        return n - 32 + at;
    return len;
}
