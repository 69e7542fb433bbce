/* SPDX-License-Identifier: Apache-2.0 */
/* Counts beside the dictionary of the index writer, which numbers values as they come. */
#include "pipe/hunt_tally.h"

bool twf_hunt_tally_add(struct twf_hunt_tally *t, struct twf_span value, uint64_t n)
{
    uint64_t now = 0;
    int32_t id;
    bool full;

    if (!t->made && !index_dict_init(&t->values))
        return false;
    t->made = true;
    if (!index_dict_put(&t->values, &value, 1, &id, &full))
        return false;
    if ((size_t)id * sizeof(now) == t->counts.len)
        twf_buf_put(&t->counts, &now, sizeof(now));
    if (t->counts.failed)
        return false;
    now = twf_hunt_tally_count(t, (uint32_t)id) + n;
    memcpy(t->counts.ptr + (size_t)id * sizeof(now), &now, sizeof(now));
    return true;
}

void twf_hunt_tally_fini(struct twf_hunt_tally *t)
{
    index_dict_fini(&t->values);
    twf_buf_fini(&t->counts);
}
