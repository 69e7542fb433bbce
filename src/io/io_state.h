/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share: the state of a reader, of an open input, and the table that
 * a way to read fills in. io_next.c hands out blocks in order and deals with damage, the same for
 * every backend; a backend only says how the bytes of a range come into a block.
 */
#ifndef TWF_IO_IO_STATE_H
#define TWF_IO_IO_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/io.h"
#include "io/io_fault.h"

enum {
    TWF_IO_ALIGN = 4096, /* of blocks, and of what O_DIRECT takes on every file system we met */
    TWF_IO_PIECE = 4096, /* in which a range that gave EIO is read again */
    TWF_IO_TRIES = 8,    /* reads in a row that may fail for a passing reason */
    TWF_IO_PACK = 64     /* alignment of small files in a block */
};

#define TWF_IO_NO_OFF UINT64_MAX /* no offset: read() where the descriptor stands */

enum twf_io_shape {
    TWF_IO_SIZED,   /* regular file or block device: read at offsets, up to the size seen at open */
    TWF_IO_UNSIZED, /* regular but without a size (/proc): read at offsets, up to the end */
    TWF_IO_STREAM   /* pipe, FIFO, socket, device */
};

struct twf_io_pack;
struct twf_uring;
struct twf_uring_read;

struct twf_io_backend {
    const char *name;
    /* 0, or the errno for which this way is not open. */
    int (*start)(struct twf_io *io);
    void (*stop)(struct twf_io *io);
    /* A block with the bytes of f at next_off: want of them, or fewer with the errno that stopped
     * it in *sys_errno (0: the file ended). NULL when every block is lent. */
    struct twf_block *(*take)(struct twf_io_file *f, size_t want, int *sys_errno);
    /* Starts reads behind next_off in all free blocks. May be NULL, like the next two. */
    void (*ahead)(struct twf_io_file *f);
    /* Drops what was read ahead of f. */
    void (*forget)(struct twf_io_file *f);
    /* Gives up one block that was read ahead of any file, or NULL. */
    struct twf_block *(*reclaim)(struct twf_io *io);
    /* Fills in p->files in order. */
    void (*load)(struct twf_io_pack *p);
};

extern const struct twf_io_backend twf_io_backend_uring, twf_io_backend_pread;

struct twf_io {
    const struct twf_io_backend *backend;
    const char *in_use;                 /* its name, until a ring breaks */
    const struct twf_io_faults *faults; /* NULL outside of tests */
    struct twf_uring *uring;            /* NULL when the backend is another */
    bool (*is_stopped)(void *ctx);
    void *stop_ctx;
    size_t block_len;
    uint32_t block_count, lent, free_count;
    bool direct;
    uint8_t *slab;
    struct twf_block *blocks;
    uint32_t *free_slots;      /* a stack: the block used last is the one in the cache */
    struct twf_io_file *files; /* open ones, the latest first */
    size_t small_len;          /* of a small file, on average */
    char notice[160], detail[160];
};

struct twf_io_file {
    struct twf_io *io;
    struct twf_io_file *next;
    char *path;
    int fd;
    enum twf_io_shape shape;
    bool owned;   /* the descriptor is ours to close */
    bool by_path; /* path can be asked again for its inode */
    bool direct;  /* O_DIRECT is on */
    bool shrunk;
    struct twf_io_stat stat;
    uint64_t next_off; /* where the next block from the backend begins */
    uint64_t end;      /* UINT64_MAX as long as it is not known */
    /* A range in front of next_off whose read failed with bad_errno, not yet read in pieces. */
    uint64_t bad_from, bad_to;
    int bad_errno;
    int fatal; /* an errno after which nothing more can be read, not yet reported */
    uint64_t skipped;
    /* Of the ring: reads in the order of the file, and where the next one begins. */
    struct twf_uring_read *first;
    uint64_t ahead_off;
};

/* ---- backends.c: blocks ---- */

/* A free block, if need be one that was read ahead; NULL when all are lent. Not yet lent. */
struct twf_block *twf_io_block_get(struct twf_io *io);
void twf_io_block_put(struct twf_io *io, struct twf_block *b);

/* ---- io_file.c ---- */

/* open(2) read-only with O_NOATIME where that is allowed, EINTR retried. -errno on failure. */
int twf_io_open_path(const char *path, int flags);
void twf_io_stat_fill(struct twf_io_stat *out, int fd, const void *sys_stat);
bool twf_io_stat_same(const struct twf_io_stat *a, const struct twf_io_stat *b);
/* Switches O_DIRECT on or off; a direct descriptor refuses offsets and buffers that are not
 * aligned. */
void twf_io_direct(struct twf_io_file *f, bool on);

/* ---- io_pread.c: reading at once, for both backends ---- */

/* A reason that may pass by itself. */
bool twf_io_is_transient(int sys_errno);
/* Reads until len bytes are there (*got), the end (0) or an errno that does not pass. off may be
 * TWF_IO_NO_OFF. */
int twf_io_read_full(struct twf_io *io, int fd, uint8_t *buf, size_t len, uint64_t off,
                     size_t *got);
struct twf_block *twf_io_take_now(struct twf_io_file *f, size_t want, int *sys_errno);

/* ---- io_load.c: small files, what both backends decide in the same way ---- */

struct twf_io_pack {
    struct twf_io *io;
    struct twf_io_load *files;
    size_t n, max_len;
    struct twf_block *block; /* len: used so far */
};

/* The flags of open for l; O_NOATIME comes on top. */
int twf_io_load_flags(const struct twf_io_load *l);
/* Opens l and waits for it; -1 after saying in l why not. */
int twf_io_load_open(struct twf_io_load *l);
/* Fills in l->stat and l->kind; true when the file is to be read. */
bool twf_io_load_look(const struct twf_io_pack *p, struct twf_io_load *l, int fd);
/* Gives l its place, p->block->data + *start; false and NO_ROOM when it does not fit. A file
 * without a size is read at once, and may turn out to be LARGE. */
bool twf_io_load_place(struct twf_io_pack *p, struct twf_io_load *l, int fd, size_t *start);
/* Reads at once what is missing behind got bytes. */
void twf_io_load_rest(struct twf_io_pack *p, struct twf_io_load *l, int fd, size_t start,
                      size_t got);
/* After the read: was the file the same all the time? */
void twf_io_load_check(struct twf_io_load *l, int fd);

#endif
