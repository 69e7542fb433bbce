/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setup of the ring with as few rights as the kernel lets us choose, and the two directions of its
 * traffic. Every refusal has a way on: without a flag, without registered buffers, without
 * restrictions, and at last without the ring.
 */
#define _GNU_SOURCE
#include "io/io_ring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/compiler.h"

/* What the ring may do once it is enabled. fstat is a plain call: statx through a ring always goes
 * to a kernel thread, and the descriptor's inode is in memory anyway. */
static const uint8_t allowed_ops[] = {IORING_OP_READ, IORING_OP_READ_FIXED, IORING_OP_OPENAT,
                                      IORING_OP_CLOSE};

/* liburing 2.3 declares io_uring_register_restrictions and io_uring_enable_rings, but exports
 * neither. */
static int ring_register(struct twf_uring *u, unsigned op, const void *arg, unsigned n)
{
    return (int)syscall(__NR_io_uring_register, u->ring.ring_fd, op, arg, n) < 0 ? -errno : 0;
}

static int setup(struct twf_io *io)
{
    /*
     * From what 5.10 takes down to what 5.6 takes. Threads take turns at the ring: SINGLE_ISSUER would
     * refuse the second one, and with COOP_TASKRUN a read would end only when the thread that began it
     * enters the kernel again.
     */
    static const unsigned flags[] = {IORING_SETUP_R_DISABLED, 0};
    int rc = twf_io_fault_setup(io->faults, "setup");

    if (rc != 0)
        return rc;
    for (size_t i = 0; i < TWF_COUNT(flags); i++) {
        struct io_uring_params params = {.flags = flags[i]};

        rc = io_uring_queue_init_params(TWF_RING_ENTRIES, &io->uring->ring, &params);
        io->uring->enabled = (flags[i] & IORING_SETUP_R_DISABLED) == 0;
        if (rc != -EINVAL)
            return rc;
    }
    return rc;
}

/* -EINVAL when the kernel lacks an operation that we need. */
static int probe(struct twf_io *io)
{
    enum { OPS = 64 };
    struct io_uring_probe *answer;
    int rc = twf_io_fault_setup(io->faults, "probe");

    if (rc != 0)
        return rc;
    answer = twf_calloc(1, sizeof(*answer) + OPS * sizeof(answer->ops[0]));
    if (answer == NULL)
        return -ENOMEM;
    rc = ring_register(io->uring, IORING_REGISTER_PROBE, answer, OPS);
    for (size_t i = 0; rc == 0 && i < TWF_COUNT(allowed_ops); i++) {
        if (allowed_ops[i] > answer->last_op ||
            (answer->ops[allowed_ops[i]].flags & IO_URING_OP_SUPPORTED) == 0)
            rc = -EINVAL;
    }
    twf_free(answer);
    return rc;
}

static int register_buffers(struct twf_io *io)
{
    struct iovec *parts;
    int rc = twf_io_fault_setup(io->faults, "buffers");

    if (rc != 0)
        return rc;
    parts = twf_calloc(io->block_count, sizeof(*parts));
    if (parts == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < io->block_count; i++)
        parts[i] = (struct iovec){io->blocks[i].data, io->blocks[i].cap};
    rc = io_uring_register_buffers(&io->uring->ring, parts, io->block_count);
    twf_free(parts);
    return rc < 0 ? rc : 0;
}

static int restrict_ops(struct twf_io *io)
{
    struct io_uring_restriction list[TWF_COUNT(allowed_ops)];
    int rc = twf_io_fault_setup(io->faults, "restrict");

    if (rc != 0)
        return rc;
    if (io->uring->enabled)
        return -EINVAL;
    memset(list, 0, sizeof(list));
    for (size_t i = 0; i < TWF_COUNT(allowed_ops); i++) {
        list[i].opcode = IORING_RESTRICTION_SQE_OP;
        list[i].sqe_op = allowed_ops[i];
    }
    return ring_register(io->uring, IORING_REGISTER_RESTRICTIONS, list, TWF_COUNT(allowed_ops));
}

static const char *answer_text(int rc)
{
    return rc == 0 ? "yes" : strerrorname_np(-rc);
}

