/* SPDX-License-Identifier: Apache-2.0 */
/* What a thread does with a job, and which one it takes next. */
#include "pipe/pipe_state.h"

#include <string.h>

#include "base/compiler.h"

/* ---- what a thread does with a job; no lock is held ---- */

static void drop_blocks(struct twf_pipe *p, struct twf_job *j)
{
    while (j->block_count > 0)
        twf_lender_drop(&p->lender, j->blocks[--j->block_count]);
}

/* The same for all memory that its messages may lie in. */
void twf_pipe_drop_bytes(struct twf_pipe *p, struct twf_job *j)
{
    drop_blocks(p, j);
    if (j->slab != NULL)
        twf_lender_slab_end(&p->lender, j->slab, j->lease);
    j->slab = NULL;
}

/* Blocks that hold neither plain bytes nor frames that may be decoded later are not needed behind this. */
static void decode(struct twf_pipe_thread *t, struct twf_job *j)
{
    const struct twf_marks *marks = t->pipe->setup->marks;
    bool held = false;

    if (j->status != TWF_OK)
        return;
    /* After a crash one by one: then it is known of which one the process dies. */
    twf_job_decode(j, t->decoder, marks == NULL || marks->restarts == 0);
    twf_mark_stage(t->mark, TWF_STAGE_NONE);
    for (const struct twf_piece *p = j->pieces; p != NULL; p = p->next)
        held |= p->kind == TWF_PIECE_PLAIN || p->lazy || p->head_used > 0;
    if (!held)
        drop_blocks(t->pipe, j);
}

static void split(struct twf_pipe_thread *t, struct twf_job *j)
{
    j->mark = t->mark;
    if (j->status == TWF_OK)
        j->status = twf_input_take(t->pipe->input, j, t->decoder, &j->err);
    if (j->status == TWF_OK && t->pipe->setup->keeps_state && !twf_input_save(t->pipe->input, &j->saved))
        twf_buf_reset(&j->saved); /* the next commit comes behind another job */
    twf_mark_stage(t->mark, TWF_STAGE_NONE);
}

/* ---- marks: what to do when this process dies ---- */

static void begin_marks(struct twf_pipe_thread *t, const struct twf_job *j)
{
    for (const struct twf_stretch *s = j->stretches; s != NULL; s = s->next) {
        if (s->count == 0)
            continue;
        t->mark->job_source = s->place.mark;
        t->mark->job_off = s->messages[0].off;
        return;
    }
}

/* The process before died at work on several messages, of which one is in j. */
static bool is_suspect(const struct twf_marks *m, const struct twf_job *j)
{
    if (m == NULL || m->careful_source == 0)
        return false;
    for (const struct twf_stretch *s = j->stretches; s != NULL; s = s->next) {
        if (s->count > 0 && s->place.mark == m->careful_source &&
            s->messages[0].off <= m->careful_off && m->careful_off <= s->messages[s->count - 1].off)
            return true;
    }
    return false;
}

/* Some messages of a job, which go the whole way before others begin. */
static void judge_group(struct twf_pipe_thread *t, struct twf_job *j, uint32_t from, uint32_t to)
{
    uint32_t at = 0;

    for (const struct twf_stretch *s = j->stretches; s != NULL && j->status == TWF_OK; s = s->next) {
        uint32_t first = from > at ? from - at : 0, end = to > at ? to - at : 0;

        end = TWF_MIN(end, s->count);
        if (first < end)
            j->status = twf_worker_judge(t->worker, &s->place, s->messages + first, end - first, NULL,
                                         &s->part->counts, &j->err);
        at += s->count;
    }
    if (j->status == TWF_OK)
        j->status = twf_worker_end(t->worker, &j->err);
}

/*
 * The messages among which one is that crashes, in groups, so that the mark knows in which it was: the next
 * process takes that group apart. Each group is a batch of its own, so there must not be too many.
 */
static void judge_apart(struct twf_pipe_thread *t, struct twf_job *j)
{
    enum { GROUPS = 256 };
    const struct twf_marks *m = t->pipe->setup->marks;
    uint32_t count = 0, from, to, step;

    for (const struct twf_stretch *s = j->stretches; s != NULL; s = s->next)
        count += s->count;
    to = TWF_MIN(m->careful_to, count);
    from = TWF_MIN(m->careful_from, to);
    step = (to - from + GROUPS - 1) / GROUPS;
    judge_group(t, j, 0, from);
    for (uint32_t at = from; at < to && j->status == TWF_OK; at += step) {
        t->mark->from = at;
        t->mark->to = TWF_MIN(at + step, to);
        judge_group(t, j, at, t->mark->to);
    }
    t->mark->from = t->mark->to = 0;
    if (j->status == TWF_OK)
        judge_group(t, j, to, count);
}

