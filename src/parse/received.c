/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Received, RFC 5321 section 4.4, leniently: clauses in any order, comments anywhere, words without
 * a clause passed over. What a peer may have written himself (HELO, ident) never becomes its
 * address.
 */
#include "parse/parse.h"
#include "parse/trace_lex.h"

enum { FROM, BY, VIA, WITH, ID, FOR, CLAUSES };
enum { ENVELOPE_FROM_MAX = 1024 }; /* four times what RFC 5321 section 4.5.3.1.3 allows */

struct reader {
    struct twf_lex lex;
    struct twf_received *out;
    struct twf_span *values[CLAUSES];
    int current; /* clause, or -1 */
    bool open;   /* no comment behind its value yet: further words belong to it */
    bool peer_ambiguous, has_helo_comment;
    bool brief; /* comments are passed over: nobody asks for the peer */
};

/* Hex digits, '.', ':' and of these at least one of the last two: not yet proof of an address. */
static bool looks_like_ip(struct twf_span s)
{
    uint8_t seen = 0, each = TWF_LEX_HEX | TWF_LEX_IP;

    if (s.len < 2 || s.len > 45)
        return false;
    for (size_t i = 0; i < s.len && each != 0; i++) {
        uint8_t class = twf_lex_classes[s.ptr[i]] & (TWF_LEX_HEX | TWF_LEX_IP);

        seen |= class;
        each = class;
    }
    return each != 0 && (seen & TWF_LEX_IP) != 0;
}

/* An address without "IPv6:" and zone; empty where it is none. */
static struct twf_span strip_ip(struct twf_span s)
{
    s = twf_span_trim(s);
    if (twf_span_starts_fold(s, "ipv6:"))
        s = twf_span_slice(s, 5, s.len);
    if (s.len == 0 || (twf_lex_classes[s.ptr[0]] & (TWF_LEX_HEX | TWF_LEX_IP)) == 0)
        return twf_span(NULL, 0);
    s = twf_span_slice(s, 0, twf_span_find(s, '%'));
    return looks_like_ip(s) ? s : twf_span(NULL, 0);
}

static void add_peer(struct reader *r, struct twf_span ip)
{
    if (ip.len == 0)
        return;
    if (r->out->peer_ip.len == 0)
        r->out->peer_ip = ip;
    else if (!twf_span_eq_fold(r->out->peer_ip, ip))
        r->peer_ambiguous = true;
}

/* What stands before a '[' says that the peer chose what is in it. */
static bool is_claimed(struct twf_span before)
{
    static const char *const marks[] = {"helo=", "helo", "ehlo", "lhlo", "ident=", "ident:", "@"};

    before = twf_span_trim(before);
    /* Mostly a host name stands there, and its last letter tells. */
    if (before.len == 0 || memchr("=oO:@", before.ptr[before.len - 1], 5) == NULL)
        return false;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (twf_span_ends_fold(before, marks[i]))
            return true;
    }
    return false;
}

static bool has_helo(struct twf_span comment)
{
    size_t at = twf_span_find(comment, '=');

    while (at < comment.len) {
        if (at >= 4 && twf_span_is_fold(twf_span_slice(comment, at - 4, at), "helo"))
            return true;
        at += 1 + twf_span_find(twf_span_slice(comment, at + 1, comment.len), '=');
    }
    return false;
}

/* A comment behind "from": "host [192.0.2.1]", "192.0.2.1", "[192.0.2.1] helo=name". */
static void read_peer(struct reader *r, struct twf_span comment)
{
    struct twf_span whole = strip_ip(comment);

    if (whole.len > 0) {
        add_peer(r, whole);
        return;
    }
    r->has_helo_comment |= has_helo(comment);
    for (size_t at = twf_span_find(comment, '['); at < comment.len;) {
        struct twf_span rest = twf_span_slice(comment, at + 1, comment.len);
        size_t close = twf_span_find(rest, ']');

        if (close == rest.len)
            break;
        if (!is_claimed(twf_span_slice(comment, 0, at)))
            add_peer(r, strip_ip(twf_span_slice(rest, 0, close)));
        rest = twf_span_slice(rest, close, rest.len);
        at = comment.len - rest.len + twf_span_find(rest, '[');
    }
}

