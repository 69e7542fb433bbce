/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Annotated copies of messages made at random: whatever charset, transfer encoding, line ends and body,
 * the decoded body is the old one with the notice put into it, undoing the edits gives the message, and
 * annotating the copy again changes nothing. test_annotate [SEED]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/annotate.h"
#include "api/flat_json.h"
#include "base/alloc.h"
#include "gather/gather.h"
#include "split/mime.h"

static uint64_t seed = 20241114;

static uint32_t draw(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

struct rig {
    struct twf_kernels kernels;
    struct twf_limits limits;
    struct twf_gather gather;
    struct twf_arena arena;
    struct twf_annotation how;
};

static void rig_init(struct rig *r)
{
    twf_kernels_init(&r->kernels, TWF_CPU_AVX512);
    twf_limits_default(&r->limits);
    twf_gather_init(&r->gather, &r->kernels, &r->limits);
    twf_arena_init(&r->arena, 65536);
    r->how = (struct twf_annotation){.add_header = true,
                                     .add_disclaimer = true,
                                     .text = twf_span_str("Notice <one> & \"two\"\nsecond line"),
                                     .limits = &r->limits,
                                     .version = "1"};
}

static void rig_fini(struct rig *r)
{
    twf_arena_fini(&r->arena);
    twf_gather_fini(&r->gather);
}

/* The message in a buffer of exactly its size. */
static bool annotate(struct rig *r, struct twf_span message, struct twf_buf *out,
                     struct twf_annotate_result *result)
{
    struct twf_head head;

    twf_buf_reset(out);
    twf_arena_reset(&r->arena);
    return twf_gather_head(&r->gather, message, &head) &&
           twf_annotate(&r->how, &r->arena, message, &head, twf_span_str("CODE"), out, result);
}

static void undo(struct twf_span copy, const struct twf_annotate_result *r, struct twf_buf *out)
{
    size_t at = 0;

    twf_buf_reset(out);
    for (size_t i = 0; i < r->edit_count; i++) {
        twf_buf_span(out, twf_span_slice(copy, at, r->edits[i].off));
        twf_buf_span(out, r->edits[i].removed);
        at = (size_t)(r->edits[i].off + r->edits[i].inserted);
    }
    twf_buf_span(out, twf_span_slice(copy, at, copy.len));
}

/* ---- messages at random ---- */

static const char *const charsets[] = {"us-ascii", "utf-8",    "iso-8859-1",
                                       "utf-16",   "utf-16be", "utf-16le"};
static const char *const encodings[] = {"7bit", "8bit", "quoted-printable", "base64"};

static void put_text(struct twf_buf *b, struct twf_span s, unsigned charset)
{
    for (size_t i = 0; i < s.len; i++) {
        if (charset == 4)
            twf_buf_byte(b, 0);
        twf_buf_byte(b, s.ptr[i]);
        if (charset == 3 || charset == 5)
            twf_buf_byte(b, 0);
    }
}

/* Some bytes of a body; with html maybe a body tag, whole or broken, somewhere. */
static void make_body(struct twf_buf *b, unsigned charset, bool html, const char *eol)
{
    static const char *const pieces[] = {"<body>",
                                         "<BODY a='>'>",
                                         "<!-- <body> -->",
                                         "<script>\"<body>\"</script>",
                                         "<title><body></title>",
                                         "<bodyguard>",
                                         "<",
                                         ">",
                                         "text ",
                                         "=",
                                         "a b",
                                         "<body",
                                         "--",
                                         "<!--",
                                         "\t"};
    unsigned n = draw(12);

    if (charset == 3)
        twf_buf_put(b, "\xFF\xFE", 2);
    for (unsigned i = 0; i < n; i++) {
        const char *piece = pieces[draw(html ? 15 : 3) + (html ? 0 : 8)];

        put_text(b, twf_span_str(draw(5) == 0 ? eol : piece), charset);
        if (charset == 1 && draw(4) == 0)
            twf_buf_put(b, "\xC3\xBC", 2);
        if (charset == 2 && draw(4) == 0)
            twf_buf_byte(b, 0xFC);
    }
}

static void encode_base64(struct twf_buf *b, struct twf_span s, const char *eol)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned line = draw(2) ? 4 + draw(80) : 76, column = 0;

    for (size_t i = 0; i < s.len; i += 3) {
        size_t n = s.len - i < 3 ? s.len - i : 3;
        uint32_t bits = (uint32_t)s.ptr[i] << 16 | (n > 1 ? (uint32_t)s.ptr[i + 1] << 8 : 0) |
                        (n > 2 ? s.ptr[i + 2] : 0);

        for (size_t k = 0; k < 4; k++) {
            twf_buf_byte(b, k > n ? '=' : (uint8_t)digits[bits >> (18 - 6 * k) & 63]);
            if (++column == line) {
                twf_buf_str(b, eol);
                column = 0;
            }
        }
    }
    twf_buf_str(b, eol);
}

