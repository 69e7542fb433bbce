/* SPDX-License-Identifier: Apache-2.0 */
/*
 * twf_hunt: each archive is asked through its index when that is fresh and holds what is asked for, else
 * through a run over it. Paths are taken in order; those without an index that follow each other share a
 * run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/confine.h"
#include "api/hunt_job.h"
#include "api/index_sink.h"
#include "api/run.h"
#include "base/alloc.h"
#include "base/error.h"
#include "pipe/hunt.h"

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a hunt");
}

static void say(const struct twf_hunt_job *j, enum twf_log_level level, const char *line)
{
    if (j->hooks->log != NULL)
        j->hooks->log(j->hooks->ctx, level, line);
}

/* ---- asking ---- */

static enum twf_status on_rows(void *ctx, struct twf_batch *b, struct twf_error *err)
{
    struct twf_hunt_job *j = ctx;

    return twf_outputs_rows(&j->base->outputs, b, err);
}

static bool needs(const struct twf_hunt_job *j, enum twf_col_id col)
{
    return twf_rules_needs(j->all, col) || j->question.group == (int)col || j->question.want[col];
}

static enum twf_status open_run(struct twf_hunt_job *j, struct twf_error *err)
{
    struct twf_options plain = *j->options;

    plain.outputs = (struct twf_strings){0};
    plain.sandbox = TWF_SANDBOX_OFF; /* it was entered for the whole hunt, */
    if (j->confined.seccomp)
        plain.io = TWF_IO_PREAD; /* and lets nobody make a ring */
    plain.fail_on = TWF_LEVEL_NONE;
    plain.with_subject = plain.write_index = false;
    plain.no_shipped_rules = true; /* the hunter asks, not the run */
    plain.rules = plain.filters = (struct twf_strings){0};
    plain.since_us = INT64_MIN;
    plain.until_us = INT64_MAX;
    plain.redact = TWF_REDACT_NONE; /* the key of the hunt is used, see below */
    plain.redact_key = NULL;
    plain.with_headers = needs(j, TWF_COL_header_rest) || needs(j, TWF_COL_received) ||
                         needs(j, TWF_COL_authentication_results);
    TWF_TRY(twf_run_open(&plain, &j->run, err));
    j->run->setup.every_row = true;
    j->run->setup.skim = false; /* records say of each frame whether it was verified */
    j->run->setup.raw_columns = true;
    j->run->setup.redact = j->base->redact; /* paths and incidents; rows by the hunter, once they hit */
    j->run->setup.redact_rows_later = true;
    twf_run_set_log(j->run, j->hooks->log, j->hooks->ctx);
    j->run->incidents_told = UINT64_MAX; /* tell_incidents does */
    return TWF_OK;
}

/* What the run did not read must not go unsaid: a hunt has no summary that lists it. */
static void tell_incidents(const struct twf_hunt_job *j)
{
    struct twf_totals t;
    char line[700];

    twf_pipe_totals(j->run->pipe, &t);
    for (uint64_t i = 0; i < t.incident_listed; i++) {
        const struct twf_incident *x = &t.incidents[i];

        if (!x->incomplete)
            continue;
        (void)twf_incident_line(x, line, sizeof(line));
        say(j, TWF_LOG_WARNING, line);
    }
}

/* The same of what was not read when an index was made. */
static void tell_gaps(const struct twf_hunt_job *j, const struct twf_index *ix, const char *uri)
{
    char line[700];

    for (uint32_t i = 0; i < twf_index_gap_count(ix); i++) {
        twf_index_gap_line(ix, i, uri, j->base->redact, line, sizeof(line));
        say(j, TWF_LOG_WARNING, line);
        j->result->exit_code = TWF_MAX(j->result->exit_code, 3);
    }
}

/* Asks what waits in j->run. */
static enum twf_status end_run(struct twf_hunt_job *j, struct twf_error *err)
{
    const struct twf_batch *b;
    enum twf_status status = TWF_OK;

