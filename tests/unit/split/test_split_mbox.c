/* SPDX-License-Identifier: Apache-2.0 */
/* mbox: what is a boundary, what Content-Length may say, and that cuts change nothing. */
#include "split_run.h"

#include "split/split_state.h"

#define LINE "From a@b.example Tue Jan  2 03:04:05 2024\n"

static void from_lines(void **state)
{
    /* text is what follows the candidate; blank: an empty line stands before it */
    static const struct {
        const char *text;
        bool blank;
        enum twf_look look;
    } rows[] = {
        {"From a@b.example Tue Jan  2 03:04:05 2024\nx", false, TWF_LOOK_YES},
        {"From a@b.example  Tue Jan 02 3:04 2024\r\nx", false, TWF_LOOK_YES},
        {"From - Tue Jan  2 03:04:05 2024\n", false, TWF_LOOK_YES},
        {"From MAILER-DAEMON Tue Jan  2 03:04:05 2024\n", false, TWF_LOOK_YES},
        {"From <> Tue Jan  2 03:04:05 2024\n", false, TWF_LOOK_YES},
        {"From yyyy Tue Jan  2 03:04:05 2024\n", false, TWF_LOOK_YES},
        {"From a@b Tue Jan  2 03:04:05 EST 2024\n", false, TWF_LOOK_YES},
        {"From a@b Tue Jan  2 03:04:05 +0100 MET 2024\n", false, TWF_LOOK_YES},
        {"From a@b Tue Jan  2 03:04:05 2024 +0100 remote from x\n", false, TWF_LOOK_YES},
        {"From a@b Tue, 2 Jan 2024 03:04:05 +0100\n", false, TWF_LOOK_YES},
        {"From a@b 2 Jan 2024 03:04\n", false, TWF_LOOK_YES},
        {"From () 2019-10-02 05:04:34 +0000\n", false, TWF_LOOK_YES},
        {"From a@b [ufa]  Tue Jan  2 03:04:05 2024\n", false, TWF_LOOK_YES},
        {"From \"a b\"@c Tue Jan  2 03:04:05 2024\n", false, TWF_LOOK_YES},
        /* the sender was lost, the date is complete without its weekday */
        {"From Tue Jan  2 03:04:05 2024\n", false, TWF_LOOK_YES},
        {"From a at b.example  Tue Jan  2 03:04:05 2024\n", false, TWF_LOOK_YES},
        /* near misses */
        {"From a at b  Tue Jan  2 03:04:05 2024\nSubject: x\n", true, TWF_LOOK_NO},
        {"From a of b.example  Tue Jan  2 03:04:05 2024\nSubject: x\n", true, TWF_LOOK_NO},
        {"From a at b.example on Tue Jan  2 03:04:05 2024\nSubject: x\n", true, TWF_LOOK_NO},
        {"From a at b.example  Tue Jan  2 2024\nSubject: x\n", true, TWF_LOOK_NO},
        {"From a@b Tue Jan  2 2024\nSubject: x\n", false, TWF_LOOK_NO},
        {"From a@b Tue Jan  2 03:04:05\nSubject: x\n", false, TWF_LOOK_NO},
        {"From a@b Tue Jan  2 03:04:05 24\nSubject: x\n", false, TWF_LOOK_NO},
        {"From a b c Tue Jan  2 03:04:05 2024\nSubject: x\n", false, TWF_LOOK_NO},
        {"From a@b\nSubject: x\n", false, TWF_LOOK_NO},
        {"From \nSubject: x\n", true, TWF_LOOK_NO},
        /* an empty line before, a field behind */
        {"From a@b\nSubject: x\n", true, TWF_LOOK_YES},
        {"From - \nReturn-Path: <a@b>\n", true, TWF_LOOK_YES},
        {"From - \nReturn-Path: <a@b>\n", false, TWF_LOOK_YES},
        {"From -\r\nno field\r\n", false, TWF_LOOK_NO},
        {"From - here\nA: b\n", false, TWF_LOOK_NO},
        {"From a@b\r\n>From c@d\nSubject: x\n", true, TWF_LOOK_YES},
        {"From a@b said\nhello: all\n", true, TWF_LOOK_YES},
        {"From Russia with love\nYear: 1963\n", true, TWF_LOOK_NO},
        {"From a@b\nhttp://x.example/\n", true, TWF_LOOK_NO},
        {"From a@b\nno field\n", true, TWF_LOOK_NO},
        {"From a@b\n\nSubject: x\n", true, TWF_LOOK_NO},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        size_t len = strlen(rows[i].text), line_len = 0, text_len = 0;
        uint8_t *copy = malloc(len);
        enum twf_look look;

        assert_non_null(copy);
        memcpy(copy, rows[i].text, len);
        look = twf_from_line_look(copy, len, true, rows[i].blank, &line_len, &text_len);
        if (look != rows[i].look)
            fail_msg("row %zu: %d instead of %d: %s", i, look, rows[i].look, rows[i].text);
        /* With less of it the answer is the same, or that more is needed. */
        for (size_t n = 5; n < len; n++) {
            look = twf_from_line_look(copy, n, false, rows[i].blank, &line_len, &text_len);
            if (look != rows[i].look && look != TWF_LOOK_MORE)
                fail_msg("row %zu, %zu bytes: %d: %s", i, n, look, rows[i].text);
        }
        free(copy);
    }
}

