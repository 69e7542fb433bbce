/* SPDX-License-Identifier: Apache-2.0 */
/* Builds, hops and advice: every row of the tables in docs/exchange.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "exchange/exchange.h"
#include "parse/parse.h"

/* clang-format off */
/* One row: the status of a build, and words that its advice must and must not have. */
static const struct {
    const char *host, *build, *status, *color, *product, *update, *advice, *never;
} builds[] = {
    /* the rows of E5 */
    {"", "15.2.1544.11", "unpatched", "Red", "Exchange 2019", "Apr24HU", "install SUv2 (15.2.1544.14)", "Oct25SU"},
    {"", "15.2.1544.13", "suv1", "Red", "Exchange 2019", "Nov24SU", "replace by SUv2 (15.2.1544.14) or later", "no fix"},
    {"", "15.2.1544.14", "suv2", "Yellow", "Exchange 2019", "Nov24SUv2", "install Oct25SU (15.2.1544.36) or later, which closes CVE-2025-25006, CVE-2025-25007, CVE-2025-59248", "replace"},
    {"", "15.2.1544.33", "suv2", "Yellow", "Exchange 2019", "Aug25SU", "which closes CVE-2025-59248", "25006"},
    {"", "15.2.1544.36", "current", "Green", "Exchange 2019", "Oct25SU", "", "install"},
    {"", "15.02.1544.014", "suv2", "Yellow", "Exchange 2019", "Nov24SUv2", "Oct25SU", "replace"},
    {"", "15.2.1258.39", "suv2", "Yellow", "Exchange 2019", "Nov24SUv2", "install Oct25SU (15.2.1748.39)", "replace"},
    {"", "15.2.1748.10", "suv2", "Yellow", "Exchange 2019", "RTM", "install Oct25SU (15.2.1748.39)", "SUv2"},
    {"", "15.2.2562.17", "suv2", "Yellow", "Exchange SE", "RTM", "install Oct25SU (15.2.2562.29)", "support ended"},
    {"", "15.0.1497.48", "unpatched", "Red", "Exchange 2013", "", "no fix exists; support ended on 11 Apr 2023", "SUv2"},
    /* first of a line, and the last before the fix */
    {"", "15.1.2507.6", "unpatched", "Red", "Exchange 2016", "RTM", "install SUv2 (15.1.2507.44)", "never got"},
    {"", "15.1.2507.39", "unpatched", "Red", "Exchange 2016", "Apr24HU", "install SUv2 (15.1.2507.44)", "never got"},
    {"", "15.2.1258.12", "unpatched", "Red", "Exchange 2019", "RTM", "install SUv2 (15.2.1258.39)", "never got"},
    {"", "15.2.1258.34", "unpatched", "Red", "Exchange 2019", "Apr24HU", "install SUv2 (15.2.1258.39)", "never got"},
    {"", "15.2.1544.4", "unpatched", "Red", "Exchange 2019", "RTM", "install SUv2 (15.2.1544.14)", "never got"},
    {"", "15.1.2507.43", "suv1", "Red", "Exchange 2016", "Nov24SU", "replace by SUv2 (15.1.2507.44)", "no fix"},
    {"", "15.2.1258.38", "suv1", "Red", "Exchange 2019", "Nov24SU", "replace by SUv2 (15.2.1258.39)", "no fix"},
    {"", "15.1.2507.44", "suv2", "Yellow", "Exchange 2016", "Nov24SUv2", "install Oct25SU (15.1.2507.61)", "replace"},
    {"", "15.1.2507.55", "suv2", "Yellow", "Exchange 2016", "Apr25HU", "25006", "replace"},
    {"", "15.2.1544.27", "suv2", "Yellow", "Exchange 2019", "May25HU", "25006", "replace"},
    {"", "15.2.1748.26", "suv2", "Yellow", "Exchange 2019", "May25HU", "25006", "replace"},
    {"", "15.1.2507.58", "suv2", "Yellow", "Exchange 2016", "Aug25SU", "closes CVE-2025-59248; support ended on 14 Oct 2025", "25006"},
    {"", "15.2.1748.37", "suv2", "Yellow", "Exchange 2019", "Sep25HU", "closes CVE-2025-59248", "25006"},
    {"", "15.2.2562.20", "suv2", "Yellow", "Exchange SE", "Aug25SU", "closes CVE-2025-59248", "support ended"},
    {"", "15.1.2507.61", "current", "Green", "Exchange 2016", "Oct25SU", "", "install"},
    {"", "15.2.1748.39", "current", "Green", "Exchange 2019", "Oct25SU", "", "install"},
    {"", "15.2.2562.29", "current", "Green", "Exchange SE", "Oct25SU", "", "install"},
    {"", "15.2.2562.53", "current", "Green", "Exchange SE", "Sep26SUv2", "", "newer"},
    {"", "15.1.2507.75", "current", "Green", "Exchange 2016", "Sep26SUv2", "", "newer"},
    {"", "15.2.1544.35", "suv2", "Yellow", "Exchange 2019", "Sep25HU", "closes CVE-2025-59248", "25006"},
    /* newer than the table */
    {"", "15.2.2562.99", "current", "Green", "Exchange SE", "Sep26SUv2", "newer than the table", "install"},
    {"", "15.2.3000.1", "current", "Green", "Exchange SE", "", "newer than the table", "install"},
    /* other lines never got the fix */
    {"", "15.2.1118.40", "unpatched", "Red", "Exchange 2019", "", "never got the fix: install 2019 CU14 with SUv2 (15.2.1544.14)", "no fix"},
    {"", "15.1.2375.37", "unpatched", "Red", "Exchange 2016", "", "never got the fix: install 2016 CU23 with SUv2 (15.1.2507.44)", "no fix"},
    {"", "14.3.123.4", "unpatched", "Red", "Exchange 2010", "", "no fix exists", "2023"},
    {"", "8.3.485.1", "unpatched", "Red", "Exchange 2007", "", "no fix exists", "2023"},
    /* Online: by its number, or by its host first */
    {"", "15.20.8158.24", "online", "Grey", "Exchange Online", "", "", "install"},
    {"x.prod.outlook.com", "15.1.1362.18", "online", "Grey", "Exchange Online", "", "", "install"},
    {"A.PROD.EXCHANGELABS.COM", "15.0.918.8", "online", "Grey", "Exchange Online", "", "", "install"},
    {"x.protection.outlook.com", "", "online", "Grey", "Exchange Online", "", "", "install"},
    {"outlook.office365.com", "", "online", "Grey", "Exchange Online", "", "", "install"},
    {"prod.outlook.com.corp.local", "15.1.2507.43", "suv1", "Red", "Exchange 2016", "Nov24SU", "SUv2", "no fix"},
    {"ex.corp.local", "", "unreadable", "Grey", "Exchange", "", "", "install"},
    {"ex.corp.local", "16.0.1.1", "unreadable", "Grey", "Exchange", "", "", "install"},
};

