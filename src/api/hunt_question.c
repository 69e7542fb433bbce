/* SPDX-License-Identifier: Apache-2.0 */
/* What a hunt asks: expressions and rules into sets, fields into columns, and what makes no sense refused. */
#include "api/hunt_job.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum { SET_MAX = 1000 }; /* expressions that are asked together */

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a hunt");
}

/* A set of these expressions and, with files, of the rules that --rules names; of the shipped ones never. */
static enum twf_status load_set(const struct twf_hunt_job *j, const char *const *expressions, size_t n,
                                bool all_of, bool files, struct twf_rules **out,
                                struct twf_error *err)
{
    const struct twf_options *o = j->options;
    struct twf_rules_source source = {.expressions = expressions,
                                      .expression_count = n,
                                      .icase = o->ignore_case,
                                      .all_of = all_of,
                                      .no_prefilter = o->no_prefilter,
                                      .no_digest = true, /* the run_id of a hunt is of the words as given */
                                      .cache_dir = o->rules_cache};

    if (files) {
        source.paths = (const char *const *)o->rules.items;
        source.path_count = o->rules.len;
        source.filters = (const char *const *)o->filters.items;
        source.filter_count = o->filters.len;
    }
    TWF_TRY(twf_rules_load(&source, NULL, NULL, out, err));
    return o->no_prefilter ? TWF_OK : twf_rules_compile(*out, NULL, NULL, err);
}

/* What stands before the colon. */
static struct twf_span field_of(const char *expression)
{
    struct twf_span all = twf_span_str(expression);

    return twf_span_slice(all, 0, twf_span_find(all, ':'));
}

/*
 * Expressions about one field are one set, for the columns of a set are looked at together; with all_of
 * each is its own, for each has to hit.
 */
static enum twf_status load_sets(struct twf_hunt_job *j, struct twf_error *err)
{
    const struct twf_strings *e = &j->options->expressions;
    const char **group = twf_calloc(e->len + 1, sizeof(char *));
    bool *taken = twf_calloc(e->len + 1, sizeof(bool));
    enum twf_status status = group == NULL || taken == NULL ? no_memory(err) : TWF_OK;

    for (size_t i = 0; status == TWF_OK && i < e->len; i++) {
        size_t n = 0;

        for (size_t k = i; k < e->len && n < SET_MAX && (n == 0 || !j->options->all_of); k++) {
            if (taken[k] || !twf_span_eq(field_of(e->items[k]), field_of(e->items[i])))
                continue;
            taken[k] = true;
            group[n++] = e->items[k];
        }
        if (n == e->len && j->options->rules.len == 0)
            j->sets[j->set_count++] = j->all; /* nothing else is asked: compiled already */
        else if (n > 0)
            status = load_set(j, group, n, false, false, &j->sets[j->set_count++], err);
    }
    twf_free(group);
    twf_free(taken);
    return status;
}

enum twf_status twf_hunt_make_question(struct twf_hunt_job *j, struct twf_error *err)
{
    const struct twf_options *o = j->options;
    size_t n = o->expressions.len;
    bool files = o->rules.len > 0;

    if (n == 0 && !files)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "a hunt needs a question: -e FIELD:REGEX, or --rules PATH");
    j->sets = twf_calloc(n + 1, sizeof(struct twf_rules *));
    if (j->sets == NULL)
        return no_memory(err);
    TWF_TRY(load_set(j, (const char *const *)o->expressions.items, n, o->all_of, files, &j->all, err));
    TWF_TRY(load_sets(j, err));
    j->needed = o->all_of ? j->set_count : 0;
    if (files && n == 0)
        j->sets[j->set_count++] = j->all;
    else if (files)
        TWF_TRY(load_set(j, NULL, 0, false, true, &j->sets[j->set_count++], err));
    j->asked = twf_calloc(j->set_count, sizeof(*j->asked));
    if (j->asked == NULL)
        return no_memory(err);
    for (uint32_t i = 0; i < j->set_count; i++)
        j->asked[i].rules = j->sets[i];
    return TWF_OK;
}

