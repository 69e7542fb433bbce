/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records: the JSON of a row is a flat object that parses back to the columns, CSV has the same
 * columns, the table is aligned and escaped, --defang and the optional columns do what they say.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/report.h"

struct fixture {
    struct twf_kernels kernels;
    struct twf_sink_options o;
    struct twf_batch *b;
    struct twf_buf out;
};

/* Two rows, the first one selected. */
static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    static const uint8_t raw[] = "\xff<ceo@bank.example>";

    if (f == NULL)
        return -1;
    twf_kernels_init(&f->kernels, TWF_CPU_AVX512);
    f->o.kernels = &f->kernels;
    f->b = twf_batch_new();
    twf_buf_init(&f->out);
    twf_batch_str(f->b, TWF_COL_schema, 0, "twofrom.flag/1");
    twf_batch_str(f->b, TWF_COL_source_uri, 0, "a,b.mbox");
    twf_batch_int(f->b, TWF_COL_message_offset, 0, INT64_C(48213377));
    twf_batch_int(f->b, TWF_COL_date, 0, INT64_C(1731572100000000));
    twf_batch_str(f->b, TWF_COL_subject, 0, "Invoice");
    twf_batch_str(f->b, TWF_COL_p1_raw, 0, "<bounce@attack.example>");
    twf_batch_str(f->b, TWF_COL_p1_address, 0, "bounce@attack.example");
    twf_batch_str(f->b, TWF_COL_p1_source, 0, "authres");
    twf_batch_int(f->b, TWF_COL_p1_null, 0, 0);
    twf_batch_item(f->b, TWF_COL_p1_seen, 0, twf_span_str("authres=bounce@attack.example@212"));
    twf_batch_item(f->b, TWF_COL_p1_seen, 0, twf_span_str("return_path=<>@9"));
    twf_batch_bytes(f->b, TWF_COL_from_raw, 0, twf_span(raw, sizeof(raw) - 1));
    twf_batch_str(f->b, TWF_COL_p2_address, 0, "ceo@bank.example");
    twf_batch_str(f->b, TWF_COL_p2_display, 0, "=\"B\"\n\033[31m");
    twf_batch_int(f->b, TWF_COL_p2_mailbox_count, 0, 2);
    twf_batch_str(f->b, TWF_COL_level, 0, "high");
    twf_batch_int(f->b, TWF_COL_score, 0, 75);
    twf_batch_item(f->b, TWF_COL_findings, 0, twf_span_str("FROM_AMBIGUOUS_ORG"));
    twf_batch_item(f->b, TWF_COL_findings, 0, twf_span_str("R_MISMATCH"));
    twf_batch_list(f->b, TWF_COL_cves, 0);
    twf_batch_str(f->b, TWF_COL_exchange_tag, 0, "");
    twf_batch_str(f->b, TWF_COL_to_raw, 0, "x@y.example");
    twf_batch_str(f->b, TWF_COL_header_rest, 0, "X-Mailer: m");
    twf_batch_item(f->b, TWF_COL_finding_evidence, 0,
                   twf_span_str("R_MISMATCH=low<low>@12+5 bank.example"));
    twf_batch_str(f->b, TWF_COL_schema, 1, "not selected");
    twf_batch_finish(f->b, 2);
    twf_batch_select(f->b, 0);
    *state = f;
    return f->b == NULL || f->b->failed ? -1 : 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    twf_batch_free(f->b);
    twf_buf_fini(&f->out);
    free(f);
    return 0;
}

static void render(struct fixture *f, const char *name)
{
    const struct twf_sink *s = twf_sink_find(name);

    assert_non_null(s);
    twf_buf_reset(&f->out);
    if (s->head != NULL)
        s->head(&f->o, &f->out);
    s->rows(&f->o, f->b, &f->out);
    assert_false(f->out.failed);
}

static void assert_has(const struct fixture *f, const char *text)
{
    if (memmem(f->out.ptr, f->out.len, text, strlen(text)) == NULL)
        fail_msg("no \"%s\" in: %.*s", text, (int)f->out.len, (const char *)f->out.ptr);
}

