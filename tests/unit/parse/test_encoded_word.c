/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoded-words: the table of vectors, valid UTF-8 for whatever comes in, linear time, failing
 * memory.
 */
#include "vectors.h"

#include "base/alloc.h"
#include "base/compiler.h"
#include "parse/parse.h"

static void table(void **state)
{
    struct twf_arena a;
    struct vectors v;

    (void)state;
    twf_arena_init(&a, 4096);
    vectors_open(&v, "encoded_words.tsv");
    while (vectors_next(&v)) {
        struct twf_span text = vectors_bytes(v.cell[0]);
        uint32_t count = 99, raw_count = 99, want = (uint32_t)strtoul(v.cell[1], NULL, 10);
        struct twf_span got = twf_decode_words(&a, text, &count);
        struct twf_span raw = twf_decode_words_raw(&a, text, &raw_count);

        vectors_expect(&v, "text", got, v.cell[2]);
        vectors_expect(&v, "raw", raw, v.cell[3][0] == '\0' ? v.cell[2] : v.cell[3]);
        if (count != want || raw_count != want)
            fail_msg("line %u: %u and %u words", v.line, count, raw_count);
        if (want > 0)
            assert_true(twf_has_encoded_word(text));
        free((void *)(uintptr_t)text.ptr);
        twf_arena_reset(&a);
    }
    assert_true(v.rows > 70);
    twf_arena_fini(&a);
}

/* A word is told by its form, whether or not its charset is known. */
static void has_word(void **state)
{
    (void)state;
    assert_true(twf_has_encoded_word(twf_span_str("a=?no-such*en?b?x?=")));
    assert_true(twf_has_encoded_word(twf_span_str("=?x?q?\?=")));
    assert_false(twf_has_encoded_word(twf_span_str("=?x?c?a?= ?= =?")));
    assert_false(twf_has_encoded_word(twf_span_str("=?x?q?a")));
    assert_false(twf_has_encoded_word(twf_span(NULL, 0)));
}

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

/* Every byte and pair of bytes in many charsets, and pieces of words in any order. */
static void always_valid(void **state)
{
    static const char *const charsets[] = {
        "utf-8",      "us-ascii",    "iso-8859-1",    "windows-1252", "utf-7",     "utf-16",
        "utf-16le",   "utf-32",      "ucs-2",         "ucs-4",        "iso-2022-jp", "iso-2022-kr",
        "iso-2022-cn", "shift_jis",  "euc-jp",        "gb18030",      "gbk",       "big5-hkscs",
        "euc-kr",     "johab",       "tcvn",          "tscii",        "ibm930",    "ibm1364",
        "iso-8859-8", "windows-1255", "macintosh",    "tis-620",      "viscii",    "euc-tw"};
    static const char *const pieces[] = {
        "=?",  "?=",  "?",    "=",    "utf-8", "Q", "B",          "_",      " ", "YQ",
        "=C3", "=BC", "\xC3", "\xBC", "*en",   "x", "=?utf-8?Q?", "koi8-r", "\""};
    uint64_t seed = 20241112;
    struct twf_arena a;
    char text[1024];

    (void)state;
    twf_arena_init(&a, 65536);
    for (size_t c = 0; c < TWF_COUNT(charsets); c++) {
        for (unsigned int i = 0; i < 3000; i++) {
            int n = snprintf(text, sizeof(text), "=?%s?Q?", charsets[c]);
            uint32_t count;

            for (uint32_t k = i < 256 ? 1 : next_random(&seed) % 9; k > 0; k--)
                n += snprintf(text + n, sizeof(text) - (size_t)n, "=%02X",
                              i < 256 ? i : next_random(&seed) & 0xFF);
            n += snprintf(text + n, sizeof(text) - (size_t)n, "?=");
            if (!twf_utf8_valid(twf_decode_words(&a, twf_span(text, (size_t)n), &count)))
                fail_msg("not UTF-8: %s", text);
            twf_arena_reset(&a);
        }
    }
    for (unsigned int i = 0; i < 20000; i++) {
        size_t n = 0;
        char *exact;
        uint32_t count, raw_count;

        for (uint32_t k = next_random(&seed) % 24; k > 0; k--)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s",
                                  pieces[next_random(&seed) % TWF_COUNT(pieces)]);
        exact = malloc(n > 0 ? n : 1);
        assert_non_null(exact);
        memcpy(exact, text, n);
        if (!twf_utf8_valid(twf_decode_words(&a, twf_span(exact, n), &count)))
            fail_msg("not UTF-8: %s", text);
        (void)twf_decode_words_raw(&a, twf_span(exact, n), &raw_count);
        assert_int_equal(count, raw_count);
        if (count > 0)
            assert_true(twf_has_encoded_word(twf_span(exact, n)));
        free(exact);
        twf_arena_reset(&a);
    }
    twf_arena_fini(&a);
}

