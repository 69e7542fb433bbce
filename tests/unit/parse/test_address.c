/* SPDX-License-Identifier: Apache-2.0 */
/* The strict parse: mailboxes, errors with their bytes, display text, offsets, limits. */
#include "from_text.h"

#include <stdio.h>
#include <time.h>

static const struct {
    const char *value, *mailboxes, *errors, *display_text;
} rows[] = {
    {"a@x.example", "a@x.example", "ok", ""},
    {"John Doe <jdoe@machine.example>", "{John Doe} <jdoe@machine.example>", "ok", "John Doe"},
    {"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "{Pete} <pete@silly.test>",
     "ok", "Pete A nice ) chap his account his host"},
    {"Joe Q. Public <john.q.public@example.com>", "{Joe Q. Public} <john.q.public@example.com>",
     "obs", "Joe Q. Public"},
    {"John Doe <jdoe@machine(comment).  example>", "{John Doe} <jdoe@machine.example>", "obs",
     "John Doe comment"},
    {"Mary Smith <@node.test:mary@example.net>", "{Mary Smith} <mary@example.net>",
     "obs route=[@node.test]", "Mary Smith"},
    {"Managing Partners:ben@example.com,carol@example.com;", ":ben@example.com :carol@example.com",
     "ok group=[:]", "Managing Partners"},
    {"Automated System:;", "", "ok group=[:]", "Automated System"},
    {"<first@attack.example>, <admin@bank.example>", "<first@attack.example> <admin@bank.example>",
     "ok", ""},
    {"<any@attack.example>admin@bank.example", "<any@attack.example>",
     "bad text_after=[admin@bank.example]", "admin@bank.example"},
    {"<a@x.example> \"n\" <b@y.example>", "<a@x.example> {n} <b@y.example>",
     "bad text_after=[\"n\"]", "n"},
    {"n <a@x.example>:<b@y.example>", "{n} <a@x.example> :<b@y.example>",
     "bad text_after=[:] group=[:] group_at=[n <a@x.example>:] group_open=[:]", "n"},
    {"<a@x.example> (work)", "<a@x.example>", "ok", "work"},
    {"\"<a@x.example>b\" <c@x.example>", "{<a@x.example>b} <c@x.example>", "ok", "<a@x.example>b"},
    {"Win <LKJ@<noreply@bank.example>", "{Win <LKJ@} <noreply@bank.example>",
     "bad nested=[<] nested_at=[<]", "Win <LKJ@"},
    {"\"a < b\" <a@x.example>", "{a < b} <a@x.example>", "ok", "a < b"},
    {"Support,(<noreply@bank.example>)", "", "bad comma_phrase=[Support]",
     "Support, <noreply@bank.example>"},
    {"a@x.example (J. Doe, b@x.example)", "a@x.example", "ok", "J. Doe, b@x.example"},
    {"=?utf-8?B?PGFkbWluQGJhbmsuZXhhbXBsZT4=?=,<s@attack.example>",
     "{=?utf-8?B?PGFkbWluQGJhbmsuZXhhbXBsZT4=?=,} <s@attack.example>",
     "bad comma_phrase=[=?utf-8?B?PGFkbWluQGJhbmsuZXhhbXBsZT4=?=]", "<admin@bank.example>,"},
    {"=?utf-8?Q?J=C3=BCrgen?= <j@x.example>", "{=?utf-8?Q?J=C3=BCrgen?=} <j@x.example>", "ok",
     "J\xC3\xBCrgen"},
    {"<@attack.example,@b.example:admin@bank.example>", "<admin@bank.example>",
     "obs route=[@attack.example,@b.example]", ""},
    {"< , @a.example , , @b.example : c@d.example >", "<c@d.example>",
     "obs route=[, @a.example , , @b.example]", ""},
    {"<@a.example@b.example:c@d.example>", "", "bad bad_local=[@]", "<@a.example@b.example:c@d.example>"},
    {"\"@x:y\" <a@x.example>", "{@x:y} <a@x.example>", "ok", "@x:y"},
    {"G:ceo@bank.example;x@attack.example", ":ceo@bank.example",
     "bad group=[:] group_tail=[x@attack.example]", "G x@attack.example"},
    {"A:a@x.example;, B:b@x.example;", ":a@x.example :b@x.example", "ok group=[:]", "A B"},
    {"AT&amp;T <a@x.example>", "{AT&amp;T} <a@x.example>", "bad semicolon=[;]", "AT&amp;T"},
    {"\"a;b\" <a@x.example>", "{a;b} <a@x.example>", "ok", "a;b"},
    {"x@attack.example:ceo@bank.example;", ":ceo@bank.example",
     "bad group=[:] group_at=[x@attack.example:]", "x@attack.example"},
    {"\"Team: Berlin\" <a@x.example>", "{Team: Berlin} <a@x.example>", "ok", "Team: Berlin"},
    {"Re: Team <a@x.example>", "{Team} :<a@x.example>", "bad group=[:] group_open=[:]", "Re Team"},
    {": Name <a@x.example>", "{Name} :<a@x.example>",
     "bad group=[:] group_open=[:] group_nameless=[:]", "Name"},
    {"\"Facebook\" <>", "", "bad empty_angle=[<>]", "Facebook <>"},
    {"\"A\"<>123<a@x.example>", "{A<>123} <a@x.example>", "bad text_after=[123] empty_angle=[<>]",
     "A<>123"},
    {"Team ,_<a@x.example>", "{Team ,_} <a@x.example>", "bad comma_phrase=[Team]", "Team ,_"},
    {"Doe, John <jd@x.example>", "{Doe, John} <jd@x.example>", "bad comma_phrase=[Doe]",
     "Doe, John"},
    {"\"Doe, John\" <jd@x.example>", "{Doe, John} <jd@x.example>", "ok", "Doe, John"},
    {"a@x.example <a@x.example>", "{a@x.example} <a@x.example>", "bad plain_display=[a@x.example]",
     "a@x.example"},
    {"ceo@bank.example <x@free.example>", "{ceo@bank.example} <x@free.example>",
     "bad plain_display=[ceo@bank.example]", "ceo@bank.example"},
    {"Name, <a@x.example.>, Name, <a@x.example>", "{Name,} <a@x.example> {Name,} <a@x.example>",
     "bad comma_phrase=[Name]", "Name, Name,"},
    {"<s@[x.example <b>]>", "<s@[x.example <b>]>", "ok", ""},
    {"Bank\033 <a@x.example>", "{Bank\033} <a@x.example>", "bad bad_phrase=[\033]", "Bank\033"},
    {"\"a@a.com\" <@b.com, @c.com:d@d.com> (e@e.com)", "{a@a.com} <d@d.com>",
     "obs route=[@b.com, @c.com]", "a@a.com e@e.com"},
    {"<admin@legitimate.com>\\,<second@attack.com>",
     "<admin@legitimate.com> {\\,} <second@attack.com>", "bad text_after=[\\]", "\\,"},
    {"<reward@phishing@pot!>", "", "bad bad_domain=[@]", "<reward@phishing@pot!>"},
    {"\"Julia\" <mailto:newsmail@appzm.serenitepure.fr>", "", "bad bad_local=[:]",
     "Julia <mailto:newsmail@appzm.serenitepure.fr>"},
    {"Undisclosed", "", "bad no_at=[Undisclosed]", "Undisclosed"},
    {"", "", "bad empty=[]", ""},
    {" , ,", "", "bad", ""},
    {"<a@x.example", "", "bad unclosed=[<]", "<a@x.example"},
    {"<a@x.example, b@y.example>", "", "bad bad_domain=[,]", "<a@x.example, b@y.example>"},
    {"<a@x.example, b@y.example, c@z.example>", "{<a@x.example,} b@y.example", "bad bad_domain=[,]",
     "<a@x.example, c@z.example>"},
    {"\"Bank <a@x.example>", "{\"Bank} <a@x.example>", "bad unclosed=[\"]", "\"Bank"},
    {"Bank (x <a@x.example>", "{Bank (x} <a@x.example>", "bad unclosed=[(]", "Bank (x"},
    {"Bank [x <a@x.example>", "{Bank [x} <a@x.example>", "bad unclosed=[[]", "Bank [x"},
    {"[URGENT: now] Bank <a@x.example>", "{[URGENT: now] Bank} <a@x.example>", "bad bad_phrase=[[]",
     "[URGENT: now] Bank"},
    {"a@[192.0.2.1]", "a@[192.0.2.1]", "ok", ""},
    {"\"a b\"@x.example", "a b@x.example", "ok", ""},
    {"\"a\".\"b\"@x.example", "a.b@x.example", "obs", ""},
    {"a . b @ x . example", "a.b@x.example", "obs", ""},
    {"((((((((((deep)))))))))) <a@x.example>", "<a@x.example>",
     "ok comment_depth=[((((((((((deep))))))))))]", "(((((((((deep)))))))))"},
    {"<a@x.example>>", "<a@x.example>", "bad text_after=[>]", ">"},
    {"a@x.example>", "", "bad bad_domain=[>]", "a@x.example>"},
    {"<a@x..example>", "", "bad bad_domain=[.]", "<a@x..example>"},
    {"<a b@x.example>", "", "bad bad_local=[b]", "<a b@x.example>"},
    {"Foo bar@baz.example", "", "bad bad_local=[b]", "Foo bar@baz.example"},
    {"a@x.example; b@y.example", "a@x.example b@y.example", "bad semicolon=[;]", ""},
    {"X: Y: a@x.example;", ":a@x.example", "bad group=[:] group_nested=[:]", "X Y"},
    {"\"=?utf-8?B?PGFkbWluQGJhbmsuZXhhbXBsZT4=?=\" <s@attack.example>",
     "{=?utf-8?B?PGFkbWluQGJhbmsuZXhhbXBsZT4=?=} <s@attack.example>", "ok", "<admin@bank.example>"},
    {"<=?utf-8?Q?admin?=@bank.example>", "<=?utf-8?Q?admin?=@bank.example>",
     "ok encoded_word=[=?utf-8?Q?admin?=@bank.example]", ""},
    {"noreply@\xF0\x9D\x90\x9A\xF0\x9D\x90\xA8\xF0\x9D\x90\xA4.\xF0\x9D\x90\x9D\xF0\x9D\x90\x9E",
     "noreply@aok.de", "ok", ""},
    {"\"Bob \\\"B\\\" <b@y.example>\" <a@x.example>", "{Bob \"B\" <b@y.example>} <a@x.example>",
     "ok", "Bob \"B\" <b@y.example>"},
    {"A,\r\n B <a@x.example>", "{A, B} <a@x.example>", "bad comma_phrase=[A]", "A, B"},
    {"<a@x.example(c)>", "<a@x.example>", "ok", "c"},
    {"<a@x.example, <b@y.example>", "{<a@x.example,} <b@y.example>",
     "bad nested=[<] bad_domain=[,]", "<a@x.example,"},
    {"<>, <a@x.example>", "{<>,} <a@x.example>", "bad empty_angle=[<>]", "<>,"},
    {"<a@x.example. >", "<a@x.example>", "ok", ""},
    {"\"a\\\"b\"@x.example", "a\"b@x.example", "ok", ""},
    {"<\"a>b\"@x.example>", "<a>b@x.example>", "ok", ""},
    {"A <a@x.example>, B", "{A} <a@x.example>", "bad no_at=[B]", "A B"},
    {"a@x.example b", "", "bad bad_domain=[b]", "a@x.example b"},
    {"<@x.example>", "", "bad bad_local=[@]", "<@x.example>"},
    {"<a@>", "", "bad bad_domain=[>]", "<a@>"},
    {"@x.example", "", "bad bad_local=[@]", "@x.example"},
    {"a.@x.example", "a.@x.example", "bad local_dots=[a.]", ""},
    {".a@x.example", ".a@x.example", "bad local_dots=[.a]", ""},
    {"<a..b@x.example>", "<a..b@x.example>", "bad local_dots=[a..b]", ""},
    {"\"a\".@x.example", "a.@x.example", "bad local_dots=[\"a\".]", ""},
    {"<.@x.example>", "", "bad bad_local=[@]", "<.@x.example>"},
    {"<a. @x.example>", "", "bad bad_local=[@]", "<a. @x.example>"},
    {"a..b@x.example", "a..b@x.example", "bad local_dots=[a..b]", ""},
    {".Foo <a@x.example>", "{.Foo} <a@x.example>", "bad bad_phrase=[.]", ".Foo"},
    {"Foo . Bar <a@x.example>", "{Foo . Bar} <a@x.example>", "obs", "Foo . Bar"},
    {"(only) (comments)", "", "bad empty=[]", "only comments"},
    {"Bank (a (b) <a@x.example>", "{Bank (a (b)} <a@x.example>", "bad unclosed=[(]", "Bank (a (b)"},
    {"Team: A <a@x.example>, b@x.example; , c@x.example",
     "{A} :<a@x.example> :b@x.example c@x.example", "ok group=[:]", "Team A"},
    {"Team:;", "", "ok group=[:]", "Team"},
    {"a@x.example, , b@x.example", "a@x.example b@x.example", "obs", ""},
    {"\"unclosed \\\" <a@x.example>", "{\"unclosed \\\"} <a@x.example>", "bad unclosed=[\"]",
     "\"unclosed \\\""},
    {"A; B; <a@x.example>", "{A; B;} <a@x.example>", "bad semicolon=[;]", "A; B;"},
    {"\"a\007b\" <a@x.example>", "{a\007b} <a@x.example>", "obs", "a\007b"},
    {"\"a\\\rb\" <a@x.example>", "{a\rb} <a@x.example>", "obs", "a\rb"},
    {"\"a\rb\" <a@x.example>", "{a\rb} <a@x.example>", "bad bad_phrase=[\r]", "a\rb"},
    {"(a\nb) <a@x.example>", "<a@x.example>", "bad bad_phrase=[\n]", "a\nb"},
    {"j\xC3\xBCrgen@m\xC3\xBCller.example", "j\xC3\xBCrgen@xn--mller-kva.example", "ok", ""},
};

