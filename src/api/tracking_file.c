/* SPDX-License-Identifier: Apache-2.0 */
/* Message tracking logs as files: read in pieces, as one may be larger than memory. */
#define _GNU_SOURCE
#include "api/tracking_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"

enum { PIECE = 256 * 1024 };

static enum twf_status read_log(struct twf_tracking *t, const char *path, uint8_t *piece,
                                struct twf_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    enum twf_status status = TWF_OK;
    ssize_t n = 1;

    if (fd < 0)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "--tracking: cannot open '%s'", path);
    while (status == TWF_OK && n != 0) {
        do
            n = read(fd, piece, PIECE);
        while (n < 0 && errno == EINTR);
        if (n < 0) {
            status = twf_error_sys(err, TWF_ERR_ARG, errno, "--tracking: cannot read '%s'", path);
            break;
        }
        status = n > 0 ? twf_tracking_feed(t, twf_span(piece, (size_t)n), err)
                       : twf_tracking_end(t, err);
    }
    (void)close(fd);
    return status;
}

enum twf_status twf_tracking_open(const struct twf_strings *paths, struct twf_tracking **out,
                                  struct twf_error *err)
{
    enum twf_status status;
    uint8_t *piece;

    *out = NULL;
    if (paths->len == 0)
        return TWF_OK;
    TWF_TRY(twf_tracking_new(out, err));
    piece = twf_malloc(PIECE);
    status = piece != NULL ? TWF_OK
                           : twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for --tracking");
    for (size_t i = 0; status == TWF_OK && i < paths->len; i++) {
        status = read_log(*out, paths->items[i], piece, err);
        if (status == TWF_ERR_FORMAT || status == TWF_ERR_LIMIT)
            twf_error_path(err, paths->items[i]);
    }
    twf_free(piece);
    if (status != TWF_OK) {
        twf_tracking_free(*out);
        *out = NULL;
    }
    return status;
}
