/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree into steps, from the last question to the first, so that each knows where it goes on. And
 * the trigger of a rule: a set of atoms, as small and as rare as can be had, without one of which
 * the rule cannot hit. Rows in which no atom of any trigger is a candidate need no decision.
 */
#include "rules/rule_model.h"

enum { DEPTH = RULE_CONDITION_MAX + 16, NEVER_CHECKED = 256 };

struct frame {
    uint32_t tree, left; /* left: children that are not done */
    uint32_t yes, no, entry;
};

static uint32_t add_step(struct twf_rules *r, uint32_t atom, uint32_t yes, uint32_t no)
{
    if (!twf_rule_grow(r, &r->steps, &r->step_cap, r->step_count + 1, sizeof(*r->steps)))
        return RULE_NONE;
    r->steps[r->step_count] = (struct rule_step){atom, yes, no};
    return r->step_count++;
}

static struct frame new_frame(const struct twf_rules *r, uint32_t tree, uint32_t yes, uint32_t no)
{
    const struct rule_tree *t = &r->trees[tree];

    return (struct frame){tree, t->count, yes, no, t->op == RULE_OR ? no : yes};
}

/* The next child of f, with where it goes on. */
static struct frame child_frame(const struct twf_rules *r, struct frame *f)
{
    const struct rule_tree *t = &r->trees[f->tree];
    uint32_t kid = r->kids[t->a + --f->left];

    if (t->op == RULE_NOT)
        return new_frame(r, kid, f->no, f->yes);
    if (t->op == RULE_AND)
        return new_frame(r, kid, f->entry, f->no);
    return new_frame(r, kid, f->yes, f->entry);
}

uint32_t twf_rule_steps(struct rule_reader *x, uint32_t tree, const struct rule_node *n)
{
    struct twf_rules *r = x->rules;
    struct frame stack[DEPTH];
    uint32_t top = 0, start = r->step_count, done;

    stack[top++] = new_frame(r, tree, RULE_HIT, RULE_MISS);
    for (;;) {
        struct frame *f = &stack[top - 1];

        if (r->trees[f->tree].op != RULE_ATOM && f->left > 0) {
            if (top == DEPTH || r->step_count - start > RULE_STEPS_A_RULE) {
                twf_yaml_error(x->diags, n, RULE_FAULT_LIMIT,
                               "more than %d questions; split the rule", (int)RULE_STEPS_A_RULE);
                return RULE_NONE;
            }
            stack[top] = child_frame(r, f);
            top++;
            continue;
        }
        done = r->trees[f->tree].op == RULE_ATOM ? add_step(r, r->trees[f->tree].a, f->yes, f->no)
                                                 : f->entry;
        if (done == RULE_NONE)
            return RULE_NONE;
        if (--top == 0)
            return done;
        stack[top - 1].entry = done;
    }
}

/* ---- what can never hit ---- */

struct literal {
    uint32_t atom;
    bool negated;
};

/* Atoms that must all hold (or, negated, not hold) for the tree to hold; at most cap of them. */
static uint32_t conjunction(const struct twf_rules *r, uint32_t tree, struct literal *out,
                            uint32_t cap)
{
    struct literal stack[NEVER_CHECKED];
    uint32_t top = 0, count = 0;

    stack[top++] = (struct literal){tree, false};
    while (top > 0) {
        struct literal l = stack[--top];
        const struct rule_tree *t = &r->trees[l.atom];
        bool splits = t->op == (l.negated ? RULE_OR : RULE_AND) || t->op == RULE_NOT;

        if (t->op == RULE_ATOM && count < cap)
            out[count++] = (struct literal){t->a, l.negated};
        for (uint32_t i = 0; splits && i < t->count && top < NEVER_CHECKED; i++)
            stack[top++] =
                (struct literal){r->kids[t->a + i], t->op == RULE_NOT ? !l.negated : l.negated};
    }
    return count;
}

static bool has_one_value(enum rule_source s)
{
    return s == RULE_COLUMN || s == RULE_LOCAL || twf_rule_is_number(s);
}

/* Bounds of a number that satisfies a; false where it has none. */
static void bounds(const struct rule_atom *a, int64_t *low, int64_t *high)
{
    enum rule_compare c = (enum rule_compare)a->compare;

    *low = c == RULE_GT                    ? (a->number == INT64_MAX ? a->number : a->number + 1)
           : c == RULE_GTE || c == RULE_EQ ? a->number
                                           : INT64_MIN;
    *high = c == RULE_LT                    ? (a->number == INT64_MIN ? a->number : a->number - 1)
            : c == RULE_LTE || c == RULE_EQ ? a->number
                                            : INT64_MAX;
}

