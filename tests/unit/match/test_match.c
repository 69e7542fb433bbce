/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both engines on the vectors, on random values out of a nasty alphabet, and on columns that should
 * not exist. A column lies in heap blocks of its exact size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "match/match.h"
#include "parse/parse.h"

enum { ENGINES = 2 };
static const enum twf_match_engine engines[ENGINES] = {TWF_MATCH_HYPERSCAN, TWF_MATCH_PLAIN};
static struct twf_matcher *matchers[ENGINES];
static struct twf_match_scratch *scratches[ENGINES];

static int setup(void **state)
{
    (void)state;
    for (size_t e = 0; e < ENGINES; e++) {
        if (twf_matcher_new(engines[e], &matchers[e], NULL) != TWF_OK ||
            twf_match_scratch_new(matchers[e], &scratches[e], NULL) != TWF_OK)
            return -1;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t e = 0; e < ENGINES; e++) {
        twf_match_scratch_free(scratches[e]);
        twf_matcher_free(matchers[e]);
    }
    return 0;
}

/* A growing column, and its hits. skip bytes stand before its first value. */
struct column {
    struct twf_buf bytes;
    uint32_t *offsets;
    uint32_t count, cap;
    uint64_t *hits;
};

static void column_init(struct column *c, uint32_t cap, const char *before)
{
    *c = (struct column){.offsets = malloc((cap + 1u) * sizeof(uint32_t)), .cap = cap};
    assert_non_null(c->offsets);
    twf_buf_init(&c->bytes);
    twf_buf_str(&c->bytes, before);
    c->offsets[0] = (uint32_t)c->bytes.len;
}

static void column_add(struct column *c, const void *ptr, size_t len)
{
    assert_true(c->count < c->cap);
    twf_buf_put(&c->bytes, ptr, len);
    twf_buf_byte(&c->bytes, '\n');
    c->offsets[++c->count] = (uint32_t)c->bytes.len;
}

/* Returns complete; c->hits has the answer of the engine. */
static bool column_match(struct column *c, size_t engine)
{
    size_t words = ((size_t)c->count + 63) / 64;
    uint8_t *bytes = malloc(c->bytes.len == 0 ? 1 : c->bytes.len);
    uint32_t *offsets = malloc((c->count + 1u) * sizeof(uint32_t));
    struct twf_match_column exact = {bytes, offsets, c->count};
    bool complete;

    free(c->hits);
    c->hits = malloc(words == 0 ? 1 : words * sizeof(uint64_t));
    assert_true(bytes != NULL && offsets != NULL && c->hits != NULL);
    memset(c->hits, 0xA5, words * sizeof(uint64_t));
    if (c->bytes.len > 0)
        memcpy(bytes, c->bytes.ptr, c->bytes.len);
    memcpy(offsets, c->offsets, (c->count + 1u) * sizeof(uint32_t));
    twf_match_from(matchers[engine], scratches[engine], &exact,
                   (uint64_t *const[TWF_PATTERN_COUNT]){[TWF_PATTERN_ORDINARY] = c->hits},
                   &complete);
    free(bytes);
    free(offsets);
    return complete;
}

static bool hit(const struct column *c, uint32_t row)
{
    return (c->hits[row / 64] >> (row % 64) & 1) != 0;
}

static void column_fini(struct column *c)
{
    twf_buf_fini(&c->bytes);
    free(c->offsets);
    free(c->hits);
}

/* In place; \xHH, \t and \\. */
static size_t unescape(char *s)
{
    char *to = s, *start = s;

    while (*s != '\0') {
        if (*s != '\\') {
            *to++ = *s++;
        } else if (s[1] == 'x') {
            char hex[3] = {s[2], s[3], 0};

            *to++ = (char)strtoul(hex, NULL, 16);
            s += 4;
        } else {
            *to++ = s[1] == 't' ? '\t' : s[1];
            s += 2;
        }
    }
    return (size_t)(to - start);
}

