/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict parse of a From-like value: mailbox-list and groups of RFC 5322 section 3.4 and RFC 6854
 * with the obs- grammar of section 4.4, one pass from left to right.
 *
 * After an error everything up to the next ',' ';' ':' or '<' outside quotes and comments is skipped
 * and kept as display text of the mailbox that follows. Nothing is repaired: what is no addr-spec as
 * it stands gives no mailbox. A ':' ends the skipping too, beyond what docs/verdicts.md 4.2 asks, so
 * that "x@a.example:y@b.example;" shows the address that a group-minded reader takes.
 */
#include "parse/address_scan.h"

#include <string.h>

#define NONE UINT32_MAX

static void note(struct twf_address_scan *s, enum twf_addr_error error, uint32_t off, uint32_t len)
{
    struct twf_from *out = s->out;
    uint32_t unclosed = 1u << TWF_ADDR_UNCLOSED;

    if (error != TWF_ADDR_TOO_MANY && error != TWF_ADDR_COMMENT_DEPTH && error != TWF_ADDR_ROUTE &&
        error != TWF_ADDR_GROUP && error != TWF_ADDR_GROUP_NAMELESS &&
        error != TWF_ADDR_ENCODED_WORD)
        s->failed = true;
    /* A quote or bracket that never ends is the error, not that no phrase may have its byte. */
    if ((error == TWF_ADDR_BAD_PHRASE || error == TWF_ADDR_BAD_LOCAL ||
         error == TWF_ADDR_BAD_DOMAIN) &&
        (out->errors & unclosed) != 0 && out->error_off[TWF_ADDR_UNCLOSED] == off)
        return;
    if ((out->errors & 1u << error) != 0)
        return;
    out->errors |= 1u << error;
    out->error_off[error] = off;
    out->error_len[error] = len;
}

/* ---- text ---- */

static void put(struct twf_scan_text *t, const uint8_t *ptr, uint32_t len)
{
    if (t->ptr != NULL && len > 0) {
        memcpy(t->ptr + t->len, ptr, len);
        t->len += len;
    }
}

/* A blank between two parts. */
static void put_gap(struct twf_scan_text *t)
{
    if (t->ptr != NULL && t->len > 0 && t->ptr[t->len - 1] != ' ')
        t->ptr[t->len++] = ' ';
}

/* [off, end) without the backslashes of quoted-pairs. */
static void put_unescaped(struct twf_scan_text *t, const uint8_t *ptr, uint32_t off, uint32_t end)
{
    if (t->ptr == NULL)
        return;
    for (uint32_t i = off; i < end; i++) {
        if (ptr[i] == '\\' && i + 1 < end)
            i++;
        t->ptr[t->len++] = ptr[i];
    }
}

/* Skipped bytes, kept as they stand. */
static void keep_raw(struct twf_address_scan *s, uint32_t off, uint32_t end)
{
    put(&s->phrase, s->ptr + off, end - off);
}

static struct twf_span trimmed(const struct twf_scan_text *t, uint32_t from, uint32_t to)
{
    return t->ptr == NULL ? twf_span(NULL, 0) : twf_span_trim(twf_span(t->ptr + from, to - from));
}

/* ---- pieces ---- */

static void begin_piece(struct twf_address_scan *s, uint32_t off)
{
    s->piece_off = s->piece_end = off;
    s->piece_text = s->phrase.len;
    s->words = 0;
    s->at_off = s->bad_off = NONE;
    s->obs_phrase = s->alnum = s->bracket_met = false;
    s->after_angle = s->after_group = s->skipping = false;
    s->run = -1;
}

/* What is display text so far belongs to no mailbox that follows. */
static void end_display(struct twf_address_scan *s)
{
    put_gap(&s->phrase);
    s->display_text = s->piece_text = s->phrase.len;
}

/* Begins to skip at the token [off, end): the error's bytes grow until the skipping ends. */
static void skip_from(struct twf_address_scan *s, enum twf_addr_error error, uint32_t off,
                      uint32_t end)
{
    bool first = (s->out->errors & 1u << error) == 0;

    note(s, error, off, end - off);
    s->skipping = true;
    s->run = first ? (int)error : -1;
}

