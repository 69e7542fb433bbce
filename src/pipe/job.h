/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A job: some megabytes of one or several inputs on their way from the reader to the writer. It is cut by
 * the reader into pieces, decoded by a worker, split into messages in input order (input.h), judged by a
 * worker, and taken by the writer in input order again. It belongs to one thread at a time; pipe.c hands
 * it on under its lock.
 */
#ifndef TWF_PIPE_JOB_H
#define TWF_PIPE_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <twofrom/status.h>

#include "base/arena.h"
#include "base/buf.h"
#include "decode/decode.h"
#include "flow/batch.h"
#include "flow/block.h"
#include "flow/message.h"
#include "flow/totals.h"
#include "pipe/dedup.h"
#include "pipe/lender.h"
#include "pipe/marks.h"
#include "pipe/pairs.h"
#include "pipe/rule_hits.h"
#include "pipe/record.h"

/* One input. Made by the reader, freed by the writer behind its end. */
struct twf_source {
    char *uri;    /* the path as valid, printable text */
    char id[33];
    uint64_t mark; /* twf_mark_source of uri */
    uint64_t size;
    uint64_t dev, ino;    /* with mtime_ns: 0 where it could not be opened */
    int64_t mtime_ns;
    bool maildir;
    /* Set by the splitter, read by the reader: frames are decoded when it is known that they are needed.
     * Only a matter of speed: what is skipped does not depend on it. */
    atomic_bool lazy;
    /* The same: nothing more of it is decoded, for nothing more is judged. */
    atomic_bool over;
    struct twf_io *io; /* not NULL: frames are read from fd when they are needed; it is closed with the source */
    int fd;
    char sha256[65]; /* with the option: of all bytes, known at the end; else empty */
};
void twf_source_free(struct twf_source *s);
/* chain, a hash over the inputs before, with what s is: its name, size, time and place. */
uint64_t twf_source_chain(uint64_t chain, const struct twf_source *s);

enum twf_piece_kind {
    TWF_PIECE_START,    /* an input begins */
    TWF_PIECE_FRAME,    /* a zstd frame, still compressed; with a fault only its first bytes */
    TWF_PIECE_LANE,     /* decoded bytes of a long frame, in order */
    TWF_PIECE_PLAIN,    /* bytes of an input that is not compressed */
    TWF_PIECE_SKIP,     /* a skippable frame */
    TWF_PIECE_TRAILING, /* bytes that are no frame: nothing behind them is read */
    TWF_PIECE_UNREAD,   /* bytes behind damage */
    TWF_PIECE_HOLE,     /* bytes that the system could not read */
    TWF_PIECE_FAILED,   /* the input could not be opened; it ends here */
    TWF_PIECE_END       /* the input ends */
};

struct twf_piece {
    struct twf_piece *next;
    enum twf_piece_kind kind;
    struct twf_source *source; /* START */
    uint64_t comp_len;         /* bytes of the input that this piece accounts for */
    uint64_t need;             /* FRAME: no more than this comes out of it */
    struct twf_span comp;      /* FRAME: compressed bytes, in a block; or, with in_comp, */
    size_t comp_at;            /* where they begin in the job's own copy */
    bool in_comp;
    const struct twf_source *far; /* FRAME: lazy, and not even read: comp has its length, and NULL */
    uint64_t far_off;             /* where it begins in the input */
    bool first, last;          /* LANE: begins its frame, ends it */
    bool has_checksum;         /* FRAME, LANE with last */
    bool sized;                /* FRAME: need is what it says will come out, and it may be skipped */
    bool is_head;              /* FRAME: the first one of its input */
    bool lazy;                 /* FRAME: not decoded before it was split */
    size_t head_used;          /* FRAME: plain is only its beginning, so many compressed bytes; or 0 */
    size_t plain_at;           /* FRAME: its place in the decoded bytes of the job */
    bool changed;              /* END: the input changed while it was read */
    enum twf_frame_verified verified;
    struct twf_span plain;     /* what came out; PLAIN: the bytes themselves */
    /* What is wrong with it, found by the reader or by decoding; NULL: nothing. */
    const char *fault;         /* incident code; "" where another piece tells */
    const char *fault_text;
};

/* Something for the list "not read"; text lives in the job. */
struct twf_remark {
    struct twf_remark *next;
    const char *code, *text;
    uint64_t off, len;
    bool decoded, incomplete;
};

/* What a job holds of one input. */
struct twf_part {
    struct twf_part *next;
    struct twf_source *source;
    struct twf_counts counts;
    struct twf_remark *remarks, **remarks_end;
    bool incomplete, ends, failed, changed;
    const char *container, *codec; /* with ends */
};

