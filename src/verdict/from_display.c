/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The display text against the address: FROM_DISPLAY_ADDR_DIFF (DMARCbis section 11.4) and
 * FROM_DISPLAY_HIDDEN (UTS #39, UAX #9), docs/verdicts.md 6.1. The text is valid UTF-8: parse made
 * it.
 */
#define _GNU_SOURCE
#include <string.h>

#include "base/compiler.h"
#include "base/word.h"
#include "verdict/from.h"

enum { BLANKS_MAX = 20 };

/* ---- addresses in the text ---- */

/* Whether org is the organization of a mailbox; without a strict one, of what a reader takes. */
static bool is_author_org(const struct twf_from *f, struct twf_span org)
{
    for (uint32_t i = 0; i < f->mailbox_count; i++) {
        if (twf_span_eq(f->mailboxes[i].domain.org, org))
            return true;
    }
    for (uint32_t i = 0; f->mailbox_count == 0 && i < f->reading_count; i++) {
        if (twf_span_eq(f->readings[i].domain.org, org))
            return true;
    }
    return false;
}

bool twf_from_shows_address(const struct twf_from *f)
{
    if (f->plain)
        return false; /* letters and few marks */
    for (uint32_t i = 0; i < f->mailbox_count; i++) {
        if (f->mailboxes[i].quoted_local && twf_text_has_at(f->mailboxes[i].local))
            return true;
    }
    return twf_text_has_at(f->display_text);
}

/* address stands in '<' and '>' in text, and is not whom the first reading names. */
static bool is_other_angle(const struct twf_from *f, struct twf_span text, struct twf_span address,
                           struct twf_span domain, const struct twf_domain *d)
{
    const struct twf_reading *r = &f->readings[0];
    size_t off = (size_t)(address.ptr - text.ptr), end = off + address.len;
    struct twf_span local = twf_text_local(address, domain);

    return off > 0 && text.ptr[off - 1] == '<' && end < text.len && text.ptr[end] == '>' &&
           !(twf_span_eq_fold(local, r->local) && twf_span_eq(d->name, r->domain.name));
}

/* "... via NAME" */
static bool reads_via(struct twf_span text)
{
    for (size_t i = 1; text.len >= 6 && i < text.len - 5; i++) {
        if (text.ptr[i] == ' ' &&
            twf_span_eq_fold(twf_span(text.ptr + i, 5), twf_span_str(" via ")))
            return true;
    }
    return false;
}

/* What follows a domain makes another one of it. */
static bool goes_on(struct twf_span rest)
{
    uint8_t c = rest.len == 0 ? 0 : rest.ptr[0];

    return twf_is_alnum(c) || c == '.' || c == '-' || c >= 0x80;
}

/*
 * The author's own address spells the shown one: its local part begins with "local=domain" ("=40" and
 * "_at_" as well), or it is the shown one below ".invalid". Lists write so for DMARC's sake.
 */
static bool spells(const struct twf_mailbox *m, struct twf_span shown_local,
                   struct twf_span shown_domain)
{
    static const char *const ats[] = {"=40", "=", "_at_"};
    struct twf_span local = m->local, rest, name = m->domain.name;

    if (local.len < shown_local.len ||
        !twf_span_eq_fold(twf_span_slice(local, 0, shown_local.len), shown_local))
        return false;
    rest = twf_span_slice(local, shown_local.len, local.len);
    if (rest.len == 0 && twf_span_ends_fold(name, ".invalid"))
        return twf_span_eq_fold(twf_span_slice(name, 0, name.len - strlen(".invalid")),
                                shown_domain);
    for (size_t i = 0; i < TWF_COUNT(ats); i++) {
        struct twf_span after = twf_span_slice(rest, strlen(ats[i]), rest.len);

        if (twf_span_starts_fold(rest, ats[i]) && after.len >= shown_domain.len &&
            twf_span_eq_fold(twf_span_slice(after, 0, shown_domain.len), shown_domain) &&
            !goes_on(twf_span_slice(after, shown_domain.len, after.len)))
            return true;
    }
    return false;
}

static bool is_rcpt_org(const struct twf_from_input *in, struct twf_span org)
{
    for (size_t i = 0; i < in->rcpt_org_count; i++) {
        if (twf_span_eq(in->rcpt_orgs[i], org))
            return true;
    }
    return false;
}

/* The bytes of the value that show text; all of it where they do not stand there as they are. */
static void raise_shown(const struct twf_from_case *c, enum twf_finding_code code,
                        enum twf_level level, struct twf_span shown, struct twf_span note)
{
    struct twf_span v = c->from->value;
    const uint8_t *p = shown.len == 0 ? NULL : memmem(v.ptr, v.len, shown.ptr, shown.len);

    if (p != NULL)
        twf_from_raise(c, code, level, (uint32_t)(p - v.ptr), (uint32_t)shown.len, note);
    else
        twf_from_raise(c, code, level, 0, (uint32_t)v.len, note);
}

/* The worst address that a text shows. */
struct shown {
    enum twf_level level;
    struct twf_span address;
};

static void find_in_text(const struct twf_from_case *c, struct twf_span text, struct shown *worst)
{
    const struct twf_from *f = c->from;
    struct twf_span address, domain;
    size_t pos = 0;

    while (worst->level != TWF_LEVEL_HIGH && twf_text_address(text, &pos, &address, &domain)) {
        struct twf_domain d = twf_domain_parse(c->in->domains, c->arena, domain);
        bool other_org = !is_author_org(f, d.org);
        enum twf_level here = TWF_LEVEL_MEDIUM;

        if (!other_org && !is_other_angle(f, text, address, domain, &d))
            continue;
        if (other_org && (twf_from_is_protected(c->in, d.org) || is_rcpt_org(c->in, d.org)))
            here = TWF_LEVEL_HIGH;
        else if (c->in->list_or_munged_proven &&
                 (reads_via(text) ||
                  (f->mailbox_count == 1 &&
                   spells(f->mailboxes, twf_text_local(address, domain), domain))))
            here = TWF_LEVEL_LOW;
        if (here > worst->level)
            *worst = (struct shown){here, address};
    }
}

/*
 * The quoted local part is looked at too: "admin@bank.example"@attack.example is an address that
 * clients cut, and that a reader who looks for the first address takes for another.
 */
static void find_addresses(const struct twf_from_case *c)
{
    const struct twf_from *f = c->from;
    struct shown worst = {TWF_LEVEL_NONE, {NULL, 0}};

    if (f->reading_count == 0 || !twf_from_shows_address(f))
        return;
    find_in_text(c, f->display_text, &worst);
    for (uint32_t i = 0; i < f->mailbox_count; i++) {
        if (f->mailboxes[i].quoted_local)
            find_in_text(c, f->mailboxes[i].local, &worst);
    }
    if (worst.level != TWF_LEVEL_NONE)
        raise_shown(c, TWF_F_FROM_DISPLAY_ADDR_DIFF, worst.level, worst.address, worst.address);
}

/* ---- what cannot be seen ---- */

struct range {
    uint32_t first, last;
};

static bool in_ranges(const struct range *r, size_t n, uint32_t cp)
{
    for (size_t i = 0; i < n; i++) {
        if (cp >= r[i].first && cp <= r[i].last)
            return true;
    }
    return false;
}

static bool is_hidden(uint32_t cp)
{
    static const struct range r[] = {
        {0x00AD, 0x00AD}, {0x200B, 0x200F}, {0x202A, 0x202E},   {0x2060, 0x2064},
        {0x2066, 0x2069}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE007F},
    };

    return in_ranges(r, TWF_COUNT(r), cp);
}