/* Each token but CFWS and ',' ';' comes by here. */
static void token(struct twf_address_scan *s, uint32_t off, uint32_t end)
{
    if (s->after_angle && !s->skipping)
        skip_from(s, TWF_ADDR_TEXT_AFTER, off, end);
    else if (s->after_group && !s->skipping)
        skip_from(s, TWF_ADDR_GROUP_TAIL, off, end);
    else if (s->run >= 0)
        s->out->error_len[s->run] = end - s->out->error_off[s->run];
    if (s->piece_end == s->piece_off)
        s->piece_off = off;
    s->piece_end = end;
    s->before = s->ptr[end - 1];
}

static void bad_byte(struct twf_address_scan *s, uint32_t off)
{
    if (s->bad_off == NONE)
        s->bad_off = off;
    token(s, off, off + 1);
    put(&s->phrase, s->ptr + off, 1);
}

static bool is_ldh_with_dot(struct twf_span domain)
{
    bool label = false, dot = false;

    for (size_t i = 0; i < domain.len; i++) {
        uint8_t c = domain.ptr[i];

        if (c == '.') {
            if (!label || domain.ptr[i - 1] == '-')
                return false;
            label = false;
            dot = true;
        } else if (twf_is_alnum(c) || (c == '-' && label)) {
            label = true;
        } else {
            return false;
        }
    }
    return dot && label && domain.ptr[domain.len - 1] != '-';
}

static bool grow_mailboxes(struct twf_address_scan *s)
{
    uint32_t cap = s->mailbox_cap == 0 ? 2 : s->mailbox_cap * 4;
    struct twf_mailbox *more;

    if (s->out->mailbox_count < s->mailbox_cap)
        return true;
    more = twf_arena_alloc(s->arena, cap * sizeof(*more));
    if (more == NULL)
        return false;
    if (s->out->mailbox_count > 0)
        memcpy(more, s->mailboxes, s->out->mailbox_count * sizeof(*more));
    s->mailboxes = more;
    s->mailbox_cap = cap;
    return true;
}

static void add_mailbox(struct twf_address_scan *s, const struct twf_addr_spec *spec, bool angle,
                        uint32_t display_end)
{
    struct twf_span domain = twf_span(s->ptr + spec->domain_off, spec->domain_end - spec->domain_off);
    struct twf_mailbox *m;

    s->out->obs |= spec->obs;
    if (spec->route_len > 0)
        note(s, TWF_ADDR_ROUTE, spec->route_off, spec->route_len);
    s->ldh = s->ldh && is_ldh_with_dot(domain);
    if (s->domains == NULL) {
        s->out->mailbox_count++;
        return;
    }
    if (s->out->mailbox_count == s->mailboxes_max) {
        note(s, TWF_ADDR_TOO_MANY, spec->local_off, s->len - spec->local_off);
        s->stopped = true;
        return;
    }
    if (!grow_mailboxes(s)) {
        s->stopped = true;
        return;
    }
    m = &s->mailboxes[s->out->mailbox_count++];
    *m = (struct twf_mailbox){
        .display = trimmed(&s->phrase, s->display_text, display_end),
        .local_raw = twf_span(s->ptr + spec->local_off, spec->local_end - spec->local_off),
        .off = spec->local_off,
        .len = spec->domain_end - spec->local_off,
        .route_off = spec->route_off,
        .route_len = spec->route_len,
        .angle = angle,
        .in_group = s->in_group,
        .quoted_local = spec->quoted,
    };
    m->local = spec->quoted || spec->local_folded
                   ? twf_addr_clean(s->arena, s->ptr, spec->local_off, spec->local_end)
                   : m->local_raw;
    if (spec->domain_folded)
        domain = twf_addr_clean(s->arena, s->ptr, spec->domain_off, spec->domain_end);
    m->domain = twf_domain_parse(s->domains, s->arena, domain);
    if (twf_has_encoded_word(twf_span(s->ptr + m->off, m->len)))
        note(s, TWF_ADDR_ENCODED_WORD, m->off, m->len);
}

static uint32_t error_len_at(const struct twf_addr_spec *spec, uint32_t end)
{
    return spec->error_off < end ? 1 : 0;
}

