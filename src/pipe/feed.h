/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths into jobs: walks folders and lists, opens inputs one after another (small ones many at a time),
 * and has their bytes cut into pieces. Any worker may be the reader, one at a time: who needs work reads.
 */
#ifndef TWF_PIPE_FEED_H
#define TWF_PIPE_FEED_H

#include <stdatomic.h>

#include "pipe/job.h"
#include "pipe/lender.h"
#include "pipe/setup.h"

struct twf_feed;

TWF_MUST_USE enum twf_status twf_feed_new(const struct twf_setup *s, struct twf_io *io,
                                            struct twf_lender *lender, const atomic_bool *stop,
                                            struct twf_feed **out, struct twf_error *err);
void twf_feed_free(struct twf_feed *r);
/* Before the first twf_feed_fill. */
TWF_MUST_USE enum twf_status twf_feed_add(struct twf_feed *r, const char *path,
                                            struct twf_error *err);
/* Fills a job. TWF_END: nothing is left, the job may hold the last pieces; TWF_ERR_STOPPED. */
TWF_MUST_USE enum twf_status twf_feed_fill(struct twf_feed *r, struct twf_job *j,
                                             struct twf_error *err);

#endif
