/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules over batches: what each modifier and condition hits, with Hyperscan and without it, and
 * what follows for the columns of a record.
 */
#define _GNU_SOURCE
#include "rules_make.h"

#include "base/alloc.h"
#include "flow/verdict.h"

static struct twf_gather gather;
static struct twf_kernels kernels;
static struct twf_limits limits;

static int setup(void **state)
{
    (void)state;
    twf_kernels_init(&kernels, TWF_CPU_AVX512);
    twf_limits_default(&limits);
    twf_gather_init(&gather, &kernels, &limits);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    twf_gather_fini(&gather);
    return 0;
}

static struct twf_rules *load(const struct folder *f, bool compile)
{
    const char *paths[] = {f->path};
    struct twf_rules_source source = {.paths = paths, .path_count = 1};
    struct twf_rules *r;
    struct twf_error err = {0};

    if (twf_rules_load(&source, NULL, NULL, &r, &err) != TWF_OK)
        fail_msg("line %u: %s", err.line, err.text);
    if (compile && twf_rules_compile(r, NULL, NULL, &err) != TWF_OK)
        fail_msg("%s", err.text);
    return r;
}

/* "10.1": a digit a row, whether rule_ids is not empty. */
static void run(const struct twf_rules *r, const char *const *rows, uint32_t count, char *out)
{
    struct twf_batch *b = twf_batch_new();
    struct twf_rules_scratch *s;

    assert_non_null(b);
    assert_int_equal(twf_rules_scratch_new(r, &s, NULL), TWF_OK);
    for (uint32_t i = 0; i < count; i++)
        put_row(b, s, &gather, i, rows[i]);
    twf_batch_finish(b, count);
    twf_rules_batch(s, b, TWF_LEVEL_MEDIUM, NULL);
    assert_false(b->failed);
    for (uint32_t i = 0; i < count; i++)
        out[i] = twf_col_list_len(&b->cols[TWF_COL_rule_ids], i) > 0 ? '1' : '0';
    out[count] = '\0';
    twf_rules_scratch_free(s);
    twf_batch_free(b);
}

enum { ROWS_MAX = 6 };

