/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed bytes: a pointer and a length. A span never owns; whoever hands one out says how long it lives. */
#ifndef TWF_BASE_SPAN_H
#define TWF_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct twf_span {
    const uint8_t *ptr;
    size_t len;
};

static inline struct twf_span twf_span(const void *ptr, size_t len)
{
    return (struct twf_span){(const uint8_t *)ptr, len};
}

static inline struct twf_span twf_span_str(const char *text)
{
    return (struct twf_span){(const uint8_t *)text, strlen(text)};
}

/* The span [from, to) of s; both are clamped to the length of s. */
static inline struct twf_span twf_span_slice(struct twf_span s, size_t from, size_t to)
{
    if (to > s.len)
        to = s.len;
    if (from > to)
        from = to;
    return (struct twf_span){s.ptr == NULL ? NULL : s.ptr + from, to - from};
}

static inline bool twf_span_eq(struct twf_span a, struct twf_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline uint8_t twf_lower_byte(uint8_t c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

/* Equal when the case of ASCII letters is ignored; other bytes must be the same. */
static inline bool twf_span_eq_fold(struct twf_span a, struct twf_span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (twf_lower_byte(a.ptr[i]) != twf_lower_byte(b.ptr[i]))
            return false;
    }
    return true;
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
    const uint8_t *p = s.len == 0 ? NULL : memchr(s.ptr, c, s.len);

    return p == NULL ? s.len : (size_t)(p - s.ptr);
}

static inline bool twf_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* s without SP, TAB, CR and LF at both ends. */
static inline struct twf_span twf_span_trim(struct twf_span s)
{
    while (s.len > 0 && (twf_is_blank(s.ptr[0]) || s.ptr[0] == '\r' || s.ptr[0] == '\n')) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && (twf_is_blank(s.ptr[s.len - 1]) || s.ptr[s.len - 1] == '\r' ||
                         s.ptr[s.len - 1] == '\n'))
        s.len--;
    return s;
}

#endif
