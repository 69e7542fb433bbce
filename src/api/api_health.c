/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health: a run that looks at every message and writes no record, and what it tells about archives and
 * servers. exchange.h has the facts, inventory.h the counting.
 */
#define _GNU_SOURCE
#include <twofrom/tools.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/confine.h"
#include "api/diff_file.h"
#include "api/health.h"
#include "api/health_line.h"
#include "api/output_guard.h"
#include "api/run.h"
#include "api/words.h"
#include "base/alloc.h"
#include "base/error.h"
#include "decode/decode.h"

enum { TABLE_MOST = 4 << 20, FOOTER = 64 };

struct job {
    const struct twf_options *options;
    struct twf_exchange_table table;
    struct twf_arena arena; /* of a table out of a file */
    struct twf_inventory inventory;
    struct twf_diff_file diff;
    struct twf_health health;
    struct twf_run *run;
    struct twf_buf text;
    enum twf_status status; /* of what was written while the run went on */
    struct twf_error why;
};

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for health");
}

/* ---- the table of builds ---- */

static enum twf_status load_table(struct job *j, struct twf_error *err)
{
    const char *path = j->options->builds;
    FILE *file;
    uint8_t *bytes;
    size_t len;
    bool failed;

    j->table = *twf_exchange_builtin();
    if (path == NULL)
        return TWF_OK;
    bytes = twf_arena_alloc(&j->arena, TABLE_MOST);
    if (bytes == NULL)
        return no_memory(err);
    file = fopen(path, "re");
    if (file == NULL)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "--builds: %s", path);
    len = fread(bytes, 1, TABLE_MOST, file);
    failed = ferror(file) != 0;
    (void)fclose(file);
    if (failed || len == TABLE_MOST)
        return twf_error_set(err, TWF_ERR_ARG, 0, "--builds: %s %s", path,
                             failed ? "cannot be read" : "is too long");
    return twf_exchange_table_read(&j->arena, twf_span(bytes, len), path, &j->table, err);
}

/* ---- one look at the ends of an archive ---- */

/* Nothing here is an error: whatever cannot be looked at is not told. */
static void look_at(const char *path, struct twf_archive_look *look)
{
    uint8_t head[FOOTER], tail[FOOTER];
    struct twf_seek_table table;
    struct twf_frame_walk walk;
    size_t n, used, need;
    long size;
    FILE *file = strcmp(path, "-") == 0 ? NULL : fopen(path, "re");

    *look = (struct twf_archive_look){.known = false};
    if (file == NULL)
        return;
    n = fread(head, 1, sizeof(head), file);
    twf_frame_walk_init(&walk);
    if (n >= 18 && twf_frame_walk_feed(&walk, head, n, true, &used) != TWF_FRAME_NONE &&
        walk.header_done)
        look->window = walk.info.window;
    if (n > 0 && fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > FOOTER &&
        fseek(file, -(long)FOOTER, SEEK_END) == 0 && fread(tail, 1, FOOTER, file) == FOOTER) {
        enum twf_status status =
            twf_seek_table_read(twf_span(tail, FOOTER), (uint64_t)size, &table, &need, NULL);

        look->known = true;
        look->has_table = status == TWF_OK || status == TWF_ERR_LIMIT;
        look->table_bad = status == TWF_ERR_FORMAT;
        if (status == TWF_OK)
            twf_seek_table_free(&table);
    }
    (void)fclose(file);
}

/* ---- the run ---- */

static void look(void *ctx, const struct twf_place *place, const struct twf_subject *subject,
                 const struct twf_verdict *v)
{
    struct job *j = ctx;
    enum twf_tag_result result = twf_inventory_take(&j->inventory, subject->head, v);

    if (j->status == TWF_OK && (result == TWF_TAG_ONLY_EXCHANGE || result == TWF_TAG_ONLY_US))
        j->status = twf_diff_file_put(&j->diff, place, subject, v, result, &j->why);
}

/* What is still read and written when mail is. */
static enum twf_status confine(const struct job *j, const char *const *inputs, size_t n, twf_log_fn *log,
                               void *log_ctx, struct twf_error *err)
{
    struct twf_confine c = {.failed = false};
    struct twf_sandbox_state state;

    for (size_t i = 0; i < n; i++)
        twf_confine_read(&c, inputs[i]);
    if (j->options->diff_exchange != NULL)
        twf_confine_beside(&c, j->options->diff_exchange, TWF_SANDBOX_WRITE);
    return twf_confine_enter(&c, j->options->sandbox, log, log_ctx, &state, err);
}

