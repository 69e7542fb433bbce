/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message from bytes to records: the same records at every kernel level, with the prefilter and
 * without; and where memory runs out at some call, a status and no record, and nothing left behind.
 */
#include <stdlib.h>
#include <string.h>

#include <twofrom/twofrom.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "fuzz/fuzz.h"
#include "report/report.h"

enum { WAYS = 2 * TWF_CPU_LEVELS };

static void set(struct twf_options *o, const char *name, const char *value)
{
    struct twf_error err;

    FUZZ_CHECK(twf_options_set(o, name, value, &err) == TWF_OK, "%s", err.text);
}

/* The way-th combination; made once, for each has a database to compile. */
static struct twf_check *check_of(int way)
{
    static struct twf_check *made[WAYS];
    struct twf_options *o;

    if (made[way] != NULL)
        return made[way];
    FUZZ_CHECK(twf_options_new(&o, NULL) == TWF_OK, "no memory");
    set(o, "cpu", twf_cpu_level_name((enum twf_cpu_level)(way / 2)));
    if (way % 2 == 0)
        set(o, "no-prefilter", NULL);
    set(o, "with-subject", NULL);
    set(o, "with-headers", NULL);
    set(o, "protect", "bank.example");
    FUZZ_CHECK(twf_check_new(o, &made[way], NULL) == TWF_OK, "no check");
    twf_options_free(o);
    return made[way];
}

static enum twf_status judge(int way, struct twf_span text, const struct twf_envelope *env,
                             struct twf_buf *out)
{
    struct twf_kernels kernels;
    struct twf_sink_options o = {.kernels = &kernels, .with_subject = true, .with_headers = true};
    const struct twf_batch *b;
    struct twf_check *c = check_of(way);
    enum twf_status status = twf_check_message(c, text.ptr, text.len, env, &b, NULL);

    twf_kernels_init(&kernels, TWF_CPU_AVX512);
    if (status == TWF_OK)
        twf_sink_find("jsonl")->rows(&o, b, out);
    return status;
}

static void check_same(struct twf_span want, struct twf_span got, int way)
{
    FUZZ_CHECK(twf_span_eq(want, got), "%s, prefilter %s:\n%.*s--- instead of\n%.*s",
               twf_cpu_level_name((enum twf_cpu_level)(way / 2)), way % 2 == 0 ? "off" : "on",
               (int)got.len, (const char *)got.ptr, (int)want.len, (const char *)want.ptr);
}

/* The k-th allocation fails, and all after it. */
static void starve(struct fuzz_rng *r, struct twf_span text, const struct twf_envelope *env,
                   struct twf_span want)
{
    int way = (int)fuzz_random(r, WAYS);
    struct twf_check *c = check_of(way);
    const struct twf_batch *b;
    struct twf_buf again;
    enum twf_status status;

    twf_alloc_fail_at(1 + fuzz_random(r, 12));
    status = twf_check_message(c, text.ptr, text.len, env, &b, NULL);
    twf_alloc_fail_at(0);
    FUZZ_CHECK(status == TWF_OK || status == TWF_ERR_NOMEM, "status %d", status);
    twf_buf_init(&again);
    FUZZ_CHECK(judge(way, text, env, &again) == TWF_OK, "memory is back, and still no record");
    check_same(want, twf_buf_view(&again), way);
    twf_buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct twf_envelope other = {"x@attack.example", 16}, null = {"", 0};
    struct fuzz_rng r = fuzz_rng_of(data, size);
    const struct twf_envelope *envs[] = {NULL, NULL, &other, &null};
    const struct twf_envelope *env = envs[fuzz_random(&r, TWF_COUNT(envs))];
    uint8_t *copy = fuzz_copy(data, size);
    struct twf_span text = twf_span(copy, size);
    struct twf_buf want, got;
    const int ways[] = {WAYS - 1, (int)fuzz_random(&r, WAYS)};

    twf_buf_init(&want);
    twf_buf_init(&got);
    FUZZ_CHECK(judge(0, text, env, &want) == TWF_OK, "a message cannot fail");
    FUZZ_CHECK(want.len > 0, "a message without a record");
    for (size_t i = 0; i < TWF_COUNT(ways); i++) {
        twf_buf_reset(&got);
        FUZZ_CHECK(judge(ways[i], text, env, &got) == TWF_OK, "a message cannot fail");
        check_same(twf_buf_view(&want), twf_buf_view(&got), ways[i]);
    }
    if (fuzz_random(&r, 4) == 0)
        starve(&r, text, env, twf_buf_view(&want));
    twf_buf_fini(&want);
    twf_buf_fini(&got);
    free(copy);
    return 0;
}
