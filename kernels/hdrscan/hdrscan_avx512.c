/* SPDX-License-Identifier: Apache-2.0 */
/* hdrscan, masks of 64 bytes from one vector; the end is masked, and a lane that is off is zero. */
#include "kernels/hdrscan/hdrscan.h"

#include <immintrin.h>

#include "kernels/hdrscan/hdrscan_block.h"

static inline struct hdr_masks masks_of(__m512i x)
{
    const __mmask64 sp = _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8(' '));
    const __mmask64 tab = _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8('\t'));
    const __mmask64 lf = _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8('\n'));
    return (struct hdr_masks){_cvtmask64_u64(lf), _cvtmask64_u64(sp) | _cvtmask64_u64(tab)};
}

static inline struct hdr_masks masks64(const uint8_t *ptr)
{
    return masks_of(_mm512_loadu_si512(ptr));
}

static inline struct hdr_masks masks_end(const uint8_t *ptr, size_t off, size_t len)
{
    const __mmask64 on = _cvtu64_mask64(_bzhi_u64(~0ULL, (uint32_t)(len - off)));
    return masks_of(_mm512_maskz_loadu_epi8(on, ptr + off));
}

size_t twf_hdrscan_avx512(const uint8_t *ptr, size_t len, uint32_t *starts, size_t cap,
                          size_t *count)
{
    return hdr_scan(ptr, len, starts, cap, count, masks64, masks_end);
}