/* Messages that begin in one frame. */
struct twf_stretch {
    struct twf_stretch *next;
    struct twf_place place;
    const struct twf_message *messages;
    uint32_t count;
    struct twf_part *part;
};

enum { TWF_JOB_BLOCKS = 8, TWF_JOB_PIECES = 4096 };

enum twf_job_state {
    TWF_JOB_FREE,
    TWF_JOB_TAKEN,   /* read, decoded or judged by a thread */
    TWF_JOB_DECODED, /* waits for its turn to be split */
    TWF_JOB_SPLIT,   /* waits for a worker who judges it */
    TWF_JOB_DONE     /* waits for the writer */
};

/* Memory for the decoded bytes of a job. */
struct twf_room {
    uint8_t *ptr;
    size_t cap;
    const void *used_by; /* the thread that used it last; for comparison only */
};

struct twf_job {
    enum twf_job_state state;
    struct twf_arena arena;      /* all lists below, seams of messages */
    struct twf_piece *pieces, **pieces_end;
    struct twf_piece *last_piece;
    struct twf_part *parts, **parts_end;
    struct twf_stretch *stretches, **stretches_end;
    uint32_t piece_count;
    struct twf_block *blocks[TWF_JOB_BLOCKS]; /* each counted in its refs */
    uint32_t block_count;
    struct twf_buf comp;         /* frames that did not lie in one block */
    struct twf_buf fetched;      /* the far frame that was read last */
    struct twf_room room;        /* decoded bytes of its frames */
    const void *decoded_by;      /* the thread; for comparison only */
    struct twf_slab *slab;       /* where the pieces of the lane lie, on a lease; or NULL */
    uint64_t lease;
    size_t lane_len;             /* bytes in them */
    uint64_t need;               /* bytes that will come out of its frames */
    uint64_t far_need;           /* the same of those that are far: few of them are needed */
    uint64_t given;              /* decoded bytes already at hand */
    uint64_t in_total;           /* sizes of the inputs that begin here, for the progress line */
    bool lane_full;              /* the lane has no more room in this job */
    struct twf_pairs *pairs;     /* of the messages in it */
    struct twf_rule_hits rule_hits; /* the same */
    struct twf_dedup_keys keys;  /* the same, with --dedup */
    struct twf_batch **batches;
    size_t batch_count, batch_cap, batch_taken;
    struct twf_buf *texts;       /* rows of all batches as text, one for each output */
    size_t text_count;
    struct twf_buf saved;        /* the input's state behind this job, for a checkpoint; or empty */
    uint64_t plain_bytes;        /* decoded bytes in it */
    struct twf_mark *mark;       /* of the thread that it belongs to */
    const struct twf_source *goes_on; /* the input that its first pieces are of, if no START comes before */
    enum twf_status status;      /* other than TWF_OK: err travels in order */
    struct twf_error err;
};

/* seed: as twf_pairs_new. rules: of the run, or NULL. */
struct twf_job *twf_job_new(uint64_t seed, const struct twf_rules *rules);
/* Blocks, the slab and batches must have been taken out. */
void twf_job_free(struct twf_job *j);
void twf_job_reset(struct twf_job *j);
/* Makes n texts, once. */
bool twf_job_texts(struct twf_job *j, size_t n);
/* All of these set j->arena.failed without memory, and return NULL. */
struct twf_piece *twf_job_piece(struct twf_job *j, enum twf_piece_kind kind);
struct twf_part *twf_job_part(struct twf_job *j, struct twf_source *source);
struct twf_stretch *twf_job_stretch(struct twf_job *j, struct twf_part *part);
void twf_job_remark(struct twf_job *j, struct twf_part *part, const struct twf_remark *r);
/* The room of the job has at least len bytes. */
bool twf_job_reserve(struct twf_job *j, size_t len);
/*
 * Decodes its frames, one after another. Damage is a fault of its piece. Not those that are lazy; and of
 * one that is the head of its input and seems to begin a long message, only its header; abreast: those of several
 * inputs side by side.
 */
void twf_job_decode(struct twf_job *j, struct twf_decoder *d, bool abreast);
/* Decodes, and reads, all of a frame of which twf_job_decode left something out. */
void twf_job_decode_rest(struct twf_job *j, struct twf_piece *p, struct twf_decoder *d);
TWF_MUST_USE enum twf_status twf_job_add_batch(struct twf_job *j, struct twf_batch *b,
                                               struct twf_error *err);

#endif
