/* SPDX-License-Identifier: Apache-2.0 */
/* How a file is recognised, and the file that is one message. */
#include "split_run.h"

#define LINE "From a@b.example Tue Jan  2 03:04:05 2024\n"

static void recognised(void **state)
{
    static const struct {
        const char *text;
        size_t len; /* 0: of the string */
        enum twf_split_format format;
        unsigned messages;
    } rows[] = {
        {"Subject: x\n\nbody\n", 0, TWF_SPLIT_EML, 1},
        {"subject : x\r\n\r\nbody\r\n", 0, TWF_SPLIT_EML, 1},
        {"Subject: x\r\rbody\r", 0, TWF_SPLIT_EML, 1},
        {"Subject: x", 0, TWF_SPLIT_EML, 1},
        {"From\n : <a@b>\n\n", 0, TWF_SPLIT_EML, 1},
        {" From: <a@b>\n\n", 0, TWF_SPLIT_EML, 1},
        {"\xEF\xBB\xBF"
         "From: <a@b>\n\n",
         0, TWF_SPLIT_EML, 1},
        {"From\xFF: <a@b>\n\n", 0, TWF_SPLIT_EML, 1},
        {"\r\n\nSubject: x\n\nbody\n", 0, TWF_SPLIT_EML, 1},
        {"an odd line\nanother\nSubject: x\n\nbody\n", 0, TWF_SPLIT_EML, 1},
        {">" LINE "Subject: x\n\n", 0, TWF_SPLIT_EML, 1},
        {LINE "Subject: x\n\n", 0, TWF_SPLIT_MBOX, 1},
        {"\n\n" LINE "Subject: x\n\n", 0, TWF_SPLIT_MBOX, 1},
        {"From a@b\nSubject: x\n\n", 0, TWF_SPLIT_MBOX, 1},
        {"Title: x\nX-Own: y\n\n", 0, TWF_SPLIT_EML, 1},
        {"title: x\nFR\xC3\x96M: y\n\n", 0, TWF_SPLIT_EML, 1},
        {"title: x\nfroM\t: y\n\n", 0, TWF_SPLIT_EML, 1},
        /* no mail */
        {"title: x\nstatus: test\nTos: y\n\nFrom: a@b.example\n", 0, TWF_SPLIT_UNKNOWN, 0},
        {"BEGIN:VCARD\nVERSION:3.0\nX-EVOLUTION: x\n", 0, TWF_SPLIT_UNKNOWN, 0},
        {"begin:vcalendar\r\nSubject: x\r\n", 0, TWF_SPLIT_UNKNOWN, 0},
        {"", 0, TWF_SPLIT_UNKNOWN, 0},
        {"\n\n", 0, TWF_SPLIT_UNKNOWN, 0},
        {"hello\n", 0, TWF_SPLIT_UNKNOWN, 0},
        {"hello\n\nSubject: x\n", 0, TWF_SPLIT_UNKNOWN, 0},
        {"{\"subject\": \"x\"}\n", 0, TWF_SPLIT_UNKNOWN, 0},
        {"http://x.example/\n", 0, TWF_SPLIT_UNKNOWN, 0},
        {"From me to you\nwith love\n", 0, TWF_SPLIT_UNKNOWN, 0},
        {"\0\5\26\7\0\2\0\0Mac OS X        \0\2", 26, TWF_SPLIT_UNKNOWN, 0},
        {"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\nTo: x\n", 0,
         TWF_SPLIT_UNKNOWN, 0},
        {"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\nTo: x\n", 0,
         TWF_SPLIT_EML, 1},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        size_t len = rows[i].len > 0 ? rows[i].len : strlen(rows[i].text);
        struct runner r;
        struct found f;

        runner_init(&r);
        run_all_cuts(&r, twf_span(rows[i].text, len), 0, &f);
        if (f.format != rows[i].format || f.messages != rows[i].messages || f.not_mail != 0)
            fail_msg("row %zu: format %d, %llu messages\n%.*s", i, f.format,
                     (unsigned long long)f.messages, (int)f.log.len, (const char *)f.log.ptr);
        if (rows[i].format == TWF_SPLIT_UNKNOWN) {
            /* AppleDouble is known for what it is, and no loss. */
            assert_int_equal(f.sums.gap, rows[i].text[0] == '\0' ? 0 : len);
            assert_int_equal(f.notes[TWF_NOTE_NOT_MAIL], len > 0);
        } else {
            assert_int_equal(f.sums.gap, 0);
        }
        found_fini(&f);
        runner_fini(&r);
    }
}

/* The header lies in the stream: told in one window, complete in another. */
static void any_cut(void **state)
{
    struct twf_buf b;

    (void)state;
    twf_buf_init(&b);
    twf_buf_str(&b, "\r\n");
    while (b.len < 8150)
        twf_buf_str(&b, "X-Filler: of a long header\r\n");
    for (int kind = 0; kind < 4; kind++) {
        size_t len = b.len;
        struct runner r;
        struct found f;

        runner_init(&r);
        r.options.maildir = kind == 1;
        r.options.journal = true;
        if (kind == 2)
            r.limits.value[TWF_LIMIT_HEADER] = 8180;
        if (kind == 3)
            twf_buf_str(&b, "X-MS-Journal-Report:\r\n");
        twf_buf_str(
            &b,
            "From: a@b\r\n\tfolded\nSubject: x\r\n\r\nFrom here\n\nFrom x@y 1 Jan 2024 03:04\n");
        run_all_cuts(&r, twf_buf_view(&b), 8100, &f);
        assert_int_equal(f.messages, 1);
        assert_int_equal(f.header_limit, kind == 2);
        assert_int_equal(f.sums.separator, 2);
        found_fini(&f);
        runner_fini(&r);
        b.len = len;
    }
    twf_buf_fini(&b);
}

static void leading_from_line(void **state)
{
    static const char text[] =
        LINE "Subject: x\n\n" LINE "not a boundary: one message was asked for\n";
    struct runner r;
    struct twf_split_out out;

    (void)state;
    runner_init(&r);
    r.options.format = TWF_SPLIT_EML;
    twf_splitter_start(r.splitter, &r.options);
    assert_int_equal(
        twf_splitter_feed(r.splitter, twf_span_str(text), true, false, &r.arena, &out, NULL),
        TWF_OK);
    assert_int_equal(out.message_count, 1);
    assert_int_equal(out.messages[0].off, strlen(LINE));
    assert_int_equal(out.messages[0].len, strlen(text) - strlen(LINE));
    assert_int_equal(out.messages[0].container, TWF_CONTAINER_EML);
    assert_true(
        twf_span_is(out.messages[0].from_line, "From a@b.example Tue Jan  2 03:04:05 2024"));
    runner_fini(&r);
}

static void names(void **state)
{
    enum twf_split_format format;

    (void)state;
    assert_true(twf_split_format_parse("mboxcl2", &format));
    assert_int_equal(format, TWF_SPLIT_MBOXCL2);
    assert_true(twf_split_format_parse("mboxrd", &format));
    assert_int_equal(format, TWF_SPLIT_MBOX);
    assert_true(twf_split_format_parse("auto", &format));
    assert_int_equal(format, TWF_SPLIT_AUTO);
    assert_false(twf_split_format_parse("pst", &format));
    assert_string_equal(twf_container_name(TWF_CONTAINER_MAILDIR), "maildir");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recognised),
        cmocka_unit_test(any_cut),
        cmocka_unit_test(leading_from_line),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