/* Two texts without wildcards, that no value can equal both. */
static bool differ(const struct rule_glob *a, const struct rule_glob *b)
{
    if (!twf_rule_glob_is_exact(a) || !twf_rule_glob_is_exact(b))
        return false;
    if (a->least != b->least)
        return true;
    for (uint32_t i = 0; i < a->least; i++) {
        if (twf_lower_byte((uint8_t)a->pieces[0].tokens[i]) !=
            twf_lower_byte((uint8_t)b->pieces[0].tokens[i]))
            return true;
    }
    return false;
}

static bool excludes(const struct twf_rules *r, struct literal p, struct literal q)
{
    const struct rule_atom *a = &r->atoms[p.atom], *b = &r->atoms[q.atom];
    int64_t low[2], high[2];

    if (p.atom == q.atom)
        return p.negated != q.negated;
    if (a->column != b->column)
        return false;
    if (a->test == RULE_TEST_EXISTS && p.negated && !q.negated)
        return true;
    if (p.negated || q.negated || !has_one_value(r->columns[a->column].field.source))
        return false;
    if (a->test == RULE_TEST_NUMBER && b->test == RULE_TEST_NUMBER) {
        bounds(a, &low[0], &high[0]);
        bounds(b, &low[1], &high[1]);
        return TWF_MAX(low[0], low[1]) > TWF_MIN(high[0], high[1]);
    }
    return a->test == RULE_TEST_GLOB && b->test == RULE_TEST_GLOB && differ(&a->glob, &b->glob);
}

bool twf_rule_contradicts(struct rule_reader *x, uint32_t tree, const struct rule_node *n)
{
    struct literal all[NEVER_CHECKED];
    uint32_t count = conjunction(x->rules, tree, all, NEVER_CHECKED);

    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < count; j++) {
            if (i == j || !excludes(x->rules, all[i], all[j]))
                continue;
            twf_yaml_error(
                x->diags, n, RULE_FAULT_NEVER,
                "can never hit: what is asked in line %u excludes what is asked in line %u",
                x->rules->atoms[all[i].atom].line + 1, x->rules->atoms[all[j].atom].line + 1);
            return true;
        }
    }
    return false;
}

/* ---- triggers ---- */

/* What a candidate of an exact value costs: findings are rare, a relation is not. */
static uint32_t weigh_words(const struct rule_field *f)
{
    switch (f->words) {
    case RULE_ANY:
    case RULE_FROM_ONLY:
    case RULE_ENVELOPE_ONLY:
    case RULE_EITHER:
    case RULE_LEGACY:
        return 1;
    case RULE_FINDINGS:
    case RULE_DEFECT_CODES:
    case RULE_ALLOWANCES:
        return 2;
    default:
        return 20;
    }
}

static uint32_t weigh_glob(const struct rule_atom *a, const struct rule_field *f, uint8_t *index)
{
    uint32_t run = twf_rule_glob_run(&a->glob).len;

    if (twf_rule_glob_is_exact(&a->glob)) {
        *index = RULE_INDEX_EXACT;
        return weigh_words(f);
    }
    *index = run == 0 ? RULE_INDEX_PRESENT : RULE_INDEX_SCAN;
    return run == 0 ? 100 : run < 3 ? 60 : 3 + weigh_words(f);
}

/* How candidates for an atom are found, and what one costs: rare and cheap is best. */
static uint32_t weigh(const struct twf_rules *r, const struct rule_atom *a, uint8_t *index)
{
    const struct rule_field *f = &r->columns[a->column].field;

    switch (a->test) {
    case RULE_TEST_GLOB:
        return weigh_glob(a, f, index);
    case RULE_TEST_REGEX:
        *index = a->matches_empty || !twf_rule_regex_is_linewise(a->text) ? RULE_INDEX_PRESENT
                                                                          : RULE_INDEX_SCAN;
        return *index == RULE_INDEX_PRESENT ? 100 : 5;
    case RULE_TEST_EXISTS:
        *index = twf_rule_is_number(f->source) ? RULE_INDEX_NONE : RULE_INDEX_PRESENT;
        return *index == RULE_INDEX_NONE ? RULE_NONE : f->source == RULE_HEADER ? 40 : 100;
    default:
        *index = RULE_INDEX_NONE;
        return RULE_NONE;
    }
}

