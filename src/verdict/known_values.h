/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that were read lately. Authors and envelopes come again and again in an archive, and what
 * a value says depends on its bytes alone (and on what is fixed for a run): so it is read once, and
 * found by comparing the bytes. One place for each hash; the newer value takes it.
 */
#ifndef TWF_VERDICT_KNOWN_VALUES_H
#define TWF_VERDICT_KNOWN_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "flow/address.h"
#include "flow/limits.h"
#include "flow/trace.h"
#include "parse/parse.h"

enum { TWF_KNOWN_SLOTS = 128, TWF_KNOWN_BYTES = 120 }; /* longer values are read each time */

/* Whether a From value alone, whatever else a message has, raises no finding. */
enum twf_known_quiet { TWF_QUIET_UNKNOWN, TWF_QUIET_NO, TWF_QUIET_YES };

struct twf_known_value {
    uint8_t bytes[TWF_KNOWN_BYTES];
    struct twf_arena arena; /* what the value says */
    uint64_t message;       /* the last one that used it: until the next one it stays */
    uint8_t len;            /* 0: free */
    bool way;               /* short_way of a From, bare_domain of a path */
    uint8_t quiet;          /* of a From: enum twf_known_quiet */
};

struct twf_known {
    struct twf_domains *domains;
    const struct twf_limits *limits;
    bool off;         /* every value is read each time, for comparison */
    uint64_t message; /* counts them */
    struct twf_known_value from_keys[TWF_KNOWN_SLOTS], path_keys[TWF_KNOWN_SLOTS];
    struct twf_from froms[TWF_KNOWN_SLOTS];
    struct twf_path paths[TWF_KNOWN_SLOTS];
};

void twf_known_init(struct twf_known *k, struct twf_domains *d, const struct twf_limits *limits,
                    bool off);
void twf_known_fini(struct twf_known *k);
/* A new message begins: what out of the last one points to may go. */
static inline void twf_known_begin(struct twf_known *k)
{
    k->message++;
}

/*
 * As twf_from_parse, or with short_way as twf_from_parse_ordinary where that can be: both give the
 * same. What out points to lives until a is reset or the next message begins. *quiet is the note
 * that belongs to the value; NULL where none is kept.
 */
void twf_known_from(struct twf_known *k, struct twf_arena *a, struct twf_span raw, uint32_t raw_off,
                    bool short_way, struct twf_from *out, uint8_t **quiet);
/* As twf_path_parse, and as above. */
void twf_known_path(struct twf_known *k, struct twf_arena *a, struct twf_span value,
                    bool bare_domain, struct twf_path *out);

#endif