static void judge_all(struct twf_pipe_thread *t, struct twf_job *j)
{
    for (const struct twf_stretch *s = j->stretches; s != NULL && j->status == TWF_OK; s = s->next)
        j->status = twf_worker_judge(t->worker, &s->place, s->messages, s->count, NULL,
                                     &s->part->counts, &j->err);
}

static void judge(struct twf_pipe_thread *t, struct twf_job *j)
{
    uint64_t in = 0, out = 0, messages = 0;

    t->job = j;
    if (j->status == TWF_OK) {
        struct twf_worker_sink sink = {
            twf_pipe_on_batch, t, j->pairs, &j->rule_hits, t->pipe->setup->dedup ? &j->keys : NULL};

        twf_worker_begin(t->worker, &sink);
        begin_marks(t, j);
        if (is_suspect(t->pipe->setup->marks, j))
            judge_apart(t, j);
        else
            judge_all(t, j);
        if (j->status == TWF_OK)
            j->status = twf_worker_end(t->worker, &j->err);
        twf_mark_stage(t->mark, TWF_STAGE_NONE);
    }
    twf_pipe_drop_bytes(t->pipe, j);
    for (const struct twf_piece *p = j->pieces; p != NULL; p = p->next) {
        in += p->comp_len;
        out += p->plain.len;
    }
    for (const struct twf_part *p = j->parts; p != NULL; p = p->next)
        messages += p->counts.messages;
    j->plain_bytes = out;
    atomic_fetch_add(&t->pipe->in_bytes, in);
    atomic_fetch_add(&t->pipe->out_bytes, out);
    atomic_fetch_add(&t->pipe->messages, messages);
}

/* ---- what a thread does next; the lock is held ---- */

/*
 * Room for decoded bytes goes from job to job, and is free again when its messages were judged: the one that
 * this thread used last is in its caches.
 */
static void take_room(struct twf_pipe_thread *t, struct twf_job *j)
{
    struct twf_pipe *p = t->pipe;
    uint32_t i = p->room_count;

    if (j->room.ptr != NULL)
        return;
    /* All that there can be are made at first: a long run is not to need more memory than a short one. */
    if (i == 0 || p->rooms_made < p->ring_len) {
        p->rooms_made++;
        return;
    }
    while (i > 1 && p->rooms[i - 1].used_by != t)
        i--;
    if (p->rooms[i - 1].used_by != t)
        i = p->room_count;
    j->room = p->rooms[i - 1];
    memmove(p->rooms + i - 1, p->rooms + i, (p->room_count - i) * sizeof(*p->rooms));
    p->room_count--;
}

static void give_room(const struct twf_pipe_thread *t, struct twf_job *j)
{
    struct twf_pipe *p = t->pipe;

    if (j->room.ptr == NULL)
        return;
    j->room.used_by = t;
    p->rooms[p->room_count++] = j->room;
    j->room = (struct twf_room){0};
}

/* A job to judge: one that this thread decoded, as its bytes are still near; or else the oldest; or NULL. */
static struct twf_job *job_to_judge(const struct twf_pipe_thread *t)
{
    const struct twf_pipe *p = t->pipe;
    struct twf_job *oldest = NULL;

    for (uint64_t n = p->to_judge; n < p->to_split; n++) {
        struct twf_job *j = twf_pipe_slot(p, n);

        if (j->state != TWF_JOB_SPLIT)
            continue;
        if (j->decoded_by == t)
            return j;
        if (oldest == NULL)
            oldest = j;
    }
    return oldest;
}

/*
 * Wakes the caller for jobs that are done. One at a time would take as many switches of threads as there are
 * jobs; so there are some, unless a thread or somebody at the other end of a pipe waits.
 */
static void tell_done(struct twf_pipe *p)
{
    if (p->to_take < p->to_read && twf_pipe_slot(p, p->to_take)->state == TWF_JOB_DONE &&
        (p->idle > 0 || p->live || p->read_all || p->to_judge - p->to_take >= p->ring_len / 2))
        (void)pthread_cond_signal(&p->done);
}

static void judge_next(struct twf_pipe_thread *t, struct twf_job *j)
{
    struct twf_pipe *p = t->pipe;

    j->state = TWF_JOB_TAKEN;
    while (p->to_judge < p->to_split && twf_pipe_slot(p, p->to_judge)->state != TWF_JOB_SPLIT)
        p->to_judge++;
    (void)pthread_mutex_unlock(&p->lock);
    judge(t, j);
    (void)pthread_mutex_lock(&p->lock);
    give_room(t, j);
    j->state = TWF_JOB_DONE;
    tell_done(p);
}