/* A column of the record by its name, or by that of the field in rules. */
static int column_of(const char *name)
{
    static const struct {
        const char *field, *column;
    } others[] = {{"p2.fields", "p2_field_count"},     {"p2.mailboxes", "p2_mailbox_count"},
                  {"p2.raw", "from_raw"},              {"replyto.address", "reply_to_address"},
                  {"message.size", "message_length"},  {"message.date", "date"},
                  {"message.received", "date_received"}, {"archive.name", "source_uri"},
                  {"archive.member", "member"},        {"subject", "subject_raw"}};
    char flat[64];
    size_t n;

    for (size_t i = 0; i < TWF_COUNT(others); i++) {
        if (strcmp(name, others[i].field) == 0)
            name = others[i].column;
    }
    n = strlen(name);
    if (n >= sizeof(flat))
        return -1;
    memcpy(flat, name, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (flat[i] == '.')
            flat[i] = '_';
    }
    for (int col = 0; col < TWF_COL_COUNT; col++) {
        if (strcmp(flat, twf_col_infos[col].name) == 0 && twf_col_infos[col].index != 'X')
            return col;
    }
    return -1;
}

/* Whether a column stands in a record of the outputs asked for; that of the table needs only a few. */
static void choose_columns(struct twf_hunt_job *j)
{
    static const enum twf_col_id table[] = {
        TWF_COL_level,      TWF_COL_score,     TWF_COL_date,      TWF_COL_date_received,
        TWF_COL_p1_address, TWF_COL_p1_domain, TWF_COL_p1_source, TWF_COL_p1_null,
        TWF_COL_p2_address, TWF_COL_p2_domain, TWF_COL_p2_mailbox_count, TWF_COL_findings,
        TWF_COL_source_uri, TWF_COL_message_offset};
    struct twf_hunt_question *q = &j->question;
    const struct twf_outputs *o = &j->base->outputs;
    bool whole = false;

    for (size_t i = 0; i < o->len; i++)
        whole |= strcmp(o->items[i].sink->name, "table") != 0;
    for (int col = 0; col < TWF_COL_COUNT; col++) {
        char index = twf_col_infos[col].index;

        q->want[col] = whole && (index == 'I' || (col == TWF_COL_header_rest && o->options.with_headers));
    }
    for (size_t i = 0; i < TWF_COUNT(table); i++)
        q->want[table[i]] = true;
}

enum twf_status twf_hunt_begin(struct twf_hunt_job *j, struct twf_error *err)
{
    const struct twf_options *o = j->options;
    struct twf_hunt_question *q = &j->question;

    *q = (struct twf_hunt_question){.kernels = &j->base->setup.kernels,
                                    .sets = j->asked,
                                    .set_count = j->set_count,
                                    .needed = j->needed,
                                    .all = j->all,
                                    .clock = o->clock,
                                    .since_us = o->since_us,
                                    .until_us = o->until_us,
                                    .min_level = o->min_level_given ? o->min_level : TWF_LEVEL_NONE,
                                    .rows = !o->count && o->group_by == NULL,
                                    .with_subject = o->with_subject,
                                    .group = -1,
                                    .redact = j->base->redact,
                                    .run_id = j->base->setup.run_id,
                                    .threads = o->threads,
                                    .stop = j->hooks->stop};
    if (o->clock == TWF_CLOCK_FROM_LINE)
        return twf_error_set(err, TWF_ERR_ARG, 0, "--clock: a hunt knows date and received only");
    if (o->no_index && o->only_index)
        return twf_error_set(err, TWF_ERR_ARG, 0, "--no-index and --only-index leave nothing");
    if (o->group_by != NULL && (q->group = column_of(o->group_by)) < 0)
        return twf_error_set(err, TWF_ERR_ARG, 0, "--group-by: no field '%.60s'", o->group_by);
    for (size_t i = 0; i < j->base->outputs.len; i++) {
        if (j->base->outputs.items[i].sink->document)
            return twf_error_set(err, TWF_ERR_ARG, 0, "--output: a hunt writes records, no %s",
                                 j->base->outputs.items[i].sink->name);
    }
    if (!q->rows && j->base->outputs.len > 0)
        return twf_error_set(err, TWF_ERR_ARG, 0, "--output: there are no records with --%s",
                             o->count ? "count" : "group-by");
    choose_columns(j);
    TWF_TRY(twf_hunter_new(q, &j->hunter, err));
    return q->rows ? twf_outputs_open(&j->base->outputs, err) : TWF_OK;
}
