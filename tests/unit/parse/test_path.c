/* SPDX-License-Identifier: Apache-2.0 */
/* Reverse-paths and what is wrapped into them: the table, and each value cut at every byte. */
#include "vectors.h"

#include "base/buf.h"
#include "base/compiler.h"
#include "parse/parse.h"

static const char *const kinds[] = {"null", "mailbox", "domain", "word", "x500", "malformed"};

static void render(struct twf_domains *d, struct twf_arena *a, struct twf_span value, bool bare,
                   struct twf_buf *out)
{
    struct twf_path p;

    twf_path_parse(d, a, value, bare, &p);
    twf_buf_str(out, kinds[p.kind]);
    if (p.local.len > 0 || p.domain.name.len > 0) {
        twf_buf_byte(out, ' ');
        twf_buf_span(out, p.local);
        twf_buf_byte(out, '@');
        twf_buf_span(out, p.domain.name);
    }
    if (p.inner_form == NULL)
        return;
    twf_buf_printf(out, " %s", p.inner_form);
    if (p.inner_domain.len == 0)
        return;
    twf_buf_byte(out, ' ');
    twf_buf_span(out, p.inner_local);
    twf_buf_byte(out, '@');
    twf_buf_span(out, p.inner_domain);
}

/* Rows: "path" or "bare" (a domain may stand alone), the value, what it is. */
static void table(void **state)
{
    struct vectors v;
    struct twf_domains *d;
    struct twf_arena a;
    struct twf_buf out;

    (void)state;
    twf_arena_init(&a, 4096);
    twf_buf_init(&out);
    assert_int_equal(twf_domains_new(twf_psl_embedded(), &d, NULL), TWF_OK);
    vectors_open(&v, "paths.tsv");
    while (vectors_next(&v)) {
        bool bare = strcmp(v.cell[0], "bare") == 0;
        struct twf_span value = vectors_bytes(v.cell[1]);

        assert_true(bare || strcmp(v.cell[0], "path") == 0);
        twf_buf_reset(&out);
        render(d, &a, value, bare, &out);
        vectors_expect(&v, "path", twf_buf_view(&out), v.cell[2]);
        for (size_t i = 0; i < value.len; i++) {
            uint8_t *cut = malloc(i > 0 ? i : 1);

            assert_non_null(cut);
            memcpy(cut, value.ptr, i);
            render(d, &a, twf_span(cut, i), bare, &out);
            free(cut);
        }
        free((void *)(uintptr_t)value.ptr);
        twf_arena_reset(&a);
    }
    assert_true(v.rows >= 70);
    twf_domains_free(d);
    twf_buf_fini(&out);
    twf_arena_fini(&a);
}

/* The short way for plain paths: a comment keeps it out, and changes nothing else. */
static void both_ways(void **state)
{
    static const char *const pieces[] = {
        "a",         "B",         "7",        ".",    "..",
        "@",         "@",         "-",        "_",    "=",
        "+",         "/o=",       "imceaex-", "ex:",  "SRS0=a=",
        "!",         " ",         "\t",       "\\",   "\xC3\xBC",
        "[1.2.3.4]", "x.example", "b.co.uk",  "none", "mailer-daemon",
        "*",         "\x01",      "prvs=1="};
    struct twf_domains *d;
    uint32_t seed = 5, boxes = 0;
    struct twf_arena a;
    struct twf_buf one, two;

    (void)state;
    twf_arena_init(&a, 4096);
    twf_buf_init(&one);
    twf_buf_init(&two);
    assert_int_equal(twf_domains_new(twf_psl_embedded(), &d, NULL), TWF_OK);
    for (int round = 0; round < 60000; round++) {
        char text[160] = "<";
        size_t len = 1;
        bool bare, angle;
        uint8_t *copy;

        for (uint32_t n = (seed >> 9) % 9; n > 0; n--) {
            const char *piece;

            seed = seed * 1664525 + 1013904223;
            piece = pieces[(seed >> 16) % TWF_COUNT(pieces)];
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        if ((seed >> 22) % 2 != 0) {
            memcpy(text + len, "@x.example", 10);
            len += 10;
        }
        memcpy(text + len, "> (c)", 5);
        seed = seed * 1664525 + 1013904223;
        bare = (seed >> 20) % 2 != 0;
        angle = (seed >> 21) % 2 != 0;
        copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, text, len + 1);
        twf_buf_reset(&one);
        twf_buf_reset(&two);
        render(d, &a, angle ? twf_span(copy, len + 1) : twf_span(copy + 1, len - 1), bare, &one);
        render(d, &a, twf_span(text, len + 5), bare, &two);
        if (!twf_span_eq(twf_buf_view(&one), twf_buf_view(&two)))
            fail_msg("%.*s: %.*s, %.*s", (int)len + 1, text, (int)one.len, (const char *)one.ptr,
                     (int)two.len, (const char *)two.ptr);
        boxes += twf_span_starts_fold(twf_buf_view(&one), "mailbox");
        free(copy);
        twf_arena_reset(&a);
    }
    assert_true(boxes > 1000);
    twf_domains_free(d);
    twf_buf_fini(&one);
    twf_buf_fini(&two);
    twf_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(both_ways),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
