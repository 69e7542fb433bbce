/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_index make FILE [ROWS]        an index of generated messages: one From in ten is new, every Subject is
 * bench_index ask FILE [THREADS [RUNS [NAME]]]  questions (whose name holds NAME) to it, the file in the page cache: medians of RUNS, in M
 *                                       messages a second of the clock and of CPU time
 *
 * bench_index columns FILE              of each column: bytes in the file, of its batches and its dictionary; bytes of its
 *                                       batches decoded; of these stored bytes, those of offsets, lengths and nulls; and
 *                                       the CPU time that packing them once more takes, in ms
 *
 * The program itself, not its command line: an index without an archive is stale for hunt. What is timed is
 * opening, reading, decoding and answering, without compiling the question.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "index/reader.h"
#include "pipe/hunt.h"

enum { PIECE = 4096, RUNS_MAX = 99, WORDS = 1000 };

static uint64_t state = 0x9E3779B97F4A7C15u;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(((state >> 32) * below) >> 32);
}

static void die(const struct twf_error *err)
{
    (void)fprintf(stderr, "bench_index: %s\n", err->text);
    exit(1);
}

/* ---- make ---- */

/* A correspondent: a From value, with its domain. Half of all domains are of 2,000 organizations. */
static void put_from(struct twf_batch *b, uint32_t row, uint32_t who)
{
    static const char *const first[] = {"Anna", "Bernd", "Chiara", "Dmitri", "Eve", "Farid", "Grace", "Hugo"};
    static const char *const last[] = {"Archer", "Baker", "Carter", "Draper", "Farmer", "Mason", "Smith"};
    char text[160], domain[64];
    uint32_t org = who * 2654435761u % 20000;

    (void)snprintf(domain, sizeof(domain), "%s%u.example", org % 7 == 0 ? "mail.shop" : "corp", org);
    (void)snprintf(text, sizeof(text), "%s %s <%c%s.%u@%s>", first[who % 8], last[who / 8 % 7],
                   'a' + (int)(who % 26), last[who / 8 % 7], who, domain);
    twf_batch_str(b, TWF_COL_from_raw, row, text);
    twf_batch_str(b, TWF_COL_p2_domain, row, domain);
    twf_batch_str(b, TWF_COL_p2_org, row, org % 7 == 0 ? domain + 5 : domain);
    (void)snprintf(text, sizeof(text), "%c%s.%u@%s", 'a' + (int)(who % 26), last[who / 8 % 7], who, domain);
    twf_batch_str(b, TWF_COL_p2_address, row, text);
    twf_batch_str(b, TWF_COL_p1_domain, row, draw(10) < 7 ? domain : "bounces.esp.example");
}

static void put_row(struct twf_batch *b, uint32_t row, uint64_t number, uint64_t rows)
{
    static const char *const verdicts[] = {"ALIGNED", "MISMATCH_EXPLAINED", "MISMATCH_PLAIN",
                                           "MISMATCH_SUSPECT", "AMBIGUOUS_FROM"};
    static const char *const words[] = {"invoice", "meeting", "your", "order", "report", "weekly", "re:",
                                        "delivery", "notice", "update", "account", "security"};
    uint32_t kind = draw(1000);
    char text[200];
    int n;

    put_from(b, row, draw((uint32_t)(rows / 10)));
    twf_batch_str(b, TWF_COL_verdict, row,
                  verdicts[kind < 700 ? 0 : kind < 950 ? 1 : kind < 995 ? 2 : kind < 999 ? 3 : 4]);
    twf_batch_str(b, TWF_COL_relation, row, kind < 700 ? "same_domain" : "mismatch");
    twf_batch_str(b, TWF_COL_level, row, kind < 950 ? "none" : kind < 999 ? "low" : "high");
    n = snprintf(text, sizeof(text), "%s %s %s %s", words[draw(12)], words[draw(12)], words[draw(12)],
                 words[draw(12)]);
    (void)snprintf(text + n, sizeof(text) - (size_t)n, " #%llu-%05u",
                   (unsigned long long)number, draw(100000));
    twf_batch_str(b, TWF_COL_subject_raw, row, text);
    twf_batch_int(b, TWF_COL_date, row, 1600000000000000 + (int64_t)number * 3000000);
    twf_batch_int(b, TWF_COL_score, row, kind < 950 ? 0 : 40);
    twf_batch_int(b, TWF_COL_message_length, row, 14000 + draw(3000)); /* as of generated Microsoft 365 mail */
}

