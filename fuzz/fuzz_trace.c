/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trace fields: Authentication-Results (RFC 8601), Received (RFC 5321), Received-SPF (RFC 7208),
 * reverse-paths, dates. What a result points to lies inside the value; results follow one another
 * and share no byte; a date lies in years that can be written.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "parse/parse.h"

static void check_authres(struct twf_arena *a, struct twf_span v)
{
    struct twf_authres out;
    uint32_t next = 0;

    twf_authres_parse(a, v, &out);
    for (uint32_t i = 0; i < out.result_count; i++) {
        const struct twf_auth_result *r = &out.results[i];

        FUZZ_CHECK(r->off >= next && r->off <= v.len && r->len <= v.len - r->off,
                   "result %u: %u + %u of %zu", i, r->off, r->len, v.len);
        next = r->off + r->len;
        for (uint32_t p = 0; p < r->prop_count; p++) {
            const struct twf_auth_prop *prop = &r->props[p];

            FUZZ_CHECK(prop->off >= r->off && prop->off <= next && prop->len <= next - prop->off,
                       "property %u of %u lies outside its result", p, i);
        }
    }
}

static void check_received(struct twf_arena *a, struct twf_span v)
{
    struct twf_received r;
    struct twf_received_spf spf;
    struct twf_span by, with;

    twf_received_parse(a, v, &r);
    twf_received_parse_server(v, &by, &with);
    FUZZ_CHECK(twf_span_eq(by, r.by) && twf_span_eq(with, r.with), "another server in short");
    FUZZ_CHECK(twf_span_eq(twf_received_parse_date(v), r.date), "another date in short");
    FUZZ_CHECK(!r.has_envelope_from || r.envelope_from_off <= v.len, "envelope-from at %u of %zu",
               r.envelope_from_off, v.len);
    /* The date is what stands after the last ';': it holds none outside a comment or a quote. */
    FUZZ_CHECK(r.date.len <= v.len, "a date longer than the field");
    twf_received_spf_parse(a, v, &spf);
    FUZZ_CHECK(!spf.has_envelope_from || (spf.off <= v.len && spf.len <= v.len - spf.off),
               "envelope-from: %u + %u of %zu", spf.off, spf.len, v.len);
}

static void check_path(struct twf_domains *d, struct twf_arena *a, struct twf_span v, bool bare)
{
    struct twf_path p;

    twf_path_parse(d, a, v, bare, &p);
    FUZZ_CHECK(p.kind != TWF_PATH_DOMAIN || bare, "a bare domain where none may be");
    FUZZ_CHECK(p.kind != TWF_PATH_MAILBOX || p.domain.name.len > 0, "a mailbox without a domain");
    FUZZ_CHECK((p.inner_local.len == 0 && p.inner_domain.len == 0) || p.inner_form != NULL,
               "an inner address without a form");
}

static void check_dates(struct twf_span v)
{
    const int64_t least = INT64_C(-62167219200000000), most = INT64_C(253402387200000000);
    int64_t us = 0;

    if (twf_date_parse(v, &us))
        FUZZ_CHECK(us >= least && us <= most, "date %lld", (long long)us);
    if (twf_date_parse_asctime(v, &us))
        FUZZ_CHECK(us >= least && us <= most, "date %lld", (long long)us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct twf_domains *domains;
    struct twf_arena arena;
    uint8_t *copy = fuzz_copy(data, size);
    struct twf_span v = twf_span(copy, size);

    if (domains == NULL)
        FUZZ_CHECK(twf_domains_new(twf_psl_embedded(), &domains, NULL) == TWF_OK, "no memory");
    twf_arena_init(&arena, 1 << 14);
    check_authres(&arena, v);
    check_received(&arena, v);
    check_path(domains, &arena, v, false);
    check_path(domains, &arena, v, true);
    check_dates(v);
    FUZZ_CHECK(!arena.failed, "no memory");
    twf_arena_fini(&arena);
    free(copy);
    return 0;
}
