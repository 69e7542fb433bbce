/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that raise FROM_ findings share; internal.h has what the judge calls. */
#ifndef TWF_VERDICT_FROM_H
#define TWF_VERDICT_FROM_H

#include "verdict/internal.h"

/* One value under examination. */
struct twf_from_case {
    const struct twf_from_input *in;
    struct twf_arena *arena;
    struct twf_verdict *v;
    const struct twf_from *from;
};

/* Findings on the form of a value (malformed.c), its display text, its domains. */
void twf_find_malformed(const struct twf_from_case *c);
void twf_find_display(const struct twf_from_case *c);
void twf_find_domains(const struct twf_from_case *c);
/* FROM_LIMIT, for the whole header (from_limits.c). */
void twf_find_limits(const struct twf_from_input *in, struct twf_verdict *v);

/* Raises a finding that unfolded bytes of the value prove. */
void twf_from_raise(const struct twf_from_case *c, enum twf_finding_code code, enum twf_level level,
                    uint32_t off, uint32_t len, struct twf_span note);
/* An address in the value: by the strict parse, by a reader, or in its text. */
bool twf_from_has_address(const struct twf_from *from);
/* Beside the address that it is: in what is shown, or in a quoted local part. */
bool twf_from_shows_address(const struct twf_from *from);
/* "a at x.example", as an archive that hides addresses spells it; proven by its From_ line. */
bool twf_from_is_veiled(const struct twf_from_input *in, const struct twf_from *f);
bool twf_from_is_protected(const struct twf_from_input *in, struct twf_span org);

#endif
