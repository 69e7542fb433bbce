/* SPDX-License-Identifier: Apache-2.0 */
/* Adding up counters. */
#include <string.h>

#include "base/compiler.h"
#include "flow/totals.h"

_Static_assert(sizeof(struct twf_counts) % sizeof(uint64_t) == 0, "counters only");

/* The struct holds nothing but uint64_t, so it is added as an array: a new counter needs no line here. */
void twf_counts_add(struct twf_counts *to, const struct twf_counts *more)
{
    enum { N = sizeof(struct twf_counts) / sizeof(uint64_t) };
    uint64_t a[N], b[N];

    memcpy(a, to, sizeof(a));
    memcpy(b, more, sizeof(b));
    for (int i = 0; i < N; i++)
        a[i] += b[i];
    memcpy(to, a, sizeof(a));
}

enum { COUNTERS = sizeof(struct twf_counts) / sizeof(uint64_t) };

void twf_counts_save(const struct twf_counts *c, struct twf_buf *out)
{
    uint64_t all[COUNTERS];

    memcpy(all, c, sizeof(all));
    twf_save_u64(out, COUNTERS);
    for (int i = 0; i < COUNTERS; i++)
        twf_save_u64(out, all[i]);
}

void twf_counts_load(struct twf_counts *c, struct twf_saved *in)
{
    uint64_t all[COUNTERS] = {0};

    twf_saved_need(in, twf_saved_u64(in) == COUNTERS);
    for (int i = 0; i < COUNTERS; i++)
        all[i] = twf_saved_u64(in);
    memcpy(c, all, sizeof(all));
}
