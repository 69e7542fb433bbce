/* SPDX-License-Identifier: Apache-2.0 */
/* The files of --tracking, read into one table at the start of a run. */
#ifndef TWF_API_TRACKING_FILE_H
#define TWF_API_TRACKING_FILE_H

#include "api/options.h"
#include "verdict/tracking.h"

/* *out is NULL without a path; freed by twf_tracking_free. */
TWF_MUST_USE enum twf_status twf_tracking_open(const struct twf_strings *paths,
                                               struct twf_tracking **out, struct twf_error *err);

#endif
