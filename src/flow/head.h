/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A header block taken apart: one entry a logical field, in order. Filled by gather, read by every
 * later stage. Offsets are bytes from the start of the message (the first byte of the header
 * block), into the raw bytes: nothing is repaired or unfolded here.
 *
 * RFC 5322 section 2.2, with the deviations of docs/verdicts.md: fields are unfolded before they
 * are split at the first ':', so a name may be folded or end in blanks.
 *
 * The id of a field goes by its canonical name: unfolded, without trailing SP and TAB, ASCII case
 * ignored. from_kind is independent of it: fields of kind c have id TWF_FIELD_FROM where only a
 * fold in or behind the name makes the difference, and TWF_FIELD_OTHER else.
 */
#ifndef TWF_FLOW_HEAD_H
#define TWF_FLOW_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "flow/limits.h"

enum twf_field_id {
    TWF_FIELD_OTHER = 0,
    TWF_FIELD_MS_EXCHANGE_ORG, /* X-MS-Exchange-Organization-* without an id of its own */
#define F(id, name) TWF_FIELD_##id,
#include "flow/fields.def"
#undef F
    TWF_FIELD_COUNT
};

/* How a field is like From (docs/verdicts.md 4.1). */
enum twf_from_kind {
    TWF_FROM_NONE = 0,
    TWF_FROM_EXACT,     /* a: the name is "from", ASCII case ignored */
    TWF_FROM_TRAILING,  /* b: "from" with trailing SP or TAB on the same line (obs-from) */
    TWF_FROM_OBFUSCATED /* c: becomes "from" without blanks, controls and bytes >= 0x80 */
    /* kind d is no field: see twf_head.inner_from */
};

enum twf_field_flag {
    TWF_FIELD_FOLDED = 1, /* the value spans lines (only set on From-like) */
    TWF_FIELD_CUT = 2,    /* the value met the limit "field" or "header"; end is where it was cut */
    TWF_FIELD_LONG_LINE = 4 /* a line of it has more than 998 bytes (only set on From-like) */
};

struct twf_field {
    uint32_t off;       /* first byte of the name */
    uint32_t name_len;  /* raw bytes before ':', trailing blanks and folds included */
    uint32_t value_off; /* first byte of the value: past ':' and the blanks and folds behind it */
    uint32_t end;       /* one past the last byte of the value; the line end is not part of it */
    uint32_t next;      /* index + 1 of the next field of the same id, 0: there is none */
    uint32_t line;      /* its logical line, from 0: a field directly below has the next number */
    uint16_t id;        /* enum twf_field_id */
    uint8_t from_kind;  /* enum twf_from_kind */
    uint8_t flags;      /* enum twf_field_flag */
};

/*
 * A continuation line of another field, or what follows a CR without LF in a field, that reads
 * "From: <strict mailbox list>" (kind d).
 */
struct twf_inner_from {
    uint32_t off; /* of the F */
    uint32_t value_off, end;
};

struct twf_head {
    struct twf_span block; /* the header block, empty line not included; block.ptr is offset 0 */
    uint32_t body_off;     /* first byte after the empty line; block.len where there is none */
    /*
     * A message with CR and no LF at all: block is then a copy with LF in their place, of the same
     * length, so that offsets hold and no later stage needs to know a third line end.
     */
    bool cr_lines;
    /* The first From_ or >From_ line on top, from its F to its line end; always in the text given. */
    struct twf_span from_line;
    const struct twf_field *fields; /* all of them, or those that are read: see gather.h */
    uint32_t field_count;
    uint32_t from_like_count; /* fields with a from_kind */
    const struct twf_inner_from *inner_from; /* candidates by shape; verdict parses them */
    uint32_t inner_from_count;
    uint32_t odd_lines; /* logical lines without ':'; counted where all fields are taken */
    uint32_t first[TWF_FIELD_COUNT];    /* index + 1 of the first field of an id, 0: none */
    const struct twf_limit_hit *limits; /* off: the first byte that is not read because of it */
    uint32_t limit_count;
};

/* The first field of an id, or NULL. */
static inline const struct twf_field *twf_head_first(const struct twf_head *h, enum twf_field_id id)
{
    return h->first[id] == 0 ? NULL : &h->fields[h->first[id] - 1];
}

/* The next field of the same id below f, or NULL. */
static inline const struct twf_field *twf_head_next(const struct twf_head *h,
                                                    const struct twf_field *f)
{
    return f->next == 0 ? NULL : &h->fields[f->next - 1];
}

/* Raw bytes of a value, folds kept. */
static inline struct twf_span twf_field_value(const struct twf_head *h, const struct twf_field *f)
{
    return twf_span(h->block.ptr + f->value_off, f->end - f->value_off);
}

/* Raw bytes of a name, as written before the ':'. */
static inline struct twf_span twf_field_name(const struct twf_head *h, const struct twf_field *f)
{
    return twf_span(h->block.ptr + f->off, f->name_len);
}

#endif
