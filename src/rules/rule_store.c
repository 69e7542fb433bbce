/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store of a field: its values over a batch, one after another, each followed by LF. A field that is
 * a column of the batch is stored as a whole: most columns have neither folds nor encoded-words, which one
 * look at their bytes tells, and then a value is a copy and nothing else.
 */
#include <string.h>

#include "rules/rule_scratch.h"

void twf_rule_store_reset(struct rule_store *st)
{
    twf_buf_reset(&st->bytes);
    st->count = st->row_count = 0;
}

void twf_rule_store_end(struct twf_rules_scratch *s, struct rule_store *st, uint32_t rows)
{
    if (!twf_rule_room(s, &st->first, &st->first_cap, rows + 1, sizeof(*st->first)))
        return;
    for (; st->row_count < rows; st->row_count++)
        st->first[st->row_count] = st->count;
    st->first[rows] = st->count;
}

void twf_rule_store_add(struct twf_rules_scratch *s, struct rule_store *st, uint32_t row,
                        struct twf_span value)
{
    twf_rule_store_end(s, st, row + 1);
    if (!twf_rule_room(s, &st->offsets, &st->offset_cap, st->count + 2, sizeof(*st->offsets)) ||
        !twf_rule_room(s, &st->rows, &st->row_cap, st->count + 1, sizeof(*st->rows)))
        return;
    st->offsets[st->count] = (uint32_t)st->bytes.len;
    st->rows[st->count++] = row;
    twf_buf_span(&st->bytes, value);
    twf_buf_byte(&st->bytes, '\n');
    if (st->bytes.failed || st->bytes.len > UINT32_MAX) {
        s->failed = true;
        return;
    }
    st->offsets[st->count] = (uint32_t)st->bytes.len;
    st->first[row + 1] = st->count;
}

/* ---- a whole column ---- */

/* Where the next LF and the next "=?" of a column are; a value in front of both is what it seems. */
struct odd {
    const uint8_t *data;
    size_t len, lf, word;
};

static size_t next_lf(const struct odd *o, size_t from)
{
    const uint8_t *p = from < o->len ? memchr(o->data + from, '\n', o->len - from) : NULL;

    return p == NULL ? o->len : (size_t)(p - o->data);
}

static size_t next_word(const struct odd *o, size_t from)
{
    while (from < o->len) {
        const uint8_t *p = memchr(o->data + from, '=', o->len - from);

        if (p == NULL)
            break;
        from = (size_t)(p - o->data) + 1;
        if (from < o->len && o->data[from] == '?')
            return from - 1;
    }
    return o->len;
}

static bool is_odd(struct odd *o, size_t from, size_t end, enum rule_lines how)
{
    if (how == RULE_LINES_WHOLE)
        return false;
    if (o->lf < from)
        o->lf = next_lf(o, from);
    if (how == RULE_LINES_DECODED && o->word < from)
        o->word = next_word(o, from);
    return o->lf < end || o->word < end;
}

/* A value that may be several, or folded, or encoded. */
static void add_odd(struct twf_rules_scratch *s, struct rule_store *st, uint32_t row,
                    struct twf_span value, enum rule_lines how)
{
    bool more = true;

    twf_arena_reset(&s->arena);
    while (more) {
        struct twf_span line = twf_rule_take_line(&value, &more);

        twf_rule_store_add(s, st, row,
                           how == RULE_LINES_DECODED ? twf_rule_unfold(s, line, true) : line);
    }
}

/* Room for the values of all rows, and for the bytes of those from byte at on. */
static bool make_room(struct twf_rules_scratch *s, struct rule_store *st, const struct twf_col *c,
                      size_t at)
{
    size_t more = c->data_len - at + c->rows;

    if (st->bytes.len + more > UINT32_MAX || twf_buf_reserve(&st->bytes, more + 1) == NULL) {
        s->failed = true;
        return false;
    }
    return twf_rule_room(s, &st->offsets, &st->offset_cap, st->count + c->rows + 1,
                         sizeof(*st->offsets)) &&
           twf_rule_room(s, &st->rows, &st->row_cap, st->count + c->rows, sizeof(*st->rows)) &&
           twf_rule_room(s, &st->first, &st->first_cap, c->rows + 1, sizeof(*st->first));
}

void twf_rule_store_column(struct twf_rules_scratch *s, struct rule_store *st,
                           const struct twf_col *c, enum rule_lines how)
{
    struct odd odd = {c->data, c->data_len, 0, 0};

    odd.lf = next_lf(&odd, 0);
    odd.word = how == RULE_LINES_DECODED ? next_word(&odd, 0) : odd.len;
    if (!make_room(s, st, c, 0))
        return;
    for (uint32_t row = 0; row < c->rows; row++) {
        size_t from = (size_t)c->offsets[row], end = (size_t)c->offsets[row + 1];

        st->first[row] = st->count;
        if (!twf_col_valid(c, row))
            continue;
        if (TWF_UNLIKELY(is_odd(&odd, from, end, how))) {
            st->row_count = row;
            add_odd(s, st, row, twf_span(c->data + from, end - from), how);
            if (s->failed || !make_room(s, st, c, end))
                return;
            continue;
        }
        st->offsets[st->count] = (uint32_t)st->bytes.len;
        st->rows[st->count++] = row;
        if (end > from)
            memcpy(st->bytes.ptr + st->bytes.len, c->data + from, end - from);
        st->bytes.len += end - from;
        st->bytes.ptr[st->bytes.len++] = '\n';
    }
    st->offsets[st->count] = (uint32_t)st->bytes.len;
    st->row_count = c->rows;
    st->first[c->rows] = st->count;
}