/* The phrase before a '<' or ':': its errors, unless skipping hides them. */
static void judge_phrase(struct twf_address_scan *s, bool before_angle)
{
    struct twf_addr_spec spec;

    if (s->skipping || s->after_angle || s->after_group)
        return;
    if (s->at_off != NONE) {
        if (before_angle && twf_addr_spec_parse(s->ptr, s->piece_off, s->piece_end, false, &spec))
            note(s, TWF_ADDR_PLAIN_DISPLAY, spec.local_off, spec.domain_end - spec.local_off);
        else if (s->bad_off < s->at_off)
            note(s, TWF_ADDR_BAD_PHRASE, s->bad_off, 1);
        else
            note(s, TWF_ADDR_BAD_PHRASE, s->at_off, 1);
    } else if (s->bad_off != NONE) {
        note(s, TWF_ADDR_BAD_PHRASE, s->bad_off, 1);
    } else {
        s->out->obs |= s->obs_phrase;
    }
}

/* A piece that ends without an angle address at off: an addr-spec, a phrase, or nothing. */
static void end_piece(struct twf_address_scan *s, uint32_t off, enum twf_addr_error phrase_error)
{
    struct twf_addr_spec spec;

    if (s->skipping || s->after_angle || s->after_group || s->piece_end == s->piece_off)
        return;
    if (s->at_off != NONE) {
        if (twf_addr_spec_parse(s->ptr, s->piece_off, off, false, &spec)) {
            s->phrase.len = s->piece_text;
            add_mailbox(s, &spec, false, s->piece_text);
            end_display(s);
        } else {
            note(s, spec.error, spec.error_off, error_len_at(&spec, off));
        }
        return;
    }
    if (s->bad_off != NONE)
        note(s, TWF_ADDR_BAD_PHRASE, s->bad_off, 1);
    else if (phrase_error != TWF_ADDR_SEMICOLON)
        note(s, phrase_error, s->piece_off, s->piece_end - s->piece_off);
}

/* A ',' or ';' is kept where the text before it waits for a mailbox. */
static void keep_separator(struct twf_address_scan *s, uint32_t off)
{
    if (s->phrase.len > s->display_text)
        keep_raw(s, off, off + 1);
}

/* ---- comments, quotes, brackets ---- */

static bool take_comment(struct twf_address_scan *s)
{
    struct twf_span text, address, domain;
    uint32_t off = s->off, deepest, next;
    size_t pos = 0;

    next = twf_skip_comment(s->ptr, s->len, off, &deepest);
    if (next == 0) {
        note(s, TWF_ADDR_UNCLOSED, off, 1);
        s->comments_off = true;
        return false;
    }
    if (deepest > s->depth_max)
        note(s, TWF_ADDR_COMMENT_DEPTH, off, next - off);
    text = twf_span(s->ptr + off + 1, next - off - 2);
    if (s->domains != NULL && !s->out->comment_addr &&
        twf_text_address(text, &pos, &address, &domain)) {
        s->out->comment_addr = true;
        s->out->comment_addr_off = (uint32_t)(address.ptr - s->ptr);
        s->out->comment_addr_len = (uint32_t)address.len;
    }
    put_gap(&s->comments);
    put_unescaped(&s->comments, s->ptr, off + 1, next - 1);
    if (!s->in_angle)
        put_gap(&s->phrase);
    s->off = next;
    return true;
}

static bool take_quoted(struct twf_address_scan *s)
{
    uint32_t off = s->off, next = twf_skip_quoted(s->ptr, s->len, off);

    if (next == 0) {
        note(s, TWF_ADDR_UNCLOSED, off, 1);
        s->quotes_off = true;
        return false;
    }
    s->off = next;
    s->before = '"';
    if (s->in_angle)
        return true;
    s->words++;
    for (uint32_t i = off; i < next && !s->alnum; i++)
        s->alnum = twf_is_alnum(s->ptr[i]) || s->ptr[i] >= 0x80;
    token(s, off, next);
    put_unescaped(&s->phrase, s->ptr, off + 1, next - 1);
    return true;
}

/* '[': what it holds is no place for a group's ':'; behind '@' in an angle it is a literal. */
static void take_bracket(struct twf_address_scan *s)
{
    uint32_t off = s->off, end = twf_skip_literal(s->ptr, s->len, off);

    if (end == 0) {
        note(s, TWF_ADDR_UNCLOSED, off, 1);
        s->brackets_off = true;
    }
    if (s->before == '@' && end != 0) {
        s->off = end;
        if (s->in_angle) {
            s->before = ']';
        } else {
            token(s, off, end);
            keep_raw(s, off, end);
        }
        return;
    }
    s->off++;
    if (s->in_angle) {
        s->before = '[';
        return;
    }
    s->bracket_end = end;
    bad_byte(s, off);
}

