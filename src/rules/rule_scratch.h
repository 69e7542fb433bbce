/* SPDX-License-Identifier: Apache-2.0 */
/* What one worker needs to decide rows: values of columns, candidates, answers of the row at hand.
 */
#ifndef TWF_RULES_RULE_SCRATCH_H
#define TWF_RULES_RULE_SCRATCH_H

#include "rules/rule_model.h"

/*
 * Values of one column over a batch, one after another, each followed by LF: what Hyperscan scans.
 * Header fields are put here row by row, other columns when they are scanned.
 */
struct rule_store {
    struct twf_buf bytes;
    uint32_t *offsets; /* of each value; one more than there are values */
    uint32_t *rows;    /* of each value */
    uint32_t *first;   /* first value of each row; one more than there are rows */
    uint32_t count, row_count;
    uint32_t offset_cap, row_cap, first_cap;
};

enum { RULE_NO_RAW = UINT8_MAX };
_Static_assert(TWF_COL_COUNT < UINT8_MAX, "a byte each");

/* A column of values of a header field. id: enum twf_field_id, OTHER where it has none of its own. */
struct rule_header_field {
    uint32_t column;
    uint16_t id;
};

struct rule_candidate {
    uint32_t atom, next;
};

struct twf_rules_scratch {
    const struct twf_rules *rules;
    struct rule_store *stores; /* by column */
    void *hs;
    struct rule_regex_scratch *regex;
    struct twf_arena arena; /* of the row at hand */
    struct twf_buf fold[2];
    struct twf_span *spans; /* values of the row at hand */
    uint32_t span_count, span_cap;
    /* header fields that are named: open chains by the hash of the name */
    uint32_t *names, *name_next;
    uint32_t name_mask;
    uint64_t name_lens; /* bit of each length modulo 64 that occurs */
    uint8_t *raw_col;   /* by column: the column of a batch that stands for the field, or RULE_NO_RAW */
    uint32_t block;     /* the column of the header block, or RULE_NONE */
    struct rule_header_field *fields; /* columns of header fields */
    uint32_t field_count;
    bool wants_header, has_puts;
    bool wants_names; /* one of them has no id, so all go by their names */
    size_t put_bytes;
    /* candidates of the batch */
    struct rule_candidate *candidates;
    uint32_t candidate_count, candidate_cap;
    uint32_t *row_first; /* of each row */
    uint32_t row_first_cap;
    uint32_t *last_row; /* by atom: its last candidate */
    /* the row at hand */
    const struct twf_batch *batch;
    uint32_t row, epoch;
    uint32_t *asked, *announced; /* by atom: the epoch in which it was answered, is a candidate */
    uint8_t *answer;
    uint32_t *queued, *queue; /* by rule; rules to decide */
    uint32_t queue_count;
    uint32_t *hits;
    uint32_t hit_count;
    bool filtering; /* candidates are known: what is none is false */
    bool limit_met;
    /* results of the batch */
    uint8_t *levels;    /* enum twf_level of each row */
    bool *raised;       /* a rule raised it */
    uint32_t *hit_rows; /* pairs: row, rule */
    uint32_t hit_row_count, hit_row_cap, level_cap, raised_cap;
    uint32_t *limit_rows;
    uint32_t limit_row_count, limit_row_cap;
    struct twf_col spare_list, spare_limits;
    uint64_t *totals; /* by rule */
    uint64_t storms;
    bool failed;
};

/* ---- rule_values.c ---- */

/* Appends the values of a column in the row to s->spans; they live until the arena is reset. */
void twf_rule_collect(struct twf_rules_scratch *s, uint32_t column, uint32_t row);
/* The number of a NUMBER, TIME or BOOL column; false: null. */
bool twf_rule_number(const struct twf_rules_scratch *s, uint32_t column, uint32_t row,
                     int64_t *out);
bool twf_rule_room(struct twf_rules_scratch *s, void *array, uint32_t *cap, uint32_t need,
                   size_t size);

/* ---- rule_store.c ---- */

/* What the values of a row are in a UTF8 or BIN column of the batch. */
enum rule_lines {
    RULE_LINES_WHOLE,  /* all of it is one */
    RULE_LINES_RAW,    /* one LF joins several; an LF before a blank belongs to a value */
    RULE_LINES_DECODED /* the same, unfolded and with encoded-words decoded */
};
/* Adds one value; rows come in order. */
void twf_rule_store_add(struct twf_rules_scratch *s, struct rule_store *st, uint32_t row,
                        struct twf_span value);
/* The values of every row of c to an empty store. Resets the arena. */
void twf_rule_store_column(struct twf_rules_scratch *s, struct rule_store *st,
                           const struct twf_col *c, enum rule_lines how);
/* Rows up to rows are complete. */
void twf_rule_store_end(struct twf_rules_scratch *s, struct rule_store *st, uint32_t rows);
void twf_rule_store_reset(struct rule_store *st);

/* ---- rule_header.c ---- */

/* The column of a batch that stands for a header field of this name, or RULE_NO_RAW. */
uint8_t twf_rule_raw_column(struct twf_span name);
bool twf_rule_header_init(struct twf_rules_scratch *s);
/* Header columns of a batch without messages, out of its raw columns. */
void twf_rule_header_from_batch(struct twf_rules_scratch *s, const struct twf_batch *b);
/* The first logical line of *rest, which is cut off; *more: an LF stood behind it. */
struct twf_span twf_rule_take_line(struct twf_span *rest, bool *more);
/* value without folds, its encoded-words decoded when asked for; borrowed or in the arena. */
struct twf_span twf_rule_unfold(struct twf_rules_scratch *s, struct twf_span value, bool decode);

/* ---- rule_find.c ---- */

/* Candidates of the whole batch, in s->candidates. False: a match storm, every row must be decided. */
bool twf_rule_find(struct twf_rules_scratch *s);

/* ---- rule_ask.c ---- */

/* The answer of an atom for the row at hand. */
bool twf_rule_ask(struct twf_rules_scratch *s, uint32_t atom);

#endif
