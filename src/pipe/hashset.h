/* SPDX-License-Identifier: Apache-2.0 */
/* Distinct 64-bit hashes, bounded. Hashes are keyed with a secret of the run: nobody can aim at a slot. */
#ifndef TWF_PIPE_HASHSET_H
#define TWF_PIPE_HASHSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/saved.h"

struct twf_hashset {
    uint64_t *slots; /* open addressing; 0 is no member */
    size_t cap, len, max;
};

/* max: members; 16 to 32 bytes for each of max, at the first one. */
void twf_hashset_init(struct twf_hashset *s, size_t max);
void twf_hashset_fini(struct twf_hashset *s);
/* *is_new: it was no member, and now is. False when the set is full, or without memory. */
bool twf_hashset_add(struct twf_hashset *s, uint64_t hash, bool *is_new);

/* Its members, and the same into an empty one; false without memory. */
void twf_hashset_save(const struct twf_hashset *s, struct twf_buf *out);
bool twf_hashset_load(struct twf_hashset *s, struct twf_saved *in);

#endif