static void note(struct twf_rules *r, struct rule_atom *a, uint32_t rule)
{
    if (a->rule_count > 0 && a->rules[a->rule_count - 1] == rule)
        return;
    if (!twf_rule_grow(r, &a->rules, &a->rule_cap, a->rule_count + 1, sizeof(*a->rules)))
        return;
    a->rules[a->rule_count++] = rule;
    a->is_trigger = true;
}

typedef uint32_t weigh_fn(struct twf_rules *r, struct rule_atom *a);

static uint32_t weigh_trigger(struct twf_rules *r, struct rule_atom *a)
{
    return weigh(r, a, &a->index);
}

static uint32_t weigh_gate(struct twf_rules *r, struct rule_atom *a)
{
    return twf_rule_gate_weight(r, a);
}

/* The cost of each tree up to root; children stand before their parents. */
static void cost_trees(struct twf_rules *r, uint32_t root, weigh_fn *weight, uint32_t *cost)
{
    for (uint32_t i = 0; i <= root; i++) {
        const struct rule_tree *t = &r->trees[i];

        if (t->op == RULE_ATOM) {
            cost[i] = weight(r, &r->atoms[t->a]);
            continue;
        }
        cost[i] = t->op == RULE_OR ? 0 : RULE_NONE;
        for (uint32_t k = 0; t->op != RULE_NOT && k < t->count; k++) {
            uint32_t c = cost[r->kids[t->a + k]];

            if (t->op == RULE_AND)
                cost[i] = TWF_MIN(cost[i], c);
            else
                cost[i] = c >= RULE_NONE - cost[i] ? RULE_NONE : cost[i] + c;
        }
    }
}

/* The child of an AND that costs least. */
static uint32_t cheapest(const struct twf_rules *r, const struct rule_tree *t, const uint32_t *cost)
{
    uint32_t best = r->kids[t->a];

    for (uint32_t k = 1; k < t->count; k++) {
        if (cost[r->kids[t->a + k]] < cost[best])
            best = r->kids[t->a + k];
    }
    return best;
}

/* Atoms without one of which the tree cannot hold, into out; 0 where there is no such set. */
static uint32_t necessary(struct twf_rules *r, uint32_t tree, weigh_fn *weight, uint32_t *cost,
                          uint32_t *out)
{
    uint32_t *stack = out + r->kid_count + 1;
    uint32_t top = 0, count = 0;

    cost_trees(r, tree, weight, cost);
    if (cost[tree] == RULE_NONE)
        return 0;
    stack[top++] = tree;
    while (top > 0) {
        const struct rule_tree *t = &r->trees[stack[--top]];

        if (t->op == RULE_ATOM && count > r->kid_count)
            return 0; /* a condition names a selection many times: the rule is always decided */
        if (t->op == RULE_ATOM)
            out[count++] = t->a;
        else if (t->op == RULE_AND)
            stack[top++] = cheapest(r, t, cost);
        else
            for (uint32_t k = 0; t->op == RULE_OR && k < t->count; k++)
                stack[top++] = r->kids[t->a + k];
    }
    return count;
}

void twf_rule_trigger(struct rule_reader *x, uint32_t tree)
{
    struct twf_rules *r = x->rules;
    uint32_t *cost = twf_arena_alloc(x->arena, (tree + 1) * sizeof(*cost));
    uint32_t *atoms = twf_arena_alloc(x->arena, (r->kid_count + 1) * 2 * sizeof(*atoms));
    uint32_t count;

    if (cost == NULL || atoms == NULL)
        return;
    count = necessary(r, tree, weigh_trigger, cost, atoms);
    for (uint32_t i = 0; i < count; i++)
        note(r, &r->atoms[atoms[i]], x->rule);
    if (count == 0 &&
        twf_rule_grow(r, &r->always, &r->always_cap, r->always_count + 1, sizeof(*r->always)))
        r->always[r->always_count++] = x->rule;
    count = necessary(r, tree, weigh_gate, cost, atoms);
    for (uint32_t i = 0; i < count; i++)
        twf_rule_gate_open(r, &r->atoms[atoms[i]]);
    r->gate_all |= count == 0;
}
