/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child that compiles: bombs die there and are named, many rules do not. What it makes finds
 * the same rows as asking every row, for random rules over random values, and in a match storm too.
 */
#define _GNU_SOURCE
#include "rules_make.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "flow/verdict.h"
#include "rules/rule_cache.h"

static struct twf_gather gather;
static struct twf_kernels kernels;
static struct twf_limits limits;

static int setup(void **state)
{
    (void)state;
    twf_kernels_init(&kernels, TWF_CPU_AVX512);
    twf_limits_default(&limits);
    twf_gather_init(&gather, &kernels, &limits);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    twf_gather_fini(&gather);
    return 0;
}

static void add_rule(struct folder *f, unsigned number, const char *detection)
{
    struct twf_buf text;

    twf_buf_init(&text);
    rule_text(&text, number, detection);
    folder_add(f, (const char *)text.ptr, text.len);
    twf_buf_fini(&text);
}

static struct twf_rules *load(const struct folder *f, uint32_t cpu_s, uint64_t bytes)
{
    const char *paths[] = {f->path};
    struct twf_rules_source source = {
        .paths = paths, .path_count = 1, .compile_cpu_s = cpu_s, .compile_bytes = bytes};
    struct twf_rules *r;
    struct twf_error err = {0};

    if (twf_rules_load(&source, NULL, NULL, &r, &err) != TWF_OK)
        fail_msg("%s:%u: %s", err.path, err.line, err.text);
    return r;
}

/* Expressions that cost a second of CPU each; the child gets one second for all, and dies at one of
 * them. */
static void test_bomb(void **state)
{
    struct folder f;
    struct twf_rules *r;
    struct twf_error err = {0};
    struct timespec a, b;

    (void)state;
    folder_open(&f);
    add_rule(&f, 1, "  s: {subject|re: 'foo.*bar'}\n  condition: s\n");
    for (unsigned i = 0; i < 4; i++) {
        char detection[160];

        (void)snprintf(detection, sizeof(detection),
                       "  s:\n    subject|re: '%c.{0,1000}b.{0,1000}c.{0,1000}d.{0,1000}e'\n"
                       "  condition: s\n",
                       (char)('a' + i));
        add_rule(&f, 2 + i, detection);
    }
    r = load(&f, 1, 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &a);
    assert_int_equal(twf_rules_compile(r, NULL, NULL, &err), TWF_ERR_RULES);
    (void)clock_gettime(CLOCK_MONOTONIC, &b);
    assert_true(b.tv_sec - a.tv_sec < 30);
    assert_non_null(strstr(err.path, "/r0000"));
    assert_null(strstr(err.path, "/r00000.yml"));
    assert_int_equal(err.line, 6);
    assert_int_equal(err.column, 17);
    assert_non_null(strstr(err.text, "R026"));
    twf_rules_free(r);
    folder_close(&f);
}

/* The limit on memory, where no sanitizer maps terabytes. */
static void test_memory_bomb(void **state)
{
#if TWF_SANITIZED
    (void)state;
    skip();
#else
    struct folder f;
    struct twf_rules *r;
    struct twf_error err = {0};

    (void)state;
    folder_open(&f);
    add_rule(
        &f, 1,
        "  s: {subject|re: 'x[^y]{0,1000}y.{0,1000}z|a{0,900}[bc]{0,900}d'}\n  condition: s\n");
    r = load(&f, 0, 1 << 20);
    assert_int_equal(twf_rules_compile(r, NULL, NULL, &err), TWF_ERR_RULES);
    assert_non_null(strstr(err.text, "needs more than 1 MiB"));
    assert_int_equal(err.line, 5);
    twf_rules_free(r);
    folder_close(&f);
#endif
}

/* What Hyperscan refuses is told, and works. */
static void test_slow(void **state)
{
    struct folder f;
    struct twf_rules *r;
    struct twf_buf said;

    (void)state;
    folder_open(&f);
    twf_buf_init(&said);
    add_rule(&f, 1, "  s: {subject|re: '(?|(a)|(b))'}\n  condition: s\n");
    r = load(&f, 0, 0);
    assert_int_equal(twf_rules_compile(r, note_diag, &said, NULL), TWF_OK);
    twf_buf_byte(&said, '\0');
    assert_non_null(strstr((const char *)said.ptr, "5:19+11 W042 slow"));
    twf_rules_free(r);
    twf_buf_fini(&said);
    folder_close(&f);
}

/* ---- the same rows ---- */

enum { ROWS = 60 };

