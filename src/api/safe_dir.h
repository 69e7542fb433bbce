/* SPDX-License-Identifier: Apache-2.0 */
/* New files in one folder that nobody can lead elsewhere: no link is followed, nothing is replaced. */
#ifndef TWF_API_SAFE_DIR_H
#define TWF_API_SAFE_DIR_H

#include <stdbool.h>

#include <twofrom/status.h>

#include "base/span.h"

/* Opens the folder, which is made (0700) where it is missing. TWF_ERR_ARG where that fails. */
TWF_MUST_USE enum twf_status twf_safe_dir_open(const char *path, int *fd, struct twf_error *err);
enum { TWF_SAFE_NAME = 96 };

/*
 * Writes bytes as a new file of that name, without a slash in it. The same content under that name is
 * as good: *is_old. TWF_END where something else has it.
 */
TWF_MUST_USE enum twf_status twf_safe_dir_put(int fd, const char *name, struct twf_span bytes,
                                              bool *is_old, struct twf_error *err);
/* The same as STEM-N.SUFFIX, with the least N that is free or has that content. */
TWF_MUST_USE enum twf_status twf_safe_dir_put_free(int fd, const char *stem, const char *suffix,
                                                   struct twf_span bytes, char name[TWF_SAFE_NAME],
                                                   bool *is_old, struct twf_error *err);
/* What was put is on the disk, or TWF_ERR_OUTPUT. One call for all: one for each file would take
 * longer than finding the messages. */
TWF_MUST_USE enum twf_status twf_safe_dir_close(int fd, struct twf_error *err);

#endif
