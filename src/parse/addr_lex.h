/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of RFC 5322 section 3.2 that the address parser and the readers share; internal to parse.
 */
#ifndef TWF_PARSE_ADDR_LEX_H
#define TWF_PARSE_ADDR_LEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/span.h"
#include "flow/address.h"

/*
 * atext; every byte >= 0x80 counts (RFC 6532 section 3.2). A table: this is asked for each byte of
 * a value that takes the full parser.
 */
enum {
    TWF_ATEXT_MARK = 1, /* "!#$%&'*+-/=?^_`{|}~" */
    TWF_ATEXT_WORD = 3  /* letters, digits and bytes >= 0x80 */
};
extern const uint8_t twf_atext_table[256];

static inline bool twf_is_atext(uint8_t c)
{
    return twf_atext_table[c] != 0;
}

/*
 * Each returns the offset behind the token that begins at off, or 0 where it never ends. Where a
 * token does not end, none of its kind that begins later does so outside another token: callers
 * remember that and do not ask again, which keeps hostile values linear.
 */
uint32_t twf_skip_quoted(const uint8_t *ptr, uint32_t len, uint32_t off);
uint32_t twf_skip_literal(const uint8_t *ptr, uint32_t len, uint32_t off);
/* *deepest is the depth of parentheses met, at least 1. */
uint32_t twf_skip_comment(const uint8_t *ptr, uint32_t len, uint32_t off, uint32_t *deepest);

/* An addr-spec within a value, RFC 5322 section 3.4.1 with obs- grammar. */
struct twf_addr_spec {
    uint32_t local_off, local_end;   /* as written, outer CFWS excluded */
    uint32_t domain_off, domain_end;
    uint32_t route_off, route_len;   /* without its ':' */
    bool local_folded, domain_folded; /* CFWS inside: must be cleaned */
    bool quoted;                     /* a quoted-string in the local part */
    bool odd_dots;                   /* a dot at an end of it, or two in a row */
    bool obs;
    enum twf_addr_error error;       /* why it is none: TWF_ADDR_NO_AT, BAD_LOCAL or BAD_DOMAIN */
    uint32_t error_off;
};

/*
 * Parses [off, end) of the value at ptr: true when it is an addr-spec, after a route where
 * with_route allows one. A range of CFWS is none (TWF_ADDR_NO_AT).
 */
bool twf_addr_spec_parse(const uint8_t *ptr, uint32_t off, uint32_t end, bool with_route,
                         struct twf_addr_spec *out);
/* A copy of [off, end) without CFWS and without the quotes of quoted-strings. */
struct twf_span twf_addr_clean(struct twf_arena *a, const uint8_t *ptr, uint32_t off, uint32_t end);

/* twf_from.readings: S1 to S5 out of the strict parse and the value. */
struct twf_domains;
void twf_from_read(struct twf_domains *d, struct twf_arena *a, struct twf_from *f);

/* Room for the most readings that S1 to S5 can give. */
enum { TWF_READINGS_OF_VALUE = 6 };

#endif
