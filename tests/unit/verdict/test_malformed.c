/* SPDX-License-Identifier: Apache-2.0 */
/* P2 and the FROM_ findings over whole headers: tests/vectors/from_findings.tsv, places, limits. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "gather/gather.h"
#include "verdict/internal.h"

struct bench {
    struct twf_limits limits;
    struct twf_kernels kernels;
    struct twf_gather gather;
    struct twf_arena arena;
    struct twf_domains *domains;
    struct twf_domain_set *protect;
    struct twf_judge_options options;
    struct twf_subject subject;
    struct twf_from_input in;
    struct twf_known known;
    struct twf_head head;
    uint8_t *copy; /* the message, in memory of its exact size */
    struct twf_span rcpt_org;
    struct twf_verdict v;
    struct twf_buf text;
};

static void bench_init(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    twf_limits_default(&b->limits);
    twf_kernels_init(&b->kernels, TWF_CPU_SCALAR);
    twf_gather_init(&b->gather, &b->kernels, &b->limits);
    twf_arena_init(&b->arena, 1 << 16);
    assert_int_equal(twf_domains_new(twf_psl_embedded(), &b->domains, NULL), TWF_OK);
    b->options.limits = &b->limits;
    b->subject.head = &b->head;
    b->in.subject = &b->subject;
    b->in.options = &b->options;
    b->in.domains = b->domains;
    b->in.known = &b->known;
    twf_known_init(&b->known, b->domains, &b->limits, false);
    twf_buf_init(&b->text);
}

static void bench_fini(struct bench *b)
{
    twf_buf_fini(&b->text);
    twf_free(b->copy);
    twf_domain_set_free(b->protect);
    twf_known_fini(&b->known);
    twf_domains_free(b->domains);
    twf_arena_fini(&b->arena);
    twf_gather_fini(&b->gather);
}

static void judge(struct bench *b, struct twf_span message)
{
    twf_arena_reset(&b->arena);
    twf_free(b->copy);
    b->copy = twf_malloc(message.len);
    assert_non_null(b->copy);
    if (message.len > 0)
        memcpy(b->copy, message.ptr, message.len);
    assert_true(twf_gather_head(&b->gather, twf_span(b->copy, message.len), &b->head));
    memset(&b->v, 0, sizeof(b->v));
    twf_known_begin(&b->known);
    twf_read_from(&b->in, &b->arena, &b->v);
    assert_int_equal(b->v.finding_count, 0);
    twf_find_from(&b->in, &b->arena, &b->v);
    assert_int_equal(b->arena.failed, 0);
}

static void judge_text(struct bench *b, const char *message)
{
    judge(b, twf_span_str(message));
}

static const struct twf_finding *finding(const struct bench *b, enum twf_finding_code code)
{
    for (uint32_t i = 0; i < b->v.finding_count; i++) {
        if (b->v.findings[i].code == code)
            return &b->v.findings[i];
    }
    return NULL;
}

/* "CODE=level CODE=level" without FROM_, in the order of codes; "-" where there is none. */
static struct twf_span put_findings(struct bench *b)
{
    twf_buf_reset(&b->text);
    for (unsigned code = 0; code < TWF_FINDING_COUNT; code++) {
        const struct twf_finding *f = finding(b, (enum twf_finding_code)code);

        if (f == NULL)
            continue;
        assert_true(f->off <= b->head.block.len && f->len <= b->head.block.len - f->off);
        twf_buf_printf(&b->text, "%s%s=%s", b->text.len > 0 ? " " : "",
                       twf_finding_infos[code].code + strlen("FROM_"), twf_level_names[f->level]);
    }
    if (b->text.len == 0)
        twf_buf_str(&b->text, "-");
    return twf_buf_view(&b->text);
}

/* Says so and returns 1 where the findings are others. */
static unsigned differ(struct bench *b, const char *name, struct twf_span findings)
{
    struct twf_span got = put_findings(b);

    if (twf_span_eq(got, findings))
        return 0;
    print_error("%s:\n  got      %.*s\n  expected %.*s\n", name, (int)got.len,
                (const char *)got.ptr, (int)findings.len, (const char *)findings.ptr);
    return 1;
}

/* ---- the vectors ---- */

