/* SPDX-License-Identifier: Apache-2.0 */
/* A file is written as NAME.partial, synced and renamed: NAME is never half a result. */
#define _GNU_SOURCE
#include "api/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/folder.h"
#include "api/output_guard.h"
#include "base/alloc.h"
#include "base/error.h"

void twf_outputs_init(struct twf_outputs *o)
{
    *o = (struct twf_outputs){.stdout_fd = -1};
}

void twf_outputs_fini(struct twf_outputs *o)
{
    for (size_t i = 0; i < o->len; i++) {
        struct twf_output *out = &o->items[i];

        if (out->path != NULL && out->fd >= 0) {
            (void)close(out->fd);
            if (out->partial != NULL && !o->keep)
                (void)unlink(out->partial);
        }
        twf_free(out->path);
        twf_free(out->partial);
    }
    twf_free(o->items);
    twf_buf_fini(&o->buf);
    twf_outputs_init(o);
}

enum twf_status twf_outputs_add(struct twf_outputs *o, const char *spec, struct twf_error *err)
{
    const char *sign = strchr(spec, '=');
    size_t len = sign == NULL ? strlen(spec) : (size_t)(sign - spec);
    struct twf_output *items = twf_realloc(o->items, (o->len + 1) * sizeof(*items));
    struct twf_output *out;
    char name[32];

