/* SPDX-License-Identifier: Apache-2.0 */
/* lower, 16 bytes at once; the last vector overlaps the one before. */
#include "kernels/lower/lower.h"

#include "kernels/lower/lower16.h"

void twf_lower_sse42(uint8_t *dst, const uint8_t *ptr, size_t len)
{
    size_t i = 0;

    if (len < 16) {
        lower_below16(dst, ptr, len);
        return;
    }
    for (; len - i >= 16; i += 16)
        lower16_at(dst + i, ptr + i);
    if (i < len)
        lower16_at(dst + len - 16, ptr + len - 16);
}
