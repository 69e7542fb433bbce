/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the writer adds up, job by job in input order: inputs, incidents, counters. Lists are bounded by
 * the limit "rows"; what is beyond is counted.
 */
#ifndef TWF_PIPE_LEDGER_H
#define TWF_PIPE_LEDGER_H

#include "pipe/feed.h"
#include "pipe/job.h"
#include "pipe/setup.h"

struct twf_ledger {
    const struct twf_setup *setup;
    struct twf_counts counts;       /* of inputs that ended */
    struct twf_source *source;      /* the input at hand, owned; NULL between two */
    struct twf_input_total now;     /* what is known of it */
    bool incomplete;
    struct twf_input_total *inputs;
    size_t input_len, input_cap;
    struct twf_incident *incidents;
    size_t incident_len, incident_cap;
    const char *incident_source;    /* path of the incidents that were listed last, owned by them */
    struct twf_pairs *pairs;
    struct twf_rule_hits rule_hits;
    struct twf_rule_total *rules;   /* the same for the summary: as long as the set */
    struct twf_hashset seen;        /* messages, with --dedup */
    uint64_t incident_count, input_count, damaged, failed;
    uint64_t chain;                 /* hash over what every input is, in order */
    uint64_t chain_now;             /* the same while the inputs are looked at again */
    struct twf_arena words;         /* codes of a saved ledger */
};

/* seed: as twf_pairs_new. On failure twf_ledger_fini is due all the same. */
TWF_MUST_USE enum twf_status twf_ledger_init(struct twf_ledger *t, const struct twf_setup *s,
                                             uint64_t seed, struct twf_error *err);
void twf_ledger_fini(struct twf_ledger *t);
/* Marks the rows of the next job that were seen before; once, before its batches leave. */
void twf_ledger_dedup(struct twf_ledger *t, struct twf_job *j);
/* Takes the parts of a job that was judged; sources that end are freed. */
TWF_MUST_USE enum twf_status twf_ledger_take(struct twf_ledger *t, const struct twf_job *j,
                                            struct twf_error *err);
/* Fills what it knows; pointers live as long as t, the rows of pairs until the next call. */
void twf_ledger_totals(const struct twf_ledger *t, struct twf_totals *out);

/* Between two jobs. The input at hand, if any, is saved by whoever splits it. */
void twf_ledger_save(const struct twf_ledger *t, struct twf_buf *out);
/* Into a new one. source: of the input at hand, or NULL; it is the ledger's from a success on. */
TWF_MUST_USE enum twf_status twf_ledger_load(struct twf_ledger *t, struct twf_saved *in,
                                             struct twf_source *source, struct twf_error *err);
/* A twf_feed_check_fn, ctx the ledger: TWF_ERR_ARG names the input and what differs. */
TWF_MUST_USE enum twf_status twf_ledger_check(void *ctx, uint64_t number,
                                              const struct twf_feed_identity *now,
                                              struct twf_error *err);

#endif
