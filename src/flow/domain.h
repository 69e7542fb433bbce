/* SPDX-License-Identifier: Apache-2.0 */
/* A domain in one spelling, with its organization (docs/verdicts.md 4.4). */
#ifndef TWF_FLOW_DOMAIN_H
#define TWF_FLOW_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum twf_domain_flag {
    /* reasons at level low */
    TWF_DOMAIN_NO_DOT = 1 << 0,
    TWF_DOMAIN_UNDERSCORE = 1 << 1,
    TWF_DOMAIN_TRAILING_DOT = 1 << 2,
    TWF_DOMAIN_LITERAL = 1 << 3,       /* a valid address literal, RFC 5321 section 4.1.3 */
    /* reasons at level medium */
    TWF_DOMAIN_EMPTY_LABEL = 1 << 4,
    TWF_DOMAIN_LONG_LABEL = 1 << 5,    /* > 63 */
    TWF_DOMAIN_LONG_NAME = 1 << 6,     /* > 253 */
    TWF_DOMAIN_BLANK = 1 << 7,         /* SP, TAB or a fold inside */
    TWF_DOMAIN_BAD_BYTE = 1 << 8,      /* any other byte no domain may have */
    TWF_DOMAIN_BAD_LITERAL = 1 << 9,
    TWF_DOMAIN_UNMAPPED = 1 << 10,     /* UTS #46 does not map it: bytes kept in ASCII lower case;
                                          or a label "xn--" that no encoder makes */
    /* FROM_CONFUSABLE */
    TWF_DOMAIN_MAPPED_ASCII = 1 << 11, /* a non-ASCII code point was mapped to ASCII, or away */
    TWF_DOMAIN_MIXED_SCRIPT = 1 << 12, /* a label mixes Latin with Greek, Cyrillic, Armenian or
                                          Cherokee */
    /* how the organization was found */
    TWF_DOMAIN_IS_SUFFIX = 1 << 13,    /* a public suffix itself: its own org. By the default rule
                                          so is each name without a dot */
    TWF_DOMAIN_TENANT = 1 << 14        /* a multi-tenant suffix that the list lacks */
};

#define TWF_DOMAIN_BAD_LOW                                                                         \
    (TWF_DOMAIN_NO_DOT | TWF_DOMAIN_UNDERSCORE | TWF_DOMAIN_TRAILING_DOT | TWF_DOMAIN_LITERAL)
#define TWF_DOMAIN_BAD_MEDIUM                                                                      \
    (TWF_DOMAIN_EMPTY_LABEL | TWF_DOMAIN_LONG_LABEL | TWF_DOMAIN_LONG_NAME | TWF_DOMAIN_BLANK |    \
     TWF_DOMAIN_BAD_BYTE | TWF_DOMAIN_BAD_LITERAL | TWF_DOMAIN_UNMAPPED)

/*
 * name keeps what the sender wrote: it may hold any byte (BLANK, BAD_BYTE, UNMAPPED, BAD_LITERAL
 * say so), and each writer escapes it. A valid literal has one spelling, "[192.0.2.1]" or
 * "[ipv6:2001:db8::1]", and is its own org; so is a name with an empty label.
 */
struct twf_domain {
    struct twf_span written; /* as in the message (unfolded) */
    struct twf_span name;    /* A-labels, lower case, no trailing dot; empty: there is no domain */
    struct twf_span org;     /* a tail of name */
    struct twf_span rule;    /* the suffix rule that matched, as in the list; empty: the default */
    uint32_t flags;          /* enum twf_domain_flag */
};

/* FROM_DOMAIN_BAD or FROM_CONFUSABLE can be said of it. */
static inline bool twf_domain_is_odd(const struct twf_domain *d)
{
    return (d->flags & (TWF_DOMAIN_BAD_LOW | TWF_DOMAIN_BAD_MEDIUM | TWF_DOMAIN_MAPPED_ASCII |
                        TWF_DOMAIN_MIXED_SCRIPT)) != 0;
}

#endif