static void encode_qp(struct twf_buf *b, struct twf_span s, const char *eol)
{
    for (size_t i = 0; i < s.len; i++) {
        if (draw(20) == 0)
            twf_buf_printf(b, "=%s%s", draw(3) == 0 ? " " : "", eol);
        if (s.ptr[i] == '=' || s.ptr[i] < ' ' || s.ptr[i] > '~' || draw(8) == 0)
            twf_buf_printf(b, "=%02X", s.ptr[i]);
        else
            twf_buf_byte(b, s.ptr[i]);
    }
    twf_buf_str(b, eol);
}

/* Decoded body of the only part. */
static struct twf_span decoded(struct rig *r, struct twf_span message, bool *found)
{
    struct twf_entity e = twf_entity_split(message);
    struct twf_mime_type t = twf_mime_type_read(e.header, &r->arena);
    struct twf_mime_walk walk;

    *found = true;
    if (twf_mime_is(&t, "multipart", "mixed")) {
        struct twf_span part;

        twf_mime_walk_init(&walk, e.body, t.boundary);
        *found = twf_mime_walk_next(&walk, &part);
        e = twf_entity_split(part);
    }
    return twf_mime_decode(&r->arena, e.body, twf_mime_encoding_read(e.header));
}

/* longer is shorter with something put into it: where, and what. */
static bool is_insertion(struct twf_span shorter, struct twf_span longer, struct twf_span *what)
{
    size_t more = longer.len - shorter.len, p = 0;

    if (longer.len < shorter.len)
        return false;
    while (p < shorter.len && shorter.ptr[p] == longer.ptr[p])
        p++;
    *what = twf_span_slice(longer, p, p + more);
    return shorter.len == p || memcmp(longer.ptr + p + more, shorter.ptr + p, shorter.len - p) == 0;
}

