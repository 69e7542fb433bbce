/* SPDX-License-Identifier: Apache-2.0 */
/* jsonscan, 64 bytes at once; the end is masked: a lane that is off is neither read nor counted. */
#include "kernels/jsonscan/jsonscan.h"

#include <immintrin.h>

static inline uint64_t stops64(__m512i x)
{
    /* 0x20 to 0x7E is one unsigned range. */
    const __m512i moved = _mm512_sub_epi8(x, _mm512_set1_epi8(0x20));
    return _cvtmask64_u64(_mm512_cmpge_epu8_mask(moved, _mm512_set1_epi8(0x7F - 0x20))) |
           _cvtmask64_u64(_mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8('"'))) |
           _cvtmask64_u64(_mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8('\\')));
}

size_t twf_jsonscan_avx512(const uint8_t *ptr, size_t len)
{
    size_t i = 0;
    uint64_t bits;

    for (; len - i >= 64; i += 64) {
        bits = stops64(_mm512_loadu_si512(ptr + i));
        if (bits != 0)
            return i + (size_t)__builtin_ctzll(bits);
    }
    if (i < len) {
        const uint64_t on = _bzhi_u64(~0ULL, (uint32_t)(len - i));
        bits = stops64(_mm512_maskz_loadu_epi8(_cvtu64_mask64(on), ptr + i)) & on;
        if (bits != 0)
            return i + (size_t)__builtin_ctzll(bits);
    }
    return len;
}
