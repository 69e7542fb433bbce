/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question about every message, asked to indexes and to batches of a run. The rules room decides what
 * hits; here a column that is a dictionary is asked once per distinct value, and then ids are compared.
 * Both ways ask the same code about the same columns, so the answers are the same.
 */
#ifndef TWF_PIPE_HUNT_H
#define TWF_PIPE_HUNT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "index/index.h"
#include "pipe/setup.h"
#include "rules/rules.h"

/* Rules that are asked together: where any of them hits, the set does. Only rules is the caller's to fill. */
struct twf_hunt_set {
    const struct twf_rules *rules;
    enum twf_col_id cols[TWF_COL_COUNT]; /* that they read */
    uint32_t col_count;
    bool has_text;               /* the same: what a value must hold to be worth asking */
    struct twf_rules_literal text;
};

struct twf_hunt_question {
    const struct twf_kernels *kernels;
    /*
     * A row hits where each of the first needed sets does (if there are any), or one of those behind
     * them.
     */
    struct twf_hunt_set *sets;
    uint32_t set_count, needed;
    const struct twf_rules *all; /* every rule of the sets: names those that hit a row */
    enum twf_clock clock;        /* not FROM_LINE */
    int64_t since_us, until_us;
    enum twf_level min_level;    /* TWF_LEVEL_NONE: any */
    bool rows;                   /* whether rows are wanted, with */
    bool want[TWF_COL_COUNT];    /* these columns (rule_ids and level always) */
    bool with_subject;
    int group;                   /* column whose values are counted, or -1 */
    const struct twf_redact *redact; /* of the rows that hit, and of groups; NULL: they stay as they are */
    const char *run_id;
    uint32_t threads;
    const volatile sig_atomic_t *stop; /* may be NULL */
};

/* Rows that hit, all of them selected; the batch is the hunter's. Called in order, by one thread at a
 * time, which need not be the caller's. */
typedef enum twf_status twf_hunt_fn(void *ctx, struct twf_batch *b, struct twf_error *err);

struct twf_hunter;

/* q and what it points to stay the caller's, and must outlive the hunter. */
TWF_MUST_USE enum twf_status twf_hunter_new(struct twf_hunt_question *q, struct twf_hunter **out,
                                            struct twf_error *err);
void twf_hunter_free(struct twf_hunter *h);
/* NULL, or the name of the first column that the question reads and ix lacks. */
const char *twf_hunter_lacks(const struct twf_hunter *h, const struct twf_index *ix);
/* Asks a whole index; source_uri is what its rows say about their source. */
TWF_MUST_USE enum twf_status twf_hunter_index(struct twf_hunter *h, struct twf_index *ix,
                                              const char *source_uri, twf_hunt_fn *fn, void *ctx,
                                              struct twf_error *err);
/* Asks the rows of a batch that has the raw columns too. */
TWF_MUST_USE enum twf_status twf_hunter_batch(struct twf_hunter *h, const struct twf_batch *b,
                                              twf_hunt_fn *fn, void *ctx, struct twf_error *err);
/* Rows asked, and rows that hit. */
uint64_t twf_hunter_messages(const struct twf_hunter *h);
uint64_t twf_hunter_hits(const struct twf_hunter *h);

/* Values of the column group among the hits: most frequent first, then by their bytes. */
struct twf_hunt_group {
    struct twf_span value; /* lives as long as the hunter */
    uint64_t count;
    bool is_null;          /* the hits without a value */
};
TWF_MUST_USE enum twf_status twf_hunter_groups(struct twf_hunter *h,
                                               const struct twf_hunt_group **out, uint32_t *n,
                                               struct twf_error *err);

#endif
