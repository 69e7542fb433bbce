/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "api/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "api/checkpoint_file.h"
#include "api/output_guard.h"
#include "api/resume_fields.h"
#include "api/run.h"
#include "verdict/tracking.h"
#include "base/alloc.h"
#include "base/error.h"
#include "pipe/record.h"
#include "rules/rules.h"
#include "verdict/verdict.h"

/* Without --checkpoint-every: this much was decoded since the last, and so long ago was it. */
enum { EVERY = 64 << 20, EVERY_SECONDS = 1, KEEP = 4 << 20 };

struct twf_checkpoint {
    char *path, *partial;
    uint64_t every, plain;    /* plain: decoded bytes since the last one */
    struct timespec last;
    struct twf_fields fields;
    struct twf_buf input;     /* state of the input behind the job taken last */
    bool has_input, is_newer; /* is_newer: than the checkpoint that is written */
    struct twf_buf body;
    struct twf_run *run;
    /* Of --resume: */
    struct twf_buf file;
    struct twf_saved saved;   /* what is not read yet of it */
    bool resumes, sealed;
};

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a checkpoint");
}

/* An error of --resume is one of the question: nothing was read. */
static enum twf_status refuse(enum twf_status status, const struct twf_checkpoint *c,
                              struct twf_error *err)
{
    struct twf_error why = {0};

    if (status == TWF_OK || status == TWF_ERR_NOMEM || status == TWF_ERR_OUTPUT)
        return status;
    if (err != NULL)
        why = *err;
    return twf_error_set(err, TWF_ERR_ARG, 0, "--resume: %.200s: %.280s", c->path, why.text);
}

/* ---- a new run, and the head of an old one ---- */

static enum twf_status read_head(struct twf_checkpoint *c, struct twf_run *r, struct twf_error *err)
{
    int64_t since;

    TWF_TRY(twf_checkpoint_file_read(c->path, &c->file, &c->saved, err));
    c->resumes = true;
    c->sealed = twf_saved_bool(&c->saved);
    r->start_us = twf_saved_i64(&c->saved);
    r->wall_before = twf_saved_u64(&c->saved);
    since = twf_saved_i64(&c->saved);
    r->flagged_fail = twf_saved_bool(&c->saved);
    if (r->setup.since_us != INT64_MIN)
        r->setup.since_us = since; /* --last counts from when the run began; --since is compared */
    return c->saved.bad ? twf_error_set(err, TWF_ERR_ARG, 0, "it is damaged") : TWF_OK;
}

/* It may have come out of a file, whose name says nothing. */
static void add_protected(struct twf_checkpoint *c, const struct twf_options *o)
{
    char hash[33] = "none";
    struct twf_buf all;

    twf_buf_init(&all);
    for (size_t i = 0; i < o->protect.len; i++)
        twf_buf_put(&all, o->protect.items[i], strlen(o->protect.items[i]) + 1);
    if (all.len > 0)
        twf_hash_hex(all.ptr, all.len, hash);
    c->fields.text.failed |= all.failed;
    twf_fields_add(&c->fields, "the list of protected domains", hash);
    twf_buf_fini(&all);
}

static void add_fields(struct twf_checkpoint *c, const struct twf_options *o, const struct twf_run *r)
{
    char text[40];

    twf_fields_add(&c->fields, "the version of the program", TWF_VERSION);
    twf_fields_add(&c->fields, "the schema of records", TWF_SCHEMA);
    (void)snprintf(text, sizeof(text), "%d", TWF_PARSER);
    twf_fields_add(&c->fields, "the parser", text);
    twf_fields_add(&c->fields, "the public suffix list", twf_psl_sha256(r->setup.psl));
    twf_fields_add(&c->fields, "the set of rules", r->rules == NULL ? "none" : twf_rules_digest(r->rules));
    (void)snprintf(text, sizeof(text), "%016llx",
                   r->tracking == NULL ? 0ull
                                       : (unsigned long long)twf_tracking_digest(r->tracking));
    twf_fields_add(&c->fields, "the tracking log", text);
    twf_fields_add(&c->fields, "the key of --redact",
                   r->redact == NULL ? "none" : twf_redact_key_id(r->redact));
    add_protected(c, o);
    twf_fields_options(&c->fields, o);
}

enum twf_status twf_checkpoint_new(const struct twf_options *o, struct twf_run *r,
                                   struct twf_checkpoint **out, struct twf_error *err)
{
    const char *path = o->checkpoint != NULL ? o->checkpoint : o->resume;
    struct twf_checkpoint *c;
    enum twf_status status = TWF_OK;