static uint8_t hex(uint8_t c)
{
    return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* \r \n \t \0 \e \\ \xHH into bytes, in place. */
static size_t unescape(char *text)
{
    static const char from[] = "rnt0e\\", to[] = "\r\n\t\0\033\\";
    size_t len = 0;

    for (const char *p = text; *p != '\0'; p++) {
        const char *at;

        if (*p != '\\') {
            text[len++] = *p;
        } else if (p[1] == 'x') {
            text[len++] = (char)(hex((uint8_t)p[2]) << 4 | hex((uint8_t)p[3]));
            p += 3;
        } else {
            at = strchr(from, p[1]);
            assert_true(at != NULL && *at != '\0');
            text[len++] = to[at - from];
            p++;
        }
    }
    return len;
}

static void set_known(struct bench *b, const char *known)
{
    twf_domain_set_free(b->protect);
    b->protect = NULL;
    b->in.is_report = strcmp(known, "report") == 0;
    b->in.list_or_munged_proven = strcmp(known, "list") == 0;
    b->in.rcpt_org_count = 0;
    if (strncmp(known, "rcpt=", 5) == 0) {
        b->rcpt_org = twf_span_str(known + 5);
        b->in.rcpt_orgs = &b->rcpt_org;
        b->in.rcpt_org_count = 1;
    } else if (strncmp(known, "protect=", 8) == 0) {
        b->protect = twf_domain_set_new();
        assert_non_null(b->protect);
        assert_true(twf_domain_set_add(b->protect, b->domains, twf_span_str(known + 8)));
    }
    b->options.protect = b->protect;
}

static void vectors(void **state)
{
    FILE *file = fopen(TWF_SOURCE_DIR "/tests/vectors/from_findings.tsv", "r");
    bool raised[TWF_FINDING_COUNT] = {false};
    unsigned rows = 0, failed = 0;
    char line[1024];
    struct bench b;

    (void)state;
    assert_non_null(file);
    bench_init(&b);
    while (fgets(line, sizeof(line), file) != NULL) {
        char *cell[4] = {line};
        size_t len;

        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#')
            continue;
        for (int i = 1; i < 4; i++) {
            cell[i] = strchr(cell[i - 1], '\t');
            assert_non_null(cell[i]);
            *cell[i]++ = '\0';
        }
        set_known(&b, cell[1]);
        len = unescape(cell[2]);
        /* Both ways: what takes the short one must come out the same. */
        for (int i = 0; i < 2; i++) {
            b.subject.from_ordinary = i == 1;
            judge(&b, twf_span(cell[2], len));
            failed += differ(&b, cell[0], twf_span_str(cell[3]));
        }
        for (uint32_t i = 0; i < b.v.finding_count; i++)
            raised[b.v.findings[i].code] = true;
        rows++;
    }
    (void)fclose(file);
    assert_int_equal(failed, 0);
    assert_true(rows > 200);
    for (unsigned i = 0; i < TWF_FINDING_COUNT; i++) {
        if (twf_finding_infos[i].family == TWF_FAMILY_FROM && !raised[i])
            fail_msg("no vector raises %s", twf_finding_infos[i].code);
    }
    bench_fini(&b);
}

/* ---- places and notes ---- */

static void places(void **state)
{
    static const struct {
        enum twf_finding_code code;
        const char *message, *bytes, *note; /* note NULL: not looked at */
    } rows[] = {
        {TWF_F_FROM_TEXT_AFTER_ADDR, "To: x\r\nFrom: <a@x.example> b c <d@x.example>\r\n", "b c",
         ""},
        {TWF_F_FROM_TEXT_AFTER_ADDR, "From: A\r\n <a@x.example>\r\n b, c\r\n", "b", ""},
        {TWF_F_FROM_TEXT_AFTER_ADDR, "From: <a@x.example> b\r\n c\r\n", "b\r\n c", ""},
        {TWF_F_FROM_AMBIGUOUS_ORG, "From: <a@x.example>, <b@y.example>\r\n", "b@y.example",
         "x.example, y.example"},
        {TWF_F_FROM_AMBIGUOUS_ORG,
         "From: <a@x.example>\r\nFrom: <b@x.example>\r\nFrom: <c@y.example>\r\n", "c@y.example",
         "x.example, y.example"},
        {TWF_F_FROM_DUP_FIELD, "From: a@x.example\r\nTo: b\r\nFrom: c@x.example\r\n",
         "From: c@x.example", ""},
        {TWF_F_FROM_NAME_OBFUSCATED, "From: a@x.example\r\nFrom \t: b@x.example\r\n", "From \t",
         "blank before the ':'"},
        {TWF_F_FROM_MULTI_NO_SENDER, "From: A <a@x.example>,\r\n b@x.example\r\n",
         "a@x.example>,\r\n b@x.example", "x.example"},
        {TWF_F_FROM_BROKEN_ANGLE, "From: A <b@<c@x.example>\r\n", "<", ""},
        {TWF_F_FROM_ADDR_IN_COMMENT, "From: A (b <c@x.example>)\r\n", "c@x.example", ""},
        {TWF_F_FROM_EW_IN_ADDR, "From: <=?utf-8?q?a?=@x.example>\r\n", "=?utf-8?q?a?=@x.example",
         ""},
        {TWF_F_FROM_EW_IN_ADDR, "From: =?utf-8?q?=3Ca=40x.example=3E?=\r\n",
         "=?utf-8?q?=3Ca=40x.example=3E?=", "exists only after decoding"},
        {TWF_F_FROM_ROUTE, "From: <@y.example, @z.example:a@x.example>\r\n",
         "@y.example, @z.example", ""},
        {TWF_F_FROM_GROUP, "From: A b@y.example:c@x.example;\r\n", "A b@y.example:", ""},
        {TWF_F_FROM_GROUP_TAIL, "From: A:c@x.example; d e\r\n", "d e", ""},
        {TWF_F_FROM_DISPLAY_ADDR_DIFF, "From: \"A b@y.example\" <a@x.example>\r\n", "b@y.example",
         "b@y.example"},
        {TWF_F_FROM_DISPLAY_ADDR_DIFF, "From: =?utf-8?q?b=40y.example?= <a@x.example>\r\n",
         "=?utf-8?q?b=40y.example?= <a@x.example>", "b@y.example"},
        {TWF_F_FROM_DISPLAY_HIDDEN,
         "From: A\xE2\x80\x8B"
         "B <a@x.example>\r\n",
         "\xE2\x80\x8B", "invisible character"},
        {TWF_F_FROM_CONFUSABLE, "From: a@b\xD0\xB0nk.example\r\n", "a@b\xD0\xB0nk.example", NULL},
        {TWF_F_FROM_SYNTAX, "From: A ,_<a@x.example>\r\n", "A", ""},
        {TWF_F_FROM_SYNTAX, "From: A ] B <a@x.example>\r\n", "]", ""},
        {TWF_F_FROM_NO_ADDR, "From: A\r\n B\r\n", "A\r\n B", ""},
        {TWF_F_FROM_DOMAIN_BAD, "From: <a@x.>, <b@x.example>\r\n", "a@x.", "trailing dot"},
        {TWF_F_FROM_DOMAIN_BAD, "From: <a@x.example>, <b@x_y.example>\r\n", "b@x_y.example",
         "underscore"},
        {TWF_F_FROM_CTRL, "From: \"A\r\n \x07\" <a@x.example>\r\n", "\x07", ""},
        {TWF_F_FROM_8BIT, "From: A \xFF\xFE <a@x.example>\r\n", "\xFF", ""},
    };
    struct bench b;

    (void)state;
    bench_init(&b);
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        const struct twf_finding *f;
        struct twf_span bytes;

        judge_text(&b, rows[i].message);
        f = finding(&b, rows[i].code);
        if (f == NULL)
            fail_msg("row %zu: not raised", i);
        bytes = twf_span(b.head.block.ptr + f->off, f->len);
        if (!twf_span_is(bytes, rows[i].bytes))
            fail_msg("row %zu: bytes are %.*s", i, (int)bytes.len, (const char *)bytes.ptr);
        if (rows[i].note != NULL && !twf_span_is(f->note, rows[i].note))
            fail_msg("row %zu: note is %.*s", i, (int)f->note.len, (const char *)f->note.ptr);
    }
    bench_fini(&b);
}

