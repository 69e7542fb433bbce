/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the writer adds up, job by job in input order: inputs, incidents, counters. Lists are bounded by
 * the limit "rows"; what is beyond is counted.
 */
#ifndef TWF_PIPE_TALLY_H
#define TWF_PIPE_TALLY_H

#include "pipe/job.h"
#include "pipe/setup.h"

struct twf_tally {
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
    uint64_t incident_count, input_count, damaged, failed;
};

void twf_tally_init(struct twf_tally *t, const struct twf_setup *s);
void twf_tally_fini(struct twf_tally *t);
/* Takes the parts of a job that was judged; sources that end are freed. */
TWF_MUST_USE enum twf_status twf_tally_take(struct twf_tally *t, const struct twf_job *j,
                                            struct twf_error *err);
/* Fills what it knows; pointers live as long as t. */
void twf_tally_totals(const struct twf_tally *t, struct twf_totals *out);

#endif
