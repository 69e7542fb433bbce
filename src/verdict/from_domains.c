/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains in From that cannot be one (FROM_DOMAIN_BAD; RFC 5321 sections 2.3.5 and 4.1.3) or look
 * like another one (FROM_CONFUSABLE; UTS #39 and #46). Looked at are the domains that the strict
 * parse and the readers took.
 */
#include "base/compiler.h"
#include "verdict/from.h"

static const struct {
    uint32_t flag;
    const char *text;
} reasons[] = {
    {TWF_DOMAIN_BLANK, "blank in the domain"},
    {TWF_DOMAIN_BAD_BYTE, "a byte that no domain has"},
    {TWF_DOMAIN_EMPTY_LABEL, "empty label"},
    {TWF_DOMAIN_LONG_LABEL, "label longer than 63"},
    {TWF_DOMAIN_LONG_NAME, "name longer than 253"},
    {TWF_DOMAIN_BAD_LITERAL, "invalid address literal"},
    {TWF_DOMAIN_UNMAPPED, "not mapped by UTS #46"},
    {TWF_DOMAIN_TRAILING_DOT, "trailing dot"},
    {TWF_DOMAIN_LITERAL, "address literal"},
    {TWF_DOMAIN_UNDERSCORE, "underscore"},
    {TWF_DOMAIN_NO_DOT, "no dot"},
};

static struct twf_span reason_of(uint32_t flags)
{
    for (size_t i = 0; i < TWF_COUNT(reasons); i++) {
        if ((flags & reasons[i].flag) != 0)
            return twf_span_str(reasons[i].text);
    }
    return twf_span(NULL, 0);
}

/* The organization that the look-alike skeleton of a domain names is protected. */
static bool imitates_protected(const struct twf_from_case *c, const struct twf_domain *d)
{
    struct twf_span skeleton;
    struct twf_domain like;

    if (c->in->options->protect == NULL)
        return false;
    skeleton = twf_domain_skeleton(c->arena, d);
    like = twf_domain_parse(c->in->domains, c->arena, skeleton);
    return twf_from_is_protected(c->in, like.org);
}

static void find_in_domain(const struct twf_from_case *c, const struct twf_domain *d, uint32_t off,
                           uint32_t len)
{
    uint32_t medium = TWF_DOMAIN_BAD_MEDIUM;

    if (TWF_LIKELY(!twf_domain_is_odd(d)))
        return;
    if (c->from->mailbox_count >= 2)
        medium |= TWF_DOMAIN_TRAILING_DOT;
    if ((d->flags & medium) != 0)
        twf_from_raise(c, TWF_F_FROM_DOMAIN_BAD, TWF_LEVEL_MEDIUM, off, len,
                       reason_of(d->flags & medium));
    else if ((d->flags & TWF_DOMAIN_BAD_LOW) != 0)
        twf_from_raise(c, TWF_F_FROM_DOMAIN_BAD, TWF_LEVEL_LOW, off, len, reason_of(d->flags));
    if ((d->flags & (TWF_DOMAIN_MAPPED_ASCII | TWF_DOMAIN_MIXED_SCRIPT)) != 0)
        twf_from_raise(c, TWF_F_FROM_CONFUSABLE,
                       imitates_protected(c, d) ? TWF_LEVEL_HIGH : TWF_LEVEL_MEDIUM, off, len,
                       d->name);
}

void twf_find_domains(const struct twf_from_case *c)
{
    const struct twf_from *f = c->from;

    for (uint32_t i = 0; i < f->mailbox_count; i++) {
        const struct twf_mailbox *m = &f->mailboxes[i];

        find_in_domain(c, &m->domain, m->off, m->len);
    }
    for (uint32_t i = 0; i < f->reading_count; i++) {
        const struct twf_reading *r = &f->readings[i];

        if (r->reader <= 2)
            continue; /* the first and the last mailbox again */
        find_in_domain(c, &r->domain, r->off, r->len == 0 ? (uint32_t)f->value.len : r->len);
    }
    /*
     * Where the strict parse stumbled over a domain, that is a blank or a byte no domain may have.
     */
    if ((f->errors & 1u << TWF_ADDR_BAD_DOMAIN) != 0)
        twf_from_raise(c, TWF_F_FROM_DOMAIN_BAD, TWF_LEVEL_MEDIUM,
                       f->error_off[TWF_ADDR_BAD_DOMAIN], f->error_len[TWF_ADDR_BAD_DOMAIN],
                       twf_span_str("ends where no domain may end"));
}
