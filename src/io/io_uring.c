/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads ahead of a large file: one read of a whole block for each free block, in any order of
 * completion, handed out in the order of the file. No links between reads: a short one would
 * cancel those behind it.
 */
#define _GNU_SOURCE
#include <errno.h>

#include "base/compiler.h"
#include "io/io_ring.h"

static void queue_read(struct twf_io *io, struct twf_uring_read *r)
{
    struct twf_io_file *f = r->file;
    size_t len = r->want - r->got;
    struct io_uring_sqe *sqe = twf_ring_sqe(io, TWF_RING_READ, r->block->slot);

    if (sqe == NULL) {
        r->sys_errno = EAGAIN;
        r->busy = false;
        io->uring->reading--;
        return;
    }
    /* A direct read has the length of whole sectors; the block has room for it. */
    if (f->direct)
        len = (len + TWF_IO_ALIGN - 1) & ~(size_t)(TWF_IO_ALIGN - 1);
    twf_ring_read(io, sqe, f->fd, r->block, r->got, len, r->block->off + r->got, &r->forced);
}

/* Starts the next read of f into b. */
static void start_read(struct twf_io_file *f, struct twf_block *b)
{
    struct twf_io *io = f->io;
    struct twf_uring_read *r = &io->uring->reads[b->slot], **link = &f->first;

    if (f->first == NULL)
        f->ahead_off = f->next_off;
    while (*link != NULL)
        link = &(*link)->next;
    *link = r;
    *r = (struct twf_uring_read){.file = f, .block = b, .busy = true};
    r->want = (size_t)TWF_MIN(io->block_len, f->end - f->ahead_off);
    b->off = f->ahead_off;
    f->ahead_off += r->want;
    io->uring->reading++;
    queue_read(io, r);
}

static bool can_read_ahead(const struct twf_io_file *f)
{
    return f->shape == TWF_IO_SIZED && f->fatal == 0 && !f->io->uring->broken &&
           f->io->uring->reading < TWF_RING_READS &&
           (f->first == NULL ? f->next_off : f->ahead_off) < f->end;
}

static void uring_ahead(struct twf_io_file *f)
{
    while (f->io->free_count > 0 && can_read_ahead(f))
        start_read(f, twf_io_block_get(f->io));
    twf_ring_submit(f->io);
}

void twf_uring_read_done(struct twf_io *io, uint32_t slot, int res)
{
    struct twf_uring_read *r = &io->uring->reads[slot];

    if (r->forced != 0)
        res = -r->forced;
    if (res > 0) {
        /* More than that: a direct read of a file that grew. */
        r->got = TWF_MIN(r->got + (size_t)res, r->want);
        r->tries = 0;
        if (r->got < r->want) {
            queue_read(io, r);
            return;
        }
    } else if (res == -EINVAL && r->file->direct) {
        twf_io_direct(r->file, false);
        queue_read(io, r);
        return;
    } else if (res < 0 && twf_io_is_transient(-res) && ++r->tries < TWF_IO_TRIES) {
        queue_read(io, r);
        return;
    }
    r->sys_errno = res < 0 ? -res : 0;
    r->busy = false;
    io->uring->reading--;
}

static struct twf_block *finish(struct twf_io *io, struct twf_uring_read *r)
{
    while (r->busy)
        twf_ring_wait(io);
    r->block->len = r->got;
    return r->block;
}

static struct twf_block *uring_take(struct twf_io_file *f, size_t want, int *sys_errno)
{
    struct twf_io *io = f->io;
    struct twf_uring_read *r;
    struct twf_block *b;

    uring_ahead(f);
    if (f->first == NULL) {
        /* A pipe may stay silent for ever: the wait must end when the run does. */
        if (io->uring->broken || f->shape == TWF_IO_STREAM)
            return twf_io_take_now(f, want, sys_errno);
        b = twf_io_block_get(io);
        if (b == NULL)
            return NULL;
        start_read(f, b);
    }
    r = f->first;
    assert(r->block->off == f->next_off && r->want == want);
    b = finish(io, r);
    f->first = r->next;
    *sys_errno = r->sys_errno;
    return b;
}

static void uring_forget(struct twf_io_file *f)
{
    while (f->first != NULL) {
        struct twf_uring_read *r = f->first;

        twf_io_block_put(f->io, finish(f->io, r));
        f->first = r->next;
    }
}

/* The last block of a queue is needed last. It is read again when its turn comes. */
static struct twf_block *uring_reclaim(struct twf_io *io)
{
    for (struct twf_io_file *f = io->files; f != NULL; f = f->next) {
        struct twf_uring_read **link = &f->first;
        struct twf_block *b;

        if (f->first == NULL)
            continue;
        while ((*link)->next != NULL)
            link = &(*link)->next;
        b = finish(io, *link);
        f->ahead_off = b->off;
        *link = NULL;
        return b;
    }
    return NULL;
}

const struct twf_io_backend twf_io_backend_uring = {
    .name = "uring",
    .start = twf_ring_start,
    .stop = twf_ring_stop,
    .take = uring_take,
    .ahead = uring_ahead,
    .forget = uring_forget,
    .reclaim = uring_reclaim,
    .load = twf_uring_load,
};
