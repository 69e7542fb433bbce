/* SPDX-License-Identifier: Apache-2.0 */
/* Distinct values of a column, numbered as they come. */
#ifndef TWF_INDEX_DICT_H
#define TWF_INDEX_DICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* More values, or more bytes, than this no dictionary has: an archive of more than that gets no index. */
enum { INDEX_DICT_VALUES_MAX = 1 << 22, INDEX_DICT_BYTES_MAX = 256 << 20 };

struct index_dict_slot {
    uint32_t next_id; /* id + 1; 0: free */
    uint32_t hash;    /* of the value */
};

struct index_dict {
    struct twf_buf bytes;
    struct twf_buf offsets; /* int32, count + 1; empty before the first value */
    uint32_t count;
    struct index_dict_slot *slots;
    uint32_t slot_mask;
    uint64_t seed;    /* drawn at random, so that nobody can write values that collide */
};

bool index_dict_init(struct index_dict *d);
void index_dict_fini(struct index_dict *d);
enum { INDEX_DICT_MANY = 32 };
/*
 * The ids of n values, at most INDEX_DICT_MANY; false without memory, or where the dictionary is full (*full). Values
 * are looked up together, for each is a walk from one cold cache line to the next: side by side they cost a third.
 */
bool index_dict_put(struct index_dict *d, const struct twf_span *values, uint32_t n, int32_t *ids, bool *full);

static inline struct twf_span index_dict_get(const struct index_dict *d, uint32_t id)
{
    const int32_t *o = (const int32_t *)(const void *)d->offsets.ptr;

    /* Where all values are empty there are no bytes to point into. */
    return o[id + 1] == o[id] ? twf_span(NULL, 0)
                              : twf_span(d->bytes.ptr + o[id], (size_t)(o[id + 1] - o[id]));
}

#endif
