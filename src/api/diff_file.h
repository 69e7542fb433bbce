/* SPDX-License-Identifier: Apache-2.0 */
/* --diff-exchange: a JSON line for each message about which Exchange's tag and our findings differ. */
#ifndef TWF_API_DIFF_FILE_H
#define TWF_API_DIFF_FILE_H

#include "api/inventory.h"
#include "pipe/record.h"

struct twf_diff_file {
    const char *path;
    char *partial;
    int fd; /* -1: not open */
    struct twf_buf buf;
};

void twf_diff_file_init(struct twf_diff_file *d);
/* Removes what was not finished. */
void twf_diff_file_fini(struct twf_diff_file *d);
/* path NULL: nothing is written. TWF_ERR_ARG where the file cannot be made, or exists (clobber). */
TWF_MUST_USE enum twf_status twf_diff_file_open(struct twf_diff_file *d, const char *path,
                                                bool clobber, struct twf_error *err);
TWF_MUST_USE enum twf_status twf_diff_file_put(struct twf_diff_file *d,
                                               const struct twf_place *place,
                                               const struct twf_subject *subject,
                                               const struct twf_verdict *v,
                                               enum twf_tag_result result, struct twf_error *err);
TWF_MUST_USE enum twf_status twf_diff_file_finish(struct twf_diff_file *d, struct twf_error *err);

#endif