static void one(struct rig *r)
{
    unsigned charset = draw(6), encoding = draw(4);
    bool html = draw(2), multi = draw(2), found;
    const char *eol = draw(2) ? "\r\n" : "\n";
    uint64_t shown = seed;
    struct twf_annotate_result result;
    struct twf_buf body, text, copy, again;
    struct twf_span old, new, what, message;
    uint8_t *exact;

    twf_buf_init(&body);
    twf_buf_init(&text);
    twf_buf_init(&copy);
    twf_buf_init(&again);
    if (encoding < 2 && charset > 2)
        encoding = 3; /* UTF-16 has no lines of its own */
    make_body(&body, charset, html, eol);
    twf_buf_printf(&text, "From: a@x.example%s", eol);
    if (multi)
        twf_buf_printf(&text, "Content-Type: multipart/mixed; boundary=b%s%s--b%s", eol, eol, eol);
    twf_buf_printf(&text,
                   "Content-Type: text/%s; charset=\"%s\"%sContent-Transfer-Encoding: %s%s%s",
                   html ? "html" : "plain", charsets[charset], eol, encodings[encoding], eol, eol);
    if (encoding == 3)
        encode_base64(&text, twf_buf_view(&body), eol);
    else if (encoding == 2)
        encode_qp(&text, twf_buf_view(&body), eol);
    else
        twf_buf_span(&text, twf_buf_view(&body));
    if (multi)
        twf_buf_printf(&text, "%s--b--%s", eol, eol);
    exact = twf_malloc(text.len);
    assert_non_null(exact);
    memcpy(exact, text.ptr, text.len);
    message = twf_span(exact, text.len);

    assert_true(annotate(r, message, &copy, &result));
    undo(twf_buf_view(&copy), &result, &again);
    if (again.len != message.len || memcmp(again.ptr, message.ptr, message.len) != 0)
        fail_msg("undoing is not the message, state %llu", (unsigned long long)shown);
    if (result.what == TWF_ANNOTATED_WRAPPED) {
        assert_true(html && charset > 2); /* nothing else here cannot take it */
    } else {
        assert_int_equal(result.what, TWF_ANNOTATED_DONE);
        assert_int_equal(result.bodies, 1);
        old = decoded(r, message, &found);
        new = decoded(r, twf_buf_view(&copy), &found);
        if (!is_insertion(old, new, &what) || what.len < r->how.text.len)
            fail_msg("more than the notice differs, state %llu:\n%.*s\n----\n%.*s",
                     (unsigned long long)shown, (int)message.len, (const char *)message.ptr,
                     (int)copy.len, (const char *)copy.ptr);
        twf_buf_reset(&again);
        assert_true(annotate(r, twf_buf_view(&copy), &again, &result));
        if (result.what != TWF_ANNOTATED_ALREADY || again.len != copy.len)
            fail_msg("twice is not once, state %llu:\n%.*s\n----\n%.*s", (unsigned long long)shown,
                     (int)copy.len, (const char *)copy.ptr, (int)again.len,
                     (const char *)again.ptr);
    }
    twf_free(exact);
    twf_buf_fini(&body);
    twf_buf_fini(&text);
    twf_buf_fini(&copy);
    twf_buf_fini(&again);
}

static void at_random(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    for (int i = 0; i < 4000; i++)
        one(&r);
    rig_fini(&r);
}

/* ---- what the tokenizer takes for a body ---- */

static const struct {
    const char *html;
    size_t at;
} bodies[] = {
    {"", 0},
    {"text", 0},
    {"<body>x", 6},
    {"<BODY\tclass=a>x", 14},
    {"<body a=\"x>y\">z", 14},
    {"<body a='x>y'>z", 14},
    {"<body/>z", 7},
    {"<bodyguard>x", 0},
    {"<body", 0},
    {"<body a", 0},
    {"<body a=\">", 0},
    {"<!--<body>--><body>x", 19},
    {"<!-- <body>", 0},
    {"<!--<body>-- ><body>x", 0},
    {"<script>'<body>'</script><body>", 31},
    {"<SCRIPT src=x><body></SCRIPT ><body>", 36},
    {"<style><body></style><body>", 27},
    {"<title><body></title><body>", 27},
    {"<script><body>", 0},
    {"<script src='</script>'><body>x</script><body>", 46},
    {"<<body>", 7},
    {"a<b <body>", 10},
};

static void tokens(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        size_t len = strlen(bodies[i].html);
        uint8_t *copy = twf_malloc(len);
        size_t at;

        memcpy(copy, bodies[i].html, len);
        at = twf_html_body(twf_span(copy, len));
        if (at != bodies[i].at)
            fail_msg("%s: %zu instead of %zu", bodies[i].html, at, bodies[i].at);
        twf_free(copy);
    }
}

/* ---- what is not edited ---- */

