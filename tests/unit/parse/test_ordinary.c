/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short ways against the full parser: on generated values each member of struct twf_from is
 * equal.
 */
#include "from_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t seed = 1;

static uint32_t draw(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

static bool spans_equal(struct twf_span a, struct twf_span b)
{
    return twf_span_eq(a, b);
}

static bool domains_equal(const struct twf_domain *a, const struct twf_domain *b)
{
    return spans_equal(a->written, b->written) && spans_equal(a->name, b->name) &&
           spans_equal(a->org, b->org) && spans_equal(a->rule, b->rule) && a->flags == b->flags;
}

static bool mailboxes_equal(const struct twf_mailbox *a, const struct twf_mailbox *b)
{
    return spans_equal(a->display, b->display) && spans_equal(a->local, b->local) &&
           spans_equal(a->local_raw, b->local_raw) && domains_equal(&a->domain, &b->domain) &&
           a->off == b->off && a->len == b->len && a->route_off == b->route_off &&
           a->route_len == b->route_len && a->angle == b->angle && a->in_group == b->in_group &&
           a->quoted_local == b->quoted_local;
}

static bool readings_equal(const struct twf_reading *a, const struct twf_reading *b)
{
    return a->reader == b->reader && spans_equal(a->local, b->local) &&
           domains_equal(&a->domain, &b->domain) && a->off == b->off && a->len == b->len &&
           a->from == b->from && a->decoded == b->decoded;
}

static bool froms_equal(const struct twf_from *a, const struct twf_from *b)
{
    if (!spans_equal(a->value, b->value) || a->raw_off != b->raw_off ||
        a->fold_count != b->fold_count || a->cut != b->cut || a->bytes != b->bytes ||
        a->has_ctrl != b->has_ctrl || a->mailbox_count != b->mailbox_count ||
        a->strict_ok != b->strict_ok || a->obs != b->obs || a->errors != b->errors ||
        memcmp(a->error_off, b->error_off, sizeof(a->error_off)) != 0 ||
        memcmp(a->error_len, b->error_len, sizeof(a->error_len)) != 0 ||
        !spans_equal(a->display_text, b->display_text) || a->comment_addr != b->comment_addr ||
        a->comment_addr_off != b->comment_addr_off || a->comment_addr_len != b->comment_addr_len ||
        a->reading_count != b->reading_count || a->decoded_angle != b->decoded_angle)
        return false;
    for (uint32_t i = 0; i < a->mailbox_count; i++) {
        if (!mailboxes_equal(&a->mailboxes[i], &b->mailboxes[i]))
            return false;
    }
    for (uint32_t i = 0; i < a->reading_count; i++) {
        if (!readings_equal(&a->readings[i], &b->readings[i]))
            return false;
    }
    return true;
}

typedef bool short_way(struct twf_domains *d, struct twf_arena *a, struct twf_span raw,
                       uint32_t raw_off, struct twf_from *out);

/* True when the short way took the value. */
static bool compare_way(struct from_bench *b, short_way *way, struct twf_span value)
{
    struct twf_from ordinary;

    from_bench_parse(b, value);
    if (!way(b->domains, &b->arena, twf_span(b->copy, value.len), 100, &ordinary))
        return false;
    if (!froms_equal(&ordinary, &b->from))
        fail_msg("the two differ: %.*s", (int)value.len, (const char *)value.ptr);
    return true;
}

static bool compare(struct from_bench *b, struct twf_span value)
{
    return compare_way(b, twf_from_parse_ordinary, value);
}

static void form(void **state)
{
    static const struct {
        const char *value;
        bool ordinary;
    } rows[] = {
        {"a@x.example", true},
        {"<a@x.example>", true},
        {"Bob <a@x.example>", true},
        {"Bob B Smith-Jones O'Neil 3 <a.b+c=d_e-f@mail.x-y.co.uk>", true},
        {"Bob_____________________ <a@x.example>", true},
        {"\"Bob\" <a@x.example>", true},
        {"\"Bob\"<a@x.example>", true},
        {"\"Doe J., Bob\" <a@x.example>", true},
        {"Bob -x <a@x.example>", true},
        {"a@1.2", true},
        {"a@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
         true},
        {"A@X.Example", true},
        {"", false},
        {"a@b", false},
        {"<a@b>", false},
        {"Bob<a@x.example>", false},
        {"Bob  <a@x.example>", false},
        {"Bob  B <a@x.example>", false},
        {" a@x.example", false},
        {"a@x.example ", false},
        {"<a@x.example> ", false},
        {"<a@x.example", false},
        {"a@x.example>", false},
        {"Bob a@x.example", false},
        {"_Bob <a@x.example>", false},
        {"Bob. B <a@x.example>", false},
        {"\"Doe, Bob\" <a@x.example>", false},
        {"\"\" <a@x.example>", false},
        {"\"Bob \" <a@x.example>", false},
        {"\"Bob <a@x.example>", false},
        {"\"Bob\"  <a@x.example>", false},
        {"\"Bob\" B <a@x.example>", false},
        {"\"a@b\" <a@x.example>", false},
        {"Bob\t<a@x.example>", false},
        {"a.@x.example", false},
        {".a@x.example", false},
        {"a..b@x.example", false},
        {"@x.example", false},
        {"<@x.example>", false},
        {"a@-x.example", false},
        {"a@x-.example", false},
        {"a@x.example-", false},
        {"a@x..example", false},
        {"a@x.example.", false},
        {"a@.x.example", false},
        {"a@x_y.example", false},
        {"a@b@x.example", false},
        {"a@x.example,b@x.example", false},
        {"<a@x.example><b@x.example>", false},
        {"=?utf-8?q?a?= <a@x.example>", false},
        {"Bob (x) <a@x.example>", false},
        {"J\xC3\xBCrgen <a@x.example>", false},
        {"a@m\xC3\xBCller.example", false},
        {"Bob\r\n <a@x.example>", false},
    };
    struct from_bench b;

    (void)state;
    from_bench_init(&b);
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        if (compare(&b, twf_span_str(rows[i].value)) != rows[i].ordinary)
            fail_msg("row %zu: %s", i, rows[i].value);
    }
    from_bench_fini(&b);
}

