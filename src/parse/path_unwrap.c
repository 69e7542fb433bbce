/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SRS, BATV, Gmail's "caf" and Exchange Online's "+SRS=" in a local part. There is no key to any of
 * their hashes: a form that fits is consistent, never valid.
 */
#include "parse/path_unwrap.h"

/*
 * What stands before the first c; s moves behind it. Empty, and s as it was, where there is no c.
 */
static struct twf_span take_until(struct twf_span *s, uint8_t c)
{
    size_t at = twf_span_find(*s, c);
    struct twf_span head = twf_span_slice(*s, 0, at);

    if (at == s->len)
        return twf_span(NULL, 0);
    *s = twf_span_slice(*s, at + 1, s->len);
    return head;
}

static bool is_host(struct twf_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = twf_lower_byte(s.ptr[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
              c == '.' || c >= 0x80))
            return false;
    }
    return s.len > 0;
}

static bool is_separator(uint8_t c)
{
    return c == '=' || c == '+' || c == '-';
}

static void set_inner(struct twf_path *p, struct twf_span local, struct twf_span domain,
                      const char *form)
{
    p->inner_local = local;
    p->inner_domain = domain;
    p->inner_form = form;
}

/* HASH=TT=domain=local, behind "SRS0=" and at the end of SRS1. */
static bool take_srs0(struct twf_path *p, struct twf_span s, const char *form)
{
    struct twf_span hash = take_until(&s, '='), stamp = take_until(&s, '='),
                    domain = take_until(&s, '=');

    if (hash.len == 0 || stamp.len == 0 || s.len == 0 || !is_host(domain))
        return false;
    set_inner(p, s, domain, form);
    return true;
}

static bool unwrap_srs(struct twf_path *p)
{
    struct twf_span s = p->local;
    bool second = twf_span_starts_fold(s, "srs1");

    if (s.len < 5 || !(second || twf_span_starts_fold(s, "srs0")) || !is_separator(s.ptr[4]))
        return false;
    s = twf_span_slice(s, 5, s.len);
    if (!second)
        return take_srs0(p, s, "SRS0");
    /* HASH=forwarder= and the rest of the SRS0 address, its separator first. */
    if (take_until(&s, '=').len == 0 || !is_host(take_until(&s, '=')) || s.len == 0 ||
        !is_separator(s.ptr[0]))
        return false;
    return take_srs0(p, twf_span_slice(s, 1, s.len), "SRS1");
}

/* prvs=TAG=local, btv1==TAG==local, msprvs1=TAG=local: the domain does not change. */
static bool unwrap_batv(struct twf_path *p)
{
    static const struct {
        const char *head;
        bool twice; /* "==" behind the tag */
    } forms[] = {{"prvs=", false}, {"btv1==", true}, {"msprvs1=", false}};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct twf_span s = p->local;

        if (!twf_span_starts_fold(s, forms[i].head))
            continue;
        s = twf_span_slice(s, strlen(forms[i].head), s.len);
        if (take_until(&s, '=').len == 0 || (forms[i].twice && (s.len == 0 || s.ptr[0] != '=')))
            return false;
        s = twf_span_slice(s, forms[i].twice, s.len);
        if (s.len == 0)
            return false;
        set_inner(p, s, p->domain.written, "BATV");
        return true;
    }
    return false;
}

/* Offset of needle in s without case, or s.len. */
static size_t find_fold(struct twf_span s, const char *needle)
{
    size_t n = strlen(needle);

    for (size_t i = 0; n <= s.len && i <= s.len - n; i++) {
        if (twf_span_eq_fold(twf_span_slice(s, i, i + n), twf_span(needle, n)))
            return i;
    }
    return s.len;
}

/* user+caf_=dlocal=ddomain: where Gmail forwards to. */
static bool unwrap_caf(struct twf_path *p)
{
    size_t at = find_fold(p->local, "+caf_="), equals;
    struct twf_span target = twf_span_slice(p->local, at + 6, p->local.len);

    if (at == 0 || at == p->local.len)
        return false;
    for (equals = target.len; equals > 0 && target.ptr[equals - 1] != '='; equals--)
        ;
    if (equals < 2 || !is_host(twf_span_slice(target, equals, target.len)))
        return false;
    set_inner(p, twf_span_slice(target, 0, equals - 1), twf_span_slice(target, equals, target.len),
              "CAF");
    return true;
}

void twf_path_unwrap(struct twf_path *p)
{
    if (twf_span_find(p->local, '=') == p->local.len) /* all forms have one */
        return;
    if (unwrap_srs(p) || unwrap_batv(p) || unwrap_caf(p))
        return;
    if (find_fold(p->local, "+srs=") < p->local.len)
        p->inner_form = "EXO-SRS";
}
