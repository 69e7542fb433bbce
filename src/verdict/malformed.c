/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes a From malformed: the FROM_ findings of docs/verdicts.md 6.1 on one value's form. The
 * strict parse has noted each error with its place; here they get code and level. RFC 5322 section
 * 3.4, RFC 6854, RFC 2047 section 5.
 */
#include <string.h>

#include "base/compiler.h"
#include "verdict/from.h"

#define BIT(name) (1u << TWF_ADDR_##name)

/* Not errors of the grammar. */
#define NO_ERRORS                                                                                  \
    (BIT(ROUTE) | BIT(GROUP) | BIT(GROUP_NAMELESS) | BIT(ENCODED_WORD) | BIT(TOO_MANY) |           \
     BIT(COMMENT_DEPTH))
/* Errors that only FROM_SYNTAX names. */
#define UNNAMED                                                                                    \
    (BIT(COMMA_PHRASE) | BIT(PLAIN_DISPLAY) | BIT(EMPTY_ANGLE) | BIT(NO_AT) | BIT(BAD_LOCAL) |     \
     BIT(BAD_DOMAIN) | BIT(BAD_PHRASE) | BIT(LOCAL_DOTS))

static const struct twf_span no_note = {NULL, 0};

static bool has(const struct twf_from *f, enum twf_addr_error error)
{
    return (f->errors & 1u << error) != 0;
}

static void raise_error(const struct twf_from_case *c, enum twf_finding_code code,
                        enum twf_level level, enum twf_addr_error error)
{
    twf_from_raise(c, code, level, c->from->error_off[error], c->from->error_len[error], no_note);
}

/* A letter or digit, as the rules on names mean it: bytes beyond ASCII count. */
static bool is_alnum(uint8_t b)
{
    return twf_is_alnum(b) || b >= 0x80;
}

bool twf_from_has_address(const struct twf_from *from)
{
    struct twf_span address, domain;
    size_t in_value = 0, in_text = 0;

    return from->mailbox_count > 0 || from->reading_count > 0 ||
           twf_text_address(from->value, &in_value, &address, &domain) ||
           twf_text_address(from->display_text, &in_text, &address, &domain);
}

/* ---- brackets ---- */

static void find_brackets(const struct twf_from_case *c)
{
    const struct twf_from *f = c->from;

    if (has(f, TWF_ADDR_TEXT_AFTER))
        raise_error(c, TWF_F_FROM_TEXT_AFTER_ADDR, TWF_LEVEL_HIGH, TWF_ADDR_TEXT_AFTER);
    if (has(f, TWF_ADDR_ANGLE_NESTED_AT))
        raise_error(c, TWF_F_FROM_BROKEN_ANGLE, TWF_LEVEL_HIGH, TWF_ADDR_ANGLE_NESTED_AT);
    if (has(f, TWF_ADDR_ANGLE_NESTED))
        raise_error(c, TWF_F_FROM_BROKEN_ANGLE, TWF_LEVEL_MEDIUM, TWF_ADDR_ANGLE_NESTED);
    if (has(f, TWF_ADDR_UNCLOSED))
        raise_error(c, TWF_F_FROM_BROKEN_ANGLE, TWF_LEVEL_MEDIUM, TWF_ADDR_UNCLOSED);
}

/* ---- groups ---- */

/* Exactly one mailbox behind the group's ':', and it is an angle address. */
static bool one_angle_follows(const struct twf_from *f)
{
    const struct twf_mailbox *m = f->mailboxes;

    if (f->mailbox_count == 0)
        return false;
    m += f->mailbox_count - 1;
    return m->angle && m->off > f->error_off[TWF_ADDR_GROUP] &&
           (f->mailbox_count == 1 || m[-1].off < f->error_off[TWF_ADDR_GROUP]);
}

static bool has_two_addresses(const struct twf_from *f)
{
    struct twf_span first, next, domain;
    size_t pos = 0;

    if (!twf_text_address(f->value, &pos, &first, &domain))
        return false;
    while (twf_text_address(f->value, &pos, &next, &domain)) {
        if (!twf_span_eq_fold(first, next))
            return true;
    }
    return false;
}

