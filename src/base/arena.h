/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bump allocation with one lifetime: everything goes at the next reset. Used by one thread.
 * Under AddressSanitizer the gaps between objects are poisoned.
 */
#ifndef TWF_BASE_ARENA_H
#define TWF_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/span.h"

struct twf_arena_block;

struct twf_arena {
    struct twf_arena_block *first, *current;
    uint8_t *next, *end; /* what is free in current; always a multiple of 16 bytes */
    size_t block_len;    /* of a new block */
    int failed;         /* set when an allocation failed since the last reset */
};

/* block_len: bytes a block, at least 4096. Nothing is allocated before the first use. */
void twf_arena_init(struct twf_arena *a, size_t block_len);
void twf_arena_fini(struct twf_arena *a);
/* Frees nothing but keeps the first block for reuse; blocks beyond it are returned. */
void twf_arena_reset(struct twf_arena *a);

/* The same as twf_arena_alloc, for what does not fit into the block at hand. */
void *twf_arena_alloc_more(struct twf_arena *a, size_t len);

/* 16-byte aligned, uninitialised, until reset; NULL without memory, and a->failed is set. */
static inline void *twf_arena_alloc(struct twf_arena *a, size_t len)
{
#if !TWF_ASAN
    /* No bytes at all wrap around, and take the long way, too. */
    if (TWF_LIKELY(len - 1 < (size_t)(a->end - a->next))) {
        void *ptr = a->next;

        a->next += (len + 15) & ~(size_t)15;
        return ptr;
    }
#endif
    return twf_arena_alloc_more(a, len);
}

/* Zeroed room for n objects of len bytes. */
void *twf_arena_calloc(struct twf_arena *a, size_t n, size_t len);
/* A copy of s in the arena; an empty span (and failed set) without memory. */
struct twf_span twf_arena_copy(struct twf_arena *a, struct twf_span s);

#endif
