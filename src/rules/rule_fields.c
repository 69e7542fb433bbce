/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of fields, with what people write who come from elsewhere: a name that other tools use
 * gets the name it has here.
 */
#include "rules/rule_fields.h"

#include <string.h>

#include "flow/verdict.h"

enum words_in_table {
    WORDS_ANY = RULE_ANY,
    WORDS_SOURCES = RULE_SOURCES,
    WORDS_TRUST = RULE_TRUST,
    WORDS_DEFECTS = RULE_DEFECT_CODES,
    WORDS_FORMS = RULE_FORMS,
    WORDS_RELATIONS = RULE_RELATIONS,
    WORDS_CLASSES = RULE_CLASSES,
    WORDS_LEVELS = RULE_LEVELS,
    WORDS_ZONES = RULE_ZONES,
    WORDS_FINDINGS = RULE_FINDINGS,
    WORDS_ALLOWANCES = RULE_ALLOWANCES,
    WORDS_HEADER = RULE_FROM_ONLY,
    WORDS_ENVELOPE = RULE_ENVELOPE_ONLY,
    WORDS_EITHER = RULE_EITHER,
    WORDS_LEGACY = RULE_LEGACY
};

static const struct row {
    const char *name;
    enum rule_source source;
    enum twf_col_id col;
    enum words_in_table words;
    const char *text;
} rows[] = {
#define R(name, source, col, words, text) {name, RULE_##source, TWF_COL_##col, WORDS_##words, text},
#include "rules/rule_fields.def"
#undef R
};

struct other_name {
    const char *from, *to;
};
/* Short names for header fields that everybody knows; and names of other tools. */
static const struct other_name aliases[] = {{"subject", "header.subject"},
                                            {"to.raw", "header.to.raw"},
                                            {"list.id", "header.list-id"}};
static const struct other_name foreign[] = {
#define F(from, to) {from, to},
#include "rules/rule_foreign.def"
#undef F
};

bool twf_rule_field_row(size_t i, const char **name, const char **text)
{
    if (i >= TWF_COUNT(rows))
        return false;
    *name = rows[i].name;
    *text = rows[i].text;
    return true;
}

const char *twf_rule_field_name(const struct rule_field *f)
{
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        if (rows[i].source == f->source && rows[i].col == f->col &&
            (enum rule_words)rows[i].words == f->words)
            return rows[i].name;
    }
    return "the header block";
}

static bool is_header_name(struct twf_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7F || s.ptr[i] == ':' || s.ptr[i] == '*')
            return false;
    }
    return s.len > 0;
}

static bool find_header(struct twf_span name, struct rule_field *out)
{
    if (!twf_span_starts_fold(name, "header."))
        return false;
    name = twf_span_slice(name, 7, name.len);
    *out = (struct rule_field){.source = RULE_HEADER, .name = name};
    if (name.len > 4 && twf_span_ends_fold(name, ".raw")) {
        out->source = RULE_HEADER_RAW;
        out->name = twf_span_slice(name, 0, name.len - 4);
    }
    return is_header_name(out->name);
}

static void report(struct twf_span name, struct rule_diags *d, struct rule_mark at)
{
    const char *names[TWF_COUNT(rows) + TWF_COUNT(aliases)], *near = NULL;
    int len = (int)TWF_MIN(name.len, 80);
    size_t n = 0;

    for (size_t i = 0; i < TWF_COUNT(foreign); i++) {
        if (!twf_span_is_fold(name, foreign[i].from))
            continue;
        near = foreign[i].to;
        if (near == NULL) {
            twf_rule_error(d, at, (uint32_t)name.len, RULE_FAULT_FIELD,
                           "unknown field '%.*s': rules read headers, not bodies", len,
                           (const char *)name.ptr);
            return;
        }
    }
    for (size_t i = 0; i < TWF_COUNT(rows); i++)
        names[n++] = rows[i].name;
    for (size_t i = 0; i < TWF_COUNT(aliases); i++)
        names[n++] = aliases[i].from;
    if (near == NULL)
        near = twf_rule_nearest(name, names, n);
    if (near != NULL)
        twf_rule_error(d, at, (uint32_t)name.len, RULE_FAULT_FIELD,
                       "unknown field '%.*s', did you mean '%s'?", len, (const char *)name.ptr,
                       near);
    else if (is_header_name(name))
        twf_rule_error(d, at, (uint32_t)name.len, RULE_FAULT_FIELD,
                       "unknown field '%.*s'; a header field is written header.%.*s", len,
                       (const char *)name.ptr, len, (const char *)name.ptr);
    else
        twf_rule_error(d, at, (uint32_t)name.len, RULE_FAULT_FIELD, "unknown field '%.*s'", len,
                       (const char *)name.ptr);
}

bool twf_rule_field_find(struct twf_span name, struct rule_field *out, struct rule_diags *d,
                         struct rule_mark at)
{
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        if (twf_span_is_fold(name, rows[i].name)) {
            *out = (struct rule_field){.source = rows[i].source,
                                       .col = rows[i].col,
                                       .words = (enum rule_words)rows[i].words};
            return true;
        }
    }
    for (size_t i = 0; i < TWF_COUNT(aliases); i++) {
        if (twf_span_is_fold(name, aliases[i].from))
            return find_header(twf_span_str(aliases[i].to), out);
    }
    if (find_header(name, out))
        return true;
    report(name, d, at);
    return false;
}

const char *twf_rule_word(enum rule_words words, size_t i)
{
    static const char *const forms[] = {"exchange2007", "exchange2003", "lookalike"};

    switch (words) {
    case RULE_SOURCES:
        return i < TWF_P1_KIND_COUNT ? twf_p1_kind_names[i] : NULL;
    case RULE_TRUST:
        return i < 3 ? twf_trust_names[i] : NULL;
    case RULE_FORMS:
        return i < TWF_COUNT(forms) ? forms[i] : NULL;
    case RULE_RELATIONS:
        return i < TWF_RELATION_COUNT ? twf_relation_names[i] : NULL;
    case RULE_CLASSES:
        return i < TWF_CLASS_COUNT ? twf_class_names[i] : NULL;
    case RULE_LEVELS:
        return i < TWF_LEVEL_COUNT ? twf_level_names[i] : NULL;
    case RULE_ZONES:
        return i < 4 ? twf_zone_names[i] : NULL;
    case RULE_FINDINGS:
        return i < TWF_FINDING_COUNT ? twf_finding_infos[i].code : NULL;
    case RULE_ALLOWANCES:
        return i < TWF_ALLOWANCE_COUNT ? twf_allowance_infos[i].code : NULL;
    case RULE_DEFECT_CODES: /* the FROM_ family comes first in the table */
        return i < TWF_FINDING_COUNT && twf_finding_infos[i].family == TWF_FAMILY_FROM
                   ? twf_finding_infos[i].code
                   : NULL;
    default:
        return NULL;
    }
}
