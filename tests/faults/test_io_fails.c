/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads fail below whole runs: the n-th of them, for every n, with every way to read. What passes by
 * itself changes nothing; what does not makes the run say that it is incomplete, takes no other input
 * with it, and moves no record that lies before it. A ring that is refused changes nothing either.
 *
 * twf_io_new is wrapped by the linker: the pipe has no door for faults, and needs none.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "base/compiler.h"
#include "io/io_fault.h"
#include "scene.h"

enum { READS_MAX = 400, BIG_MESSAGES = 40, BIG_BODY = 60000, FAR_MEMBERS = 8, FAR_BODY = 1500000, FAR_FRAME = 300000 };

struct plan {
    uint64_t calls, at;        /* reads so far; the one that is hit, 0: none */
    int64_t hit;               /* as struct twf_io_faults says */
    uint64_t bad_from, bad_to; /* offsets that cannot be read, for ever */
    const char *step;          /* of the ring's setup */
    int step_hit;
    uint64_t random; /* not 0: short reads, reordered completions */
    uint64_t act_at; /* before this read something happens to the file */
    void (*act)(void);
};

static struct plan plan;
static unsigned long passed, failed;

enum twf_status __wrap_twf_io_new(const struct twf_io_options *o, struct twf_io **out,
                                  struct twf_error *err);

static uint32_t rng(uint32_t below)
{
    plan.random ^= plan.random << 13;
    plan.random ^= plan.random >> 7;
    plan.random ^= plan.random << 17;
    return (uint32_t)(plan.random >> 32) % below;
}

static int64_t on_read(void *ctx, uint64_t off, size_t len)
{
    static const int64_t hits[] = {1, 3, 511, 4096, 5000, -EAGAIN, -EINTR, -ECANCELED};

    (void)ctx;
    plan.calls++;
    if (plan.act != NULL && plan.act_at == plan.calls)
        plan.act();
    if (plan.at == plan.calls)
        return plan.hit;
    if (off < plan.bad_to && off + len > plan.bad_from)
        return -EIO;
    return plan.random != 0 && rng(4) == 0 ? hits[rng(TWF_COUNT(hits))] : 0;
}

static unsigned on_pick(void *ctx, unsigned n)
{
    (void)ctx;
    return plan.random == 0 ? 0 : rng(n);
}

static int on_setup(void *ctx, const char *step)
{
    (void)ctx;
    return plan.step != NULL && strcmp(step, plan.step) == 0 ? plan.step_hit : 0;
}

static const struct twf_io_faults faults = {.read = on_read, .setup = on_setup, .pick = on_pick};

enum twf_status __wrap_twf_io_new(const struct twf_io_options *o, struct twf_io **out,
                                  struct twf_error *err)
{
    return twf_io_new_faulty(o, &faults, out, err);
}

static const char *const ways[] = {"pread", "uring", "auto"};

/* One thread: with more of them calls have no order that a number could name. */
static struct scene_result scan(const char *way, const char *const *paths)
{
    const char *const options[] = {
        "all", "", "no-prefilter", "", "no-shipped-rules", "", "threads", "1", "io", way, NULL};
    struct scene_result r = {0};

    plan.calls = 0;
    scene_scan(options, paths, &r);
    return r;
}

static void say(bool good, const char *way, const char *path, uint64_t n, const char *what,
                const struct scene_result *r)
{
    if (good) {
        passed++;
        return;
    }
    failed++;
    printf("%s, %s, read %llu: %s (status %d, exit %d, %llu rows: %s)\n", way, path,
           (unsigned long long)n, what, r->status, r->exit_code, (unsigned long long)r->rows,
           r->err.text);
}

static bool same(const struct scene_result *a, const struct scene_result *b)
{
    return a->status == b->status && a->rows == b->rows && a->sum == b->sum &&
           a->exit_code == b->exit_code;
}

static void each_read(const char *way, const char *const *paths)
{
    static const int64_t passing[] = {-EAGAIN, -EINTR, -ECANCELED, -ENOMEM, 1, 3, 4096};
    struct scene_result whole = scan(way, paths), r;
    uint64_t calls = plan.calls;

    say(whole.status == TWF_END && whole.rows > 0, way, paths[0], 0, "no result at all", &whole);
    say(calls > 0 && calls < READS_MAX, way, paths[0], calls, "reads", &whole);
    for (plan.at = 1; plan.at <= calls; plan.at++) {
        for (size_t i = 0; i < TWF_COUNT(passing); i++) {
            plan.hit = passing[i];
            r = scan(way, paths);
            say(same(&whole, &r), way, paths[0], plan.at, "another result after what passes", &r);
        }
        plan.hit = -EIO; /* read once more, in pieces: then it works */
        r = scan(way, paths);
        say(r.status == TWF_END && (same(&whole, &r) || r.exit_code == 3), way, paths[0], plan.at,
            "EIO once", &r);
    }
    plan.at = 0;
}

