/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A judge that keeps what it read gives what a forgetful one gives, on long runs of messages that
 * share few values, so that each is met again, pushed out, and met twice in one message. Then what
 * is kept, by itself.
 */
#include "judge_run.h"

enum { MESSAGES = 6000, FIELDS_MAX = 9 };

static const char *const authors[] = {
    "A <a@x.example>",
    "a@x.example",
    "\"Doe, J\" <a@gmail.com>",
    "Doe, John <a@x.example>",
    "=?utf-8?q?=C3=A4?= <a@x.example>",
    "Bank\n <a@x.example>",
    "\"b@y.example\" <a@x.example>",
    "\"b@y.example via L\" <l@y.example>",
    "J\xC3\xBCrgen <j@y.example>",
    "\xFF <j@y.example>",
    "A <a@x.example>, B <b@y.example>",
    "<a@x.example>b@y.example",
    "G:a@x.example;",
    "MAILER-DAEMON <>",
    "<>",
    "",
    "a@localhost",
    "\"A                      B\" <a@x.example>",
    "A <a@x_y.example>",
    ("Long name that goes on and on until it does not fit into its place any more, however long "
     "that may be, and then some <a@x.example>"),
};
static const char *const paths[] = {
    "<a@x.example>",
    "a@x.example",
    "<>",
    "<l-bounces@y.example>",
    "<SRS0=HHHH=TT=x.example=a@fwd.example>",
    "prvs=12=a@x.example",
    "<u+caf_=r=r.example@gmail.com>",
    "<\"a b\"@x.example>",
    "a",
    "<a@x.example(.attack.example>",
    "/o=ORG/cn=a",
    ("<long-local-part-that-goes-on-and-on-until-it-does-not-fit-into-its-place-any-more-however-"
     "long-that-may-be@x.example>"),
};
static const char *const others[] = {
    "List-Id: <l.y.example>",
    "Authentication-Results: mx.z.example; dkim=pass header.d=x.example",
    "Sender: A <a@x.example>",
    "Sender: l-bounces@y.example",
    "Resent-From: A <a@x.example>",
    "Reply-To: A <a@x.example>",
    "Delivered-To: r@y.example",
    "Auto-Submitted: auto-replied",
    "From: A <a@x.example>",
    "From : a@x.example",
    "Return-Path: <a@x.example>",
    "Authentication-Results: mx.z.example; spf=pass smtp.mailfrom=x.example; dkim=fail",
    "Received: from m by mx.google.com with ESMTP id 1; Sat, 7 Feb 2026 10:00:00 +0000",
    "Date: Sat, 7 Feb 2026 10:00:00 +0000",
};

static uint32_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

static const char *one_of(uint64_t *seed, const char *const *words, size_t count)
{
    return words[next(seed) % count];
}

#define ONE_OF(seed, words) one_of(seed, words, sizeof(words) / sizeof((words)[0]))

/* Values that differ in one digit come from many places: more than there are slots. */
static void put_message(struct twf_buf *b, uint64_t *seed)
{
    uint32_t more = next(seed) % FIELDS_MAX;

    twf_buf_reset(b);
    if (next(seed) % 8 > 0)
        twf_buf_printf(b, "Return-Path: %s\n", ONE_OF(seed, paths));
    else
        twf_buf_printf(b, "Return-Path: <v%u@y.example>\n", next(seed) % 400);
    if (next(seed) % 4 == 0)
        twf_buf_printf(b, "%s\n", ONE_OF(seed, others));
    if (next(seed) % 8 > 0)
        twf_buf_str(b, "Received: from m (m [192.0.2.7]) by mx.z.example with ESMTP id 1; d\n");
    if (next(seed) % 8 > 0)
        twf_buf_printf(b, "From: %s\n", ONE_OF(seed, authors));
    else
        twf_buf_printf(b, "From: B%u <b%u@x.example>\n", next(seed) % 400, next(seed) % 3);
    while (more-- > 0)
        twf_buf_printf(b, "%s\n", ONE_OF(seed, others));
    twf_buf_str(b, "\n");
}

static void put_span(struct twf_buf *b, struct twf_span s)
{
    twf_buf_byte(b, '[');
    twf_buf_span(b, s);
    twf_buf_byte(b, ']');
}

