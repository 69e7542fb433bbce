/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash of a header block or of what identifies an input. Where libxxhash was built with it, the
 * widest instructions of this CPU are used: a header has some thousand bytes, and inline it would
 * be SSE2. The value is the same.
 */
#include "pipe/record.h"

#ifdef TWF_XXH_DISPATCH
#include <xxh_x86dispatch.h>
#else
#define XXH_INLINE_ALL
#include <xxhash.h>
#endif

void twf_hash_hex(const void *ptr, size_t len, char out[33])
{
    static const char digits[] = "0123456789abcdef";
    XXH128_hash_t h = XXH3_128bits(ptr, len);

    for (int i = 0; i < 16; i++) {
        out[i] = digits[h.high64 >> (60 - 4 * i) & 15];
        out[16 + i] = digits[h.low64 >> (60 - 4 * i) & 15];
    }
    out[32] = '\0';
}
