/* SPDX-License-Identifier: Apache-2.0 */
/* eqfold, 16 bytes at once; the last vector overlaps the one before. */
#include "kernels/eqfold/eqfold.h"

#include "kernels/eqfold/eqfold16.h"

bool twf_eqfold_sse42(const uint8_t *a, const uint8_t *b, size_t len)
{
    if (len < 16)
        return eqfold_below16(a, b, len);
    for (size_t i = 0; len - i >= 16; i += 16)
        if (!is_zero16(differ16_at(a + i, b + i)))
            return false;
    return is_zero16(differ16_at(a + len - 16, b + len - 16));
}
