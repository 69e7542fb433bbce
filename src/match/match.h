/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns of a batch into hits: Hyperscan once per column per batch, over the column's bytes with
 * one LF after each value. The built-in patterns stand in patterns.def. A matcher is shared and
 * read-only; a scratch belongs to one worker.
 *
 * The built-in pattern "ordinary" names From values that may take the short way. It is a whitelist:
 * an engine that loses a match costs time, never a finding.
 */
#ifndef TWF_MATCH_MATCH_H
#define TWF_MATCH_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <twofrom/status.h>

#include "base/buf.h"
#include "base/span.h"

enum twf_pattern_id {
#define P(id, column, flags, expression, text) TWF_PATTERN_##id,
#include "match/patterns.def"
#undef P
    TWF_PATTERN_COUNT
};

enum twf_match_engine { TWF_MATCH_HYPERSCAN, TWF_MATCH_PLAIN };

struct twf_matcher;
struct twf_match_scratch;

TWF_MUST_USE enum twf_status twf_matcher_new(enum twf_match_engine engine, struct twf_matcher **out,
                                             struct twf_error *err);
void twf_matcher_free(struct twf_matcher *m);
/* "  NAME VERSION" of what is loaded, for `version`. */
void twf_match_libraries(struct twf_buf *out);
/* Hyperscan's version and the platform it compiled for; static or owned by m. */
const char *twf_matcher_version(const struct twf_matcher *m);

TWF_MUST_USE enum twf_status twf_match_scratch_new(const struct twf_matcher *m,
                                                   struct twf_match_scratch **out,
                                                   struct twf_error *err);
void twf_match_scratch_free(struct twf_match_scratch *s);

/*
 * The values of one column: value i is bytes[offsets[i] .. offsets[i + 1] - 1), followed by one LF.
 */
struct twf_match_column {
    const uint8_t *bytes;
    const uint32_t *offsets; /* count + 1 entries */
    uint32_t count;
};

/*
 * Sets bit i of hits[pattern] (count bits, rounded up to 64, zeroed here) where a pattern of the
 * From column matches value i. *complete is false when the scan was stopped (match storm, engine
 * error): the hits are then all zero, which is always safe.
 */
void twf_match_from(const struct twf_matcher *m, struct twf_match_scratch *s,
                    const struct twf_match_column *column, uint64_t *const hits[TWF_PATTERN_COUNT],
                    bool *complete);

#endif
