/* SPDX-License-Identifier: Apache-2.0 */
/*
 * twf_gather_known against twf_gather_head: headers out of pieces that matter (names of ours and
 * names that begin or end like them, blanks, folds, bytes that vanish, every line end), at every
 * level of the kernels and with limits that are met.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "gather/gather.h"

enum { ROUNDS = 20000 };

static const char *const names[] = {
#define F(id, text) text,
#include "flow/fields.def"
#undef F
    "X-MS-Exchange-Organization-SCL",
    "X-MS-Exchange-Organization-",
    "X-MS-Exchange-CrossTenant-Id",
    "X-MS-Exchange-Transport-EndToEndLatency",
    "X-MS-Exchange-Inbox-Rules-Loo",
    "X-Originating-IP",
    "X-Original-Return-Pat",
    "Content-Transfer-Encodingg",
    "Content-Disposition",
    "Received-SP",
    "DKIM-Signature",
    "MIME-Version",
    "Fromm",
    "F",
    "",
};

static uint64_t state = 1;

static uint32_t rnd(uint32_t n)
{
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)(((z ^ z >> 31) >> 32) * n >> 32);
}

static void put_eol(struct twf_buf *b, uint32_t kind)
{
    twf_buf_str(b, kind == 0   ? "\n"
                   : kind == 1 ? "\r\n"
                   : kind == 2 ? "\r"
                   : rnd(2)    ? "\n"
                               : "\r\n");
}

static void put_blanks(struct twf_buf *b, uint32_t eol)
{
    static const char *const blanks[] = {" ",  "\t",   "  ",   " \t", "\r",
                                         "\v", "\x01", "\x7F", "\xC3"};

    if (rnd(3) == 0)
        put_eol(b, eol);
    twf_buf_str(b, blanks[rnd(rnd(2) ? 4 : TWF_COUNT(blanks))]);
}

static void put_name(struct twf_buf *b, uint32_t eol)
{
    const char *name = rnd(4) == 0 ? "From" : names[rnd(TWF_COUNT(names))];
    uint32_t odd = rnd(8) == 0 ? rnd(5) : 4;

    for (const char *c = name; *c != '\0'; c++) {
        if (odd == 0 && rnd(4) == 0)
            put_blanks(b, eol);
        if (odd == 1 && rnd(8) == 0)
            twf_buf_byte(b, (uint8_t)(*c ^ 1 << rnd(8)));
        else
            twf_buf_byte(b, (uint8_t)(rnd(3) == 0 && *c >= 'a' ? *c ^ 0x20 : *c));
    }
    if (odd == 2)
        put_blanks(b, eol);
    if (odd != 3)
        twf_buf_byte(b, ':');
}

static void put_value(struct twf_buf *b, uint32_t eol)
{
    static const char *const words[] = {"a@x.example", "from:", "From", ":",  "b c", "",
                                        "from \t:",    " ",     "\t",   "(x)"};
    uint32_t n = rnd(4);

    if (rnd(4) != 0)
        twf_buf_byte(b, ' ');
    for (uint32_t i = 0; i < n; i++) {
        if (rnd(4) == 0) {
            put_eol(b, eol);
            put_blanks(b, 0);
        }
        twf_buf_str(b, words[rnd(TWF_COUNT(words))]);
        for (uint32_t k = rnd(16) == 0 ? rnd(1200) : 0; k > 0; k--)
            twf_buf_byte(b, 'y');
    }
}

static void make(struct twf_buf *b)
{
    uint32_t eol = rnd(8) == 0 ? 2 : rnd(4) == 0 ? 3 : rnd(2), lines = rnd(24);

    twf_buf_reset(b);
    if (rnd(6) == 0)
        twf_buf_str(b, rnd(2) ? "From a@x Mon Jan  1 00:00:00 2024\n" : ">From b@x Tue 2:2\n");
    if (rnd(16) == 0)
        put_blanks(b, eol);
    for (uint32_t i = 0; i < lines; i++) {
        put_name(b, eol);
        put_value(b, eol);
        put_eol(b, eol);
        if (rnd(40) == 0)
            twf_buf_str(b, "From c@x Wed 3:3\n");
    }
    if (rnd(3) != 0) {
        put_eol(b, eol);
        put_value(b, eol);
        put_eol(b, eol);
    }
}

/* What of the fields of all must be there, and how it is chained. */
static void compare(const struct twf_head *all, const struct twf_head *known)
{
    uint32_t below[TWF_FIELD_COUNT] = {0}, n = 0, from_like = 0;

    assert_int_equal(known->block.len, all->block.len);
    assert_int_equal(known->body_off, all->body_off);
    assert_int_equal(known->cr_lines, all->cr_lines);
    assert_int_equal(known->inner_from_count, all->inner_from_count);
    for (uint32_t i = 0; i < all->field_count; i++)
        from_like += all->fields[i].from_kind != TWF_FROM_NONE;
    assert_int_equal(all->from_like_count, from_like);
    assert_int_equal(known->from_like_count, from_like);
    assert_ptr_equal(known->from_line.ptr, all->from_line.ptr);
    assert_int_equal(known->from_line.len, all->from_line.len);
    for (uint32_t i = 0; i < all->inner_from_count; i++)
        assert_memory_equal(&known->inner_from[i], &all->inner_from[i], sizeof(*all->inner_from));
    assert_int_equal(known->limit_count, all->limit_count);
    for (uint32_t i = 0; i < all->limit_count; i++) {
        assert_int_equal(known->limits[i].id, all->limits[i].id);
        assert_int_equal(known->limits[i].off, all->limits[i].off);
    }
    for (uint32_t i = 0; i < all->field_count; i++) {
        struct twf_field want = all->fields[i], got;

        if (want.id == TWF_FIELD_OTHER && want.from_kind == TWF_FROM_NONE &&
            (want.flags & TWF_FIELD_CUT) == 0)
            continue;
        assert_true(n < known->field_count);
        got = known->fields[n++];
        if (want.from_kind == TWF_FROM_NONE)
            want.flags &= (uint8_t)~TWF_FIELD_FOLDED;
        want.next = got.next = 0;
        assert_memory_equal(&got, &want, sizeof(want));
    }
    assert_int_equal(known->field_count, n);
    while (n-- > 0) {
        assert_int_equal(known->fields[n].next, below[known->fields[n].id]);
        below[known->fields[n].id] = n + 1;
    }
    assert_memory_equal(known->first, below, sizeof(below));
}

