/* SPDX-License-Identifier: Apache-2.0 */
/* Making a pipe, and its end: every thread joined, every buffer back in its pool. */
#define _GNU_SOURCE
#include "pipe/pipe_state.h"

#include <sys/random.h>

#include "base/alloc.h"
#include "base/error.h"

static enum twf_status make_ring(struct twf_pipe *p, uint64_t seed, struct twf_error *err)
{
    /* One thread brings a job to its end before the next begins: then its memory is still near. */
    p->ring_len = p->thread_count == 1 ? 1 : 2 * p->thread_count + 2;
    p->spare_cap = p->ring_len + p->thread_count;
    p->ring = twf_calloc(p->ring_len, sizeof(struct twf_job *));
    p->rooms = twf_calloc(p->ring_len, sizeof(*p->rooms));
    p->spare = twf_calloc(p->spare_cap, sizeof(struct twf_batch *));
    p->threads = twf_calloc(p->thread_count, sizeof(*p->threads));
    if (p->ring == NULL || p->rooms == NULL || p->spare == NULL || p->threads == NULL)
        return twf_pipe_no_memory(err);
    for (uint32_t i = 0; i < p->ring_len; i++) {
        if ((p->ring[i] = twf_job_new(seed, p->setup->rules)) == NULL)
            return twf_pipe_no_memory(err);
        twf_pairs_redact(p->ring[i]->pairs, p->setup->redact);
    }
    for (uint32_t i = 0; i < p->thread_count; i++) {
        p->threads[i].pipe = p;
        TWF_TRY(twf_worker_new(p->setup, &p->threads[i].worker, err));
        p->threads[i].mark = &p->threads[i].nobody;
        if (p->setup->marks != NULL && i < p->setup->marks->mark_count)
            p->threads[i].mark = &p->setup->marks->mark[i];
        twf_worker_mark(p->threads[i].worker, p->threads[i].mark);
        TWF_TRY(twf_decoder_new(&p->threads[i].decoder, err));
    }
    return TWF_OK;
}

static bool is_stopped(void *ctx)
{
    return atomic_load(&((struct twf_pipe *)ctx)->stop);
}

static enum twf_status make(struct twf_pipe *p, const struct twf_io_options *io, struct twf_error *err)
{
    struct twf_io_options wide = *io;
    uint64_t seed = 0;

    wide.block_count += 3 * p->thread_count;
    wide.is_stopped = is_stopped;
    wide.stop_ctx = p;
    if (pthread_mutex_init(&p->lock, NULL) != 0 || pthread_cond_init(&p->work, NULL) != 0 ||
        pthread_cond_init(&p->done, NULL) != 0)
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "no lock for a run");
    p->has_lock = true;
    TWF_TRY(twf_io_new(&wide, &p->io, err));
    TWF_TRY(twf_lender_init(&p->lender, wide.block_count, err));
    TWF_TRY(twf_feed_new(p->setup, p->io, &p->lender, &p->stop, &p->reader, err));
    TWF_TRY(twf_input_new(p->setup, &p->input, err));
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
        seed = (uint64_t)p->start.tv_nsec; /* early at boot */
    p->seed = seed;
    TWF_TRY(twf_ledger_init(&p->ledger, p->setup, seed, err));
    twf_pairs_redact(p->ledger.pairs, p->setup->redact);
    return make_ring(p, seed, err);
}

enum twf_status twf_pipe_new(const struct twf_setup *s, const struct twf_io_options *io,
                             struct twf_pipe **out, struct twf_error *err)
{
    struct twf_pipe *p = twf_calloc(1, sizeof(*p));
    enum twf_status status;

    *out = NULL;
    if (p == NULL)
        return twf_pipe_no_memory(err);
    p->setup = s;
    p->thread_count = s->threads;
    (void)clock_gettime(CLOCK_MONOTONIC, &p->start);
    status = make(p, io, err);
    if (status != TWF_OK) {
        twf_pipe_free(p);
        return status;
    }
    *out = p;
    return TWF_OK;
}

/* Inputs of which the ledger has not heard are still the job's. */
void twf_pipe_forget_job(struct twf_pipe *p, struct twf_job *j, bool heard)
{
    for (const struct twf_piece *piece = j->pieces; piece != NULL && !heard; piece = piece->next) {
        if (piece->kind == TWF_PIECE_START)
            twf_source_free(piece->source);
    }
    for (size_t i = j->batch_taken; i < j->batch_count; i++)
        twf_pipe_give_spare(p, j->batches[i]);
    twf_pipe_drop_bytes(p, j);
    twf_job_reset(j);
}

static void join(struct twf_pipe *p)
{
    atomic_store(&p->stop, true);
    if (p->lender.returned != NULL)
        twf_lender_close(&p->lender);
    (void)pthread_mutex_lock(&p->lock);
    (void)pthread_cond_broadcast(&p->work);
    (void)pthread_mutex_unlock(&p->lock);
    while (p->running > 0)
        (void)pthread_join(p->threads[--p->running].id, NULL);
}

static void free_ring(struct twf_pipe *p)
{
    for (uint32_t i = 0; p->ring != NULL && i < p->ring_len; i++) {
        if (p->ring[i] != NULL)
            twf_pipe_forget_job(p, p->ring[i], false);
        twf_job_free(p->ring[i]);
    }
    for (uint32_t i = 0; i < p->room_count; i++)
        twf_free(p->rooms[i].ptr);
    for (uint32_t i = 0; i < p->spare_count; i++)
        twf_batch_free(p->spare[i]);
    for (uint32_t i = 0; p->threads != NULL && i < p->thread_count; i++) {
        twf_worker_free(p->threads[i].worker);
        twf_decoder_free(p->threads[i].decoder);
    }
    twf_free(p->ring);
    twf_free(p->rooms);
    twf_free(p->spare);
    twf_free(p->threads);
}

void twf_pipe_free(struct twf_pipe *p)
{
    if (p == NULL)
        return;
    if (p->has_lock) {
        join(p);
        twf_pipe_give_spare(p, p->lent);
        free_ring(p);
    }
    twf_feed_free(p->reader);
    twf_input_free(p->input);
    if (p->lender.returned != NULL)
        twf_lender_collect(&p->lender, p->io, false);
    twf_lender_fini(&p->lender);
    twf_io_free(p->io);
    twf_ledger_fini(&p->ledger);
    if (p->has_lock) {
        (void)pthread_mutex_destroy(&p->lock);
        (void)pthread_cond_destroy(&p->work);
        (void)pthread_cond_destroy(&p->done);
    }
    twf_free(p);
}

