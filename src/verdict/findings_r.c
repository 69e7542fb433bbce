/* SPDX-License-Identifier: Apache-2.0 */
/* P1_NULL_NOT_REPORT and the R_ and J_ findings, before explainers (docs/verdicts.md 6.2). */
#include "verdict/internal.h"

#include "base/compiler.h"

/* Under a weak P1 what is above low goes down one step (docs/verdicts.md 3.3). */
static void raise(struct twf_case *c, enum twf_finding_code code, enum twf_level level,
                  struct twf_proof proof)
{
    if (c->v->p1_trust == TWF_TRUST_WEAK && level > TWF_LEVEL_LOW)
        level = (enum twf_level)(level - 1);
    twf_verdict_raise(c->v, code, level, proof.off, proof.len, proof.note);
}

/* The author's address in the message. */
static struct twf_proof p2_place(const struct twf_verdict *v)
{
    struct twf_proof p = {0};
    const struct twf_from *f;
    uint32_t off, len;

    if (v->from_count == 0)
        return p;
    f = &v->froms[0];
    off = f->mailbox_count > 0   ? f->mailboxes[0].off
          : v->reading_count > 0 ? v->readings[0].off
                                 : 0;
    len = f->mailbox_count > 0   ? f->mailboxes[0].len
          : v->reading_count > 0 ? v->readings[0].len
                                 : 0;
    p.off = twf_from_raw_off(f, off);
    p.len = twf_from_raw_off(f, off + len) - p.off;
    return p;
}

static struct twf_proof pair_proof(struct twf_case *c)
{
    const struct twf_verdict *v = c->v;
    struct twf_proof p = p2_place(v);

    p.note = v->p1_null
                 ? twf_note(c->arena, "P2 ", v->p2_domain.org, ", P1 is null", twf_span(NULL, 0))
                 : twf_note(c->arena, "P2 ", v->p2_domain.org, ", P1 ", v->p1_domain.org);
    return p;
}

/* The pair proves it, which only a record shows: see twf_prove_pair. */
static void raise_pair(struct twf_case *c, enum twf_finding_code code, enum twf_level level)
{
    raise(c, code, level, (struct twf_proof){0});
}

static bool is_of_pair(const struct twf_finding *f)
{
    return f->code == TWF_F_R_MISMATCH || f->code == TWF_F_R_FREEMAIL ||
           f->code == TWF_F_R_PROTECTED;
}

static void prove(const struct twf_proof *p, struct twf_finding *findings, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct twf_finding *f = &findings[i];

        if (!is_of_pair(f))
            continue;
        f->off = p->off;
        f->len = p->len;
        f->note = p->note;
    }
}

void twf_prove_pair(struct twf_case *c)
{
    struct twf_verdict *v = c->v;
    struct twf_proof p;

    if (v->relation != TWF_RELATION_MISMATCH && v->relation != TWF_RELATION_NULL)
        return;
    p = pair_proof(c);
    prove(&p, v->findings, v->finding_count);
    prove(&p, v->removed, v->removed_count);
}

static void find_null(struct twf_case *c)
{
    const struct twf_p1_source *s = &c->v->sources[c->v->deciding];

    if (twf_case_holds(c, TWF_X_REPORT) || twf_case_holds(c, TWF_X_INTERNAL))
        return;
    raise(c, TWF_F_P1_NULL_NOT_REPORT, TWF_LEVEL_MEDIUM,
          (struct twf_proof){s->off, (uint32_t)s->path.raw.len, {NULL, 0}});
}

/* A null path with a report may be the user's own out-of-office mail, which looks the same. */
static void find_protected(struct twf_case *c)
{
    bool report = c->v->p1_null && twf_case_holds(c, TWF_X_REPORT);

    if (c->v->p2_has_address && twf_domain_set_has(c->judge->options.protect, c->v->p2_domain.org))
        raise_pair(c, TWF_F_R_PROTECTED, report ? TWF_LEVEL_LOW : TWF_LEVEL_HIGH);
}

/* ---- authentication ---- */

/*
 * "p=REJECT" as a word of Google's comment, and not "dis=NONE": there the receiver knew better, mostly
 * of a list or a forwarder whose ARC chain it trusts (RFC 8617).
 */
