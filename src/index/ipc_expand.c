/* SPDX-License-Identifier: Apache-2.0 */
/* Columns that leave out what follows from others (brief.h), made whole again. An index may lie about any of them. */
#include "base/error.h"
#include "base/utf8.h"
#include "index/brief.h"
#include "index/reader.h"

bool twf_index_leans(enum twf_col_id col, enum twf_col_id on)
{
    switch (col) {
    case TWF_COL_record_id: return on == TWF_COL_source_id || on == TWF_COL_message_offset;
    case TWF_COL_p2_readers: return on == TWF_COL_p2_address;
    case TWF_COL_p1_seen:
    case TWF_COL_return_path_raw: return on == TWF_COL_p1_raw || on == TWF_COL_p1_address;
    case TWF_COL_date_raw: return on == TWF_COL_date;
    default: return false;
    }
}

struct expanding {
    const struct twf_index *ix;
    struct twf_index_scratch *s;
    uint32_t row, at;
    struct twf_batch *out;
};

static enum twf_status wrong(struct twf_error *err)
{
    return index_bad(err, 0, "a value follows from none");
}

/* The value of this row in a column of text that others lean on. */
static enum twf_status text_of(const struct expanding *x, enum twf_col_id col, struct twf_span *value,
                               struct twf_error *err)
{
    struct twf_index_column c;
    const struct twf_index_values *v;
    uint32_t i = x->row;

    if (!twf_index_has(x->ix, col))
        return wrong(err);
    TWF_TRY(twf_index_column(x->ix, x->s, col, &c, err));
    v = c.dictionary ? twf_index_dictionary_get(x->ix, col) : &c.values;
    if (c.dictionary)
        i = twf_index_id(&c, x->row);
    if (!twf_index_valid(&c, x->row) || v == NULL || i >= v->count)
        return wrong(err);
    *value = twf_index_value(v, i);
    return TWF_OK;
}

static enum twf_status end_text(struct twf_buf *text, struct twf_error *err)
{
    if (text->failed)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for rows of an index");
    return twf_utf8_valid(twf_buf_view(text)) ? TWF_OK : index_bad(err, 0, "text that is no UTF-8");
}

static enum twf_status put_record_id(const struct expanding *x, struct twf_error *err)
{
    struct twf_buf *text = &x->s->text;
    struct twf_index_column c;
    struct twf_span source;
    int64_t offset;

    TWF_TRY(text_of(x, TWF_COL_source_id, &source, err));
    if (!twf_index_has(x->ix, TWF_COL_message_offset))
        return wrong(err);
    TWF_TRY(twf_index_column(x->ix, x->s, TWF_COL_message_offset, &c, err));
    memcpy(&offset, c.fixed + x->row * sizeof(offset), sizeof(offset));
    if (offset < 0)
        return wrong(err);
    twf_buf_reset(text);
    twf_buf_span(text, source);
    twf_buf_byte(text, ':');
    twf_buf_u64(text, (uint64_t)offset);
    twf_buf_str(text, ":0");
    TWF_TRY(end_text(text, err));
    twf_batch_bytes(x->out, TWF_COL_record_id, x->at, twf_buf_view(text));
    return TWF_OK;
}

static enum twf_status put_readers(const struct expanding *x, struct twf_error *err)
{
    struct twf_buf *text = &x->s->text;
    struct twf_span author;

    TWF_TRY(text_of(x, TWF_COL_p2_address, &author, err));
    twf_buf_reset(text);
    twf_buf_str(text, "S1=");
    twf_buf_span(text, author);
    TWF_TRY(end_text(text, err));
    twf_batch_list(x->out, TWF_COL_p2_readers, x->at);
    for (int i = 0; i < BRIEF_READERS; i++) {
        text->ptr[1] = (uint8_t)('1' + i);
        twf_batch_item(x->out, TWF_COL_p2_readers, x->at, twf_buf_view(text));
    }
    return TWF_OK;
}

/* One of the items that stand in item, which begins with it, as it was; *used: its bytes. */
static enum twf_status expand_seen(const struct expanding *x, struct twf_span item, struct twf_span before,
                                   struct twf_buf *text, size_t *used, struct twf_error *err)
{
    size_t word = index_seen_word(item), end = word;
    uint8_t c = word < item.len ? item.ptr[word] : 0;
    struct twf_span value = before;

    *used = item.len;
    if (c == BRIEF_AS_IS && word == 0) {
        twf_buf_span(text, twf_span_slice(item, 1, item.len));
        return TWF_OK;
    }
    if (c == BRIEF_RAW || c == BRIEF_ADDRESS)
        TWF_TRY(text_of(x, c == BRIEF_RAW ? TWF_COL_p1_raw : TWF_COL_p1_address, &value, err));
    else if (c != BRIEF_BEFORE)
        return twf_buf_span(text, item), TWF_OK;
    else if (before.ptr == NULL)
        return wrong(err);
    while (end < item.len && item.ptr[end] != BRIEF_NEXT)
        end++;
    twf_buf_span(text, twf_span_slice(item, 0, word));
    twf_buf_byte(text, '=');
    twf_buf_span(text, value);
    twf_buf_span(text, twf_span_slice(item, c == BRIEF_RAW ? word : word + 1, end));
    *used = end;
    return TWF_OK;
}

