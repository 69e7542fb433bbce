/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths into blocks. One struct twf_io belongs to one thread at a time (whoever is the reader in
 * pipe); nothing in here is locked. Inputs are opened O_RDONLY and never mapped: a file that shrinks under a
 * mapping would kill the process.
 *
 * Two ways to read, with the same results: io_uring (read-ahead on large files; open, read and
 * close of many small files in flight; registered buffers where RLIMIT_MEMLOCK allows) and
 * pread/read. "auto" falls back by itself and says so once through twf_io_notice.
 */
#ifndef TWF_IO_IO_H
#define TWF_IO_IO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <twofrom/status.h>

#include "base/span.h"
#include "flow/block.h"

enum twf_io_mode { TWF_IO_AUTO, TWF_IO_URING, TWF_IO_PREAD };

struct twf_io_options {
    enum twf_io_mode mode;
    size_t block_len;    /* bytes a block, a multiple of 4096 */
    uint32_t block_count; /* blocks that may be out at the same time */
    bool direct;         /* O_DIRECT where the file system has it */
    /* Asked now and then while a pipe is silent (NULL: never): true ends the wait, and twf_io_next is
     * TWF_ERR_IO with ECANCELED. */
    bool (*is_stopped)(void *ctx);
    void *stop_ctx;
};

struct twf_io;
struct twf_io_file;

TWF_MUST_USE enum twf_status twf_io_new(const struct twf_io_options *o, struct twf_io **out,
                                        struct twf_error *err);
void twf_io_free(struct twf_io *io);
/* "uring" or "pread": what is in use. */
const char *twf_io_backend(const struct twf_io *io);
/* Why a wish was not met ("io_uring: not permitted (EPERM); reading with pread"), or NULL. */
const char *twf_io_notice(const struct twf_io *io);
/* What is in use, for --verbose and doctor ("registered buffers; restricted; ..."); never NULL. */
const char *twf_io_detail(const struct twf_io *io);

/* What is known of an input from its descriptor, before the first byte is read. */
struct twf_io_stat {
    uint64_t size;            /* in bytes; 0 where it is not known */
    int64_t mtime_ns, ctime_ns;
    uint64_t dev, ino;
    /* has_size: a regular file or a block device; not a file of /proc, which has bytes but no size,
     * nor standard input that is a file already read in part. Where it is false the input is read
     * to its end as a stream. */
    bool regular, has_size;
};

/* ---- large inputs: a sequence of blocks ---- */

/*
 * Opens path for reading (O_NOFOLLOW is the walker's business, not done here). A FIFO or device is
 * read as a stream. A folder is TWF_ERR_IO with EISDIR. path "-" is standard input.
 */
TWF_MUST_USE enum twf_status twf_io_open(struct twf_io *io, const char *path,
                                         struct twf_io_file **out, struct twf_error *err);
/* The same for a descriptor; owned says whether twf_io_close closes it. */
TWF_MUST_USE enum twf_status twf_io_open_fd(struct twf_io *io, int fd, bool owned, const char *name,
                                            struct twf_io_file **out, struct twf_error *err);
/*
 * The next block begins at off, rounded down to whole pages, and what was read ahead is dropped. What off is
 * then; 0 where the input is no file with a size.
 */
uint64_t twf_io_go_to(struct twf_io_file *f, uint64_t off);
/* Where the next block begins. */
uint64_t twf_io_tell(const struct twf_io_file *f);
/*
 * The descriptor of a regular file, for twf_io_read_at: it is the caller's from now on, and stays open beyond
 * twf_io_close. False where the input is none, or is not to be read at any offset.
 */
bool twf_io_take_fd(struct twf_io_file *f, int *fd);
/*
 * Reads len bytes at off of such a descriptor, by any thread (of io nothing changes); *got is less at the end. A
 * range that fails is read once more in pieces. 0, or the errno of the first piece that cannot be read.
 */
int twf_io_read_at(struct twf_io *io, int fd, uint64_t off, uint8_t *buf, size_t len, size_t *got);
const struct twf_io_stat *twf_io_file_stat(const struct twf_io_file *f);
/*
 * The next block, in order; every block is full but the last and those beside an unreadable
 * range. Lent until twf_io_return, also beyond twf_io_close. TWF_END at the end of the input
 * (regular files: at the size seen at open). Needs a free block: ask twf_io_free_blocks first. A
 * failed read is TWF_ERR_IO with the offset in err->off; the caller may go on with the next call,
 * which resumes behind the unreadable range of err (see twf_io_skipped), or close. The bytes of
 * all blocks and all skipped ranges add up to the size, unless the file shrank.
 */