static void find_groups(const struct twf_from_case *c)
{
    const struct twf_from *f = c->from;
    enum twf_level level = TWF_LEVEL_MEDIUM;

    if (has(f, TWF_ADDR_GROUP_TAIL))
        raise_error(c, TWF_F_FROM_GROUP_TAIL, TWF_LEVEL_HIGH, TWF_ADDR_GROUP_TAIL);
    if (has(f, TWF_ADDR_SEMICOLON))
        raise_error(c, TWF_F_FROM_GROUP_TAIL,
                    has_two_addresses(f) ? TWF_LEVEL_HIGH : TWF_LEVEL_MEDIUM, TWF_ADDR_SEMICOLON);
    if (has(f, TWF_ADDR_GROUP_ANGLE_AT)) {
        raise_error(c, TWF_F_FROM_GROUP, TWF_LEVEL_HIGH, TWF_ADDR_GROUP_ANGLE_AT);
    } else if (has(f, TWF_ADDR_GROUP)) {
        if (has(f, TWF_ADDR_GROUP_OPEN) && !has(f, TWF_ADDR_GROUP_NAMELESS) && one_angle_follows(f))
            level = TWF_LEVEL_LOW;
        raise_error(c, TWF_F_FROM_GROUP, level, TWF_ADDR_GROUP);
    }
}

/* ---- encoded-words, routes, comments ---- */

/* Every domain of the route is of the organization org. */
static bool is_route_of(const struct twf_from_case *c, struct twf_span route, struct twf_span org)
{
    size_t off = 0;

    while (off < route.len) {
        struct twf_span part = twf_span_slice(route, off, route.len);
        struct twf_domain d;

        part.len = twf_span_find(part, ',');
        off += part.len + 1;
        part = twf_span_trim(part);
        if (part.len == 0)
            continue;
        d = twf_domain_parse(c->in->domains, c->arena, twf_span_slice(part, 1, part.len));
        if (!twf_span_eq(d.org, org))
            return false;
    }
    return true;
}

static void find_route(const struct twf_from_case *c)
{
    const struct twf_from *f = c->from;

    if (!has(f, TWF_ADDR_ROUTE))
        return;
    for (uint32_t i = 0; i < f->mailbox_count; i++) {
        const struct twf_mailbox *m = &f->mailboxes[i];
        struct twf_span route = twf_span_slice(f->value, m->route_off, m->route_off + m->route_len);

        if (route.len > 0)
            twf_from_raise(c, TWF_F_FROM_ROUTE,
                           is_route_of(c, route, m->domain.org) ? TWF_LEVEL_MEDIUM : TWF_LEVEL_HIGH,
                           m->route_off, m->route_len, no_note);
    }
}

static void find_hidden_addresses(const struct twf_from_case *c)
{
    const struct twf_from *f = c->from;

    if (f->mailbox_count == 0 && f->comment_addr)
        twf_from_raise(c, TWF_F_FROM_ADDR_IN_COMMENT, TWF_LEVEL_HIGH, f->comment_addr_off,
                       f->comment_addr_len, no_note);
    if (has(f, TWF_ADDR_ENCODED_WORD))
        raise_error(c, TWF_F_FROM_EW_IN_ADDR, TWF_LEVEL_HIGH, TWF_ADDR_ENCODED_WORD);
    else if (f->decoded_angle)
        twf_from_raise(c, TWF_F_FROM_EW_IN_ADDR, TWF_LEVEL_HIGH, 0, (uint32_t)f->value.len,
                       twf_span_str("exists only after decoding"));
}

/* ---- the rest of the grammar ---- */

/* Past the quoted-string or comment at i. The parse found each of them closed. */
static uint32_t skip_closed(struct twf_span v, uint32_t i)
{
    uint32_t depth = 0;
    uint8_t open = v.ptr[i];

    for (; i < v.len; i++) {
        uint8_t b = v.ptr[i];

        if (b == '\\')
            i++;
        else if (open == '(' && b == ')')
            depth--;
        else if (b == open)
            depth++;
        if (depth == 0 || (open == '"' && depth == 2))
            return i + 1;
    }
    return (uint32_t)v.len;
}

