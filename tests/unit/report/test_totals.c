/* SPDX-License-Identifier: Apache-2.0 */
/* What is said about a whole run: the summary document, the pair table, the words. */
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

#include "base/alloc.h"
#include "report/report.h"

static struct twf_kernels kernels;

static struct twf_sink_options options(void)
{
    twf_kernels_init(&kernels, TWF_CPU_SCALAR);
    return (struct twf_sink_options){.kernels = &kernels};
}

static void expect(const struct twf_buf *b, const char *want)
{
    assert_false(b->failed);
    if (b->len != strlen(want) || (b->len > 0 && memcmp(b->ptr, want, b->len) != 0))
        fail_msg("got:\n%.*s\nexpected:\n%s", (int)b->len, (const char *)b->ptr, want);
}

static const struct twf_pair pairs[] = {
    {
        .p2_org = {(const uint8_t *)"bank.example", 12},
        .p1_org = {(const uint8_t *)"news.example", 12},
        .messages = 3,
        .authenticated = 1,
        .first_us = 0,
        .last_us = INT64_C(1731572100000000),
        .p1_locals = 2,
        .ids = {{(const uint8_t *)"a,1@x.example", 13}, {(const uint8_t *)"=b", 2}},
        .id_count = 2,
        .is_protected = true,
        .rarity = 0.25,
    },
    {
        .p2_org = {(const uint8_t *)"shop\033.example", 13},
        .messages = 1,
        .first_us = INT64_MIN,
        .last_us = INT64_MIN,
    },
};

static const struct twf_incident incident = {
    .source = "mail/20\xff"
              "19.tar.zst",
    .code = "frame_damaged",
    .off = 1203338112,
    .len = 66240,
    .incomplete = true,
    .text = "frame 41: checksum wrong",
};

/* Of two filters and seven rules one hit nothing; the first of two equal ones comes first. */
static const struct twf_rule_total rules[] = {
    {"id-a", "Low", TWF_LEVEL_LOW, false, true, 9},
    {"id-b", "Seldom\033", TWF_LEVEL_HIGH, false, true, 3},
    {"id-c", "Often", TWF_LEVEL_HIGH, false, false, 1205},
    {"id-d", "Never", TWF_LEVEL_CRITICAL, false, true, 0},
    {"id-e", "Filter", TWF_LEVEL_NONE, true, true, 77},
    {"id-f", "", TWF_LEVEL_MEDIUM, false, true, 5},
    {"id-g", "As often", TWF_LEVEL_MEDIUM, false, true, 5},
    {"id-h", "Informational", TWF_LEVEL_INFO, false, true, 1000000},
    {"id-i", "Idle filter", TWF_LEVEL_NONE, true, true, 0},
};

/* The run of the documentation: the sums close. */
static struct twf_totals run(void)
{
    struct twf_totals t = {
        .inputs = 38,
        .inputs_complete = 37,
        .inputs_damaged = 1,
        .pairs = pairs,
        .pair_count = 3025,
        .pair_listed = 2,
        .rules = rules,
        .rule_count = TWF_COUNT(rules),
        .rules_digest = "4d1e9a07c0ffee",
        .incidents = &incident,
        .incident_count = 1,
        .incident_listed = 1,
        .version = "1.0.0",
        .run_id = "5b0e61c29d7f4a13aabbccddeeff0011",
        .psl_date = "2026-08-19",
        .cpu = "avx2",
        .backend = "uring",
        .sandbox = "off",
        .threads = 8,
        .wall_ns = UINT64_C(151000000000),
        .peak_rss = UINT64_C(412) << 20,
        .exit_code = 3,
        .incomplete = true,
    };
    struct twf_counts *c = &t.counts;

    c->in_bytes = UINT64_C(12884901888);
    c->frame_bytes = UINT64_C(12884639744);
    c->skippable_bytes = 262144;
    c->out_bytes = UINT64_C(61203026408);
    c->message_bytes = UINT64_C(60713212728);
    c->separator_bytes = 489747440;
    c->gap_bytes = 66240;
    c->messages = 9418220;
    c->judged = 9417667;
    c->skipped_time = 412;
    c->skipped_not_mail = 140;
    c->failed = 1;
    c->records = 9364;
    c->p1_kinds[TWF_P1_AUTHRES] = 9411056;
    c->p1_kinds[TWF_P1_NONE] = 6611;
    c->classes[TWF_V_AMBIGUOUS_FROM] = 212;
    c->classes[TWF_V_MALFORMED_FROM] = 1930;
    c->classes[TWF_V_MISMATCH_SUSPECT] = 8402;
    c->classes[TWF_V_MISMATCH_PLAIN] = 301118;
    c->classes[TWF_V_MISMATCH_EXPLAINED] = 2118765;
    c->classes[TWF_V_ALIGNED] = 6981629;
    c->classes[TWF_V_UNDETERMINED] = 5611;
    c->levels[TWF_LEVEL_HIGH] = 241;
    c->levels[TWF_LEVEL_NONE] = 9417426;
    c->allowances[TWF_X_DMARC] = 402118;
    c->allowances[TWF_X_LIST] = 1804311;
    c->tags[TWF_TAG_BOTH] = 10;
    c->tags[TWF_TAG_NEITHER] = 9415653;
    c->tags[TWF_TAG_ONLY_EXCHANGE] = 3;
    c->tags[TWF_TAG_ONLY_US] = 2001;
    c->tags_apart = (struct twf_tag_apart){.forged_or_foreign = 4, .other_value = 1};
    return t;
}

