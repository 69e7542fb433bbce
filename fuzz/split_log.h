/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a splitter over one input, cut as asked, and checks each message on the way. The log holds
 * what must not depend on where the input was cut. For the targets split, tar and seam.
 */
#ifndef TWF_FUZZ_SPLIT_LOG_H
#define TWF_FUZZ_SPLIT_LOG_H

#include "base/buf.h"
#include "fuzz/fuzz.h"
#include "split/split.h"

struct split_log {
    struct twf_buf messages, notes;
    struct twf_split_sums sums;
    enum twf_split_format format;
};

/* Small ones, so that short inputs meet them, or those of the program. */
void split_limits(struct fuzz_rng *r, struct twf_limits *l);
/* r NULL: all at once. */
void split_run(struct twf_span input, const struct twf_split_options *o, struct fuzz_rng *r,
               struct split_log *out);
void split_log_fini(struct split_log *l);

#endif
