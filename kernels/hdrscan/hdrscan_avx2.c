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

/* The last len - off < 64 bytes: taken from a vector that ends with them, or from a copy. */
static inline struct hdr_masks masks_end(const uint8_t *ptr, size_t off, size_t len)
{
    struct hdr_masks m;

    if (len >= 64) {
        const unsigned shift = (unsigned)(64 - (len - off));
        m = masks64(ptr + len - 64);
        m.lf >>= shift;
        m.blank >>= shift;
    } else {
        uint8_t copy[64] = {0};
        memcpy(copy, ptr, len);
        m = masks64(copy);
    }
    return m;
}

size_t twf_hdrscan_avx2(const uint8_t *ptr, size_t len, uint32_t *starts, size_t cap,
                        size_t *count)
{
    struct hdr_walk w = {.ptr = ptr, .starts = starts, .cap = cap, .end = len};
    size_t i = 0;

    if (hdr_begins_empty(ptr, len)) {
        *count = 0;
        return 0;
    }
    for (; len - i >= 64; i += 64) {
        if (hdr_block(&w, i, masks64(ptr + i), ~0ULL)) {
            *count = w.count;
            return w.end;
        }
    }
    if (i == len || !hdr_block(&w, i, masks_end(ptr, i, len), ~0ULL >> (64 - (len - i))))
        w.end = len;
    *count = w.count;
    return w.end;
}