static void put_domain(struct twf_buf *b, const struct twf_domain *d)
{
    put_span(b, d->written);
    put_span(b, d->name);
    put_span(b, d->org);
    put_span(b, d->rule);
    twf_buf_printf(b, "%x ", d->flags);
}

static void put_froms(struct twf_buf *b, const struct twf_verdict *v)
{
    for (uint32_t i = 0; i < v->from_count; i++) {
        const struct twf_from *f = &v->froms[i];

        put_span(b, f->value);
        twf_buf_printf(b, "%u %u %x %u %d%d", f->raw_off, f->fold_count, f->errors,
                       twf_from_raw_off(f, (uint32_t)f->value.len), f->strict_ok, f->obs);
        put_span(b, f->display_text);
        for (uint32_t k = 0; k < f->mailbox_count; k++) {
            put_span(b, f->mailboxes[k].display);
            put_span(b, f->mailboxes[k].local);
            put_domain(b, &f->mailboxes[k].domain);
        }
    }
    for (uint32_t i = 0; i < v->reading_count; i++) {
        const struct twf_reading *r = &v->readings[i];

        twf_buf_printf(b, "S%u %u+%u", r->reader, r->off, r->len);
        put_span(b, r->local);
        put_domain(b, &r->domain);
    }
}

static void put_findings(struct twf_buf *b, const struct twf_finding *f, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        twf_buf_printf(b, "%u=%u<%u@%u+%u", f[i].code, f[i].level, f[i].level_before, f[i].off,
                       f[i].len);
        put_span(b, f[i].note);
    }
}

/* All that a verdict says. */
static void put_verdict(struct twf_buf *b, const struct twf_verdict *v)
{
    twf_buf_reset(b);
    put_froms(b, v);
    for (uint32_t i = 0; i < v->source_count; i++) {
        const struct twf_p1_source *s = &v->sources[i];

        twf_buf_printf(b, "P%d %u %d %u %d", (int)s->kind, s->rank, (int)s->trust, s->off,
                       (int)s->path.kind);
        put_span(b, s->path.raw);
        put_span(b, s->path.local);
        put_domain(b, &s->path.domain);
        put_span(b, s->path.inner_local);
        put_span(b, s->path.inner_domain);
    }
    put_findings(b, v->findings, v->finding_count);
    put_findings(b, v->removed, v->removed_count);
    for (uint32_t i = 0; i < v->allowance_count; i++) {
        twf_buf_printf(b, "X%u@%u+%u", v->allowances[i].code, v->allowances[i].off,
                       v->allowances[i].len);
        put_span(b, v->allowances[i].note);
    }
    put_span(b, v->p1_raw);
    put_span(b, v->p1_local);
    put_domain(b, &v->p1_domain);
    put_span(b, v->p1_inner);
    put_span(b, v->p2_local);
    put_domain(b, &v->p2_domain);
    put_span(b, v->p2_display);
    put_span(b, v->sender_address);
    put_span(b, v->reply_to_address);
    twf_buf_printf(b, "%d %d %d %d %d %u", v->deciding, (int)v->relation, (int)v->verdict_class,
                   (int)v->level, v->score, v->rcpt_count);
    assert_false(b->failed);
}

static struct twf_judge *new_judge(struct judge_run *r, bool forgetful)
{
    struct twf_judge_options options = {.forgetful = forgetful};
    struct twf_judge *judge;

    assert_int_equal(twf_judge_new(&options, r->domains, &judge, NULL), TWF_OK);
    return judge;
}

