/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The yardstick: decodes zstd archives with libzstd and does nothing else.
 *
 *     bench_decode [-s] [-T N] FILE|FOLDER...
 *
 * Each frame into one buffer (ZSTD_decompressDCtx); with -s, and where a frame does not tell its size or is larger
 * than 64 MiB, in pieces of 128 KiB (ZSTD_decompressStream). -T N: frames side by side on N threads. Files are
 * mapped and read through the page cache. Prints files, frames and plain bytes; exits 1 where a frame does not decode.
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

enum { THREADS_MAX = 256, WHOLE_MAX = 64 << 20 };

struct frame {
    const uint8_t *ptr;
    size_t len;
};

struct job {
    const struct frame *frames;
    size_t count;
    atomic_size_t next;
    atomic_ullong bytes;
    atomic_bool failed;
    bool stream;
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
static long long decode_pieces(ZSTD_DCtx *zstd, const struct frame *f, void *out, size_t room)
{
    ZSTD_inBuffer in = {f->ptr, f->len, 0};
    long long bytes = 0;
    size_t rc;

    do {
        ZSTD_outBuffer to = {out, room, 0};
        rc = ZSTD_decompressStream(zstd, &to, &in);
        if (ZSTD_isError(rc))
            return -1;
        bytes += (long long)to.pos;
        if (in.pos == in.size && to.pos == 0 && rc != 0)
            return -1;
    } while (rc != 0);
    return bytes;
}

static void *work(void *arg)
{
    struct job *job = arg;
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    size_t room = ZSTD_DStreamOutSize(), i;
    void *out = grow(NULL, room);
    unsigned long long bytes = 0;

    if (zstd == NULL)
        die("ZSTD_createDCtx");
    while ((i = atomic_fetch_add(&job->next, 1)) < job->count) {
        const struct frame *f = &job->frames[i];
        unsigned long long size = ZSTD_getFrameContentSize(f->ptr, f->len);

        if (job->stream || size == ZSTD_CONTENTSIZE_UNKNOWN || size > WHOLE_MAX) {
            long long n = decode_pieces(zstd, f, out, ZSTD_DStreamOutSize());
            if (n < 0)
                atomic_store(&job->failed, true);
            else
                bytes += (unsigned long long)n;
            continue;
        }
        if (size > room) {
            room = (size_t)size;
            out = grow(out, room);
        }
        if (ZSTD_isError(ZSTD_decompressDCtx(zstd, out, room, f->ptr, f->len)))
            atomic_store(&job->failed, true);
        bytes += size;
    }
    atomic_fetch_add(&job->bytes, bytes);
    ZSTD_freeDCtx(zstd);
    free(out);
    return NULL;
}

struct frames {
    struct frame *list;
    size_t count, cap, files;
};

/* Skippable frames hold nothing to decode. */
static void add_file(struct frames *all, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    const uint8_t *p;
    size_t left;

    if (fd < 0 || fstat(fd, &st) != 0)
        die(path);
    all->files++;
    left = (size_t)st.st_size;
    if (left == 0) {
        close(fd);
        return;
    }
    p = mmap(NULL, left, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        die(path);
    close(fd);
    while (left > 0) {
        size_t len = ZSTD_findFrameCompressedSize(p, left);
        uint32_t magic = 0;

        if (ZSTD_isError(len)) {
            fprintf(stderr, "bench_decode: %s: %s\n", path, ZSTD_getErrorName(len));
            exit(1);
        }
        memcpy(&magic, p, sizeof magic);
        if (all->count == all->cap) {
            all->cap = all->cap == 0 ? 1024 : all->cap * 2;
            all->list = grow(all->list, all->cap * sizeof *all->list);
        }
        if (magic == ZSTD_MAGICNUMBER)
            all->list[all->count++] = (struct frame){p, len};
        p += len;
        left -= len;
    }
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS_MAX];
    struct frames all = {0};
    struct job job = {0};
    int n = 1, c;
    FTS *walk;
    FTSENT *e;

    while ((c = getopt(argc, argv, "sT:")) != -1) {
        if (c == 's')
            job.stream = true;
        else if (c == 'T')
            n = atoi(optarg);
    }
    if (optind == argc || n < 1 || n > THREADS_MAX || c == '?') {
        fputs("usage: bench_decode [-s] [-T N] FILE|FOLDER...\n", stderr);
        return 2;
    }
    walk = fts_open(argv + optind, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL)
        die(argv[optind]);
    while ((e = fts_read(walk)) != NULL) {
        if (e->fts_info == FTS_F)
            add_file(&all, e->fts_path);
        else if (e->fts_info == FTS_NS || e->fts_info == FTS_DNR || e->fts_info == FTS_ERR)
            die(e->fts_path);
    }
    fts_close(walk);
    job.frames = all.list;
    job.count = all.count;
    for (int i = 1; i < n; i++) {
        if (pthread_create(&threads[i], NULL, work, &job) != 0)
            die("pthread_create");
    }
    work(&job);
    for (int i = 1; i < n; i++)
        pthread_join(threads[i], NULL);
    printf("%zu files %zu frames %llu bytes\n", all.files, all.count,
           (unsigned long long)atomic_load(&job.bytes));
    free(all.list);
    return atomic_load(&job.failed) ? 1 : 0;
}
