/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message tracking logs of Exchange: the reverse-path of a message, found by its Message-ID
 * (docs/verdicts.md 3.2). Read are the server's own logs ("#Fields: date-time,...") and what
 * Get-MessageTrackingLog wrote through Export-Csv; a column is known by its name, whatever dashes,
 * quotes and case it has: message-id, return-path, and event-id where there is one.
 */
#ifndef TWF_VERDICT_TRACKING_H
#define TWF_VERDICT_TRACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <twofrom/status.h>

#include "base/span.h"

struct twf_tracking;

TWF_MUST_USE enum twf_status twf_tracking_new(struct twf_tracking **out, struct twf_error *err);
void twf_tracking_free(struct twf_tracking *t);
/*
 * Bytes of a log in order, then its end: a last line without a line end counts. A log without the
 * two columns is TWF_ERR_FORMAT; more Message-IDs than are kept, TWF_ERR_LIMIT.
 */
TWF_MUST_USE enum twf_status twf_tracking_feed(struct twf_tracking *t, struct twf_span bytes,
                                               struct twf_error *err);
TWF_MUST_USE enum twf_status twf_tracking_end(struct twf_tracking *t, struct twf_error *err);

/*
 * The return-path that was logged for a Message-ID (brackets or not), "<>" too. False where there is
 * none, and where two were logged: an id that two senders used proves nothing about either.
 */
bool twf_tracking_find(const struct twf_tracking *t, struct twf_span id, struct twf_span *path);
/* FNV-1a over all bytes that were fed: tells whether two runs had the same logs. */
uint64_t twf_tracking_digest(const struct twf_tracking *t);
/* Message-IDs with one return-path, and those with several. */
void twf_tracking_counts(const struct twf_tracking *t, size_t *single, size_t *several);

#endif