static const struct {
    const char *detection;
    const char *rows[ROWS_MAX + 1];
    const char *hits;
} cases[] = {
    {"  s: {p1.domain: a.example}\n  condition: s\n",
     {"p1_domain=a.example", "p1_domain=A.EXAMPLE", "p1_domain=b.example", "p1_domain=xa.example",
      "p1_domain=a.examples", ""},
     "110000"},
    {"  s: {p1.domain|cased: a.example}\n  condition: s\n",
     {"p1_domain=a.example", "p1_domain=A.EXAMPLE", ""},
     "100"},
    {"  s: {p1.domain: [a.example, '*.a.example']}\n  condition: s\n",
     {"p1_domain=a.example", "p1_domain=x.a.example", "p1_domain=xa.example",
      "p1_domain=.a.example"},
     "1101"},
    {"  s: {p2.display: 'a?c*e'}\n  condition: s\n",
     {"p2_display=abce", "p2_display=aXcxxxe", "p2_display=ace", "p2_display=abcef",
      "p2_display=ABCE"},
     "11001"},
    {"  s: {p2.display: 'a\\*b\\?\\\\c\\d'}\n  condition: s\n",
     {"p2_display=a*b?\\c\\d", "p2_display=axb?\\c\\d", "p2_display=a*b?\\\\c\\d"},
     "100"},
    {"  s: {subject|contains: invoice}\n  condition: s\n",
     {"\nSubject: your Invoice\n", "\nSubject: in\n voice\n", "\nsubject : invoice\n",
      "\nSubject: =?utf-8?q?inv=6Fice?=\n", "\nX: invoice\n", ""},
     "101100"},
    {"  s: {header.subject.raw|contains: inv}\n  condition: s\n",
     {"\nSubject: inv\n", "\nSubject: =?utf-8?q?in=76?=\n"},
     "10"},
    {"  s: {subject|startswith: re}\n  condition: s\n",
     {"\nSubject: Re: x\n", "\nSubject: x re\n", "\nSubject: x\nSubject: re\n"},
     "101"},
    {"  s: {subject|endswith: re}\n  condition: s\n",
     {"\nSubject: Re: x\n", "\nSubject: x re\n", "\nSubject: x\nSubject: re\n"},
     "011"},
    {"  s: {header.x-a|all: ['*a*', '*b*']}\n  condition: s\n",
     {"\nX-A: ab\n", "\nX-A: a\n", "\nX-A: a\nX-A: b\n"},
     "101"},
    {"  s: {header.x-a|contains|all: [a, b]}\n  condition: s\n",
     {"\nX-A: cab\n", "\nX-A: a\n"},
     "10"},
    {"  s: {header.x-a|exists: true}\n  condition: s\n", {"\nX-A:\n", "\nX-B: a\n", ""}, "100"},
    {"  s: {header.x-a|exists: false}\n  condition: s\n", {"\nX-A:\n", "\nX-B: a\n", ""}, "011"},
    {"  s: {header.x-a: ''}\n  condition: s\n", {"\nX-A:\n", "\nX-A: a\n", ""}, "100"},
    {"  s: {header.x-a|neq: a}\n  condition: s\n",
     {"\nX-A: b\n", "\nX-A: a\n", "", "\nX-A: a\nX-A: b\n", "\nX-A: c\nX-A: b\n"},
     "10001"},
    {"  s: {header.x-a|neq: [a, b]}\n  condition: s\n",
     {"\nX-A: b\n", "\nX-A: c\n", "\nX-A: a\n"},
     "010"},
    {"  s: {p2.mailboxes|gt: 1}\n  condition: s\n",
     {"p2_mailbox_count=1", "p2_mailbox_count=2", ""},
     "010"},
    {"  s: {p2.mailboxes|gte: 2, p2.fields|lt: 2}\n  condition: s\n",
     {"p2_mailbox_count=2\np2_field_count=1", "p2_mailbox_count=2\np2_field_count=2", ""},
     "100"},
    {"  s: {p2.mailboxes: [1, 3]}\n  condition: s\n",
     {"p2_mailbox_count=1", "p2_mailbox_count=2", "p2_mailbox_count=3"},
     "101"},
    {"  s: {p2.mailboxes|neq: 1}\n  condition: s\n",
     {"p2_mailbox_count=1", "p2_mailbox_count=2", ""},
     "010"},
    {"  s: {p1.null: true}\n  condition: s\n", {"p1_null=1", "p1_null=0", ""}, "100"},
    {"  s: {header.x-scl|gte: 5}\n  condition: s\n",
     {"\nX-Scl: 5\n", "\nX-Scl:  -1 \n", "\nX-Scl: 9x\n", "\nX-Scl: 1\nX-Scl: 12\n"},
     "1001"},
    {"  s: {message.date|gte: 2024-11-12, message.date|lt: 2024-11-13T12:00:00Z}\n  condition: s\n",
     {"date=1731369600000000", "date=1731369599999999", "date=1731499199999999",
      "date=1731499200000000", ""},
     "10100"},
    {"  s: {p1.domain|fieldref: p2.domain}\n  condition: s\n",
     {"p1_domain=a.example\np2_domain=A.example", "p1_domain=a.example\np2_domain=b.example", ""},
     "100"},
    {"  s: {p1.domain|fieldref|neq: p2.domain}\n  condition: s\n",
     {"p1_domain=a.example\np2_domain=A.example", "p1_domain=a.example\np2_domain=b.example",
      "p1_domain=a.example", ""},
     "0100"},
    {"  s: {p1.domain|fieldref|endswith: p2.org}\n  condition: s\n",
     {"p1_domain=x.a.example\np2_org=a.example", "p1_domain=x.b.example\np2_org=a.example"},
     "10"},
    {"  s: {subject|fieldref|contains: p2.display}\n  condition: s\n",
     {"p2_display=Bank\n\nSubject: from your bank today\n", "p2_display=Bank\n\nSubject: ban k\n"},
     "10"},
    {"  s: {subject|re: '^R[eE]: '}\n  condition: s\n",
     {"\nSubject: RE: x\n", "\nSubject: re: x\n", "\nSubject: x RE: x\n"},
     "100"},
    {"  s: {subject|re|i: '^re: '}\n  condition: s\n",
     {"\nSubject: RE: x\n", "\nSubject: x re: x\n"},
     "10"},
    {"  s: {header.x-a.raw|re: '^b$'}\n  condition: s\n",
     {"\nX-A: a\n b\n", "\nX-A: b\n", "from_raw=b"},
     "010"},
    {"  s: {p2.raw|re|m: '^ b$'}\n  condition: s\n", {"from_raw=a\\n b", "from_raw=b", ""}, "100"},
    {"  s: {p2.raw|re: 'a.*b'}\n  condition: s\n", {"from_raw=a\\n b", "from_raw=axb"}, "01"},
    {"  s: {p2.raw|re|s: 'a.*b'}\n  condition: s\n", {"from_raw=a\\n b", "from_raw=axb"}, "11"},
    {"  s: {p2.raw|re|s: '^b'}\n  condition: s\n", {"from_raw=a\\nb", "from_raw=a\\n b"}, "10"},
    {"  s: {p2.decoded|contains: 'bank <'}\n  condition: s\n",
     {"from_raw==?utf-8?q?Bank?= <a@b>", "from_raw=x\\n bank\\n <a@b>"},
     "11"},
    {"  s: {subject|re: '\\Ax\\z'}\n  condition: s\n", {"\nSubject: x\n", "\nSubject: xx\n"}, "10"},
    {"  s: {subject|re: '(?<!a)b'}\n  condition: s\n", {"\nSubject: b\n", "\nSubject: ab\n"}, "10"},
    {"  s: {subject|re: '(a|b)\\1'}\n  condition: s\n",
     {"\nSubject: aa\n", "\nSubject: ab\n"},
     "10"},
    {"  s: {subject|re: 'x*'}\n  condition: s\n", {"\nSubject: a\n", "\nX: a\n"}, "10"},
    {"  s: {subject: '?*'}\n  condition: s\n", {"\nSubject: a\n", "\nSubject:\n", ""}, "100"},
    {"  s: {p1.local: [a, 'b*']}\n  condition: s\n",
     {"p1_address=a@x.example", "p1_address=bc@x.example", "p1_address=c@a@x.example",
      "p1_address=c@a"},
     "1100"},
    {"  s: {findings: FROM_NUL}\n  condition: s\n",
     {"findings=FROM_CTRL FROM_NUL", "findings=FROM_CTRL", "findings=", ""},
     "1000"},
    {"  s: {findings: 'R_*'}\n  condition: s\n",
     {"findings=FROM_CTRL R_MISMATCH", "findings=FROM_CTRL"},
     "10"},
    {"  s: {p2.defects|exists: true}\n  condition: s\n",
     {"findings=R_MISMATCH", "findings=FROM_8BIT"},
     "01"},
    {"  s: {exchange.sender.legacy|endswith: '@a.example'}\n  condition: s\n",
     {"p2_address=x@a.example", "sender_address=x@a.example", "reply_to_address=x@a.example",
      "p1_address=x@a.example"},
     "1110"},
    {"  s: {exchange.sender.header: y@b.example}\n  condition: s\n",
     {"p2_address=x@a.example\np2_readers=S1=x@a.example S2=y@b.example",
      "p2_address=y@b.example\np2_readers=S1=y@b.example S2=y@b.example",
      "p2_address=x@a.example\np2_readers=S1=x@a.example S4=y@b.example",
      "p1_address=y@b.example"},
     "1100"},
    {"  s: {exchange.sender.envelope: y@b.example}\n  condition: s\n",
     {"p2_readers=S1=x@a.example S2=y@b.example", "p1_address=y@b.example"},
     "01"},
    {"  s: {exchange.sender.any: x@a.example}\n  condition: s\n",
     {"p2_address=x@a.example", "p1_address=x@a.example", "sender_address=x@a.example"},
     "110"},
    {"  s: [viagra, 'click*here']\n  condition: s\n",
     {"\nX: Viagra\n", "\nX: click now and here\n", "\nX: a\n", "\nclick: a\nhere: b\n"},
     "1101"},
    {"  s:\n    '|all': [one, two]\n  condition: s\n", {"\nX: one\nY: two\n", "\nX: one\n"}, "10"},
    {"  s:\n    - {p1.domain: a.example, p2.domain: b.example}\n    - p1.domain: c.example\n"
     "  condition: s\n",
     {"p1_domain=a.example\np2_domain=b.example", "p1_domain=a.example", "p1_domain=c.example"},
     "101"},
    {"  a: {p1.domain: a.example}\n  b: {p2.domain: b.example}\n  condition: a and not b\n",
     {"p1_domain=a.example\np2_domain=b.example", "p1_domain=a.example", "p2_domain=b.example", ""},
     "0100"},
    {"  a: {p1.domain: a}\n  b: {p1.domain: b}\n  c: {p2.domain: c}\n  condition: a or b and c\n",
     {"p1_domain=a", "p1_domain=b", "p1_domain=b\np2_domain=c", "p2_domain=c"},
     "1010"},
    {"  a: {p1.domain: a}\n  b: {p1.domain: b}\n  c: {p2.domain: c}\n  condition: (a or b) and c\n",
     {"p1_domain=a", "p1_domain=b\np2_domain=c", "p1_domain=a\np2_domain=c", "p2_domain=c"},
     "0110"},
    {"  a: {p1.domain: a}\n  b: {p1.domain: b}\n  condition: not (a or not not b)\n",
     {"p1_domain=a", "p1_domain=b", "p1_domain=c", ""},
     "0011"},
    {"  a1: {p1.domain: a}\n  a2: {p2.domain: b}\n  _x: {p1.org: c}\n  condition: all of them\n",
     {"p1_domain=a\np2_domain=b", "p1_domain=a", "p1_org=c"},
     "100"},
    {"  a1: {p1.domain: a}\n  a2: {p2.domain: b}\n  _x: {p1.org: c}\n  condition: 1 of a*\n",
     {"p1_domain=a", "p2_domain=b", "p1_org=c"},
     "110"},
    {"  a: {p1.domain: a}\n  b: {p2.domain: b}\n  condition: [a, b]\n",
     {"p1_domain=a", "p2_domain=b", ""},
     "110"},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < TWF_COUNT(cases); i++) {
        struct folder f;
        struct twf_buf text;
        uint32_t count = (uint32_t)strlen(cases[i].hits);
        char got[ROWS_MAX + 1];

        folder_open(&f);
        twf_buf_init(&text);
        rule_text(&text, (unsigned)i, cases[i].detection);
        folder_add(&f, (const char *)text.ptr, text.len);
        for (int compile = 0; compile < 2; compile++) {
            struct twf_rules *r = load(&f, compile != 0);

            run(r, cases[i].rows, count, got);
            if (strcmp(got, cases[i].hits) != 0)
                fail_msg("%s%s: %s, expected %s", cases[i].detection,
                         compile != 0 ? " (compiled)" : "", got, cases[i].hits);
            twf_rules_free(r);
        }
        twf_buf_fini(&text);
        folder_close(&f);
    }
}

