/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain values of Sigma: '*' stands for any bytes, '?' for one, '\' takes their meaning away. ASCII
 * case is folded unless the value is cased. Matching is linear: the pieces between stars are
 * searched for from left to right, each with the table of Knuth, Morris and Pratt.
 */
#ifndef TWF_RULES_RULE_GLOB_H
#define TWF_RULES_RULE_GLOB_H

#include "base/arena.h"

enum { RULE_GLOB_ANY_BYTE = 256 }; /* '?' among the tokens of a piece; others are bytes */

struct rule_piece {
    const uint16_t *tokens;
    const uint16_t *fail; /* NULL: it has a '?' and is searched for step by step */
    uint32_t len;         /* at least 1 */
};

struct rule_glob {
    const struct rule_piece *pieces;
    uint32_t count;
    uint32_t least; /* bytes that a value must have at least */
    bool open_start, open_end;
    bool cased;
};

enum rule_glob_mode { RULE_GLOB_WHOLE, RULE_GLOB_CONTAINS, RULE_GLOB_STARTS, RULE_GLOB_ENDS };

/* text as written in a rule. False without memory (a->failed). */
bool twf_rule_glob_make(struct twf_arena *a, struct twf_span text, enum rule_glob_mode mode,
                        bool cased, struct rule_glob *out);
bool twf_rule_glob_match(const struct rule_glob *g, struct twf_span value);
/* One text without wildcards, both ends fixed. */
static inline bool twf_rule_glob_is_exact(const struct rule_glob *g)
{
    return !g->open_start && !g->open_end &&
           (g->count == 0 || (g->count == 1 && g->pieces[0].fail != NULL));
}
/* Any value matches. */
static inline bool twf_rule_glob_is_all(const struct rule_glob *g)
{
    return g->count == 0 && (g->open_start || g->open_end);
}

/* The longest run of bytes that every match holds, for an engine that looks for candidates. */
struct rule_run {
    const uint16_t *tokens;
    uint32_t len;          /* 0: there is none */
    bool at_start, at_end; /* it stands at the start, at the end of the value */
};
struct rule_run twf_rule_glob_run(const struct rule_glob *g);

#endif
