/* SPDX-License-Identifier: Apache-2.0 */
/* What fuzz targets share: how to fail, and a generator that follows from the input. */
#include "fuzz/fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

void fuzz_fail(const char *file, int line, const char *fmt, ...)
{
    va_list args;

    (void)fprintf(stderr, "%s:%d: ", file, line);
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fputc('\n', stderr);
    abort();
}

/* FNV-1a; never 0, where xorshift would stay. */
struct fuzz_rng fuzz_rng_of(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = {0xCBF29CE484222325u};

    for (size_t i = 0; i < size; i++)
        r.state = (r.state ^ data[i]) * 0x100000001B3u;
    r.state |= 1;
    return r;
}

uint32_t fuzz_random(struct fuzz_rng *r, uint32_t n)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return (uint32_t)(r->state >> 32) % n;
}

size_t fuzz_piece(struct fuzz_rng *r, size_t left)
{
    static const uint32_t most[] = {1, 4, 16, 100, 1000, 100000};

    size_t n = (size_t)1 + fuzz_random(r, most[fuzz_random(r, TWF_COUNT(most))]);

    return TWF_MIN(left, n);
}

uint8_t *fuzz_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);

    FUZZ_CHECK(copy != NULL, "no memory");
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}