/* What a hit changes: rule_ids, level, score, selection and counters; and what a filter takes away.
 */
static void test_record(void **state)
{
    static const char rule[] = "title: T\nid: 00000000-0000-0000-0000-000000000001\nlevel: high\n"
                               "logsource: {product: email}\n"
                               "detection: {a: {p1.domain: ['a', 'f']}, condition: a}\n";
    static const char filter[] = "title: F\nlogsource: {product: email}\n"
                                 "filter:\n  rules: [00000000-0000-0000-0000-000000000001]\n"
                                 "  f: {p1.domain: f}\n  condition: not f\n";
    static const char *const rows[] = {"p1_domain=a", "p1_domain=b", "p1_domain=f", "p1_domain=a"};
    static const char *const levels[] = {"low", "low", "low", "critical"};
    static const int64_t scores[] = {20, 20, 20, 95};
    struct folder f;
    struct twf_rules *r;
    struct twf_rules_scratch *s;
    struct twf_batch *b = twf_batch_new();
    struct twf_counts count = {0}, *counts[] = {&count, &count, &count, &count};
    uint64_t hits[2] = {0};

    (void)state;
    folder_open(&f);
    folder_add(&f, rule, sizeof(rule) - 1);
    folder_add(&f, filter, sizeof(filter) - 1);
    r = load(&f, true);
    assert_non_null(b);
    assert_int_equal(twf_rules_scratch_new(r, &s, NULL), TWF_OK);
    for (int round = 0; round < 2; round++) {
        count = (struct twf_counts){0};
        count.levels[TWF_LEVEL_LOW] = 3;
        count.levels[TWF_LEVEL_CRITICAL] = 1;
        twf_batch_reset(b);
        for (uint32_t i = 0; i < 4; i++) {
            twf_batch_str(b, TWF_COL_p1_domain, i, rows[i] + 10);
            twf_batch_str(b, TWF_COL_level, i, levels[i]);
            twf_batch_int(b, TWF_COL_score, i, scores[i]);
        }
        twf_batch_select(b, 1);
        twf_batch_finish(b, 4);
        twf_rules_batch(s, b, TWF_LEVEL_MEDIUM, counts);
        assert_false(b->failed);
        assert_true(twf_span_is(twf_col_bytes(&b->cols[TWF_COL_level], 0), "high"));
        assert_true(twf_span_is(twf_col_bytes(&b->cols[TWF_COL_level], 1), "low"));
        assert_true(twf_span_is(twf_col_bytes(&b->cols[TWF_COL_level], 2), "low"));
        assert_true(twf_span_is(twf_col_bytes(&b->cols[TWF_COL_level], 3), "critical"));
        assert_int_equal(twf_col_int(&b->cols[TWF_COL_score], 0), 70);
        assert_int_equal(twf_col_int(&b->cols[TWF_COL_score], 1), 20);
        assert_int_equal(twf_col_int(&b->cols[TWF_COL_score], 3), 95);
        assert_true(twf_span_is(twf_col_bytes(&b->plain_level, 0), "low"));
        assert_int_equal(twf_col_int(&b->plain_score, 0), 20);
        assert_true(twf_batch_is_selected(b, 0));
        assert_true(twf_batch_is_selected(b, 1)); /* never unselected */
        assert_false(twf_batch_is_selected(b, 2));
        assert_true(twf_batch_is_selected(b, 3));
        assert_int_equal(count.records, 2);
        assert_int_equal(count.levels[TWF_LEVEL_LOW], 2);
        assert_int_equal(count.levels[TWF_LEVEL_HIGH], 1);
        assert_int_equal(twf_col_list_len(&b->cols[TWF_COL_rule_ids], 0), 1);
        assert_int_equal(twf_col_list_len(&b->cols[TWF_COL_rule_ids], 2), 0);
        twf_rules_take_hits(s, hits);
        assert_int_equal(hits[0], 2 * (round + 1));
        assert_int_equal(hits[1], round + 1);
    }
    twf_rules_scratch_free(s);
    twf_rules_free(r);
    twf_batch_free(b);
    folder_close(&f);
}

