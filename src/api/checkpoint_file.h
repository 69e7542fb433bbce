/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a checkpoint: a magic, the length of what follows, its XXH3-128, and it. */
#ifndef TWF_API_CHECKPOINT_FILE_H
#define TWF_API_CHECKPOINT_FILE_H

#include <twofrom/status.h>

#include "base/saved.h"

/* Into file; *saved reads what it holds. TWF_ERR_ARG for a file that is missing, or none of ours. */
TWF_MUST_USE enum twf_status twf_checkpoint_file_read(const char *path, struct twf_buf *file,
                                                      struct twf_saved *saved, struct twf_error *err);
/* As partial, synced, and renamed to path. TWF_ERR_OUTPUT. */
TWF_MUST_USE enum twf_status twf_checkpoint_file_write(const char *path, const char *partial,
                                                       struct twf_span body, struct twf_error *err);
TWF_MUST_USE enum twf_status twf_checkpoint_file_remove(const char *path, struct twf_error *err);

#endif
