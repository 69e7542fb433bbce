/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that every match holds: a table of what is found in a question, then generated expressions over generated
 * values. A value that hits without its text would be a message that a hunt loses.
 */
#define _GNU_SOURCE
#include "rules_make.h"

static struct twf_kernels kernels;

static struct twf_rules *load(const char *expression, bool icase, bool no_prefilter)
{
    const char *e[] = {expression};
    struct twf_rules_source source = {
        .expressions = e, .expression_count = 1, .icase = icase, .no_prefilter = no_prefilter};
    struct twf_rules *r = NULL;

    return twf_rules_load(&source, NULL, NULL, &r, NULL) == TWF_OK ? r : NULL;
}

static void test_table(void **state)
{
    static const struct {
        const char *expression, *text; /* NULL: none */
    } rows[] = {
        {"subject:invoice", "invoice"},
        {"subject:=An Invoice", "An Invoice"},
        {"subject:a.bcd", "bcd"},
        {"subject:abc.bcd", "abc"},
        {"subject:(invoice|order) #\\d*77-0000\\d", "77-0000"},
        {"subject:^Re: abc$", "Re: abc"},
        {"subject:abcd?ef", "abc"},
        {"subject:abcd*", "abc"},
        {"subject:abcd+efg", "abcd"},
        {"subject:abcd{2}", "abc"},
        {"subject:abcd{0,3}?x", "abc"},
        {"subject:abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz012345"},
        {"subject:abcdefghijklmnopqrstuvwxyz012345?", "abcdefghijklmnopqrstuvwxyz01234"},
        {"subject:ab\\.cd", "ab.cd"},
        {"subject:\\$\\$\\$", "$$$"},
        {"subject:ab\\dcde", "cde"},
        {"subject:[abc]def[]x]ghij", "ghij"},
        {"subject:[^]abc]defg", "defg"},
        {"subject:(?:abcd)efg", "efg"},
        {"subject:(ab(c|d[)])e)?fgh", "fgh"},
        {"subject:(?<name>abc)def", "def"},
        {"subject:(?=abcdef)gh", NULL},
        {"subject:abc|def", NULL},
        {"subject:ab", NULL},
        {"subject:a?b?c?d?", NULL},
        {"subject:(?i)abcdef", NULL},
        {"subject:abc(?i)def", NULL},
        {"subject:abc(?#def)", NULL},
        {"subject:(?x)abc def", NULL},
        {"subject:\\Qabc\\E", NULL},
        {"subject:\\x61bcdef", NULL},
        {"subject:[[:alpha:]]bcdef", NULL},
        {"subject:(abc)def\\1ghij", NULL},
        {"subject:(*ACCEPT)abcdef", NULL},
        {"header.subject.raw:abcdef", "abcdef"},
        {"p2.domain:example", "example"},
        {"p2.mailboxes:=2", NULL},
        {"header.x-mailer:abcdef", NULL},
        {"findings:=FROM_MISSING", NULL},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct twf_rules *r = load(rows[i].expression, false, false);
        struct twf_rules_literal found;
        bool is = r != NULL && twf_rules_literal(r, &found);

        if (is != (rows[i].text != NULL) ||
            (is && !twf_span_is(twf_span(found.needle.bytes, found.needle.len), rows[i].text)))
            fail_msg("%s: %.*s", rows[i].expression, is ? (int)found.needle.len : 0, found.needle.bytes);
        if (is && (found.needle.at[0] >= found.needle.at[1] || found.needle.at[1] >= found.needle.len))
            fail_msg("%s: places %u and %u", rows[i].expression, found.needle.at[0], found.needle.at[1]);
        twf_rules_free(r);
    }
}

/* Case is ignored where the question ignores it; without a prefilter nothing is left out. */
static void test_case(void **state)
{
    struct twf_rules *r = load("subject:a1Bc", true, false);
    struct twf_rules_literal found;

    (void)state;
    assert_true(twf_rules_literal(r, &found));
    assert_memory_equal(found.needle.bytes, "a1bc", 4);
    assert_memory_equal(found.needle.fold, "\x20\0\x20\x20", 4);
    assert_true(found.needle.odd);
    twf_rules_free(r);
    r = load("subject:a1Bc", false, true);
    assert_false(twf_rules_literal(r, &found));
    twf_rules_free(r);
}

static uint32_t state_of = 20240531;

static uint32_t draw(uint32_t below)
{
    state_of = state_of * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)state_of * below) >> 32);
}

static void make_expression(char *out, size_t size)
{
    static const char *const pieces[] = {"a",   "b",    "c",     "abc",      "cab",  "bca",     "\\.",     ".",
                                         "1",   "*",    "+",     "?",        "{2}",  "{0,1}",   "??",      "\\d",
                                         "[ab]", "[^a]", "(ab|c)", "(?:bca)", "(c)?", "(?=abc)", "(?!abc)", "^",
                                         "$",   "|",    "[]a]",  "(?i)",     "\\x61", "a{1,}",  "++",      "(a(b))"};
    size_t len = (size_t)snprintf(out, size, "subject:");

    for (uint32_t n = 2 + draw(6); n > 0; n--)
        len += (size_t)snprintf(out + len, size - len, "%s", pieces[draw(TWF_COUNT(pieces))]);
}

enum { VALUES = 200, EXPRESSIONS = 6000 };

static void put_values(struct twf_batch *b)
{
    static const char letters[] = "aaabbbcccABC.1";

    for (uint32_t row = 0; row < VALUES; row++) {
        char text[16];
        uint32_t n = draw(sizeof(text));

        for (uint32_t i = 0; i < n; i++)
            text[i] = letters[draw(sizeof(letters) - 1)];
        twf_batch_bytes(b, TWF_COL_subject_raw, row, twf_span(text, n));
    }
    twf_batch_finish(b, VALUES);
}

static void test_generated(void **state)
{
    struct twf_batch *b = twf_batch_new();
    uint32_t with_text = 0, hits = 0;

    (void)state;
    put_values(b);
    for (uint32_t i = 0; i < EXPRESSIONS; i++) {
        struct twf_rules_scratch *s;
        struct twf_rules_literal found;
        struct twf_rules *r;
        char expression[200];

        make_expression(expression, sizeof(expression));
        r = load(expression, draw(2) == 0, false);
        if (r == NULL || !twf_rules_literal(r, &found)) {
            twf_rules_free(r);
            continue;
        }
        with_text++;
        memset(b->selected, 0, VALUES / 8 + 8);
        b->selected_count = b->selected_end = 0;
        assert_int_equal(twf_rules_scratch_new(r, &s, NULL), TWF_OK);
        twf_rules_select(s, b); /* not compiled: every row is asked */
        for (uint32_t row = 0; row < VALUES; row++) {
            struct twf_span value = twf_col_bytes(&b->cols[TWF_COL_subject_raw], row);

            if (!twf_batch_is_selected(b, row))
                continue;
            hits++;
            if (kernels.textfind(value.ptr, value.len, &found.needle) == value.len)
                fail_msg("%s hits '%.*s' without '%.*s'", expression, (int)value.len, value.ptr,
                         (int)found.needle.len, found.needle.bytes);
        }
        twf_rules_scratch_free(s);
        twf_rules_free(r);
    }
    print_message("%u expressions with a text, %u hits\n", with_text, hits);
    assert_true(with_text > 500 && hits > 1000);
    twf_batch_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_case),
                                       cmocka_unit_test(test_generated)};

    twf_kernels_init(&kernels, TWF_CPU_AVX512);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
