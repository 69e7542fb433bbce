/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explainers: proven innocent reasons for P1 and P2 to differ (docs/verdicts.md 7). A pattern that
 * is merely present proves nothing; each of these compares it with an organization or asks where it
 * stands.
 */
#include "verdict/internal.h"

#include "base/compiler.h"

/* Longer local parts are no VERP address; RFC 5321 section 4.5.3.1.1 allows 64. */
enum { VERP_LOCAL_MAX = 512 };

static void settle(struct twf_case *c, enum twf_allowance_code code, bool holds,
                   struct twf_proof proof, struct twf_span note)
{
    c->tried_mask |= 1u << code;
    if (holds)
        c->held |= 1u << code;
    c->tried[code] = (struct twf_allowance){
        .code = (uint16_t)code, .off = proof.off, .len = proof.len, .note = note, .holds = holds};
}

/* What does not hold is only kept for explain. */
static void fail(struct twf_case *c, enum twf_allowance_code code, const char *reason)
{
    if (!c->judge->options.explain)
        return;
    settle(c, code, false, (struct twf_proof){0}, twf_span_str(reason));
}

static bool is_off(const struct twf_case *c, enum twf_allowance_code code)
{
    return (c->judge->options.explainers_off >> code & 1) != 0;
}

static void hold(struct twf_case *c, enum twf_allowance_code code, struct twf_proof proof,
                 struct twf_span note)
{
    if (is_off(c, code))
        fail(c, code, "switched off, it would hold");
    else
        settle(c, code, true, proof, note);
}

static struct twf_proof source_proof(const struct twf_p1_source *s)
{
    return (struct twf_proof){s->off, (uint32_t)s->path.raw.len, {NULL, 0}};
}

static struct twf_span parsed_org(struct twf_case *c, struct twf_span domain)
{
    return twf_domain_parse(c->judge->domains, c->arena, domain).org;
}

/* ---- what the receiving server says ---- */

/* header.d of a result, else the domain of header.i. */
static struct twf_span signer(const struct twf_auth_result *r)
{
    struct twf_span identity = {NULL, 0};

    for (uint32_t i = 0; i < r->prop_count; i++) {
        const struct twf_auth_prop *p = &r->props[i];

        if (!twf_span_is_fold(p->ptype, "header"))
            continue;
        if (twf_span_is_fold(p->name, "d"))
            return p->value;
        if (twf_span_is_fold(p->name, "i"))
            identity = twf_span_slice(p->value, twf_span_find(p->value, '@') + 1, p->value.len);
    }
    return identity;
}

static struct twf_proof result_proof(const struct twf_case *c, const struct twf_auth_result *r)
{
    return (struct twf_proof){c->zone.authres->value_off + r->off, r->len, {NULL, 0}};
}

static void try_dkim(struct twf_case *c)
{
    for (uint32_t i = 0; i < c->authres.result_count; i++) {
        const struct twf_auth_result *r = &c->authres.results[i];
        struct twf_span domain;

        if (!twf_span_is_fold(r->method, "dkim") || !twf_span_is_fold(r->result, "pass"))
            continue;
        domain = signer(r);
        if (domain.len > 0 && c->v->p2_domain.org.len > 0 &&
            twf_span_eq(parsed_org(c, domain), c->v->p2_domain.org)) {
            hold(c, TWF_X_DKIM, result_proof(c, r), domain);
            return;
        }
    }
    fail(c, TWF_X_DKIM,
         c->zone.authres == NULL ? "no trusted Authentication-Results"
                                 : "no dkim=pass of the author's organization");
}

/*
 * Every dmarc result must be a pass: a second one would be smuggled in. And it must speak of this
 * author.
 */
static void try_dmarc(struct twf_case *c)
{
    const struct twf_auth_result *pass = NULL;

    for (uint32_t i = 0; i < c->authres.result_count; i++) {
        const struct twf_auth_result *r = &c->authres.results[i];

        if (!twf_span_is_fold(r->method, "dmarc"))
            continue;
        if (!twf_span_is_fold(r->result, "pass")) {
            fail(c, TWF_X_DMARC, "dmarc is no pass");
            return;
        }
        pass = r;
    }
    if (pass == NULL) {
        fail(c, TWF_X_DMARC, "no trusted dmarc result");
        return;
    }
    if (c->v->stated.header_from.len > 0 && c->v->p2_domain.org.len > 0 &&
        !twf_span_eq(parsed_org(c, c->v->stated.header_from), c->v->p2_domain.org)) {
        fail(c, TWF_X_DMARC, "dmarc=pass speaks of another author");
        return;
    }
    hold(c, TWF_X_DMARC, result_proof(c, pass), twf_span(NULL, 0));
}

