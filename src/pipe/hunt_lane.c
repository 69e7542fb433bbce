/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes at work. The first error ends all of them. */
#define _GNU_SOURCE
#include "pipe/hunt_lane.h"

#include "base/alloc.h"
#include "base/error.h"

void twf_hunt_lane_free(struct hunt_lane *l)
{
    if (l == NULL)
        return;
    for (uint32_t i = 0; l->sets != NULL && i < l->h->q->set_count; i++)
        twf_rules_scratch_free(l->sets[i]);
    twf_free(l->sets);
    twf_rules_scratch_free(l->all);
    twf_index_scratch_free(l->index);
    twf_batch_free(l->project);
    twf_batch_free(l->out);
    twf_arena_fini(&l->arena);
    twf_buf_fini(&l->text);
    twf_hunt_tally_fini(&l->tally);
    twf_free(l);
}

enum twf_status twf_hunt_lane_new(struct twf_hunter *h, struct hunt_lane **out, struct twf_error *err)
{
    struct hunt_lane *l = twf_calloc(1, sizeof(*l));

    *out = l;
    if (l == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a hunt");
    l->h = h;
    twf_arena_init(&l->arena, 64 * 1024);
    l->sets = twf_calloc(h->q->set_count + 1, sizeof(struct twf_rules_scratch *));
    l->project = twf_batch_new();
    l->out = twf_batch_new();
    if (l->sets == NULL || l->project == NULL || l->out == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a hunt");
    for (uint32_t i = 0; i < h->q->set_count; i++)
        TWF_TRY(twf_rules_scratch_new(h->q->sets[i].rules, &l->sets[i], err));
    TWF_TRY(twf_rules_scratch_new(h->q->all, &l->all, err));
    return twf_index_scratch_new(&l->index, err);
}

enum twf_status twf_hunt_no_memory(struct hunt_lane *l)
{
    return twf_error_set(&l->err, TWF_ERR_NOMEM, 0, "no memory for a hunt");
}

/* ---- at work ---- */

static void fail(struct twf_hunter *h, enum twf_status status, const struct twf_error *err)
{
    if (h->status == TWF_OK) {
        h->status = status;
        h->err = *err;
    }
}

static enum twf_status check_stop(const struct twf_hunter *h, struct twf_error *err)
{
    return h->q->stop != NULL && *h->q->stop != 0 ? twf_error_set(err, TWF_ERR_STOPPED, 0, "stopped")
                                                  : TWF_OK;
}

/* Hands out what the lane found in an item, when its turn has come. False: the work is over. */
static bool hand_out(struct hunt_lane *l, uint32_t item, enum twf_status status)
{
    struct twf_hunter *h = l->h;
    bool go_on;

    (void)pthread_mutex_lock(&h->lock);
    if (status != TWF_OK)
        fail(h, status, &l->err);
    while (h->fn != NULL && h->turn != item && h->status == TWF_OK)
        (void)pthread_cond_wait(&h->turned, &h->lock);
    if (h->status == TWF_OK && h->fn != NULL) {
        h->messages += l->asked;
        h->hits += l->row_count;
        if (h->q->rows && l->row_count > 0)
            status = h->fn(h->ctx, l->out, &l->err);
        if (status != TWF_OK)
            fail(h, status, &l->err);
        h->turn = item + 1;
    }
    go_on = h->status == TWF_OK;
    (void)pthread_cond_broadcast(&h->turned);
    (void)pthread_mutex_unlock(&h->lock);
    return go_on;
}

static void *work(void *arg)
{
    struct hunt_lane *l = arg;
    struct twf_hunter *h = l->h;

    for (;;) {
        uint32_t item = atomic_fetch_add(&h->next, 1);
        enum twf_status status;

        if (item >= h->items)
            break;
        l->err = (struct twf_error){0};
        status = check_stop(h, &l->err);
        if (status == TWF_OK)
            status = h->step(l, item);
        if (!hand_out(l, item, status))
            break;
    }
    return NULL;
}

enum twf_status twf_hunt_need_lanes(struct twf_hunter *h, uint32_t n, struct twf_error *err)
{
    while (h->lane_count < n)
        TWF_TRY(twf_hunt_lane_new(h, &h->lanes[h->lane_count++], err));
    return TWF_OK;
}

enum twf_status twf_hunt_run(struct twf_hunter *h, uint32_t n, uint32_t lanes,
                           enum twf_status (*step)(struct hunt_lane *l, uint32_t item),
                           struct twf_error *err)
{
    uint32_t started = 1, want = TWF_MIN(n, lanes);

    TWF_TRY(twf_hunt_need_lanes(h, want, err));
    h->step = step;
    h->items = n;
    h->turn = 0;
    h->status = TWF_OK;
    atomic_store(&h->next, 0);
    /* A thread that cannot be had is one that the others do without. */
    while (started < want &&
           pthread_create(&h->lanes[started]->thread, NULL, work, h->lanes[started]) == 0)
        started++;
    (void)work(h->lanes[0]);
    for (uint32_t i = 1; i < started; i++)
        (void)pthread_join(h->lanes[i]->thread, NULL);
    if (h->status != TWF_OK && err != NULL)
        *err = h->err;
    return h->status;
}