static void words(void **state)
{
    static const char want[] =
        "twofrom 1.0.0  run 5b0e61c29d7f4a13  PSL 2026-08-19  8 threads avx2 uring  sandbox off\n"
        "archives   38 = 37 complete + 1 damaged\n"
        "bytes in   12,884,901,888 = 12,884,639,744 frames + 262,144 skippable + 0 trailing\n"
        "bytes out  61,203,026,408 = 60,713,212,728 messages + 489,747,440 separators + 66,240 "
        "gaps\n"
        "messages   9,418,220 = 9,417,667 judged\n"
        "           + 552 skipped (412 outside the time asked for, 140 not mail) + 1 failed\n"
        "P1 source  9,411,056 authres + 6,611 none\n"
        "verdicts   212 ambiguous_from + 1,930 malformed_from + 8,402 mismatch_suspect\n"
        "           + 301,118 mismatch_plain + 2,118,765 mismatch_explained + 6,981,629 aligned\n"
        "           + 5,611 undetermined\n"
        "levels     241 high + 9,417,426 none; 9,364 records\n"
        "allowances 1,804,311 X_LIST, 402,118 X_DMARC\n"
        "exchange   9,417,667 = 10 tagged and found + 3 only tagged + 2,001 only found\n"
        "           + 9,415,653 neither\n"
        "           4 tags forged or foreign, 1 tags with another value\n"
        "rules      9 = 8 shipped + 1 yours (4d1e9a07); 6 hit\n"
        "           1,205 high Often\n"
        "           3 high Seldom\\x1B\n"
        "           5 medium id-f\n"
        "           5 medium As often\n"
        "           9 low Low\n"
        "           1 more: -o summary=PATH\n"
        "pairs      3 bank.example < news.example, 1 shop\\x1B.example < <>  (3,025 pairs: -o "
        "pairs=PATH)\n"
        "not read   mail/20\\xFF19.tar.zst at 1,203,338,112: frame 41: checksum wrong, 66,240 "
        "bytes\n"
        "result     incomplete, exit 3; 00:02:31, 62,372 msg/s, 405 MB/s out, peak 412 MiB\n";
    struct twf_sink_options o = options();
    struct twf_totals t = run();
    struct twf_buf b;

    (void)state;
    o.width = 96;
    twf_buf_init(&b);
    twf_summary_text(&o, &t, &b);
    expect(&b, want);
    twf_buf_fini(&b);
}

/* An empty run still says what it did, and lines without content do not show. */
static void words_of_nothing(void **state)
{
    static const char want[] =
        "twofrom 1.0.0  run -  PSL -  1 thread - -  sandbox -\n"
        "archives   0 = 0 complete\n"
        "bytes in   0 = 0 frames + 0 skippable + 0 trailing\n"
        "bytes out  0 = 0 messages + 0 separators + 0 gaps\n"
        "messages   0 = 0 judged\n"
        "P1 source  0 none\n"
        "verdicts   0 judged\n"
        "levels     0 none; 0 records\n"
        "result     complete, exit 0; 00:00:00, 0 msg/s, 0 MB/s out, peak 0 MiB\n";
    struct twf_sink_options o = options();
    struct twf_totals t = {.version = "1.0.0", .threads = 1};
    struct twf_buf b;

    (void)state;
    twf_buf_init(&b);
    twf_summary_text(&o, &t, &b);
    expect(&b, want);
    twf_buf_fini(&b);
}

static void pair_table(void **state)
{
    static const char want[] =
        "p2_org,p1_org,messages,first,last,p1_locals,authenticated,protected,rarity,"
        "message_id_1,message_id_2,message_id_3\n"
        "bank.example,news.example,3,1970-01-01T00:00:00Z,2024-11-14T08:15:00Z,2,0.3333,true,0."
        "250000,"
        "\"a,1@x.example\",'=b,\n"
        "shop\\x1B.example,,1,,,0,0.0000,false,0.000000,,,\n";
    struct twf_sink_options o = options();
    struct twf_totals t = run();
    struct twf_buf b;

    (void)state;
    twf_buf_init(&b);
    twf_sink_find("pairs")->document_render(&o, &t, &b);
    expect(&b, want);
    twf_buf_reset(&b);
    o.defang = true;
    twf_sink_find("pairs")->document_render(&o, &t, &b);
    assert_non_null(memmem(b.ptr, b.len, "\n\"bank[.]example\",\"news[.]example\",3,", 37));
    twf_buf_fini(&b);
}

