/* SPDX-License-Identifier: Apache-2.0 */
/* The key of a detection, "field|modifier|modifier", taken apart. */
#ifndef TWF_RULES_RULE_QUESTION_H
#define TWF_RULES_RULE_QUESTION_H

#include "rules/rule_model.h"

enum rule_modifier {
    RULE_MOD_CONTAINS = 1,
    RULE_MOD_STARTSWITH = 1 << 1,
    RULE_MOD_ENDSWITH = 1 << 2,
    RULE_MOD_ALL = 1 << 3,
    RULE_MOD_CASED = 1 << 4,
    RULE_MOD_EXISTS = 1 << 5,
    RULE_MOD_NEQ = 1 << 6,
    RULE_MOD_GT = 1 << 7,
    RULE_MOD_GTE = 1 << 8,
    RULE_MOD_LT = 1 << 9,
    RULE_MOD_LTE = 1 << 10,
    RULE_MOD_FIELDREF = 1 << 11,
    RULE_MOD_RE = 1 << 12,
    RULE_MOD_I = 1 << 13,
    RULE_MOD_M = 1 << 14,
    RULE_MOD_S = 1 << 15
};
#define RULE_MODS_PLACE (RULE_MOD_CONTAINS | RULE_MOD_STARTSWITH | RULE_MOD_ENDSWITH)
#define RULE_MODS_ORDER (RULE_MOD_GT | RULE_MOD_GTE | RULE_MOD_LT | RULE_MOD_LTE)
#define RULE_MODS_REGEX (RULE_MOD_I | RULE_MOD_M | RULE_MOD_S)

struct rule_question {
    struct rule_field field;
    uint32_t column;
    unsigned mods;
    enum rule_glob_mode place;
    uint8_t regex_flags;
    enum rule_compare compare;
};

/* key: a TEXT. False: faults were reported. An empty field (bare texts) is the header block. */
bool twf_rule_question(struct rule_reader *x, const struct rule_node *key, struct rule_question *q);
/* The question that a bare text asks. */
bool twf_rule_question_bare(struct rule_reader *x, struct rule_question *q);

#endif
