/* SPDX-License-Identifier: Apache-2.0 */
/* A list of blocks, filled from the front; the first one survives a reset. */
#include "base/arena.h"

#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"

#if TWF_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(ptr, len) ASAN_POISON_MEMORY_REGION(ptr, len)
#define UNPOISON(ptr, len) ASAN_UNPOISON_MEMORY_REGION(ptr, len)
enum { GAP = 16 };
#else
#define POISON(ptr, len) ((void)(ptr), (void)(len))
#define UNPOISON(ptr, len) ((void)(ptr), (void)(len))
enum { GAP = 0 };
#endif

struct twf_arena_block {
    struct twf_arena_block *next;
    size_t cap; /* a multiple of 16 */
    TWF_ALIGNED(16) uint8_t data[];
};

void twf_arena_init(struct twf_arena *a, size_t block_len)
{
    *a = (struct twf_arena){.block_len = TWF_MAX(block_len, 4096)};
}

static void free_from(struct twf_arena_block *b)
{
    while (b != NULL) {
        struct twf_arena_block *next = b->next;

        UNPOISON(b->data, b->cap);
        twf_free(b);
        b = next;
    }
}

void twf_arena_fini(struct twf_arena *a)
{
    free_from(a->first);
    *a = (struct twf_arena){0};
}

/* b, which may be NULL, is what is filled from here on. */
static void take_room(struct twf_arena *a, struct twf_arena_block *b)
{
    a->current = b;
    a->next = b == NULL ? NULL : b->data;
    a->end = b == NULL ? NULL : b->data + b->cap;
}

void twf_arena_reset(struct twf_arena *a)
{
    if (a->first != NULL) {
        free_from(a->first->next);
        a->first->next = NULL;
        POISON(a->first->data, a->first->cap);
    }
    take_room(a, a->first);
    a->failed = 0;
}

static int add_block(struct twf_arena *a, size_t len)
{
    size_t cap = TWF_MAX((a->block_len + 15) & ~(size_t)15, len);
    struct twf_arena_block *b = twf_malloc(sizeof(*b) + cap);

    if (b == NULL)
        return 0;
    b->next = NULL;
    b->cap = cap;
    POISON(b->data, cap);
    if (a->current == NULL)
        a->first = b;
    else
        a->current->next = b;
    take_room(a, b);
    return 1;
}

void *twf_arena_alloc_more(struct twf_arena *a, size_t len)
{
    size_t room;
    void *ptr;

    if (len > SIZE_MAX - 64) {
        a->failed = 1;
        return NULL;
    }
    room = ((len + 15) & ~(size_t)15) + GAP;
    if (a->current == NULL || room > (size_t)(a->end - a->next)) {
        if (!add_block(a, room)) {
            a->failed = 1;
            return NULL;
        }
    }
    ptr = a->next;
    a->next += room;
    UNPOISON(ptr, len);
    return ptr;
}

void *twf_arena_calloc(struct twf_arena *a, size_t n, size_t len)
{
    void *ptr;

    if (len != 0 && n > SIZE_MAX / len) {
        a->failed = 1;
        return NULL;
    }
    ptr = twf_arena_alloc(a, n * len);
    if (ptr != NULL)
        memset(ptr, 0, n * len);
    return ptr;
}

struct twf_span twf_arena_copy(struct twf_arena *a, struct twf_span s)
{
    uint8_t *copy = twf_arena_alloc(a, s.len);

    if (copy == NULL)
        return (struct twf_span){NULL, 0};
    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    return (struct twf_span){copy, s.len};
}
