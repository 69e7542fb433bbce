/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed bytes: a pointer and a length. A span never owns; whoever hands one out says how long it lives. */
#ifndef TWF_BASE_SPAN_H
#define TWF_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

struct twf_span {
    const uint8_t *ptr;
    size_t len;
};

static inline struct twf_span twf_span(const void *ptr, size_t len)
{
    TWF_KNOWN(ptr != NULL || len == 0);
    return (struct twf_span){(const uint8_t *)ptr, len};
}

static inline struct twf_span twf_span_str(const char *text)
{
    return (struct twf_span){(const uint8_t *)text, strlen(text)};
}

/* The span [from, to) of s; both are clamped to the length of s. */
static inline struct twf_span twf_span_slice(struct twf_span s, size_t from, size_t to)
{
    TWF_KNOWN(s.ptr != NULL || s.len == 0);
    if (to > s.len)
        to = s.len;
    if (from > to)
        from = to;
    return (struct twf_span){s.ptr == NULL ? NULL : s.ptr + from, to - from};
}

/* Order of bytes, as memcmp, a shorter one first. */
static inline int twf_span_cmp(struct twf_span a, struct twf_span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static inline bool twf_span_eq(struct twf_span a, struct twf_span b)
{
    TWF_KNOWN((a.ptr != NULL || a.len == 0) && (b.ptr != NULL || b.len == 0));
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline uint8_t twf_lower_byte(uint8_t c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

/* The same n > 0 bytes when the case of ASCII letters is ignored; others must be the same. */
bool twf_bytes_eq_fold(const uint8_t *a, const uint8_t *b, size_t n);

/* Equal in that way. Most of what is compared differs in its length or in its first byte. */
static inline bool twf_span_eq_fold(struct twf_span a, struct twf_span b)
{
    TWF_KNOWN((a.ptr != NULL || a.len == 0) && (b.ptr != NULL || b.len == 0));
    return a.len == b.len && (a.len == 0 || (((a.ptr[0] ^ b.ptr[0]) & ~0x20) == 0 &&
                                             twf_bytes_eq_fold(a.ptr, b.ptr, a.len)));
}

static inline bool twf_span_is(struct twf_span a, const char *text)
{
    return twf_span_eq(a, twf_span_str(text));
}

static inline bool twf_span_is_fold(struct twf_span a, const char *text)
{
    return twf_span_eq_fold(a, twf_span_str(text));
}

static inline bool twf_span_starts_fold(struct twf_span a, const char *text)
{
    size_t n = strlen(text);

    return a.len >= n && twf_span_eq_fold(twf_span_slice(a, 0, n), twf_span(text, n));
}

static inline bool twf_span_ends_fold(struct twf_span a, const char *text)
{
    size_t n = strlen(text);

    return a.len >= n && twf_span_eq_fold(twf_span_slice(a, a.len - n, a.len), twf_span(text, n));
}

/* Offset of the first byte c in s, or s.len. */
static inline size_t twf_span_find(struct twf_span s, uint8_t c)
{
    const uint8_t *p = NULL;

    TWF_KNOWN(s.ptr != NULL || s.len == 0);
    if (s.len > 0)
        p = memchr(s.ptr, c, s.len);
    return p == NULL ? s.len : (size_t)(p - s.ptr);
}

static inline bool twf_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static inline bool twf_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool twf_is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool twf_is_alnum(uint8_t c)
{
    return twf_is_letter(c) || twf_is_digit(c);
}

/* s without SP, TAB, CR and LF at both ends. */
static inline struct twf_span twf_span_trim(struct twf_span s)
{
    TWF_KNOWN(s.ptr != NULL || s.len == 0);
    while (s.len > 0 && (twf_is_blank(s.ptr[0]) || s.ptr[0] == '\r' || s.ptr[0] == '\n')) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 &&
           (twf_is_blank(s.ptr[s.len - 1]) || s.ptr[s.len - 1] == '\r' || s.ptr[s.len - 1] == '\n'))
        s.len--;
    return s;
}

#endif
