/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_stages [--json] [--runs N] [--cpu LEVEL] ARCHIVE: what each stage costs a message of this
 * archive (zstd or plain; mbox, eml or tar), in nanoseconds and in bytes, and as a part of what
 * libzstd alone needs to decode the archive. CPU time, medians of N runs in one process, one thread.
 *
 * The stages run one behind the other over chunks that lie in L2, as workers do it; so each finds
 * the bytes where the one before has left them. parse is a part of verdict: the values of From,
 * Date, Return-Path and the topmost Received, each in whole. verdict asks for no more of a message
 * than workers do, and the last line says what verdicts cost beside a scan that only finds the
 * fields. write is the record and its line of JSON, for the messages that a scan shows by default. Journal reports are judged as
 * they stand.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zstd.h>

#include "gather/gather.h"
#include "cli/bench_builtin.h"
#include "harness.h"
#include "match/match.h"
#include "pipe/record.h"
#include "report/report.h"
#include "split/split.h"

enum { CHUNK = 256 * 1024, MAX_RUNS = 999 };

enum stage { DECODE, SPLIT, GATHER, MATCH, PARSE, VERDICT, WRITE, STAGES };

static const char *const names[STAGES] = {"decode", "split",   "gather", "match",
                                          "parse",  "verdict", "write"};

struct bytes {
    uint8_t *ptr;
    size_t len;
};

struct bench {
    struct twf_setup setup;
    struct bytes file, plain;
    ZSTD_DCtx *zstd; /* NULL: the archive is plain */
    struct twf_splitter *splitter;
    struct twf_gather gather;
    struct twf_matcher *matcher;
    struct twf_match_scratch *scratch;
    struct twf_domains *domains;
    struct twf_judge *judge;
    struct twf_batch *batch;
    struct twf_arena chunk, heads, message;
    struct twf_buf column, offsets, text, json;
    struct twf_head *head;
    uint64_t *ordinary;
    size_t cap;
    uint64_t messages, header_bytes, rows;
    uint64_t ns[STAGES];
    uint64_t clock_ns; /* that reading the clock takes: write is timed row by row */
};

/* Of this thread: what else the machine does is not ours. */
static uint64_t cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t cost_of_clock(void)
{
    enum { READINGS = 4096 };
    uint64_t begin = cpu_ns(), end = begin;

    for (int i = 0; i < READINGS; i++)
        end = cpu_ns();
    return (end - begin) / READINGS;
}

static uint64_t without(uint64_t ns, uint64_t less)
{
    return ns > less ? ns - less : 0;
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_stages: %s: %s\n", what, why);
    exit(1);
}

static void must(enum twf_status status, const struct twf_error *err)
{
    if (status != TWF_OK)
        die("failed", err->text);
}

static void *must_alloc(void *old, size_t size)
{
    void *p = realloc(old, size);

    if (p == NULL)
        die("memory", strerror(errno));
    return p;
}

static struct bytes read_file(const char *path)
{
    struct bytes b = {NULL, 0};
    FILE *f = fopen(path, "rb");
    long size = -1;

    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0)
        die(path, strerror(errno));
    rewind(f);
    b.len = (size_t)size;
    b.ptr = must_alloc(NULL, b.len + 1);
    if (fread(b.ptr, 1, b.len, f) != b.len)
        die(path, "cannot be read");
    fclose(f);
    return b;
}

/* All frames, into room that fits; false where they do not. */
static bool decode(struct bench *b)
{
    ZSTD_inBuffer in = {b->file.ptr, b->file.len, 0};
    ZSTD_outBuffer out = {b->plain.ptr, b->plain.len, 0};

    (void)ZSTD_DCtx_reset(b->zstd, ZSTD_reset_session_only);
    while (in.pos < in.size) {
        size_t rc = ZSTD_decompressStream(b->zstd, &out, &in);

        if (ZSTD_isError(rc))
            die("zstd", ZSTD_getErrorName(rc));
        if (out.pos == out.size && rc != 0)
            return false;
    }
    b->plain.len = out.pos;
    return true;
}

static void load(struct bench *b, const char *path)
{
    b->file = read_file(path);
    if (b->file.len < 4 || memcmp(b->file.ptr, "\x28\xB5\x2F\xFD", 4) != 0) {
        b->plain = b->file;
        return;
    }
    b->zstd = ZSTD_createDCtx();
    if (b->zstd == NULL)
        die("zstd", "no memory");
    (void)ZSTD_DCtx_setParameter(b->zstd, ZSTD_d_windowLogMax, 31);
    for (size_t room = 8 * b->file.len + (1 << 20);; room *= 2) {
        b->plain = (struct bytes){must_alloc(b->plain.ptr, room), room};
        memset(b->plain.ptr, 0, room); /* so that no run pays for the pages */
        if (decode(b))
            return;
    }
}

