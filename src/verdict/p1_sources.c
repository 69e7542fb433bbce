/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every place where the envelope sender was recorded, as a ladder (docs/verdicts.md 3.2). Kinds
 * that only prove something inside the zone are not sources outside of it; --explain lists them
 * with trust "none".
 */
#include "verdict/internal.h"

#include "base/compiler.h"
#include "verdict/tracking.h"

enum { RANK_UNTRUSTED_RETURN_PATH = 10, RANKS = 11 };

struct ladder {
    struct twf_case *c;
    struct twf_p1_source *sources;
    uint32_t count, cap;
};

static uint8_t rank_of(const struct twf_judge_options *o, enum twf_p1_kind kind)
{
    return o->p1_order[kind] != 0 ? o->p1_order[kind] : twf_p1_ranks[kind];
}

/* A value without '@' may be a domain there. */
static bool takes_bare_domain(enum twf_p1_kind kind)
{
    return kind == TWF_P1_AUTHRES || kind == TWF_P1_RECEIVED_SPF;
}

/* Doubles the room; false without memory, and the source is lost. */
static bool make_room(struct ladder *l)
{
    uint32_t cap = l->cap == 0 ? 8 : l->cap * 2;
    struct twf_p1_source *sources = twf_arena_alloc(l->c->arena, cap * sizeof(*sources));

    if (sources == NULL)
        return false;
    if (l->count > 0)
        memcpy(sources, l->sources, l->count * sizeof(*sources));
    l->sources = sources;
    l->cap = cap;
    return true;
}

/* local "@" domain and nothing else, which is read in the same way with brackets and without. */
static bool is_plain_mailbox(const struct twf_path *p, struct twf_span text)
{
    return p->kind == TWF_PATH_MAILBOX && p->local.ptr == text.ptr &&
           p->local.len + 1 + p->domain.written.len == text.len;
}

/*
 * Results, Received-SPF and Return-Path mostly repeat each other: what was read of the same bytes
 * under the same rules holds here, too. Only the first few are asked, as there may be thousands.
 */
static const struct twf_path *find_same(const struct ladder *l, bool bare_domain,
                                        struct twf_span value)
{
    enum { ASKED_MAX = 4 };
    struct twf_span text = twf_without_angles(value);

    for (uint32_t i = 0; i < TWF_MIN(l->count, (uint32_t)ASKED_MAX); i++) {
        const struct twf_path *p = &l->sources[i].path;
        struct twf_span other = twf_without_angles(p->raw);

        if (!twf_span_eq(other, text))
            continue;
        if (is_plain_mailbox(p, other) ||
            (takes_bare_domain(l->sources[i].kind) == bare_domain && p->raw.len == value.len &&
             (p->kind == TWF_PATH_MAILBOX || p->kind == TWF_PATH_DOMAIN)))
            return p;
    }
    return NULL;
}

static void add(struct ladder *l, enum twf_p1_kind kind, enum twf_p1_trust trust,
                struct twf_span value, uint32_t off)
{
    const struct twf_path *same;
    bool bare_domain = takes_bare_domain(kind);
    struct twf_p1_source *s;

    if (l->count == l->cap && !make_room(l))
        return;
    value = twf_span_trim(value);
    same = l->c->judge->options.forgetful ? NULL : find_same(l, bare_domain, value);
    s = &l->sources[l->count++];
    *s = (struct twf_p1_source){
        .kind = kind,
        .rank = kind == TWF_P1_RETURN_PATH && trust != TWF_TRUST_TRUSTED
                    ? RANK_UNTRUSTED_RETURN_PATH
                    : rank_of(&l->c->judge->options, kind),
        .trust = trust,
        .off = off,
    };
    if (same == NULL) {
        twf_path_parse(l->c->judge->domains, l->c->arena, value, bare_domain, &s->path);
    } else {
        s->path = *same;
        s->path.raw = value;
    }
}

/*
 * What Exchange's tracking log says. A second Message-ID would be the sender's choice which row is
 * found, so there must be one.
 */
static void add_tracking(struct ladder *l)
{
    const struct twf_tracking *t = l->c->judge->options.tracking;
    const struct twf_field *f =
        t == NULL ? NULL : twf_head_first(l->c->head, TWF_FIELD_MESSAGE_ID);
    struct twf_span path;

    if (f != NULL && twf_head_next(l->c->head, f) == NULL &&
        twf_tracking_find(t, twf_field_value(l->c->head, f), &path))
        add(l, TWF_P1_TRACKING, TWF_TRUST_TRUSTED, path, 0);
}