static void values(void **state)
{
    struct from_bench b;

    (void)state;
    from_bench_init(&b);
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        from_bench_parse(&b, twf_span_str(rows[i].value));
        from_put_mailboxes(&b.text, &b.from);
        from_expect(&b, i, "mailboxes", rows[i].mailboxes);
        from_put_errors(&b.text, &b.from);
        from_expect(&b, i, "errors", rows[i].errors);
        twf_buf_span(&b.text, b.from.display_text);
        from_expect(&b, i, "display text", rows[i].display_text);
    }
    from_bench_fini(&b);
}

/* Each value, cut at each byte and with each byte left out: nothing is read beyond it. */
static void cuts(void **state)
{
    uint8_t value[256];
    struct from_bench b;

    (void)state;
    from_bench_init(&b);
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        size_t len = strlen(rows[i].value);

        for (size_t at = 0; at < len; at++) {
            from_bench_parse(&b, twf_span(rows[i].value, at));
            from_put_errors(&b.text, &b.from);
            twf_buf_reset(&b.text);
            assert_true(len <= sizeof(value));
            memcpy(value, rows[i].value, at);
            memcpy(value + at, rows[i].value + at + 1, len - at - 1);
            from_bench_parse(&b, twf_span(value, len - 1));
            from_put_errors(&b.text, &b.from);
            twf_buf_reset(&b.text);
        }
    }
    from_bench_fini(&b);
}