static void describe(struct twf_io *io, int fixed, int restricted)
{
    (void)snprintf(io->detail, sizeof(io->detail),
                   "io_uring; buffers registered: %s%s; operations restricted: %s",
                   answer_text(fixed), fixed == 0 ? "" : " (see ulimit -l)",
                   answer_text(restricted));
}

int twf_ring_start(struct twf_io *io)
{
    unsigned workers[2] = {TWF_RING_WORKERS, TWF_RING_WORKERS};
    int rc, fixed, restricted;

    io->uring = twf_calloc(1, sizeof(*io->uring));
    if (io->uring == NULL)
        return ENOMEM;
    io->uring->reads = twf_calloc(io->block_count, sizeof(*io->uring->reads));
    rc = io->uring->reads == NULL ? -ENOMEM : setup(io);
    if (rc < 0)
        goto fail;
    rc = probe(io);
    if (rc < 0) {
        io_uring_queue_exit(&io->uring->ring);
        goto fail;
    }
    fixed = register_buffers(io);
    io->uring->fixed = fixed == 0;
    /* Without it one slow folder makes the kernel start as many threads as there are opens. */
    (void)io_uring_register_iowq_max_workers(&io->uring->ring, workers);
    restricted = restrict_ops(io);
    describe(io, fixed, restricted);
    return 0;
fail:
    twf_free(io->uring->reads);
    twf_free(io->uring);
    io->uring = NULL;
    return -rc;
}

void twf_ring_stop(struct twf_io *io)
{
    if (io->uring == NULL)
        return;
    /* The kernel writes into the blocks until the last completion. */
    while (io->uring->in_flight > 0)
        twf_ring_wait(io);
    io_uring_queue_exit(&io->uring->ring);
    twf_free(io->uring->reads);
    twf_free(io->uring);
    io->uring = NULL;
}

/* ---- completion ---- */

static uint64_t pack_tag(enum twf_ring_tag tag, uint32_t value)
{
    return (uint64_t)tag << 32 | value;
}

/* A close that was not even tried leaves the descriptor open; one that failed does not. */
static void close_done(uint32_t fd, int res)
{
    if (res == -EAGAIN || res == -ECANCELED || res == -EACCES || res == -EINVAL || res == -ENOMEM)
        (void)close((int)fd);
}

static void complete(struct twf_io *io, uint64_t data, int res)
{
    uint32_t value = (uint32_t)data;

    io->uring->in_flight--;
    switch ((enum twf_ring_tag)(data >> 32)) {
    case TWF_RING_READ: twf_uring_read_done(io, value, res); break;
    case TWF_RING_LOAD: twf_uring_load_done(io, value, res); break;
    case TWF_RING_CLOSE:
        io->uring->closing--;
        close_done(value, res);
        break;
    }
}

/* Takes what is there; how many. */
static unsigned reap(struct twf_io *io)
{
    struct io_uring_cqe *cqes[32];
    struct {
        uint64_t data;
        int res;
    } done[TWF_COUNT(cqes)];
    unsigned total = 0, n;

    while ((n = io_uring_peek_batch_cqe(&io->uring->ring, cqes, TWF_COUNT(cqes))) > 0) {
        for (unsigned i = 0; i < n; i++) {
            done[i].data = cqes[i]->user_data;
            done[i].res = cqes[i]->res;
        }
        io_uring_cq_advance(&io->uring->ring, n);
        total += n;
        while (n > 0) {
            unsigned i = twf_io_fault_pick(io->faults, n);

            complete(io, done[i].data, done[i].res);
            done[i] = done[--n];
        }
    }
    return total;
}

/* ---- submission ---- */

static void give_up(struct twf_io *io, int sys_errno)
{
    struct io_uring_sq *sq = &io->uring->ring.sq;
    unsigned head = *sq->khead;

    io->uring->broken = true;
    io->in_use = twf_io_backend_pread.name;
    (void)snprintf(io->notice, sizeof(io->notice),
                   "io_uring: the kernel stopped it (%s); reading with pread",
                   strerrorname_np(sys_errno));
    /* The kernel never takes what lies between its head and our tail. */
    for (unsigned tail = sq->sqe_tail; head != tail; head++)
        complete(io, sq->sqes[head & sq->ring_mask].user_data, -EAGAIN);
    sq->sqe_head = sq->sqe_tail = head;
}

