/* SPDX-License-Identifier: Apache-2.0 */
/* The text of each status, and the one place where an error record is filled. */
#define _GNU_SOURCE
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef twf_error_set /* as error.h has them for analyzers */
#undef twf_error_sys

const char *twf_status_text(enum twf_status status)
{
    switch (status) {
    case TWF_OK: return "ok";
    case TWF_END: return "end";
    case TWF_ERR_ARG: return "wrong argument";
    case TWF_ERR_NOMEM: return "out of memory";
    case TWF_ERR_IO: return "input/output error";
    case TWF_ERR_FORMAT: return "damaged or unknown format";
    case TWF_ERR_LIMIT: return "limit reached";
    case TWF_ERR_RULES: return "wrong rule";
    case TWF_ERR_OUTPUT: return "output failed";
    case TWF_ERR_STOPPED: return "stopped";
    case TWF_ERR_INTERNAL: return "internal error";
    }
    return "unknown status";
}

static void fill(struct twf_error *err, enum twf_status status, int sys_errno, uint64_t off,
                 const char *fmt, va_list args) TWF_PRINTF(5, 0);

static void fill(struct twf_error *err, enum twf_status status, int sys_errno, uint64_t off,
                 const char *fmt, va_list args)
{
    if (err == NULL)
        return;
    memset(err, 0, sizeof(*err));
    err->status = status;
    err->sys_errno = sys_errno;
    err->off = off;
    (void)vsnprintf(err->text, sizeof(err->text), fmt, args);
}

enum twf_status twf_error_set(struct twf_error *err, enum twf_status status, uint64_t off,
                              const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fill(err, status, 0, off, fmt, args);
    va_end(args);
    return status;
}

enum twf_status twf_error_sys(struct twf_error *err, enum twf_status status, int sys_errno,
                              const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fill(err, status, sys_errno, 0, fmt, args);
    va_end(args);
    if (err != NULL) {
        char reason[128];
        size_t used = strlen(err->text);

        (void)snprintf(err->text + used, sizeof(err->text) - used, ": %s",
                       strerror_r(sys_errno, reason, sizeof(reason)));
    }
    return status;
}

void twf_error_path(struct twf_error *err, const char *path)
{
    if (err != NULL)
        (void)snprintf(err->path, sizeof(err->path), "%s", path);
}