/* An expression that gives up is a limit that was met, beside those that were there. */
static void test_limit(void **state)
{
    struct folder f;
    struct twf_rules_source source = {.path_count = 1, .no_prefilter = true, .regex_steps = 1000};
    const char *paths[] = {f.path};
    struct twf_rules *r;
    struct twf_rules_scratch *s;
    struct twf_batch *b = twf_batch_new();
    struct twf_counts count = {0}, *counts[] = {&count, &count};
    struct twf_buf text;

    (void)state;
    source.paths = paths;
    folder_open(&f);
    twf_buf_init(&text);
    rule_text(&text, 1, "  a: {subject|re: '^(a+)+[bd]'}\n  condition: a\n");
    folder_add(&f, (const char *)text.ptr, text.len);
    assert_int_equal(twf_rules_load(&source, NULL, NULL, &r, NULL), TWF_OK);
    assert_int_equal(twf_rules_compile(r, NULL, NULL, NULL), TWF_OK);
    assert_int_equal(twf_rules_scratch_new(r, &s, NULL), TWF_OK);
    assert_non_null(b);
    put_row(b, s, &gather, 0,
            "limits=field=1@2\n\nSubject: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac\n");
    put_row(b, s, &gather, 1, "limits=\n\nSubject: aab\n");
    twf_batch_finish(b, 2);
    twf_rules_batch(s, b, TWF_LEVEL_MEDIUM, counts);
    assert_false(b->failed);
    assert_int_equal(count.limits[TWF_LIMIT_REGEX], 1);
    assert_int_equal(twf_col_list_len(&b->cols[TWF_COL_limits], 0), 2);
    assert_true(twf_span_is(twf_col_list_item(&b->cols[TWF_COL_limits], 0, 0), "field=1@2"));
    assert_true(twf_span_is(twf_col_list_item(&b->cols[TWF_COL_limits], 0, 1), "regex=1000@0"));
    assert_int_equal(twf_col_list_len(&b->cols[TWF_COL_rule_ids], 0), 0);
    assert_int_equal(twf_col_list_len(&b->cols[TWF_COL_rule_ids], 1), 1);
    twf_rules_scratch_free(s);
    twf_rules_free(r);
    twf_batch_free(b);
    twf_buf_fini(&text);
    folder_close(&f);
}

