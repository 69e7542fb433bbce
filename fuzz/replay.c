/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A target without a fuzzer: every seed as it stands, then changed at random, by a generator whose
 * seed is printed and can be given. Also the entry for AFL++ ("replay_NAME @@", or standard input).
 *
 *   replay_NAME [--runs N] [--seed S] [--dict FILE] PATH...     PATH: a file, a folder, or -
 *
 * An input that fails is written to "replay.crash" in the working directory.
 */
#define _GNU_SOURCE /* scandir, alphasort */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/compiler.h"
#include "fuzz/fuzz.h"

enum { INPUT_MAX = 1 << 16, WORDS_MAX = 512, SEEDS_MAX = 4096, WORD_LEN = 64 };

struct bytes {
    uint8_t *ptr;
    size_t len;
};

static struct bytes seeds[SEEDS_MAX];
static size_t seed_count;
static struct bytes words[WORDS_MAX];
static size_t word_count;

/* The input at hand, for whoever has to say what failed. */
static const uint8_t *now_ptr;
static size_t now_len;

void __sanitizer_set_death_callback(void (*fn)(void)) __attribute__((weak));

static void keep_crash(void)
{
    FILE *f = fopen("replay.crash", "wb");

    if (f != NULL) {
        (void)fwrite(now_ptr, 1, now_len, f);
        (void)fclose(f);
    }
    (void)fprintf(stderr, "replay: failed at an input of %zu bytes, now in replay.crash\n",
                  now_len);
}

static void on_signal(int sig)
{
    keep_crash();
    (void)signal(sig, SIG_DFL);
    (void)raise(sig);
}

static void run(const uint8_t *ptr, size_t len)
{
    uint8_t *copy = fuzz_copy(ptr, len);

    now_ptr = copy;
    now_len = len;
    (void)LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

/* ---- seeds and words ---- */

static void fail(const char *what, const char *path)
{
    (void)fprintf(stderr, "replay: %s: %s\n", path, what);
    exit(2);
}

static struct bytes read_all(FILE *f, const char *path)
{
    struct bytes b = {malloc(INPUT_MAX), 0};

    FUZZ_CHECK(b.ptr != NULL, "no memory");
    b.len = fread(b.ptr, 1, INPUT_MAX, f);
    if (ferror(f) != 0)
        fail("cannot be read", path);
    return b;
}

static void add_file(const char *path)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");

    if (f == NULL)
        fail(strerror(errno), path);
    FUZZ_CHECK(seed_count < SEEDS_MAX, "too many seeds");
    seeds[seed_count++] = read_all(f, path);
    if (f != stdin)
        (void)fclose(f);
}

/* Files of a folder, by name: one seed must always have the same number. */
static void add_path(const char *path)
{
    struct dirent **names;
    struct stat st;
    char file[4096];
    int n;

    if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))) {
        add_file(path);
        return;
    }
    n = scandir(path, &names, NULL, alphasort);
    if (n < 0)
        fail(strerror(errno), path);
    for (int i = 0; i < n; i++) {
        (void)snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
        if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
            add_file(file);
        free(names[i]);
    }
    free(names);
}