/* A null path, for which "smtp.helo=..." stands. */
static void add_null(struct ladder *l, const struct twf_field *f, const struct twf_auth_prop *helo,
                     enum twf_p1_trust trust)
{
    struct twf_span value = twf_field_value(l->c->head, f);
    size_t begin = (size_t)(helo->ptype.ptr - value.ptr);
    uint32_t before = l->count;

    add(l, TWF_P1_AUTHRES, trust, twf_span(value.ptr, 0), f->value_off + (uint32_t)begin);
    if (l->count > before)
        l->sources[before].path.raw = twf_span_slice(value, begin, helo->off + helo->len);
}

/*
 * smtp.mailfrom of the spf results. Two that differ are no sender: one of them came in through MAIL
 * FROM, so all from the first to the last is taken as it stands and will not parse. A result that
 * names HELO and no mailfrom says that the path was null: only then is HELO checked (RFC 7208
 * section 2.4).
 */
static void add_authres(struct ladder *l, const struct twf_field *f, const struct twf_authres *a,
                        enum twf_p1_trust trust)
{
    const struct twf_auth_prop *first = NULL, *other = NULL, *helo = NULL;
    struct twf_span value;

    for (uint32_t i = 0; i < a->result_count; i++) {
        const struct twf_auth_result *r = &a->results[i];

        if (!twf_span_is_fold(r->method, "spf"))
            continue;
        for (uint32_t k = 0; k < r->prop_count; k++) {
            const struct twf_auth_prop *p = &r->props[k];

            if (!twf_span_is_fold(p->ptype, "smtp"))
                continue;
            if (twf_span_is_fold(p->name, "helo"))
                helo = p;
            if (!twf_span_is_fold(p->name, "mailfrom"))
                continue;
            if (first == NULL)
                first = p;
            else if (!twf_span_eq(p->value, first->value))
                other = p;
        }
    }
    if (first == NULL && helo != NULL)
        add_null(l, f, helo, trust);
    if (first == NULL)
        return;
    value = first->value;
    if (other != NULL)
        value = twf_span_slice(twf_field_value(l->c->head, f), first->off, other->off + other->len);
    add(l, TWF_P1_AUTHRES, trust, value, f->value_off + first->off);
}

static void add_spf(struct ladder *l, const struct twf_field *f, const struct twf_received_spf *s,
                    enum twf_p1_trust trust)
{
    if (s->has_envelope_from)
        add(l, TWF_P1_RECEIVED_SPF, trust, s->envelope_from, f->value_off + s->off);
}

static void add_return_paths(struct ladder *l, bool trusted)
{
    const struct twf_head *h = l->c->head;
    const struct twf_field *f = twf_head_first(h, TWF_FIELD_RETURN_PATH);

    for (; f != NULL; f = twf_head_next(h, f)) {
        if (twf_case_trusts(l->c, f) == trusted)
            add(l, TWF_P1_RETURN_PATH, trusted ? TWF_TRUST_TRUSTED : TWF_TRUST_WEAK,
                twf_field_value(h, f), f->value_off);
    }
}

static bool is_envelope_id(uint16_t id)
{
    return id == TWF_FIELD_X_ENVELOPE_FROM || id == TWF_FIELD_ENVELOPE_SENDER ||
           id == TWF_FIELD_X_ENVELOPE_SENDER || id == TWF_FIELD_X_MAILFROM ||
           id == TWF_FIELD_X_ORIGINAL_RETURN_PATH || id == TWF_FIELD_X_SA_EXIM_MAIL_FROM;
}

static bool has_envelope_field(const struct twf_head *h)
{
    return (h->first[TWF_FIELD_X_ENVELOPE_FROM] | h->first[TWF_FIELD_ENVELOPE_SENDER] |
            h->first[TWF_FIELD_X_ENVELOPE_SENDER] | h->first[TWF_FIELD_X_MAILFROM] |
            h->first[TWF_FIELD_X_ORIGINAL_RETURN_PATH] | h->first[TWF_FIELD_X_SA_EXIM_MAIL_FROM]) !=
           0;
}

/* --envelope-header names it. */
static bool is_vouched(const struct twf_case *c, const struct twf_field *f)
{
    const struct twf_judge_options *o = &c->judge->options;
    struct twf_span name = twf_span_trim(twf_field_name(c->head, f));

    for (size_t i = 0; i < o->envelope_header_count; i++) {
        if (twf_span_is_fold(name, o->envelope_headers[i]))
            return true;
    }
    return false;
}

