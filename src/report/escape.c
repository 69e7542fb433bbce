/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's escaping for callers of the library, who print paths and error texts. */
#include <twofrom/tools.h>

#include "report/report.h"

size_t twf_escape(char *dst, size_t cap, const char *src, int ascii)
{
    struct twf_buf b;
    size_t n;

    if (cap < 4)
        return 0;
    twf_buf_init(&b);
    twf_text_terminal(&b, twf_span_str(src), ascii != 0, cap - 4);
    n = b.failed ? 0 : b.len;
    if (n > 0)
        memcpy(dst, b.ptr, n);
    dst[n] = '\0';
    twf_buf_fini(&b);
    return n;
}
