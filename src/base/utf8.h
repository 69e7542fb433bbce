/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629) by code points. */
#ifndef TWF_BASE_UTF8_H
#define TWF_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/word.h"

/*
 * Bytes of the code point at ptr (len > 0), which goes to *cp. 0 where the bytes are not UTF-8;
 * then *cp is the number of bytes to replace by one U+FFFD, at least 1 (the longest part that
 * could have begun a code point, as Unicode section 3.9 recommends).
 */
static inline size_t twf_utf8_next(const uint8_t *ptr, size_t len, uint32_t *cp)
{
    uint8_t c = ptr[0], low = 0x80, high = 0xBF;
    size_t more;

    if (c < 0x80) {
        *cp = c;
        return 1;
    }
    if (c >= 0xC2 && c <= 0xDF) {
        more = 1;
        *cp = c & 0x1F;
    } else if (c >= 0xE0 && c <= 0xEF) {
        more = 2;
        *cp = c & 0x0F;
        low = c == 0xE0 ? 0xA0 : 0x80;  /* no overlong forms */
        high = c == 0xED ? 0x9F : 0xBF; /* no surrogates */
    } else if (c >= 0xF0 && c <= 0xF4) {
        more = 3;
        *cp = c & 0x07;
        low = c == 0xF0 ? 0x90 : 0x80;
        high = c == 0xF4 ? 0x8F : 0xBF; /* up to U+10FFFF */
    } else {
        *cp = 1;
        return 0;
    }
    for (size_t i = 1; i <= more; i++) {
        if (i >= len || ptr[i] < low || ptr[i] > high) {
            *cp = (uint32_t)i;
            return 0;
        }
        *cp = *cp << 6 | (ptr[i] & 0x3F);
        low = 0x80;
        high = 0xBF;
    }
    return more + 1;
}

/* Writes cp, which is no surrogate and at most U+10FFFF; returns 1 to 4 bytes. */
static inline size_t twf_utf8_put(uint8_t out[4], uint32_t cp)
{
    if (cp < 0x80) {
        out[0] = (uint8_t)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (uint8_t)(0xC0 | cp >> 6);
        out[1] = (uint8_t)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (uint8_t)(0xE0 | cp >> 12);
        out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | cp >> 18);
    out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (cp & 0x3F));
    return 4;
}

/* No byte of s is beyond ASCII. */
static inline bool twf_is_ascii(struct twf_span s)
{
    uint64_t seen = 0;
    size_t at = 0;

    for (; s.len - at >= 8; at += 8)
        seen |= twf_word(s.ptr + at);
    if (at < s.len)
        seen |= twf_word_tail(s.ptr, s.len, at);
    return (seen & TWF_WORD_HIGH) == 0;
}

static inline bool twf_utf8_valid(struct twf_span s)
{
    uint32_t cp;
    size_t n;

    if (twf_is_ascii(s))
        return true;
    for (size_t i = 0; i < s.len; i += n) {
        n = twf_utf8_next(s.ptr + i, s.len - i, &cp);
        if (n == 0)
            return false;
    }
    return true;
}

#endif
