/* SPDX-License-Identifier: Apache-2.0 */
/* explain of a message in an archive that pack made: one frame is decoded instead of all before it. */
#ifndef TWF_API_EXPLAIN_PACKED_H
#define TWF_API_EXPLAIN_PACKED_H

#include <twofrom/twofrom.h>

#include "pipe/worker.h"

/*
 * Calls watch as a run would, with the message and, for a report, what is inside. TWF_END: the tables
 * of the archive do not lead to such a message, a run has to look for it.
 */
TWF_MUST_USE enum twf_status twf_explain_packed(const struct twf_options *o, const char *path,
                                                bool by_index, uint64_t wanted, twf_watch_fn *watch,
                                                void *ctx, struct twf_error *err);

/* ---- a check from the inside (api_check.c) ---- */

/* watch sees each verdict. */
void twf_check_watch(struct twf_check *c, twf_watch_fn *watch, void *ctx);
/* As twf_check_message, for a message that has a place; m->text is all of it. */
TWF_MUST_USE enum twf_status twf_check_place(struct twf_check *c, const struct twf_message *m,
                                             const struct twf_place *place,
                                             const struct twf_span *sidecar, struct twf_error *err);

#endif
