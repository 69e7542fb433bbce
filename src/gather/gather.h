/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over a header block: which field begins where (RFC 5322 section 2.2). */
#ifndef TWF_GATHER_GATHER_H
#define TWF_GATHER_GATHER_H

#include "base/arena.h"
#include "flow/head.h"
#include "kernels/kernels.h"

enum { TWF_GATHER_NAME_SLOTS = 256 };

/* A name as it is compared: eight bytes each in lower case, zeros behind a shorter one. */
struct twf_gather_name {
    uint64_t first, last;
    uint32_t len;
    uint8_t alike; /* id of the next name with the same sixteen first bytes, or OTHER */
};

/* Scratch of one worker: grows to the largest header met, reused. */
struct twf_gather {
    const struct twf_kernels *kernels;
    const struct twf_limits *limits;
    uint32_t *starts; /* line starts of the header at hand */
    uint32_t *picks;  /* and which of them may begin a field that is read */
    struct twf_field *fields;
    struct twf_inner_from *inner;
    struct twf_limit_hit *hits;
    uint8_t *copy; /* of a header with CR line ends */
    size_t starts_cap, picks_cap, fields_cap, inner_cap, hits_cap, copy_cap;
    uint64_t long_ways; /* headers that twf_gather_known handed on to twf_gather_head */
    uint32_t last[TWF_FIELD_COUNT]; /* index of the last field of each id met, if there is one */
    /* Built once: */
    uint8_t names[TWF_GATHER_NAME_SLOTS]; /* hash of a name -> enum twf_field_id */
    struct twf_picks wanted; /* by their beginnings; odd: a name that may become From */
    struct twf_gather_name known[TWF_FIELD_COUNT];
};

void twf_gather_init(struct twf_gather *g, const struct twf_kernels *kernels,
                     const struct twf_limits *limits);
void twf_gather_fini(struct twf_gather *g);
/* The id of a canonical name (no folds, no trailing blanks). */
enum twf_field_id twf_gather_name(const struct twf_gather *g, struct twf_span name);
/*
 * Takes the header block at the start of text apart. What out points to lives until the next call
 * with the same g. The limit "header" counts as met by a text of that length without an empty line:
 * splitters hand out no more. False without memory.
 */
bool twf_gather_head(struct twf_gather *g, struct twf_span text, struct twf_head *out);

/*
 * The same without the fields that nobody reads: those that have no id of their own, are not like
 * From and met no limit. odd_lines is not counted, and TWF_FIELD_FOLDED is set on From-like fields
 * only. What verdict and record need is all there, for a fifth of the instructions.
 */
bool twf_gather_known(struct twf_gather *g, struct twf_span text, struct twf_head *out);

/*
 * All fields, for who looks for names of his own: of each only its place, name and value are set.
 */
bool twf_gather_names(struct twf_gather *g, struct twf_span text, struct twf_head *out);

/*
 * A value with its folds removed (CRLF or LF before SP or TAB), RFC 5322 section 2.2.3; copied into
 * the arena only where it is folded. An empty span without memory.
 */
struct twf_span twf_unfold(struct twf_arena *a, struct twf_span raw);

#endif
