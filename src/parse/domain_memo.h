/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was found about the last domains of a worker, by their name in lower case: one place of a
 * cache line for each hash, and the newer domain takes it. Names beyond ASCII and long ones are not
 * kept. Internal to domain.c.
 */
#ifndef TWF_PARSE_DOMAIN_MEMO_H
#define TWF_PARSE_DOMAIN_MEMO_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/word.h"
#include "flow/domain.h"

enum {
    TWF_MEMO_SLOTS = 2048,
    TWF_MEMO_WORDS = 6,
    TWF_MEMO_NAME = 8 * TWF_MEMO_WORDS /* bytes: all but one name in fifty of real mail */
};

struct twf_known_domain {
    uint64_t key[TWF_MEMO_WORDS]; /* the name in lower case; behind it zeros up to a whole word */
    const uint8_t *rule;
    uint32_t flags;
    uint8_t key_len; /* 0: free */
    uint8_t name_len, org_off, rule_len;
};

/* A name on its way to its place. */
struct twf_memo_key {
    uint64_t word[TWF_MEMO_WORDS]; /* as many as len asks for */
    size_t len;
    uint32_t slot;
    bool high;    /* it has bytes beyond ASCII */
    bool capital; /* it has letters in upper case */
};

/* s, which is not empty and not longer than TWF_MEMO_NAME. */
static inline void twf_memo_key(struct twf_span s, struct twf_memo_key *key)
{
    uint64_t hash = s.len, seen = 0, changed = 0;
    size_t n = 0;

    for (size_t at = 0; at < s.len; at += 8) {
        uint64_t w = s.len - at >= 8 ? twf_word(s.ptr + at) : twf_word_tail(s.ptr, s.len, at);
        uint64_t low = twf_word_lower(w);

        seen |= w;
        changed |= w ^ low;
        key->word[n++] = low;
        hash = (hash ^ low) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    key->len = s.len;
    key->slot = (uint32_t)hash % TWF_MEMO_SLOTS;
    key->high = (seen & TWF_WORD_HIGH) != 0;
    key->capital = changed != 0;
}

/* The name in lower case, in the arena; empty without memory. */
static inline struct twf_span twf_memo_name(struct twf_arena *a, const struct twf_memo_key *key)
{
    uint8_t *name = twf_arena_alloc(a, TWF_MEMO_NAME);

    if (name == NULL)
        return twf_span(NULL, 0);
    for (size_t i = 0; 8 * i < key->len; i++)
        twf_word_put(name + 8 * i, key->word[i]);
    return twf_span(name, key->len);
}

static inline bool twf_memo_has(const struct twf_known_domain *k, const struct twf_memo_key *key)
{
    uint64_t apart = k->key_len ^ key->len;

    for (size_t i = 0; 8 * i < key->len; i++)
        apart |= k->key[i] ^ key->word[i];
    return apart == 0;
}

/* name: the bytes of key. */
static inline void twf_memo_take(const struct twf_known_domain *k, const uint8_t *name,
                                 struct twf_domain *out)
{
    out->name = twf_span(name, k->name_len);
    out->org = twf_span(name + k->org_off, (size_t)k->name_len - k->org_off);
    out->rule = twf_span(k->rule, k->rule_len);
    out->flags = k->flags;
}

/* found: about the name of key, which it begins with. */
static inline void twf_memo_put(struct twf_known_domain *k, const struct twf_memo_key *key,
                                const struct twf_domain *found)
{
    for (size_t i = 0; 8 * i < key->len; i++)
        k->key[i] = key->word[i];
    k->rule = found->rule.ptr;
    k->flags = found->flags;
    k->key_len = (uint8_t)key->len;
    k->name_len = (uint8_t)found->name.len;
    k->org_off = (uint8_t)(found->name.len - found->org.len);
    k->rule_len = (uint8_t)found->rule.len;
}

#endif
