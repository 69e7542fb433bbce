/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains: one spelling is a fixed point, the organization is a tail of the name, and the cache
 * gives what was found without it.
 */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "parse/parse.h"

static bool same(const struct twf_domain *a, const struct twf_domain *b)
{
    return twf_span_eq(a->name, b->name) && twf_span_eq(a->org, b->org) && a->flags == b->flags &&
           twf_span_eq(a->rule, b->rule);
}

static void check_one(const struct twf_domain *d, struct twf_span written)
{
    FUZZ_CHECK(d->org.len <= d->name.len, "an organization longer than its name");
    FUZZ_CHECK(twf_span_eq(d->org, twf_span_slice(d->name, d->name.len - d->org.len, d->name.len)),
               "the organization is no tail of the name");
    FUZZ_CHECK((d->name.len == 0) == (d->org.len == 0), "a name without an organization");
    for (size_t i = 0; i < d->name.len; i++)
        FUZZ_CHECK(d->name.ptr[i] < 'A' || d->name.ptr[i] > 'Z', "an upper case letter");
    FUZZ_CHECK(twf_span_eq(d->written, written), "written is not what was written");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct twf_domains *kept;
    struct twf_domains *fresh;
    struct twf_arena arena;
    uint8_t *copy = fuzz_copy(data, size);
    struct twf_span written = twf_span(copy, size);
    struct twf_domain a, b, again;

    if (kept == NULL)
        FUZZ_CHECK(twf_domains_new(twf_psl_embedded(), &kept, NULL) == TWF_OK, "no memory");
    FUZZ_CHECK(twf_domains_new(twf_psl_embedded(), &fresh, NULL) == TWF_OK, "no memory");
    twf_arena_init(&arena, 1 << 14);
    a = twf_domain_parse(kept, &arena, written);
    check_one(&a, written);
    b = twf_domain_parse(fresh, &arena, written);
    FUZZ_CHECK(same(&a, &b), "the cache gives another domain");
    b = twf_domain_parse(fresh, &arena, written);
    FUZZ_CHECK(same(&a, &b), "the second time gives another domain");
    again = twf_domain_parse(fresh, &arena, a.name);
    FUZZ_CHECK((a.flags & TWF_DOMAIN_BAD_MEDIUM) != 0 || twf_span_eq(again.name, a.name),
               "'%.*s' is no fixed point: '%.*s'", (int)a.name.len, (const char *)a.name.ptr,
               (int)again.name.len, (const char *)again.name.ptr);
    (void)twf_domain_skeleton(&arena, &a);
    FUZZ_CHECK(!arena.failed, "no memory");
    twf_domains_free(fresh);
    twf_arena_fini(&arena);
    free(copy);
    return 0;
}