    *out = NULL;
    if (path == NULL)
        return TWF_OK;
    if (o->write_index)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "--checkpoint: an index is written whole; write it afterwards, by the "
                             "verb index");
    if (r->redact != NULL && o->redact_key == NULL)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "--checkpoint: --redact needs a --redact-key, or a resumed run would have "
                             "other pseudonyms");
    if (o->checkpoint != NULL && o->resume != NULL && strcmp(o->checkpoint, o->resume) != 0)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "--resume goes on writing its own file: --checkpoint names another");
    c = twf_calloc(1, sizeof(*c));
    if (c == NULL)
        return no_memory(err);
    *out = c;
    c->path = twf_strdup(path);
    c->partial = twf_malloc(strlen(path) + sizeof(".partial"));
    c->every = o->checkpoint_every;
    if (c->path == NULL || c->partial == NULL)
        return no_memory(err);
    (void)sprintf(c->partial, "%s.partial", path);
    if (o->resume != NULL)
        status = refuse(read_head(c, r, err), c, err);
    add_fields(c, o, r);
    r->setup.keeps_state = true;
    r->outputs.keep = true;
    return status;
}

void twf_checkpoint_free(struct twf_checkpoint *c)
{
    if (c == NULL)
        return;
    twf_free(c->path);
    twf_free(c->partial);
    twf_fields_fini(&c->fields);
    twf_buf_fini(&c->input);
    twf_buf_fini(&c->body);
    twf_buf_fini(&c->file);
    twf_free(c);
}

const char *twf_checkpoint_path(const struct twf_checkpoint *c)
{
    return c->path;
}

enum twf_status twf_checkpoint_input(struct twf_checkpoint *c, const char *path, struct twf_error *err)
{
    struct stat st;

    if (strcmp(path, "-") == 0 || strcmp(path, "@-") == 0)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "--checkpoint: standard input cannot be read again, so it cannot be resumed");
    if (path[0] != '@' && stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "--checkpoint: %s is a stream: it cannot be read again", path);
    twf_fields_add(&c->fields, "the input", path);
    return TWF_OK;
}

/* ---- writing one ---- */

static enum twf_status put(struct twf_checkpoint *c, bool sealed, struct twf_error *err)
{
    static const uint8_t between[8] = {0}; /* no input is open */
    const struct twf_run *r = c->run;
    struct twf_output_mark *marks = twf_calloc(r->outputs.len + 1, sizeof(*marks));
    struct twf_span input = c->has_input ? twf_buf_view(&c->input) : twf_span(between, sizeof(between));
    enum twf_status status;

    if (marks == NULL)
        return no_memory(err);
    twf_buf_reset(&c->body);
    twf_save_u64(&c->body, sealed);
    twf_save_i64(&c->body, r->start_us);
    twf_save_u64(&c->body, twf_run_wall_ns(r));
    twf_save_i64(&c->body, r->setup.since_us);
    twf_save_u64(&c->body, r->flagged_fail);
    twf_fields_save(&c->fields, &c->body);
    status = twf_outputs_mark(&r->outputs, marks, err);
    twf_save_u64(&c->body, r->outputs.len);
    for (size_t i = 0; i < r->outputs.len; i++) {
        twf_save_u64(&c->body, marks[i].len);
        twf_save_str(&c->body, marks[i].tail);
    }
    twf_free(marks);
    twf_pipe_save(r->pipe, input, &c->body);
    if (status == TWF_OK && (c->body.failed || c->fields.text.failed))
        status = no_memory(err);
    if (status == TWF_OK)
        status = twf_checkpoint_file_write(c->path, c->partial, twf_buf_view(&c->body), err);
    if (c->body.cap > KEEP)
        twf_buf_fini(&c->body);
    if (status == TWF_OK)
        c->is_newer = false;
    c->plain = 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &c->last);
    return status;
}

static bool is_due(const struct twf_checkpoint *c)
{
    struct timespec now;

    if (c->every > 0)
        return c->plain >= c->every;
    if (c->plain < EVERY)
        return false;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec - c->last.tv_sec > EVERY_SECONDS;
}

/* A twf_commit_fn. */
static enum twf_status on_job(void *ctx, struct twf_span input, uint64_t plain, struct twf_error *err)
{
    struct twf_checkpoint *c = ctx;

    c->plain += plain;
    c->is_newer = input.len > 0;
    if (!c->is_newer)
        return TWF_OK; /* the state here is too large: a later job has one again */
    twf_buf_reset(&c->input);
    twf_buf_span(&c->input, input);
    c->has_input = true;
    if (c->input.failed)
        return no_memory(err);
    return is_due(c) ? put(c, false, err) : TWF_OK;
}

