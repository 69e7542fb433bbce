/* SPDX-License-Identifier: Apache-2.0 */
/* fieldscan, masks of 64 bytes from two vectors. */
#include "kernels/fieldscan/fieldscan.h"

#include <immintrin.h>

#include "kernels/fieldscan/fieldscan_block.h"

static inline uint64_t bits32(__m256i x)
{
    return (uint32_t)_mm256_movemask_epi8(x);
}

static inline struct fld_masks fields32(const uint8_t *ptr)
{
    /* Of a blank its low four bits choose itself, of no other byte. */
    const __m256i blanks = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', 0, 0, 0, 0, 0, 0));
    const __m256i x = _mm256_loadu_si256((const __m256i *)ptr);
    const __m256i before = _mm256_loadu_si256((const __m256i *)(ptr - 1));
    const __m256i lower = _mm256_or_si256(x, _mm256_set1_epi8(0x20));
    const __m256i f = _mm256_cmpeq_epi8(lower, _mm256_set1_epi8('f'));

    return (struct fld_masks){
        bits32(_mm256_cmpeq_epi8(before, _mm256_set1_epi8('\n'))),
        bits32(_mm256_cmpeq_epi8(x, _mm256_shuffle_epi8(blanks, x))),
        /* Signed: from 0x80 on, too. */
        bits32(_mm256_cmpgt_epi8(_mm256_set1_epi8(0x21), x)),
        bits32(f),
        bits32(_mm256_and_si256(f, _mm256_cmpeq_epi8(before, _mm256_set1_epi8('\r')))),
    };
}

/* Written out: gcc leaves a loop of two rounds a loop. */
static inline struct fld_masks fields64(const uint8_t *ptr)
{
    return fld_join(fields32(ptr), fields32(ptr + 32), 32);
}

size_t twf_fieldscan_avx2(const uint8_t *ptr, size_t len, uint32_t *starts, size_t cap,
                          size_t *count, size_t *froms)
{
    return fld_scan(ptr, len, starts, cap, count, froms, fields64);
}
