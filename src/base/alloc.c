/* SPDX-License-Identifier: Apache-2.0 */
/*
 * malloc with a count, a cap and a way to fail. A header of 16 bytes in front of each block keeps
 * its size; for aligned blocks the header has the alignment's size.
 */
#define _DEFAULT_SOURCE
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/compiler.h"

enum { HEADER = 16 };

struct header {
    size_t len;   /* as asked for */
    size_t start; /* bytes between the system's pointer and ours */
};
_Static_assert(sizeof(struct header) <= HEADER, "the block header must keep 16-byte alignment");

static atomic_uint_fast64_t calls, in_use, fail_at, cap;

void twf_alloc_fail_at(uint64_t k)
{
    atomic_store(&fail_at, k == 0 ? 0 : atomic_load(&calls) + k);
}

uint64_t twf_alloc_count(void)
{
    return atomic_load(&calls);
}

uint64_t twf_alloc_in_use(void)
{
    return atomic_load(&in_use);
}

void twf_alloc_cap(uint64_t bytes)
{
    atomic_store(&cap, bytes);
}

/* Counts the call; false when it must fail. */
static bool admit(size_t more)
{
    uint64_t n = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) + 1;
    uint64_t fail = atomic_load_explicit(&fail_at, memory_order_relaxed);
    uint64_t limit = atomic_load_explicit(&cap, memory_order_relaxed);

    if (TWF_UNLIKELY(fail != 0 && n >= fail))
        return false;
    if (TWF_UNLIKELY(limit != 0 &&
                     atomic_load_explicit(&in_use, memory_order_relaxed) + more > limit))
        return false;
    return more <= PTRDIFF_MAX - 4096;
}

static struct header *header_of(void *ptr)
{
    return (struct header *)(void *)((char *)ptr - HEADER);
}

static void *finish(char *base, size_t start, size_t len)
{
    char *ptr = base + start;
    struct header *h = header_of(ptr);

    h->len = len;
    h->start = start;
    atomic_fetch_add_explicit(&in_use, len, memory_order_relaxed);
    return ptr;
}

void *twf_malloc(size_t len)
{
    char *base;

    if (!admit(len) || (base = malloc(len + HEADER)) == NULL)
        return NULL;
    return finish(base, HEADER, len);
}

/* calloc knows which pages come zeroed from the system, and leaves those alone until they are used. */
void *twf_calloc(size_t n, size_t len)
{
    char *base;

    if (len != 0 && n > SIZE_MAX / len)
        return NULL;
    if (!admit(n * len) || (base = calloc(1, n * len + HEADER)) == NULL)
        return NULL;
    return finish(base, HEADER, n * len);
}

bool twf_grow(void *array, size_t *room, size_t need, size_t size)
{
    size_t n = *room == 0 ? 16 : *room;
    void *old, *fresh;

    if (need <= *room)
        return true;
    while (n < need) {
        if (n > SIZE_MAX / 2)
            return false;
        n *= 2;
    }
    if (n > SIZE_MAX / size)
        return false;
    memcpy(&old, array, sizeof(old)); /* whatever its type, a pointer to objects has this shape */
    fresh = twf_realloc(old, n * size);
    if (fresh == NULL)
        return false;
    memcpy(array, &fresh, sizeof(fresh));
    *room = n;
    return true;
}

void *twf_malloc_aligned(size_t align, size_t len)
{
    size_t total;
    char *base;

    assert(align >= 64 && (align & (align - 1)) == 0);
    if (!admit(len) || len > SIZE_MAX - 2 * align)
        return NULL;
    total = (align + len + align - 1) & ~(align - 1);
    base = aligned_alloc(align, total);
    return base == NULL ? NULL : finish(base, align, len);
}

void *twf_malloc_pages(size_t len)
{
    enum { HUGE = 2 << 20 };
    void *ptr = twf_malloc_aligned(HUGE, len);

    if (ptr != NULL && len >= HUGE)
        (void)madvise(ptr, len / HUGE * HUGE, MADV_HUGEPAGE); /* a kernel without them has small ones */
    return ptr;
}

void *twf_realloc(void *ptr, size_t len)
{
    struct header *h;
    char *base;
    size_t old;

    if (ptr == NULL)
        return twf_malloc(len);
    h = header_of(ptr);
    old = h->len;
    assert(h->start == HEADER); /* aligned blocks do not grow */
    if (!admit(len > old ? len - old : 0))
        return NULL;
    base = realloc((char *)ptr - HEADER, len + HEADER);
    if (base == NULL)
        return NULL;
    atomic_fetch_sub_explicit(&in_use, old, memory_order_relaxed);
    return finish(base, HEADER, len);
}

void twf_free(void *ptr)
{
    struct header *h;

    if (ptr == NULL)
        return;
    h = header_of(ptr);
    atomic_fetch_sub_explicit(&in_use, h->len, memory_order_relaxed);
    free((char *)ptr - h->start);
}

char *twf_strdup(const char *text)
{
    size_t len = strlen(text) + 1;
    char *copy = twf_malloc(len);

    if (copy != NULL)
        memcpy(copy, text, len);
    return copy;
}
