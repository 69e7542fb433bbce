/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoded bytes of one input, chunk by chunk, for the tools that need the bytes and not a verdict:
 * pack, extract. Forward, or from any frame whose place is known. Unlike a run it stops at the
 * first damage: who copies evidence must not copy guesses. One thread.
 */
#ifndef TWF_API_PLAIN_H
#define TWF_API_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include <twofrom/status.h>

#include "base/span.h"
#include "io/io.h"

enum { TWF_PLAIN_CHUNK = 4 << 20 }; /* most bytes of a chunk */

struct twf_plain_chunk {
    struct twf_span bytes; /* borrowed until the next call */
    uint64_t off;          /* of its first byte in the decoded input */
    uint64_t frame_off;    /* of its frame in the file */
    int64_t frame_index;   /* skippable frames count too, as in records */
};

struct twf_plain_counts {
    uint64_t frames; /* decoded to their end */
    uint64_t passed; /* stepped over by the size that their header declares */
    uint64_t skippable, without_checksum, in_bytes, out_bytes, max_window;
};

struct twf_plain;

/* TWF_ERR_IO with errno where the path cannot be opened or is a folder. io outlives it. */
TWF_MUST_USE enum twf_status twf_plain_open(struct twf_io *io, const char *path,
                                            uint64_t max_window, struct twf_plain **out,
                                            struct twf_error *err);
void twf_plain_close(struct twf_plain *p);
/*
 * TWF_END behind the last byte. TWF_ERR_FORMAT, TWF_ERR_LIMIT or TWF_ERR_IO at damage, a window
 * that is refused, an unreadable byte: err->off is the place in the file. No more comes after it.
 */
TWF_MUST_USE enum twf_status twf_plain_next(struct twf_plain *p, struct twf_plain_chunk *out,
                                            struct twf_error *err);
/*
 * The frame of the last chunk ends behind it and its checksum, if it has one, holds; else
 * TWF_ERR_FORMAT. Not for plain files.
 */
TWF_MUST_USE enum twf_status twf_plain_settle(struct twf_plain *p, bool *has_checksum,
                                              struct twf_error *err);
/*
 * Nobody wants bytes before this decoded offset: frames that end there by what their header
 * declares are stepped over, plain files are not read there.
 */
void twf_plain_want(struct twf_plain *p, uint64_t off);
/* What comes next begins at the frame at frame_off, whose first decoded byte has offset off. */
void twf_plain_jump(struct twf_plain *p, uint64_t frame_off, uint64_t off, int64_t frame_index);
/* Whether the first bytes are those of a zstd frame; known after the first twf_plain_next. */
bool twf_plain_is_zstd(const struct twf_plain *p);
const struct twf_plain_counts *twf_plain_counted(const struct twf_plain *p);
const struct twf_io_stat *twf_plain_stat(const struct twf_plain *p);
/* Reads anywhere in the file (io.h), for tables at its end. */
TWF_MUST_USE enum twf_status twf_plain_peek(struct twf_plain *p, uint64_t off, uint8_t *buf,
                                            size_t len, size_t *got, struct twf_error *err);
/* The file is another one now than when it was opened, or was written to. */
bool twf_plain_changed(struct twf_plain *p);

#endif
