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
        cmocka_unit_test(hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
