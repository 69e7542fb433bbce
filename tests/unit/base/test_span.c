/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing without case: each pair of bytes, at places of ranges of every length up to 40. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/span.h"
#include "base/word.h"

static bool same_letter(unsigned a, unsigned b)
{
    if (a >= 'A' && a <= 'Z')
        a += 'a' - 'A';
    if (b >= 'A' && b <= 'Z')
        b += 'a' - 'A';
    return a == b;
}

static void each_pair(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 40; n++) {
        uint8_t *a = malloc(n), *b = malloc(n);

        assert_non_null(a);
        assert_non_null(b);
        for (size_t i = 0; i < n; i++) {
            a[i] = (uint8_t)('A' + i % 26);
            b[i] = (uint8_t)('a' + i % 26);
        }
        assert_true(twf_span_eq_fold(twf_span(a, n), twf_span(b, n)));
        assert_false(twf_span_eq_fold(twf_span(a, n), twf_span(b, n - 1)));
        for (unsigned pair = 0; pair < 65536; pair++) {
            size_t at = (pair + (pair >> 8)) % n;
            uint8_t old_a = a[at], old_b = b[at];

            a[at] = (uint8_t)pair;
            b[at] = (uint8_t)(pair >> 8);
            if (twf_span_eq_fold(twf_span(a, n), twf_span(b, n)) != same_letter(a[at], b[at]))
                fail_msg("%02X and %02X at %zu of %zu", a[at], b[at], at, n);
            a[at] = old_a;
            b[at] = old_b;
        }
        free(a);
        free(b);
    }
    assert_true(twf_span_eq_fold(twf_span(NULL, 0), twf_span("", 0)));
}

static uint8_t marked(uint64_t marks, size_t at)
{
    return (uint8_t)(marks >> 8 * at);
}

/* Ranges mark each byte by itself, whatever stands beside it. */
static void ranges(void **state)
{
    static const uint8_t ends[][2] = {{'a', 'z'}, {'0', '9'}, {'-', '.'}, {0, 0x7F}, {0x7F, 0x7F}};
    uint8_t bytes[8];

    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)(i % 2 == 0 ? c : c * 37 + 11 * i);
        for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
            uint64_t in = twf_word_range(twf_word(bytes), ends[k][0], ends[k][1]);
            uint64_t upto = twf_word_upto(twf_word(bytes), ends[k][1]);

            for (size_t i = 0; i < sizeof(bytes); i++) {
                bool low = bytes[i] <= ends[k][1];

                assert_int_equal(marked(in, i), low && bytes[i] >= ends[k][0] ? 0x80 : 0);
                assert_int_equal(marked(upto, i), low ? 0x80 : 0);
            }
        }
    }
}

/* Each byte in each place, beside each of a few others. */
static void words(void **state)
{
    static const uint8_t beside[] = {0, 'A', 'Z', '@', '[', 'z', 0x7F, 0x80, 0xC1, 0xFF};

    (void)state;
    for (size_t k = 0; k < sizeof(beside); k++) {
        for (unsigned c = 0; c < 256; c++) {
            for (size_t at = 0; at < 8; at++) {
                uint8_t bytes[8], low[8];
                uint64_t marks;

                memset(bytes, beside[k], sizeof(bytes));
                bytes[at] = (uint8_t)c;
                twf_word_put(low, twf_word_lower(twf_word(bytes)));
                for (size_t i = 0; i < 8; i++)
                    assert_int_equal(low[i], twf_lower_byte(bytes[i]));
                marks = twf_word_find(twf_word(bytes), (uint8_t)c);
                assert_int_equal(twf_word_place(marks), c == beside[k] ? 0 : at);
                assert_true(twf_word_part(bytes, at) == twf_word_first(twf_word(bytes), at));
                assert_true(twf_word_tail(bytes, 8, at) == twf_word_part(bytes + at, 8 - at));
            }
        }
    }
    assert_true(twf_word_find(twf_word((const uint8_t *)"abcdefgh"), ':') == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_pair), cmocka_unit_test(words),
                                       cmocka_unit_test(ranges)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
