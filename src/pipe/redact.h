/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --redact: pseudonyms in place of people. A local part becomes 16 hex digits of HMAC-SHA-256(key, address in
 * lower case), so that one address is one pseudonym wherever it stands, and nobody without the key can try
 * names. Text that people wrote (display names, subjects, raw values, names in a tar, what evidence quotes) may
 * hold an address in any form or encoding: it becomes a token as a whole, '~' and 16 digits.
 *
 * A struct twf_redact is read only and shared by all threads.
 */
#ifndef TWF_PIPE_REDACT_H
#define TWF_PIPE_REDACT_H

#include <twofrom/status.h>

#include "base/buf.h"
#include "base/span.h"
#include "flow/batch.h"

enum twf_redact_mode {
    TWF_REDACT_NONE,
    TWF_REDACT_LOCAL, /* domains stay */
    TWF_REDACT_FULL   /* domains become tokens too */
};

struct twf_redact;

/* The key is copied. */
TWF_MUST_USE enum twf_status twf_redact_new(enum twf_redact_mode mode, struct twf_span key,
                                            struct twf_redact **out, struct twf_error *err);
void twf_redact_free(struct twf_redact *r);
/* 16 hex digits by which runs with one key are known; says nothing of the key. */
const char *twf_redact_key_id(const struct twf_redact *r);
const char *twf_redact_mode_name(const struct twf_redact *r);

/* All of these append to out. */
void twf_redact_address(const struct twf_redact *r, struct twf_span address, struct twf_buf *out);
/* What is no host name is a token. */
void twf_redact_domain(const struct twf_redact *r, struct twf_span domain, struct twf_buf *out);
void twf_redact_text(const struct twf_redact *r, struct twf_span text, struct twf_buf *out);
/* Parts between '/' that hold an at sign, plain or encoded, become tokens. */
void twf_redact_path(const struct twf_redact *r, struct twf_span path, struct twf_buf *out);
/*
 * The words of an incident with this code: those about a member of a tar have its name behind the first ": ", which
 * becomes a token. Cut to cap, without memory empty. r NULL: as they are.
 */
void twf_redact_incident(const struct twf_redact *r, const char *code, const char *text, char *out, size_t cap);

/* Every column of a finished batch; failure is sticky in b. */
void twf_redact_batch(const struct twf_redact *r, struct twf_batch *b);

#endif
