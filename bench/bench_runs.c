/* SPDX-License-Identifier: Apache-2.0 */
/*
 * twofrom bench [--runs N] [--warmup N] [--cold] [--reference FILE] INPUT...: whole scans of the inputs,
 * one after the other, without output. Median, distance of the runs from it, messages and bytes a second.
 *
 * --cold drops the inputs from the page cache before each run (files only, and only pages nobody else holds).
 * --reference takes the JSON of an earlier call: a difference within the noise of both is called none.
 */
#define _GNU_SOURCE
#include "cli/bench_builtin.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <twofrom/tools.h>
#include <unistd.h>

#include "bench/harness.h"

enum { MAX_RUNS = 999 };
/* A run so many deviations from the median is called an outlier. */
static const double outlier = 5;

struct request {
    char **inputs;
    int input_count;
    unsigned runs, warmup;
    bool json, cold;
    const char *reference;
};

struct figures {
    double wall[MAX_RUNS], cpu[MAX_RUNS];
    uint64_t messages, bytes;
    int exit_code;
};

static double cpu_seconds(void)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void drop_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

static void drop_inputs(const struct request *q)
{
    for (int i = 0; i < q->input_count; i++) {
        char *paths[] = {q->inputs[i], NULL};
        FTS *walk = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, NULL);
        FTSENT *e;

        while (walk != NULL && (e = fts_read(walk)) != NULL) {
            if (e->fts_info == FTS_F)
                drop_file(e->fts_path);
        }
        if (walk != NULL)
            fts_close(walk);
    }
}

/* One scan; false: err says why it could not be done. */
static bool run_once(const struct twf_options *o, const struct request *q, struct figures *f,
                     struct twf_error *err)
{
    enum twf_status status;
    struct twf_run *run = NULL;
    const struct twf_batch *batch;
    struct twf_progress p = {0};

    status = twf_run_open(o, &run, err);
    if (status == TWF_OK)
        twf_run_set_stdout(run, STDOUT_FILENO); /* null writes nothing, but wants a place */
    for (int i = 0; status == TWF_OK && i < q->input_count; i++)
        status = twf_run_add_path(run, q->inputs[i], err);
    while (status == TWF_OK)
        status = twf_run_next(run, &batch, err);
    if (status == TWF_END) {
        twf_run_progress(run, &p);
        f->messages = p.messages;
        f->bytes = p.out_bytes;
        f->exit_code = twf_run_exit_code(run);
    }
    twf_run_close(run);
    return status == TWF_END;
}

/* The number behind "key": in the text of an earlier result, or NAN. */
static double number_in(const char *text, const char *key)
{
    char quoted[64];
    const char *at;

    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    at = strstr(text, quoted);
    return at == NULL ? NAN : strtod(at + strlen(quoted), NULL);
}

/* Tells how the median stands to that of the reference. False: the file is no such result. */
static bool compare(const struct request *q, const struct bench_stat *wall, double rate)
{
    char text[4096] = "";
    FILE *f = fopen(q->reference, "r");
    double old, old_mad, old_rate, noise, ratio;
    const char *word;

    if (f != NULL) {
        text[fread(text, 1, sizeof text - 1, f)] = '\0';
        fclose(f);
    }
    old = number_in(text, "wall_s");
    old_mad = number_in(text, "wall_mad_s");
    old_rate = number_in(text, "gb_per_s");
    if (!(old > 0) || !(old_rate > 0) || isnan(old_mad)) {
        fprintf(stderr, "twofrom: %s: no result of bench --export=json\n", q->reference);
        return false;
    }
    /* by rate, as the reference may be of an archive of another size */
    ratio = rate / old_rate;
    noise = 3 * (wall->mad / wall->median + old_mad / old);
    word = fabs(ratio - 1) <= noise ? "no difference beyond the noise"
           : ratio > 1              ? "faster"
                                    : "slower";
    if (q->json)
        printf(", \"reference_gb_per_s\": %.6g, \"ratio\": %.4f, \"noise\": %.4f", old_rate, ratio,
               noise);
    else
        printf("against the reference: %.3f times its GB/s, noise %.1f %%: %s\n", ratio,
               100 * noise, word);
    return true;
}

