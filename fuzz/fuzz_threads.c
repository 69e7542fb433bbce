/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole runs: an input, cut into files of which some are compressed frame by frame, gives the same
 * records, exit status and summary sums to one thread and to four, with any of the readers; and where
 * memory runs out at some call, a status that says so.
 */
#define _GNU_SOURCE /* mkdtemp */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <twofrom/tools.h>
#include <twofrom/twofrom.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "fuzz/fuzz.h"
#include "report/report.h"

enum { FILES = 3, BIG = 1 << 20 };

struct outcome {
    enum twf_status status;
    int exit_code;
    uint64_t messages;
    struct twf_buf rows;
};

static char folder[] = "/tmp/twofrom-fuzz-XXXXXX";
static char paths[FILES][64];

static void remove_files(void)
{
    for (int i = 0; i < FILES; i++)
        (void)unlink(paths[i]);
    (void)rmdir(folder);
}

static void make_folder(void)
{
    if (paths[0][0] != 0)
        return;
    FUZZ_CHECK(mkdtemp(folder) != NULL, "no folder");
    for (int i = 0; i < FILES; i++)
        (void)snprintf(paths[i], sizeof(paths[i]), "%s/%d", folder, i);
    (void)atexit(remove_files);
}

/* ---- files ---- */

static void put(int fd, const void *ptr, size_t len)
{
    FUZZ_CHECK(write(fd, ptr, len) == (ssize_t)len, "a file is not written");
}

static void put_frames(int fd, struct twf_span text, struct fuzz_rng *r)
{
    static ZSTD_CCtx *c;
    static uint8_t *frame;
    const size_t room = ZSTD_compressBound(2 * BIG);

    if (c == NULL) {
        c = ZSTD_createCCtx();
        frame = malloc(room);
        FUZZ_CHECK(c != NULL && frame != NULL, "no memory");
    }
    for (size_t n; text.len > 0; text = twf_span_slice(text, n, text.len)) {
        size_t len;

        n = fuzz_random(r, 4) == 0 ? text.len : fuzz_piece(r, text.len);
        n = TWF_MIN(n, 2 * BIG);
        (void)ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, (int)fuzz_random(r, 2));
        len = ZSTD_compress2(c, frame, room, text.ptr, n);
        FUZZ_CHECK(ZSTD_isError(len) == 0, "not compressed");
        put(fd, frame, len);
    }
}

