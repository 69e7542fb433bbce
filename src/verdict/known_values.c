/* SPDX-License-Identifier: Apache-2.0 */
/* Values that were read lately (known_values.h): read into an arena of their place, so nothing is copied. */
#include "verdict/known_values.h"

#include <string.h>

#include "base/word.h"

void twf_known_init(struct twf_known *k, struct twf_domains *d, const struct twf_limits *limits,
                    bool off)
{
    k->domains = d;
    k->limits = limits;
    k->off = off;
    k->message = 0;
    for (size_t i = 0; i < TWF_KNOWN_SLOTS; i++) {
        twf_arena_init(&k->from_keys[i].arena, 4096);
        twf_arena_init(&k->path_keys[i].arena, 4096);
        k->from_keys[i].len = k->path_keys[i].len = 0;
    }
}

void twf_known_fini(struct twf_known *k)
{
    for (size_t i = 0; i < TWF_KNOWN_SLOTS; i++) {
        twf_arena_fini(&k->from_keys[i].arena);
        twf_arena_fini(&k->path_keys[i].arena);
    }
}

static size_t slot_of(struct twf_span s)
{
    uint64_t hash = s.len;

    for (size_t at = 0; at < s.len; at += 8) {
        uint64_t w = s.len - at >= 8 ? twf_word(s.ptr + at) : twf_word_tail(s.ptr, s.len, at);

        hash = (hash ^ w) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    return hash % TWF_KNOWN_SLOTS;
}

static bool may_keep(const struct twf_known *k, struct twf_span s)
{
    return !k->off && s.len > 0 && s.len <= TWF_KNOWN_BYTES;
}

static bool is_of(const struct twf_known_value *v, struct twf_span s, bool way)
{
    return v->len == s.len && v->way == way && memcmp(v->bytes, s.ptr, s.len) == 0;
}

/*
 * Makes the place one for s; false where the message at hand still needs what is there. out: the
 * bytes in their place.
 */
static bool take(const struct twf_known *k, struct twf_known_value *v, struct twf_span s, bool way,
                 struct twf_span *out)
{
    if (v->len != 0 && v->message == k->message)
        return false;
    memcpy(v->bytes, s.ptr, s.len);
    v->len = (uint8_t)s.len;
    v->way = way;
    v->quiet = TWF_QUIET_UNKNOWN;
    twf_arena_reset(&v->arena);
    *out = twf_span(v->bytes, s.len);
    return true;
}

/* What v holds is good for the message at hand. Without memory it is not. */
static bool use(const struct twf_known *k, struct twf_known_value *v)
{
    if (v->arena.failed)
        v->len = 0;
    v->message = k->message;
    return v->len > 0;
}

static void read_from(const struct twf_known *k, struct twf_arena *a, struct twf_span raw,
                      uint32_t raw_off, bool short_way, struct twf_from *out)
{
    if (!short_way || !twf_from_parse_ordinary(k->domains, a, raw, raw_off, out))
        twf_from_parse(k->domains, a, k->limits, raw, raw_off, out);
}

void twf_known_from(struct twf_known *k, struct twf_arena *a, struct twf_span raw, uint32_t raw_off,
                    bool short_way, struct twf_from *out, uint8_t **quiet)
{
    size_t slot = may_keep(k, raw) ? slot_of(raw) : TWF_KNOWN_SLOTS;
    struct twf_known_value *v;
    struct twf_span kept;

    *quiet = NULL;
    if (slot < TWF_KNOWN_SLOTS) {
        v = &k->from_keys[slot];
        if (!is_of(v, raw, short_way) && take(k, v, raw, short_way, &kept))
            read_from(k, &v->arena, kept, raw_off, short_way, &k->froms[slot]);
        if (is_of(v, raw, short_way) && use(k, v)) {
            *out = k->froms[slot];
            out->raw_off = raw_off;
            *quiet = &v->quiet;
            return;
        }
    }
    read_from(k, a, raw, raw_off, short_way, out);
}

void twf_known_path(struct twf_known *k, struct twf_arena *a, struct twf_span value,
                    bool bare_domain, struct twf_path *out)
{
    size_t slot = may_keep(k, value) ? slot_of(value) : TWF_KNOWN_SLOTS;
    struct twf_known_value *v;
    struct twf_span kept;

    if (slot < TWF_KNOWN_SLOTS) {
        v = &k->path_keys[slot];
        if (!is_of(v, value, bare_domain) && take(k, v, value, bare_domain, &kept))
            twf_path_parse(k->domains, &v->arena, kept, bare_domain, &k->paths[slot]);
        if (is_of(v, value, bare_domain) && use(k, v)) {
            *out = k->paths[slot];
            return;
        }
    }
    twf_path_parse(k->domains, a, value, bare_domain, out);
}