static void same_as_forgetful(void **state)
{
    struct judge_run *r = malloc(sizeof(*r));
    struct twf_judge *keeps, *forgets;
    struct twf_buf a, b;
    uint64_t seed = 20241112;

    (void)state;
    assert_non_null(r);
    judge_run_init(r);
    twf_buf_init(&a);
    twf_buf_init(&b);
    keeps = new_judge(r, false);
    forgets = new_judge(r, true);
    for (unsigned i = 0; i < MESSAGES; i++) {
        uint64_t at = seed;

        put_message(&r->header, &seed);
        assert_true(twf_gather_head(&r->gather, twf_buf_view(&r->header), &r->head));
        r->subject = (struct twf_subject){.head = &r->head, .from_ordinary = i % 2 == 0};
        twf_arena_reset(&r->arena);
        twf_judge_message(keeps, &r->arena, &r->subject, &r->v);
        put_verdict(&a, &r->v);
        twf_arena_reset(&r->arena);
        twf_judge_message(forgets, &r->arena, &r->subject, &r->v);
        put_verdict(&b, &r->v);
        if (!twf_span_eq(twf_buf_view(&a), twf_buf_view(&b)))
            fail_msg("message %u, seed %llu:\n%.*s\nkept\n%.*s\nanew\n%.*s", i,
                     (unsigned long long)at, (int)r->header.len, (const char *)r->header.ptr,
                     (int)a.len, (const char *)a.ptr, (int)b.len, (const char *)b.ptr);
    }
    twf_judge_free(keeps);
    twf_judge_free(forgets);
    twf_buf_fini(&a);
    twf_buf_fini(&b);
    judge_run_fini(r);
    free(r);
}

static struct twf_known *new_known(struct judge_run *r)
{
    struct twf_known *k = malloc(sizeof(*k));

    assert_non_null(k);
    twf_known_init(k, r->domains, &r->limits, false);
    twf_known_begin(k);
    return k;
}

/* What comes a second time is kept, with its own bytes: those it was read from may go. */
static void keeps_its_bytes(void **state)
{
    struct judge_run *r = malloc(sizeof(*r));
    struct twf_known *k;
    uint8_t text[] = "A; <a@x.example>";
    struct twf_span value = twf_span(text, sizeof(text) - 1);
    struct twf_from first, again;
    uint8_t *quiet, *same;

    (void)state;
    assert_non_null(r);
    judge_run_init(r);
    k = new_known(r);
    twf_known_from(k, &r->arena, value, 7, true, &first, &quiet);
    assert_null(quiet);
    assert_ptr_equal(first.value.ptr, text);
    twf_known_from(k, &r->arena, value, 7, true, &first, &quiet);
    assert_non_null(quiet);
    assert_int_equal(*quiet, TWF_QUIET_UNKNOWN);
    assert_int_equal(first.raw_off, 7);
    memset(text, '?', sizeof(text));
    assert_true(twf_span_is(first.mailboxes[0].local, "a"));
    memcpy(text, "A; <a@x.example>", sizeof(text));
    twf_known_begin(k);
    twf_known_from(k, &r->arena, value, 9, false, &again, &same);
    assert_ptr_equal(same, quiet);
    assert_ptr_equal(again.mailboxes, first.mailboxes);
    assert_int_equal(again.raw_off, 9);
    /* An ordinary one is not. */
    value = twf_span("A <a@x.example>", 15);
    for (int i = 0; i < 3; i++) {
        twf_known_from(k, &r->arena, value, 0, true, &again, &same);
        assert_null(same);
    }
    twf_known_fini(k);
    judge_run_fini(r);
    free(k);
    free(r);
}

/* When its memory is full all is forgotten, but not before the next message. */
static void forgets(void **state)
{
    struct judge_run *r = malloc(sizeof(*r));
    struct twf_known *k;
    struct twf_from first = {0}, from;
    uint8_t *quiet = NULL;
    char text[64];

    (void)state;
    assert_non_null(r);
    judge_run_init(r);
    k = new_known(r);
    for (unsigned i = 0; k->arena.current == k->arena.first; i++) {
        struct twf_span value = {(uint8_t *)text, 0};

        value.len = (size_t)snprintf(text, sizeof(text), "N; %u <n%u@x.example>", i, i);
        for (int twice = 0; twice < 2; twice++)
            twf_known_from(k, &r->arena, value, 0, true, &from, &quiet);
        assert_non_null(quiet);
        if (i == 0)
            first = from;
    }
    assert_true(twf_span_is(first.mailboxes[0].local, "n0"));
    twf_known_begin(k);
    assert_int_equal(k->arena.end - k->arena.next, TWF_KNOWN_MEMORY);
    twf_known_from(k, &r->arena, twf_span("N; 0 <n0@x.example>", 19), 0, true, &from, &quiet);
    assert_null(quiet);
    twf_known_fini(k);
    judge_run_fini(r);
    free(k);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_forgetful),
        cmocka_unit_test(keeps_its_bytes),
        cmocka_unit_test(forgets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