static json_t *record(struct fixture *f)
{
    json_error_t err;
    json_t *j;

    render(f, "jsonl");
    assert_true(f->out.len > 0 && f->out.ptr[f->out.len - 1] == '\n');
    assert_null(memchr(f->out.ptr, '\n', f->out.len - 1)); /* one line: row 1 is not selected */
    j = json_loadb((const char *)f->out.ptr, f->out.len, JSON_REJECT_DUPLICATES, &err);
    if (j == NULL)
        fail_msg("%s: %.*s", err.text, (int)f->out.len, (const char *)f->out.ptr);
    return j;
}

static void expect_text(const json_t *j, const char *key, const char *want)
{
    const json_t *v = json_object_get(j, key);

    if (!json_is_string(v))
        fail_msg("%s is no string", key);
    assert_string_equal(json_string_value(v), want);
}

static void expect_item(const json_t *j, const char *key, size_t i, const char *want)
{
    assert_string_equal(json_string_value(json_array_get(json_object_get(j, key), i)), want);
}

static void jsonl(void **state)
{
    json_t *j = record(*state), *v;
    const char *key;

    expect_text(j, "source_uri", "a,b.mbox");
    assert_int_equal(json_integer_value(json_object_get(j, "message_offset")), 48213377);
    expect_text(j, "date", "2024-11-14T08:15:00Z");
    assert_true(json_is_false(json_object_get(j, "p1_null")));
    expect_item(j, "findings", 0, "FROM_AMBIGUOUS_ORG");
    expect_item(j, "findings", 1, "R_MISMATCH");
    expect_text(j, "p2_display", "=\"B\"\n\033[31m");
    expect_text(j, "from_raw_b64", "/zxjZW9AYmFuay5leGFtcGxlPg==");
    expect_text(j, "p1_raw", "<bounce@attack.example>");
    /* null, empty, not UTF-8, not asked for, for the index only */
    static const char *const absent[] = {"member",       "from_raw",  "cves",
                                         "exchange_tag", "duplicate", "subject",
                                         "to_raw",       "rule_ids",  "header_rest"};
    for (size_t i = 0; i < TWF_COUNT(absent); i++) {
        if (json_object_get(j, absent[i]) != NULL)
            fail_msg("%s is there", absent[i]);
    }
    json_object_foreach(j, key, v)
    {
        assert_false(json_is_object(v) || json_is_null(v));
    }
    json_decref(j);
}

/* Keys come in the order of the table, whatever a row holds. */
static void jsonl_order(void **state)
{
    struct fixture *f = *state;
    const char *at;
    size_t last = 0;

    render(f, "jsonl");
    twf_buf_byte(&f->out, 0);
    for (int id = 0; id < TWF_COL_COUNT; id++) {
        char key[64];

        (void)snprintf(key, sizeof(key), "\"%s\":", twf_col_infos[id].name);
        at = strstr((const char *)f->out.ptr, key);
        if (at == NULL)
            continue;
        assert_true((size_t)(at - (const char *)f->out.ptr) >= last);
        last = (size_t)(at - (const char *)f->out.ptr);
    }
    assert_true(last > 0);
}

static void optional_columns(void **state)
{
    struct fixture *f = *state;
    json_t *j;

    f->o.with_subject = f->o.with_headers = true;
    j = record(f);
    expect_text(j, "subject", "Invoice");
    expect_text(j, "header_rest", "X-Mailer: m");
    assert_null(json_object_get(j, "to_raw"));
    json_decref(j);
}

static void defang(void **state)
{
    struct fixture *f = *state;
    json_t *j;

    f->o.defang = true;
    j = record(f);
    expect_text(j, "p1_address", "bounce[@]attack[.]example");
    expect_text(j, "p1_raw", "<bounce[@]attack[.]example>");
    expect_item(j, "p1_seen", 0, "authres=bounce[@]attack[.]example@212");
    expect_item(j, "p1_seen", 1, "return_path=<>@9");
    expect_item(j, "finding_evidence", 0, "R_MISMATCH=low<low>@12+5 bank[.]example");
    expect_text(j, "source_uri", "a,b.mbox");
    json_decref(j);
    render(f, "table");
    assert_has(f, "ceo[@]bank[.]example (+1)");
    render(f, "csv");
    assert_has(f, "\"ceo[@]bank[.]example\"");
}