static void start(struct bench *b, enum twf_cpu_level level)
{
    struct twf_error err = {0};

    b->clock_ns = cost_of_clock();
    twf_kernels_init(&b->setup.kernels, level);
    twf_limits_default(&b->setup.limits);
    b->setup.psl = twf_psl_embedded();
    b->setup.judge.limits = &b->setup.limits;
    b->setup.min_level = TWF_LEVEL_MEDIUM;
    must(twf_splitter_new(&b->splitter, &err), &err);
    twf_gather_init(&b->gather, &b->setup.kernels, &b->setup.limits);
    must(twf_matcher_new(TWF_MATCH_HYPERSCAN, &b->matcher, &err), &err);
    must(twf_match_scratch_new(b->matcher, &b->scratch, &err), &err);
    must(twf_domains_new(b->setup.psl, &b->domains, &err), &err);
    must(twf_judge_new(&b->setup.judge, b->domains, &b->judge, &err), &err);
    b->batch = twf_batch_new();
    if (b->batch == NULL)
        die("memory", "no batch");
    twf_arena_init(&b->chunk, CHUNK);
    twf_arena_init(&b->heads, CHUNK);
    twf_arena_init(&b->message, 64 * 1024);
    twf_buf_init(&b->column);
    twf_buf_init(&b->offsets);
    twf_buf_init(&b->text);
    twf_buf_init(&b->json);
}

static void finish(struct bench *b)
{
    twf_splitter_free(b->splitter);
    twf_gather_fini(&b->gather);
    twf_match_scratch_free(b->scratch);
    twf_matcher_free(b->matcher);
    twf_judge_free(b->judge);
    twf_domains_free(b->domains);
    twf_batch_free(b->batch);
    twf_arena_fini(&b->chunk);
    twf_arena_fini(&b->heads);
    twf_arena_fini(&b->message);
    twf_buf_fini(&b->column);
    twf_buf_fini(&b->offsets);
    twf_buf_fini(&b->text);
    twf_buf_fini(&b->json);
    ZSTD_freeDCtx(b->zstd);
    if (b->plain.ptr != b->file.ptr)
        free(b->plain.ptr);
    free(b->file.ptr);
    free(b->head);
    free(b->ordinary);
}

static void take_heads(struct bench *b, const struct twf_message *m, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct twf_head *h = &b->head[i];

        if (!twf_gather_known(&b->gather, m[i].text, h))
            die("memory", "no header");
        h->block = h->cr_lines ? twf_arena_copy(&b->heads, h->block) : h->block;
        h->fields = (const void *)twf_arena_copy(
                        &b->heads, twf_span(h->fields, h->field_count * sizeof(*h->fields)))
                        .ptr;
        h->inner_from =
            (const void *)twf_arena_copy(
                &b->heads, twf_span(h->inner_from, h->inner_from_count * sizeof(*h->inner_from)))
                .ptr;
        h->limits = (const void *)twf_arena_copy(
                        &b->heads, twf_span(h->limits, h->limit_count * sizeof(*h->limits)))
                        .ptr;
        b->header_bytes += h->block.len;
    }
}

static void match(struct bench *b, uint32_t n)
{
    uint64_t *hits[TWF_PATTERN_COUNT] = {b->ordinary};
    struct twf_match_column column;
    uint32_t off = 0;
    bool complete;

    twf_buf_reset(&b->column);
    twf_buf_reset(&b->offsets);
    twf_buf_put(&b->offsets, &off, sizeof(off));
    for (uint32_t i = 0; i < n; i++) {
        const struct twf_field *f = twf_head_first(&b->head[i], TWF_FIELD_FROM);

        if (f != NULL && f->from_kind == TWF_FROM_EXACT && f->flags == 0)
            twf_buf_span(&b->column, twf_field_value(&b->head[i], f));
        twf_buf_byte(&b->column, '\n');
        off = (uint32_t)b->column.len;
        twf_buf_put(&b->offsets, &off, sizeof(off));
    }
    column =
        (struct twf_match_column){b->column.ptr, (const uint32_t *)(const void *)b->offsets.ptr, n};
    twf_match_from(b->matcher, b->scratch, &column, hits, &complete);
    bench_keep(b->ordinary[0]);
}

