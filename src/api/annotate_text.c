/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notice in one text body: in its charset, its transfer encoding (RFC 2045) and its line ends.
 * Bodies are never encoded anew: in quoted-printable and base64 the notice is encoded by itself and put
 * between what is there, so that the rest of the body stays as it was written.
 */
#include "api/annotate.h"

#include <string.h>

#include "api/annotate_encode.h"
#include "base/utf8.h"
#include "split/mime.h"

enum { KNOWN_WITHIN = 8192 };

enum charset { CHARSET_ASCII, CHARSET_UTF8, CHARSET_UTF16LE, CHARSET_UTF16BE, CHARSET_OTHER };

/* ---- charset ---- */

/* The value of a parameter of an unfolded field value, quotes off; empty: there is none. */
static struct twf_span parameter(struct twf_span v, const char *name)
{
    size_t n = strlen(name);
    bool quoted = false;

    for (size_t i = 0; i < v.len; i++) {
        struct twf_span rest, value;

        quoted ^= v.ptr[i] == '"' && (i == 0 || v.ptr[i - 1] != '\\');
        if (quoted || v.ptr[i] != ';')
            continue;
        rest = twf_span_trim(twf_span_slice(v, i + 1, v.len));
        if (!twf_span_starts_fold(rest, name))
            continue;
        value = twf_span_trim(twf_span_slice(rest, n, rest.len));
        if (value.len == 0 || value.ptr[0] != '=')
            continue;
        value = twf_span_trim(twf_span_slice(value, 1, value.len));
        if (value.len > 0 && value.ptr[0] == '"') {
            value = twf_span_slice(value, 1, value.len);
            return twf_span_slice(value, 0, twf_span_find(value, '"'));
        }
        return twf_span_trim(twf_span_slice(value, 0, twf_span_find(value, ';')));
    }
    return (struct twf_span){NULL, 0};
}

/* ASCII text means the same in these, at the start of a body. */
static bool holds_ascii(struct twf_span name)
{
    static const char *const prefixes[] = {
        "iso-8859-", "iso8859-",  "windows-125", "cp125",       "koi8-",   "iso-2022-",
        "euc-",      "gb",        "big5",        "ks_c_5601",   "tis-620", "latin",
        "macintosh", "ansi_x3.4", "windows-874", "windows-31j", "ibm8",    "cp8"};

    if (twf_span_is_fold(name, "shift_jis") || twf_span_is_fold(name, "unknown-8bit"))
        return true;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (twf_span_starts_fold(name, prefixes[i]))
            return true;
    }
    return false;
}

static enum charset charset_of(struct twf_arena *a, struct twf_span header, struct twf_span decoded,
                               bool *only_ascii)
{
    struct twf_span value, name;
    bool has_bom = decoded.len >= 2 && ((decoded.ptr[0] == 0xFF && decoded.ptr[1] == 0xFE) ||
                                        (decoded.ptr[0] == 0xFE && decoded.ptr[1] == 0xFF));

    *only_ascii = true;
    if (!twf_field_find(header, "content-type", 0, &value))
        return CHARSET_ASCII;
    value = twf_value_unfold(a, value);
    name = parameter(value, "charset");
    if (name.len == 0)
        return parameter(value, "charset*").len > 0 ? CHARSET_OTHER : CHARSET_ASCII;
    if (twf_span_is_fold(name, "us-ascii") || twf_span_is_fold(name, "ascii"))
        return CHARSET_ASCII;
    *only_ascii = false;
    if (twf_span_is_fold(name, "utf-8") || twf_span_is_fold(name, "utf8"))
        return CHARSET_UTF8;
    if (twf_span_is_fold(name, "utf-16le"))
        return CHARSET_UTF16LE;
    if (twf_span_is_fold(name, "utf-16be"))
        return CHARSET_UTF16BE;
    if (twf_span_is_fold(name, "utf-16")) /* RFC 2781 4.3: without a mark it is big-endian */
        return has_bom && decoded.ptr[0] == 0xFF ? CHARSET_UTF16LE : CHARSET_UTF16BE;
    *only_ascii = true;
    return holds_ascii(name) ? CHARSET_ASCII : CHARSET_OTHER;
}

static void put_utf16(struct twf_buf *b, struct twf_span s, bool big)
{
    for (size_t i = 0; i < s.len;) {
        uint32_t cp;
        size_t n = twf_utf8_next(s.ptr + i, s.len - i, &cp);
        uint16_t units[2];
        unsigned count = 0;

        i += n == 0 ? cp : n;
        if (n == 0)
            cp = 0xFFFD;
        if (cp >= 0x10000) {
            units[count++] = (uint16_t)(0xD800 + ((cp - 0x10000) >> 10));
            units[count++] = (uint16_t)(0xDC00 + ((cp - 0x10000) & 0x3FF));
        } else {
            units[count++] = (uint16_t)cp;
        }
        for (unsigned u = 0; u < count; u++) {
            twf_buf_byte(b, (uint8_t)(big ? units[u] >> 8 : units[u] & 0xFF));
            twf_buf_byte(b, (uint8_t)(big ? units[u] & 0xFF : units[u] >> 8));
        }
    }
}