/* clang-format on */

static void judged(void **state)
{
    const struct twf_exchange_table *t = twf_exchange_builtin();

    (void)state;
    for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++) {
        struct twf_exchange_judgement j;
        struct twf_buf advice;
        uint32_t build[4];
        bool has = builds[i].build[0] != '\0';

        if (has)
            assert_true(twf_exchange_build_parse(twf_span_str(builds[i].build), build));
        twf_exchange_judge(t, twf_span_str(builds[i].host), has ? build : NULL, &j);
        twf_buf_init(&advice);
        twf_exchange_advice(t, &j, build, TWF_SUV1_UNKNOWN, TWF_TRANSPORT_UNKNOWN, &advice);
        twf_buf_byte(&advice, '\0');
        if (strcmp(twf_exchange_status_names[j.status], builds[i].status) != 0 ||
            strcmp(twf_exchange_color_names[j.color], builds[i].color) != 0 ||
            strcmp(j.product, builds[i].product) != 0 || strcmp(j.update, builds[i].update) != 0 ||
            strstr((const char *)advice.ptr, builds[i].advice) == NULL ||
            (builds[i].advice[0] == '\0' && advice.len > 1) ||
            strstr((const char *)advice.ptr, builds[i].never) != NULL)
            fail_msg("%s %s: %s %s, %s %s: %s", builds[i].host, builds[i].build,
                     twf_exchange_status_names[j.status], twf_exchange_color_names[j.color],
                     j.product, j.update, (const char *)advice.ptr);
        twf_buf_fini(&advice);
    }
}

/* Every update of the table has the status that its date gives it, and judging never lowers with the
 * number inside a line. */
