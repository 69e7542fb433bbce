/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a rule file is told with its place and what to write instead; one line of the
 * table for each way. And files that no author wrote: cut, changed and nested ones.
 */
#define _GNU_SOURCE
#include "rules_make.h"

#include "base/alloc.h"

#define HEAD "title: T\nlogsource: {product: email}\n"

/* want: what is reported, a line each, "LINE:COLUMN+LEN Rnnn text" or the beginning of that. */
static const struct {
    const char *text, *want;
} cases[] = {
    /* YAML */
    {"", "0:0+0 R002 holds no rule"},
    {"title: [a\n", "2:1+1 R002 "},
    {"title: [a", "1:10+1 R002 "}, /* not in a second line, which is not there */
    {"title: 'a\n", "2:1+1 R002 "},
    {"title: @a\n", "1:8+1 R002 found character that cannot start any token"},
    {"a:\n\tb: c\n", "2:1+1 R002 found character that cannot start any token while scanning for the next token; YAML is indented"},
    {"title: a: b\n", "1:9+1 R002 mapping values are not allowed in this context; quote"},
    {"title: \"\\d\"\n", "1:9+1 R002 found unknown escape character"},
    {"title: &a T\n", "1:8+1 R003 an anchor (&) is not taken"},
    {"a: *b\n", "1:4+1 R003 an alias (*) is not taken"},
    {"title: !!str T\n", "1:8+1 R003 a tag (!) is not taken"},
    {"title: !x [a]\n", "1:8+1 R003 a tag (!) is not taken"},
    {"title: &x {a: b}\n", "1:8+1 R003 an anchor (&) is not taken"},
    {HEAD "---\ntitle: U\n", "3:1+1 R003 a second document is not taken"},
    {"%YAML 1.1\n---\ntitle: T\n", "1:1+1 R003 a directive (%) is not taken"},
    {"a: [[[[[[[[b]]]]]]]]\n", "1:11+1 R004 nested deeper than 8 levels"},
    {"title: T\ntitle: U\n", "2:1+5 R005 the key 'title' stands here twice, first in line 1"},
    {HEAD "detection:\n  a: {p1.domain: yes}\n", "4:18+3 R006 'yes' without quotes"},
    {HEAD "detection:\n  a: {p1.domain: null}\n", "4:18+4 R006 'null' is not taken: for a field that is not there write FIELD|exists: false"},
    {HEAD "detection:\n  a:\n    p1.domain:\n", "5:15+1 R006 nothing stands here"},
    {"? [a]\n: b\n", "1:3+1 R007 a key must be a text"},
    {"- a\n", "1:1+1 R007 a rule is a map"},
    {"title: \xff\n", "0:0+0 R001 is not a text in UTF-8"},
    /* what is said about a rule */
    {"logsource: {product: email}\ndetection: {a: {relation: mismatch}, condition: a}\n",
     "1:1+1 R009 title is missing"},
    {"title: ''\nlogsource: {product: email}\ndetection: {a: {p1.null: true}, condition: a}\n",
     "1:8+2 R010 a title has 1 to 256 bytes"},
    {HEAD "detecton: {}\n", "3:1+8 R008 unknown key 'detecton', did you mean 'detection'?"},
    {HEAD "severity: high\n", "3:1+8 R008 unknown key 'severity'"},
    {"title: T\ndetection: {a: {p1.null: true}, condition: a}\n",
     "1:1+1 R009 logsource is missing"},
    {"title: T\nlogsource: {product: windows}\ndetection: {a: {p1.null: true}, condition: a}\n",
     "2:22+7 R011 rules for other products are not taken"},
    {"title: T\nlogsource: {product: email, category: process_creation}\n"
     "detection: {a: {p1.null: true}, condition: a}\n",
     "2:39+16 R011 category must be message_header"},
    {HEAD "id: 12\ndetection: {a: {p1.null: true}, condition: a}\n", "3:5+2 R010 an id is a UUID"},
    {HEAD "level: info\ndetection: {a: {p1.null: true}, condition: a}\n",
     "3:8+4 R010 level is one of"},
    {HEAD "status: stabel\ndetection: {a: {p1.null: true}, condition: a}\n",
     "3:9+6 R010 status is one of stable, test, experimental, deprecated, unsupported; did you "
     "mean "
     "'stable'?"},
    {HEAD "date: 2024/11/12\ndetection: {a: {p1.null: true}, condition: a}\n",
     "3:7+10 R010 date is written YYYY-MM-DD"},
    {HEAD "tags: attack\ndetection: {a: {p1.null: true}, condition: a}\n",
     "3:7+6 R007 tags must be a list"},
    {HEAD, "1:1+1 R009 detection is missing"},
    {HEAD "detection: [a]\n", "3:12+1 R007 detection must be a map"},
    /* fields and modifiers */
    {HEAD "detection: {a: {p1.domian: x}, condition: a}\n",
     "3:17+9 R013 unknown field 'p1.domian', did you mean 'p1.domain'?"},
    {HEAD "detection: {a: {mail_from: x}, condition: a}\n",
     "3:17+9 R013 unknown field 'mail_from', did you mean 'p1.address'?"},
    {HEAD "detection: {a: {body: x}, condition: a}\n",
     "3:17+4 R013 unknown field 'body': rules read headers"},
    {HEAD "detection: {a: {X-Mailer: x}, condition: a}\n",
     "3:17+8 R013 unknown field 'X-Mailer'; a header field is written header.X-Mailer"},
    {HEAD "detection: {a: {p2.address|starstwith: x}, condition: a}\n",
     "3:28+10 R014 unknown modifier 'starstwith', did you mean 'startswith'?"},
    {HEAD "detection: {a: {subject|base64offset|contains: x}, condition: a}\n",
     "3:25+12 R015 the modifier 'base64offset' is not taken: header values are decoded already"},
    {HEAD "detection: {a: {p1.domain|cidr: x}, condition: a}\n", "3:27+4 R015 the modifier 'cidr'"},
    {HEAD "detection: {a: {p1.domain|expand: '%x%'}, condition: a}\n",
     "3:27+6 R015 the modifier 'expand'"},
    {HEAD "detection: {a: {message.date|hour: 3}, condition: a}\n",
     "3:30+4 R015 the modifier 'hour'"},
    {HEAD "detection: {a: {subject|contains|startswith: x}, condition: a}\n",
     "3:17+27 R016 only one of"},
    {HEAD "detection: {a: {subject|i: x}, condition: a}\n",
     "3:17+9 R016 i, m and s are flags of re"},
    {HEAD "detection: {a: {subject|re|cased: x}, condition: a}\n", "3:17+16 R016 re says itself"},
    {HEAD "detection: {a: {p2.fields|contains: 1}, condition: a}\n",
     "3:17+18 R016 this field holds a number"},
    {HEAD "detection: {a: {level|gte: high}, condition: a}\n",
     "3:17+9 R016 this field holds words"},
    {HEAD "detection: {a: {subject|exists|neq: true}, condition: a}\n",
     "3:17+18 R016 exists stands alone"},
    {HEAD "detection: {a: {subject|all: x}, condition: a}\n",
     "3:30+1 R007 all needs a list of values"},
    /* values */
    {HEAD "detection: {a: {p2.fields: two}, condition: a}\n",
     "3:28+3 R017 'two' is not a whole number"},
    {HEAD "detection: {a: {p1.null: 'true'}, condition: a}\n",
     "3:26+6 R017 'true' is not true or false"},
    {HEAD "detection: {a: {message.date|gt: 2024-13-01}, condition: a}\n",
     "3:34+10 R017 '2024-13-01' is not a date"},
    {HEAD "detection: {a: {subject|exists: x}, condition: a}\n",
     "3:33+1 R017 exists takes true or false"},
    {HEAD "detection: {a: {subject|contains: ''}, condition: a}\n",
     "3:35+2 R017 an empty text is in"},
    {HEAD "detection: {a: {p1.domain|fieldref: p2.fields}, condition: a}\n",
     "3:37+9 R017 fieldref compares texts"},
    {HEAD "detection: {a: {p1.domain|fieldref: p2.domian}, condition: a}\n",
     "3:37+9 R013 unknown field 'p2.domian'"},
    {HEAD "detection: {a: {subject: {b: c}}, condition: a}\n",
     "3:26+1 R007 a value must be a text"},
    {HEAD "detection: {a: {subject: []}, condition: a}\n",
     "3:26+1 R022 can never hit: an empty list"},
    {HEAD "detection: {a: {subject|re: '(a'}, condition: a}\n",
     "3:32+1 R019 the expression does not compile at its byte 3: missing closing parenthesis"},
    {HEAD "detection: {a: {subject|re: 'a{1,1025}'}, condition: a}\n",
     "3:31+1 R018 a repeat of more than 1024"},
    {HEAD "detection: {a: {subject|re: '(*UTF)a'}, condition: a}\n", "3:29+9 R019 (*...) settings"},
    {HEAD "detection: {a: {subject|re: ''}, condition: a}\n", "3:29+2 R018 an empty expression"},
    {HEAD "detection: {a: {findings: FROM_NULL}, condition: a}\n",
     "3:27+9 R022 can never hit: 'FROM_NULL' is no value of this field, did you mean 'FROM_NUL'?"},
    {HEAD "detection: {a: {relation: other}, condition: a}\n",
     "3:27+5 R022 can never hit: 'other' is no value of this field; its values are equal, "
     "same_domain"},
    {HEAD "detection: {a: {p2.defects: R_MISMATCH}, condition: a}\n", "3:29+10 R022 can never hit"},
    /* conditions */
    {HEAD "detection: {a: {p1.null: true}}\n", "3:1+9 R009 condition is missing"},
    {HEAD "detection: {abc: {p1.null: true}, condition: abd}\n",
     "3:46+3 R021 no selection is called 'abd', did you mean 'abc'?"},
    {HEAD "detection: {a: {p1.null: true}, condition: a and}\n",
     "3:49+1 R020 a name is missing at the end"},
    {HEAD "detection: {a: {p1.null: true}, condition: a a}\n",
     "3:46+1 R020 'and' or 'or' is missing before"},
    {HEAD "detection: {a: {p1.null: true}, condition: and a}\n",
     "3:44+3 R020 a name must stand before 'and'"},
    {HEAD "detection: {a: {p1.null: true}, condition: (a}\n",
     "3:46+1 R020 a parenthesis is not closed"},
    {HEAD "detection: {a: {p1.null: true}, condition: a)}\n",
     "3:45+1 R020 no parenthesis is open for ')'"},
    {HEAD "detection: {a: {p1.null: true}, condition: 2 of a}\n",
     "3:44+1 R020 only '1 of' and 'all of'"},
    {HEAD "detection: {a: {p1.null: true}, condition: 1 of b*}\n",
     "3:49+2 R021 no selection matches 'b*'"},
    {HEAD "detection: {a: {p1.null: true}, condition: 1 a}\n", "3:46+1 R020 'of' must follow here"},
    {HEAD "detection: {a: {p1.null: true}, condition: a*}\n",
     "3:44+2 R020 say whether 1 of or all of"},
    {HEAD "detection: {a: {p1.null: true}, condition: a | count() > 5}\n",
     "3:46+1 R015 '|': aggregations are not taken"},
    {HEAD "detection:\n  a: {p1.null: true}\n  condition: "
          "((((((((((((((((((a))))))))))))))))))\n",
     "5:30+1 R018 more than 16 parentheses and nots"},
    {HEAD "detection: {a: {p1.null: true}, timeframe: 5m, condition: a}\n",
     "3:33+9 R015 timeframe is not taken"},
    {HEAD "detection: {and: {p1.null: true}, condition: and}\n", "3:13+3 R010 a selection's name"},
    {HEAD "detection: {a: {p1.null: true}, b: {p1.null: true}, condition: a}\n",
     "3:33+1 W040 no condition names this selection"},
    /* can never hit */
    {HEAD "detection: {a: {p1.domain: x}, condition: a and not a}\n",
     "3:43+11 R022 can never hit: what"},
    {HEAD "detection: {a: {p1.domain: v}, b: {p1.domain: w}, condition: a and b}\n",
     "3:62+7 R022 can never hit"},
    {HEAD "detection: {a: {score|gt: 5, score|lt: 6}, condition: a}\n",
     "3:55+1 R022 can never hit"},
    {HEAD "detection: {a: {subject|exists: false, subject|contains: x}, condition: a}\n",
     "3:73+1 R022 can never hit"},
    {HEAD "detection: {a: {header.x: a}, b: {header.x: b}, condition: a and b}\n", NULL},
    /* filters */
    {HEAD "filter: {a: {p1.null: true}, condition: not a}\n", "3:1+6 R009 rules is missing"},
    {HEAD "filter: {rules: any, a: {p1.null: true}, condition: a}\n",
     "3:53+1 W041 this keeps only what matches: to leave out what matches write 'not a'"},
    {HEAD "filter: {rules: [e0], a: {p1.null: true}, condition: not a}\n",
     "1:1+1 W024 no rule that is loaded has the id e0"},
    /* examples */
    {HEAD "detection: {a: {p1.null: true}, condition: a}\nexamples:\n  - {form: a, hit: true}\n",
     "5:6+4 R008 unknown key 'form' in an example, did you mean 'from'?"},
    {HEAD "detection: {a: {p1.null: true}, condition: a}\nexamples:\n  - {from: a}\n",
     "5:5+1 R025 an example says hit"},
    {HEAD "status: stable\ndetection: {a: {p1.null: true}, condition: a}\n",
     "0:0+0 R025 a stable rule needs an example"},
    /* and nothing wrong at all */
    {HEAD "detection: {a: {p1.null: true}, condition: a}\n", NULL},
};

