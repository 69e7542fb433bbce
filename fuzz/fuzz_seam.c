/* SPDX-License-Identifier: Apache-2.0 */
/* Any chunking equals one shot: the same messages, notes and accounts, in every container format. */
#include <string.h>

#include "base/compiler.h"
#include "fuzz/split_log.h"

static void check_same(const struct split_log *a, const struct split_log *b, const char *what)
{
    struct twf_span x = twf_buf_view(&a->messages), y = twf_buf_view(&b->messages);

    FUZZ_CHECK(twf_span_eq(x, y), "%s:\n%.*s--- in pieces ---\n%.*s", what, (int)x.len,
               (const char *)x.ptr, (int)y.len, (const char *)y.ptr);
    x = twf_buf_view(&a->notes);
    y = twf_buf_view(&b->notes);
    FUZZ_CHECK(twf_span_eq(x, y), "%s:\n%.*s--- in pieces ---\n%.*s", what, (int)x.len,
               (const char *)x.ptr, (int)y.len, (const char *)y.ptr);
    FUZZ_CHECK(memcmp(&a->sums, &b->sums, sizeof(a->sums)) == 0, "%s: other sums in pieces", what);
    FUZZ_CHECK(a->format == b->format, "%s: format %d, in pieces %d", what, a->format, b->format);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        enum twf_split_format format;
        bool journal;
        const char *name;
    } ways[] = {
        {TWF_SPLIT_AUTO, true, "auto"},       {TWF_SPLIT_MBOX, false, "mbox"},
        {TWF_SPLIT_MBOXCL2, true, "mboxcl2"}, {TWF_SPLIT_EML, true, "eml"},
        {TWF_SPLIT_TAR, false, "tar"},
    };
    struct fuzz_rng r = fuzz_rng_of(data, size);
    struct twf_limits limits;
    struct twf_kernels kernels;

    split_limits(&r, &limits);
    for (size_t i = 0; i < TWF_COUNT(ways); i++) {
        struct twf_split_options o = {.format = ways[i].format,
                                      .journal = ways[i].journal,
                                      .limits = &limits,
                                      .kernels = &kernels};
        struct split_log whole, cut;

        twf_kernels_init(&kernels, TWF_CPU_SCALAR);
        split_run(twf_span(data, size), &o, NULL, &whole);
        for (int round = 0; round < 3; round++) {
            twf_kernels_init(&kernels, (enum twf_cpu_level)fuzz_random(&r, TWF_CPU_LEVELS));
            split_run(twf_span(data, size), &o, &r, &cut);
            check_same(&whole, &cut, ways[i].name);
            split_log_fini(&cut);
        }
        split_log_fini(&whole);
    }
    return 0;
}
