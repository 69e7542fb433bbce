/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions: or, and, not, parentheses, names, "1 of" and "all of" with "them" or a name pattern.
 * Two stacks instead of recursion; what stands in a condition is bounded by its length.
 */
#include <stdio.h>

#include "rules/rule_model.h"
#include "rules/yaml_tree.h"

enum { STACK = RULE_CONDITION_MAX };

struct parser {
    struct rule_reader *x;
    const struct rule_node *node;
    struct rule_name *names;
    uint32_t name_count;
    struct twf_span text;
    size_t at;            /* behind the word at hand */
    struct twf_span word; /* the word at hand; empty: the end */
    size_t word_off;
    uint8_t ops[STACK]; /* '(' 'n' 'a' 'o' */
    uint32_t trees[STACK];
    uint32_t op_count, tree_count, depth;
    bool words_only; /* nothing but one name so far */
};

/* "before 'word' after" about the word at hand; without after just before. */
static void fault(struct parser *p, enum rule_fault code, const char *before, const char *after)
{
    const struct rule_node *n = p->node;
    struct rule_mark at = n->at;
    uint32_t quote = n->plain ? 0 : 1, len = n->len;
    int shown = (int)TWF_MIN(p->word.len, 60);

    /* Folded and block texts have other columns than the file: then the whole is underlined. */
    if (len == p->text.len + (size_t)2 * quote) {
        at.column += quote + (uint32_t)p->word_off;
        len = p->word.len == 0 ? 1 : (uint32_t)p->word.len;
    }
    if (after == NULL)
        twf_rule_error(p->x->diags, at, len, code, "%s", before);
    else
        twf_rule_error(p->x->diags, at, len, code, "%s'%.*s'%s", before, shown,
                       (const char *)p->word.ptr, after);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void next(struct parser *p)
{
    while (p->at < p->text.len && is_space(p->text.ptr[p->at]))
        p->at++;
    p->word_off = p->at;
    if (p->at < p->text.len && (p->text.ptr[p->at] == '(' || p->text.ptr[p->at] == ')')) {
        p->at++;
    } else {
        while (p->at < p->text.len && !is_space(p->text.ptr[p->at]) && p->text.ptr[p->at] != '(' &&
               p->text.ptr[p->at] != ')')
            p->at++;
    }
    p->word = twf_span_slice(p->text, p->word_off, p->at);
}

static int precedence(uint8_t op)
{
    return op == 'n' ? 3 : op == 'a' ? 2 : op == 'o' ? 1 : 0;
}

/* Applies the operator on top of the stack. */
static bool reduce(struct parser *p)
{
    uint8_t op = p->ops[--p->op_count];
    uint32_t n = op == 'n' ? 1 : 2;
    enum rule_op kind = op == 'n' ? RULE_NOT : op == 'a' ? RULE_AND : RULE_OR;

    p->tree_count -= n;
    p->trees[p->tree_count] = twf_rule_group(p->x->rules, kind, &p->trees[p->tree_count], n);
    return p->trees[p->tree_count++] != RULE_NONE;
}

static bool push_op(struct parser *p, uint8_t op)
{
    /* not binds to the right: it waits for what follows. */
    while (op != '(' && op != 'n' && p->op_count > 0 &&
           precedence(p->ops[p->op_count - 1]) >= precedence(op)) {
        if (!reduce(p))
            return false;
    }
    p->ops[p->op_count++] = op;
    return true;
}

static bool find_name(struct parser *p)
{
    const char *known[RULE_CHILDREN_MAX], *near;
    char text[80];

    for (uint32_t i = 0; i < p->name_count; i++) {
        if (!twf_span_eq(p->names[i].name, p->word))
            continue;
        p->names[i].used = true;
        p->trees[p->tree_count++] = p->names[i].tree;
        return true;
    }
    for (uint32_t i = 0; i < p->name_count; i++)
        known[i] = twf_rule_strdup(p->x->rules, p->names[i].name);
    near = twf_rule_nearest(p->word, known, p->name_count);
    if (near != NULL) {
        (void)snprintf(text, sizeof(text), ", did you mean '%.60s'?", near);
        fault(p, RULE_FAULT_NAME, "no selection is called ", text);
    } else {
        fault(p, RULE_FAULT_NAME, "no selection is called ", "");
    }
    return false;
}

/* "1 of PATTERN", "all of them". The word at hand is 1 or all. */
static bool take_of(struct parser *p)
{
    enum rule_op op = twf_span_is_fold(p->word, "all") ? RULE_AND : RULE_OR;
    uint32_t kids[RULE_CHILDREN_MAX], count = 0;
    struct rule_glob glob;
    bool them;

    next(p);
    if (!twf_span_is_fold(p->word, "of")) {
        fault(p, RULE_FAULT_CONDITION, "'of' must follow here, not ", "");
        return false;
    }
    next(p);
    if (p->word.len == 0 || p->word.ptr[0] == '(') {
        fault(p, RULE_FAULT_CONDITION, "'them' or a name such as selection_* must follow of, not ",
              "");
        return false;
    }
    them = twf_span_is_fold(p->word, "them");
    if (!twf_rule_glob_make(&p->x->rules->arena, p->word, RULE_GLOB_WHOLE, true, &glob))
        return false;
    for (uint32_t i = 0; i < p->name_count; i++) {
        struct rule_name *name = &p->names[i];

        if (them ? name->name.ptr[0] == '_' : !twf_rule_glob_match(&glob, name->name))
            continue;
        name->used = true;
        kids[count++] = name->tree;
    }
    if (count == 0) {
        fault(p, RULE_FAULT_NAME, "no selection matches ", "");
        return false;
    }
    p->trees[p->tree_count] = twf_rule_group(p->x->rules, op, kids, count);
    return p->trees[p->tree_count++] != RULE_NONE;
}

static bool is_all_digits(struct twf_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    }
    return s.len > 0;
}