/* Places, names and values. */
static void compare_names(const struct twf_head *all, const struct twf_head *got_head)
{
    assert_int_equal(got_head->block.len, all->block.len);
    assert_int_equal(got_head->field_count, all->field_count);
    for (uint32_t i = 0; i < all->field_count; i++) {
        const struct twf_field *want = &all->fields[i], *got = &got_head->fields[i];

        assert_int_equal(got->off, want->off);
        assert_int_equal(got->name_len, want->name_len);
        assert_int_equal(got->value_off, want->value_off);
        assert_int_equal(got->end, want->end);
    }
}

static void test_known(void **unused)
{
    struct twf_gather all[TWF_CPU_LEVELS], known[TWF_CPU_LEVELS];
    struct twf_kernels kernels[TWF_CPU_LEVELS];
    struct twf_limits limits, small;
    struct twf_buf b;

    (void)unused;
    twf_buf_init(&b);
    twf_limits_default(&limits);
    small = limits;
    small.value[TWF_LIMIT_HEADER] = 700;
    small.value[TWF_LIMIT_FIELD] = 300;
    small.value[TWF_LIMIT_FIELDS] = 9;
    for (int l = 0; l < TWF_CPU_LEVELS; l++) {
        twf_kernels_init(&kernels[l], (enum twf_cpu_level)l);
        twf_gather_init(&all[l], &kernels[l], &limits);
        twf_gather_init(&known[l], &kernels[l], &limits);
    }
    for (int i = 0; i < ROUNDS; i++) {
        int l = i % TWF_CPU_LEVELS;
        struct twf_head a, k;
        uint8_t *copy;

        make(&b);
        copy = malloc(b.len + 1);
        assert_non_null(copy);
        if (b.len > 0)
            memcpy(copy + 1, b.ptr, b.len); /* its last byte is the last of the block */
        all[l].limits = known[l].limits = rnd(4) == 0 ? &small : &limits;
        assert_true(twf_gather_head(&all[l], twf_span(copy + 1, b.len), &a));
        assert_true(twf_gather_known(&known[l], twf_span(copy + 1, b.len), &k));
        compare(&a, &k);
        assert_true(twf_gather_names(&known[l], twf_span(copy + 1, b.len), &k));
        compare_names(&a, &k);
        free(copy);
    }
    for (int l = 0; l < TWF_CPU_LEVELS; l++) {
        /* Both ways were gone, or this test has proved nothing. */
        assert_true(known[l].long_ways > ROUNDS / TWF_CPU_LEVELS / 20);
        assert_true(known[l].long_ways < ROUNDS / TWF_CPU_LEVELS * 9 / 10);
        twf_gather_fini(&all[l]);
        twf_gather_fini(&known[l]);
    }
    twf_buf_fini(&b);
}

