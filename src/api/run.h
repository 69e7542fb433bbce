/* SPDX-License-Identifier: Apache-2.0 */
/* A run from the inside, for the tools that look into one. */
#ifndef TWF_API_RUN_H
#define TWF_API_RUN_H

#include <time.h>

#include <twofrom/tools.h>

#include "api/checkpoint.h"
#include "api/index_sink.h"
#include "api/options.h"
#include "api/outputs.h"
#include "pipe/pipe.h"

struct twf_run {
    struct twf_setup setup;
    struct twf_psl *psl;              /* of --psl, or NULL */
    struct twf_matcher *matcher;
    struct twf_rules *rules;          /* or NULL */
    struct twf_domains *domains;      /* for --protect */
    struct twf_domain_set *protect;
    struct twf_strings authserv, headers;
    struct twf_strings inputs;        /* as on the command line, for the guard of outputs and the sandbox */
    struct twf_cidr *relays;
    struct twf_tracking *tracking;    /* of --tracking, or NULL */
    struct twf_pipe *pipe;
    struct twf_outputs outputs;
    struct twf_redact *redact;        /* of --redact, or NULL */
    struct twf_index_sink *index;     /* of --write-index, or NULL */
    struct twf_checkpoint *checkpoint; /* of --checkpoint or --resume, or NULL */
    uint64_t wall_before;             /* ns, of the run that is resumed */
    enum twf_level fail_on;
    bool capped;                      /* --memory: the cap on allocation is ours */
    enum twf_sandbox_mode sandbox;
    char *index_dir;                  /* of --index-dir, or NULL */
    struct twf_sandbox_state confined; /* what came of it */
    bool notice_told;                 /* why inputs are read another way than asked */
    uint64_t incidents_told;          /* to log */
    bool opened, finished, flagged_fail, output_failed, stopped, internal;
    struct twf_buf words;
    struct twf_buf identity;          /* what run_id is the hash of */
    struct timespec start;
    int64_t start_us;
    twf_log_fn *log;
    void *log_ctx;
    twf_tick_fn *tick;
    void *tick_ctx;
};

/* Everything of twf_run_open but the reading: setup, and outputs named but not opened. */
TWF_MUST_USE enum twf_status twf_run_prepare(const struct twf_options *o, struct twf_run **out,
                                             struct twf_error *err);
/* Everything that a summary tells, up to now. */
void twf_run_totals(const struct twf_run *r, struct twf_totals *t);
/* Since the run began, the run that it resumes with it. */
uint64_t twf_run_wall_ns(const struct twf_run *r);
/* What the log of r was not told yet; api/run_log.c. */
void twf_run_tell_notice(struct twf_run *r);
void twf_run_tell_incidents(struct twf_run *r);
/* "SOURCE: CODE at byte OFF: TEXT", cut at cap; bytes of names stand in it: escape it. As snprintf. */
size_t twf_incident_line(const struct twf_incident *x, char *out, size_t cap);

#endif
