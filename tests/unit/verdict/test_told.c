/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/verdicts.md tells of each finding of findings.def, in a row that has its highest level, its
 * RFC and its CVE, and of each explainer of allowances.def with its effect.
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
#include "flow/verdict.h"

static struct twf_buf text;

static int read_text(void **state)
{
    char piece[4096];
    size_t n;
    FILE *file = fopen(TWF_SOURCE_DIR "/docs/verdicts.md", "r");

    (void)state;
    assert_non_null(file);
    twf_buf_init(&text);
    while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
        twf_buf_put(&text, piece, n);
    (void)fclose(file);
    twf_buf_byte(&text, 0);
    assert_false(text.failed);
    return 0;
}

static int free_text(void **state)
{
    (void)state;
    twf_buf_fini(&text);
    return 0;
}

/* The row of a table whose first cell names code; several may share one. */
static void row_of(const char *code, char *row, size_t cap)
{
    const char *all = (const char *)text.ptr, *p = all;
    char name[64];

    (void)snprintf(name, sizeof(name), "`%s`", code);
    for (; (p = strstr(p, name)) != NULL; p++) {
        const char *line = p, *end = strchr(p, '\n'), *cell;

        while (line > all && line[-1] != '\n')
            line--;
        cell = strstr(line + 1, " | ");
        if (strncmp(line, "| ", 2) != 0 || cell == NULL || p > cell || end == NULL)
            continue;
        assert_true((size_t)(end - line) < cap);
        memcpy(row, line, (size_t)(end - line));
        row[end - line] = '\0';
        return;
    }
    fail_msg("no row tells of %s", code);
}

/* Each piece of list, between ", ", stands in row. */
static void expect_pieces(const char *code, const char *row, const char *list, const char *prefix)
{
    while (*list != '\0') {
        size_t n = strcspn(list, ",");
        char piece[64];

        (void)snprintf(piece, sizeof(piece), "%.*s", (int)n, list);
        if (strncmp(piece, prefix, strlen(prefix)) == 0)
            memmove(piece, piece + strlen(prefix), strlen(piece + strlen(prefix)) + 1);
        if (strstr(row, piece) == NULL)
            fail_msg("the row of %s lacks \"%s\"", code, piece);
        list += n;
        list += strspn(list, ", ");
    }
}

static void findings(void **state)
{
    char row[4096], number[16];

    (void)state;
    for (int i = 0; i < TWF_FINDING_COUNT; i++) {
        const struct twf_finding_info *f = &twf_finding_infos[i];

        row_of(f->code, row, sizeof(row));
        if (strstr(row, strcmp(f->level, "informational") == 0 ? "info" : f->level) == NULL)
            fail_msg("the row of %s lacks its level %s", f->code, f->level);
        /* The number of the RFC: sections may be told at more length. */
        (void)snprintf(number, sizeof(number), "%.*s", (int)strcspn(f->rfc, " "), f->rfc);
        if (number[0] >= '0' && number[0] <= '9')
            expect_pieces(f->code, row, number, "");
        if (strstr(row, "VU#") == NULL || f->cve[0] != '\0')
            expect_pieces(f->code, row, f->cve, "CVE-2025");
    }
}

static void explainers(void **state)
{
    static const char *const effects[] = {"annotate", "one step", "text", "removes"};
    char row[4096];

    (void)state;
    for (int i = 0; i < TWF_ALLOWANCE_COUNT; i++) {
        row_of(twf_allowance_infos[i].code, row, sizeof(row));
        if (strstr(row, effects[twf_allowance_infos[i].effect]) == NULL)
            fail_msg("the row of %s lacks its effect", twf_allowance_infos[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings),
        cmocka_unit_test(explainers),
    };

    return cmocka_run_group_tests(tests, read_text, free_text);
}
