/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From values that were read lately. Authors come again and again in an archive, and what a value
 * says depends on its bytes alone (and on what is fixed for a run): so one that needs the full
 * parser is read once, and found by comparing the bytes. (An ordinary one is read faster than it is
 * found: its place is in no near cache.) A value is kept when it comes the second time, as many
 * come only once; one place for each hash, and the newer value takes it. When the memory for them
 * is full all are forgotten.
 */
#ifndef TWF_VERDICT_KNOWN_VALUES_H
#define TWF_VERDICT_KNOWN_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "flow/address.h"
#include "flow/limits.h"
#include "parse/parse.h"

enum {
    TWF_KNOWN_SLOTS = 2048,
    TWF_KNOWN_BYTES = 120,          /* longer values are read each time */
    TWF_KNOWN_MEMORY = 1024 * 1024, /* of what they say */
};

/* Whether a From value alone, whatever else a message has, raises no finding. */
enum twf_known_quiet { TWF_QUIET_UNKNOWN, TWF_QUIET_NO, TWF_QUIET_YES };

/* What is kept, in the arena. */
struct twf_known_from {
    struct twf_from from;
    uint8_t quiet; /* enum twf_known_quiet */
    uint8_t len;
    uint8_t bytes[TWF_KNOWN_BYTES];
};

struct twf_known_value {
    struct twf_known_from *said; /* NULL: nothing is kept */
    uint32_t hash;               /* of what is kept */
    uint32_t last;               /* of the last value that came here and is not kept */
};

struct twf_known {
    struct twf_domains *domains;
    const struct twf_limits *limits;
    bool off;               /* every value is read each time, for comparison */
    struct twf_arena arena; /* what values say */
    struct twf_known_value froms[TWF_KNOWN_SLOTS];
};

void twf_known_init(struct twf_known *k, struct twf_domains *d, const struct twf_limits *limits,
                    bool off);
void twf_known_fini(struct twf_known *k);
/* A new message begins: what out of the last one points to may go. */
void twf_known_begin(struct twf_known *k);
/*
 * As twf_from_parse, or with short_way as twf_from_parse_ordinary where that can be: both give the
 * same. What out points to lives until a is reset or the next message begins. *quiet is the note
 * that belongs to the value; NULL where none is kept.
 */
void twf_known_from(struct twf_known *k, struct twf_arena *a, struct twf_span raw, uint32_t raw_off,
                    bool short_way, struct twf_from *out, uint8_t **quiet);

#endif
