/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs stand in a ring by their number. A thread that is free does what brings the oldest results out
 * first: it judges a job that was split; or else it reads and decodes the next one. Splitting needs the
 * state of the jobs before, so it goes in order: who has decoded a job splits it, and those decoded
 * behind it, unless somebody is at that already; nobody waits for a turn. The caller's thread takes
 * finished jobs in order. A slot is free again when its job was taken: that bounds memory.
 *
 * One lock guards the ring. It is taken a few times a job, never on the way of a message.
 */
#define _GNU_SOURCE
#include "pipe/pipe.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/alloc.h"
#include "base/error.h"
#include "pipe/input.h"
#include "pipe/job.h"
#include "pipe/lender.h"
#include "pipe/feed.h"
#include "pipe/ledger.h"

enum { POLL_NS = 50 * 1000 * 1000 };

struct thread {
    struct twf_pipe *pipe;
    pthread_t id;
    struct twf_worker *worker;
    struct twf_decoder *decoder;
    struct twf_job *job;
};

struct twf_pipe {
    const struct twf_setup *setup;
    struct twf_io *io;
    struct twf_lender lender;
    struct twf_feed *reader;
    struct twf_input *input;
    struct twf_ledger ledger;
    struct thread *threads;
    uint32_t thread_count, running;
    struct timespec start;
    atomic_bool stop;
    atomic_uint_fast64_t in_bytes, in_total, out_bytes, messages, flagged, high;

    pthread_mutex_t lock;         /* guards all that follows, and the state of jobs */
    pthread_cond_t work, done;
    bool has_lock;
    struct twf_job **ring;
    uint32_t ring_len, idle;
    /* Numbers of the next job to read, to split, to judge, to take: each at most the one before. */
    uint64_t to_read, to_split, to_judge, to_take;
    bool reading, splitting, read_all;
    struct twf_batch **spare;     /* empty batches */
    uint32_t spare_count, spare_cap;
    /* The caller's. */
    struct twf_batch *lent;
    void (*tick)(void *ctx);
    void *tick_ctx;
};

static struct twf_job *slot(const struct twf_pipe *p, uint64_t number)
{
    return p->ring[number % p->ring_len];
}

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a run");
}

/* ---- batches ---- */

static void give_spare(struct twf_pipe *p, struct twf_batch *b)
{
    if (b == NULL)
        return;
    twf_batch_reset(b);
    (void)pthread_mutex_lock(&p->lock);
    if (p->spare_count < p->spare_cap) {
        p->spare[p->spare_count++] = b;
        b = NULL;
    }
    (void)pthread_mutex_unlock(&p->lock);
    twf_batch_free(b);
}

static struct twf_batch *take_spare(struct twf_pipe *p)
{
    struct twf_batch *b = NULL;

    (void)pthread_mutex_lock(&p->lock);
    if (p->spare_count > 0)
        b = p->spare[--p->spare_count];
    (void)pthread_mutex_unlock(&p->lock);
    return b != NULL ? b : twf_batch_new();
}

/* For the progress line: selected rows of a batch, and those at high or critical. */
static void count_flagged(struct twf_pipe *p, const struct twf_batch *b)
{
    const struct twf_col *level = &b->cols[TWF_COL_level];
    uint64_t high = 0;

    for (uint32_t i = 0; i < b->rows; i++) {
        struct twf_span name = twf_col_bytes(level, i);

        high += twf_batch_is_selected(b, i) &&
                (twf_span_is(name, twf_level_names[TWF_LEVEL_HIGH]) ||
                 twf_span_is(name, twf_level_names[TWF_LEVEL_CRITICAL]));
    }
    atomic_fetch_add(&p->high, high);
    atomic_fetch_add(&p->flagged, b->selected_count);
}

static enum twf_status on_batch(void *ctx, struct twf_batch **b, struct twf_error *err)
{
    struct thread *t = ctx;
    struct twf_batch *fresh = take_spare(t->pipe);
    enum twf_status status;

    if (fresh == NULL)
        return no_memory(err);
    status = twf_job_add_batch(t->job, *b, err);
    if (status != TWF_OK) {
        give_spare(t->pipe, fresh);
        return status;
    }
    count_flagged(t->pipe, *b);
    *b = fresh;
    return TWF_OK;
}

/* ---- what a thread does with a job; no lock is held ---- */

