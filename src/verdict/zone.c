/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a sender cannot have written (docs/verdicts.md 3.1), and what the trusted
 * Authentication-Results states. The topmost Received decides, as the last server wrote it.
 */
#include "verdict/internal.h"

#include "base/compiler.h"

static uint32_t index_of(const struct twf_case *c, const struct twf_field *f)
{
    return (uint32_t)(f - c->head->fields);
}

static struct twf_span by_of(const struct twf_case *c, const struct twf_field *f)
{
    struct twf_span by;

    twf_received_parse_server(twf_field_value(c->head, f), &by, NULL);
    return by;
}

static struct twf_span peer_of(struct twf_case *c, const struct twf_field *f)
{
    struct twf_received r;

    twf_received_parse(c->arena, twf_field_value(c->head, f), &r);
    return r.peer_ip;
}

static struct twf_span top_by(const struct twf_case *c)
{
    return by_of(c, twf_head_first(c->head, TWF_FIELD_RECEIVED));
}

static bool is_online_host(struct twf_span host)
{
    return twf_host_is_under(host, "prod.outlook.com") || twf_host_is_under(host, "prod.exchangelabs.com") ||
           twf_host_is_under(host, "protection.outlook.com") || twf_host_is_under(host, "outlook.office365.com") ||
           twf_host_is_under(host, "outlook.cn");
}

const struct twf_received *twf_case_top(struct twf_case *c)
{
    struct twf_zone_map *z = &c->zone;

    if (!z->top_read)
        twf_received_parse(
            c->arena, twf_field_value(c->head, twf_head_first(c->head, TWF_FIELD_RECEIVED)), &c->top);
    z->top_read = true;
    return &c->top;
}

/* c->authres, taken from f. */
static const struct twf_authres *read_authres(struct twf_case *c, const struct twf_field *f)
{
    if (c->zone.authres_read != f)
        twf_authres_parse(c->arena, twf_field_value(c->head, f), &c->authres);
    c->zone.authres_read = f;
    return &c->authres;
}

/* c->spf, taken from f. */
static const struct twf_received_spf *read_spf(struct twf_case *c, const struct twf_field *f)
{
    if (c->zone.spf_read != f)
        twf_received_spf_parse(c->arena, twf_field_value(c->head, f), &c->spf);
    c->zone.spf_read = f;
    return &c->spf;
}

/* The first X-MS-Exchange-Organization-* field, or UINT32_MAX. */
static uint32_t first_org_field(const struct twf_head *h)
{
    static const enum twf_field_id ids[] = {TWF_FIELD_MS_EXCHANGE_ORG,
                                            TWF_FIELD_X_MS_EXCHANGE_ORG_AUTH_AS,
                                            TWF_FIELD_X_MS_EXCHANGE_ORG_JOURNAL_REPORT};
    uint32_t first = UINT32_MAX;

    for (size_t i = 0; i < TWF_COUNT(ids); i++) {
        if (h->first[ids[i]] != 0)
            first = TWF_MIN(first, h->first[ids[i]] - 1);
    }
    return first;
}

static const struct twf_field *last_of(const struct twf_head *h, enum twf_field_id id)
{
    const struct twf_field *f = twf_head_first(h, id), *next;

    while (f != NULL && (next = twf_head_next(h, f)) != NULL)
        f = next;
    return f;
}

/*
 * The pair that Exchange Online writes without markers: Authentication-Results without an
 * authserv-id and, directly below, Received-SPF by protection.outlook.com. It counts only where
 * every Received above it is by an Online host: an Exchange of one's own writes neither field, so
 * there they are the sender's.
 */
