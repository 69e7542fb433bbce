/* SPDX-License-Identifier: Apache-2.0 */
#include "pipe/ledger.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

void twf_ledger_fini(struct twf_ledger *t)
{
    const char *last = NULL;

    for (size_t i = 0; i < t->input_len; i++)
        twf_free((void *)(uintptr_t)t->inputs[i].path);
    for (size_t i = 0; i < t->incident_len; i++) {
        if (t->incidents[i].source != last)
            twf_free((void *)(uintptr_t)t->incidents[i].source);
        last = t->incidents[i].source;
    }
    twf_free(t->inputs);
    twf_free(t->incidents);
    twf_source_free(t->source);
    twf_pairs_free(t->pairs);
    twf_rule_hits_fini(&t->rule_hits);
    twf_free(t->rules);
    twf_hashset_fini(&t->seen);
    twf_arena_fini(&t->words);
    *t = (struct twf_ledger){0};
}

/* Messages that --dedup remembers: 32 MiB of hashes. */
enum { SEEN_MAX = 1 << 21 };

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for the summary");
}

enum twf_status twf_ledger_init(struct twf_ledger *t, const struct twf_setup *s, uint64_t seed,
                                struct twf_error *err)
{
    *t = (struct twf_ledger){.setup = s, .pairs = twf_pairs_new(s->limits.value[TWF_LIMIT_ROWS], seed)};
    twf_hashset_init(&t->seen, SEEN_MAX);
    twf_arena_init(&t->words, 4096);
    if (!twf_rule_hits_init(&t->rule_hits, s->rules) || t->pairs == NULL)
        return no_memory(err);
    t->rules = twf_calloc(t->rule_hits.count + 1, sizeof(*t->rules));
    return t->rules == NULL ? no_memory(err) : TWF_OK;
}

/* One incident of the input at hand. */
static enum twf_status add_incident(struct twf_ledger *t, const struct twf_remark *r,
                                    struct twf_error *err)
{
    struct twf_incident *i;

    t->incident_count++;
    t->incomplete |= r->incomplete;
    if (t->incident_len >= t->setup->limits.value[TWF_LIMIT_ROWS])
        return TWF_OK;
    if (!twf_grow(&t->incidents, &t->incident_cap, t->incident_len + 1, sizeof(*i)))
        return no_memory(err);
    if (t->incident_source == NULL && (t->incident_source = twf_strdup(t->source->uri)) == NULL)
        return no_memory(err);
    i = &t->incidents[t->incident_len++];
    *i = (struct twf_incident){.source = t->incident_source,
                               .code = r->code,
                               .off = r->off,
                               .len = r->len,
                               .decoded = r->decoded,
                               .incomplete = r->incomplete};
    (void)snprintf(i->text, sizeof(i->text), "%s", r->text);
    return TWF_OK;
}

static enum twf_status begin(struct twf_ledger *t, struct twf_source *s, struct twf_error *err)
{
    t->source = s;
    t->now = (struct twf_input_total){.size = s->size, .container = "unknown", .codec = "plain"};
    memcpy(t->now.source_id, s->id, sizeof(s->id));
    t->now.dev = s->dev;
    t->now.ino = s->ino;
    t->now.mtime_ns = s->mtime_ns;
    t->chain = twf_source_chain(t->chain, s);
    t->incomplete = false;
    t->incident_source = NULL;
    t->input_count++;
    if (t->input_len >= t->setup->limits.value[TWF_LIMIT_ROWS])
        return TWF_OK;
    if (!twf_grow(&t->inputs, &t->input_cap, t->input_len + 1, sizeof(t->now)) ||
        (t->now.path = twf_strdup(s->uri)) == NULL)
        return no_memory(err);
    t->inputs[t->input_len++] = t->now;
    return TWF_OK;
}

static enum twf_status whole_input(struct twf_ledger *t, const char *code, const char *text,
                                   struct twf_error *err)
{
    struct twf_remark r = {.code = code, .text = text, .incomplete = true};

    return add_incident(t, &r, err);
}