static void drop_blocks(struct twf_pipe *p, struct twf_job *j)
{
    while (j->block_count > 0)
        twf_lender_drop(&p->lender, j->blocks[--j->block_count]);
}

/* Blocks that only hold compressed bytes are not needed behind this. */
static void decode(struct thread *t, struct twf_job *j)
{
    bool plain = false;

    if (j->status != TWF_OK)
        return;
    twf_job_decode(j, t->decoder);
    for (const struct twf_piece *p = j->pieces; p != NULL; p = p->next)
        plain |= p->kind == TWF_PIECE_PLAIN;
    if (!plain)
        drop_blocks(t->pipe, j);
}

static void split(struct twf_pipe *p, struct twf_job *j)
{
    if (j->status == TWF_OK)
        j->status = twf_input_take(p->input, j, &j->err);
}

static void judge(struct thread *t, struct twf_job *j)
{
    uint64_t in = 0, out = 0, messages = 0;

    t->job = j;
    if (j->status == TWF_OK) {
        struct twf_worker_sink sink = {
            on_batch, t, j->pairs, t->pipe->setup->dedup ? &j->keys : NULL};

        twf_worker_begin(t->worker, &sink);
        for (const struct twf_stretch *s = j->stretches; s != NULL && j->status == TWF_OK; s = s->next)
            j->status = twf_worker_judge(t->worker, &s->place, s->messages, s->count, NULL,
                                         &s->part->counts, &j->err);
        if (j->status == TWF_OK)
            j->status = twf_worker_end(t->worker, &j->err);
    }
    drop_blocks(t->pipe, j);
    for (const struct twf_piece *p = j->pieces; p != NULL; p = p->next) {
        in += p->comp_len;
        out += p->plain.len;
    }
    for (const struct twf_part *p = j->parts; p != NULL; p = p->next)
        messages += p->counts.messages;
    atomic_fetch_add(&t->pipe->in_bytes, in);
    atomic_fetch_add(&t->pipe->out_bytes, out);
    atomic_fetch_add(&t->pipe->messages, messages);
}

/* ---- what a thread does next; the lock is held ---- */

static void judge_next(struct thread *t)
{
    struct twf_pipe *p = t->pipe;
    struct twf_job *j = slot(p, p->to_judge++);

    j->state = TWF_JOB_TAKEN;
    (void)pthread_mutex_unlock(&p->lock);
    judge(t, j);
    (void)pthread_mutex_lock(&p->lock);
    j->state = TWF_JOB_DONE;
    if (j == slot(p, p->to_take))
        (void)pthread_cond_signal(&p->done);
}

static void split_in_order(struct twf_pipe *p)
{
    if (p->splitting)
        return; /* whoever is at it sees this job too */
    p->splitting = true;
    while (p->to_split < p->to_read && slot(p, p->to_split)->state == TWF_JOB_DECODED) {
        struct twf_job *j = slot(p, p->to_split);

        (void)pthread_mutex_unlock(&p->lock);
        split(p, j);
        (void)pthread_mutex_lock(&p->lock);
        j->state = TWF_JOB_SPLIT;
        p->to_split++;
        if (p->idle > 0)
            (void)pthread_cond_signal(&p->work);
    }
    p->splitting = false;
}

static void read_next(struct thread *t)
{
    struct twf_pipe *p = t->pipe;
    struct twf_job *j = slot(p, p->to_read);
    enum twf_status status;

    p->reading = true;
    j->state = TWF_JOB_TAKEN;
    (void)pthread_mutex_unlock(&p->lock);
    status = twf_feed_fill(p->reader, j, &j->err);
    if (status != TWF_OK && status != TWF_END)
        j->status = status;
    atomic_fetch_add(&p->in_total, j->in_total);
    (void)pthread_mutex_lock(&p->lock);
    p->to_read++;
    p->reading = false;
    p->read_all |= status != TWF_OK;
    if (p->idle > 0)
        (void)pthread_cond_broadcast(&p->work);
    (void)pthread_mutex_unlock(&p->lock);
    decode(t, j);
    (void)pthread_mutex_lock(&p->lock);
    j->state = TWF_JOB_DECODED;
    split_in_order(p);
}

/*
 * A thread that has just read goes on reading while sleepers take what it has split: the lane then stays
 * on one core, with its window in that core's cache.
 */
