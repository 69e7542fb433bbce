/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks in order, whatever the backend. A range whose read failed is read once more in pieces of
 * 4 KiB: what can be read is handed out, what cannot is reported with its offset and length, and
 * the sum of both is the size of the input.
 */
#define _GNU_SOURCE
#include "io/io_state.h"

#include <errno.h>

#include "base/compiler.h"
#include "base/error.h"

/* Errors that concern a place on a medium. Any other one (ESTALE, ENODEV) will come back at each
 * offset, so that nothing is gained by going on. */
static bool is_local(int sys_errno)
{
    switch (sys_errno) {
    case EIO:
    case EBADMSG: /* a checksum of the file system or of the device */
    case EUCLEAN:
    case EILSEQ:
    case ENODATA:
    case EREMOTEIO: return true;
    default: return false;
    }
}

static void forget(struct twf_io_file *f)
{
    if (f->io->backend->forget != NULL)
        f->io->backend->forget(f);
}

/* The input ends at off, before its size: it shrank. */
static void end_at(struct twf_io_file *f, uint64_t off)
{
    forget(f);
    f->shrunk = f->shape == TWF_IO_SIZED;
    f->next_off = off;
    f->end = off;
    f->bad_from = f->bad_to = 0;
}

static enum twf_status lend(struct twf_io_file *f, struct twf_block *b, struct twf_block **out)
{
    f->io->lent++;
    *out = b;
    if (f->io->backend->ahead != NULL)
        f->io->backend->ahead(f);
    return TWF_OK;
}

static enum twf_status report(struct twf_io_file *f, int sys_errno, uint64_t off, uint64_t skipped,
                              struct twf_error *err)
{
    f->skipped = skipped;
    (void)twf_error_sys(err, TWF_ERR_IO, sys_errno, "%llu bytes at %llu cannot be read",
                        (unsigned long long)skipped, (unsigned long long)off);
    if (err != NULL)
        err->off = off;
    twf_error_path(err, f->path);
    return TWF_ERR_IO;
}

/* Nothing more can be read from off on. */
static enum twf_status give_up(struct twf_io_file *f, int sys_errno, uint64_t off,
                               struct twf_error *err)
{
    uint64_t left = f->end == UINT64_MAX ? 0 : f->end - off;

    forget(f);
    f->fatal = 0;
    f->bad_from = f->bad_to = 0;
    f->next_off = f->end = off + left;
    return report(f, sys_errno, off, left, err);
}

/* The next bytes of the bad range: all of it as long as that may work, then piece by piece. */
static size_t piece_len(const struct twf_io_file *f)
{
    uint64_t left = f->bad_to - f->bad_from;

    return (size_t)(is_local(f->bad_errno)
                        ? TWF_MIN(left, TWF_IO_PIECE - f->bad_from % TWF_IO_PIECE)
                        : left);
}

/*
 * Reads of the bad range into b what comes before the first unreadable piece; *skipped counts the
 * unreadable ones if they come first. Returns an errno after which there is nothing more.
 */
static int read_pieces(struct twf_io_file *f, struct twf_block *b, uint64_t *skipped)
{
    while (f->bad_from < f->bad_to) {
        size_t want = piece_len(f), got;
        int sys_errno = twf_io_read_full(f->io, f->fd, b->data + b->len, want, f->bad_from, &got);

        if (*skipped > 0 && got > 0)
            return 0; /* good bytes again: the next call hands them out */
        b->len += got;
        f->bad_from += got;
        if (sys_errno == 0) {
            if (got < want)
                end_at(f, f->bad_from);
        } else if (!is_local(sys_errno)) {
            return sys_errno;
        } else if (!is_local(f->bad_errno)) {
            f->bad_errno = sys_errno; /* from here on in pieces */
        } else if (b->len > 0) {
            return 0; /* asked again by the next call, which then reports it */
        } else {
            f->bad_errno = sys_errno;
            *skipped += want - got;
            f->bad_from += want - got;
        }
    }
    return 0;
}

static enum twf_status salvage(struct twf_io_file *f, struct twf_block **out, struct twf_error *err)
{
    struct twf_block *b = twf_io_block_get(f->io);
    uint64_t from = f->bad_from, skipped = 0;
    int sys_errno;

    if (b == NULL)
        return twf_error_set(err, TWF_ERR_INTERNAL, from, "every block is lent");
    twf_io_direct(f, false);
    b->off = from;
    sys_errno = read_pieces(f, b, &skipped);
    if (b->len > 0) {
        f->fatal = sys_errno;
        return lend(f, b, out);
    }
    twf_io_block_put(f->io, b);
    if (skipped > 0) {
        f->fatal = sys_errno;
        return report(f, f->bad_errno, from, skipped, err);
    }
    return sys_errno != 0 ? give_up(f, sys_errno, from, err) : TWF_END;
}

enum twf_status twf_io_next(struct twf_io_file *f, struct twf_block **out, struct twf_error *err)
{
    const struct twf_io_backend *backend = f->io->backend;
    struct twf_block *b;
    uint64_t off = f->next_off;
    size_t want;
    int sys_errno = 0;

    *out = NULL;
    f->skipped = 0;
    if (f->fatal != 0)
        return give_up(f, f->fatal, f->bad_from < f->bad_to ? f->bad_from : off, err);
    if (f->bad_from < f->bad_to)
        return salvage(f, out, err);
    if (off >= f->end)
        return TWF_END;
    want = (size_t)TWF_MIN(f->io->block_len, f->end - off);
    b = f->shape == TWF_IO_SIZED ? backend->take(f, want, &sys_errno)
                                 : twf_io_take_now(f, want, &sys_errno);
    if (b == NULL)
        return twf_error_set(err, TWF_ERR_INTERNAL, off, "every block is lent");
    b->off = off;
    f->next_off = off + b->len;
    if (sys_errno == 0 && b->len < want) {
        end_at(f, f->next_off);
    } else if (sys_errno != 0 && f->shape == TWF_IO_SIZED) {
        f->bad_from = f->next_off;
        f->bad_to = f->next_off = off + want;
        f->bad_errno = sys_errno;
    } else if (sys_errno != 0) {
        f->fatal = sys_errno;
    }
    if (b->len > 0)
        return lend(f, b, out);
    twf_io_block_put(f->io, b);
    if (sys_errno == 0)
        return TWF_END;
    return f->fatal != 0 ? give_up(f, sys_errno, off, err) : salvage(f, out, err);
}
