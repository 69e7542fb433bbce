/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of one folder, sorted by bytes: the order of readdir differs between file systems, and
 * two runs over copies of one folder must give the same records in the same order.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/error.h"
#include "io/walk_state.h"

static enum twf_walk_kind kind_of(int fd, const struct dirent *e)
{
    struct stat st;

    switch (e->d_type) {
    case DT_REG: return TWF_WALK_FILE;
    case DT_DIR: return TWF_WALK_FOLDER;
    case DT_UNKNOWN: break;
    default: return TWF_WALK_OTHER;
    }
    if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return TWF_WALK_FILE; /* whoever opens it will say what is wrong with it */
    if (S_ISDIR(st.st_mode))
        return TWF_WALK_FOLDER;
    return S_ISREG(st.st_mode) ? TWF_WALK_FILE : TWF_WALK_OTHER;
}

static bool grow(void **ptr, size_t *cap, size_t need, size_t len)
{
    size_t more = *cap < 64 ? 64 : *cap;
    void *grown;

    if (need <= *cap)
        return true;
    while (more < need)
        more *= 2;
    if (more > SIZE_MAX / len || (grown = twf_realloc(*ptr, more * len)) == NULL)
        return false;
    *ptr = grown;
    *cap = more;
    return true;
}

static bool add_name(struct twf_walk_folder *d, const struct dirent *e)
{
    size_t len = strlen(e->d_name) + 1;
    void *text = d->text, *names = d->names;
    bool has_room = grow(&text, &d->text_cap, d->text_len + len, 1);

    d->text = text;
    if (!has_room)
        return false;
    has_room = grow(&names, &d->cap, d->count + 1, sizeof(*d->names));
    d->names = names;
    if (!has_room)
        return false;
    memcpy(d->text + d->text_len, e->d_name, len);
    d->names[d->count++] = (struct twf_walk_name){d->text_len, (uint32_t)kind_of(d->fd, e)};
    d->text_len += len;
    return true;
}

static void merge(const char *text, const struct twf_walk_name *a, size_t a_len,
                  const struct twf_walk_name *b, size_t b_len, struct twf_walk_name *out)
{
    while (a_len > 0 && b_len > 0) {
        if (strcmp(text + a->at, text + b->at) <= 0) {
            *out++ = *a++;
            a_len--;
        } else {
            *out++ = *b++;
            b_len--;
        }
    }
    if (a_len > 0)
        memcpy(out, a, a_len * sizeof(*a));
    if (b_len > 0)
        memcpy(out, b, b_len * sizeof(*b));
}

/* Merge sort from the bottom: n log n for every order, and its memory counts like any other, which
 * that of qsort does not. */
static bool sort_names(struct twf_walk_folder *d)
{
    struct twf_walk_name *from = d->names, *to, *swap;

    if (d->count < 2)
        return true;
    to = twf_malloc(d->count * sizeof(*to));
    if (to == NULL)
        return false;
    for (size_t run = 1; run < d->count; run *= 2) {
        for (size_t i = 0; i < d->count; i += 2 * run) {
            size_t a = TWF_MIN(run, d->count - i), b = TWF_MIN(run, d->count - i - a);

            merge(d->text, from + i, a, from + i + a, b, to + i);
        }
        swap = from;
        from = to;
        to = swap;
    }
    twf_free(to);
    d->names = from;
    d->cap = d->count;
    return true;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* 0, an errno of readdir, or -1 without memory. */
static int read_names(struct twf_walk_folder *d, DIR *dir)
{
    const struct dirent *e;

    while (errno = 0, (e = readdir(dir)) != NULL) {
        if (!is_dots(e->d_name) && !add_name(d, e))
            return -1;
    }
    return errno;
}

enum twf_status twf_walk_folder_open(struct twf_walk_folder *d, int fd, struct twf_error *err)
{
    int copy, sys_errno;
    DIR *dir;

    memset(d, 0, sizeof(*d));
    d->fd = fd;
    /* A copy, as closedir closes what it was given and children are opened from fd. */
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    dir = copy < 0 ? NULL : fdopendir(copy);
    if (dir == NULL) {
        sys_errno = errno;
        if (copy >= 0)
            (void)close(copy);
        return twf_error_sys(err, TWF_ERR_IO, sys_errno, "folder");
    }
    sys_errno = read_names(d, dir);
    (void)closedir(dir);
    if (sys_errno < 0 || !sort_names(d)) {
        d->count = 0;
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for the names of a folder");
    }
    if (sys_errno != 0)
        return twf_error_sys(err, TWF_ERR_IO, sys_errno, "folder");
    return TWF_OK;
}

void twf_walk_folder_close(struct twf_walk_folder *d)
{
    (void)close(d->fd);
    twf_free(d->text);
    twf_free(d->names);
    memset(d, 0, sizeof(*d));
    d->fd = -1;
}

bool twf_walk_folder_has(const struct twf_walk_folder *d, const char *name,
                         enum twf_walk_kind kind)
{
    size_t from = 0, to = d->count;

    while (from < to) {
        size_t i = from + (to - from) / 2;
        int order = strcmp(d->text + d->names[i].at, name);

        if (order == 0)
            return d->names[i].kind == (uint32_t)kind;
        if (order < 0)
            from = i + 1;
        else
            to = i;
    }
    return false;
}
