/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a cut, for cut.c, cut_frame.c and cut_lane.c. */
#ifndef TWF_PIPE_CUT_STATE_H
#define TWF_PIPE_CUT_STATE_H

#include "pipe/cut.h"

struct twf_cut {
    const struct twf_setup *setup;
    struct twf_lender *lender;
    enum twf_cut_codec codec;
    struct twf_frame_walk walk;
    struct twf_source *source;   /* of the input at hand */
    bool in_frame, any_frame;
    uint64_t frame_len;          /* bytes of the frame at work that have been passed */
    bool sought;                 /* the frame at work was found by its magic alone, behind damage */
    struct twf_buf again;        /* --salvage: bytes of a broken frame in which others may begin */
    struct twf_span again_left;
    bool from_again;             /* the step at work takes them */
    struct twf_buf carry;        /* those of them that no piece holds; before the codec is known: the first */
    /* The lane. */
    struct twf_lane *laner;
    struct twf_slab *slab;       /* where it decodes to, held; NULL before the first long frame */
    bool lane, lane_first;
    bool lane_open;              /* there is memory for the frame at work */
    struct twf_span lane_carry;  /* what is left of carry */
    size_t lane_ready;           /* bytes in front of the reader that belong to the frame */
    bool lane_end;               /* and it ends behind them */
    bool lane_bad;               /* and behind them the frame is broken */
};

enum twf_status twf_cut_no_memory(struct twf_error *err);
/* The job holds block b until it is decoded or judged. */
void twf_cut_hold(struct twf_cut *c, struct twf_job *j, struct twf_block *b);
/* len bytes behind damage. */
enum twf_status twf_cut_put_unread(struct twf_job *j, uint64_t len, struct twf_error *err);
void twf_cut_end_frame(struct twf_cut *c);
/* Nothing that follows in this input is read, or only what --salvage finds. */
void twf_cut_stop(struct twf_cut *c);

/* ---- cut_frame.c ---- */

enum twf_status twf_cut_frame_take(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                                  struct twf_block *b, struct twf_error *err);
/* Bytes before the codec was known that turn out to begin a frame: they are walked over as carried ones. */
enum twf_status twf_cut_frame_walk_carried(struct twf_cut *c, struct twf_error *err);
/* Passes over bytes up to where a frame may begin. */
enum twf_status twf_cut_frame_seek(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                            struct twf_error *err);
/* The frame at work ends here, unfinished. code "": the next piece tells why. */
enum twf_status twf_cut_frame_break(struct twf_cut *c, struct twf_job *j, const char *code,
                                   const char *text, struct twf_error *err);
/* Fewer than four bytes behind the last frame are no frame; more are one that was cut. */
enum twf_status twf_cut_frame_end(struct twf_cut *c, struct twf_job *j, struct twf_error *err);

/* ---- cut_lane.c ---- */

/* The frame at work is a long one. */
void twf_cut_lane_begin(struct twf_cut *c);
/* The piece of this job that the lane fills; NULL without memory. */
struct twf_piece *twf_cut_lane_piece(struct twf_cut *c, struct twf_job *j);
enum twf_status twf_cut_lane_take(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                                 struct twf_error *err);

#endif
