/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charsets of mail into UTF-8. UTF-8, US-ASCII, ISO-8859-1 and windows-1252 are done here: most
 * mail has no other, and iconv may have to read a module from disk. The rest is iconv's.
 */
#define _GNU_SOURCE
#include "parse/charset.h"

#include <errno.h>
#include <string.h>

#include "base/compiler.h"
#include "base/utf8.h"

enum builtin { NOT_BUILTIN, UTF8, ASCII, LATIN1, WINDOWS1252 };

enum {
    MAX_NAME = 64,
    CHUNK = 256 /* of iconv's output */
};

static const uint8_t replacement[] = {0xEF, 0xBF, 0xBD};

void twf_charset_put(struct twf_charset_out *out, const void *ptr, size_t len)
{
    if (len > out->cap - out->len) {
        size_t cap = TWF_MAX(out->cap * 2, out->len + len + 64);
        uint8_t *grown = twf_arena_alloc(out->arena, cap);

        if (grown == NULL)
            return;
        if (out->len > 0)
            memcpy(grown, out->ptr, out->len);
        out->ptr = grown;
        out->cap = cap;
    }
    if (len > 0)
        memcpy(out->ptr + out->len, ptr, len);
    out->len += len;
}

static void put_code_point(struct twf_charset_out *out, uint32_t cp)
{
    uint8_t bytes[4];

    twf_charset_put(out, bytes, twf_utf8_put(bytes, cp));
}

void twf_charset_put_valid(struct twf_charset_out *out, struct twf_span s)
{
    size_t from = 0, i = 0;

    while (i < s.len) {
        uint32_t cp;
        size_t n = twf_utf8_next(s.ptr + i, s.len - i, &cp);

        if (n > 0) {
            i += n;
            continue;
        }
        if (i > from)
            twf_charset_put(out, s.ptr + from, i - from);
        twf_charset_put(out, replacement, sizeof(replacement));
        i += cp;
        from = i;
    }
    if (i > from)
        twf_charset_put(out, s.ptr + from, i - from);
}

static enum builtin find_builtin(struct twf_span name)
{
    static const struct {
        const char *name;
        enum builtin which;
    } names[] = {{"utf-8", UTF8},        {"utf8", UTF8},          {"us-ascii", ASCII},
                 {"ascii", ASCII},       {"iso-8859-1", LATIN1},  {"latin1", LATIN1},
                 {"cp1252", WINDOWS1252}, {"windows-1252", WINDOWS1252}};

    for (size_t i = 0; i < TWF_COUNT(names); i++) {
        if (twf_span_is_fold(name, names[i].name))
            return names[i].which;
    }
    return NOT_BUILTIN;
}

static void put_single_bytes(enum builtin which, struct twf_span bytes, struct twf_charset_out *out)
{
    /* 0x80 to 0x9F of windows-1252; 0: not assigned */
    static const uint16_t upper[32] = {
        0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

    for (size_t i = 0; i < bytes.len; i++) {
        uint32_t cp = bytes.ptr[i];

        if (which == ASCII && cp >= 0x80)
            cp = 0xFFFD;
        else if (which == WINDOWS1252 && cp >= 0x80 && cp < 0xA0)
            cp = upper[cp - 0x80] == 0 ? 0xFFFD : upper[cp - 0x80];
        put_code_point(out, cp);
    }
}

/*
 * Names that glibc knows but no mail means: its own form of memory. A name never has a '/', so that
 * "//TRANSLIT" and the like cannot come in.
 */
static bool is_fit_for_iconv(struct twf_span name)
{
    if (name.len == 0 || name.len > MAX_NAME || twf_span_is_fold(name, "wchar_t") ||
        twf_span_is_fold(name, "internal"))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i], low = twf_lower_byte(c);

        if (!((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || strchr("-_.:+", c) != NULL) ||
            c == '\0')
            return false;
    }
    return true;
}

/* The converter, opened if need be; -1 where there is none. */
static iconv_t find_converter(struct twf_charsets *c, struct twf_span name)
{
    char zero[MAX_NAME + 1];
    iconv_t cd;

    for (uint32_t i = 0; i < c->count; i++) {
        if (twf_span_eq_fold(c->open[i].name, name))
            return c->open[i].cd;
    }
    if (c->count == TWF_CHARSETS_MAX || !is_fit_for_iconv(name))
        return (iconv_t)-1;
    memcpy(zero, name.ptr, name.len);
    zero[name.len] = '\0';
    cd = iconv_open("UTF-8", zero);
    c->open[c->count].name = name;
    c->open[c->count].cd = cd;
    c->count++;
    return cd;
}

bool twf_charset_known(struct twf_charsets *c, struct twf_span name)
{
    return find_builtin(name) != NOT_BUILTIN || find_converter(c, name) != (iconv_t)-1;
}

void twf_charsets_fini(struct twf_charsets *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->open[i].cd != (iconv_t)-1)
            (void)iconv_close(c->open[i].cd);
    }
    c->count = 0;
}

/* Bytes of what cannot be converted: one, or a unit where a charset has wider ones. */
static size_t unit_len(struct twf_span name)
{
    if (twf_span_starts_fold(name, "utf-16") || twf_span_starts_fold(name, "ucs-2"))
        return 2;
    return twf_span_starts_fold(name, "utf-32") || twf_span_starts_fold(name, "ucs-4") ? 4 : 1;
}

/*
 * Each turn takes input, ends, or empties a full chunk that holds any character several times
 * over.
 */
static void convert(iconv_t cd, size_t unit, struct twf_span bytes, struct twf_charset_out *out)
{
    char *in = (char *)(uintptr_t)bytes.ptr; /* iconv does not write there */
    size_t in_len = bytes.len;
    bool last;

    (void)iconv(cd, NULL, NULL, NULL, NULL);
    while (!out->arena->failed) {
        char chunk[CHUNK], *to = chunk;
        size_t room = sizeof(chunk), rc;
        int why;

        /* At the end once more without input: stateful charsets hold a character back. */
        last = in_len == 0;
        rc = last ? iconv(cd, NULL, NULL, &to, &room) : iconv(cd, &in, &in_len, &to, &room);
        why = rc == (size_t)-1 ? errno : 0;
        /* Whole characters, but iconv may name code points beyond Unicode. */
        twf_charset_put_valid(out, twf_span(chunk, sizeof(chunk) - room));
        if (why == 0 && last)
            return;
        if (why == E2BIG && room == sizeof(chunk))
            return; /* a character longer than the chunk: there is none */
        if (why == 0 || why == E2BIG)
            continue;
        twf_charset_put(out, replacement, sizeof(replacement));
        if (last)
            return;
        /* EINVAL: the text ends within a character. */
        if (why == EINVAL || in_len < unit) {
            in_len = 0;
        } else {
            in += unit;
            in_len -= unit;
        }
    }
}

void twf_charset_to_utf8(struct twf_charsets *c, struct twf_span name, struct twf_span bytes,
                         struct twf_charset_out *out)
{
    enum builtin which = find_builtin(name);

    if (which == UTF8)
        twf_charset_put_valid(out, bytes);
    else if (which != NOT_BUILTIN)
        put_single_bytes(which, bytes, out);
    else
        convert(find_converter(c, name), unit_len(name), bytes, out);
}
