/* SPDX-License-Identifier: Apache-2.0 */
/* Opening an input, what its descriptor says about it, and whether it was the same to the end. */
#define _GNU_SOURCE /* O_NOATIME, O_DIRECT */
#include "io/io_state.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/error.h"

/* Bytes that a pipe shall hold: with the usual 64 KiB its writer and we sleep in turn. */
enum { PIPE_LEN = 1 << 20 };

int twf_io_open_path(const char *path, int flags)
{
    int fd, tries = 0;

    /* O_NOATIME is for owners only, O_DIRECT for some file systems; evidence is read without them
     * all the same. */
    flags |= O_RDONLY | O_CLOEXEC | O_NOATIME;
    for (;;) {
        fd = open(path, flags);
        if (fd >= 0)
            return fd;
        if (errno == EPERM && (flags & O_NOATIME) != 0)
            flags &= ~O_NOATIME;
        else if (errno == EINVAL && (flags & O_DIRECT) != 0)
            flags &= ~O_DIRECT;
        else if (errno != EINTR || ++tries > 1000)
            return -errno;
    }
}

static int64_t nanoseconds(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void twf_io_stat_fill(struct twf_io_stat *out, int fd, const void *sys_stat)
{
    const struct stat *st = sys_stat;
    uint64_t device_len = 0;

    memset(out, 0, sizeof(*out));
    out->mtime_ns = nanoseconds(st->st_mtim);
    out->ctime_ns = nanoseconds(st->st_ctim);
    out->dev = st->st_dev;
    out->ino = st->st_ino;
    out->regular = S_ISREG(st->st_mode);
    if (out->regular) {
        out->size = (uint64_t)st->st_size;
        out->has_size = true;
    } else if (S_ISBLK(st->st_mode) && ioctl(fd, BLKGETSIZE64, &device_len) == 0) {
        out->size = device_len;
        out->has_size = true;
    }
}

bool twf_io_stat_same(const struct twf_io_stat *a, const struct twf_io_stat *b)
{
    return a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns &&
           a->dev == b->dev && a->ino == b->ino;
}

void twf_io_direct(struct twf_io_file *f, bool on)
{
    int flags;

    if (f->direct == on)
        return;
    flags = fcntl(f->fd, F_GETFL);
    if (flags >= 0 && fcntl(f->fd, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT) == 0)
        f->direct = on;
}

/* A file of /proc says that it is empty and is not. What is really empty keeps its size of 0, so
 * that growing after the open stays a change and does not become content. What cannot be read is
 * not empty: the first read will say so. */
static bool has_unsaid_bytes(int fd)
{
    uint8_t byte;

    return pread(fd, &byte, 1, 0) != 0;
}

static enum twf_status set_shape(struct twf_io_file *f, struct twf_error *err)
{
    struct stat st;

    if (fstat(f->fd, &st) != 0)
        return twf_error_sys(err, TWF_ERR_IO, errno, "stat");
    if (S_ISDIR(st.st_mode))
        return twf_error_sys(err, TWF_ERR_IO, EISDIR, "open");
    twf_io_stat_fill(&f->stat, f->fd, &st);
    f->end = UINT64_MAX;
    if (S_ISFIFO(st.st_mode))
        (void)fcntl(f->fd, F_SETPIPE_SZ, PIPE_LEN); /* not everybody may, and not everywhere */
    if (!f->stat.has_size || (!f->by_path && lseek(f->fd, 0, SEEK_CUR) != 0)) {
        f->shape = TWF_IO_STREAM;
        f->stat.has_size = false;
        f->stat.size = 0;
        return TWF_OK;
    }
    if (f->stat.size == 0 && f->stat.regular && has_unsaid_bytes(f->fd)) {
        f->shape = TWF_IO_UNSIZED;
        f->stat.has_size = false;
        return TWF_OK;
    }
    f->shape = TWF_IO_SIZED;
    f->end = f->stat.size;
    (void)posix_fadvise(f->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return TWF_OK;
}

static enum twf_status open_file(struct twf_io *io, int fd, bool owned, bool by_path,
                                 const char *name, struct twf_io_file **out, struct twf_error *err)
{
    struct twf_io_file *f = twf_calloc(1, sizeof(*f));
    enum twf_status status;

    if (f == NULL || (f->path = twf_strdup(name)) == NULL) {
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an open file");
        goto fail;
    }
    f->io = io;
    f->fd = fd;
    f->owned = owned;
    f->by_path = by_path;
    status = set_shape(f, err);
    if (status != TWF_OK)
        goto fail;
    if (by_path)
        f->direct = (fcntl(fd, F_GETFL) & O_DIRECT) != 0;
    if (f->shape != TWF_IO_SIZED)
        twf_io_direct(f, false);
    f->next = io->files;
    io->files = f;
    *out = f;
    return TWF_OK;
fail:
    twf_error_path(err, name);
    if (f != NULL)
        twf_free(f->path);
    twf_free(f);
    return status;
}

enum twf_status twf_io_open(struct twf_io *io, const char *path, struct twf_io_file **out,
                            struct twf_error *err)
{
    enum twf_status status;
    int fd;

    *out = NULL;
    if (strcmp(path, "-") == 0)
        return open_file(io, STDIN_FILENO, false, false, path, out, err);
    fd = twf_io_open_path(path, io->direct ? O_DIRECT : 0);
    if (fd < 0) {
        status = twf_error_sys(err, TWF_ERR_IO, -fd, "open");
        twf_error_path(err, path);
        return status;
    }
    status = open_file(io, fd, true, true, path, out, err);
    if (status != TWF_OK)
        (void)close(fd);
    return status;
}

enum twf_status twf_io_open_fd(struct twf_io *io, int fd, bool owned, const char *name,
                               struct twf_io_file **out, struct twf_error *err)
{
    *out = NULL;
    return open_file(io, fd, owned, false, name, out, err);
}

const struct twf_io_stat *twf_io_file_stat(const struct twf_io_file *f)
{
    return &f->stat;
}

uint64_t twf_io_skipped(const struct twf_io_file *f)
{
    return f->skipped;
}

static bool has_changed(const struct twf_io_file *f)
{
    struct twf_io_stat now;
    struct stat st;

    if (f->shape != TWF_IO_SIZED)
        return false;
    if (f->shrunk || fstat(f->fd, &st) != 0)
        return true;
    twf_io_stat_fill(&now, f->fd, &st);
    if (!f->stat.regular)
        return now.size != f->stat.size; /* the times of a device are those of its node */
    if (!twf_io_stat_same(&now, &f->stat))
        return true;
    return f->by_path &&
           (stat(f->path, &st) != 0 || st.st_ino != f->stat.ino || st.st_dev != f->stat.dev);
}

void twf_io_close(struct twf_io_file *f, bool *changed)
{
    struct twf_io_file **link;

    if (changed != NULL)
        *changed = f != NULL && has_changed(f);
    if (f == NULL)
        return;
    if (f->io->backend->forget != NULL)
        f->io->backend->forget(f);
    for (link = &f->io->files; *link != f; link = &(*link)->next)
        ;
    *link = f->next;
    if (f->owned)
        (void)close(f->fd);
    twf_free(f->path);
    twf_free(f);
}

enum twf_status twf_io_peek(struct twf_io_file *f, uint64_t off, uint8_t *buf, size_t len,
                            size_t *got, struct twf_error *err)
{
    bool direct = f->direct;
    int sys_errno;

    *got = 0;
    if (f->shape == TWF_IO_STREAM) {
        enum twf_status status = twf_error_sys(err, TWF_ERR_IO, ESPIPE, "read at an offset");

        twf_error_path(err, f->path);
        return status;
    }
    if (off >= f->end || off > INT64_MAX)
        return TWF_OK;
    if (len > f->end - off)
        len = (size_t)(f->end - off);
    twf_io_direct(f, false);
    sys_errno = twf_io_read_full(f->io, f->fd, buf, len, off, got);
    twf_io_direct(f, direct);
    if (sys_errno != 0) {
        enum twf_status status = twf_error_sys(err, TWF_ERR_IO, sys_errno, "read");

        if (err != NULL)
            err->off = off + *got;
        twf_error_path(err, f->path);
        return status;
    }
    return TWF_OK;
}

bool twf_io_take_fd(struct twf_io_file *f, int *fd)
{
    if (f->shape != TWF_IO_SIZED || !f->owned || f->direct || f->io->direct)
        return false;
    f->owned = false;
    *fd = f->fd;
    return true;
}

int twf_io_read_at(struct twf_io *io, int fd, uint64_t off, uint8_t *buf, size_t len, size_t *got)
{
    int sys_errno = twf_io_read_full(io, fd, buf, len, off, got);

    while (sys_errno != 0 && *got < len) {
        size_t want = TWF_MIN(len - *got, TWF_IO_PIECE - (size_t)((off + *got) % TWF_IO_PIECE)), more;

        sys_errno = twf_io_read_full(io, fd, buf + *got, want, off + *got, &more);
        *got += more;
        if (sys_errno != 0 || more < want)
            break;
        sys_errno = *got < len ? EIO : 0; /* go on in pieces */
    }
    return sys_errno;
}

uint64_t twf_io_tell(const struct twf_io_file *f)
{
    return f->next_off;
}

uint64_t twf_io_go_to(struct twf_io_file *f, uint64_t off)
{
    if (f->shape != TWF_IO_SIZED)
        return 0;
    if (f->io->backend->forget != NULL)
        f->io->backend->forget(f);
    f->next_off = TWF_MIN(off, f->end) / TWF_IO_ALIGN * TWF_IO_ALIGN;
    return f->next_off;
}
