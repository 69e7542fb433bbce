/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State out of a checkpoint. A splitter that is saved, loaded and fed the rest finds what one finds that
 * went on; a state that was changed, or never was one, is refused, or is the same when it is saved again and
 * reads nothing that is not its own. The same for the sums and lists of a run.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "pipe/ledger.h"
#include "split/split.h"

static struct twf_kernels kernels;
static struct twf_limits limits;
static volatile uint64_t touched;

static struct twf_split_options options(struct fuzz_rng *r)
{
    static const enum twf_split_format formats[] = {TWF_SPLIT_AUTO, TWF_SPLIT_AUTO, TWF_SPLIT_MBOX,
                                                    TWF_SPLIT_MBOXCL2, TWF_SPLIT_EML, TWF_SPLIT_TAR};

    return (struct twf_split_options){.format = formats[fuzz_random(r, 6)],
                                      .journal = fuzz_random(r, 2) == 0,
                                      .limits = &limits,
                                      .kernels = &kernels};
}

static uint64_t mix(uint64_t h, const void *ptr, size_t len)
{
    const uint8_t *p = ptr;

    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 0x100000001B3u;
    return h;
}

/* Feeds, reads every byte that is handed out, and sums it up. */
static uint64_t feed(struct twf_splitter *s, struct twf_span chunk, bool last, uint64_t h)
{
    struct twf_arena arena;
    struct twf_split_out out;

    twf_arena_init(&arena, 4096);
    FUZZ_CHECK(twf_splitter_feed(s, chunk, last, false, &arena, &out, NULL) == TWF_OK, "no memory");
    for (uint32_t i = 0; i < out.message_count; i++) {
        const struct twf_message *m = &out.messages[i];

        h = mix(h, &m->off, sizeof(m->off));
        h = mix(h, &m->len, sizeof(m->len));
        h = mix(h, m->text.ptr, m->text.len);
        h = mix(h, m->from_line.ptr, m->from_line.len);
        h = mix(h, m->member.ptr, m->member.len);
        h = mix(h, &m->flags, sizeof(m->flags));
    }
    for (uint32_t i = 0; i < out.note_count; i++)
        h = mix(h, out.notes[i].text, strlen(out.notes[i].text));
    twf_arena_fini(&arena);
    return h;
}

/* A few of its words become small, large, or a little other. */
static void change(struct twf_buf *b, struct fuzz_rng *r)
{
    for (uint32_t n = 1 + fuzz_random(r, 3); n > 0 && b->len >= 8; n--) {
        size_t at = fuzz_random(r, 2) == 0 ? fuzz_random(r, (uint32_t)(b->len / 8)) * 8
                                           : fuzz_random(r, (uint32_t)(b->len - 7));
        uint64_t word;

        memcpy(&word, b->ptr + at, 8);
        switch (fuzz_random(r, 4)) {
        case 0: word = fuzz_random(r, 4); break;
        case 1: word += fuzz_random(r, 17) - 8u; break;
        case 2: word = UINT64_MAX - fuzz_random(r, 3); break;
        default: word ^= (uint64_t)1 << fuzz_random(r, 64); break;
        }
        memcpy(b->ptr + at, &word, 8);
    }
    if (fuzz_random(r, 8) == 0)
        b->len = fuzz_random(r, (uint32_t)b->len + 1);
}

/* In memory of its exact size; true when it was taken. */
static bool load(struct twf_splitter *s, const struct twf_split_options *o, struct twf_span state)
{
    uint8_t *copy = fuzz_copy(state.ptr, state.len);
    struct twf_saved in = {.ptr = copy, .len = state.len};
    bool good = twf_splitter_load(s, o, &in, NULL) == TWF_OK;

    if (good) {
        struct twf_buf again;

        twf_buf_init(&again);
        FUZZ_CHECK(twf_splitter_save(s, &again), "what was loaded cannot be saved");
        FUZZ_CHECK(again.len == state.len - in.len && memcmp(again.ptr, copy, again.len) == 0,
                   "it is another when it is saved again");
        twf_buf_fini(&again);
    }
    free(copy);
    return good;
}

