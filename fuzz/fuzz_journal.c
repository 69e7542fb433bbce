/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journal reports, unwrapped layer by layer: what is handed out lies inside the report or was
 * decoded from it, and only what the cheap test named can be one.
 */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "fuzz/split_log.h"
#include "split/mime.h"

enum { LAYERS = 6 };

static uint32_t open_one(struct twf_span text, enum twf_journal_mode mode,
                         const struct twf_limits *limits, struct twf_arena *a,
                         struct twf_journal_inner inner[2])
{
    struct twf_span header = twf_entity_split(text).header;
    struct twf_journal j;
    uint32_t n = 0;

    FUZZ_CHECK(twf_journal_open(text, mode, limits, a, &j, inner, &n, NULL) == TWF_OK, "no memory");
    FUZZ_CHECK(n <= 2, "%u messages inside", n);
    FUZZ_CHECK(!twf_journal_marked(header) || twf_journal_candidate(header),
               "a marked header is no candidate");
    if (mode == TWF_JOURNAL_MODE_AUTO && !twf_journal_candidate(header))
        FUZZ_CHECK(j.form == TWF_JOURNAL_NONE && n == 0, "form %d of what is no candidate", j.form);
    if (mode == TWF_JOURNAL_MODE_NEVER)
        FUZZ_CHECK(j.form == TWF_JOURNAL_NONE && n == 0, "form %d, but never", j.form);
    FUZZ_CHECK(j.form != TWF_JOURNAL_NONE || n == 0, "messages inside no report");
    FUZZ_CHECK(j.problems == 0 || j.problem_off <= text.len, "a problem at %u of %zu",
               j.problem_off, text.len);
    FUZZ_CHECK(j.sender.len == 0 || j.sender_off <= text.len, "Sender at %u of %zu", j.sender_off,
               text.len);
    for (uint32_t i = 0; i < n; i++) {
        FUZZ_CHECK(inner[i].off <= text.len, "a message at %llu of %zu",
                   (unsigned long long)inner[i].off, text.len);
        FUZZ_CHECK(inner[i].text.len <= text.len, "%zu bytes out of %zu", inner[i].text.len,
                   text.len);
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = fuzz_rng_of(data, size);
    uint8_t *copy = fuzz_copy(data, size);
    struct twf_journal_inner inner[2];
    struct twf_limits limits;
    struct twf_arena arena;

    split_limits(&r, &limits);
    twf_arena_init(&arena, 1 << 14);
    for (int mode = TWF_JOURNAL_MODE_AUTO; mode <= TWF_JOURNAL_MODE_REQUIRE; mode++) {
        struct twf_span text = twf_span(copy, size);

        for (int layer = 0; layer < LAYERS; layer++) {
            uint32_t n = open_one(text, (enum twf_journal_mode)mode, &limits, &arena, inner);

            if (n == 0)
                break;
            text = inner[fuzz_random(&r, n)].text;
        }
        twf_arena_reset(&arena);
    }
    twf_arena_fini(&arena);
    free(copy);
    return 0;
}