/* What only the whole input can tell. */
static enum twf_status judge_input(struct twf_ledger *t, const struct twf_part *p, struct twf_error *err)
{
    const struct twf_counts *c = &t->now.counts;

    if (p->changed)
        TWF_TRY(whole_input(t, "changed", "the input changed while it was read", err));
    if (c->journal_undecodable > 0)
        TWF_TRY(whole_input(t, "undecodable", "journal reports whose message cannot be read", err));
    for (int i = 0; i < TWF_LIMIT_COUNT; i++) {
        if (c->limits[i] > 0)
            TWF_TRY(whole_input(t, "limit", twf_limit_name((enum twf_limit)i), err));
    }
    if (c->messages != c->judged + c->skipped_time + c->skipped_not_mail + c->failed)
        return twf_error_set(err, TWF_ERR_INTERNAL, c->in_bytes,
                             "the sum of messages of an input does not close");
    return TWF_OK;
}

static enum twf_status finish(struct twf_ledger *t, const struct twf_part *p, struct twf_error *err)
{
    TWF_TRY(judge_input(t, p, err));
    t->now.codec = p->codec;
    t->now.container = p->container;
    memcpy(t->now.sha256, t->source->sha256, sizeof(t->now.sha256));
    t->now.complete = !t->incomplete;
    if (p->failed)
        t->failed++;
    else if (t->incomplete)
        t->damaged++;
    twf_counts_add(&t->counts, &t->now.counts);
    if (t->now.path != NULL)
        t->inputs[t->input_len - 1] = t->now;
    twf_source_free(t->source);
    t->source = NULL;
    t->incident_source = NULL;
    return TWF_OK;
}

static enum twf_status take_part(struct twf_ledger *t, const struct twf_part *p, struct twf_error *err)
{
    if (t->source == NULL)
        TWF_TRY(begin(t, p->source, err));
    for (const struct twf_remark *r = p->remarks; r != NULL; r = r->next)
        TWF_TRY(add_incident(t, r, err));
    twf_counts_add(&t->now.counts, &p->counts);
    return p->ends ? finish(t, p, err) : TWF_OK;
}

void twf_ledger_dedup(struct twf_ledger *t, struct twf_job *j)
{
    /* A job without batches comes once; one with batches each time a batch is asked for. */
    t->counts.duplicates += twf_dedup_mark(&t->seen, &j->keys, j->batches);
    j->keys.len = 0;
}

enum twf_status twf_ledger_take(struct twf_ledger *t, const struct twf_job *j, struct twf_error *err)
{
    for (const struct twf_part *p = j->parts; p != NULL; p = p->next) {
        enum twf_status status = take_part(t, p, err);

        if (status == TWF_OK)
            continue;
        while ((p = p->next) != NULL) /* inputs that nobody will hear of */
            twf_source_free(p->source);
        return status;
    }
    twf_rule_hits_join(&t->rule_hits, &j->rule_hits);
    twf_pairs_join(t->pairs, j->pairs);
    return twf_pairs_failed(t->pairs) ? no_memory(err) : TWF_OK;
}

void twf_ledger_totals(const struct twf_ledger *t, struct twf_totals *out)
{
    out->counts = t->counts;
    if (t->source != NULL)
        twf_counts_add(&out->counts, &t->now.counts);
    out->inputs = t->input_count;
    out->inputs_damaged = t->damaged;
    out->inputs_failed = t->failed;
    out->inputs_complete = t->input_count - t->damaged - t->failed - (t->source != NULL);
    out->input = t->inputs;
    out->input_listed = t->input_len;
    out->incidents = t->incidents;
    out->incident_count = t->incident_count;
    out->incident_listed = t->incident_len;
    out->pairs = twf_pairs_list(t->pairs, t->setup->judge.protect, &out->pair_listed, &out->pair_count);
    if (t->setup->rules != NULL) {
        out->rules = t->rules;
        out->rule_count = twf_rule_hits_list(&t->rule_hits, t->rules);
        out->rules_digest = twf_rules_digest(t->setup->rules);
    }
    out->incomplete = t->damaged + t->failed > 0;
}