static void split_state(const uint8_t *data, size_t size, struct fuzz_rng *r)
{
    struct twf_split_options o = options(r);
    struct twf_splitter *on, *off;
    size_t cut = fuzz_random(r, (uint32_t)size + 1);
    struct twf_buf state;
    uint64_t a, b;

    FUZZ_CHECK(twf_splitter_new(&on, NULL) == TWF_OK && twf_splitter_new(&off, NULL) == TWF_OK,
               "no memory");
    twf_buf_init(&state);
    twf_splitter_start(on, &o);
    (void)feed(on, twf_span(data, cut), false, 0);
    if (twf_splitter_save(on, &state)) {
        FUZZ_CHECK(load(off, &o, twf_buf_view(&state)), "a good state is refused");
        a = feed(on, twf_span(data + cut, size - cut), true, 1);
        b = feed(off, twf_span(data + cut, size - cut), true, 1);
        FUZZ_CHECK(a == b, "after a resume at %zu other messages come", cut);
        FUZZ_CHECK(memcmp(twf_splitter_sums(on), twf_splitter_sums(off),
                          sizeof(struct twf_split_sums)) == 0,
                   "after a resume at %zu other sums come", cut);
        for (int i = 0; i < 8; i++) {
            struct twf_buf other;

            twf_buf_init(&other);
            twf_buf_span(&other, twf_buf_view(&state));
            change(&other, r);
            if (load(off, &o, twf_buf_view(&other)))
                touched += feed(off, twf_span(data + cut, size - cut), true, 0);
            twf_buf_fini(&other);
        }
    }
    (void)load(off, &o, twf_span(data, size));
    twf_buf_fini(&state);
    twf_splitter_free(on);
    twf_splitter_free(off);
}

/* Empty sums, with the input in place of some of their end. */
static void ledger_state(const uint8_t *data, size_t size, struct fuzz_rng *r)
{
    struct twf_setup setup = {.limits = limits};
    struct twf_ledger one, two;
    struct twf_buf state, again;
    struct twf_saved in;

    FUZZ_CHECK(twf_ledger_init(&one, &setup, 1, NULL) == TWF_OK &&
                   twf_ledger_init(&two, &setup, 1, NULL) == TWF_OK,
               "no memory");
    twf_buf_init(&state);
    twf_buf_init(&again);
    twf_ledger_save(&one, &state);
    if (fuzz_random(r, 3) > 0) {
        size_t from = fuzz_random(r, 2) == 0 ? state.len - 8 * fuzz_random(r, 14)
                                             : fuzz_random(r, (uint32_t)state.len);

        state.len = from;
        twf_buf_put(&state, data, size);
        change(&state, r);
    }
    in = (struct twf_saved){.ptr = state.ptr, .len = state.len};
    if (twf_ledger_load(&two, &in, NULL, NULL) == TWF_OK) {
        struct twf_totals t = {0};

        twf_ledger_totals(&two, &t);
        twf_ledger_save(&two, &again);
        FUZZ_CHECK(!again.failed, "what was loaded cannot be saved");
    }
    twf_buf_fini(&state);
    twf_buf_fini(&again);
    twf_ledger_fini(&one);
    twf_ledger_fini(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = fuzz_rng_of(data, size);
    uint8_t *copy = fuzz_copy(data, size);

    twf_kernels_init(&kernels, TWF_CPU_AVX512);
    twf_limits_default(&limits);
    if (fuzz_random(&r, 3) == 0) {
        limits.value[TWF_LIMIT_HEADER] = 64 + fuzz_random(&r, 500);
        limits.value[TWF_LIMIT_MESSAGE] = 64 + fuzz_random(&r, 900);
    }
    split_state(copy, size, &r);
    ledger_state(copy, size, &r);
    free(copy);
    return 0;
}
