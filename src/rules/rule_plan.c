/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After the last rule: per column a table of exact values, the list of patterns for its database,
 * and the atoms that are candidates wherever it has a value. Only triggers are in them: every other
 * atom is asked when a rule that has it is decided.
 */
#include "rules/rule_model.h"

uint32_t twf_rule_fold_hash(struct twf_span s)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < s.len; i++)
        h = (h ^ twf_lower_byte(s.ptr[i])) * 16777619u;
    return h ^ h >> 15;
}

/* The bytes of an exact value, which are its tokens. */
static uint32_t exact_hash(const struct rule_glob *g)
{
    uint32_t h = 2166136261u;

    for (uint32_t i = 0; i < g->least; i++)
        h = (h ^ twf_lower_byte((uint8_t)g->pieces[0].tokens[i])) * 16777619u;
    return h ^ h >> 15;
}

static bool make_exact(struct twf_rules *r, uint32_t column, uint32_t count)
{
    struct rule_column *c = &r->columns[column];
    uint32_t slots = 16;

    while (slots < count * 2)
        slots *= 2;
    c->exact = twf_arena_alloc(&r->arena, slots * sizeof(*c->exact));
    if (c->exact == NULL)
        return false;
    memset(c->exact, 0xFF, slots * sizeof(*c->exact));
    c->exact_mask = slots - 1;
    for (uint32_t i = 0; i < r->atom_count; i++) {
        struct rule_atom *a = &r->atoms[i];
        uint32_t *slot;

        if (a->column != column || !a->is_trigger || a->index != RULE_INDEX_EXACT)
            continue;
        slot = &c->exact[exact_hash(&a->glob) & c->exact_mask];
        a->exact_next = *slot;
        *slot = i;
    }
    return true;
}

static void mark_used(struct twf_rules *r)
{
    for (uint32_t i = 0; i < r->rule_count; i++) {
        const struct rule *rule = &r->rules[i];

        for (uint32_t k = rule->first_step; rule->info.is_on && k < rule->end_step; k++) {
            const struct rule_atom *a = &r->atoms[r->steps[k].atom];

            r->columns[a->column].used = true;
            if (a->other != RULE_NONE)
                r->columns[a->other].used = true;
        }
    }
}

void twf_rule_plan(struct twf_rules *r)
{
    uint32_t *counts =
        twf_arena_calloc(&r->arena, (size_t)r->column_count * 3 + 1, sizeof(*counts));

    if (counts == NULL)
        return;
    mark_used(r);
    for (uint32_t i = 0; i < r->atom_count; i++) {
        if (r->atoms[i].is_trigger)
            counts[r->atoms[i].column * 3 + r->atoms[i].index - RULE_INDEX_EXACT]++;
    }
    for (uint32_t i = 0; i < r->column_count; i++) {
        struct rule_column *c = &r->columns[i];
        uint32_t scan = counts[i * 3 + 1], present = counts[i * 3 + 2];

        /* Patterns that Hyperscan refuses will move to the present ones. */
        c->scan = twf_arena_alloc(&r->arena, (scan + 1) * sizeof(*c->scan));
        c->present = twf_arena_alloc(&r->arena, (scan + present + 1) * sizeof(*c->present));
        if (c->scan == NULL || c->present == NULL ||
            (counts[i * 3] > 0 && !make_exact(r, i, counts[i * 3])))
            return;
    }
    for (uint32_t i = 0; i < r->atom_count; i++) {
        struct rule_atom *a = &r->atoms[i];
        struct rule_column *c = &r->columns[a->column];

        if (a->is_trigger && a->index == RULE_INDEX_SCAN)
            c->scan[c->scan_count++] = i;
        else if (a->is_trigger && a->index == RULE_INDEX_PRESENT)
            c->present[c->present_count++] = i;
    }
}
