/* SPDX-License-Identifier: Apache-2.0 */
/* The public interface: options, runs over the demo archive, and one message in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <twofrom/tools.h>
#include <twofrom/twofrom.h>

#include "base/alloc.h"

#define DEMO TWF_SOURCE_DIR "/corpora/demo.mbox.zst"

static struct twf_options *options(const char *const *pairs)
{
    struct twf_options *o;
    struct twf_error err = {0};

    assert_int_equal(twf_options_new(&o, &err), TWF_OK);
    for (; pairs != NULL && pairs[0] != NULL; pairs += 2) {
        if (twf_options_set(o, pairs[0], pairs[1][0] == '\0' ? NULL : pairs[1], &err) != TWF_OK)
            fail_msg("%s", err.text);
    }
    return o;
}

/* Value of a UTF8 column in a row, as a C string in out. */
static const char *cell(const struct twf_batch *b, const char *name, int64_t row, char out[128])
{
    struct twf_column c;
    size_t len;

    assert_int_equal(twf_batch_column(b, name, &c, NULL), TWF_OK);
    assert_true(row < c.rows && c.type == TWF_UTF8);
    len = (size_t)(c.offsets[row + 1] - c.offsets[row]);
    assert_true(len < 128);
    memcpy(out, (const char *)c.data + c.offsets[row], len);
    out[len] = '\0';
    return out;
}

static void test_options(void **state)
{
    static const struct {
        const char *name, *value;
    } wrong[] = {
        {"no-such", "1"},   {"io", "fast"},          {"all", "yes"},      {"min-level", NULL},
        {"limit", "from"},  {"limit", "nose=1"},     {"limit", "from=0"}, {"max-window", "3G"},
        {"since", "today"}, {"since", "2024-13-01"}, {"cpu", "mmx"},      {"trusted-relays", "x/99"},
    };
    struct twf_options *o = options(NULL);
    struct twf_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        err.text[0] = '\0';
        assert_int_equal(twf_options_set(o, wrong[i].name, wrong[i].value, &err), TWF_ERR_ARG);
        assert_non_null(strstr(err.text, wrong[i].name));
    }
    for (const char *const *name = twf_option_names(); *name != NULL; name++) {
        /* Each name is known: with neither form of value may it be called unknown. */
        if (twf_options_set(o, *name, NULL, &err) == TWF_ERR_ARG)
            assert_null(strstr(err.text, "unknown option"));
    }
    twf_options_free(o);
}

static void test_run(void **state)
{
    static const char *const all[] = {"all", "", NULL};
    struct twf_options *o = options(all);
    const struct twf_batch *b;
    struct twf_run *r;
    char text[128], id[128] = "";
    int64_t rows = 0;
    size_t len;

    (void)state;
    assert_int_equal(twf_run_open(o, &r, NULL), TWF_OK);
    twf_options_free(o);
    assert_int_equal(twf_run_add_path(r, DEMO, NULL), TWF_OK);
    while (twf_run_next(r, &b, NULL) == TWF_OK) {
        for (int64_t i = 0; i < twf_batch_rows(b); i++) {
            assert_string_equal(cell(b, "schema", i, text), TWF_SCHEMA);
            assert_string_equal(cell(b, "container_format", i, text), "mbox");
            assert_string_equal(cell(b, "frame_verified", i, text), "ok");
            (void)cell(b, "run_id", i, text);
            assert_int_equal(strlen(text), 32);
            if (id[0] == '\0')
                memcpy(id, text, sizeof(id));
            assert_string_equal(text, id);
        }
        rows += twf_batch_rows(b);
    }
    assert_int_equal(rows, 420);
    assert_int_equal(twf_run_next(r, &b, NULL), TWF_END);
    assert_int_equal(twf_run_exit_code(r), 0);
    assert_non_null(strstr(twf_run_summary(r, &len), "twofrom.summary/1"));
    assert_int_equal(len, strlen(twf_run_summary(r, &len)));
    twf_run_close(r);
}

