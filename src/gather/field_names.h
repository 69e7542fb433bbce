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

/* The id of a name of len > 0 bytes, with its first word as above. */
enum twf_field_id twf_gather_name_of(const struct twf_gather *g, uint64_t first,
                                     const uint8_t *name, size_t len);

#endif