static json_int_t number(const json_t *j, const char *a, const char *b, const char *c)
{
    const json_t *v = json_object_get(j, a);

    v = b == NULL ? v : json_object_get(v, b);
    v = c == NULL ? v : json_object_get(v, c);
    if (!json_is_integer(v))
        fail_msg("no number at %s %s %s", a, b == NULL ? "" : b, c == NULL ? "" : c);
    return json_integer_value(v);
}

static void document(void **state)
{
    static const char *const opts[] = {"min-level=medium", "protect=\"x\""};
    struct twf_input_total in = {.path = "a\xff%",
                                 .source_id = "9f2c",
                                 .size = 7,
                                 .container = "mbox",
                                 .codec = "zstd",
                                 .complete = true};
    struct twf_sink_options o = options();
    struct twf_totals t = run();
    json_error_t err;
    struct twf_buf b;
    json_t *j, *v;

    (void)state;
    t.options = opts;
    t.option_count = 2;
    t.input = &in;
    t.input_listed = 1;
    in.counts.in_bytes = 7;
    twf_buf_init(&b);
    twf_sink_find("summary")->document_render(&o, &t, &b);
    j = json_loadb((const char *)b.ptr, b.len, JSON_REJECT_DUPLICATES, &err);
    if (j == NULL)
        fail_msg("%s at %d: %.*s", err.text, err.position, (int)b.len, (const char *)b.ptr);
    assert_string_equal(json_string_value(json_object_get(j, "schema")), "twofrom.summary/1");
    assert_int_equal(number(j, "result", "exit_code", NULL), 3);
    assert_true(json_is_false(json_object_get(json_object_get(j, "result"), "complete")));
    assert_int_equal(number(j, "counts", "bytes_in", "total"), 12884901888);
    assert_int_equal(number(j, "counts", "bytes_in", "skippable"), 262144);
    assert_int_equal(number(j, "counts", "messages", "skipped_not_mail"), 140);
    assert_int_equal(number(j, "counts", "pairs", NULL), 3025);
    assert_int_equal(number(j, "verdict", "AMBIGUOUS_FROM", NULL), 212);
    assert_int_equal(number(j, "allowances", "X_LIST", NULL), 1804311);
    assert_int_equal(number(j, "exchange_tag", "only_us", NULL), 2001);
    assert_int_equal(number(j, "exchange_tag", "forged_or_foreign", NULL), 4);
    assert_int_equal(number(j, "exchange_tag", "repeated", NULL), 0);
    /* zeros too: the set of keys never depends on the data */
    assert_int_equal(number(j, "findings", "FROM_NUL", NULL), 0);
    assert_int_equal(json_object_size(json_object_get(j, "findings")), TWF_FINDING_COUNT);
    assert_int_equal(json_object_size(json_object_get(j, "limits")), TWF_LIMIT_COUNT);
    assert_string_equal(json_string_value(json_object_get(json_object_get(j, "rules"), "sha256")), "4d1e9a07c0ffee");
    v = json_object_get(json_object_get(j, "rules"), "asked");
    assert_int_equal(json_array_size(v), 9);
    v = json_array_get(v, 1);
    assert_string_equal(json_string_value(json_object_get(v, "title")), "Seldom\033");
    assert_int_equal(number(v, "messages", NULL, NULL), 3);
    v = json_array_get(json_object_get(j, "inputs"), 0);
    assert_string_equal(json_string_value(json_object_get(v, "path")), "a%FF%25");
    assert_int_equal(number(v, "bytes_in", "total", NULL), 7);
    assert_null(json_object_get(v, "sha256"));
    v = json_array_get(json_object_get(j, "not_read"), 0);
    assert_string_equal(json_string_value(json_object_get(v, "code")), "frame_damaged");
    assert_int_equal(number(v, "length", NULL, NULL), 66240);
    v = json_array_get(json_object_get(j, "options"), 1);
    assert_string_equal(json_string_value(v), "protect=\"x\"");
    json_decref(j);
    twf_buf_fini(&b);
}

/* Memory that runs out at any point is told by the buffer; nothing leaks (the sanitizer looks). */
static void no_memory(void **state)
{
    struct twf_sink_options o = options();
    struct twf_totals t = run();
    bool failed = true;
    uint64_t k;

    (void)state;
    for (k = 1; failed; k++) {
        struct twf_buf b;

        twf_buf_init(&b);
        twf_alloc_fail_at(k);
        twf_summary_text(&o, &t, &b);
        twf_sink_find("summary")->document_render(&o, &t, &b);
        twf_sink_find("pairs")->document_render(&o, &t, &b);
        twf_alloc_fail_at(0);
        failed = b.failed;
        twf_buf_fini(&b);
    }
    assert_true(k > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(words_of_nothing),
        cmocka_unit_test(pair_table),
        cmocka_unit_test(document),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