/* ---- P2 ---- */

static void put_address(struct bench *b, enum twf_field_id id)
{
    static struct twf_judge judge;
    static struct twf_case c;

    twf_known_init(&judge.known, b->domains, &b->limits, true);
    c.judge = &judge;
    c.arena = &b->arena;
    c.head = &b->head;
    twf_buf_byte(&b->text, '|');
    twf_buf_span(&b->text, twf_case_address(&c, id));
}

static void put_p2(struct bench *b)
{
    struct twf_buf *t = &b->text;

    twf_buf_reset(t);
    for (uint32_t i = 0; i < b->v.from_count; i++)
        twf_buf_byte(t, b->v.from_kinds[i]);
    twf_buf_printf(t, " %u %u ", b->v.from_exact_count, b->v.p2_mailbox_count);
    if (b->v.p2_has_address) {
        twf_buf_span(t, b->v.p2_local);
        twf_buf_byte(t, '@');
        twf_buf_span(t, b->v.p2_domain.name);
    }
    twf_buf_str(t, " [");
    twf_buf_span(t, b->v.p2_display);
    twf_buf_byte(t, ']');
    for (uint32_t i = 0; i < b->v.reading_count; i++) {
        const struct twf_reading *r = &b->v.readings[i];

        twf_buf_printf(t, " S%u", r->reader);
        if (r->reader == 6)
            twf_buf_printf(t, "/%u", r->from);
        twf_buf_byte(t, '=');
        twf_buf_span(t, r->local);
    }
    put_address(b, TWF_FIELD_SENDER);
    put_address(b, TWF_FIELD_REPLY_TO);
}

