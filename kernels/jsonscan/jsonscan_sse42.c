/* SPDX-License-Identifier: Apache-2.0 */
/* jsonscan, 16 bytes at once; the last vector overlaps the one before, in which nothing stopped. */
#include "kernels/jsonscan/jsonscan.h"

#include "kernels/jsonscan/jsonscan16.h"

size_t twf_jsonscan_sse42(const uint8_t *ptr, size_t len)
{
    size_t i = 0;
    uint32_t bits;

    if (len < 16)
        return jsonscan_below16(ptr, len);
    for (; len - i >= 16; i += 16) {
        bits = stops16_at(ptr + i);
        if (bits != 0)
            return i + (size_t)__builtin_ctz(bits);
    }
    if (i < len) {
        bits = stops16_at(ptr + len - 16);
        if (bits != 0)
            return len - 16 + (size_t)__builtin_ctz(bits);
    }
    return len;
}