/* The items that one stands for; before is the value of the last of them. */
static enum twf_status put_seen_items(const struct expanding *x, struct twf_span item, struct twf_span *before,
                                      struct twf_error *err)
{
    struct twf_buf *text = &x->s->text, *last = &x->s->before;
    size_t used;

    do {
        struct index_seen parts;
        struct twf_buf swap = *last;

        *last = *text;
        *text = swap;
        twf_buf_reset(text);
        TWF_TRY(expand_seen(x, item, *before, text, &used, err));
        TWF_TRY(end_text(text, err));
        twf_batch_item(x->out, TWF_COL_p1_seen, x->at, twf_buf_view(text));
        *before = index_take_seen(twf_buf_view(text), &parts) ? parts.value : (struct twf_span){NULL, 0};
        item = twf_span_slice(item, TWF_MIN(used + 1, item.len), item.len);
    } while (item.len > 0);
    return TWF_OK;
}

static enum twf_status put_seen(const struct expanding *x, const struct twf_index_column *c,
                                struct twf_error *err)
{
    struct twf_span before = {NULL, 0};

    twf_batch_list(x->out, TWF_COL_p1_seen, x->at);
    for (int32_t i = c->list_offsets[x->row]; i < c->list_offsets[x->row + 1]; i++)
        TWF_TRY(put_seen_items(x, twf_index_value(&c->values, (uint32_t)i), &before, err));
    return TWF_OK;
}

/* p1_raw or p1_address, in brackets or not. */
static enum twf_status put_return_path(const struct expanding *x, struct twf_span brief, struct twf_error *err)
{
    struct twf_buf *text = &x->s->text;
    bool raw = brief.ptr[0] == BRIEF_RAW || brief.ptr[0] == BRIEF_BARE_RAW;
    struct twf_span value;

    if (brief.len != 1)
        return wrong(err);
    TWF_TRY(text_of(x, raw ? TWF_COL_p1_raw : TWF_COL_p1_address, &value, err));
    if (brief.ptr[0] == BRIEF_RAW || brief.ptr[0] == BRIEF_ADDRESS) {
        twf_buf_reset(text);
        twf_buf_byte(text, '<');
        twf_buf_span(text, value);
        twf_buf_byte(text, '>');
        value = twf_buf_view(text);
    }
    twf_batch_bytes(x->out, TWF_COL_return_path_raw, x->at, value);
    return TWF_OK;
}

/* The time of the row in the zone that brief begins with, and brief. */
static enum twf_status put_date(const struct expanding *x, struct twf_span brief, struct twf_error *err)
{
    struct twf_buf *text = &x->s->text;
    struct twf_index_column c;
    uint8_t begin[BRIEF_DATE_LEN];
    bool short_day = brief.ptr[0] == BRIEF_SHORT_DAY, named = brief.ptr[0] == BRIEF_UTC;
    int32_t zone = 0;
    int64_t us;
    size_t len;

    if (short_day || named)
        brief = twf_span_slice(brief, 1, brief.len);
    if ((!named && !index_date_zone(brief, &zone)) || !twf_index_has(x->ix, TWF_COL_date))
        return wrong(err);
    TWF_TRY(twf_index_column(x->ix, x->s, TWF_COL_date, &c, err));
    memcpy(&us, c.fixed + x->row * sizeof(us), sizeof(us));
    len = index_date_text(us, zone, short_day, begin);
    if (len == 0 || !twf_index_valid(&c, x->row))
        return wrong(err);
    twf_buf_reset(text);
    twf_buf_put(text, begin, len);
    twf_buf_span(text, brief);
    twf_batch_bytes(x->out, TWF_COL_date_raw, x->at, twf_buf_view(text));
    return TWF_OK;
}

static enum twf_status put_brief_text(const struct expanding *x, enum twf_col_id col, bool *whole,
                                      struct twf_error *err)
{
    struct twf_span value;
    enum twf_status status = TWF_OK;

    TWF_TRY(text_of(x, col, &value, err));
    *whole = !index_looks_brief(col, value);
    if (*whole)
        return TWF_OK;
    if (value.ptr[0] == BRIEF_AS_IS)
        twf_batch_bytes(x->out, col, x->at, twf_span_slice(value, 1, value.len));
    else
        status = col == TWF_COL_date_raw ? put_date(x, value, err) : put_return_path(x, value, err);
    if (x->s->text.failed)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for rows of an index");
    return status;
}

enum twf_status index_expand(const struct twf_index *ix, struct twf_index_scratch *s,
                             const struct twf_index_column *c, enum twf_col_id col, uint32_t row,
                             struct twf_batch *out, uint32_t at, bool *whole, struct twf_error *err)
{
    const struct expanding x = {ix, s, row, at, out};

    if (index_is_brief_text(col)) {
        *whole = true;
        return twf_index_valid(c, row) ? put_brief_text(&x, col, whole, err) : TWF_OK;
    }
    *whole = col != TWF_COL_p1_seen && twf_index_valid(c, row);
    if (*whole)
        return TWF_OK;
    if (col == TWF_COL_record_id)
        return put_record_id(&x, err);
    if (col == TWF_COL_p2_readers)
        return put_readers(&x, err);
    return twf_index_valid(c, row) ? put_seen(&x, c, err) : wrong(err);
}
