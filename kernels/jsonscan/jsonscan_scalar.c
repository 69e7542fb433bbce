/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The definition of jsonscan: RFC 8259 forbids controls, the quote and the backslash; DEL and all
 * that is not ASCII stop the scan too, because the caller decides about them.
 */
#include "kernels/jsonscan/jsonscan.h"

size_t twf_jsonscan_scalar(const uint8_t *ptr, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (ptr[i] < 0x20 || ptr[i] >= 0x7F || ptr[i] == '"' || ptr[i] == '\\')
            return i;
    return len;
}