static bool is_ascii(struct twf_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] >= 0x80)
            return false;
    }
    return true;
}

/* ---- HTML ---- */

/* The text inside a div, with what HTML would take for its own escaped, and nothing but ASCII. */
static void put_html(struct twf_buf *b, const struct twf_annotation *how, const char *eol)
{
    static const char open[] =
        "<div style=\"border:1px solid #a80000;padding:4px;margin-bottom:8px\">";
    struct twf_span s = how->text;

    twf_buf_str(b, eol);
    twf_buf_str(b, open);
    if (how->html.len > 0)
        twf_buf_span(b, how->html);
    for (size_t i = 0; how->html.len == 0 && i < s.len;) {
        uint32_t cp;
        size_t n = twf_utf8_next(s.ptr + i, s.len - i, &cp);

        i += n == 0 ? cp : n;
        if (cp == '<')
            twf_buf_str(b, "&lt;");
        else if (cp == '>')
            twf_buf_str(b, "&gt;");
        else if (cp == '&')
            twf_buf_str(b, "&amp;");
        else if (cp == '"')
            twf_buf_str(b, "&quot;");
        else if (cp == '\n')
            twf_buf_printf(b, "<br>%s", eol);
        else if (cp < 0x80)
            twf_buf_byte(b, (uint8_t)cp);
        else
            twf_buf_printf(b, "&#%u;", cp);
    }
    twf_buf_str(b, "</div>");
    twf_buf_str(b, eol);
}

/* ---- transfer encodings ---- */

static bool at_line_start(struct twf_span body, size_t at)
{
    return at == 0 || body.ptr[at - 1] == '\n';
}

/* Bytes of the notice before which a base64 group must end: their number is made a multiple of 3 by
 * blanks in front of its last line end. */
static void pad(struct twf_buf *b, enum charset charset, const char *eol)
{
    bool wide = charset == CHARSET_UTF16LE || charset == CHARSET_UTF16BE;
    size_t end_len = strlen(eol) * (wide ? 2 : 1);
    size_t unit = wide ? 2 : 1, missing = 0;
    uint8_t end[4];

    while ((b->len + missing * unit) % 3 != 0)
        missing++;
    if (missing == 0 || b->len < end_len || b->failed)
        return;
    memcpy(end, b->ptr + b->len - end_len, end_len);
    b->len -= end_len;
    for (; missing > 0; missing--) {
        if (charset == CHARSET_UTF16BE)
            twf_buf_byte(b, 0);
        twf_buf_byte(b, ' ');
        if (charset == CHARSET_UTF16LE)
            twf_buf_byte(b, 0);
    }
    twf_buf_put(b, end, end_len);
}

/* ---- one body ---- */

/* The decoded notice, as it is to stand in front of (plain) or inside (HTML) the text. */
static void make_notice(struct twf_buf *b, const struct twf_annotation *how, enum charset charset,
                        bool is_html, const char *eol)
{
    struct twf_buf text;

    if (is_html) {
        put_html(b, how, eol);
        return;
    }
    twf_buf_init(&text);
    for (size_t i = 0; i < how->text.len; i++) {
        if (how->text.ptr[i] == '\n')
            twf_buf_str(&text, eol);
        else
            twf_buf_byte(&text, how->text.ptr[i]);
    }
    twf_buf_printf(&text, "%s%s", eol, eol);
    if (charset == CHARSET_UTF16LE || charset == CHARSET_UTF16BE)
        put_utf16(b, twf_buf_view(&text), charset == CHARSET_UTF16BE);
    else
        twf_buf_span(b, twf_buf_view(&text));
    b->failed |= text.failed;
    twf_buf_fini(&text);
}

/* Without blanks and line ends, which readers and pad() change. */
static struct twf_span squeeze(struct twf_arena *a, struct twf_span s)
{
    uint8_t *to = twf_arena_alloc(a, s.len + 1);
    size_t n = 0;

    for (size_t i = 0; to != NULL && i < s.len; i++) {
        if (s.ptr[i] > ' ')
            to[n++] = s.ptr[i];
    }
    return twf_span(to, n);
}

static bool starts(struct twf_span s, struct twf_span with)
{
    return with.len > 0 && s.len >= with.len && memcmp(s.ptr, with.ptr, with.len) == 0;
}

static bool holds(struct twf_span s, struct twf_span what)
{
    for (size_t i = 0; what.len > 0 && i + what.len <= s.len; i++) {
        if (s.ptr[i] == what.ptr[0] && memcmp(s.ptr + i, what.ptr, what.len) == 0)
            return true;
    }
    return false;
}

/* The text at the place of the notice begins with it already, or holds one that others write. */
static bool has_notice(const struct twf_annotation *how, struct twf_arena *a, struct twf_span text,
                       struct twf_span notice)
{
    struct twf_span here = squeeze(a, twf_span_slice(text, 0, notice.len + KNOWN_WITHIN));

