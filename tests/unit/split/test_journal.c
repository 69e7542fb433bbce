/* SPDX-License-Identifier: Apache-2.0 */
/* Journal reports: both forms, what must be survived, and what only looks like one. */
#include "split_run.h"

#include "gather/gather.h"

#define MARK "X-MS-Journal-Report:\r\n"
#define TYPE "Content-Type: multipart/mixed;\r\n\tboundary=\"b\"\r\n"
#define TEXT "--b\r\nContent-Type: text/plain; charset=\"us-ascii\"\r\n\r\n"
#define MAIL "--b\r\nContent-Type: message/rfc822\r\n\r\n"
#define REPORT                                                                                     \
    "Sender: s@x.example\r\nSubject: hello\r\nMessage-Id: <1@x>\r\nRecipient: r@y.example\r\n\r\n"
#define INNER "From: A <a@x.example>\r\nMessage-ID: <1@x>\r\n\r\nbody"
#define END "\r\n--b--\r\n"
#define OUTER "From: A\r\n <a@x.example>\r\n" TYPE MARK "\r\n"

struct opened {
    struct twf_arena arena;
    struct twf_limits limits;
    struct twf_journal journal;
    struct twf_journal_inner inner[2];
    uint32_t count;
    uint8_t *copy;
    struct twf_span text;
};

/* Opens a copy of exact size. */
static void open_bytes(struct opened *o, struct twf_span text, enum twf_journal_mode mode)
{
    twf_arena_init(&o->arena, 4096);
    twf_limits_default(&o->limits);
    o->copy = malloc(text.len > 0 ? text.len : 1);
    assert_non_null(o->copy);
    if (text.len > 0)
        memcpy(o->copy, text.ptr, text.len);
    o->text = twf_span(o->copy, text.len);
    assert_int_equal(twf_journal_open(o->text, mode, &o->limits, &o->arena, &o->journal, o->inner,
                                      &o->count, NULL),
                     TWF_OK);
}

static void open_text(struct opened *o, const char *text)
{
    open_bytes(o, twf_span_str(text), TWF_JOURNAL_MODE_AUTO);
}

static void close_text(struct opened *o)
{
    twf_arena_fini(&o->arena);
    free(o->copy);
}

static const struct {
    const char *header;
    bool marked, candidate;
} headers[] = {
    {"X-MS-Journal-Report:\n", true, true},
    {"A: b\r\nx-ms-journal-report:\r\n\r\n", true, true},
    {"X-MS-Journal-Report: \n", true, true},
    {"X-MS-EXCHANGE-Organization-Journal-Report:", true, true},
    {"X-MS-Gcc-Journal-Report:\n", true, true},
    {"Content-Identifier: ExJournalReport\n", true, true},
    {"Content-Identifer: exjournalreport\r\n", true, true},
    {"Content-Identifier:\n\tExJournalReport\n\n", true, true},
    {"X-WM-Journal-Report: journal\n", true, true},
    {"X-WM-Journal-Report: other\n", false, false},
    {"Content-Identifier: ExJournalReports\n", false, false},
    {"X-MS-Journal-Reports:\n", false, false},
    {"A: b\n X-MS-Journal-Report:\n", false, false},
    {"A: b\n\nX-MS-Journal-Report:\n", false, false},
    {"Content-Type: multipart/report; boundary=x\n", false, true},
    {"Content-Type: multipart/mixed; boundary=x\nReturn-Path: <>\n", false, true},
    {"Content-Type: multipart/mixed; boundary=x\nAuto-Submitted: auto-replied\n", false, true},
    {"Content-Type: multipart/mixed; boundary=x\n", false, false},
    {"", false, false},
};

static void markers(void **state)
{
    (void)state;
    for (size_t i = 0; i < TWF_COUNT(headers); i++) {
        size_t len = strlen(headers[i].header);
        uint8_t *copy = malloc(len > 0 ? len : 1);

        assert_non_null(copy);
        memcpy(copy, headers[i].header, len);
        if (twf_journal_marked(twf_span(copy, len)) != headers[i].marked ||
            twf_journal_candidate(twf_span(copy, len)) != headers[i].candidate)
            fail_msg("row %zu: %s", i, headers[i].header);
        free(copy);
    }
}

