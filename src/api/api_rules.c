/* SPDX-License-Identifier: Apache-2.0 */
/* rules list, lint, test and show; and the rules that a run has. */
#define _GNU_SOURCE
#include <twofrom/tools.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/rules_tool.h"
#include "base/alloc.h"
#include "base/error.h"
#include "report/report.h"

enum { TEXT_MAX = 4096, LINE_MAX_SHOWN = 120, LINE_LEFT = 40 };

void twf_rules_source_of(const struct twf_options *o, struct twf_rules_source *source)
{
    *source = (struct twf_rules_source){.paths = (const char *const *)o->rules.items,
                                        .path_count = o->rules.len,
                                        .filters = (const char *const *)o->filters.items,
                                        .filter_count = o->filters.len,
                                        .shipped = !o->no_shipped_rules,
                                        .set = o->rules_set,
                                        .no_prefilter = o->no_prefilter,
                                        .for_examples = o->rules_for_examples,
                                        .regex_steps = o->limits.value[TWF_LIMIT_REGEX]};
}

enum twf_status twf_options_rules(const struct twf_options *o, struct twf_rules **out,
                                  struct twf_error *err)
{
    struct twf_rules_source source;
    enum twf_status status;

    *out = NULL;
    twf_rules_source_of(o, &source);
    source.cache_dir = o->rules_cache;
    TWF_TRY(twf_rules_load(&source, NULL, NULL, out, err));
    status = twf_rules_empty(*out) ? TWF_OK : twf_rules_compile(*out, NULL, NULL, err);
    if (status != TWF_OK || twf_rules_empty(*out)) {
        twf_rules_free(*out);
        *out = NULL;
    }
    return status;
}

/* ---- faults as people see them ---- */

struct face {
    const struct twf_options *o;
    struct twf_buf *out;
    uint64_t errors, warnings;
};

/* s as a terminal may have it, but for backslashes, which rules are full of: they are not doubled.
 */
static void put_text(struct face *f, struct twf_span s)
{
    while (s.len > 0) {
        size_t n = twf_span_find(s, '\\');

        twf_text_terminal(f->out, twf_span_slice(s, 0, n), f->o->ascii, TEXT_MAX);
        if (n < s.len)
            twf_buf_byte(f->out, '\\');
        s = twf_span_slice(s, n + 1, s.len);
    }
}

/* Columns that s takes on the screen once it is escaped. */
static size_t width_of(struct face *f, struct twf_span s)
{
    size_t from = f->out->len, n = 0;

    put_text(f, s);
    for (size_t i = from; i < f->out->len; i++)
        n += (f->out->ptr[i] & 0xC0) != 0x80;
    f->out->len = from;
    return n;
}

/* The source line with a caret below; of a long one the part around the fault. */
static void put_source(struct face *f, const struct twf_rule_diag *d)
{
    size_t at = d->column - 1, from = at > LINE_MAX_SHOWN - LINE_LEFT ? at - LINE_LEFT : 0;
    struct twf_span line = twf_span_slice(d->source, from, from + LINE_MAX_SHOWN);
    size_t pad = width_of(f, twf_span_slice(line, 0, at - from));
    size_t len = width_of(f, twf_span_slice(line, at - from, at - from + d->len));

    twf_buf_printf(f->out, "%5u | %s", d->line, from > 0 ? "..." : "");
    put_text(f, line);
    twf_buf_printf(f->out, "\n      | %*s^", (int)(pad + (from > 0 ? 3 : 0)), "");
    for (size_t i = 1; i < len; i++)
        twf_buf_byte(f->out, '~');
    twf_buf_byte(f->out, '\n');
}

static void put_diag(void *ctx, const struct twf_rule_diag *d)
{
    struct face *f = ctx;

    *(d->warning ? &f->warnings : &f->errors) += 1;
    put_text(f, twf_span_str(d->path));
    if (d->line > 0)
        twf_buf_printf(f->out, ":%u:%u", d->line, d->column);
    twf_buf_printf(f->out, ": %s R%03u: ", d->warning ? "warning" : "error", d->number);
    put_text(f, twf_span_str(d->text));
    twf_buf_byte(f->out, '\n');
    if (d->line > 0)
        put_source(f, d);
}

/* ---- tasks ---- */

struct task {
    struct face face;
    const char *target; /* path or id, or NULL */
    bool is_path, with_hs;
    struct twf_rules *rules;
    int *exit_code;
};

