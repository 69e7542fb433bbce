/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains: the table of vectors, one spelling as a fixed point, lengths, skeletons, failing
 * memory.
 */
#include "vectors.h"

#include "base/alloc.h"
#include "base/compiler.h"
#include "parse/parse.h"

static struct twf_domains *new_domains(void)
{
    struct twf_domains *d = NULL;

    assert_int_equal(twf_domains_new(twf_psl_embedded(), &d, NULL), TWF_OK);
    return d;
}

static void flags_text(uint32_t flags, char *out, size_t cap)
{
    static const char *const names[] = {
        "no_dot",     "underscore",   "trailing_dot", "literal",   "empty_label",
        "long_label", "long_name",    "blank",        "bad_byte",  "bad_literal",
        "unmapped",   "mapped_ascii", "mixed_script", "is_suffix", "tenant"};
    size_t n = 0;

    out[0] = '\0';
    assert_int_equal(flags >> TWF_COUNT(names), 0);
    for (size_t i = 0; i < TWF_COUNT(names); i++) {
        if ((flags >> i & 1) != 0)
            n += (size_t)snprintf(out + n, cap - n, "%s%s", n > 0 ? "," : "", names[i]);
    }
}

static void table(void **state)
{
    struct twf_domains *d = new_domains();
    struct twf_arena a;
    struct vectors v;

    (void)state;
    twf_arena_init(&a, 4096);
    vectors_open(&v, "domains.tsv");
    while (vectors_next(&v)) {
        struct twf_span written = vectors_bytes(v.cell[0]);

        /* The second time it is remembered. */
        for (int i = 0; i < 2; i++) {
            struct twf_domain got = twf_domain_parse(d, &a, written), again;
            char flags[256];

            assert_true(got.written.ptr == written.ptr && got.written.len == written.len);
            vectors_expect(&v, "name", got.name, v.cell[1]);
            vectors_expect(&v, "org", got.org, v.cell[2]);
            vectors_expect(&v, "rule", got.rule, strcmp(v.cell[3], "-") == 0 ? "" : v.cell[3]);
            flags_text(got.flags, flags, sizeof(flags));
            if (strcmp(flags, v.cell[4]) != 0)
                fail_msg("line %u: flags %s, want %s", v.line, flags, v.cell[4]);
            if (got.org.len > 0)
                assert_ptr_equal(got.org.ptr + got.org.len, got.name.ptr + got.name.len);
            if ((got.flags & TWF_DOMAIN_EMPTY_LABEL) == 0) {
                again = twf_domain_parse(d, &a, got.name);
                vectors_expect(&v, "name of the name", again.name, v.cell[1]);
                vectors_expect(&v, "org of the name", again.org, v.cell[2]);
            }
        }
        free((void *)(uintptr_t)written.ptr);
        assert_false(a.failed);
        twf_arena_reset(&a);
    }
    assert_true(v.rows > 80);
    twf_arena_fini(&a);
    twf_domains_free(d);
}

