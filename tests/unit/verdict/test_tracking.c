/* SPDX-License-Identifier: Apache-2.0 */
/* Message tracking logs and --p1-order: what is read, in pieces of any size, and what is refused. */
#include "judge_run.h"

/* A byte at a time, then all at once. */
static enum twf_status load(struct twf_tracking *t, const char *log, bool whole)
{
    struct twf_span s = twf_span_str(log);
    size_t step = whole ? s.len : 1;

    for (size_t i = 0; i < s.len; i += step) {
        enum twf_status status = twf_tracking_feed(t, twf_span_slice(s, i, i + step), NULL);

        if (status != TWF_OK)
            return status;
    }
    return twf_tracking_end(t, NULL);
}

static void rows(void **state)
{
    static const struct {
        const char *log, *id, *path; /* path NULL: not found */
    } cases[] = {
        {"message-id,return-path\n<1@x>,a@x\n", "<1@x>", "a@x"},
        {"message-id,return-path\n<1@x>,a@x\n", "1@x", "a@x"},
        {"message-id,return-path\n<1@x>,a@x", " <1@x> ", "a@x"},
        {"message-id,return-path\r\n<1@x>,<a@x>\r\n", "1@x", "a@x"},
        {"message-id,return-path\n<1@x>,<>\n", "1@x", ""},
        {"message-id,return-path\n<1@x>,\n", "1@x", NULL},
        {"message-id,return-path\n,a@x\n", "", NULL},
        {"message-id,return-path\n<1@x>,a@x\n", "1@X", NULL},
        {"return-path,sender-address,message-id\na@x,b@y,<1@x>\n", "1@x", "a@x"},
        {"\xEF\xBB\xBF#Software: Microsoft, Exchange\n#Log-type: Message Tracking Log\n"
         "#Fields: message-id,event-id,return-path\n<1@x>,RECEIVE,a@x\n<2@x>,SEND,b@x\n",
         "1@x", "a@x"},
        {"#Fields: message-id,event-id,return-path\n<2@x>,SEND,b@x\n", "2@x", NULL},
        {"#TYPE Selected\n\"EventId\",\"MessageId\",\"Recipients\",\"ReturnPath\"\n"
         "\"RECEIVE\",\"<1@x>\",\"b@y,\r\nc@\"\"z\"\"\",\"a@x\"\n",
         "1@x", "a@x"},
        {"message-id,return-path\n\"<\"\"1\"\"@x>\",a@x\n", "\"1\"@x", "a@x"},
        {"message-id,return-path\n<1@x>,a@x\n<1@x>,A@X\n", "1@x", "a@x"},
        {"message-id,return-path\n<1@x>,a@x\n<1@x>,b@x\n<1@x>,a@x\n", "1@x", NULL},
        {"message-id,return-path\n<1@x>,a@x\n<1@x>,<>\n", "1@x", NULL},
        {"message-id,return-path\n\n\n<1@x>,a@x,more,more\n<2@x>\n", "1@x", "a@x"},
        {"message-id,message-id,return-path\n<1@x>,<2@x>,a@x\n", "1@x", "a@x"},
    };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        struct twf_span path = {NULL, 0};
        struct twf_tracking *t;
        bool found;

        assert_int_equal(twf_tracking_new(&t, NULL), TWF_OK);
        assert_int_equal(load(t, cases[i / 2].log, i % 2 == 0), TWF_OK);
        found = twf_tracking_find(t, twf_span_str(cases[i / 2].id), &path);
        if (found != (cases[i / 2].path != NULL) || (found && !twf_span_is(path, cases[i / 2].path)))
            fail_msg("row %zu: %d \"%.*s\"", i / 2, found, (int)path.len, (const char *)path.ptr);
        twf_tracking_free(t);
    }
}

static void refused(void **state)
{
    static const char *const logs[] = {"", "\n", "#Software: x\n", "a,b\n1,2\n",
                                       "message-id,sender\n", "return-path\n", "\"message-id"};
    struct twf_tracking *t;

    (void)state;
    for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
        assert_int_equal(twf_tracking_new(&t, NULL), TWF_OK);
        if (load(t, logs[i], true) != TWF_ERR_FORMAT)
            fail_msg("log %zu was taken", i);
        twf_tracking_free(t);
    }
}