/*
 * To the '>' that belongs to the '<' at p; false where white space or a ')' outside quotes comes
 * first. Many comments may each have a quote that stays open: none is followed further than a path
 * can be.
 */
static bool skip_to_angle(struct twf_lex *l)
{
    struct twf_lex ahead = *l;

    if (ahead.end - ahead.p > ENVELOPE_FROM_MAX)
        ahead.end = ahead.p + ENVELOPE_FROM_MAX;
    while (ahead.p < ahead.end && *ahead.p != '>' && *ahead.p != ')' && !twf_is_wsp(*ahead.p)) {
        if (*ahead.p == '"')
            twf_lex_quoted(&ahead);
        else
            ahead.p++;
    }
    l->p = ahead.p;
    return twf_lex_at(&ahead, '>');
}

/*
 * "(envelope-from <a@b>)". The path is taken from the value and not from the comment: a quoted
 * local part may hold a ')'. The last one counts, as a peer's words stand before those of the
 * server.
 */
static void take_envelope_from(struct reader *r)
{
    struct twf_lex l = r->lex, after;
    const uint8_t *from;
    bool angle;

    l.p++;
    /* Most comments go on with something else. */
    if (l.p == l.end || ((*l.p | 0x20) != 'e' && *l.p != '(' && !twf_is_wsp(*l.p)))
        return;
    twf_lex_cfws(&l, NULL);
    if (!twf_span_starts_fold(twf_span(l.p, (size_t)(l.end - l.p)), "envelope-from"))
        return;
    l.p += strlen("envelope-from");
    if (l.p == l.end || !twf_is_wsp(*l.p))
        return;
    while (l.p < l.end && twf_is_wsp(*l.p))
        l.p++;
    from = l.p;
    after = l;
    angle = twf_lex_at(&l, '<') && skip_to_angle(&after);
    if (!angle) { /* bare, or a '<' that stays open and will not parse */
        after = l;
        while (after.p < after.end && *after.p != ')' && !twf_is_wsp(*after.p))
            after.p++;
    }
    r->out->has_envelope_from = true;
    r->out->envelope_from = twf_span(from + angle, (size_t)(after.p - from) - angle);
    r->out->envelope_from_off = twf_lex_off(&l, from + angle);
    if (after.p > r->lex.p + 1)
        r->lex.p = after.p - 1; /* twf_lex_comment steps over one byte */
}

static void take_comment(struct reader *r)
{
    const uint8_t *from = r->lex.p + 1;
    struct twf_span text;

    take_envelope_from(r);
    twf_lex_comment(&r->lex);
    text = twf_span(from, (size_t)(r->lex.p - from));
    if (text.len > 0 && text.ptr[text.len - 1] == ')')
        text.len--;
    r->open = false;
    if (r->brief)
        return;
    if (r->current == FROM) {
        if (r->out->from_comment.len == 0)
            r->out->from_comment = text;
        read_peer(r, text);
    } else if (r->current == BY && r->out->by_comment.len == 0) {
        r->out->by_comment = text;
    }
}

/* To what may matter behind the ';', or to it, past words and quoted-strings. */
static void skip_date(struct twf_lex *l)
{
    for (;;) {
        l->p = twf_lex_break(l->p, l->end, TWF_LEX_STOP);
        if (!twf_lex_at(l, '"'))
            break;
        twf_lex_quoted(l);
    }
}

/* A word up to white space, '(' or ';'; quoted-strings are part of it. */
static struct twf_span take_word(struct twf_lex *l)
{
    const uint8_t *from = l->p;

    for (;;) {
        l->p = twf_lex_break(l->p, l->end, TWF_LEX_BREAK | TWF_LEX_PAREN);
        if (!twf_lex_at(l, '"'))
            break;
        twf_lex_quoted(l);
    }
    return twf_span(from, (size_t)(l->p - from));
}

