/* SPDX-License-Identifier: Apache-2.0 */
/* What an engine of this room is. */
#ifndef TWF_MATCH_ENGINE_H
#define TWF_MATCH_ENGINE_H

#include "match/match.h"

struct twf_matcher {
    enum twf_match_engine engine;
    void *database; /* Hyperscan's; NULL for the plain engine */
    char version[96];
};

struct twf_match_scratch {
    void *scratch; /* Hyperscan's */
};

TWF_MUST_USE enum twf_status twf_match_hs_open(struct twf_matcher *m, struct twf_error *err);
void twf_match_hs_close(struct twf_matcher *m);
TWF_MUST_USE enum twf_status twf_match_hs_scratch_open(const struct twf_matcher *m,
                                                       struct twf_match_scratch *s,
                                                       struct twf_error *err);
void twf_match_hs_scratch_close(struct twf_match_scratch *s);

/* hits is zeroed. False: the scan was stopped, and what stands in hits is worth nothing. */
bool twf_match_hs_from(const struct twf_matcher *m, struct twf_match_scratch *s,
                       const struct twf_match_column *column,
                       uint64_t *const hits[TWF_PATTERN_COUNT]);
void twf_match_plain_from(const struct twf_match_column *column,
                          uint64_t *const hits[TWF_PATTERN_COUNT]);

static inline void twf_match_set(uint64_t *hits, uint32_t row)
{
    hits[row / 64] |= UINT64_C(1) << (row % 64);
}

#endif
