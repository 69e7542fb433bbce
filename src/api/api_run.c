/* SPDX-License-Identifier: Apache-2.0 */
/* include/twofrom/twofrom.h made true: a run, its batches and its words. */
#define _GNU_SOURCE
#include <twofrom/twofrom.h>

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <twofrom/tools.h>

#include "api/confine.h"
#include "api/option_values.h"
#include "api/rules_tool.h"
#include "api/redact_key.h"
#include "api/run.h"
#include "api/tracking_file.h"
#include "base/alloc.h"
#include "base/error.h"
#include "pipe/pipe.h"
#include "pipe/record.h"

/*
 * Blocks and jobs of a megabyte stay in the cache of a core between decoding and judging; frames up to
 * JOB_MAX are decoded side by side, as pzstd and the seekable format make them.
 */
enum { BLOCK_LEN = 1 << 20, BLOCK_COUNT = 4, JOB_TARGET = 1 << 20, JOB_MAX = 8 << 20 };

enum { BASE_MEMORY = 64 << 20, THREAD_MEMORY = 32 << 20, LANE_MEMORY = 32 << 20 }; /* LANE: at least, of BASE */

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a run");
}

static enum twf_status copy_strings(struct twf_strings *to, const struct twf_strings *from,
                                    struct twf_error *err)
{
    for (size_t i = 0; i < from->len; i++)
        TWF_TRY(twf_strings_add(to, from->items[i], err));
    return TWF_OK;
}

/* The operator's words, in the form that the judge reads. */
static enum twf_status take_judgement(struct twf_run *r, const struct twf_options *o,
                                      struct twf_error *err)
{
    struct twf_judge_options *j = &r->setup.judge;

    TWF_TRY(copy_strings(&r->authserv, &o->authserv, err));
    TWF_TRY(copy_strings(&r->headers, &o->envelope_headers, err));
    if ((r->relays = twf_calloc(o->relays.len + 1, sizeof(*r->relays))) == NULL ||
        (r->protect = twf_domain_set_new()) == NULL)
        return no_memory(err);
    for (size_t i = 0; i < o->relays.len; i++) {
        if (!twf_cidr_parse(o->relays.items[i], &r->relays[i]))
            return twf_error_set(err, TWF_ERR_ARG, 0, "--trusted-relays: %s", o->relays.items[i]);
    }
    TWF_TRY(twf_tracking_open(&o->tracking, &r->tracking, err));
    TWF_TRY(twf_domains_new(r->setup.psl, &r->domains, err));
    for (size_t i = 0; i < o->protect.len; i++) {
        if (twf_domain_set_add(r->protect, r->domains, twf_span_str(o->protect.items[i])))
            continue;
        if (twf_domain_set_starved(r->protect))
            return no_memory(err);
        return twf_error_set(err, TWF_ERR_ARG, 0, "--protect: '%s' is no domain",
                             o->protect.items[i]);
    }
    *j = (struct twf_judge_options){.limits = &r->setup.limits,
                                    .protect = r->protect,
                                    .trusted_authserv = (const char *const *)r->authserv.items,
                                    .trusted_authserv_count = r->authserv.len,
                                    .trusted_relays = r->relays,
                                    .trusted_relay_count = o->relays.len,
                                    .envelope_headers = (const char *const *)r->headers.items,
                                    .envelope_header_count = r->headers.len,
                                    .tracking = r->tracking,
                                    .explainers_off = o->explainers_off,
                                    .exchange_like = o->exchange_like,
                                    .forgetful = o->no_prefilter,
                                    .explain = o->explain};
    memcpy(j->p1_order, o->p1_order, sizeof(j->p1_order));
    return TWF_OK;
}

static enum twf_status take_options(struct twf_run *r, const struct twf_options *o,
                                    struct twf_error *err)
{
    struct twf_setup *s = &r->setup;

