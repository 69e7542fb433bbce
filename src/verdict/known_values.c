/* SPDX-License-Identifier: Apache-2.0 */
/* Values that were read lately (known_values.h): read into their arena, so nothing is copied. */
#include "verdict/known_values.h"

#include <string.h>

#include "base/word.h"

void twf_known_init(struct twf_known *k, struct twf_domains *d, const struct twf_limits *limits,
                    bool off)
{
    k->domains = d;
    k->limits = limits;
    k->off = off;
    twf_arena_init(&k->arena, TWF_KNOWN_MEMORY);
    memset(k->froms, 0, sizeof(k->froms));
}

void twf_known_fini(struct twf_known *k)
{
    twf_arena_fini(&k->arena);
}

void twf_known_begin(struct twf_known *k)
{
    if (k->arena.current == k->arena.first && !k->arena.failed)
        return;
    twf_arena_reset(&k->arena);
    memset(k->froms, 0, sizeof(k->froms));
}

static uint64_t hash_of(struct twf_span s)
{
    uint64_t hash = s.len;

    for (size_t at = 0; at < s.len; at += 8) {
        uint64_t w = s.len - at >= 8 ? twf_word(s.ptr + at) : twf_word_tail(s.ptr, s.len, at);

        hash = (hash ^ w) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    return hash;
}

/* The full parser, for what has no short way. A judge that forgets knows none. */
static void parse(const struct twf_known *k, struct twf_arena *a, struct twf_span raw,
                  uint32_t raw_off, struct twf_from *out)
{
    const uint64_t *limits = k->limits->value;

    if (k->off || raw.len > limits[TWF_LIMIT_FROM] || limits[TWF_LIMIT_MAILBOXES] == 0 ||
        !twf_from_parse_usual(k->domains, a, raw, raw_off, out))
        twf_from_parse(k->domains, a, k->limits, raw, raw_off, out);
}

/* Reads raw and keeps what it says, unless memory runs out. */
static void keep(struct twf_known *k, struct twf_known_value *v, struct twf_span raw, uint32_t hash)
{
    struct twf_known_from *said = twf_arena_alloc(&k->arena, sizeof(*said));

    v->said = NULL;
    if (said == NULL)
        return;
    memcpy(said->bytes, raw.ptr, raw.len);
    said->len = (uint8_t)raw.len;
    said->quiet = TWF_QUIET_UNKNOWN;
    parse(k, &k->arena, twf_span(said->bytes, raw.len), 0, &said->from);
    v->hash = hash;
    if (!k->arena.failed)
        v->said = said;
}

/* What is kept about raw, now or before; NULL: it is to be read where it stands. */
static struct twf_known_from *find(struct twf_known *k, struct twf_span raw)
{
    struct twf_known_value *v;
    uint64_t hash;
    uint32_t tag;

    if (k->off || raw.len == 0 || raw.len > TWF_KNOWN_BYTES)
        return NULL;
    hash = hash_of(raw);
    tag = (uint32_t)(hash >> 32) | 1; /* never that of a place where nothing came */
    v = &k->froms[hash % TWF_KNOWN_SLOTS];
    if (v->said != NULL && v->hash == tag && v->said->len == raw.len &&
        memcmp(v->said->bytes, raw.ptr, raw.len) == 0)
        return v->said;
    if (v->last != tag) {
        v->last = tag;
        return NULL;
    }
    keep(k, v, raw, tag);
    return v->said;
}

void twf_known_from(struct twf_known *k, struct twf_arena *a, struct twf_span raw, uint32_t raw_off,
                    bool short_way, struct twf_from *out, uint8_t **quiet)
{
    struct twf_known_from *said;

    *quiet = NULL;
    if (short_way && twf_from_parse_ordinary(k->domains, a, raw, raw_off, out))
        return;
    said = find(k, raw);
    if (said == NULL) {
        parse(k, a, raw, raw_off, out);
        return;
    }
    *out = said->from;
    out->raw_off = raw_off;
    *quiet = &said->quiet;
}
