/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk by units, inside the room. A unit is what zstd takes or refuses as a whole: the header,
 * a block's header, a block's content, the checksum. stream.c feeds zstd one unit at a time, since
 * zstd does not tell what it wrote in a call that fails.
 */
#ifndef TWF_DECODE_WALK_H
#define TWF_DECODE_WALK_H

#include "decode/decode.h"

/*
 * Bytes until the unit at hand ends, or, in a header, until more of its length is known. Never 0.
 */
uint64_t twf_frame_walk_need(const struct twf_frame_walk *w);
/* The next n bytes, n <= need. TWF_FRAME_MORE: go on. */
enum twf_frame_event twf_frame_walk_take(struct twf_frame_walk *w, const uint8_t *ptr, size_t n);

#endif