static void find_exchange_pair(struct twf_case *c, const struct twf_field **authres,
                               const struct twf_field **spf)
{
    const struct twf_head *h = c->head;
    const struct twf_field *f = twf_head_first(h, TWF_FIELD_AUTHRES);
    const struct twf_field *r = twf_head_first(h, TWF_FIELD_RECEIVED);

    for (; f != NULL; f = twf_head_next(h, f)) {
        const struct twf_authres *results = read_authres(c, f);

        if (results->authserv_id.len == 0 && results->result_count > 0)
            break;
    }
    if (f == NULL || index_of(c, f) + 1 == h->field_count || f[1].line != f->line + 1 ||
        f[1].id != TWF_FIELD_RECEIVED_SPF)
        return;
    for (; r != NULL && r < f; r = twf_head_next(h, r)) {
        if (!is_online_host(by_of(c, r)))
            return;
    }
    if (!twf_span_is_fold(read_spf(c, f + 1)->host, "protection.outlook.com"))
        return;
    *authres = f;
    *spf = f + 1;
}

/* Received-SPF and Google's Authentication-Results in an unbroken run below the border. */
static void find_gmail_run(struct twf_case *c, const struct twf_field **authres,
                           const struct twf_field **spf)
{
    const struct twf_field *end = c->head->fields + c->head->field_count;

    for (const struct twf_field *f = c->zone.border + 1; f < end && f->line == f[-1].line + 1; f++) {
        if (f->id == TWF_FIELD_RECEIVED_SPF) {
            if (*spf == NULL)
                *spf = f;
            continue;
        }
        if (f->id != TWF_FIELD_AUTHRES)
            return;
        /* Mostly there is one, and it is asked for again. */
        if (!twf_span_is_fold(read_authres(c, f)->authserv_id, "mx.google.com"))
            return;
        if (*authres == NULL)
            *authres = f;
    }
}

/* "by 2002:..." stands for Google's own hosts, which sign with no name. */
static bool is_google_host(struct twf_span host)
{
    return twf_span_starts_fold(host, "2002:") || twf_span_is_fold(host, "mx.google.com");
}

/*
 * Somewhere in a Received stands "by" in front of one of Google's hosts, y being its last letter.
 * Nearly none has that, and then it need not be taken apart. A comment could hold it as well.
 */
static bool may_be_by_google(struct twf_span value, uint8_t y)
{
    const uint8_t *end = value.ptr + value.len, *p = value.ptr;

    while (p < end && (p = memchr(p, y, (size_t)(end - p))) != NULL) {
        const uint8_t *by = p++;

        if (by == value.ptr || twf_lower_byte(by[-1]) != 'b' || p == end || *p > ' ')
            continue;
        while (p < end && *p <= ' ')
            p++;
        if (twf_span_starts_fold(twf_span(p, (size_t)(end - p)), "mx.google.com") ||
            twf_span_starts_fold(twf_span(p, (size_t)(end - p)), "2002:"))
            return true;
    }
    return false;
}

static const struct twf_field *find_google_border(struct twf_case *c)
{
    const struct twf_field *r = twf_head_first(c->head, TWF_FIELD_RECEIVED);
    struct twf_span value = twf_field_value(c->head, r), by;

    if (!may_be_by_google(value, 'y') && !may_be_by_google(value, 'Y'))
        return NULL;
    by = top_by(c);
    if (!is_google_host(by))
        return NULL;
    if (twf_span_is_fold(by, "mx.google.com"))
        return r;
    while ((r = twf_head_next(c->head, r)) != NULL) {
        if (twf_span_is_fold(by_of(c, r), "mx.google.com"))
            return r;
    }
    return NULL;
}

/* With --trusted-relays: over each Received whose peer address is one of ours. */
static void move_border(struct twf_case *c)
{
    const struct twf_judge_options *o = &c->judge->options;
    struct twf_zone_map *z = &c->zone;

    if (o->trusted_relay_count == 0)
        return;
    if (z->border == NULL && c->v->zone == TWF_ZONE_EXCHANGE_MARKED) {
        for (const struct twf_field *r = twf_head_first(c->head, TWF_FIELD_RECEIVED);
             r != NULL && index_of(c, r) < z->above; r = twf_head_next(c->head, r))
            z->border = r;
    }
    while (z->border != NULL && twf_cidr_has(o->trusted_relays, o->trusted_relay_count,
                                             peer_of(c, z->border))) {
        const struct twf_field *next = twf_head_next(c->head, z->border);

        if (next == NULL || index_of(c, next) >= z->below) {
            z->above = TWF_MAX(z->above, index_of(c, z->border) + 1);
            return;
        }
        z->above = TWF_MAX(z->above, index_of(c, next));
        z->border = next;
    }
}

