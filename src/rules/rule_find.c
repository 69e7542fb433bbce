/* SPDX-License-Identifier: Apache-2.0 */
/* Candidates of a batch: exact values by their hash, patterns by one scan of their column. */
#include "base/offsets.h"
#include "rules/rule_hs.h"
#include "rules/rule_scratch.h"

/* Matches of a scan: these for each value and some for short columns; more is a storm. */
enum { STORM_PER_VALUE = 16, STORM_SLACK = 1024 };

static void add_candidate(struct twf_rules_scratch *s, uint32_t atom, uint32_t row)
{
    /* Matches come in the order of their ends, so rows too, but for those that reach into the next.
     */
    if (s->last_row[atom] == row)
        return;
    if (!twf_rule_room(s, &s->candidates, &s->candidate_cap, s->candidate_count + 1,
                       sizeof(*s->candidates)))
        return;
    s->last_row[atom] = row;
    s->candidates[s->candidate_count] = (struct rule_candidate){atom, s->row_first[row]};
    s->row_first[row] = s->candidate_count++;
}

static void find_exact(struct twf_rules_scratch *s, const struct rule_column *c,
                       struct twf_span value, uint32_t row)
{
    const struct rule_atom *atoms = s->rules->atoms;
    uint32_t atom = c->exact[twf_rule_fold_hash(value) & c->exact_mask];

    for (; atom != RULE_NONE; atom = atoms[atom].exact_next) {
        if (atoms[atom].glob.least == value.len && twf_rule_glob_match(&atoms[atom].glob, value))
            add_candidate(s, atom, row);
    }
}

struct scan {
    struct twf_rules_scratch *s;
    const struct rule_column *column;
    const struct rule_store *store;
    uint32_t value; /* of the last match: the next one is mostly in it or behind it */
    uint64_t calls, max_calls;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *ctx)
{
    struct scan *x = ctx;

    (void)from;
    (void)flags;
    if (++x->calls > x->max_calls)
        return 1;
    /* A match that ends behind the last LF took an LF with it: no value has that. */
    if (to >= x->store->bytes.len)
        return 0;
    /* The value whose bytes, or whose LF, that offset is. */
    x->value = twf_offsets_find(x->store->offsets, x->store->count, x->value, (uint32_t)to);
    add_candidate(x->s, x->column->scan[id], x->store->rows[x->value]);
    return 0;
}

static bool scan_column(struct twf_rules_scratch *s, uint32_t column)
{
    const struct rule_column *c = &s->rules->columns[column];
    const struct rule_store *st = &s->stores[column];
    struct scan x = {.s = s, .column = c, .store = st};

    x.max_calls = (uint64_t)st->count * STORM_PER_VALUE + STORM_SLACK;
    return st->count == 0 ||
           twf_rule_hs_scan(c->database, s->hs, twf_buf_view(&st->bytes), on_match, &x);
}

/* Fills the store of a field that is a column of the batch, or is made from several. */
static void store_field(struct twf_rules_scratch *s, uint32_t column)
{
    const struct rule_field *f = &s->rules->columns[column].field;
    struct rule_store *st = &s->stores[column];
    const struct twf_col *c = &s->batch->cols[f->col];

    switch (f->source) {
    case RULE_COLUMN:
        twf_rule_store_column(s, st, c, RULE_LINES_WHOLE);
        return;
    case RULE_LINES:
        twf_rule_store_column(s, st, c, RULE_LINES_RAW);
        return;
    case RULE_DECODED:
        twf_rule_store_column(s, st, c, RULE_LINES_DECODED);
        return;
    case RULE_HEADER:
    case RULE_HEADER_RAW:
    case RULE_BLOCK:
        return; /* it was, as the header came */
    default:
        break;
    }
    for (uint32_t row = 0; row < s->batch->rows; row++) {
        s->span_count = 0;
        twf_rule_collect(s, column, row);
        for (uint32_t i = 0; i < s->span_count; i++)
            twf_rule_store_add(s, st, row, s->spans[i]);
    }
    twf_rule_store_end(s, st, s->batch->rows);
}

static bool find_in_column(struct twf_rules_scratch *s, uint32_t column)
{
    const struct rule_column *c = &s->rules->columns[column];
    const struct rule_store *st = &s->stores[column];

    if (c->exact == NULL && c->database == NULL)
        return true;
    store_field(s, column);
    for (uint32_t i = 0; c->exact != NULL && !s->failed && i < st->count; i++)
        find_exact(s, c,
                   twf_span(st->bytes.ptr + st->offsets[i], st->offsets[i + 1] - st->offsets[i] - 1),
                   st->rows[i]);
    return c->database == NULL || s->failed || scan_column(s, column);
}

bool twf_rule_find(struct twf_rules_scratch *s)
{
    uint32_t rows = s->batch->rows;

    if (!twf_rule_room(s, &s->row_first, &s->row_first_cap, rows, sizeof(*s->row_first)))
        return false;
    memset(s->row_first, 0xFF, rows * sizeof(*s->row_first));
    memset(s->last_row, 0xFF, s->rules->atom_count * sizeof(*s->last_row));
    s->candidate_count = 0;
    for (uint32_t i = 0; i < s->rules->column_count; i++) {
        if (s->rules->columns[i].used && !find_in_column(s, i)) {
            s->storms += !s->failed;
            return false;
        }
    }
    return !s->failed;
}