static void look_is_bounded(void **state)
{
    uint8_t line[TWF_FROM_LOOK];
    size_t line_len, text_len;

    (void)state;
    memset(line, 'x', sizeof(line));
    memcpy(line, "From a@b ", 9);
    assert_int_equal(twf_from_line_look(line, sizeof(line), false, true, &line_len, &text_len),
                     TWF_LOOK_NO);
    line[TWF_FROM_LINE - 1] = '\n';
    memset(line + 9, '@', 900);
    assert_int_not_equal(twf_from_line_look(line, sizeof(line), false, true, &line_len, &text_len),
                         TWF_LOOK_MORE);
}

/* Small mboxes: how many messages, and the bytes that are separators. */
static void boundaries(void **state)
{
    static const struct {
        const char *text;
        unsigned messages, not_mail;
        unsigned message_bytes;
    } rows[] = {
        {LINE "A: 1\n\nx\n\n" LINE "A: 2\n\ny\n\n", 2, 0, 16},
        {LINE "A: 1\n\nx\n" LINE "A: 2\n\ny\n", 2, 0, 16},
        {LINE "A: 1\r\n\r\nx\r\n\r\n" LINE "A: 2\n\ny", 2, 0, 18},
        {"\n\r\n" LINE "A: 1\n\nx\n\n", 1, 0, 8},
        {"\xEF\xBB\xBF" LINE "A: 1\n\nx\n", 1, 0, 8},
        {LINE "A: 1\n\n>" LINE ">>" LINE "\n", 1, 0, 6 + 43 + 44},
        {LINE "A: 1\n\n" LINE "A: 2\n", 2, 0, 10},
        {LINE "\n" LINE "A: 2\n", 2, 1, 5},
        {LINE LINE "A: 1\n", 1, 0, 42 + 5},
        {LINE ">" LINE "A: 1\n", 1, 0, 43 + 5},
        {LINE, 1, 1, 0},
        {"From a@b.example Tue Jan  2 03:04:05 2024", 1, 1, 0},
        {LINE "A: 1\n\nFrom here on\nx: y\n", 1, 0, 6 + 13 + 5},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct runner r;
        struct found f;

        runner_init(&r);
        run_all_cuts(&r, twf_span_str(rows[i].text), 0, &f);
        if (f.messages != rows[i].messages || f.not_mail != rows[i].not_mail ||
            f.sums.message != rows[i].message_bytes || f.sums.gap != 0)
            fail_msg("row %zu: %llu messages, %llu not mail, %llu bytes\n%.*s", i,
                     (unsigned long long)f.messages, (unsigned long long)f.not_mail,
                     (unsigned long long)f.sums.message, (int)f.log.len, (const char *)f.log.ptr);
        assert_int_equal(f.format, TWF_SPLIT_MBOX);
        found_fini(&f);
        runner_fini(&r);
    }
}

