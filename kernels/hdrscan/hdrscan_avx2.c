/* SPDX-License-Identifier: Apache-2.0 */
/* hdrscan, masks of 64 bytes from two vectors. */
#include "kernels/hdrscan/hdrscan.h"

#include <immintrin.h>

#include "kernels/hdrscan/hdrscan_block.h"

static inline struct hdr_masks masks64(const uint8_t *ptr)
{
    struct hdr_masks m = {0, 0};

    for (int i = 0; i < 2; i++) {
        const __m256i x = _mm256_loadu_si256((const __m256i *)(ptr + 32 * i));
        const __m256i lf = _mm256_cmpeq_epi8(x, _mm256_set1_epi8('\n'));
        const __m256i blank = _mm256_or_si256(_mm256_cmpeq_epi8(x, _mm256_set1_epi8(' ')),
                                              _mm256_cmpeq_epi8(x, _mm256_set1_epi8('\t')));
        m.lf |= (uint64_t)(uint32_t)_mm256_movemask_epi8(lf) << (32 * i);
        m.blank |= (uint64_t)(uint32_t)_mm256_movemask_epi8(blank) << (32 * i);
    }
    return m;
}

static inline struct hdr_masks masks_end(const uint8_t *ptr, size_t off, size_t len)
{
    return hdr_masks_end(ptr, off, len, masks64);
}

size_t twf_hdrscan_avx2(const uint8_t *ptr, size_t len, uint32_t *starts, size_t cap, size_t *count)
{
    return hdr_scan(ptr, len, starts, cap, count, masks64, masks_end);
}
