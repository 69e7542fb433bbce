/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The FROM_ findings of docs/verdicts.md 6.1: here those on the fields as a whole and on who the
 * authors are (RFC 5322 sections 3.6 and 3.6.2); each value goes on to malformed.c, from_display.c
 * and from_domains.c.
 */
#include <string.h>

#include "base/compiler.h"
#include "verdict/from.h"

static const struct twf_span no_note = {NULL, 0};

bool twf_from_is_protected(const struct twf_from_input *in, struct twf_span org)
{
    return in->options->protect != NULL && org.len > 0 &&
           twf_domain_set_has(in->options->protect, org);
}

void twf_from_raise(const struct twf_from_case *c, enum twf_finding_code code, enum twf_level level,
                    uint32_t off, uint32_t len, struct twf_span note)
{
    uint32_t raw = twf_from_raw_off(c->from, off);
    uint32_t end = len == 0 ? raw : twf_from_raw_off(c->from, off + len - 1) + 1;

    twf_verdict_raise(c->v, code, level, raw, end - raw, note);
}

/* ---- fields ---- */

/* Byte for byte: unfolded, or where the limit "from" cut one, as they stand. */
static bool same_value(const struct twf_head *h, const struct twf_verdict *v, uint32_t i)
{
    if (v->froms[0].cut || v->froms[i].cut)
        return twf_span_eq(twf_field_value(h, v->from_fields[0]),
                           twf_field_value(h, v->from_fields[i]));
    return twf_span_eq(v->froms[0].value, v->froms[i].value);
}

/* The i-th field names one author, and so does the first: the same, under another name. */
static bool same_author(const struct twf_verdict *v, uint32_t i)
{
    const struct twf_from *a = &v->froms[0], *b = &v->froms[i];

    return a->strict_ok && b->strict_ok && a->mailbox_count == 1 && b->mailbox_count == 1 &&
           twf_span_eq(a->mailboxes[0].local, b->mailboxes[0].local) &&
           twf_span_eq(a->mailboxes[0].domain.name, b->mailboxes[0].domain.name);
}

static void find_duplicate(const struct twf_from_input *in, struct twf_verdict *v)
{
    enum twf_level level = TWF_LEVEL_LOW;
    const struct twf_field *second = NULL;

    if (v->from_exact_count < 2)
        return;
    for (uint32_t i = 1; i < v->from_count; i++) {
        if (v->from_kinds[i] != 'a')
            continue;
        if (second == NULL)
            second = v->from_fields[i];
        if (same_value(in->subject->head, v, i))
            continue;
        if (!same_author(v, i)) {
            level = TWF_LEVEL_HIGH;
            second = v->from_fields[i];
            break;
        }
        if (level == TWF_LEVEL_LOW) {
            level = TWF_LEVEL_MEDIUM;
            second = v->from_fields[i];
        }
    }
    twf_verdict_raise(v, TWF_F_FROM_DUP_FIELD, level, second->off, second->end - second->off,
                      no_note);
}

/* The bytes of the name of From-like field i; of kind d, its value. */
static struct twf_span name_of(const struct twf_from_input *in, const struct twf_verdict *v,
                               uint32_t i, uint32_t *off)
{
    const struct twf_field *f = v->from_fields[i];

    *off = f == NULL ? v->froms[i].raw_off : f->off;
    return f == NULL ? v->froms[i].value : twf_field_name(in->subject->head, f);
}

static void find_names(const struct twf_from_input *in, struct twf_verdict *v)
{
    static const char *const notes[] = {"", "blank before the ':'", "not spelled From",
                                        "inside another field"};

    for (uint32_t i = 0; i < v->from_count; i++) {
        uint8_t kind = v->from_kinds[i];
        enum twf_level level = v->from_count > 1 ? TWF_LEVEL_HIGH
                               : kind == 'b'     ? TWF_LEVEL_LOW
                                                 : TWF_LEVEL_MEDIUM;
        struct twf_span name;
        uint32_t off;

        if (kind == 'a')
            continue;
        name = name_of(in, v, i, &off);
        twf_verdict_raise(v, TWF_F_FROM_NAME_OBFUSCATED, level, off, (uint32_t)name.len,
                          twf_span_str(notes[kind - 'a']));
        if (name.len > 0 && memchr(name.ptr, 0, name.len) != NULL)
            twf_verdict_raise(v, TWF_F_FROM_NUL, TWF_LEVEL_CRITICAL,
                              off + (uint32_t)twf_span_find(name, 0), 1, no_note);
    }
}