/* Every byte of the unfolded value is the byte of the raw value that its offset names. */
static void folds(void **state)
{
    static const char *const raws[] = {
        "a@x.example", "A\r\n B\n\tC\r\n\r\n <a@x.example>",
        "\r\n a",      "a\r\n ",
        "a\r\r\n b",   "a\rb",
        "a\n",         "a\r\nb\r\n c",
    };
    static const char *const unfolded[] = {
        "a@x.example", "A B\tC\r\n <a@x.example>", " a", "a ", "a\r b", "a\rb", "a\n", "a\r\nb c",
    };
    struct from_bench b;

    (void)state;
    from_bench_init(&b);
    for (size_t i = 0; i < TWF_COUNT(raws); i++) {
        from_bench_parse(&b, twf_span_str(raws[i]));
        twf_buf_span(&b.text, b.from.value);
        from_expect(&b, i, "value", unfolded[i]);
        for (uint32_t k = 0; k < b.from.value.len; k++) {
            uint32_t raw = twf_from_raw_off(&b.from, k) - 100;

            assert_true(raw < strlen(raws[i]));
            assert_int_equal(raws[i][raw], b.from.value.ptr[k]);
        }
    }
    from_bench_fini(&b);
}

static void limits(void **state)
{
    static const char list[] = "a@x.example, b@x.example, c@x.example";
    struct from_bench b;

    (void)state;
    from_bench_init(&b);
    b.limits.value[TWF_LIMIT_MAILBOXES] = 2;
    from_bench_parse(&b, twf_span_str(list));
    from_put_errors(&b.text, &b.from);
    from_expect(&b, 0, "errors", "ok too_many=[c@x.example]");
    assert_int_equal(b.from.mailbox_count, 2);

    b.limits.value[TWF_LIMIT_FROM] = 11;
    from_bench_parse(&b, twf_span_str(list));
    assert_true(b.from.cut);
    assert_int_equal(b.from.value.len, 11);
    assert_int_equal(b.from.mailbox_count, 1);
    from_bench_parse(&b, twf_span(list, 11));
    assert_false(b.from.cut);

    b.limits.value[TWF_LIMIT_FROM] = 3;
    from_bench_parse(&b, twf_span_str("a\r\n bc"));
    assert_true(b.from.cut);
    assert_true(twf_span_is(b.from.value, "a b"));
    from_bench_parse(&b, twf_span_str("a\r\n b"));
    assert_false(b.from.cut);

    b.limits.value[TWF_LIMIT_FROM] = 1000;
    b.limits.value[TWF_LIMIT_COMMENT] = 2;
    from_bench_parse(&b, twf_span_str("((x)) a@x.example (((y)))"));
    from_put_errors(&b.text, &b.from);
    from_expect(&b, 1, "errors", "ok comment_depth=[(((y)))]");
    from_bench_fini(&b);
}