static void table(void **state)
{
    const struct twf_exchange_table *t = twf_exchange_builtin();
    enum twf_exchange_status last = TWF_EXCHANGE_UNREADABLE;

    (void)state;
    assert_int_equal(t->count, 61);
    for (size_t i = 0; i < t->count; i++) {
        const struct twf_exchange_update *u = &t->updates[i];
        struct twf_exchange_judgement j;

        twf_exchange_judge(t, twf_span_str("ex.corp.local"), u->build, &j);
        assert_true(j.exact);
        assert_false(j.newer);
        assert_string_equal(j.update, u->name);
        if (i > 0 && u->build[2] == t->updates[i - 1].build[2]) {
            assert_true(u->build[3] > t->updates[i - 1].build[3]);
            assert_true(j.status >= last);
        }
        if (strcmp(u->name, "Nov24SU") == 0)
            assert_int_equal(j.status, TWF_EXCHANGE_SUV1);
        if (strstr(u->name, "26") != NULL || strcmp(u->name, "Oct25SU") == 0)
            assert_int_equal(j.status, TWF_EXCHANGE_CURRENT);
        last = j.status;
    }
}

/* The matrix for SUv1: each of its eight cells, and the part of it that is left by what is known. */
static void matrix(void **state)
{
    static const struct {
        enum twf_suv1 was;
        enum twf_transport_rules rules;
        const char *text;
        /* clang-format off */
    } cells[] = {
        {TWF_SUV1_MANUAL, TWF_TRANSPORT_YES, "SUv1 installed by hand, transport or DLP rules in use: install SUv2 now\n"},
        {TWF_SUV1_MANUAL, TWF_TRANSPORT_NO, "SUv1 installed by hand, no such rules: SUv2 is recommended, for finer control of the header\n"},
        {TWF_SUV1_WINDOWS_UPDATE, TWF_TRANSPORT_YES, "SUv1 installed by Windows Update, transport or DLP rules in use: install SUv2 now\n"},
        {TWF_SUV1_WINDOWS_UPDATE, TWF_TRANSPORT_NO, "SUv1 installed by Windows Update, no such rules: SUv2 comes by itself in December 2024; check that the build has changed\n"},
        {TWF_SUV1_REMOVED, TWF_TRANSPORT_YES, "SUv1 installed, then removed, transport or DLP rules in use: install SUv2\n"},
        {TWF_SUV1_REMOVED, TWF_TRANSPORT_NO, "SUv1 installed, then removed, no such rules: install SUv2\n"},
        {TWF_SUV1_NEVER, TWF_TRANSPORT_YES, "SUv1 never installed, transport or DLP rules in use: install SUv2\n"},
        {TWF_SUV1_NEVER, TWF_TRANSPORT_NO, "SUv1 never installed, no such rules: install SUv2\n"},
    };
    /* clang-format on */
    struct twf_buf all, one;
    size_t sum = 0;

    (void)state;
    twf_buf_init(&all);
    twf_buf_init(&one);
    twf_exchange_matrix(TWF_SUV1_UNKNOWN, TWF_TRANSPORT_UNKNOWN, &all);
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        twf_buf_reset(&one);
        twf_exchange_matrix(cells[i].was, cells[i].rules, &one);
        assert_int_equal(one.len, strlen(cells[i].text));
        assert_memory_equal(one.ptr, cells[i].text, one.len);
        assert_memory_equal(all.ptr + sum, cells[i].text, one.len);
        sum += one.len;
    }
    assert_int_equal(all.len, sum);
    twf_buf_fini(&all);
    twf_buf_fini(&one);
}

