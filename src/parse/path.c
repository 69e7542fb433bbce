/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reverse-path as somebody recorded it: RFC 5321 section 4.1.2 with UTF-8 (RFC 6531), the angle
 * brackets optional. Stricter than most readers on purpose: what is no mailbox is evidence, not
 * something to repair. Dots may stand anywhere in an unquoted local part, as providers have given
 * out such addresses.
 *
 * path_unwrap.c looks into the local part of forwarders.
 */
#include "parse/parse.h"

#include "base/compiler.h"
#include "parse/byte_class.h"
#include "parse/path_unwrap.h"

/* Not empty, and each byte is of that class. */
static bool all_bytes(struct twf_span s, uint8_t class)
{
    uint8_t common = class;

    for (size_t i = 0; i < s.len; i++)
        common &= twf_byte_classes[s.ptr[i]];
    return s.len > 0 && common != 0;
}

/* "[192.0.2.1]": what stands between the brackets is for twf_domain_parse to judge. */
static bool is_literal(struct twf_span s)
{
    if (s.len < 3 || s.ptr[0] != '[' || s.ptr[s.len - 1] != ']')
        return false;
    for (size_t i = 1; i + 1 < s.len; i++) {
        if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7F || memchr("[]\\<>()@\"", s.ptr[i], 9) != NULL)
            return false;
    }
    return true;
}

/*
 * Length of the quoted-string at the start of s with its quotes; 0 where it has no end or holds
 * controls.
 */
static size_t quoted_len(struct twf_span s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] < ' ' || s.ptr[i] == 0x7F)
            return 0;
        if (s.ptr[i] == '"')
            return i + 1;
        if (s.ptr[i] == '\\')
            i++;
    }
    return 0;
}

static struct twf_span unquote(struct twf_arena *a, struct twf_span quoted)
{
    struct twf_span inside = twf_span_slice(quoted, 1, quoted.len - 1);
    uint8_t *to;
    size_t n = 0;

    if (twf_span_find(inside, '\\') == inside.len)
        return inside;
    to = twf_arena_alloc(a, inside.len);
    if (to == NULL)
        return twf_span(NULL, 0);
    for (size_t i = 0; i < inside.len; i++) {
        if (inside.ptr[i] == '\\')
            i++;
        to[n++] = inside.ptr[i];
    }
    return twf_span(to, n);
}

/* "a@x.example (Name)": a comment behind a blank, as old servers wrote it without brackets. */
static struct twf_span strip_comment(struct twf_span s)
{
    size_t open = twf_span_find(s, '(');

    if (s.ptr[0] == '"' || open == 0 || twf_span_find(s, '@') > open || open == s.len ||
        !twf_is_blank(s.ptr[open - 1]) || twf_span_find(s, ')') != s.len - 1)
        return s;
    return twf_span_trim(twf_span_slice(s, 0, open));
}

/* One pair of angle brackets off, with the comment that RFC 5322 section 3.6.7 allows behind it. */
static struct twf_span strip_angles(struct twf_span s)
{
    struct twf_span rest;
    size_t close = 1;

    if (s.len < 2 || s.ptr[0] != '<')
        return s.len < 2 ? s : strip_comment(s);
    while (close < s.len && s.ptr[close] != '>')
        close += s.ptr[close] == '"' && quoted_len(twf_span_slice(s, close, s.len)) > 0
                     ? quoted_len(twf_span_slice(s, close, s.len))
                     : 1;
    rest = twf_span_trim(twf_span_slice(s, close + 1, s.len));
    if (close == s.len || (rest.len > 0 && (rest.ptr[0] != '(' || rest.ptr[rest.len - 1] != ')')))
        return s;
    return twf_span_slice(s, 1, close);
}

/* X.500 names, bare or as Exchange wraps them for SMTP. */
static bool is_x500(struct twf_span s)
{
    uint8_t first = s.len == 0 ? 0 : twf_lower_byte(s.ptr[0]);

    if (first != '[' && first != 'e' && first != '/' && first != 'i')
        return false;
    return twf_span_starts_fold(s, "[ex:") || twf_span_starts_fold(s, "ex:") ||
           twf_span_starts_fold(s, "/o=") || twf_span_starts_fold(s, "imceaex-") ||
           twf_span_starts_fold(s, "imceainvalid-") || twf_span_starts_fold(s, "imceax400-") ||
           twf_span_starts_fold(s, "imceafax-") || twf_span_starts_fold(s, "imceanotes-");
}

/*
 * The domain s, of bytes that a domain may have. A name of which nothing odd is known has no others,
 * and most names are known: then no byte is looked at again.
 */
