/* SPDX-License-Identifier: Apache-2.0 */
/* Names of fields into where their values come from. */
#ifndef TWF_RULES_RULE_FIELDS_H
#define TWF_RULES_RULE_FIELDS_H

#include "flow/batch.h"
#include "rules/rule_diag.h"

enum rule_source {
    RULE_COLUMN,
    RULE_LINES,
    RULE_LIST,
    RULE_NUMBER,
    RULE_TIME,
    RULE_BOOL,
    RULE_LOCAL,
    RULE_DECODED,
    RULE_DEFECTS,
    RULE_SENDERS,
    RULE_HEADER,     /* header.NAME: unfolded and decoded */
    RULE_HEADER_RAW, /* header.NAME.raw */
    RULE_BLOCK       /* the whole header block: bare texts */
};

/* Closed lists of words, and for SENDERS which addresses. */
enum rule_words {
    RULE_ANY,
    RULE_SOURCES,
    RULE_TRUST,
    RULE_DEFECT_CODES,
    RULE_FORMS,
    RULE_RELATIONS,
    RULE_CLASSES,
    RULE_LEVELS,
    RULE_ZONES,
    RULE_FINDINGS,
    RULE_ALLOWANCES,
    RULE_FROM_ONLY,
    RULE_ENVELOPE_ONLY,
    RULE_EITHER,
    RULE_LEGACY
};

struct rule_field {
    enum rule_source source;
    enum twf_col_id col; /* not for HEADER, HEADER_RAW and BLOCK */
    enum rule_words words;
    struct twf_span name; /* HEADER and HEADER_RAW: the name of the field, as written */
};

/* False: a fault was reported, with the nearest name. */
bool twf_rule_field_find(struct twf_span name, struct rule_field *out, struct rule_diags *d,
                         struct rule_mark at);
/* The word i of a closed list, or NULL behind its end (and at once where the list is open). */
const char *twf_rule_word(enum rule_words words, size_t i);

static inline bool twf_rule_is_number(enum rule_source s)
{
    return s == RULE_NUMBER || s == RULE_TIME || s == RULE_BOOL;
}

/* The name of a field that is no header field; static. */
const char *twf_rule_field_name(const struct rule_field *f);

/* For docs and help: row i of the table, or false. */
bool twf_rule_field_row(size_t i, const char **name, const char **text);

#endif
