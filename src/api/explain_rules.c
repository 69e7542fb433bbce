/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules read the columns of a batch: the message gets one of a single row, made as scan makes it, so
 * that the answer is the scan's.
 */
#include "api/explain_rules.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "pipe/record.h"
#include "rules/rules.h"

struct twf_explain_rules {
    const struct twf_setup *setup;
    struct twf_rules_scratch *scratch;
    struct twf_batch *batch;
    struct twf_arena arena;
    struct twf_buf text;
    struct twf_rule_hit *hits; /* room for every rule */
    uint64_t *count;           /* what each of them hit: this message, or not */
};

enum twf_status twf_explain_rules_new(const struct twf_setup *setup, struct twf_explain_rules **out,
                                      struct twf_error *err)
{
    struct twf_explain_rules *e;
    size_t count;

    *out = NULL;
    if (setup->rules == NULL)
        return TWF_OK;
    count = twf_rules_count(setup->rules);
    e = twf_calloc(1, sizeof(*e));
    if (e == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to explain");
    e->setup = setup;
    twf_arena_init(&e->arena, 64 * 1024);
    twf_buf_init(&e->text);
    e->batch = twf_batch_new();
    e->hits = twf_calloc(count, sizeof(*e->hits));
    e->count = twf_calloc(count, sizeof(*e->count));
    *out = e;
    if (e->batch == NULL || e->hits == NULL || e->count == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to explain");
    return twf_rules_scratch_new(setup->rules, &e->scratch, err);
}

void twf_explain_rules_free(struct twf_explain_rules *e)
{
    if (e == NULL)
        return;
    twf_rules_scratch_free(e->scratch);
    twf_batch_free(e->batch);
    twf_free(e->hits);
    twf_free(e->count);
    twf_buf_fini(&e->text);
    twf_arena_fini(&e->arena);
    twf_free(e);
}

/* Rules that hit, and filters that took a hit away. */
static void collect(struct twf_explain_rules *e, const struct twf_verdict *v,
                    struct twf_subject_place *at)
{
    size_t count = twf_rules_count(e->setup->rules);
    enum twf_level level = v->level;

    memset(e->count, 0, count * sizeof(*e->count));
    twf_rules_take_hits(e->scratch, e->count);
    for (size_t i = 0; i < count; i++) {
        const struct twf_rule_info *info = twf_rules_info(e->setup->rules, i);

        at->rules_asked += info->is_on && !info->is_filter;
        if (e->count[i] == 0)
            continue;
        e->hits[at->rule_hit_count++] =
            (struct twf_rule_hit){info->id, info->title, info->level, info->is_filter};
        if (!info->is_filter)
            level = TWF_MAX(level, info->level);
    }
    at->rule_hits = e->hits;
    at->level = level;
    at->score_base = twf_score_base(level);
}

bool twf_explain_rules_ask(struct twf_explain_rules *e, const struct twf_place *place,
                           const struct twf_subject *subject, const struct twf_verdict *v,
                           struct twf_subject_place *at)
{
    if (e == NULL)
        return true;
    twf_arena_reset(&e->arena);
    twf_batch_reset(e->batch);
    twf_rules_forget(e->scratch);
    twf_record_put(e->batch, 0, e->setup, place, subject, v, true, &e->arena, &e->text);
    (void)twf_rules_put(e->scratch, 0, subject->head);
    twf_batch_finish(e->batch, 1);
    if (e->batch->failed || e->arena.failed)
        return false;
    twf_rules_batch(e->scratch, e->batch, TWF_LEVEL_NONE, NULL);
    if (e->batch->failed)
        return false;
    collect(e, v, at);
    at->score = (int)twf_col_int(&e->batch->cols[TWF_COL_score], 0);
    return true;
}
