/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts who still reads a block. Any thread may let go of one; only the reader gives blocks back to io,
 * because io belongs to one thread at a time.
 */
#ifndef TWF_PIPE_LENDER_H
#define TWF_PIPE_LENDER_H

#include <pthread.h>

#include "io/io.h"

struct twf_lender {
    pthread_mutex_t lock;
    pthread_cond_t back;
    struct twf_block **returned; /* nobody reads them; io does not know yet */
    uint32_t count, cap;
};

/* cap: as many blocks as io has. */
TWF_MUST_USE enum twf_status twf_lender_init(struct twf_lender *l, uint32_t cap,
                                             struct twf_error *err);
void twf_lender_fini(struct twf_lender *l);
/* One more reader of b. */
void twf_lender_hold(struct twf_lender *l, struct twf_block *b);
/* One less. */
void twf_lender_drop(struct twf_lender *l, struct twf_block *b);
/* Gives back to io what nobody reads; with wait, sleeps until there is at least one. */
void twf_lender_collect(struct twf_lender *l, struct twf_io *io, bool wait);

#endif