/* Whether rule i is what the target names; everything without one. */
static bool is_meant(const struct task *t, size_t i)
{
    const struct twf_rule_info *info = twf_rules_info(t->rules, i);

    if (t->target == NULL)
        return true;
    return t->is_path ? !info->is_shipped
                      : strncmp(info->id, t->target, strlen(t->target)) == 0 ||
                            strcmp(info->path, t->target) == 0;
}

static enum twf_status load(struct task *t, bool for_examples, struct twf_error *err)
{
    struct twf_rules_source source;
    enum twf_status status;

    twf_rules_source_of(t->face.o, &source);
    source.for_examples = for_examples;
    if (t->is_path) {
        source.paths = &t->target;
        source.path_count = 1;
    }
    status = twf_rules_load(&source, put_diag, &t->face, &t->rules, err);
    if (status == TWF_OK)
        status = twf_rules_compile(t->rules, put_diag, &t->face, err);
    if (status == TWF_ERR_RULES) {
        *t->exit_code = 2;
        return TWF_END; /* what was wrong is said */
    }
    return status;
}

static void put_summary(struct task *t, uint64_t rules, uint64_t on, uint64_t filters,
                        const uint64_t *levels, const uint64_t *statuses)
{
    struct twf_buf *b = t->face.out;
    const char *sep = ": ";

    twf_buf_printf(b, "%llu rule%s, %llu on, and %llu filter%s", (unsigned long long)rules,
                   rules == 1 ? "" : "s", (unsigned long long)on, (unsigned long long)filters,
                   filters == 1 ? "" : "s");
    for (int i = TWF_LEVEL_COUNT - 1; i >= 0; i--) {
        if (levels[i] == 0)
            continue;
        twf_buf_printf(b, "%s%llu %s", sep, (unsigned long long)levels[i], twf_level_names[i]);
        sep = " + ";
    }
    sep = "; ";
    for (int i = 0; i < TWF_RULE_STATUS_COUNT; i++) {
        if (statuses[i] == 0)
            continue;
        twf_buf_printf(b, "%s%llu %s", sep, (unsigned long long)statuses[i],
                       twf_rule_status_names[i]);
        sep = " + ";
    }
    twf_buf_byte(b, '\n');
}

static enum twf_status list(struct task *t, struct twf_error *err)
{
    struct twf_buf *b = t->face.out;
    uint64_t rules = 0, on = 0, filters = 0, levels[TWF_LEVEL_COUNT] = {0};
    uint64_t statuses[TWF_RULE_STATUS_COUNT] = {0};

    TWF_TRY(load(t, false, err));
    twf_buf_printf(b, "%-13s  %-12s  %-3s  %-36s  %s\n", "LEVEL", "STATUS", "ON", "ID", "TITLE");
    for (size_t i = 0; i < twf_rules_count(t->rules); i++) {
        const struct twf_rule_info *info = twf_rules_info(t->rules, i);

        if (!is_meant(t, i))
            continue;
        twf_buf_printf(b, "%-13s  %-12s  %-3s  ",
                       info->is_filter ? "(filter)" : twf_level_names[info->level],
                       twf_rule_status_names[info->status], info->is_on ? "yes" : "no");
        put_text(&t->face, twf_span_str(info->id));
        twf_buf_printf(b, "%*s  ", (int)(strlen(info->id) < 36 ? 36 - strlen(info->id) : 0), "");
        put_text(&t->face, twf_span_str(info->title));
        twf_buf_byte(b, '\n');
        filters += info->is_filter;
        rules += !info->is_filter;
        on += !info->is_filter && info->is_on;
        levels[info->level] += !info->is_filter;
        statuses[info->status] += !info->is_filter;
    }
    put_summary(t, rules, on, filters, levels, statuses);
    return TWF_OK;
}

static enum twf_status lint(struct task *t, struct twf_error *err)
{
    struct twf_buf *b = t->face.out;
    uint64_t count = 0;
    enum twf_status status = load(t, true, err);

