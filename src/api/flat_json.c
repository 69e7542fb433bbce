/* SPDX-License-Identifier: Apache-2.0 */
/* A value is delimited, not understood: strings by their quotes, lists and objects by counting
 * brackets outside of strings. */
#include "api/flat_json.h"

#include "base/digits.h"
#include "base/utf8.h"

static void skip_blanks(struct twf_span *s)
{
    while (s->len > 0 && (twf_is_blank(s->ptr[0]) || s->ptr[0] == '\r' || s->ptr[0] == '\n'))
        *s = twf_span_slice(*s, 1, s->len);
}

static bool take_byte(struct twf_span *s, uint8_t c)
{
    skip_blanks(s);
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    *s = twf_span_slice(*s, 1, s->len);
    return true;
}

/* Bytes of the string at the start of s with both quotes, or 0. */
static size_t string_len(struct twf_span s)
{
    if (s.len == 0 || s.ptr[0] != '"')
        return 0;
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] == '"')
            return i + 1;
        if (s.ptr[i] < 0x20)
            return 0;
        i += s.ptr[i] == '\\';
    }
    return 0;
}

/* Bytes of the value at the start of s, or 0. */
static size_t value_len(struct twf_span s)
{
    size_t depth = 0, i = 0;

    while (i < s.len) {
        uint8_t c = s.ptr[i];

        if (c == '"') {
            size_t n = string_len(twf_span_slice(s, i, s.len));

            if (n == 0)
                return 0;
            i += n;
            if (depth == 0)
                return i;
            continue;
        }
        if (depth == 0 && i > 0 && (c == ',' || c == '}' || c == ']' || twf_is_blank(c)))
            return i; /* a number or a word ended */
        if (c == '[' || c == '{')
            depth++;
        else if (c == ']' || c == '}') {
            if (depth == 0)
                return 0;
            if (--depth == 0)
                return i + 1;
        } else if (depth == 0 && (c == ',' || c == ':')) {
            return 0;
        }
        i++;
    }
    return 0;
}

void twf_json_begin(struct twf_json *j, struct twf_span line)
{
    *j = (struct twf_json){.rest = line};
}

static bool fail(struct twf_json *j)
{
    j->failed = true;
    return false;
}

bool twf_json_next(struct twf_json *j, struct twf_span *key, struct twf_span *value)
{
    size_t n;

    if (j->failed || j->ended)
        return false;
    if (!j->started && !take_byte(&j->rest, '{'))
        return fail(j);
    if (take_byte(&j->rest, '}')) {
        skip_blanks(&j->rest);
        j->ended = true;
        return j->rest.len == 0 ? false : fail(j);
    }
    if (j->started && !take_byte(&j->rest, ','))
        return fail(j);
    j->started = true;
    skip_blanks(&j->rest);
    n = string_len(j->rest);
    if (n == 0)
        return fail(j);
    *key = twf_span_slice(j->rest, 1, n - 1);
    j->rest = twf_span_slice(j->rest, n, j->rest.len);
    if (!take_byte(&j->rest, ':'))
        return fail(j);
    skip_blanks(&j->rest);
    n = value_len(j->rest);
    if (n == 0)
        return fail(j);
    *value = twf_span_slice(j->rest, 0, n);
    j->rest = twf_span_slice(j->rest, n, j->rest.len);
    return true;
}

/* Four hex digits, or -1. */
static int32_t hex4(struct twf_span s)
{
    int32_t v = 0;

    if (s.len < 4)
        return -1;
    for (unsigned i = 0; i < 4; i++) {
        int d = twf_hex_digit(s.ptr[i]);

        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

/* The escape at the start of s (behind its backslash) into out; bytes it takes, 0: none. */
static size_t take_escape(struct twf_span s, uint8_t **out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    int32_t code, low;

    for (size_t i = 0; s.len > 0 && i < sizeof(from) - 1; i++) {
        if (s.ptr[0] == (uint8_t)from[i]) {
            *(*out)++ = (uint8_t)to[i];
            return 1;
        }
    }
    if (s.len == 0 || s.ptr[0] != 'u' || (code = hex4(twf_span_slice(s, 1, s.len))) < 0 ||
        (code >= 0xDC00 && code < 0xE000))
        return 0;
    if (code < 0xD800 || code > 0xDBFF) {
        *out += twf_utf8_put(*out, (uint32_t)code);
        return 5;
    }
    if (s.len < 11 || s.ptr[5] != '\\' || s.ptr[6] != 'u' ||
        (low = hex4(twf_span_slice(s, 7, s.len))) < 0xDC00 || low > 0xDFFF)
        return 0;
    *out +=
        twf_utf8_put(*out, 0x10000 + ((uint32_t)(code - 0xD800) << 10) + (uint32_t)(low - 0xDC00));
    return 11;
}

bool twf_json_string(struct twf_arena *a, struct twf_span value, struct twf_span *out)
{
    struct twf_span s;
    uint8_t *text, *to;

    if (value.len < 2 || string_len(value) != value.len)
        return false;
    s = twf_span_slice(value, 1, value.len - 1);
    if (twf_span_find(s, '\\') == s.len) {
        *out = s;
        return true;
    }
    text = to = twf_arena_alloc(a, s.len); /* an escape is never shorter than what it stands for */
    if (text == NULL)
        return false;
    for (size_t i = 0; i < s.len;) {
        size_t n;

        if (s.ptr[i] != '\\') {
            *to++ = s.ptr[i++];
            continue;
        }
        n = take_escape(twf_span_slice(s, i + 1, s.len), &to);
        if (n == 0)
            return false;
        i += 1 + n;
    }
    *out = twf_span(text, (size_t)(to - text));
    return true;
}

bool twf_json_u64(struct twf_span value, uint64_t *out)
{
    uint64_t n = 0;

    for (size_t i = 0; i < value.len; i++) {
        unsigned d = (unsigned)value.ptr[i] - '0';

        if (d > 9 || n > (UINT64_MAX - d) / 10)
            return false;
        n = n * 10 + d;
    }
    if (value.len > 0)
        *out = n;
    return value.len > 0;
}

bool twf_json_item(struct twf_span *rest, struct twf_span *item)
{
    size_t n;

    if (!take_byte(rest, '[') && !take_byte(rest, ','))
        return false;
    skip_blanks(rest);
    n = string_len(*rest);
    if (n == 0)
        return false;
    *item = twf_span_slice(*rest, 0, n);
    *rest = twf_span_slice(*rest, n, rest->len);
    return true;
}