/* A mebibyte of what could make a parser look twice. Quadratic time would take hours here. */
static void hostile(void **state)
{
    static const char *const units[] = {
        "<",
        ">",
        "\"",
        "(",
        "[",
        ":",
        ";",
        ",",
        "@",
        "a@",
        "a,",
        "<a@b.c>",
        "<a@b.c>,",
        "a:",
        "<@",
        "<@a,",
        "(a)",
        "((",
        "\\\"",
        "\\(",
        "=?",
        "=?utf-8?q?",
        "=?utf-8?q?a?=",
        "a(",
        "\"<",
        "<\"",
        "[<",
        "<a@[",
        "a@b.c:",
        "a.",
        ". ",
        "\r\n ",
        "a@a@",
        "\"a\"",
        "<a@b.c, ",
        "\xE2\x80\x8B",
    };
    struct from_bench b;
    struct twf_buf value;
    clock_t begin = clock();

    (void)state;
    from_bench_init(&b);
    twf_buf_init(&value);
    b.limits.value[TWF_LIMIT_FROM] = 1 << 20;
    b.limits.value[TWF_LIMIT_MAILBOXES] = 1 << 20;
    for (size_t i = 0; i < TWF_COUNT(units); i++) {
        twf_buf_reset(&value);
        while (value.len < 1 << 20)
            twf_buf_str(&value, units[i]);
        from_bench_parse(&b, twf_buf_view(&value));
    }
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 60);
    twf_buf_fini(&value);
    from_bench_fini(&b);
}

