/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Annotated copies (docs/exchange.md): undoing the edits gives the message, whatever it is; a copy that
 * was edited in place has the notice and is not edited again; and where memory runs out there is no copy.
 */
#include <stdlib.h>
#include <string.h>

#include "api/annotate.h"
#include "base/alloc.h"
#include "base/compiler.h"
#include "fuzz/fuzz.h"
#include "fuzz/split_log.h"
#include "gather/gather.h"

struct rig {
    struct twf_gather gather;
    struct twf_arena arena;
    struct twf_annotation how;
};

static bool annotate(struct rig *r, struct twf_span message, struct twf_buf *out,
                     struct twf_annotate_result *result)
{
    struct twf_head head;

    twf_buf_reset(out);
    twf_arena_reset(&r->arena);
    return twf_gather_head(&r->gather, message, &head) &&
           twf_annotate(&r->how, &r->arena, message, &head, twf_span_str("CODE"), out, result);
}

static void check_undone(struct twf_span message, struct twf_span copy,
                         const struct twf_annotate_result *r)
{
    struct twf_buf back;
    size_t at = 0;

    twf_buf_init(&back);
    for (size_t i = 0; i < r->edit_count; i++) {
        const struct twf_edit *e = &r->edits[i];

        FUZZ_CHECK(e->off >= at && e->off <= copy.len && e->inserted <= copy.len - e->off,
                   "edit %zu: %llu bytes at %llu of %zu, the last ends at %zu", i,
                   (unsigned long long)e->inserted, (unsigned long long)e->off, copy.len, at);
        twf_buf_span(&back, twf_span_slice(copy, at, e->off));
        twf_buf_span(&back, e->removed);
        at = (size_t)(e->off + e->inserted);
    }
    twf_buf_span(&back, twf_span_slice(copy, at, copy.len));
    FUZZ_CHECK(!back.failed, "no memory");
    FUZZ_CHECK(twf_span_eq(twf_buf_view(&back), message), "undone, the copy is not the message");
    twf_buf_fini(&back);
}

/* What the words of a result promise about one another. */
static void check_result(const struct twf_annotation *how, struct twf_span message,
                         struct twf_span copy, const struct twf_annotate_result *r)
{
    switch (r->what) {
    case TWF_ANNOTATED_DONE:
        FUZZ_CHECK(r->header || r->bodies > 0, "done, and nothing was");
        break;
    case TWF_ANNOTATED_WRAPPED:
        FUZZ_CHECK(how->fallback == TWF_FALLBACK_WRAP && r->why != NULL && r->bodies == 0,
                   "wrapped, and nobody asked");
        break;
    case TWF_ANNOTATED_HEADER:
        FUZZ_CHECK(r->why != NULL && r->bodies == 0, "no notice, and no reason");
        break;
    case TWF_ANNOTATED_SKIPPED:
        FUZZ_CHECK(copy.len == 0 && r->edit_count == 0, "no copy of %zu bytes", copy.len);
        break;
    default:
        FUZZ_CHECK(twf_span_eq(copy, message), "nothing was missing, and the copy differs");
        break;
    }
    FUZZ_CHECK(how->add_header || !r->header, "a header that nobody asked for");
    FUZZ_CHECK(how->add_disclaimer || r->bodies == 0, "a notice that nobody asked for");
}

/* A copy with the notice has it: it is the same when it is annotated again. */
static void check_twice(struct rig *r, struct twf_span copy)
{
    struct twf_annotate_result result;
    struct twf_buf again;

    twf_buf_init(&again);
    FUZZ_CHECK(annotate(r, copy, &again, &result), "no memory");
    FUZZ_CHECK(result.what == TWF_ANNOTATED_ALREADY && twf_span_eq(twf_buf_view(&again), copy),
               "annotated twice: %d, %zu bytes of %zu", (int)result.what, again.len, copy.len);
    twf_buf_fini(&again);
}

/* The k-th allocation fails, and all after it. */
static void starve(struct rig *r, struct twf_span message, uint64_t k)
{
    struct twf_annotate_result result;
    struct twf_buf out;
    bool done;

    twf_buf_init(&out);
    twf_alloc_fail_at(k);
    done = annotate(r, message, &out, &result);
    twf_alloc_fail_at(0);
    if (done && !out.failed && result.what != TWF_ANNOTATED_SKIPPED)
        check_undone(message, twf_buf_view(&out), &result);
    twf_buf_fini(&out);
}

static void draw_how(struct fuzz_rng *rng, const struct twf_limits *limits,
                     const struct twf_span *known, struct twf_annotation *how)
{
    static const char *const texts[] = {"Notice <one> & \"two\"\nsecond line", "x",
                                        "From: a\n\n.\n-- \n--b", "\xC3\xBC\xE2\x82\xAC"};
    static const char *const htmls[] = {"", "<p>Notice</p>"};

    *how = (struct twf_annotation){
        .add_header = fuzz_random(rng, 4) > 0,
        .fallback = (enum twf_fallback)fuzz_random(rng, 3),
        .text = twf_span_str(texts[fuzz_random(rng, TWF_COUNT(texts))]),
        .html = twf_span_str(htmls[fuzz_random(rng, TWF_COUNT(htmls))]),
        .known = known,
        .known_count = fuzz_random(rng, 2),
        .limits = limits,
        .version = "1",
    };
    how->add_disclaimer = !how->add_header || fuzz_random(rng, 4) > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct twf_kernels kernels;
    struct fuzz_rng rng = fuzz_rng_of(data, size);
    uint8_t *bytes = fuzz_copy(data, size);
    struct twf_span message = twf_span(bytes, size), known = twf_span_str("CAUTION");
    struct twf_annotate_result result;
    struct twf_limits limits;
    struct twf_buf out;
    bool small = fuzz_random(&rng, 3) == 0;
    struct rig r;

    twf_kernels_init(&kernels, TWF_CPU_AVX512);
    twf_limits_default(&limits);
    if (small)
        split_limits(&rng, &limits);
    twf_gather_init(&r.gather, &kernels, &limits);
    twf_arena_init(&r.arena, 1 << 14);
    twf_buf_init(&out);
    draw_how(&rng, &limits, &known, &r.how);
    FUZZ_CHECK(annotate(&r, message, &out, &result), "no memory");
    check_result(&r.how, message, twf_buf_view(&out), &result);
    if (result.what != TWF_ANNOTATED_SKIPPED)
        check_undone(message, twf_buf_view(&out), &result);
    /* Annotated, a message may be beyond a limit that it did not meet before. */
    if (result.what == TWF_ANNOTATED_DONE && r.how.known_count == 0 && !small)
        check_twice(&r, twf_buf_view(&out));
    if (fuzz_random(&rng, 4) == 0)
        starve(&r, message, 1 + fuzz_random(&rng, 12));
    twf_buf_fini(&out);
    twf_arena_fini(&r.arena);
    twf_gather_fini(&r.gather);
    free(bytes);
    return 0;
}
