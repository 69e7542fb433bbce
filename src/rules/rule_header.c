/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header fields that rules name, copied while the header is at hand (RFC 5322 section 2.2). For a
 * batch out of an index, the raw columns stand in for the header.
 */
#include "base/alloc.h"
#include "flow/head.h"
#include "parse/parse.h"
#include "rules/rule_scratch.h"

/* A batch holds at most so much of header fields; then it is flushed. */
enum { PUT_BYTES_MAX = 64 << 20 };

static const struct {
    const char *name;
    enum twf_col_id col;
} raw_columns[] = {{"From", TWF_COL_from_raw},
                   {"Sender", TWF_COL_sender_raw},
                   {"Reply-To", TWF_COL_reply_to_raw},
                   {"Return-Path", TWF_COL_return_path_raw},
                   {"To", TWF_COL_to_raw},
                   {"Subject", TWF_COL_subject_raw},
                   {"Date", TWF_COL_date_raw},
                   {"List-Id", TWF_COL_list_id},
                   {"Authentication-Results", TWF_COL_authentication_results},
                   {"Received", TWF_COL_received}};

/* By enum twf_field_id. */
static const char *const known_names[TWF_FIELD_COUNT] = {
#define F(id, name) [TWF_FIELD_##id] = name,
#include "flow/fields.def"
#undef F
};

/* The id of a field by its name, or TWF_FIELD_OTHER. */
static uint16_t known_field(struct twf_span name)
{
    for (uint16_t id = 0; id < TWF_FIELD_COUNT; id++) {
        if (known_names[id] != NULL && twf_span_is_fold(name, known_names[id]))
            return id;
    }
    return TWF_FIELD_OTHER;
}

uint8_t twf_rule_raw_column(struct twf_span name)
{
    for (size_t i = 0; i < TWF_COUNT(raw_columns); i++) {
        if (twf_span_is_fold(name, raw_columns[i].name))
            return (uint8_t)raw_columns[i].col;
    }
    return RULE_NO_RAW;
}

static bool is_header(const struct rule_column *c)
{
    return c->used && (c->field.source == RULE_HEADER || c->field.source == RULE_HEADER_RAW);
}

bool twf_rule_header_init(struct twf_rules_scratch *s)
{
    const struct twf_rules *r = s->rules;
    uint32_t slots = 16;

    while (slots < r->column_count * 2)
        slots *= 2;
    s->raw_col = twf_malloc(r->column_count + 1u);
    s->fields = twf_malloc((r->column_count + 1u) * sizeof(*s->fields));
    s->names = twf_malloc(slots * sizeof(*s->names));
    s->name_next = twf_malloc((r->column_count + 1u) * sizeof(*s->name_next));
    s->block = RULE_NONE;
    if (s->names == NULL || s->name_next == NULL || s->raw_col == NULL ||
        s->fields == NULL)
        return false;
    memset(s->names, 0xFF, slots * sizeof(*s->names));
    s->name_mask = slots - 1;
    for (uint32_t i = 0; i < r->column_count; i++) {
        const struct rule_column *c = &r->columns[i];
        uint32_t *slot;

        if (c->used && c->field.source == RULE_BLOCK) {
            s->block = i;
            s->wants_header = true;
        }
        if (!is_header(c))
            continue;
        s->raw_col[i] = twf_rule_raw_column(c->lower);
        s->fields[s->field_count] = (struct rule_header_field){i, known_field(c->lower)};
        s->wants_names |= s->fields[s->field_count++].id == TWF_FIELD_OTHER;
        slot = &s->names[twf_rule_fold_hash(c->lower) & s->name_mask];
        s->name_next[i] = *slot;
        *slot = i;
        s->name_lens |= UINT64_C(1) << (c->lower.len & 63);
        s->wants_header = true;
    }
    return true;
}

struct twf_span twf_rule_take_line(struct twf_span *rest, bool *more)
{
    size_t at = 0;
    struct twf_span line;

    for (;;) {
        at += twf_span_find(twf_span_slice(*rest, at, rest->len), '\n');
        if (at + 1 >= rest->len || !twf_is_blank(rest->ptr[at + 1]))
            break;
        at++;
    }
    line = twf_span_slice(*rest, 0, at);
    *more = at < rest->len;
    *rest = twf_span_slice(*rest, at + 1, rest->len);
    return line;
}

struct twf_span twf_rule_unfold(struct twf_rules_scratch *s, struct twf_span value, bool decode)
{
    uint32_t decoded;
    size_t n = 0;

    if (twf_span_find(value, '\n') < value.len) {
        uint8_t *out = twf_arena_alloc(&s->arena, value.len);

        for (size_t i = 0; out != NULL && i < value.len; i++) {
            size_t eol = value.ptr[i] == '\n' ? 1
                         : value.ptr[i] == '\r' && i + 1 < value.len && value.ptr[i + 1] == '\n'
                             ? 2
                             : 0;

            if (eol > 0 && i + eol < value.len && twf_is_blank(value.ptr[i + eol]))
                i += eol; /* the blank behind it stays */
            out[n++] = value.ptr[i];
        }
        value = twf_span(out, n);
    }
    if (decode && twf_has_encoded_word(value))
        value = twf_decode_words(&s->arena, value, &decoded);
    if (s->arena.failed != 0)
        s->failed = true;
    return value;
}

static void add_value(struct twf_rules_scratch *s, uint32_t column, uint32_t row,
                      struct twf_span value)
{
    bool raw = s->rules->columns[column].field.source == RULE_HEADER_RAW;

    twf_rule_store_add(s, &s->stores[column], row, raw ? value : twf_rule_unfold(s, value, true));
    s->put_bytes += value.len;
}

