/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of an input, for input.c, input_notes.c and input_save.c. */
#ifndef TWF_PIPE_INPUT_STATE_H
#define TWF_PIPE_INPUT_STATE_H

#include "pipe/input.h"
#include "split/split.h"

/* Where a frame lies. A message begins in the last frame whose first byte lies at or before it. */
struct twf_input_frame {
    uint64_t plain_off, comp_off;
    int64_t index;
    const char *verified;
};

struct twf_input {
    const struct twf_setup *setup;
    struct twf_splitter *splitter;
    struct twf_source *source;
    struct twf_counts sums;      /* of this input: bytes and frames only */
    bool is_zstd, stopped, trailing;
    uint64_t plain_off;          /* decoded bytes given to the splitter */
    /* Frames in which a message may begin that was not handed out yet; the last one is at work. */
    struct twf_input_frame *frames;
    size_t frame_len, frame_cap;
    uint64_t seated_to;          /* no message that is still open begins before this decoded offset */
    bool in_lane;                /* the last frame is a long one that has not ended */
    /* After a resume: bytes of that frame that were taken before, and come once more. */
    uint64_t again_comp, again_plain;
    /* The job at hand. */
    struct twf_job *job;
    struct twf_part *part;
    struct twf_decoder *decoder; /* of the thread at work */
    uint32_t skips;              /* how many of the last frames were skipped, more or less */
};

/* How the splitter is asked to read this source. */
struct twf_split_options twf_input_split_options(const struct twf_setup *s, bool maildir);

/* ---- input_notes.c ---- */

/* A remark of the part at hand; text is copied. */
void twf_input_remark(struct twf_input *in, const char *code, uint64_t off, uint64_t len, bool decoded,
                      bool incomplete, const char *text);
/* What the splitter had to say. */
void twf_input_notes(struct twf_input *in, const struct twf_split_out *out);
/* Messages of which an earlier process died are named, and not judged. */
void twf_input_lost(struct twf_input *in, const struct twf_split_out *out);

#endif