    twf_kernels_init(&s->kernels, o->cpu);
    s->limits = o->limits;
    s->format = o->format;
    s->journal = o->journal;
    s->min_level = o->min_level;
    s->all = o->all;
    s->with_subject = o->with_subject;
    s->with_headers = o->with_headers;
    s->every_row = s->raw_columns = s->brief_rows = o->write_index;
    s->clock = o->clock;
    s->since_us = o->since_us;
    s->until_us = o->until_us;
    s->max_window = o->max_window;
    s->threads = o->explain ? 1 : o->threads; /* explain hears of messages in input order */
    /* The promise is 64 MiB and 32 MiB a thread: with --memory there are no more threads than fit. */
    if (o->memory > 0) {
        s->threads = (uint32_t)TWF_MIN(s->threads, (o->memory - BASE_MEMORY) / THREAD_MEMORY);
        /* What they leave is for the window of a long frame: the same frames are refused in every such run. */
        s->lane_max = o->memory - BASE_MEMORY - s->threads * (uint64_t)THREAD_MEMORY + LANE_MEMORY;
        twf_alloc_cap(o->memory);
        r->capped = true;
    }
    s->dedup = o->dedup;
    s->salvage = o->salvage;
    s->sha256 = o->sha256;
    s->ratio_limit = o->ratio_limit;
    s->job_target = JOB_TARGET;
    s->job_max = JOB_MAX;
    s->marks = r->outputs.marks = o->marks;
    r->fail_on = o->fail_on;
    r->sandbox = o->sandbox;
    if (o->index_dir != NULL && (r->index_dir = twf_strdup(o->index_dir)) == NULL)
        return no_memory(err);
    s->psl = twf_psl_embedded();
    if (o->psl != NULL) {
        TWF_TRY(twf_psl_load(o->psl, &r->psl, err));
        s->psl = r->psl;
    }
    if (!o->no_prefilter) {
        TWF_TRY(twf_matcher_new(TWF_MATCH_HYPERSCAN, &r->matcher, err));
        s->matcher = r->matcher;
    }
    TWF_TRY(twf_options_rules(o, &r->rules, err));
    s->rules = r->rules;
    return take_judgement(r, o, err);
}

static void add_identity(struct twf_buf *b, const char *name, const struct twf_strings *values)
{
    for (size_t i = 0; i < values->len; i++)
        twf_buf_printf(b, "%s=%s\n", name, values->items[i]);
}

/* The version and the options that shape records; not threads, levels of CPU, ways to read or outputs. */
static void begin_identity(struct twf_run *r, const struct twf_options *o)
{
    struct twf_buf *b = &r->identity;

    twf_buf_printf(b, "%s %d %s\n", TWF_VERSION, TWF_PARSER, twf_psl_sha256(r->setup.psl));
    twf_buf_printf(b, "%d %d %d %d %d %d %d %d %lld %lld\n", (int)o->format, (int)o->journal,
                   (int)o->min_level, o->all, o->with_subject, o->with_headers, o->exchange_like,
                   (int)o->clock, (long long)r->setup.since_us, (long long)o->until_us);
    twf_buf_printf(b, "%d %d %llu\n", o->dedup, o->salvage, (unsigned long long)o->ratio_limit);
    if (o->verify)
        twf_buf_str(b, "verify\n");
    for (int i = 0; i < TWF_LIMIT_COUNT; i++)
        twf_buf_printf(b, "%llu\n", (unsigned long long)o->limits.value[i]);
    if (r->redact != NULL)
        twf_buf_printf(b, "redact=%s %s\n", twf_redact_mode_name(r->redact),
                       twf_redact_key_id(r->redact));
    twf_buf_printf(b, "rules=%s\n", r->rules == NULL ? "" : twf_rules_digest(r->rules));
    add_identity(b, "protect", &o->protect);
    add_identity(b, "trusted-authserv", &o->authserv);
    add_identity(b, "trusted-relays", &o->relays);
    add_identity(b, "envelope-header", &o->envelope_headers);
    if (r->tracking != NULL)
        twf_buf_printf(b, "tracking=%016llx\n",
                       (unsigned long long)twf_tracking_digest(r->tracking));
    for (int i = 0; i < TWF_P1_KIND_COUNT; i++)
        twf_buf_printf(b, "%u ", o->p1_order[i]);
    if (o->explainers_off != 0)
        twf_buf_printf(b, "no-explainer=%x\n", o->explainers_off);
}

