/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an archive goes: a file or standard output, plain or in zstd frames of the size and kind asked
 * for (RFC 8878; seek table: contrib/seekable_format of zstd). A fault ends the program.
 */
#ifndef TWF_CORPORA_GEN_GEN_SINK_H
#define TWF_CORPORA_GEN_GEN_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum gen_frame_kind {
    GEN_FRAME_PLAIN,
    GEN_FRAME_ONE,    /* one frame, written as a stream: it does not tell its size */
    GEN_FRAME_SIZE,   /* a frame after each size bytes, in the middle of a message or not */
    GEN_FRAME_MESSAGE /* a frame for each message */
};

struct gen_framing {
    enum gen_frame_kind kind;
    uint64_t size; /* of GEN_FRAME_SIZE */
    bool align;    /* GEN_FRAME_SIZE: the frame goes on to the end of the message */
    bool seekable; /* a seek table behind the last frame */
    bool checksum; /* in the frames, and in the seek table */
    bool no_content_size;
    int level;
};

enum { GEN_FRAME_MAX = 1 << 30 };

struct gen_sink;
/* path NULL: standard output. The framing is copied. */
struct gen_sink *gen_sink_open(const char *path, const struct gen_framing *framing);
void gen_sink_write(struct gen_sink *sink, struct twf_span bytes);
/* A message ends here. */
void gen_sink_message_end(struct gen_sink *sink);
/* Plain bytes so far. */
uint64_t gen_sink_total(const struct gen_sink *sink);
/* Ends the archive and frees the sink. */
void gen_sink_close(struct gen_sink *sink);

#endif