/* The same, but one byte where neither begins. */
static inline uint32_t skip_opaque(struct twf_span v, uint32_t i)
{
    return v.ptr[i] == '"' || v.ptr[i] == '(' ? skip_closed(v, i) : i + 1;
}

/* Each piece between unquoted commas has a letter or digit, and none of "@:;[]". */
static bool are_plain_pieces(struct twf_span v)
{
    bool letter = false;
    uint32_t next;

    for (uint32_t i = 0; i < v.len; i = next) {
        next = skip_opaque(v, i);
        if (v.ptr[i] == ',') {
            if (!letter)
                return false;
            letter = false;
            continue;
        }
        for (uint32_t k = i; k < next; k++) {
            uint8_t b = v.ptr[k];

            if (b == '@' || b == ':' || b == ';' || b == '[' || b == ']')
                return false;
            letter |= is_alnum(b);
        }
    }
    return letter;
}

/*
 * What follows the '@' at v[i] is no domain ("Jobs @ X"), or one of the author's organization; some
 * readers do not mind blanks and comments between.
 */
static bool is_own_at(const struct twf_from_case *c, struct twf_span v, uint32_t i)
{
    const struct twf_domain *own = &c->from->mailboxes[0].domain;
    bool joined = i > 0 && is_alnum(v.ptr[i - 1]) && i + 1 < v.len && is_alnum(v.ptr[i + 1]);
    struct twf_span host;
    uint32_t end;

    for (i++; i < v.len && (twf_is_blank(v.ptr[i]) || v.ptr[i] == '(');)
        i = skip_opaque(v, i);
    end = i;
    while (end < v.len && (is_alnum(v.ptr[end]) || memchr("-._", v.ptr[end], 3) != NULL))
        end++;
    host = twf_span_slice(v, i, end);
    while (end < v.len && (twf_is_blank(v.ptr[end]) || v.ptr[end] == '('))
        end = skip_opaque(v, end);
    if (twf_span_find(host, '.') == host.len && (end == v.len || v.ptr[end] != '.'))
        /* "a@b" without blanks is an address all the same: the author's, cut short, or another. */
        return !joined || (host.len <= own->written.len &&
                           twf_span_eq_fold(host, twf_span_slice(own->written, 0, host.len)));
    return twf_span_eq(twf_domain_parse(c->in->domains, c->arena, host).org, own->org);
}

/* Words, quoted-strings and comments, and of what no phrase may have only '@', '[' and ']'. */
static bool is_plain_text(const struct twf_from_case *c, struct twf_span v)
{
    uint32_t next;

    for (uint32_t i = 0; i < v.len; i = next) {
        if (memchr("<>,:;)\\", v.ptr[i], 7) != NULL || (v.ptr[i] == '@' && !is_own_at(c, v, i)))
            return false;
        next = skip_opaque(v, i);
        for (uint32_t k = i; k < next; k++) {
            if ((v.ptr[k] < ' ' && v.ptr[k] != '\t') || v.ptr[k] == 0x7F)
                return false;
        }
    }
    return true;
}

/* What stands before the only address, which is in brackets and at the end. */
static bool text_before_angle(const struct twf_from *f, struct twf_span *out)
{
    const struct twf_mailbox *m = f->mailboxes;
    uint32_t open, close;

    if (f->mailbox_count != 1 || !m->angle)
        return false;
    open = m->off - 1; /* CFWS may stand before the address; no '<' does */
    while (f->value.ptr[open] != '<')
        open--;
    close = m->off + m->len;
    while (close < f->value.len && f->value.ptr[close] != '>')
        close++;
    *out = twf_span_slice(f->value, 0, open);
    return twf_span_trim(twf_span_slice(f->value, close + 1, f->value.len)).len == 0;
}

