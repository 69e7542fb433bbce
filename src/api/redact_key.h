/* SPDX-License-Identifier: Apache-2.0 */
/* --redact and --redact-key of the options, made into pseudonyms. */
#ifndef TWF_API_REDACT_KEY_H
#define TWF_API_REDACT_KEY_H

#include "api/options.h"
#include "pipe/redact.h"

/* *out is NULL where nothing is to be redacted. TWF_ERR_ARG for a key that others can read, or that is none. */
TWF_MUST_USE enum twf_status twf_options_redact(const struct twf_options *o, struct twf_redact **out,
                                                struct twf_error *err);

#endif