static void find_no_address(const struct twf_from_input *in, struct twf_verdict *v)
{
    const struct twf_from *f = &v->froms[0];
    bool veiled = v->from_count == 1 && twf_from_is_veiled(in, f);

    for (uint32_t i = 0; i < v->from_count; i++) {
        if (twf_from_has_address(&v->froms[i]))
            return;
    }
    twf_verdict_raise(v, TWF_F_FROM_NO_ADDR,
                      in->is_report || veiled ? TWF_LEVEL_INFO : TWF_LEVEL_MEDIUM, f->raw_off,
                      twf_from_raw_off(f, (uint32_t)f->value.len) - f->raw_off,
                      veiled ? twf_span_str("hidden by the archive") : no_note);
}

/* ---- authors ---- */

enum { ORGS_NAMED = 4 };

/* Different organizations, in order of appearance; more than a note names are only counted. */
struct orgs {
    struct twf_span org[ORGS_NAMED];
    uint32_t count;
};

/* True when org was not there yet. */
static bool add_org(struct orgs *o, struct twf_span org)
{
    uint32_t known = TWF_MIN(o->count, ORGS_NAMED);

    if (org.len == 0)
        return false;
    for (uint32_t i = 0; i < known; i++) {
        /* Readings of one address mostly share the bytes of its domain. */
        if (o->org[i].len == org.len &&
            (o->org[i].ptr == org.ptr || memcmp(o->org[i].ptr, org.ptr, org.len) == 0))
            return false;
    }
    if (known < ORGS_NAMED)
        o->org[known] = org;
    o->count++;
    return true;
}

/* "bank.example, attack.example" */
static struct twf_span orgs_note(struct twf_arena *a, const struct orgs *o)
{
    uint32_t named = TWF_MIN(o->count, ORGS_NAMED);
    size_t len = 0, at = 0;
    uint8_t *text;

    for (uint32_t i = 0; i < named; i++)
        len += o->org[i].len + 2;
    text = twf_arena_alloc(a, len);
    if (text == NULL)
        return no_note;
    for (uint32_t i = 0; i < named; i++) {
        if (i > 0) {
            memcpy(text + at, ", ", 2);
            at += 2;
        }
        memcpy(text + at, o->org[i].ptr, o->org[i].len);
        at += o->org[i].len;
    }
    return twf_span(text, at);
}

/* Place of the first reading whose organization differs from those before it. */
static void find_ambiguous(const struct twf_from_input *in, struct twf_arena *a,
                           struct twf_verdict *v)
{
    const struct twf_reading *odd = NULL;
    enum twf_level level = TWF_LEVEL_HIGH;
    struct twf_from_case c = {.in = in, .arena = a, .v = v};
    struct orgs orgs = {0};

    for (uint32_t i = 0; i < v->reading_count; i++) {
        const struct twf_reading *r = &v->readings[i];

        if (!add_org(&orgs, r->domain.org))
            continue;
        if (orgs.count == 2)
            odd = r;
        if (twf_from_is_protected(in, r->domain.org))
            level = TWF_LEVEL_CRITICAL;
    }
    if (odd == NULL)
        return;
    c.from = &v->froms[odd->from];
    twf_from_raise(&c, TWF_F_FROM_AMBIGUOUS_ORG, level, odd->off,
                   odd->len == 0 ? (uint32_t)c.from->value.len : odd->len, orgs_note(a, &orgs));
}

/* The organization of the only mailbox of the only Sender field; false: there is no such one. */
static bool sole_sender(const struct twf_from_case *c, struct twf_span *org)
{
    const struct twf_head *h = c->in->subject->head;
    const struct twf_field *f = twf_head_first(h, TWF_FIELD_SENDER);
    struct twf_from sender;

    if (f == NULL || twf_head_next(h, f) != NULL)
        return false;
    twf_from_parse(c->in->domains, c->arena, c->in->options->limits, twf_field_value(h, f),
                   f->value_off, &sender);
    if (sender.mailbox_count != 1)
        return false;
    *org = sender.mailboxes[0].domain.org;
    return true;
}

