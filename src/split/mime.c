/* SPDX-License-Identifier: Apache-2.0 */
/* Fields, Content-Type and the parts of a multipart. RFC 2045 section 5, RFC 2046 section 5.1. */
#include "split/mime.h"

struct twf_entity twf_entity_split(struct twf_span text)
{
    size_t at = 0;

    while (at < text.len) {
        struct twf_span line = twf_span_slice(text, at, text.len);
        size_t len = twf_span_find(line, '\n');

        if (len == 0 || (len == 1 && line.ptr[0] == '\r' && line.len > 1)) {
            at += len + 1;
            return (struct twf_entity){twf_span_slice(text, 0, at),
                                       twf_span_slice(text, at, text.len)};
        }
        at += len + 1;
    }
    return (struct twf_entity){text, twf_span_slice(text, text.len, text.len)};
}

/* Length of the logical line at the start of s, its last line end included. */
static size_t logical_line(struct twf_span s)
{
    size_t at = 0;

    do {
        at += twf_span_find(twf_span_slice(s, at, s.len), '\n');
        at += at < s.len;
    } while (at < s.len && twf_is_blank(s.ptr[at]));
    return at;
}

bool twf_field_find(struct twf_span header, const char *name, unsigned n, struct twf_span *value)
{
    size_t name_len = strlen(name);

    while (header.len > 0) {
        size_t len = logical_line(header), at = name_len;
        struct twf_span line = twf_span_slice(header, 0, len);

        if (twf_span_starts_fold(line, name)) {
            while (at < line.len && twf_is_blank(line.ptr[at]))
                at++;
            if (at < line.len && line.ptr[at] == ':' && n-- == 0) {
                *value = twf_span_trim(twf_span_slice(line, at + 1, line.len));
                return true;
            }
        }
        header = twf_span_slice(header, len, header.len);
    }
    return false;
}

struct twf_span twf_value_unfold(struct twf_arena *a, struct twf_span value)
{
    uint8_t *out = twf_arena_alloc(a, value.len);
    size_t n = 0;

    if (out == NULL)
        return (struct twf_span){NULL, 0};
    value = twf_span_trim(value);
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i];
        bool blank = twf_is_blank(c) || c == '\r' || c == '\n';

        if (!blank)
            out[n++] = c;
        else if (n > 0 && out[n - 1] != ' ')
            out[n++] = ' ';
    }
    return twf_span(out, n);
}

/* Skips blanks, line ends and comments. */
static size_t skip_space(struct twf_span s, size_t at)
{
    size_t depth = 0;

    for (; at < s.len; at++) {
        uint8_t c = s.ptr[at];

        if (c == '\\' && depth > 0 && s.len - at > 1)
            at++;
        else if (c == '(')
            depth++;
        else if (c == ')' && depth > 0)
            depth--;
        else if (depth == 0 && !twf_is_blank(c) && c != '\r' && c != '\n')
            break;
    }
    return at;
}

static bool is_token(uint8_t c)
{
    return c > ' ' && c != 0x7F && memchr("()<>@,;:\\\"/[]?=", c, 15) == NULL;
}

static struct twf_span token(struct twf_span s, size_t *at)
{
    size_t from = *at;

    while (*at < s.len && is_token(s.ptr[*at]))
        ++*at;
    return twf_span_slice(s, from, *at);
}

/* A quoted-string without its quotes; *at stands on the opening one. */
static struct twf_span quoted(struct twf_span s, size_t *at, struct twf_arena *a)
{
    size_t i = ++*at, n = 0;
    uint8_t *out;

    while (i < s.len && s.ptr[i] != '"')
        i += s.ptr[i] == '\\' && s.len - i > 1 ? 2 : 1;
    i = i < s.len ? i : s.len;
    if (memchr(s.ptr + *at, '\\', i - *at) == NULL) {
        struct twf_span plain = twf_span_slice(s, *at, i);

        *at = i + (i < s.len);
        return plain;
    }
    out = twf_arena_alloc(a, i - *at);
    for (size_t k = *at; out != NULL && k < i; k++) {
        if (s.ptr[k] == '\\' && i - k > 1)
            k++;
        out[n++] = s.ptr[k];
    }
    *at = i + (i < s.len);
    return twf_span(out, n);
}

/* One parameter value; lenient: anything up to ';' or a blank where it is no token. */
static struct twf_span parameter_value(struct twf_span s, size_t *at, struct twf_arena *a)
{
    size_t from = *at;

    if (from < s.len && s.ptr[from] == '"')
        return quoted(s, at, a);
    while (*at < s.len && s.ptr[*at] != ';' && s.ptr[*at] > ' ')
        ++*at;
    return twf_span_slice(s, from, *at);
}

