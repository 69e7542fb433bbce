/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What survives a process that dies: a piece of shared memory in which each thread notes what it is at, so that
 * a supervisor (api/supervise.h) can name the message on which the process died and start it again without it.
 * The supervisor believes nothing in it but what it put there itself: whoever takes the process over can lie
 * about the message, as it could before.
 */
#ifndef TWF_PIPE_MARKS_H
#define TWF_PIPE_MARKS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/span.h"

/* What a thread is at. */
enum twf_stage {
    TWF_STAGE_NONE,
    TWF_STAGE_READ,    /* no message: cutting, decoding, */
    TWF_STAGE_SPLIT,   /* splitting the input source */
    TWF_STAGE_HEADS,   /* decoding the beginnings of several inputs, of which source is the first */
    TWF_STAGE_MESSAGE, /* the message at off */
    TWF_STAGE_SEVERAL, /* messages that are matched or rendered together */
    TWF_STAGE_COUNT
};

enum { TWF_MARKS_OUTPUTS = 16, TWF_MARKS_LOST = 128, TWF_MARKS_STACK = 32768, TWF_MARKS_NAME = 512 };

/* Of one thread. Volatile: the order of the stores is what is told. */
struct twf_mark {
    volatile int32_t tid;
    volatile uint32_t stage;
    volatile uint64_t source;          /* twf_mark_source of the input */
    volatile uint64_t off;             /* of the message in its decoded bytes */
    volatile uint64_t job_source, job_off; /* of the first message of the job */
    volatile uint32_t from, to;        /* messages of the job that are at hand together, if to is not 0 */
    const char *volatile name;         /* of the input; in the memory of the process that dies */
    uint64_t apart[8];                 /* two threads never write to one cache line */
};

/* A message that is left out, or with whole an input. */
struct twf_lost {
    uint64_t source, off;
    int32_t signal;
    bool whole;
};

/* How much went to an output that cannot be cut back, and a hash of it. */
struct twf_passed {
    uint64_t len;
    uint64_t hash[16];  /* state, of which marks.c knows the form */
    uint64_t dev, ino;  /* of a file instead, which is made anew; 0: none */
};

struct twf_marks {
    /* The supervisor's; read-only below it. */
    uint32_t restarts, lost_count, mark_count;
    struct twf_lost lost[TWF_MARKS_LOST];
    /* The job of this first message (0: none) is judged in small groups, its messages from from to to. */
    uint64_t careful_source, careful_off;
    uint32_t careful_from, careful_to;
    bool one_thread;
    uint8_t key[32];                      /* in place of random bytes, for pseudonyms */
    struct twf_passed before[TWF_MARKS_OUTPUTS]; /* what the process before wrote */
    /* The run's. */
    struct twf_passed passed[TWF_MARKS_OUTPUTS];
    atomic_int crashed;                   /* number of the mark, from 1; -1: a thread without one */
    volatile int32_t signal;
    char name[TWF_MARKS_NAME];            /* of its input */
    atomic_bool writing, dying;
    volatile bool has_stream;             /* an input cannot be read again */
    struct twf_mark mark[]; /* mark_count; behind them a stack for each: its own may be what ran out */
};

/* Bytes of marks for so many threads. */
size_t twf_marks_size(uint32_t threads);
/* What marks call an input of this name (source_uri). Never 0. */
uint64_t twf_mark_source(const char *name);

/* A message of source that was left out, or the source as a whole; NULL: neither. m may be NULL. */
const struct twf_lost *twf_marks_lost(const struct twf_marks *m, uint64_t source, uint64_t off);
const struct twf_lost *twf_marks_lost_whole(const struct twf_marks *m, uint64_t source);
/* "SIGSEGV"; "a signal" where it has no name. */
const char *twf_marks_signal(int signal);

/* The calling thread is that of mark i, and leaves word when it dies; its stack is ready for that. */
void twf_marks_thread(struct twf_marks *m, uint32_t i);
/* Words are left by the handler of the whole process, from here on; not under a sanitizer, which has its own. */
void twf_marks_arm(struct twf_marks *m);

/* write(2) that is counted in output i of m; m may be NULL. A process that dies waits for its end. */
ssize_t twf_marks_write(struct twf_marks *m, uint32_t i, int fd, const void *ptr, size_t len);
/*
 * What is left to write of s: less what the process before wrote of output i. False: that was something
 * else, so there is no going on.
 */
bool twf_marks_skip(struct twf_marks *m, uint32_t i, struct twf_span *s);

static inline void twf_mark_stage(struct twf_mark *m, enum twf_stage stage)
{
    m->stage = stage;
    atomic_signal_fence(memory_order_seq_cst); /* no instruction: what follows is not moved before it */
}

/* At work on the input source, and on no message of it. */
static inline void twf_mark_input(struct twf_mark *m, enum twf_stage stage, uint64_t source,
                                  const char *name)
{
    m->source = source;
    m->name = name;
    twf_mark_stage(m, stage);
}

static inline void twf_mark_message(struct twf_mark *m, uint64_t source, const char *name, uint64_t off)
{
    m->off = off;
    m->source = source;
    m->name = name;
    twf_mark_stage(m, TWF_STAGE_MESSAGE);
}

#endif
