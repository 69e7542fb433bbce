/* SPDX-License-Identifier: Apache-2.0 */
/* Explain, the conclusion: domains, relation, findings, explainers, stated results, class and
 * score. */
#include "report/explain.h"

#include "report/text.h"

static void put_domain(const struct twf_sink_options *o, const char *label, const char *who,
                       const struct twf_domain *d, struct twf_buf *out)
{
    twf_explain_label(out, label);
    twf_buf_str(out, who);
    if (d->name.len == 0) {
        twf_buf_str(out, " -\n");
        return;
    }
    twf_buf_str(out, " written \"");
    twf_explain_value(o, out, d->written);
    twf_buf_str(out, "\", name ");
    twf_explain_value(o, out, d->name);
    twf_buf_str(out, ", organization ");
    twf_explain_value(o, out, d->org);
    twf_buf_str(out,
                (d->flags & TWF_DOMAIN_TENANT) != 0 ? " by the tenant suffix " : " by the rule ");
    twf_text_plain(out, d->rule.len == 0 ? twf_span_str("*") : d->rule, o->ascii);
    if ((d->flags & TWF_DOMAIN_IS_SUFFIX) != 0)
        twf_buf_str(out, ", a suffix itself");
    twf_buf_byte(out, '\n');
}

static const char *relation_verb(enum twf_relation r)
{
    switch (r) {
    case TWF_RELATION_EQUAL:
        return "the addresses are the same:";
    case TWF_RELATION_SAME_DOMAIN:
        return "the domains are the same:";
    case TWF_RELATION_SAME_ORG:
        return "the organizations are the same:";
    case TWF_RELATION_MISMATCH:
        return "the organizations differ:";
    case TWF_RELATION_NULL:
        return "P1 is the null reverse path:";
    default:
        return "cannot be compared:";
    }
}

/* The sides as they are compared: whole addresses, domains, or organizations. */
static void put_relation(const struct twf_sink_options *o, const struct twf_verdict *v,
                         struct twf_buf *out)
{
    bool whole = v->relation == TWF_RELATION_EQUAL;
    bool org = v->relation == TWF_RELATION_SAME_ORG || v->relation == TWF_RELATION_MISMATCH;
    struct twf_span none = twf_span(NULL, 0);

    twf_explain_label(out, "relation");
    twf_buf_printf(out, "%s, %s P1 ", twf_relation_names[v->relation], relation_verb(v->relation));
    if (v->p1_null)
        twf_buf_str(out, "<>");
    else
        twf_explain_address(o, out, whole ? v->p1_local : none,
                            org ? v->p1_domain.org : v->p1_domain.name);
    twf_buf_str(out, ", P2 ");
    twf_explain_address(o, out, whole ? v->p2_local : none,
                        org ? v->p2_domain.org : v->p2_domain.name);
    if (v->p1_inner.len > 0) {
        twf_buf_printf(out,
                       "; inside P1 by %s: ", v->p1_inner_form == NULL ? "-" : v->p1_inner_form);
        twf_explain_value(o, out, v->p1_inner);
    }
    twf_buf_byte(out, '\n');
}

static void put_findings(const struct twf_sink_options *o, const struct twf_verdict *v,
                         struct twf_buf *out)
{
    for (uint32_t i = 0; i < v->finding_count; i++) {
        const struct twf_finding *f = &v->findings[i];
        const struct twf_finding_info *info = &twf_finding_infos[f->code];

        twf_explain_label(out, i == 0 ? "findings" : "");
        twf_buf_printf(out, "%-13s %s  %s", twf_level_names[f->level], info->code, info->text);
        if (f->note.len > 0) {
            twf_buf_str(out, ": ");
            twf_explain_value(o, out, f->note);
        }
        twf_explain_place(out, f->off, f->len);
        if (f->level_before != f->level)
            twf_buf_printf(out, ", %s before explainers", twf_level_names[f->level_before]);
        if (info->rfc[0] != '\0')
            twf_buf_printf(out, ", RFC %s", info->rfc);
        if (info->cve[0] != '\0')
            twf_buf_printf(out, ", %s", info->cve);
        twf_buf_byte(out, '\n');
    }
    if (v->finding_count == 0) {
        twf_explain_label(out, "findings");
        twf_buf_str(out, "none\n");
    }
}

