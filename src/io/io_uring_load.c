/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small files through the ring: up to 64 are open at a time, in four steps each: open, look, read,
 * close. Opens and reads complete in any order, places in the block are given in the order of the
 * files. Whatever fails in the ring is done once more with plain calls when its turn comes, so
 * that errors are decided in one place.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

#include "base/compiler.h"
#include "io/io_ring.h"

enum step {
    STEP_OPENING,
    STEP_OPEN,    /* fd is there */
    STEP_REFUSED, /* to be opened with a plain call */
    STEP_READING,
    STEP_READ,    /* got bytes; what is missing is read with plain calls */
    STEP_DONE     /* closed, result in place */
};

struct small {
    enum step step;
    int fd, forced;
    bool noatime;
    size_t start, got;
};

/* Of the files, [collected, placed) have a place in the block and [placed, opened) wait for one. */
struct twf_uring_loader {
    struct twf_io_pack *p;
    struct small small[TWF_RING_WINDOW];
    size_t collected, placed, opened, window;
};

static struct small *small_of(struct twf_uring_loader *u, size_t i)
{
    return &u->small[i % TWF_RING_WINDOW];
}

static void queue_open(struct twf_uring_loader *u, uint32_t index, const struct twf_io_load *l)
{
    struct small *s = &u->small[index];
    struct io_uring_sqe *sqe = twf_ring_sqe(u->p->io, TWF_RING_LOAD, index);
    uint64_t user_data;

    s->step = sqe == NULL ? STEP_REFUSED : STEP_OPENING;
    if (sqe == NULL)
        return;
    user_data = sqe->user_data;
    io_uring_prep_openat(sqe, AT_FDCWD, l->path,
                         twf_io_load_flags(l) | (s->noatime ? O_NOATIME : 0), 0);
    sqe->user_data = user_data;
}

static void queue_read(struct twf_uring_loader *u, uint32_t index, size_t len)
{
    struct small *s = &u->small[index];
    struct io_uring_sqe *sqe = twf_ring_sqe(u->p->io, TWF_RING_LOAD, index);

    s->step = sqe == NULL ? STEP_READ : STEP_READING;
    if (sqe != NULL)
        twf_ring_read(u->p->io, sqe, s->fd, u->p->block, s->start + s->got, len - s->got, s->got,
                      &s->forced);
}

/* The file of a slot, found from the slot: the window holds consecutive files. */
static struct twf_io_load *file_of(struct twf_uring_loader *u, uint32_t index)
{
    size_t first = u->collected % TWF_RING_WINDOW;
    size_t ahead = (index + TWF_RING_WINDOW - first) % TWF_RING_WINDOW;

    return &u->p->files[u->collected + ahead];
}

void twf_uring_load_done(struct twf_io *io, uint32_t index, int res)
{
    struct twf_uring_loader *u = io->uring->loader;
    struct small *s = &u->small[index];
    struct twf_io_load *l = file_of(u, index);

    if (s->step == STEP_OPENING) {
        if (res == -EPERM && s->noatime) {
            s->noatime = false;
            queue_open(u, index, l);
            return;
        }
        s->fd = res;
        s->step = res >= 0 ? STEP_OPEN : STEP_REFUSED;
        return;
    }
    assert(s->step == STEP_READING);
    if (s->forced != 0)
        res = -s->forced;
    if (res > 0)
        s->got += (size_t)res;
    if (res > 0 && s->got < l->stat.size)
        queue_read(u, index, (size_t)l->stat.size);
    else
        s->step = STEP_READ;
}

/* As many opens as will probably fit into the block: what does not fit was opened in vain. */
static void open_more(struct twf_uring_loader *u)
{
    size_t left = u->p->block->cap - u->p->block->len;
    size_t fit = left / (u->p->io->small_len + TWF_IO_PACK) + 4;

    while (u->opened < u->p->n && u->opened - u->collected < u->window &&
           u->opened - u->placed < fit) {
        struct small *s = small_of(u, u->opened);

        *s = (struct small){.fd = -1, .noatime = true};
        queue_open(u, (uint32_t)(u->opened % TWF_RING_WINDOW), &u->p->files[u->opened]);
        u->opened++;
    }
}

