/* SPDX-License-Identifier: Apache-2.0 */
/* The definition of textfind. */
#include "kernels/textfind/textfind.h"

size_t twf_textfind_scalar(const uint8_t *ptr, size_t len, const struct twf_needle *n)
{
    return textfind_slowly(ptr, 0, len, n);
}
