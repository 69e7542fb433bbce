/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Escaping, by tables and by properties over random bytes: what a terminal gets holds no control,
 * bidi or zero-width code point and can be turned back; JSON parses back (jansson) to the same
 * text; no CSV cell is a formula. The seed is printed and taken as argument.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/report.h"
#include "base/utf8.h"
#include "report/text.h"

static uint64_t seed = 20260901;

static uint64_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* A copy on the heap, so that a read behind it is seen. */
static struct twf_span exact(const void *ptr, size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);

    assert_non_null(copy);
    if (len > 0)
        memcpy(copy, ptr, len);
    return twf_span(copy, len);
}

static void drop(struct twf_span s)
{
    free((void *)(uintptr_t)s.ptr);
}

static void expect(const struct twf_buf *b, const char *text)
{
    assert_false(b->failed);
    if (b->len != strlen(text) || (b->len > 0 && memcmp(b->ptr, text, b->len) != 0))
        fail_msg("got \"%.*s\", expected \"%s\"", (int)b->len, (const char *)b->ptr, text);
}

#define S(text)                                                                                    \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
struct bytes {
    const char *ptr;
    size_t len;
};

static void terminal_table(void **state)
{
    static const struct {
        struct bytes in;
        bool ascii;
        size_t max;
        const char *out;
    } rows[] = {
        {S("Bank <a@x.example>"), false, 100, "Bank <a@x.example>"},
        {S("\033[31m\x9b"), false, 100, "\\x1B[31m\\x9B"},
        {S("a\0b\x7f\r\n\t"), false, 100, "a\\x00b\\x7F\\x0D\\x0A\\x09"},
        {S("J\xc3\xbcrgen"), false, 100, "J\xc3\xbcrgen"},
        {S("J\xc3\xbcrgen"), true, 100, "J\\u{FC}rgen"},
        {S("\xc2\x9b"), false, 100, "\\u{9B}"},
        {S("a\xe2\x80\xaemoc"), false, 100, "a\\u{202E}moc"},
        {S("\xe2\x80\x8b\xef\xbb\xbf\xc2\xad"), false, 100, "\\u{200B}\\u{FEFF}\\u{AD}"},
        {S("\xf0\x9f\x98\x80"), true, 100, "\\u{1F600}"},
        {S("\xf3\xa0\x81\x81"), false, 100, "\\u{E0041}"},
        /* overlong, surrogate, above U+10FFFF, cut */
        {S("\xc0\x80"), false, 100, "\\xC0\\x80"},
        {S("\xe0\x80\x80"), false, 100, "\\xE0\\x80\\x80"},
        {S("\xed\xa0\x80"), false, 100, "\\xED\\xA0\\x80"},
        {S("\xf4\x90\x80\x80"), false, 100, "\\xF4\\x90\\x80\\x80"},
        {S("\xe2\x80"), false, 100, "\\xE2\\x80"},
        {S("\\x1B \\q \\\\"), false, 100, "\\\\x1B \\q \\\\\\"},
        {S("abcdef"), false, 6, "abcdef"},
        {S("abcdefg"), false, 6, "abcdef..."},
        {S("ab\033cd"), false, 5, "ab..."},
        {S(""), false, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct twf_span in = exact(rows[i].in.ptr, rows[i].in.len);
        struct twf_buf b;

        twf_buf_init(&b);
        twf_text_terminal(&b, in, rows[i].ascii, rows[i].max);
        expect(&b, rows[i].out);
        twf_buf_fini(&b);
        drop(in);
    }
}

/* Bytes among which those that matter are common. */
static struct twf_span noise(void)
{
    static const struct bytes parts[] = {
        S("\xe2\x80\xae"),
        S("\xe2\x80\xa8"),
        S("\xe2\x80\x8b"),
        S("\xc2\x9b"),
        S("\xef\xbb\xbf"),
        S("\xf0\x9f\x98\x80"),
        S("\xed\xa0\x80"),
        S("\\"),
        S("\\x"),
        S("\\u{"),
        S("\""),
        S("\033["),
        S("\r\n"),
        S("="),
        S("\xef\xbc\x9d"),
        S("a"),
        S("ceo@bank.example"),
        S("\xc3\xa4"),
        S(","),
        S("\0"),
    };
    uint8_t text[256];
    size_t n = 0, want = next() % 48;

    while (n < want) {
        if (next() % 4 == 0) {
            text[n++] = (uint8_t)next();
        } else {
            const struct bytes *p = &parts[next() % TWF_COUNT(parts)];

            memcpy(text + n, p->ptr, p->len);
            n += p->len;
        }
    }
    return exact(text, n);
}

static size_t put_utf8(uint8_t *to, uint32_t cp)
{
    if (cp < 0x800) {
        to[0] = (uint8_t)(0xC0 | cp >> 6);
        to[1] = (uint8_t)(0x80 | (cp & 63));
        return 2;
    }
    if (cp < 0x10000) {
        to[0] = (uint8_t)(0xE0 | cp >> 12);
        to[1] = (uint8_t)(0x80 | (cp >> 6 & 63));
        to[2] = (uint8_t)(0x80 | (cp & 63));
        return 3;
    }
    to[0] = (uint8_t)(0xF0 | cp >> 18);
    to[1] = (uint8_t)(0x80 | (cp >> 12 & 63));
    to[2] = (uint8_t)(0x80 | (cp >> 6 & 63));
    to[3] = (uint8_t)(0x80 | (cp & 63));
    return 4;
}

/* The bytes behind an escaped text. */
static size_t unescape(const struct twf_buf *b, uint8_t *to)
{
    size_t n = 0;

    for (size_t i = 0; i < b->len;) {
        char digits[9] = "";

        if (b->ptr[i] == '\\' && i + 1 < b->len && b->ptr[i + 1] == 'x') {
            memcpy(digits, b->ptr + i + 2, 2);
            to[n++] = (uint8_t)strtoul(digits, NULL, 16);
            i += 4;
        } else if (b->ptr[i] == '\\' && i + 1 < b->len && b->ptr[i + 1] == 'u') {
            size_t len = 0;

            for (i += 3; b->ptr[i] != '}'; i++)
                digits[len++] = (char)b->ptr[i];
            i++;
            n += put_utf8(to + n, (uint32_t)strtoul(digits, NULL, 16));
        } else {
            i += b->ptr[i] == '\\' && i + 1 < b->len && b->ptr[i + 1] == '\\' ? 1 : 0;
            to[n++] = b->ptr[i++];
        }
    }
    return n;
}

static bool is_bad(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp <= 0x9F) || (cp >= 0x202A && cp <= 0x202E) ||
           (cp >= 0x2066 && cp <= 0x2069) || (cp >= 0x200B && cp <= 0x200F) || cp == 0xFEFF ||
           cp == 0x2028 || cp == 0x2029 || cp == 0xAD || (cp >= 0xE0000 && cp <= 0xE007F);
}

