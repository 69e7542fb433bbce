/* SPDX-License-Identifier: Apache-2.0 */
/* fieldscan, masks of 64 bytes from one vector. */
#include "kernels/fieldscan/fieldscan.h"

#include <immintrin.h>

#include "kernels/fieldscan/fieldscan_block.h"

/*
 * A mask as a number, once and for all: gcc would move it out of its mask register again wherever it
 * is used, and there are few ports for that.
 */
static inline uint64_t number(__mmask64 mask)
{
    uint64_t bits = _cvtmask64_u64(mask);

    __asm__("" : "+r"(bits));
    return bits;
}

static inline struct fld_masks fields64(const uint8_t *ptr)
{
    /* Of a blank its low four bits choose itself, of no other byte. */
    const __m512i blanks =
        _mm512_broadcast_i32x4(_mm_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', 0, 0, 0, 0, 0, 0));
    const __m512i x = _mm512_loadu_si512(ptr), before = _mm512_loadu_si512(ptr - 1);
    const __m512i lower = _mm512_or_si512(x, _mm512_set1_epi8(0x20));
    const __mmask64 f = _mm512_cmpeq_epi8_mask(lower, _mm512_set1_epi8('f'));

    return (struct fld_masks){
        number(_mm512_cmpeq_epi8_mask(before, _mm512_set1_epi8('\n'))),
        number(_mm512_cmpeq_epi8_mask(x, _mm512_shuffle_epi8(blanks, x))),
        number(_mm512_cmplt_epu8_mask(x, _mm512_set1_epi8(0x21))),
        number(f),
        number(f & _mm512_cmpeq_epi8_mask(before, _mm512_set1_epi8('\r'))),
    };
}

size_t twf_fieldscan_avx512(const uint8_t *ptr, size_t len, uint32_t *starts, size_t cap,
                            size_t *count, size_t *froms)
{
    return fld_scan(ptr, len, starts, cap, count, froms, fields64);
}
