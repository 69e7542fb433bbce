/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State as bytes, and back: little-endian words of 64 bits, and bytes behind their length. What is read is
 * foreign (a checkpoint may be damaged, or made up): reading never goes beyond the end, what does not fit
 * sets bad, and everything after that is 0 and empty.
 */
#ifndef TWF_BASE_SAVED_H
#define TWF_BASE_SAVED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

void twf_save_u64(struct twf_buf *out, uint64_t value);
void twf_save_bytes(struct twf_buf *out, struct twf_span s);
void twf_save_str(struct twf_buf *out, const char *text);

static inline void twf_save_i64(struct twf_buf *out, int64_t value)
{
    twf_save_u64(out, (uint64_t)value);
}

struct twf_saved {
    const uint8_t *ptr;
    size_t len; /* what is left */
    bool bad;
};

uint64_t twf_saved_u64(struct twf_saved *s);
/* At most max. */
uint64_t twf_saved_max(struct twf_saved *s, uint64_t max);
bool twf_saved_bool(struct twf_saved *s);
int64_t twf_saved_i64(struct twf_saved *s);
/* Borrowed from what s reads, at most max bytes. */
struct twf_span twf_saved_bytes(struct twf_saved *s, size_t max);
/* The same as the new content of b. Without memory b->failed is set. */
void twf_saved_buf(struct twf_saved *s, size_t max, struct twf_buf *b);
/* A C string of less than cap bytes into out, no NUL in it. */
void twf_saved_str(struct twf_saved *s, char *out, size_t cap);
/* How many elements of at least size bytes follow; bad when there cannot be as many. */
size_t twf_saved_count(struct twf_saved *s, size_t size);
/* The claim must hold, or all is bad. */
void twf_saved_need(struct twf_saved *s, bool claim);

#endif
