/* SPDX-License-Identifier: Apache-2.0 */
/* How often each value occurs. */
#ifndef TWF_PIPE_HUNT_TALLY_H
#define TWF_PIPE_HUNT_TALLY_H

#include "index/dict.h"

struct twf_hunt_tally {
    struct index_dict values;
    struct twf_buf counts; /* uint64, by id */
    uint64_t nulls;
    bool made;
};

/* False without memory, or with more distinct values than INDEX_DICT_VALUES_MAX. */
bool twf_hunt_tally_add(struct twf_hunt_tally *t, struct twf_span value, uint64_t n);
void twf_hunt_tally_fini(struct twf_hunt_tally *t);

static inline uint64_t twf_hunt_tally_count(const struct twf_hunt_tally *t, uint32_t id)
{
    uint64_t n;

    memcpy(&n, t->counts.ptr + id * sizeof(n), sizeof(n));
    return n;
}

#endif
