/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts who still reads a block of io, or the memory of the lane. Any thread may let go of one; only the
 * reader gives blocks back to io, because io belongs to one thread at a time.
 */
#ifndef TWF_PIPE_LENDER_H
#define TWF_PIPE_LENDER_H

#include <pthread.h>

#include "io/io.h"

/* Memory into which long frames are decoded, round and round (twf_lane_begin). */
enum { TWF_SLAB_LEASES = 8 };

struct twf_slab {
    uint32_t refs;
    uint64_t next_lease, out; /* out: a bit for each lease that is out, by its number */
    size_t cap;
    uint8_t *mem;
};

struct twf_lender {
    pthread_mutex_t lock;
    pthread_cond_t back;
    struct twf_block **returned; /* nobody reads them; io does not know yet */
    uint32_t count, cap;
    bool closed;
};

/* cap: as many blocks as io has. */
TWF_MUST_USE enum twf_status twf_lender_init(struct twf_lender *l, uint32_t cap,
                                             struct twf_error *err);
void twf_lender_fini(struct twf_lender *l);
/* One more reader of b. */
void twf_lender_hold(struct twf_lender *l, struct twf_block *b);
/* One less. */
void twf_lender_drop(struct twf_lender *l, struct twf_block *b);
/* Nobody waits any more: the run stops, and what is held may never come back. */
void twf_lender_close(struct twf_lender *l);
/* Gives back to io what nobody reads; with wait, sleeps until there is at least one. */
void twf_lender_collect(struct twf_lender *l, struct twf_io *io, bool wait);

/* One reader: the caller. NULL without memory. */
struct twf_slab *twf_lender_slab(size_t cap);
/*
 * One more reader of s, for what is decoded from now on. Waits for the end of the lease TWF_SLAB_LEASES
 * before: what lies further back than that many leases is overwritten, and leases end in any order.
 */
uint64_t twf_lender_slab_lease(struct twf_lender *l, struct twf_slab *s);
/* Waits for the end of all leases. */
void twf_lender_slab_wait(struct twf_lender *l, struct twf_slab *s);
/* The lease ends. */
void twf_lender_slab_end(struct twf_lender *l, struct twf_slab *s, uint64_t lease);
/* The caller of twf_lender_slab is done with it, and it is freed behind the last lease. s may be NULL. */
void twf_lender_slab_drop(struct twf_lender *l, struct twf_slab *s);

#endif
