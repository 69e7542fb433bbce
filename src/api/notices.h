/* SPDX-License-Identifier: Apache-2.0 */
/* The texts that annotated copies get, and those of others that are recognised, out of files. */
#ifndef TWF_API_NOTICES_H
#define TWF_API_NOTICES_H

#include "api/annotate.h"
#include "api/options.h"

struct twf_notices {
    struct twf_annotation how;
    struct twf_arena arena;
    struct twf_span *known;
};

void twf_notices_init(struct twf_notices *n);
void twf_notices_fini(struct twf_notices *n);
/* TWF_ERR_ARG for a file that cannot be read, is no UTF-8 or is too long. */
TWF_MUST_USE enum twf_status twf_notices_load(struct twf_notices *n, const struct twf_options *o,
                                              const struct twf_limits *limits,
                                              struct twf_error *err);

#endif
