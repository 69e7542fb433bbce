/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A selection into a tree of atoms: a map is AND, a list is OR, a list of values is OR unless `all`
 * stands behind the field. neq asks for a value, and that none is equal.
 */
#include <errno.h>
#include <stdlib.h>

#include "rules/rule_question.h"

/* ---- values ---- */

static bool parse_number(struct twf_span s, int64_t *out)
{
    char text[32], *end;

    if (s.len == 0 || s.len >= sizeof(text))
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0' && ((text[0] >= '0' && text[0] <= '9') || text[0] == '-');
}

/* Days since 1970 of a day of the Gregorian calendar. */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
    static const int16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t leap_years = (y - 1) / 4 - (y - 1) / 100 + (y - 1) / 400;
    bool is_leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

    return (y - 1) * 365 + leap_years + before[m - 1] + (m > 2 && is_leap) + d - 1 - 719162;
}

/* YYYY-MM-DD, and maybe Thh:mm:ssZ behind it. */
static bool parse_time(struct twf_span s, int64_t *us)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    int64_t v[6] = {0};
    size_t part = 0;

    if (s.len != 10 && s.len != 20)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if (form[i] == 'd' ? c < '0' || c > '9' : c != (uint8_t)form[i])
            return false;
        if (form[i] == 'd')
            v[part] = v[part] * 10 + (c - '0');
        else
            part++;
    }
    if (v[0] < 1 || v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > 31 || v[3] > 23 || v[4] > 59 ||
        v[5] > 60)
        return false;
    *us = ((days_of(v[0], v[1], v[2]) * 24 + v[3]) * 60 + v[4]) * 60 + v[5];
    *us *= 1000000;
    return true;
}

/* A value of a field with a closed list of words must be able to equal one of them. */
static bool check_word(struct rule_reader *x, const struct rule_question *q,
                       const struct rule_node *n, const struct rule_glob *g)
{
    const char *words[64], *near, *word;
    size_t count = 0;

    while (count < TWF_COUNT(words) && (word = twf_rule_word(q->field.words, count)) != NULL) {
        if (twf_rule_glob_match(g, twf_span_str(word)))
            return true;
        words[count++] = word;
    }
    if (count == 0)
        return true;
    near = twf_rule_nearest(n->text, words, count);
    if (near != NULL)
        twf_yaml_error(x->diags, n, RULE_FAULT_NEVER,
                       "can never hit: '%.*s' is no value of this field, did you mean '%s'?",
                       (int)TWF_MIN(n->text.len, 60), (const char *)n->text.ptr, near);
    else
        twf_yaml_error(
            x->diags, n, RULE_FAULT_NEVER,
            "can never hit: '%.*s' is no value of this field; its values are %s, %s, ... "
            "(docs/rules.md)",
            (int)TWF_MIN(n->text.len, 60), (const char *)n->text.ptr, words[0],
            count > 1 ? words[1] : words[0]);
    return false;
}

static struct rule_atom new_atom(const struct rule_reader *x, const struct rule_question *q,
                                 const struct rule_node *n, enum rule_test test)
{
    return (struct rule_atom){.test = test,
                              .column = q->column,
                              .other = RULE_NONE,
                              .text = twf_span("", 0),
                              .rule = x->rule,
                              .line = n->at.line,
                              .at = n->at.column};
}

static uint32_t number_atom(struct rule_reader *x, const struct rule_question *q,
                            const struct rule_node *n)
{
    struct rule_atom a = new_atom(x, q, n, RULE_TEST_NUMBER);
    bool flag = false, ok;
    const char *want = "a whole number";

    a.compare = (uint8_t)q->compare;
    if (q->field.source == RULE_TIME) {
        ok = parse_time(n->text, &a.number);
        want = "a date, YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ (UTC)";
    } else if (q->field.source == RULE_BOOL) {
        ok = twf_yaml_bool(n, &flag);
        a.number = flag;
        want = "true or false";
    } else {
        ok = parse_number(n->text, &a.number);
    }
    if (!ok) {
        twf_yaml_error(x->diags, n, RULE_FAULT_VALUE, "'%.*s' is not %s",
                       (int)TWF_MIN(n->text.len, 60), (const char *)n->text.ptr, want);
        return RULE_NONE;
    }
    return twf_rule_leaf(x->rules, twf_rule_atom(x->rules, &a));
}

static uint32_t exists_atom(struct rule_reader *x, const struct rule_question *q, uint32_t column,
                            const struct rule_node *n)
{
    struct rule_atom a = new_atom(x, q, n, RULE_TEST_EXISTS);

    a.column = column;
    return twf_rule_leaf(x->rules, twf_rule_atom(x->rules, &a));
}

