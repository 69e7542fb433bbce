/* SPDX-License-Identifier: Apache-2.0 */
/* An open index from the inside, for the files that read it. */
#ifndef TWF_INDEX_READER_H
#define TWF_INDEX_READER_H

#include <zstd.h>

#include "index/index.h"
#include "index/layout.h"

/* A message of the file: its place, and the hash of its metadata. */
struct index_block {
    uint64_t off, body_len;
    uint32_t meta_len;
    uint64_t hash;
};

/* A RecordBatch message, taken apart; spans point into the metadata that was read. */
struct index_batch {
    uint64_t body_off, body_len;
    uint32_t rows;
    struct twf_fb_vector nodes, buffers;
    struct twf_span sums;
};

struct index_dictionary {
    struct index_block block;
    bool known;            /* the footer names one */
    bool ready;
    struct twf_buf raw;    /* the data buffer as it lies in the file, while it is decoded */
    size_t *parts;         /* where each zstd frame begins in raw, and the end */
    uint32_t part_count;
    struct twf_buf offsets, bytes;
    struct twf_index_values values;
};

/* How many rows of each batch have each value of a column; starts is NULL where the index does not tell. */
struct index_counts {
    struct twf_span text; /* in the footer */
    uint32_t *starts;     /* of each batch, and the end */
};

/* Bytes of an incident's code and its end. */
enum { INDEX_CODE_MAX = 32 };
struct index_gap {
    struct twf_incident incident;
    char code[INDEX_CODE_MAX];
};

struct twf_index {
    int fd;               /* -1: in memory */
    struct twf_span memory;
    uint64_t size;
    struct twf_buf tail;  /* from EOS to the end */
    struct twf_fb_table schema;
    struct index_field fields[TWF_COL_COUNT];
    uint32_t field_count;
    uint32_t node_at[TWF_COL_COUNT], buffer_at[TWF_COL_COUNT]; /* of each field */
    uint32_t node_count, buffer_count;
    int field_of[TWF_COL_COUNT]; /* -1: the index lacks the column */
    struct index_block *batches;
    uint32_t batch_count;
    struct index_dictionary dictionaries[TWF_COL_COUNT];
    struct index_counts counts[TWF_COL_COUNT];
    struct index_gap *gaps;
    uint32_t gap_count;
};

/* Room for a buffer as read, and decoded. */
struct index_slot {
    struct twf_buf raw, plain;
};

enum { SLOT_VALIDITY, SLOT_FIRST, SLOT_SECOND, SLOT_DATA, SLOT_COUNT };

struct twf_index_scratch {
    ZSTD_DCtx *zstd;
    struct twf_buf meta, text, before;
    struct index_batch batch;
    struct index_slot slots[TWF_COL_COUNT][SLOT_COUNT];
    struct twf_index_column columns[TWF_COL_COUNT];
    bool loaded[TWF_COL_COUNT];
    /* Of a column of text whose bytes were asked for alone. */
    struct twf_span bytes[TWF_COL_COUNT];
    bool has_bytes[TWF_COL_COUNT];
};

enum twf_status index_bad(struct twf_error *err, uint64_t off, const char *what);
/* [off, off + len) of the file into b, from its start. */
TWF_MUST_USE enum twf_status index_read(const struct twf_index *ix, uint64_t off, uint64_t len,
                                        struct twf_buf *b, struct twf_error *err);
/* The metadata of a message, read into meta and taken apart. buffers: how many it must have. */
TWF_MUST_USE enum twf_status index_read_batch(const struct twf_index *ix,
                                              const struct index_block *block, uint8_t kind,
                                              uint32_t nodes, uint32_t buffers,
                                              struct twf_buf *meta, struct index_batch *out,
                                              struct twf_error *err);
/*
 * Buffer i of a batch, read into slot->raw and its checksum compared. *body is the part behind the
 * length, *len that length (-1: the body is the value), 0 and an empty body for an empty buffer.
 */
TWF_MUST_USE enum twf_status index_read_buffer(const struct twf_index *ix,
                                               const struct index_batch *b, uint32_t i,
                                               struct twf_buf *raw, struct twf_span *body,
                                               int64_t *len, struct twf_error *err);
/* The same and decoded: least to most bytes, at an address that is a multiple of 8. */
TWF_MUST_USE enum twf_status index_take_bytes(const struct twf_index *ix, ZSTD_DCtx *zstd,
                                              const struct index_batch *b, uint32_t i,
                                              uint64_t least, uint64_t most,
                                              struct index_slot *slot, struct twf_span *out,
                                              struct twf_error *err);
/* The same: exactly want bytes, at an address that is a multiple of 8. */
TWF_MUST_USE enum twf_status index_take_buffer(const struct twf_index *ix, ZSTD_DCtx *zstd,
                                               const struct index_batch *b, uint32_t i,
                                               uint64_t want, struct index_slot *slot,
                                               const uint8_t **out, struct twf_error *err);
/*
 * A cell of a brief column (brief.h) into row at of out, made whole; *whole where it stands as it is, and
 * nothing was put.
 */
TWF_MUST_USE enum twf_status index_expand(const struct twf_index *ix, struct twf_index_scratch *s,
                                          const struct twf_index_column *c, enum twf_col_id col,
                                          uint32_t row, struct twf_batch *out, uint32_t at, bool *whole,
                                          struct twf_error *err);
/* What index_put_gaps wrote. */
TWF_MUST_USE enum twf_status index_take_gaps(struct twf_index *ix, struct twf_span text, struct twf_error *err);
/* False: without memory, or not a text for so many batches. */
TWF_MUST_USE bool index_take_counts(struct index_counts *c, struct twf_span text, uint32_t batches);
/* Whether n + 1 offsets begin at 0 and never fall; *end is the last one. */
bool index_offsets_ok(const int32_t *offsets, uint32_t n, int32_t *end);

#endif
