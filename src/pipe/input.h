/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoded pieces, in input order, into messages. Holds what passes from job to job: the splitter with the
 * message that is still open, the frames in which it may have begun, the sums. Belongs to whoever has the
 * turn; damage becomes a remark, and every byte is counted.
 */
#ifndef TWF_PIPE_INPUT_H
#define TWF_PIPE_INPUT_H

#include "base/saved.h"
#include "pipe/feed.h"
#include "pipe/job.h"
#include "pipe/setup.h"

struct twf_input;

TWF_MUST_USE enum twf_status twf_input_new(const struct twf_setup *s, struct twf_input **out,
                                           struct twf_error *err);
void twf_input_free(struct twf_input *in);
/*
 * Takes the next job: its parts and stretches are made. Messages point into the job. A sum that does not
 * close at the end of an input is TWF_ERR_INTERNAL.
 */
TWF_MUST_USE enum twf_status twf_input_take(struct twf_input *in, struct twf_job *j,
                                            struct twf_decoder *d,
                                            struct twf_error *err);

/*
 * Its state behind the job taken last, for a checkpoint; false where there is none to keep: the splitter
 * holds too much, or --salvage is behind damage, and where it stands only the reader knows.
 */
bool twf_input_save(const struct twf_input *in, struct twf_buf *out);
/*
 * Before the first job: goes on where the saved one stood. *place says from where the reader has to read;
 * place->source is the caller's, and the input's as long as it is open.
 */
TWF_MUST_USE enum twf_status twf_input_load(struct twf_input *in, struct twf_saved *saved,
                                            struct twf_feed_place *place, struct twf_error *err);

#endif
