/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first bytes of a frame (RFC 8878): whatever libzstd decodes to an end, the prefix decoder gives the same
 * bytes of, or refuses; what libzstd made out of the input it must not refuse; nothing is read or written
 * beside what was given.
 */
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "base/compiler.h"
#include "decode/decode.h"
#include "fuzz/fuzz.h"

enum { PLAIN_MAX = 1 << 18 };

/* Wishes that grow at random, to the end. False: refused. */
static bool prefix_to_end(struct twf_prefix *p, struct twf_span comp, uint8_t *dst, size_t cap,
                          struct fuzz_rng *r, struct twf_span plain)
{
    size_t got = 0, used = 0;
    enum twf_status status = TWF_OK;

    if (!twf_prefix_begin(p, comp, dst, cap))
        return false;
    while (status == TWF_OK && got < cap) {
        size_t want = got + fuzz_piece(r, cap - got), before = got;

        status = twf_prefix_more(p, want, &got);
        FUZZ_CHECK(got >= before && got <= cap, "%zu bytes, then %zu of %zu", before, got, cap);
        FUZZ_CHECK(status != TWF_OK || got >= want, "%zu of %zu bytes wanted", got, want);
        if (status == TWF_ERR_FORMAT)
            return false;
        FUZZ_CHECK(twf_prefix_used(p) >= used && twf_prefix_used(p) <= comp.len, "bytes used");
        used = twf_prefix_used(p);
        if (plain.ptr != NULL)
            FUZZ_CHECK(got <= plain.len && memcmp(dst, plain.ptr, got) == 0, "other bytes");
    }
    return true;
}

/* The input as a frame. */
static void check_foreign(struct twf_prefix *p, const uint8_t *data, size_t size, struct fuzz_rng *r)
{
    size_t cap = 1 + fuzz_random(r, PLAIN_MAX), oracle;
    uint8_t *comp = fuzz_copy(data, size), *whole = malloc(PLAIN_MAX), *dst = malloc(cap);

    FUZZ_CHECK(whole != NULL && dst != NULL, "no memory");
    oracle = ZSTD_decompress(whole, PLAIN_MAX, comp, size);
    (void)prefix_to_end(p, twf_span(comp, size), dst, cap, r,
                        twf_span(ZSTD_isError(oracle) ? NULL : whole, oracle));
    free(dst);
    free(whole);
    free(comp);
}

/* The input as what is in a frame. */
static void check_own(struct twf_prefix *p, const uint8_t *data, size_t size, struct fuzz_rng *r)
{
    size_t bound = ZSTD_compressBound(size) + 64;
    uint8_t *comp = malloc(bound), *dst = malloc(size + 1), *exact;
    ZSTD_CCtx *c = ZSTD_createCCtx();
    size_t len;

    FUZZ_CHECK(comp != NULL && dst != NULL && c != NULL, "no memory");
    ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, (int)fuzz_random(r, 27) - 5);
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, (int)fuzz_random(r, 2));
    ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, (int)fuzz_random(r, 2));
    if (fuzz_random(r, 3) == 0)
        ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, 10 + (int)fuzz_random(r, 8));
    len = ZSTD_compress2(c, comp, bound, data, size);
    FUZZ_CHECK(!ZSTD_isError(len), "zstd: %s", ZSTD_getErrorName(len));
    exact = fuzz_copy(comp, len);
    FUZZ_CHECK(prefix_to_end(p, twf_span(exact, len), dst, size, r, twf_span(data, size)),
               "a frame of zstd is refused");
    free(exact);
    ZSTD_freeCCtx(c);
    free(dst);
    free(comp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = fuzz_rng_of(data, size);
    struct twf_prefix *p = twf_prefix_new();

    FUZZ_CHECK(p != NULL, "no memory");
    check_foreign(p, data, size, &r);
    if (size <= PLAIN_MAX)
        check_own(p, data, size, &r);
    twf_prefix_free(p);
    return 0;
}
