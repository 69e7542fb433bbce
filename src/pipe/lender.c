/* SPDX-License-Identifier: Apache-2.0 */
#include "pipe/lender.h"

#include "base/alloc.h"
#include "base/error.h"

enum twf_status twf_lender_init(struct twf_lender *l, uint32_t cap, struct twf_error *err)
{
    *l = (struct twf_lender){.cap = cap};
    l->returned = twf_calloc(cap, sizeof(struct twf_block *));
    if (l->returned == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for blocks");
    if (pthread_mutex_init(&l->lock, NULL) != 0 || pthread_cond_init(&l->back, NULL) != 0) {
        twf_free(l->returned);
        l->returned = NULL;
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "no lock for blocks");
    }
    return TWF_OK;
}

void twf_lender_fini(struct twf_lender *l)
{
    if (l->returned == NULL)
        return;
    (void)pthread_mutex_destroy(&l->lock);
    (void)pthread_cond_destroy(&l->back);
    twf_free(l->returned);
    l->returned = NULL;
}

void twf_lender_hold(struct twf_lender *l, struct twf_block *b)
{
    (void)pthread_mutex_lock(&l->lock);
    b->refs++;
    (void)pthread_mutex_unlock(&l->lock);
}

void twf_lender_drop(struct twf_lender *l, struct twf_block *b)
{
    (void)pthread_mutex_lock(&l->lock);
    if (--b->refs == 0) {
        l->returned[l->count++] = b;
        (void)pthread_cond_signal(&l->back);
    }
    (void)pthread_mutex_unlock(&l->lock);
}

void twf_lender_close(struct twf_lender *l)
{
    (void)pthread_mutex_lock(&l->lock);
    l->closed = true;
    (void)pthread_cond_broadcast(&l->back);
    (void)pthread_mutex_unlock(&l->lock);
}

void twf_lender_collect(struct twf_lender *l, struct twf_io *io, bool wait)
{
    (void)pthread_mutex_lock(&l->lock);
    while (wait && !l->closed && l->count == 0)
        (void)pthread_cond_wait(&l->back, &l->lock);
    while (l->count > 0)
        twf_io_return(io, l->returned[--l->count]);
    (void)pthread_mutex_unlock(&l->lock);
}

struct twf_slab *twf_lender_slab(size_t cap)
{
    struct twf_slab *s = twf_calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->mem = twf_malloc_aligned(4096, cap);
    if (s->mem == NULL) {
        twf_free(s);
        return NULL;
    }
    s->cap = cap;
    s->refs = 1;
    return s;
}

uint64_t twf_lender_slab_lease(struct twf_lender *l, struct twf_slab *s)
{
    uint64_t lease, bit;

    (void)pthread_mutex_lock(&l->lock);
    lease = s->next_lease++;
    bit = (uint64_t)1 << lease % TWF_SLAB_LEASES;
    while (!l->closed && (s->out & bit) != 0)
        (void)pthread_cond_wait(&l->back, &l->lock);
    s->out |= bit;
    s->refs++;
    (void)pthread_mutex_unlock(&l->lock);
    return lease;
}

void twf_lender_slab_wait(struct twf_lender *l, struct twf_slab *s)
{
    (void)pthread_mutex_lock(&l->lock);
    while (!l->closed && s->out != 0)
        (void)pthread_cond_wait(&l->back, &l->lock);
    (void)pthread_mutex_unlock(&l->lock);
}

static void free_slab(struct twf_slab *s)
{
    twf_free(s->mem);
    twf_free(s);
}

void twf_lender_slab_end(struct twf_lender *l, struct twf_slab *s, uint64_t lease)
{
    bool last;

    (void)pthread_mutex_lock(&l->lock);
    s->out &= ~((uint64_t)1 << lease % TWF_SLAB_LEASES);
    last = --s->refs == 0;
    (void)pthread_cond_signal(&l->back);
    (void)pthread_mutex_unlock(&l->lock);
    if (last)
        free_slab(s);
}

void twf_lender_slab_drop(struct twf_lender *l, struct twf_slab *s)
{
    bool last;

    if (s == NULL)
        return;
    (void)pthread_mutex_lock(&l->lock);
    last = --s->refs == 0;
    (void)pthread_mutex_unlock(&l->lock);
    if (last)
        free_slab(s);
}
