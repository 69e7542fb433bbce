/* SPDX-License-Identifier: Apache-2.0 */
/* A hunt at work, for api_hunt.c and hunt_question.c. */
#ifndef TWF_API_HUNT_JOB_H
#define TWF_API_HUNT_JOB_H

#include "api/run.h"
#include "pipe/hunt.h"

struct twf_hunt_job {
    const struct twf_options *options;
    const struct twf_hooks *hooks;
    struct twf_hunt_result *result;
    struct twf_run *base;            /* setup and outputs; never started */
    struct twf_run *run;             /* over archives without an index, or NULL */
    struct twf_rules **sets;
    uint32_t set_count, needed;      /* needed: the first of them, which all have to hit */
    struct twf_rules *all;
    struct twf_hunt_set *asked;
    struct twf_hunt_question question;
    struct twf_hunter *hunter;
    struct twf_buf text;             /* identity of indexes, a C string */
    struct twf_sandbox_state confined;
};

/* Compiles what is asked for into sets. TWF_ERR_ARG: nothing is. */
TWF_MUST_USE enum twf_status twf_hunt_make_question(struct twf_hunt_job *j, struct twf_error *err);
/* Makes the hunter and opens the outputs. TWF_ERR_ARG: options that do not go together, or an unknown field. */
TWF_MUST_USE enum twf_status twf_hunt_begin(struct twf_hunt_job *j, struct twf_error *err);

#endif
