/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The definition of fieldscan: hdrscan without the continuation lines, of which only those are
 * counted that read "from", maybe more blanks, and ':' behind their blanks, and what reads so behind a CR.
 */
#include "kernels/fieldscan/fieldscan.h"

static bool reads_from(const uint8_t *ptr, size_t len)
{
    size_t i = 4;

    if (len < 4 || (ptr[0] | 0x20) != 'f' || (ptr[1] | 0x20) != 'r' || (ptr[2] | 0x20) != 'o' ||
        (ptr[3] | 0x20) != 'm')
        return false;
    while (i < len && (ptr[i] == ' ' || ptr[i] == '\t'))
        i++;
    return i < len && ptr[i] == ':';
}

size_t twf_fieldscan_scalar(const uint8_t *ptr, size_t len, uint32_t *starts, size_t cap,
                            size_t *count, size_t *froms)
{
    size_t n = 0, from = 0;
    bool at_start = true, in_blanks = false;
    size_t i;

    for (i = 0; i < len; i++) {
        uint8_t c = ptr[i];
        bool blank = c == ' ' || c == '\t';

        if (at_start && (c == '\n' || (c == '\r' && len - i > 1 && ptr[i + 1] == '\n')))
            break;
        if (at_start && i > 0 && !blank) {
            if (n < cap)
                starts[n] = (uint32_t)i;
            n++;
        }
        if ((in_blanks && !blank) || (i > 0 && ptr[i - 1] == '\r'))
            from += reads_from(ptr + i, len - i);
        in_blanks = blank && (in_blanks || (at_start && i > 0));
        at_start = c == '\n';
    }
    *count = n;
    *froms = from;
    return i;
}