/* A batch out of an index: raw columns stand in for the header, and what has none cannot be asked.
 */
static void test_raw_columns(void **state)
{
    const char *expressions[] = {"subject:^re", "header.x-a:=1", "p2.raw:=a*"};
    struct twf_rules_source source = {
        .expressions = expressions, .expression_count = 3, .icase = true};
    struct twf_rules *r;
    struct twf_rules_scratch *s;
    struct twf_batch *b = twf_batch_new();

    (void)state;
    assert_int_equal(twf_rules_load(&source, NULL, NULL, &r, NULL), TWF_OK);
    assert_int_equal(twf_rules_compile(r, NULL, NULL, NULL), TWF_OK);
    assert_string_equal(twf_rules_unanswered(r, false), "header.x-a");
    assert_null(twf_rules_unanswered(r, true));
    assert_true(twf_rules_needs(r, TWF_COL_subject_raw));
    assert_true(twf_rules_needs(r, TWF_COL_header_rest));
    assert_false(twf_rules_needs(r, TWF_COL_to_raw));
    assert_int_equal(twf_rules_scratch_new(r, &s, NULL), TWF_OK);
    assert_non_null(b);
    twf_batch_bytes(b, TWF_COL_subject_raw, 0, twf_span_str("x\nRe: y"));
    twf_batch_bytes(b, TWF_COL_header_rest, 1, twf_span_str("X-B: 2\r\nX-A:\r\n 1\r\n"));
    twf_batch_bytes(b, TWF_COL_from_raw, 2, twf_span_str("A*"));
    for (uint32_t i = 0; i < 4; i++)
        twf_batch_str(b, TWF_COL_level, i, "none");
    twf_batch_finish(b, 4);
    twf_rules_batch(s, b, TWF_LEVEL_NONE, NULL);
    assert_false(b->failed);
    for (uint32_t i = 0; i < 3; i++) {
        const char id[] = {'e', (char)('1' + i), '\0'};

        assert_int_equal(twf_col_list_len(&b->cols[TWF_COL_rule_ids], i), 1);
        assert_true(twf_span_is(twf_col_list_item(&b->cols[TWF_COL_rule_ids], i, 0), id));
        assert_true(twf_batch_is_selected(b, i));
    }
    assert_false(twf_batch_is_selected(b, 3));
    assert_true(twf_span_is(twf_col_bytes(&b->cols[TWF_COL_level], 0), "none"));
    twf_rules_scratch_free(s);
    twf_rules_free(r);
    twf_batch_free(b);
}

