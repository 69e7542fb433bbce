/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of an archive: an Arrow IPC file with a row for each message (docs/index.md). The writer
 * takes rows of batches; the reader gives columns back, one record batch at a time, and reads only what
 * is asked for.
 *
 * An index is input: whoever wrote it may have meant harm. Every length, offset, dictionary id and
 * checksum is looked at before it is used; what does not fit is TWF_ERR_FORMAT, and nothing of such an
 * index is believed.
 */
#ifndef TWF_INDEX_INDEX_H
#define TWF_INDEX_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include <twofrom/status.h>

#include "base/buf.h"
#include "base/span.h"
#include "flow/batch.h"
#include "flow/totals.h"

#define TWF_INDEX_SUFFIX ".twofrom.arrow"

/*
 * Rows of a record batch. The format allows 65,536; a quarter of that lets the one row that a question
 * hits be taken out without decoding four times as many neighbours, and costs less than 1 % in size.
 */
enum { TWF_INDEX_ROWS = 16384 };

/* What an index must have been made from to be believed. Texts are borrowed. */
struct twf_index_identity {
    uint64_t size;         /* of the archive, in bytes */
    int64_t mtime_ns;
    const char *source_id; /* XXH3-128 of size, first and last 64 KiB, hex */
    const char *psl;       /* SHA-256 of the public suffix list, hex */
    const char *options;   /* those that change stored columns, in one spelling */
};

/* ---- writing ---- */

struct twf_index_writer;

/*
 * Writes to fd, an empty file open for reading and writing; the descriptor stays the caller's. with_headers:
 * authentication_results, received and header_rest too, which are as large as all other columns together.
 */
TWF_MUST_USE enum twf_status twf_index_writer_new(int fd, bool with_headers,
                                                  struct twf_index_writer **out,
                                                  struct twf_error *err);
void twf_index_writer_free(struct twf_index_writer *w);
/* Rows [from, to) of b, selected or not. */
TWF_MUST_USE enum twf_status twf_index_writer_rows(struct twf_index_writer *w,
                                                   const struct twf_batch *b, uint32_t from,
                                                   uint32_t to, struct twf_error *err);

/*
 * After the last row: the rest of them and the dictionaries are written. *out is the little that the end of the
 * file needs; what an archive lacks may be known later than its rows, and many files may wait for that. w is of
 * no more use than to be freed.
 */
struct twf_index_end;
TWF_MUST_USE enum twf_status twf_index_writer_end(struct twf_index_writer *w, struct twf_index_end **out,
                                                  struct twf_error *err);
void twf_index_end_free(struct twf_index_end *e);

/* Incidents of one archive that an index can tell; an archive with more gets none. */
enum { TWF_INDEX_GAPS_MAX = 4096 };

struct twf_index_sums {
    uint64_t rows, batches, bytes;
};
/*
 * The footer, behind what was written to fd, which may be another descriptor of that file, open for writing: then
 * the file is complete, but not synced. gaps (n of them, at most TWF_INDEX_GAPS_MAX): the incidents of the archive
 * that make a run over it incomplete. TWF_ERR_OUTPUT too where the file has another length than was written.
 */
TWF_MUST_USE enum twf_status twf_index_end_write(struct twf_index_end *e, int fd,
                                                 const struct twf_index_identity *identity,
                                                 const struct twf_incident *gaps, uint32_t n,
                                                 struct twf_index_sums *sums, struct twf_error *err);

/* ---- reading ---- */

struct twf_index;

/* Opens and checks footer, schema and seal; bodies are checked when they are read. */
TWF_MUST_USE enum twf_status twf_index_open(const char *path, struct twf_index **out,
                                            struct twf_error *err);
/* The same over bytes in memory, which stay the caller's and must outlive it. */
TWF_MUST_USE enum twf_status twf_index_open_memory(struct twf_span bytes, struct twf_index **out,
                                                   struct twf_error *err);
void twf_index_close(struct twf_index *ix);

uint32_t twf_index_batch_count(const struct twf_index *ix);
/* What was not read of the archive when the index was made; of each, source is NULL. Live as long as ix. */
uint32_t twf_index_gap_count(const struct twf_index *ix);
const struct twf_incident *twf_index_gap(const struct twf_index *ix, uint32_t i);
bool twf_index_has(const struct twf_index *ix, enum twf_col_id col);
bool twf_index_is_dictionary(const struct twf_index *ix, enum twf_col_id col);
/* Whether the values of its dictionary are those of the column: one that leans on another leaves out what that says. */
bool twf_index_has_values(const struct twf_index *ix, enum twf_col_id col);
/*
 * Whether twf_index_rows needs column on for what column col leaves out: where on is a dictionary, it must be
 * there too.
 */
bool twf_index_leans(enum twf_col_id col, enum twf_col_id on);
/* A value of the schema's metadata ("twofrom.psl"); empty where there is none. Lives as long as ix. */
struct twf_span twf_index_meta(const struct twf_index *ix, const char *key);
/* NULL where ix belongs to the archive that identity tells of, else why it does not ("size differs"). */
const char *twf_index_stale(const struct twf_index *ix, const struct twf_index_identity *identity);

