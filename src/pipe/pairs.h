/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roll-up of mismatches by (organization of P2, organization of P1): docs/verdicts.md section 8. Each
 * job has a table of its own, filled by its worker; the writer joins them in input order, so that the
 * result does not depend on threads. Bounded: pairs and organizations beyond the limits are only counted.
 */
#ifndef TWF_PIPE_PAIRS_H
#define TWF_PIPE_PAIRS_H

#include "base/arena.h"
#include "base/saved.h"
#include "flow/totals.h"
#include "flow/verdict.h"
#include "pipe/redact.h"
#include "verdict/verdict.h"

struct twf_pairs;

/*
 * pairs_max: pairs that are listed (0: all, for a job); four times as many organizations are counted. seed: for the hash
 * tables, so that the writer of a mail cannot choose who collides; results do not depend on it.
 */
struct twf_pairs *twf_pairs_new(uint64_t pairs_max, uint64_t seed);
void twf_pairs_free(struct twf_pairs *p);
/* Empties it; memory stays. */
void twf_pairs_reset(struct twf_pairs *p);
/* One judged message. */
void twf_pairs_add(struct twf_pairs *p, const struct twf_verdict *v);
/* Adds what the next job found. */
void twf_pairs_join(struct twf_pairs *to, const struct twf_pairs *job);
/* Memory ran out in one of the calls above. */
bool twf_pairs_failed(const struct twf_pairs *p);
/*
 * The table in the order of section 8; *count is the number of pairs that there were, listed or not (it
 * stops half a million beyond the listed ones). The rows live until the next call or free.
 */
const struct twf_pair *twf_pairs_list(struct twf_pairs *p, const struct twf_domain_set *protect,
                                      uint64_t *listed, uint64_t *count);

/* Before the first pair: Message-IDs are noted, and the table is listed, as r writes them. */
void twf_pairs_redact(struct twf_pairs *p, const struct twf_redact *r);
/* Before the first pair: the seed of an earlier run, whose state is to be loaded. */
void twf_pairs_seed(struct twf_pairs *p, uint64_t seed);
/* The total, without its seed; and the same into an empty one: bad, or twf_pairs_failed, where that fails. */
void twf_pairs_save(const struct twf_pairs *p, struct twf_buf *out);
void twf_pairs_load(struct twf_pairs *p, struct twf_saved *in);

#endif
