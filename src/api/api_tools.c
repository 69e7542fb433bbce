/* SPDX-License-Identifier: Apache-2.0 */
/* explain and doctor. */
#define _GNU_SOURCE
#include <twofrom/tools.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "api/explain_packed.h"
#include "api/run.h"
#include "base/alloc.h"
#include "base/error.h"
#include "exchange/exchange.h"

/* ---- explain ---- */

struct search {
    struct twf_run *run;
    bool by_offset, by_index, found;
    uint64_t wanted;
    struct twf_buf text;
};

static void look(void *ctx, const struct twf_place *place, const struct twf_subject *subject,
                 const struct twf_verdict *v)
{
    struct search *s = ctx;
    const struct twf_message *m = subject->message;
    struct twf_subject_place at = {.source = place->source_uri,
                                   .offset = m->off,
                                   .length = m->len,
                                   .index = m->index,
                                   .frame_index = place->frame_index,
                                   .verified = place->verified};

    if ((s->by_offset && m->off != s->wanted) || (s->by_index && m->index != s->wanted) ||
        (!s->by_offset && !s->by_index && m->index != 0))
        return;
    if (subject->journal != NULL)
        at.journal_depth = subject->journal->depth;
    at.version = TWF_VERSION;
    at.psl_date = twf_psl_date(s->run->setup.psl);
    at.psl_sha256 = twf_psl_sha256(s->run->setup.psl);
    at.tables = twf_tables_dates();
    twf_hash_hex(subject->head->block.ptr, subject->head->block.len, at.hash);
    twf_explain_text(&s->run->outputs.options, v, &at, &s->text);
    s->found = true;
    twf_pipe_stop(s->run->pipe);
}

/* "ARCHIVE@OFFSET" or "ARCHIVE#INDEX": the last of these signs with nothing but digits behind it. */
static bool split_spec(const char *spec, struct search *s, char **path)
{
    const char *sign = strrchr(spec, '@');
    const char *hash = strrchr(spec, '#');
    char *end;

    if (hash != NULL && (sign == NULL || hash > sign))
        sign = hash;
    *path = twf_strdup(spec);
    if (*path == NULL || sign == NULL || sign[1] < '0' || sign[1] > '9')
        return *path != NULL;
    errno = 0;
    s->wanted = strtoull(sign + 1, &end, 10);
    if (*end != '\0' || errno != 0)
        return true;
    s->by_offset = *sign == '@';
    s->by_index = *sign == '#';
    (*path)[sign - spec] = '\0';
    return true;
}

enum twf_status twf_explain(const struct twf_options *o, const char *spec, twf_write_fn *write,
                            void *ctx, struct twf_error *err)
{
    struct search s = {0};
    struct twf_options plain = *o;
    const struct twf_batch *batch;
    struct twf_totals t;
    char *path;
    enum twf_status status;

    plain.outputs = (struct twf_strings){0};
    plain.explain = true;
    if (!split_spec(spec, &s, &path))
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to explain");
    twf_buf_init(&s.text);
    status = twf_run_open(&plain, &s.run, err);
    if (status == TWF_OK) {
        twf_pipe_watch(s.run->pipe, look, &s);
        status = twf_run_add_path(s.run, path, err);
    }
    if (status == TWF_OK && (s.by_offset || s.by_index)) {
        status = twf_explain_packed(&plain, path, s.by_index, s.wanted, look, &s, err);
        status = status == TWF_END ? TWF_OK : status;
    }
    while (status == TWF_OK && !s.found)
        status = twf_run_next(s.run, &batch, err);
    if (s.run != NULL)
        twf_pipe_totals(s.run->pipe, &t);
    if (s.found)
        status = s.text.failed ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to explain")
                 : write(ctx, s.text.ptr, s.text.len) == 0
                     ? TWF_OK
                     : twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write");
    else if (status == TWF_END && t.inputs_failed > 0)
        status = twf_error_set(err, TWF_ERR_IO, 0, "%s", t.incidents[0].text);
    else if (status == TWF_END)
        status = twf_error_set(err, TWF_ERR_ARG, 0, "no message %s", spec);
    twf_run_close(s.run);
    twf_buf_fini(&s.text);
    twf_free(path);
    return status;
}

