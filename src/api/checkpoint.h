/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --checkpoint and --resume (docs/resume.md). A checkpoint is written behind a job: outputs are synced, then it
 * is written beside its name, synced and renamed, so that at any moment there is one that is true of the
 * outputs. It holds what the run is about, where each output ends, and the state of the pipe.
 */
#ifndef TWF_API_CHECKPOINT_H
#define TWF_API_CHECKPOINT_H

#include <twofrom/twofrom.h>

#include "api/options.h"

struct twf_checkpoint;

/* *out is NULL where the options ask for none. Reads the file of --resume; r is filled as far as it says. */
TWF_MUST_USE enum twf_status twf_checkpoint_new(const struct twf_options *o, struct twf_run *r,
                                                struct twf_checkpoint **out, struct twf_error *err);
void twf_checkpoint_free(struct twf_checkpoint *c);
/* Where it is written; lives as long as c. */
const char *twf_checkpoint_path(const struct twf_checkpoint *c);
/* An input as the user named it; TWF_ERR_ARG for one that cannot be resumed. */
TWF_MUST_USE enum twf_status twf_checkpoint_input(struct twf_checkpoint *c, const char *path,
                                                  struct twf_error *err);
/* Opens the outputs, new or cut back, and with --resume moves the pipe to where it stood. */
TWF_MUST_USE enum twf_status twf_checkpoint_begin(struct twf_checkpoint *c, struct twf_run *r,
                                                  struct twf_error *err);
/* It is of --resume. */
bool twf_checkpoint_resumes(const struct twf_checkpoint *c);
/* The resumed run had read everything: only the names of its outputs were missing. */
bool twf_checkpoint_is_sealed(const struct twf_checkpoint *c);
/* The run was stopped: what was taken since the last checkpoint is worth one. */
TWF_MUST_USE enum twf_status twf_checkpoint_stop(struct twf_checkpoint *c, struct twf_run *r,
                                                 struct twf_error *err);
/* In place of twf_outputs_finish: the checkpoint is gone when all outputs have their names. */
TWF_MUST_USE enum twf_status twf_checkpoint_finish(struct twf_checkpoint *c, struct twf_run *r,
                                                   const struct twf_totals *t,
                                                   struct twf_error *err);

#endif