/* Commas outside quotes. */
static size_t commas(const char *p, size_t len)
{
    bool quoted = false;
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        if (p[i] == '"')
            quoted = !quoted;
        n += p[i] == ',' && !quoted;
    }
    return n;
}

static void csv(void **state)
{
    struct fixture *f = *state;
    const char *p, *row;
    size_t len, columns = 0;

    for (int id = 0; id < TWF_COL_COUNT; id++)
        columns += twf_col_infos[id].index != 'O' && id != TWF_COL_subject;
    render(f, "csv");
    p = (const char *)f->out.ptr;
    row = memchr(p, '\n', f->out.len);
    assert_non_null(row++);
    len = f->out.len - (size_t)(row - p);
    assert_int_equal(commas(p, (size_t)(row - p)) + 1, columns);
    assert_int_equal(commas(row, len) + 1, columns);
    assert_memory_equal(p, "schema,run_id,record_id,source_uri,", 35);
    assert_has(f, ",\"a,b.mbox\",");
    assert_has(f, ",\"FROM_AMBIGUOUS_ORG R_MISMATCH\",");
    assert_has(f, ",\"'=\"\"B\"\"\n\\x1B[31m\",");
    assert_has(f, ",\\xFF<ceo@bank.example>,");
    assert_has(f, ",2024-11-14T08:15:00Z,");
}

static void table(void **state)
{
    static const char want[] =
        "LEVEL   SCORE  DATE        P1 (SOURCE)                               "
        "P2                              FINDINGS  MESSAGE\n"
        "high       75  2024-11-14  bounce@attack.example (authres)           "
        "ceo@bank.example (+1)           FROM_AMBIGUOUS_ORG R_MISMATCH  a,b.mbox@48213377\n";
    struct fixture *f = *state;

    render(f, "table");
    assert_int_equal(f->out.len, sizeof(want) - 1);
    assert_memory_equal(f->out.ptr, want, sizeof(want) - 1);
    f->o.color = true;
    f->o.width = 80;
    render(f, "table");
    assert_has(f, "\n\033[31mhigh    \033[0m   75");
    assert_has(f, "  ...ack.example (authres)  ");
}

static void nothing(void **state)
{
    struct fixture *f = *state;

    render(f, "null");
    assert_int_equal(f->out.len, 0);
    assert_null(twf_sink_find("nonesuch"));
    assert_null(twf_sink_find(""));
}

/* docs/records.md has a row for each column, in the order of the table, and no further one. */
static void documented(void **state)
{
    static const char *const types[] = {"utf8", "bin", "i16", "i32", "i64", "bool", "ts", "list"};
    FILE *file = fopen(TWF_SOURCE_DIR "/docs/records.md", "r");
    char line[512], want[512];
    int id = -1; /* outside the table */

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "| column |", 10) == 0)
            id = 0;
        if (id < 0 || strncmp(line, "| `", 3) != 0)
            continue;
        assert_true(id < TWF_COL_COUNT);
        (void)snprintf(want, sizeof(want), "| `%s` | %s%s | %c |", twf_col_infos[id].name,
                       types[twf_col_infos[id].type], twf_col_infos[id].never_null ? "!" : "",
                       twf_col_infos[id].index == 'X' ? '-' : twf_col_infos[id].index);
        if (strncmp(line, want, strlen(want)) != 0)
            fail_msg("expected %s, got %s", want, line);
        id++;
    }
    (void)fclose(file);
    assert_int_equal(id, TWF_COL_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(jsonl, setup, teardown),
        cmocka_unit_test_setup_teardown(jsonl_order, setup, teardown),
        cmocka_unit_test_setup_teardown(optional_columns, setup, teardown),
        cmocka_unit_test_setup_teardown(defang, setup, teardown),
        cmocka_unit_test_setup_teardown(csv, setup, teardown),
        cmocka_unit_test_setup_teardown(table, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing, setup, teardown),
        cmocka_unit_test(documented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
