/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The definition of hdrscan: line starts up to the first empty line. A line ends with LF; a CR
 * before it belongs to the line, and a CR anywhere else is a byte like any other.
 */
#include "kernels/hdrscan/hdrscan.h"

size_t twf_hdrscan_scalar(const uint8_t *ptr, size_t len, uint32_t *starts, size_t cap,
                          size_t *count)
{
    size_t n = 0;
    bool at_start = true;
    size_t i;

    for (i = 0; i < len; i++) {
        uint8_t c = ptr[i];
        if (at_start) {
            if (c == '\n' || (c == '\r' && len - i > 1 && ptr[i + 1] == '\n'))
                break;
            if (i > 0) {
                if (n < cap)
                    starts[n] = (uint32_t)i | (c == ' ' || c == '\t' ? TWF_HDR_CONT : 0);
                n++;
            }
        }
        at_start = c == '\n';
    }
    *count = n;
    return i;
}