enum twf_status twf_run_prepare(const struct twf_options *o, struct twf_run **out,
                                struct twf_error *err)
{
    struct twf_run *r = twf_calloc(1, sizeof(*r));
    struct timespec now;
    enum twf_status status;

    *out = NULL;
    if (r == NULL)
        return no_memory(err);
    twf_outputs_init(&r->outputs);
    (void)clock_gettime(CLOCK_MONOTONIC, &r->start);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    r->start_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    status = take_options(r, o, err);
    if (status == TWF_OK)
        status = twf_options_redact(o, &r->redact, err);
    r->setup.redact = r->redact;
    if (status == TWF_OK)
        status = twf_checkpoint_new(o, r, &r->checkpoint, err);
    if (status == TWF_OK)
        begin_identity(r, o);
    r->outputs.options = (struct twf_sink_options){.kernels = &r->setup.kernels,
                                                   .ascii = o->ascii,
                                                   .color = o->color,
                                                   .defang = o->defang,
                                                   .with_subject = o->with_subject,
                                                   .with_headers = o->with_headers};
    r->outputs.clobber = o->clobber;
    for (size_t i = 0; status == TWF_OK && i < o->outputs.len; i++)
        status = twf_outputs_add(&r->outputs, o->outputs.items[i], err);
    if (status != TWF_OK) {
        twf_run_close(r);
        return status;
    }
    *out = r;
    return TWF_OK;
}

/* What became of an index, in the log. */
static void log_index(void *ctx, const struct twf_index_report *report)
{
    struct twf_run *r = ctx;
    struct twf_buf b;

    if (r->log == NULL)
        return;
    twf_buf_init(&b);
    if (report->result == TWF_INDEX_WRITTEN)
        twf_buf_printf(&b, "%s: %llu messages indexed%s", report->index, (unsigned long long)report->messages,
                       report->gaps > 0 ? ", with gaps" : "");
    else
        twf_buf_printf(&b, "%s: no index: %s", report->archive, report->why);
    twf_buf_byte(&b, '\0');
    if (!b.failed)
        r->log(r->log_ctx, report->result == TWF_INDEX_FAILED ? TWF_LOG_ERROR : TWF_LOG_INFO,
               (const char *)b.ptr);
    twf_buf_fini(&b);
}

static enum twf_status open_index(struct twf_run *r, const struct twf_options *o,
                                  struct twf_error *err)
{
    if (!o->write_index)
        return TWF_OK;
    if (o->since_us != INT64_MIN || o->until_us != INT64_MAX)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "--write-index: an index holds every message, not those of a span");
    return twf_index_sink_new(o, twf_psl_sha256(r->setup.psl), log_index, r, &r->index, err);
}

enum twf_status twf_run_open(const struct twf_options *o, struct twf_run **out, struct twf_error *err)
{
    struct twf_io_options io = {
        .mode = o->io, .block_len = BLOCK_LEN, .block_count = BLOCK_COUNT, .direct = o->direct};
    struct twf_run *r;
    enum twf_status status;

    *out = NULL;
    TWF_TRY(twf_run_prepare(o, &r, err));
    /* An index says of every frame whether it was verified, and explain shows what it read. */
    r->setup.skim = !o->verify && !o->explain && !o->salvage && !o->write_index;
    status = open_index(r, o, err);
    if (status == TWF_OK)
        status = twf_pipe_new(&r->setup, &io, &r->pipe, err);
    if (status != TWF_OK) {
        twf_run_close(r);
        return status;
    }
    *out = r;
    return TWF_OK;
}