/* ---- the beginning of a run ---- */

static enum twf_status begin_new(struct twf_checkpoint *c, struct twf_run *r, struct twf_error *err)
{
    struct stat st;

    if (lstat(c->path, &st) == 0 && !S_ISREG(st.st_mode))
        return twf_error_set(err, TWF_ERR_ARG, 0, "--checkpoint: %s is no file", c->path);
    if (lstat(c->path, &st) == 0 && !r->outputs.clobber)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "--checkpoint: %s exists: --resume goes on from it, --clobber begins anew",
                             c->path);
    TWF_TRY(twf_outputs_check(&r->outputs, err));
    /* Before there is anything to lose: from here on a kill leaves a checkpoint. */
    TWF_TRY(put(c, false, err));
    return twf_outputs_open(&r->outputs, err);
}

static enum twf_status load_marks(struct twf_checkpoint *c, struct twf_run *r, struct twf_error *err)
{
    struct twf_output_mark *marks;
    enum twf_status status = TWF_OK;
    size_t n = twf_saved_count(&c->saved, 16);

    if (c->saved.bad || n != r->outputs.len)
        return twf_error_set(err, TWF_ERR_FORMAT, 0, "it is damaged");
    marks = twf_calloc(n + 1, sizeof(*marks));
    if (marks == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        marks[i].len = twf_saved_max(&c->saved, INT64_MAX);
        twf_saved_str(&c->saved, marks[i].tail, sizeof(marks[i].tail));
    }
    if (c->saved.bad)
        status = twf_error_set(err, TWF_ERR_FORMAT, 0, "it is damaged");
    if (status == TWF_OK)
        status = twf_outputs_reopen(&r->outputs, marks, c->sealed, err);
    twf_free(marks);
    return status;
}

/* Inputs first: a run that is refused has changed no output. */
static enum twf_status begin_old(struct twf_checkpoint *c, struct twf_run *r, struct twf_error *err)
{
    struct twf_saved marks;

    TWF_TRY(twf_fields_compare(&c->fields, &c->saved, err));
    marks = c->saved;
    for (size_t i = twf_saved_count(&c->saved, 16); i > 0; i--) {
        (void)twf_saved_u64(&c->saved);
        (void)twf_saved_bytes(&c->saved, 32);
    }
    TWF_TRY(twf_pipe_load(r->pipe, &c->saved, err));
    if (c->saved.bad || c->saved.len > 0)
        return twf_error_set(err, TWF_ERR_FORMAT, 0, "it is damaged");
    c->saved = marks;
    return load_marks(c, r, err);
}

enum twf_status twf_checkpoint_begin(struct twf_checkpoint *c, struct twf_run *r, struct twf_error *err)
{
    enum twf_status status;

    c->run = r;
    TWF_TRY(twf_output_guard(c->path, (const char *const *)r->inputs.items, r->inputs.len, err));
    if (c->fields.text.failed)
        return no_memory(err);
    status = c->resumes ? refuse(begin_old(c, r, err), c, err) : begin_new(c, r, err);
    twf_buf_fini(&c->file);
    if (status != TWF_OK)
        return status;
    (void)clock_gettime(CLOCK_MONOTONIC, &c->last);
    twf_pipe_commit(r->pipe, on_job, c);
    return TWF_OK;
}

bool twf_checkpoint_resumes(const struct twf_checkpoint *c)
{
    return c->resumes;
}

bool twf_checkpoint_is_sealed(const struct twf_checkpoint *c)
{
    return c->sealed;
}

enum twf_status twf_checkpoint_stop(struct twf_checkpoint *c, struct twf_run *r, struct twf_error *err)
{
    char text[600];

    if (c->is_newer)
        TWF_TRY(put(c, false, err));
    (void)snprintf(text, sizeof(text), "stopped; --resume %s goes on", c->path);
    if (r->log != NULL)
        r->log(r->log_ctx, TWF_LOG_WARNING, text);
    return TWF_OK;
}

enum twf_status twf_checkpoint_finish(struct twf_checkpoint *c, struct twf_run *r,
                                      const struct twf_totals *t, struct twf_error *err)
{
    if (!c->sealed) {
        TWF_TRY(twf_outputs_seal(&r->outputs, t, err));
        TWF_TRY(put(c, true, err));
    }
    TWF_TRY(twf_outputs_publish(&r->outputs, err));
    return twf_checkpoint_file_remove(c->path, err);
}
