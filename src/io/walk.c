/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths as the user gave them into files in a fixed order: folders by byte order of names, depth
 * first. What a folder holds is reached from its descriptor and never through a symlink, so that
 * neither a loop nor a swapped folder leads elsewhere; what the user named may be a symlink.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/error.h"
#include "io/walk_state.h"

struct twf_walk {
    char **named; /* as added; freed one by one as they are taken */
    size_t count, cap, next;
    size_t depth;
    uint64_t passed_over;
    struct twf_walk_folder folders[TWF_WALK_DEPTH];
    struct twf_walk_list list;
    char path[PATH_MAX];
};

enum twf_status twf_walk_new(struct twf_walk **out, struct twf_error *err)
{
    *out = twf_calloc(1, sizeof(**out));
    if (*out == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a walk");
    (*out)->list.fd = -1;
    return TWF_OK;
}

enum twf_status twf_walk_add(struct twf_walk *w, const char *path, struct twf_error *err)
{
    char *copy = twf_strdup(path);

    if (copy != NULL && w->count == w->cap) {
        size_t cap = w->cap == 0 ? 16 : 2 * w->cap;
        char **named = twf_realloc(w->named, cap * sizeof(*named));

        if (named != NULL) {
            w->named = named;
            w->cap = cap;
        }
    }
    if (copy == NULL || w->count == w->cap) {
        twf_free(copy);
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a path");
    }
    w->named[w->count++] = copy;
    return TWF_OK;
}

void twf_walk_free(struct twf_walk *w)
{
    if (w == NULL)
        return;
    while (w->depth > 0)
        twf_walk_folder_close(&w->folders[--w->depth]);
    for (size_t i = w->next; i < w->count; i++)
        twf_free(w->named[i]);
    twf_walk_list_close(&w->list);
    twf_free(w->named);
    twf_free(w);
}

uint64_t twf_walk_passed_over(const struct twf_walk *w)
{
    return w->passed_over;
}

static bool begins_with(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool ends_with(const char *text, const char *with)
{
    size_t len = strlen(text), n = strlen(with);

    return len >= n && memcmp(text + len - n, with, n) == 0;
}

static enum twf_status path_error(struct twf_walk *w, int sys_errno, struct twf_error *err)
{
    enum twf_status status = twf_error_sys(err, TWF_ERR_IO, sys_errno, "cannot open");

    twf_error_path(err, w->path);
    return status;
}

/* Goes down into the folder fd, whose name stands in path. Names that were read before an error are
 * walked: the error is told, and nothing that can be had is left out. */
static enum twf_status push(struct twf_walk *w, int fd, struct twf_error *err)
{
    const struct twf_walk_folder *above = w->depth == 0 ? NULL : &w->folders[w->depth - 1];
    struct twf_walk_folder *d = &w->folders[w->depth];
    const char *name = w->path + (above == NULL ? 0 : above->path_len);
    enum twf_status status = twf_walk_folder_open(d, fd, err);
    size_t len = strlen(w->path);

    if (status != TWF_OK)
        twf_error_path(err, w->path);
    d->maildir = twf_walk_folder_has(d, "cur", TWF_WALK_FOLDER) &&
                 twf_walk_folder_has(d, "new", TWF_WALK_FOLDER);
    d->apple_double = (above != NULL && above->apple_double) || strcmp(name, "__MACOSX") == 0;
    d->in_maildir = above != NULL && (above->in_maildir ||
                                      (above->maildir && (strcmp(name, "cur") == 0 ||
                                                          strcmp(name, "new") == 0)));
    if (above != NULL && above->maildir && strcmp(name, "tmp") == 0) {
        /* Mail on its way into the folder: not delivered yet, and delivered again when it is. */
        w->passed_over += d->count;
        d->next = d->count;
    }
    if (w->path[len - 1] != '/') {
        w->path[len++] = '/'; /* path is kept a byte short for it */
        w->path[len] = '\0';
    }
    d->path_len = len;
    w->depth++;
    return status;
}

static enum twf_status give(struct twf_walk *w, const char *name, struct twf_walk_entry *out)
{
    const struct twf_walk_folder *d = w->depth == 0 ? NULL : &w->folders[w->depth - 1];

    out->path = w->path;
    out->named = d == NULL;
    out->maildir = d != NULL && d->in_maildir;
    out->apple_double = begins_with(name, "._") || (d != NULL && d->apple_double);
    return TWF_OK;
}

static enum twf_status go_down(struct twf_walk *w, const struct twf_walk_folder *d,
                               const char *name, struct twf_error *err)
{
    int fd;

    if (w->depth == TWF_WALK_DEPTH)
        return path_error(w, ELOOP, err);
    do {
        fd = openat(d->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    return fd < 0 ? path_error(w, errno, err) : push(w, fd, err);
}

/* The next entry of the innermost folder. TWF_END: nothing to give this time, ask again. */
static enum twf_status step(struct twf_walk *w, struct twf_walk_entry *out, struct twf_error *err)
{
    struct twf_walk_folder *d = &w->folders[w->depth - 1];
    const struct twf_walk_name *n;
    const char *name;
    size_t len;

    if (d->next == d->count) {
        twf_walk_folder_close(d);
        w->depth--;
        return TWF_END;
    }
    n = &d->names[d->next++];
    name = d->text + n->at;
    len = strlen(name);
    if (n->kind == TWF_WALK_OTHER ||
        (n->kind == TWF_WALK_FILE &&
         (ends_with(name, ".twofrom.arrow") || ends_with(name, ".partial")))) {
        w->passed_over++;
        return TWF_END;
    }
    w->path[d->path_len] = '\0';
    if (len >= sizeof(w->path) - 1 - d->path_len)
        return path_error(w, ENAMETOOLONG, err);
    memcpy(w->path + d->path_len, name, len + 1);
    return n->kind == TWF_WALK_FILE ? give(w, name, out) : go_down(w, d, name, err);
}

/* A path that was named: a folder to walk, or anything else to read. */
static enum twf_status take(struct twf_walk *w, const char *path, struct twf_walk_entry *out,
                            struct twf_error *err)
{
    size_t len = strlen(path);
    const char *slash = strrchr(path, '/');
    struct stat st;
    int fd;

    if (len >= sizeof(w->path) - 1) {
        (void)memcpy(w->path, path, sizeof(w->path) - 1);
        w->path[sizeof(w->path) - 1] = '\0';
        return path_error(w, ENAMETOOLONG, err);
    }
    memmove(w->path, path, len + 1);
    if (stat(path, &st) != 0)
        return path_error(w, errno, err);
    if (!S_ISDIR(st.st_mode))
        return give(w, slash == NULL ? path : slash + 1, out);
    do {
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return path_error(w, errno, err);
    TWF_TRY(push(w, fd, err));
    return TWF_END;
}

static enum twf_status next_of_list(struct twf_walk *w, struct twf_walk_entry *out,
                                    struct twf_error *err)
{
    enum twf_status status = twf_walk_list_next(&w->list, err);

    if (status == TWF_END)
        twf_walk_list_close(&w->list);
    if (status != TWF_OK)
        return status;
    /* "-" means standard input to whoever opens it; in a list it is a file of that name. */
    return take(w, strcmp(w->list.path, "-") == 0 ? "./-" : w->list.path, out, err);
}

static enum twf_status next_named(struct twf_walk *w, struct twf_walk_entry *out,
                                  struct twf_error *err)
{
    char *path = w->named[w->next++];
    enum twf_status status;

    if (strcmp(path, "-") == 0) {
        memcpy(w->path, "-", 2);
        status = give(w, path, out);
    } else if (path[0] == '@') {
        status = twf_walk_list_open(&w->list, path + 1, err);
        status = status == TWF_OK ? TWF_END : status;
    } else {
        status = take(w, path, out, err);
    }
    twf_free(path);
    return status;
}

enum twf_status twf_walk_next(struct twf_walk *w, struct twf_walk_entry *out, struct twf_error *err)
{
    memset(out, 0, sizeof(*out));
    for (;;) {
        enum twf_status status;

        if (w->depth > 0)
            status = step(w, out, err);
        else if (w->list.fd >= 0)
            status = next_of_list(w, out, err);
        else if (w->next < w->count)
            status = next_named(w, out, err);
        else
            return TWF_END;
        if (status != TWF_END && !(status == TWF_OK && out->path == NULL))
            return status;
    }
}