static void p2(void **state)
{
    static const struct {
        const char *message, *expected;
    } rows[] = {
        {"Subject: s\r\n", " 0 0  []||"},
        {"From: A <a@x.example>\r\n", "a 1 1 a@x.example [A] S1=a S2=a S3=a S4=a S5=a||"},
        {"From: =?utf-8?q?=C3=A4?= <a@x.example> (b)\r\n",
         "a 1 1 a@x.example [\xC3\xA4] S1=a S2=a S3=a S4=a S5=a||"},
        {"From: A <a b@x.example>\r\n",
         "a 1 0 a b@x.example [A <a b@x.example>] S3=a b S4=a b S5=a b||"},
        {"From: =?utf-8?q?=3Ca=40x.example=3E?=\r\n", "a 1 0  [<a@x.example>] S5=a||"},
        {"From : b@x.example\r\nFrom: a@x.example\r\n",
         "ab 1 2 a@x.example [] S1=a S2=a S6/1=b S6/1=b||"},
        {"From\r\n : c@x.example\r\nX: y\r\n From: d@x.example\r\nFrom: a@x.example\r\n"
         "From : b@x.example\r\n",
         "acdb 1 4 a@x.example [] S1=a S2=a S6/1=c S6/1=c S6/2=d S6/2=d S6/3=b S6/3=b||"},
        {"From: a@x.example\r\nSender: \"S T\"@Y.example\r\nReply-To: R <r@z.example>, "
         "s@z.example\r\n",
         "a 1 1 a@x.example [] S1=a S2=a|S T@y.example|r@z.example"},
        {"From: a@x.example\r\nSender: s\r\nReply-To:\r\n", "a 1 1 a@x.example [] S1=a S2=a||"},
    };
    struct bench b;

    (void)state;
    bench_init(&b);
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        judge_text(&b, rows[i].message);
        put_p2(&b);
        if (!twf_span_is(twf_buf_view(&b.text), rows[i].expected))
            fail_msg("row %zu: %.*s", i, (int)b.text.len, (const char *)b.text.ptr);
    }
    bench_fini(&b);
}

/* ---- limits ---- */

static void repeat(struct twf_buf *out, const char *text, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        twf_buf_str(out, text);
}

static void expect_limit(struct bench *b, enum twf_limit id, uint64_t off, bool raised)
{
    assert_int_equal(b->v.limit_count, 1);
    assert_int_equal(b->v.limits[0].id, id);
    assert_int_equal(b->v.limits[0].off, off);
    assert_int_equal(finding(b, TWF_F_FROM_LIMIT) != NULL, raised);
}