/* clang-format off */
static const struct {
    const char *message, *why;
} obstacles[] = {
    {"Content-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b--\n", "a signed body"},
    {"Content-Type: multipart/encrypted; boundary=b\n\n--b\n\nx\n--b--\n", "an encrypted body"},
    {"Content-Type: application/pkcs7-mime\n\nx", "a signed or encrypted body"},
    {"Content-Type: application/ms-tnef\n\nx", "a body in TNEF"},
    {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: application/ms-tnef\n\nx\n--b--\n", "a body in TNEF"},
    {"Content-Type: image/png\n\nx", "no text body"},
    {"Content-Type: text/plain\nContent-Disposition: attachment\n\nx", "no text body"},
    {"Content-Type: multipart/mixed\n\nx", "a multipart without a boundary"},
    {"Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\nx\n--a--\n", "a Content-Type that can be read two ways"},
    {"Content-Type: text/plain; charset=ibm037\n\nx", "a charset that may not hold ASCII text"},
    {"Content-Type: text/plain; charset*=utf-8''x\n\nx", "a charset that may not hold ASCII text"},
    {"Content-Type: text/html; charset=utf-16\n\nx", "HTML in UTF-16"},
    {"Content-Transfer-Encoding: x-uuencode\n\nx", "a transfer encoding that nobody knows"},
    {"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPGI=b2R5Pg==\n", "base64 with padding in its middle"},
    {"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPGJvZA==eT54PGJvZHk+eA==\n", "base64 with padding in its middle"},
    {"From: x\rContent-Type: text/plain\r\rx", "line ends that are CR alone"},
};

/* clang-format on */

static void not_edited(void **state)
{
    static const enum twf_fallback ways[] = {TWF_FALLBACK_WRAP, TWF_FALLBACK_IGNORE,
                                             TWF_FALLBACK_SKIP};
    struct rig r;

    (void)state;
    rig_init(&r);
    for (size_t i = 0; i < sizeof(obstacles) / sizeof(obstacles[0]); i++) {
        for (size_t w = 0; w < 3; w++) {
            struct twf_span message = twf_span_str(obstacles[i].message);
            struct twf_annotate_result result;
            struct twf_buf out, back;

            r.how.fallback = ways[w];
            twf_buf_init(&out);
            twf_buf_init(&back);
            assert_true(annotate(&r, message, &out, &result));
            if (result.why == NULL || strcmp(result.why, obstacles[i].why) != 0)
                fail_msg("%s: %s", obstacles[i].message, result.why);
            assert_int_equal(result.bodies, 0);
            if (w == 2)
                assert_int_equal(result.what, TWF_ANNOTATED_SKIPPED);
            else if (w == 0)
                assert_int_equal(result.what, TWF_ANNOTATED_WRAPPED);
            if (result.what != TWF_ANNOTATED_SKIPPED) {
                undo(twf_buf_view(&out), &result, &back);
                assert_int_equal(back.len, message.len);
                assert_memory_equal(back.ptr, message.ptr, message.len);
            }
            twf_buf_fini(&out);
            twf_buf_fini(&back);
        }
    }
    rig_fini(&r);
}

/* Behind a header that its limit cuts no body is known, though the next bytes look like one. */
static void cut_header(void **state)
{
    static const char text[] = "From: a@x.example\nX: 1\nContent-Type: application/pdf\n\nx\n";
    struct twf_annotate_result result;
    struct twf_buf out, back;
    struct rig r;

    (void)state;
    rig_init(&r);
    twf_buf_init(&out);
    twf_buf_init(&back);
    r.limits.value[TWF_LIMIT_HEADER] = 22;
    assert_true(annotate(&r, twf_span_str(text), &out, &result));
    assert_int_equal(result.what, TWF_ANNOTATED_WRAPPED);
    assert_string_equal(result.why, "a header beyond its limit");
    undo(twf_buf_view(&out), &result, &back);
    assert_true(twf_span_is(twf_buf_view(&back), text));
    r.how.add_disclaimer = false;
    assert_true(annotate(&r, twf_span_str(text), &out, &result));
    assert_int_equal(result.what, TWF_ANNOTATED_DONE); /* the header alone goes on top */
    twf_buf_fini(&out);
    twf_buf_fini(&back);
    rig_fini(&r);
}

/* A header that just stops: its end is put in too, else the notice would be a field. */
static void header_without_end(void **state)
{
    static const char *const cases[][2] = {
        {"", "\nNotice\n\n"},
        {"From: x", "From: x\n\nNotice\n\n"},
        {"From: x\r\n", "From: x\r\n\r\nNotice\r\n\r\n"},
        {"From: x\r\n\r\n", "From: x\r\n\r\nNotice\r\n\r\n"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n--b--\n",
         "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nNotice\n\n--b--\n"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nX: y\n\n--b--\n",
         "Content-Type: multipart/mixed; boundary=b\n\n--b\nX: y\n\nNotice\n\n\n--b--\n"},
    };
    struct twf_annotate_result result;
    struct twf_buf out, again;
    struct rig r;

    (void)state;
    rig_init(&r);
    r.how.add_header = false;
    r.how.text = twf_span_str("Notice");
    twf_buf_init(&out);
    twf_buf_init(&again);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct twf_span mark = twf_span_str("X-Twofrom-Annotated: 1; CODE"), copy;

        assert_true(annotate(&r, twf_span_str(cases[i][0]), &out, &result));
        copy = twf_buf_view(&out);
        assert_true(twf_span_starts_fold(copy, "X-Twofrom-Annotated: 1; CODE"));
        copy = twf_span_slice(copy, mark.len + 1 + (copy.ptr[mark.len] == '\r'), copy.len);
        if (!twf_span_is(copy, cases[i][1]))
            fail_msg("%s:\n%.*s", cases[i][0], (int)copy.len, (const char *)copy.ptr);
        undo(twf_buf_view(&out), &result, &again);
        assert_true(twf_span_is(twf_buf_view(&again), cases[i][0]));
        assert_true(annotate(&r, twf_buf_view(&out), &again, &result));
        assert_int_equal(result.what, TWF_ANNOTATED_ALREADY);
    }
    twf_buf_fini(&out);
    twf_buf_fini(&again);
    rig_fini(&r);
}

