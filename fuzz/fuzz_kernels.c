/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels: every level gives what the scalar one gives, and touches nothing beside. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "kernels/kernels.h"

enum { STARTS = 64, CANARY = 0xA5 };

static void check_hdrscan(const struct twf_kernels *s, const struct twf_kernels *k,
                          const uint8_t *ptr, size_t len, size_t cap)
{
    uint32_t a[STARTS + 1], b[STARTS + 1];
    size_t n = 0, m = 0, end;

    memset(a, CANARY, sizeof(a));
    memset(b, CANARY, sizeof(b));
    end = s->hdrscan(ptr, len, a, cap, &n);
    FUZZ_CHECK(k->hdrscan(ptr, len, b, cap, &m) == end && n == m, "hdrscan: %zu lines, %zu", n, m);
    FUZZ_CHECK(memcmp(a, b, (n < cap ? n : cap) * sizeof(*a)) == 0, "hdrscan: other lines");
    FUZZ_CHECK(memcmp(&a[cap], &b[cap], sizeof(a) - cap * sizeof(*a)) == 0,
               "hdrscan: wrote past its end");
}

static void check_fieldscan(const struct twf_kernels *s, const struct twf_kernels *k,
                            const uint8_t *ptr, size_t len, size_t cap)
{
    uint32_t a[STARTS + 1], b[STARTS + 1];
    size_t n = 0, m = 0, froms = 0, more = 0, end;

    memset(a, CANARY, sizeof(a));
    memset(b, CANARY, sizeof(b));
    end = s->fieldscan(ptr, len, a, cap, &n, &froms);
    FUZZ_CHECK(k->fieldscan(ptr, len, b, cap, &m, &more) == end && n == m && froms == more,
               "fieldscan: %zu lines, %zu", n, m);
    FUZZ_CHECK(memcmp(a, b, (n < cap ? n : cap) * sizeof(*a)) == 0, "fieldscan: other lines");
    FUZZ_CHECK(memcmp(&a[cap], &b[cap], sizeof(a) - cap * sizeof(*a)) == 0,
               "fieldscan: wrote past its end");
}

static void check_level(const struct twf_kernels *s, const struct twf_kernels *k,
                        const uint8_t *ptr, size_t len, struct fuzz_rng *r)
{
    size_t half = len / 2;

    FUZZ_CHECK(s->mboxsep(ptr, len) == k->mboxsep(ptr, len), "mboxsep");
    FUZZ_CHECK(s->eqfold(ptr, ptr + half, half) == k->eqfold(ptr, ptr + half, half), "eqfold");
    FUZZ_CHECK(s->jsonscan(ptr, len) == k->jsonscan(ptr, len), "jsonscan");
    check_hdrscan(s, k, ptr, len, STARTS);
    check_hdrscan(s, k, ptr, len, fuzz_random(r, STARTS));
    check_fieldscan(s, k, ptr, len, STARTS);
    check_fieldscan(s, k, ptr, len, fuzz_random(r, STARTS));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = fuzz_rng_of(data, size);
    struct twf_kernels scalar, level;
    /* From a place of its own on: other alignments than malloc gives. */
    size_t skip = size == 0 ? 0 : fuzz_random(&r, 64) % size;
    uint8_t *copy = fuzz_copy(data, size);

    twf_kernels_init(&scalar, TWF_CPU_SCALAR);
    for (int l = TWF_CPU_SSE42; l < TWF_CPU_LEVELS; l++) {
        twf_kernels_init(&level, (enum twf_cpu_level)l);
        check_level(&scalar, &level, copy, size, &r);
        check_level(&scalar, &level, copy + skip, size - skip, &r);
    }
    free(copy);
    return 0;
}
