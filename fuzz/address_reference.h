/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The From grammar, slow and obvious: RFC 5322 sections 3.2, 3.4 and 4 with the groups of RFC 6854
 * and bytes >= 0x80 as RFC 6532 has them. Written from the ABNF, rule by rule, without a look at
 * the parser that it judges: each rule maps the places where it may begin to those where it may end.
 */
#ifndef TWF_FUZZ_ADDRESS_REFERENCE_H
#define TWF_FUZZ_ADDRESS_REFERENCE_H

#include <stdbool.h>

#include "base/span.h"

enum { REFERENCE_MAX = 160 }; /* bytes of a value */

/* Whether the unfolded value is a From body; value.len <= REFERENCE_MAX. */
bool reference_is_from(struct twf_span value);
/*
 * The addr-specs of a value that is one, without CFWS, separated by LF: "a@x.example\nb@y.example\n".
 * out has room for value.len * 2 + 1 bytes; the number of bytes is returned.
 */
size_t reference_addresses(struct twf_span value, uint8_t *out);
/* s without comments, and without blanks outside quoted-strings and literals; the length. */
size_t reference_bare(struct twf_span s, uint8_t *out);

#endif