    if (j->run == NULL)
        return TWF_OK;
    while (status == TWF_OK) {
        if (j->hooks->stop != NULL && *j->hooks->stop != 0) {
            status = twf_error_set(err, TWF_ERR_STOPPED, 0, "stopped");
            break;
        }
        status = twf_run_next(j->run, &b, err);
        if (status == TWF_OK)
            status = twf_hunter_batch(j->hunter, b, on_rows, j, err);
        if (status == TWF_OK && j->hooks->tick != NULL)
            j->hooks->tick(j->hooks->ctx, j->run);
    }
    tell_incidents(j);
    j->result->exit_code = TWF_MAX(j->result->exit_code, twf_run_exit_code(j->run));
    twf_run_close(j->run);
    j->run = NULL;
    return status == TWF_END ? TWF_OK : status;
}

static enum twf_status add_path(struct twf_hunt_job *j, const char *path, struct twf_error *err)
{
    struct twf_buf b;
    enum twf_status status;

    if (j->run == NULL)
        TWF_TRY(open_run(j, err));
    if (path[0] != '@' && path[0] != '-')
        return twf_run_add_path(j->run, path, err);
    twf_buf_init(&b);
    twf_buf_printf(&b, "%s%s", strcmp(path, "-") == 0 ? "" : "./", path);
    twf_buf_byte(&b, '\0');
    status = b.failed ? no_memory(err) : twf_run_add_path(j->run, (const char *)b.ptr, err);
    twf_buf_fini(&b);
    return status;
}

/* Opens the index of an archive if it may answer; else r says why not. */
static enum twf_status open_index(struct twf_hunt_job *j, struct twf_index_report *r, struct twf_error *why,
                                  struct twf_index **out, struct twf_error *err)
{
    struct twf_archive a;
    struct twf_index_identity id;
    const char *lacks;
    enum twf_status status = twf_index_open(r->index, out, why);

    if (status == TWF_ERR_NOMEM)
        return no_memory(err);
    if (status == TWF_OK)
        status = twf_archive_stat(r->archive, &a, why);
    if (status == TWF_OK) {
        id = (struct twf_index_identity){a.size, a.mtime_ns, a.source_id,
                                         twf_psl_sha256(j->base->setup.psl),
                                         (const char *)j->text.ptr};
        r->result = TWF_INDEX_STALE;
        r->why = twf_index_stale(*out, &id);
        lacks = r->why == NULL ? twf_hunter_lacks(j->hunter, *out) : NULL;
        if (lacks != NULL) {
            (void)snprintf(why->text, sizeof(why->text), "holds no %s", lacks);
            r->why = why->text;
        }
        if (r->why == NULL)
            r->result = TWF_INDEX_FRESH;
    } else {
        r->result = status == TWF_ERR_FORMAT ? TWF_INDEX_DAMAGED : TWF_INDEX_NONE;
        r->why = why->sys_errno == ENOENT ? "none" : why->text;
    }
    if (r->result != TWF_INDEX_FRESH) {
        twf_index_close(*out);
        *out = NULL;
    }
    return TWF_OK;
}

/* A path as it may be shown, in b. NULL without memory. */
static const char *shown_path(const struct twf_hunt_job *j, const char *path, struct twf_buf *b)
{
    twf_buf_init(b);
    if (path == NULL || j->base == NULL || j->base->redact == NULL)
        return path;
    twf_redact_path(j->base->redact, twf_span_str(path), b);
    twf_buf_byte(b, '\0');
    return b->failed ? NULL : (const char *)b->ptr;
}

static enum twf_status tell(struct twf_hunt_job *j, const struct twf_index_report *r, struct twf_error *err)
{
    struct twf_index_report shown = *r;
    struct twf_buf archive, index;
    enum twf_status status = TWF_OK;

    if (r->result == TWF_INDEX_FRESH)
        j->result->from_index++;
    else if (j->options->only_index)
        j->result->left_out++;
    else
        j->result->from_archive++;
    shown.archive = shown_path(j, r->archive, &archive);
    shown.index = shown_path(j, r->index, &index);
    if (archive.failed || index.failed)
        status = no_memory(err);
    else if (j->hooks->index != NULL)
        j->hooks->index(j->hooks->ctx, &shown);
    twf_buf_fini(&archive);
    twf_buf_fini(&index);
    return status;
}

