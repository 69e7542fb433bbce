/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question to one row, exactly: what an engine finds is a candidate, this decides. Answers are
 * kept for the row, as many rules ask the same.
 */
#define _GNU_SOURCE
#include <string.h>

#include "rules/rule_scratch.h"

/* fieldref looks at so many values of each side: more would cost their product. */
enum { PAIR_VALUES = 64 };

static bool compare(enum rule_compare how, int64_t value, int64_t with)
{
    switch (how) {
    case RULE_GT:
        return value > with;
    case RULE_GTE:
        return value >= with;
    case RULE_LT:
        return value < with;
    case RULE_LTE:
        return value <= with;
    default:
        return value == with;
    }
}

/* A whole number with blanks around it. */
static bool parse_number(struct twf_span s, int64_t *out)
{
    bool negative;
    uint64_t value = 0;

    s = twf_span_trim(s);
    negative = s.len > 0 && s.ptr[0] == '-';
    if (negative)
        s = twf_span_slice(s, 1, s.len);
    if (s.len == 0 || s.len > 18)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(s.ptr[i] - '0');
    }
    *out = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

static bool ask_number(struct twf_rules_scratch *s, const struct rule_atom *a)
{
    int64_t value;

    if (twf_rule_is_number(s->rules->columns[a->column].field.source))
        return twf_rule_number(s, a->column, s->row, &value) &&
               compare((enum rule_compare)a->compare, value, a->number);
    for (uint32_t i = 0; i < s->span_count; i++) {
        if (parse_number(s->spans[i], &value) &&
            compare((enum rule_compare)a->compare, value, a->number))
            return true;
    }
    return false;
}

/* s, in lower case unless the atom minds it; the copy lives in buf. */
static struct twf_span folded(const struct rule_atom *a, struct twf_span s, struct twf_buf *buf)
{
    uint8_t *p;

    if (a->cased || s.len == 0)
        return s;
    twf_buf_reset(buf);
    p = twf_buf_reserve(buf, s.len);
    if (p == NULL)
        return twf_span("", 0);
    for (size_t i = 0; i < s.len; i++)
        p[i] = twf_lower_byte(s.ptr[i]);
    return twf_span(p, s.len);
}

static bool holds(enum rule_glob_mode place, struct twf_span value, struct twf_span with)
{
    if (with.len > value.len || with.len == 0)
        return place == RULE_GLOB_WHOLE && with.len == value.len;
    switch (place) {
    case RULE_GLOB_CONTAINS:
        return memmem(value.ptr, value.len, with.ptr, with.len) != NULL;
    case RULE_GLOB_STARTS:
        return memcmp(value.ptr, with.ptr, with.len) == 0;
    case RULE_GLOB_ENDS:
        return memcmp(value.ptr + (value.len - with.len), with.ptr, with.len) == 0;
    default:
        return twf_span_eq(value, with);
    }
}

/* The values of the column stand in spans; those of the other column are added behind them. */
static bool ask_field(struct twf_rules_scratch *s, const struct rule_atom *a)
{
    uint32_t n = s->span_count, m;
    bool hit = false;

    twf_rule_collect(s, a->other, s->row);
    m = s->span_count - n;
    for (uint32_t k = 0; !hit && k < TWF_MIN(m, PAIR_VALUES); k++) {
        struct twf_span with = folded(a, s->spans[n + k], &s->fold[1]);

        for (uint32_t i = 0; !hit && i < TWF_MIN(n, PAIR_VALUES); i++)
            hit = holds((enum rule_glob_mode)a->compare, folded(a, s->spans[i], &s->fold[0]), with);
    }
    if (s->fold[0].failed || s->fold[1].failed)
        s->failed = true;
    return hit;
}

static bool ask_regex(struct twf_rules_scratch *s, const struct rule_atom *a)
{
    for (uint32_t i = 0; i < s->span_count; i++) {
        enum rule_regex_result rc = twf_rule_regex_match(a->regex, s->regex, s->spans[i]);

        if (rc == RULE_REGEX_HIT)
            return true;
        if (rc == RULE_REGEX_LIMIT)
            s->limit_met = true;
    }
    return false;
}

static bool decide(struct twf_rules_scratch *s, const struct rule_atom *a)
{
    int64_t value;

    s->span_count = 0;
    if (!twf_rule_is_number(s->rules->columns[a->column].field.source))
        twf_rule_collect(s, a->column, s->row);
    switch (a->test) {
    case RULE_TEST_GLOB:
        for (uint32_t i = 0; i < s->span_count; i++) {
            if (twf_rule_glob_match(&a->glob, s->spans[i]))
                return true;
        }
        return false;
    case RULE_TEST_REGEX:
        return ask_regex(s, a);
    case RULE_TEST_NUMBER:
        return ask_number(s, a);
    case RULE_TEST_FIELD:
        return ask_field(s, a);
    default:
        return twf_rule_is_number(s->rules->columns[a->column].field.source)
                   ? twf_rule_number(s, a->column, s->row, &value)
                   : s->span_count > 0;
    }
}

/* Engines look for it, so what they did not announce is false. */
static bool is_looked_for(const struct rule_atom *a)
{
    return a->is_trigger && (a->index == RULE_INDEX_EXACT ||
                             (a->index == RULE_INDEX_SCAN && a->engine != RULE_ENGINE_SLOW));
}

bool twf_rule_ask(struct twf_rules_scratch *s, uint32_t atom)
{
    const struct rule_atom *a = &s->rules->atoms[atom];

    if (s->asked[atom] == s->epoch)
        return s->answer[atom] != 0;
    s->asked[atom] = s->epoch;
    s->answer[atom] = s->filtering && is_looked_for(a) && s->announced[atom] != s->epoch
                          ? 0
                          : (uint8_t)decide(s, a);
    return s->answer[atom] != 0;
}
