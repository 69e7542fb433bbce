/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_kernels [--json] [--runs N] [--seed N]: each kernel at each level that this machine has,
 * over ranges of six sizes. Prints GB/s (median of N runs), its MAD in percent and the ratio to
 * scalar.
 *
 * The runs of the levels take turns, so that a change of clock speed or a neighbour hits all of
 * them. Ranges below 64 KiB are many different ones, or the branch predictor would learn the one by
 * heart; of 1 MiB there is one, which no L1 holds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bench_builtin.h"
#include "harness.h"
#include "kernels/kernels.h"

#define WORKING_SET 65536
#define MAX_SIZE 1048576
#define MAX_RUNS 999
#define SAMPLE_NS 500000

static const size_t sizes[] = {24, 64, 512, 4096, WORKING_SET, MAX_SIZE};
#define SIZES (sizeof sizes / sizeof *sizes)

struct bench {
    uint64_t state;
    unsigned runs;
    uint8_t *data;
    uint8_t *other; /* eqfold: the same in another case */
    uint64_t *bits;
    uint32_t *starts;
    uint32_t *lines; /* fieldpick: where they begin */
    struct twf_picks picks;
};

static void fill_from(struct bench *b, uint8_t *ptr, size_t len, const char *alphabet)
{
    const uint32_t n = (uint32_t)strlen(alphabet);
    for (size_t i = 0; i < len; i++)
        ptr[i] = (uint8_t)alphabet[bench_random(&b->state, n)];
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char prose[] = "eeeeettttaaaooiinnsshhrrddlluucmwfgypbvk      ,.FTAIWMS";

/* A mail without a separator: an eighth prose in lines of 72, the rest base64 in lines of 76. */
static void fill_mail(struct bench *b, uint8_t *ptr, size_t len)
{
    fill_from(b, ptr, len / 8, prose);
    fill_from(b, ptr + len / 8, len - len / 8, base64);
    for (size_t i = 72; i < len; i += i < len / 8 ? 73 : 77)
        ptr[i] = '\n';
}

/* Fields of 20 to 78 bytes, each third line a fold; the empty line comes last. */
static void fill_header(struct bench *b, uint8_t *ptr, size_t len)
{
    fill_from(b, ptr, len, "abcdefghijklmnopqrstuvwxyz0123456789-=;:. ");
    for (size_t i = 20 + bench_random(&b->state, 59); i + 6 < len;
         i += 20 + bench_random(&b->state, 59)) {
        memcpy(ptr + i, "\r\nX", 3);
        if (bench_random(&b->state, 3) == 0)
            ptr[i + 2] = ' ';
    }
    ptr[0] = 'X';
    memcpy(ptr + len - 4, "\r\n\r\n", 4);
}

static void fill_value(struct bench *b, uint8_t *ptr, size_t len)
{
    fill_from(b, ptr, len, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.<> -_");
}

static void run_mboxsep(const struct bench *b, const struct twf_kernels *k, size_t off, size_t len)
{
    bench_keep(k->mboxsep(b->data + off, len));
}

static void run_hdrscan(const struct bench *b, const struct twf_kernels *k, size_t off, size_t len)
{
    size_t count;
    bench_keep(k->hdrscan(b->data + off, len, b->starts, MAX_SIZE, &count));
    bench_keep(count);
}

static void run_fieldscan(const struct bench *b, const struct twf_kernels *k, size_t off,
                          size_t len)
{
    size_t count, froms;
    bench_keep(k->fieldscan(b->data + off, len, b->starts, MAX_SIZE, &count, &froms));
    bench_keep(count + froms);
}

enum { PICK_LINE = 48 };

/* Lines of 48 bytes, half of which begin with a name that is looked for. */
static void fill_names(struct bench *b, uint8_t *ptr, size_t len)
{
    static const char *const names[] = {
        "Received:",     "From:",         "Message-ID:",         "X-Mailer:",
        "Content-Type:", "MIME-Version:", "X-MS-Exchange-Organ", "DKIM-Signature:"};

    fill_value(b, ptr, len);
    for (size_t i = 0; i + 24 <= len; i += PICK_LINE) {
        const char *name = names[bench_random(&b->state, 8)];

        memcpy(ptr + i, name, strlen(name));
    }
}

static void make_picks(struct bench *b)
{
    static const char *const keys[] = {"received", "from", "message-id", "content-type",
                                       "x-ms-exchange-or"};

    memset(b->picks.keys, ' ', sizeof b->picks.keys);
    b->picks.factor = 0x9E3779B97F4A7C15u;
    for (unsigned id = 1; id <= sizeof keys / sizeof *keys; id++) {
        uint64_t w[2];

        memset(b->picks.keys[id], 0, 16);
        memcpy(b->picks.keys[id], keys[id - 1], strlen(keys[id - 1]));
        memcpy(w, b->picks.keys[id], 16);
        b->picks.slots[twf_picks_slot(&b->picks, w[0], w[1])] = (uint8_t)id;
    }
}

static void run_fieldpick(const struct bench *b, const struct twf_kernels *k, size_t off,
                          size_t len)
{
    bench_keep(k->fieldpick(b->data + off, b->lines, (len + PICK_LINE - 24) / PICK_LINE, &b->picks,
                            b->starts));
}

static void run_eqfold(const struct bench *b, const struct twf_kernels *k, size_t off, size_t len)
{
    bench_keep(k->eqfold(b->data + off, b->other + off, len));
}

/* Ids of a dictionary with a few hundred values. */
static void fill_ids(struct bench *b, uint8_t *ptr, size_t len)
{
    for (size_t i = 0; i + 4 <= len; i += 4) {
        const int32_t id = (int32_t)bench_random(&b->state, 300);

        memcpy(ptr + i, &id, sizeof id);
    }
}

static void run_ideq(const struct bench *b, const struct twf_kernels *k, size_t off, size_t len)
{
    k->ideq((const int32_t *)(const void *)(b->data + off), len / 4, 7, b->bits);
    bench_keep(b->bits[0]);
}

static void run_textfind(const struct bench *b, const struct twf_kernels *k, size_t off, size_t len)
{
    static const struct twf_needle n = {.bytes = "#77-00", .len = 6, .at = {0, 1}, .odd = true};

    bench_keep(k->textfind(b->data + off, len, &n));
}

static void run_jsonscan(const struct bench *b, const struct twf_kernels *k, size_t off, size_t len)
{
    bench_keep(k->jsonscan(b->data + off, len));
}

static const struct kernel {
    const char *name;
    void (*fill)(struct bench *b, uint8_t *ptr, size_t len);
    void (*run)(const struct bench *b, const struct twf_kernels *k, size_t off, size_t len);
} kernels[] = {
    {"mboxsep", fill_mail, run_mboxsep},
    {"hdrscan", fill_header, run_hdrscan},
    {"fieldscan", fill_header, run_fieldscan},
    {"fieldpick", fill_names, run_fieldpick},
    {"eqfold", fill_value, run_eqfold},
    {"jsonscan", fill_value, run_jsonscan},
    {"ideq", fill_ids, run_ideq},
    {"textfind", fill_value, run_textfind},
};
#define KERNELS (sizeof kernels / sizeof *kernels)

/* Fresh ranges of one size. */
static size_t prepare(struct bench *b, const struct kernel *kn, size_t size)
{
    const size_t ranges = size < WORKING_SET ? WORKING_SET / size : 1;

    for (size_t r = 0; r < ranges; r++)
        kn->fill(b, b->data + r * size, size);
    for (size_t i = 0; i < ranges * size; i++) {
        const uint8_t c = b->data[i];
        const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        b->other[i] = letter && bench_random(&b->state, 2) ? c ^ 0x20 : c;
    }
    return ranges;
}

/* Nanoseconds per byte of passes over all ranges. */
static double sample(const struct bench *b, const struct kernel *kn, const struct twf_kernels *k,
                     size_t size, size_t ranges, unsigned passes)
{
    const uint64_t begin = bench_now_ns();

    for (unsigned p = 0; p < passes; p++)
        for (size_t r = 0; r < ranges; r++)
            kn->run(b, k, r * size, size);
    return (double)(bench_now_ns() - begin) / ((double)size * (double)ranges * passes);
}

/* So many passes that a sample is long against the clock's step. Warms up, too. */
static unsigned calibrate(const struct bench *b, const struct kernel *kn,
                          const struct twf_kernels *k, size_t size, size_t ranges)
{
    unsigned passes = 1;

    while (sample(b, kn, k, size, ranges, passes) * (double)(size * ranges) * passes < SAMPLE_NS)
        passes *= 2;
    return passes;
}

static void bench_one(struct bench *b, const struct kernel *kn, size_t size,
                      const struct twf_kernels *levels, size_t n_levels, bool json)
{
    static double values[TWF_CPU_LEVELS][MAX_RUNS];
    unsigned passes[TWF_CPU_LEVELS];
    const size_t ranges = prepare(b, kn, size);
    double scalar = 0;

    for (size_t i = 0; i < n_levels; i++)
        passes[i] = calibrate(b, kn, &levels[i], size, ranges);
    for (unsigned run = 0; run < b->runs; run++)
        for (size_t i = 0; i < n_levels; i++)
            values[i][run] = sample(b, kn, &levels[i], size, ranges, passes[i]);

    for (size_t i = 0; i < n_levels; i++) {
        const struct bench_stat s = bench_stat_of(values[i], b->runs);
        if (i == 0)
            scalar = s.median;
        printf(json ? "{\"kernel\":\"%s\",\"size\":%zu,\"level\":\"%s\",\"gb_per_s\":%.3f,"
                      "\"mad_percent\":%.2f,\"ratio\":%.2f}\n"
                    : "%-9s %8zu  %-7s %8.2f %6.1f %7.2f\n",
               kn->name, size, twf_cpu_level_name(levels[i].level), 1 / s.median,
               100 * s.mad / s.median, scalar / s.median);
    }
}

static void *must_alloc(size_t size)
{
    void *p = aligned_alloc(64, size);

    if (p == NULL) {
        perror("aligned_alloc");
        exit(1);
    }
    /* Touched, so that no run pays for the pages. */
    memset(p, 0, size);
    return p;
}

static uint64_t number(const char *text)
{
    char *end;
    uint64_t n;

    errno = 0;
    n = strtoull(text, &end, 0);
    if (errno != 0 || *text == '\0' || *end != '\0') {
        fprintf(stderr, "not a number: %s\n", text);
        exit(2);
    }
    return n;
}

int twf_bench_kernels(int argc, char **argv)
{
    static struct bench b = {.state = 1, .runs = 31};
    struct twf_kernels levels[TWF_CPU_LEVELS];
    size_t n_levels = 0;
    bool json = false;
    char cpu[128];

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else if (i + 1 < argc && strcmp(argv[i], "--runs") == 0) {
            const uint64_t n = number(argv[++i]);
            b.runs = n < 1 ? 1 : n > MAX_RUNS ? MAX_RUNS : (unsigned)n;
        } else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
            b.state = number(argv[++i]);
        } else {
            fprintf(stderr, "usage: bench_kernels [--json] [--runs N] [--seed N]\n");
            return 2;
        }
    }
    for (int level = TWF_CPU_SCALAR; level < TWF_CPU_LEVELS; level++) {
        twf_kernels_init(&levels[n_levels], (enum twf_cpu_level)level);
        n_levels += (int)levels[n_levels].level == level;
    }
    b.data = must_alloc(MAX_SIZE);
    b.other = must_alloc(MAX_SIZE);
    b.bits = must_alloc(MAX_SIZE / 4 / 8);
    b.starts = must_alloc(MAX_SIZE * sizeof *b.starts);
    b.lines = must_alloc(MAX_SIZE * sizeof *b.lines);
    for (uint32_t i = 0; i < MAX_SIZE / PICK_LINE; i++)
        b.lines[i] = i * PICK_LINE;
    make_picks(&b);

    bench_cpu_name(cpu, sizeof cpu);
    printf(json ? "{\"cpu\":\"%s\",\"compiler\":\"%s\",\"seed\":%llu,\"runs\":%u}\n"
                : "%s, compiler %s, seed %llu, %u runs\n"
                  "kernel        size  level       GB/s  MAD %%   ratio\n",
           cpu, __VERSION__, (unsigned long long)b.state, b.runs);
    for (size_t i = 0; i < KERNELS; i++)
        for (size_t j = 0; j < SIZES; j++)
            bench_one(&b, &kernels[i], sizes[j], levels, n_levels, json);
    free(b.data);
    free(b.other);
    free(b.bits);
    free(b.starts);
    free(b.lines);
    return 0;
}
