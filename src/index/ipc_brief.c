/* SPDX-License-Identifier: Apache-2.0 */
/* Columns that leave out what follows from others (brief.h), as they are collected. */
#include "index/brief.h"

#include "index/writer.h"

static void put_i32(struct twf_buf *b, int32_t value)
{
    twf_buf_put(b, &value, sizeof(value));
}

static void begin(struct twf_buf *offsets)
{
    if (offsets->len == 0)
        put_i32(offsets, 0);
}

/* The bit of row at; bits before it are there. */
static void put_valid(struct index_writing *to, uint32_t at, bool valid)
{
    if (at % 8 == 0)
        twf_buf_byte(&to->validity, 0);
    if (valid && !to->validity.failed)
        to->validity.ptr[at / 8] |= (uint8_t)(1u << at % 8);
    to->nulls += !valid;
}

static void end_value(struct index_writing *to)
{
    put_i32(&to->offsets, (int32_t)to->data.len);
}

/* ---- record_id ---- */

/* Whether an id is source_id:offset:0, the offset as it is written. */
static bool is_usual_id(struct twf_span id, struct twf_span source, int64_t offset)
{
    size_t at;

    if (offset < 0 || id.len < source.len + 4 || id.ptr[id.len - 2] != ':' || id.ptr[id.len - 1] != '0' ||
        id.ptr[source.len] != ':' || !twf_span_eq(twf_span_slice(id, 0, source.len), source))
        return false;
    at = id.len - 2;
    do {
        at--;
        if (id.ptr[at] != '0' + offset % 10)
            return false;
        offset /= 10;
    } while (offset > 0 && at > source.len + 1);
    return offset == 0 && at == source.len + 1;
}

/* A row that only an index reads has left it out by itself. */
static void put_record_id(struct index_writing *to, const struct twf_batch *b, uint32_t row, uint32_t at)
{
    const struct twf_col *c = &b->cols[TWF_COL_record_id];
    struct twf_span id = twf_col_bytes(c, row);
    bool usual = !twf_col_valid(c, row) ||
                 is_usual_id(id, twf_col_bytes(&b->cols[TWF_COL_source_id], row),
                             twf_col_int(&b->cols[TWF_COL_message_offset], row));

    put_valid(to, at, !usual);
    begin(&to->offsets);
    if (!usual)
        twf_buf_span(&to->data, id);
    end_value(to);
}

/* ---- p2_readers ---- */

static bool all_agree(const struct twf_col *c, const struct twf_col *address, uint32_t row)
{
    struct twf_span author;

    if (!twf_col_valid(address, row) || twf_col_list_len(c, row) != BRIEF_READERS)
        return false;
    author = twf_col_bytes(address, row);
    for (uint32_t i = 0; i < BRIEF_READERS; i++) {
        struct twf_span item = twf_col_list_item(c, row, i);

        if (item.len < 3 || item.ptr[0] != 'S' || item.ptr[1] != '1' + i || item.ptr[2] != '=' ||
            !twf_span_eq(twf_span_slice(item, 3, item.len), author))
            return false;
    }
    return true;
}

static void end_item(struct index_writing *to)
{
    end_value(to);
    to->items++;
}

static void put_item(struct index_writing *to, struct twf_span item)
{
    twf_buf_span(&to->data, item);
    end_item(to);
}

static void put_readers(struct index_writing *to, const struct twf_batch *b, uint32_t row, uint32_t at)
{
    const struct twf_col *c = &b->cols[TWF_COL_p2_readers];
    bool agree = !twf_col_valid(c, row) || all_agree(c, &b->cols[TWF_COL_p2_address], row);

    put_valid(to, at, !agree);
    begin(&to->offsets);
    begin(&to->list_offsets);
    for (uint32_t i = 0; !agree && i < twf_col_list_len(c, row); i++)
        put_item(to, twf_col_list_item(c, row, i));
    put_i32(&to->list_offsets, (int32_t)to->items);
}

/* ---- p1_seen ---- */

static bool has_value(const struct twf_col *c, uint32_t row, struct twf_span value)
{
    return twf_col_valid(c, row) && twf_span_eq(twf_col_bytes(c, row), value);
}

/* Where the value of an item stands already; 0: nowhere. */
static uint8_t place_of(const struct twf_batch *b, uint32_t row, const struct index_seen *item,
                        const struct index_seen *before)
{
    if (has_value(&b->cols[TWF_COL_p1_raw], row, item->value))
        return BRIEF_RAW;
    if (has_value(&b->cols[TWF_COL_p1_address], row, item->value))
        return BRIEF_ADDRESS;
    return before->source.ptr != NULL && twf_span_eq(before->value, item->value) ? BRIEF_BEFORE : 0;
}

static bool looks_brief(struct twf_span item)
{
    size_t word = index_seen_word(item);
    uint8_t c = word < item.len ? item.ptr[word] : 0;

    return c == BRIEF_RAW || c == BRIEF_ADDRESS || c == BRIEF_BEFORE || (c == BRIEF_AS_IS && word == 0);
}

static void put_seen(struct index_writing *to, const struct twf_batch *b, uint32_t row, uint32_t at)
{
    const struct twf_col *c = &b->cols[TWF_COL_p1_seen];
    struct index_seen before = {0};
    bool open = false; /* an item that the next one may be put behind */

    put_valid(to, at, twf_col_valid(c, row));
    begin(&to->offsets);
    begin(&to->list_offsets);
    for (uint32_t i = 0; i < twf_col_list_len(c, row); i++) {
        struct twf_span item = twf_col_list_item(c, row, i);
        struct index_seen parts = {0};
        uint8_t place = index_take_seen(item, &parts) ? place_of(b, row, &parts, &before) : 0;

        if (place != 0) {
            if (open)
                twf_buf_byte(&to->data, BRIEF_NEXT);
            twf_buf_span(&to->data, parts.source);
            if (place != BRIEF_RAW)
                twf_buf_byte(&to->data, place);
            twf_buf_span(&to->data, parts.place);
            open = true;
        } else {
            if (open)
                end_item(to);
            open = false;
            if (looks_brief(item))
                twf_buf_byte(&to->data, BRIEF_AS_IS);
            put_item(to, item);
        }
        before = parts;
    }
    if (open)
        end_item(to);
    put_i32(&to->list_offsets, (int32_t)to->items);
}

void index_collect_brief(struct index_writing *to, const struct twf_batch *b, uint32_t from, uint32_t end,
                         uint32_t have)
{
    for (uint32_t row = from; row < end; row++, have++) {
        if (to->col == TWF_COL_record_id)
            put_record_id(to, b, row, have);
        else if (to->col == TWF_COL_p2_readers)
            put_readers(to, b, row, have);
        else
            put_seen(to, b, row, have);
    }
}