static void try_internal(struct twf_case *c)
{
    const struct twf_field *f = twf_head_first(c->head, TWF_FIELD_X_MS_EXCHANGE_ORG_AUTH_AS);

    for (; f != NULL; f = twf_head_next(c->head, f)) {
        struct twf_span value = twf_span_trim(twf_field_value(c->head, f));

        if ((uint32_t)(f - c->head->fields) >= c->zone.org_run &&
            twf_span_is_fold(value, "internal")) {
            hold(c, TWF_X_INTERNAL, twf_proof_of(c, value), twf_span(NULL, 0));
            return;
        }
    }
    fail(c, TWF_X_INTERNAL, "no AuthAs: Internal in Exchange's own run of fields");
}

/* ---- what the envelope says ---- */

/* The list's organization is the envelope's, or one that the envelope's host runs lists for. */
static void try_list(struct twf_case *c)
{
    const struct twf_domain *p1 = &c->v->p1_domain;
    struct twf_proof proof;
    const char *org;
    size_t pos = 0;

    if (p1->org.len > 0 && twf_case_list_of(c, p1->org, &proof)) {
        hold(c, TWF_X_LIST, proof, p1->org);
        return;
    }
    while ((org = twf_list_service(p1->name, &pos)) != NULL) {
        if (!twf_case_list_of(c, twf_span_str(org), &proof))
            continue;
        hold(c, TWF_X_LIST, proof,
             twf_note(c->arena, "", twf_span_str(org), ", a list service at ", p1->name));
        return;
    }
    fail(c, TWF_X_LIST, "no list field names the envelope's organization");
}

static bool is_form(const struct twf_case *c, const char *form)
{
    return c->wrapped != NULL && strcmp(c->wrapped->path.inner_form, form) == 0;
}

static struct twf_span wrapped_note(struct twf_case *c)
{
    if (c->wrapped->trust == TWF_TRUST_TRUSTED)
        return c->v->p1_inner;
    return twf_note(c->arena, "", c->v->p1_inner, ", from a Return-Path that is not trusted",
                    twf_span(NULL, 0));
}

static void try_srs(struct twf_case *c)
{
    if (!is_form(c, "SRS0") && !is_form(c, "SRS1"))
        fail(c, TWF_X_SRS, "no SRS address");
    else if (!twf_span_eq(parsed_org(c, c->wrapped->path.inner_domain), c->v->p2_domain.org))
        fail(c, TWF_X_SRS, "the rewritten sender is of another organization");
    else
        hold(c, TWF_X_SRS, source_proof(c->wrapped), wrapped_note(c));
}

static void try_caf(struct twf_case *c)
{
    const struct twf_rcpt *rcpts;
    struct twf_domain target;
    uint32_t count;

    if (!is_form(c, "CAF")) {
        fail(c, TWF_X_CAF, "no +caf_= address");
        return;
    }
    target = twf_domain_parse(c->judge->domains, c->arena, c->wrapped->path.inner_domain);
    rcpts = twf_case_rcpts(c, &count);
    for (uint32_t i = 0; i <= count; i++) {
        if (i < count ? twf_span_eq(rcpts[i].domain, target.name) : count == 0) {
            hold(c, TWF_X_CAF, source_proof(c->wrapped), wrapped_note(c));
            return;
        }
    }
    fail(c, TWF_X_CAF, "forwarded to a domain of no known recipient");
}

static void try_batv(struct twf_case *c)
{
    if (is_form(c, "BATV"))
        hold(c, TWF_X_BATV, source_proof(c->wrapped), wrapped_note(c));
    else
        fail(c, TWF_X_BATV, "no bounce tag");
}

/* rlocal=rdomain of a recipient somewhere in the local part. */
static bool holds_rcpt(struct twf_span local, const struct twf_rcpt *r)
{
    size_t n = r->local.len + 1 + r->domain.len;

    for (size_t i = 0; n <= local.len && i <= local.len - n; i++) {
        struct twf_span s = twf_span_slice(local, i, i + n);

        if (s.ptr[r->local.len] == '=' &&
            twf_span_eq_fold(twf_span_slice(s, 0, r->local.len), r->local) &&
            twf_span_eq_fold(twf_span_slice(s, r->local.len + 1, n), r->domain))
            return true;
    }
    return false;
}

