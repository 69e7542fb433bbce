/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short ways for From values that no reader can read differently. The first is the form of the
 * pattern ORDINARY in match/patterns.def, verified byte by byte, so that it may be asked of anything;
 * the second is the same address behind any other name of one phrase. What they give equals what
 * twf_from_parse gives; tests/unit/parse/test_ordinary.c compares them.
 */
#include "base/compiler.h"
#include "base/utf8.h"
#include "parse/addr_lex.h"
#include "parse/byte_class.h"
#include "parse/parse.h"

/* Longer values take the full parser, and no limit can then be met here. */
enum { ORDINARY_MAX = 998 };

static inline bool is_of(uint8_t c, uint8_t class)
{
    return (twf_byte_classes[c] & class) != 0;
}

/*
 * Words with one blank between two of them from *at on; the first has neither '.' nor ','. Stops
 * before the blank or byte that goes on otherwise.
 */
static bool take_name(struct twf_span v, size_t *at, uint8_t class)
{
    size_t i = *at;

    if (i == v.len || !is_of(v.ptr[i], TWF_BYTE_ALNUM))
        return false;
    while (i < v.len && is_of(v.ptr[i], TWF_BYTE_NAME))
        i++;
    while (v.len - i >= 2 && v.ptr[i] == ' ' && is_of(v.ptr[i + 1], class)) {
        i++;
        while (i < v.len && is_of(v.ptr[i], class))
            i++;
    }
    *at = i;
    return true;
}

/* The display name, its quotes, and the '<' behind it; false where it is not of the form. */
static bool take_display(struct twf_span v, size_t *at, struct twf_span *display)
{
    bool quoted = v.ptr[0] == '"';
    size_t i = quoted ? 1 : 0;

    if (v.ptr[0] != '<') {
        if (!take_name(v, &i, quoted ? TWF_BYTE_QUOTED : TWF_BYTE_NAME))
            return false;
        *display = twf_span_slice(v, quoted ? 1 : 0, i);
        if (quoted && (i == v.len || v.ptr[i++] != '"'))
            return false;
        if (i < v.len && v.ptr[i] == ' ')
            i++;
        else if (!quoted)
            return false;
    }
    if (i == v.len || v.ptr[i] != '<')
        return false;
    *at = i + 1;
    return true;
}

/*
 * Labels of letters, digits and inner '-' in [at, end). Where labels end is a coin to the branch
 * predictor, so that no byte is a branch: what may follow each is a mask for the next.
 */
static bool are_labels(struct twf_span v, size_t at, size_t end)
{
    unsigned may = TWF_BYTE_ALNUM, last = 0, wrong = 0;

    for (size_t i = at; i < end; i++) {
        last = twf_byte_classes[v.ptr[i]];
        wrong |= (last & may) == 0;
        /* Anything behind a letter or digit; behind '-' no '.'; behind '.' neither. */
        may = TWF_BYTE_ALNUM | (last & TWF_BYTE_DASH) |
              ((0 - (last & TWF_BYTE_ALNUM)) & (TWF_BYTE_DASH | TWF_BYTE_DOT));
    }
    return wrong == 0 && (last & TWF_BYTE_ALNUM) != 0;
}

/*
 * d, which is [at, end), has such labels. What was found about the name says so already: most are of
 * letters, digits and dots, have no '-', and need no second look.
 */
static bool is_host(struct twf_span v, size_t at, size_t end, const struct twf_domain *d)
{
    if (TWF_LIKELY(!twf_domain_is_odd(d) && d->name.len == end - at && end > at &&
                   memchr(v.ptr + at, '-', end - at) == NULL))
        return true;
    return are_labels(v, at, end);
}

/*
 * The offset of the '@' behind a local part that begins at at, or 0. Dots stand between other
 * bytes.
 */
static size_t find_at(struct twf_span v, size_t at, size_t end)
{
    unsigned last = TWF_BYTE_DOT, wrong = 0;
    size_t i = at;

    for (; i < end && v.ptr[i] != '@'; i++) {
        unsigned class = twf_byte_classes[v.ptr[i]];

        wrong |= (class & (TWF_BYTE_ORDINARY | TWF_BYTE_DOT)) == 0;
        wrong |= class & last & TWF_BYTE_DOT;
        last = class;
    }
    wrong |= last & TWF_BYTE_DOT;
    return i < end && wrong == 0 ? i : 0;
}

bool twf_is_ordinary_address(struct twf_span s, const struct twf_domain *d)
{
    size_t sign = s.len < 5 || s.len > ORDINARY_MAX ? 0 : find_at(s, 0, s.len);

    return sign > 0 && twf_span_eq(d->written, twf_span(s.ptr + sign + 1, s.len - sign - 1)) &&
           (d->flags & TWF_DOMAIN_NO_DOT) == 0 && is_host(s, sign + 1, s.len, d);
}

/* S1 to S5, or without an angle address the first two; all take the one mailbox. */
static void set_readings(struct twf_arena *a, struct twf_from *out, const struct twf_mailbox *m,
                         uint32_t count)
{
    struct twf_reading *r = twf_arena_alloc(a, count * sizeof(*r));

    if (r == NULL)
        return;
    for (uint32_t i = 0; i < count; i++) {
        r[i] = (struct twf_reading){.reader = (uint8_t)(i + 1),
                                    .local = m->local,
                                    .domain = m->domain,
                                    .off = m->off,
                                    .len = m->len};
    }
    out->readings = r;
    out->reading_count = count;
}

