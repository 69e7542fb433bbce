/* SPDX-License-Identifier: Apache-2.0 */
/* Which value of a column an offset lies in: the offsets of Arrow layout, count + 1 of them, ascending. */
#ifndef TWF_BASE_OFFSETS_H
#define TWF_BASE_OFFSETS_H

#include <stdint.h>

/*
 * The value (from 0, below count, which is not 0) whose range holds off; of several that begin there the last, as only
 * it can have bytes. Matches come in ascending order, so near, the answer of the call before, and the value behind
 * it are looked at first.
 */
static inline uint32_t twf_offsets_find(const uint32_t *offsets, uint32_t count, uint32_t near,
                                        uint32_t off)
{
    uint32_t low = 0, high = count - 1;

    for (uint32_t i = near; i <= near + 1 && i <= high; i++) {
        if (off >= offsets[i] && off < offsets[i + 1])
            return i;
    }
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;

        if (offsets[middle] <= off)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

#endif