static bool may_judge(const struct twf_pipe *p)
{
    return p->to_judge < p->to_split && slot(p, p->to_judge)->state == TWF_JOB_SPLIT;
}

static bool may_read(const struct twf_pipe *p)
{
    return !p->read_all && !p->reading && p->to_read - p->to_take < p->ring_len;
}

static bool is_over(const struct twf_pipe *p)
{
    return atomic_load(&p->stop) || (p->read_all && !p->reading && p->to_judge == p->to_read);
}

static void *run_thread(void *arg)
{
    struct thread *t = arg;
    struct twf_pipe *p = t->pipe;

    (void)pthread_mutex_lock(&p->lock);
    while (!is_over(p)) {
        bool others = p->to_split - p->to_judge <= p->idle;

        if (may_judge(p) && !(others && may_read(p))) {
            judge_next(t);
        } else if (may_read(p)) {
            read_next(t);
        } else {
            p->idle++;
            (void)pthread_cond_wait(&p->work, &p->lock);
            p->idle--;
        }
    }
    (void)pthread_cond_broadcast(&p->work);
    (void)pthread_cond_broadcast(&p->done);
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---- a run ---- */

static enum twf_status make_ring(struct twf_pipe *p, uint64_t seed, struct twf_error *err)
{
    p->ring_len = 2 * p->thread_count + 2;
    p->spare_cap = p->ring_len + p->thread_count;
    p->ring = twf_calloc(p->ring_len, sizeof(struct twf_job *));
    p->spare = twf_calloc(p->spare_cap, sizeof(struct twf_batch *));
    p->threads = twf_calloc(p->thread_count, sizeof(*p->threads));
    if (p->ring == NULL || p->spare == NULL || p->threads == NULL)
        return no_memory(err);
    for (uint32_t i = 0; i < p->ring_len; i++) {
        if ((p->ring[i] = twf_job_new(seed)) == NULL)
            return no_memory(err);
    }
    for (uint32_t i = 0; i < p->thread_count; i++) {
        p->threads[i].pipe = p;
        TWF_TRY(twf_worker_new(p->setup, &p->threads[i].worker, err));
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
    TWF_TRY(twf_ledger_init(&p->ledger, p->setup, seed, err));
    return make_ring(p, seed, err);
}

enum twf_status twf_pipe_new(const struct twf_setup *s, const struct twf_io_options *io,
                             struct twf_pipe **out, struct twf_error *err)
{
    struct twf_pipe *p = twf_calloc(1, sizeof(*p));
    enum twf_status status;

    *out = NULL;
    if (p == NULL)
        return no_memory(err);
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
static void forget_job(struct twf_pipe *p, struct twf_job *j, bool heard)
{
    for (const struct twf_piece *piece = j->pieces; piece != NULL && !heard; piece = piece->next) {
        if (piece->kind == TWF_PIECE_START)
            twf_source_free(piece->source);
    }
    for (size_t i = j->batch_taken; i < j->batch_count; i++)
        give_spare(p, j->batches[i]);
    drop_blocks(p, j);
    twf_job_reset(j);
}

static void join(struct twf_pipe *p)
{
    atomic_store(&p->stop, true);
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
            forget_job(p, p->ring[i], false);
        twf_job_free(p->ring[i]);
    }
    for (uint32_t i = 0; i < p->spare_count; i++)
        twf_batch_free(p->spare[i]);
    for (uint32_t i = 0; p->threads != NULL && i < p->thread_count; i++) {
        twf_worker_free(p->threads[i].worker);
        twf_decoder_free(p->threads[i].decoder);
    }
    twf_free(p->ring);
    twf_free(p->spare);
    twf_free(p->threads);
}

void twf_pipe_free(struct twf_pipe *p)
{
    if (p == NULL)
        return;
    if (p->has_lock) {
        join(p);
        give_spare(p, p->lent);
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

enum twf_status twf_pipe_add(struct twf_pipe *p, const char *path, struct twf_error *err)
{
    return twf_feed_add(p->reader, path, err);
}

void twf_pipe_watch(struct twf_pipe *p, twf_watch_fn *watch, void *ctx)
{
    for (uint32_t i = 0; i < p->thread_count; i++)
        twf_worker_watch(p->threads[i].worker, watch, ctx);
}

void twf_pipe_tick(struct twf_pipe *p, void (*tick)(void *ctx), void *ctx)
{
    p->tick = tick;
    p->tick_ctx = ctx;
}

void twf_pipe_stop(struct twf_pipe *p)
{
    atomic_store(&p->stop, true);
}

static enum twf_status start_threads(struct twf_pipe *p, struct twf_error *err)
{
    while (p->running < p->thread_count) {
        struct thread *t = &p->threads[p->running];
        int rc = pthread_create(&t->id, NULL, run_thread, t);

        if (rc != 0 && p->running == 0)
            return twf_error_sys(err, TWF_ERR_NOMEM, rc, "cannot start a thread");
        if (rc != 0)
            break; /* fewer threads give the same results */
        p->running++;
    }
    return TWF_OK;
}

/* The oldest job, when it is done; NULL: there will be none. */
static struct twf_job *wait_for_job(struct twf_pipe *p, struct twf_error *err, enum twf_status *status)
{
    struct twf_job *j = NULL;

    (void)pthread_mutex_lock(&p->lock);
    for (;;) {
        struct timespec until;

        j = slot(p, p->to_take);
        if (p->to_take < p->to_read && j->state == TWF_JOB_DONE) {
            *status = TWF_OK;
            break;
        }
        j = NULL;
        if (atomic_load(&p->stop)) {
            *status = twf_error_set(err, TWF_ERR_STOPPED, 0, "stopped");
            break;
        }
        if (p->read_all && !p->reading && p->to_take == p->to_read) {
            *status = TWF_END;
            break;
        }
        /* A signal handler can only set a flag: look at it now and then. */
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += POLL_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&p->done, &p->lock, &until);
        (void)pthread_mutex_unlock(&p->lock);
        if (p->tick != NULL)
            p->tick(p->tick_ctx);
        (void)pthread_mutex_lock(&p->lock);
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (j != NULL && p->tick != NULL)
        p->tick(p->tick_ctx);
    return j;
}

/* The job was taken whole: its slot is free. */
static void free_slot(struct twf_pipe *p, struct twf_job *j)
{
    forget_job(p, j, true);
    (void)pthread_mutex_lock(&p->lock);
    p->to_take++;
    if (p->idle > 0)
        (void)pthread_cond_signal(&p->work);
    (void)pthread_mutex_unlock(&p->lock);
}

enum twf_status twf_pipe_next(struct twf_pipe *p, const struct twf_batch **out, struct twf_error *err)
{
    *out = NULL;
    give_spare(p, p->lent);
    p->lent = NULL;
    if (p->running == 0)
        TWF_TRY(start_threads(p, err));
    for (;;) {
        enum twf_status status;
        struct twf_job *j = wait_for_job(p, err, &status);

        if (j == NULL)
            return status;
        if (j->status != TWF_OK) {
            if (err != NULL)
                *err = j->err;
            atomic_store(&p->stop, true);
            return j->status;
        }
        if (j->batch_taken == 0)
            twf_ledger_dedup(&p->ledger, j);
        if (j->batch_taken < j->batch_count) {
            *out = p->lent = j->batches[j->batch_taken++];
            return TWF_OK;
        }
        status = twf_ledger_take(&p->ledger, j, err);
        free_slot(p, j);
        if (status != TWF_OK)
            return status;
    }
}

const char *twf_pipe_notice(const struct twf_pipe *p)
{
    return twf_io_notice(p->io);
}

void twf_pipe_progress(const struct twf_pipe *p, struct twf_progress *out)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    *out = (struct twf_progress){.in_bytes = atomic_load(&p->in_bytes),
                                 .in_total = atomic_load(&p->in_total),
                                 .out_bytes = atomic_load(&p->out_bytes),
                                 .messages = atomic_load(&p->messages),
                                 .flagged = atomic_load(&p->flagged),
                                 .high = atomic_load(&p->high)};
    out->elapsed_ns = (uint64_t)(now.tv_sec - p->start.tv_sec) * 1000000000u +
                      (uint64_t)now.tv_nsec - (uint64_t)p->start.tv_nsec;
}

void twf_pipe_totals(const struct twf_pipe *p, struct twf_totals *out)
{
    *out = (struct twf_totals){.backend = twf_io_backend(p->io), .threads = p->thread_count};
    twf_ledger_totals(&p->ledger, out);
}