/* One field to the columns that name it. name: as written, without trailing blanks. */
static void put_field(struct twf_rules_scratch *s, uint32_t row, struct twf_span name,
                      struct twf_span value)
{
    const struct twf_rules *r = s->rules;
    uint32_t column;

    if (twf_span_find(name, '\n') < name.len)
        name = twf_span_trim(twf_rule_unfold(s, name, false));
    if ((s->name_lens >> (name.len & 63) & 1) == 0)
        return;
    column = s->names[twf_rule_fold_hash(name) & s->name_mask];
    for (; column != RULE_NONE; column = s->name_next[column]) {
        if (twf_span_eq_fold(r->columns[column].lower, name) &&
            (s->has_puts || s->raw_col[column] == RULE_NO_RAW))
            add_value(s, column, row, value);
    }
}

static struct twf_span trim_right(struct twf_span s)
{
    while (s.len > 0 && twf_is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool twf_rules_want_names(const struct twf_rules_scratch *s)
{
    return s->wants_names;
}

/* The fields of a head by their ids: no name is looked at. */
static void put_known(struct twf_rules_scratch *s, uint32_t row, const struct twf_head *head)
{
    for (uint32_t i = 0; i < s->field_count; i++) {
        const struct twf_field *f = twf_head_first(head, (enum twf_field_id)s->fields[i].id);

        for (; f != NULL; f = twf_head_next(head, f))
            add_value(s, s->fields[i].column, row, twf_field_value(head, f));
    }
}

bool twf_rules_put(struct twf_rules_scratch *s, uint32_t row, const struct twf_head *head)
{
    if (!s->wants_header)
        return false;
    s->has_puts = true;
    twf_arena_reset(&s->arena);
    if (!s->wants_names)
        put_known(s, row, head);
    for (uint32_t i = 0; s->wants_names && i < head->field_count; i++)
        put_field(s, row, trim_right(twf_field_name(head, &head->fields[i])),
                  twf_field_value(head, &head->fields[i]));
    if (s->block != RULE_NONE) {
        twf_rule_store_add(s, &s->stores[s->block], row, head->block);
        s->put_bytes += head->block.len;
    }
    return s->put_bytes > PUT_BYTES_MAX;
}

/* ---- a batch without messages ---- */

static struct twf_span trim_left(struct twf_span s)
{
    while (s.len > 0 && (twf_is_blank(s.ptr[0]) || s.ptr[0] == '\r' || s.ptr[0] == '\n'))
        s = twf_span_slice(s, 1, s.len);
    return s;
}

/* The fields of a row that no column of their own stands for. */
static void put_rest(struct twf_rules_scratch *s, struct twf_span rest, uint32_t row)
{
    bool more;

    if (s->block != RULE_NONE && rest.len > 0)
        twf_rule_store_add(s, &s->stores[s->block], row, rest);
    while (rest.len > 0) {
        struct twf_span line = twf_rule_take_line(&rest, &more);
        size_t colon = twf_span_find(line, ':');

        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (colon < line.len)
            put_field(s, row, trim_right(twf_span_slice(line, 0, colon)),
                      trim_left(twf_span_slice(line, colon + 1, line.len)));
    }
}

void twf_rule_header_from_batch(struct twf_rules_scratch *s, const struct twf_batch *b)
{
    const struct twf_rules *r = s->rules;
    const struct twf_col *rest = &b->cols[TWF_COL_header_rest];
    bool wants_rest = s->block != RULE_NONE;

    for (uint32_t i = 0; i < r->column_count; i++) {
        const struct rule_column *c = &r->columns[i];

        if (!is_header(c))
            continue;
        if (s->raw_col[i] == RULE_NO_RAW)
            wants_rest = true;
        else
            twf_rule_store_column(s, &s->stores[i], &b->cols[s->raw_col[i]],
                                  c->field.source == RULE_HEADER_RAW ? RULE_LINES_RAW
                                                                     : RULE_LINES_DECODED);
    }
    for (uint32_t row = 0; wants_rest && row < b->rows; row++) {
        twf_arena_reset(&s->arena);
        if (twf_col_valid(rest, row))
            put_rest(s, twf_col_bytes(rest, row), row);
    }
}

const char *twf_rules_unanswered(const struct twf_rules *r, bool has_rest)
{
    for (uint32_t i = 0; !has_rest && i < r->column_count; i++) {
        const struct rule_column *c = &r->columns[i];

        if (c->used && c->field.source == RULE_BLOCK)
            return "the header block (a text without a field)";
        if (is_header(c) && twf_rule_raw_column(c->lower) == RULE_NO_RAW)
            return c->shown;
    }
    return NULL;
}

bool twf_rules_needs(const struct twf_rules *r, enum twf_col_id id)
{
    for (uint32_t i = 0; i < r->column_count; i++) {
        const struct rule_column *c = &r->columns[i];
        const struct rule_field *f = &c->field;

        if (!c->used)
            continue;
        if (f->source == RULE_BLOCK && id == TWF_COL_header_rest)
            return true;
        if (f->source == RULE_HEADER || f->source == RULE_HEADER_RAW) {
            uint8_t raw = twf_rule_raw_column(c->lower);

            if (id == (raw == RULE_NO_RAW ? TWF_COL_header_rest : (enum twf_col_id)raw))
                return true;
        } else if (f->source == RULE_SENDERS) {
            if (id == TWF_COL_p2_address || id == TWF_COL_p1_address ||
                id == TWF_COL_sender_address || id == TWF_COL_reply_to_address ||
                id == TWF_COL_p2_readers)
                return true;
        } else if (f->source != RULE_BLOCK && f->col == id) {
            return true;
        }
    }
    return false;
}