static uint32_t regex_atom(struct rule_reader *x, const struct rule_question *q,
                           const struct rule_node *n)
{
    struct rule_atom a = new_atom(x, q, n, RULE_TEST_REGEX);

    a.flags = q->regex_flags;
    a.regex = twf_rule_regex_new(n->text, a.flags, x->diags, n->at, n->plain ? 0 : 1, n->len,
                                 &a.matches_empty);
    if (a.regex == NULL)
        return RULE_NONE;
    if (a.matches_empty)
        twf_rule_warn(x->diags, n->at, n->len, RULE_WARN_EMPTY,
                      "this expression also matches an empty text, so it matches every value");
    a.text = twf_arena_copy(&x->rules->arena, n->text);
    return twf_rule_leaf(x->rules, twf_rule_atom(x->rules, &a));
}

static uint32_t field_atom(struct rule_reader *x, const struct rule_question *q,
                           const struct rule_node *n, uint32_t *other)
{
    struct rule_atom a = new_atom(x, q, n, RULE_TEST_FIELD);
    struct rule_mark at = n->at;
    struct rule_field f;

    at.column += n->plain ? 0 : 1;
    if (!twf_rule_field_find(n->text, &f, x->diags, at))
        return RULE_NONE;
    if (twf_rule_is_number(f.source)) {
        twf_yaml_error(x->diags, n, RULE_FAULT_VALUE,
                       "fieldref compares texts; this field is a number");
        return RULE_NONE;
    }
    a.other = *other = twf_rule_column(x->rules, &f);
    a.compare = (uint8_t)q->place;
    a.cased = (q->mods & RULE_MOD_CASED) != 0;
    if (a.other == RULE_NONE)
        return RULE_NONE;
    return twf_rule_leaf(x->rules, twf_rule_atom(x->rules, &a));
}

static uint32_t plain_atom(struct rule_reader *x, const struct rule_question *q,
                           const struct rule_node *n)
{
    struct rule_atom a = new_atom(x, q, n, RULE_TEST_GLOB);
    struct rule_glob *g = &a.glob;

    if (n->text.len > RULE_VALUE_MAX) {
        twf_yaml_error(x->diags, n, RULE_FAULT_LIMIT, "a value of more than %d bytes",
                       (int)RULE_VALUE_MAX);
        return RULE_NONE;
    }
    if (n->text.len == 0 && q->place != RULE_GLOB_WHOLE) {
        twf_yaml_error(x->diags, n, RULE_FAULT_VALUE,
                       "an empty text is in every value; use exists: true");
        return RULE_NONE;
    }
    a.cased = (q->mods & RULE_MOD_CASED) != 0;
    a.text = twf_arena_copy(&x->rules->arena, n->text);
    if (!twf_rule_glob_make(&x->rules->arena, a.text, q->place, a.cased, g))
        return RULE_NONE;
    if (!check_word(x, q, n, g))
        return RULE_NONE;
    return twf_rule_leaf(x->rules, twf_rule_atom(x->rules, &a));
}

/* One value of a field; *other: the field that it was compared with. */
static uint32_t value_tree(struct rule_reader *x, const struct rule_question *q,
                           const struct rule_node *n, uint32_t *other)
{
    if (n->kind != RULE_NODE_TEXT) {
        twf_yaml_error(x->diags, n, RULE_FAULT_SHAPE,
                       "a value must be a text, a number or a list of these");
        return RULE_NONE;
    }
    if ((q->mods & RULE_MOD_FIELDREF) != 0)
        return field_atom(x, q, n, other);
    if ((q->mods & RULE_MOD_RE) != 0)
        return regex_atom(x, q, n);
    if (twf_rule_is_number(q->field.source) || (q->mods & RULE_MODS_ORDER) != 0)
        return number_atom(x, q, n);
    return plain_atom(x, q, n);
}

static uint32_t exists_tree(struct rule_reader *x, const struct rule_question *q,
                            const struct rule_node *n)
{
    bool want;
    uint32_t leaf;

    if (!twf_yaml_bool(n, &want)) {
        twf_yaml_error(x->diags, n, RULE_FAULT_VALUE, "exists takes true or false");
        return RULE_NONE;
    }
    leaf = exists_atom(x, q, q->column, n);
    return want ? leaf : twf_rule_group(x->rules, RULE_NOT, &leaf, 1);
}

