/* SPDX-License-Identifier: Apache-2.0 */
/* Labels beyond ASCII, internal to parse: A-labels (RFC 5890), UTS #46, scripts. */
#ifndef TWF_PARSE_IDNA_H
#define TWF_PARSE_IDNA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum {
    TWF_IDNA_LABEL_MAX = 63, /* bytes of an A-label, and so code points of its U-label */
    TWF_IDNA_NAME_MAX = 255,
    TWF_IDNA_CODE_POINTS = 256
};

/* The answers of libidn2 about single code points; begins zeroed. */
struct twf_idna_memo {
    uint32_t code_point[TWF_IDNA_CODE_POINTS]; /* with bit 31: is mapped to ASCII; 0: free */
};

/*
 * Maps a domain with bytes >= 0x80 to A-labels in lower case. Returns flags of enum
 * twf_domain_flag: UNMAPPED (then *len is 0) or perhaps MAPPED_ASCII. *no_memory is set where
 * that was the reason.
 */
uint32_t twf_idna_map(struct twf_idna_memo *memo, struct twf_span written,
                      uint8_t out[TWF_IDNA_NAME_MAX], size_t *len, bool *no_memory);

/* "xn--" in lower case and at most TWF_IDNA_LABEL_MAX bytes. */
bool twf_idna_is_alabel(struct twf_span label);
/*
 * The code points of an A-label, RFC 3492; 0 where it does not decode, or to nothing but ASCII: no
 * encoder makes such a label.
 */
size_t twf_idna_decode(struct twf_span label, uint32_t code_points[TWF_IDNA_LABEL_MAX]);

/* The first label of *rest, which goes behind its dot; false when no label is left. */
static inline bool twf_idna_next_label(struct twf_span *rest, struct twf_span *label)
{
    if (rest->ptr == NULL)
        return false;
    *label = twf_span_slice(*rest, 0, twf_span_find(*rest, '.'));
    if (label->len == rest->len)
        *rest = twf_span(NULL, 0);
    else
        *rest = twf_span_slice(*rest, label->len + 1, rest->len);
    return true;
}

/* Whether a label (an A-label, or UTF-8) of name mixes Latin with one of its look-alike scripts. */
bool twf_idna_is_mixed(struct twf_span name);

#endif