/* The input, once or as often as it takes to be several jobs, in one file or more. */
static int make_files(struct twf_span input, struct fuzz_rng *r)
{
    int count = 1 + (int)fuzz_random(r, FILES);
    struct twf_buf text;

    twf_buf_init(&text);
    do
        twf_buf_span(&text, input);
    while (input.len > 0 && text.len < (fuzz_random(r, 8) == 0 ? 3 * BIG : 1));
    FUZZ_CHECK(!text.failed, "no memory");
    for (int i = 0; i < count; i++) {
        struct twf_span left = twf_buf_view(&text);
        size_t n = left.len / (size_t)count;
        int fd = open(paths[i], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        FUZZ_CHECK(fd >= 0, "a file is not made");
        left = twf_span_slice(left, (size_t)i * n, i + 1 == count ? left.len : (size_t)(i + 1) * n);
        if (fuzz_random(r, 2) == 0)
            put(fd, left.ptr, left.len);
        else
            put_frames(fd, left, r);
        (void)close(fd);
    }
    twf_buf_fini(&text);
    return count;
}

/* ---- runs ---- */

static enum twf_status set_all(struct twf_options *o, const char *threads, const char *io)
{
    const char *const options[][2] = {{"threads", threads},
                                      {"io", io},
                                      {"all", NULL},
                                      {"no-prefilter", NULL},
                                      {"with-subject", NULL},
                                      {"no-shipped-rules", NULL},
                                      {"limit", "message=65536"}};
    enum twf_status status = TWF_OK;

    for (size_t i = 0; status == TWF_OK && i < TWF_COUNT(options); i++)
        status = twf_options_set(o, options[i][0], options[i][1], NULL);
    return status;
}

static void on_log(void *ctx, enum twf_log_level level, const char *line)
{
    (void)ctx, (void)level, (void)line;
}

static void take(struct twf_run *run, struct outcome *out)
{
    struct twf_kernels kernels;
    struct twf_sink_options o = {.kernels = &kernels, .with_subject = true};
    struct twf_progress progress;
    const struct twf_batch *b;

    twf_kernels_init(&kernels, TWF_CPU_AVX512);
    while ((out->status = twf_run_next(run, &b, NULL)) == TWF_OK)
        twf_sink_find("jsonl")->rows(&o, b, &out->rows);
    twf_run_progress(run, &progress);
    out->messages = progress.messages;
    out->exit_code = twf_run_exit_code(run);
}

static void scan(int files, const char *threads, const char *io, struct outcome *out)
{
    struct twf_options *o = NULL;
    struct twf_run *run = NULL;

    twf_buf_init(&out->rows);
    out->exit_code = 0;
    out->messages = 0;
    out->status = twf_options_new(&o, NULL);
    if (out->status == TWF_OK)
        out->status = set_all(o, threads, io);
    if (out->status == TWF_OK)
        out->status = twf_run_open(o, &run, NULL);
    twf_options_free(o);
    if (out->status != TWF_OK)
        return;
    twf_run_set_log(run, on_log, NULL);
    for (int i = 0; i < files && out->status == TWF_OK; i++)
        out->status = twf_run_add_path(run, paths[i], NULL);
    if (out->status == TWF_OK)
        take(run, out);
    twf_run_close(run);
}

static void check_same(const struct outcome *want, const struct outcome *got, const char *how)
{
    FUZZ_CHECK(!want->rows.failed && !got->rows.failed, "no memory");
    FUZZ_CHECK(got->status == TWF_END && (got->exit_code == 0 || got->exit_code == 3),
               "%s: status %d, exit %d", how, got->status, got->exit_code);
    FUZZ_CHECK(want->exit_code == got->exit_code, "%s: exit %d instead of %d", how, got->exit_code,
               want->exit_code);
    FUZZ_CHECK(want->messages == got->messages, "%s: %llu messages instead of %llu", how,
               (unsigned long long)got->messages, (unsigned long long)want->messages);
    FUZZ_CHECK(twf_span_eq(twf_buf_view(&want->rows), twf_buf_view(&got->rows)),
               "%s: other records:\n%.*s--- instead of\n%.*s", how, (int)got->rows.len,
               (const char *)got->rows.ptr, (int)want->rows.len, (const char *)want->rows.ptr);
}

/* The k-th allocation fails, and all after it. What came out before is what comes out always. */
static void starve(int files, uint64_t k, const struct outcome *want)
{
    struct outcome got;

    twf_alloc_fail_at(k);
    scan(files, "1", "pread", &got);
    twf_alloc_fail_at(0);
    FUZZ_CHECK(got.status == TWF_END || got.status == TWF_ERR_NOMEM, "status %d", got.status);
    if (!got.rows.failed)
        FUZZ_CHECK(
            got.rows.len <= want->rows.len &&
                (got.rows.len == 0 || memcmp(got.rows.ptr, want->rows.ptr, got.rows.len) == 0),
            "other records without memory");
    FUZZ_CHECK(got.status != TWF_END || got.exit_code != 0 || got.rows.failed ||
                   got.rows.len == want->rows.len,
               "records are missing, and the status is 0");
    twf_buf_fini(&got.rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = fuzz_rng_of(data, size);
    struct outcome one, four;
    int files;

    make_folder();
    files = make_files(twf_span(data, size), &r);
    scan(files, "1", "pread", &one);
    scan(files, "4", fuzz_random(&r, 2) == 0 ? "pread" : "auto", &four);
    check_same(&one, &four, "four threads");
    if (fuzz_random(&r, 4) == 0)
        starve(files, 1 + fuzz_random(&r, 400), &one);
    twf_buf_fini(&one.rows);
    twf_buf_fini(&four.rows);
    return 0;
}
