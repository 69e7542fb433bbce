/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers into messages while the input is damaged: pieces that end at damage, and bytes that
 * are missing between two. Messages + separators + gaps are the bytes of the input, whatever it is.
 */
#include <stdlib.h>

#include "fuzz/split_log.h"

/* Messages lie in order, inside what was fed so far. */
static void check_out(const struct twf_split_out *out, uint64_t fed, uint64_t *next)
{
    for (uint32_t i = 0; i < out->message_count; i++) {
        const struct twf_message *m = &out->messages[i];

        FUZZ_CHECK(m->off >= *next && m->off <= fed && m->len <= fed - m->off,
                   "message %llu: %llu + %llu of %llu", (unsigned long long)m->index,
                   (unsigned long long)m->off, (unsigned long long)m->len, (unsigned long long)fed);
        FUZZ_CHECK(m->text.len <= m->len, "text is longer than the message");
        *next = m->off + m->len;
    }
}

static void run_damaged(struct twf_span input, const struct twf_split_options *o,
                        struct fuzz_rng *r)
{
    struct twf_splitter *s;
    struct twf_arena arena;
    struct twf_split_out out;
    const struct twf_split_sums *sums;
    uint64_t next = 0, fed = 0, messages = 0;
    size_t at = 0;

    twf_arena_init(&arena, 1 << 16);
    FUZZ_CHECK(twf_splitter_new(&s, NULL) == TWF_OK, "no memory");
    twf_splitter_start(s, o);
    do {
        size_t n = at == input.len ? 0 : fuzz_piece(r, input.len - at);
        uint8_t *copy = fuzz_copy(input.ptr == NULL ? NULL : input.ptr + at, n);

        at += n;
        fed += n;
        FUZZ_CHECK(twf_splitter_feed(s, twf_span(copy, n), at == input.len, fuzz_random(r, 4) == 0,
                                     &arena, &out, NULL) == TWF_OK,
                   "a splitter cannot fail");
        check_out(&out, fed, &next);
        messages += out.message_count;
        twf_arena_reset(&arena);
        free(copy);
        if (at < input.len && fuzz_random(r, 4) == 0) {
            uint64_t gap = fuzz_random(r, 1000);

            twf_splitter_gap(s, gap);
            fed += gap;
        }
    } while (at < input.len);
    sums = twf_splitter_sums(s);
    FUZZ_CHECK(sums->fed == fed, "%llu of %llu bytes counted", (unsigned long long)sums->fed,
               (unsigned long long)fed);
    FUZZ_CHECK(sums->message + sums->separator + sums->gap == fed, "%llu + %llu + %llu of %llu",
               (unsigned long long)sums->message, (unsigned long long)sums->separator,
               (unsigned long long)sums->gap, (unsigned long long)fed);
    FUZZ_CHECK(sums->messages == messages, "%llu of %llu messages counted",
               (unsigned long long)sums->messages, (unsigned long long)messages);
    twf_splitter_free(s);
    twf_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = fuzz_rng_of(data, size);
    struct twf_limits limits;
    struct twf_kernels kernels;

    twf_kernels_init(&kernels, TWF_CPU_AVX512);
    split_limits(&r, &limits);
    for (int format = TWF_SPLIT_AUTO; format <= TWF_SPLIT_TAR; format++) {
        struct twf_split_options o = {.format = (enum twf_split_format)format,
                                      .journal = fuzz_random(&r, 2) == 0,
                                      .limits = &limits,
                                      .kernels = &kernels};

        run_damaged(twf_span(data, size), &o, &r);
    }
    return 0;
}
