/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where pack cuts: frames that begin with a message (mbox: with its From_ line, tar: with the header
 * of its member). Made in a pass of its own, so that the frames can then be written with their
 * length in front, in memory that does not depend on the length of a message.
 */
#ifndef TWF_API_PACK_PLAN_H
#define TWF_API_PACK_PLAN_H

#include <openssl/sha.h>

#include "api/plain.h"
#include "flow/limits.h"
#include "kernels/kernels.h"

struct twf_planned {
    uint64_t end;      /* decoded offset behind the frame */
    uint32_t messages; /* that begin in it */
};

struct twf_pack_plan {
    struct twf_planned *frames;
    size_t count, cap;
    uint64_t messages, unaligned, plain_len;
    const char *container;
    uint8_t sha256[SHA256_DIGEST_LENGTH];
};

/* Reads p to its end. frame_size: plain bytes that a frame should not exceed. */
TWF_MUST_USE enum twf_status twf_pack_plan_make(struct twf_pack_plan *plan, struct twf_plain *p,
                                                uint64_t frame_size,
                                                const struct twf_limits *limits,
                                                const struct twf_kernels *kernels,
                                                struct twf_error *err);
void twf_pack_plan_fini(struct twf_pack_plan *plan);

#endif
