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
