/* SPDX-License-Identifier: Apache-2.0 */
/* Columns, atoms and trees into growing arrays; what is equal is kept once. */
#include <string.h>

#include "base/alloc.h"
#include "rules/rule_model.h"
#include "rules/yaml_tree.h"

bool twf_rule_grow(struct twf_rules *r, void *array, uint32_t *cap, uint32_t need, size_t size)
{
    size_t wide = *cap;

    if (TWF_LIKELY(need <= *cap))
        return true;
    if (!twf_grow(array, &wide, need, size) || wide > UINT32_MAX) {
        r->failed = true;
        return false;
    }
    *cap = (uint32_t)wide;
    return true;
}

const char *twf_rule_strdup(struct twf_rules *r, struct twf_span s)
{
    char *text = twf_arena_alloc(&r->arena, s.len + 1);

    if (text == NULL)
        return NULL;
    if (s.len > 0)
        memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    return text;
}

static bool is_header(enum rule_source s)
{
    return s == RULE_HEADER || s == RULE_HEADER_RAW;
}

static bool same_column(const struct rule_field *a, const struct rule_field *b)
{
    if (a->source != b->source)
        return false;
    if (is_header(a->source))
        return twf_span_eq_fold(a->name, b->name);
    return a->source == RULE_BLOCK ||
           (a->col == b->col && (a->source != RULE_SENDERS || a->words == b->words));
}

/* "header.NAME" or "header.NAME.raw" */
static const char *header_text(struct twf_rules *r, struct twf_span name, bool raw)
{
    char *text = twf_arena_alloc(&r->arena, name.len + 12);

    if (text == NULL)
        return NULL;
    memcpy(text, "header.", 7);
    memcpy(text + 7, name.ptr, name.len);
    memcpy(text + 7 + name.len, ".raw", 5);
    if (!raw)
        text[7 + name.len] = '\0';
    return text;
}

uint32_t twf_rule_column(struct twf_rules *r, const struct rule_field *f)
{
    struct rule_column *c;
    uint8_t *lower;

    /* Rules name few fields: searched from the start. */
    for (uint32_t i = 0; i < r->column_count; i++) {
        if (same_column(&r->columns[i].field, f))
            return i;
    }
    if (!twf_rule_grow(r, &r->columns, &r->column_cap, r->column_count + 1, sizeof(*r->columns)))
        return RULE_NONE;
    c = &r->columns[r->column_count];
    *c = (struct rule_column){.field = *f, .shown = twf_rule_field_name(f)};
    if (is_header(f->source)) {
        lower = twf_arena_alloc(&r->arena, f->name.len);
        if (lower == NULL)
            return RULE_NONE;
        for (size_t i = 0; i < f->name.len; i++)
            lower[i] = twf_lower_byte(f->name.ptr[i]);
        c->lower = c->field.name = twf_span(lower, f->name.len);
        c->shown = header_text(r, c->lower, f->source == RULE_HEADER_RAW);
        if (c->shown == NULL)
            return RULE_NONE;
    }
    return r->column_count++;
}

static uint32_t hash_bytes(uint32_t h, const void *ptr, size_t len)
{
    const uint8_t *p = ptr;

    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 16777619u;
    return h;
}

static uint32_t hash_atom(const struct rule_atom *a)
{
    uint32_t words[] = {(uint32_t)a->test, a->column, a->other, a->compare, a->flags, a->cased};
    uint32_t h = hash_bytes(2166136261u, words, sizeof(words));

    h = hash_bytes(h, &a->number, sizeof(a->number));
    return hash_bytes(h, a->text.ptr, a->text.len);
}

static bool same_glob(const struct rule_glob *a, const struct rule_glob *b)
{
    return a->open_start == b->open_start && a->open_end == b->open_end;
}

static bool same_atom(const struct rule_atom *a, const struct rule_atom *b)
{
    return a->test == b->test && a->column == b->column && a->other == b->other &&
           a->compare == b->compare && a->flags == b->flags && a->cased == b->cased &&
           a->number == b->number && twf_span_eq(a->text, b->text) &&
           (a->test != RULE_TEST_GLOB || same_glob(&a->glob, &b->glob));
}

static bool rehash(struct twf_rules *r)
{
    uint32_t slots = (r->atom_mask + 1) * 2;
    uint32_t *table;

    if (r->atom_table == NULL)
        slots = 256;
    else if (r->atom_count < r->atom_mask)
        return true;
    table = twf_malloc(slots * sizeof(*table));
    if (table == NULL) {
        r->failed = true;
        return false;
    }
    memset(table, 0xFF, slots * sizeof(*table));
    for (uint32_t i = 0; i < r->atom_count; i++) {
        uint32_t slot = hash_atom(&r->atoms[i]) & (slots - 1);

        r->atoms[i].hash_next = table[slot];
        table[slot] = i;
    }
    twf_free(r->atom_table);
    r->atom_table = table;
    r->atom_mask = slots - 1;
    return true;
}

uint32_t twf_rule_atom(struct twf_rules *r, struct rule_atom *a)
{
    uint32_t *slot;

    if (!rehash(r))
        goto out;
    slot = &r->atom_table[hash_atom(a) & r->atom_mask];
    for (uint32_t i = *slot; i != RULE_NONE; i = r->atoms[i].hash_next) {
        if (same_atom(&r->atoms[i], a)) {
            twf_rule_regex_free(a->regex);
            return i;
        }
    }
    if (!twf_rule_grow(r, &r->atoms, &r->atom_cap, r->atom_count + 1, sizeof(*r->atoms)))
        goto out;
    a->hash_next = *slot;
    *slot = r->atom_count;
    r->atoms[r->atom_count] = *a;
    return r->atom_count++;
out:
    twf_rule_regex_free(a->regex);
    return RULE_NONE;
}

static uint32_t add_tree(struct twf_rules *r, struct rule_tree t)
{
    if (!twf_rule_grow(r, &r->trees, &r->tree_cap, r->tree_count + 1, sizeof(*r->trees)))
        return RULE_NONE;
    r->trees[r->tree_count] = t;
    return r->tree_count++;
}

uint32_t twf_rule_leaf(struct twf_rules *r, uint32_t atom)
{
    return atom == RULE_NONE ? RULE_NONE : add_tree(r, (struct rule_tree){RULE_ATOM, atom, 0});
}

uint32_t twf_rule_group(struct twf_rules *r, enum rule_op op, const uint32_t *kids, uint32_t count)
{
    uint32_t first = r->kid_count;

    for (uint32_t i = 0; i < count; i++) {
        if (kids[i] == RULE_NONE)
            return RULE_NONE;
    }
    if (count == 1 && op != RULE_NOT)
        return kids[0];
    if (!twf_rule_grow(r, &r->kids, &r->kid_cap, r->kid_count + count, sizeof(*r->kids)))
        return RULE_NONE;
    memcpy(r->kids + r->kid_count, kids, count * sizeof(*kids));
    r->kid_count += count;
    return add_tree(r, (struct rule_tree){op, first, count});
}
