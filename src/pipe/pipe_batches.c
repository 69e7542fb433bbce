/* SPDX-License-Identifier: Apache-2.0 */
/* Batches on their way from a worker to the caller and back. */
#include "pipe/pipe_state.h"

#include "base/error.h"

void twf_pipe_give_spare(struct twf_pipe *p, struct twf_batch *b)
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

enum twf_status twf_pipe_on_batch(void *ctx, struct twf_batch **b, struct twf_error *err)
{
    struct twf_pipe_thread *t = ctx;
    struct twf_batch *fresh = take_spare(t->pipe);
    enum twf_status status;

    if (fresh == NULL)
        return twf_pipe_no_memory(err);
    status = twf_job_add_batch(t->job, *b, err);
    if (status != TWF_OK) {
        twf_pipe_give_spare(t->pipe, fresh);
        return status;
    }
    count_flagged(t->pipe, *b);
    if (t->pipe->render != NULL && !t->pipe->setup->dedup)
        t->pipe->render(t->pipe->render_ctx, *b, t->job->texts);
    *b = fresh;
    return TWF_OK;
}

