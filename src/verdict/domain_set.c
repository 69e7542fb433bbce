/* SPDX-License-Identifier: Apache-2.0 */
/* A set of organizations: open addressing, filled once, then only read. */
#include "verdict/verdict.h"

#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"

struct entry {
    uint8_t *name; /* NULL: free */
    size_t len;
};

struct twf_domain_set {
    struct entry *entries;
    size_t count, cap; /* cap is a power of two, or 0 */
    bool starved;      /* memory ran out in an add */
};

struct twf_domain_set *twf_domain_set_new(void)
{
    return twf_calloc(1, sizeof(struct twf_domain_set));
}

void twf_domain_set_free(struct twf_domain_set *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->cap; i++)
        twf_free(s->entries[i].name);
    twf_free(s->entries);
    twf_free(s);
}

/* FNV-1a: names come from the operator, nobody else chooses what collides. */
static size_t hash(struct twf_span s)
{
    uint64_t h = 0xCBF29CE484222325u;

    for (size_t i = 0; i < s.len; i++)
        h = (h ^ s.ptr[i]) * 0x100000001B3u;
    return (size_t)(h ^ h >> 32);
}

/* The entry of name, or the free one where it belongs. */
static struct entry *find(struct entry *entries, size_t cap, struct twf_span name)
{
    size_t i = hash(name) & (cap - 1);

    while (entries[i].name != NULL && !twf_span_eq(twf_span(entries[i].name, entries[i].len), name))
        i = (i + 1) & (cap - 1);
    return &entries[i];
}

static bool grow(struct twf_domain_set *s)
{
    size_t cap = s->cap == 0 ? 16 : s->cap * 2;
    struct entry *entries = twf_calloc(cap, sizeof(*entries));

    if (entries == NULL)
        return false;
    for (size_t i = 0; i < s->cap; i++) {
        if (s->entries[i].name != NULL)
            *find(entries, cap, twf_span(s->entries[i].name, s->entries[i].len)) = s->entries[i];
    }
    twf_free(s->entries);
    s->entries = entries;
    s->cap = cap;
    return true;
}

static bool insert(struct twf_domain_set *s, struct twf_span org)
{
    struct entry *e;
    uint8_t *copy;

    if (2 * (s->count + 1) > s->cap && !grow(s))
        return false;
    e = find(s->entries, s->cap, org);
    if (e->name != NULL)
        return true;
    copy = twf_malloc(org.len);
    if (copy == NULL)
        return false;
    memcpy(copy, org.ptr, org.len);
    *e = (struct entry){copy, org.len};
    s->count++;
    return true;
}

bool twf_domain_set_add(struct twf_domain_set *s, struct twf_domains *d, struct twf_span name)
{
    const uint32_t bad = TWF_DOMAIN_BAD_MEDIUM | TWF_DOMAIN_LITERAL;
    struct twf_arena a;
    struct twf_domain domain;
    bool ok;

    twf_arena_init(&a, 4096);
    domain = twf_domain_parse(d, &a, twf_span_trim(name));
    ok = domain.org.len > 0 && (domain.flags & bad) == 0;
    if (a.failed || (ok && !insert(s, domain.org))) {
        s->starved = true;
        ok = false;
    }
    twf_arena_fini(&a);
    return ok;
}

bool twf_domain_set_starved(const struct twf_domain_set *s)
{
    return s->starved;
}

bool twf_domain_set_has(const struct twf_domain_set *s, struct twf_span org)
{
    return s != NULL && s->count > 0 && org.len > 0 && find(s->entries, s->cap, org)->name != NULL;
}
