/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash of a header block or of what identifies an input. Where libxxhash was built with it, the
 * widest instructions of this CPU are used: a header has some thousand bytes, and inline it would
 * be SSE2. The value is the same.
 */
#define _GNU_SOURCE
#include "pipe/record.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/compiler.h"

#ifdef TWF_XXH_DISPATCH
#define XXH_STATIC_LINKING_ONLY /* the size of a state */
#include <xxh_x86dispatch.h>
#else
#define XXH_INLINE_ALL
#include <xxhash.h>
#endif

static void put_hex(XXH128_hash_t h, char out[33])
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 0; i < 16; i++) {
        out[i] = digits[h.high64 >> (60 - 4 * i) & 15];
        out[16 + i] = digits[h.low64 >> (60 - 4 * i) & 15];
    }
    out[32] = '\0';
}

void twf_hash_hex(const void *ptr, size_t len, char out[33])
{
    put_hex(XXH3_128bits(ptr, len), out);
}

void twf_hash_loaded(struct twf_span data, uint64_t size, char id[33])
{
    XXH3_state_t state;

    (void)XXH3_128bits_reset(&state); /* fails for NULL only, as the rest */
    (void)XXH3_128bits_update(&state, &size, sizeof(size));
    (void)XXH3_128bits_update(&state, data.ptr, TWF_MIN(data.len, (size_t)TWF_EDGE));
    if (data.len > TWF_EDGE)
        (void)XXH3_128bits_update(&state, data.ptr + (data.len - TWF_EDGE), TWF_EDGE);
    put_hex(XXH3_128bits_digest(&state), id);
}

int twf_hash_edges(int fd, uint64_t size, char id[33])
{
    uint8_t *bytes = twf_malloc(sizeof(size) + 2 * TWF_EDGE);
    size_t len = sizeof(size);
    int why = 0;

    if (bytes == NULL)
        return ENOMEM;
    memcpy(bytes, &size, sizeof(size));
    for (int i = 0; why == 0 && i < (size > TWF_EDGE ? 2 : 1); i++) {
        ssize_t n = pread(fd, bytes + len, TWF_EDGE, i == 0 ? 0 : (off_t)(size - TWF_EDGE));

        if (n < 0)
            why = errno;
        else
            len += (size_t)n;
    }
    if (why == 0)
        twf_hash_hex(bytes, len, id);
    twf_free(bytes);
    return why;
}