static void terminal_property(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct twf_span in = noise();
        bool ascii = round % 2 == 0;
        struct twf_buf b;
        uint8_t back[2048];

        twf_buf_init(&b);
        twf_text_terminal(&b, in, ascii, SIZE_MAX);
        for (struct twf_span s = twf_buf_view(&b); s.len > 0;) {
            uint32_t cp = 0;
            size_t n = twf_utf8_next(s.ptr, s.len, &cp);

            assert_true(n > 0 && !is_bad(cp) && (!ascii || cp < 0x7F));
            s = twf_span_slice(s, n, s.len);
        }
        assert_int_equal(unescape(&b, back), in.len);
        assert_memory_equal(back, in.ptr, in.len);
        twf_buf_reset(&b);
        twf_text_cell(&b, in, true, 20);
        assert_int_equal(b.len, 20);
        twf_buf_fini(&b);
        drop(in);
    }
}

static void cell_table(void **state)
{
    static const struct {
        struct bytes in;
        uint32_t columns;
        const char *out;
    } rows[] = {
        {S("high"), 8, "high    "},
        {S("bounce@attack.example"), 12, "...k.example"},
        {S("12345678"), 8, "12345678"},
        {S("\xe6\xbc\xa2\xe5\xad\x97"), 6, "\xe6\xbc\xa2\xe5\xad\x97  "},
        {S("\033x"), 6, "\\x1Bx "},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct twf_span in = exact(rows[i].in.ptr, rows[i].in.len);
        struct twf_buf b;

        twf_buf_init(&b);
        twf_text_cell(&b, in, false, rows[i].columns);
        expect(&b, rows[i].out);
        twf_buf_fini(&b);
        drop(in);
    }
}