static enum twf_status load(const struct folder *f, struct twf_buf *said, struct twf_rules **r,
                            struct twf_error *err)
{
    const char *paths[] = {f->path};
    struct twf_rules_source source = {.paths = paths, .path_count = 1};

    return twf_rules_load(&source, note_diag, said, r, err);
}

static void test_table(void **state)
{
    unsigned failed = 0;

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(cases); i++) {
        struct twf_rules *r = NULL;
        struct twf_error err = {0};
        struct twf_buf said;
        struct folder f;
        enum twf_status status;
        const char *want = cases[i].want;

        folder_open(&f);
        folder_add(&f, cases[i].text, strlen(cases[i].text));
        twf_buf_init(&said);
        status = load(&f, &said, &r, &err);
        twf_buf_byte(&said, '\0');
        if (want == NULL ? said.len != 1
                         : strncmp((const char *)said.ptr, want, strlen(want)) != 0) {
            failed++;
            print_message("%s\n-- said: %s-- want: %s\n", cases[i].text, (const char *)said.ptr,
                          want == NULL ? "nothing" : want);
        }
        if (strchr((const char *)said.ptr, 'R') != NULL &&
            strstr((const char *)said.ptr, " R0") != NULL)
            assert_int_equal(status, TWF_ERR_RULES);
        else
            assert_int_equal(status, TWF_OK);
        if (status == TWF_ERR_RULES)
            assert_non_null(strstr(err.text, "error R0"));
        twf_rules_free(r);
        twf_buf_fini(&said);
        folder_close(&f);
    }
    assert_int_equal(failed, 0);
}

