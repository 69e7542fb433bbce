/* SPDX-License-Identifier: Apache-2.0 */
/* S1 to S5, docs/verdicts.md 4.3, and addresses in running text (section 6). */
#include "from_text.h"

static const struct {
    const char *value, *readings;
    bool decoded_angle;
} rows[] = {
    {"John Doe <jdoe@machine.example>",
     "S1=jdoe@machine.example S2=jdoe@machine.example S3=jdoe@machine.example "
     "S4=jdoe@machine.example S5=jdoe@machine.example",
     false},
    {"John Doe <jdoe@machine(comment).  example>",
     "S1=jdoe@machine.example S2=jdoe@machine.example", false},
    {"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
     "S1=pete@silly.test S2=pete@silly.test", false},
    {"<first@attack.example>, <admin@bank.example>",
     "S1=first@attack.example S2=admin@bank.example S3=first@attack.example S4=admin@bank.example "
     "S5=first@attack.example S5=admin@bank.example",
     false},
    {"<any@attack.example>admin@bank.example",
     "S1=any@attack.example S2=any@attack.example S3=any@attack.example S4=any@attack.example "
     "S5=any@attack.example",
     false},
    {"<a@x.example> \"n\" <b@y.example>",
     "S1=a@x.example S2=b@y.example S3=a@x.example S4=b@y.example S5=a@x.example S5=b@y.example",
     false},
    {"\"<a@x.example>b\" <c@x.example>",
     "S1=c@x.example S2=c@x.example S3=c@x.example S4=c@x.example S5=c@x.example", false},
    {"Win <LKJ@<noreply@bank.example>",
     "S1=noreply@bank.example S2=noreply@bank.example S3=noreply@bank.example "
     "S4=noreply@bank.example S5=noreply@bank.example",
     false},
    {"Support,(<noreply@bank.example>)",
     "S3=noreply@bank.example S4=noreply@bank.example S5=noreply@bank.example", false},
    {"=?utf-8?B?PGFkbWluQGJhbmsuZXhhbXBsZT4=?=,<s@attack.example>",
     "S1=s@attack.example S2=s@attack.example S3=s@attack.example S4=s@attack.example "
     "S5=admin@bank.example* S5=s@attack.example",
     true},
    {"=?utf-8?Q?J=C3=BCrgen?= <j@x.example>",
     "S1=j@x.example S2=j@x.example S3=j@x.example S4=j@x.example S5=j@x.example", false},
    {"<@attack.example,@b.example:admin@bank.example>",
     "S1=admin@bank.example S2=admin@bank.example S3=@attack.example,@b.example:admin@bank.example "
     "S4=@attack.example,@b.example:admin@bank.example "
     "S5=@attack.example,@b.example:admin@bank.example",
     false},
    {"\"A\"<>123<a@x.example>",
     "S1=a@x.example S2=a@x.example S3=a@x.example S4=a@x.example S5=a@x.example", false},
    {"<s@[x.example <b>]>", "S1=s@[x.example <b>] S2=s@[x.example <b>]", false},
    {"\"a@a.com\" <@b.com, @c.com:d@d.com> (e@e.com)",
     "S1=d@d.com S2=d@d.com S3=@b.com, @c.com:d@d.com S4=@b.com, @c.com:d@d.com S5=@b.com, "
     "@c.com:d@d.com",
     false},
    {"<reward@phishing@pot!>",
     "S3=reward@phishing@pot! S4=reward@phishing@pot! S5=reward@phishing@pot!", false},
    {"\"Julia\" <mailto:newsmail@appzm.serenitepure.fr>",
     "S3=mailto:newsmail@appzm.serenitepure.fr S4=mailto:newsmail@appzm.serenitepure.fr "
     "S5=mailto:newsmail@appzm.serenitepure.fr",
     false},
    {"<a@x.example", "", false},
    {"<a@x.example, b@y.example>",
     "S3=a@x.example, b@y.example S4=a@x.example, b@y.example S5=a@x.example, b@y.example", false},
    {"\"Bank <a@x.example>",
     "S1=a@x.example S2=a@x.example S3=a@x.example S4=a@x.example S5=a@x.example", false},
    {"<a@x..example>", "S3=a@x..example S4=a@x..example S5=a@x..example", false},
    {"<a b@x.example>", "S3=a b@x.example S4=a b@x.example S5=a b@x.example", false},
    {"\"=?utf-8?B?PGFkbWluQGJhbmsuZXhhbXBsZT4=?=\" <s@attack.example>",
     "S1=s@attack.example S2=s@attack.example S3=s@attack.example S4=s@attack.example "
     "S5=s@attack.example",
     false},
    {"<=?utf-8?Q?admin?=@bank.example>",
     "S1==?utf-8?Q?admin?=@bank.example S2==?utf-8?Q?admin?=@bank.example "
     "S3==?utf-8?Q?admin?=@bank.example S4==?utf-8?Q?admin?=@bank.example S5=admin@bank.example*",
     true},
    {"<a@x.example(c)>",
     "S1=a@x.example S2=a@x.example S3=a@x.example(c) S4=a@x.example(c) S5=a@x.example(c)", false},
    {"<a@x.example, <b@y.example>",
     "S1=b@y.example S2=b@y.example S3=b@y.example S4=b@y.example S5=b@y.example", false},
    {"<\"a>b\"@x.example>",
     "S1=a>b@x.example S2=a>b@x.example S3=a>b@x.example S4=a>b@x.example S5=a>b@x.example", false},
    {"<@x.example>", "", false},
    {"<a@>", "", false},
    {"Name, <a@x.example.>, Name, <a@x.example>",
     "S1=a@x.example S2=a@x.example S3=a@x.example S4=a@x.example S5=a@x.example S5=a@x.example",
     false},
    /* Decoded text in which a quote or a bracket appears that the raw value does not have. */
    {"=?utf-8?q?=22?= <a@x.example> =?utf-8?q?=22?=",
     "S1=a@x.example S2=a@x.example S3=a@x.example S4=a@x.example", false},
    {"=?utf-8?q?=3C?=a@x.example=?utf-8?q?=3E?=",
     "S1==?utf-8?q?=3C?=a@x.example=?utf-8?q?=3e?= S2==?utf-8?q?=3C?=a@x.example=?utf-8?q?=3e?= "
     "S5=a@x.example*",
     true},
};