/* Deep and wide trees end in bounded time and are not edited. */
static void floods(void **state)
{
    struct twf_annotate_result result;
    struct twf_buf deep, wide, out;
    struct rig r;

    (void)state;
    rig_init(&r);
    twf_buf_init(&deep);
    twf_buf_init(&wide);
    twf_buf_init(&out);
    for (int i = 0; i < 1000; i++)
        twf_buf_printf(&deep, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    twf_buf_str(&wide, "Content-Type: multipart/mixed; boundary=b\n\n");
    for (int i = 0; i < 20000; i++)
        twf_buf_str(&wide, "--b\n\nx\n");
    assert_true(annotate(&r, twf_buf_view(&deep), &out, &result));
    assert_string_equal(result.why, "MIME parts nested too deeply");
    assert_true(annotate(&r, twf_buf_view(&wide), &out, &result));
    assert_string_equal(result.why, "too many MIME parts");
    twf_buf_fini(&deep);
    twf_buf_fini(&wide);
    twf_buf_fini(&out);
    rig_fini(&r);
}

/* Each allocation fails once: false, and nothing is lost. */
static void no_memory(void **state)
{
    static const char message[] =
        "From: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: "
        "base64\n\neHh4\n--b\nContent-Type: text/html\n\n<body>\n--b--\n";
    bool done = false;
    struct rig r;

    (void)state;
    rig_init(&r);
    for (uint64_t k = 1; !done; k++) {
        struct twf_annotate_result result;
        uint64_t before = twf_alloc_in_use();
        struct twf_buf out;

        assert_true(k < 1000);
        twf_buf_init(&out);
        twf_arena_fini(&r.arena);
        twf_arena_init(&r.arena, 4096);
        twf_alloc_fail_at(k);
        done = annotate(&r, twf_span_str(message), &out, &result);
        twf_alloc_fail_at(0);
        if (done)
            assert_int_equal(result.bodies, 2);
        twf_buf_fini(&out);
        twf_arena_fini(&r.arena);
        twf_arena_init(&r.arena, 4096);
        assert_true(twf_alloc_in_use() <= before + 65536);
    }
    rig_fini(&r);
}

/* ---- records read back ---- */

static const struct {
    const char *line;
    bool ok;
    const char *members; /* "key=value;" */
} lines[] = {
    {"{}", true, ""},
    {" { } ", true, ""},
    {"{\"a\":1}", true, "a=1;"},
    {"{\"a\":\"x\",\"b\":[\"y\",\"}\"],\"c\":null,\"d\":{\"e\":[]}}", true,
     "a=\"x\";b=[\"y\",\"}\"];c=null;d={\"e\":[]};"},
    {"{\"a\" : \"q\\\"\\\\\" , \"b\":-1.5e3}", true, "a=\"q\\\"\\\\\";b=-1.5e3;"},
    {"", false, ""},
    {"[]", false, ""},
    {"{", false, ""},
    {"{\"a\"}", false, ""},
    {"{\"a\":}", false, ""},
    {"{\"a\":1", false, ""},
    {"{\"a\":1}}", false, "a=1;"},
    {"{\"a\":1,}", false, "a=1;"},
    {"{\"a\":\"x}", false, ""},
    {"{\"a\":[1}", false, ""},
    {"{\"a\":1 2}", false, "a=1;"},
    {"{a:1}", false, ""},
    {"{\"a\":\"x\ny\"}", false, ""},
};

static void json(void **state)
{
    static const struct {
        const char *value, *text;
        bool ok;
    } strings[] = {
        {"\"\"", "", true},
        {"\"a\\u00fc\\n\\/\"", "a\xC3\xBC\n/", true},
        {"\"\\ud83d\\ude00\"", "\xF0\x9F\x98\x80", true},
        {"\"\\ud83d\"", "", false},
        {"\"\\ude00\"", "", false},
        {"\"\\x\"", "", false},
        {"\"\\u12\"", "", false},
        {"1", "", false},
    };
    struct twf_arena a;

    (void)state;
    twf_arena_init(&a, 4096);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        size_t len = strlen(lines[i].line);
        uint8_t *copy = twf_malloc(len);
        struct twf_span key, value;
        struct twf_json j;
        struct twf_buf got;

        memcpy(copy, lines[i].line, len);
        twf_buf_init(&got);
        twf_json_begin(&j, twf_span(copy, len));
        while (twf_json_next(&j, &key, &value))
            twf_buf_printf(&got, "%.*s=%.*s;", (int)key.len, (const char *)key.ptr, (int)value.len,
                           (const char *)value.ptr);
        twf_buf_byte(&got, '\0');
        if (j.failed == lines[i].ok ||
            (lines[i].ok && strcmp((const char *)got.ptr, lines[i].members) != 0))
            fail_msg("%s: %s", lines[i].line, (const char *)got.ptr);
        twf_buf_fini(&got);
        twf_free(copy);
    }
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        struct twf_span text;
        bool ok = twf_json_string(&a, twf_span_str(strings[i].value), &text);

        assert_int_equal(ok, strings[i].ok);
        if (ok)
            assert_true(twf_span_is(text, strings[i].text));
    }
    twf_arena_fini(&a);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_random),          cmocka_unit_test(tokens),
        cmocka_unit_test(not_edited),         cmocka_unit_test(cut_header),
        cmocka_unit_test(header_without_end), cmocka_unit_test(floods),
        cmocka_unit_test(no_memory),          cmocka_unit_test(json),
    };

    if (argc > 1)
        seed = strtoull(argv[1], NULL, 10);
    (void)printf("seed %llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
