/* SPDX-License-Identifier: Apache-2.0 */
/* P1 out of its sources: the choice, and the conflicts (docs/verdicts.md 3.3). */
#include "verdict/internal.h"

#include "base/compiler.h"

/*
 * A conflict is looked for against the first so many sources of rank 4 or better; more than one of
 * each kind stands in no honest header, and the cost stays linear.
 */
enum { COMPARED_MAX = 8 };

static bool is_sender(const struct twf_path *p)
{
    return p->kind == TWF_PATH_MAILBOX || p->kind == TWF_PATH_DOMAIN;
}

/* Rank 4 or better on the ladder as it is specified, whatever --p1-order says. */
static bool is_strong(const struct twf_p1_source *s)
{
    return s->kind <= TWF_P1_RETURN_PATH;
}

static void raise_at(struct twf_case *c, enum twf_finding_code code, enum twf_level level,
                     const struct twf_p1_source *s, struct twf_span note)
{
    twf_verdict_raise(c->v, code, level, s->off, (uint32_t)s->path.raw.len, note);
}

/* ---- the choice ---- */

/* What one look at all sources tells; each an index or -1. */
struct survey {
    int32_t null_path;       /* a trusted null Return-Path, and no word of the operator's above it */
    int32_t trusted, weak;   /* the first of that trust that can be read */
    int32_t malformed;       /* the first trusted one that is no path */
    bool any_trusted, any_weak;
    bool apart;              /* two senders are of different organizations */
};

static bool is_same_org(const struct twf_path *a, const struct twf_path *b)
{
    return a->domain.org.len == b->domain.org.len &&
           (a->domain.org.ptr == b->domain.org.ptr || twf_span_eq(a->domain.org, b->domain.org));
}

static void survey_trusted(struct survey *s, const struct twf_p1_source *source, int32_t i,
                           bool *operators)
{
    bool readable = source->path.kind == TWF_PATH_NULL || is_sender(&source->path);

    s->any_trusted = true;
    *operators |= source->kind == TWF_P1_SIDECAR || source->kind == TWF_P1_TRACKING;
    if (s->trusted < 0 && readable)
        s->trusted = i;
    if (s->malformed < 0 && source->path.kind == TWF_PATH_MALFORMED)
        s->malformed = i;
    if (s->null_path < 0 && !*operators && source->kind == TWF_P1_RETURN_PATH &&
        source->path.kind == TWF_PATH_NULL)
        s->null_path = i;
}

static struct survey look_over(const struct twf_verdict *v)
{
    struct survey s = {.null_path = -1, .trusted = -1, .weak = -1, .malformed = -1};
    const struct twf_path *first = NULL;
    bool operators = false;

    for (uint32_t i = 0; i < v->source_count; i++) {
        const struct twf_p1_source *source = &v->sources[i];
        bool sender = is_sender(&source->path);

        if (source->trust == TWF_TRUST_TRUSTED) {
            survey_trusted(&s, source, (int32_t)i, &operators);
        } else if (source->trust == TWF_TRUST_WEAK) {
            s.any_weak = true;
            if (s.weak < 0 && (sender || source->path.kind == TWF_PATH_NULL))
                s.weak = (int32_t)i;
        }
        if (sender && first == NULL)
            first = &source->path;
        else if (sender)
            s.apart |= !is_same_org(first, &source->path);
    }
    return s;
}

/*
 * The local part beside a domain: of the next trusted source with that domain. What is inside it
 * may also come from an untrusted Return-Path of the same domain, as it explains and never decides.
 */
static void complete_address(struct twf_case *c, const struct twf_p1_source *decides)
{
    const struct twf_p1_source *address = NULL, *inner = NULL;
    struct twf_verdict *v = c->v;

    if (decides->path.kind == TWF_PATH_MAILBOX)
        address = decides;
    for (uint32_t i = 0; i < v->source_count && address == NULL; i++) {
        const struct twf_p1_source *s = &v->sources[i];

        if (s->path.kind != TWF_PATH_MAILBOX ||
            !twf_span_eq(s->path.domain.name, decides->path.domain.name))
            continue;
        if (s->trust == TWF_TRUST_TRUSTED)
            address = s;
        else if (s->trust == TWF_TRUST_WEAK && s->kind == TWF_P1_RETURN_PATH && inner == NULL)
            inner = s;
    }
    if (address != NULL) {
        v->p1_has_address = true;
        v->p1_local = address->path.local;
        inner = address;
    }
    if (inner == NULL || inner->path.inner_form == NULL)
        return;
    c->wrapped = inner;
    v->p1_inner_form = inner->path.inner_form;
    if (inner->path.inner_domain.len > 0)
        v->p1_inner =
            twf_note(c->arena, "", inner->path.inner_local, "@", inner->path.inner_domain);
}

static void decide(struct twf_case *c, int32_t index)
{
    const struct twf_p1_source *s = &c->v->sources[index];
    struct twf_verdict *v = c->v;

    v->deciding = index;
    v->p1_kind = s->kind;
    v->p1_trust = s->trust;
    v->p1_rank = s->rank;
    v->p1_raw = s->path.raw;
    v->p1_determined = true;
    v->p1_null = s->path.kind == TWF_PATH_NULL;
    if (v->p1_null)
        return;
    v->p1_domain = s->path.domain;
    complete_address(c, s);
}

/* ---- conflicts ---- */

