/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring itself: setup, submission, completion. What is read through it is the business of
 * io_uring.c (blocks of large files) and io_uring_load.c (small files). When the kernel refuses
 * the ring for good it is broken: what is queued fails with EAGAIN, what is in flight is waited
 * for, and both users go on with pread.
 */
#ifndef TWF_IO_IO_RING_H
#define TWF_IO_IO_RING_H

#include <liburing.h>

#include "io/io_state.h"

enum {
    TWF_RING_ENTRIES = 256, /* also the most that is in flight, so that a ring is never full */
    TWF_RING_READS = 128,   /* of these, for blocks read ahead */
    TWF_RING_WINDOW = 64,   /* small files open at a time */
    TWF_RING_WORKERS = 8    /* kernel threads for opens and reads that would block */
};

enum twf_ring_tag { TWF_RING_READ, TWF_RING_LOAD, TWF_RING_CLOSE };

/* One block on its way. */
struct twf_uring_read {
    struct twf_io_file *file;
    struct twf_block *block;
    struct twf_uring_read *next; /* behind it in the file */
    size_t want, got;
    int sys_errno, forced;
    unsigned tries;
    bool busy;
};

struct twf_uring_loader;

struct twf_uring {
    struct io_uring ring;
    bool enabled, fixed, broken;
    unsigned in_flight, reading, closing;
    struct twf_uring_read *reads;    /* one for each block */
    struct twf_uring_loader *loader; /* during twf_io_load */
};

/* 0 or errno; io->uring is there on success. */
int twf_ring_start(struct twf_io *io);
/* Waits for what is in flight. */
void twf_ring_stop(struct twf_io *io);

/* An entry that completes with tag and value, counted as in flight; NULL when the ring is broken.
 * */
struct io_uring_sqe *twf_ring_sqe(struct twf_io *io, enum twf_ring_tag tag, uint32_t value);
/* Fills sqe with a read into a block, shortened or failed (*forced) as the faults say. */
void twf_ring_read(struct twf_io *io, struct io_uring_sqe *sqe, int fd, const struct twf_block *b,
                   size_t at, size_t len, uint64_t off, int *forced);
/* Closes fd without waiting, now or with the next submission. */
void twf_ring_close(struct twf_io *io, int fd);
/* Hands over what is queued, and takes the completions that are there. */
void twf_ring_submit(struct twf_io *io);
/* The same, and waits for at least one completion. Nothing in flight: returns at once. */
void twf_ring_wait(struct twf_io *io);

/* The users' part of a completion. res is what the kernel said. */
void twf_uring_read_done(struct twf_io *io, uint32_t slot, int res);
void twf_uring_load_done(struct twf_io *io, uint32_t index, int res);
/* io_uring_load.c */
void twf_uring_load(struct twf_io_pack *p);

#endif
