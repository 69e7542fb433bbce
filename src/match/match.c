/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matchers and their scratch, whatever the engine; and the promise that a stopped scan has no hits.
 */
#include "match/match.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "match/engine.h"

enum twf_status twf_matcher_new(enum twf_match_engine engine, struct twf_matcher **out,
                                struct twf_error *err)
{
    struct twf_matcher *m = twf_calloc(1, sizeof(*m));
    enum twf_status status = TWF_OK;

    if (m == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a matcher");
    m->engine = engine;
    (void)snprintf(m->version, sizeof(m->version), "plain");
    if (engine == TWF_MATCH_HYPERSCAN)
        status = twf_match_hs_open(m, err);
    if (status != TWF_OK) {
        twf_free(m);
        return status;
    }
    *out = m;
    return TWF_OK;
}

void twf_matcher_free(struct twf_matcher *m)
{
    if (m == NULL)
        return;
    twf_match_hs_close(m);
    twf_free(m);
}

const char *twf_matcher_version(const struct twf_matcher *m)
{
    return m->version;
}

enum twf_status twf_match_scratch_new(const struct twf_matcher *m, struct twf_match_scratch **out,
                                      struct twf_error *err)
{
    struct twf_match_scratch *s = twf_calloc(1, sizeof(*s));
    enum twf_status status = TWF_OK;

    if (s == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for the scratch of a matcher");
    if (m->engine == TWF_MATCH_HYPERSCAN)
        status = twf_match_hs_scratch_open(m, s, err);
    if (status != TWF_OK) {
        twf_free(s);
        return status;
    }
    *out = s;
    return TWF_OK;
}

void twf_match_scratch_free(struct twf_match_scratch *s)
{
    if (s == NULL)
        return;
    twf_match_hs_scratch_close(s);
    twf_free(s);
}

static void zero_hits(uint64_t *const hits[TWF_PATTERN_COUNT], uint32_t count)
{
    for (size_t i = 0; i < TWF_PATTERN_COUNT; i++)
        memset(hits[i], 0, ((size_t)count + 63) / 64 * sizeof(uint64_t));
}

void twf_match_from(const struct twf_matcher *m, struct twf_match_scratch *s,
                    const struct twf_match_column *column, uint64_t *const hits[TWF_PATTERN_COUNT],
                    bool *complete)
{
    *complete = true;
    zero_hits(hits, column->count);
    if (m->engine == TWF_MATCH_PLAIN) {
        twf_match_plain_from(column, hits);
    } else if (!twf_match_hs_from(m, s, column, hits)) {
        *complete = false;
        zero_hits(hits, column->count);
    }
}
