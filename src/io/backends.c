/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of readers, which of them is used, and the blocks they fill: one slab, cut into equal
 * blocks, so that a ring can register it as a whole.
 */
#define _GNU_SOURCE /* strerrorname_np */
#include "io/io_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

/* A read of the kernel is below 2 GiB, a registered buffer at most 1 GiB. */
#define BLOCK_LEN_MAX ((size_t)1 << 30)
#define BLOCK_COUNT_MAX 16384u /* registered buffers of a ring */

static const struct twf_io_backend *const backends[] = {
    [TWF_IO_AUTO] = &twf_io_backend_uring,
    [TWF_IO_URING] = &twf_io_backend_uring,
    [TWF_IO_PREAD] = &twf_io_backend_pread,
};

static const char *reason_text(int sys_errno)
{
    switch (sys_errno) {
    case EPERM: return "not permitted";
    case ENOSYS: return "not in this kernel";
    case ENOMEM: return "no memory for a ring";
    case EINVAL: return "too old in this kernel";
    default: return strerror(sys_errno);
    }
}

static enum twf_status make_blocks(struct twf_io *io, struct twf_error *err)
{
    io->slab = twf_malloc_pages(io->block_len * io->block_count);
    io->blocks = twf_calloc(io->block_count, sizeof(*io->blocks));
    io->free_slots = twf_calloc(io->block_count, sizeof(*io->free_slots));
    if (io->slab == NULL || io->blocks == NULL || io->free_slots == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for %u blocks of %zu bytes",
                             io->block_count, io->block_len);
    for (uint32_t i = 0; i < io->block_count; i++) {
        io->blocks[i].data = io->slab + (size_t)i * io->block_len;
        io->blocks[i].cap = io->block_len;
        io->blocks[i].slot = i;
        io->free_slots[io->block_count - 1 - i] = i;
    }
    io->free_count = io->block_count;
    return TWF_OK;
}

static enum twf_status choose(struct twf_io *io, enum twf_io_mode mode, struct twf_error *err)
{
    int sys_errno;

    io->backend = backends[mode];
    sys_errno = io->backend->start(io);
    if (sys_errno == 0)
        return TWF_OK;
    if (mode != TWF_IO_AUTO)
        return twf_error_sys(err, TWF_ERR_IO, sys_errno, "io_uring: %s", reason_text(sys_errno));
    (void)snprintf(io->notice, sizeof(io->notice), "io_uring: %s (%s); reading with pread",
                   reason_text(sys_errno), strerrorname_np(sys_errno));
    io->backend = &twf_io_backend_pread;
    (void)io->backend->start(io); /* asks nothing of the system */
    return TWF_OK;
}

enum twf_status twf_io_new_faulty(const struct twf_io_options *o,
                                  const struct twf_io_faults *faults, struct twf_io **out,
                                  struct twf_error *err)
{
    struct twf_io *io;
    enum twf_status status;

    *out = NULL;
    if (o->block_len == 0 || o->block_len % TWF_IO_ALIGN != 0 || o->block_len > BLOCK_LEN_MAX)
        return twf_error_set(err, TWF_ERR_ARG, 0, "a block of %zu bytes is not 1 to %zu times %d",
                             o->block_len, BLOCK_LEN_MAX / TWF_IO_ALIGN, TWF_IO_ALIGN);
    if (o->block_count == 0 || o->block_count > BLOCK_COUNT_MAX ||
        (size_t)o->mode >= TWF_COUNT(backends))
        return twf_error_set(err, TWF_ERR_ARG, 0, "%u blocks, or mode %d, cannot be had",
                             o->block_count, (int)o->mode);
    io = twf_calloc(1, sizeof(*io));
    if (io == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a reader");
    io->block_len = o->block_len;
    io->block_count = o->block_count;
    io->direct = o->direct;
    io->faults = faults;
    io->is_stopped = o->is_stopped;
    io->stop_ctx = o->stop_ctx;
    io->small_len = 16384;
    status = make_blocks(io, err);
    if (status == TWF_OK)
        status = choose(io, o->mode, err);
    if (status != TWF_OK) {
        io->backend = NULL;
        twf_io_free(io);
        return status;
    }
    io->in_use = io->backend->name;
    *out = io;
    return TWF_OK;
}

enum twf_status twf_io_new(const struct twf_io_options *o, struct twf_io **out,
                           struct twf_error *err)
{
    return twf_io_new_faulty(o, NULL, out, err);
}

void twf_io_free(struct twf_io *io)
{
    if (io == NULL)
        return;
    while (io->files != NULL)
        twf_io_close(io->files, NULL);
    if (io->backend != NULL)
        io->backend->stop(io);
    twf_free(io->slab);
    twf_free(io->blocks);
    twf_free(io->free_slots);
    twf_free(io);
}

const char *twf_io_backend(const struct twf_io *io)
{
    return io->in_use;
}

const char *twf_io_notice(const struct twf_io *io)
{
    return io->notice[0] == '\0' ? NULL : io->notice;
}

const char *twf_io_detail(const struct twf_io *io)
{
    return io->detail;
}

struct twf_block *twf_io_block_get(struct twf_io *io)
{
    struct twf_block *b;

    if (io->free_count > 0)
        b = &io->blocks[io->free_slots[--io->free_count]];
    else
        b = io->backend->reclaim == NULL ? NULL : io->backend->reclaim(io);
    if (b != NULL) {
        b->len = 0;
        b->off = 0;
        b->refs = 0;
    }
    return b;
}

void twf_io_block_put(struct twf_io *io, struct twf_block *b)
{
    assert(io->free_count < io->block_count);
    io->free_slots[io->free_count++] = b->slot;
}

uint32_t twf_io_free_blocks(const struct twf_io *io)
{
    return io->block_count - io->lent;
}

void twf_io_return(struct twf_io *io, struct twf_block *b)
{
    if (b == NULL)
        return;
    assert(io->lent > 0 && b == &io->blocks[b->slot]);
    io->lent--;
    twf_io_block_put(io, b);
    /* At once, and not with the next twf_io_next: until then the disk would be idle. */
    if (io->files != NULL && io->backend->ahead != NULL)
        io->backend->ahead(io->files);
}
