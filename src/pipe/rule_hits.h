/* SPDX-License-Identifier: Apache-2.0 */
/* How many messages each rule of a run hit: for a job, and added up by the writer. Its size is that of the rule set. */
#ifndef TWF_PIPE_RULE_HITS_H
#define TWF_PIPE_RULE_HITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/saved.h"
#include "flow/totals.h"
#include "rules/rules.h"

struct twf_rule_hits {
    const struct twf_rules *rules; /* NULL: there are none, and nothing is counted */
    size_t count;
    uint64_t *messages;            /* by the index of twf_rules_info, as twf_rules_take_hits has it */
};

/* False without memory; twf_rule_hits_fini is due all the same. rules lives longer. */
bool twf_rule_hits_init(struct twf_rule_hits *h, const struct twf_rules *rules);
void twf_rule_hits_fini(struct twf_rule_hits *h);
void twf_rule_hits_reset(struct twf_rule_hits *h);
/* Both are of one set. */
void twf_rule_hits_join(struct twf_rule_hits *to, const struct twf_rule_hits *job);
/* Those that take part, hit or not, in the order of the set, into a list with room for all: their number. */
size_t twf_rule_hits_list(const struct twf_rule_hits *h, struct twf_rule_total *list);
void twf_rule_hits_save(const struct twf_rule_hits *h, struct twf_buf *out);
/* Of another number of rules: bad. */
void twf_rule_hits_load(struct twf_rule_hits *h, struct twf_saved *in);

#endif
