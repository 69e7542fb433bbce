/* SPDX-License-Identifier: Apache-2.0 */
/* The definition of lower: A-Z become a-z, every other byte stays, whatever the locale. */
#include "kernels/lower/lower.h"

void twf_lower_scalar(uint8_t *dst, const uint8_t *ptr, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t c = ptr[i];
        dst[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
    }
}