/* neq: there is a value, and none is equal. */
static uint32_t negate(struct rule_reader *x, const struct rule_question *q,
                       const struct rule_node *n, uint32_t tree, uint32_t other)
{
    uint32_t parts[3];
    uint32_t count = 0;

    parts[count++] = twf_rule_group(x->rules, RULE_NOT, &tree, 1);
    parts[count++] = exists_atom(x, q, q->column, n);
    if (other != RULE_NONE)
        parts[count++] = exists_atom(x, q, other, n);
    return twf_rule_group(x->rules, RULE_AND, parts, count);
}

/* ---- entries, maps, lists ---- */

/* The children of n (or n itself) into one tree by make; every fault is reported, not only the
 * first. */
static uint32_t values_tree(struct rule_reader *x, const struct rule_question *q,
                            const struct rule_node *n)
{
    uint32_t other = RULE_NONE, kids[RULE_CHILDREN_MAX], count = 0, tree;
    bool ok = true;

    if ((q->mods & RULE_MOD_EXISTS) != 0)
        return exists_tree(x, q, n);
    if (n->kind == RULE_NODE_LIST && n->count == 0) {
        twf_yaml_error(x->diags, n, RULE_FAULT_NEVER, "can never hit: an empty list");
        return RULE_NONE;
    }
    if ((q->mods & RULE_MOD_ALL) != 0 && n->kind != RULE_NODE_LIST) {
        twf_yaml_error(x->diags, n, RULE_FAULT_SHAPE, "all needs a list of values");
        return RULE_NONE;
    }
    if ((q->mods & RULE_MOD_NEQ) != 0 && (q->mods & RULE_MOD_FIELDREF) != 0 && n->count > 1) {
        twf_yaml_error(x->diags, n, RULE_FAULT_TOGETHER, "fieldref with neq takes one field");
        return RULE_NONE;
    }
    for (const struct rule_node *v = n->kind == RULE_NODE_LIST ? n->first : n; v != NULL;
         v = n->kind == RULE_NODE_LIST ? v->next : NULL) {
        kids[count] = value_tree(x, q, v, &other);
        ok = kids[count++] != RULE_NONE && ok;
    }
    if (!ok)
        return RULE_NONE;
    tree =
        twf_rule_group(x->rules, (q->mods & RULE_MOD_ALL) != 0 ? RULE_AND : RULE_OR, kids, count);
    return tree != RULE_NONE && (q->mods & RULE_MOD_NEQ) != 0 ? negate(x, q, n, tree, other) : tree;
}

static uint32_t map_tree(struct rule_reader *x, const struct rule_node *map)
{
    uint32_t kids[RULE_CHILDREN_MAX], count = 0;
    bool ok = true;

    if (map->count == 0) {
        twf_yaml_error(x->diags, map, RULE_FAULT_SHAPE, "an empty selection");
        return RULE_NONE;
    }
    for (const struct rule_node *n = map->first; n != NULL; n = n->next) {
        struct rule_question q;

        kids[count] = twf_rule_question(x, n->key, &q) ? values_tree(x, &q, n) : RULE_NONE;
        ok = kids[count++] != RULE_NONE && ok;
    }
    return ok ? twf_rule_group(x->rules, RULE_AND, kids, count) : RULE_NONE;
}

static uint32_t bare_tree(struct rule_reader *x, const struct rule_node *n)
{
    struct rule_question q;

    return twf_rule_question_bare(x, &q) ? values_tree(x, &q, n) : RULE_NONE;
}

uint32_t twf_rule_selection(struct rule_reader *x, const struct rule_node *n)
{
    uint32_t kids[RULE_CHILDREN_MAX], count = 0;
    bool ok = true;

    if (n->kind == RULE_NODE_MAP)
        return map_tree(x, n);
    if (n->kind == RULE_NODE_TEXT)
        return bare_tree(x, n);
    if (n->count == 0) {
        twf_yaml_error(x->diags, n, RULE_FAULT_NEVER, "can never hit: an empty list");
        return RULE_NONE;
    }
    for (const struct rule_node *e = n->first; e != NULL; e = e->next) {
        if (e->kind == RULE_NODE_LIST) {
            twf_yaml_error(x->diags, e, RULE_FAULT_SHAPE, "a list inside a list");
            ok = false;
            continue;
        }
        kids[count] = e->kind == RULE_NODE_MAP ? map_tree(x, e) : bare_tree(x, e);
        ok = kids[count++] != RULE_NONE && ok;
    }
    return ok ? twf_rule_group(x->rules, RULE_OR, kids, count) : RULE_NONE;
}
