/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Examples of rules as small messages through the same worker that a run has: what a rule hits here
 * it hits in an archive.
 */
#include "api/rules_tool.h"
#include "api/run.h"
#include "base/alloc.h"
#include "base/error.h"
#include "report/report.h"

/* The domain that examples may imitate: --protect of the test. */
static char protected_domain[] = "bank.example";

struct trial {
    const struct twf_rules *rules;
    struct twf_buf *out;
    struct twf_example_counts *counts;
    const struct twf_rule_example **examples; /* by the index of the message */
    size_t *owners;                           /* the rule of each */
    struct twf_span *sidecars;
    bool *hits; /* of each */
    size_t count;
    bool ascii;
};

/* The examples that are meant, one after another. */
static bool collect(struct trial *t, const bool *meant)
{
    size_t rules = twf_rules_count(t->rules), total = 0, n;

    for (size_t i = 0; i < rules; i++) {
        (void)twf_rules_examples(t->rules, i, &n);
        total += meant[i] ? n : 0;
    }
    t->examples = twf_calloc(total + 1, sizeof(*t->examples));
    t->owners = twf_calloc(total + 1, sizeof(*t->owners));
    t->sidecars = twf_calloc(total + 1, sizeof(*t->sidecars));
    t->hits = twf_calloc(total + 1, sizeof(*t->hits));
    if (t->examples == NULL || t->owners == NULL || t->sidecars == NULL || t->hits == NULL)
        return false;
    for (size_t i = 0; i < rules; i++) {
        const struct twf_rule_example *e = twf_rules_examples(t->rules, i, &n);

        t->counts->without += meant[i] && n == 0;
        for (size_t k = 0; meant[i] && k < n; k++) {
            t->sidecars[t->count] = e[k].mail_from;
            t->owners[t->count] = i;
            t->examples[t->count++] = &e[k];
        }
    }
    return true;
}

static void report(struct trial *t, size_t at)
{
    const struct twf_rule_info *info = twf_rules_info(t->rules, t->owners[at]);
    bool want = t->examples[at]->hit;

    twf_text_terminal(t->out, twf_span_str(info->path), t->ascii, 4096);
    twf_buf_printf(t->out, ":%u: error R025: this example says hit: %s, but the %s %s\n",
                   t->examples[at]->line, want ? "true" : "false",
                   info->is_filter ? "filter" : "rule",
                   info->is_filter ? (want ? "leaves it alone" : "takes it away")
                                   : (want ? "does not hit" : "hits"));
}

/* A batch of rows: each belongs to the example whose index its message has; a journal report may
 * give two. */
static enum twf_status take_rows(void *ctx, struct twf_batch **b, struct twf_error *err)
{
    struct trial *t = ctx;
    const struct twf_col *ids = &(*b)->cols[TWF_COL_rule_ids];
    const struct twf_col *index = &(*b)->cols[TWF_COL_message_index];

    (void)err;
    for (uint32_t row = 0; row < (*b)->rows; row++) {
        size_t at = (size_t)twf_col_int(index, row);
        const char *id = twf_rules_info(t->rules, t->owners[at])->id;

        for (uint32_t i = 0; i < twf_col_list_len(ids, row); i++)
            t->hits[at] |= twf_span_is(twf_col_list_item(ids, row, i), id);
    }
    return TWF_OK;
}

static void compare(struct trial *t)
{
    for (size_t at = 0; at < t->count; at++) {
        if (t->hits[at] == t->examples[at]->hit) {
            t->counts->passed++;
            continue;
        }
        t->counts->failed++;
        report(t, at);
    }
}

static enum twf_status judge_all(struct trial *t, const struct twf_setup *setup,
                                 struct twf_error *err)
{
    struct twf_place place = {.source_uri = "example", .source_id = "0", .verified = "none"};
    struct twf_counts counts = {0};
    struct twf_worker *w;
    enum twf_status status = twf_worker_new(setup, &w, err);

    if (status != TWF_OK)
        return status;
    twf_worker_begin(w, NULL, take_rows, t);
    for (size_t i = 0; status == TWF_OK && i < t->count; i++) {
        const struct twf_rule_example *e = t->examples[i];
        struct twf_message m = {
            .len = e->message.len, .index = i, .text = e->message, .container = TWF_CONTAINER_EML};

        status = twf_worker_judge(w, &place, &m, 1, e->has_mail_from ? &t->sidecars[i] : NULL,
                                  &counts, err);
    }
    if (status == TWF_OK)
        status = twf_worker_end(w, err);
    twf_worker_free(w);
    return status;
}

enum twf_status twf_rules_run_examples(const struct twf_options *o, struct twf_rules *r,
                                       const bool *meant, struct twf_buf *out,
                                       struct twf_example_counts *counts, struct twf_error *err)
{
    char *protect[] = {protected_domain};
    struct trial t = {.rules = r, .out = out, .counts = counts, .ascii = o->ascii};
    struct twf_options plain = *o;
    struct twf_run *run = NULL;
    enum twf_status status;

    plain.outputs = plain.rules = plain.filters = (struct twf_strings){0};
    plain.protect = (struct twf_strings){protect, 1};
    plain.no_shipped_rules = plain.all = true;
    status = twf_run_prepare(&plain, &run, err);
    if (status == TWF_OK && !collect(&t, meant))
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for examples");
    if (status == TWF_OK) {
        run->setup.rules = r;
        status = judge_all(&t, &run->setup, err);
        run->setup.rules = NULL;
        if (status == TWF_OK)
            compare(&t);
    }
    twf_run_close(run);
    twf_free(t.examples);
    twf_free(t.owners);
    twf_free(t.sidecars);
    twf_free(t.hits);
    return status;
}
