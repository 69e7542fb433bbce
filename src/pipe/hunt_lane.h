/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hunt inside: lanes, one a thread, take items of work by number; what they find is handed out in the
 * order of the items. Items are batches of an index, parts of a dictionary, or pieces of its values.
 */
#ifndef TWF_PIPE_HUNT_LANE_H
#define TWF_PIPE_HUNT_LANE_H

#include <pthread.h>
#include <stdatomic.h>

#include "pipe/hunt.h"
#include "pipe/hunt_tally.h"

enum { HUNT_WORDS = TWF_BATCH_ROWS_MAX / 64 };

/* The answer of a set for the values of a dictionary. */
struct hunt_answer {
    bool known;
    uint64_t *hits;   /* a bit a value */
    uint32_t count;   /* values */
    int64_t only;     /* the one value that hits; -1: none or several */
    bool any, null_hits;
};

/* What one thread has. */
struct hunt_lane {
    struct twf_hunter *h;
    pthread_t thread;
    struct twf_index_scratch *index;
    struct twf_rules_scratch **sets; /* one a set */
    struct twf_rules_scratch *all;
    struct twf_batch *project, *out;
    struct twf_arena arena;
    struct twf_buf text;
    uint64_t hits[HUNT_WORDS], part[HUNT_WORDS];
    uint32_t rows[TWF_BATCH_ROWS_MAX], row_count;
    uint64_t asked;                  /* rows of the batch at work */
    struct twf_hunt_tally tally;
    struct twf_error err;
};

struct twf_hunter {
    struct twf_hunt_question *q;
    struct hunt_lane **lanes;
    uint32_t lane_count, lanes_most; /* made so far: a question that a footer answers needs no more than one */
    bool want[TWF_COL_COUNT];   /* columns of the rows, and those that all rules read */
    uint32_t *every;            /* 0, 1, ...: all rows of a batch */
    struct hunt_answer *answers;     /* one a set */
    struct twf_hunt_group *groups;
    uint64_t messages, hits;
    /* the work at hand */
    struct twf_index *ix;
    const char *source_uri;
    enum twf_status (*step)(struct hunt_lane *l, uint32_t item);
    twf_hunt_fn *fn;            /* in order; NULL: nothing is handed out */
    void *ctx;
    uint32_t items;
    enum twf_col_id col;        /* the dictionary at work */
    uint32_t set;               /* the set at work */
    atomic_uint next;
    pthread_mutex_t lock;
    pthread_cond_t turned;
    uint32_t turn;              /* the item that may be handed out */
    enum twf_status status;     /* the first that is not TWF_OK */
    struct twf_error err;
};

/* ---- hunt_lane.c ---- */

/* *out is to be freed even where this fails. */
TWF_MUST_USE enum twf_status twf_hunt_lane_new(struct twf_hunter *h, struct hunt_lane **out,
                                               struct twf_error *err);
void twf_hunt_lane_free(struct hunt_lane *l);
/* There are n lanes at least; at most lanes_most. */
TWF_MUST_USE enum twf_status twf_hunt_need_lanes(struct twf_hunter *h, uint32_t n, struct twf_error *err);
/* Items 0 to n - 1 through step, side by side in at most so many lanes. The calling thread is a lane too. */
TWF_MUST_USE enum twf_status twf_hunt_run(struct twf_hunter *h, uint32_t n, uint32_t lanes,
                                          enum twf_status (*step)(struct hunt_lane *l, uint32_t item),
                                          struct twf_error *err);
/* TWF_ERR_NOMEM, in l->err. */
enum twf_status twf_hunt_no_memory(struct hunt_lane *l);

/* ---- hunt_answer.c ---- */

/* The dictionary of a column, if it has one and it is not there yet. */
TWF_MUST_USE enum twf_status twf_hunt_load_dictionary(struct twf_hunter *h, enum twf_col_id col,
                                                      struct twf_error *err);
/* Answers a set for the values of a dictionary, where that is all that it reads. */
TWF_MUST_USE enum twf_status twf_hunt_answer_set(struct twf_hunter *h, uint32_t set,
                                                 struct twf_error *err);
void twf_hunt_forget_answers(struct twf_hunter *h);
/*
 * Asks a set about the rows of l->project; what hits is selected there. Only the columns that it reads are
 * there: to fill all of them would cost more than to ask.
 */
TWF_MUST_USE enum twf_status twf_hunt_ask(struct hunt_lane *l, uint32_t set, uint32_t rows);
/* bits: the rows of c that an answer hits; false where an id is not in the dictionary. */
TWF_MUST_USE bool twf_hunt_compare(const struct twf_kernels *k, const struct hunt_answer *a,
                                   const struct twf_index_column *c, uint64_t *bits);

/* ---- hunt_text.c: which values are worth asking ---- */

/* The numbers of the values (n of them) that hold the needle or are odd, into found, which has room for n; how many. */
uint32_t twf_hunt_text_find(const struct twf_kernels *k, const struct twf_needle *needle, const uint8_t *bytes,
                            const int32_t *offsets, uint32_t n, uint32_t *found);
/* The same of the batch of an index at hand, whose column of the set's text is no dictionary; into l->rows. */
TWF_MUST_USE enum twf_status twf_hunt_text_rows(struct hunt_lane *l, const struct twf_hunt_set *s, uint32_t rows,
                                                uint32_t *n);
/* Row i of l->project stands for l->rows[i]: sets the bits of those that are selected. */
void twf_hunt_text_spread(struct hunt_lane *l, uint32_t n, uint64_t *bits);

/* ---- hunt_sift.c: time and level ---- */

/* Leaves out rows of l->rows. */
TWF_MUST_USE enum twf_status twf_hunt_sift_index(struct hunt_lane *l);
void twf_hunt_sift_batch(struct hunt_lane *l, const struct twf_batch *b);

/* ---- hunt_group.c ---- */

/* Counts the values of the group column in l->project, which holds that column of the rows that hit. */
TWF_MUST_USE enum twf_status twf_hunt_count_groups(struct hunt_lane *l);

#endif
