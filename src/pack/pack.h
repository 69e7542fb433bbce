/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain bytes into zstd frames with checksums, and the two tables behind them: our own skippable
 * frame "twofrom.pack/1", and the seek table that zstd's seekable format defines. Nothing here
 * knows a file. docs/pack.md describes the bytes.
 */
#ifndef TWF_PACK_PACK_H
#define TWF_PACK_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include <twofrom/status.h>

#include "base/buf.h"
#include "base/span.h"

/* ---- frames ---- */

struct twf_packer;

/* level: 1 to 19, as zstd counts. One thread at a time. */
TWF_MUST_USE enum twf_status twf_packer_new(int level, struct twf_packer **out,
                                            struct twf_error *err);
void twf_packer_free(struct twf_packer *p);
/* Begins a frame of exactly len plain bytes. */
TWF_MUST_USE enum twf_status twf_packer_begin(struct twf_packer *p, uint64_t len,
                                              struct twf_error *err);
/*
 * The next bytes of the frame; what it makes of them is appended to out. The call that brings the
 * last of len bytes ends the frame; for a frame of no bytes that is one call with an empty span.
 */
TWF_MUST_USE enum twf_status twf_packer_put(struct twf_packer *p, struct twf_span bytes,
                                            struct twf_buf *out, struct twf_error *err);
/* Of the frame that ended: bytes it takes, and the low half of XXH64 over its plain bytes. */
uint64_t twf_packer_comp_len(const struct twf_packer *p);
uint32_t twf_packer_checksum(const struct twf_packer *p);

/* ---- tables ---- */

enum { TWF_PACK_FRAME_MAX = 1 << 30 }; /* plain bytes; the seek table has 32 bits for them */

/* One frame of the archive. */
struct twf_pack_entry {
    uint32_t comp_len, plain_len, checksum;
    uint32_t messages; /* that begin in it */
};

/* What the frame "twofrom.pack/1" says. */
struct twf_pack_info {
    char container[16];           /* "mbox", "eml", "tar", "unknown" */
    uint64_t frame_size;          /* as asked for */
    uint64_t messages, unaligned; /* frames that begin inside a message */
    const uint8_t *counts;        /* frames times 4 bytes: messages that begin in each */
    uint32_t frames;
};

/* Appends the skippable frame "twofrom.pack/1". */
void twf_pack_info_put(const struct twf_pack_info *info, const struct twf_pack_entry *entries,
                       uint32_t n, struct twf_buf *out);
/* frame: a whole skippable frame. False where it is none of ours; out borrows from frame. */
bool twf_pack_info_read(struct twf_span frame, struct twf_pack_info *out);
/* Messages that begin in frame i, by the table. */
uint32_t twf_pack_info_count(const struct twf_pack_info *info, uint32_t i);
/*
 * Appends the seek table: the n frames, and one of no plain bytes for the info_len bytes of the
 * skippable frame behind them.
 */
void twf_pack_seek_table_put(const struct twf_pack_entry *entries, uint32_t n, uint32_t info_len,
                             struct twf_buf *out);

#endif
