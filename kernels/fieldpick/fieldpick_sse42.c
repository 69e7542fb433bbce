/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fieldpick, a name in one vector. Which lines a header has nobody can foresee, so there is no
 * branch: each is written, and counted if it is wanted.
 */
#include "kernels/fieldpick/fieldpick.h"

#include <immintrin.h>

/* From 16 - n on: n bytes to keep, and others to clear. */
static const uint8_t keep_mask[32] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                           0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

size_t twf_fieldpick_sse42(const uint8_t *ptr, const uint32_t *starts, size_t n,
                           const struct twf_picks *t, uint32_t *picks)
{
    const __m128i bit = _mm_set1_epi8(0x20), colon = _mm_set1_epi8(':');
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        const uint8_t *name = ptr + starts[i];
        const __m128i x = _mm_loadu_si128((const __m128i *)name);
        /* Up to a blank, unsigned: the larger one of both is the blank. */
        const __m128i stop =
            _mm_or_si128(_mm_cmpeq_epi8(_mm_max_epu8(x, bit), bit), _mm_cmpeq_epi8(x, colon));
        const unsigned len = (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(stop) | 0x10000u);
        const __m128i keep = _mm_loadu_si128((const __m128i *)(keep_mask + 16 - len));
        const __m128i key = _mm_and_si128(_mm_or_si128(x, bit), keep);
        const unsigned id = t->slots[twf_picks_slot(t, (uint64_t)_mm_cvtsi128_si64(key),
                                                    (uint64_t)_mm_extract_epi64(key, 1))];
        const __m128i ours = _mm_load_si128((const __m128i *)t->keys[id]);
        const unsigned same = _mm_movemask_epi8(_mm_cmpeq_epi8(key, ours)) == 0xFFFF;

        picks[count] = (uint32_t)i | (id & (0u - same)) << TWF_PICK_BITS;
        count += same | t->odd[name[0]];
    }
    return count;
}
