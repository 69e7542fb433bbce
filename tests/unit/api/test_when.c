/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/when.h"
#include "base/compiler.h"

static void test_when(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: refused */
    } cases[] = {
        {"1970-01-01", 0},
        {"1970-01-02", 86400},
        {"2000-02-29", 951782400},
        {"2024-11-14T08:15:00Z", 1731572100},
        {"2024-11-14T08:15", 1731572100},
        {"2024-11-14T08:15:01", 1731572101},
        {"2024-12-31T23:59:59Z", 1735689599},
        {"2100-02-29", -1},
        {"2023-02-29", -1},
        {"2024-00-10", -1},
        {"2024-13-01", -1},
        {"2024-01-00", -1},
        {"2024-1-1", -1},
        {"2024-01-01T", -1},
        {"2024-01-01T24:00", -1},
        {"2024-01-01T10:60", -1},
        {"2024-01-01T10:00:60", -1},
        {"2024-01-01 10:00", -1},
        {"2024-01-01Z", -1},
        {"2024-01-01T10:00Zx", -1},
        {"", -1},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(cases); i++) {
        int64_t us = 0;
        bool ok = twf_when_parse(cases[i].text, &us);

        if (ok != (cases[i].seconds >= 0) || (ok && us != cases[i].seconds * 1000000))
            fail_msg("%s: %d %lld", cases[i].text, ok, (long long)us);
    }
}

static void test_lapse(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        {"30d", 2592000}, {"12h", 43200}, {"45m", 2700}, {"90s", 90}, {"8w", 4838400}, {"0s", 0},
        {"30", -1}, {"d", -1}, {"-1d", -1}, {"1.5h", -1}, {"30dd", -1}, {"30 d", -1}, {"", -1},
        {"366000d", INT64_C(366000) * 86400}, {"366001d", -1}, {"99999999999999999999d", -1},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(cases); i++) {
        int64_t us = 0;
        bool ok = twf_lapse_parse(cases[i].text, &us);

        if (ok != (cases[i].seconds >= 0) || (ok && us != cases[i].seconds * 1000000))
            fail_msg("%s: %d %lld", cases[i].text, ok, (long long)us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_when), cmocka_unit_test(test_lapse)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