static bool asks_enforcement(struct twf_span comment)
{
    bool asks = false;
    size_t at = 0;

    while (at < comment.len) {
        size_t end = at;
        struct twf_span word;

        while (end < comment.len && comment.ptr[end] > ' ')
            end++;
        word = twf_span_slice(comment, at, end);
        asks |= twf_span_is_fold(word, "p=quarantine") || twf_span_is_fold(word, "p=reject");
        if (twf_span_starts_fold(word, "dis=none"))
            return false;
        at = end + 1;
    }
    return asks;
}

/* The level that one result asks for; none where it is no failure. */
static enum twf_level failure_level(const struct twf_auth_result *r)
{
    if (!twf_span_is_fold(r->result, "fail"))
        return TWF_LEVEL_NONE;
    if (twf_span_is_fold(r->method, "dmarc"))
        return twf_span_is_fold(r->action, "quarantine") || twf_span_is_fold(r->action, "reject") ||
                       twf_span_is_fold(r->action, "oreject") ||
                       twf_span_is_fold(r->action, "o.reject") || asks_enforcement(r->comment)
                   ? TWF_LEVEL_HIGH
                   : TWF_LEVEL_MEDIUM;
    if (twf_span_is_fold(r->method, "compauth"))
        return twf_span_is(r->reason, "000") ? TWF_LEVEL_HIGH : TWF_LEVEL_MEDIUM;
    return TWF_LEVEL_NONE;
}

/* Exchange Online passed the message for an ARC chain of somebody whom the tenant trusts. */
static bool is_arc_override(const struct twf_auth_result *r)
{
    return twf_span_is_fold(r->method, "compauth") && twf_span_is_fold(r->result, "pass") &&
           twf_span_is(r->reason, "130");
}

/* "dmarc action=oreject", "dmarc (p=REJECT ...)", "compauth reason=000": what the level is made of. */
static struct twf_span failure_note(struct twf_case *c, const struct twf_auth_result *r,
                                    bool overridden)
{
    struct twf_span end = twf_span_str(overridden ? ", but compauth=pass reason=130" : "");
    bool dmarc = twf_span_is_fold(r->method, "dmarc");
    struct twf_span said;

    if (!dmarc)
        said = twf_note(c->arena, "compauth reason=", r->reason, "", twf_span(NULL, 0));
    else if (r->action.len > 0)
        said = twf_note(c->arena, "dmarc action=", r->action, "", twf_span(NULL, 0));
    else if (r->comment.len > 0)
        said = twf_note(c->arena, "dmarc (", r->comment, ")", twf_span(NULL, 0));
    else
        said = twf_span_str("dmarc");
    return twf_note(c->arena, "", said, "", end);
}

static void find_auth_fail(struct twf_case *c)
{
    bool overridden = false;

    for (uint32_t i = 0; i < c->authres.result_count; i++)
        overridden |= is_arc_override(&c->authres.results[i]);
    for (uint32_t i = 0; i < c->authres.result_count; i++) {
        const struct twf_auth_result *r = &c->authres.results[i];
        enum twf_level level = failure_level(r);

        if (level != TWF_LEVEL_NONE)
            raise(c, TWF_F_R_AUTH_FAIL, overridden ? TWF_LEVEL_LOW : level,
                  (struct twf_proof){c->zone.authres->value_off + r->off, r->len,
                                     failure_note(c, r, overridden)});
    }
}

/* ---- the pair ---- */

static void find_freemail(struct twf_case *c)
{
    const struct twf_tables *t = &c->judge->tables;
    unsigned p2 = twf_freemail_provider(t, c->v->p2_domain.org);

    if (p2 != 0 && p2 != twf_freemail_provider(t, c->v->p1_domain.org))
        raise_pair(c, TWF_F_R_FREEMAIL, TWF_LEVEL_MEDIUM);
}

/*
 * A second reason: an odd From that does not weigh enough by itself. What honest mail is full of
 * (8-bit names, "Doe, John") is none.
 */
static bool is_aggravated(const struct twf_verdict *v)
{
    for (uint32_t i = 0; i < v->finding_count; i++) {
        const struct twf_finding *f = &v->findings[i];

        if (twf_finding_infos[f->code].family == TWF_FAMILY_FROM && f->level == TWF_LEVEL_LOW &&
            f->code != TWF_F_FROM_8BIT && f->code != TWF_F_FROM_SYNTAX)
            return true;
    }
    return false;
}

