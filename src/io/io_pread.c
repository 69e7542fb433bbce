/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading with pread and read: the whole of one backend, and what the ring falls back to when a
 * single read fails. Pipes, kernels without rings, containers that forbid them.
 */
#define _GNU_SOURCE
#include "io/io_state.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/compiler.h"

/* Some network file systems refuse more than 16 MiB at a time with EINVAL; none refuses this. */
#define READ_MAX ((size_t)8 << 20)

bool twf_io_is_transient(int sys_errno)
{
    switch (sys_errno) {
    case EINTR:
    case EAGAIN:
    case EBUSY:
    case ENOMEM:
    case ECANCELED: return true;
    default: return false;
    }
}

/* Waits before try number n: 1 ms, 2 ms, 4 ms ... so that all tries together stay below a second.
 * */
static void wait_a_little(int sys_errno, int fd, bool stream, unsigned n)
{
    struct timespec pause = {0, (long)(1000000u << TWF_MIN(n, 7u))};

    if (sys_errno == EINTR || sys_errno == ECANCELED)
        return;
    if (sys_errno == EAGAIN && stream) {
        /* A pipe that was left non-blocking has nothing yet: that is no failure, however long. */
        struct pollfd ready = {fd, POLLIN, 0};
        struct timespec before, after;

        (void)clock_gettime(CLOCK_MONOTONIC, &before);
        (void)poll(&ready, 1, -1);
        (void)clock_gettime(CLOCK_MONOTONIC, &after);
        if (after.tv_sec != before.tv_sec || after.tv_nsec - before.tv_nsec > 1000000)
            return;
    }
    (void)nanosleep(&pause, NULL);
}

/* Waits for bytes of a pipe; false when the run was stopped meanwhile. What poll does not know is ready. */
static bool wait_for_bytes(const struct twf_io *io, int fd)
{
    enum { LOOK_MS = 100 };
    struct pollfd ready = {fd, POLLIN, 0};

    while (io->is_stopped != NULL && poll(&ready, 1, LOOK_MS) == 0) {
        if (io->is_stopped(io->stop_ctx))
            return false;
    }
    return true;
}

/* One call: bytes, 0 at the end, -errno. */
static ssize_t read_once(struct twf_io *io, int fd, uint8_t *buf, size_t len, uint64_t off)
{
    int forced;
    ssize_t n;

    len = twf_io_fault_read(io->faults, off, TWF_MIN(len, READ_MAX), &forced);
    if (forced != 0)
        return -forced;
    n = off == TWF_IO_NO_OFF ? read(fd, buf, len) : pread(fd, buf, len, (off_t)off);
    return n < 0 ? -errno : n;
}

int twf_io_read_full(struct twf_io *io, int fd, uint8_t *buf, size_t len, uint64_t off,
                     size_t *got)
{
    unsigned tries = 0;

    *got = 0;
    while (*got < len) {
        ssize_t n;

        if (off == TWF_IO_NO_OFF && !wait_for_bytes(io, fd))
            return ECANCELED;
        n = read_once(io, fd, buf + *got, len - *got, off == TWF_IO_NO_OFF ? off : off + *got);

        if (n > 0) {
            *got += (size_t)n;
            tries = 0;
        } else if (n == 0) {
            return 0;
        } else if (!twf_io_is_transient((int)-n) || ++tries >= TWF_IO_TRIES) {
            return (int)-n;
        } else {
            wait_a_little((int)-n, fd, off == TWF_IO_NO_OFF, tries);
        }
    }
    return 0;
}

struct twf_block *twf_io_take_now(struct twf_io_file *f, size_t want, int *sys_errno)
{
    struct twf_block *b = twf_io_block_get(f->io);
    uint64_t off = f->shape == TWF_IO_STREAM ? TWF_IO_NO_OFF : f->next_off;
    size_t more;

    if (b == NULL)
        return NULL;
    if (f->direct) {
        /* A direct read has the length of whole sectors, also where the file ends within one. */
        size_t len = (want + TWF_IO_ALIGN - 1) & ~(size_t)(TWF_IO_ALIGN - 1);

        *sys_errno = twf_io_read_full(f->io, f->fd, b->data, len, off, &b->len);
        b->len = TWF_MIN(b->len, want);
        if (*sys_errno != EINVAL && (*sys_errno != 0 || b->len == want))
            return b;
        /* Stopped within a sector, or the file system refuses only now. */
        twf_io_direct(f, false);
    }
    *sys_errno = twf_io_read_full(f->io, f->fd, b->data + b->len, want - b->len,
                                  off == TWF_IO_NO_OFF ? off : off + b->len, &more);
    b->len += more;
    return b;
}

static int pread_start(struct twf_io *io)
{
    (void)strcpy(io->detail, "pread");
    return 0;
}

static void pread_stop(struct twf_io *io)
{
    (void)io;
}

/* One file after the other: open, look, read, look again, close. */
static void pread_load(struct twf_io_pack *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct twf_io_load *l = &p->files[i];
        int fd = twf_io_load_open(l);
        size_t start;

        if (fd < 0)
            continue;
        if (twf_io_load_look(p, l, fd)) {
            if (!twf_io_load_place(p, l, fd, &start)) {
                (void)close(fd);
                return;
            }
            twf_io_load_rest(p, l, fd, start, l->data.len);
            twf_io_load_check(l, fd);
        }
        (void)close(fd);
    }
}

const struct twf_io_backend twf_io_backend_pread = {
    .name = "pread",
    .start = pread_start,
    .stop = pread_stop,
    .take = twf_io_take_now,
    .load = pread_load,
};
