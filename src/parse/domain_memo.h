/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was found about the last domains of a worker, by their bytes as written: one place for each
 * hash, and the newer domain takes it. Names beyond ASCII and long ones are not kept. Internal to
 * domain.c.
 */
#ifndef TWF_PARSE_DOMAIN_MEMO_H
#define TWF_PARSE_DOMAIN_MEMO_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/word.h"
#include "flow/domain.h"

enum { TWF_MEMO_SLOTS = 512, TWF_MEMO_NAME = 48 }; /* 48 bytes: all but one in fifty of real mail */

struct twf_known_domain {
    uint8_t written[TWF_MEMO_NAME]; /* trimmed; zeros follow */
    uint8_t name[TWF_MEMO_NAME];
    struct twf_span rule;
    uint32_t flags;
    uint8_t written_len; /* 0: free */
    uint8_t name_len, org_off;
};

struct twf_domain_memo {
    struct twf_known_domain slots[TWF_MEMO_SLOTS];
};

/* Word i of s, the last one with zeros behind it. */
static inline uint64_t twf_memo_word(struct twf_span s, size_t at)
{
    return s.len - at >= 8 ? twf_word(s.ptr + at) : twf_word_tail(s.ptr, s.len, at);
}

/* The place of s, which is not empty; NULL where it is not kept. */
static inline struct twf_known_domain *twf_domain_memo_at(struct twf_domain_memo *m,
                                                          struct twf_span s)
{
    uint64_t hash = s.len;

    if (s.len > TWF_MEMO_NAME)
        return NULL;
    for (size_t at = 0; at < s.len; at += 8)
        hash = (hash ^ twf_memo_word(s, at)) * UINT64_C(0x9E3779B97F4A7C15);
    return &m->slots[hash >> 55];
}

static inline bool twf_domain_memo_has(const struct twf_known_domain *k, struct twf_span s)
{
    if (k->written_len != s.len)
        return false;
    for (size_t at = 0; at < s.len; at += 8) {
        if (twf_word(k->written + at) != twf_memo_word(s, at))
            return false;
    }
    return true;
}

/* Name, organization, rule and flags of out; its name is empty without memory. */
static inline void twf_domain_memo_take(const struct twf_known_domain *k, struct twf_arena *a,
                                        struct twf_domain *out)
{
    uint8_t *name = twf_arena_alloc(a, TWF_MEMO_NAME);

    if (name == NULL)
        return;
    memcpy(name, k->name, TWF_MEMO_NAME);
    out->name = twf_span(name, k->name_len);
    out->org = twf_span(name + k->org_off, (size_t)k->name_len - k->org_off);
    out->rule = k->rule;
    out->flags = k->flags;
}

/* found: about s, which has a place at k. Its name is no longer than s. */
static inline void twf_domain_memo_put(struct twf_known_domain *k, struct twf_span s,
                                       const struct twf_domain *found)
{
    memset(k->written, 0, sizeof(k->written));
    memcpy(k->written, s.ptr, s.len);
    memcpy(k->name, found->name.ptr, found->name.len);
    k->rule = found->rule;
    k->flags = found->flags;
    k->written_len = (uint8_t)s.len;
    k->name_len = (uint8_t)found->name.len;
    k->org_off = (uint8_t)(found->name.len - found->org.len);
}

#endif
