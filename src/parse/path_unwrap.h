/* SPDX-License-Identifier: Apache-2.0 */
/* What forwarders and bounce taggers wrote into a local part (docs/verdicts.md 3.4). */
#ifndef TWF_PARSE_PATH_UNWRAP_H
#define TWF_PARSE_PATH_UNWRAP_H

#include "flow/trace.h"

/*
 * Fills inner_local, inner_domain and inner_form of a mailbox; slices of its local part and domain.
 */
void twf_path_unwrap(struct twf_path *p);

#endif
