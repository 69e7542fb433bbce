/* SPDX-License-Identifier: Apache-2.0 */
#include "pipe/hashset.h"

#include <string.h>

#include "base/alloc.h"

void twf_hashset_init(struct twf_hashset *s, size_t max)
{
    *s = (struct twf_hashset){.max = max};
}

void twf_hashset_fini(struct twf_hashset *s)
{
    twf_free(s->slots);
    *s = (struct twf_hashset){0};
}

/* Where hash is, or the free slot in which it belongs. */
static size_t find(const struct twf_hashset *s, uint64_t hash)
{
    size_t i = (size_t)hash & (s->cap - 1);

    while (s->slots[i] != 0 && s->slots[i] != hash)
        i = (i + 1) & (s->cap - 1);
    return i;
}

/*
 * All slots at once, and resident at once: a long run needs no more memory than a short one, while a table that
 * doubles would hold three times its size as it does. Pages that are read before they are written would cost two
 * faults each, of which the second interrupts all other threads.
 */
static bool make_slots(struct twf_hashset *s)
{
    size_t cap = 8;

    while (cap < 2 * s->max)
        cap *= 2;
    s->slots = twf_malloc_pages(cap * sizeof(*s->slots));
    if (s->slots == NULL)
        return false;
    memset(s->slots, 0, cap * sizeof(*s->slots));
    s->cap = cap;
    return true;
}

bool twf_hashset_add(struct twf_hashset *s, uint64_t hash, bool *is_new)
{
    size_t i;

    *is_new = false;
    hash += hash == 0;
    if (s->slots == NULL && !make_slots(s))
        return false;
    i = find(s, hash);
    if (s->slots[i] == hash)
        return true;
    if (s->len >= s->max)
        return false;
    s->slots[i] = hash;
    s->len++;
    *is_new = true;
    return true;
}

void twf_hashset_save(const struct twf_hashset *s, struct twf_buf *out)
{
    twf_save_u64(out, s->len);
    for (size_t i = 0; i < s->cap; i++) {
        if (s->slots[i] != 0)
            twf_save_u64(out, s->slots[i]);
    }
}

bool twf_hashset_load(struct twf_hashset *s, struct twf_saved *in)
{
    size_t n = twf_saved_count(in, 8);
    bool is_new;

    for (size_t i = 0; i < n && !in->bad; i++) {
        if (!twf_hashset_add(s, twf_saved_u64(in), &is_new) && s->len < s->max)
            return false;
    }
    return true;
}