static bool take_domain(struct twf_domains *d, struct twf_arena *a, struct twf_span s,
                        struct twf_domain *out)
{
    *out = twf_domain_parse(d, a, s);
    if (TWF_LIKELY(!twf_domain_is_odd(out) && out->name.len == s.len))
        return s.len > 0;
    return all_bytes(s, TWF_BYTE_DOMAIN);
}

static bool read_domain(struct twf_domains *d, struct twf_arena *a, struct twf_span s,
                        struct twf_path *out)
{
    if (take_domain(d, a, s, &out->domain) || is_literal(s))
        return (out->domain.flags & (TWF_DOMAIN_EMPTY_LABEL | TWF_DOMAIN_BAD_LITERAL)) == 0;
    out->domain = (struct twf_domain){0};
    return false;
}

/* local "@" domain. */
static enum twf_path_kind read_mailbox(struct twf_domains *d, struct twf_arena *a,
                                       struct twf_span s, struct twf_path *out)
{
    size_t at = s.ptr[0] == '"' ? quoted_len(s) : twf_span_find(s, '@');
    struct twf_span local = twf_span_slice(s, 0, at), domain = twf_span_slice(s, at + 1, s.len);

    if (at == 0 || at >= s.len || s.ptr[at] != '@' || domain.len == 0)
        return TWF_PATH_MALFORMED;
    if (s.ptr[0] != '"' && !all_bytes(local, TWF_BYTE_LOCAL))
        return TWF_PATH_MALFORMED;
    if (!read_domain(d, a, domain, out))
        return TWF_PATH_MALFORMED;
    out->local = s.ptr[0] == '"' ? unquote(a, local) : local;
    return TWF_PATH_MAILBOX;
}

/*
 * "<local@domain>" or the same without brackets, where no byte needs a second look: nearly every
 * path there is. False: the form is another, and nothing is said about the value.
 */
static bool read_plain(struct twf_domains *d, struct twf_arena *a, struct twf_path *out)
{
    struct twf_span s = out->raw;
    size_t at = 0;

    if (s.len > 2 && s.ptr[0] == '<' && s.ptr[s.len - 1] == '>')
        s = twf_span(s.ptr + 1, s.len - 2);
    while (at < s.len && (twf_byte_classes[s.ptr[at]] & TWF_BYTE_LOCAL) != 0)
        at++;
    if (at == 0 || s.len - at < 2 || s.ptr[at] != '@' || is_x500(s))
        return false;
    if (!take_domain(d, a, twf_span(s.ptr + at + 1, s.len - at - 1), &out->domain) ||
        (out->domain.flags & TWF_DOMAIN_EMPTY_LABEL) != 0) {
        out->domain = (struct twf_domain){0};
        return false;
    }
    out->local = twf_span(s.ptr, at);
    out->kind = TWF_PATH_MAILBOX;
    return true;
}

void twf_path_parse(struct twf_domains *d, struct twf_arena *a, struct twf_span value,
                    bool bare_domain, struct twf_path *out)
{
    struct twf_span s;

    *out = (struct twf_path){.raw = twf_span_trim(value), .kind = TWF_PATH_MALFORMED};
    if (TWF_LIKELY(read_plain(d, a, out))) {
        twf_path_unwrap(out);
        return;
    }
    out->local = twf_span(NULL, 0);
    s = strip_angles(out->raw);
    if (s.ptr != out->raw.ptr)
        s = twf_span_trim(s);
    if (s.len == 0 || twf_span_is_fold(s, "mailer-daemon") ||
        (bare_domain && twf_span_is_fold(s, "none"))) {
        out->kind = TWF_PATH_NULL;
    } else if (is_x500(s)) {
        out->kind = TWF_PATH_X500;
    } else if (s.ptr[0] == '"' ||
               (twf_span_find(s, '@') < s.len && !(bare_domain && s.ptr[0] == '@'))) {
        out->kind = read_mailbox(d, a, s, out);
        if (out->kind == TWF_PATH_MAILBOX)
            twf_path_unwrap(out);
        else
            out->local = twf_span(NULL, 0);
    } else if (bare_domain) {
        /* RFC 8601 section 2.2: "x.example", and "@x.example" as well. */
        if (read_domain(d, a, twf_span_slice(s, s.ptr[0] == '@', s.len), out))
            out->kind = TWF_PATH_DOMAIN;
    } else if (all_bytes(s, TWF_BYTE_LOCAL)) {
        out->kind = TWF_PATH_WORD;
    }
    if (out->kind == TWF_PATH_MALFORMED)
        out->domain = (struct twf_domain){0};
}