static void json_property(void **state)
{
    struct twf_kernels k;

    (void)state;
    twf_kernels_init(&k, TWF_CPU_AVX512);
    for (int round = 0; round < 20000; round++) {
        struct twf_span in = noise();
        struct twf_buf b;
        json_error_t err;
        json_t *back;

        twf_buf_init(&b);
        twf_buf_byte(&b, '"');
        twf_text_json(&b, &k, in);
        twf_buf_byte(&b, '"');
        back = json_loadb((const char *)b.ptr, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &err);
        if (back == NULL)
            fail_msg("%s: %.*s", err.text, (int)b.len, (const char *)b.ptr);
        if (twf_utf8_valid(in)) {
            assert_int_equal(json_string_length(back), in.len);
            assert_memory_equal(json_string_value(back), in.ptr, in.len);
        }
        for (size_t i = 0; i < b.len; i++)
            assert_true(b.ptr[i] >= 0x20 && b.ptr[i] != 0x7F);
        assert_null(memmem(b.ptr, b.len, "\xe2\x80\xa8", 3));
        json_decref(back);
        twf_buf_fini(&b);
        drop(in);
    }
}

static void csv_table(void **state)
{
    static const struct {
        struct bytes in;
        const char *out;
    } rows[] = {
        {S("plain"), "plain"},
        {S("a,b"), "\"a,b\""},
        {S("a\"b"), "\"a\"\"b\""},
        {S("a\nb"), "\"a\nb\""},
        {S(" a"), "\" a\""},
        {S("=1+1"), "'=1+1"},
        {S("+1"), "'+1"},
        {S("-1"), "'-1"},
        {S("@x"), "'@x"},
        {S("\tx"), "\"'\tx\""},
        {S("\rx"), "\"'\rx\""},
        {S("\0x"), "'\\x00x"},
        {S("\xef\xbc\x9d"), "'\xef\xbc\x9d"},
        {S("=HYPERLINK(\"http://x\",\"a\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"a\"\")\""},
        {S("a\xff"), "a\\xFF"},
        {S("a\xc2\x9b"), "a\\u{9B}"},
        {S(""), ""},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct twf_span in = exact(rows[i].in.ptr, rows[i].in.len);
        struct twf_buf b;

        twf_buf_init(&b);
        twf_text_csv(&b, in);
        expect(&b, rows[i].out);
        twf_buf_fini(&b);
        drop(in);
    }
}

/* Whatever comes in is one cell to a reader of RFC 4180, and no formula to a spreadsheet. */
static void csv_property(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct twf_span in = noise(), cell;
        struct twf_buf b;

        twf_buf_init(&b);
        twf_text_csv(&b, in);
        cell = twf_buf_view(&b);
        if (cell.len > 0 && cell.ptr[0] == '"') {
            size_t quotes = 0;

            assert_true(cell.len >= 2 && cell.ptr[cell.len - 1] == '"');
            cell = twf_span_slice(cell, 1, cell.len - 1);
            for (size_t i = 0; i <= cell.len; i++) {
                if (i < cell.len && cell.ptr[i] == '"') {
                    quotes++;
                } else {
                    assert_int_equal(quotes % 2, 0);
                    quotes = 0;
                }
            }
        } else {
            for (size_t i = 0; i < cell.len; i++)
                assert_null(strchr(",\"\n\r", cell.ptr[i] == 0 ? ',' : cell.ptr[i]));
        }
        assert_false(twf_text_csv_risky(cell));
        assert_true(twf_utf8_valid(cell));
        twf_buf_fini(&b);
        drop(in);
    }
}

