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

enum { TWF_MEMO_SLOTS = 2048, TWF_MEMO_NAME = 48 }; /* 48 bytes: all but one in fifty of real mail */

struct twf_known_domain {
    uint8_t key[TWF_MEMO_NAME]; /* trimmed, in lower case; zeros follow */
    const uint8_t *rule;
    uint32_t flags;
    uint8_t key_len; /* 0: free */
    uint8_t name_len, org_off, rule_len;
};

/* A domain on its way to its place: the bytes of the name, and what tells where they belong. */
struct twf_memo_key {
    uint8_t *name; /* TWF_MEMO_NAME bytes, zeros behind the name; NULL without memory */
    size_t len;
    uint32_t slot;
    bool high; /* it has bytes beyond ASCII */
};

/* s, which is not empty and not longer than TWF_MEMO_NAME, in lower case. */
static inline struct twf_memo_key twf_memo_key(struct twf_arena *a, struct twf_span s)
{
    struct twf_memo_key key = {.name = twf_arena_alloc(a, TWF_MEMO_NAME), .len = s.len};
    uint64_t hash = s.len, seen = 0;
    size_t at = 0;

    if (key.name == NULL)
        return key;
    for (; at < s.len; at += 8) {
        uint64_t w = s.len - at >= 8 ? twf_word(s.ptr + at) : twf_word_tail(s.ptr, s.len, at);

        seen |= w;
        w = twf_word_lower(w);
        twf_word_put(key.name + at, w);
        hash = (hash ^ w) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    for (; at < TWF_MEMO_NAME; at += 8)
        twf_word_put(key.name + at, 0);
    key.high = (seen & TWF_WORD_HIGH) != 0;
    key.slot = (uint32_t)hash % TWF_MEMO_SLOTS;
    return key;
}

static inline bool twf_memo_has(const struct twf_known_domain *k, const struct twf_memo_key *key)
{
    size_t at = 0;

    if (k->key_len != key->len)
        return false;
    while (at < key->len && twf_word(k->key + at) == twf_word(key->name + at))
        at += 8;
    return at >= key->len;
}

static inline void twf_memo_take(const struct twf_known_domain *k, const struct twf_memo_key *key,
                                 struct twf_domain *out)
{
    out->name = twf_span(key->name, k->name_len);
    out->org = twf_span(key->name + k->org_off, (size_t)k->name_len - k->org_off);
    out->rule = twf_span(k->rule, k->rule_len);
    out->flags = k->flags;
}

/* found: about the name of key, which it begins with. */
static inline void twf_memo_put(struct twf_known_domain *k, const struct twf_memo_key *key,
                                const struct twf_domain *found)
{
    memcpy(k->key, key->name, TWF_MEMO_NAME);
    k->rule = found->rule.ptr;
    k->flags = found->flags;
    k->key_len = (uint8_t)key->len;
    k->name_len = (uint8_t)found->name.len;
    k->org_off = (uint8_t)(found->name.len - found->org.len);
    k->rule_len = (uint8_t)found->rule.len;
}

#endif