static void pause_ms(unsigned ms)
{
    struct timespec pause = {0, (long)ms * 1000000};

    (void)nanosleep(&pause, NULL);
}

static int enter(struct twf_io *io, unsigned wait_nr)
{
    struct twf_uring *u = io->uring;
    int rc = twf_io_fault_enter(io->faults);

    if (rc != 0)
        return rc;
    if (!u->enabled) {
        /* As late as this, as the kernel ties a ring of one issuer to the thread that enables it.
         * */
        rc = ring_register(u, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
        if (rc != 0)
            return rc;
        u->enabled = true;
    }
    return wait_nr > 0 ? io_uring_submit_and_wait(&u->ring, wait_nr) : io_uring_submit(&u->ring);
}

/* Hands over what is queued; with wait, comes back with a completion. */
static void turn(struct twf_io *io, bool wait)
{
    unsigned tries = 0, interrupts = 0;

    while (!io->uring->broken) {
        int rc = enter(io, wait ? 1 : 0);
        unsigned got = reap(io);

        if (got > 0 || (rc >= 0 && !wait))
            return;
        if (rc == -EINTR ? ++interrupts < 1000 : rc >= 0)
            continue;
        /* EAGAIN and EBUSY: no memory for a request, or too many completions waiting. */
        if ((rc != -EAGAIN && rc != -EBUSY && rc != -EINTR) || ++tries > TWF_IO_TRIES ||
            rc == -EINTR) {
            give_up(io, -rc);
            return;
        }
        pause_ms(1u << TWF_MIN(tries, 7u));
    }
    /* Broken: the kernel still finishes what it took, and any call lets it post the completion. */
    while (wait && reap(io) == 0 && io->uring->in_flight > 0)
        pause_ms(1);
}

void twf_ring_submit(struct twf_io *io)
{
    if (io_uring_sq_ready(&io->uring->ring) > 0)
        turn(io, false);
}

void twf_ring_wait(struct twf_io *io)
{
    if (io->uring->in_flight > 0)
        turn(io, true);
}

struct io_uring_sqe *twf_ring_sqe(struct twf_io *io, enum twf_ring_tag tag, uint32_t value)
{
    struct twf_uring *u = io->uring;
    struct io_uring_sqe *sqe;

    if (u->broken)
        return NULL;
    assert(u->in_flight < TWF_RING_ENTRIES);
    sqe = io_uring_get_sqe(&u->ring);
    assert(sqe != NULL); /* never more in flight than the ring has entries */
    memset(sqe, 0, sizeof(*sqe));
    sqe->user_data = pack_tag(tag, value);
    u->in_flight++;
    return sqe;
}

void twf_ring_read(struct twf_io *io, struct io_uring_sqe *sqe, int fd, const struct twf_block *b,
                   size_t at, size_t len, uint64_t off, int *forced)
{
    uint64_t user_data = sqe->user_data;

    len = twf_io_fault_read(io->faults, off, len, forced);
    if (io->uring->fixed)
        io_uring_prep_read_fixed(sqe, fd, b->data + at, (unsigned)len, off, (int)b->slot);
    else
        io_uring_prep_read(sqe, fd, b->data + at, (unsigned)len, off);
    sqe->user_data = user_data;
}

void twf_ring_close(struct twf_io *io, int fd)
{
    struct io_uring_sqe *sqe = NULL;

    /* Half of the ring is left to reads and opens. */
    if (io->uring->closing < TWF_RING_WINDOW)
        sqe = twf_ring_sqe(io, TWF_RING_CLOSE, (uint32_t)fd);
    if (sqe == NULL) {
        (void)close(fd);
        return;
    }
    io->uring->closing++;
    io_uring_prep_close(sqe, fd);
    sqe->user_data = pack_tag(TWF_RING_CLOSE, (uint32_t)fd);
}