/* clang-format off */
static const struct {
    const char *received;
    bool is_hop;
    const char *by, *build; /* "": none */
} hops[] = {
    {"from A (192.0.2.1) by EX02.corp.local (192.0.2.2) with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE) id 15.2.1544.14; Sat, 7 Feb 2026 08:00:00 +0000", true, "EX02.corp.local", "15.2.1544.14"},
    {"from A (192.0.2.1) by EX02.corp.local (192.0.2.2) with Microsoft SMTP Server (TLS) id 15.0.1178.4 via Frontend Transport; Sat, 7 Feb 2026 08:00:00 +0000", true, "EX02.corp.local", "15.0.1178.4"},
    {"from User (192.0.2.1) by ht.corp.local (192.0.2.2) with Microsoft SMTP Server id 8.3.485.1; Sat, 7 Feb 2026 08:00:00 +0000", true, "ht.corp.local", "8.3.485.1"},
    {"from EX01 ([fe80::1]) by EX01.corp.local ([fe80::1%15]) with mapi id 15.02.1544.014; Sat, 7 Feb 2026 08:00:00 +0000", true, "EX01.corp.local", "15.2.1544.14"},
    {"from A (::1) by B.namprd10.prod.outlook.com with HTTPS; Sat, 7 Feb 2026 08:00:00 +0000", true, "B.namprd10.prod.outlook.com", ""},
    {"from a by b with Microsoft SMTPSVC(6.0.3790.3999); Sat, 7 Feb 2026 08:00:00 +0000", false, "", ""},
    {"from a (a [192.0.2.1]) by mx.example (Postfix) with ESMTP id 15.2.1544.14; Sat, 7 Feb 2026 08:00:00 +0000", false, "", ""},
    {"from a (a [192.0.2.1]) by mx.example (Postfix) with ESMTPS id 4F1A2B3C4D; Sat, 7 Feb 2026 08:00:00 +0000", false, "", ""},
    {"from a by ex.corp.local with Microsoft SMTP Server id 15.2.1544; Sat, 7 Feb 2026 08:00:00 +0000", true, "ex.corp.local", ""},
    {"", false, "", ""},
};

/* clang-format on */

static void received(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(hops) / sizeof(hops[0]); i++) {
        struct twf_received r;
        struct twf_arena a;
        uint32_t build[4], want[4];
        bool has;

        twf_arena_init(&a, 4096);
        twf_received_parse(&a, twf_span_str(hops[i].received), &r);
        if (twf_exchange_hop(&r, &has, build) != hops[i].is_hop)
            fail_msg("%s", hops[i].received);
        if (hops[i].is_hop) {
            assert_true(twf_span_is(r.by, hops[i].by));
            assert_int_equal(has, hops[i].build[0] != '\0');
            if (has) {
                assert_true(twf_exchange_build_parse(twf_span_str(hops[i].build), want));
                assert_memory_equal(build, want, sizeof(want));
            }
        }
        twf_arena_fini(&a);
    }
}

static void numbers(void **state)
{
    static const char *const wrong[] = {"",
                                        "15",
                                        "15.2.1544",
                                        "15.2.1544.",
                                        "15.2..1",
                                        "15.2.1544.1x",
                                        "15.2.1544.14.1",
                                        ".15.2.1544",
                                        "a.b.c.d",
                                        "15.2.1544.1234567",
                                        "-1.2.3.4"};
    uint32_t build[4];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint8_t *copy = twf_malloc(strlen(wrong[i]));

        memcpy(copy, wrong[i], strlen(wrong[i]));
        assert_false(twf_exchange_build_parse(twf_span(copy, strlen(wrong[i])), build));
        twf_free(copy);
    }
}

static void from_file(void **state)
{
    static const char good[] =
        "# ours\ndate 2030-01\nsource a list\r\n\n15.2.9999.2 Nov24SUv2 SE CU9\n"
        "15.2.9999.1 RTM SE CU9\n";
    static const struct {
        const char *text, *error;
    } bad[] = {
        {"date 1\n15.2.1 RTM x\n", "f:2: neither"},
        {"date 1\n15.2.1.1 RTM\n", "f:2: neither"},
        {"15.2.1.1 RTM x\n", "has no date"},
        {"date 1\n", "has no builds"},
        {"date 1\nsource \x1b[2J\n15.2.1.1 RTM x\n", "f:2: neither"},
    };
    struct twf_exchange_table t;
    struct twf_arena a;

    (void)state;
    twf_arena_init(&a, 4096);
    assert_int_equal(twf_exchange_table_read(&a, twf_span_str(good), "f", &t, NULL), TWF_OK);
    assert_string_equal(t.date, "2030-01");
    assert_string_equal(t.source, "a list");
    assert_int_equal(t.count, 2);
    assert_string_equal(t.updates[0].name, "RTM");
    assert_string_equal(t.updates[1].product, "SE CU9");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct twf_error err = {0};

        assert_int_equal(twf_exchange_table_read(&a, twf_span_str(bad[i].text), "f", &t, &err),
                         TWF_ERR_ARG);
        assert_non_null(strstr(err.text, bad[i].error));
    }
    twf_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judged),   cmocka_unit_test(table),   cmocka_unit_test(matrix),
        cmocka_unit_test(received), cmocka_unit_test(numbers), cmocka_unit_test(from_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
