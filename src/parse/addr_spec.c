/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One addr-spec out of a range of a value, RFC 5322 section 3.4.1, with obs-local-part, obs-domain
 * and obs-route of section 4.4. Bytes >= 0x80 are atext (RFC 6532).
 *
 * A trailing dot of the domain is taken: it is a fault of the domain that flow/domain.h has a flag
 * for, and no two readers take different addresses out of it.
 */
#include "parse/addr_lex.h"

#include <string.h>

struct cursor {
    const uint8_t *ptr;
    uint32_t off, end;
};

static bool at_byte(const struct cursor *c, uint8_t byte)
{
    return c->off < c->end && c->ptr[c->off] == byte;
}

/*
 * True when there was any. A comment that does not end is left where it is, as a byte no grammar
 * has.
 */
static bool skip_cfws(struct cursor *c)
{
    uint32_t from = c->off, deepest, next;

    while (c->off < c->end) {
        if (twf_is_blank(c->ptr[c->off])) {
            c->off++;
        } else if (c->ptr[c->off] == '(') {
            next = twf_skip_comment(c->ptr, c->end, c->off, &deepest);
            if (next == 0)
                break;
            c->off = next;
        } else {
            break;
        }
    }
    return c->off > from;
}

static bool take_atom(struct cursor *c)
{
    uint32_t from = c->off;

    while (c->off < c->end && twf_is_atext(c->ptr[c->off]))
        c->off++;
    return c->off > from;
}

static bool take_word(struct cursor *c, bool *quoted)
{
    uint32_t next;

    if (!at_byte(c, '"'))
        return take_atom(c);
    next = twf_skip_quoted(c->ptr, c->end, c->off);
    if (next == 0)
        return false;
    c->off = next;
    *quoted = true;
    return true;
}

static bool fail(struct twf_addr_spec *out, enum twf_addr_error error, uint32_t off)
{
    out->error = error;
    out->error_off = off;
    return false;
}

/*
 * word *("." word), with CFWS around the dots in obs- grammar. Stops before the '@'. Dots that part
 * nothing are taken too: no grammar allows them, but providers gave out such addresses.
 */
static bool take_local(struct cursor *c, struct twf_addr_spec *out)
{
    uint32_t words = 0;

    out->local_off = c->off;
    for (;;) {
        bool quoted = false;

        if (take_word(c, &quoted)) {
            words++;
        } else if (at_byte(c, '.') || (words > 0 && at_byte(c, '@') && c->ptr[c->off - 1] == '.')) {
            out->odd_dots = true;
        } else {
            return fail(out, c->off == c->end ? TWF_ADDR_NO_AT : TWF_ADDR_BAD_LOCAL, c->off);
        }
        out->quoted |= quoted;
        out->local_end = c->off;
        if (skip_cfws(c) && at_byte(c, '.'))
            out->local_folded = true;
        if (!at_byte(c, '.'))
            break;
        c->off++;
        if (skip_cfws(c))
            out->local_folded = true;
    }
    if (c->off == c->end)
        return fail(out, TWF_ADDR_NO_AT, c->off);
    if (!at_byte(c, '@') || words == 0)
        return fail(out, TWF_ADDR_BAD_LOCAL, c->off);
    out->obs |= out->local_folded || (out->quoted && words > 1);
    return true;
}

/* A domain from c on; the trailing CFWS is taken too. */
static bool take_domain(struct cursor *c, struct twf_addr_spec *out)
{
    uint32_t next;
    bool blank;

    skip_cfws(c);
    out->domain_off = c->off;
    if (at_byte(c, '[')) {
        next = twf_skip_literal(c->ptr, c->end, c->off);
        if (next == 0)
            return fail(out, TWF_ADDR_BAD_DOMAIN, c->off);
        c->off = out->domain_end = next;
        skip_cfws(c);
        return true;
    }
    for (;;) {
        if (!take_atom(c))
            return fail(out, TWF_ADDR_BAD_DOMAIN, c->off);
        out->domain_end = c->off;
        if (skip_cfws(c) && at_byte(c, '.'))
            out->domain_folded = true;
        if (!at_byte(c, '.'))
            return true;
        c->off++;
        next = c->off;
        blank = skip_cfws(c);
        if (c->off == c->end || !(twf_is_atext(c->ptr[c->off]) || at_byte(c, '.'))) {
            out->domain_end = next; /* the trailing dot */
            return true;
        }
        out->domain_folded |= blank;
    }
}

/* obs-route: obs-domain-list ":". Leaves *out as if no domain had been met. */
static bool take_route(struct cursor *c, struct twf_addr_spec *out)
{
    struct twf_addr_spec domain = {0};
    uint32_t from = c->off, end = from;
    bool comma = true; /* a domain may follow: "@a@b" is no list */

    while (at_byte(c, ',') || (at_byte(c, '@') && comma)) {
        comma = c->ptr[c->off++] == ',';
        if (!comma) {
            if (!take_domain(c, &domain))
                return fail(out, TWF_ADDR_BAD_LOCAL, from);
            end = domain.domain_end;
        }
        skip_cfws(c);
    }
    if (!at_byte(c, ':') || end == from)
        return fail(out, TWF_ADDR_BAD_LOCAL, from);
    c->off++;
    skip_cfws(c);
    out->route_off = from;
    out->route_len = end - from;
    out->obs = true;
    return true;
}

bool twf_addr_spec_parse(const uint8_t *ptr, uint32_t off, uint32_t end, bool with_route,
                         struct twf_addr_spec *out)
{
    struct cursor c = {ptr, off, end};

    *out = (struct twf_addr_spec){0};
    skip_cfws(&c);
    if (with_route && (at_byte(&c, '@') || at_byte(&c, ',')) && !take_route(&c, out))
        return false;
    if (!take_local(&c, out))
        return false;
    c.off++; /* the '@' */
    if (!take_domain(&c, out))
        return false;
    out->obs |= out->domain_folded;
    return c.off == c.end || fail(out, TWF_ADDR_BAD_DOMAIN, c.off);
}

struct twf_span twf_addr_clean(struct twf_arena *a, const uint8_t *ptr, uint32_t off, uint32_t end)
{
    struct cursor c = {ptr, off, end};
    uint8_t *copy = twf_arena_alloc(a, end - off);
    size_t len = 0;

    if (copy == NULL)
        return twf_span(NULL, 0);
    while (c.off < c.end) {
        if (skip_cfws(&c))
            continue;
        if (at_byte(&c, '"')) {
            uint32_t next = twf_skip_quoted(ptr, end, c.off);

            if (next != 0) {
                for (uint32_t i = c.off + 1; i < next - 1; i++) {
                    if (ptr[i] == '\\')
                        i++;
                    copy[len++] = ptr[i];
                }
                c.off = next;
                continue;
            }
        }
        copy[len++] = ptr[c.off++];
    }
    return twf_span(copy, len);
}