static void try_verp(struct twf_case *c)
{
    struct twf_span local = c->v->p1_local;
    const struct twf_rcpt *rcpts;
    uint32_t count;

    if (local.len <= VERP_LOCAL_MAX && twf_span_find(local, '=') < local.len) {
        rcpts = twf_case_rcpts(c, &count);
        for (uint32_t i = 0; i < count; i++) {
            if (!holds_rcpt(local, &rcpts[i]))
                continue;
            hold(c, TWF_X_VERP, source_proof(&c->v->sources[c->v->deciding]), local);
            return;
        }
    }
    fail(c, TWF_X_VERP, "no recipient in the local part");
}

static void try_esp(struct twf_case *c)
{
    if (twf_is_esp(&c->judge->tables, c->v->p1_domain.org))
        hold(c, TWF_X_ESP, source_proof(&c->v->sources[c->v->deciding]), c->v->p1_domain.org);
    else
        fail(c, TWF_X_ESP, "no provider of the table");
}

/* ---- what other fields say ---- */

static void try_report(struct twf_case *c)
{
    struct twf_proof proof;

    c->is_report = twf_case_reports(c, &proof) && !is_off(c, TWF_X_REPORT);
    if (is_off(c, TWF_X_REPORT))
        fail(c, TWF_X_REPORT, "switched off");
    else if (!c->is_report)
        fail(c, TWF_X_REPORT, "no sign of a report");
    else if (!c->v->p1_null && c->v->p2_has_address)
        fail(c, TWF_X_REPORT, "the envelope sender is not null");
    else
        hold(c, TWF_X_REPORT, proof, twf_span(NULL, 0));
}

/*
 * f is, byte for byte, the path that decides, as lists write it, and of a form of which every reader
 * takes the same. False says nothing.
 */
static bool is_envelope(const struct twf_case *c, const struct twf_field *f, struct twf_proof *out)
{
    struct twf_span value = twf_field_value(c->head, f), path = twf_without_angles(c->v->p1_raw);

    if (c->judge->options.forgetful || f->flags != 0 || !twf_span_eq(value, path) ||
        !twf_is_ordinary_address(value, &c->v->p1_domain))
        return false;
    *out = twf_proof_of(c, value);
    return true;
}

static void try_sender(struct twf_case *c)
{
    const struct twf_field *f = twf_head_first(c->head, TWF_FIELD_SENDER);
    struct twf_domain domain;
    struct twf_proof proof;
    uint32_t count;

    if (f == NULL || twf_head_next(c->head, f) != NULL)
        fail(c, TWF_X_SENDER, "not exactly one Sender");
    else if (is_envelope(c, f, &proof))
        hold(c, TWF_X_SENDER, proof, c->v->p1_domain.name);
    else if (!twf_case_mailbox(c, f, &count, &domain, &proof) || count != 1)
        fail(c, TWF_X_SENDER, "Sender has not exactly one mailbox");
    else if (!twf_span_eq(domain.org, c->v->p1_domain.org))
        fail(c, TWF_X_SENDER, "Sender is of another organization than the envelope");
    else
        hold(c, TWF_X_SENDER, proof, domain.name);
}

static void try_resent(struct twf_case *c)
{
    static const enum twf_field_id ids[] = {TWF_FIELD_RESENT_SENDER, TWF_FIELD_RESENT_FROM};
    const struct twf_field *from = c->v->from_count == 0 ? NULL : c->v->from_fields[0];
    struct twf_domain domain;
    struct twf_proof proof;
    uint32_t count;

    for (size_t i = 0; from != NULL && i < TWF_COUNT(ids); i++) {
        const struct twf_field *f = twf_head_first(c->head, ids[i]);

        if (f == NULL || f > from || !twf_case_mailbox(c, f, &count, &domain, &proof) ||
            !twf_span_eq(domain.org, c->v->p1_domain.org))
            continue;
        hold(c, TWF_X_RESENT, proof, domain.name);
        return;
    }
    fail(c, TWF_X_RESENT, "no Resent block of the envelope's organization above From");
}