/* A name that is remembered is the same as one that is met first; near names never stand for it. */
static void remembered(void **state)
{
    static const char *const pieces[] = {
        "a",   "b", "A",  ".",    ".",        "mail",           "co.uk",
        "com", "-", "_",  "xn--", "..",       "\xC3\xBC",       "github",
        ".io", " ", "\t", "\r\n", "12345678", "onmicrosoft.com"};
    struct twf_domains *old = new_domains();
    struct twf_arena a;
    uint32_t seed = 7, long_ones = 0;

    (void)state;
    twf_arena_init(&a, 4096);
    for (int round = 0; round < 4000; round++) {
        struct twf_domains *fresh = new_domains();
        char text[256];
        size_t len = 0;

        for (uint32_t n = 1 + (seed >> 8) % 16; n > 0; n--) {
            const char *piece;

            seed = seed * 1664525 + 1013904223;
            piece = pieces[(seed >> 16) % TWF_COUNT(pieces)];
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        for (int again = 0; again < 3; again++) {
            uint8_t *copy = malloc(len);
            struct twf_span written = {copy, len};
            struct twf_domain x, y;

            assert_non_null(copy);
            memcpy(copy, text, len);
            /* The last byte differs in case, or not. */
            copy[len - 1] ^= (uint8_t)(again == 1 && copy[len - 1] >= 'A' ? 0x20 : 0);
            x = twf_domain_parse(old, &a, written);
            y = twf_domain_parse(fresh, &a, written);
            assert_ptr_equal(x.written.ptr, copy);
            assert_int_equal(x.flags, y.flags);
            assert_true(twf_span_eq(x.name, y.name) && twf_span_eq(x.org, y.org));
            assert_true(twf_span_eq(x.rule, y.rule));
            if (x.name.len > 0)
                assert_ptr_equal(x.org.ptr + x.org.len, x.name.ptr + x.name.len);
            long_ones += len > 48;
            free(copy);
            twf_domains_free(fresh);
            fresh = new_domains();
        }
        twf_domains_free(fresh);
        twf_arena_reset(&a);
    }
    assert_false(a.failed);
    assert_true(long_ones > 100);
    twf_arena_fini(&a);
    twf_domains_free(old);
}

static void nothing_is_no_domain(void **state)
{
    struct twf_domains *d = new_domains();
    struct twf_domain got;
    struct twf_arena a;

    (void)state;
    twf_arena_init(&a, 4096);
    got = twf_domain_parse(d, &a, twf_span(NULL, 0));
    assert_int_equal(got.name.len + got.org.len + got.flags, 0);
    got = twf_domain_parse(d, &a, twf_span_str(" \t"));
    assert_int_equal(got.name.len + got.org.len + got.flags, 0);
    twf_arena_fini(&a);
    twf_domains_free(d);
}

static void long_names(void **state)
{
    struct twf_domains *d = new_domains();
    char name[20000];
    struct twf_arena a;

    (void)state;
    twf_arena_init(&a, 4096);
    for (size_t i = 0; i < sizeof(name); i++)
        name[i] = i % 10 == 9 ? '.' : 'a';
    for (size_t len = 251; len < 256; len++) {
        struct twf_domain got = twf_domain_parse(d, &a, twf_span(name, len));

        assert_int_equal((got.flags & TWF_DOMAIN_LONG_NAME) != 0, len > 253);
    }
    assert_int_equal(twf_domain_parse(d, &a, twf_span(name, 19999)).flags, TWF_DOMAIN_LONG_NAME);
    /* Beyond ASCII: too long for the mapping, and for being remembered. */
    memcpy(name, "\xC3\xBC", 2);
    assert_int_equal(twf_domain_parse(d, &a, twf_span(name, 239)).flags, 0);
    for (size_t len = 255; len <= 19999; len += 1234) {
        struct twf_domain got = twf_domain_parse(d, &a, twf_span(name, len));

        assert_int_equal(got.flags & TWF_DOMAIN_UNMAPPED, TWF_DOMAIN_UNMAPPED);
        assert_int_equal(got.name.len, len - (name[len - 1] == '.'));
    }
    twf_arena_fini(&a);
    twf_domains_free(d);
}

/* More names than are remembered, twice: each slot is taken over many times. */
/* Byte by byte, as docs/verdicts.md 4.4 has it; labels are short here. */
static uint32_t expected_flags(struct twf_span name)
{
    uint32_t flags = TWF_DOMAIN_NO_DOT;

    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];

        if (c == '.') {
            flags &= ~(uint32_t)TWF_DOMAIN_NO_DOT;
            if (i == 0 || name.ptr[i - 1] == '.')
                flags |= TWF_DOMAIN_EMPTY_LABEL;
        } else if (c == '_') {
            flags |= TWF_DOMAIN_UNDERSCORE;
        } else if (!twf_is_alnum(c) && c != '-') {
            flags |= TWF_DOMAIN_BAD_BYTE;
        }
    }
    return flags;
}

/* Each of these bytes at each place of names of each length up to three words and more. */
static void each_place(void **state)
{
    static const char odd[] = ".-_!/:@[`{9Zq";
    struct twf_domains *d = new_domains();
    uint8_t text[32];
    struct twf_arena a;

    (void)state;
    twf_arena_init(&a, 4096);
    for (size_t len = 2; len <= sizeof(text); len++) {
        for (size_t at = 0; at + 1 < len; at++) {
            for (size_t k = 0; odd[k] != '\0'; k++) {
                struct twf_span name = twf_span(text, len);
                struct twf_domain got;

                memset(text, 'e', len);
                text[len / 2] = '.';
                text[len - 1] = 'm';
                text[at] = (uint8_t)odd[k];
                got = twf_domain_parse(d, &a, name);
                assert_int_equal(got.flags & ~(uint32_t)TWF_DOMAIN_IS_SUFFIX,
                                 odd[k] == '[' && at == 0 ? TWF_DOMAIN_BAD_LITERAL
                                                          : expected_flags(name));
                twf_arena_reset(&a);
            }
        }
    }
    twf_arena_fini(&a);
    twf_domains_free(d);
}