static int make(const char *path, uint64_t rows)
{
    struct twf_index_identity id = {0, 0, "bench", "bench", "bench"};
    struct twf_index_writer *w;
    struct twf_index_end *end;
    struct twf_index_sums sums;
    struct twf_error err = {0};
    struct twf_batch *b = twf_batch_new();
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || b == NULL || twf_index_writer_new(fd, false, &w, &err) != TWF_OK)
        die(&err);
    for (uint64_t at = 0; at < rows; at += PIECE) {
        uint32_t n = (uint32_t)TWF_MIN(rows - at, (uint64_t)PIECE);

        twf_batch_reset(b);
        for (uint32_t i = 0; i < n; i++)
            put_row(b, i, at + i, rows);
        twf_batch_finish(b, n);
        if (twf_index_writer_rows(w, b, 0, n, &err) != TWF_OK)
            die(&err);
    }
    if (twf_index_writer_end(w, &end, &err) != TWF_OK ||
        twf_index_end_write(end, fd, &id, NULL, 0, &sums, &err) != TWF_OK)
        die(&err);
    twf_index_end_free(end);
    (void)printf("%llu messages, %llu batches, %llu bytes\n", (unsigned long long)sums.rows,
                 (unsigned long long)sums.batches, (unsigned long long)sums.bytes);
    twf_index_writer_free(w);
    twf_batch_free(b);
    (void)close(fd);
    return 0;
}

/* ---- ask ---- */

static double now(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static enum twf_status no_rows(void *ctx, struct twf_batch *b, struct twf_error *err)
{
    (void)ctx;
    (void)b;
    (void)err;
    return TWF_OK;
}

/* One question, RUNS times. */
static void ask(const char *path, const char *name, const char *const *e, size_t n, uint32_t threads,
                unsigned runs, const char *only)
{
    struct twf_rules_source source = {.expressions = e, .expression_count = n};
    struct twf_kernels kernels;
    struct twf_hunt_set set = {0};
    struct twf_hunt_question q = {.kernels = &kernels, .sets = &set, .set_count = 1, .group = -1,
                                  .since_us = INT64_MIN, .until_us = INT64_MAX, .run_id = "",
                                  .threads = threads};
    struct twf_rules *rules;
    struct twf_hunter *h;
    struct twf_index *ix;
    struct twf_error err = {0};
    double took[RUNS_MAX], cpu[RUNS_MAX], compile = now(CLOCK_MONOTONIC);
    uint64_t hits = 0, messages = 0;

    if (strstr(name, only) == NULL)
        return;
    if (twf_rules_load(&source, NULL, NULL, &rules, &err) != TWF_OK ||
        twf_rules_compile(rules, NULL, NULL, &err) != TWF_OK)
        die(&err);
    compile = now(CLOCK_MONOTONIC) - compile;
    twf_kernels_init(&kernels, TWF_CPU_AVX512);
    set.rules = q.all = rules;
    for (unsigned i = 0; i < runs; i++) {
        if (twf_hunter_new(&q, &h, &err) != TWF_OK)
            die(&err);
        took[i] = now(CLOCK_MONOTONIC);
        cpu[i] = now(CLOCK_PROCESS_CPUTIME_ID);
        if (twf_index_open(path, &ix, &err) != TWF_OK ||
            twf_hunter_index(h, ix, "bench", no_rows, NULL, &err) != TWF_OK)
            die(&err);
        twf_index_close(ix);
        took[i] = now(CLOCK_MONOTONIC) - took[i];
        cpu[i] = now(CLOCK_PROCESS_CPUTIME_ID) - cpu[i];
        hits = twf_hunter_hits(h);
        messages = twf_hunter_messages(h);
        twf_hunter_free(h);
    }
    qsort(took, runs, sizeof(*took), by_value);
    qsort(cpu, runs, sizeof(*cpu), by_value);
    (void)printf("%-24s %8.1f M/s  %8.1f M/cpu-s  %8.2f ms  %9llu hits  (compiled in %.1f ms)\n", name,
                 (double)messages / took[runs / 2] / 1e6, (double)messages / cpu[runs / 2] / 1e6,
                 took[runs / 2] * 1e3, (unsigned long long)hits, compile * 1e3);
    (void)fflush(stdout);
    twf_rules_free(rules);
}

/* WORDS literals on a field, of which one in a hundred occurs. */
static void ask_many(const char *path, const char *name, const char *field, uint32_t threads,
                     unsigned runs, const char *only)
{
    static char texts[WORDS][96];
    const char *e[WORDS];

    for (int i = 0; i < WORDS; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "%s:%s.%u%s", field, i % 100 == 0 ? "mith" : "nobody",
                       (unsigned)i * 977, i % 100 == 0 ? "@" : "x");
        e[i] = texts[i];
    }
    ask(path, name, e, WORDS, threads, runs, only);
}

