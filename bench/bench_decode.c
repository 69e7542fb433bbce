/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The yardstick: decodes zstd archives with libzstd and does nothing else.
 *
 *     bench_decode [-s] [-p KIB] [-T N] FILE|FOLDER...
 *
 * Each frame into one buffer (ZSTD_decompressDCtx); with -s, and where a frame does not tell its size or is larger
 * than 64 MiB, in pieces of 128 KiB or what -p says (ZSTD_decompressStream). -T N: frames side by side on N threads.
 * Files are mapped, each when its first frame is due and until its last one was; a file of less than 4 MiB is the
 * work of one thread. Prints files, frames and plain bytes; exits 1 where a frame does not decode.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum { THREADS_MAX = 256, WHOLE_MAX = 64 << 20, SMALL_MAX = 4 << 20 };

/* A frame, or a small file with all of its frames. */
struct unit {
    const uint8_t *ptr; /* NULL: a file that is opened when it is due */
    size_t len;
    char *path;
};

struct job {
    const struct unit *units;
    size_t count;
    atomic_size_t next;
    atomic_ullong bytes, frames;
    atomic_bool failed;
    bool stream;
    size_t piece;
};

/* What a thread has of its own. */
struct worker {
    struct job *job;
    ZSTD_DCtx *zstd;
    uint8_t *out;
    size_t room;
    unsigned long long bytes, frames;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_decode: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void *grow(void *ptr, size_t len)
{
    void *p = realloc(ptr, len);

    if (p == NULL)
        die("realloc");
    return p;
}

/* Plain bytes of a frame in pieces, or -1. */
static long long decode_pieces(const struct worker *w, const uint8_t *ptr, size_t len)
{
    ZSTD_inBuffer in = {ptr, len, 0};
    long long bytes = 0;
    size_t rc;

    do {
        ZSTD_outBuffer to = {w->out, w->job->piece, 0};
        rc = ZSTD_decompressStream(w->zstd, &to, &in);
        if (ZSTD_isError(rc))
            return -1;
        bytes += (long long)to.pos;
        if (in.pos == in.size && to.pos == 0 && rc != 0)
            return -1;
    } while (rc != 0);
    return bytes;
}

static void decode_frame(struct worker *w, const uint8_t *ptr, size_t len)
{
    unsigned long long size = ZSTD_getFrameContentSize(ptr, len);
    uint32_t magic;

    /* Skippable frames hold nothing to decode. */
    memcpy(&magic, ptr, sizeof magic);
    if (magic != ZSTD_MAGICNUMBER)
        return;
    w->frames++;
    if (w->job->stream || size == ZSTD_CONTENTSIZE_UNKNOWN || size > WHOLE_MAX) {
        long long n = decode_pieces(w, ptr, len);

        if (n < 0)
            atomic_store(&w->job->failed, true);
        else
            w->bytes += (unsigned long long)n;
        return;
    }
    if (size > w->room) {
        w->room = (size_t)size;
        w->out = grow(w->out, w->room);
    }
    if (ZSTD_isError(ZSTD_decompressDCtx(w->zstd, w->out, w->room, ptr, len)))
        atomic_store(&w->job->failed, true);
    w->bytes += size;
}

/* The length of the frame at ptr; the end of the program where there is none. */
static size_t frame_len(const char *path, const uint8_t *ptr, size_t left)
{
    size_t len = ZSTD_findFrameCompressedSize(ptr, left);

    if (ZSTD_isError(len)) {
        fprintf(stderr, "bench_decode: %s: %s\n", path, ZSTD_getErrorName(len));
        exit(1);
    }
    return len;
}

/* All bytes of a file, or NULL for an empty one. */
static const uint8_t *map(const char *path, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    const uint8_t *p = NULL;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        die(path);
    *len = (size_t)st.st_size;
    if (*len > 0) {
        p = mmap(NULL, *len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED)
            die(path);
    }
    close(fd);
    return p;
}

static void decode_file(struct worker *w, const char *path)
{
    size_t left, whole;
    const uint8_t *start = map(path, &whole), *p = start;

    for (left = whole; left > 0;) {
        size_t len = frame_len(path, p, left);

        decode_frame(w, p, len);
        p += len;
        left -= len;
    }
    if (start != NULL)
        munmap((void *)(uintptr_t)start, whole);
}

static void *work(void *arg)
{
    struct job *job = arg;
    struct worker w = {.job = job, .zstd = ZSTD_createDCtx(), .room = job->piece};
    size_t i;

    w.out = grow(NULL, w.room);
    if (w.zstd == NULL)
        die("ZSTD_createDCtx");
    while ((i = atomic_fetch_add(&job->next, 1)) < job->count) {
        const struct unit *u = &job->units[i];

        if (u->ptr == NULL)
            decode_file(&w, u->path);
        else
            decode_frame(&w, u->ptr, u->len);
    }
    atomic_fetch_add(&job->bytes, w.bytes);
    atomic_fetch_add(&job->frames, w.frames);
    ZSTD_freeDCtx(w.zstd);
    free(w.out);
    return NULL;
}

struct units {
    struct unit *list;
    size_t count, cap, files;
};

static void add_unit(struct units *all, struct unit u)
{
    if (all->count == all->cap) {
        all->cap = all->cap == 0 ? 1024 : all->cap * 2;
        all->list = grow(all->list, all->cap * sizeof *all->list);
    }
    all->list[all->count++] = u;
}

static void add_file(struct units *all, const char *path, off_t size)
{
    const uint8_t *p;
    size_t left;

    all->files++;
    if (size < SMALL_MAX) {
        char *copy = strdup(path);

        if (copy == NULL)
            die(path);
        add_unit(all, (struct unit){.path = copy});
        return;
    }
    p = map(path, &left);
    while (left > 0) {
        size_t len = frame_len(path, p, left);

        add_unit(all, (struct unit){.ptr = p, .len = len});
        p += len;
        left -= len;
    }
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS_MAX];
    struct units all = {0};
    struct job job = {.piece = ZSTD_DStreamOutSize()};
    int n = 1, c;
    FTS *walk;
    FTSENT *e;

