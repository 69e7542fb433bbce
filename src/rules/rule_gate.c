/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which messages need a row at all. Most rules ask for a finding, a class or a relation, and what
 * the judge concluded tells at once that they cannot hit: then nothing is written that nobody will
 * read.
 */
#include "rules/rule_model.h"

_Static_assert(TWF_FINDING_COUNT <= 64, "a bit each");

uint32_t twf_rule_gate_weight(const struct twf_rules *r, const struct rule_atom *a)
{
    const struct rule_field *f = &r->columns[a->column].field;

    if (a->test != RULE_TEST_GLOB)
        return RULE_NONE;
    switch (f->words) {
    case RULE_FINDINGS:
    case RULE_DEFECT_CODES:
        return 1;
    case RULE_CLASSES:
        return 10;
    case RULE_RELATIONS:
        return 20;
    default:
        return RULE_NONE;
    }
}

void twf_rule_gate_open(struct twf_rules *r, const struct rule_atom *a)
{
    enum rule_words words = r->columns[a->column].field.words;
    uint64_t *mask = words == RULE_RELATIONS ? &r->gate_relations
                     : words == RULE_CLASSES ? &r->gate_classes
                                             : &r->gate_findings;
    const char *word;

    for (size_t i = 0; (word = twf_rule_word(words, i)) != NULL; i++) {
        if (twf_rule_glob_match(&a->glob, twf_span_str(word)))
            *mask |= UINT64_C(1) << i;
    }
}

bool twf_rules_wants(const struct twf_rules *r, const struct twf_verdict *v)
{
    if (r->gate_all || (r->gate_relations >> v->relation & 1) != 0 ||
        (r->gate_classes >> v->verdict_class & 1) != 0)
        return true;
    for (uint32_t i = 0; i < v->finding_count; i++) {
        if ((r->gate_findings >> v->findings[i].code & 1) != 0)
            return true;
    }
    return false;
}