    if (starts(here, squeeze(a, notice)))
        return true;
    for (size_t i = 0; i < how->known_count; i++) {
        if (holds(here, squeeze(a, how->known[i])))
            return true;
    }
    return false;
}

struct place {
    enum charset charset;
    enum twf_mime_encoding encoding;
    struct twf_span body, decoded;
    size_t at; /* in decoded */
    const char *eol;
};

static bool encode_base64(const struct place *p, struct twf_buf *notice, struct twf_buf *out,
                          struct twf_change *change)
{
    size_t group = p->at / 3, inside = p->at % 3, from, to;
    struct twf_buf bytes;

    if (!twf_annotate_base64_place(p->body, group, &from, &to))
        return false;
    pad(notice, p->charset, p->eol);
    twf_buf_init(&bytes);
    if (inside > 0)
        twf_buf_span(&bytes, twf_span_slice(p->decoded, p->at - inside, p->at));
    twf_buf_span(&bytes, twf_buf_view(notice));
    if (inside > 0)
        twf_buf_span(&bytes, twf_span_slice(p->decoded, p->at, group * 3 + 3));
    if (!at_line_start(p->body, from))
        twf_buf_str(out, p->eol);
    twf_annotate_put_base64(out, twf_buf_view(&bytes), p->eol);
    out->failed |= bytes.failed;
    twf_buf_fini(&bytes);
    change->at = from;
    change->removed = inside > 0 ? to - from : 0;
    return true;
}

static bool encode(const struct place *p, struct twf_buf *notice, struct twf_buf *out,
                   struct twf_change *change)
{
    bool wide = p->charset == CHARSET_UTF16LE || p->charset == CHARSET_UTF16BE;

    switch (p->encoding) {
    case TWF_MIME_BASE64:
        return encode_base64(p, notice, out, change);
    case TWF_MIME_QP:
        change->at = twf_annotate_qp_place(p->body, p->at);
        twf_annotate_put_qp(out, twf_buf_view(notice), p->eol, wide);
        return true;
    default:
        change->at = p->at;
        twf_buf_span(out, twf_buf_view(notice));
        return true;
    }
}

/* A reason why this body cannot carry the notice, or NULL. */
static const char *obstacle(const struct twf_annotation *how, const struct place *p, bool is_html,
                            bool only_ascii)
{
    bool wide = p->charset == CHARSET_UTF16LE || p->charset == CHARSET_UTF16BE;
    struct twf_span words = is_html ? how->html : how->text; /* an escaped text is ASCII */

    if (p->encoding == TWF_MIME_OTHER)
        return "a transfer encoding that nobody knows";
    if (p->charset == CHARSET_OTHER)
        return "a charset that may not hold ASCII text";
    if (is_html && wide)
        return "HTML in UTF-16";
    if (is_ascii(words) && !wide)
        return NULL;
    if (!wide && only_ascii)
        return "a charset that cannot hold the text";
    return p->encoding == TWF_MIME_PLAIN && is_ascii(p->body) && !wide
               ? "a body of 7 bits, and a text of 8"
               : NULL;
}

enum twf_body_outcome twf_annotate_body(const struct twf_annotation *how, struct twf_arena *a,
                                        struct twf_span header, struct twf_span body, bool is_html,
                                        const char *eol, struct twf_change *change,
                                        const char **why)
{
    struct place p = {.body = body, .eol = eol, .encoding = twf_mime_encoding_read(header)};
    enum twf_body_outcome outcome = TWF_BODY_CHANGED;
    struct twf_buf notice, out;
    bool only_ascii;

    *change = (struct twf_change){.at = 0};
    p.decoded = twf_mime_decode(a, body, p.encoding);
    p.charset = charset_of(a, header, p.decoded, &only_ascii);
    *why = obstacle(how, &p, is_html, only_ascii);
    if (*why != NULL)
        return TWF_BODY_CANNOT;
    if (is_html)
        p.at = twf_html_body(p.decoded);
    if (p.at == 0 && p.decoded.len >= 3 && memcmp(p.decoded.ptr, "\xEF\xBB\xBF", 3) == 0)
        p.at = 3;
    else if (p.charset >= CHARSET_UTF16LE && p.decoded.len >= 2 &&
             (p.decoded.ptr[0] ^ p.decoded.ptr[1]) == 1 && (p.decoded.ptr[0] | 1) == 0xFF)
        p.at = 2;
    twf_buf_init(&notice);
    twf_buf_init(&out);
    make_notice(&notice, how, p.charset, is_html, eol);
    if (has_notice(how, a, twf_span_slice(p.decoded, p.at, p.decoded.len), twf_buf_view(&notice))) {
        outcome = TWF_BODY_HAS_IT;
    } else if (!encode(&p, &notice, &out, change)) {
        *why = "base64 with padding in its middle";
        outcome = TWF_BODY_CANNOT;
    } else {
        change->inserted = twf_arena_copy(a, twf_buf_view(&out));
    }
    if (notice.failed || out.failed || a->failed)
        outcome = TWF_BODY_NO_MEMORY;
    twf_buf_fini(&notice);
    twf_buf_fini(&out);
    return outcome;
}