static bool same_addresses(const struct twf_from *f)
{
    for (uint32_t i = 1; i < f->mailbox_count; i++) {
        if (!twf_span_eq_fold(f->mailboxes[0].local, f->mailboxes[i].local) ||
            !twf_span_eq(f->mailboxes[0].domain.name, f->mailboxes[i].domain.name))
            return false;
    }
    return true;
}

static void find_several(const struct twf_from_case *c)
{
    const struct twf_from *f = c->from;
    const struct twf_mailbox *last;
    uint32_t off;
    struct orgs orgs = {0};
    struct twf_span org;

    if (f->mailbox_count < 2)
        return;
    last = &f->mailboxes[f->mailbox_count - 1];
    off = f->mailboxes[0].off;
    for (uint32_t i = 0; i < f->mailbox_count; i++)
        add_org(&orgs, f->mailboxes[i].domain.org);
    if (sole_sender(c, &org)) {
        add_org(&orgs, org);
        if (orgs.count >= 2)
            twf_from_raise(c, TWF_F_FROM_MULTI_ORG, TWF_LEVEL_MEDIUM, off,
                           last->off + last->len - off, orgs_note(c->arena, &orgs));
    } else {
        twf_from_raise(c, TWF_F_FROM_MULTI_NO_SENDER,
                       orgs.count >= 2     ? TWF_LEVEL_HIGH
                       : same_addresses(f) ? TWF_LEVEL_LOW
                                           : TWF_LEVEL_MEDIUM,
                       off, last->off + last->len - off, orgs_note(c->arena, &orgs));
    }
}

/* Findings that one value raises, and those on its authors. */
static void find_in_values(const struct twf_from_input *in, struct twf_arena *a,
                           struct twf_verdict *v)
{
    find_duplicate(in, v);
    find_names(in, v);
    find_no_address(in, v);
    find_ambiguous(in, a, v);
    for (uint32_t i = 0; i < v->from_count; i++) {
        struct twf_from_case c = {in, a, v, &v->froms[i]};

        twf_find_malformed(&c);
        find_several(&c);
        twf_find_display(&c);
        twf_find_domains(&c);
    }
}

/*
 * A single mailbox that shows no other address: no finding on it depends on anything else in the
 * message, so that none now means none ever.
 */
static bool speaks_for_itself(const struct twf_from *f)
{
    return f->mailbox_count == 1 && !twf_from_shows_address(f);
}

/*
 * Letters around one address: of all that is looked for only the form of the domain can be amiss. A
 * forgetful judge looks for everything all the same, so that tests can compare.
 */
static bool is_plain(const struct twf_from_input *in, const struct twf_verdict *v)
{
    return v->from_count == 1 && in->sole && v->froms[0].plain && v->froms[0].mailbox_count == 1 &&
           !in->options->forgetful && !twf_domain_is_odd(&v->froms[0].mailboxes[0].domain);
}

void twf_find_from(const struct twf_from_input *in, struct twf_arena *a, struct twf_verdict *v)
{
    uint32_t before = v->finding_count;

    v->from_plain = is_plain(in, v);
    if (v->from_count == 0) {
        /* A report that names nobody; where there is a Sender, that is what a reader would show. */
        bool nobody =
            in->is_report && twf_head_first(in->subject->head, TWF_FIELD_SENDER) == NULL;

        twf_verdict_raise(v, TWF_F_FROM_ABSENT, nobody ? TWF_LEVEL_INFO : TWF_LEVEL_MEDIUM, 0, 0,
                          no_note);
    } else if (!v->from_plain && (in->quiet == NULL || *in->quiet != TWF_QUIET_YES)) {
        find_in_values(in, a, v);
        if (in->quiet != NULL)
            *in->quiet = v->finding_count == before && speaks_for_itself(&v->froms[0])
                             ? TWF_QUIET_YES
                             : TWF_QUIET_NO;
    }
    twf_find_limits(in, v);
}
