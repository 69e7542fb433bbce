/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One input, taken block by block: zstd frames or plain bytes, into messages, into rows. Sequential: one
 * input belongs to one thread. What is not read becomes an incident; every byte is counted.
 */
#ifndef TWF_PIPE_INPUT_H
#define TWF_PIPE_INPUT_H

#include "decode/decode.h"
#include "flow/totals.h"
#include "pipe/worker.h"

/* One incident; text as in struct twf_incident. */
typedef void twf_incident_fn(void *ctx, const char *code, uint64_t off, uint64_t len, bool decoded,
                             bool incomplete, const char *text);

struct twf_input_sink {
    twf_flush_fn *flush;
    twf_incident_fn *incident;
    void *ctx;
};

struct twf_input;

TWF_MUST_USE enum twf_status twf_input_new(const struct twf_setup *s, struct twf_worker *w,
                                           const struct twf_input_sink *sink,
                                           struct twf_input **out, struct twf_error *err);
void twf_input_free(struct twf_input *in);
/* Prepares for an input. uri and id must live until twf_input_end. */
void twf_input_start(struct twf_input *in, const char *uri, const char *id, bool maildir);
/* The next bytes of the file. Damage is an incident, not an error. */
TWF_MUST_USE enum twf_status twf_input_feed(struct twf_input *in, struct twf_span bytes,
                                            struct twf_error *err);
/* Bytes of the file that could not be read: what is open is cut, and reading goes on behind them. */
TWF_MUST_USE enum twf_status twf_input_hole(struct twf_input *in, uint64_t len,
                                            struct twf_error *err);
/* The input ends. Sums are closed; a sum that does not close is TWF_ERR_INTERNAL. */
TWF_MUST_USE enum twf_status twf_input_end(struct twf_input *in, struct twf_error *err);
const struct twf_counts *twf_input_counts(const struct twf_input *in);
/* "mbox", "eml", "maildir", "tar" or "unknown" */
const char *twf_input_container(const struct twf_input *in);
/* "zstd" or "plain" */
const char *twf_input_codec(const struct twf_input *in);
/* An incident made the input incomplete. */
bool twf_input_incomplete(const struct twf_input *in);

#endif
