/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libtwofrom: open a run, add paths, take batches of records; or check one message in memory.
 *
 * P1 is the envelope sender of a message, P2 the author that its From field names. A run reads archives
 * of mail (zstd or plain; mbox, eml, maildir, tar; Exchange journal reports) and judges every message.
 *
 * Status results must be looked at; err may always be NULL. Structs not declared here are opaque.
 * Damaged mail and damaged archives are results, not errors: twf_run_next goes on and the summary
 * tells. The library neither prints nor exits nor installs signal handlers, opens inputs read-only and
 * never touches the network.
 */
#ifndef TWF_TWOFROM_H
#define TWF_TWOFROM_H

#include <stddef.h>
#include <stdint.h>

#include <twofrom/record.h>
#include <twofrom/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TWF_VERSION "0.1.0"
#define TWF_ABI 1
#define TWF_SCHEMA "twofrom.flag/1"
#define TWF_PARSER 1 /* counts up when a stored fact changes */

/* ---- options, by the long names of the command line ---- */

struct twf_options;

TWF_API TWF_MUST_USE enum twf_status twf_options_new(struct twf_options **out,
                                                     struct twf_error *err);
/*
 * Sets an option. A flag takes value NULL. Lists (output, protect, ...) grow with each call.
 * TWF_ERR_ARG for an unknown name or a wrong value; err->text says what would be right. "sandbox" is off
 * unless it is set: a run that has it takes from the calling thread, for good, what SECURITY.md says.
 */
TWF_API TWF_MUST_USE enum twf_status twf_options_set(struct twf_options *o, const char *name,
                                                     const char *value, struct twf_error *err);
TWF_API void twf_options_free(struct twf_options *o);

/* ---- a run ---- */

struct twf_run;
struct twf_batch;

/* Makes a run; o may be freed afterwards. One caller thread for all calls but those that say otherwise. */
TWF_API TWF_MUST_USE enum twf_status twf_run_open(const struct twf_options *o, struct twf_run **out,
                                                  struct twf_error *err);
/* A file, a folder, "@LIST" or "-". Before the first twf_run_next. The path is copied. */
TWF_API TWF_MUST_USE enum twf_status twf_run_add_path(struct twf_run *r, const char *path,
                                                      struct twf_error *err);
/*
 * The next batch in input order, borrowed until the next call. Its records are the rows for which
 * twf_batch_selected is true; beside them a batch may hold messages that a rule or an index had to look
 * at. TWF_END when all input was taken. Outputs that were asked for by the option "output" are written
 * as a side effect.
 * TWF_ERR_OUTPUT, TWF_ERR_STOPPED and TWF_ERR_INTERNAL end the run.
 */
TWF_API TWF_MUST_USE enum twf_status twf_run_next(struct twf_run *r, const struct twf_batch **out,
                                                  struct twf_error *err);
/* Asks the run to end soon: twf_run_next then returns TWF_ERR_STOPPED. Any thread, any signal handler. */
TWF_API void twf_run_stop(struct twf_run *r);
/* 0, 1, 3, 4 or 5 (docs/twofrom.1.md), after TWF_END or an error. */
TWF_API int twf_run_exit_code(const struct twf_run *r);
/* The document twofrom.summary/1 (JSON), owned by the run, until the next call or close. NULL without memory. */
TWF_API const char *twf_run_summary(struct twf_run *r, size_t *len);
TWF_API void twf_run_close(struct twf_run *r);

struct twf_progress {
    uint64_t in_bytes;   /* compressed bytes taken */
    uint64_t in_total;   /* of all inputs known so far; 0: unknown (a stream) */
    uint64_t out_bytes;  /* decoded bytes judged */
    uint64_t messages, flagged, high; /* high counts high and critical */
    uint64_t elapsed_ns;
    char path[256];      /* the input at work, cut */
};
/* A snapshot; any thread. */
TWF_API void twf_run_progress(const struct twf_run *r, struct twf_progress *out);

/* ---- columns of a batch, in Arrow layout (docs/records.md names them) ---- */

enum twf_type {
    TWF_UTF8, TWF_BINARY, TWF_INT16, TWF_INT32, TWF_INT64, TWF_BOOLEAN, TWF_TIMESTAMP_US, TWF_LIST_UTF8
};

/* Borrowed from the batch. */
struct twf_column {
    enum twf_type type;
    int64_t rows;
    const uint8_t *validity;     /* a bit a row, LSB first; set: not null */
    const int32_t *list_offsets; /* TWF_LIST_UTF8: rows + 1 entries into offsets */
    const int32_t *offsets;      /* strings: one more entry than there are values */
    const void *data;
};
TWF_API TWF_MUST_USE enum twf_status twf_batch_column(const struct twf_batch *b, const char *name,
                                                      struct twf_column *out, struct twf_error *err);
TWF_API int64_t twf_batch_rows(const struct twf_batch *b);
/* Whether row (from 0, below twf_batch_rows) was selected, by level, time or rule: it is a record. */
TWF_API int twf_batch_selected(const struct twf_batch *b, int64_t row);

/* ---- one message in memory ---- */

struct twf_check;

struct twf_envelope {
    const char *mail_from; /* NULL: unknown */
    size_t mail_from_len;  /* 0: the null reverse-path <> */
};

/* One per thread; no input or output. */
TWF_API TWF_MUST_USE enum twf_status twf_check_new(const struct twf_options *o,
                                                   struct twf_check **out, struct twf_error *err);
/* Judges one message (header block and, for journal reports, body). *out has one row for it, or one for
 * each message inside a report, until the next call. env may be NULL. */
TWF_API TWF_MUST_USE enum twf_status twf_check_message(struct twf_check *c, const uint8_t *ptr,
                                                       size_t len, const struct twf_envelope *env,
                                                       const struct twf_batch **out,
                                                       struct twf_error *err);
TWF_API void twf_check_free(struct twf_check *c);

#ifdef __cplusplus
}
#endif

#endif
