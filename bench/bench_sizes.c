/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scan without output whose sizes are not those of the program: bench_sizes [-T N] [-j JOB] [-b BLOCK]
 * [-i auto|uring|pread] INPUT..., JOB and BLOCK in KiB (what a thread takes at a time, and what is read at a
 * time). Prints messages and bytes; the exit status is that of a scan. scripts/bench runs it with several
 * sizes, and docs/benchmarks.md has the table behind the ones that the program uses.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/run.h"
#include "base/error.h"

struct sizes {
    const char *threads, *io;
    size_t job, block; /* bytes */
};

static enum twf_status scan(struct twf_options *o, const struct sizes *s, char **inputs, int n,
                            int *exit_code, struct twf_error *err)
{
    struct twf_io_options io = {.mode = o->io, .block_len = s->block, .block_count = 4};
    const struct twf_batch *batch;
    struct twf_progress p;
    struct twf_run *r;
    enum twf_status status;

    TWF_TRY(twf_run_prepare(o, &r, err));
    r->setup.job_target = s->job;
    status = twf_pipe_new(&r->setup, &io, &r->pipe, err);
    for (int i = 0; status == TWF_OK && i < n; i++)
        status = twf_run_add_path(r, inputs[i], err);
    while (status == TWF_OK)
        status = twf_run_next(r, &batch, err);
    if (status == TWF_END) {
        twf_run_progress(r, &p);
        printf("%" PRIu64 " messages %" PRIu64 " bytes\n", p.messages, p.out_bytes);
        *exit_code = twf_run_exit_code(r);
    }
    twf_run_close(r);
    return status;
}

static size_t kib(const char *text)
{
    return (size_t)strtoul(text, NULL, 10) << 10;
}

int main(int argc, char **argv)
{
    struct sizes s = {.threads = "1", .io = "auto", .job = 1 << 20, .block = 1 << 20};
    struct twf_error err = {0};
    struct twf_options *o;
    enum twf_status status;
    int c, code = 2;

    while ((c = getopt(argc, argv, "T:j:b:i:")) != -1) {
        if (c == 'T')
            s.threads = optarg;
        else if (c == 'j')
            s.job = kib(optarg);
        else if (c == 'b')
            s.block = kib(optarg);
        else if (c == 'i')
            s.io = optarg;
        else
            optind = argc;
    }
    if (optind >= argc || s.job == 0 || s.block == 0) {
        fputs("usage: bench_sizes [-T N] [-j KIB] [-b KIB] [-i IO] INPUT...\n", stderr);
        return 2;
    }
    status = twf_options_new(&o, &err);
    if (status == TWF_OK)
        status = twf_options_set(o, "threads", s.threads, &err);
    if (status == TWF_OK)
        status = twf_options_set(o, "io", s.io, &err);
    if (status == TWF_OK)
        status = scan(o, &s, argv + optind, argc - optind, &code, &err);
    if (status != TWF_END)
        fprintf(stderr, "bench_sizes: %s\n", err.text);
    twf_options_free(o);
    return code;
}