    while ((c = getopt(argc, argv, "sp:T:")) != -1) {
        if (c == 's')
            job.stream = true;
        else if (c == 'T')
            n = atoi(optarg);
        else if (c == 'p')
            job.piece = (size_t)atoi(optarg) << 10;
    }
    if (optind == argc || job.piece == 0 || n < 1 || n > THREADS_MAX || c == '?') {
        fputs("usage: bench_decode [-s] [-p KIB] [-T N] FILE|FOLDER...\n", stderr);
        return 2;
    }
    walk = fts_open(argv + optind, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL)
        die(argv[optind]);
    while ((e = fts_read(walk)) != NULL) {
        if (e->fts_info == FTS_F)
            add_file(&all, e->fts_path, e->fts_statp->st_size);
        else if (e->fts_info == FTS_NS || e->fts_info == FTS_DNR || e->fts_info == FTS_ERR)
            die(e->fts_path);
    }
    fts_close(walk);
    job.units = all.list;
    job.count = all.count;
    for (int i = 1; i < n; i++) {
        if (pthread_create(&threads[i], NULL, work, &job) != 0)
            die("pthread_create");
    }
    work(&job);
    for (int i = 1; i < n; i++)
        pthread_join(threads[i], NULL);
    printf("%zu files %llu frames %llu bytes\n", all.files,
           (unsigned long long)atomic_load(&job.frames),
           (unsigned long long)atomic_load(&job.bytes));
    for (size_t i = 0; i < all.count; i++)
        free(all.list[i].path);
    free(all.list);
    return atomic_load(&job.failed) ? 1 : 0;
}