static void base64_table(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe", "//4="},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct twf_span in = exact(rows[i][0], strlen(rows[i][0]));
        struct twf_buf b;

        twf_buf_init(&b);
        twf_text_base64(&b, in);
        expect(&b, rows[i][1]);
        twf_buf_fini(&b);
        drop(in);
    }
}

static void time_table(void **state)
{
    static const struct {
        int64_t us;
        const char *out; /* NULL: no form in RFC 3339 */
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {INT64_C(1731572100000000), "2024-11-14T08:15:00Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {INT64_C(951782400000000), "2000-02-29T00:00:00Z"},
        {INT64_C(-62167219200000000), "0000-01-01T00:00:00Z"},
        {INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z"},
        {INT64_C(253402300800000000), NULL},
        {INT64_C(-62167219200000001), NULL},
        {INT64_MIN, NULL},
        {INT64_MAX, NULL},
    };
    struct twf_buf b;

    (void)state;
    twf_buf_init(&b);
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        twf_buf_reset(&b);
        assert_int_equal(twf_text_time(&b, rows[i].us), rows[i].out != NULL);
        expect(&b, rows[i].out == NULL ? "" : rows[i].out);
    }
    /* Against libc, over all years that have four digits. */
    for (int round = 0; round < 20000; round++) {
        int64_t sec = INT64_C(-62167219200) + (int64_t)(next() % UINT64_C(315569520000));
        time_t t = (time_t)sec;
        struct tm tm;
        char want[64];

        assert_non_null(gmtime_r(&t, &tm));
        (void)snprintf(want, sizeof(want), "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        twf_buf_reset(&b);
        assert_true(twf_text_time(&b, sec * 1000000));
        expect(&b, want);
    }
    twf_buf_fini(&b);
}

static void number_table(void **state)
{
    struct twf_buf b;

    (void)state;
    twf_buf_init(&b);
    twf_text_commas(&b, 0);
    twf_buf_byte(&b, ' ');
    twf_text_commas(&b, 999);
    twf_buf_byte(&b, ' ');
    twf_text_commas(&b, 1000);
    twf_buf_byte(&b, ' ');
    twf_text_commas(&b, UINT64_MAX);
    expect(&b, "0 999 1,000 18,446,744,073,709,551,615");
    twf_buf_reset(&b);
    twf_text_ratio(&b, 1, 3, 4);
    twf_buf_byte(&b, ' ');
    twf_text_ratio(&b, 0, 0, 2);
    twf_buf_byte(&b, ' ');
    twf_text_ratio(&b, UINT64_MAX / 2, UINT64_MAX, 3);
    twf_buf_byte(&b, ' ');
    twf_text_ratio(&b, 5, 5, 1);
    expect(&b, "0.3333 0.00 0.499 1.0");
    twf_buf_reset(&b);
    twf_text_uri(&b, twf_span_str("a%b/\xc3\xa4"));
    twf_buf_byte(&b, ' ');
    twf_text_uri(&b, twf_span_str("a%b\xff"));
    expect(&b, "a%b/\xc3\xa4 a%25b%FF");
    twf_buf_fini(&b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal_table), cmocka_unit_test(terminal_property),
        cmocka_unit_test(cell_table),     cmocka_unit_test(json_property),
        cmocka_unit_test(csv_table),      cmocka_unit_test(csv_property),
        cmocka_unit_test(base64_table),   cmocka_unit_test(time_table),
        cmocka_unit_test(number_table),
    };

    if (argc > 1)
        seed = strtoull(argv[1], NULL, 10);
    seed += seed == 0;
    printf("seed %llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
