/* SPDX-License-Identifier: Apache-2.0 */
/* Dates: the table of vectors; each day of 400 years and more counted; cost of hostile values. */
#include "vectors.h"

#include <inttypes.h>

#include "parse/parse.h"

/* Days since 1970-01-01, by counting years and months one by one. */
static int64_t count_days(int year, int month, int day)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = day - 1;

    for (int y = 1970; y < year; y++)
        days += y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 366 : 365;
    for (int y = 1969; y >= year; y--)
        days -= y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 366 : 365;
    for (int m = 1; m < month; m++)
        days += lengths[m - 1] +
                (m == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 1 : 0);
    return days;
}

static void table(void **state)
{
    struct vectors v;

    (void)state;
    vectors_open(&v, "dates.tsv");
    while (vectors_next(&v)) {
        struct twf_span value = vectors_bytes(v.cell[1]);
        bool is_rfc = strcmp(v.cell[0], "rfc") == 0, want = strcmp(v.cell[2], "-") != 0;
        int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
        int64_t got = -1, expected = -1;

        assert_true(is_rfc || strcmp(v.cell[0], "asctime") == 0);
        if (want) {
            assert_int_equal(sscanf(v.cell[2], "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour,
                                    &minute, &second), 6);
            expected = (count_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) *
                       1000000;
        }
        if ((is_rfc ? twf_date_parse(value, &got) : twf_date_parse_asctime(value, &got)) != want ||
            got != expected)
            fail_msg("line %u: got %" PRId64 ", want %" PRId64, v.line, got, expected);
        free((void *)(uintptr_t)value.ptr);
    }
    assert_true(v.rows > 80);
}

static void each_day(void **state)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t days = count_days(1900, 1, 1);

    (void)state;
    for (int year = 1900; year <= 2400; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= 31; day++) {
                char text[64];
                int64_t got = 0;
                int n = snprintf(text, sizeof(text), "%d %s %d 00:00:00 +0000", day,
                                 months[month - 1], year);

                /* A date that does not exist is none; all others follow one another. */
                if (twf_date_parse(twf_span(text, (size_t)n), &got)) {
                    assert_int_equal(got, days * 86400000000);
                    days++;
                }
            }
        }
    }
    assert_int_equal(days, count_days(2401, 1, 1));
}

/* A comment keeps the short way out: with one behind the ',' a date must read the same. */
static void both_ways(void **state)
{
    static const char bytes[] = "0123456789 :+-,()anJEST\n\r\\";
    uint32_t seed = 3, dates = 0;

    (void)state;
    for (int round = 0; round < 200000; round++) {
        char text[48], slow[sizeof(text) + 2];
        int64_t a = 0, b = 0;
        bool is_a, is_b;
        uint8_t *copy;
        int n, len;

        n = snprintf(text, sizeof(text), "Tue, %u Nov %u %02u:%02u:%02u %c%04u%s",
                     (seed >> 9) % 33, 1890 + (seed >> 13) % 200, (seed >> 17) % 25,
                     (seed >> 21) % 61, (seed >> 7) % 62, (seed >> 4) % 2 ? '-' : '+',
                     (seed >> 11) % 1300, (seed >> 16) % 3 == 0 ? " (EST)" : "");
        seed = seed * 1664525 + 1013904223;
        len = (seed >> 8) % 8 == 0 ? (int)((seed >> 12) % (uint32_t)(n - 4)) + 5 : n;
        seed = seed * 1664525 + 1013904223;
        if ((seed >> 8) % 2 == 0)
            text[5 + (seed >> 12) % (uint32_t)(n - 5)] = bytes[(seed >> 24) % (sizeof(bytes) - 1)];
        memcpy(slow, text, 4);
        memcpy(slow + 4, "()", 2);
        memcpy(slow + 6, text + 4, (size_t)len - 4);
        copy = malloc((size_t)len);
        assert_non_null(copy);
        memcpy(copy, text, (size_t)len);
        is_a = twf_date_parse(twf_span(copy, (size_t)len), &a);
        is_b = twf_date_parse(twf_span(slow, (size_t)len + 2), &b);
        if (is_a != is_b || a != b)
            fail_msg("%.*s: %d %" PRId64 ", %d %" PRId64, len, text, is_a, a, is_b, b);
        dates += is_a;
        free(copy);
    }
    assert_true(dates > 50000);
}

/* Quadratic time would take minutes here, and the test has a limit. */
static void hostile(void **state)
{
    static const char *const parts[] = {"Wed Mar 16 12:00:00 (", "(", "Wed ",
                                        "Wed Mar 16 12:00:00 ",
                                        "\\(", " ", "Wed Mar 16 12:00:00 A", "a", "1"};
    enum { LEN = 4 << 20 };
    char *text = malloc(LEN);

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        size_t n = strlen(parts[i]);
        int64_t got;

        for (size_t at = 0; at < LEN; at++)
            text[at] = parts[i][at % n];
        assert_false(twf_date_parse(twf_span(text, LEN), &got));
        assert_false(twf_date_parse_asctime(twf_span(text, LEN), &got));
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(each_day),
        cmocka_unit_test(both_ways),
        cmocka_unit_test(hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