/* The type and subtype at the start of a Content-Type, and where they end. */
static size_t two_words(struct twf_span s, struct twf_mime_type *t)
{
    size_t at = skip_space(s, 0);

    t->type = token(s, &at);
    at = skip_space(s, at);
    t->subtype = (struct twf_span){NULL, 0};
    if (at < s.len && s.ptr[at] == '/') {
        at = skip_space(s, at + 1);
        t->subtype = token(s, &at);
    }
    return at;
}

struct twf_mime_type twf_mime_words(struct twf_span value)
{
    struct twf_mime_type t = {.ambiguous = false};

    (void)two_words(value, &t);
    return t;
}

struct twf_mime_type twf_mime_type_read(struct twf_span header, struct twf_arena *a)
{
    enum { PARAMETERS = 256 }; /* CVE-2026-27859: a flood of them */
    struct twf_mime_type t = {twf_span_str("text"), twf_span_str("plain"), {NULL, 0}, false};
    struct twf_span s, second;
    size_t at, boundaries = 0;

    if (!twf_field_find(header, "content-type", 0, &s))
        return t;
    t.ambiguous = twf_field_find(header, "content-type", 1, &second);
    at = two_words(s, &t);
    for (int i = 0; i < PARAMETERS && at < s.len; i++) {
        struct twf_span name, value;

        while (at < s.len && s.ptr[at] != ';')
            at++;
        at = skip_space(s, at + (at < s.len));
        name = token(s, &at);
        at = skip_space(s, at);
        if (at == s.len || s.ptr[at] != '=')
            continue;
        at = skip_space(s, at + 1);
        value = parameter_value(s, &at, a);
        /* RFC 2231 forms (boundary*, boundary*0) are read by some and not by others. */
        if (twf_span_starts_fold(name, "boundary") && boundaries++ == 0 && name.len == 8)
            t.boundary = value;
    }
    t.ambiguous |= boundaries > 1;
    return t;
}

bool twf_mime_is(const struct twf_mime_type *t, const char *type, const char *subtype)
{
    return twf_span_is_fold(t->type, type) &&
           (subtype == NULL || twf_span_is_fold(t->subtype, subtype));
}

void twf_mime_walk_init(struct twf_mime_walk *w, struct twf_span body, struct twf_span boundary)
{
    *w = (struct twf_mime_walk){.rest = body, .boundary = boundary, .closed = boundary.len == 0};
}

/*
 * "--boundary" or "--boundary--", then nothing but blanks: a boundary that only begins so is
 * another.
 */
static bool is_delimiter(struct twf_span line, struct twf_span boundary, bool *closing)
{
    if (line.len < 2 + boundary.len || line.ptr[0] != '-' || line.ptr[1] != '-' ||
        memcmp(line.ptr + 2, boundary.ptr, boundary.len) != 0)
        return false;
    line = twf_span_slice(line, 2 + boundary.len, line.len);
    *closing = line.len >= 2 && line.ptr[0] == '-' && line.ptr[1] == '-';
    if (*closing)
        line = twf_span_slice(line, 2, line.len);
    return twf_span_trim(line).len == 0;
}

/* The next delimiter line at or after the start of s, which is a line start: its place and length.
 */
static bool find_delimiter(struct twf_span s, struct twf_span boundary, size_t *at, size_t *len,
                           bool *closing)
{
    size_t i = 0;

    while (i < s.len) {
        struct twf_span rest = twf_span_slice(s, i, s.len);
        size_t n = twf_span_find(rest, '\n');

        if (is_delimiter(twf_span_slice(rest, 0, n), boundary, closing)) {
            *at = i;
            *len = n + (n < rest.len);
            return true;
        }
        i += n + 1;
    }
    return false;
}

bool twf_mime_walk_next(struct twf_mime_walk *w, struct twf_span *part)
{
    size_t at, len;
    bool closing = false;

    if (!w->started) {
        w->started = true;
        if (w->closed || !find_delimiter(w->rest, w->boundary, &at, &len, &closing)) {
            w->closed = true;
            return false;
        }
        w->rest = twf_span_slice(w->rest, at + len, w->rest.len);
        w->closed = closing;
    }
    if (w->closed)
        return false;
    if (!find_delimiter(w->rest, w->boundary, &at, &len, &closing)) {
        *part = w->rest; /* the closing line is missing: the part has what there is */
        w->closed = true;
        return part->len > 0;
    }
    /* The line end before a delimiter belongs to it. */
    *part = twf_span_slice(w->rest, 0, at);
    if (part->len > 0)
        part->len--;
    if (part->len > 0 && part->ptr[part->len - 1] == '\r')
        part->len--;
    w->rest = twf_span_slice(w->rest, at + len, w->rest.len);
    w->closed = closing;
    return true;
}