/* A range that cannot be read, moved over the file. */
static void bad_ranges(const char *way, const char *path, uint64_t size)
{
    const char *const two[] = {path, "journal.eml", NULL}, *const last[] = {"journal.eml", NULL};
    struct scene_result whole = scan(way, two), alone = scan(way, last), r;

    for (uint64_t at = 0; at < size; at += size / 7 + 1) {
        plan.bad_from = at;
        plan.bad_to = at + 100;
        r = scan(way, two);
        say(r.status == TWF_END && (r.exit_code == 3 || same(&whole, &r)), way, path, at,
            "a bad range, and no word of it", &r);
        /* It lies in one message, or in the separator of two; and perhaps in the other input. */
        say(r.rows + 2 + (at < 4096 ? alone.rows : 0) >= whole.rows, way, path, at,
            "a bad range costs more than what lies in it", &r);
    }
    plan.bad_from = plan.bad_to = 0;
}

static void refused_rings(const char *const *paths)
{
    static const int errors[] = {EPERM, ENOSYS, ENOMEM, EINVAL};
    static const char *const steps[] = {"setup", "probe", "buffers", "restrict"};
    struct scene_result whole = scan("pread", paths), r;

    for (size_t s = 0; s < TWF_COUNT(steps); s++) {
        for (size_t i = 0; i < TWF_COUNT(errors); i++) {
            plan.step = steps[s];
            plan.step_hit = -errors[i];
            r = scan("auto", paths);
            say(same(&whole, &r), "auto", steps[s], (uint64_t)errors[i], "a refused ring", &r);
            r = scan("uring", paths);
            say(same(&whole, &r) || (r.status == TWF_ERR_IO && r.err.text[0] != '\0'), "uring",
                steps[s], (uint64_t)errors[i], "a refused ring", &r);
        }
    }
    plan.step = NULL;
}

static void random_reads(const char *way, const char *const *paths)
{
    struct scene_result whole = scan(way, paths), r;

    for (uint64_t seed = 1; seed <= 25; seed++) {
        plan.random = seed * 0x9E3779B97F4A7C15u;
        r = scan(way, paths);
        plan.random = 0;
        say(same(&whole, &r), way, paths[0], seed, "another result after short reads (seed)", &r);
    }
}

/* ---- somebody else writes to the file ---- */

static void shrink(void)
{
    if (truncate("moving.mbox", 1000000) != 0)
        abort();
}

static void append(void)
{
    static const char more[] = "From z@x.example Thu Nov 14 08:15:00 2024\nFrom: z@x.example\n\n";
    int fd = open("moving.mbox", O_WRONLY | O_APPEND | O_CLOEXEC);

    if (fd < 0 || write(fd, more, strlen(more)) != (ssize_t)strlen(more) || close(fd) != 0)
        abort();
}

static void replace(void)
{
    if (link("mail.mbox", "other") != 0 || rename("other", "moving.mbox") != 0)
        abort();
}