static void parse(struct bench *b, uint32_t n)
{
    struct twf_received received;
    struct twf_from from;
    struct twf_path path;
    int64_t us = 0;

    for (uint32_t i = 0; i < n; i++) {
        const struct twf_head *h = &b->head[i];
        const struct twf_field *f;

        twf_arena_reset(&b->message);
        f = twf_head_first(h, TWF_FIELD_FROM);
        if (f != NULL && !twf_from_parse_ordinary(b->domains, &b->message, twf_field_value(h, f),
                                                  f->value_off, &from))
            twf_from_parse(b->domains, &b->message, &b->setup.limits, twf_field_value(h, f),
                           f->value_off, &from);
        f = twf_head_first(h, TWF_FIELD_DATE);
        if (f != NULL)
            (void)twf_date_parse(twf_field_value(h, f), &us);
        f = twf_head_first(h, TWF_FIELD_RETURN_PATH);
        if (f != NULL)
            twf_path_parse(b->domains, &b->message, twf_field_value(h, f), false, &path);
        f = twf_head_first(h, TWF_FIELD_RECEIVED);
        if (f != NULL) {
            twf_received_parse(&b->message, twf_field_value(h, f), &received);
            (void)twf_date_parse(received.date, &us);
        }
        bench_keep((uint64_t)us);
    }
}

/* verdict and write take turns, as a verdict lives until the next message. */
static void judge(struct bench *b, const struct twf_message *m, uint32_t n)
{
    static const struct twf_place place = {
        .source_uri = "bench", .source_id = "0", .verified = "ok"};
    const struct twf_sink *sink = twf_sink_find("jsonl");
    const struct twf_sink_options options = {.kernels = &b->setup.kernels};
    uint64_t begin = cpu_ns(), write = 0;
    uint32_t rows = 0;

    for (uint32_t i = 0; i < n; i++) {
        struct twf_subject subject = {.message = &m[i],
                                      .head = &b->head[i],
                                      .from_ordinary = (b->ordinary[i / 64] >> i % 64 & 1) != 0};
        struct twf_verdict v;
        uint64_t from;

        twf_arena_reset(&b->message);
        twf_judge_verdict(b->judge, &b->message, &subject, &v);
        if (v.level < b->setup.min_level) {
            if (v.relation == TWF_RELATION_MISMATCH)
                twf_judge_name(b->judge, &v);
            continue;
        }
        twf_judge_facts(b->judge, &v);
        from = cpu_ns();
        twf_record_put(b->batch, rows, &b->setup, &place, &subject, &v, true, &b->message, &b->text);
        twf_batch_select(b->batch, rows++);
        write += cpu_ns() - from;
    }
    /* Each row has two readings: one between them, one around them. */
    write = without(write, rows * b->clock_ns);
    b->ns[VERDICT] += without(cpu_ns() - begin - write, 2 * rows * b->clock_ns);
    begin = cpu_ns();
    twf_buf_reset(&b->json);
    twf_batch_finish(b->batch, rows);
    sink->rows(&options, b->batch, &b->json);
    twf_batch_reset(b->batch);
    b->ns[WRITE] += cpu_ns() - begin + write;
    b->rows += rows;
}

/* One run over all chunks. */
static void run(struct bench *b)
{
    const struct twf_split_options split = {
        .journal = true, .limits = &b->setup.limits, .kernels = &b->setup.kernels};
    struct twf_error err = {0};
    uint64_t at = cpu_ns();

    memset(b->ns, 0, sizeof(b->ns));
    b->messages = b->header_bytes = b->rows = 0;
    if (b->zstd != NULL && !decode(b))
        die("zstd", "the archive has grown");
    b->ns[DECODE] = cpu_ns() - at;
    twf_splitter_start(b->splitter, &split);
    for (size_t off = 0; off <= b->plain.len; off += CHUNK) {
        size_t len = b->plain.len - off < CHUNK ? b->plain.len - off : CHUNK;
        struct twf_split_out out;
        uint64_t sum = 0, t[6];

        for (size_t i = 0; i < len; i += 64)
            sum += b->plain.ptr[off + i];
        bench_keep(sum);
        twf_arena_reset(&b->chunk);
        twf_arena_reset(&b->heads);
        t[0] = cpu_ns();
        must(twf_splitter_feed(b->splitter, twf_span(b->plain.ptr + off, len), len < CHUNK, false,
                               &b->chunk, &out, &err),
             &err);
        t[1] = cpu_ns();
        if (out.message_count > b->cap) {
            b->cap = 2 * (size_t)out.message_count;
            b->head = must_alloc(b->head, b->cap * sizeof(*b->head));
            b->ordinary = must_alloc(b->ordinary, (b->cap / 64 + 1) * sizeof(*b->ordinary));
        }
        if (out.message_count == 0) {
            b->ns[SPLIT] += t[1] - t[0];
            continue;
        }
        t[2] = cpu_ns();
        take_heads(b, out.messages, out.message_count);
        t[3] = cpu_ns();
        match(b, out.message_count);
        t[4] = cpu_ns();
        parse(b, out.message_count);
        t[5] = cpu_ns();
        judge(b, out.messages, out.message_count);
        b->ns[SPLIT] += t[1] - t[0];
        b->ns[GATHER] += t[3] - t[2];
        b->ns[MATCH] += t[4] - t[3];
        b->ns[PARSE] += t[5] - t[4];
        b->messages += out.message_count;
    }
}