/* ---- columns ---- */

/* What a column takes: stored bytes, those of them that tell where values lie, decoded bytes, seconds of packing. */
struct cost {
    uint64_t stored, framing, plain;
    double packing;
};

struct packer {
    ZSTD_DCtx *unpack;
    ZSTD_CCtx *pack;
    struct index_slot slot;
    struct twf_buf out;
};

/* As the writer does it; the result is thrown away. */
static void pack(struct packer *p, struct twf_span plain, struct cost *c)
{
    double start = now(CLOCK_THREAD_CPUTIME_ID);

    for (size_t at = 0; at < plain.len; at += INDEX_FRAME_LEN) {
        struct twf_span part = twf_span_slice(plain, at, at + INDEX_FRAME_LEN);
        size_t cap = ZSTD_compressBound(part.len);

        twf_buf_reset(&p->out);
        if (twf_buf_reserve(&p->out, cap) == NULL ||
            ZSTD_isError(ZSTD_compress2(p->pack, p->out.ptr, cap, part.ptr, part.len)))
            exit(1);
    }
    c->packing += now(CLOCK_THREAD_CPUTIME_ID) - start;
}

/* Field f of a batch. */
static void add_field(const struct twf_index *ix, const struct index_batch *b, uint32_t f, struct packer *p,
                      struct cost *c)
{
    uint32_t from = ix->buffer_at[f], end = from + index_field_buffers(&ix->fields[f]);
    struct twf_error err = {0};

    for (uint32_t i = from; i < end; i++) {
        uint64_t stored = (uint64_t)twf_fb_vector_i64(&b->buffers, i, sizeof(struct arrow_buffer), 8);
        struct twf_span plain;

        c->stored += stored;
        c->framing += i + 1 < end ? stored : 0;
        if (stored == 0)
            continue;
        if (index_take_bytes(ix, p->unpack, b, i, 0, INDEX_BUFFER_MAX, &p->slot, &plain, &err) != TWF_OK)
            die(&err);
        c->plain += plain.len;
        pack(p, plain, c);
    }
}

static void print_columns(const struct twf_index *ix, const struct cost *costs, uint64_t frames)
{
    (void)printf("%10s %10s %10s %10s %10s %8s\n", "bytes", "batches", "dictionary", "decoded", "framing", "ms");
    for (uint32_t f = 0; f < ix->field_count; f++) {
        const struct index_dictionary *d = &ix->dictionaries[ix->fields[f].col];
        uint64_t dictionary = ix->fields[f].dictionary ? d->block.body_len : 0;
        const struct cost *c = &costs[f];

        (void)printf("%10llu %10llu %10llu %10llu %10llu %8.2f  %s\n", (unsigned long long)(c->stored + dictionary),
                     (unsigned long long)c->stored, (unsigned long long)dictionary, (unsigned long long)c->plain,
                     (unsigned long long)c->framing, c->packing * 1e3, twf_col_infos[ix->fields[f].col].name);
    }
    (void)printf("%10llu of %llu: metadata of batches\n", (unsigned long long)frames,
                 (unsigned long long)ix->size);
}

