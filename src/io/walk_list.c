/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of paths, one a line, LF or CRLF. A line that cannot be a path is an error of that line
 * alone; memory does not grow with the list nor with its longest line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "io/walk_state.h"

enum twf_status twf_walk_list_open(struct twf_walk_list *l, const char *path, struct twf_error *err)
{
    enum twf_status status;

    l->line = 0;
    l->from = l->to = 0;
    if (strcmp(path, "-") == 0) {
        l->fd = STDIN_FILENO;
        return TWF_OK;
    }
    do {
        l->fd = open(path, O_RDONLY | O_CLOEXEC);
    } while (l->fd < 0 && errno == EINTR);
    if (l->fd >= 0)
        return TWF_OK;
    status = twf_error_sys(err, TWF_ERR_IO, errno, "list of paths");
    twf_error_path(err, path);
    return status;
}

void twf_walk_list_close(struct twf_walk_list *l)
{
    if (l->fd > STDIN_FILENO)
        (void)close(l->fd);
    l->fd = -1;
}

/* Bytes in buf: 1, 0 at the end, -errno. */
static int fill(struct twf_walk_list *l)
{
    ssize_t n;

    if (l->from < l->to)
        return 1;
    do {
        n = read(l->fd, l->buf, sizeof(l->buf));
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    l->from = 0;
    l->to = (size_t)n;
    return n > 0;
}

/* One line without its end into path, cut at its room; *len is its real length, but at most room +
 * 1. 1, 0 when there is none, -errno. */
static int read_line(struct twf_walk_list *l, size_t *len)
{
    const size_t room = sizeof(l->path) - 1;
    bool any = false;

    *len = 0;
    for (;;) {
        int more = fill(l);
        const char *start = l->buf + l->from, *stop;
        size_t n;

        if (more <= 0) {
            l->path[TWF_MIN(*len, room)] = '\0';
            return more < 0 ? more : any;
        }
        any = true;
        stop = memchr(start, '\n', l->to - l->from);
        n = stop == NULL ? l->to - l->from : (size_t)(stop - start);
        if (*len <= room) {
            memcpy(l->path + *len, start, TWF_MIN(n, room - TWF_MIN(*len, room)));
            *len = TWF_MIN(*len + n, room + 1);
        }
        l->from += n + (stop != NULL);
        if (stop != NULL) {
            l->path[TWF_MIN(*len, room)] = '\0';
            return 1;
        }
    }
}

static enum twf_status line_error(struct twf_walk_list *l, int sys_errno, const char *text,
                                  struct twf_error *err)
{
    (void)twf_error_sys(err, TWF_ERR_IO, sys_errno, "%s in line %u of a list", text, l->line);
    twf_error_path(err, l->path);
    if (err != NULL)
        err->line = l->line;
    return TWF_ERR_IO;
}

enum twf_status twf_walk_list_next(struct twf_walk_list *l, struct twf_error *err)
{
    size_t len;

    for (;;) {
        int more = read_line(l, &len);

        if (more < 0) {
            enum twf_status status = line_error(l, -more, "read error", err);

            twf_walk_list_close(l);
            return status;
        }
        if (more == 0)
            return TWF_END;
        l->line++;
        if (len >= sizeof(l->path))
            return line_error(l, ENAMETOOLONG, "a path", err);
        if (len > 0 && l->path[len - 1] == '\r')
            l->path[--len] = '\0';
        if (len == 0)
            continue;
        if (memchr(l->path, '\0', len) != NULL)
            return line_error(l, EINVAL, "a NUL", err);
        if (len > TWF_WALK_LINE - 1)
            return line_error(l, ENAMETOOLONG, "a path", err);
        return TWF_OK;
    }
}
