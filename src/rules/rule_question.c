/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modifiers of Sigma: those that are taken, which of them go together, and for each that is not
 * taken what to write instead.
 */
#include "rules/rule_question.h"

static const struct {
    const char *name;
    unsigned bit;
} taken[] = {{"contains", RULE_MOD_CONTAINS},
             {"startswith", RULE_MOD_STARTSWITH},
             {"endswith", RULE_MOD_ENDSWITH},
             {"all", RULE_MOD_ALL},
             {"cased", RULE_MOD_CASED},
             {"exists", RULE_MOD_EXISTS},
             {"neq", RULE_MOD_NEQ},
             {"gt", RULE_MOD_GT},
             {"gte", RULE_MOD_GTE},
             {"lt", RULE_MOD_LT},
             {"lte", RULE_MOD_LTE},
             {"fieldref", RULE_MOD_FIELDREF},
             {"re", RULE_MOD_RE},
             {"i", RULE_MOD_I},
             {"m", RULE_MOD_M},
             {"s", RULE_MOD_S}};

static const char decoded[] = "header values are decoded already; write the text itself";
static const char dates[] =
    "compare dates: message.date|gte: 2024-11-12 with message.date|lt: 2024-11-13";

static const struct {
    const char *name, *hint;
} refused[] = {{"base64", decoded},
               {"base64offset", decoded},
               {"utf16", decoded},
               {"utf16le", decoded},
               {"utf16be", decoded},
               {"wide", decoded},
               {"windash", "it is for command lines; list the forms"},
               {"cidr", "no field holds an address of a host; use re on header.received"},
               {"expand", "there are no placeholders; list the values"},
               {"minute", dates},
               {"hour", dates},
               {"day", dates},
               {"week", dates},
               {"month", dates},
               {"year", dates},
               {"not", "negate in the condition: and not NAME"},
               {"regex", "it is called re"},
               {"eq", "leave it out: equal is what a value means"}};

static struct rule_mark mark_in(const struct rule_node *key, size_t off)
{
    struct rule_mark m = key->at;

    m.column += (uint32_t)off + (key->plain ? 0 : 1);
    return m;
}

static bool take_modifier(struct rule_reader *x, const struct rule_node *key, struct twf_span word,
                          size_t off, unsigned *mods)
{
    const char *names[TWF_COUNT(taken)], *near;
    int len = (int)TWF_MIN(word.len, 60);

    for (size_t i = 0; i < TWF_COUNT(taken); i++) {
        names[i] = taken[i].name;
        if (!twf_span_is(word, taken[i].name))
            continue;
        if ((*mods & taken[i].bit) != 0) {
            twf_rule_error(x->diags, mark_in(key, off), (uint32_t)word.len, RULE_FAULT_TOGETHER,
                           "'%s' twice", taken[i].name);
            return false;
        }
        *mods |= taken[i].bit;
        return true;
    }
    for (size_t i = 0; i < TWF_COUNT(refused); i++) {
        if (!twf_span_is_fold(word, refused[i].name))
            continue;
        twf_rule_error(x->diags, mark_in(key, off), (uint32_t)word.len, RULE_FAULT_REFUSED,
                       "the modifier '%s' is not taken: %s", refused[i].name, refused[i].hint);
        return false;
    }
    near = twf_rule_nearest(word, names, TWF_COUNT(names));
    twf_rule_error(x->diags, mark_in(key, off), (uint32_t)TWF_MAX(word.len, 1), RULE_FAULT_MODIFIER,
                   near == NULL ? "unknown modifier '%.*s'%s"
                                : "unknown modifier '%.*s', did you mean '%s'?",
                   len, (const char *)word.ptr, near == NULL ? "" : near);
    return false;
}

static unsigned bits(unsigned mods)
{
    return (unsigned)__builtin_popcount(mods);
}