/* Values of a UTF8 or BIN column: a dictionary, or the rows of a batch. */
struct twf_index_values {
    const uint8_t *bytes;
    const int32_t *offsets; /* count + 1 */
    uint32_t count;
};

static inline struct twf_span twf_index_value(const struct twf_index_values *v, uint32_t i)
{
    return twf_span(v->bytes + v->offsets[i], (size_t)(v->offsets[i + 1] - v->offsets[i]));
}

/* One column of one record batch; borrowed from the scratch, until its next batch. */
struct twf_index_column {
    enum twf_col_type type;
    bool dictionary;               /* ids instead of values */
    uint32_t rows;
    const uint8_t *validity;       /* NULL: no nulls */
    /* Ids of a dictionary, in one of these; not looked at yet: compare with the dictionary's count. */
    const int32_t *ids;
    const uint8_t *narrow;
    struct twf_index_values values; /* UTF8, BIN; the items of a LIST */
    const int32_t *list_offsets;   /* LIST: rows + 1 */
    const uint8_t *fixed;          /* numbers, and bits of a BOOL */
};

static inline uint32_t twf_index_id(const struct twf_index_column *c, uint32_t row)
{
    return c->narrow != NULL ? c->narrow[row] : (uint32_t)c->ids[row];
}

static inline bool twf_index_valid(const struct twf_index_column *c, uint32_t row)
{
    return c->validity == NULL || (c->validity[row >> 3] >> (row & 7) & 1) != 0;
}

/* Memory and decoder of one thread. */
struct twf_index_scratch;
TWF_MUST_USE enum twf_status twf_index_scratch_new(struct twf_index_scratch **out,
                                                   struct twf_error *err);
void twf_index_scratch_free(struct twf_index_scratch *s);

/* Goes to a batch: reads its metadata. Columns that s held are gone. */
TWF_MUST_USE enum twf_status twf_index_batch(const struct twf_index *ix, struct twf_index_scratch *s,
                                             uint32_t batch, uint32_t *rows, struct twf_error *err);
/* A column that the index has, of the batch that s went to. */
TWF_MUST_USE enum twf_status twf_index_column(const struct twf_index *ix,
                                              struct twf_index_scratch *s, enum twf_col_id col,
                                              struct twf_index_column *out, struct twf_error *err);

/* Whether the index tells how many rows of each batch have each value of a dictionary column. */
bool twf_index_has_counts(const struct twf_index *ix, enum twf_col_id col);
/*
 * Rows of a batch by these counts, and how many of them have a value whose bit is set in hits (values of them), or none
 * where null_hits. Nothing of the batch is read.
 */
TWF_MUST_USE enum twf_status twf_index_count(const struct twf_index *ix, enum twf_col_id col,
                                             uint32_t batch, const uint64_t *hits, uint32_t values,
                                             bool null_hits, uint32_t *rows, uint32_t *hit_rows,
                                             struct twf_error *err);

/* Whether a column is text that lies in the batches as it is. */
bool twf_index_has_bytes(const struct twf_index *ix, enum twf_col_id col);
/* The values of such a column one behind another, without looking where each begins: twf_index_column tells. */
TWF_MUST_USE enum twf_status twf_index_bytes(const struct twf_index *ix,
                                             struct twf_index_scratch *s, enum twf_col_id col,
                                             struct twf_span *out, struct twf_error *err);

/*
 * A dictionary is decoded in parts, which threads may share: begin reads it (one thread), each part is
 * decoded once (any thread), end checks what came out (one thread). From then on it is there for all.
 */
TWF_MUST_USE enum twf_status twf_index_dictionary_begin(struct twf_index *ix, enum twf_col_id col,
                                                        uint32_t *parts, struct twf_error *err);
TWF_MUST_USE enum twf_status twf_index_dictionary_part(struct twf_index *ix, enum twf_col_id col,
                                                       struct twf_index_scratch *s, uint32_t part,
                                                       struct twf_error *err);
TWF_MUST_USE enum twf_status twf_index_dictionary_end(struct twf_index *ix, enum twf_col_id col,
                                                      struct twf_error *err);
/* All three, unless it is there already. */
TWF_MUST_USE enum twf_status twf_index_dictionary(struct twf_index *ix, enum twf_col_id col,
                                                  struct twf_index_scratch *s,
                                                  struct twf_index_values *out,
                                                  struct twf_error *err);
/* The one that is there. */
const struct twf_index_values *twf_index_dictionary_get(const struct twf_index *ix,
                                                        enum twf_col_id col);

/*
 * Appends rows (n of them, ascending) of the batch that s went to to out, from row at on: the columns
 * for which want is set. Dictionaries of these columns are there already. Text is checked for UTF-8.
 */
TWF_MUST_USE enum twf_status twf_index_rows(const struct twf_index *ix, struct twf_index_scratch *s,
                                            const uint32_t *rows, uint32_t n,
                                            const bool want[TWF_COL_COUNT], struct twf_batch *out,
                                            uint32_t at, struct twf_error *err);

#endif
