/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From values (docs/verdicts.md 4.2): the strict parser takes what the grammar takes, written down
 * slowly in address_reference.c, and finds the same addresses; the short way gives what the parser
 * gives; every place that an error names lies in the value.
 */
#include "fuzz/address_reference.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "parse/parse.h"

static void check_places(const struct twf_from *f, struct twf_span raw)
{
    size_t len = f->value.len;

    FUZZ_CHECK(len <= raw.len, "unfolding made it longer");
    for (unsigned i = 0; i < TWF_ADDR_ERROR_COUNT; i++) {
        if ((f->errors >> i & 1) != 0)
            FUZZ_CHECK(f->error_off[i] <= len && f->error_len[i] <= len - f->error_off[i],
                       "error %u: %u + %u of %zu", i, f->error_off[i], f->error_len[i], len);
    }
    for (uint32_t i = 0; i < f->mailbox_count; i++) {
        const struct twf_mailbox *m = &f->mailboxes[i];

        FUZZ_CHECK(m->off <= len && m->len <= len - m->off, "mailbox %u", i);
        FUZZ_CHECK(m->route_off <= len && m->route_len <= len - m->route_off, "route %u", i);
        FUZZ_CHECK(twf_from_raw_off(f, m->off) < raw.len, "mailbox %u lies behind the field", i);
    }
    for (uint32_t i = 0; i < f->reading_count; i++) {
        const struct twf_reading *r = &f->readings[i];

        FUZZ_CHECK(r->reader >= 1 && r->reader <= 5, "reader %u", r->reader);
        FUZZ_CHECK(r->off <= len && r->len <= len - r->off, "reading %u", i);
    }
    FUZZ_CHECK(!f->comment_addr ||
                   (f->comment_addr_off <= len && f->comment_addr_len <= len - f->comment_addr_off),
               "an address in a comment that lies elsewhere");
}

static size_t unfold(struct twf_span raw, uint8_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < raw.len; i++) {
        size_t eol = raw.ptr[i] == '\n'                                                ? 1
                     : raw.ptr[i] == '\r' && i + 1 < raw.len && raw.ptr[i + 1] == '\n' ? 2
                                                                                       : 0;

        if (eol > 0 && i + eol < raw.len && twf_is_blank(raw.ptr[i + eol]))
            i += eol - 1;
        else
            out[n++] = raw.ptr[i];
    }
    return n;
}

/* The parser's mailboxes in the reference's form. */
static size_t put_mailboxes(const struct twf_from *f, uint8_t *out)
{
    size_t n = 0;

    for (uint32_t i = 0; i < f->mailbox_count; i++) {
        n += reference_bare(f->mailboxes[i].local_raw, out + n);
        out[n++] = '@';
        n += reference_bare(f->mailboxes[i].domain.written, out + n);
        out[n++] = '\n';
    }
    return n;
}

static void check_reference(const struct twf_from *f, struct twf_span raw)
{
    uint8_t value[REFERENCE_MAX], want[REFERENCE_MAX * 2 + 1], got[REFERENCE_MAX * 2 + 256];
    struct twf_span v;
    size_t n, m;
    bool good;

    if (raw.len > REFERENCE_MAX || (f->errors & 1u << TWF_ADDR_TOO_MANY) != 0)
        return;
    v = twf_span(value, unfold(raw, value));
    FUZZ_CHECK(twf_span_eq(v, f->value), "unfolded in another way");
    good = reference_is_from(v);
    FUZZ_CHECK(good == f->strict_ok, "the grammar says %d, the parser %d (errors %x): %.*s", good,
               f->strict_ok, f->errors, (int)v.len, (const char *)v.ptr);
    if (!good)
        return;
    n = reference_addresses(v, want);
    m = put_mailboxes(f, got);
    FUZZ_CHECK(n == m && memcmp(want, got, n) == 0, "%.*s:\n%.*s--- instead of\n%.*s", (int)v.len,
               (const char *)v.ptr, (int)m, (const char *)got, (int)n, (const char *)want);
}

static bool same_mailbox(const struct twf_mailbox *a, const struct twf_mailbox *b)
{
    return twf_span_eq(a->display, b->display) && twf_span_eq(a->local, b->local) &&
           twf_span_eq(a->local_raw, b->local_raw) && twf_span_eq(a->domain.name, b->domain.name) &&
           twf_span_eq(a->domain.org, b->domain.org) && a->domain.flags == b->domain.flags &&
           a->off == b->off && a->len == b->len && a->route_len == b->route_len &&
           a->angle == b->angle && a->in_group == b->in_group && a->quoted_local == b->quoted_local;
}

static void check_ordinary(const struct twf_from *full, const struct twf_from *quick)
{
    FUZZ_CHECK(full->errors == 0 && full->strict_ok, "ordinary, with errors %x", full->errors);
    FUZZ_CHECK(full->mailbox_count == 1 && quick->mailbox_count == 1 &&
                   same_mailbox(&full->mailboxes[0], &quick->mailboxes[0]),
               "the short way takes another mailbox");
    FUZZ_CHECK(full->obs == quick->obs && full->bytes == quick->bytes &&
                   full->has_ctrl == quick->has_ctrl && full->cut == quick->cut &&
                   full->comment_addr == quick->comment_addr &&
                   full->decoded_angle == quick->decoded_angle &&
                   twf_span_eq(full->value, quick->value) &&
                   twf_span_eq(full->display_text, quick->display_text),
               "the short way sees another value");
    FUZZ_CHECK(full->reading_count == quick->reading_count, "%u readings, the short way %u",
               full->reading_count, quick->reading_count);
    for (uint32_t i = 0; i < full->reading_count; i++) {
        const struct twf_reading *a = &full->readings[i], *b = &quick->readings[i];

        FUZZ_CHECK(a->reader == b->reader && twf_span_eq(a->local, b->local) &&
                       twf_span_eq(a->domain.name, b->domain.name) && a->off == b->off &&
                       a->len == b->len && a->decoded == b->decoded,
                   "reading %u differs on the short way", i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct twf_domains *domains;
    struct twf_limits limits;
    struct twf_arena arena;
    struct twf_from full, quick;
    uint8_t *copy = fuzz_copy(data, size);
    struct twf_span raw = twf_span(copy, size);

    if (domains == NULL)
        FUZZ_CHECK(twf_domains_new(twf_psl_embedded(), &domains, NULL) == TWF_OK, "no memory");
    twf_limits_default(&limits);
    twf_arena_init(&arena, 1 << 14);
    twf_from_parse(domains, &arena, &limits, raw, 0, &full);
    check_places(&full, raw);
    check_reference(&full, raw);
    if (twf_from_parse_ordinary(domains, &arena, raw, 0, &quick))
        check_ordinary(&full, &quick);
    if (size <= limits.value[TWF_LIMIT_FROM] && twf_from_parse_usual(domains, &arena, raw, 0, &quick))
        check_ordinary(&full, &quick);
    if (twf_is_strict_ldh_list(&arena, raw))
        FUZZ_CHECK(full.strict_ok || (full.errors & 1u << TWF_ADDR_TOO_MANY) != 0 || full.cut,
                   "a strict list that is not strict");
    FUZZ_CHECK(!arena.failed, "no memory");
    twf_arena_fini(&arena);
    free(copy);
    return 0;
}
