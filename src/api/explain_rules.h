/* SPDX-License-Identifier: Apache-2.0 */
/* Which rules hit the message that is explained, and what they make of its level and score. */
#ifndef TWF_API_EXPLAIN_RULES_H
#define TWF_API_EXPLAIN_RULES_H

#include "api/run.h"

struct twf_explain_rules;

/* Nothing without rules: *out is NULL then, which the others take. */
TWF_MUST_USE enum twf_status twf_explain_rules_new(const struct twf_setup *setup,
                                                   struct twf_explain_rules **out,
                                                   struct twf_error *err);
void twf_explain_rules_free(struct twf_explain_rules *e);
/*
 * Asks the rules about one message and fills the part of at that is about them; its strings live
 * until the next call. False without memory.
 */
bool twf_explain_rules_ask(struct twf_explain_rules *e, const struct twf_place *place,
                           const struct twf_subject *subject, const struct twf_verdict *v,
                           struct twf_subject_place *at);

#endif