/* ---- angle addresses ---- */

/* What stood in the open '<' becomes skipped text, up to end. */
static void drop_angle(struct twf_address_scan *s, uint32_t end)
{
    if (s->in_angle)
        keep_raw(s, s->angle_off, end);
    s->in_angle = false;
}

static void open_angle(struct twf_address_scan *s)
{
    uint32_t off = s->off++;

    if (s->angle_open) {
        note(s, TWF_ADDR_ANGLE_NESTED, off, 1);
        if (s->before == '@')
            note(s, TWF_ADDR_ANGLE_NESTED_AT, off, 1);
        drop_angle(s, off);
    } else {
        judge_phrase(s, true);
        if (s->after_angle && !s->skipping)
            note(s, TWF_ADDR_TEXT_AFTER, off, 1);
        else if (s->after_group && !s->skipping)
            note(s, TWF_ADDR_GROUP_TAIL, off, 1);
    }
    s->angle_open = s->in_angle = true;
    s->angle_route = false;
    s->angle_off = off;
    s->bracket_met = true;
    s->skipping = s->after_angle = s->after_group = false;
    s->run = -1;
    s->before = '<';
}

static void close_angle(struct twf_address_scan *s)
{
    uint32_t off = s->off++;
    struct twf_addr_spec spec;

    if (!s->angle_open) {
        s->bracket_met = true;
        bad_byte(s, off);
        return;
    }
    s->angle_open = false;
    if (!s->in_angle) {
        keep_raw(s, off, off + 1);
    } else if (twf_addr_spec_parse(s->ptr, s->angle_off + 1, off, true, &spec)) {
        s->in_angle = false;
        add_mailbox(s, &spec, true, s->phrase.len);
        end_display(s);
    } else {
        bool empty = spec.error == TWF_ADDR_NO_AT && off == s->angle_off + 1;

        note(s, empty ? TWF_ADDR_EMPTY_ANGLE : spec.error, empty ? s->angle_off : spec.error_off,
             empty ? 2 : error_len_at(&spec, off + 1));
        drop_angle(s, s->off);
    }
    s->skipping = false;
    s->after_angle = true;
    s->piece_end = s->off;
    s->before = '>';
}

/* A ',' or ';' at off that an angle address cannot hold. */
static void break_angle(struct twf_address_scan *s, uint32_t off)
{
    struct twf_addr_spec spec;

    if (!s->in_angle)
        return;
    if (twf_addr_spec_parse(s->ptr, s->angle_off + 1, off, true, &spec))
        note(s, TWF_ADDR_BAD_DOMAIN, off, 1);
    else
        note(s, spec.error, spec.error_off, 1);
    drop_angle(s, off);
    s->skipping = true;
}

/* One byte inside '<' that is no quote, comment or bracket. */
static void angle_byte(struct twf_address_scan *s)
{
    uint8_t c = s->ptr[s->off];

    if (s->before == '<' && (c == '@' || c == ','))
        s->angle_route = true;
    else if (c == ':')
        s->angle_route = false;
    if (!twf_is_blank(c))
        s->before = c;
    s->off++;
}

/* ---- separators ---- */

static void take_comma(struct twf_address_scan *s)
{
    uint32_t off = s->off++;

    break_angle(s, off);
    end_piece(s, off, TWF_ADDR_COMMA_PHRASE);
    if (s->piece_end == s->piece_off && !s->after_group)
        s->out->obs = true; /* an empty element */
    keep_separator(s, off);
    begin_piece(s, s->off);
    s->before = ',';
}

static void take_semicolon(struct twf_address_scan *s)
{
    uint32_t off = s->off++;
    bool group = s->in_group;

    break_angle(s, off);
    if (!group)
        note(s, TWF_ADDR_SEMICOLON, off, 1);
    end_piece(s, off, group ? TWF_ADDR_NO_AT : TWF_ADDR_SEMICOLON);
    keep_separator(s, off);
    begin_piece(s, s->off);
    s->in_group = false;
    s->after_group = group;
    s->before = ';';
}

