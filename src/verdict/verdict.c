/* SPDX-License-Identifier: Apache-2.0 */
/* The judge: one message from its header to a verdict, step by step (docs/verdicts.md). */
#include "verdict/verdict.h"

#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "verdict/internal.h"

enum twf_status twf_judge_new(const struct twf_judge_options *o, struct twf_domains *d,
                              struct twf_judge **out, struct twf_error *err)
{
    struct twf_judge *j = twf_calloc(1, sizeof(*j));

    if (j == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "judge: out of memory");
    j->options = *o;
    j->domains = d;
    twf_tables_init(&j->tables);
    if (o->limits == NULL) {
        twf_limits_default(&j->limits);
        j->options.limits = &j->limits;
    }
    twf_known_init(&j->known, d, j->options.limits, o->forgetful);
    *out = j;
    return TWF_OK;
}

void twf_judge_free(struct twf_judge *j)
{
    if (j != NULL)
        twf_known_fini(&j->known);
    twf_free(j);
}

/*
 * A verdict is mostly room for findings and limits: that is left as it is, its counts tell what is
 * valid.
 */
static void clear(struct twf_verdict *v)
{
    uint8_t *bytes = (uint8_t *)v;
    const size_t removed = offsetof(struct twf_verdict, removed_count);
    const size_t limits = offsetof(struct twf_verdict, limits);
    const size_t rest = offsetof(struct twf_verdict, limit_count);

    memset(bytes, 0, offsetof(struct twf_verdict, findings));
    v->finding_count = 0;
    memset(bytes + removed, 0, limits - removed);
    memset(bytes + rest, 0, sizeof(*v) - rest);
    v->date_us = v->date_received_us = INT64_MIN;
}

/* The organizations of known recipients: only a display text with an address asks for them. */
static void add_rcpt_orgs(struct twf_case *c, struct twf_from_input *in)
{
    struct twf_span *orgs;
    const struct twf_rcpt *rcpts;
    uint32_t count;

    if (!c->shows_address)
        return;
    rcpts = twf_case_rcpts(c, &count);
    orgs = count == 0 ? NULL : twf_arena_alloc(c->arena, count * sizeof(*orgs));
    if (orgs == NULL)
        return;
    for (uint32_t i = 0; i < count; i++)
        orgs[i] = rcpts[i].org;
    in->rcpt_orgs = orgs;
    in->rcpt_org_count = count;
}

void twf_judge_verdict(struct twf_judge *j, struct twf_arena *a, const struct twf_subject *s,
                       struct twf_verdict *out)
{
    struct twf_from_input from = {
        .subject = s, .options = &j->options, .domains = j->domains, .known = &j->known};
    struct twf_case *c = &j->at_hand;

    memset(c, 0, offsetof(struct twf_case, tried));
    c->judge = j;
    c->arena = a;
    c->subject = s;
    c->head = s->head;
    c->v = out;
    clear(out);
    twf_known_begin(&j->known);
    twf_read_from(&from, a, out);
    twf_find_zone(c);
    twf_choose_p1(c);
    twf_relate(out);
    c->shows_address = twf_case_shows_address(c);
    twf_try_explainers(c);
    from.is_report = c->is_report;
    from.list_or_munged_proven = twf_case_holds(c, TWF_X_LIST) || twf_case_holds(c, TWF_X_MUNGED);
    add_rcpt_orgs(c, &from);
    twf_find_from(&from, a, out);
    twf_find_relation(c);
    twf_apply_explainers(c);
    twf_conclude(out, j->options.exchange_like);
}

/* Message-ID without its brackets. */
static struct twf_span message_id(const struct twf_case *c)
{
    const struct twf_field *f = twf_head_first(c->head, TWF_FIELD_MESSAGE_ID);
    struct twf_span value;

    if (f == NULL)
        return twf_span(NULL, 0);
    value = twf_span_trim(twf_field_value(c->head, f));
    if (value.len > 1 && value.ptr[0] == '<' && value.ptr[value.len - 1] == '>')
        value = twf_span_slice(value, 1, value.len - 1);
    return value;
}

void twf_judge_name(struct twf_judge *j, struct twf_verdict *out)
{
    struct twf_case *c = &j->at_hand;
    const struct twf_field *date = twf_head_first(c->head, TWF_FIELD_DATE);

    out->message_id = message_id(c);
    if (date != NULL && !twf_date_parse(twf_field_value(c->head, date), &out->date_us))
        out->date_us = INT64_MIN;
}

static struct twf_span date_of_top(const struct twf_case *c)
{
    const struct twf_field *top = twf_head_first(c->head, TWF_FIELD_RECEIVED);

    return c->zone.top_read ? c->top.date
                            : twf_received_parse_date(twf_field_value(c->head, top));
}

void twf_judge_facts(struct twf_judge *j, struct twf_verdict *out)
{
    struct twf_case *c = &j->at_hand;

    twf_judge_name(j, out);
    twf_prove_pair(c);
    twf_complete_sources(c);
    if (c->zone.has_top && !twf_date_parse(date_of_top(c), &out->date_received_us))
        out->date_received_us = INT64_MIN;
    out->rcpt_count = twf_case_count_rcpts(c);
    out->sender_address = twf_case_address(c, TWF_FIELD_SENDER);
    out->reply_to_address = twf_case_address(c, TWF_FIELD_REPLY_TO);
}

void twf_judge_message(struct twf_judge *j, struct twf_arena *a, const struct twf_subject *s,
                       struct twf_verdict *out)
{
    twf_judge_verdict(j, a, s, out);
    twf_judge_facts(j, out);
}