    if (items == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an output");
    o->items = items;
    out = &items[o->len];
    *out = (struct twf_output){.fd = -1};
    (void)snprintf(name, sizeof(name), "%.*s", (int)TWF_MIN(len, sizeof(name) - 1), spec);
    out->sink = twf_sink_find(name);
    if (out->sink == NULL)
        return twf_error_set(err, TWF_ERR_ARG, 0, "--output: unknown format '%s'", name);
    o->len++;
    if (sign == NULL) {
        for (size_t i = 0; i + 1 < o->len; i++) {
            if (items[i].path == NULL)
                return twf_error_set(err, TWF_ERR_ARG, 0,
                                     "--output: only one may go to standard output");
        }
        return TWF_OK;
    }
    out->path = twf_strdup(sign + 1);
    out->partial = twf_malloc(strlen(sign + 1) + sizeof(".partial"));
    if (out->path == NULL || out->partial == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an output");
    (void)sprintf(out->partial, "%s.partial", out->path);
    return TWF_OK;
}

static enum twf_status write_all(const struct twf_output *out, struct twf_span s,
                                 struct twf_error *err)
{
    if (!twf_marks_skip(out->marks, out->number, &s))
        return twf_error_set(err, TWF_ERR_INTERNAL, 0,
                             "after a crash the run does not write what it wrote before");
    while (s.len > 0) {
        ssize_t n = twf_marks_write(out->marks, out->number, out->fd, s.ptr, s.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            enum twf_status status = twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write");

            twf_error_path(err, out->path == NULL ? "standard output" : out->path);
            return status;
        }
        s = twf_span_slice(s, (size_t)n, s.len);
    }
    return TWF_OK;
}

/* What was rendered into text, to its place. */
static enum twf_status flush(const struct twf_output *out, struct twf_buf *text,
                             struct twf_error *err)
{
    enum twf_status status;

    if (text->failed)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to render an output");
    status = write_all(out, twf_buf_view(text), err);
    twf_buf_reset(text);
    return status;
}

/*
 * A file is made beside its name. A character device or a FIFO is written as it stands: to rename
 * something onto /dev/null would be the end of it for everybody.
 */
static enum twf_status open_path(struct twf_output *out, bool clobber, struct twf_error *err)
{
    struct stat st;
    bool there = lstat(out->path, &st) == 0;

    if (there && (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))) {
        twf_free(out->partial);
        out->partial = NULL;
        out->fd = open(out->path, O_WRONLY | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
        if (out->fd < 0)
            return twf_error_sys(err, TWF_ERR_ARG, errno, "cannot open %s", out->path);
        return TWF_OK;
    }
    if (there && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
        return twf_error_set(err, TWF_ERR_ARG, 0, "%s is no file", out->path);
    if (there && !clobber)
        return twf_error_set(err, TWF_ERR_ARG, 0, "%s exists; --clobber replaces it", out->path);
    out->fd = open(out->partial, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out->fd < 0 && errno == EEXIST)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "%s is there: a run is at work, or was killed; --resume goes on with it "
                             "if it had a --checkpoint, else remove it",
                             out->partial);
    if (out->fd < 0)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "cannot create %s", out->partial);
    return TWF_OK;
}

enum twf_status twf_outputs_guard(const struct twf_outputs *o, const char *const *inputs, size_t n,
                                  struct twf_error *err)
{
    for (size_t i = 0; i < o->len; i++) {
        if (o->items[i].path != NULL)
            TWF_TRY(twf_output_guard(o->items[i].path, inputs, n, err));
    }
    return TWF_OK;
}

enum twf_status twf_outputs_head(struct twf_outputs *o, const struct twf_output *out,
                                 struct twf_error *err)
{
    if (out->sink->head == NULL)
        return TWF_OK;
    out->sink->head(&o->options, &o->buf);
    return flush(out, &o->buf, err);
}

/* From now on what o does with output i is known to who comes after a crash. */
static void take_down(const struct twf_outputs *o, size_t i)
{
    struct twf_output *out = &o->items[i];
    struct stat st;

    if (o->marks == NULL || i >= TWF_MARKS_OUTPUTS)
        return;
    if (out->partial == NULL || out->path == NULL) {
        out->marks = o->marks;
        out->number = (uint32_t)i;
    } else if (fstat(out->fd, &st) == 0) {
        o->marks->passed[i].dev = st.st_dev;
        o->marks->passed[i].ino = st.st_ino;
    }
}

void twf_outputs_forget(const struct twf_outputs *o)
{
    for (size_t i = 0; o->marks != NULL && i < o->len && i < TWF_MARKS_OUTPUTS; i++) {
        const struct twf_passed *before = &o->marks->before[i];
        const char *partial = o->items[i].partial;
        struct stat st;

        if (before->ino != 0 && partial != NULL && lstat(partial, &st) == 0 &&
            st.st_dev == before->dev && st.st_ino == before->ino)
            (void)unlink(partial);
    }
}

enum twf_status twf_outputs_open(struct twf_outputs *o, struct twf_error *err)
{
    for (size_t i = 0; i < o->len; i++) {
        struct twf_output *out = &o->items[i];

        if (out->path != NULL)
            TWF_TRY(open_path(out, o->clobber, err));
        else if (o->stdout_fd < 0)
            return twf_error_set(err, TWF_ERR_ARG, 0, "an output has no place to go");
        else
            out->fd = o->stdout_fd;
        take_down(o, i);
        TWF_TRY(twf_outputs_head(o, out, err));
    }
    return TWF_OK;
}

void twf_outputs_render(const struct twf_outputs *o, const struct twf_batch *b, struct twf_buf *texts)
{
    for (size_t i = 0; i < o->len; i++) {
        if (o->items[i].sink->rows != NULL)
            o->items[i].sink->rows(&o->options, b, &texts[i]);
    }
}

enum twf_status twf_outputs_write(const struct twf_outputs *o, struct twf_buf *texts,
                                  struct twf_error *err)
{
    for (size_t i = 0; i < o->len; i++)
        TWF_TRY(flush(&o->items[i], &texts[i], err));
    return TWF_OK;
}

enum twf_status twf_outputs_rows(struct twf_outputs *o, const struct twf_batch *b,
                                 struct twf_error *err)
{
    for (size_t i = 0; i < o->len; i++) {
        if (o->items[i].sink->rows == NULL)
            continue;
        o->items[i].sink->rows(&o->options, b, &o->buf);
        TWF_TRY(flush(&o->items[i], &o->buf, err));
    }
    return TWF_OK;
}

enum twf_status twf_outputs_finish(struct twf_outputs *o, const struct twf_totals *t,
                                   struct twf_error *err)
{
    TWF_TRY(twf_outputs_seal(o, t, err));
    return twf_outputs_publish(o, err);
}

enum twf_status twf_outputs_seal(struct twf_outputs *o, const struct twf_totals *t,
                                 struct twf_error *err)
{
    for (size_t i = 0; i < o->len; i++) {
        struct twf_output *out = &o->items[i];

        if (out->sink->document_render != NULL) {
            out->sink->document_render(&o->options, t, &o->buf);
            TWF_TRY(flush(out, &o->buf, err));
        }
        if (out->path != NULL && fsync(out->fd) != 0 && errno != EINVAL)
            return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot sync %s", out->path);
    }
    return TWF_OK;
}

/*
 * The name, on the disk: behind it a checkpoint is removed, perhaps in another folder, and must not be gone
 * while the name is not there. A folder that cannot be read cannot be synced, and could be written before.
 */
static enum twf_status publish(struct twf_output *out, bool keep, struct twf_error *err)
{
    char *folder = twf_folder_of(out->path);
    int fd = out->fd, why;

    if (folder == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a path");
    out->fd = -1;
    why = close(fd) != 0 || (out->partial != NULL && rename(out->partial, out->path) != 0) ? errno : 0;
    if (why != 0 && out->partial != NULL && !keep)
        (void)unlink(out->partial);
    if (why == 0 && out->partial != NULL && (why = twf_folder_sync(folder)) == EACCES)
        why = 0;
    twf_free(folder);
    return why == 0 ? TWF_OK
                    : twf_error_sys(err, TWF_ERR_OUTPUT, why, "cannot finish %s", out->path);
}

enum twf_status twf_outputs_publish(struct twf_outputs *o, struct twf_error *err)
{
    for (size_t i = 0; i < o->len; i++) {
        if (o->items[i].path != NULL && !o->items[i].published)
            TWF_TRY(publish(&o->items[i], o->keep, err));
    }
    return TWF_OK;
}