static int report(const struct request *q, struct figures *f)
{
    double first[MAX_RUNS], low, high, bytes = (double)f->bytes / 1e9;
    struct bench_stat wall, cpu;
    unsigned far = 0;
    bool right = true;
    char name[128];

    memcpy(first, f->wall, sizeof first);
    wall = bench_stat_of(f->wall, q->runs);
    cpu = bench_stat_of(f->cpu, q->runs);
    low = f->wall[0];
    high = f->wall[q->runs - 1];
    for (unsigned i = 0; i < q->runs; i++)
        far += wall.mad > 0 && fabs(first[i] - wall.median) > outlier * wall.mad;
    bench_cpu_name(name, sizeof name);
    if (q->json)
        printf(
            "{\"schema\": \"twofrom.bench-run/1\", \"version\": \"%s\", \"cpu\": \"%s\", \"cpus\": "
            "%ld, "
            "\"runs\": %u, \"warmup\": %u, \"cold\": %s, \"messages\": %llu, \"bytes\": %llu, "
            "\"wall_s\": %.6f, \"wall_mad_s\": %.6f, \"wall_min_s\": %.6f, \"wall_max_s\": %.6f, "
            "\"cpu_s\": %.6f, \"cpu_mad_s\": %.6f, \"messages_per_s\": %.0f, \"gb_per_s\": %.6g, "
            "\"outliers\": %u, \"exit\": %d",
            TWF_VERSION, name, sysconf(_SC_NPROCESSORS_ONLN), q->runs, q->warmup,
            q->cold ? "true" : "false", (unsigned long long)f->messages,
            (unsigned long long)f->bytes, wall.median, wall.mad, low, high, cpu.median, cpu.mad,
            (double)f->messages / wall.median, bytes / wall.median, far, f->exit_code);
    else
        printf("%s, %ld CPUs, twofrom %s, %u runs after %u%s\n"
               "%llu messages, %llu bytes of mail\n\n"
               "            median      MAD %%       min       max\n"
               "wall s   %9.4f  %9.2f %9.4f %9.4f\n"
               "CPU s    %9.4f  %9.2f\n\n"
               "%.0f messages/s, %.3f GB/s\n",
               name, sysconf(_SC_NPROCESSORS_ONLN), TWF_VERSION, q->runs, q->warmup,
               q->cold ? ", cold" : "", (unsigned long long)f->messages,
               (unsigned long long)f->bytes, wall.median, 100 * wall.mad / wall.median, low, high,
               cpu.median, 100 * cpu.mad / (cpu.median > 0 ? cpu.median : 1),
               (double)f->messages / wall.median, bytes / wall.median);
    if (q->reference != NULL)
        right = compare(q, &wall, bytes / wall.median);
    if (q->json)
        printf("}\n");
    if (f->exit_code == 3)
        fprintf(stderr, "twofrom: not all of the inputs was read; scan tells why\n");
    if (far > 0)
        fprintf(stderr, "twofrom: %u of %u runs are outliers: other programs were busy\n", far,
                q->runs);
    return right ? f->exit_code : 2;
}

/* A count from low to MAX_RUNS. */
static bool count_of(const char *text, unsigned low, unsigned *out)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' || n < low || n > MAX_RUNS)
        return false;
    *out = (unsigned)n;
    return true;
}

static bool take(struct request *q, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;

        if (strcmp(argv[i], "--json") == 0)
            q->json = true;
        else if (strcmp(argv[i], "--cold") == 0)
            q->cold = true;
        else if (more && strcmp(argv[i], "--reference") == 0)
            q->reference = argv[++i];
        else if (more && strcmp(argv[i], "--runs") == 0 && !count_of(argv[++i], 1, &q->runs))
            return false;
        else if (more && strcmp(argv[i], "--warmup") == 0 && !count_of(argv[++i], 0, &q->warmup))
            return false;
    }
    return q->input_count > 0;
}

int twf_bench_runs(struct twf_options *o, int argc, char **argv, char **inputs, int input_count)
{
    struct request q = {.runs = 10, .warmup = 1, .inputs = inputs, .input_count = input_count};
    struct twf_error err = {0};
    static struct figures f; /* too large for a stack; the program calls this once */

    if (!take(&q, argc, argv)) {
        fprintf(stderr, "twofrom: --runs is a number from 1 to %d, --warmup one from 0\n",
                MAX_RUNS);
        return 2;
    }
    if (twf_options_set(o, "output", "null", &err) != TWF_OK) {
        fprintf(stderr, "twofrom: %s\n", err.text);
        return 2;
    }
    for (unsigned i = 0; i < q.warmup + q.runs; i++) {
        unsigned at = i < q.warmup ? 0 : i - q.warmup;
        double cpu;
        uint64_t begin;

        if (q.cold)
            drop_inputs(&q);
        cpu = cpu_seconds();
        begin = bench_now_ns();
        if (!run_once(o, &q, &f, &err)) {
            fprintf(stderr, "twofrom: %s\n", err.text);
            return err.status == TWF_ERR_NOMEM || err.status == TWF_ERR_INTERNAL ? 5 : 2;
        }
        f.wall[at] = (double)(bench_now_ns() - begin) / 1e9;
        f.cpu[at] = cpu_seconds() - cpu;
    }
    return report(&q, &f);
}