/* Whether the parser takes the short way for a value that the pattern may propose. */
static bool is_taken(struct twf_domains *d, struct twf_arena *a, const char *value, size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    struct twf_from from;
    bool taken;

    assert_non_null(copy);
    memcpy(copy, value, len);
    taken = twf_from_parse_ordinary(d, a, twf_span(copy, len), 0, &from);
    twf_arena_reset(a);
    free(copy);
    return taken;
}

static void test_vectors(void **state)
{
    static char lines[256][256];
    bool expect[256];
    struct twf_domains *domains;
    struct twf_arena arena;
    FILE *file = fopen(TWF_SOURCE_DIR "/tests/vectors/patterns.tsv", "r");
    struct column c;
    char line[256];
    uint32_t hits = 0;

    (void)state;
    assert_non_null(file);
    assert_int_equal(twf_domains_new(twf_psl_embedded(), &domains, NULL), TWF_OK);
    twf_arena_init(&arena, 4096);
    column_init(&c, 256, "");
    while (fgets(line, sizeof(line), file) != NULL) {
        char *value;
        size_t len;

        if (line[0] == '#')
            continue;
        value = strrchr(line, '\t') + 1;
        assert_memory_equal(line, "ORDINARY\t", 9);
        value[strcspn(value, "\n")] = '\0';
        (void)strcpy(lines[c.count], value);
        expect[c.count] = line[9] == '1';
        hits += expect[c.count];
        len = unescape(value);
        if (is_taken(domains, &arena, value, len) != (memcmp(line + 9, "1\t", 2) == 0))
            fail_msg("twf_from_parse_ordinary disagrees on %s", lines[c.count]);
        column_add(&c, value, len);
    }
    (void)fclose(file);
    twf_domains_free(domains);
    twf_arena_fini(&arena);
    assert_true(hits > 10 && c.count > 40);
    for (size_t e = 0; e < ENGINES; e++) {
        assert_true(column_match(&c, e));
        for (uint32_t i = 0; i < c.count; i++) {
            if (hit(&c, i) != expect[i])
                fail_msg("%s: hit %d for %s", twf_matcher_version(matchers[e]), hit(&c, i),
                         lines[i]);
        }
    }
    column_fini(&c);
}

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

/* A value of the form, changed at some places half of the time. */
static size_t random_value(uint64_t *seed, char *out)
{
    static const char *const names[] = {"",      "Name ", "N-a m_e' ", "\"N., x\" ",
                                        "\"N\"", "Name",  "N.x ",      "\"a\" b ",
                                        " ",     "\"\" ", "\"N\"  ",   "a@x.example "};
    static const char *const addresses[] = {"a@x.example", "a.b+c@x-y.z.example", "a@x", "@x",
                                            "a@b@c",       "A9=_-@Z.0",           "a",   ""};
    static const char nasty[] = "aZ09@@<>\"\" .,'-_+=()\\:;\t\r\xC3\x80[]!%?\x7F";
    const char *name = names[next_random(seed) % TWF_COUNT(names)];
    const char *address = addresses[next_random(seed) % TWF_COUNT(addresses)];
    size_t len;

    if (next_random(seed) % 4 == 0)
        len = (size_t)sprintf(out, "%s", address);
    else
        len = (size_t)sprintf(out, "%s<%s>", name, address);
    for (uint32_t n = next_random(seed) % 4; n > 1; n--) {
        char c = nasty[next_random(seed) % sizeof(nasty)]; /* NUL too */
        size_t at = next_random(seed) % (uint32_t)(len + 1);

        memmove(out + at + 1, out + at, len - at);
        out[at] = c;
        len++;
    }
    return len;
}