/* Whether an address stands behind off. Asked once: what is not ahead now is not ahead later. */
static bool address_ahead(struct twf_address_scan *s, uint32_t off)
{
    struct twf_span address, domain;
    size_t pos = off;

    if (!s->address_ahead_asked) {
        s->address_ahead_asked = true;
        s->address_ahead = twf_text_address(twf_span(s->ptr, s->len), &pos, &address, &domain);
    }
    return s->address_ahead;
}

static void take_colon(struct twf_address_scan *s)
{
    uint32_t off = s->off;

    if (s->angle_open || off < s->bracket_end) {
        s->off++;
        bad_byte(s, off);
        return;
    }
    note(s, TWF_ADDR_GROUP, off, 1);
    if (s->after_angle || s->after_group)
        token(s, off, off + 1);
    if (!s->alnum)
        note(s, TWF_ADDR_GROUP_NAMELESS, off, 1);
    if ((s->at_off != NONE || s->bracket_met) && address_ahead(s, off + 1))
        note(s, TWF_ADDR_GROUP_ANGLE_AT, s->piece_off, off + 1 - s->piece_off);
    else
        judge_phrase(s, false);
    if (s->words == 0)
        s->failed = true;
    if (s->in_group)
        note(s, TWF_ADDR_GROUP_NESTED, off, 1);
    else
        s->group_off = off;
    s->in_group = true;
    s->off++;
    end_display(s);
    begin_piece(s, s->off);
    s->before = ':';
}

/* ---- the pass ---- */

static void take_atom(struct twf_address_scan *s)
{
    uint32_t off = s->off;

    while (s->off < s->len && twf_is_atext(s->ptr[s->off])) {
        s->alnum |= twf_is_alnum(s->ptr[s->off]) || s->ptr[s->off] >= 0x80;
        s->off++;
    }
    s->words++;
    token(s, off, s->off);
    put(&s->phrase, s->ptr + off, s->off - off);
}

static void take_other(struct twf_address_scan *s)
{
    uint32_t off = s->off++;
    uint8_t c = s->ptr[off];

    if (twf_is_blank(c)) {
        if (s->phrase.len > s->display_text) /* none in front of a display text */
            put(&s->phrase, &c, 1);
    } else if (c == '@') {
        if (s->at_off == NONE)
            s->at_off = off;
        token(s, off, off + 1);
        put(&s->phrase, &c, 1);
    } else if (c == '.' && s->words > 0) {
        s->obs_phrase = true;
        token(s, off, off + 1);
        put(&s->phrase, &c, 1);
    } else {
        bad_byte(s, off);
    }
}

/* One token outside quotes, comments and brackets. */
static void take_token(struct twf_address_scan *s)
{
    uint8_t c = s->ptr[s->off];

    if (c == '<')
        open_angle(s);
    else if (c == '>')
        close_angle(s);
    else if (c == ';' || (c == ',' && !(s->in_angle && s->angle_route)))
        c == ';' ? take_semicolon(s) : take_comma(s);
    else if (s->in_angle)
        angle_byte(s);
    else if (c == ':')
        take_colon(s);
    else if (twf_is_atext(c))
        take_atom(s);
    else
        take_other(s);
}

void twf_address_scan(struct twf_address_scan *s)
{
    s->ldh = true;
    begin_piece(s, 0);
    while (s->off < s->len && !s->stopped) {
        uint8_t c = s->ptr[s->off];

        if (c == '(' && !s->comments_off && take_comment(s))
            continue;
        if (c == '"' && !s->quotes_off && take_quoted(s))
            continue;
        if (c == '[' && !s->brackets_off)
            take_bracket(s);
        else
            take_token(s);
    }
    if (s->stopped)
        return;
    if (s->angle_open) {
        note(s, TWF_ADDR_UNCLOSED, s->angle_off, 1);
        drop_angle(s, s->len);
    } else {
        end_piece(s, s->len, TWF_ADDR_NO_AT);
    }
    if (s->in_group)
        note(s, TWF_ADDR_GROUP_OPEN, s->group_off, 1);
    if (s->before == 0)
        note(s, TWF_ADDR_EMPTY, 0, 0);
    if (s->out->mailbox_count == 0 && !s->in_group && (s->out->errors & 1u << TWF_ADDR_GROUP) == 0)
        s->failed = true; /* nothing but commas */
}
