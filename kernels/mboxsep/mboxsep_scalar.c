/* SPDX-License-Identifier: Apache-2.0 */
/* The definition of mboxsep: the first "\nFrom " (RFC 4155, A; the LF ends the line before). */
#include "kernels/mboxsep/mboxsep.h"

#include <string.h>

size_t twf_mboxsep_scalar(const uint8_t *ptr, size_t len)
{
    for (size_t i = 0; len - i >= 6; i++)
        if (ptr[i] == '\n' && memcmp(ptr + i + 1, "From ", 5) == 0)
            return i;
    return len;
}