static void collect(struct twf_uring_loader *u)
{
    for (; u->collected < u->placed; u->collected++) {
        struct small *s = small_of(u, u->collected);
        struct twf_io_load *l = &u->p->files[u->collected];

        if (s->step == STEP_READING)
            return;
        if (s->step == STEP_DONE)
            continue;
        twf_io_load_rest(u->p, l, s->fd, s->start, s->got);
        twf_io_load_check(l, s->fd);
        twf_ring_close(u->p->io, s->fd);
    }
}

/* Closes what is open behind file i; it is opened anew when its turn comes. */
static void close_behind(struct twf_uring_loader *u, size_t i)
{
    for (i++; i < u->opened; i++) {
        struct small *s = small_of(u, i);

        while (s->step == STEP_OPENING)
            twf_ring_wait(u->p->io);
        if (s->step == STEP_OPEN)
            (void)close(s->fd);
        s->step = STEP_REFUSED;
    }
}

/* Leaves nothing open, so that file i finds all descriptors there are. */
static void close_all_but(struct twf_uring_loader *u, size_t i)
{
    close_behind(u, i);
    for (;;) {
        collect(u);
        if (u->collected == u->placed && u->p->io->uring->closing == 0)
            return;
        twf_ring_wait(u->p->io);
    }
}

static bool open_plainly(struct twf_uring_loader *u, size_t i)
{
    struct small *s = small_of(u, i);
    struct twf_io_load *l = &u->p->files[i];

    s->fd = twf_io_load_open(l);
    if (s->fd < 0 && (l->sys_errno == EMFILE || l->sys_errno == ENFILE)) {
        /* Our own window may be what has used them up. */
        u->window = 1;
        close_all_but(u, i);
        s->fd = twf_io_load_open(l);
    }
    return s->fd >= 0;
}

/* Gives places to files whose turn it is; false when the block is full. */
static bool place_more(struct twf_uring_loader *u)
{
    for (; u->placed < u->opened; u->placed++) {
        struct small *s = small_of(u, u->placed);
        struct twf_io_load *l = &u->p->files[u->placed];

        if (s->step == STEP_OPENING)
            return true;
        if (s->step == STEP_REFUSED && !open_plainly(u, u->placed)) {
            s->step = STEP_DONE;
            continue;
        }
        l->kind = TWF_LOAD_DATA; /* and no error of a first try */
        l->sys_errno = 0;
        if (!twf_io_load_look(u->p, l, s->fd)) {
            twf_ring_close(u->p->io, s->fd);
            s->step = STEP_DONE;
            continue;
        }
        if (!twf_io_load_place(u->p, l, s->fd, &s->start)) {
            (void)close(s->fd);
            s->step = STEP_REFUSED;
            return false;
        }
        if (l->kind == TWF_LOAD_DATA && l->stat.size > 0)
            queue_read(u, (uint32_t)(u->placed % TWF_RING_WINDOW), (size_t)l->stat.size);
        else
            s->step = STEP_READ;
    }
    return true;
}

void twf_uring_load(struct twf_io_pack *p)
{
    struct twf_uring_loader loader = {.p = p, .window = TWF_RING_WINDOW};
    struct twf_uring_loader *u = &loader;
    bool has_room = true;

    p->io->uring->loader = u;
    while (u->collected < p->n && (has_room || u->collected < u->placed)) {
        if (has_room) {
            open_more(u);
            has_room = place_more(u);
        }
        collect(u);
        if (u->collected < u->placed || (has_room && u->placed < u->opened))
            twf_ring_wait(p->io);
    }
    /* Behind the file that found no room, and the closes. */
    if (u->placed < u->opened)
        close_behind(u, u->placed);
    while (p->io->uring->closing > 0)
        twf_ring_wait(p->io);
    p->io->uring->loader = NULL;
}