/*
 * Arabic and its extensions, and the scripts of India and Ceylon: there a joiner changes letters.
 */
static bool joins(uint32_t cp)
{
    static const struct range r[] = {
        {0x0620, 0x06FF}, {0x0750, 0x077F}, {0x08A0, 0x08FF}, {0x0900, 0x0DFF},
        {0xA8E0, 0xA8FF}, {0xFB50, 0xFDFF}, {0xFE70, 0xFEFC},
    };

    return in_ranges(r, TWF_COUNT(r), cp);
}

static bool is_right_to_left(uint32_t cp)
{
    static const struct range r[] = {
        {0x05D0, 0x08FF},   {0xFB1D, 0xFDFF},   {0xFE70, 0xFEFC},
        {0x10800, 0x10FFF}, {0x1E800, 0x1EFFF},
    };

    return in_ranges(r, TWF_COUNT(r), cp);
}

static bool is_emoji(uint32_t cp)
{
    static const struct range r[] = {
        {0x00A9, 0x00A9}, {0x00AE, 0x00AE}, {0x203C, 0x203C}, {0x2049, 0x2049},   {0x2122, 0x2122},
        {0x2139, 0x2139}, {0x2190, 0x2BFF}, {0x3030, 0x303D}, {0x1F000, 0x1FAFF},
    };

    return in_ranges(r, TWF_COUNT(r), cp);
}

