/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar (POSIX.1-2017 pax, ustar, GNU): a block that says "ustar" gets a true checksum first, so that
 * changed headers come past that test. Members, header blocks and gaps are the bytes of the input,
 * in one piece and in many.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/split_log.h"

enum { BLOCK = 512, SUM = 148, SUM_LEN = 8, MAGIC = 257 };

static void repair(uint8_t *block)
{
    unsigned sum = 0;
    char text[SUM_LEN];

    memset(block + SUM, ' ', SUM_LEN);
    for (int i = 0; i < BLOCK; i++)
        sum += block[i];
    (void)snprintf(text, sizeof(text), "%06o", sum & 0777777);
    memcpy(block + SUM, text, 7);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = fuzz_rng_of(data, size);
    uint8_t *copy = fuzz_copy(data, size);
    struct twf_limits limits;
    struct twf_kernels kernels;
    struct twf_split_options o = {
        .format = TWF_SPLIT_TAR, .journal = true, .limits = &limits, .kernels = &kernels};
    struct split_log whole, cut;

    for (size_t at = 0; size - at >= BLOCK; at += BLOCK) {
        if (memcmp(copy + at + MAGIC, "ustar", 5) == 0)
            repair(copy + at);
    }
    twf_kernels_init(&kernels, TWF_CPU_AVX512);
    split_limits(&r, &limits);
    split_run(twf_span(copy, size), &o, NULL, &whole);
    split_run(twf_span(copy, size), &o, &r, &cut);
    FUZZ_CHECK(twf_span_eq(twf_buf_view(&whole.messages), twf_buf_view(&cut.messages)),
               "other messages in pieces");
    FUZZ_CHECK(twf_span_eq(twf_buf_view(&whole.notes), twf_buf_view(&cut.notes)),
               "other notes in pieces:\n%.*s--- in pieces ---\n%.*s", (int)whole.notes.len,
               (const char *)whole.notes.ptr, (int)cut.notes.len, (const char *)cut.notes.ptr);
    split_log_fini(&whole);
    split_log_fini(&cut);
    free(copy);
    return 0;
}