static void add_envelope_headers(struct ladder *l)
{
    const struct twf_judge_options *o = &l->c->judge->options;
    const struct twf_head *h = l->c->head;

    if (!has_envelope_field(h) && o->envelope_header_count == 0)
        return;
    for (const struct twf_field *f = h->fields; f < h->fields + h->field_count; f++) {
        bool vouched = o->envelope_header_count > 0 && is_vouched(l->c, f);
        bool trusted = vouched || (is_envelope_id(f->id) && twf_case_trusts(l->c, f));

        if (trusted || (o->explain && is_envelope_id(f->id)))
            add(l, TWF_P1_ENVELOPE_HEADER, trusted ? TWF_TRUST_TRUSTED : TWF_TRUST_NONE,
                twf_field_value(h, f), f->value_off);
    }
}

/* Without these bytes a Received need not be taken apart for it. */
static bool may_hold_envelope(struct twf_span value)
{
    static const char word[] = "envelope-from";
    const size_t n = sizeof(word) - 1, before = 8; /* the '-', which is rare */

    for (size_t at = twf_span_find(value, '-'); at < value.len;) {
        if (at >= before &&
            twf_span_is_fold(twf_span_slice(value, at - before, at - before + n), word))
            return true;
        at += 1 + twf_span_find(twf_span_slice(value, at + 1, value.len), '-');
    }
    return false;
}

/* (envelope-from <a@b>) in the Received at the border; older hops say what they saw. */
static void add_received(struct ladder *l)
{
    struct twf_case *c = l->c;
    const struct twf_field *f = c->zone.border;
    struct twf_received r;

    if (f == NULL || !may_hold_envelope(twf_field_value(c->head, f)))
        return;
    if (f == twf_head_first(c->head, TWF_FIELD_RECEIVED))
        r = *twf_case_top(c);
    else
        twf_received_parse(c->arena, twf_field_value(c->head, f), &r);
    if (r.has_envelope_from)
        add(l, TWF_P1_RECEIVED, TWF_TRUST_TRUSTED, r.envelope_from,
            f->value_off + r.envelope_from_off);
}

/* "... FROM:'a@b' RCPT:'c@d'", as greylisting milters stamp. */
static void add_milters(struct ladder *l)
{
    static const char mark[] = "FROM:'";
    const struct twf_head *h = l->c->head;
    const struct twf_field *f = twf_head_first(h, TWF_FIELD_X_GREYLIST);

    for (; f != NULL; f = twf_head_next(h, f)) {
        struct twf_span value = twf_field_value(h, f), rest = {NULL, 0};
        bool trusted = twf_case_trusts(l->c, f);

        if (!trusted && !l->c->judge->options.explain)
            continue;
        for (size_t i = 0; i + sizeof(mark) - 1 <= value.len && rest.ptr == NULL; i++) {
            if (memcmp(value.ptr + i, mark, sizeof(mark) - 1) == 0)
                rest = twf_span_slice(value, i + sizeof(mark) - 1, value.len);
        }
        if (rest.ptr != NULL)
            add(l, TWF_P1_MILTER, trusted ? TWF_TRUST_TRUSTED : TWF_TRUST_NONE,
                twf_span_slice(rest, 0, twf_span_find(rest, '\'')),
                (uint32_t)(rest.ptr - h->block.ptr));
    }
}

/* "From addr date". The line of an mbox lies before the message: its offset counts as 0. */
static void add_from_line(struct ladder *l)
{
    const struct twf_message *m = l->c->subject->message;
    const struct twf_head *h = l->c->head;
    struct twf_span line = m == NULL ? twf_span(NULL, 0) : m->from_line;
    const uint8_t *start = NULL;
    size_t end = 0;

    if (line.len == 0) {
        line = h->from_line;
        /* With CR line ends the block is a copy, but the From_ line lies in the message. */
        start = !h->cr_lines ? h->block.ptr : m != NULL ? m->text.ptr : NULL;
    }
    if (!twf_span_starts_fold(line, "from "))
        return;
    end = twf_from_line_veiled(line).len;
    line = twf_span_trim(twf_span_slice(line, 5, line.len));
    for (bool quoted = false; end < line.len && (quoted || !twf_is_blank(line.ptr[end])); end++)
        quoted ^= line.ptr[end] == '"';
    if (end > 0)
        add(l, TWF_P1_FROM_LINE, TWF_TRUST_WEAK, twf_span_slice(line, 0, end),
            start == NULL ? 0 : (uint32_t)(line.ptr - start));
}

