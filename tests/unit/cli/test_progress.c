/* SPDX-License-Identifier: Apache-2.0 */
/* The progress line: figures, the time left, the width, and what a file name may not do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "progress.h"

static struct twf_progress at(uint64_t seconds, uint64_t in, uint64_t total)
{
    struct twf_progress p = {
        .in_bytes = in,
        .in_total = total,
        .out_bytes = in * 5,
        .messages = in / 1000,
        .flagged = 1204,
        .high = 12,
        .elapsed_ns = seconds * UINT64_C(1000000000),
    };

    (void)strcpy(p.path, "2021-07.mbox.zst");
    return p;
}

static void lines(void **state)
{
    struct twf_progress_state s = {0};
    struct twf_progress p = at(2, UINT64_C(800000000), UINT64_C(109100000000));
    char line[400];

    (void)state;
    twf_progress_line(&s, &p, false, 0, line, sizeof(line));
    assert_string_equal(line, "[00:00:02]   0.7%  0.8/109.1 GB  0.40 M msg/s  2.0 GB/s out  "
                              "flagged 1,204 (12 high)  eta --:--:--  2021-07.mbox.zst");
    p = at(102, UINT64_C(41900000000), UINT64_C(109100000000));
    twf_progress_line(&s, &p, false, 0, line, sizeof(line));
    assert_string_equal(line, "[00:01:42]  38.4%  41.9/109.1 GB  0.41 M msg/s  2.1 GB/s out  "
                              "flagged 1,204 (12 high)  eta 00:02:44  2021-07.mbox.zst");
}

/* The rate is that of the last 30 seconds, not of the run. */
static void window(void **state)
{
    struct twf_progress_state s = {0};
    char line[400];

    (void)state;
    for (uint64_t t = 1; t <= 100; t++) {
        uint64_t in = t <= 50 ? t * 1000 : 50000 + (t - 50) * 10;
        struct twf_progress p = at(t, in, 60000);

        twf_progress_line(&s, &p, false, 0, line, sizeof(line));
    }
    /* 50,500 of 60,000 taken, 10 a second of late: 950 s */
    assert_non_null(strstr(line, "eta 00:15:50"));
}

static void stream(void **state)
{
    struct twf_progress_state s = {0};
    struct twf_progress p = at(60, 999, 0);
    char line[400];

    (void)state;
    (void)strcpy(p.path, "-");
    twf_progress_line(&s, &p, false, 0, line, sizeof(line));
    assert_string_equal(line, "[00:01:00]  999.0 B  0.00 M msg/s  83.2 B/s out  "
                              "flagged 1,204 (12 high)  eta --:--:--  -");
}

static void hostile_path(void **state)
{
    struct twf_progress_state s = {0};
    struct twf_progress p = at(1, 1, 2);
    char line[400];

    (void)state;
    (void)strcpy(p.path, "a\033[2J\r\n\xe2\x80\xae.zst");
    twf_progress_line(&s, &p, false, 0, line, sizeof(line));
    assert_non_null(strstr(line, "  a\\x1B[2J\\x0D\\x0A\\u{202E}.zst"));
    memset(p.path, '\033', sizeof(p.path) - 1);
    for (unsigned width = 1; width < 200; width++) {
        twf_progress_line(&s, &p, true, width, line, sizeof(line));
        assert_true(strlen(line) < width);
        assert_null(strchr(line, '\033'));
    }
    for (size_t cap = 1; cap < 100; cap++) {
        memset(line, '#', sizeof(line));
        twf_progress_line(&s, &p, true, 0, line, cap);
        assert_true(strlen(line) < cap);
        assert_int_equal(line[cap], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(window),
        cmocka_unit_test(stream),
        cmocka_unit_test(hostile_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