/* Why these modifiers do not go together, or NULL. */
static const char *conflict(unsigned m, const struct rule_field *f)
{
    bool number = twf_rule_is_number(f->source);

    if (bits(m & RULE_MODS_PLACE) > 1)
        return "only one of contains, startswith and endswith";
    if ((m & RULE_MODS_REGEX) != 0 && (m & RULE_MOD_RE) == 0)
        return "i, m and s are flags of re";
    if ((m & RULE_MOD_RE) != 0 && (m & (RULE_MODS_PLACE | RULE_MOD_CASED)) != 0)
        return "re says itself where it stands and minds case unless i is given";
    if ((m & RULE_MOD_EXISTS) != 0 && m != RULE_MOD_EXISTS)
        return "exists stands alone";
    if (bits(m & RULE_MODS_ORDER) > 1)
        return "only one of gt, gte, lt and lte; a range is two entries";
    if ((m & RULE_MODS_ORDER) != 0 && (m & ~(unsigned)(RULE_MODS_ORDER | RULE_MOD_NEQ)) != 0)
        return "gt, gte, lt and lte stand alone";
    if ((m & RULE_MODS_ORDER) != 0 && (m & RULE_MOD_NEQ) != 0)
        return "turn the comparison round instead of neq";
    if ((m & RULE_MODS_ORDER) != 0 && f->words != RULE_ANY)
        return "this field holds words, no number; list those that you mean";
    if ((m & RULE_MOD_FIELDREF) != 0 && (m & RULE_MOD_RE) != 0)
        return "fieldref and re";
    if ((m & RULE_MOD_ALL) != 0 && (m & RULE_MOD_NEQ) != 0)
        return "neq with a list means none of them already; leave all out";
    if (number && (m & (RULE_MODS_PLACE | RULE_MOD_RE | RULE_MOD_CASED | RULE_MOD_FIELDREF)) != 0)
        return "this field holds a number; compare it by a value, gt, gte, lt, lte or neq";
    if (f->source == RULE_BOOL && (m & RULE_MODS_ORDER) != 0)
        return "this field is true or false";
    if (f->source == RULE_BLOCK && (m & ~(unsigned)(RULE_MOD_ALL | RULE_MOD_RE | RULE_MODS_REGEX |
                                                    RULE_MOD_CASED | RULE_MOD_CONTAINS)) != 0)
        return "bare texts take all, cased and re";
    return NULL;
}

static void settle(struct rule_question *q)
{
    unsigned m = q->mods;

    q->place = (m & RULE_MOD_CONTAINS) != 0     ? RULE_GLOB_CONTAINS
               : (m & RULE_MOD_STARTSWITH) != 0 ? RULE_GLOB_STARTS
               : (m & RULE_MOD_ENDSWITH) != 0   ? RULE_GLOB_ENDS
                                                : RULE_GLOB_WHOLE;
    if (q->field.source == RULE_BLOCK)
        q->place = RULE_GLOB_CONTAINS;
    q->regex_flags = (uint8_t)(((m & RULE_MOD_I) != 0 ? RULE_REGEX_I : 0) |
                               ((m & RULE_MOD_M) != 0 ? RULE_REGEX_M : 0) |
                               ((m & RULE_MOD_S) != 0 ? RULE_REGEX_S : 0));
    q->compare = (m & RULE_MOD_GT) != 0    ? RULE_GT
                 : (m & RULE_MOD_GTE) != 0 ? RULE_GTE
                 : (m & RULE_MOD_LT) != 0  ? RULE_LT
                 : (m & RULE_MOD_LTE) != 0 ? RULE_LTE
                                           : RULE_EQ;
}

bool twf_rule_question(struct rule_reader *x, const struct rule_node *key, struct rule_question *q)
{
    struct twf_span rest = key->text;
    size_t off = 0, end = twf_span_find(rest, '|');
    struct twf_span name = twf_span_slice(rest, 0, end);
    const char *why;

    *q = (struct rule_question){.field = {.source = RULE_BLOCK}};
    if (name.len > 0 && !twf_rule_field_find(name, &q->field, x->diags, mark_in(key, 0)))
        return false;
    while (end < rest.len) {
        struct twf_span word;

        off += end + 1;
        rest = twf_span_slice(rest, end + 1, rest.len);
        end = twf_span_find(rest, '|');
        word = twf_span_slice(rest, 0, end);
        if (!take_modifier(x, key, word, off, &q->mods))
            return false;
    }
    why = conflict(q->mods, &q->field);
    if (why != NULL) {
        twf_yaml_error(x->diags, key, RULE_FAULT_TOGETHER, "%s", why);
        return false;
    }
    settle(q);
    q->column = twf_rule_column(x->rules, &q->field);
    return q->column != RULE_NONE;
}

bool twf_rule_question_bare(struct rule_reader *x, struct rule_question *q)
{
    *q = (struct rule_question){.field = {.source = RULE_BLOCK}};
    settle(q);
    q->column = twf_rule_column(x->rules, &q->field);
    return q->column != RULE_NONE;
}
