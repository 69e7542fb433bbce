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
    memset(k->paths, 0, sizeof(k->paths));
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
    memset(k->paths, 0, sizeof(k->paths));
}

static uint64_t hash_of(struct twf_span s, bool way)
{
    uint64_t hash = 2 * s.len + way;

    for (size_t at = 0; at < s.len; at += 8) {
        uint64_t w = s.len - at >= 8 ? twf_word(s.ptr + at) : twf_word_tail(s.ptr, s.len, at);

        hash = (hash ^ w) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    return hash;
}

/*
 * The place of s: with *has it is kept there, else it is to be kept there now. NULL: it is read
 * where it stands.
 */
static struct twf_known_value *place_of(const struct twf_known *k, struct twf_known_value *values,
                                        struct twf_span s, bool way, bool *has)
{
    struct twf_known_value *v;
    uint64_t hash;

    if (k->off || s.len == 0 || s.len > TWF_KNOWN_BYTES)
        return NULL;
    hash = hash_of(s, way);
    v = &values[hash % TWF_KNOWN_SLOTS];
    *has = v->bytes != NULL && v->len == s.len && v->way == way &&
           memcmp(v->bytes, s.ptr, s.len) == 0;
    if (*has)
        return v;
    hash = hash >> 32 | 1; /* never that of a place where nothing came */
    if (v->last == (uint32_t)hash)
        return v;
    v->last = (uint32_t)hash;
    return NULL;
}

/* Keeps what s says, unless memory ran out; then it is read once more where it stands. */
static bool keep(struct twf_known *k, struct twf_known_value *v, struct twf_span s, bool way,
                 void *said)
{
    v->bytes = k->arena.failed ? NULL : s.ptr;
    v->said = said;
    v->len = (uint8_t)s.len;
    v->way = way;
    return v->bytes != NULL;
}

static void read_from(const struct twf_known *k, struct twf_arena *a, struct twf_span raw,
                      uint32_t raw_off, bool short_way, struct twf_from *out)
{
    if (!short_way || !twf_from_parse_ordinary(k->domains, a, raw, raw_off, out))
        twf_from_parse(k->domains, a, k->limits, raw, raw_off, out);
}

static bool keep_from(struct twf_known *k, struct twf_known_value *v, struct twf_span raw,
                      bool short_way)
{
    struct twf_known_from *said = twf_arena_alloc(&k->arena, sizeof(*said));
    struct twf_span kept = twf_arena_copy(&k->arena, raw);

    if (said == NULL || kept.ptr == NULL)
        return false;
    said->quiet = TWF_QUIET_UNKNOWN;
    read_from(k, &k->arena, kept, 0, short_way, &said->from);
    return keep(k, v, kept, short_way, said);
}

void twf_known_from(struct twf_known *k, struct twf_arena *a, struct twf_span raw, uint32_t raw_off,
                    bool short_way, struct twf_from *out, uint8_t **quiet)
{
    bool has = false;
    struct twf_known_value *v = place_of(k, k->froms, raw, short_way, &has);

    *quiet = NULL;
    if (v != NULL && (has || keep_from(k, v, raw, short_way))) {
        struct twf_known_from *said = v->said;

        *out = said->from;
        out->raw_off = raw_off;
        *quiet = &said->quiet;
        return;
    }
    read_from(k, a, raw, raw_off, short_way, out);
}

static bool keep_path(struct twf_known *k, struct twf_known_value *v, struct twf_span value,
                      bool bare_domain)
{
    struct twf_path *said = twf_arena_alloc(&k->arena, sizeof(*said));
    struct twf_span kept = twf_arena_copy(&k->arena, value);

    if (said == NULL || kept.ptr == NULL)
        return false;
    twf_path_parse(k->domains, &k->arena, kept, bare_domain, said);
    return keep(k, v, kept, bare_domain, said);
}

void twf_known_path(struct twf_known *k, struct twf_arena *a, struct twf_span value,
                    bool bare_domain, struct twf_path *out)
{
    bool has = false;
    struct twf_known_value *v = place_of(k, k->paths, value, bare_domain, &has);

    if (v != NULL && (has || keep_path(k, v, value, bare_domain)))
        *out = *(const struct twf_path *)v->said;
    else
        twf_path_parse(k->domains, a, value, bare_domain, out);
}
