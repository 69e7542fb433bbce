/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of one input into the pieces of jobs: where zstd frames begin and end is read from their
 * block headers; short frames go to the workers as they are, a long one is decoded here, chunk by chunk
 * (the lane), while workers judge the chunks before. Belongs to whoever is the reader.
 */
#ifndef TWF_PIPE_CUT_H
#define TWF_PIPE_CUT_H

#include "pipe/job.h"
#include "pipe/lender.h"
#include "pipe/setup.h"

struct twf_cut;

/* What the bytes at hand are. OPEN: not known yet; STOPPED: nothing is read behind damage; SEEK: with
 * --salvage the next frame is looked for there. */
enum twf_cut_codec {
    TWF_CODEC_OPEN,
    TWF_CODEC_ZSTD,
    TWF_CODEC_PLAIN,
    TWF_CODEC_STOPPED,
    TWF_CODEC_SEEK
};

TWF_MUST_USE enum twf_status twf_cut_new(const struct twf_setup *s, struct twf_lender *lender,
                                         struct twf_cut **out, struct twf_error *err);
void twf_cut_free(struct twf_cut *c);
/* An input begins. */
TWF_MUST_USE enum twf_status twf_cut_start(struct twf_cut *c, struct twf_job *j,
                                           struct twf_source *source, struct twf_error *err);
/* An input goes on behind a checkpoint: at a frame, or anywhere in plain bytes. */
void twf_cut_resume(struct twf_cut *c, struct twf_source *source, enum twf_cut_codec codec, bool any_frame);
/* Takes bytes of block b off *bytes until they are used up or the job is full. */
TWF_MUST_USE enum twf_status twf_cut_take(struct twf_cut *c, struct twf_job *j,
                                          struct twf_span *bytes, struct twf_block *b,
                                          struct twf_error *err);
/* A frame may begin at the next byte, and nothing of it has been taken. */
bool twf_cut_is_between(const struct twf_cut *c);
/*
 * The frame at off of the input, of which nothing but its headers was read: w has walked over it. *taken: false
 * where its bytes are needed to say what it is.
 */
TWF_MUST_USE enum twf_status twf_cut_far(struct twf_cut *c, struct twf_job *j,
                                         const struct twf_frame_walk *w, uint64_t off, bool *taken,
                                         struct twf_error *err);
/* Bytes taken before have not all left yet: call twf_cut_take again, with the next job. */
bool twf_cut_is_pending(const struct twf_cut *c);
/* len bytes of the input cannot be read. */
TWF_MUST_USE enum twf_status twf_cut_hole(struct twf_cut *c, struct twf_job *j, uint64_t len,
                                          struct twf_error *err);
/*
 * The input ends; not while twf_cut_is_pending. With --salvage that may bring bytes of a frame without an end
 * to light: then twf_cut_is_pending holds, and after them the input ends once more.
 */
TWF_MUST_USE enum twf_status twf_cut_end(struct twf_cut *c, struct twf_job *j, bool changed,
                                         struct twf_error *err);
/* The job has enough. */
bool twf_cut_is_full(const struct twf_cut *c, const struct twf_job *j);

#endif
