/* SPDX-License-Identifier: Apache-2.0 */
/* fieldscan, masks of 64 bytes from four vectors. */
#include "kernels/fieldscan/fieldscan.h"

#include <immintrin.h>

#include "kernels/fieldscan/fieldscan_block.h"

static inline uint64_t bits16(__m128i x)
{
    return (uint32_t)_mm_movemask_epi8(x);
}

static inline struct fld_masks fields16(const uint8_t *ptr)
{
    /* Of a blank its low four bits choose itself, of no other byte. */
    const __m128i blanks = _mm_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', 0, 0, 0, 0, 0, 0);
    const __m128i x = _mm_loadu_si128((const __m128i *)ptr);
    const __m128i before = _mm_loadu_si128((const __m128i *)(ptr - 1));
    const __m128i lower = _mm_or_si128(x, _mm_set1_epi8(0x20));
    const __m128i f = _mm_cmpeq_epi8(lower, _mm_set1_epi8('f'));

    return (struct fld_masks){
        bits16(_mm_cmpeq_epi8(before, _mm_set1_epi8('\n'))),
        bits16(_mm_cmpeq_epi8(x, _mm_shuffle_epi8(blanks, x))),
        /* Signed: from 0x80 on, too. */
        bits16(_mm_cmplt_epi8(x, _mm_set1_epi8(0x21))),
        bits16(f),
        bits16(_mm_and_si128(f, _mm_cmpeq_epi8(before, _mm_set1_epi8('\r')))),
    };
}

/* Written out: gcc leaves a loop of four rounds a loop. */
static inline struct fld_masks fields64(const uint8_t *ptr)
{
    return fld_join(fld_join(fields16(ptr), fields16(ptr + 16), 16),
                    fld_join(fields16(ptr + 32), fields16(ptr + 48), 16), 32);
}

size_t twf_fieldscan_sse42(const uint8_t *ptr, size_t len, uint32_t *starts, size_t cap,
                           size_t *count, size_t *froms)
{
    return fld_scan(ptr, len, starts, cap, count, froms, fields64);
}