static size_t find_fold(struct twf_span s, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; n <= s.len && i <= s.len - n; i++) {
        if (twf_lower_byte(s.ptr[i]) == (uint8_t)word[0] &&
            twf_span_eq_fold(twf_span_slice(s, i, i + n), twf_span(word, n)))
            return i;
    }
    return s.len;
}

static void try_cal(struct twf_case *c)
{
    static const char host[] = "calendar-server.bounces.google.com";
    const struct twf_field *f = twf_head_first(c->head, TWF_FIELD_CONTENT_TYPE);
    struct twf_span value = f == NULL ? twf_span(NULL, 0) : twf_field_value(c->head, f);
    struct twf_span p1 = c->v->p1_domain.name;

    if (!twf_span_starts_fold(value, "text/calendar") || find_fold(value, "method=") == value.len)
        fail(c, TWF_X_CAL, "no calendar message");
    else if (!twf_span_ends_fold(p1, host) ||
             (p1.len >= sizeof(host) && p1.ptr[p1.len - sizeof(host)] != '.'))
        fail(c, TWF_X_CAL, "not sent by the calendar server");
    else
        hold(c, TWF_X_CAL, twf_proof_of(c, value), twf_span(NULL, 0));
}

/*
 * "Name via List" at the list's own address, with the author kept in X-Original-From or Reply-To.
 */
static void try_munged(struct twf_case *c)
{
    static const enum twf_field_id ids[] = {TWF_FIELD_X_ORIGINAL_FROM, TWF_FIELD_REPLY_TO};
    const struct twf_verdict *v = c->v;
    struct twf_domain domain;
    struct twf_proof proof;
    uint32_t count;

    if (find_fold(v->p2_display, " via ") == v->p2_display.len) {
        fail(c, TWF_X_MUNGED, "the display name has no \"via\"");
        return;
    }
    if (v->p1_domain.org.len == 0 || !twf_span_eq(v->p1_domain.org, v->p2_domain.org)) {
        fail(c, TWF_X_MUNGED, "From is not of the envelope's organization");
        return;
    }
    for (size_t i = 0; i < TWF_COUNT(ids); i++) {
        const struct twf_field *f = twf_head_first(c->head, ids[i]);

        if (f == NULL || !twf_case_mailbox(c, f, &count, &domain, &proof))
            continue;
        hold(c, TWF_X_MUNGED, proof,
             twf_note(c->arena, "original author ",
                      twf_span(c->head->block.ptr + proof.off, proof.len), "", twf_span(NULL, 0)));
        return;
    }
    fail(c, TWF_X_MUNGED, "no X-Original-From or Reply-To names the author");
}

/* ---- which are tried ---- */

/* Those that hold first; the others only where explain asks for them. */
static void write_allowances(struct twf_case *c)
{
    struct twf_verdict *v = c->v;
    uint32_t wanted = c->judge->options.explain ? c->tried_mask : c->held;
    struct twf_allowance *all;

    if (wanted == 0)
        return;
    all = twf_arena_alloc(c->arena, TWF_ALLOWANCE_COUNT * sizeof(*all));
    if (all == NULL)
        return;
    for (uint32_t i = 0; c->held >> i != 0; i++) {
        if ((c->held >> i & 1) != 0)
            all[v->allowance_tried++] = c->tried[i];
    }
    v->allowance_count = v->allowance_tried;
    wanted &= ~c->held;
    for (uint32_t i = 0; wanted >> i != 0; i++) {
        if ((wanted >> i & 1) != 0)
            all[v->allowance_tried++] = c->tried[i];
    }
    v->allowances = all;
}

void twf_try_explainers(struct twf_case *c)
{
    const struct twf_verdict *v = c->v;
    bool mismatch = v->relation == TWF_RELATION_MISMATCH, null = v->relation == TWF_RELATION_NULL;

    if (mismatch || null) {
        try_dkim(c);
        try_dmarc(c);
        try_internal(c);
    }
    if (mismatch) {
        try_list(c);
        try_srs(c);
        try_caf(c);
        try_sender(c);
        try_resent(c);
        try_cal(c);
        try_esp(c);
        try_verp(c);
        try_batv(c);
    }
    if (null || !v->p2_has_address)
        try_report(c);
    if (c->shows_address) {
        if (!mismatch && !null)
            try_list(c);
        try_munged(c);
    } else if (!mismatch && !null && find_fold(v->p2_display, " via ") < v->p2_display.len) {
        try_munged(c);
    }
    write_allowances(c);
}