static enum twf_status run(struct job *j, const char *const *inputs, size_t n, twf_log_fn *log,
                           void *log_ctx, struct twf_error *err)
{
    struct twf_options plain = *j->options;
    const struct twf_batch *batch;
    enum twf_status status;

    plain.outputs = (struct twf_strings){0};
    plain.sandbox = TWF_SANDBOX_OFF; /* it is entered here, for what comes behind the run too */
    plain.min_level = TWF_LEVEL_CRITICAL; /* few rows: verdicts are looked at as they come */
    plain.fail_on = TWF_LEVEL_NONE;
    plain.all = false;
    plain.no_shipped_rules = true;
    plain.threads = 1; /* one inventory, and rows of --diff-exchange in input order */
    TWF_TRY(twf_run_open(&plain, &j->run, err));
    j->run->setup.skim = false;
    twf_run_set_log(j->run, log, log_ctx);
    twf_pipe_watch(j->run->pipe, look, j);
    for (size_t i = 0; i < n; i++)
        TWF_TRY(twf_run_add_path(j->run, inputs[i], err));
    if (j->options->diff_exchange != NULL)
        TWF_TRY(twf_output_guard(j->options->diff_exchange, inputs, n, err));
    TWF_TRY(twf_diff_file_open(&j->diff, j->options->diff_exchange, j->options->clobber, err));
    TWF_TRY(confine(j, inputs, n, log, log_ctx, err));
    while ((status = twf_run_next(j->run, &batch, err)) == TWF_OK && j->status == TWF_OK)
        continue;
    if (j->status != TWF_OK) {
        if (err != NULL)
            *err = j->why;
        return j->status;
    }
    if (status != TWF_END)
        return status;
    return j->inventory.failed ? no_memory(err) : twf_diff_file_finish(&j->diff, err);
}

/* ---- words ---- */

static enum twf_status tell(struct job *j, size_t inputs, const char *first, twf_write_fn *write,
                            void *ctx, struct twf_error *err)
{
    struct twf_totals totals;

    if (j->health.html)
        twf_health_page_begin(&j->text);
    if (inputs > 0) {
        twf_pipe_totals(j->run->pipe, &totals);
        twf_inventory_sort(&j->inventory);
        j->health.totals = &totals;
        if (totals.inputs == 1)
            look_at(first, &j->health.look);
        twf_health_archives(&j->health, &j->text);
        twf_health_exchange(&j->health, &j->text);
    }
    for (size_t i = 0; i < j->options->exchange_builds.len; i++) {
        uint32_t build[4];

        if (!twf_exchange_build_parse(twf_span_str(j->options->exchange_builds.items[i]), build))
            return twf_error_set(err, TWF_ERR_ARG, 0,
                                 "--exchange-build: '%s' is no build such as 15.2.1544.14",
                                 j->options->exchange_builds.items[i]);
        twf_health_build(&j->health, build, &j->text);
    }
    if (j->health.html)
        twf_health_page_end(&j->text);
    if (j->text.failed)
        return no_memory(err);
    return write(ctx, j->text.ptr, j->text.len) == 0
               ? TWF_OK
               : twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write");
}

static enum twf_status take(struct job *j, const char *const *inputs, size_t n, twf_write_fn *write,
                            void *ctx, twf_log_fn *log, void *log_ctx, int *exit_code,
                            struct twf_error *err)
{
    const struct twf_options *o = j->options;

    if (o->exchange_rule) {
        const char *text = twf_exchange_rule_text();

        return write(ctx, text, strlen(text)) == 0
                   ? TWF_OK
                   : twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write");
    }
    TWF_TRY(load_table(j, err));
    twf_inventory_init(&j->inventory, &j->table, &o->own, o->others,
                       o->limits.value[TWF_LIMIT_ROWS]);
    j->health = (struct twf_health){.options = o,
                                    .table = &j->table,
                                    .inventory = &j->inventory,
                                    .suv1 = (enum twf_suv1)o->suv1,
                                    .rules = (enum twf_transport_rules)o->transport_rules,
                                    .json = o->outputs.len > 0, /* there is no other than jsonl */
                                    .html = o->html};
    if (j->health.json && o->html)
        return twf_error_set(err, TWF_ERR_ARG, 0, "--html and --json exclude each other");
    if (n > 0)
        TWF_TRY(run(j, inputs, n, log, log_ctx, err));
    TWF_TRY(tell(j, n, n > 0 ? inputs[0] : "", write, ctx, err));
    if (j->run != NULL)
        *exit_code = twf_run_exit_code(j->run);
    if (*exit_code == 0 && o->fail_on_color > TWF_GREEN && (int)j->health.worst >= o->fail_on_color)
        *exit_code = 1;
    return TWF_OK;
}

enum twf_status twf_health(const struct twf_options *o, const char *const *inputs, size_t n,
                           twf_write_fn *write, void *ctx, twf_log_fn *log, void *log_ctx,
                           int *exit_code, struct twf_error *err)
{
    struct job *j = twf_calloc(1, sizeof(*j));
    enum twf_status status;

    *exit_code = 0;
    if (j == NULL)
        return no_memory(err);
    j->options = o;
    twf_arena_init(&j->arena, 65536);
    twf_diff_file_init(&j->diff);
    status = take(j, inputs, n, write, ctx, log, log_ctx, exit_code, err);
    twf_run_close(j->run);
    twf_diff_file_fini(&j->diff);
    if (j->inventory.table != NULL)
        twf_inventory_fini(&j->inventory);
    twf_arena_fini(&j->arena);
    twf_buf_fini(&j->text);
    twf_free(j);
    return status;
}