/* Splits jobs that were decoded, in order, at most n; whoever is at it already sees them all. */
static void split_in_order(struct twf_pipe_thread *t, uint64_t n)
{
    struct twf_pipe *p = t->pipe;

    if (p->splitting)
        return;
    p->splitting = true;
    while (n-- > 0 && p->to_split < p->to_read &&
           twf_pipe_slot(p, p->to_split)->state == TWF_JOB_DECODED) {
        struct twf_job *j = twf_pipe_slot(p, p->to_split);

        (void)pthread_mutex_unlock(&p->lock);
        split(t, j);
        (void)pthread_mutex_lock(&p->lock);
        j->state = TWF_JOB_SPLIT;
        p->to_split++;
        if (p->idle > 0)
            (void)pthread_cond_signal(&p->work);
    }
    p->splitting = false;
}

static void read_next(struct twf_pipe_thread *t)
{
    struct twf_pipe *p = t->pipe;
    struct twf_job *j = twf_pipe_slot(p, p->to_read);
    enum twf_status status;

    p->reading = true;
    p->reader_last = t;
    j->state = TWF_JOB_TAKEN;
    (void)pthread_mutex_unlock(&p->lock);
    j->mark = t->mark;
    status = twf_feed_fill(p->reader, j, &j->err);
    twf_mark_stage(t->mark, TWF_STAGE_NONE);
    if (status != TWF_OK && status != TWF_END)
        j->status = status;
    atomic_fetch_add(&p->in_total, j->in_total);
    (void)pthread_mutex_lock(&p->lock);
    p->to_read++;
    p->live = twf_feed_is_live(p->reader);
    take_room(t, j);
    j->decoded_by = t;
    p->reading = false;
    p->read_all |= status != TWF_OK;
    p->lane = j->lane_full && !p->read_all && p->thread_count > 1;
    if (p->lane && j->need == 0) {
        /* All of it is decoded, and this thread has to go on decoding: others do the rest. */
        j->state = TWF_JOB_DECODED;
        if (p->idle > 0)
            (void)pthread_cond_signal(&p->work);
        return;
    }
    if (p->idle > 0)
        (void)pthread_cond_broadcast(&p->work);
    (void)pthread_mutex_unlock(&p->lock);
    decode(t, j);
    (void)pthread_mutex_lock(&p->lock);
    j->state = TWF_JOB_DECODED;
    split_in_order(t, UINT64_MAX);
}

static bool may_split(const struct twf_pipe *p)
{
    return !p->splitting && p->to_split < p->to_read &&
           twf_pipe_slot(p, p->to_split)->state == TWF_JOB_DECODED;
}

static bool may_read(const struct twf_pipe *p)
{
    return !p->read_all && !p->reading && p->to_read - p->to_take < p->ring_len;
}

/*
 * Whether to read although a job waits to be judged: when sleepers are there to judge it, and in the lane,
 * whose decoder stays on one core with its window in that core's cache and waits for nobody.
 */
static bool reads_first(const struct twf_pipe *p, const struct twf_pipe_thread *t)
{
    if (!may_read(p))
        return false;
    return p->lane ? p->reader_last == t : p->to_split - p->to_judge <= p->idle;
}

bool twf_pipe_step(struct twf_pipe_thread *t)
{
    struct twf_pipe *p = t->pipe;
    struct twf_job *j;

    if (reads_first(p, t))
        read_next(t);
    else if ((j = job_to_judge(t)) != NULL)
        judge_next(t, j);
    else if (may_split(p))
        split_in_order(t, 1);
    else if (may_read(p))
        read_next(t);
    else
        return false;
    return true;
}

static bool is_over(const struct twf_pipe *p)
{
    return atomic_load(&p->stop) || (p->read_all && !p->reading && p->to_judge == p->to_read);
}

void *twf_pipe_thread_run(void *arg)
{
    struct twf_pipe_thread *t = arg;
    struct twf_pipe *p = t->pipe;

    twf_marks_thread(p->setup->marks, (uint32_t)(t - p->threads));
    (void)pthread_mutex_lock(&p->lock);
    while (!is_over(p)) {
        if (twf_pipe_step(t))
            continue;
        p->idle++;
        tell_done(p);
        (void)pthread_cond_wait(&p->work, &p->lock);
        p->idle--;
    }
    (void)pthread_cond_broadcast(&p->work);
    (void)pthread_cond_broadcast(&p->done);
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}