/* What a forwarder wrapped into a. CAF holds the recipient and explains no sender. */
static bool wraps(struct twf_case *c, const struct twf_path *a, struct twf_span org)
{
    struct twf_domain inner;

    if (a->inner_domain.len == 0 || twf_span_is(twf_span_str(a->inner_form), "CAF"))
        return false;
    inner = twf_domain_parse(c->judge->domains, c->arena, a->inner_domain);
    return twf_span_eq(inner.org, org);
}

static bool conflicts(struct twf_case *c, const struct twf_path *a, const struct twf_path *b)
{
    return !twf_span_eq(a->domain.org, b->domain.org) && !wraps(c, a, b->domain.org) &&
           !wraps(c, b, a->domain.org);
}

/*
 * Written by the receiving side itself, when it delivered: what stands above the border. Two of
 * them differ where a mailbox forwards to another, fetches from one or stores anew, which no sender
 * can bring about.
 */
static bool is_of_delivery(const struct twf_case *c, const struct twf_p1_source *s)
{
    return (c->v->zone == TWF_ZONE_GENERIC || c->v->zone == TWF_ZONE_GMAIL) &&
           s->trust == TWF_TRUST_TRUSTED &&
           (s->kind == TWF_P1_RETURN_PATH || s->kind == TWF_P1_RECEIVED);
}

static enum twf_level conflict_level(const struct twf_case *c, const struct twf_p1_source *a,
                                     const struct twf_p1_source *b)
{
    return is_of_delivery(c, a) && is_of_delivery(c, b) ? TWF_LEVEL_LOW : TWF_LEVEL_MEDIUM;
}

/* Trusted sources of ranks 1 to 7; in Exchange's zones also a Return-Path that is not trusted. */
static bool is_compared(const struct twf_p1_source *s, bool with_untrusted)
{
    if (!is_sender(&s->path))
        return false;
    if (s->trust == TWF_TRUST_TRUSTED)
        return s->kind <= TWF_P1_MILTER;
    return with_untrusted && s->trust == TWF_TRUST_WEAK && s->kind == TWF_P1_RETURN_PATH;
}

static void find_conflict(struct twf_case *c)
{
    const struct twf_verdict *v = c->v;
    const struct twf_p1_source *strong[COMPARED_MAX];
    enum twf_level raised = TWF_LEVEL_NONE;
    uint32_t strong_count = 0;
    bool untrusted = v->zone == TWF_ZONE_EXCHANGE_MARKED || v->zone == TWF_ZONE_EXCHANGE;

    for (uint32_t i = 0; i < v->source_count; i++) {
        const struct twf_p1_source *s = &v->sources[i];

        if (s->kind == TWF_P1_RETURN_PATH && s->trust == TWF_TRUST_TRUSTED)
            untrusted = false;
    }
    for (uint32_t i = 0; i < v->source_count && strong_count < COMPARED_MAX; i++) {
        const struct twf_p1_source *s = &v->sources[i];

        if (is_compared(s, false) && is_strong(s))
            strong[strong_count++] = s;
    }
    for (uint32_t i = 0; i < v->source_count; i++) {
        const struct twf_p1_source *s = &v->sources[i];

        if (!is_compared(s, untrusted))
            continue;
        for (uint32_t k = 0; k < strong_count; k++) {
            enum twf_level level = conflict_level(c, s, strong[k]);

            if (s == strong[k] || level <= raised || !conflicts(c, &s->path, &strong[k]->path))
                continue;
            raise_at(c, TWF_F_P1_CONFLICT, level, s->rank > strong[k]->rank ? s : strong[k],
                     twf_note(c->arena, "", s->path.domain.org, ", ", strong[k]->path.domain.org));
            if (level == TWF_LEVEL_MEDIUM)
                return;
            raised = level;
        }
    }
}

/* A null path beside a domain is no conflict: SPF then checks HELO (RFC 7208 section 2.4). */
static void raise_p1(struct twf_case *c, const struct survey *s)
{
    const struct twf_verdict *v = c->v;

    if (!s->any_trusted && !s->any_weak)
        twf_verdict_raise(c->v, TWF_F_P1_NONE, TWF_LEVEL_INFO, 0, 0, twf_span(NULL, 0));
    if (v->deciding >= 0 && v->p1_trust == TWF_TRUST_WEAK)
        raise_at(c, TWF_F_P1_WEAK, TWF_LEVEL_INFO, &v->sources[v->deciding],
                 twf_span_str(twf_p1_kind_names[v->p1_kind]));
    if (s->malformed >= 0)
        raise_at(c, TWF_F_P1_MALFORMED, TWF_LEVEL_MEDIUM, &v->sources[s->malformed],
                 twf_span_str(twf_p1_kind_names[v->sources[s->malformed].kind]));
    if (!v->p1_null && s->apart)
        find_conflict(c);
}

void twf_choose_p1(struct twf_case *c)
{
    struct twf_verdict *v = c->v;
    struct survey s;

    v->deciding = -1;
    v->p1_kind = TWF_P1_NONE;
    twf_collect_sources(c);
    s = look_over(v);
    if (s.null_path >= 0)
        decide(c, s.null_path);
    else if (s.trusted >= 0)
        decide(c, s.trusted);
    else if (s.weak >= 0 && !s.any_trusted)
        /* Where trusted sources exist and none of them can be read, weak ones are not asked. */
        decide(c, s.weak);
    raise_p1(c, &s);
}