static void readings(void **state)
{
    struct from_bench b;

    (void)state;
    from_bench_init(&b);
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        from_bench_parse(&b, twf_span_str(rows[i].value));
        from_put_readings(&b.text, &b.from, 1);
        from_expect(&b, i, "readings", rows[i].readings);
        if (b.from.decoded_angle != rows[i].decoded_angle)
            fail_msg("row %zu: decoded_angle", i);
    }
    from_bench_fini(&b);
}

/* The bytes that a reading names are those it was taken from. */
static void places(void **state)
{
    struct from_bench b;

    (void)state;
    from_bench_init(&b);
    from_bench_parse(&b, twf_span_str("=?utf-8?q?A?= <a@x.example>, \"B\" <b@y.example>"));
    assert_int_equal(b.from.reading_count, 6);
    for (uint32_t i = 0; i < 6; i++) {
        const struct twf_reading *r = &b.from.readings[i];
        static const uint8_t readers[] = {1, 2, 3, 4, 5, 5};

        assert_int_equal(r->reader, readers[i]);
        assert_true(twf_span_is(twf_span(b.from.value.ptr + r->off, r->len),
                                i % 2 == 0 ? "a@x.example" : "b@y.example"));
    }
    from_bench_parse(&b, twf_span_str("=?utf-8?q?=3Ca=40x.example=3E?="));
    assert_int_equal(b.from.reading_count, 1);
    assert_int_equal(b.from.readings[0].off, 0);
    assert_int_equal(b.from.readings[0].len, 0);
    from_bench_fini(&b);
}

static void text_addresses(void **state)
{
    static const struct {
        const char *text, *addresses;
    } texts[] = {
        {"a@x.example", "a@x.example/x.example "},
        {"mail a.b+c@x.example, or (d@y-z_1.example).",
         "a.b+c@x.example/x.example d@y-z_1.example/y-z_1.example "},
        {"<a@x.example>", "a@x.example/x.example "},
        {"a@x.example.", "a@x.example/x.example "},
        {"a@x.example..y", "a@x.example/x.example "},
        {"a@b@x.example", "b@x.example/x.example "},
        {"a@x.example@y.example", "a@x.example/x.example "},
        {"a@m\xC3\xBCller.example", "a@m\xC3\xBCller.example/m\xC3\xBCller.example "},
        {"a@x.example\xE2\x80\x94"
         "b",
         "a@x.example/x.example "},
        {"a@x.ex\xE2\x80\x8B"
         "ample",
         "a@x.ex/x.ex "},
        {"a@x.\xFF", ""},
        {"pkg@1.2.3", ""},
        {"a@x.2 b@y.2nd", "b@y.2nd/y.2nd "},
        {"a\xEF\xBC\xA0x.example", "a\xEF\xBC\xA0x.example/x.example "},
        {"a\xEF\xB9\xABx.example b@y.example",
         "a\xEF\xB9\xABx.example/x.example b@y.example/y.example "},
        {"a\xEF\xBC", ""},
        {"user@home", ""},
        {"user@.home.example", ""},
        {"@x.example", ""},
        {"a @x.example", ""},
        {"a@ x.example", ""},
        {"", ""},
        {"@", ""},
        {"a@", ""},
    };
    struct from_bench b;

    (void)state;
    from_bench_init(&b);
    for (size_t i = 0; i < TWF_COUNT(texts); i++) {
        struct twf_span text = twf_arena_copy(&b.arena, twf_span_str(texts[i].text));
        struct twf_span address, domain;
        size_t pos = 0;

        while (twf_text_address(text, &pos, &address, &domain)) {
            twf_buf_span(&b.text, address);
            twf_buf_byte(&b.text, '/');
            twf_buf_span(&b.text, domain);
            twf_buf_byte(&b.text, ' ');
        }
        assert_int_equal(pos, text.len);
        from_expect(&b, i, "addresses", texts[i].addresses);
    }
    from_bench_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readings),
        cmocka_unit_test(places),
        cmocka_unit_test(text_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