static uint32_t seed = 20241112;

static uint32_t roll(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* A value out of few letters, so that rules hit often; some have line ends inside. */
static void random_value(struct twf_buf *b, uint32_t longest)
{
    static const char letters[] = "aabbABc.@ ";

    for (uint32_t n = roll(longest + 1); n > 0; n--)
        twf_buf_byte(b, (uint8_t)letters[roll(sizeof(letters) - 1)]);
}

static void random_pattern(struct twf_buf *b, uint32_t longest)
{
    static const char letters[] = "aabbAc*?.";

    for (uint32_t n = 1 + roll(longest); n > 0; n--)
        twf_buf_byte(b, (uint8_t)letters[roll(sizeof(letters) - 1)]);
}

static void random_entry(struct twf_buf *b)
{
    static const char *const fields[] = {"p1.domain", "p2.display",   "subject",
                                         "p2.raw",    "header.x.raw", "findings"};
    static const char *const regexes[] = {"a+b",     "^a.*b$", "(a|b)\\\\.", "[^a]{2,4}c",
                                          "(?<=a)b", "a(?!b)", "(a)\\\\1",   "\\\\bab",
                                          "^$",      "\\\\Aa", "b\\\\Z"};
    static const char *const modifiers[] = {"",       "|contains", "|startswith",    "|endswith",
                                            "|cased", "|neq",      "|contains|cased"};
    const char *field = fields[roll(6)];

    switch (roll(6)) {
    case 0:
        twf_buf_printf(b, "%s|re%s: \"%s\"", field, roll(2) == 0 ? "" : "|i", regexes[roll(11)]);
        return;
    case 1:
        twf_buf_printf(b, "%s|exists: %s", field, roll(2) == 0 ? "true" : "false");
        return;
    case 2:
        twf_buf_printf(b, "p2.mailboxes|gt: %u", roll(3));
        return;
    case 3:
        twf_buf_printf(b, "p1.domain|fieldref|contains: p2.display");
        return;
    default:
        break;
    }
    if (field[0] == 'f')
        field = "subject";
    twf_buf_printf(b, "%s%s: ['", field, modifiers[roll(7)]);
    random_pattern(b, 4);
    twf_buf_str(b, "', '");
    random_pattern(b, 3);
    twf_buf_str(b, "']");
}

/* Some random rules can never hit, which is an error. */
static bool is_good(unsigned number, const char *detection)
{
    struct folder f;
    const char *paths[] = {f.path};
    struct twf_rules_source source = {.paths = paths, .path_count = 1};
    struct twf_rules *r = NULL;
    bool ok;

    folder_open(&f);
    add_rule(&f, number, detection);
    ok = twf_rules_load(&source, NULL, NULL, &r, NULL) == TWF_OK;
    twf_rules_free(r);
    folder_close(&f);
    return ok;
}

static void random_rule(struct folder *f, unsigned number)
{
    static const char *const conditions[] = {
        "a",     "a or b",        "a and b",   "a and not b",
        "not a", "not (a and b)", "1 of them", "(a or b) and not (a and b)"};
    struct twf_buf b;

    twf_buf_init(&b);
    do {
        twf_buf_reset(&b);
        twf_buf_str(&b, "  a:\n    - ");
        random_entry(&b);
        twf_buf_str(&b, "\n    - ");
        random_entry(&b);
        twf_buf_str(&b, "\n  b:\n    ");
        random_entry(&b);
        twf_buf_printf(&b, "\n  condition: %s\n", conditions[roll(8)]);
        twf_buf_byte(&b, '\0');
    } while (!is_good(number, (const char *)b.ptr));
    add_rule(f, number, (const char *)b.ptr);
    twf_buf_fini(&b);
}

static void random_row(struct twf_buf *b)
{
    static const char *const columns[] = {"p1_domain=", "p2_display=", "from_raw="};

    twf_buf_reset(b);
    for (int i = 0; i < 3; i++) {
        if (roll(5) == 0)
            continue;
        twf_buf_str(b, columns[i]);
        random_value(b, 8);
        if (i == 2 && roll(3) == 0)
            twf_buf_str(b, roll(2) == 0 ? "\\n b" : "\\nab");
        twf_buf_byte(b, '\n');
    }
    twf_buf_printf(b, "p2_mailbox_count=%u\nfindings=%s\n\n", roll(4),
                   roll(2) == 0 ? "FROM_8BIT R_MISMATCH" : "");
    for (uint32_t n = roll(3); n > 0; n--) {
        twf_buf_str(b, roll(2) == 0 ? "Subject: x" : "X: ");
        random_value(b, 8);
        twf_buf_byte(b, '\n');
    }
    twf_buf_byte(b, '\0');
}

/* The rules that hit each row, as text. */
static void run(const struct twf_rules *r, char *const *rows, uint32_t count, struct twf_buf *out,
                uint64_t *storms)
{
    struct twf_batch *b = twf_batch_new();
    struct twf_rules_scratch *s;

    assert_non_null(b);
    assert_int_equal(twf_rules_scratch_new(r, &s, NULL), TWF_OK);
    for (uint32_t i = 0; i < count; i++)
        put_row(b, s, &gather, i, rows[i]);
    twf_batch_finish(b, count);
    twf_rules_batch(s, b, TWF_LEVEL_MEDIUM, NULL);
    assert_false(b->failed);
    for (uint32_t i = 0; i < count; i++) {
        const struct twf_col *c = &b->cols[TWF_COL_rule_ids];

        twf_buf_printf(out, "%u:", i);
        for (uint32_t k = 0; k < twf_col_list_len(c, i); k++)
            twf_buf_printf(out, " %.*s", (int)twf_col_list_item(c, i, k).len,
                           (const char *)twf_col_list_item(c, i, k).ptr);
        twf_buf_byte(out, '\n');
    }
    twf_buf_byte(out, '\0');
    *storms = twf_rules_storms(s);
    twf_rules_scratch_free(s);
    twf_batch_free(b);
}

static void compare(const struct folder *f, char *const *rows, uint32_t count, uint64_t want_storms)
{
    struct twf_buf out[2];
    uint64_t storms;

    for (int compile = 0; compile < 2; compile++) {
        struct twf_rules *r = load(f, 0, 0);

        twf_buf_init(&out[compile]);
        if (compile != 0)
            assert_int_equal(twf_rules_compile(r, NULL, NULL, NULL), TWF_OK);
        run(r, rows, count, &out[compile], &storms);
        assert_int_equal(storms, compile != 0 ? want_storms : 0);
        twf_rules_free(r);
    }
    assert_string_equal((const char *)out[0].ptr, (const char *)out[1].ptr);
    assert_non_null(strchr((const char *)out[0].ptr, '-'));
    twf_buf_fini(&out[0]);
    twf_buf_fini(&out[1]);
}

static void test_same_rows(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 12; round++) {
        struct folder f;
        char *rows[ROWS];
        struct twf_buf b;

        folder_open(&f);
        twf_buf_init(&b);
        for (unsigned i = 0; i < 25; i++)
            random_rule(&f, i);
        for (unsigned i = 0; i < ROWS; i++) {
            random_row(&b);
            rows[i] = strdup((const char *)b.ptr);
            assert_non_null(rows[i]);
        }
        compare(&f, rows, ROWS, 0);
        for (unsigned i = 0; i < ROWS; i++)
            free(rows[i]);
        twf_buf_fini(&b);
        folder_close(&f);
    }
}

