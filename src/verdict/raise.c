/* SPDX-License-Identifier: Apache-2.0 */
/* Findings into a verdict: one of a code. */
#include "verdict/from.h"

_Static_assert((int)TWF_FINDING_COUNT <= (int)TWF_FINDINGS_MAX, "each code has room");

void twf_verdict_raise(struct twf_verdict *v, enum twf_finding_code code, enum twf_level level,
                       uint32_t off, uint32_t len, struct twf_span note)
{
    struct twf_finding *f = v->findings;

    while (f < v->findings + v->finding_count && f->code != code)
        f++;
    if (f == v->findings + v->finding_count)
        v->finding_count++;
    else if (f->level_before >= level)
        return;
    *f = (struct twf_finding){.code = (uint16_t)code,
                              .level = (uint8_t)level,
                              .level_before = (uint8_t)level,
                              .off = off,
                              .len = len,
                              .note = note};
}