static enum twf_status ask_index(struct twf_hunt_job *j, struct twf_index *ix, const char *path,
                                 struct twf_error *err)
{
    struct twf_buf b;
    const char *shown = shown_path(j, path, &b); /* before it is encoded once more, as in a run */
    char *uri = shown == NULL ? NULL : twf_pipe_uri(shown);
    enum twf_status status = uri == NULL ? no_memory(err) : end_run(j, err);

    if (status == TWF_OK)
        status = twf_hunter_index(j->hunter, ix, uri, on_rows, j, err);
    if (status == TWF_OK)
        tell_gaps(j, ix, uri);
    if (status == TWF_ERR_FORMAT || status == TWF_ERR_IO)
        twf_error_path(err, path);
    twf_free(uri);
    twf_buf_fini(&b);
    return status;
}

static enum twf_status take_path(struct twf_hunt_job *j, const struct twf_walk_entry *e,
                                 struct twf_error *err)
{
    struct twf_index_report r = {.archive = e->path, .result = TWF_INDEX_NONE, .why = "none"};
    struct twf_error why = {0};
    struct twf_index *ix = NULL;
    enum twf_status status = TWF_OK;
    char *name = NULL;

    if (!j->options->no_index && !e->maildir && strcmp(e->path, "-") != 0) {
        name = twf_index_path(e->path, j->options->index_dir);
        if (name == NULL)
            return no_memory(err);
        r.index = name;
        status = open_index(j, &r, &why, &ix, err);
    }
    if (status == TWF_OK)
        status = tell(j, &r, err);
    if (status == TWF_OK && ix != NULL)
        status = ask_index(j, ix, e->path, err);
    else if (status == TWF_OK && !j->options->only_index)
        status = add_path(j, e->path, err);
    twf_index_close(ix);
    twf_free(name);
    return status;
}

static enum twf_status take_paths(struct twf_hunt_job *j, const char *const *paths, size_t n,
                                  struct twf_error *err)
{
    struct twf_walk *walk;
    struct twf_walk_entry e;
    struct twf_error why = {0};
    enum twf_status status = twf_walk_new(&walk, err);

    for (size_t i = 0; status == TWF_OK && i < n; i++)
        status = twf_walk_add(walk, paths[i], err);
    while (status == TWF_OK) {
        enum twf_status next = twf_walk_next(walk, &e, &why);

        if (next == TWF_END)
            break;
        if (next == TWF_OK) {
            status = take_path(j, &e, err);
        } else if (next == TWF_ERR_NOMEM) {
            status = no_memory(err);
        } else {
            j->result->exit_code = TWF_MAX(j->result->exit_code, 3);
            say(j, TWF_LOG_WARNING, why.text);
        }
    }
    twf_walk_free(walk);
    return status == TWF_OK ? end_run(j, err) : status;
}

/* ---- the end ---- */

/* The path of an error, as it may be shown. */
static void hide_path(const struct twf_hunt_job *j, struct twf_error *err)
{
    struct twf_buf b;
    const char *shown;

    if (err == NULL || err->path[0] == '\0')
        return;
    shown = shown_path(j, err->path, &b);
    if (shown != err->path)
        twf_error_path(err, shown == NULL ? "" : shown);
    twf_buf_fini(&b);
}

static enum twf_status tell_groups(struct twf_hunt_job *j, struct twf_error *err)
{
    const struct twf_hunt_group *groups;
    uint32_t n;

    if (j->options->group_by == NULL || j->hooks->group == NULL)
        return TWF_OK;
    TWF_TRY(twf_hunter_groups(j->hunter, &groups, &n, err));
    for (uint32_t i = 0; i < n; i++)
        j->hooks->group(j->hooks->ctx, (const char *)groups[i].value.ptr, groups[i].value.len,
                        groups[i].count, groups[i].is_null);
    return TWF_OK;
}

static void fini(struct twf_hunt_job *j)
{
    twf_hunter_free(j->hunter);
    for (uint32_t i = 0; i < j->set_count; i++)
        twf_rules_free(j->sets[i] == j->all ? NULL : j->sets[i]);
    twf_rules_free(j->all);
    twf_free(j->sets);
    twf_free(j->asked);
    twf_run_close(j->run);
    twf_run_close(j->base);
    twf_buf_fini(&j->text);
}

