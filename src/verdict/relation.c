/* SPDX-License-Identifier: Apache-2.0 */
/* P1 against P2 (docs/verdicts.md 5). */
#include "verdict/internal.h"

static bool is_label_of(struct twf_span label, struct twf_span name)
{
    while (name.len >= label.len) {
        size_t dot = twf_span_find(name, '.');

        if (twf_span_eq(twf_span_slice(name, 0, dot), label))
            return true;
        name = twf_span_slice(name, dot + 1, name.len);
    }
    return false;
}

/* root@db01 from root@db01.corp.example: a host wrote its short name (docs/verdicts.md 4.4). */
static bool is_short_name(const struct twf_domain *p2, const struct twf_domain *p1)
{
    return (p2->flags & TWF_DOMAIN_NO_DOT) != 0 && p2->name.len > 0 &&
           is_label_of(p2->name, p1->name);
}

void twf_relate(struct twf_verdict *v)
{
    const struct twf_domain *p1 = &v->p1_domain, *p2 = &v->p2_domain;

    if (v->p1_null)
        v->relation = TWF_RELATION_NULL;
    else if (!v->p1_determined || p1->name.len == 0 || !v->p2_has_address || p2->name.len == 0)
        v->relation = TWF_RELATION_UNDETERMINED;
    else if (twf_span_eq(p1->name, p2->name))
        v->relation = v->p1_has_address && twf_span_eq_fold(v->p1_local, v->p2_local)
                          ? TWF_RELATION_EQUAL
                          : TWF_RELATION_SAME_DOMAIN;
    else if (twf_span_eq(p1->org, p2->org) || is_short_name(p2, p1))
        v->relation = TWF_RELATION_SAME_ORG;
    else
        v->relation = TWF_RELATION_MISMATCH;
}
