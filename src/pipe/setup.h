/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run is about: made once from the options, read-only while threads are at work, shared by all of
 * them. api fills it; pipe only reads.
 */
#ifndef TWF_PIPE_SETUP_H
#define TWF_PIPE_SETUP_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/limits.h"
#include "io/io.h"
#include "kernels/kernels.h"
#include "match/match.h"
#include "parse/parse.h"
#include "pipe/marks.h"
#include "pipe/redact.h"
#include "rules/rules.h"
#include "split/split.h"
#include "verdict/verdict.h"

/* Which time --since and --until look at. */
enum twf_clock { TWF_CLOCK_DATE, TWF_CLOCK_RECEIVED, TWF_CLOCK_FROM_LINE };

struct twf_setup {
    struct twf_kernels kernels;
    struct twf_limits limits;
    const struct twf_psl *psl;
    const struct twf_matcher *matcher; /* NULL with --no-prefilter: every value takes the full parser */
    struct twf_judge_options judge;
    const struct twf_rules *rules;     /* NULL: none */
    enum twf_split_format format;
    enum twf_journal_mode journal;
    enum twf_level min_level;          /* rows at or above are selected */
    bool all;                          /* every message is selected */
    bool every_row;                    /* every message becomes a row, selected or not: for rules and index */
    bool with_subject, with_headers;
    bool dedup;                        /* mark what was seen before */
    bool salvage;                      /* look for frames behind damage */
    bool sha256;                       /* of every input */
    const struct twf_redact *redact;   /* NULL: records show whom they are about */
    bool redact_rows_later;            /* whoever takes the rows asks about them first, and redacts those it writes */
    bool keeps_state;                  /* a checkpoint may be taken behind every job */
    bool skim;                         /* what nobody needs is not decoded */
    uint64_t ratio_limit;              /* decoded bytes a compressed one, beyond 1 GiB; 0: none */
    bool raw_columns;                  /* the raw fields of columns.def too: for the index */
    bool brief_rows;                   /* nobody but an index reads rows that are not selected */
    enum twf_clock clock;
    int64_t since_us, until_us;        /* INT64_MIN, INT64_MAX: no bound; until is exclusive */
    uint64_t max_window;
    uint64_t lane_max;                 /* bytes of memory for a long frame; 0: no bound */
    uint32_t threads;                  /* workers, at least 1 */
    uint64_t job_target, job_max;      /* decoded bytes: a job is full; a frame is long (pipe/cut.h) */
    struct twf_marks *marks;           /* where threads note what they are at; NULL: nobody asks */
    char run_id[33];                   /* XXH3-128, hex */
};

#endif
