/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only calls to malloc. Tests make the k-th call fail; a cap set once at the start makes every
 * call beyond it fail, so that --memory is a hard limit and not a hope.
 */
#ifndef TWF_BASE_ALLOC_H
#define TWF_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Uninitialised memory, or NULL. len 0 gives a valid pointer. Freed by twf_free. Any thread. */
void *twf_malloc(size_t len);
/* Zeroed memory for n * len bytes, or NULL, also when the product overflows. */
void *twf_calloc(size_t n, size_t len);
/* As realloc: on failure the old block stays. */
void *twf_realloc(void *ptr, size_t len);
/*
 * Room for need elements of size bytes in a growing array: array points to the pointer to its first
 * element, *room is what it holds now, in elements. What is new is uninitialised. False without memory; all stays as it was.
 */
bool twf_grow(void *array, size_t *room, size_t need, size_t size);
/* Aligned to align (a power of two, at least 64), for buffers that the kernel or SIMD code fill. */
void *twf_malloc_aligned(size_t align, size_t len);
/* For large buffers that will be used all of them: in huge pages where the system has them to give. */
void *twf_malloc_pages(size_t len);
void twf_free(void *ptr);
/* A copy of a C string, or NULL. */
char *twf_strdup(const char *text);

/* The k-th allocation from now on fails, and all after it; 0 switches that off. Tests only. */
void twf_alloc_fail_at(uint64_t k);
/* Allocations made so far. Tests only. */
uint64_t twf_alloc_count(void);
/* Bytes in use, as asked for; and the cap beyond which allocation fails (0: none). */
uint64_t twf_alloc_in_use(void);
void twf_alloc_cap(uint64_t bytes);

#endif