static void names_do_not_mix(void **state)
{
    struct twf_domains *d = new_domains(), *fresh;
    struct twf_arena a;

    (void)state;
    twf_arena_init(&a, 65536);
    for (unsigned int i = 0; i < 2000; i++) {
        struct twf_domain one, other;
        char name[64];

        (void)snprintf(name, sizeof(name), "m\xC3\xBC%u.%s", i % 1000,
                       i % 3 == 0 ? "\xEF\xBC\xA1" : "de");
        one = twf_domain_parse(d, &a, twf_span_str(name));
        fresh = new_domains();
        other = twf_domain_parse(fresh, &a, twf_span_str(name));
        assert_true(twf_span_eq(one.name, other.name));
        assert_int_equal(one.flags, other.flags);
        twf_domains_free(fresh);
        twf_arena_reset(&a);
    }
    twf_arena_fini(&a);
    twf_domains_free(d);
}

static void skeletons(void **state)
{
    static const struct {
        const char *name, *skeleton;
    } rows[] = {
        {"bank.example", "bank.example"},
        {"PayPal.com", "paypal.com"},
        {"p\xD0\xB0ypal.com", "paypal.com"},
        {"paypa1.com", "paypal.com"},
        {"g00gle.com", "google.com"},
        {"g\xCE\xBF\xCE\xBFgle.com", "google.com"},
        {"\xD0\xB0\xD1\x80\xD1\x80\xD3\x8F\xD0\xB5.com", "apple.com"},
        {"arnazon.com", "amazon.com"},
        {"amazon.com", "amazon.com"},
        {"vvindows.example", "windows.example"},
        {"b\xC3\xA4nk.example", "bank.example"},
        {"microso\xC6\x92t.com", "microsoft.com"},
        {"\xD5\xB8\xD6\x85ne.com", "none.com"},
        {"\xE4\xB8\xAD\xE5\x9B\xBD.cn", "\xE4\xB8\xAD\xE5\x9B\xBD.cn"},
        /* r and n of two labels are no m */
        {"bar.nbank.example", "bar.nbank.example"},
        {"xn--.example", "xn--.example"},
        {"\xFF.example", "\xFF.example"},
    };
    struct twf_domains *d = new_domains();
    struct twf_domain none = {0};
    struct twf_arena a;

    (void)state;
    twf_arena_init(&a, 4096);
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct twf_domain domain = twf_domain_parse(d, &a, twf_span_str(rows[i].name));
        struct twf_span got = twf_domain_skeleton(&a, &domain);

        if (!twf_span_is(got, rows[i].skeleton))
            fail_msg("%s: skeleton \"%.*s\"", rows[i].name, (int)got.len, (const char *)got.ptr);
    }
    assert_int_equal(twf_domain_skeleton(&a, &none).len, 0);
    twf_arena_fini(&a);
    twf_domains_free(d);
}

static void no_memory(void **state)
{
    static const char name[] = "m\xC3\xBCller.example";
    struct twf_error err = {0};
    struct twf_domains *d = NULL;
    struct twf_domain got;
    struct twf_arena a;

    (void)state;
    twf_alloc_fail_at(1);
    assert_int_equal(twf_domains_new(twf_psl_embedded(), &d, &err), TWF_ERR_NOMEM);
    twf_alloc_fail_at(0);
    assert_null(d);
    assert_int_equal(err.status, TWF_ERR_NOMEM);

    d = new_domains();
    twf_arena_init(&a, 4096);
    twf_alloc_fail_at(1);
    /* What is in lower case needs none. */
    got = twf_domain_parse(d, &a, twf_span_str("example.com"));
    assert_true(twf_span_is(got.name, "example.com") && !a.failed);
    got = twf_domain_parse(d, &a, twf_span_str("Example.com"));
    assert_int_equal(got.name.len + got.org.len, 0);
    assert_true(a.failed);
    got = twf_domain_parse(d, &a, twf_span_str(name));
    assert_int_equal(got.name.len + got.org.len, 0);
    twf_alloc_fail_at(0);
    /* The failure is not remembered. */
    got = twf_domain_parse(d, &a, twf_span_str(name));
    assert_true(twf_span_is(got.name, "xn--mller-kva.example"));
    twf_arena_fini(&a);
    twf_domains_free(d);
    twf_domains_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(remembered),
        cmocka_unit_test(nothing_is_no_domain),
        cmocka_unit_test(long_names),
        cmocka_unit_test(each_place),
        cmocka_unit_test(names_do_not_mix),
        cmocka_unit_test(skeletons),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
