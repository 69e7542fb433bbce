/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suffix list as a table: a tree of labels kept as one hash table, whose key is the whole
 * name from a label to the end ("uk", "co.uk"). Names that only lead to a rule have a node too,
 * so that a search ends at the first name without one: two probes for most domains.
 *
 * Internal to the suffix files of parse and to the tool that writes the embedded table.
 */
#ifndef TWF_PARSE_PSL_TABLE_H
#define TWF_PARSE_PSL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <twofrom/status.h>

#include "base/span.h"

enum twf_psl_kind {
    TWF_PSL_PLAIN = 1,     /* "co.uk" */
    TWF_PSL_EXCEPTION = 2, /* "!www.ck" */
    TWF_PSL_WILDCARD = 4   /* "*.ck", kept at the node "ck" */
};

struct twf_psl_node {
    uint32_t hash;
    uint32_t name;     /* offset in text: A-labels, lower case */
    uint32_t rule;     /* offset in text: the plain or exception rule as in the list */
    uint32_t wildcard; /* offset in text: the wildcard rule as in the list */
    uint8_t name_len, rule_len, wildcard_len;
    uint8_t kinds; /* enum twf_psl_kind */
};

struct twf_psl {
    const uint8_t *text;
    const struct twf_psl_node *nodes;
    const uint32_t *slots; /* twf_psl_mark of a node, 0: free; linear probing, at most half full */
    uint32_t text_len, node_count, slot_count, rule_count; /* slot_count: a power of two */
    char date[11];                                         /* "2023-02-09" */
    char sha256[65];
    bool embedded;
};

/* What the list says of a name. */
struct twf_psl_match {
    size_t suffix;        /* offset of the public suffix in the name */
    struct twf_span rule; /* as in the list; empty: the default rule */
};

/* name: not empty, A-labels in lower case, no dot at its end. */
struct twf_psl_match twf_psl_find(const struct twf_psl *p, struct twf_span name);

/* The list in text, made into a table; date is taken where the list has no VERSION line. */
TWF_MUST_USE enum twf_status twf_psl_build(struct twf_span text, const char *date,
                                           struct twf_psl **out, struct twf_error *err);

/* FNV-1a from the last byte to the first, so that a search goes on from a label to the next. */
#define TWF_PSL_HASH_START 2166136261u

static inline uint32_t twf_psl_hash_byte(uint32_t hash, uint8_t c)
{
    return (hash ^ c) * 16777619u;
}

/* The low bits of FNV are weak; the slot is taken from a mix. */
static inline uint32_t twf_psl_slot(uint32_t hash)
{
    return hash ^ hash >> 15;
}

/*
 * What stands in a slot: 1 + index of the node, which is less than slot_count, and above it the high
 * bits of the hash. Most names are not in the list, and then no node is looked at.
 */
static inline uint32_t twf_psl_mark(uint32_t hash, uint32_t index, uint32_t slot_count)
{
    return (hash & ~(slot_count - 1)) | (index + 1);
}

static inline uint32_t twf_psl_marked(uint32_t mark, uint32_t slot_count)
{
    return (mark & (slot_count - 1)) - 1;
}

#endif