/* Too long for the short way, so that it needs to know no limit. */
static void length(void **state)
{
    uint8_t value[1000];
    struct from_bench b;

    (void)state;
    from_bench_init(&b);
    memset(value, 'a', sizeof(value));
    memcpy(value + 990, "@x.example", 10);
    assert_true(compare(&b, twf_span(value + 2, 998)));
    assert_false(compare(&b, twf_span(value + 1, 999)));
    from_bench_fini(&b);
}

static void put_some(struct twf_buf *out, const char *alphabet, uint32_t max)
{
    uint32_t n = draw(max + 1);

    for (uint32_t i = 0; i < n; i++)
        twf_buf_byte(out, (uint8_t)alphabet[draw((uint32_t)strlen(alphabet))]);
}

/* What the second short way takes: a name of one phrase and an ordinary address behind it. */
static void usual_form(void **state)
{
    static const struct {
        const char *value;
        bool usual;
    } rows[] = {
        {"<a@x.example>", true},
        {"<a@b>", true},
        {"Bob<a@x.example>", true},
        {"Bob  B!  <a@x.example>", true},
        {"Bob. B <a@x.example>", true},
        {"_______________________________ <a@x.example>", true},
        {"\"\" <a@x.example>", true},
        {"\" Bob \"   <a@x-y.example>", true},
        {"\"Bob (x) <b@y.example>, c\" <a@x.example>", true},
        {"J\xC3\xBCrgen <a@x.example>", true},
        {"\"J\xFCrgen\" <a@x.example>", true},
        {"=?utf-8?q?a?= <a@x.example>", true},
        {"=?utf-8?q?a?= =?utf-8?b?w7w=?= B <a@x.example>", true},
        {"=?utf-8?q?b=40y.example?= <a@x.example>", true},
        {"\"=?utf-8?q?=3Cb=40y.example=3E?=\" <a@x.example>", true},
        {"=?x-none?q?a?= <a@x.example>", true},
        {"\"=?x-none?q?a?=\" <a@x.example>", true},
        {"=?utf-8?q?a <a@x.example>", true},
        {"\"=?utf-8?\"<a@x.example>", true},
        {"=?utf-8?q?=3Cb=40y.example=3E?= <a@x.example>", false},
        {"\"=?utf-8?q?=22?= <b@y.example>\" <a@x.example>", false},
        {"\"=?utf-8?q?=5C?=\" <a@x.example>", false},
        {"=?utf-8?q?=22?= <a@x.example>", false},
        {"\xC3\xBC =?utf-8?q?a?= <a@x.example>", false},
        {"", false},
        {"a@x.example", false},
        {".Bob <a@x.example>", false},
        {" Bob <a@x.example>", false},
        {"Bob, B <a@x.example>", false},
        {"Bob: <a@x.example>", false},
        {"Bob (x) <a@x.example>", false},
        {"\"Bob\" B <a@x.example>", false},
        {"\"Bob\\\" <a@x.example>", false},
        {"\"Bob <a@x.example>", false},
        {"Bob\t<a@x.example>", false},
        {"b@y.example <a@x.example>", false},
        {"Bob <a@x.example> ", false},
        {"Bob <a@x.example.>", false},
        {"Bob <a@x_y.example>", false},
        {"Bob <a..b@x.example>", false},
        {"Bob <\"a\"@x.example>", false},
        {"Bob <a@[192.0.2.1]>", false},
        {"Bob <a @x.example>", false},
        {"Bob <a@x.example><b@y.example>", false},
        {"Bob <>", false},
    };
    struct from_bench b;

    (void)state;
    from_bench_init(&b);
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        if (compare_way(&b, twf_from_parse_usual, twf_span_str(rows[i].value)) != rows[i].usual)
            fail_msg("row %zu: %s", i, rows[i].value);
    }
    from_bench_fini(&b);
}

