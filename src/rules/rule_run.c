/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch: candidates first, then row by row the rules that they announce, then what follows for
 * the records. A rule is decided by its steps alone; candidates only say which rules need not be
 * asked.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "flow/verdict.h"
#include "rules/rule_hs.h"
#include "rules/rule_scratch.h"

/* docs/verdicts.md, Terms: the base of each level. */
static const int16_t bases[TWF_LEVEL_COUNT] = {0, 0, 15, 40, 70, 90};

static bool alloc_all(struct twf_rules_scratch *s)
{
    const struct twf_rules *r = s->rules;
    size_t atoms = r->atom_count + 1u, rules = r->rule_count + 1u;

    s->stores = twf_calloc(r->column_count + 1u, sizeof(*s->stores));
    s->last_row = twf_calloc(atoms, sizeof(*s->last_row));
    s->asked = twf_calloc(atoms, sizeof(*s->asked));
    s->announced = twf_calloc(atoms, sizeof(*s->announced));
    s->answer = twf_calloc(atoms, 1);
    s->queued = twf_calloc(rules, sizeof(*s->queued));
    s->queue = twf_calloc(rules, sizeof(*s->queue));
    s->hits = twf_calloc(rules, sizeof(*s->hits));
    s->totals = twf_calloc(rules, sizeof(*s->totals));
    s->regex = twf_rule_regex_scratch_new(r->regex_steps);
    return s->stores != NULL && s->last_row != NULL && s->asked != NULL && s->announced != NULL &&
           s->answer != NULL && s->queued != NULL && s->queue != NULL && s->hits != NULL &&
           s->totals != NULL && s->regex != NULL && twf_rule_header_init(s);
}

enum twf_status twf_rules_scratch_new(const struct twf_rules *r, struct twf_rules_scratch **out,
                                      struct twf_error *err)
{
    struct twf_rules_scratch *s = twf_calloc(1, sizeof(*s));
    bool ok;

