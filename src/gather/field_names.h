/* SPDX-License-Identifier: Apache-2.0 */
/* The table of names, inside the room. */
#ifndef TWF_GATHER_FIELD_NAMES_H
#define TWF_GATHER_FIELD_NAMES_H

#include "base/word.h"
#include "gather/gather.h"

/* Bytes of "X-MS-Exchange-Organization-": longer names may have an id by how they begin. */
enum { TWF_GATHER_PREFIX = 27 };

/* Fills g->names and g->known. */
void twf_gather_names_build(struct twf_gather *g);

/*
 * Where the id of a name of len bytes stands; first holds its first eight bytes, with zeros where
 * it is shorter. The factor came out of a search over random ones: no two names of fields.def share
 * a slot, and of 220,000 fields of real mail that we do not read one in sixteen meets a used one. A
 * new name may break that at the price of a comparison; test_field_names.c says so.
 */
static inline unsigned twf_gather_slot(uint64_t first, size_t len)
{
    return (unsigned)(((first | TWF_WORD_CASE) + len) * UINT64_C(0xC8ABB5F7DFDF068D) >> 56);
}

/*
 * A word of a name and one of ours, which has letters, digits and '-' only: a letter differs from
 * the same one of the other case in one bit, and no other byte comes near.
 */
static inline bool twf_gather_same_word(uint64_t name, uint64_t ours)
{
    uint64_t letters = (ours & TWF_WORD_CASE << 1) >> 1;

    return (name | letters) == ours;
}

/* Marks the first byte of w that ends a name: ':' or one that no name has. */
static inline uint64_t twf_gather_stop(uint64_t w)
{
    uint64_t stop = twf_word_find(w, ':') | ((w - TWF_WORD_ONES * 0x21) & ~w & TWF_WORD_HIGH);

    /* Above the first mark there may be false ones, never below. */
    return stop & (0 - stop);
}

/* Behind its first sixteen bytes a name is that of id; as many bytes as that has are there. */
bool twf_gather_same_rest(const struct twf_gather *g, unsigned id, const uint8_t *name);
/* A name of more than TWF_GATHER_PREFIX bytes is X-MS-Exchange-Organization-*. */
bool twf_gather_is_org(const struct twf_gather *g, const uint8_t *name);

/* The rest of twf_gather_name_of: names of more than 16 bytes, and those that share a slot. */
enum twf_field_id twf_gather_name_far(const struct twf_gather *g, unsigned slot, uint64_t first,
                                      const uint8_t *name, size_t len);

/* The id of a name of len > 0 bytes, with its first word as above. */
static inline enum twf_field_id twf_gather_name_of(const struct twf_gather *g, uint64_t first,
                                                   const uint8_t *name, size_t len)
{
    unsigned slot = twf_gather_slot(first, len), id = g->names[slot];
    const struct twf_gather_name *k = &g->known[id];

    if (id == TWF_FIELD_OTHER && len <= TWF_GATHER_PREFIX)
        return TWF_FIELD_OTHER;
    if (k->len == len && len <= 16 && twf_gather_same_word(first, k->first) &&
        (len <= 8 || twf_gather_same_word(twf_word(name + len - 8), k->last)))
        return (enum twf_field_id)id;
    return twf_gather_name_far(g, slot, first, name, len);
}

#endif
