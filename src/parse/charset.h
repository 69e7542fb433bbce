/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a named charset into UTF-8; internal to parse. */
#ifndef TWF_PARSE_CHARSET_H
#define TWF_PARSE_CHARSET_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

/*
 * Charsets met in one text that go to iconv. More than any honest text has: iconv_open may load a
 * module from disk, and a sender shall not choose how often.
 */
enum { TWF_CHARSETS_MAX = 8 };

struct twf_charsets {
    struct {
        struct twf_span name;
        iconv_t cd; /* (iconv_t)-1: not known to iconv */
    } open[TWF_CHARSETS_MAX];
    uint32_t count;
};

/* A result that grows in an arena; on failure arena->failed is set and more is dropped. */
struct twf_charset_out {
    struct twf_arena *arena;
    uint8_t *ptr;
    size_t len, cap;
};

/*
 * Whether the charset can be converted. c begins zeroed; it keeps name, which must outlive it,
 * and what it opened until _fini.
 */
bool twf_charset_known(struct twf_charsets *c, struct twf_span name);
/* Converts bytes of a known charset; what has no meaning there becomes U+FFFD. */
void twf_charset_to_utf8(struct twf_charsets *c, struct twf_span name, struct twf_span bytes,
                         struct twf_charset_out *out);
void twf_charsets_fini(struct twf_charsets *c);

void twf_charset_put(struct twf_charset_out *out, const void *ptr, size_t len);
/* UTF-8 as it is, and U+FFFD for the rest. */
void twf_charset_put_valid(struct twf_charset_out *out, struct twf_span s);

#endif
