/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a From-like value says: the strict reading (RFC 5322 section 3.4 with obs- grammar) and what
 * lenient readers would take (docs/verdicts.md 4.2 and 4.3).
 *
 * Offsets are bytes in the *unfolded* value; twf_from_raw_off turns them into raw offsets. All
 * memory is the parse arena's, or the message's where a span could be borrowed.
 */
#ifndef TWF_FLOW_ADDRESS_H
#define TWF_FLOW_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "flow/domain.h"

/* What the strict parse tripped over, or met. Each has the place where it was first seen. */
enum twf_addr_error {
    TWF_ADDR_TEXT_AFTER,      /* something but CFWS , ; end after the > of an angle address */
    TWF_ADDR_ANGLE_NESTED,    /* < inside an open < */
    TWF_ADDR_ANGLE_NESTED_AT, /* the same, where the inner < follows @ */
    TWF_ADDR_UNCLOSED,        /* < " ( or [ never closed */
    TWF_ADDR_ROUTE,           /* <@a,@b:c@d> */
    TWF_ADDR_GROUP,           /* an unquoted : outside <> and [] */
    TWF_ADDR_GROUP_ANGLE_AT,  /* <, > or @ before that : and an address after it */
    TWF_ADDR_GROUP_OPEN,      /* a group never ended by ; */
    TWF_ADDR_GROUP_TAIL,      /* text after the ; that ends a group */
    TWF_ADDR_SEMICOLON,       /* an unquoted ; outside a group */
    TWF_ADDR_COMMA_PHRASE,    /* an unquoted comma split a phrase: "Doe, John <a@b>" */
    TWF_ADDR_PLAIN_DISPLAY,   /* an unquoted address as display text before an angle address */
    TWF_ADDR_EMPTY_ANGLE,     /* <> */
    TWF_ADDR_NO_AT,           /* an element without @ */
    TWF_ADDR_BAD_LOCAL,       /* a local part that is neither dot-atom, quoted-string nor obs */
    TWF_ADDR_BAD_DOMAIN,      /* a domain that is neither dot-atom, literal nor obs */
    TWF_ADDR_BAD_PHRASE,      /* a byte no phrase may have */
    TWF_ADDR_EMPTY,           /* the value has nothing but CFWS */
    TWF_ADDR_ENCODED_WORD,    /* an encoded-word inside an addr-spec */
    TWF_ADDR_TOO_MANY,        /* limit "mailboxes" */
    TWF_ADDR_COMMENT_DEPTH,   /* limit "comment" */
    TWF_ADDR_GROUP_NAMELESS,  /* a group whose name has no letter and no digit */
    TWF_ADDR_GROUP_NESTED,    /* a group inside a group */
    TWF_ADDR_LOCAL_DOTS,      /* a dot at an end of a local part, or two in a row; a mailbox all the same */
    TWF_ADDR_ERROR_COUNT
};

struct twf_mailbox {
    struct twf_span display;   /* unquoted phrase with skipped text, encoded-words not decoded */
    struct twf_span local;     /* unquoted, CFWS removed */
    struct twf_span local_raw; /* as written */
    struct twf_domain domain;
    uint32_t off, len;         /* of the addr-spec (inside <> where there are), unfolded */
    uint32_t route_off, route_len; /* "@a,@b" before it, without the ':'; 0, 0: there is none */
    bool angle, in_group, quoted_local;
};

/* An address that a lenient reader takes. */
struct twf_reading {
    uint8_t reader;           /* 1 to 6 for S1 to S6 */
    struct twf_span local;
    struct twf_domain domain;
    uint32_t off, len;        /* bytes it was taken from, unfolded; 0, 0 after decoding (S5) */
    uint32_t from;            /* S6: index of the From-like field in twf_verdict.froms; else 0 */
    bool decoded;             /* exists only after encoded-words were decoded */
};

/* Bytes where raw and unfolded offsets part: raw = unfolded + skip for unfolded >= at. */
struct twf_fold {
    uint32_t at, skip;
};

/* Which bytes a value has. */
enum twf_from_bytes { TWF_FROM_ASCII, TWF_FROM_UTF8, TWF_FROM_8BIT_OTHER };

/* One parsed From-like value. */
struct twf_from {
    struct twf_span value;     /* unfolded, cut to the limit "from" */
    uint32_t raw_off;          /* of value[0] in the message */
    const struct twf_fold *folds;
    uint32_t fold_count;
    bool cut;                  /* the limit "from" was met */
    uint8_t bytes;             /* enum twf_from_bytes */
    bool has_ctrl;             /* a control byte other than TAB */
    bool plain;                /* one ordinary mailbox: only its domain can raise a finding */

    const struct twf_mailbox *mailboxes; /* strict parse, in order */
    uint32_t mailbox_count;
    bool strict_ok;            /* no error outside obs- grammar */
    bool obs;                  /* needed obs- grammar (RFC 5322 section 4) */
    uint32_t errors;           /* bit per enum twf_addr_error */
    uint32_t error_off[TWF_ADDR_ERROR_COUNT]; /* unfolded offset where each was first met */
    uint32_t error_len[TWF_ADDR_ERROR_COUNT]; /* bytes of it there; 0 at the end of the value */
    struct twf_span display_text; /* decoded UTF-8: phrases, skipped text and comments */
    bool comment_addr;         /* a comment holds an address */
    uint32_t comment_addr_off, comment_addr_len;

    const struct twf_reading *readings;  /* S1 to S5 over this value */
    uint32_t reading_count;
    bool decoded_angle;        /* decoding yields a <...@...> that the raw value lacks */
};

/* Message-relative raw offset of a byte of the unfolded value. */
static inline uint32_t twf_from_raw_off(const struct twf_from *f, uint32_t off)
{
    uint32_t skip = 0;

    for (uint32_t i = 0; i < f->fold_count && f->folds[i].at <= off; i++)
        skip = f->folds[i].skip;
    return f->raw_off + off + skip;
}

#endif
