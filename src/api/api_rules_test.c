/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Examples of rules as small messages, judged as twf_check_message judges any: what a rule hits
 * here it hits in an archive.
 */
#include <twofrom/twofrom.h>

#include "api/rules_tool.h"
#include "base/error.h"
#include "report/report.h"

/* The domain that examples may imitate: --protect of the test. */
static char protected_domain[] = "bank.example";

struct trial {
    const struct twf_rules *rules;
    struct twf_check *check;
    struct twf_buf *out;
    struct twf_example_counts *counts;
    bool ascii;
};

static void report(struct trial *t, const struct twf_rule_info *info,
                   const struct twf_rule_example *e)
{
    const char *what = info->is_filter
                           ? (e->hit ? "filter leaves it alone" : "filter takes it away")
                           : (e->hit ? "rule does not hit" : "rule hits");

    twf_text_terminal(t->out, twf_span_str(info->path), t->ascii, 4096);
    twf_buf_printf(t->out, ":%u: error R025: this example says hit: %s, but the %s\n", e->line,
                   e->hit ? "true" : "false", what);
}

/* Whether a row of the batch has the id; a journal report may give two rows. */
static bool has_hit(const struct twf_batch *b, const char *id)
{
    const struct twf_col *ids = &b->cols[TWF_COL_rule_ids];

    for (uint32_t row = 0; row < b->rows; row++) {
        for (uint32_t i = 0; i < twf_col_list_len(ids, row); i++) {
            if (twf_span_is(twf_col_list_item(ids, row, i), id))
                return true;
        }
    }
    return false;
}

static enum twf_status try_rule(struct trial *t, size_t i, struct twf_error *err)
{
    const struct twf_rule_info *info = twf_rules_info(t->rules, i);
    size_t count;
    const struct twf_rule_example *e = twf_rules_examples(t->rules, i, &count);

    t->counts->without += count == 0;
    for (size_t k = 0; k < count; k++) {
        struct twf_envelope env = {NULL, 0};
        const struct twf_batch *b;

        if (e[k].has_mail_from) {
            env.mail_from = e[k].mail_from.len == 0 ? "" : (const char *)e[k].mail_from.ptr;
            env.mail_from_len = e[k].mail_from.len;
        }
        TWF_TRY(twf_check_message(t->check, e[k].message.ptr, e[k].message.len, &env, &b, err));
        if (has_hit(b, info->id) == e[k].hit) {
            t->counts->passed++;
        } else {
            t->counts->failed++;
            report(t, info, &e[k]);
        }
    }
    return TWF_OK;
}

enum twf_status twf_rules_run_examples(const struct twf_options *o, const char *path,
                                       const struct twf_rules *r, const bool *meant,
                                       struct twf_buf *out, struct twf_example_counts *counts,
                                       struct twf_error *err)
{
    char *protect[] = {protected_domain}, *paths[1];
    struct trial t = {.rules = r, .out = out, .counts = counts, .ascii = o->ascii};
    struct twf_options plain = *o;
    enum twf_status status;

    plain.protect = (struct twf_strings){protect, 1};
    plain.rules_for_examples = true;
    if (path != NULL) {
        /* Strings of options are not written to. */
        memcpy(paths, &path, sizeof(path));
        plain.rules = (struct twf_strings){paths, 1};
    }
    status = twf_check_new(&plain, &t.check, err);
    for (size_t i = 0; status == TWF_OK && i < twf_rules_count(r); i++) {
        if (meant[i])
            status = try_rule(&t, i, err);
    }
    twf_check_free(t.check);
    return status;
}