/* A word where an operand must stand. *operand: it was one. */
static bool take_operand(struct parser *p, bool *operand)
{
    *operand = true;
    if (p->word.len == 0) {
        fault(p, RULE_FAULT_CONDITION, "a name is missing at the end", NULL);
        return false;
    }
    if (p->word.ptr[0] == '(' || twf_span_is_fold(p->word, "not")) {
        bool paren = p->word.ptr[0] == '(';

        *operand = false;
        if (++p->depth > RULE_CONDITION_DEPTH) {
            fault(p, RULE_FAULT_LIMIT, "more than 16 parentheses and nots", NULL);
            return false;
        }
        return push_op(p, paren ? '(' : 'n');
    }
    if (twf_span_is_fold(p->word, "and") || twf_span_is_fold(p->word, "or") ||
        p->word.ptr[0] == ')') {
        fault(p, RULE_FAULT_CONDITION, "a name must stand before ", "");
        return false;
    }
    if (twf_span_is(p->word, "1") || twf_span_is_fold(p->word, "all"))
        return take_of(p);
    if (twf_span_is_fold(p->word, "any")) {
        fault(p, RULE_FAULT_CONDITION, "write 1 of instead of ", "");
        return false;
    }
    if (is_all_digits(p->word)) {
        fault(p, RULE_FAULT_CONDITION, "only '1 of' and 'all of' are taken, not ", " of");
        return false;
    }
    if (twf_span_find(p->word, '*') < p->word.len) {
        fault(p, RULE_FAULT_CONDITION, "say whether 1 of or all of ", " is meant");
        return false;
    }
    return find_name(p);
}

/* A word behind an operand. */
static bool take_operator(struct parser *p, bool *operand)
{
    *operand = false;
    if (twf_span_is_fold(p->word, "and"))
        return push_op(p, 'a');
    if (twf_span_is_fold(p->word, "or"))
        return push_op(p, 'o');
    if (p->word.ptr[0] == ')') {
        *operand = true;
        while (p->op_count > 0 && p->ops[p->op_count - 1] != '(') {
            if (!reduce(p))
                return false;
        }
        if (p->op_count == 0) {
            fault(p, RULE_FAULT_CONDITION, "no parenthesis is open for ", "");
            return false;
        }
        p->op_count--;
        return true;
    }
    if (p->word.ptr[0] == '|') {
        fault(p, RULE_FAULT_REFUSED, "",
              ": aggregations are not taken; a rule looks at one message; hunt --group-by counts");
        return false;
    }
    fault(p, RULE_FAULT_CONDITION, "'and' or 'or' is missing before ", "");
    return false;
}

static uint32_t parse(struct parser *p, bool *bare)
{
    bool operand = false;
    uint32_t words = 0;

    for (;;) {
        next(p);
        if (p->word.len == 0 && operand)
            break;
        words++;
        if (!(operand ? take_operator(p, &operand) : take_operand(p, &operand)))
            return RULE_NONE;
    }
    while (p->op_count > 0) {
        if (p->ops[p->op_count - 1] == '(') {
            fault(p, RULE_FAULT_CONDITION, "a parenthesis is not closed", NULL);
            return RULE_NONE;
        }
        if (!reduce(p))
            return RULE_NONE;
    }
    *bare = words == 1;
    return p->trees[0];
}

uint32_t twf_rule_condition(struct rule_reader *x, const struct rule_node *n,
                            struct rule_name *names, uint32_t count, bool *bare)
{
    uint32_t kids[RULE_CHILDREN_MAX], kid_count = 0;
    bool ok = true;

    *bare = false;
    for (const struct rule_node *c = n->kind == RULE_NODE_LIST ? n->first : n; c != NULL;
         c = n->kind == RULE_NODE_LIST ? c->next : NULL) {
        struct parser p = {.x = x, .node = c, .names = names, .name_count = count, .text = c->text};

        if (c->kind != RULE_NODE_TEXT) {
            twf_yaml_error(x->diags, c, RULE_FAULT_SHAPE, "a condition must be a text");
            return RULE_NONE;
        }
        if (c->text.len > RULE_CONDITION_MAX) {
            twf_yaml_error(x->diags, c, RULE_FAULT_LIMIT, "a condition of more than %d bytes",
                           (int)RULE_CONDITION_MAX);
            return RULE_NONE;
        }
        kids[kid_count] = parse(&p, bare);
        ok = kids[kid_count++] != RULE_NONE && ok;
    }
    if (kid_count == 0) {
        twf_yaml_error(x->diags, n, RULE_FAULT_CONDITION, "an empty list of conditions");
        return RULE_NONE;
    }
    return ok ? twf_rule_group(x->rules, RULE_OR, kids, kid_count) : RULE_NONE;
}