/* A letter that is everywhere: more matches than are worth while. */
static void test_storm(void **state)
{
    struct folder f;
    char *rows[2];
    struct twf_buf b;

    (void)state;
    folder_open(&f);
    twf_buf_init(&b);
    twf_buf_str(&b, "\nSubject: ");
    for (int i = 0; i < 5000; i++)
        twf_buf_byte(&b, 'a');
    twf_buf_str(&b, "\n");
    twf_buf_byte(&b, '\0');
    rows[0] = (char *)b.ptr;
    rows[1] = strdup("\nSubject: b\n");
    add_rule(&f, 1, "  s: {subject|contains: a}\n  condition: s\n");
    add_rule(&f, 2, "  s: {subject|re: 'b$'}\n  condition: s\n");
    compare(&f, rows, 2, 1);
    free(rows[1]);
    twf_buf_fini(&b);
    folder_close(&f);
}

/* 10,000 rules, an exact value each, and one too many. */
static void test_ten_thousand(void **state)
{
    struct folder f;
    struct twf_rules *r = NULL;
    const char *paths[] = {f.path};
    struct twf_rules_source source = {.paths = paths, .path_count = 1};
    struct twf_error err = {0};
    char *rows[3];
    struct twf_buf out;
    uint64_t storms;

    (void)state;
    folder_open(&f);
    for (unsigned i = 0; i < 10000; i++) {
        char detection[160];

        (void)snprintf(detection, sizeof(detection),
                       "  s: {p1.domain: d%u.example, subject|contains: word%u}\n  condition: s\n",
                       i, i);
        add_rule(&f, i, detection);
    }
    r = load(&f, 0, 0);
    assert_int_equal(twf_rules_compile(r, NULL, NULL, NULL), TWF_OK);
    rows[0] = strdup("p1_domain=d9999.example\n\nSubject: a word9999 b\n");
    rows[1] = strdup("p1_domain=d9999.example\n\nSubject: a word b\n");
    rows[2] = strdup("p1_domain=d0.example\n\nSubject: word0\n");
    twf_buf_init(&out);
    run(r, rows, 3, &out, &storms);
    assert_string_equal((const char *)out.ptr, "0: 00000000-0000-0000-0000-000000009999\n1:\n"
                                               "2: 00000000-0000-0000-0000-000000000000\n");
    twf_rules_free(r);
    add_rule(&f, 10000, "  s: {p1.domain: d}\n  condition: s\n");
    assert_int_equal(twf_rules_load(&source, NULL, NULL, &r, &err), TWF_ERR_RULES);
    assert_non_null(strstr(err.text, "more than 10000 rules"));
    for (int i = 0; i < 3; i++)
        free(rows[i]);
    twf_buf_fini(&out);
    folder_close(&f);
}