/* Every fault of a file is told, but no more than twenty. */
static void test_many(void **state)
{
    struct folder f;
    struct twf_buf text, said;
    struct twf_rules *r;
    uint32_t lines = 0;

    (void)state;
    twf_buf_init(&text);
    twf_buf_init(&said);
    twf_buf_str(&text, HEAD "detection:\n");
    for (int i = 0; i < 30; i++)
        twf_buf_printf(&text, "  s%d: {p1.domian: x}\n", i);
    twf_buf_str(&text, "  condition: 1 of s*\n");
    folder_open(&f);
    folder_add(&f, (const char *)text.ptr, text.len);
    assert_int_equal(load(&f, &said, &r, NULL), TWF_ERR_RULES);
    assert_null(r);
    for (size_t i = 0; i < said.len; i++)
        lines += said.ptr[i] == '\n';
    assert_int_equal(lines, 20);
    folder_close(&f);
    twf_buf_fini(&text);
    twf_buf_fini(&said);
}

static void test_limits(void **state)
{
    struct folder f;
    struct twf_buf text, said;
    struct twf_rules *r;

    (void)state;
    folder_open(&f);
    twf_buf_init(&text);
    twf_buf_init(&said);
    /* 256 KiB, and a byte more. */
    rule_text(&text, 1, "  a: {p1.null: true}\n  condition: a\n#");
    while (text.len < 256 * 1024)
        twf_buf_byte(&text, 'x');
    folder_add(&f, (const char *)text.ptr, text.len);
    assert_int_equal(load(&f, &said, &r, NULL), TWF_OK);
    twf_rules_free(r);
    twf_buf_byte(&text, 'x');
    folder_add(&f, (const char *)text.ptr, text.len);
    assert_int_equal(load(&f, &said, &r, NULL), TWF_ERR_RULES);
    twf_buf_byte(&said, '\0');
    assert_string_equal((const char *)said.ptr, "0:0+0 R001 a rule file has at most 256 KiB\n");
    folder_close(&f);
    /* 1,000 values a list, and one more; 1,024 bytes a value, and one more. */
    for (unsigned more = 0; more < 4; more++) {
        folder_open(&f);
        twf_buf_reset(&text);
        twf_buf_reset(&said);
        twf_buf_str(&text, HEAD "detection:\n  a:\n    p1.domain: [");
        for (unsigned i = 0; more < 2 && i < 1000 + more; i++)
            twf_buf_printf(&text, "%sd%u", i == 0 ? "" : ",", i);
        for (unsigned i = 0; more >= 2 && i < 1022 + more; i++)
            twf_buf_byte(&text, 'x');
        twf_buf_str(&text, "]\n  condition: a\n");
        folder_add(&f, (const char *)text.ptr, text.len);
        assert_int_equal(load(&f, &said, &r, NULL), more % 2 == 0 ? TWF_OK : TWF_ERR_RULES);
        twf_rules_free(r);
        folder_close(&f);
    }
    twf_buf_fini(&text);
    twf_buf_fini(&said);
}