/* ---- what Exchange said ---- */

/* The word "True" in any case: "True;" has it, "Truest" has not. */
static bool says_true(struct twf_span value)
{
    for (size_t at = 0; at < value.len;) {
        size_t end = at;

        while (end < value.len && twf_is_alnum(value.ptr[end]))
            end++;
        if (twf_span_is_fold(twf_span_slice(value, at, end), "true"))
            return true;
        at = end + 1;
    }
    return false;
}

/* The tag that counts: one in Exchange's own run of fields that says True, else the first. */
static void find_product_flag(struct twf_case *c)
{
    const struct twf_field *f =
        twf_head_first(c->head, TWF_FIELD_X_MS_EXCHANGE_P2_FROM_REGEX_MATCH);
    struct twf_verdict *v = c->v;
    struct twf_span value = {NULL, 0}, said = {NULL, 0};

    for (; f != NULL; f = twf_head_next(c->head, f)) {
        bool trusted = (uint32_t)(f - c->head->fields) >= c->zone.org_run;

        value = twf_field_value(c->head, f);
        if (!v->exchange_tag_present || (trusted && !v->exchange_tag_trusted)) {
            v->exchange_tag = value;
            v->exchange_tag_trusted = trusted;
        }
        v->exchange_tag_repeated |= v->exchange_tag_present;
        v->exchange_tag_present = true;
        if (said.ptr == NULL || (trusted && v->exchange_tag_trusted))
            said = says_true(value) ? value : said;
    }
    v->exchange_tag_true = v->exchange_tag_present && says_true(v->exchange_tag);
    if (said.ptr == NULL)
        return;
    /* Never lowered: not by a weak P1 and not by an explainer. */
    twf_verdict_raise(
        v, TWF_F_R_PRODUCT_FLAG,
        v->exchange_tag_trusted && v->exchange_tag_true ? TWF_LEVEL_HIGH : TWF_LEVEL_INFO,
        (uint32_t)(said.ptr - c->head->block.ptr), (uint32_t)said.len,
        twf_span_str(v->exchange_tag_trusted ? "in Exchange's own run of fields" : "forgeable"));
}

/* ---- journals ---- */

static void find_structure(struct twf_case *c)
{
    const uint32_t low = TWF_JPROBLEM_FROM_DIFFERS | TWF_JPROBLEM_ID_DIFFERS;
    const struct twf_journal *j = c->subject->journal;
    uint32_t medium =
        TWF_JPROBLEM_INNER_COUNT | TWF_JPROBLEM_SENDER | TWF_JPROBLEM_LINE | TWF_JPROBLEM_STRUCTURE;

    if (j == NULL)
        return;
    /* TNEF, or an encrypted or missing original: not read, but built as reports are. */
    if ((j->problems & TWF_JPROBLEM_UNDECODABLE) != 0)
        medium &= ~(uint32_t)(TWF_JPROBLEM_INNER_COUNT | TWF_JPROBLEM_STRUCTURE);
    if ((j->problems & medium) != 0)
        twf_verdict_raise(c->v, TWF_F_J_STRUCT, TWF_LEVEL_MEDIUM, j->problem_off, 0,
                          twf_span_str(j->form == TWF_JOURNAL_LOOKALIKE ? "lookalike" : ""));
    else if ((j->problems & low) != 0)
        twf_verdict_raise(c->v, TWF_F_J_STRUCT, TWF_LEVEL_LOW, j->problem_off, 0,
                          twf_span_str((j->problems & TWF_JPROBLEM_FROM_DIFFERS) != 0
                                           ? "outer From differs"
                                           : "Message-ID differs"));
}

void twf_find_relation(struct twf_case *c)
{
    const struct twf_verdict *v = c->v;

    if (v->relation == TWF_RELATION_NULL)
        find_null(c);
    if (v->relation == TWF_RELATION_MISMATCH || v->relation == TWF_RELATION_NULL)
        find_protected(c);
    if (v->relation == TWF_RELATION_MISMATCH) {
        find_auth_fail(c);
        find_freemail(c);
        raise_pair(c, TWF_F_R_MISMATCH, is_aggravated(v) ? TWF_LEVEL_MEDIUM : TWF_LEVEL_LOW);
    }
    find_product_flag(c);
    find_structure(c);
}