/*
 * Errors that make no reader take another author: dots in a local part; commas in a name ("Doe,
 * John <jd@x.example>"); what should stand in quotes and does not ("Jobs @ X <j@x.example>", "[X]
 * <a@x.example>", "a@x.example <a@x.example>", also cut short). Where a name shows an address of
 * another organization, FROM_DISPLAY_ADDR_DIFF says so.
 */
static uint32_t harmless_errors(const struct twf_from_case *c, uint32_t errors)
{
    const uint32_t unquoted = BIT(PLAIN_DISPLAY) | BIT(BAD_PHRASE);
    const struct twf_from *f = c->from;
    struct twf_span text;

    if ((errors & (unquoted | BIT(COMMA_PHRASE))) == 0 || !text_before_angle(f, &text))
        return BIT(LOCAL_DOTS);
    if ((errors & unquoted) == 0 && are_plain_pieces(text))
        return BIT(LOCAL_DOTS) | BIT(COMMA_PHRASE);
    return BIT(LOCAL_DOTS) | (is_plain_text(c, text) ? unquoted : 0);
}

static uint32_t unnamed_errors(const struct twf_from *f)
{
    uint32_t errors = f->errors & UNNAMED;

    if (has(f, TWF_ADDR_TEXT_AFTER))
        errors &= ~BIT(EMPTY_ANGLE);
    if (f->mailbox_count == 0 && f->comment_addr)
        errors &= ~(BIT(NO_AT) | BIT(COMMA_PHRASE));
    for (unsigned i = 0; errors >> i != 0; i++) {
        /* A NUL has a code of its own. */
        if ((errors & 1u << i) != 0 && f->error_off[i] < f->value.len &&
            f->value.ptr[f->error_off[i]] == 0)
            errors &= ~(1u << i);
    }
    return errors;
}

static void find_syntax(const struct twf_from_case *c)
{
    const struct twf_from *f = c->from;
    uint32_t unnamed = unnamed_errors(f), all = f->errors & ~NO_ERRORS;
    enum twf_level level = TWF_LEVEL_MEDIUM;

    if (f->strict_ok || unnamed == 0 || !twf_from_has_address(f))
        return;
    if ((all & ~harmless_errors(c, all)) == 0)
        level = TWF_LEVEL_LOW;
    for (unsigned i = 0; unnamed >> i != 0; i++) {
        if ((unnamed & 1u << i) != 0)
            raise_error(c, TWF_F_FROM_SYNTAX, level, (enum twf_addr_error)i);
    }
}

/* ---- bytes ---- */

static bool is_ctrl(uint8_t b)
{
    return (b >= 0x01 && b <= 0x08) || (b >= 0x0B && b <= 0x1F) || b == 0x7F;
}

static void find_bytes(const struct twf_from_case *c)
{
    struct twf_span v = c->from->value;
    size_t nul = v.len, ctrl = v.len, high = 0;

    for (size_t i = c->from->has_ctrl ? v.len : 0; i-- > 0;) {
        if (v.ptr[i] == 0)
            nul = i;
        else if (is_ctrl(v.ptr[i]))
            ctrl = i;
    }
    if (nul < v.len)
        twf_from_raise(c, TWF_F_FROM_NUL, TWF_LEVEL_CRITICAL, (uint32_t)nul, 1, no_note);
    if (ctrl < v.len)
        twf_from_raise(c, TWF_F_FROM_CTRL, TWF_LEVEL_MEDIUM, (uint32_t)ctrl, 1, no_note);
    if (c->from->bytes == TWF_FROM_ASCII)
        return;
    while (v.ptr[high] < 0x80)
        high++;
    twf_from_raise(c, TWF_F_FROM_8BIT,
                   c->from->bytes == TWF_FROM_UTF8 ? TWF_LEVEL_INFO : TWF_LEVEL_LOW, (uint32_t)high,
                   1, no_note);
}

void twf_find_malformed(const struct twf_from_case *c)
{
    find_bytes(c);
    if (TWF_LIKELY(c->from->errors == 0 && c->from->strict_ok && !c->from->decoded_angle))
        return;
    find_brackets(c);
    find_groups(c);
    find_route(c);
    find_hidden_addresses(c);
    find_syntax(c);
}
