/* SPDX-License-Identifier: Apache-2.0 */
/* eqfold, 32 bytes at once; the last vector overlaps the one before. */
#include "kernels/eqfold/eqfold.h"

#include "kernels/eqfold/eqfold16.h"

static inline bool equal32_at(const uint8_t *pa, const uint8_t *pb)
{
    const __m256i a = _mm256_loadu_si256((const __m256i *)pa);
    const __m256i b = _mm256_loadu_si256((const __m256i *)pb);
    const __m256i bit = _mm256_set1_epi8(0x20);
    const __m256i moved = _mm256_add_epi8(_mm256_or_si256(a, bit), _mm256_set1_epi8(0x80 - 'a'));
    const __m256i is_letter = _mm256_cmpgt_epi8(_mm256_set1_epi8(-128 + 26), moved);
    const __m256i may = _mm256_and_si256(is_letter, bit);
    /* testc asks whether a ^ b has no bit outside may. */
    return _mm256_testc_si256(may, _mm256_xor_si256(a, b)) != 0;
}

bool twf_eqfold_avx2(const uint8_t *a, const uint8_t *b, size_t len)
{
    if (len < 16)
        return eqfold_below16(a, b, len);
    if (len < 32)
        return is_zero16(_mm_or_si128(differ16_at(a, b), differ16_at(a + len - 16, b + len - 16)));
    for (size_t i = 0; len - i >= 32; i += 32)
        if (!equal32_at(a + i, b + i))
            return false;
    return equal32_at(a + len - 32, b + len - 32);
}