/* Two files with one id; a filter for one of them. */
static void test_ids(void **state)
{
    struct folder f;
    struct twf_buf text, said;
    struct twf_rules *r;
    struct twf_error err = {0};

    (void)state;
    folder_open(&f);
    twf_buf_init(&text);
    twf_buf_init(&said);
    rule_text(&text, 7, "  a: {p1.null: true}\n  condition: a\n");
    folder_add(&f, (const char *)text.ptr, text.len);
    folder_add(&f, (const char *)text.ptr, text.len);
    assert_int_equal(load(&f, &said, &r, &err), TWF_ERR_RULES);
    assert_non_null(strstr(err.text, "R023"));
    folder_close(&f);
    twf_buf_fini(&text);
    twf_buf_fini(&said);
}

/* Bytes cut off and changed: an error or a rule, never a crash. */
static void test_damage(void **state)
{
    static const char good[] =
        HEAD "detection:\n  a:\n    - {p1.domain|re|i: '^(a|b){1,3}$', subject|contains|all: [x, "
             "\"y\\n\"]}\n"
             "    - bare*text\n  b: {header.x-a|fieldref|neq: p2.domain, score|gte: 3}\n"
             "  condition: (a or not b) and 1 of them\nexamples:\n"
             "  - {from: 'a@x.example', headers: {X: [a, b]}, hit: true}\n";
    static const char odd[] = "{}[]:*&!|>'\"%@`#-?,\n\t \xc3\xa9~";
    uint32_t seed = 12345;

    (void)state;
    for (unsigned n = 0; n < 600; n++) {
        struct folder f;
        struct twf_buf said;
        struct twf_rules *r = NULL;
        size_t len = sizeof(good) - 1;
        char *copy = strdup(good);

        assert_non_null(copy);
        seed = seed * 1664525u + 1013904223u;
        if (n % 3 == 0)
            len = seed % len;
        for (unsigned k = 0; k < n % 4; k++) {
            seed = seed * 1664525u + 1013904223u;
            copy[(seed >> 8) % (sizeof(good) - 1)] = odd[(seed >> 3) % (sizeof(odd) - 1)];
        }
        folder_open(&f);
        folder_add(&f, copy, len);
        twf_buf_init(&said);
        if (load(&f, &said, &r, NULL) == TWF_OK && r != NULL)
            twf_rules_free(r);
        twf_buf_fini(&said);
        folder_close(&f);
        free(copy);
    }
}

/* Memory fails at the k-th call, for each k. */
static void test_memory(void **state)
{
    struct folder f;
    struct twf_buf text;

    (void)state;
    folder_open(&f);
    twf_buf_init(&text);
    rule_text(&text, 1, "  a: {p1.domain|re: a, subject|contains: [b, c]}\n  condition: a\n");
    folder_add(&f, (const char *)text.ptr, text.len);
    for (uint64_t k = 1; k < 500; k++) {
        struct twf_rules *r = NULL;
        const char *paths[] = {f.path};
        struct twf_rules_source source = {.paths = paths, .path_count = 1};
        enum twf_status status;

        twf_alloc_fail_at(k);
        status = twf_rules_load(&source, NULL, NULL, &r, NULL);
        twf_alloc_fail_at(0);
        if (status == TWF_OK) {
            twf_rules_free(r);
            assert_true(k > 10);
            break;
        }
        assert_null(r);
        assert_true(k < 499);
    }
    twf_buf_fini(&text);
    folder_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table), cmocka_unit_test(test_many),   cmocka_unit_test(test_limits),
        cmocka_unit_test(test_ids),   cmocka_unit_test(test_damage), cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