/* ---- from one run to the next ---- */

enum { CACHED = 40 };

static struct twf_rules *load_cached(const struct folder *f, const char *dir)
{
    const char *paths[] = {f->path};
    struct twf_rules_source source = {.paths = paths, .path_count = 1, .cache_dir = dir};
    struct twf_rules *r;
    struct twf_error err = {0};

    if (twf_rules_load(&source, NULL, NULL, &r, &err) != TWF_OK)
        fail_msg("%s:%u: %s", err.path, err.line, err.text);
    assert_int_equal(twf_rules_compile(r, NULL, NULL, &err), TWF_OK);
    return r;
}

/* Whether the rules were found in dir; whatever happened, they hit what they should. */
static bool is_cached(const struct folder *f, const char *dir)
{
    struct twf_rules *r = load_cached(f, dir);
    char *rows[] = {strdup("\nSubject: a word7 b\n"), strdup("\nSubject: a b\n")};
    uint64_t storms;
    struct twf_buf out;
    bool cached = twf_rules_cached(r);

    twf_buf_init(&out);
    run(r, rows, 2, &out, &storms);
    assert_string_equal((const char *)out.ptr, "0: 00000000-0000-0000-0000-000000000007\n1:\n");
    free(rows[0]);
    free(rows[1]);
    twf_buf_fini(&out);
    twf_rules_free(r);
    return cached;
}

/* The only file of rules in dir. */
static void cache_file(const char *dir, char *out, size_t size)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    unsigned found = 0;

    assert_non_null(d);
    while ((e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.' || strcmp(e->d_name, "key") == 0)
            continue;
        (void)snprintf(out, size, "%s/%s", dir, e->d_name);
        found++;
    }
    (void)closedir(d);
    assert_int_equal(found, 1);
}

static long file_len(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return (long)st.st_size;
}

static void flip(const char *path, long at)
{
    FILE *f = fopen(path, "r+b");
    int c;

    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    c = fgetc(f);
    assert_int_not_equal(c, EOF);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    assert_int_not_equal(fputc(c ^ 0x10, f), EOF);
    assert_int_equal(fclose(f), 0);
}

static void remove_dir(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *e;

    assert_non_null(d);
    while ((e = readdir(d)) != NULL) {
        if (e->d_name[0] != '.')
            assert_int_equal(unlinkat(dirfd(d), e->d_name, 0), 0);
    }
    (void)closedir(d);
    assert_int_equal(rmdir(dir), 0);
}

static void cached_rules(struct folder *f)
{
    folder_open(f);
    for (unsigned i = 0; i < CACHED; i++) {
        char detection[80];

        (void)snprintf(detection, sizeof(detection),
                       "  s: {subject|contains: 'word%u '}\n  condition: s\n", i);
        add_rule(f, i, detection);
    }
}

