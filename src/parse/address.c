/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict parse of a From-like value: mailbox-list and groups of RFC 5322 section 3.4 and RFC
 * 6854 with the obs- grammar of section 4.4, one pass from left to right.
 *
 * After an error everything up to the next ',' ';' ':' or '<' outside quotes and comments is
 * skipped and kept as display text of the mailbox that follows. Nothing is repaired: what is no
 * addr-spec as it stands gives no mailbox. A ':' ends the skipping too, beyond what
 * docs/verdicts.md 4.2 asks, so that "x@a.example:y@b.example;" shows the address that a
 * group-minded reader takes.
 */
#include "parse/address_scan.h"

#define NONE UINT32_MAX /* no place */

/* ---- comments, quotes, brackets ---- */

/*
 * What stands in a quoted-string or comment: controls are obs- grammar, and anything may be escaped
 * there; NUL, CR and LF as they are no grammar allows.
 */
static void check_content(struct twf_address_scan *s, uint32_t off, uint32_t end)
{
    for (uint32_t i = off; i < end; i++) {
        uint8_t c = s->ptr[i];
        bool escaped = c == '\\';

        if (escaped)
            c = s->ptr[++i];
        if ((c >= 0x20 && c != 0x7F) || c == '\t')
            continue;
        if (escaped || (c != 0 && c != '\r' && c != '\n'))
            s->out->obs = true;
        else
            twf_scan_note(s, TWF_ADDR_BAD_PHRASE, i, 1);
    }
}

static bool take_comment(struct twf_address_scan *s)
{
    struct twf_span text, address, domain;
    uint32_t off = s->off, deepest, next;
    size_t pos = 0;

    next = twf_skip_comment(s->ptr, s->len, off, &deepest);
    if (next == 0) {
        twf_scan_note(s, TWF_ADDR_UNCLOSED, off, 1);
        s->comments_off = true;
        return false;
    }
    if (deepest > s->depth_max)
        twf_scan_note(s, TWF_ADDR_COMMENT_DEPTH, off, next - off);
    check_content(s, off + 1, next - 1);
    text = twf_span(s->ptr + off + 1, next - off - 2);
    if (s->domains != NULL && !s->out->comment_addr &&
        twf_text_address(text, &pos, &address, &domain)) {
        s->out->comment_addr = true;
        s->out->comment_addr_off = (uint32_t)(address.ptr - s->ptr);
        s->out->comment_addr_len = (uint32_t)address.len;
    }
    twf_scan_put_gap(&s->comments);
    twf_scan_put_unescaped(&s->comments, s->ptr, off + 1, next - 1);
    if (!s->in_angle)
        twf_scan_put_gap(&s->phrase);
    s->off = next;
    return true;
}

static bool take_quoted(struct twf_address_scan *s)
{
    uint32_t off = s->off, next = twf_skip_quoted(s->ptr, s->len, off);

    if (next == 0) {
        twf_scan_note(s, TWF_ADDR_UNCLOSED, off, 1);
        s->quotes_off = true;
        return false;
    }
    check_content(s, off + 1, next - 1);
    s->off = next;
    s->before = '"';
    if (s->in_angle)
        return true;
    s->words++;
    for (uint32_t i = off; i < next && !s->alnum; i++)
        s->alnum = twf_is_alnum(s->ptr[i]) || s->ptr[i] >= 0x80;
    twf_scan_token(s, off, next);
    twf_scan_put_unescaped(&s->phrase, s->ptr, off + 1, next - 1);
    return true;
}

/* '[': what it holds is no place for a group's ':'; behind '@' in an angle it is a literal. */
static void take_bracket(struct twf_address_scan *s)
{
    uint32_t off = s->off, end = twf_skip_literal(s->ptr, s->len, off);

    if (end == 0) {
        twf_scan_note(s, TWF_ADDR_UNCLOSED, off, 1);
        s->brackets_off = true;
    }
    if (s->before == '@' && end != 0) {
        s->off = end;
        if (s->in_angle) {
            s->before = ']';
        } else {
            twf_scan_token(s, off, end);
            twf_scan_keep_raw(s, off, end);
        }
        return;
    }
    s->off++;
    if (s->in_angle) {
        s->before = '[';
        return;
    }
    s->bracket_end = end;
    twf_scan_bad_byte(s, off);
}

/* ---- angle addresses ---- */

/* What stood in the open '<' becomes skipped text, up to end. */
static void drop_angle(struct twf_address_scan *s, uint32_t end)
{
    if (s->in_angle)
        twf_scan_keep_raw(s, s->angle_off, end);
    s->in_angle = false;
}