/* Variation selector or skin tone: belongs to the emoji before it. */
static bool is_emoji_modifier(uint32_t cp)
{
    return cp == 0xFE0F || (cp >= 0x1F3FB && cp <= 0x1F3FF);
}

/* The code point at *off of valid UTF-8; *off moves behind it. */
static uint32_t next_cp(struct twf_span s, size_t *off)
{
    uint8_t b = s.ptr[(*off)++];
    uint32_t cp = b < 0x80 ? b : b < 0xE0 ? b & 0x1F : b < 0xF0 ? b & 0x0F : b & 0x07;

    for (int more = b < 0xC0   ? 0
                    : b < 0xE0 ? 1
                    : b < 0xF0 ? 2
                               : 3;
         more > 0 && *off < s.len; more--)
        cp = cp << 6 | (s.ptr[(*off)++] & 0x3F);
    return cp;
}

static bool has_right_to_left(struct twf_span text)
{
    for (size_t off = 0; off < text.len;) {
        if (is_right_to_left(next_cp(text, &off)))
            return true;
    }
    return false;
}

/* What stands before a code point, as far as hidden ones are judged by it. */
struct context {
    uint32_t before; /* the code point before it */
    uint32_t base;   /* the last one that is no emoji modifier */
    bool in_flag;    /* a tag sequence after U+1F3F4 runs */
    bool right_to_left;
};

/* The hidden cp is what honest writing needs at this place; off is behind it. */
static bool is_innocent(const struct context *x, uint32_t cp, struct twf_span text, size_t off)
{
    switch (cp) {
    case 0x200D:
        if (is_emoji(x->base) && off < text.len && is_emoji(next_cp(text, &off)))
            return true;
        return joins(x->before);
    case 0x200C:
        return joins(x->before);
    case 0x200E:
    case 0x200F:
        return x->right_to_left;
    default:
        return cp >= 0xE0020 && cp <= 0xE007F && x->in_flag;
    }
}

/*
 * Around a name a few of these hide nothing: a byte order mark, marks of direction that programs put
 * around names, what came along when a name was copied. What turns the text around is none of them,
 * and more of them push what follows out of sight.
 */
enum { EDGE_MAX = 3 };

static bool is_edge(uint32_t cp)
{
    static const struct range r[] = {
        {0x00AD, 0x00AD}, {0x200B, 0x200F}, {0x202A, 0x202A}, {0x202C, 0x202C},
        {0x2060, 0x2060}, {0x2066, 0x2066}, {0x2068, 0x2069}, {0xFEFF, 0xFEFF},
    };

    return in_ranges(r, TWF_COUNT(r), cp);
}