static void put_explainers(const struct twf_sink_options *o, const struct twf_verdict *v,
                           struct twf_buf *out)
{
    static const char *const effects[] = {
        [TWF_EFFECT_ANNOTATE] = "a note only",
        [TWF_EFFECT_ONE_STEP] = "R_MISMATCH and R_FREEMAIL go down one level",
        [TWF_EFFECT_TEXT] = "R_MISMATCH and R_FREEMAIL go",
        [TWF_EFFECT_REMOVES] = "every R_ finding but R_PRODUCT_FLAG goes",
    };
    uint32_t count = TWF_MAX(v->allowance_count, v->allowance_tried);

    for (uint32_t i = 0; i < count; i++) {
        const struct twf_allowance *a = &v->allowances[i];
        const struct twf_allowance_info *info = &twf_allowance_infos[a->code];

        twf_explain_label(out, i == 0 ? "explainers" : "");
        twf_buf_printf(out, "%-10s %s", info->code, a->holds ? "holds" : "does not hold");
        if (a->note.len > 0) {
            twf_buf_str(out, ": ");
            twf_explain_value(o, out, a->note);
        }
        if (a->len > 0)
            twf_explain_place(out, a->off, a->len);
        if (a->holds)
            twf_buf_printf(out, "; %s: %s", info->text, effects[info->effect]);
        twf_buf_byte(out, '\n');
    }
    if (count == 0) {
        twf_explain_label(out, "explainers");
        twf_buf_str(out, "none tried\n");
    }
}

/* What explainers took away: a record no longer has it. */
static void put_removed(const struct twf_sink_options *o, const struct twf_verdict *v,
                        struct twf_buf *out)
{
    for (uint32_t i = 0; i < v->removed_count; i++) {
        const struct twf_finding *f = &v->removed[i];

        twf_explain_label(out, i == 0 ? "gone" : "");
        twf_buf_printf(out, "%-13s %s  %s", twf_level_names[f->level_before],
                       twf_finding_infos[f->code].code, twf_finding_infos[f->code].text);
        if (f->note.len > 0) {
            twf_buf_str(out, ": ");
            twf_explain_value(o, out, f->note);
        }
        twf_explain_place(out, f->off, f->len);
        twf_buf_byte(out, '\n');
    }
}

static void put_stated(const struct twf_sink_options *o, const struct twf_verdict *v,
                       struct twf_buf *out)
{
    const struct {
        const char *name;
        struct twf_span value;
    } stated[] = {
        {"spf", v->stated.spf},
        {"dkim", v->stated.dkim},
        {"dmarc", v->stated.dmarc},
        {"compauth", v->stated.compauth},
        {"reason", v->stated.compauth_reason},
        {"action", v->stated.action},
        {"header.from", v->stated.header_from},
    };
    bool any = false;

    twf_explain_label(out, "stated");
    for (size_t i = 0; i < TWF_COUNT(stated); i++) {
        if (stated[i].value.len == 0)
            continue;
        twf_buf_printf(out, "%s%s=", any ? " " : "", stated[i].name);
        twf_explain_value(o, out, stated[i].value);
        any = true;
    }
    if (!any)
        twf_buf_str(out, "no trusted results");
    if (v->stated.server.len > 0) {
        twf_buf_str(out, "  by ");
        twf_explain_value(o, out, v->stated.server);
    }
    twf_buf_byte(out, '\n');
    if (v->exchange_tag_present) {
        twf_explain_label(out, "");
        twf_buf_str(out, "X-MS-Exchange-P2FromRegexMatch: ");
        twf_explain_value(o, out, v->exchange_tag);
        twf_buf_str(out, v->exchange_tag_trusted ? " (in the trusted run)\n" : " (forgeable)\n");
    }
}

static void put_limits(const struct twf_verdict *v, struct twf_buf *out)
{
    for (uint32_t i = 0; i < v->limit_count; i++) {
        twf_explain_label(out, i == 0 ? "limits" : "");
        twf_buf_printf(out, "%s met at ", twf_limit_name(v->limits[i].id));
        twf_buf_u64(out, v->limits[i].off);
        twf_buf_byte(out, '\n');
    }
}