/* What the judge concluded tells that no rule can hit; whoever asks for more than that is always
 * heard. */
static void test_wants(void **state)
{
    static const struct {
        const char *detection;
        bool finding, relation, nothing;
    } gates[] = {
        {"  a: {findings: FROM_NUL}\n  condition: a\n", true, false, false},
        {"  a: {p2.defects: 'FROM_N*', p1.domain: x}\n  condition: a\n", true, false, false},
        {"  a: {relation: mismatch}\n  condition: a\n", false, true, false},
        {"  a: {findings: FROM_NUL}\n  b: {relation: mismatch}\n  condition: a or b\n", true, true,
         false},
        {"  a: {findings: FROM_NUL}\n  b: {p1.domain: x}\n  condition: a or b\n", true, true, true},
        {"  a: {findings: FROM_NUL}\n  condition: not a\n", true, true, true},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(gates); i++) {
        struct folder f;
        struct twf_buf text;
        struct twf_rules *r;
        struct twf_verdict finding = {.finding_count = 1}, relation = {0}, nothing = {0};

        finding.findings[0].code = TWF_F_FROM_NUL;
        relation.relation = TWF_RELATION_MISMATCH;
        folder_open(&f);
        twf_buf_init(&text);
        rule_text(&text, 1, gates[i].detection);
        folder_add(&f, (const char *)text.ptr, text.len);
        r = load(&f, false);
        assert_int_equal(twf_rules_wants(r, &finding), gates[i].finding);
        assert_int_equal(twf_rules_wants(r, &relation), gates[i].relation);
        assert_int_equal(twf_rules_wants(r, &nothing), gates[i].nothing);
        twf_rules_free(r);
        twf_buf_fini(&text);
        folder_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases), cmocka_unit_test(test_record),
        cmocka_unit_test(test_limit), cmocka_unit_test(test_raw_columns),
        cmocka_unit_test(test_wants),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