/* From off to the end of text there is nothing else. */
static bool is_at_end(struct twf_span text, size_t off)
{
    for (int n = 1; off < text.len; n++) {
        if (n == EDGE_MAX || !is_edge(next_cp(text, &off)))
            return false;
    }
    return true;
}

/* What is_hidden names begins with C2, E2, EF or F3 in UTF-8, and few names have one of these. */
static bool may_hide(struct twf_span text)
{
    uint64_t found = 0;

    for (size_t at = 0; at < text.len; at += 8) {
        uint64_t w = text.len - at >= 8 ? twf_word(text.ptr + at)
                                        : twf_word_tail(text.ptr, text.len, at);

        found |= twf_word_find(w, 0xC2) | twf_word_find(w, 0xE2) | twf_word_find(w, 0xEF) |
                 twf_word_find(w, 0xF3);
    }
    return found != 0;
}

static void find_invisible(const struct twf_from_case *c)
{
    struct twf_span text = c->from->display_text, first = {NULL, 0};
    struct context x = {.right_to_left = has_right_to_left(text)};
    enum twf_level level = TWF_LEVEL_NONE;
    unsigned leading = 0; /* how many were met before anything else; EDGE_MAX: no more */

    for (size_t off = 0; off < text.len && level < TWF_LEVEL_MEDIUM;) {
        size_t from = off;
        uint32_t cp = next_cp(text, &off);
        bool edge = is_edge(cp) && (leading < EDGE_MAX || is_at_end(text, off));

        leading = edge ? leading + 1 : EDGE_MAX;
        if (is_hidden(cp)) {
            enum twf_level here =
                edge || is_innocent(&x, cp, text, off) ? TWF_LEVEL_INFO : TWF_LEVEL_MEDIUM;

            if (here > level) {
                level = here;
                first = twf_span_slice(text, from, off);
            }
        }
        x.in_flag = cp == 0x1F3F4 || (x.in_flag && cp >= 0xE0020 && cp < 0xE007F);
        x.before = cp;
        if (!is_emoji_modifier(cp))
            x.base = cp;
    }
    if (level != TWF_LEVEL_NONE)
        raise_shown(c, TWF_F_FROM_DISPLAY_HIDDEN, level, first,
                    twf_span_str("invisible character"));
}

/* What takes room and shows nothing, or nothing but a line. */
static bool is_blank(uint32_t cp)
{
    static const struct range r[] = {
        {0x00A0, 0x00A0}, {0x1680, 0x1680}, {0x2000, 0x200A}, {0x202F, 0x202F}, {0x205F, 0x205F},
        {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164}, {0xFFA0, 0xFFA0},
    };

    return cp < 0x80 ? cp == ' ' || cp == '\t' || cp == '_' : in_ranges(r, TWF_COUNT(r), cp);
}

/* A run is so long that it covers one of every so many bytes. */
static bool may_hold_run(struct twf_span text)
{
    for (size_t i = BLANKS_MAX - 1; i < text.len; i += BLANKS_MAX) {
        if (text.ptr[i] >= 0x80 || is_blank(text.ptr[i]))
            return true;
    }
    return false;
}

static void find_blanks(const struct twf_from_case *c)
{
    struct twf_span text = c->from->display_text;
    size_t begin = 0;

    for (size_t off = 0, run = 0; off < text.len;) {
        if (!is_blank(next_cp(text, &off))) {
            run = 0;
            begin = off;
        } else if (++run == BLANKS_MAX) {
            raise_shown(c, TWF_F_FROM_DISPLAY_HIDDEN, TWF_LEVEL_MEDIUM,
                        twf_span_slice(text, begin, off), twf_span_str("a long run of blanks"));
            return;
        }
    }
}

static void find_hidden(const struct twf_from_case *c)
{
    struct twf_span text = c->from->display_text;

    if (may_hold_run(text))
        find_blanks(c);
    if (may_hide(text))
        find_invisible(c);
}

void twf_find_display(const struct twf_from_case *c)
{
    find_addresses(c);
    find_hidden(c);
}
