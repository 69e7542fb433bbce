/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pieces of a From-like value and what they turn out to be: a phrase, an addr-spec, a mailbox
 * (RFC 5322 section 3.4), and the text and the errors that are noted on the way.
 */
#include "parse/address_scan.h"

#include <string.h>

#define NONE UINT32_MAX /* no place */

void twf_scan_note(struct twf_address_scan *s, enum twf_addr_error error, uint32_t off,
                   uint32_t len)
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

void twf_scan_put(struct twf_scan_text *t, const uint8_t *ptr, uint32_t len)
{
    if (t->ptr != NULL && len > 0) {
        memcpy(t->ptr + t->len, ptr, len);
        t->len += len;
    }
}

void twf_scan_put_gap(struct twf_scan_text *t)
{
    if (t->ptr != NULL && t->len > 0 && t->ptr[t->len - 1] != ' ')
        t->ptr[t->len++] = ' ';
}

void twf_scan_put_unescaped(struct twf_scan_text *t, const uint8_t *ptr, uint32_t off, uint32_t end)
{
    if (t->ptr == NULL)
        return;
    for (uint32_t i = off; i < end; i++) {
        if (ptr[i] == '\\' && i + 1 < end)
            i++;
        t->ptr[t->len++] = ptr[i];
    }
}

void twf_scan_keep_raw(struct twf_address_scan *s, uint32_t off, uint32_t end)
{
    twf_scan_put(&s->phrase, s->ptr + off, end - off);
}

static struct twf_span trimmed(const struct twf_scan_text *t, uint32_t from, uint32_t to)
{
    return t->ptr == NULL ? twf_span(NULL, 0) : twf_span_trim(twf_span(t->ptr + from, to - from));
}

/* ---- pieces ---- */

void twf_scan_begin_piece(struct twf_address_scan *s, uint32_t off)
{
    s->piece_off = s->piece_end = off;
    s->piece_text = s->phrase.len;
    s->words = 0;
    s->at_off = s->bad_off = NONE;
    s->obs_phrase = s->alnum = s->bracket_met = false;
    s->after_angle = s->after_group = s->skipping = false;
    s->run = -1;
}

void twf_scan_end_display(struct twf_address_scan *s)
{
    twf_scan_put_gap(&s->phrase);
    s->display_text = s->piece_text = s->phrase.len;
}

/* Begins to skip at the token [off, end): the error's bytes grow until the skipping ends. */
static void skip_from(struct twf_address_scan *s, enum twf_addr_error error, uint32_t off,
                      uint32_t end)
{
    bool first = (s->out->errors & 1u << error) == 0;

    twf_scan_note(s, error, off, end - off);
    s->skipping = true;
    s->run = first ? (int)error : -1;
}

void twf_scan_token(struct twf_address_scan *s, uint32_t off, uint32_t end)
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

void twf_scan_bad_byte(struct twf_address_scan *s, uint32_t off)
{
    if (s->bad_off == NONE)
        s->bad_off = off;
    twf_scan_token(s, off, off + 1);
    twf_scan_put(&s->phrase, s->ptr + off, 1);
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

void twf_scan_add_mailbox(struct twf_address_scan *s, const struct twf_addr_spec *spec, bool angle,
                          uint32_t display_end)
{
    struct twf_span domain =
        twf_span(s->ptr + spec->domain_off, spec->domain_end - spec->domain_off);
    struct twf_mailbox *m;

    s->out->obs |= spec->obs;
    if (spec->route_len > 0)
        twf_scan_note(s, TWF_ADDR_ROUTE, spec->route_off, spec->route_len);
    if (spec->odd_dots)
        twf_scan_note(s, TWF_ADDR_LOCAL_DOTS, spec->local_off, spec->local_end - spec->local_off);
    s->ldh = s->ldh && is_ldh_with_dot(domain);
    if (s->domains == NULL) {
        s->out->mailbox_count++;
        return;
    }
    if (s->out->mailbox_count == s->mailboxes_max) {
        twf_scan_note(s, TWF_ADDR_TOO_MANY, spec->local_off, s->len - spec->local_off);
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
        twf_scan_note(s, TWF_ADDR_ENCODED_WORD, m->off, m->len);
}

uint32_t twf_scan_error_len(const struct twf_addr_spec *spec, uint32_t end)
{
    return spec->error_off < end ? 1 : 0;
}

void twf_scan_judge_phrase(struct twf_address_scan *s, bool before_angle)
{
    struct twf_addr_spec spec;

    if (s->skipping || s->after_angle || s->after_group)
        return;
    if (s->at_off != NONE) {
        if (before_angle && twf_addr_spec_parse(s->ptr, s->piece_off, s->piece_end, false, &spec))
            twf_scan_note(s, TWF_ADDR_PLAIN_DISPLAY, spec.local_off,
                          spec.domain_end - spec.local_off);
        else if (s->bad_off < s->at_off)
            twf_scan_note(s, TWF_ADDR_BAD_PHRASE, s->bad_off, 1);
        else
            twf_scan_note(s, TWF_ADDR_BAD_PHRASE, s->at_off, 1);
    } else if (s->bad_off != NONE) {
        twf_scan_note(s, TWF_ADDR_BAD_PHRASE, s->bad_off, 1);
    } else {
        s->out->obs |= s->obs_phrase;
    }
}

void twf_scan_end_piece(struct twf_address_scan *s, uint32_t off, enum twf_addr_error phrase_error)
{
    struct twf_addr_spec spec;

    if (s->skipping || s->after_angle || s->after_group || s->piece_end == s->piece_off)
        return;
    if (s->at_off != NONE) {
        if (twf_addr_spec_parse(s->ptr, s->piece_off, off, false, &spec)) {
            s->phrase.len = s->piece_text;
            twf_scan_add_mailbox(s, &spec, false, s->piece_text);
            twf_scan_end_display(s);
        } else {
            twf_scan_note(s, spec.error, spec.error_off, twf_scan_error_len(&spec, off));
        }
        return;
    }
    if (s->bad_off != NONE)
        twf_scan_note(s, TWF_ADDR_BAD_PHRASE, s->bad_off, 1);
    else if (phrase_error != TWF_ADDR_SEMICOLON)
        twf_scan_note(s, phrase_error, s->piece_off, s->piece_end - s->piece_off);
}

void twf_scan_keep_separator(struct twf_address_scan *s, uint32_t off)
{
    if (s->phrase.len > s->display_text)
        twf_scan_keep_raw(s, off, off + 1);
}
