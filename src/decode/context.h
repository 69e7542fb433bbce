/* SPDX-License-Identifier: Apache-2.0 */
/* A zstd context whose memory is ours to count, and zstd's errors in our words; inside the room. */
#ifndef TWF_DECODE_CONTEXT_H
#define TWF_DECODE_CONTEXT_H

#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_createDCtx_advanced */
#include <zstd.h>

#include "decode/walk.h"

struct twf_stream {
    ZSTD_DCtx *context;
    uint64_t max_window;
    struct twf_frame_walk walk;
    uint64_t out;      /* bytes of the frame that came out */
    bool ended;        /* all bytes of the frame are with zstd */
    bool dst_was_full; /* zstd may hold bytes that only wait for room */
    bool stuck;        /* it does: without room it did not take a byte either */
    bool failed;
};

/* max_window: bytes; above zstd's own limit that limit holds. */
TWF_MUST_USE enum twf_status twf_decode_context_new(uint64_t max_window, ZSTD_DCtx **out,
                                                    struct twf_error *err);
/*
 * What the header of a frame forbids: a dictionary, since we have none; a window above max_window.
 */
TWF_MUST_USE enum twf_status twf_decode_admit(const struct twf_frame_info *info,
                                              uint64_t max_window, struct twf_error *err);
/*
 * The frame ended after out bytes: an error where its header says another number. zstd's streams do not ask where the
 * last block is an empty one, and so take a frame for whole whose rest is gone.
 */
TWF_MUST_USE enum twf_status twf_decode_ended(const struct twf_frame_info *info, uint64_t out,
                                              struct twf_error *err);
/* rc is an error of zstd, met at byte off of the frame. */
enum twf_status twf_decode_fault(size_t rc, uint64_t off, struct twf_error *err);

#endif