static int hex(int c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

/* A line of a dictionary: name="text with \xHH, \\ and \""; the name may be missing. */
static void add_word(const char *line)
{
    const char *p = strchr(line, '"'), *end = strrchr(line, '"');
    struct bytes w = {malloc(WORD_LEN), 0};

    FUZZ_CHECK(w.ptr != NULL && word_count < WORDS_MAX, "too many words");
    if (line[0] == '#' || p == NULL || end == p) {
        free(w.ptr);
        return;
    }
    for (p++; p < end && w.len < WORD_LEN; p++) {
        if (*p == '\\' && p[1] == 'x' && hex(p[2]) >= 0 && hex(p[3]) >= 0) {
            w.ptr[w.len++] = (uint8_t)(hex(p[2]) * 16 + hex(p[3]));
            p += 3;
        } else {
            p += *p == '\\' ? 1 : 0;
            w.ptr[w.len++] = (uint8_t)*p;
        }
    }
    words[word_count++] = w;
}

static void read_dict(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[512];

    if (f == NULL)
        fail(strerror(errno), path);
    while (fgets(line, sizeof(line), f) != NULL)
        add_word(line);
    (void)fclose(f);
}

/* ---- changes ---- */

/* Makes room for more bytes at at, or gives up where there is none. */
static bool open_gap(struct bytes *b, size_t at, size_t more)
{
    if (more > INPUT_MAX - b->len)
        return false;
    memmove(b->ptr + at + more, b->ptr + at, b->len - at);
    b->len += more;
    return true;
}

static void insert(struct bytes *b, struct fuzz_rng *r, const uint8_t *ptr, size_t len)
{
    size_t at = fuzz_random(r, (uint32_t)b->len + 1);

    if (open_gap(b, at, len))
        memcpy(b->ptr + at, ptr, len);
}

static void change(struct bytes *b, struct fuzz_rng *r)
{
    static const uint8_t special[] = {0,   '\n', '\r', ' ',  '\t', '<', '>',  '@',
                                      '"', '(',  ')',  ',',  ';',  ':', '\\', '=',
                                      '?', '.',  0x7F, 0x80, 0xFF, '-', 'F'};
    const struct bytes *other = &seeds[fuzz_random(r, (uint32_t)seed_count)];
    uint8_t piece[256];
    size_t at = b->len == 0 ? 0 : fuzz_random(r, (uint32_t)b->len);
    size_t n = (size_t)1 + fuzz_random(r, sizeof(piece));
    size_t from = other->len == 0 ? 0 : fuzz_random(r, (uint32_t)other->len);

    switch (fuzz_random(r, b->len == 0 ? 2 : 8)) {
    case 0: /* bytes of another seed */
        n = TWF_MIN(other->len - from, n);
        if (n > 0)
            insert(b, r, other->ptr + from, n);
        break;
    case 1: /* a word */
        if (word_count > 0) {
            const struct bytes *w = &words[fuzz_random(r, (uint32_t)word_count)];

            insert(b, r, w->ptr, w->len);
        }
        break;
    case 2:
        b->ptr[at] ^= (uint8_t)(1u << fuzz_random(r, 8));
        break;
    case 3:
        b->ptr[at] = special[fuzz_random(r, sizeof(special))];
        break;
    case 4:
        b->ptr[at] = (uint8_t)fuzz_random(r, 256);
        break;
    case 5: /* some bytes twice, or many times */
        n = TWF_MIN(b->len - at, n);
        memcpy(piece, b->ptr + at, n);
        for (uint32_t times = 1 + fuzz_random(r, 3); times > 0; times--)
            insert(b, r, piece, n);
        break;
    case 6: /* some bytes gone */
        n = TWF_MIN(b->len - at, n);
        memmove(b->ptr + at, b->ptr + at + n, b->len - at - n);
        b->len -= n;
        break;
    default:
        b->len = at;
        break;
    }
}

static void run_changed(uint32_t runs, struct fuzz_rng *r)
{
    struct bytes b = {malloc(INPUT_MAX), 0};

    FUZZ_CHECK(b.ptr != NULL, "no memory");
    for (uint32_t i = 0; i < runs; i++) {
        const struct bytes *s = &seeds[fuzz_random(r, (uint32_t)seed_count)];

        memcpy(b.ptr, s->ptr, s->len);
        b.len = s->len;
        for (uint32_t n = 1 + fuzz_random(r, 6); n > 0; n--)
            change(&b, r);
        run(b.ptr, b.len);
    }
    free(b.ptr);
}

int main(int argc, char **argv)
{
    unsigned long long seed = 20241112;
    uint32_t runs = 0;

    for (int i = 1; i < argc; i++) {
        if (i + 1 < argc && strcmp(argv[i], "--runs") == 0)
            runs = (uint32_t)strtoul(argv[++i], NULL, 10);
        else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[++i], NULL, 10);
        else if (i + 1 < argc && strcmp(argv[i], "--dict") == 0)
            read_dict(argv[++i]);
        else
            add_path(argv[i]);
    }
    if (argc == 1)
        add_file("-");
    if (seed_count == 0)
        fail("no seed", "arguments");
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(keep_crash);
    (void)signal(SIGABRT, on_signal);
    for (size_t i = 0; i < seed_count; i++)
        run(seeds[i].ptr, seeds[i].len);
    if (runs > 0)
        run_changed(runs, &(struct fuzz_rng){seed | 1});
    printf("seed %llu: %zu seeds, %u changed, 0 failed\n", seed, seed_count, runs);
    for (size_t i = 0; i < seed_count; i++)
        free(seeds[i].ptr);
    for (size_t i = 0; i < word_count; i++)
        free(words[i].ptr);
    return 0;
}
