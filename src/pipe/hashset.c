/* SPDX-License-Identifier: Apache-2.0 */
#include "pipe/hashset.h"

#include <string.h>

#include "base/alloc.h"

enum { PAGE = 512 }; /* slots in 4 KiB */

void twf_hashset_init(struct twf_hashset *s, size_t max)
{
    *s = (struct twf_hashset){.max = max};
}

void twf_hashset_fini(struct twf_hashset *s)
{
    twf_free(s->slots);
    twf_free(s->pages);
    *s = (struct twf_hashset){0};
}

/*
 * The slot, in a page that was written. A page that is read first costs two faults, and at the second the
 * system has to interrupt all other threads.
 */
static uint64_t slot(const struct twf_hashset *s, size_t i)
{
    size_t page = i / PAGE;

    if (!s->pages[page]) {
        memset(s->slots + page * PAGE, 0, PAGE * sizeof(*s->slots));
        s->pages[page] = true;
    }
    return s->slots[i];
}

/* Where hash is, or the free slot in which it belongs. */
static size_t find(const struct twf_hashset *s, uint64_t hash)
{
    size_t i = (size_t)hash & (s->cap - 1);
    uint64_t at;

    while ((at = slot(s, i)) != 0 && at != hash)
        i = (i + 1) & (s->cap - 1);
    return i;
}

/*
 * All slots at once. The system gives memory page by page as slots are used, so that a few members cost little; and
 * a long run needs no more than a short one: a table that doubles would hold three times its size while it does.
 */
static bool make_slots(struct twf_hashset *s)
{
    size_t cap = PAGE;

    while (cap < 2 * s->max)
        cap *= 2;
    s->pages = twf_calloc(cap / PAGE, sizeof(*s->pages));
    s->slots = s->pages == NULL ? NULL : twf_malloc_aligned(PAGE * sizeof(*s->slots), cap * sizeof(*s->slots));
    if (s->slots == NULL) {
        twf_free(s->pages);
        s->pages = NULL;
        return false;
    }
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
        if (s->pages[i / PAGE] && s->slots[i] != 0)
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