    *out = NULL;
    if (s == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for the scratch of rules");
    s->rules = r;
    twf_arena_init(&s->arena, 64 * 1024);
    s->spare_list.type = s->spare_limits.type = TWF_TYPE_LIST;
    ok = alloc_all(s);
    for (uint32_t i = 0; ok && i < r->column_count; i++)
        ok = r->columns[i].database == NULL || twf_rule_hs_scratch(r->columns[i].database, &s->hs);
    if (!ok) {
        twf_rules_scratch_free(s);
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for the scratch of rules");
    }
    *out = s;
    return TWF_OK;
}

static void free_col(struct twf_col *c)
{
    twf_free(c->validity);
    twf_free(c->list_offsets);
    twf_free(c->offsets);
    twf_free(c->data);
}

void twf_rules_scratch_free(struct twf_rules_scratch *s)
{
    if (s == NULL)
        return;
    for (uint32_t i = 0; s->stores != NULL && i < s->rules->column_count; i++) {
        twf_buf_fini(&s->stores[i].bytes);
        twf_free(s->stores[i].offsets);
        twf_free(s->stores[i].rows);
        twf_free(s->stores[i].first);
    }
    twf_free(s->stores);
    twf_rule_hs_scratch_free(s->hs);
    twf_rule_regex_scratch_free(s->regex);
    twf_arena_fini(&s->arena);
    twf_buf_fini(&s->fold[0]);
    twf_buf_fini(&s->fold[1]);
    twf_free(s->spans);
    twf_free(s->names);
    twf_free(s->name_next);
    twf_free(s->raw_col);
    twf_free(s->fields);
    twf_free(s->candidates);
    twf_free(s->row_first);
    twf_free(s->last_row);
    twf_free(s->asked);
    twf_free(s->announced);
    twf_free(s->answer);
    twf_free(s->queued);
    twf_free(s->queue);
    twf_free(s->hits);
    twf_free(s->levels);
    twf_free(s->raised);
    twf_free(s->hit_rows);
    twf_free(s->limit_rows);
    twf_free(s->totals);
    free_col(&s->spare_list);
    free_col(&s->spare_limits);
    twf_free(s);
}

/* ---- one row ---- */

static void queue(struct twf_rules_scratch *s, uint32_t rule)
{
    if (s->queued[rule] == s->epoch)
        return;
    s->queued[rule] = s->epoch;
    s->queue[s->queue_count++] = rule;
}

static void queue_atom(struct twf_rules_scratch *s, uint32_t atom)
{
    const struct rule_atom *a = &s->rules->atoms[atom];

    s->announced[atom] = s->epoch;
    for (uint32_t i = 0; i < a->rule_count; i++)
        queue(s, a->rules[i]);
}

/* Rules that could hit the row. */
static void queue_row(struct twf_rules_scratch *s)
{
    const struct twf_rules *r = s->rules;
    uint32_t at;

    s->queue_count = 0;
    if (!s->filtering) {
        for (uint32_t i = 0; i < r->rule_count; i++) {
            if (r->rules[i].info.is_on && (!r->rules[i].info.is_filter || r->for_examples))
                queue(s, i);
        }
        return;
    }
    for (at = s->row_first[s->row]; at != RULE_NONE; at = s->candidates[at].next)
        queue_atom(s, s->candidates[at].atom);
    for (uint32_t i = 0; i < r->column_count; i++) {
        if (r->columns[i].present_count == 0)
            continue;
        s->span_count = 0;
        twf_rule_collect(s, i, s->row);
        for (uint32_t k = 0; s->span_count > 0 && k < r->columns[i].present_count; k++)
            queue_atom(s, r->columns[i].present[k]);
    }
    for (uint32_t i = 0; i < r->always_count; i++)
        queue(s, r->always[i]);
}

static bool walk(struct twf_rules_scratch *s, uint32_t entry)
{
    while (entry < RULE_MISS) {
        const struct rule_step *step = &s->rules->steps[entry];

        entry = twf_rule_ask(s, step->atom) ? step->yes : step->no;
    }
    return entry == RULE_HIT;
}

/* Whether the rule hits, and no filter takes the hit away. */
static bool decide(struct twf_rules_scratch *s, uint32_t rule)
{
    const struct rule *t = &s->rules->rules[rule];

    if (!walk(s, t->entry))
        return false;
    for (uint32_t i = 0; i < t->filter_count; i++) {
        if (walk(s, s->rules->rules[t->filters[i]].entry))
            continue;
        s->totals[t->filters[i]]++;
        return false;
    }
    s->totals[rule]++;
    return true;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void take_row(struct twf_rules_scratch *s)
{
    if (++s->epoch == 0) {
        memset(s->asked, 0, s->rules->atom_count * sizeof(*s->asked));
        memset(s->announced, 0, s->rules->atom_count * sizeof(*s->announced));
        memset(s->queued, 0, s->rules->rule_count * sizeof(*s->queued));
        s->epoch = 1;
    }
    s->hit_count = 0;
    s->limit_met = false;
    twf_arena_reset(&s->arena);
    queue_row(s);
    for (uint32_t i = 0; i < s->queue_count; i++) {
        if (decide(s, s->queue[i]))
            s->hits[s->hit_count++] = s->queue[i];
    }
    if (s->hit_count > 1)
        qsort(s->hits, s->hit_count, sizeof(*s->hits), by_number);
    if (s->limit_met && twf_rule_room(s, &s->limit_rows, &s->limit_row_cap, s->limit_row_count + 1,
                                      sizeof(uint32_t)))
        s->limit_rows[s->limit_row_count++] = s->row;
    if (!twf_rule_room(s, &s->hit_rows, &s->hit_row_cap, s->hit_row_count + 2 * s->hit_count,
                       sizeof(uint32_t)))
        return;
    for (uint32_t i = 0; i < s->hit_count; i++) {
        s->hit_rows[s->hit_row_count++] = s->row;
        s->hit_rows[s->hit_row_count++] = s->hits[i];
    }
}

/* ---- what follows ---- */

/* The column, empty and to be written anew; what it held is in *spare until its next use. */
static const struct twf_col *begin_again(struct twf_batch *b, enum twf_col_id id,
                                         struct twf_col *spare)
{
    struct twf_col held = b->cols[id];

    b->cols[id] = *spare;
    b->cols[id].rows = b->cols[id].items = 0;
    b->cols[id].data_len = 0;
    *spare = held;
    return spare;
}

static uint8_t level_of(struct twf_span word)
{
    for (uint8_t i = 0; i < TWF_LEVEL_COUNT; i++) {
        if (twf_span_is(word, twf_level_names[i]))
            return i;
    }
    return TWF_LEVEL_NONE;
}

static void put_rule_ids(struct twf_rules_scratch *s, struct twf_batch *b)
{
    uint32_t at = 0;

    (void)begin_again(b, TWF_COL_rule_ids, &s->spare_list);
    for (uint32_t row = 0; row < b->rows; row++) {
        twf_batch_list(b, TWF_COL_rule_ids, row);
        for (; at < s->hit_row_count && s->hit_rows[at] == row; at += 2)
            twf_batch_item(b, TWF_COL_rule_ids, row,
                           twf_span_str(s->rules->rules[s->hit_rows[at + 1]].info.id));
    }
}

/* The score of each row, raised to the base of the level that a rule gave it. */
static void put_scores(struct twf_rules_scratch *s, struct twf_batch *b)
{
    const struct twf_col *held = begin_again(b, TWF_COL_score, &b->plain_score);

    for (uint32_t row = 0; row < b->rows; row++) {
        int64_t score = twf_col_valid(held, row) ? twf_col_int(held, row) : 0;

        twf_batch_int(b, TWF_COL_score, row,
                      s->raised[row] ? TWF_MAX(score, bases[s->levels[row]]) : score);
    }
}

/* The level of a row to that of a rule at least. True: it changed. */
static bool raise(struct twf_rules_scratch *s, uint32_t row, enum twf_level level,
                  struct twf_counts *counts)
{
    if (s->levels[row] >= level)
        return false;
    if (counts != NULL) {
        counts->levels[s->levels[row]]--;
        counts->levels[level]++;
    }
    s->levels[row] = (uint8_t)level;
    s->raised[row] = true;
    return true;
}

static void put_levels(struct twf_rules_scratch *s, struct twf_batch *b, enum twf_level min_level,
                       struct twf_counts *const *counts)
{
    const struct twf_col *held = &b->cols[TWF_COL_level];
    bool any = false;

    if (!twf_rule_room(s, &s->levels, &s->level_cap, b->rows, 1) ||
        !twf_rule_room(s, &s->raised, &s->raised_cap, b->rows, sizeof(*s->raised)))
        return;
    for (uint32_t row = 0; row < b->rows; row++) {
        s->levels[row] = level_of(twf_col_bytes(held, row));
        s->raised[row] = false;
    }
    for (uint32_t i = 0; i < s->hit_row_count; i += 2) {
        uint32_t row = s->hit_rows[i];
        enum twf_level level = s->rules->rules[s->hit_rows[i + 1]].info.level;

        any |= raise(s, row, level, counts == NULL ? NULL : counts[row]);
        if (level < min_level || twf_batch_is_selected(b, row))
            continue;
        twf_batch_select(b, row);
        if (counts != NULL)
            counts[row]->records++;
    }
    if (!any)
        return;
    (void)begin_again(b, TWF_COL_level, &b->plain_level);
    for (uint32_t row = 0; row < b->rows; row++)
        twf_batch_str(b, TWF_COL_level, row, twf_level_names[s->levels[row]]);
    put_scores(s, b);
}

/* A regex that gave up is a limit that was met, as any other. */
static void put_limits(struct twf_rules_scratch *s, struct twf_batch *b,
                       struct twf_counts *const *counts)
{
    const struct twf_col *held = begin_again(b, TWF_COL_limits, &s->spare_limits);
    uint32_t at = 0;
    char text[64];

    (void)snprintf(text, sizeof(text), "%s=%llu@0", twf_limit_name(TWF_LIMIT_REGEX),
                   (unsigned long long)s->rules->regex_steps);
    for (uint32_t row = 0; row < b->rows; row++) {
        uint32_t n = twf_col_valid(held, row) ? twf_col_list_len(held, row) : 0;

        twf_batch_list(b, TWF_COL_limits, row);
        for (uint32_t i = 0; i < n; i++)
            twf_batch_item(b, TWF_COL_limits, row, twf_col_list_item(held, row, i));
        if (at < s->limit_row_count && s->limit_rows[at] == row) {
            at++;
            twf_batch_item(b, TWF_COL_limits, row, twf_span_str(text));
            if (counts != NULL)
                counts[row]->limits[TWF_LIMIT_REGEX]++;
        }
    }
}

void twf_rules_forget(struct twf_rules_scratch *s)
{
    for (uint32_t i = 0; i < s->rules->column_count; i++)
        twf_rule_store_reset(&s->stores[i]);
    s->has_puts = false;
    s->put_bytes = 0;
    s->batch = NULL;
}

/* Only rows with a candidate can be hit. */
static bool is_sparse(const struct twf_rules_scratch *s)
{
    const struct twf_rules *r = s->rules;

    for (uint32_t i = 0; i < r->column_count; i++) {
        if (r->columns[i].present_count > 0)
            return false;
    }
    return s->filtering && r->always_count == 0;
}

/* Decides every row: s->hit_rows, s->limit_rows. */
static void take_rows(struct twf_rules_scratch *s, const struct twf_batch *b)
{
    bool sparse;

    s->batch = b;
    s->failed = false;
    s->hit_row_count = s->limit_row_count = 0;
    if (!s->has_puts)
        twf_rule_header_from_batch(s, b);
    for (uint32_t i = 0; i < s->rules->column_count; i++)
        twf_rule_store_end(s, &s->stores[i], b->rows);
    s->filtering = !s->failed && s->rules->compiled && twf_rule_find(s);
    sparse = is_sparse(s);
    for (uint32_t row = 0; !s->failed && row < b->rows; row++) {
        if (sparse && s->row_first[row] == RULE_NONE)
            continue;
        s->row = row;
        take_row(s);
    }
}

void twf_rules_select(struct twf_rules_scratch *s, struct twf_batch *b)
{
    take_rows(s, b);
    for (uint32_t i = 0; i < s->hit_row_count; i += 2) {
        if (!twf_batch_is_selected(b, s->hit_rows[i]))
            twf_batch_select(b, s->hit_rows[i]);
    }
    if (s->failed)
        b->failed = true;
    twf_rules_forget(s);
}

void twf_rules_batch(struct twf_rules_scratch *s, struct twf_batch *b, enum twf_level min_level,
                     struct twf_counts *const *counts)
{
    take_rows(s, b);
    if (!s->failed && (s->hit_row_count > 0 || !twf_col_valid(&b->cols[TWF_COL_rule_ids], 0)))
        put_rule_ids(s, b);
    if (!s->failed && s->hit_row_count > 0)
        put_levels(s, b, min_level, counts);
    if (!s->failed && s->limit_row_count > 0)
        put_limits(s, b, counts);
    if (s->failed)
        b->failed = true;
    twf_rules_forget(s);
}

void twf_rules_take_hits(struct twf_rules_scratch *s, uint64_t *hits)
{
    for (uint32_t i = 0; i < s->rules->rule_count; i++) {
        if (hits != NULL)
            hits[i] += s->totals[i];
        s->totals[i] = 0;
    }
}

uint64_t twf_rules_storms(const struct twf_rules_scratch *s)
{
    return s->storms;
}