/* As many lines as there is room for, and one more. */
static void test_many(void **unused)
{
    struct twf_kernels kernels;
    struct twf_limits limits;
    struct twf_gather all, known;
    struct twf_buf b;

    (void)unused;
    twf_buf_init(&b);
    twf_kernels_init(&kernels, TWF_CPU_LEVELS - 1);
    twf_limits_default(&limits);
    limits.value[TWF_LIMIT_FIELDS] = 5000;
    twf_gather_init(&all, &kernels, &limits);
    twf_gather_init(&known, &kernels, &limits);
    for (int lines = 1020; lines < 1030; lines++) {
        struct twf_head a, k;
        uint64_t before = known.long_ways;

        twf_buf_reset(&b);
        for (int i = 0; i < lines; i++)
            twf_buf_str(&b, i % 7 == 0 ? "From: a\n" : "X-Other: b\n");
        twf_buf_str(&b, "\nbody");
        assert_true(twf_gather_head(&all, twf_buf_view(&b), &a));
        assert_true(twf_gather_known(&known, twf_buf_view(&b), &k));
        compare(&a, &k);
        assert_int_equal(known.long_ways - before, lines > 1024);
        assert_true(twf_gather_names(&known, twf_buf_view(&b), &k));
        compare_names(&a, &k);
    }
    twf_gather_fini(&all);
    twf_gather_fini(&known);
    twf_buf_fini(&b);
}

/* A name that shares its beginning with one of ours, and one that has all of its bytes but one. */
static void test_near(void **unused)
{
    static const char text[] = "X-Originating-IP: 1\n"
                               "Content-Transfer-Encodinh: 2\n"
                               "X-MS-Exchange-Organization: 3\n"
                               "X-MS-Exchange-Organization-AuthAt: 4\n"
                               "received-spF:5\n"
                               "Received: 6\n"
                               "X-Original-To : 7\n"
                               "FROM:8\n\n";
    static const uint16_t ids[] = {TWF_FIELD_MS_EXCHANGE_ORG, TWF_FIELD_RECEIVED_SPF,
                                   TWF_FIELD_RECEIVED, TWF_FIELD_X_ORIGINAL_TO, TWF_FIELD_FROM};
    struct twf_kernels kernels;
    struct twf_limits limits;
    struct twf_gather g;
    struct twf_head head;

    (void)unused;
    twf_kernels_init(&kernels, TWF_CPU_LEVELS - 1);
    twf_limits_default(&limits);
    twf_gather_init(&g, &kernels, &limits);
    assert_true(twf_gather_known(&g, twf_span_str(text), &head));
    assert_int_equal(g.long_ways, 0);
    assert_int_equal(head.field_count, TWF_COUNT(ids));
    for (size_t i = 0; i < TWF_COUNT(ids); i++) {
        assert_int_equal(head.fields[i].id, ids[i]);
        assert_int_equal(head.fields[i].line, i + 3);
        assert_int_equal(head.block.ptr[head.fields[i].value_off], "45678"[i]);
    }
    assert_int_equal(head.fields[4].from_kind, TWF_FROM_EXACT);
    twf_gather_fini(&g);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_near),
    };

    if (argc > 1)
        state = strtoull(argv[1], NULL, 0);
    printf("seed %llu\n", (unsigned long long)state);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