/* A value of about the form; every tenth byte or so is then one that does not belong there. */
static void generate(struct twf_buf *out)
{
    static const char nasty[] = "<>@\"(),;:. \t-_'+=?\\[]\r\n\xC3";
    bool angle = draw(4) != 0, quoted = angle && draw(2) == 0;
    uint32_t words = angle ? draw(4) : 0;

    twf_buf_reset(out);
    if (words > 0 && quoted)
        twf_buf_byte(out, '"');
    for (uint32_t i = 0; i < words; i++) {
        if (i > 0)
            twf_buf_byte(out, ' ');
        twf_buf_byte(out, (uint8_t)("aZ9-"[draw(4)]));
        put_some(out, quoted && i > 0 ? "aB3_'-.," : "aB3_'-", 3);
    }
    if (words > 0)
        twf_buf_str(out, quoted ? (draw(2) ? "\"" : "\" ") : " ");
    if (angle)
        twf_buf_byte(out, '<');
    for (uint32_t i = 0, n = 1 + draw(3); i < n; i++) {
        twf_buf_str(out, i > 0 ? "." : "");
        twf_buf_byte(out, 'l');
        put_some(out, "aZ0_+=-", 3);
    }
    twf_buf_byte(out, '@');
    for (uint32_t i = 0, n = 1 + draw(4); i < n; i++) {
        twf_buf_str(out, i > 0 ? "." : "");
        twf_buf_byte(out, (uint8_t)("aBc1"[draw(4)]));
        put_some(out, "aZ0-", 3);
        twf_buf_byte(out, (uint8_t)("xyz2"[draw(4)]));
    }
    if (angle)
        twf_buf_byte(out, '>');
    if (draw(3) == 0)
        out->ptr[draw((uint32_t)out->len)] = (uint8_t)nasty[draw(sizeof(nasty) - 1)];
}

/* A name of pieces that mean something to some reader, in quotes or not. */
static void generate_usual(struct twf_buf *out)
{
    static const char *const pieces[] = {
        "a",
        "B9",
        " ",
        "  ",
        ".",
        "_",
        "!",
        "=",
        "?",
        "\xC3\xBC",
        "\xFF",
        "=?utf-8?q?x?=",
        "=?utf-8?q?=22?=",
        "=?utf-8?q?=3C?=",
        "=?utf-8?q?=3Cb=40y.example=3E?=",
        "=?utf-8?b?YQ==?=",
        "=?none?q?a?=",
        "=?",
        "?=",
        "=?utf-8?q?=5C?=",
        "@",
        "<",
        ">",
        ",",
        "(",
        ")",
        "\"",
        "\\",
        "\t",
    };
    bool quoted = draw(2) == 0;
    /* Mostly those that may stand in a phrase. */
    uint32_t kinds = draw(4) == 0 ? TWF_COUNT(pieces) : TWF_COUNT(pieces) - (quoted ? 3 : 9);

    twf_buf_reset(out);
    twf_buf_str(out, quoted ? "\"" : "");
    for (uint32_t i = draw(5); i > 0; i--)
        twf_buf_str(out, pieces[draw(kinds)]);
    twf_buf_str(out, quoted ? "\"" : "");
    put_some(out, " ", 2);
    twf_buf_str(out, "<");
    put_some(out, "lL0_+=-.", 4);
    twf_buf_str(out, draw(2) ? "@x.example>" : "@X-y>");
    if (draw(8) == 0)
        out->ptr[draw((uint32_t)out->len)] = (uint8_t)("<>@\"(),;:. \\["[draw(14)]);
}

static void generated_usual(void **state)
{
    enum { VALUES = 30000 };
    struct from_bench b;
    struct twf_buf value;
    uint32_t taken = 0;

    (void)state;
    from_bench_init(&b);
    twf_buf_init(&value);
    for (uint32_t i = 0; i < VALUES; i++) {
        generate_usual(&value);
        taken += compare_way(&b, twf_from_parse_usual, twf_buf_view(&value)) ? 1 : 0;
    }
    assert_in_range(taken, VALUES / 8, VALUES - VALUES / 10);
    twf_buf_fini(&value);
    from_bench_fini(&b);
}

static void generated(void **state)
{
    enum { VALUES = 20000 };
    struct from_bench b;
    struct twf_buf value;
    uint32_t taken = 0;

    (void)state;
    from_bench_init(&b);
    twf_buf_init(&value);
    for (uint32_t i = 0; i < VALUES; i++) {
        generate(&value);
        taken += compare(&b, twf_buf_view(&value)) ? 1 : 0;
    }
    /* Both sides of the border must have been met. */
    assert_in_range(taken, VALUES / 4, VALUES - VALUES / 10);
    twf_buf_fini(&value);
    from_bench_fini(&b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(form),       cmocka_unit_test(length),
        cmocka_unit_test(usual_form), cmocka_unit_test(generated_usual),
        cmocka_unit_test(generated),
    };

    seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
    printf("seed %llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