/* Stored once, found then; a byte that is wrong anywhere, a cut, other rules: made anew. */
static void test_cache(void **state)
{
    char dir[] = "/tmp/twf_cache_XXXXXX", sub[64], path[400];
    struct folder f;
    long len;

    (void)state;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(sub, sizeof(sub), "%s/rules", dir);
    cached_rules(&f);
    assert_false(is_cached(&f, sub));
    assert_true(is_cached(&f, sub));
    cache_file(sub, path, sizeof(path));
    len = file_len(path);
    for (long at = 0; at < len; at += at < 128 ? 7 : len / 40) {
        flip(path, at);
        assert_false(is_cached(&f, sub));
        assert_true(is_cached(&f, sub));
    }
    for (long cut = 0; cut < len; cut += len / 10 + 1) {
        assert_int_equal(truncate(path, cut), 0);
        assert_false(is_cached(&f, sub));
        assert_true(is_cached(&f, sub));
    }
    add_rule(&f, CACHED, "  s: {subject|contains: other}\n  condition: s\n");
    assert_false(is_cached(&f, sub));
    assert_true(is_cached(&f, sub));
    remove_dir(sub);
    assert_int_equal(rmdir(dir), 0);
    folder_close(&f);
}

/* What others can write to, or what is none of ours, is not believed; what cannot be stored is not. */
static void test_cache_distrust(void **state)
{
    char dir[] = "/tmp/twf_cache_XXXXXX", sub[64], path[400], key[80];
    struct folder f;

    (void)state;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(sub, sizeof(sub), "%s/rules", dir);
    (void)snprintf(key, sizeof(key), "%s/key", sub);
    cached_rules(&f);
    assert_false(is_cached(&f, "/nowhere/at/all"));
    assert_false(is_cached(&f, sub));
    cache_file(sub, path, sizeof(path));
    assert_int_equal(chmod(path, 0660), 0); /* the file */
    assert_false(is_cached(&f, sub));
    assert_true(is_cached(&f, sub)); /* it was replaced */
    assert_int_equal(chmod(sub, 0750), 0); /* the folder */
    assert_false(is_cached(&f, sub));
    assert_false(is_cached(&f, sub));
    assert_int_equal(chmod(sub, 0700), 0);
    assert_true(is_cached(&f, sub));
    flip(key, 3); /* of another machine, say */
    assert_false(is_cached(&f, sub));
    assert_true(is_cached(&f, sub));
    assert_int_equal(chmod(key, 0644), 0); /* a key that others know */
    assert_false(is_cached(&f, sub));
    assert_int_equal(chmod(key, 0600), 0);
    assert_int_equal(rename(path, key), 0); /* no key, and a name for it that is taken */
    assert_false(is_cached(&f, sub));
    assert_false(is_cached(&f, sub));
    remove_dir(sub);
    assert_int_equal(symlink(f.path, sub), 0);
    assert_false(is_cached(&f, sub));
    assert_false(is_cached(&f, sub));
    assert_int_equal(unlink(sub), 0);
    assert_int_equal(rmdir(dir), 0);
    folder_close(&f);
}

/* A cache that is asked something else each time does not grow for ever. */
static void test_cache_bounded(void **state)
{
    char dir[] = "/tmp/twf_cache_XXXXXX", name[160];
    uint8_t key[RULE_CACHE_KEY] = {0};
    unsigned left = 0;
    struct twf_buf out;

    (void)state;
    assert_non_null(mkdtemp(dir));
    twf_buf_init(&out);
    for (unsigned i = 0; i < RULE_CACHE_FILES + 20; i++) {
        struct timespec old[2] = {{.tv_sec = 1000 + i}, {.tv_sec = 1000 + i}};

        key[0] = (uint8_t)i;
        twf_rule_cache_store(dir, key, twf_span(key, sizeof(key)));
        (void)snprintf(name, sizeof(name), "%s/%02x00000000000000000000000000000000000000.rules", dir, i);
        assert_int_equal(utimensat(AT_FDCWD, name, old, 0), 0);
    }
    for (unsigned i = 0; i < RULE_CACHE_FILES + 20; i++) {
        key[0] = (uint8_t)i;
        if (!twf_rule_cache_load(dir, key, &out))
            continue;
        assert_true(i >= 20);
        assert_int_equal(out.len, sizeof(key));
        assert_memory_equal(out.ptr, key, sizeof(key));
        left++;
    }
    assert_int_equal(left, RULE_CACHE_FILES);
    twf_buf_fini(&out);
    remove_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bomb),  cmocka_unit_test(test_memory_bomb),
        cmocka_unit_test(test_slow),  cmocka_unit_test(test_same_rows),
        cmocka_unit_test(test_storm), cmocka_unit_test(test_ten_thousand),
        cmocka_unit_test(test_cache), cmocka_unit_test(test_cache_distrust),
        cmocka_unit_test(test_cache_bounded),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