static void copy_big(void)
{
    char buf[65536];
    int in = open("big.mbox", O_RDONLY | O_CLOEXEC);
    int out = open("moving.mbox", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t n = -1;

    while (in >= 0 && out >= 0 && (n = read(in, buf, sizeof(buf))) > 0) {
        if (write(out, buf, (size_t)n) != n)
            abort();
    }
    if (n != 0 || close(in) != 0 || close(out) != 0)
        abort();
}

/* Before every read in turn: seen, and said; what lies before the change is the same. */
static void moving_files(const char *way)
{
    static void (*const acts[])(void) = {shrink, append, replace};
    static const char *const names[] = {"shrinks", "grows", "is replaced"};
    static const char *const paths[] = {"moving.mbox", NULL};
    struct scene_result whole, r;
    uint64_t calls;

    copy_big();
    whole = scan(way, paths);
    calls = plan.calls;
    for (size_t i = 0; i < TWF_COUNT(acts); i++) {
        plan.act = acts[i];
        for (plan.act_at = 1; plan.act_at <= calls; plan.act_at++) {
            (void)unlink("moving.mbox"); /* the old file may live under two names */
            copy_big();
            r = scan(way, paths);
            say(r.status == TWF_END && r.exit_code == 3, way, names[i], plan.act_at,
                "the file moved, and no word of it", &r);
            say(i == 0 ? r.rows <= whole.rows && r.rows + BIG_MESSAGES / 2 + 4 > whole.rows
                       : r.rows == whole.rows && r.sum == whole.sum,
                way, names[i], plan.act_at, "records are others", &r);
        }
    }
    plan.act = NULL;
}

/* More than two blocks of the reader. */
static uint64_t make_big(void)
{
    FILE *f = fopen("big.mbox", "wb");
    uint64_t size;

    if (f == NULL)
        abort();
    for (int i = 0; i < BIG_MESSAGES; i++) {
        fprintf(f,
                "From a@x.example Thu Nov 14 08:15:00 2024\nReturn-Path: <a%d@x.example>\n"
                "From: b@y.example\nMessage-ID: <%d@x.example>\n\n",
                i, i);
        for (int n = 0; n < BIG_BODY / 60; n++)
            fputs("a line of a body that is there to fill the blocks of it all\n", f);
        fputc('\n', f);
    }
    size = (uint64_t)ftell(f);
    (void)fclose(f);
    return size;
}

/* A tar of large bodies in frames most of which are skipped, and not read (pipe/feed_jump.c). */
static uint64_t make_far(void)
{
    static const char head[] = "From: a@x.example\n\n";
    const size_t room = (size_t)FAR_MEMBERS * (FAR_BODY + 1024) + 1024;
    char *text = calloc(1, room), *packed = malloc(ZSTD_compressBound(FAR_FRAME));
    size_t len = 0;
    FILE *f = fopen("far.tar.zst", "wb");
    uint64_t size, random = 88172645463325252u;

    if (f == NULL || text == NULL || packed == NULL)
        abort();
    for (int i = 0; i < FAR_MEMBERS; i++, len = (len + 511) / 512 * 512) {
        len += scene_tar_head(text + len, "m.eml", FAR_BODY);
        memcpy(text + len, head, strlen(head));
        for (size_t k = strlen(head); k < FAR_BODY; k++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            text[len + k] = k % 60 == 0 ? '\n' : (char)('A' + random % 26);
        }
        len += FAR_BODY;
    }
    len += 1024;
    for (size_t at = 0; at < len; at += FAR_FRAME) {
        size_t n = ZSTD_compress(packed, ZSTD_compressBound(FAR_FRAME), text + at, TWF_MIN(len - at, (size_t)FAR_FRAME), 1);

        if (ZSTD_isError(n) || fwrite(packed, 1, n, f) != n)
            abort();
    }
    size = (uint64_t)ftell(f);
    (void)fclose(f);
    free(text);
    free(packed);
    return size;
}

/* A place that cannot be read where a frame is needed is told, in a body that is skipped nobody asks. */
static void bad_far(const char *way, const char *const *paths, uint64_t size)
{
    struct scene_result whole = scan(way, paths), r;
    unsigned told = 0;

    for (uint64_t at = 0; at < size; at += size / 41 + 1) {
        plan.bad_from = at;
        plan.bad_to = at + 100;
        r = scan(way, paths);
        told += r.exit_code == 3;
        say(r.status == TWF_END && (r.exit_code == 3 || same(&whole, &r)), way, paths[0], at,
            "a bad range, and no word of it", &r);
    }
    plan.bad_from = plan.bad_to = 0;
    say(told > 0 && told < 41, way, paths[0], told, "bad ranges that were told", &whole);
}

int main(void)
{
    static const char *const big[] = {"big.mbox", NULL}, *const zst[] = {"mail.mbox.zst", NULL},
                             *const tar[] = {"mail.tar", NULL}, *const dir[] = {"maildir", NULL}, *const far[] = {"far.tar.zst", NULL},
                             *const many[] = {"mail.mbox.zst", "mail.tar", "maildir", "journal.eml",
                                              NULL};
    const char *const *const sets[] = {big, zst, tar, dir, far, many};
    uint64_t size, far_size;
    struct scene_result r;
    size_t count = TWF_COUNT(ways);

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (!scene_begin()) {
        perror("archives");
        return 1;
    }
    size = make_big();
    far_size = make_far();
    r = scan("uring", zst);
    if (r.status == TWF_ERR_IO) {
        printf("no ring here (%s): pread alone\n", r.err.text);
        count = 1;
    }
    for (size_t w = 0; w < TWF_MIN(count, (size_t)2); w++) {
        for (size_t i = 0; i < TWF_COUNT(sets); i++)
            each_read(ways[w], sets[i]);
        bad_ranges(ways[w], "big.mbox", size);
        bad_far(ways[w], far, far_size);
        random_reads(ways[w], many);
        moving_files(ways[w]);
    }
    refused_rings(many);
    scene_end();
    printf("%lu passed, %lu failed\n", passed, failed);
    return failed > 0;
}