/* "Microsoft SMTP Server", maybe with more behind it. The value is raw: a fold may lie between words. */
static bool is_exchange_with(struct twf_span with)
{
    static const char *const words[] = {"microsoft", "smtp", "server"};

    for (size_t i = 0; i < TWF_COUNT(words); i++) {
        with = twf_span_trim(with);
        if (!twf_span_starts_fold(with, words[i]))
            return false;
        with = twf_span_slice(with, strlen(words[i]), with.len);
    }
    return true;
}

static bool is_exchange_top(const struct twf_case *c)
{
    const struct twf_field *top = twf_head_first(c->head, TWF_FIELD_RECEIVED);
    struct twf_span by = by_of(c, top), with;

    if (is_online_host(by))
        return true;
    twf_received_parse_server(twf_field_value(c->head, top), &by, &with);
    return is_exchange_with(with);
}

static enum twf_zone choose_zone(struct twf_case *c)
{
    const struct twf_head *h = c->head;
    const struct twf_field *received = twf_head_first(h, TWF_FIELD_RECEIVED), *border;
    const struct twf_field *top, *count;
    struct twf_zone_map *z = &c->zone;
    uint32_t org = first_org_field(h);
    bool marked;

    z->below = h->field_count;
    z->org_run = UINT32_MAX;
    if (received == NULL)
        return TWF_ZONE_GENERIC;
    z->has_top = true;
    z->above = index_of(c, received);
    z->border = received;
    top = twf_head_first(h, TWF_FIELD_X_INCOMING_TOP_HEADER_MARKER);
    count = top == NULL ? NULL : last_of(h, TWF_FIELD_X_INCOMING_HEADER_COUNT);
    /* Anybody can write markers: elsewhere they prove nothing and hide no zone. */
    marked = count != NULL && top < count;
    if (marked && is_online_host(top_by(c))) {
        z->above = index_of(c, top);
        z->below = z->org_run = index_of(c, count) + 1;
        z->border = NULL; /* move_border looks for it where it needs it */
        return TWF_ZONE_EXCHANGE_MARKED;
    }
    if (org != UINT32_MAX && is_exchange_top(c)) {
        z->below = z->org_run = org;
        return TWF_ZONE_EXCHANGE;
    }
    border = find_google_border(c);
    if (border != NULL) {
        z->border = border;
        z->above = index_of(c, border) + 1;
        return TWF_ZONE_GMAIL;
    }
    return TWF_ZONE_GENERIC;
}

static bool is_trusted_id(const struct twf_judge_options *o, struct twf_span id)
{
    for (size_t i = 0; i < o->trusted_authserv_count; i++) {
        if (id.len > 0 && twf_span_is_fold(id, o->trusted_authserv[i]))
            return true;
    }
    return false;
}

/* The topmost Authentication-Results that is trusted: by its place, as extra, or by its id. */
static void choose_authres(struct twf_case *c, const struct twf_field *extra)
{
    const struct twf_judge_options *o = &c->judge->options;
    const struct twf_field *f = twf_head_first(c->head, TWF_FIELD_AUTHRES);

    for (; f != NULL; f = twf_head_next(c->head, f)) {
        bool trusted = f == extra || twf_case_trusts(c, f);

        if (!trusted && o->trusted_authserv_count == 0)
            continue;
        if (is_trusted_id(o, read_authres(c, f)->authserv_id) || trusted) {
            c->zone.authres = f;
            return;
        }
    }
    c->authres = (struct twf_authres){0};
}

