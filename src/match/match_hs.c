/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hyperscan over a column of values in one call, for a call costs more than a value does. Values
 * are lines, so '^' and '$' stand at their ends; where a match ends tells the row.
 *
 * Hyperscan's own allocator stays: changing it would change it for whoever else in the process uses
 * the library. A database and a scratch take some ten kilobytes.
 */
#include "match/engine.h"

#include <stdio.h>
#include <string.h>

#include <hs.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/offsets.h"

/* Matches of a scan: these for each row and some for short columns; more is a storm. */
enum { STORM_PER_ROW = 16, STORM_SLACK = 1024 };

/* Every pattern of the From column; the index is the id that the callback gets. */
static const char *const from_expressions[TWF_PATTERN_COUNT] = {
#define P(id, column, flags, expression, text) expression,
#include "match/patterns.def"
#undef P
};
static const unsigned from_flags[TWF_PATTERN_COUNT] = {
#define P(id, column, flags, expression, text) HS_FLAG_MULTILINE | (flags),
#include "match/patterns.def"
#undef P
};
static const unsigned from_ids[TWF_PATTERN_COUNT] = {
#define P(id, column, flags, expression, text) TWF_PATTERN_##id,
#include "match/patterns.def"
#undef P
};

static const char *platform_name(unsigned long long features)
{
    if ((features & HS_CPU_FEATURES_AVX512) != 0)
        return "avx512";
    return (features & HS_CPU_FEATURES_AVX2) != 0 ? "avx2" : "sse";
}

enum twf_status twf_match_hs_open(struct twf_matcher *m, struct twf_error *err)
{
    hs_platform_info_t platform;
    hs_compile_error_t *why = NULL;
    hs_database_t *database = NULL;
    hs_error_t rc;

    if (hs_valid_platform() != HS_SUCCESS)
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "Hyperscan does not run on this CPU");
    if (hs_populate_platform(&platform) != HS_SUCCESS)
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "Hyperscan does not know this CPU");
    rc = hs_compile_multi(from_expressions, from_flags, from_ids, TWF_PATTERN_COUNT, HS_MODE_BLOCK,
                          &platform, &database, &why);
    if (rc != HS_SUCCESS) {
        enum twf_status status =
            twf_error_set(err, rc == HS_NOMEM ? TWF_ERR_NOMEM : TWF_ERR_INTERNAL, 0,
                          "Hyperscan refuses a built-in pattern: %s",
                          why == NULL ? "no reason given" : why->message);

        (void)hs_free_compile_error(why);
        return status;
    }
    m->database = database;
    (void)snprintf(m->version, sizeof(m->version), "Hyperscan %s (%s)", hs_version(),
                   platform_name(platform.cpu_features));
    return TWF_OK;
}

void twf_match_hs_close(struct twf_matcher *m)
{
    (void)hs_free_database(m->database);
}

enum twf_status twf_match_hs_scratch_open(const struct twf_matcher *m, struct twf_match_scratch *s,
                                          struct twf_error *err)
{
    hs_scratch_t *scratch = NULL;
    hs_error_t rc = hs_alloc_scratch(m->database, &scratch);

    if (rc != HS_SUCCESS)
        return twf_error_set(err, rc == HS_NOMEM ? TWF_ERR_NOMEM : TWF_ERR_INTERNAL, 0,
                             "no scratch for Hyperscan: %d", rc);
    s->scratch = scratch;
    return TWF_OK;
}

void twf_match_hs_scratch_close(struct twf_match_scratch *s)
{
    (void)hs_free_scratch(s->scratch);
}

struct scan {
    const struct twf_match_column *column;
    uint64_t *const *hits;
    uint32_t row; /* of the last match: the next one is mostly in the row behind it */
    uint64_t calls, max_calls;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *context)
{
    struct scan *s = context;
    const struct twf_match_column *c = s->column;
    uint32_t off = (uint32_t)(c->offsets[0] + to), row;

    (void)from;
    (void)flags;
    if (++s->calls > s->max_calls)
        return 1;
    if (off >= c->offsets[c->count])
        return 0;
    row = twf_offsets_find(c->offsets, c->count, s->row, off);
    s->row = row;
    /*
     * The match must be the whole value. It ends with a line and began with one; where no LF lies
     * in the value, that is the value. One with an LF in it is never ordinary.
     */
    if (off == c->offsets[row + 1] - 1 &&
        memchr(c->bytes + c->offsets[row], '\n', off - c->offsets[row]) == NULL)
        twf_match_set(s->hits[id], row);
    return 0;
}

bool twf_match_hs_from(const struct twf_matcher *m, struct twf_match_scratch *s,
                       const struct twf_match_column *column,
                       uint64_t *const hits[TWF_PATTERN_COUNT])
{
    struct scan scan = {.column = column,
                        .hits = hits,
                        .max_calls = (uint64_t)column->count * STORM_PER_ROW + STORM_SLACK};
    uint32_t len;

    if (column->count == 0)
        return true;
    len = column->offsets[column->count] - column->offsets[0];
    return hs_scan(m->database, (const char *)column->bytes + column->offsets[0], len, 0,
                   s->scratch, on_match, &scan) == HS_SUCCESS;
}

/* Vectorscan's version looks the same; both say "5.4.9 DATE". */
void twf_match_libraries(struct twf_buf *out)
{
    const char *text = hs_version();

    twf_buf_printf(out, "  libhs %.*s", (int)strcspn(text, " "), text);
}