static void ldh_lists(void **state)
{
    static const struct {
        const char *line;
        bool is_list;
    } lists[] = {
        {"a@x.example", true},
        {"<a@x.example>", true},
        {"A B <a@x.example>, \"c\" <d@y-z.example> (e)", true},
        {"", false},
        {"a", false},
        {"a@x", false},
        {"a@x.example, b@y", false},
        {"a@x_y.example", false},
        {"a@x.example.", false},
        {"a@-x.example", false},
        {"a@x-.example", false},
        {"a@m\xC3\xBCller.example", false},
        {"a@[192.0.2.1]", false},
        {"A. B <a@x.example>", false},
        {"a@x.example,", false},
        {"a @ x . example", false},
        {"<@y.example:a@x.example>", false},
        {"G:a@x.example;", false},
        {"'a@b.example' RCPT:''", false},
        {"Subject:To", false},
        {"A, <a@x.example>", false},
        {"<a@x.example> b", false},
        {"<a@x.example", false},
    };
    struct from_bench b;

    (void)state;
    from_bench_init(&b);
    for (size_t i = 0; i < TWF_COUNT(lists); i++) {
        if (twf_is_strict_ldh_list(&b.arena, twf_span_str(lists[i].line)) != lists[i].is_list)
            fail_msg("row %zu: %s", i, lists[i].line);
    }
    from_bench_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values), cmocka_unit_test(cuts),    cmocka_unit_test(folds),
        cmocka_unit_test(limits), cmocka_unit_test(hostile), cmocka_unit_test(ldh_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