TWF_MUST_USE enum twf_status twf_io_next(struct twf_io_file *f, struct twf_block **out,
                                         struct twf_error *err);
/* Bytes that could not be read in the last failed twf_io_next: offset in err->off, this many. */
uint64_t twf_io_skipped(const struct twf_io_file *f);
/* Blocks that are not lent. Those that hold read-ahead count as free. */
uint32_t twf_io_free_blocks(const struct twf_io *io);
void twf_io_return(struct twf_io *io, struct twf_block *b);
/* Closes; *changed (may be NULL) tells whether size, mtime or ctime differ from those at open, the
 * path leads to another inode now, or the file ended before its size. f may be NULL. */
void twf_io_close(struct twf_io_file *f, bool *changed);
/* Reads [off, off + len) of a regular file into buf, for heads, tails and seek tables. *got may be
 * short at the end of the file. */
TWF_MUST_USE enum twf_status twf_io_peek(struct twf_io_file *f, uint64_t off, uint8_t *buf,
                                         size_t len, size_t *got, struct twf_error *err);

/* ---- small inputs: many files into one block ---- */

enum twf_io_load_kind {
    TWF_LOAD_DATA,   /* data holds all of the file */
    TWF_LOAD_LARGE,  /* larger than max_len: not read; open it with twf_io_open */
    TWF_LOAD_STREAM, /* a FIFO, device or socket: not read */
    TWF_LOAD_FOLDER,
    TWF_LOAD_ERROR,  /* sys_errno tells; after EIO twf_io_open still gives what is readable */
    TWF_LOAD_NO_ROOM /* the block is full: this one and those after it were not tried */
};

struct twf_io_load {
    const char *path;         /* in */
    bool no_follow;           /* in: a symlink is an error (ELOOP), for what a folder held */
    enum twf_io_load_kind kind; /* out, as the rest */
    struct twf_span data;     /* in the block */
    struct twf_io_stat stat;
    bool changed;             /* size, mtime or ctime moved while it was read */
    int sys_errno;
};

/*
 * Reads up to n small files (at most max_len bytes each, and never more than a block) into one
 * block, many in flight at a time; data begins at multiples of 64 bytes. Results are the same for
 * both backends. *out is lent like any block, and may be NULL when no file had data. Files are
 * taken in order; the first that does not fit ends the call with NO_ROOM.
 */
TWF_MUST_USE enum twf_status twf_io_load(struct twf_io *io, struct twf_io_load *files, size_t n,
                                         size_t max_len, struct twf_block **out,
                                         struct twf_error *err);

/* ---- folders ---- */

struct twf_walk;

struct twf_walk_entry {
    const char *path;   /* until the next call */
    bool named;         /* given by the user, not found in a folder */
    bool maildir;       /* below cur/ or new/ of a maildir */
    bool apple_double;  /* "._x" or __MACOSX: to be recognised by magic, counted as skipped */
};

/*
 * Paths as the user gave them: files, folders (walked in byte order of names, depth first;
 * symlinks inside folders are not followed and counted), "@LIST" (one path a line, LF or CRLF,
 * relative to the working directory; what a line says is taken literally), "@-" (the list is
 * standard input), "-".
 */
TWF_MUST_USE enum twf_status twf_walk_new(struct twf_walk **out, struct twf_error *err);
TWF_MUST_USE enum twf_status twf_walk_add(struct twf_walk *w, const char *path,
                                          struct twf_error *err);
/*
 * TWF_OK with an entry, TWF_END, or an error that concerns one path only (err->path): the walk
 * goes on with the next call.
 */
TWF_MUST_USE enum twf_status twf_walk_next(struct twf_walk *w, struct twf_walk_entry *out,
                                           struct twf_error *err);
/* Directory entries passed over: symlinks, FIFOs, sockets and devices inside a folder, tmp/ of a
 * maildir, and our own "*.twofrom.arrow" and "*.partial". */
uint64_t twf_walk_passed_over(const struct twf_walk *w);
void twf_walk_free(struct twf_walk *w);

#endif
