/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs stand in a ring by their number. A thread that is free does what brings results out soonest: it
 * judges a job that was split, one that it decoded itself before the oldest; or else it reads and decodes the next one. Splitting needs the
 * state of the jobs before, so it goes in order: who has decoded a job splits it, and those decoded
 * behind it, unless somebody is at that already; nobody waits for a turn. The caller's thread takes
 * finished jobs in order. A slot is free again when its job was taken: that bounds memory.
 *
 * One lock guards the ring. It is taken a few times a job, never on the way of a message.
 */
#define _GNU_SOURCE
#include "pipe/pipe_state.h"

#include "base/error.h"

enum { POLL_NS = 50 * 1000 * 1000 };

enum twf_status twf_pipe_no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a run");
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

enum twf_status twf_pipe_render(struct twf_pipe *p, twf_render_fn *render, void *ctx, size_t n,
                                struct twf_error *err)
{
    for (uint32_t i = 0; i < p->ring_len; i++) {
        if (!twf_job_texts(p->ring[i], n))
            return twf_pipe_no_memory(err);
    }
    p->render = render;
    p->render_ctx = ctx;
    return TWF_OK;
}

struct twf_buf *twf_pipe_texts(struct twf_pipe *p)
{
    struct twf_buf *texts = p->texts;

    p->texts = NULL;
    return texts;
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
        struct twf_pipe_thread *t = &p->threads[p->running];
        int rc = pthread_create(&t->id, NULL, twf_pipe_thread_run, t);

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

        j = twf_pipe_slot(p, p->to_take);
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
        if (p->thread_count == 1) {
            (void)twf_pipe_step(&p->threads[0]);
            continue;
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

/* The first look at a job. Rows that say whether they were seen before can be rendered only now. */
static void begin_job(struct twf_pipe *p, struct twf_job *j)
{
    twf_ledger_dedup(&p->ledger, j);
    if (p->setup->dedup && p->render != NULL) {
        for (size_t i = 0; i < j->batch_count; i++)
            p->render(p->render_ctx, j->batches[i], j->texts);
    }
    p->texts = j->texts;
}

/* The job was taken whole: its slot is free. */
static void free_slot(struct twf_pipe *p, struct twf_job *j)
{
    twf_pipe_forget_job(p, j, true);
    (void)pthread_mutex_lock(&p->lock);
    p->to_take++;
    if (p->idle > 0)
        (void)pthread_cond_signal(&p->work);
    (void)pthread_mutex_unlock(&p->lock);
}

enum twf_status twf_pipe_next(struct twf_pipe *p, const struct twf_batch **out, struct twf_error *err)
{
    *out = NULL;
    twf_pipe_give_spare(p, p->lent);
    p->lent = NULL;
    p->texts = NULL;
    if (p->running == 0 && p->thread_count > 1)
        TWF_TRY(start_threads(p, err));
    if (p->thread_count == 1 && p->threads[0].mark->tid == 0)
        twf_marks_thread(p->setup->marks, 0);
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
            begin_job(p, j);
        if (j->batch_taken < j->batch_count) {
            *out = p->lent = j->batches[j->batch_taken++];
            return TWF_OK;
        }
        status = twf_ledger_take(&p->ledger, j, err);
        if (status == TWF_OK && p->commit != NULL)
            status = p->commit(p->commit_ctx, twf_buf_view(&j->saved), j->plain_bytes, err);
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

const struct twf_incident *twf_pipe_incidents(const struct twf_pipe *p, uint64_t *count)
{
    *count = p->ledger.incident_len;
    return p->ledger.incidents;
}

void twf_pipe_totals(const struct twf_pipe *p, struct twf_totals *out)
{
    *out = (struct twf_totals){.backend = twf_io_backend(p->io), .threads = p->thread_count};
    twf_ledger_totals(&p->ledger, out);
}
