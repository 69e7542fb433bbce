/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a field in a row, out of the columns of the batch or out of what was put. */
#include "base/alloc.h"
#include "parse/parse.h"
#include "rules/rule_scratch.h"

bool twf_rule_room(struct twf_rules_scratch *s, void *array, uint32_t *cap, uint32_t need,
                   size_t size)
{
    size_t wide = *cap;

    if (TWF_LIKELY(need <= *cap))
        return true;
    if (!twf_grow(array, &wide, need, size) || wide > UINT32_MAX) {
        s->failed = true;
        return false;
    }
    *cap = (uint32_t)wide;
    return true;
}

/* ---- values of a row ---- */

static void add(struct twf_rules_scratch *s, struct twf_span value)
{
    if (twf_rule_room(s, &s->spans, &s->span_cap, s->span_count + 1, sizeof(*s->spans)))
        s->spans[s->span_count++] = value;
}

static void add_column(struct twf_rules_scratch *s, enum twf_col_id id, uint32_t row)
{
    const struct twf_col *c = &s->batch->cols[id];

    if (twf_col_valid(c, row))
        add(s, twf_col_bytes(c, row));
}

/* Values that one LF joins. */
static void add_lines(struct twf_rules_scratch *s, enum twf_col_id id, uint32_t row, bool decode)
{
    const struct twf_col *c = &s->batch->cols[id];
    struct twf_span rest;
    bool more = true;

    if (!twf_col_valid(c, row))
        return;
    rest = twf_col_bytes(c, row);
    while (more) {
        struct twf_span line = twf_rule_take_line(&rest, &more);

        add(s, decode ? twf_rule_unfold(s, line, true) : line);
    }
}

static void add_list(struct twf_rules_scratch *s, enum twf_col_id id, uint32_t row, bool defects)
{
    const struct twf_col *c = &s->batch->cols[id];
    uint32_t n = twf_col_valid(c, row) ? twf_col_list_len(c, row) : 0;

    for (uint32_t i = 0; i < n; i++) {
        struct twf_span item = twf_col_list_item(c, row, i);

        if (!defects || twf_span_starts_fold(item, "FROM_"))
            add(s, item);
    }
}

static void add_local(struct twf_rules_scratch *s, enum twf_col_id id, uint32_t row)
{
    const struct twf_col *c = &s->batch->cols[id];
    struct twf_span value;
    size_t at;

    if (!twf_col_valid(c, row))
        return;
    value = twf_col_bytes(c, row);
    at = value.len;
    while (at > 0 && value.ptr[at - 1] != '@')
        at--;
    add(s, twf_span_slice(value, 0, at == 0 ? 0 : at - 1));
}

/* The last mailbox of several: reader S2, where it is another than the first. */
static void add_last_mailbox(struct twf_rules_scratch *s, uint32_t row)
{
    const struct twf_col *c = &s->batch->cols[TWF_COL_p2_readers];
    const struct twf_col *first = &s->batch->cols[TWF_COL_p2_address];
    uint32_t n = twf_col_valid(c, row) ? twf_col_list_len(c, row) : 0;

    for (uint32_t i = 0; i < n; i++) {
        struct twf_span item = twf_col_list_item(c, row, i);
        struct twf_span address = twf_span_slice(item, 3, item.len);

        if (twf_span_starts_fold(item, "S2=") &&
            !(twf_col_valid(first, row) && twf_span_eq(address, twf_col_bytes(first, row))))
            add(s, address);
    }
}

static void add_senders(struct twf_rules_scratch *s, enum rule_words which, uint32_t row)
{
    if (which != RULE_ENVELOPE_ONLY) {
        add_column(s, TWF_COL_p2_address, row);
        add_last_mailbox(s, row);
    }
    if (which == RULE_ENVELOPE_ONLY || which == RULE_EITHER)
        add_column(s, TWF_COL_p1_address, row);
    if (which == RULE_LEGACY) {
        add_column(s, TWF_COL_sender_address, row);
        add_column(s, TWF_COL_reply_to_address, row);
    }
}

static void add_stored(struct twf_rules_scratch *s, const struct rule_store *st, uint32_t row)
{
    for (uint32_t i = st->first[row]; i < st->first[row + 1]; i++)
        add(s, twf_span(st->bytes.ptr + st->offsets[i], st->offsets[i + 1] - st->offsets[i] - 1));
}

void twf_rule_collect(struct twf_rules_scratch *s, uint32_t column, uint32_t row)
{
    const struct rule_field *f = &s->rules->columns[column].field;

    switch (f->source) {
    case RULE_COLUMN:
        add_column(s, f->col, row);
        break;
    case RULE_LINES:
        add_lines(s, f->col, row, false);
        break;
    case RULE_DECODED:
        add_lines(s, f->col, row, true);
        break;
    case RULE_LIST:
        add_list(s, f->col, row, false);
        break;
    case RULE_DEFECTS:
        add_list(s, f->col, row, true);
        break;
    case RULE_LOCAL:
        add_local(s, f->col, row);
        break;
    case RULE_SENDERS:
        add_senders(s, f->words, row);
        break;
    case RULE_HEADER:
    case RULE_HEADER_RAW:
    case RULE_BLOCK:
        add_stored(s, &s->stores[column], row);
        break;
    default:
        break; /* numbers have no text */
    }
}

bool twf_rule_number(const struct twf_rules_scratch *s, uint32_t column, uint32_t row, int64_t *out)
{
    const struct twf_col *c = &s->batch->cols[s->rules->columns[column].field.col];

    if (!twf_col_valid(c, row))
        return false;
    *out = twf_col_int(c, row);
    return true;
}