static void report(struct bench *b, double values[STAGES][MAX_RUNS], unsigned runs, bool json)
{
    const double n = b->messages == 0 ? 1 : (double)b->messages;
    double decode = 0, all = 0, before = 0, verdict = 0;

    printf(json ? "{\"messages\":%llu,\"plain_bytes\":%zu,\"header_bytes\":%llu,\"rows\":%llu}\n"
                : "%llu messages, %zu bytes, %llu of them header; %llu rows\n"
                  "stage      ns/message  bytes/message  MAD %%  of decode\n",
           (unsigned long long)b->messages, b->plain.len, (unsigned long long)b->header_bytes,
           (unsigned long long)b->rows);
    for (int i = 0; i < STAGES; i++) {
        const struct bench_stat s = bench_stat_of(values[i], runs);
        const double bytes = i >= GATHER ? (double)b->header_bytes : (double)b->plain.len;

        if (i == DECODE)
            decode = s.median;
        else if (i != PARSE)
            all += s.median;
        if (i < PARSE)
            before += s.median;
        else if (i == VERDICT)
            verdict = s.median;
        printf(json ? "{\"stage\":\"%s\",\"ns\":%.1f,\"bytes\":%.1f,\"mad_percent\":%.2f,"
                      "\"of_decode\":%.4f}\n"
                    : "%-9s %11.1f %14.1f %6.1f %10.4f\n",
               names[i], s.median / n, bytes / n, s.median > 0 ? 100 * s.mad / s.median : 0,
               decode > 0 ? s.median / decode : 0);
    }
    printf(json ? "{\"stage\":\"all but decode\",\"ns\":%.1f,\"of_decode\":%.4f}\n"
                : "all but decode %6.1f %32.4f\n",
           all / n, decode > 0 ? all / decode : 0);
    printf(json ? "{\"stage\":\"verdicts\",\"of_stages_before\":%.4f}\n"
                : "verdicts add %.4f to the stages before them\n",
           before > 0 ? verdict / before : 0);
}

static bool take_level(const char *name, enum twf_cpu_level *out)
{
    for (int level = TWF_CPU_SCALAR; level < TWF_CPU_LEVELS; level++) {
        if (strcmp(name, twf_cpu_level_name((enum twf_cpu_level)level)) == 0) {
            *out = (enum twf_cpu_level)level;
            return true;
        }
    }
    return false;
}

int twf_bench_stages(int argc, char **argv)
{
    static double values[STAGES][MAX_RUNS];
    static struct bench b;
    enum twf_cpu_level level = TWF_CPU_LEVELS - 1;
    const char *path = NULL;
    long runs = 9;
    bool json = false, right = true;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (i + 1 < argc && strcmp(argv[i], "--runs") == 0)
            runs = strtol(argv[++i], NULL, 10);
        else if (i + 1 < argc && strcmp(argv[i], "--cpu") == 0)
            right = right && take_level(argv[++i], &level);
        else if (path == NULL && argv[i][0] != '-')
            path = argv[i];
        else
            right = false;
    }
    if (!right || path == NULL || runs < 1 || runs > MAX_RUNS) {
        fprintf(stderr, "usage: bench_stages [--json] [--runs N] [--cpu LEVEL] ARCHIVE\n");
        return 2;
    }
    load(&b, path);
    start(&b, level);
    run(&b);
    for (long i = 0; i < runs; i++) {
        run(&b);
        for (int k = 0; k < STAGES; k++)
            values[k][i] = (double)b.ns[k];
    }
    report(&b, values, (unsigned)runs, json);
    finish(&b);
    return 0;
}