/* What makes the records: as the identity of a run, with the question. */
static enum twf_status name_run(struct twf_hunt_job *j, const char *const *paths, size_t n,
                                struct twf_error *err)
{
    struct twf_buf *b = &j->base->identity;

    twf_buf_printf(b, "hunt %d %d\n", j->options->all_of, j->options->ignore_case);
    for (size_t i = 0; i < j->options->expressions.len; i++)
        twf_buf_printf(b, "e=%s\n", j->options->expressions.items[i]);
    for (size_t i = 0; i < j->options->rules.len; i++)
        twf_buf_printf(b, "rules=%s\n", j->options->rules.items[i]);
    for (size_t i = 0; i < n; i++)
        twf_buf_printf(b, "input=%s\n", paths[i]);
    twf_index_options(j->options, &j->text);
    twf_buf_byte(&j->text, '\0');
    if (b->failed || j->text.failed)
        return no_memory(err);
    twf_hash_hex(b->ptr, b->len, j->base->setup.run_id);
    return TWF_OK;
}

/* Archives and, beside them or in the folder that an option names, their indexes are read. */
static enum twf_status confine(struct twf_hunt_job *j, const char *const *paths, size_t n, struct twf_error *err)
{
    const struct twf_outputs *o = &j->base->outputs;
    struct twf_confine c = {.failed = false};

    for (size_t i = 0; i < n; i++) {
        twf_confine_read(&c, paths[i]);
        if (paths[i][0] != '@')
            twf_confine_beside(&c, paths[i], TWF_SANDBOX_READ);
    }
    if (j->options->index_dir != NULL)
        twf_confine_read(&c, j->options->index_dir);
    for (size_t i = 0; i < o->len; i++) {
        if (o->items[i].path != NULL)
            twf_confine_beside(&c, o->items[i].path, TWF_SANDBOX_WRITE);
    }
    return twf_confine_enter(&c, j->options->sandbox, j->hooks->log, j->hooks->ctx, &j->confined, err);
}

enum twf_status twf_hunt(const struct twf_options *o, const char *const *paths, size_t n, int fd,
                         const struct twf_hooks *hooks, struct twf_hunt_result *result,
                         struct twf_error *err)
{
    struct twf_hunt_job j = {.options = o, .hooks = hooks, .result = result};
    struct twf_options plain = *o;
    struct timespec from, to;
    struct twf_totals none = {0};
    enum twf_status status;

    *result = (struct twf_hunt_result){0};
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    plain.no_shipped_rules = true;
    plain.rules = plain.filters = (struct twf_strings){0};
    plain.no_prefilter = true; /* nothing is judged here, and patterns take milliseconds to compile */
    status = twf_run_prepare(&plain, &j.base, err);
    if (status == TWF_OK) {
        j.base->outputs.stdout_fd = fd;
        status = name_run(&j, paths, n, err);
    }
    if (status == TWF_OK)
        status = twf_outputs_guard(&j.base->outputs, paths, n, err);
    if (status == TWF_OK)
        status = twf_hunt_make_question(&j, err);
    if (status == TWF_OK)
        status = twf_hunt_begin(&j, err);
    if (status == TWF_OK)
        status = confine(&j, paths, n, err);
    if (status == TWF_OK)
        status = take_paths(&j, paths, n, err);
    if (j.hunter != NULL) {
        result->messages = twf_hunter_messages(j.hunter);
        result->hits = twf_hunter_hits(j.hunter);
    }
    if (status == TWF_OK)
        status = tell_groups(&j, err);
    if (status == TWF_OK && j.question.rows)
        status = twf_outputs_finish(&j.base->outputs, &none, err);
    if (result->left_out > 0)
        result->exit_code = TWF_MAX(result->exit_code, 3);
    if (status != TWF_OK)
        hide_path(&j, err);
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    result->elapsed_ns = (uint64_t)(to.tv_sec - from.tv_sec) * 1000000000u + (uint64_t)to.tv_nsec -
                         (uint64_t)from.tv_nsec;
    fini(&j);
    return status;
}
