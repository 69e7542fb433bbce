/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths into jobs: walks folders and lists, opens inputs one after another (small ones many at a time),
 * and has their bytes cut into pieces. Any worker may be the reader, one at a time: who needs work reads.
 */
#ifndef TWF_PIPE_FEED_H
#define TWF_PIPE_FEED_H

#include <stdatomic.h>

#include "pipe/cut.h"
#include "pipe/job.h"
#include "pipe/lender.h"
#include "pipe/setup.h"

struct twf_feed;

/* Where a run goes on, behind a checkpoint. */
struct twf_feed_place {
    uint64_t done;             /* inputs that ended: they are looked at, not read */
    struct twf_source *source; /* the one behind them that has begun, or NULL */
    enum twf_cut_codec codec;  /* of it */
    bool any_frame;
    uint64_t off;              /* bytes of it that need not be read again */
};

/* What an input is, by which it is known again. */
struct twf_feed_identity {
    const char *uri;
    uint64_t size, dev, ino;
    int64_t mtime_ns;
    char id[33]; /* empty: it cannot be opened, or nobody asked */
};
typedef enum twf_status twf_feed_check_fn(void *ctx, uint64_t number,
                                          const struct twf_feed_identity *now, struct twf_error *err);

TWF_MUST_USE enum twf_status twf_feed_new(const struct twf_setup *s, struct twf_io *io,
                                            struct twf_lender *lender, const atomic_bool *stop,
                                            struct twf_feed **out, struct twf_error *err);
void twf_feed_free(struct twf_feed *r);
/* Before the first twf_feed_fill. */
TWF_MUST_USE enum twf_status twf_feed_add(struct twf_feed *r, const char *path,
                                            struct twf_error *err);
/*
 * Instead of beginning with the first input: passes over those that are done, each shown to check, the
 * first with_ids of them with their hash, and opens the one at work. TWF_ERR_ARG where it is another.
 */
TWF_MUST_USE enum twf_status twf_feed_resume(struct twf_feed *r, const struct twf_feed_place *place,
                                             uint64_t with_ids, twf_feed_check_fn *check, void *ctx,
                                             struct twf_error *err);
/* Fills a job. TWF_END: nothing is left, the job may hold the last pieces; TWF_ERR_STOPPED. */
TWF_MUST_USE enum twf_status twf_feed_fill(struct twf_feed *r, struct twf_job *j,
                                             struct twf_error *err);
/* The input at work is a pipe or a device: the next bytes may be long in coming. */
bool twf_feed_is_live(const struct twf_feed *r);

#endif