void twf_run_close(struct twf_run *r)
{
    if (r == NULL)
        return;
    if (r->capped)
        twf_alloc_cap(0);
    /* First the threads: they may still be rendering for the outputs. */
    twf_pipe_free(r->pipe);
    twf_outputs_fini(&r->outputs);
    twf_checkpoint_free(r->checkpoint);
    twf_redact_free(r->redact);
    twf_index_sink_free(r->index);
    twf_domain_set_free(r->protect);
    twf_domains_free(r->domains);
    twf_rules_free(r->rules);
    twf_matcher_free(r->matcher);
    twf_psl_free(r->psl);
    twf_strings_free(&r->authserv);
    twf_strings_free(&r->headers);
    twf_strings_free(&r->inputs);
    twf_free(r->index_dir);
    twf_free(r->relays);
    twf_tracking_free(r->tracking);
    twf_buf_fini(&r->words);
    twf_buf_fini(&r->identity);
    twf_free(r);
}

enum twf_status twf_run_add_path(struct twf_run *r, const char *path, struct twf_error *err)
{
    /* Kept for the outputs, which must not lie on an input. */
    TWF_TRY(twf_strings_add(&r->inputs, path, err));
    twf_buf_printf(&r->identity, "input=%s\n", path);
    if (r->checkpoint != NULL)
        TWF_TRY(twf_checkpoint_input(r->checkpoint, path, err));
    return twf_pipe_add(r->pipe, path, err);
}

void twf_run_set_stdout(struct twf_run *r, int fd)
{
    r->outputs.stdout_fd = fd;
}

void twf_run_set_log(struct twf_run *r, twf_log_fn *fn, void *ctx)
{
    r->log = fn;
    r->log_ctx = ctx;
}

static void on_tick(void *ctx)
{
    struct twf_run *r = ctx;

    r->tick(r->tick_ctx, r);
}

void twf_run_set_tick(struct twf_run *r, twf_tick_fn *fn, void *ctx)
{
    r->tick = fn;
    r->tick_ctx = ctx;
    twf_pipe_tick(r->pipe, fn == NULL ? NULL : on_tick, r);
}

uint64_t twf_run_wall_ns(const struct twf_run *r)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)(now.tv_sec - r->start.tv_sec) * 1000000000u + (uint64_t)now.tv_nsec -
           (uint64_t)r->start.tv_nsec + r->wall_before;
}

void twf_run_totals(const struct twf_run *r, struct twf_totals *t)
{
    struct rusage usage;

    twf_pipe_totals(r->pipe, t);
    t->version = TWF_VERSION;
    t->run_id = r->setup.run_id;
    t->psl_date = twf_psl_date(r->setup.psl);
    t->psl_sha256 = twf_psl_sha256(r->setup.psl);
    t->tables = twf_tables_dates();
    t->cpu = twf_cpu_level_name(r->setup.kernels.level);
    t->engine = r->matcher == NULL ? "none" : twf_matcher_version(r->matcher);
    t->min_level = r->setup.all ? "all" : twf_level_names[r->setup.min_level];
    t->sandbox = r->confined.text[0] == '\0' ? "off" : r->confined.text;
    if (r->redact != NULL) {
        t->redact = twf_redact_mode_name(r->redact);
        t->redact_key_id = twf_redact_key_id(r->redact);
    }
    t->start_us = r->start_us;
    t->wall_ns = twf_run_wall_ns(r);
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        t->cpu_ns = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000u +
                    (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000u;
        t->peak_rss = (uint64_t)usage.ru_maxrss * 1024u;
    }
    t->output_failed = r->output_failed;
    t->stopped = r->stopped;
    t->internal = r->internal;
    t->exit_code = r->internal       ? 5
                   : r->output_failed ? 4
                   : t->incomplete    ? 3
                   : r->flagged_fail  ? 1
                                      : 0;
}

int twf_run_exit_code(const struct twf_run *r)
{
    struct twf_totals t;

    twf_run_totals(r, &t);
    return t.exit_code;
}

