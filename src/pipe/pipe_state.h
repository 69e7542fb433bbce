/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a pipe, for pipe.c, pipe_new.c, pipe_batches.c and pipe_work.c. */
#ifndef TWF_PIPE_PIPE_STATE_H
#define TWF_PIPE_PIPE_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "pipe/feed.h"
#include "pipe/input.h"
#include "pipe/job.h"
#include "pipe/ledger.h"
#include "pipe/lender.h"
#include "pipe/pipe.h"

struct twf_pipe_thread {
    struct twf_pipe *pipe;
    pthread_t id;
    struct twf_worker *worker;
    struct twf_decoder *decoder;
    struct twf_job *job;
    struct twf_mark *mark, nobody; /* nobody: the mark that nobody reads */
};

struct twf_pipe {
    const struct twf_setup *setup;
    struct twf_io *io;
    struct twf_lender lender;
    struct twf_feed *reader;
    struct twf_input *input;
    struct twf_ledger ledger;
    struct twf_pipe_thread *threads;
    uint32_t thread_count, running;
    struct timespec start;
    atomic_bool stop;
    atomic_uint_fast64_t in_bytes, in_total, out_bytes, messages, flagged, high;

    pthread_mutex_t lock;         /* guards all that follows, and the state of jobs */
    pthread_cond_t work, done;
    bool has_lock;
    struct twf_job **ring;
    uint32_t ring_len, idle;
    /* Numbers of the next job to read, to split, to judge, to take: each at most the one before. From to_judge on
     * some may have been judged already. */
    uint64_t to_read, to_split, to_judge, to_take;
    bool reading, splitting, read_all;
    bool live;                    /* the input read last is a stream, which may be silent for long */
    struct twf_room *rooms;       /* that no job has, at most ring_len; the one used last at the end */
    uint32_t room_count, rooms_made;
    struct twf_batch **spare;     /* empty batches */
    uint32_t spare_count, spare_cap;
    bool lane;                    /* the job read last ends inside a long frame */
    const struct twf_pipe_thread *reader_last; /* who read it */
    twf_render_fn *render;        /* or NULL; set before the threads start */
    void *render_ctx;
    twf_commit_fn *commit;        /* or NULL */
    void *commit_ctx;
    uint64_t seed;                /* of the hash tables; the same again after a resume */
    /* The caller's. */
    struct twf_buf *texts;        /* of the job at hand, until they are asked for */
    struct twf_batch *lent;
    void (*tick)(void *ctx);
    void *tick_ctx;
};

static inline struct twf_job *twf_pipe_slot(const struct twf_pipe *p, uint64_t number)
{
    return p->ring[number % p->ring_len];
}

enum twf_status twf_pipe_no_memory(struct twf_error *err);

/* ---- pipe_batches.c ---- */

/* b may be NULL; it is emptied, and kept for twf_pipe_take_spare or freed. */
void twf_pipe_give_spare(struct twf_pipe *p, struct twf_batch *b);
/* What a worker does with a batch that is full; ctx is its struct twf_pipe_thread. */
enum twf_status twf_pipe_on_batch(void *ctx, struct twf_batch **b, struct twf_error *err);

/* ---- pipe_work.c ---- */

/* Gives back the memory that the messages of j lie in. */
void twf_pipe_drop_bytes(struct twf_pipe *p, struct twf_job *j);
/* One step of whatever brings results out soonest; the lock is held. False: there is nothing to do now. */
bool twf_pipe_step(struct twf_pipe_thread *t);
/* The main function of a thread. */
void *twf_pipe_thread_run(void *arg);

/* ---- pipe_new.c ---- */

/* Empties a job. heard: the ledger owns the inputs that begin in it. */
void twf_pipe_forget_job(struct twf_pipe *p, struct twf_job *j, bool heard);

#endif