/* Up to four bytes in lower case as one number; blanks stand for those that are not there. */
#define KEY(a, b, c, d)                                                                            \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* The clause that a word begins, or -1. */
static int clause_of(struct twf_span word)
{
    const uint8_t *p = word.ptr;
    size_t n = word.len;

    if (n < 2 || n > 4)
        return -1;
    switch (KEY(p[0], p[1], n > 2 ? p[2] : ' ', n > 3 ? p[3] : ' ') | KEY(' ', ' ', ' ', ' ')) {
    case KEY('f', 'r', 'o', 'm'):
        return FROM;
    case KEY('b', 'y', ' ', ' '):
        return n == 2 ? BY : -1; /* a NUL reads as a blank, too */
    case KEY('v', 'i', 'a', ' '):
        return n == 3 ? VIA : -1;
    case KEY('w', 'i', 't', 'h'):
        return WITH;
    case KEY('i', 'd', ' ', ' '):
        return n == 2 ? ID : -1;
    case KEY('f', 'o', 'r', ' '):
        return n == 3 ? FOR : -1;
    default:
        return -1;
    }
}

static void add_word(struct reader *r, struct twf_span word)
{
    struct twf_span *value = r->current < 0 ? NULL : r->values[r->current];
    int next;

    /*
     * The first word behind a keyword is its value, whatever it reads: "from by (...)" is a HELO.
     */
    if (r->open && value->len == 0) {
        *value = word;
        return;
    }
    next = clause_of(word);
    if (next >= 0 && r->values[next]->len == 0) {
        r->current = next;
        r->open = true;
    } else if (r->open) {
        value->len = (size_t)(word.ptr + word.len - value->ptr);
    }
}

static struct reader begin(struct twf_span value, struct twf_received *out)
{
    *out = (struct twf_received){0};
    return (struct reader){
        .lex = twf_lex_init(value),
        .out = out,
        .values = {&out->from, &out->by, &out->via, &out->with, &out->id, &out->for_},
        .current = -1,
    };
}

/* A clause that has its value, and no further word will belong to it. */
static bool is_final(const struct reader *r, int clause)
{
    return r->values[clause]->len > 0 && (r->current != clause || !r->open);
}

void twf_received_parse_server(struct twf_span value, struct twf_span *by, struct twf_span *with)
{
    struct twf_received out;
    struct reader r = begin(value, &out);
    struct twf_lex *l = &r.lex;

    r.brief = true;
    while (l->p < l->end && *l->p != ';') {
        if (twf_is_wsp(*l->p))
            l->p++;
        else if (*l->p == '(')
            take_comment(&r);
        else
            add_word(&r, take_word(l));
        if (is_final(&r, BY) && (with == NULL || is_final(&r, WITH)))
            break;
    }
    *by = out.by;
    if (with != NULL)
        *with = out.with;
}

struct twf_span twf_received_parse_date(struct twf_span value)
{
    struct twf_received out;
    struct reader r = begin(value, &out);
    struct twf_lex *l = &r.lex;
    struct twf_span date = {NULL, 0};

    r.brief = true;
    while (l->p < l->end) {
        if (*l->p == '(') {
            take_comment(&r);
        } else if (*l->p == ';') {
            l->p++;
            date = twf_span(l->p, (size_t)(l->end - l->p));
        } else {
            skip_date(l);
        }
    }
    return twf_span_trim(date);
}

void twf_received_parse(struct twf_arena *a, struct twf_span value, struct twf_received *out)
{
    struct reader r = begin(value, out);
    struct twf_lex *l = &r.lex;
    bool dated = false;

    (void)a; /* nothing is copied */
    while (l->p < l->end) {
        if (twf_is_wsp(*l->p)) {
            l->p++;
        } else if (*l->p == '(') {
            take_comment(&r);
        } else if (*l->p == ';') {
            l->p++;
            out->date = twf_span(l->p, (size_t)(l->end - l->p));
            dated = true;
            r.current = -1;
            r.open = false;
            skip_date(l);
        } else if (dated) {
            skip_date(l);
        } else {
            add_word(&r, take_word(l));
        }
    }
    out->date = twf_span_trim(out->date);
    if (r.peer_ambiguous)
        out->peer_ip = twf_span(NULL, 0);
    /* Exim writes the peer's address as "from [192.0.2.1] (helo=name)". */
    else if (out->peer_ip.len == 0 && r.has_helo_comment && out->from.len > 2 &&
             out->from.ptr[0] == '[' && out->from.ptr[out->from.len - 1] == ']')
        out->peer_ip = strip_ip(twf_span_slice(out->from, 1, out->from.len - 1));
}