/* Quadratic time would take minutes here, and the test has a limit. */
static void hostile(void **state)
{
    static const char *const parts[] = {"=?", "=?a?q?", "=?utf-8?Q?", "=?utf-8?Q?a", "=", "?=",
                                        "=?utf-8?Q?=FF?=", "=?utf-8?B?//?= ", "=?no-such?q?\?=",
                                        "=?koi8-r?q?=C1?= x ", "=?utf-8*", "\xFF", "\xE2\x82"};
    enum { LEN = 1 << 20 };
    char *text = malloc(LEN);
    struct twf_arena a;

    (void)state;
    assert_non_null(text);
    twf_arena_init(&a, 65536);
    for (size_t i = 0; i < TWF_COUNT(parts); i++) {
        size_t n = strlen(parts[i]);
        uint32_t count;
        struct twf_span got;

        for (size_t at = 0; at < LEN; at++)
            text[at] = parts[i][at % n];
        got = twf_decode_words(&a, twf_span(text, LEN), &count);
        assert_true(got.len <= 3 * (size_t)LEN);
        assert_true(twf_utf8_valid(got));
        twf_arena_reset(&a);
    }
    twf_arena_fini(&a);
    free(text);
}

/* More charsets than one text may open: the first ones are decoded, built-in ones always. */
static void many_charsets(void **state)
{
    static const char text[] =
        "=?koi8-r?q?=C1?= =?koi8-u?q?=C1?= =?iso-8859-2?q?a?= =?iso-8859-3?q?b?="
        "=?iso-8859-4?q?c?= =?iso-8859-5?q?d?= =?iso-8859-6?q?e?="
        "=?iso-8859-7?q?f?= =?iso-8859-8?q?g?= =?utf-8?q?h?= =?KOI8-R?q?=C2?=";
    struct twf_span got;
    struct twf_arena a;
    uint32_t count;

    (void)state;
    twf_arena_init(&a, 4096);
    got = twf_decode_words(&a, twf_span_str(text), &count);
    assert_int_equal(count, 10);
    assert_true(twf_span_is(got, "\xD0\xB0\xD0\xB0" "abcdef =?iso-8859-8?q?g?= h\xD0\xB1"));
    twf_arena_fini(&a);
}

static void failing_memory(void **state)
{
    static const char text[] = "=?koi8-r?q?=C1=C1=C1=C1?= and =?utf-8?q?a?=";
    struct twf_span got;
    uint64_t k = 0;

    (void)state;
    do {
        struct twf_arena a;
        uint32_t count = 99;
        char *big = malloc(9000);

        assert_non_null(big);
        memset(big, '\xFF', 9000);
        memcpy(big, text, sizeof(text) - 1);
        twf_arena_init(&a, 4096);
        twf_alloc_fail_at(++k);
        got = twf_decode_words(&a, twf_span(big, 9000), &count);
        twf_alloc_fail_at(0);
        assert_int_equal(count, a.failed ? 0 : 2);
        assert_int_equal(got.len > 0, !a.failed);
        twf_arena_fini(&a);
        free(big);
    } while (got.len == 0);
    assert_true(k > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),         cmocka_unit_test(has_word),
        cmocka_unit_test(always_valid),  cmocka_unit_test(many_charsets),
        cmocka_unit_test(hostile),       cmocka_unit_test(failing_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