/* ---- doctor ---- */

/* A message whose verdict is known: two authors, two organizations. */
static const char probe[] = "Return-Path: <x@attack.example>\r\n"
                            "From: <first@attack.example>, <admin@bank.example>\r\n\r\n";

static bool self_test(struct twf_run *r)
{
    struct twf_worker *w = NULL;
    struct twf_message m = {.len = sizeof(probe) - 1, .text = twf_span(probe, sizeof(probe) - 1)};
    struct twf_place place = {.source_uri = "probe", .source_id = "0", .verified = "none"};
    struct twf_counts counts = {0};
    struct twf_setup quiet = r->setup;
    bool ok;

    quiet.min_level = TWF_LEVEL_COUNT; /* no row: only counters are looked at */
    quiet.all = false;
    quiet.rules = NULL; /* they would ask for rows */
    ok = twf_worker_new(&quiet, &w, NULL) == TWF_OK;
    if (ok)
        twf_worker_begin(w, &(struct twf_worker_sink){0});
    ok = ok && twf_worker_judge(w, &place, &m, 1, NULL, &counts, NULL) == TWF_OK &&
         twf_worker_end(w, NULL) == TWF_OK &&
         counts.findings[TWF_F_FROM_AMBIGUOUS_ORG] == 1 &&
         counts.findings[TWF_F_FROM_MULTI_NO_SENDER] == 1;
    twf_worker_free(w);
    return ok;
}

enum twf_status twf_doctor(const struct twf_options *o, twf_write_fn *write, void *ctx,
                           int *exit_code, struct twf_error *err)
{
    struct twf_run *r;
    struct twf_totals t;
    struct twf_buf b;
    struct rlimit memlock;
    const char *notice;
    bool ok;
    enum twf_status status = twf_run_open(o, &r, err);

    *exit_code = 5;
    if (status != TWF_OK)
        return status;
    twf_buf_init(&b);
    twf_pipe_totals(r->pipe, &t);
    notice = twf_pipe_notice(r->pipe);
    ok = self_test(r);
    twf_buf_printf(&b, "ok    kernels    %s\n", twf_cpu_level_name(r->setup.kernels.level));
    twf_buf_printf(&b, "%s  io         %s%s%s\n", notice == NULL ? "ok  " : "warn", t.backend,
                   notice == NULL ? "" : ": ", notice == NULL ? "" : notice);
    twf_buf_printf(&b, "%s  matcher    %s\n", r->matcher == NULL ? "warn" : "ok  ",
                   r->matcher == NULL ? "off" : twf_matcher_version(r->matcher));
    twf_buf_printf(&b, "ok    suffixes   %s, sha256 %s\n", twf_psl_date(r->setup.psl),
                   twf_psl_sha256(r->setup.psl));
    twf_buf_printf(&b, "ok    tables     %s; Exchange builds %s\n", twf_tables_dates(),
                   twf_exchange_builtin()->date);
    if (getrlimit(RLIMIT_MEMLOCK, &memlock) == 0)
        twf_buf_printf(&b, "ok    memlock    %llu bytes\n", (unsigned long long)memlock.rlim_cur);
    twf_buf_printf(&b, "warn  sandbox    none in this version\n");
    twf_buf_printf(&b, "%s  self-test  %s\n", ok ? "ok  " : "fail",
                   ok ? "1 of 1 messages as expected" : "the built-in message was judged wrongly");
    if (b.failed)
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory");
    else if (write(ctx, b.ptr, b.len) != 0)
        status = twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write");
    if (status == TWF_OK && ok)
        *exit_code = 0;
    twf_buf_fini(&b);
    twf_run_close(r);
    return status;
}
