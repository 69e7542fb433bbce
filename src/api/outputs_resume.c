/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs of a run with a checkpoint. A mark says how much of a file is acknowledged; what stands behind it
 * after a kill is cut off, and what stands before it is proved by its last bytes. A lock keeps two runs
 * from the same files.
 */
#define _GNU_SOURCE
#include "api/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "pipe/record.h"

enum { TAIL = 65536 };

/* Whether rows go there: a document is made at the end, from the counters. */
static bool has_rows(const struct twf_output *out)
{
    return !out->sink->document && strcmp(out->sink->name, "null") != 0;
}

enum twf_status twf_outputs_check(const struct twf_outputs *o, struct twf_error *err)
{
    for (size_t i = 0; i < o->len; i++) {
        const struct twf_output *out = &o->items[i];
        struct stat st;

        if (out->path == NULL && !has_rows(out))
            continue;
        if (out->path == NULL)
            return twf_error_set(err, TWF_ERR_ARG, 0,
                                 "--checkpoint: standard output cannot be cut back; name a file: -o "
                                 "%s=PATH",
                                 out->sink->name);
        if (lstat(out->path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
            return twf_error_set(err, TWF_ERR_ARG, 0, "--checkpoint: %s is no file", out->path);
        if (lstat(out->path, &st) == 0 && !o->clobber)
            return twf_error_set(err, TWF_ERR_ARG, 0, "%s exists; --clobber replaces it", out->path);
        if (lstat(out->partial, &st) == 0)
            return twf_error_set(err, TWF_ERR_ARG, 0,
                                 "%s is there: a run is at work, or was killed; --resume goes on with "
                                 "it if it had a --checkpoint, else remove it",
                                 out->partial);
    }
    return TWF_OK;
}

/* The mark of a file of which len bytes count. */
static enum twf_status take_mark(int fd, const char *name, uint64_t len, struct twf_output_mark *m,
                                 struct twf_error *err)
{
    size_t want = (size_t)TWF_MIN(len, (uint64_t)TAIL), got = 0;
    uint8_t *tail = twf_malloc(TAIL);

    if (tail == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a checkpoint");
    while (got < want) {
        ssize_t n = pread(fd, tail + got, want - got, (off_t)(len - want + got));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            twf_free(tail);
            return twf_error_sys(err, TWF_ERR_OUTPUT, n == 0 ? EIO : errno, "cannot read %s", name);
        }
        got += (size_t)n;
    }
    m->len = len;
    twf_hash_hex(tail, want, m->tail);
    twf_free(tail);
    return TWF_OK;
}

enum twf_status twf_outputs_mark(const struct twf_outputs *o, struct twf_output_mark *marks,
                                 struct twf_error *err)
{
    for (size_t i = 0; i < o->len; i++) {
        const struct twf_output *out = &o->items[i];
        off_t len;

        marks[i] = (struct twf_output_mark){0};
        if (out->path == NULL || out->fd < 0)
            continue;
        len = lseek(out->fd, 0, SEEK_CUR);
        if (len < 0 || fdatasync(out->fd) != 0)
            return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot sync %s", out->path);
        TWF_TRY(take_mark(out->fd, out->path, (uint64_t)len, &marks[i], err));
    }
    return TWF_OK;
}

static enum twf_status not_ours(const char *name, const char *what, struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_ARG, 0, "output %s: %s differs from that of the checkpoint",
                         name, what);
}

static enum twf_status compare(int fd, const char *name, const struct twf_output_mark *mark,
                               bool exact, struct twf_error *err)
{
    struct twf_output_mark now;
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return not_ours(name, "the kind of file", err);
    if ((uint64_t)st.st_size < mark->len || (exact && (uint64_t)st.st_size != mark->len))
        return not_ours(name, "the length", err);
    if (mark->len == 0)
        return TWF_OK;
    TWF_TRY(take_mark(fd, name, mark->len, &now, err));
    return strcmp(now.tail, mark->tail) == 0 ? TWF_OK : not_ours(name, "the content", err);
}

/* The file as it stood at its mark, ready for more. */
static enum twf_status reopen(const struct twf_outputs *o, struct twf_output *out,
                              const struct twf_output_mark *mark, struct twf_error *err)
{
    int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC;
    struct stat st;

    if (lstat(out->path, &st) == 0 && !o->clobber)
        return twf_error_set(err, TWF_ERR_ARG, 0, "%s exists; --clobber replaces it", out->path);
    out->fd = open(out->partial, flags);
    if (out->fd < 0 && errno == ENOENT && mark->len == 0) /* killed before it was made */
        out->fd = open(out->partial, flags | O_CREAT | O_EXCL, 0600);
    if (out->fd < 0)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "cannot go on with %s", out->partial);
    if (flock(out->fd, LOCK_EX | LOCK_NB) != 0)
        return twf_error_set(err, TWF_ERR_ARG, 0, "%s: a run is at work on it", out->partial);
    TWF_TRY(compare(out->fd, out->partial, mark, false, err));
    if (ftruncate(out->fd, (off_t)mark->len) != 0 || lseek(out->fd, 0, SEEK_END) < 0)
        return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot cut %s", out->partial);
    return TWF_OK;
}

/* The run was over when it was killed: the file is whole, under one of its names. */
static enum twf_status reopen_sealed(struct twf_output *out, const struct twf_output_mark *mark,
                                     struct twf_error *err)
{
    const char *name = out->partial;

    out->fd = open(name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (out->fd < 0 && errno == ENOENT) {
        out->published = true;
        name = out->path;
        out->fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    }
    if (out->fd < 0)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "cannot go on with %s", name);
    return compare(out->fd, name, mark, true, err);
}

enum twf_status twf_outputs_reopen(struct twf_outputs *o, const struct twf_output_mark *marks,
                                   bool sealed, struct twf_error *err)
{
    for (size_t i = 0; i < o->len; i++) {
        struct twf_output *out = &o->items[i];

        if (out->path == NULL) {
            out->fd = o->stdout_fd;
            continue;
        }
        TWF_TRY(sealed ? reopen_sealed(out, &marks[i], err) : reopen(o, out, &marks[i], err));
        if (!sealed && marks[i].len == 0)
            TWF_TRY(twf_outputs_head(o, out, err));
    }
    return TWF_OK;
}