static void test_random(void **state)
{
    enum { ROWS = 50000, ROUNDS = 2 };
    uint64_t seed = 49040;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct column c;
        uint64_t *plain;
        uint32_t hits = 0;

        column_init(&c, ROWS, round == 0 ? "" : "not\nours <a@x.example>\n");
        for (uint32_t i = 0; i < ROWS; i++) {
            char value[128];

            column_add(&c, value, random_value(&seed, value));
        }
        assert_true(column_match(&c, 1));
        plain = c.hits;
        c.hits = NULL;
        assert_true(column_match(&c, 0));
        for (uint32_t i = 0; i < ROWS; i++) {
            hits += hit(&c, i);
            if (hit(&c, i) != (plain[i / 64] >> (i % 64) & 1))
                fail_msg("seed 49040, round %d: engines differ on %.*s", round,
                         (int)(c.offsets[i + 1] - 1 - c.offsets[i]),
                         (const char *)c.bytes.ptr + c.offsets[i]);
        }
        assert_true(hits > ROWS / 10 && hits < ROWS / 2);
        free(plain);
        column_fini(&c);
    }
}

/* Every count of rows around a word, every place of a hit. */
static void test_counts(void **state)
{
    (void)state;
    for (uint32_t count = 0; count <= 130; count++) {
        for (uint32_t at = 0; at <= count; at += count < 66 ? 1 : 13) {
            struct column c;

            column_init(&c, count, "");
            for (uint32_t i = 0; i < count; i++)
                column_add(&c, i == at ? "a@x.example" : "", i == at ? 11 : 0);
            for (size_t e = 0; e < ENGINES; e++) {
                assert_true(column_match(&c, e));
                for (uint32_t i = 0; i < (count + 63) / 64 * 64; i++)
                    assert_int_equal(hit(&c, i), i == at && at < count);
            }
            column_fini(&c);
        }
    }
}

/* Values with an LF in them, which callers promise not to hand in: never a hit, at no row. */
static void test_line_feeds(void **state)
{
    static const char *const values[] = {
        "a@x.example",   "b\na@x.example",           "a@x.example\nb", "a@x.example\n",
        "\na@x.example", "a@x.example\na@x.example", "a@x.example"};
    struct column c;

    (void)state;
    column_init(&c, TWF_COUNT(values), "");
    for (size_t i = 0; i < TWF_COUNT(values); i++)
        column_add(&c, values[i], strlen(values[i]));
    for (size_t e = 0; e < ENGINES; e++) {
        assert_true(column_match(&c, e));
        assert_int_equal(c.hits[0], 1 | 1 << (TWF_COUNT(values) - 1));
    }
    column_fini(&c);
}

/* More matches than values can have: the scan stops, and nothing is ordinary. */
static void test_storm(void **state)
{
    struct column c;
    struct twf_buf value;

    (void)state;
    twf_buf_init(&value);
    for (int i = 0; i < 1100; i++)
        twf_buf_str(&value, "a@x.example\n");
    column_init(&c, 70, "");
    column_add(&c, "a@x.example", 11);
    column_add(&c, value.ptr, value.len);
    assert_false(column_match(&c, 0));
    assert_int_equal(c.hits[0], 0);
    /* The same matches among more values are no storm. */
    while (c.count < 10)
        column_add(&c, "", 0);
    assert_true(column_match(&c, 0));
    assert_int_equal(c.hits[0], 1);
    column_fini(&c);
    twf_buf_fini(&value);
}

static void test_engines(void **state)
{
    (void)state;
    assert_non_null(strstr(twf_matcher_version(matchers[0]), "Hyperscan 5."));
    assert_string_equal(twf_matcher_version(matchers[1]), "plain");
    twf_matcher_free(NULL);
    twf_match_scratch_free(NULL);
    for (size_t e = 0; e < ENGINES; e++) {
        uint64_t before = twf_alloc_in_use();
        struct twf_matcher *m = NULL;
        struct twf_match_scratch *s = NULL;

        twf_alloc_fail_at(1);
        assert_int_equal(twf_matcher_new(engines[e], &m, NULL), TWF_ERR_NOMEM);
        assert_int_equal(twf_match_scratch_new(matchers[e], &s, NULL), TWF_ERR_NOMEM);
        twf_alloc_fail_at(0);
        assert_true(m == NULL && s == NULL);
        assert_int_equal(twf_alloc_in_use(), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors), cmocka_unit_test(test_random),
        cmocka_unit_test(test_counts),  cmocka_unit_test(test_line_feeds),
        cmocka_unit_test(test_storm),   cmocka_unit_test(test_engines),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