/* The one mailbox of out: its addr-spec is [at, end) of the value. False where it is no such one. */
static bool set_mailbox(struct twf_domains *d, struct twf_arena *a, struct twf_from *out,
                        struct twf_span display, size_t at, size_t end, bool dotless)
{
    size_t sign = find_at(out->value, at, end);
    struct twf_mailbox *m;
    struct twf_domain domain;

    if (sign == 0)
        return false;
    domain = twf_domain_parse(d, a, twf_span_slice(out->value, sign + 1, end));
    if (!is_host(out->value, sign + 1, end, &domain) ||
        (!dotless && (domain.flags & TWF_DOMAIN_NO_DOT) != 0))
        return false;
    m = twf_arena_alloc(a, sizeof(*m));
    if (m == NULL)
        return true;
    *m = (struct twf_mailbox){.display = display,
                              .local = twf_span_slice(out->value, at, sign),
                              .local_raw = twf_span_slice(out->value, at, sign),
                              .domain = domain,
                              .off = (uint32_t)at,
                              .len = (uint32_t)(end - at),
                              .angle = end < out->value.len};
    out->mailboxes = m;
    out->mailbox_count = 1;
    return true;
}

bool twf_from_parse_ordinary(struct twf_domains *d, struct twf_arena *a, struct twf_span raw,
                             uint32_t raw_off, struct twf_from *out)
{
    struct twf_span display = {NULL, 0};
    size_t at = 0, end = raw.len;

    if (raw.len < 5 || raw.len > ORDINARY_MAX)
        return false;
    if (raw.ptr[end - 1] == '>' && (--end, !take_display(raw, &at, &display)))
        return false;
    *out = (struct twf_from){.value = raw, .raw_off = raw_off, .strict_ok = true};
    if (!set_mailbox(d, a, out, display, at, end, false))
        return false;
    if (out->mailboxes == NULL)
        return true;
    /* Single blanks, letters, few marks; but underscores may push what follows out of sight. */
    out->plain = twf_span_find(display, '_') == display.len;
    out->display_text = display;
    set_readings(a, out, out->mailboxes, end < raw.len ? 5 : 2);
    return true;
}

/* ---- any other name in front of such an address ---- */

/* What is known of a display name once each of its bytes was seen. */
struct name {
    struct twf_span text;    /* without quotes and outer blanks */
    uint8_t high;            /* bytes beyond ASCII, or 0 */
    bool dots, gap, encoded; /* obs-phrase; two blanks in a row; "=?" */
    bool at;
};

/*
 * Quoted without another quote or a backslash, or a phrase of atext with dots and blanks. *at moves
 * behind the '<'. Controls and all that a reader may take for an address end the search.
 */
static bool take_any_name(struct twf_span v, size_t *at, struct name *out)
{
    bool quoted = v.ptr[0] == '"', gap = true;
    size_t from = quoted, i = from;

    if (!quoted && v.ptr[0] != '<' && !twf_is_atext(v.ptr[0]))
        return false;
    for (; i < v.len && v.ptr[i] != (quoted ? '"' : '<'); i++) {
        uint8_t c = v.ptr[i];
        bool blank = c == ' ' || c == '_';

        if (!twf_is_atext(c) && c != ' ' && c != '.' &&
            (!quoted || c < ' ' || c == 0x7F || c == '\\'))
            return false;
        out->high |= c & 0x80;
        out->dots |= c == '.';
        out->at |= c == '@';
        out->encoded |= c == '?' && i > from && v.ptr[i - 1] == '=';
        out->gap |= blank && gap;
        gap = blank;
    }
    if (i == v.len)
        return false;
    out->text = twf_span_trim(twf_span_slice(v, from, i));
    out->dots &= !quoted;
    i += quoted;
    while (i < v.len && v.ptr[i] == ' ')
        i++;
    if (i == v.len || v.ptr[i] != '<')
        return false;
    *at = i + 1;
    return true;
}

/*
 * The decoded name, in which nobody finds an angle or a quote that the value has not. *words counts
 * what was decoded; without any, S5 sees an encoded-word and reads nothing.
 */
static bool decode_name(struct twf_arena *a, const struct name *n, bool quoted,
                        struct twf_from *out, uint32_t *words)
{
    struct twf_span text = n->text;

    *words = 0;
    if (n->encoded || n->high != 0)
        text = twf_decode_words(a, text, words);
    out->display_text = text;
    if (!n->encoded)
        return true;
    return n->high == 0 && twf_span_find(text, '"') == text.len &&
           (quoted ? twf_span_find(text, '\\') == text.len
                   : twf_span_find(text, '<') == text.len && twf_span_find(text, '>') == text.len);
}

bool twf_from_parse_usual(struct twf_domains *d, struct twf_arena *a, struct twf_span raw,
                          uint32_t raw_off, struct twf_from *out)
{
    struct name name = {0};
    size_t at = 0;
    uint32_t words;

    if (raw.len < 5 || raw.len > ORDINARY_MAX || raw.ptr[raw.len - 1] != '>' ||
        !take_any_name(raw, &at, &name))
        return false;
    *out = (struct twf_from){.value = raw, .raw_off = raw_off, .strict_ok = true, .obs = name.dots};
    if (!set_mailbox(d, a, out, name.text, at, raw.len - 1, true) ||
        !decode_name(a, &name, raw.ptr[0] == '"', out, &words))
        return false;
    if (name.high != 0)
        out->bytes = twf_utf8_valid(raw) ? TWF_FROM_UTF8 : TWF_FROM_8BIT_OTHER;
    out->plain = name.high == 0 && !name.encoded && !name.gap && !name.at;
    if (out->mailboxes != NULL)
        set_readings(a, out, out->mailboxes,
                     name.encoded && words == 0 && twf_has_encoded_word(name.text) ? 4 : 5);
    return true;
}
