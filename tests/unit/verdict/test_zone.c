/* SPDX-License-Identifier: Apache-2.0 */
/* Zones and what moves their border, over whole headers; address ranges. */
#include "judge_run.h"

static void headers(void **state)
{
    (void)state;
    judge_run_file("zone.txt", 20);
}

static bool has(const char *range, const char *ip)
{
    struct twf_cidr c;

    assert_true(twf_cidr_parse(range, &c));
    return twf_cidr_has(&c, 1, twf_span_str(ip));
}

static void ranges(void **state)
{
    static const char *const bad[] = {"",           "x",       "192.0.2",      "192.0.2.1/33",
                                      "192.0.2.1/", "::1/129", "192.0.2.1/-1", "192.0.2.1/1x",
                                      "/8",         "::1/0128"};
    struct twf_cidr c;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(twf_cidr_parse(bad[i], &c));
    assert_true(has("192.0.2.0/24", "192.0.2.255"));
    assert_false(has("192.0.2.0/24", "192.0.3.0"));
    assert_true(has("192.0.2.128/25", "192.0.2.128"));
    assert_false(has("192.0.2.128/25", "192.0.2.127"));
    assert_true(has("192.0.2.7", "192.0.2.7"));
    assert_false(has("192.0.2.7", "192.0.2.6"));
    assert_true(has("0.0.0.0/0", "203.0.113.9"));
    assert_false(has("0.0.0.0/0", "2001:db8::1"));
    assert_true(has("::/0", "203.0.113.9"));
    assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(has("192.0.2.0/24", "::ffff:192.0.2.9"));
    assert_true(has("::ffff:192.0.2.0/120", "192.0.2.9"));
    assert_false(has("192.0.2.0/24", "mail.x.example"));
    assert_false(has("192.0.2.0/24", ""));
    assert_false(twf_cidr_has(NULL, 0, twf_span_str("192.0.2.1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),
        cmocka_unit_test(ranges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
