/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fuzz targets share. A target is one file with LLVMFuzzerTestOneInput: libFuzzer, AFL++ and
 * replay.c call it. Whatever it decides beside its input (where to cut, what to lower) it draws
 * from a generator whose seed is the input itself: seeds stay plain files, and one input always
 * does the same.
 */
#ifndef TWF_FUZZ_FUZZ_H
#define TWF_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise that input must not be able to break. */
#define FUZZ_CHECK(cond, ...)                                                                      \
    do {                                                                                           \
        if (!(cond))                                                                               \
            fuzz_fail(__FILE__, __LINE__, __VA_ARGS__);                                            \
    } while (0)

_Noreturn void fuzz_fail(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

struct fuzz_rng {
    uint64_t state;
};
struct fuzz_rng fuzz_rng_of(const uint8_t *data, size_t size);
/* A number below n, n > 0. */
uint32_t fuzz_random(struct fuzz_rng *r, uint32_t n);
/* How long the next of several pieces is, 1 to left: mostly short, seldom all of it. */
size_t fuzz_piece(struct fuzz_rng *r, size_t left);

/* A copy in memory of its exact size, so that a sanitizer sees a read past the end; free() it. */
uint8_t *fuzz_copy(const uint8_t *data, size_t size);

static inline bool fuzz_inside(struct twf_span part, struct twf_span whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr <= whole.ptr + whole.len &&
                             part.len <= (size_t)(whole.ptr + whole.len - part.ptr));
}

#endif
