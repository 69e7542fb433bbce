/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a struct twf_error, and passing a status up. */
#ifndef TWF_BASE_ERROR_H
#define TWF_BASE_ERROR_H

#include <twofrom/status.h>

#include "base/compiler.h"

/* Fills err (may be NULL) and returns status, so that a fault is one return statement. */
enum twf_status twf_error_set(struct twf_error *err, enum twf_status status, uint64_t off,
                              const char *fmt, ...) TWF_PRINTF(4, 5);

/* The same with errno and its text appended: "text: No such file or directory". */
enum twf_status twf_error_sys(struct twf_error *err, enum twf_status status, int sys_errno,
                              const char *fmt, ...) TWF_PRINTF(4, 5);

#ifdef TWF_ANALYZE
/* That the status comes back as it was. */
#define twf_error_set(err, status, ...) ((void)twf_error_set(err, status, __VA_ARGS__), (enum twf_status)(status))
#define twf_error_sys(err, status, ...) ((void)twf_error_sys(err, status, __VA_ARGS__), (enum twf_status)(status))
#endif

/* Names the file concerned. Safe with err == NULL. */
void twf_error_path(struct twf_error *err, const char *path);

/* Returns a status other than TWF_OK; only where nothing is held. */
#define TWF_TRY(expr)                                                                              \
    do {                                                                                           \
        enum twf_status twf_try_status_ = (expr);                                                  \
        if (twf_try_status_ != TWF_OK)                                                             \
            return twf_try_status_;                                                                \
    } while (0)

#endif