/* Many ids, in two logs; a field that is too long spoils its row alone. */
static void many(void **state)
{
    enum { IDS = 5000 };
    struct twf_buf log;
    struct twf_tracking *t;
    struct twf_span path;
    size_t single, several;
    char id[32];

    (void)state;
    twf_buf_init(&log);
    assert_int_equal(twf_tracking_new(&t, NULL), TWF_OK);
    twf_buf_str(&log, "message-id,return-path\n<long@x>,");
    for (int i = 0; i < 3000; i++)
        twf_buf_byte(&log, 'a');
    twf_buf_str(&log, "\n");
    for (int i = 0; i < IDS; i++)
        twf_buf_printf(&log, "<%d@x>,p%d@x\n", i, i);
    assert_int_equal(twf_tracking_feed(t, twf_buf_view(&log), NULL), TWF_OK);
    assert_int_equal(twf_tracking_end(t, NULL), TWF_OK);
    assert_int_equal(load(t, "return-path,message-id\nq@x,<7@x>\nq@x,<new@x>\n", true), TWF_OK);
    twf_tracking_counts(t, &single, &several);
    assert_int_equal(single, IDS);
    assert_int_equal(several, 1);
    assert_false(twf_tracking_find(t, twf_span_str("7@x"), &path));
    assert_false(twf_tracking_find(t, twf_span_str("long@x"), &path));
    assert_true(twf_tracking_find(t, twf_span_str("new@x"), &path));
    for (int i = 0; i < IDS; i++) {
        (void)snprintf(id, sizeof(id), "%d@x", i);
        if (i != 7)
            assert_true(twf_tracking_find(t, twf_span_str(id), &path));
    }
    twf_tracking_free(t);
    twf_buf_fini(&log);
}

/* The k-th allocation fails, for each k. */
static void no_memory(void **state)
{
    bool done = false;

    (void)state;
    for (uint64_t k = 1; !done; k++) {
        struct twf_tracking *t = NULL;
        enum twf_status status;

        twf_alloc_fail_at(k);
        status = twf_tracking_new(&t, NULL);
        if (status == TWF_OK)
            status = load(t, "message-id,return-path\n<1@x>,a@x\n", true);
        twf_alloc_fail_at(0);
        twf_tracking_free(t);
        assert_true(status == TWF_OK || status == TWF_ERR_NOMEM);
        done = status == TWF_OK;
        assert_true(k < 100);
    }
}

static void orders(void **state)
{
    static const char *const bad[] = {"", ",", "none", "return_path,", "return_path,return_path",
                                      "Return_Path", "return-path", "authres return_path"};
    uint8_t ranks[TWF_P1_KIND_COUNT];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (twf_p1_order_parse(bad[i], ranks))
            fail_msg("\"%s\" was taken", bad[i]);
    }
    assert_true(twf_p1_order_parse("return_path", ranks));
    assert_int_equal(ranks[TWF_P1_RETURN_PATH], 1);
    assert_int_equal(ranks[TWF_P1_SIDECAR], 2);
    assert_int_equal(ranks[TWF_P1_TRACKING], 2);
    assert_int_equal(ranks[TWF_P1_AUTHRES], 3);
    assert_int_equal(ranks[TWF_P1_RECEIVED_SPF], 4);
    assert_int_equal(ranks[TWF_P1_ENVELOPE_HEADER], 5);
    assert_int_equal(ranks[TWF_P1_RECEIVED], 6);
    assert_int_equal(ranks[TWF_P1_MILTER], 7);
    assert_int_equal(ranks[TWF_P1_FROM_LINE], 8);
    assert_int_equal(ranks[TWF_P1_JOURNAL_SENDER], 9);
    assert_int_equal(ranks[TWF_P1_NONE], 0);
    assert_true(twf_p1_order_parse("journal_sender,from_line,milter,received,envelope_header,"
                                   "return_path,received_spf,authres,tracking,sidecar",
                                   ranks));
    assert_int_equal(ranks[TWF_P1_JOURNAL_SENDER], 1);
    assert_int_equal(ranks[TWF_P1_TRACKING], 9);
    assert_int_equal(ranks[TWF_P1_SIDECAR], 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),      cmocka_unit_test(refused), cmocka_unit_test(many),
        cmocka_unit_test(no_memory), cmocka_unit_test(orders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