static const char *class_text(enum twf_class c)
{
    switch (c) {
    case TWF_V_AMBIGUOUS_FROM:
        return "a FROM_ finding at high or critical";
    case TWF_V_MALFORMED_FROM:
        return "a FROM_ finding at medium, or Exchange's flag";
    case TWF_V_MISMATCH_SUSPECT:
        return "a P1_ or R_ finding at medium or above";
    case TWF_V_MISMATCH_PLAIN:
        return "P1 and P2 differ, and a P1_ or R_ finding is left";
    case TWF_V_MISMATCH_EXPLAINED:
        return "P1 and P2 differ, and no P1_ or R_ finding is left";
    case TWF_V_ALIGNED:
        return "P1 and P2 agree";
    default:
        return "P1 and P2 cannot be compared, or not all was read";
    }
}

/* A rule's title and id are the operator's words, but a rule file may come from anywhere. */
static void put_rules(const struct twf_sink_options *o, const struct twf_verdict *v,
                      const struct twf_subject_place *p, struct twf_buf *out)
{
    if (p->rule_hits == NULL)
        return;
    for (size_t i = 0; i < p->rule_hit_count; i++) {
        const struct twf_rule_hit *r = &p->rule_hits[i];

        twf_explain_label(out, i == 0 ? "rules" : "");
        twf_buf_printf(out, "%-13s ", r->is_filter ? "filter" : twf_level_names[r->level]);
        twf_text_plain(out, twf_span_str(r->id), o->ascii);
        twf_buf_str(out, "  ");
        twf_text_plain(out, twf_span_str(r->title), o->ascii);
        if (r->is_filter)
            twf_buf_str(out, ": takes a hit away");
        else if (r->level > v->level)
            twf_buf_printf(out, ": raises the level from %s", twf_level_names[v->level]);
        else
            twf_buf_str(out, ": changes no level");
        twf_buf_byte(out, '\n');
    }
    if (p->rule_hit_count == 0) {
        twf_explain_label(out, "rules");
        twf_buf_printf(out, "none of %zu hits\n", p->rules_asked);
    }
}

static void put_score(const struct twf_verdict *v, const struct twf_subject_place *p,
                      struct twf_buf *out)
{
    bool ruled = p->rule_hits != NULL && p->level > v->level;
    int score = ruled ? p->score : v->score, base = ruled ? p->score_base : v->score_base;

    twf_explain_label(out, "verdict");
    twf_buf_printf(out, "%s: %s\n", twf_class_names[v->verdict_class],
                   class_text(v->verdict_class));
    twf_explain_label(out, "score");
    twf_buf_printf(out, "%d = %d (%s%s)", score, base, twf_level_names[ruled ? p->level : v->level],
                   ruled ? " by a rule" : "");
    if (v->score_families > 0)
        twf_buf_printf(out, " + %d (%d further famil%s)", 5 * v->score_families, v->score_families,
                       v->score_families == 1 ? "y" : "ies");
    if (base + 5 * v->score_families > score)
        twf_buf_str(out, ", capped");
    twf_buf_byte(out, '\n');
}

/* What a condition of an Exchange transport rule looks at, by its SenderAddressLocation. */
static void put_senders(const struct twf_sink_options *o, const struct twf_verdict *v,
                        struct twf_buf *out)
{
    const struct twf_from *f = v->from_count == 0 ? NULL : &v->froms[0];

    twf_explain_label(out, "exchange");
    twf_buf_str(out, "SenderAddressLocation Header: ");
    for (uint32_t i = 0; f != NULL && i < f->mailbox_count; i++) {
        twf_buf_str(out, i == 0 ? "" : ", ");
        twf_explain_address(o, out, f->mailboxes[i].local, f->mailboxes[i].domain.name);
    }
    if (f == NULL || f->mailbox_count == 0)
        twf_buf_byte(out, '-');
    twf_buf_str(out, "; Envelope: ");
    twf_explain_address(o, out, v->p1_local, v->p1_domain.name);
    twf_buf_str(out, "; HeaderOrEnvelope: both\n");
}

void twf_explain_result(const struct twf_sink_options *o, const struct twf_verdict *v,
                        const struct twf_subject_place *place, struct twf_buf *out)
{
    put_domain(o, "domains", "P1", &v->p1_domain, out);
    put_domain(o, "", "P2", &v->p2_domain, out);
    put_relation(o, v, out);
    put_findings(o, v, out);
    put_explainers(o, v, out);
    put_removed(o, v, out);
    put_stated(o, v, out);
    put_senders(o, v, out);
    put_limits(v, out);
    put_rules(o, v, place, out);
    put_score(v, place, out);
}