static void limits(void **state)
{
    struct twf_buf m;
    struct bench b;

    (void)state;
    bench_init(&b);
    twf_buf_init(&m);

    repeat(&m, "From: a@x.example", 1);
    repeat(&m, ",\r\n a@x.example", 64);
    judge(&b, twf_buf_view(&m));
    expect_limit(&b, TWF_LIMIT_MAILBOXES, m.len - 11, true);
    assert_int_equal(b.v.p2_mailbox_count, 64);

    twf_buf_reset(&m);
    repeat(&m, "From: a@x.example", 1);
    repeat(&m, ",\r\n a@x.example", 63);
    judge(&b, twf_buf_view(&m));
    assert_int_equal(b.v.limit_count, 0);
    assert_null(finding(&b, TWF_F_FROM_LIMIT));

    /* Cut at 16 KiB of the unfolded value; each fold has two bytes more in the message. */
    twf_buf_reset(&m);
    repeat(&m, "From: ", 1);
    repeat(&m, "(234567)\r\n", 1);
    repeat(&m, " (34567)\r\n", 2047);
    repeat(&m, " a@x.example\r\n", 1);
    judge(&b, twf_buf_view(&m));
    expect_limit(&b, TWF_LIMIT_FROM, 6 + 2048 * 10 - 2, true);
    assert_int_equal(b.v.p2_mailbox_count, 0);

    b.limits.value[TWF_LIMIT_FIELD] = 100;
    twf_buf_reset(&m);
    repeat(&m, "From: a@x.example\r\nTo: ", 1);
    repeat(&m, "a@x.example, ", 20);
    judge(&b, twf_buf_view(&m));
    expect_limit(&b, TWF_LIMIT_FIELD, 23 + 100, false);

    twf_buf_reset(&m);
    repeat(&m, "From: a@x.example\r\nList-Help: ", 1);
    repeat(&m, "a@x.example, ", 20);
    judge(&b, twf_buf_view(&m));
    expect_limit(&b, TWF_LIMIT_FIELD, 30 + 100, true);

    b.limits.value[TWF_LIMIT_FIELDS] = 1;
    judge_text(&b, "From: a@x.example\r\nFrom: b@y.example\r\n");
    expect_limit(&b, TWF_LIMIT_FIELDS, 19, true);
    twf_limits_default(&b.limits);

    /* RFC 5322 section 2.1.1: 998 bytes are a line, 999 are not. */
    for (unsigned i = 0; i < 2; i++) {
        twf_buf_reset(&m);
        repeat(&m, "From: a@x.example (", 1);
        repeat(&m, "x", 978 + i);
        repeat(&m, ")\r\n", 1);
        judge(&b, twf_buf_view(&m));
        assert_int_equal(b.v.limit_count, 0);
        assert_int_equal(finding(&b, TWF_F_FROM_LIMIT) != NULL, i == 1);
    }
    twf_buf_fini(&m);
    bench_fini(&b);
}

static void raise_one_of_a_code(void **state)
{
    struct twf_span note = {NULL, 0};
    struct twf_verdict v;

    (void)state;
    memset(&v, 0, sizeof(v));
    twf_verdict_raise(&v, TWF_F_FROM_SYNTAX, TWF_LEVEL_LOW, 1, 1, note);
    twf_verdict_raise(&v, TWF_F_FROM_CTRL, TWF_LEVEL_MEDIUM, 2, 1, note);
    twf_verdict_raise(&v, TWF_F_FROM_SYNTAX, TWF_LEVEL_MEDIUM, 3, 1, note);
    twf_verdict_raise(&v, TWF_F_FROM_SYNTAX, TWF_LEVEL_MEDIUM, 4, 1, note);
    twf_verdict_raise(&v, TWF_F_FROM_SYNTAX, TWF_LEVEL_LOW, 5, 1, note);
    assert_int_equal(v.finding_count, 2);
    assert_int_equal(v.findings[0].code, TWF_F_FROM_SYNTAX);
    assert_int_equal(v.findings[0].level, TWF_LEVEL_MEDIUM);
    assert_int_equal(v.findings[0].level_before, TWF_LEVEL_MEDIUM);
    assert_int_equal(v.findings[0].off, 3);
}

/* Whichever allocation fails: no crash, and the arena says so. */
static void out_of_memory(void **state)
{
    static const char message[] =
        "From: =?utf-8?q?a?= <a@x.example>,\r\n \"b\"@y . example\r\nSender: s@x.example\r\n"
        "From : =?iso-2022-jp?B?am9rbw==?= <@z:c@x.example>\r\nX: y\r\n From: d@x.example\r\n";
    struct bench b;
    uint64_t k = 1;

    (void)state;
    bench_init(&b);
    for (bool failed = true; failed && k < 100; k++) {
        judge_text(&b, message); /* the header is taken apart before memory ends */
        twf_arena_fini(&b.arena);
        twf_arena_init(&b.arena, 4096);
        memset(&b.v, 0, sizeof(b.v));
        twf_alloc_fail_at(k);
        twf_read_from(&b.in, &b.arena, &b.v);
        twf_find_from(&b.in, &b.arena, &b.v);
        twf_alloc_fail_at(0);
        failed = b.arena.failed != 0;
    }
    assert_in_range(k, 3, 99);
    bench_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(places),
        cmocka_unit_test(p2),
        cmocka_unit_test(limits),
        cmocka_unit_test(raise_one_of_a_code),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
