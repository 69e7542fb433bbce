/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values into addresses, domains and trace facts: pure grammars over spans. Nothing here fails on
 * input; memory comes from the arena given, and an arena that failed leaves empty results (ask
 * arena->failed). parse is the one room that other stages may call: gather, split and verdict need
 * the same grammars.
 */
#ifndef TWF_PARSE_PARSE_H
#define TWF_PARSE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include <twofrom/status.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"
#include "flow/address.h"
#include "flow/domain.h"
#include "flow/limits.h"
#include "flow/trace.h"

/* ---- domains, docs/verdicts.md 4.4 ---- */

/* The public suffix list: embedded, or read from a file (--psl). Read-only after it was made. */
struct twf_psl;
/* The embedded list; static, never freed. */
const struct twf_psl *twf_psl_embedded(void);
/* A list in the format of publicsuffix.org. */
TWF_MUST_USE enum twf_status twf_psl_load(const char *path, struct twf_psl **out,
                                          struct twf_error *err);
void twf_psl_free(struct twf_psl *p);
/* "2023-02-09" (VERSION line of the list, or the date of the package), and SHA-256 in hex. */
const char *twf_psl_date(const struct twf_psl *p);
const char *twf_psl_sha256(const struct twf_psl *p);

/* Everything that turning bytes into a domain needs; one per worker (it holds a cache). */
struct twf_domains;
TWF_MUST_USE enum twf_status twf_domains_new(const struct twf_psl *psl, struct twf_domains **out,
                                             struct twf_error *err);
void twf_domains_free(struct twf_domains *d);
/* written: as in the message, unfolded; what is found may point to it. */
struct twf_domain twf_domain_parse(struct twf_domains *d, struct twf_arena *a,
                                   struct twf_span written);
/* The look-alike skeleton of a domain (UTS #39, our table), ASCII; for comparison only. */
struct twf_span twf_domain_skeleton(struct twf_arena *a, const struct twf_domain *d);

/* ---- From-like values, docs/verdicts.md 4.2 and 4.3 ---- */

/*
 * Parses the unfolded value strictly and reads it as S1 to S5 do. raw is the raw value (folds kept),
 * raw_off its offset in the message. One pass, no recursion, linear time.
 */
void twf_from_parse(struct twf_domains *d, struct twf_arena *a, const struct twf_limits *limits,
                    struct twf_span raw, uint32_t raw_off, struct twf_from *out);
/*
 * The short way: true when the value is of the ordinary form that the built-in pattern "ordinary"
 * describes, and then out is the same as twf_from_parse would give. False: take the full parser.
 */
bool twf_from_parse_ordinary(struct twf_domains *d, struct twf_arena *a, struct twf_span raw,
                             uint32_t raw_off, struct twf_from *out);
/*
 * The same for an address alone, of which d is the domain: twf_from_parse_ordinary takes s, and for
 * one mailbox that is all of it.
 */
bool twf_is_ordinary_address(struct twf_span s, const struct twf_domain *d);
/*
 * Another one, for what the first leaves: an ordinary address in angle brackets behind any quoted
 * name or phrase, also with encoded-words. For limits of at least one mailbox, and of at least
 * raw.len bytes of a From.
 */
bool twf_from_parse_usual(struct twf_domains *d, struct twf_arena *a, struct twf_span raw,
                          uint32_t raw_off, struct twf_from *out);
/* A strict mailbox list, each with an LDH domain that has a dot: kind d of docs/verdicts.md 4.1. */
bool twf_is_strict_ldh_list(struct twf_arena *a, struct twf_span line);
/* The first "run of atext and dots @ labels" in text (docs/verdicts.md 6, "address in text") from *pos on;
 * false at the end. domain is what follows the @. */
bool twf_text_address(struct twf_span text, size_t *pos, struct twf_span *address,
                      struct twf_span *domain);
/* What stands before the at sign of such an address. */
struct twf_span twf_text_local(struct twf_span address, struct twf_span domain);
/* An at sign as an address in text may have it: without one there is none. */
bool twf_text_has_at(struct twf_span text);

/* ---- encoded-words, RFC 2047 ---- */

/*
 * Text with its encoded-words decoded to UTF-8 (charsets through iconv; an unknown charset leaves the
 * word as it stands). Result is valid UTF-8: other bytes become U+FFFD. *decoded counts the words.
 */
struct twf_span twf_decode_words(struct twf_arena *a, struct twf_span text, uint32_t *decoded);
/* The same without making the rest valid UTF-8 and inside quoted-strings too: what reader S5 parses. */
struct twf_span twf_decode_words_raw(struct twf_arena *a, struct twf_span text, uint32_t *decoded);
/* Any "=?charset?q|b?text?=" in text. */
bool twf_has_encoded_word(struct twf_span text);

/* ---- trace fields ---- */

/* values are unfolded. */
void twf_authres_parse(struct twf_arena *a, struct twf_span value, struct twf_authres *out);
void twf_received_parse(struct twf_arena *a, struct twf_span value, struct twf_received *out);
/* Its by and with alone, and no further than they go. with may be NULL. */
void twf_received_parse_server(struct twf_span value, struct twf_span *by, struct twf_span *with);
/* Its date alone. */
struct twf_span twf_received_parse_date(struct twf_span value);
void twf_received_spf_parse(struct twf_arena *a, struct twf_span value, struct twf_received_spf *out);
/* bare_domain: a value without @ may be a domain (ranks 2 and 3). */
void twf_path_parse(struct twf_domains *d, struct twf_arena *a, struct twf_span value, bool bare_domain,
                    struct twf_path *out);

/* ---- dates, RFC 5322 section 3.3 with obs- forms ---- */

/* Microseconds since 1970 UTC; false where it is no date. */
bool twf_date_parse(struct twf_span value, int64_t *out_us);
/* The date at the end of a From_ line ("Wed Mar 16 12:00:00 2022", zones tolerated). */
bool twf_date_parse_asctime(struct twf_span value, int64_t *out_us);

/* "  NAME VERSION" of what is loaded, for `version`. */
void twf_parse_libraries(struct twf_buf *out);

#endif
