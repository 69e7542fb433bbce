/* SPDX-License-Identifier: Apache-2.0 */
/* The text that every match of a question holds: whoever looks for it first asks few values instead of all. */
#ifndef TWF_RULES_RULE_LITERAL_H
#define TWF_RULES_RULE_LITERAL_H

#include "kernels/kernels.h"
#include "rules/rule_model.h"

/* False where there is none that is long enough to be worth looking for. n->odd is left false. */
bool twf_rule_literal(const struct rule_atom *a, struct twf_needle *n);

#endif
