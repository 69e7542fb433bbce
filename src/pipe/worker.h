/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one thread needs to judge messages, and the way of a message from bytes to a row: gather, match
 * (once per sitting over the From column), parse and verdict, record. A worker belongs to one thread;
 * what it shares with others (struct twf_setup) is read-only.
 */
#ifndef TWF_PIPE_WORKER_H
#define TWF_PIPE_WORKER_H

#include "flow/batch.h"
#include "flow/totals.h"
#include "pipe/dedup.h"
#include "pipe/pairs.h"
#include "pipe/rule_hits.h"
#include "pipe/record.h"
#include "pipe/setup.h"

struct twf_worker;

/*
 * Called when a batch is full or at twf_worker_end: rows in input order. The callee may keep the batch and
 * put another, empty one in its place; *b is never NULL afterwards.
 */
typedef enum twf_status twf_flush_fn(void *ctx, struct twf_batch **b, struct twf_error *err);

TWF_MUST_USE enum twf_status twf_worker_new(const struct twf_setup *s, struct twf_worker **out,
                                            struct twf_error *err);
void twf_worker_free(struct twf_worker *w);

/* Sees each verdict while it is fresh: for explain. */
typedef void twf_watch_fn(void *ctx, const struct twf_place *place, const struct twf_subject *subject,
                          const struct twf_verdict *v);
void twf_worker_watch(struct twf_worker *w, twf_watch_fn *watch, void *ctx);

/* Where w notes the message at hand, from now on. */
void twf_worker_mark(struct twf_worker *w, struct twf_mark *mark);

/* Where the results of a worker go. */
struct twf_worker_sink {
    twf_flush_fn *flush;
    void *ctx;
    struct twf_pairs *pairs;      /* NULL: nobody asks */
    struct twf_rule_hits *hits;   /* the same; filled by twf_worker_end */
    struct twf_dedup_keys *keys;  /* the same; numbers of batches count from twf_worker_begin */
};
/* What follows, up to twf_worker_end, goes there. What an earlier, failed call left is forgotten. */
void twf_worker_begin(struct twf_worker *w, const struct twf_worker_sink *sink);
/*
 * Takes messages in order; selected rows go to flush, counters are added to counts. sidecar: MAIL FROM from
 * the caller for these messages, or NULL. All that is given must live until twf_worker_end: messages may
 * wait so that many are matched at once.
 */
TWF_MUST_USE enum twf_status twf_worker_judge(struct twf_worker *w, const struct twf_place *place,
                                              const struct twf_message *messages, uint32_t n,
                                              const struct twf_span *sidecar,
                                              struct twf_counts *counts, struct twf_error *err);
TWF_MUST_USE enum twf_status twf_worker_end(struct twf_worker *w, struct twf_error *err);

#endif
