/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The batch: up to 65,536 messages as columns in Arrow layout. gather fills it, match scans its
 * columns, verdict adds to it, every writer reads it. One worker owns a batch at a time.
 *
 * Values are appended row by row; rows that were passed over become null (or an empty list) when a
 * later row of that column is written, or at twf_batch_finish. Growth failure is sticky (b->failed).
 *
 * Layout: Arrow columnar format, little-endian. validity has a bit a row (LSB first, set: not null);
 * offsets has rows + 1 entries; a LIST has list_offsets of rows + 1 into offsets.
 */
#ifndef TWF_FLOW_BATCH_H
#define TWF_FLOW_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum { TWF_BATCH_ROWS_MAX = 65536 };

enum twf_col_id {
#define C(name, type, never_null, index, text) TWF_COL_##name,
#include "flow/columns.def"
#undef C
    TWF_COL_COUNT
};

enum twf_col_type {
    TWF_TYPE_UTF8,
    TWF_TYPE_BIN,
    TWF_TYPE_I16,
    TWF_TYPE_I32,
    TWF_TYPE_I64,
    TWF_TYPE_BOOL, /* data holds a bit a row */
    TWF_TYPE_TS,   /* int64, microseconds since 1970, UTC */
    TWF_TYPE_LIST  /* list<utf8> */
};

struct twf_col_info {
    const char *name;
    enum twf_col_type type;
    bool never_null;
    char index; /* 'I', 'O' or 'X' */
    const char *text;
};
extern const struct twf_col_info twf_col_infos[TWF_COL_COUNT];

struct twf_col {
    enum twf_col_type type;
    uint32_t rows;          /* appended so far */
    uint32_t items;         /* LIST: strings appended so far */
    uint32_t room;          /* rows that the arrays with something for each row have room for */
    uint8_t *validity;
    int32_t *list_offsets;
    int32_t *offsets;
    uint8_t *data;
    size_t data_len, data_cap, offsets_cap, list_cap, validity_cap;
};

struct twf_batch {
    uint32_t rows;          /* set by twf_batch_finish */
    bool failed;            /* memory ran out, or a column exceeded 2 GiB */
    struct twf_col cols[TWF_COL_COUNT];
    /* level and score by the findings alone, where a rule raised any of them; rows 0: none did */
    struct twf_col plain_level, plain_score;
    uint8_t *selected;      /* bit a row: goes to the record sinks; TWF_BATCH_ROWS_MAX / 8 bytes */
    uint32_t selected_count, selected_end; /* no row from selected_end on is selected */
};

/* NULL without memory. */
struct twf_batch *twf_batch_new(void);
void twf_batch_free(struct twf_batch *b);
/* Empties it; memory stays. */
void twf_batch_reset(struct twf_batch *b);
/* Pads every column to rows and fixes b->rows. */
void twf_batch_finish(struct twf_batch *b, uint32_t rows);
/* The same for these columns; the others must not be read. */
void twf_batch_finish_columns(struct twf_batch *b, uint32_t rows, const bool wanted[TWF_COL_COUNT]);

/* UTF8 and BIN. The bytes are copied; the caller vouches for valid UTF-8 in UTF8 columns. */
void twf_batch_bytes(struct twf_batch *b, enum twf_col_id id, uint32_t row, struct twf_span value);
/*
 * UTF8 and BIN: all rows of an empty column at once. offsets: rows + 1 into data, from any value on; validity
 * may be NULL: every row has a value.
 */
void twf_batch_texts(struct twf_batch *b, enum twf_col_id id, uint32_t rows, const uint8_t *validity,
                     const int32_t *offsets, const uint8_t *data);
/* I16, I32, I64 and TS: the same. */
void twf_batch_ints(struct twf_batch *b, enum twf_col_id id, uint32_t rows, const uint8_t *validity,
                    const uint8_t *data);
/* Appends to the value of the row that was written last, e.g. a repeated field. */
void twf_batch_bytes_more(struct twf_batch *b, enum twf_col_id id, uint32_t row,
                          struct twf_span value);
/* I16, I32, I64, TS, BOOL. */
void twf_batch_int(struct twf_batch *b, enum twf_col_id id, uint32_t row, int64_t value);
/* LIST: one more string for the row. */
void twf_batch_item(struct twf_batch *b, enum twf_col_id id, uint32_t row, struct twf_span value);
/* LIST: the row has a list, maybe an empty one. */
void twf_batch_list(struct twf_batch *b, enum twf_col_id id, uint32_t row);

static inline void twf_batch_str(struct twf_batch *b, enum twf_col_id id, uint32_t row,
                                 const char *text)
{
    twf_batch_bytes(b, id, row, twf_span_str(text));
}

/* Reading; row < c->rows, after twf_batch_finish. */
static inline bool twf_col_valid(const struct twf_col *c, uint32_t row)
{
    return (c->validity[row >> 3] >> (row & 7) & 1) != 0;
}
static inline struct twf_span twf_col_bytes(const struct twf_col *c, uint32_t row)
{
    return twf_span(c->data + c->offsets[row], (size_t)(c->offsets[row + 1] - c->offsets[row]));
}
int64_t twf_col_int(const struct twf_col *c, uint32_t row);
uint32_t twf_col_list_len(const struct twf_col *c, uint32_t row);
struct twf_span twf_col_list_item(const struct twf_col *c, uint32_t row, uint32_t i);

static inline void twf_batch_select(struct twf_batch *b, uint32_t row)
{
    b->selected[row >> 3] |= (uint8_t)(1u << (row & 7));
    b->selected_count++;
    if (row >= b->selected_end)
        b->selected_end = row + 1;
}

static inline bool twf_batch_is_selected(const struct twf_batch *b, uint32_t row)
{
    return (b->selected[row >> 3] >> (row & 7) & 1) != 0;
}

#endif