static void open_angle(struct twf_address_scan *s)
{
    uint32_t off = s->off++;

    if (s->angle_open) {
        twf_scan_note(s, TWF_ADDR_ANGLE_NESTED, off, 1);
        if (s->before == '@')
            twf_scan_note(s, TWF_ADDR_ANGLE_NESTED_AT, off, 1);
        drop_angle(s, off);
    } else {
        twf_scan_judge_phrase(s, true);
        if (s->after_angle && !s->skipping)
            twf_scan_note(s, TWF_ADDR_TEXT_AFTER, off, 1);
        else if (s->after_group && !s->skipping)
            twf_scan_note(s, TWF_ADDR_GROUP_TAIL, off, 1);
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
        twf_scan_bad_byte(s, off);
        return;
    }
    s->angle_open = false;
    if (!s->in_angle) {
        twf_scan_keep_raw(s, off, off + 1);
    } else if (twf_addr_spec_parse(s->ptr, s->angle_off + 1, off, true, &spec)) {
        s->in_angle = false;
        twf_scan_add_mailbox(s, &spec, true, s->phrase.len);
        twf_scan_end_display(s);
    } else {
        bool empty = spec.error == TWF_ADDR_NO_AT && off == s->angle_off + 1;

        twf_scan_note(s, empty ? TWF_ADDR_EMPTY_ANGLE : spec.error,
                      empty ? s->angle_off : spec.error_off,
                      empty ? 2 : twf_scan_error_len(&spec, off + 1));
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
        twf_scan_note(s, TWF_ADDR_BAD_DOMAIN, off, 1);
    else
        twf_scan_note(s, spec.error, spec.error_off, 1);
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
    twf_scan_end_piece(s, off, TWF_ADDR_COMMA_PHRASE);
    if (s->piece_end == s->piece_off && !s->after_group)
        s->out->obs = true; /* an empty element */
    twf_scan_keep_separator(s, off);
    twf_scan_begin_piece(s, s->off);
    s->before = ',';
}

static void take_semicolon(struct twf_address_scan *s)
{
    uint32_t off = s->off++;
    bool group = s->in_group;

    break_angle(s, off);
    if (!group)
        twf_scan_note(s, TWF_ADDR_SEMICOLON, off, 1);
    twf_scan_end_piece(s, off, group ? TWF_ADDR_NO_AT : TWF_ADDR_SEMICOLON);
    twf_scan_keep_separator(s, off);
    twf_scan_begin_piece(s, s->off);
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
        twf_scan_bad_byte(s, off);
        return;
    }
    twf_scan_note(s, TWF_ADDR_GROUP, off, 1);
    if (s->after_angle || s->after_group)
        twf_scan_token(s, off, off + 1);
    if (!s->alnum)
        twf_scan_note(s, TWF_ADDR_GROUP_NAMELESS, off, 1);
    if ((s->at_off != NONE || s->bracket_met) && address_ahead(s, off + 1))
        twf_scan_note(s, TWF_ADDR_GROUP_ANGLE_AT, s->piece_off, off + 1 - s->piece_off);
    else
        twf_scan_judge_phrase(s, false);
    if (s->words == 0)
        s->failed = true;
    if (s->in_group)
        twf_scan_note(s, TWF_ADDR_GROUP_NESTED, off, 1);
    else
        s->group_off = off;
    s->in_group = true;
    s->off++;
    twf_scan_end_display(s);
    twf_scan_begin_piece(s, s->off);
    s->before = ':';
}

/* ---- the pass ---- */

static void take_atom(struct twf_address_scan *s)
{
    uint32_t off = s->off, end = off;
    uint8_t class, seen = 0;

    for (; end < s->len && (class = twf_atext_table[s->ptr[end]]) != 0; end++)
        seen |= class;
    s->off = end;
    s->alnum |= seen == TWF_ATEXT_WORD;
    s->words++;
    twf_scan_token(s, off, s->off);
    twf_scan_put(&s->phrase, s->ptr + off, s->off - off);
}

static void take_other(struct twf_address_scan *s)
{
    uint32_t off = s->off++;
    uint8_t c = s->ptr[off];

    if (twf_is_blank(c)) {
        if (s->phrase.len > s->display_text) /* none in front of a display text */
            twf_scan_put(&s->phrase, &c, 1);
    } else if (c == '@') {
        if (s->at_off == NONE)
            s->at_off = off;
        twf_scan_token(s, off, off + 1);
        twf_scan_put(&s->phrase, &c, 1);
    } else if (c == '.' && s->words > 0) {
        s->obs_phrase = true;
        twf_scan_token(s, off, off + 1);
        twf_scan_put(&s->phrase, &c, 1);
    } else {
        twf_scan_bad_byte(s, off);
    }
}

/* A ',' here may belong to a route, also to one that begins with it: "<,@a.example:b@c.example>". */
static bool in_route(const struct twf_address_scan *s)
{
    return s->in_angle && (s->angle_route || s->before == '<');
}

/* One token outside quotes, comments and brackets. */
static void take_token(struct twf_address_scan *s)
{
    uint8_t c = s->ptr[s->off];

    if (c == '<')
        open_angle(s);
    else if (c == '>')
        close_angle(s);
    else if (c == ';' || (c == ',' && !in_route(s)))
        (c == ';' ? take_semicolon : take_comma)(s);
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
    twf_scan_begin_piece(s, 0);
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
        twf_scan_note(s, TWF_ADDR_UNCLOSED, s->angle_off, 1);
        drop_angle(s, s->len);
    } else {
        twf_scan_end_piece(s, s->len, TWF_ADDR_NO_AT);
    }
    if (s->in_group)
        twf_scan_note(s, TWF_ADDR_GROUP_OPEN, s->group_off, 1);
    if (s->before == 0)
        twf_scan_note(s, TWF_ADDR_EMPTY, 0, 0);
    else if (s->before == ',')
        s->out->obs = true; /* an empty element at the end */
    if (s->out->mailbox_count == 0 && !s->in_group && (s->out->errors & 1u << TWF_ADDR_GROUP) == 0)
        s->failed = true; /* nothing but commas */
}
