/* SPDX-License-Identifier: Apache-2.0 */
/* The paths that a run still needs when its outputs are open, and the sandbox around them. */
#ifndef TWF_API_CONFINE_H
#define TWF_API_CONFINE_H

#include "api/run.h"

/* Enters the sandbox as the run asks; before any thread of it is started. r->confined is filled. */
TWF_MUST_USE enum twf_status twf_confine(struct twf_run *r, struct twf_error *err);

#endif
