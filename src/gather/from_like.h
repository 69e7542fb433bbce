/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of bytes that are, or are not, a From field; inside the room. */
#ifndef TWF_GATHER_FROM_LIKE_H
#define TWF_GATHER_FROM_LIKE_H

#include "base/span.h"
#include "flow/head.h"

/* A name that reduces to "from" may begin so; all but a few names do not. */
static inline bool twf_may_reduce_to_from(uint8_t c)
{
    return (c | 0x20) == 'f' || c <= ' ' || c >= 0x7F;
}

/* Kind c: nothing but "from" is left without blanks, CR, LF, controls and bytes >= 0x80. */
bool twf_reduces_to_from(struct twf_span name);
/* The logical line begins with a From_ line of mbox, whole or quoted. */
bool twf_is_from_line(struct twf_span line);
/* Kind d: the continuation line [off, end) of text, line end excluded, has the shape "From:". */
bool twf_find_inner_from(const uint8_t *text, uint32_t off, uint32_t end,
                         struct twf_inner_from *out);

#endif