/* Everything that a stream may hold, met behind the bytes by which the format is told. */
static void any_cut(void **state)
{
    struct twf_buf b;
    struct runner r;
    struct found f;

    (void)state;
    twf_buf_init(&b);
    put_filler(&b, 8300);
    twf_buf_str(&b, LINE "A: 1\r\nFrom: x@y\r\n\r\nbody\r\n\r\n" LINE "A: 2\n folded\n\nbody\n\n");
    twf_buf_str(&b, "From - \nReturn-Path: <a@b>\nA: 3\n\nFrom Russia with love\nYear: 1963\n\n");
    twf_buf_str(&b, LINE "A: 4\n\n>" LINE
                         "From a@b Tue Jan  2 03:04:05\n\n\n\nFrom \n\nFrom a@b\nno\n");
    twf_buf_str(&b, LINE LINE "A: 5\n\n\r\n\r\n" LINE "\n\n" LINE "\r\n" LINE "A: 8\n");
    for (int i = 0; i < 120; i++)
        twf_buf_str(&b, "X-Long: header\n");
    twf_buf_str(&b, "\nFrom a@b ");
    for (int i = 0; i < 110; i++)
        twf_buf_str(&b, "a line too long to be one");
    twf_buf_str(&b, "\n\n" LINE "A: 9\nX-MS-Journal-Report:\n\nbody of a report\nFrom \n\n");
    runner_init(&r);
    r.options.journal = true;
    r.limits.value[TWF_LIMIT_HEADER] = 1000;
    r.limits.value[TWF_LIMIT_MESSAGE] = 40;
    run_all_cuts(&r, twf_buf_view(&b), 8180, &f);
    assert_int_equal(f.messages, 10);
    assert_int_equal(f.not_mail, 2);
    assert_int_equal(f.header_limit, 1);
    assert_int_equal(f.text_limit, 1);
    assert_int_equal(f.notes[TWF_NOTE_LIMIT], 1);
    found_fini(&f);
    runner_fini(&r);
    twf_buf_fini(&b);
}

/* The same messages as four writers would write them: bodies with From_ lines in all depths. */
enum writer { WRITER_O, WRITER_RD, WRITER_CL, WRITER_CL2 };

static void write_body(struct twf_buf *b, const char *body, enum writer w)
{
    for (const char *at = body; *at != '\0';) {
        const char *end = strchr(at, '\n') + 1, *text = at;

        while (*text == '>')
            text++;
        if (strncmp(text, "From ", 5) == 0 && (w == WRITER_RD || (text == at && w != WRITER_CL2)))
            twf_buf_byte(b, '>');
        twf_buf_put(b, at, (size_t)(end - at));
        at = end;
    }
}

static void write_mbox(struct twf_buf *b, enum writer w)
{
    static const char *const bodies[] = {
        "hello\n",
        "I forward this:\n\n" LINE "Subject: inner\n\n>" LINE ">>" LINE "\n" LINE "\nbye\n",
        "",
        LINE "first line of a body\n",
        "\n\n\n",
        ("last\n" LINE),
    };
    struct twf_buf body;

    twf_buf_init(&body);
    for (size_t i = 0; i < TWF_COUNT(bodies); i++) {
        twf_buf_reset(&body);
        write_body(&body, bodies[i], w);
        twf_buf_str(b, LINE "From: x@y.example\n");
        if (w == WRITER_CL || w == WRITER_CL2)
            twf_buf_printf(b, "Content-Length: %zu\n", body.len);
        twf_buf_str(b, "\n");
        twf_buf_span(b, twf_buf_view(&body));
        twf_buf_str(b, "\n");
    }
    twf_buf_fini(&body);
}