/* Records are the selected rows; what rules had to look at is in the batch beside them. */
static void test_selected(void **state)
{
    static const char summary_key[] = "\"records\": ";
    struct twf_options *o = options(NULL);
    const struct twf_batch *b;
    struct twf_run *r;
    char text[128];
    int64_t rows = 0, records = 0;
    const char *count;
    size_t len;

    (void)state;
    assert_int_equal(twf_run_open(o, &r, NULL), TWF_OK);
    twf_options_free(o);
    assert_int_equal(twf_run_add_path(r, DEMO, NULL), TWF_OK);
    while (twf_run_next(r, &b, NULL) == TWF_OK) {
        for (int64_t i = 0; i < twf_batch_rows(b); i++) {
            const char *level = cell(b, "level", i, text);

            if (strcmp(level, "medium") == 0 || strcmp(level, "high") == 0)
                assert_true(twf_batch_selected(b, i));
            records += twf_batch_selected(b, i);
        }
        assert_false(twf_batch_selected(b, -1));
        assert_false(twf_batch_selected(b, twf_batch_rows(b)));
        rows += twf_batch_rows(b);
    }
    count = strstr(twf_run_summary(r, &len), summary_key);
    assert_non_null(count);
    assert_int_equal(records, strtol(count + strlen(summary_key), NULL, 10));
    assert_true(rows > records && records > 0);
    twf_run_close(r);
}

static void test_missing(void **state)
{
    struct twf_options *o = options(NULL);
    const struct twf_batch *b;
    struct twf_run *r;

    (void)state;
    assert_int_equal(twf_run_open(o, &r, NULL), TWF_OK);
    assert_int_equal(twf_run_add_path(r, TWF_SOURCE_DIR "/no/such/archive", NULL), TWF_OK);
    assert_int_equal(twf_run_next(r, &b, NULL), TWF_END);
    assert_int_equal(twf_run_exit_code(r), 3);
    twf_run_close(r);
    twf_options_free(o);
}

static const struct twf_batch *check(struct twf_check *c, const char *mail,
                                     const struct twf_envelope *env)
{
    const struct twf_batch *b = NULL;
    size_t len = strlen(mail);
    uint8_t *copy = malloc(len + (len == 0));

    assert_non_null(copy);
    memcpy(copy, mail, len);
    assert_int_equal(twf_check_message(c, copy, len, env, &b, NULL), TWF_OK);
    assert_int_equal(twf_batch_rows(b), 1);
    free(copy);
    return b;
}

static void test_check(void **state)
{
    static const struct twf_envelope other = {"x@attack.example", 16}, null = {"", 0};
    struct twf_options *o = options(NULL);
    struct twf_check *c;
    char text[128];

    (void)state;
    assert_int_equal(twf_check_new(o, &c, NULL), TWF_OK);
    twf_options_free(o);
    assert_string_equal(cell(check(c, "Return-Path: <a@x.example>\nFrom: a@x.example\n\n", NULL),
                             "relation", 0, text),
                        "equal");
    assert_string_equal(cell(check(c, "From: a@x.example\n\n", &other), "relation", 0, text),
                        "mismatch");
    assert_string_equal(cell(check(c, "From: a@x.example\n\n", &other), "p1_source", 0, text),
                        "sidecar");
    assert_string_equal(cell(check(c, "From: a@x.example\n\n", &null), "relation", 0, text), "null");
    assert_string_equal(cell(check(c, "From: <a@x.example>, <b@y.example>\n\n", NULL), "verdict", 0,
                             text),
                        "AMBIGUOUS_FROM");
    assert_string_equal(cell(check(c, "", NULL), "verdict", 0, text), "MALFORMED_FROM");
    twf_check_free(c);
}

/* The k-th allocation fails, for every k: a clean error or the full result, and nothing is lost. */
static void test_no_memory(void **state)
{
    struct twf_options *o = options(NULL);
    uint64_t in_use = twf_alloc_in_use();
    bool whole = false;
    int k = 1;

    (void)state;
    for (; !whole && k < 20000; k++) {
        struct twf_run *r = NULL;
        const struct twf_batch *b;
        enum twf_status status;
        int64_t rows = 0;

        twf_alloc_fail_at((uint64_t)k);
        status = twf_run_open(o, &r, NULL);
        if (status == TWF_OK)
            status = twf_run_add_path(r, TWF_SOURCE_DIR "/corpora/seeds/from_ambiguous_org.eml", NULL);
        while (status == TWF_OK) {
            status = twf_run_next(r, &b, NULL);
            rows += status == TWF_OK ? twf_batch_rows(b) : 0;
        }
        twf_alloc_fail_at(0);
        whole = status == TWF_END && twf_run_exit_code(r) == 0;
        assert_true(!whole || rows == 1); /* exit status 0 with less than all would be the worst */
        assert_true(whole || status == TWF_ERR_NOMEM || (status == TWF_END && r != NULL));
        twf_run_close(r);
        assert_int_equal(twf_alloc_in_use(), in_use);
    }
    assert_true(whole && k > 20);
    twf_options_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options), cmocka_unit_test(test_run),
        cmocka_unit_test(test_selected), cmocka_unit_test(test_missing),
        cmocka_unit_test(test_check),   cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
