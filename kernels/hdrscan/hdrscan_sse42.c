/* SPDX-License-Identifier: Apache-2.0 */
/* hdrscan, masks of 64 bytes from four vectors. */
#include "kernels/hdrscan/hdrscan.h"

#include <immintrin.h>

#include "kernels/hdrscan/hdrscan_block.h"

static inline struct hdr_masks masks64(const uint8_t *ptr)
{
    struct hdr_masks m = {0, 0};

    for (int i = 0; i < 4; i++) {
        const __m128i x = _mm_loadu_si128((const __m128i *)(ptr + 16 * i));
        const __m128i lf = _mm_cmpeq_epi8(x, _mm_set1_epi8('\n'));
        const __m128i blank = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8(' ')),
                                           _mm_cmpeq_epi8(x, _mm_set1_epi8('\t')));
        m.lf |= (uint64_t)(uint32_t)_mm_movemask_epi8(lf) << (16 * i);
        m.blank |= (uint64_t)(uint32_t)_mm_movemask_epi8(blank) << (16 * i);
    }
    return m;
}

static inline struct hdr_masks masks_end(const uint8_t *ptr, size_t off, size_t len)
{
    return hdr_masks_end(ptr, off, len, masks64);
}

size_t twf_hdrscan_sse42(const uint8_t *ptr, size_t len, uint32_t *starts, size_t cap,
                         size_t *count)
{
    return hdr_scan(ptr, len, starts, cap, count, masks64, masks_end);
}
