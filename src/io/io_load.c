/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many small files into one block: what both backends decide in the same way, so that their
 * results are equal. A file gets as many bytes as its size said when it was opened; the next one
 * begins behind them, whether they all came or not.
 */
#define _GNU_SOURCE
#include "io/io_state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"

int twf_io_load_flags(const struct twf_io_load *l)
{
    /* O_NONBLOCK: the open of a FIFO nobody writes to would last for ever. */
    return O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (l->no_follow ? O_NOFOLLOW : 0);
}

static void refuse(struct twf_io_load *l, int sys_errno)
{
    l->kind = TWF_LOAD_ERROR;
    l->sys_errno = sys_errno;
    l->data = (struct twf_span){NULL, 0};
}

int twf_io_load_open(struct twf_io_load *l)
{
    int fd = twf_io_open_path(l->path, twf_io_load_flags(l));
    struct stat st;

    if (fd >= 0)
        return fd;
    refuse(l, -fd);
    /* A socket cannot be opened at all; it is no more damaged than a FIFO. */
    if (fd == -ENXIO && stat(l->path, &st) == 0 && !S_ISREG(st.st_mode)) {
        l->kind = TWF_LOAD_STREAM;
        l->sys_errno = 0;
        twf_io_stat_fill(&l->stat, -1, &st);
    }
    return -1;
}

bool twf_io_load_look(const struct twf_io_pack *p, struct twf_io_load *l, int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        refuse(l, errno);
        return false;
    }
    twf_io_stat_fill(&l->stat, fd, &st);
    if (S_ISDIR(st.st_mode))
        l->kind = TWF_LOAD_FOLDER;
    else if (!l->stat.regular)
        l->kind = TWF_LOAD_STREAM;
    else
        l->kind = l->stat.size > p->max_len ? TWF_LOAD_LARGE : TWF_LOAD_DATA;
    return l->kind == TWF_LOAD_DATA;
}

/* A file that says 0 bytes: empty, or one of /proc. Only reading tells. */
static bool place_unsized(struct twf_io_pack *p, struct twf_io_load *l, int fd, size_t start)
{
    size_t room = p->block->cap - start, want = TWF_MIN(room, p->max_len), got = 0, more = 0;
    int sys_errno = 0;
    uint8_t byte;

    if (want > 0)
        sys_errno = twf_io_read_full(p->io, fd, p->block->data + start, want, 0, &got);
    if (sys_errno == 0 && got == want)
        sys_errno = twf_io_read_full(p->io, fd, &byte, 1, got, &more);
    if (sys_errno != 0) {
        refuse(l, sys_errno);
    } else if (more > 0) {
        if (want < p->max_len) {
            l->kind = TWF_LOAD_NO_ROOM;
            return false;
        }
        l->kind = TWF_LOAD_LARGE;
        l->stat.has_size = false;
    } else if (got > 0) {
        l->data = twf_span(p->block->data + start, got);
        l->stat.has_size = false;
        p->block->len = start + got;
    }
    return true;
}

bool twf_io_load_place(struct twf_io_pack *p, struct twf_io_load *l, int fd, size_t *start)
{
    size_t at = (p->block->len + TWF_IO_PACK - 1) & ~(size_t)(TWF_IO_PACK - 1);
    size_t len = (size_t)l->stat.size;

    at = TWF_MIN(at, p->block->cap);
    *start = at;
    if (len == 0)
        return place_unsized(p, l, fd, at);
    if (len > p->block->cap - at) {
        l->kind = TWF_LOAD_NO_ROOM;
        return false;
    }
    p->block->len = at + len;
    p->io->small_len += len / 16 - p->io->small_len / 16;
    return true;
}

void twf_io_load_rest(struct twf_io_pack *p, struct twf_io_load *l, int fd, size_t start,
                      size_t got)
{
    size_t len = (size_t)l->stat.size, more = 0;
    int sys_errno = 0;

    if (len == 0 || l->kind != TWF_LOAD_DATA)
        return;
    if (got < len)
        sys_errno = twf_io_read_full(p->io, fd, p->block->data + start + got, len - got, got,
                                     &more);
    if (sys_errno != 0) {
        refuse(l, sys_errno);
        return;
    }
    l->data = twf_span(p->block->data + start, got + more);
    l->changed = got + more < len;
}

void twf_io_load_check(struct twf_io_load *l, int fd)
{
    struct twf_io_stat now;
    struct stat st;

    if (l->kind != TWF_LOAD_DATA || !l->stat.has_size)
        return;
    if (fstat(fd, &st) != 0) {
        l->changed = true;
        return;
    }
    twf_io_stat_fill(&now, fd, &st);
    l->changed = l->changed || !twf_io_stat_same(&now, &l->stat);
}

static void reset(struct twf_io_load *l)
{
    l->kind = TWF_LOAD_NO_ROOM;
    l->data = (struct twf_span){NULL, 0};
    memset(&l->stat, 0, sizeof(l->stat));
    l->changed = false;
    l->sys_errno = 0;
}

enum twf_status twf_io_load(struct twf_io *io, struct twf_io_load *files, size_t n, size_t max_len,
                            struct twf_block **out, struct twf_error *err)
{
    struct twf_io_pack pack = {io, files, n, TWF_MIN(max_len, io->block_len), NULL};

    *out = NULL;
    for (size_t i = 0; i < n; i++)
        reset(&files[i]);
    pack.block = twf_io_block_get(io);
    if (pack.block == NULL)
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "every block is lent");
    io->backend->load(&pack);
    if (pack.block->len == 0) {
        twf_io_block_put(io, pack.block);
        return TWF_OK;
    }
    io->lent++;
    *out = pack.block;
    return TWF_OK;
}