static int columns(const char *path)
{
    static struct cost costs[TWF_COL_COUNT];
    struct packer p = {ZSTD_createDCtx(), ZSTD_createCCtx(), {{0}, {0}}, {0}};
    struct twf_index *ix;
    struct twf_buf meta;
    struct index_batch b;
    struct twf_error err = {0};
    uint64_t frames = 0;

    twf_buf_init(&meta);
    if (p.unpack == NULL || p.pack == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(p.pack, ZSTD_c_compressionLevel, INDEX_LEVEL)))
        return 1;
    if (twf_index_open(path, &ix, &err) != TWF_OK)
        die(&err);
    for (uint32_t i = 0; i < ix->batch_count; i++) {
        if (index_read_batch(ix, &ix->batches[i], ARROW_MESSAGE_BATCH, ix->node_count, ix->buffer_count,
                             &meta, &b, &err) != TWF_OK)
            die(&err);
        frames += meta.len;
        for (uint32_t f = 0; f < ix->field_count; f++)
            add_field(ix, &b, f, &p, &costs[f]);
    }
    print_columns(ix, costs, frames);
    twf_buf_fini(&meta);
    twf_buf_fini(&p.out);
    twf_buf_fini(&p.slot.raw);
    twf_buf_fini(&p.slot.plain);
    (void)ZSTD_freeDCtx(p.unpack);
    (void)ZSTD_freeCCtx(p.pack);
    twf_index_close(ix);
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const from_12[] = {
        "p2.raw:paypa[l1]",  "p2.raw:micr[o0]soft", "p2.raw:^\"?IT[ -]?(support|help)", "p2.raw:b[a4]nk of",
        "p2.raw:no.?reply@", "p2.raw:\\.top>",      "p2.raw:<[^>]*<",                "p2.raw:Mason <gMason\\.\\d{3}@",
        "p2.raw:[=]\\?utf-8",  "p2.raw:@.*@",         "p2.raw:[0-9]{9}@",             "p2.raw:(ceo|cfo)@corp1"};
    const char *subject_12[12];
    char texts[12][96];
    static const char *const one[][2] = {
        {"verdict", "verdict:=MISMATCH_SUSPECT"}, {"relation", "relation:=mismatch"},
        {"p2.domain", "p2.domain:=corp4712.example"}, {"p2.org", "p2.org:=corp4712.example"},
        {"From literal", "p2.raw:Smith <.Smith.4"}, {"From regex", "p2.raw:Mason <gMason\\.\\d{3}@"},
        {"Subject literal", "subject:account account account account #77"},
        {"Subject regex", "subject:(invoice|order) #\\d*77-0000\\d"}};
    uint32_t threads = argc > 3 ? (uint32_t)atoi(argv[3]) : 2;
    const char *only = argc > 5 ? argv[5] : "";
    unsigned runs = argc > 4 ? (unsigned)TWF_MIN(TWF_MAX(atoi(argv[4]), 1), RUNS_MAX) : 5;

    if (argc > 2 && strcmp(argv[1], "make") == 0)
        return make(argv[2], argc > 3 ? strtoull(argv[3], NULL, 10) : 10000000);
    if (argc > 2 && strcmp(argv[1], "columns") == 0)
        return columns(argv[2]);
    if (argc < 3 || strcmp(argv[1], "ask") != 0) {
        (void)fprintf(stderr, "usage: bench_index make FILE [ROWS] | ask FILE [THREADS [RUNS [NAME]]] | columns FILE\n");
        return 2;
    }
    for (size_t i = 0; i < TWF_COUNT(one); i++)
        ask(argv[2], one[i][0], &one[i][1], 1, threads, runs, only);
    for (int i = 0; i < 12; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "subject:%s", from_12[i] + sizeof("p2.raw:") - 1);
        subject_12[i] = texts[i];
    }
    ask(argv[2], "From 12 regexes", from_12, 12, threads, runs, only);
    ask(argv[2], "Subject 12 regexes", subject_12, 12, threads, runs, only);
    ask_many(argv[2], "From 1,000 literals", "p2.raw", threads, runs, only);
    ask_many(argv[2], "Subject 1,000 literals", "subject", threads, runs, only);
    return 0;
}