static void four_writers(void **state)
{
    (void)state;
    for (int w = WRITER_O; w <= WRITER_CL2; w++) {
        struct twf_buf b;
        struct runner r;
        struct found f;

        twf_buf_init(&b);
        write_mbox(&b, (enum writer)w);
        runner_init(&r);
        run_all_cuts(&r, twf_buf_view(&b), 0, &f);
        assert_int_equal(f.messages, 6);
        assert_int_equal(f.not_mail, 0);
        assert_int_equal(f.notes[TWF_NOTE_LENGTH_LIES], 0);
        assert_int_equal(f.notes[TWF_NOTE_LENGTH_DECIDES], w == WRITER_CL2);
        found_fini(&f);
        if (w == WRITER_CL2) {
            r.options.format = TWF_SPLIT_MBOXCL2;
            run_all_cuts(&r, twf_buf_view(&b), 0, &f);
            assert_int_equal(f.messages, 6);
            assert_int_equal(f.notes[TWF_NOTE_LENGTH_LIES], 0);
            found_fini(&f);
        }
        runner_fini(&r);
        twf_buf_fini(&b);
    }
}

/* Lengths that lie, in the stream, under both readings. */
static void lies(void **state)
{
    static const struct {
        const char *name, *text;
        enum twf_split_format format;
        unsigned messages, lies, decides;
    } rows[] = {
        {"exact, then too long", "A: 1\nContent-Length: 2\n\nx\n\n" LINE "A: 2\n\ny\n",
         TWF_SPLIT_MBOXCL2, 3, 0, 0},
        {"passes a message and ends in the next",
         "Content-Length: 60\n\nx\n\n" LINE "A: 2\n\nyyyyyyyyyy\n", TWF_SPLIT_MBOXCL2, 3, 1, 0},
        {"ends before the body", "Content-Length: 1\n\nxyz\n\n" LINE "A: 2\n\ny\n",
         TWF_SPLIT_MBOXCL2, 3, 1, 0},
        {"beyond the end", "Content-Length: 999\n\nx\n\n" LINE "A: 2\n\ny\n", TWF_SPLIT_MBOXCL2, 3,
         1, 0},
        {"enormous", "Content-Length: 99999999999\n\nx\n\n" LINE "A: 2\n\ny\n", TWF_SPLIT_MBOXCL2,
         3, 1, 0},
        {"two that differ", "Content-Length: 2\nContent-Length: 53\n\nx\n\n" LINE "A: 2\n\ny\n",
         TWF_SPLIT_MBOXCL2, 3, 0, 0},
        {"passes one exactly", "Content-Length: 53\n\nx\n\n" LINE "A: 2\n\ny\n\n",
         TWF_SPLIT_MBOXCL2, 2, 0, 1},
        /* The filler has no length, so an mbox that is not known as cl2 trusts none. */
        {"passes one exactly, not asked", "Content-Length: 53\n\nx\n\n" LINE "A: 2\n\ny\n\n",
         TWF_SPLIT_AUTO, 3, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct twf_buf b;
        struct runner r;
        struct found f;

        twf_buf_init(&b);
        put_filler(&b, 8300);
        twf_buf_str(&b, LINE);
        twf_buf_str(&b, rows[i].text);
        runner_init(&r);
        r.options.format = rows[i].format;
        run_all_cuts(&r, twf_buf_view(&b), 8190, &f);
        if (f.messages != rows[i].messages || f.notes[TWF_NOTE_LENGTH_LIES] != rows[i].lies ||
            f.notes[TWF_NOTE_LENGTH_DECIDES] != rows[i].decides)
            fail_msg("%s:\n%.*s", rows[i].name, (int)f.log.len, (const char *)f.log.ptr);
        found_fini(&f);
        runner_fini(&r);
        twf_buf_fini(&b);
    }
}

/*
 * A body that Content-Length carries over many windows is shown again as a whole, and only then
 * judged.
 */
static void long_reach(void **state)
{
    struct twf_buf body, b;
    struct runner r;
    struct found f, g;

    (void)state;
    twf_buf_init(&body);
    twf_buf_init(&b);
    twf_buf_str(&body, "\n" LINE "A: inner\n\n");
    while (body.len < 300000)
        twf_buf_str(&body, "line\n" LINE);
    twf_buf_printf(&b, LINE "Content-Length: %zu\n\n", body.len);
    twf_buf_span(&b, twf_buf_view(&body));
    twf_buf_str(&b, "\n" LINE "Content-Length: 2\n\nx\n\n");
    runner_init(&r);
    run(&r, twf_buf_view(&b), b.len, b.len, &f);
    assert_int_equal(f.messages, 2);
    run(&r, twf_buf_view(&b), 4099, 4099, &g);
    assert_same(&f, &g, 4099, 4099);
    found_fini(&f);
    found_fini(&g);
    runner_fini(&r);
    twf_buf_fini(&body);
    twf_buf_fini(&b);
}

/* A message does not begin where nobody knows whether a line does. */
static void after_damage(void **state)
{
    static const char before[] = LINE "A: 1\n\nx\n\n" LINE "A: 2\n\nhalf of a bo";
    static const char behind[] = "the rest\nFrom a@b\nx: y\n\n" LINE "A: 3\n\nz\n\n";
    static const char at_message[] = LINE "A: 4\n\nz\n\n";
    struct runner r;
    struct found f;

    (void)state;
    runner_init(&r);
    found_init(&f);
    twf_splitter_start(r.splitter, &r.options);
    feed(&r, &f, twf_span_str(before), false, true);
    assert_int_equal(f.messages, 2);
    assert_int_equal(f.cut, 1);
    twf_splitter_gap(r.splitter, 1000);
    feed(&r, &f, twf_span_str(behind), false, false);
    /* No cut was announced here: the gap alone must end the open message. */
    twf_splitter_gap(r.splitter, 7);
    feed(&r, &f, twf_span_str(at_message), true, false);
    finish(&r, &f);
    assert_int_equal(f.messages, 4);
    assert_int_equal(f.cut, 2);
    assert_int_equal(f.notes[TWF_NOTE_CUT], 2);
    assert_int_equal(f.notes[TWF_NOTE_CONTAINER_BAD], 1);
    assert_int_equal(f.sums.gap, 1000 + 7 + strlen("the rest\nFrom a@b\nx: y\n"));
    assert_int_equal(f.sums.fed, strlen(before) + strlen(behind) + strlen(at_message) + 1007);
    found_fini(&f);
    runner_fini(&r);
}

/* Memory fails at the k-th call, for each k: an error, no leak, no crash. */
static void memory_fails(void **state)
{
    struct twf_buf b;
    struct runner r;
    bool done = false;

    (void)state;
    twf_buf_init(&b);
    put_filler(&b, 9000);
    twf_buf_str(&b, LINE "A: 2\n\ny\n");
    for (uint64_t k = 1; !done; k++) {
        struct twf_split_out out;
        enum twf_status status = TWF_OK;

        assert_true(k < 1000);
        runner_init(&r);
        twf_splitter_start(r.splitter, &r.options);
        twf_alloc_fail_at(k);
        for (size_t at = 0; at < b.len && status == TWF_OK; at += 4000)
            status = twf_splitter_feed(r.splitter, twf_span_slice(twf_buf_view(&b), at, at + 4000),
                                       at + 4000 >= b.len, false, &r.arena, &out, NULL);
        twf_alloc_fail_at(0);
        assert_true(status == TWF_OK || status == TWF_ERR_NOMEM);
        done = status == TWF_OK;
        runner_fini(&r);
    }
    twf_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_lines),   cmocka_unit_test(look_is_bounded),
        cmocka_unit_test(boundaries),   cmocka_unit_test(any_cut),
        cmocka_unit_test(four_writers), cmocka_unit_test(lies),
        cmocka_unit_test(long_reach),   cmocka_unit_test(after_damage),
        cmocka_unit_test(memory_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