/* The strongest level of a batch against --fail-on. */
static void look_at(struct twf_run *r, const struct twf_batch *b)
{
    const struct twf_col *c = &b->cols[TWF_COL_level];

    for (uint32_t i = 0; r->fail_on != TWF_LEVEL_NONE && !r->flagged_fail && i < b->rows; i++) {
        if (!twf_batch_is_selected(b, i))
            continue;
        for (int l = (int)r->fail_on; l < TWF_LEVEL_COUNT; l++)
            r->flagged_fail |= twf_span_is(twf_col_bytes(c, i), twf_level_names[l]);
    }
}

static enum twf_status end(struct twf_run *r, enum twf_status status)
{
    r->finished = true;
    r->output_failed |= status == TWF_ERR_OUTPUT;
    r->stopped |= status == TWF_ERR_STOPPED;
    r->internal |= status == TWF_ERR_INTERNAL || status == TWF_ERR_NOMEM;
    return status;
}

/* Called by the threads that judge. */
static void render(void *ctx, const struct twf_batch *b, struct twf_buf *texts)
{
    const struct twf_run *r = ctx;

    twf_outputs_render(&r->outputs, b, texts);
}

enum twf_status twf_run_next(struct twf_run *r, const struct twf_batch **out, struct twf_error *err)
{
    struct twf_totals t;
    enum twf_status status;

    *out = NULL;
    if (r->finished)
        return TWF_END;
    if (!r->opened) {
        r->opened = true;
        if (r->identity.failed)
            return end(r, no_memory(err));
        twf_hash_hex(r->identity.ptr, r->identity.len, r->setup.run_id);
        status = twf_outputs_guard(&r->outputs, (const char *const *)r->inputs.items,
                                   r->inputs.len, err);
        if (status == TWF_OK && (r->checkpoint == NULL || !twf_checkpoint_resumes(r->checkpoint)))
            twf_outputs_forget(&r->outputs);
        if (status == TWF_OK)
            status = r->checkpoint == NULL ? twf_outputs_open(&r->outputs, err)
                                           : twf_checkpoint_begin(r->checkpoint, r, err);
        if (status == TWF_OK)
            status = twf_pipe_render(r->pipe, render, r, r->outputs.len, err);
        /* From here on threads start, and mail is read. */
        if (status == TWF_OK)
            status = twf_confine(r, err);
        if (status != TWF_OK)
            return end(r, status);
        twf_run_tell_notice(r);
    }
    status = r->checkpoint != NULL && twf_checkpoint_is_sealed(r->checkpoint)
                 ? TWF_END
                 : twf_pipe_next(r->pipe, out, err);
    twf_run_tell_incidents(r);
    if (status == TWF_OK) {
        struct twf_buf *texts = twf_pipe_texts(r->pipe);

        look_at(r, *out);
        if (texts != NULL)
            status = twf_outputs_write(&r->outputs, texts, err);
        if (status == TWF_OK && r->index != NULL)
            status = twf_index_sink_rows(r->index, r->pipe, *out, err);
        return status == TWF_OK ? TWF_OK : end(r, status);
    }
    if (status == TWF_ERR_STOPPED && r->checkpoint != NULL) {
        enum twf_status kept = twf_checkpoint_stop(r->checkpoint, r, err);

        r->output_failed |= kept != TWF_OK;
    }
    if (status != TWF_END)
        return end(r, status);
    twf_run_tell_notice(r);
    if (r->index != NULL) {
        status = twf_index_sink_end(r->index, r->pipe, err);
        r->output_failed |= twf_index_sink_failed(r->index);
        if (status != TWF_OK)
            return end(r, status);
    }
    twf_run_totals(r, &t);
    status = r->checkpoint == NULL ? twf_outputs_finish(&r->outputs, &t, err)
                                   : twf_checkpoint_finish(r->checkpoint, r, &t, err);
    return end(r, status == TWF_OK ? TWF_END : status);
}

void twf_run_stop(struct twf_run *r)
{
    twf_pipe_stop(r->pipe);
}

void twf_run_progress(const struct twf_run *r, struct twf_progress *out)
{
    twf_pipe_progress(r->pipe, out);
}
