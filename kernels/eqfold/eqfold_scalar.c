/* SPDX-License-Identifier: Apache-2.0 */
/* The definition of eqfold: A-Z equals a-z, every other byte only itself. */
#include "kernels/eqfold/eqfold.h"

static uint8_t fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool twf_eqfold_scalar(const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (fold(a[i]) != fold(b[i]))
            return false;
    return true;
}