/* Asked of a head, the question has the same answer; gather knows fields that a line does not show. */
static void check_head(struct twf_gather *g, struct twf_span text)
{
    uint8_t *copy = malloc(text.len > 0 ? text.len : 1);
    struct twf_head head;

    assert_non_null(copy);
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    assert_true(twf_gather_head(g, twf_span(copy, text.len), &head));
    if (twf_journal_head_candidate(&head) != twf_journal_candidate(head.block))
        fail_msg("differs: %.*s", (int)text.len, (const char *)copy);
    free(copy);
}

static void heads(void **state)
{
    static const char *const pieces[] = {
        "Content-Type:",
        "Content-Type",
        "multipart/mixed",
        "multipart/report; a=b",
        "text/plain",
        "Multipart/ Mixed ;",
        "Return-Path:",
        "Return-Path",
        "<>",
        "<a@x>",
        "Auto-Submitted:",
        "auto-replied",
        "no",
        "X-MS-Journal-Report:",
        "X-MS-Journal-Report",
        "A:",
        "X-WM-Journal-Report: journal",
        "Content-Identifer: ExJournalReport",
        "From a@x Mon",
        "\n",
        "\n",
        "\n",
        "\r\n",
        "\r",
        " ",
        " ",
        "\t",
        ":",
        "\n\n",
    };
    struct twf_kernels kernels;
    struct twf_limits limits;
    struct twf_gather gather;
    uint32_t seed = 1;

    (void)state;
    twf_kernels_init(&kernels, TWF_CPU_AVX512);
    twf_limits_default(&limits);
    twf_gather_init(&gather, &kernels, &limits);
    for (size_t i = 0; i < TWF_COUNT(headers); i++)
        check_head(&gather, twf_span_str(headers[i].header));
    for (int i = 0; i < 40000; i++) {
        char text[512] = "";
        size_t len = 0;

        limits.value[TWF_LIMIT_FIELDS] = i % 8 == 0 ? 2 : 4096;
        for (uint32_t n = 2 + seed % 13; n > 0; n--) {
            const char *piece;

            seed = seed * 1664525 + 1013904223;
            piece = pieces[(seed >> 16) % TWF_COUNT(pieces)];
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        check_head(&gather, twf_span(text, len));
    }
    twf_gather_fini(&gather);
}

/* Form, problems and inner messages of whole reports. */
static void reports(void **state)
{
    static const struct {
        const char *name, *text;
        enum twf_journal_form form;
        uint32_t problems;
        unsigned inner;
        bool encoded;
    } rows[] = {
        {"plain", OUTER TEXT REPORT MAIL INNER END, TWF_JOURNAL_2007, 0, 1, false},
        {"no closing boundary", OUTER TEXT REPORT MAIL INNER, TWF_JOURNAL_2007, 0, 1, false},
        {"binary",
         OUTER TEXT REPORT
         "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: binary\r\n\r\n" INNER
             END,
         TWF_JOURNAL_2007, 0, 1, false},
        {"base64",
         OUTER TEXT REPORT
         "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
         "RnJvbTogQSA8YUB4LmV4YW1wbGU+DQpNZXNzYWdlLUlE\r\nOiA8MUB4Pg0KDQpib2R5" END,
         TWF_JOURNAL_2007, 0, 1, true},
        {"quoted-printable",
         OUTER TEXT REPORT "--b\r\nContent-Type: message/rfc822\r\n"
                           "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                           "From: A <a=40x.exam=\r\nple>\r\nMessage-ID: <1=40x>\r\n\r\nbody" END,
         TWF_JOURNAL_2007, 0, 1, true},
        {"two originals", OUTER TEXT REPORT MAIL INNER "\r\n" MAIL INNER END, TWF_JOURNAL_2007, 0,
         2, false},
        {"prefix boundaries",
         OUTER TEXT REPORT MAIL
         "From: A <a@x.example>\r\nMessage-ID: <1@x>\r\n\r\n--bb\r\n--b-\r\nbody" END,
         TWF_JOURNAL_2007, 0, 1, false},
        {"none", OUTER TEXT REPORT "--b--\r\n", TWF_JOURNAL_2007,
         TWF_JPROBLEM_INNER_COUNT | TWF_JPROBLEM_UNDECODABLE, 0, false},
        {"TNEF", OUTER TEXT REPORT "--b\r\nContent-Type: application/ms-tnef\r\n\r\nx" END,
         TWF_JOURNAL_2007, TWF_JPROBLEM_INNER_COUNT | TWF_JPROBLEM_UNDECODABLE, 0, false},
        {"unknown encoding",
         OUTER TEXT REPORT
         "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: x-uue\r\n\r\nx" END,
         TWF_JOURNAL_2007, TWF_JPROBLEM_UNDECODABLE, 0, false},
        {"forged outer From",
         "From: B <b@z.example>\r\n" TYPE MARK "\r\n" TEXT REPORT MAIL INNER END, TWF_JOURNAL_2007,
         TWF_JPROBLEM_FROM_DIFFERS, 1, false},
        {"no outer From", TYPE MARK "\r\n" TEXT REPORT MAIL INNER END, TWF_JOURNAL_2007,
         TWF_JPROBLEM_FROM_DIFFERS, 1, false},
        {"another Message-ID", OUTER TEXT "Sender: s@x\r\nMessage-ID: <2@x>\r\n\r\n" MAIL INNER END,
         TWF_JOURNAL_2007, TWF_JPROBLEM_ID_DIFFERS, 1, false},
        {"no Message-ID",
         OUTER TEXT "Sender: s@x\r\nMessage-ID: Unknown Message-ID\r\n\r\n" MAIL INNER END,
         TWF_JOURNAL_2007, 0, 1, false},
        {"Government Community Cloud, without the message",
         "X-MS-Gcc-Journal-Report:\r\n\r\nSender: s@x\r\nRule-Names: a\r\nRecipient-Count: 2\r\n",
         TWF_JOURNAL_2007, TWF_JPROBLEM_INNER_COUNT | TWF_JPROBLEM_UNDECODABLE, 0, false},
        /* look-alikes */
        {"three originals", OUTER TEXT REPORT MAIL INNER "\r\n" MAIL INNER "\r\n" MAIL INNER END,
         TWF_JOURNAL_LOOKALIKE, TWF_JPROBLEM_INNER_COUNT, 0, false},
        {"a line that no report has", OUTER TEXT "Sender: s@x\r\nhello\r\n" MAIL INNER END,
         TWF_JOURNAL_LOOKALIKE, TWF_JPROBLEM_LINE, 0, false},
        {"a key of another cloud", OUTER TEXT "Sender: s@x\r\nRule-Names: a\r\n" MAIL INNER END,
         TWF_JOURNAL_LOOKALIKE, TWF_JPROBLEM_LINE, 0, false},
        {"no Sender", OUTER TEXT "Subject: x\r\n" MAIL INNER END, TWF_JOURNAL_LOOKALIKE,
         TWF_JPROBLEM_SENDER, 0, false},
        {"two Senders", OUTER TEXT "Sender: s@x\r\nSender: t@x\r\n" MAIL INNER END,
         TWF_JOURNAL_LOOKALIKE, TWF_JPROBLEM_SENDER, 0, false},
        {"not multipart", MARK "\r\n" REPORT, TWF_JOURNAL_LOOKALIKE, TWF_JPROBLEM_STRUCTURE, 0,
         false},
        {"HTML", OUTER "--b\r\nContent-Type: text/html\r\n\r\n" REPORT MAIL INNER END,
         TWF_JOURNAL_LOOKALIKE, TWF_JPROBLEM_STRUCTURE, 0, false},
        {"two boundaries",
         MARK
         "Content-Type: multipart/mixed; boundary=b; boundary=c\r\n\r\n" TEXT REPORT MAIL INNER END,
         TWF_JOURNAL_LOOKALIKE, TWF_JPROBLEM_STRUCTURE, 0, false},
        {"two types", MARK TYPE TYPE "\r\n" TEXT REPORT MAIL INNER END, TWF_JOURNAL_LOOKALIKE,
         TWF_JPROBLEM_STRUCTURE, 0, false},
        /* no report at all */
        {"no marker", "From: A <a@x.example>\r\n" TYPE "\r\n" TEXT REPORT MAIL INNER END,
         TWF_JOURNAL_NONE, 0, 0, false},
        {"a bounce", "Content-Type: multipart/report; boundary=b\r\n\r\n" MAIL INNER END,
         TWF_JOURNAL_NONE, 0, 0, false},
        {"empty", "", TWF_JOURNAL_NONE, 0, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct opened o;

        open_text(&o, rows[i].text);
        if (o.journal.form != rows[i].form || o.journal.problems != rows[i].problems ||
            o.count != rows[i].inner)
            fail_msg("%s: form %d, problems %u, %u messages", rows[i].name, o.journal.form,
                     o.journal.problems, o.count);
        for (uint32_t k = 0; k < o.count; k++) {
            assert_int_equal(o.inner[k].encoded, rows[i].encoded);
            if (strcmp(rows[i].name, "prefix boundaries") != 0)
                assert_true(twf_span_is(o.inner[k].text, INNER));
            if (!rows[i].encoded)
                assert_ptr_equal(o.inner[k].text.ptr, o.text.ptr + o.inner[k].off);
        }
        assert_int_equal(o.journal.depth, o.journal.form != TWF_JOURNAL_NONE);
        close_text(&o);
    }
}

static void modes(void **state)
{
    static const char forged[] = "From: B <b@z>\r\n" TYPE MARK "\r\n" TEXT REPORT MAIL INNER END;
    struct opened o;

    (void)state;
    open_bytes(&o, twf_span_str(forged), TWF_JOURNAL_MODE_REQUIRE);
    assert_int_equal(o.journal.form, TWF_JOURNAL_2007);
    assert_int_equal(o.journal.problems, 0);
    assert_int_equal(o.count, 1);
    close_text(&o);
    open_bytes(&o, twf_span_str(forged), TWF_JOURNAL_MODE_NEVER);
    assert_int_equal(o.journal.form, TWF_JOURNAL_NONE);
    assert_int_equal(o.count, 0);
    close_text(&o);
}

static void envelope_2007(void **state)
{
    static const char text[] =
        OUTER TEXT "Sender: [EX:/o=Org/ou=x/cn=y]\r\nOn-Behalf-Of: b@x\r\nMessage-ID: <1@x>\r\n"
                   "Subject: a long\r\n subject\r\nLabel: l\r\nMailbox: m@x\r\nSentUtc: "
                   "1/2/2024\r\nReceivedUtc: 1/3/2024\r\n"
                   "To: one@x, Expanded: list@x\r\nCc: two@x, Forwarded: three@x\r\nBcc: "
                   "four@x\r\nRecipient: five@x\r\n"
                   "\r\n" MAIL INNER END;
    const struct twf_journal *j;
    struct opened o;

    (void)state;
    open_text(&o, text);
    j = &o.journal;
    assert_int_equal(j->form, TWF_JOURNAL_2007);
    assert_int_equal(j->problems, 0);
    assert_int_equal(j->sender_kind, TWF_JSENDER_X500);
    assert_true(twf_span_is(j->sender, "[EX:/o=Org/ou=x/cn=y]"));
    assert_int_equal(j->sender_off, strstr(text, "[EX:") - text);
    assert_true(twf_span_is(j->on_behalf_of, "b@x"));
    assert_true(twf_span_is(j->message_id, "<1@x>"));
    assert_true(twf_span_is(j->subject, "a long subject"));
    assert_true(twf_span_is(j->label, "l"));
    assert_true(twf_span_is(j->sent_utc, "1/2/2024"));
    assert_true(twf_span_is(j->received_utc, "1/3/2024"));
    assert_int_equal(j->rcpt_count, 4);
    assert_true(j->rcpts[0].kind == 't' && twf_span_is(j->rcpts[0].address, "one@x") &&
                twf_span_is(j->rcpts[0].expanded, "list@x") && j->rcpts[0].forwarded.len == 0);
    assert_true(j->rcpts[1].kind == 'c' && twf_span_is(j->rcpts[1].forwarded, "three@x"));
    assert_true(j->rcpts[2].kind == 'b' && twf_span_is(j->rcpts[2].address, "four@x"));
    assert_true(j->rcpts[3].kind == 'r' && twf_span_is(j->rcpts[3].address, "five@x"));
    close_text(&o);
}

static void envelope_2003(void **state)
{
    static const char text[] =
        "From: A <a@x.example>\nContent-Identifer: ExJournalReport\nContent-Type: multipart/mixed; "
        "boundary=b\n\n"
        "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/plain\n\n"
        "Sender: \"Long,\nName\" <SMTP:a@\nx.example>\nMessage-ID: <1@\nx>\nRecipients:\n"
        "\"Name One\" <SMTP:one@x>,\n\t\"Name Two\" <EX:/o=Org/ou=two>,\n\"Name\nThree\" "
        "<SMTP:three@x>,\n"
        "<four@x>\n\n"
        "--c\nContent-Type: text/html\n\n<p>Sender</p>\n--c--\n"
        "--b\nContent-Type: message/rfc822\n\nFrom: A <a@x.example>\nMessage-ID: "
        "<1@x>\n\nbody\n--b--\n";
    const struct twf_journal *j;
    struct opened o;

    (void)state;
    open_text(&o, text);
    j = &o.journal;
    assert_int_equal(j->form, TWF_JOURNAL_2003);
    assert_int_equal(j->problems, 0);
    assert_int_equal(j->sender_kind, TWF_JSENDER_SMTP);
    assert_true(twf_span_is(j->sender, "a@x.example"));
    assert_int_equal(j->sender_off, strstr(text, "Sender:") - text);
    assert_true(twf_span_is(j->message_id, "<1@x>"));
    assert_int_equal(j->rcpt_count, 4);
    assert_true(twf_span_is(j->rcpts[0].address, "one@x"));
    assert_true(twf_span_is(j->rcpts[1].address, "EX:/o=Org/ou=two"));
    assert_true(twf_span_is(j->rcpts[2].address, "three@x"));
    assert_true(twf_span_is(j->rcpts[3].address, "four@x"));
    assert_int_equal(o.count, 1);
    close_text(&o);
}

/* n bounces around text, each in its own boundary. */
static void wrap(struct twf_buf *b, int n, const char *text)
{
    for (int i = 0; i < n; i++)
        twf_buf_printf(
            b,
            "Return-Path: <>\nContent-Type: multipart/report; boundary=n%d\n\n--n%d\n\nno\n--n%d\n"
            "Content-Type: message/rfc822\n\n",
            i, i, i);
    twf_buf_str(b, text);
    for (int i = n - 1; i >= 0; i--)
        twf_buf_printf(b, "\n--n%d--\n", i);
}

static void bounces(void **state)
{
    (void)state;
    for (int n = 1; n <= 5; n++) {
        struct twf_buf b;
        struct opened o;

        twf_buf_init(&b);
        wrap(&b, n, OUTER TEXT REPORT MAIL INNER END);
        open_bytes(&o, twf_buf_view(&b), TWF_JOURNAL_MODE_AUTO);
        if (n <= 3) {
            assert_int_equal(o.journal.form, TWF_JOURNAL_2007);
            assert_int_equal(o.journal.depth, n + 1);
            assert_int_equal(o.count, 1);
            assert_true(twf_span_is(o.inner[0].text, INNER));
            assert_ptr_equal(o.inner[0].text.ptr, o.text.ptr + o.inner[0].off);
            assert_memory_equal(o.text.ptr + o.journal.sender_off, "s@x.example", 11);
        } else {
            assert_int_equal(o.journal.form, TWF_JOURNAL_NONE);
            assert_int_equal(o.journal.problems, TWF_JPROBLEM_DEPTH);
            assert_int_equal(o.count, 0);
        }
        close_text(&o);
        twf_buf_fini(&b);
    }
}

/* Whatever is cut off or changed: no over-read, and an inner message lies within its text. */
static void damage(void **state)
{
    static const char whole[] = OUTER TEXT REPORT MAIL INNER END;
    uint64_t seed = 20241112;
    struct opened o;

    (void)state;
    for (size_t len = 0; len < strlen(whole); len++) {
        open_bytes(&o, twf_span(whole, len), TWF_JOURNAL_MODE_AUTO);
        assert_true(o.count <= 1);
        close_text(&o);
    }
    for (int i = 0; i < 20000; i++) {
        char text[sizeof(whole)];

        memcpy(text, whole, sizeof(whole));
        for (int n = 0; n <= i % 4; n++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            text[(seed >> 33) % strlen(whole)] = "\n\r-b:;=\"<> \t\\(A"[(seed >> 20) % 15];
        }
        open_bytes(&o, twf_span(text, strlen(whole)), TWF_JOURNAL_MODE_AUTO);
        for (uint32_t k = 0; k < o.count; k++)
            assert_true(o.inner[k].text.len > 0 && o.inner[k].off < o.text.len);
        if (o.journal.form == TWF_JOURNAL_LOOKALIKE)
            assert_true(o.count == 0 && o.journal.problems != 0);
        close_text(&o);
    }
}

/* A million recipients, lines that never close, boundaries without end: linear, and within limits.
 */
static void floods(void **state)
{
    static const struct {
        const char *before, *again;
        enum twf_journal_form form;
    } rows[] = {
        {OUTER TEXT "Sender: s@x\n", "To: r@y\n", TWF_JOURNAL_2007},
        {OUTER TEXT "Sender: s@x\nRecipients:\n", "\"r\" <r@y>,\n", TWF_JOURNAL_2003},
        {OUTER TEXT "Sender: \"", "<\n", TWF_JOURNAL_LOOKALIKE},
        {OUTER TEXT "Sender: \"", " <\n", TWF_JOURNAL_2007},
        {OUTER TEXT "Sender: s@x\nRecipients:\n", "r\n", TWF_JOURNAL_LOOKALIKE},
        {OUTER TEXT "Sender: s@x\nSubject: ", " x\n", TWF_JOURNAL_2007},
        {OUTER TEXT, "--b\n", TWF_JOURNAL_LOOKALIKE},
        {MARK "Content-Type: multipart/mixed", "; a=\"b\"", TWF_JOURNAL_LOOKALIKE},
        {MARK "Content-Type: multipart/mixed; boundary=", "\\\"(", TWF_JOURNAL_LOOKALIKE},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct twf_buf b;
        struct opened o;

        twf_buf_init(&b);
        twf_buf_str(&b, rows[i].before);
        while (b.len < 2000000)
            twf_buf_str(&b, rows[i].again);
        open_bytes(&o, twf_buf_view(&b), TWF_JOURNAL_MODE_AUTO);
        if (o.journal.form != rows[i].form)
            fail_msg("row %zu: form %d, problems %u", i, o.journal.form, o.journal.problems);
        close_text(&o);
        twf_buf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markers), cmocka_unit_test(heads),         cmocka_unit_test(reports),
        cmocka_unit_test(modes),   cmocka_unit_test(envelope_2007), cmocka_unit_test(envelope_2003),
        cmocka_unit_test(bounces), cmocka_unit_test(damage),        cmocka_unit_test(floods),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