/* Counting by rank keeps the order of offsets inside each. */
static void sort(struct ladder *l)
{
    struct twf_p1_source *sorted;
    uint32_t n = 0;
    bool in_order = true;

    for (uint32_t i = 1; i < l->count; i++)
        in_order &= l->sources[i - 1].rank <= l->sources[i].rank;
    if (in_order)
        return;
    sorted = twf_arena_alloc(l->c->arena, l->count * sizeof(*sorted));
    if (sorted == NULL)
        return;
    for (uint8_t rank = 0; rank < RANKS; rank++) {
        for (uint32_t i = 0; i < l->count; i++) {
            if (TWF_MIN(l->sources[i].rank, (uint8_t)(RANKS - 1)) == rank)
                sorted[n++] = l->sources[i];
        }
    }
    l->sources = sorted;
}

/* Those that only explain shows: what stands outside the zone and would count inside. */
static void add_untrusted(struct ladder *l)
{
    struct twf_case *c = l->c;
    const struct twf_head *h = c->head;

    for (const struct twf_field *f = twf_head_first(h, TWF_FIELD_AUTHRES); f != NULL;
         f = twf_head_next(h, f)) {
        struct twf_authres a;

        if (f == c->zone.authres)
            continue;
        twf_authres_parse(c->arena, twf_field_value(h, f), &a);
        add_authres(l, f, &a, TWF_TRUST_NONE);
    }
    for (const struct twf_field *f = twf_head_first(h, TWF_FIELD_RECEIVED_SPF); f != NULL;
         f = twf_head_next(h, f)) {
        struct twf_received_spf s;

        if (f == c->zone.spf)
            continue;
        twf_received_spf_parse(c->arena, twf_field_value(h, f), &s);
        add_spf(l, f, &s, TWF_TRUST_NONE);
    }
}

/* What never decides beside a trusted source, nor completes or contradicts one. */
static void add_weak(struct ladder *l)
{
    const struct twf_journal *j = l->c->subject->journal;

    if (j == NULL || j->form == TWF_JOURNAL_NONE || j->form == TWF_JOURNAL_LOOKALIKE)
        add_from_line(l);
    else if (j->sender_kind == TWF_JSENDER_SMTP || j->sender_kind == TWF_JSENDER_X500)
        add(l, TWF_P1_JOURNAL_SENDER, TWF_TRUST_WEAK, j->sender, j->sender_off);
}

static bool has_trusted(const struct ladder *l)
{
    for (uint32_t i = 0; i < l->count; i++) {
        if (l->sources[i].trust == TWF_TRUST_TRUSTED)
            return true;
    }
    return false;
}

void twf_collect_sources(struct twf_case *c)
{
    struct ladder l = {.c = c};

    if (c->subject->has_sidecar)
        add(&l, TWF_P1_SIDECAR, TWF_TRUST_TRUSTED, c->subject->sidecar, 0);
    add_tracking(&l);
    if (c->zone.authres != NULL)
        add_authres(&l, c->zone.authres, &c->authres, TWF_TRUST_TRUSTED);
    if (c->zone.spf != NULL)
        add_spf(&l, c->zone.spf, &c->spf, TWF_TRUST_TRUSTED);
    if (c->judge->options.explain)
        add_untrusted(&l);
    add_return_paths(&l, true);
    add_envelope_headers(&l);
    add_received(&l);
    add_milters(&l);
    c->ladder_cut = has_trusted(&l);
    if (!c->ladder_cut)
        add_weak(&l);
    add_return_paths(&l, false);
    sort(&l);
    c->v->sources = l.sources;
    c->v->source_count = l.count;
}

void twf_complete_sources(struct twf_case *c)
{
    struct twf_verdict *v = c->v;
    struct ladder l = {.c = c};
    struct twf_p1_source *all;
    uint32_t at = 0;

    if (!c->ladder_cut)
        return;
    add_weak(&l);
    all = l.count == 0 ? NULL : twf_arena_alloc(c->arena, (v->source_count + 1) * sizeof(*all));
    if (all == NULL)
        return;
    while (at < v->source_count && v->sources[at].rank <= l.sources[0].rank)
        at++;
    memcpy(all, v->sources, at * sizeof(*all));
    all[at] = l.sources[0];
    memcpy(all + at + 1, v->sources + at, (v->source_count - at) * sizeof(*all));
    v->deciding += v->deciding >= (int32_t)at;
    v->sources = all;
    v->source_count++;
}