    if (status != TWF_OK && status != TWF_END)
        return status;
    for (size_t i = 0; t->rules != NULL && i < twf_rules_count(t->rules); i++)
        count += is_meant(t, i);
    if (status == TWF_OK)
        twf_buf_printf(b, "%llu file%s, ", (unsigned long long)count, count == 1 ? "" : "s");
    twf_buf_printf(b, "%llu error%s, %llu warning%s\n", (unsigned long long)t->face.errors,
                   t->face.errors == 1 ? "" : "s", (unsigned long long)t->face.warnings,
                   t->face.warnings == 1 ? "" : "s");
    return status;
}

static enum twf_status test(struct task *t, struct twf_error *err)
{
    struct twf_buf *b = t->face.out;
    struct twf_example_counts counts = {0};
    uint64_t rules = 0;
    bool *meant;
    enum twf_status status;

    TWF_TRY(load(t, true, err));
    meant = twf_calloc(twf_rules_count(t->rules) + 1, sizeof(*meant));
    if (meant == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for examples");
    for (size_t i = 0; i < twf_rules_count(t->rules); i++) {
        meant[i] = is_meant(t, i);
        rules += meant[i];
    }
    status = twf_rules_run_examples(t->face.o, t->is_path ? t->target : NULL, t->rules, meant, b,
                                    &counts, err);
    twf_free(meant);
    TWF_TRY(status);
    twf_buf_printf(b, "%llu rules, %llu without examples; %llu examples passed, %llu failed\n",
                   (unsigned long long)rules, (unsigned long long)counts.without,
                   (unsigned long long)counts.passed, (unsigned long long)counts.failed);
    if (counts.failed > 0)
        *t->exit_code = 2;
    return TWF_OK;
}

static enum twf_status show(struct task *t, struct twf_error *err)
{
    struct twf_buf *b = t->face.out;
    bool any = false;

    TWF_TRY(load(t, false, err));
    for (size_t i = 0; i < twf_rules_count(t->rules); i++) {
        const struct twf_rule_info *info = twf_rules_info(t->rules, i);
        struct twf_span rest = twf_rules_text(t->rules, i);
        struct twf_buf lines;

        if (!is_meant(t, i))
            continue;
        any = true;
        twf_buf_str(b, "# ");
        put_text(&t->face, twf_span_str(info->path));
        twf_buf_printf(b, "  %s\n", info->is_on ? "on" : "off");
        twf_buf_init(&lines);
        if (t->with_hs) {
            twf_rules_describe(t->rules, i, &lines);
            rest = twf_buf_view(&lines);
        }
        while (rest.len > 0) {
            size_t end = twf_span_find(rest, '\n');

            put_text(&t->face, twf_span_slice(rest, 0, end));
            twf_buf_byte(b, '\n');
            rest = twf_span_slice(rest, end + 1, rest.len);
        }
        b->failed |= lines.failed;
        twf_buf_fini(&lines);
    }
    return any ? TWF_OK
               : twf_error_set(err, TWF_ERR_ARG, 0, "no rule has the id or path '%.200s'",
                               t->target);
}

static bool looks_like_path(const char *target)
{
    struct twf_span s = twf_span_str(target);

    return strchr(target, '/') != NULL || twf_span_ends_fold(s, ".yml") ||
           twf_span_ends_fold(s, ".yaml") || access(target, F_OK) == 0;
}

enum twf_status twf_rules_tool(const struct twf_options *o, enum twf_rules_task what,
                               const char *target, int with_hs, twf_write_fn *write, void *ctx,
                               int *exit_code, struct twf_error *err)
{
    struct twf_buf out;
    struct task t = {.face = {.o = o, .out = &out}, .target = target, .exit_code = exit_code};
    enum twf_status status;

    *exit_code = 0;
    t.with_hs = with_hs != 0;
    /* "rules/..." names a built-in rule as list and lint show it, where no such file lies here. */
    t.is_path = target != NULL && looks_like_path(target) &&
                (access(target, F_OK) == 0 || strncmp(target, "rules/", 6) != 0);
    twf_buf_init(&out);
    status = what == TWF_RULES_LIST   ? list(&t, err)
             : what == TWF_RULES_LINT ? lint(&t, err)
             : what == TWF_RULES_TEST ? test(&t, err)
                                      : show(&t, err);
    if (status == TWF_END)
        status = TWF_OK;
    if (status == TWF_OK && out.failed)
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for the answer");
    if (status == TWF_OK && write(ctx, out.ptr, out.len) != 0)
        status = twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write");
    twf_rules_free(t.rules);
    twf_buf_fini(&out);
    return status;
}
