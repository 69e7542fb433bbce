/* SPDX-License-Identifier: Apache-2.0 */
/* The index writer inside: columns that are being collected, and the message that they become. */
#ifndef TWF_INDEX_WRITER_H
#define TWF_INDEX_WRITER_H

#include "index/index.h"

#include <zstd.h>

#include "index/dict.h"
#include "index/layout.h"

/*
 * Bytes of a column in a record batch above which the batch ends early, so that 32-bit offsets and a reader's
 * memory suffice.
 */
enum { INDEX_COLUMN_MAX = 64 << 20 };

/* How a column is stored. */
enum index_how {
    HOW_PLAIN,
    HOW_DICT,    /* values repeat by nature */
    HOW_MEASURE, /* they may */
};

/* One column of the record batch that is being collected. */
struct index_writing {
    enum twf_col_id col;
    enum index_how how; /* HOW_MEASURE until the first batch is full */
    struct index_dict dict;
    bool as_is;      /* the values of this batch are not compressed */
    uint32_t nulls, items;
    struct twf_buf validity;     /* bits */
    struct twf_buf list_offsets; /* int32 */
    struct twf_buf offsets;      /* int32 */
    struct twf_buf data;         /* bytes, numbers, bits or ids */
    struct twf_buf counts;       /* of a narrow column: what index_note_counts notes, all batches */
};

/* A brief column of text as it is stored, of the rows that are being collected. */
struct index_brief {
    struct twf_buf validity, offsets, data;
};

struct twf_index_writer {
    int fd;
    uint64_t off; /* bytes written */
    ZSTD_CCtx *zstd;
    struct twf_fb fb;
    struct twf_buf body, sums, plain;
    struct index_brief brief;
    struct twf_buf blocks;           /* struct arrow_block, batches */
    struct twf_buf block_hashes;     /* hex, batches */
    struct twf_buf dict_blocks, dict_hashes;
    struct arrow_node nodes[2 * TWF_COL_COUNT];
    struct arrow_buffer buffers[INDEX_BUFFERS_MAX];
    uint32_t node_count, buffer_count;
    struct index_field fields[TWF_COL_COUNT];
    struct index_writing columns[TWF_COL_COUNT];
    uint32_t column_count;
    uint32_t rows; /* collected */
    uint64_t all_rows, batches;
    bool has_schema;
    uint64_t head_hash, head_len;
};

enum twf_status index_no_memory(struct twf_error *err);

/* ---- ipc_how.c ---- */

enum index_how index_how_stored(enum twf_col_id col);
/* Columns that are as large as all others together: only where they are asked for. */
bool index_is_bulky(enum twf_col_id col);
/* Columns whose ids a question compares millions of times a second: not compressed unless that pays. */
bool index_is_hot(enum twf_col_id col);

/* Whether the values of a column are better left as they are, in a batch whose messages have mail bytes. */
bool index_is_searched(enum twf_col_id col, uint64_t values, uint64_t mail);

/* ---- ipc_collect.c ---- */

/* Rows [from, end) of b, behind those that w has. */
TWF_MUST_USE enum twf_status index_collect(struct twf_index_writer *w, const struct twf_batch *b,
                                           uint32_t from, uint32_t end, struct twf_error *err);
/* A column with ids becomes one with values; false without memory. */
TWF_MUST_USE bool index_flatten(struct index_writing *c, uint32_t rows, struct twf_buf *scratch);

/* ---- ipc_brief.c ---- */

/* The same of a column that is brief (brief.h), behind the have rows that are there. */
void index_collect_brief(struct index_writing *to, const struct twf_batch *b, uint32_t from, uint32_t end,
                         uint32_t have);

/* ---- ipc_brief_text.c ---- */

/*
 * Rows [from, end) of a brief column of text as rows from 0 on of *out, which borrows from t until it is used again;
 * false without memory.
 */
TWF_MUST_USE bool index_brief_text(struct index_brief *t, const struct twf_batch *b, enum twf_col_id col,
                                   uint32_t from, uint32_t end, struct twf_col *out);

/* ---- ipc_message.c: one message of the file, made and written ---- */

/* s to fd; *off counts the bytes that were written. */
TWF_MUST_USE enum twf_status index_put(int fd, uint64_t *off, struct twf_span s, struct twf_error *err);
void index_begin_message(struct twf_index_writer *w);
/*
 * A buffer: its decoded length and zstd frames, or -1 and the bytes as they are. Hot ids are compressed
 * only where next to nothing is left, as of a column with one value: zstd decodes a gigabyte a second, and
 * ids are compared at ten times that.
 */
void index_put_buffer(struct twf_index_writer *w, struct twf_span src, bool hot);
/* A buffer that is not compressed. */
void index_put_as_is(struct twf_index_writer *w, struct twf_span src);
void index_put_column(struct twf_index_writer *w, const struct index_writing *c, uint32_t rows);
/* The checksums of the buffers that were put. */
twf_fb_ref index_put_sums(struct twf_index_writer *w);
/* What was put into body, nodes, buffers and sums, as a RecordBatch table. */
twf_fb_ref index_put_batch_table(struct twf_index_writer *w, uint32_t rows);
/* A Message around header; what it is made of stands in w->fb. Writes it, and the body behind it. */
TWF_MUST_USE enum twf_status index_put_message(struct twf_index_writer *w, uint8_t kind,
                                               twf_fb_ref header, twf_fb_ref meta,
                                               struct twf_buf *blocks, struct twf_buf *hashes,
                                               struct twf_error *err);

/* ---- ipc_counts.c ---- */

/* Of the rows collected, whose column has ids of one byte. */
void index_note_counts(struct index_writing *c, uint32_t rows);

/* ---- ipc_footer.c ---- */

struct twf_index_end {
    struct twf_buf blocks, hashes;           /* of the dictionaries, then of the batches */
    uint32_t dictionaries;                   /* among them */
    struct index_field *fields;
    uint32_t field_count;
    enum twf_col_id counted[INDEX_NARROW_COLUMNS];
    struct twf_buf counts[INDEX_NARROW_COLUMNS];
    uint32_t counted_columns;
    uint64_t off, head_hash, head_len, rows, batches;
};

/* What the end of the file needs of w, whose dictionaries are written. */
TWF_MUST_USE enum twf_status index_take_end(struct twf_index_writer *w, struct twf_index_end **out,
                                            struct twf_error *err);

/* ---- ipc_gaps.c ---- */

void index_put_gaps(struct twf_buf *out, const struct twf_incident *gaps, uint32_t n);

#endif
