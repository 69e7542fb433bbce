/* SPDX-License-Identifier: Apache-2.0 */
/* A verdict into the columns of one row: record twofrom.flag/1 (docs/records.md). */
#ifndef TWF_PIPE_RECORD_H
#define TWF_PIPE_RECORD_H

#include "base/arena.h"
#include "base/buf.h"
#include "flow/batch.h"
#include "flow/verdict.h"
#include "pipe/setup.h"

/* Where the message of a row lies. */
struct twf_place {
    const char *source_uri;    /* valid UTF-8 */
    const char *source_id;     /* 32 hex digits */
    uint64_t mark;             /* twf_mark_source of source_uri */
    int64_t frame_index, frame_offset;
    const char *verified;      /* "ok", "bad", "none", "pending" */
    uint32_t ordinal;          /* inside a journal report, from 0 */
};

/*
 * Writes every column of the row that this message has a value for; not whole: without what belongs to a
 * run, without record_id, and without p2_readers where S1 to S5 take p2_address, as an index leaves them out
 * (index/brief.h). scratch is overwritten; a keeps what decoding needs until it is reset. Growth failure is sticky
 * in b.
 */
void twf_record_put(struct twf_batch *b, uint32_t row, const struct twf_setup *s,
                    const struct twf_place *place, const struct twf_subject *subject,
                    const struct twf_verdict *v, bool whole, struct twf_arena *a,
                    struct twf_buf *scratch);

/* The column subject, out of the value of a Subject field as it stands. */
void twf_record_subject(struct twf_batch *b, uint32_t row, struct twf_span raw, struct twf_arena *a,
                        struct twf_buf *scratch);

/* XXH3-128 as 32 hex digits and a NUL. */
void twf_hash_hex(const void *ptr, size_t len, char out[33]);

enum { TWF_EDGE = 65536 }; /* bytes at each end of a file that identify it */

/*
 * The identity of a file (source_id): XXH3-128 of its size and of its first and last 64 KiB, read from fd. 0,
 * ENOMEM, or the errno of a read; then id is not written.
 */
int twf_hash_edges(int fd, uint64_t size, char id[33]);
/* The same of a file that was loaded: its bytes, and the size that it said it has. */
void twf_hash_loaded(struct twf_span data, uint64_t size, char id[33]);

#endif