static void choose_spf(struct twf_case *c, const struct twf_field *extra)
{
    const struct twf_field *f = twf_head_first(c->head, TWF_FIELD_RECEIVED_SPF);

    while (f != NULL && f != extra && !twf_case_trusts(c, f))
        f = twf_head_next(c->head, f);
    c->zone.spf = f;
    if (f == NULL)
        c->spf = (struct twf_received_spf){0};
    else
        (void)read_spf(c, f);
}

/* Results are written in lower case; most servers do so themselves. */
static struct twf_span lower(struct twf_arena *a, struct twf_span s)
{
    uint8_t *copy;
    size_t i = 0;

    while (i < s.len && twf_lower_byte(s.ptr[i]) == s.ptr[i])
        i++;
    if (i == s.len)
        return s;
    copy = twf_arena_alloc(a, s.len);
    if (copy == NULL)
        return twf_span(NULL, 0);
    for (i = 0; i < s.len; i++)
        copy[i] = twf_lower_byte(s.ptr[i]);
    return twf_span(copy, s.len);
}

static struct twf_span header_from(const struct twf_auth_result *r)
{
    for (uint32_t i = 0; i < r->prop_count; i++) {
        if (twf_span_is_fold(r->props[i].ptype, "header") &&
            twf_span_is_fold(r->props[i].name, "from"))
            return r->props[i].value;
    }
    return twf_span(NULL, 0);
}

static void state_results(struct twf_case *c)
{
    struct twf_stated *s = &c->v->stated;

    s->server = c->authres.authserv_id;
    if (s->server.len == 0 && c->zone.authres != NULL)
        s->server = c->spf.host;
    for (uint32_t i = 0; i < c->authres.result_count; i++) {
        const struct twf_auth_result *r = &c->authres.results[i];

        if (twf_span_is_fold(r->method, "spf") && s->spf.len == 0) {
            s->spf = lower(c->arena, r->result);
        } else if (twf_span_is_fold(r->method, "dkim")) {
            /* One result a signature: a pass among them is what others go by. */
            if (s->dkim.len == 0 || twf_span_is_fold(r->result, "pass"))
                s->dkim = lower(c->arena, r->result);
        } else if (twf_span_is_fold(r->method, "dmarc") && s->dmarc.len == 0) {
            s->dmarc = lower(c->arena, r->result);
            s->action = r->action;
            s->header_from = header_from(r);
        } else if (twf_span_is_fold(r->method, "compauth") && s->compauth.len == 0) {
            s->compauth = lower(c->arena, r->result);
            s->compauth_reason = r->reason;
        }
    }
}

/* For explain, which alone shows it. */
static struct twf_span why(struct twf_case *c)
{
    static const char *const tails[] = {
        [TWF_ZONE_EXCHANGE_MARKED] =
            ", an Exchange Online host, and markers around the sender's block",
        [TWF_ZONE_EXCHANGE] = ", an Exchange host, and no pair of markers",
        [TWF_ZONE_GMAIL] = ", a Google host, with mx.google.com at the border",
        [TWF_ZONE_GENERIC] = ": trusted is what stands above",
    };

    if (!c->zone.has_top)
        return twf_span_str("no Received field: nothing is trusted by its place");
    return twf_note(c->arena, "topmost Received by ", top_by(c), tails[c->v->zone],
                    twf_span(NULL, 0));
}

void twf_find_zone(struct twf_case *c)
{
    const struct twf_field *authres = NULL, *spf = NULL;

    c->v->zone = choose_zone(c);
    if (c->v->zone == TWF_ZONE_EXCHANGE)
        find_exchange_pair(c, &authres, &spf);
    else if (c->v->zone == TWF_ZONE_GMAIL)
        find_gmail_run(c, &authres, &spf);
    move_border(c);
    choose_authres(c, authres);
    choose_spf(c, spf);
    state_results(c);
    if (c->judge->options.explain)
        c->v->zone_why = why(c);
}
