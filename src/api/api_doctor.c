/* SPDX-License-Identifier: Apache-2.0 */
/* doctor: what a scan on this machine would use, and whether it judges built-in messages as it must. */
#define _GNU_SOURCE
#include <twofrom/tools.h>

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "api/run.h"
#include "base/alloc.h"
#include "base/error.h"
#include "exchange/exchange.h"
#include "rules/rules.h"

/* A message whose class, and a finding of it, are known (TWF_FINDING_COUNT: none of a From). */
struct probe {
    const char *text;
    enum twf_class verdict;
    int finding;
};

#define P1 "Return-Path: <x@attack.example>\r\n"
#define AUTHOR "From: Ann <ann@bank.example>\r\n"

static const struct probe probes[] = {
    {"Return-Path: <ann@bank.example>\r\n" AUTHOR "\r\n", TWF_V_ALIGNED, TWF_FINDING_COUNT},
    {P1 AUTHOR "\r\n", TWF_V_MISMATCH_PLAIN, TWF_F_R_MISMATCH},
    {P1 "From: <first@attack.example>, <admin@bank.example>\r\n\r\n", TWF_V_AMBIGUOUS_FROM,
     TWF_F_FROM_MULTI_NO_SENDER},
    {P1 AUTHOR "From: <first@attack.example>\r\n\r\n", TWF_V_AMBIGUOUS_FROM, TWF_F_FROM_DUP_FIELD},
    {P1 "From: <first@attack.example> <admin@bank.example>\r\n\r\n", TWF_V_AMBIGUOUS_FROM,
     TWF_F_FROM_TEXT_AFTER_ADDR},
    {P1 "From: <@a.example:admin@bank.example>\r\n\r\n", TWF_V_AMBIGUOUS_FROM, TWF_F_FROM_ROUTE},
    {P1 "From: =?utf-8?q?admin=40bank.example?= <first@attack.example>\r\n\r\n", TWF_V_MALFORMED_FROM,
     TWF_F_FROM_DISPLAY_ADDR_DIFF},
    {P1 "Subject: no author\r\n\r\n", TWF_V_MALFORMED_FROM, TWF_F_FROM_ABSENT},
};

/* How many of the probes are judged as they must; -1 where nothing can be judged. */
static int self_test(struct twf_run *r)
{
    struct twf_worker *w = NULL;
    struct twf_place place = {.source_uri = "probe", .source_id = "0", .verified = "none"};
    struct twf_setup quiet = r->setup;
    int good = 0;

    quiet.min_level = TWF_LEVEL_COUNT; /* no row: only counters are looked at */
    quiet.all = false;
    quiet.rules = NULL; /* they would ask for rows */
    if (twf_worker_new(&quiet, &w, NULL) != TWF_OK)
        return -1;
    for (size_t i = 0; i < TWF_COUNT(probes); i++) {
        const struct probe *p = &probes[i];
        struct twf_message m = {.len = strlen(p->text), .text = twf_span_str(p->text)};
        struct twf_counts counts = {0};

        twf_worker_begin(w, &(struct twf_worker_sink){0});
        if (twf_worker_judge(w, &place, &m, 1, NULL, &counts, NULL) == TWF_OK &&
            twf_worker_end(w, NULL) == TWF_OK && counts.classes[p->verdict] == 1 &&
            (p->finding == TWF_FINDING_COUNT || counts.findings[p->finding] == 1))
            good++;
    }
    twf_worker_free(w);
    return good;
}

/* Older than two years: new public suffixes, and so organizations, are not known. */
static bool is_old(const char *date)
{
    enum { TWO_YEARS = 731 };
    struct tm day = {0};
    const char *end = strptime(date, "%Y-%m-%d", &day);

    return end == NULL || difftime(time(NULL), timegm(&day)) > 86400.0 * TWO_YEARS;
}

static void put_sandbox(struct twf_buf *b)
{
    struct twf_sandbox_state state;

    twf_sandbox_probe(&state);
    twf_buf_printf(b, "%s  sandbox    %s\n", state.landlock > 0 && state.seccomp ? "ok  " : "warn",
                   state.text);
}

enum twf_status twf_doctor(const struct twf_options *o, twf_write_fn *write, void *ctx,
                           int *exit_code, struct twf_error *err)
{
    struct twf_run *r;
    struct twf_totals t;
    struct twf_buf b;
    struct rlimit memlock;
    const char *notice;
    int good;
    enum twf_status status = twf_run_open(o, &r, err);

    *exit_code = 5;
    if (status != TWF_OK)
        return status;
    twf_buf_init(&b);
    twf_pipe_totals(r->pipe, &t);
    notice = twf_pipe_notice(r->pipe);
    good = self_test(r);
    twf_buf_printf(&b, "ok    kernels    %s\n", twf_cpu_level_name(r->setup.kernels.level));
    twf_buf_printf(&b, "%s  io         %s%s%s\n", notice == NULL ? "ok  " : "warn", t.backend,
                   notice == NULL ? "" : ": ", notice == NULL ? "" : notice);
    twf_buf_printf(&b, "%s  matcher    %s\n", r->matcher == NULL ? "warn" : "ok  ",
                   r->matcher == NULL ? "off" : twf_matcher_version(r->matcher));
    twf_buf_printf(&b, "%s  suffixes   %s, sha256 %s%s\n", is_old(twf_psl_date(r->setup.psl)) ? "warn" : "ok  ",
                   twf_psl_date(r->setup.psl), twf_psl_sha256(r->setup.psl),
                   is_old(twf_psl_date(r->setup.psl)) ? "; more than two years old: --psl FILE" : "");
    twf_buf_printf(&b, "ok    rules      %zu (%.8s)\n", r->rules == NULL ? 0 : twf_rules_count(r->rules),
                   r->rules == NULL ? "none" : twf_rules_digest(r->rules));
    twf_buf_printf(&b, "ok    tables     %s; Exchange builds %s\n", twf_tables_dates(),
                   twf_exchange_builtin()->date);
    if (getrlimit(RLIMIT_MEMLOCK, &memlock) == 0)
        twf_buf_printf(&b, "ok    memlock    %llu bytes\n", (unsigned long long)memlock.rlim_cur);
    put_sandbox(&b);
    twf_buf_printf(&b, "%s  self-test  %d of %zu messages as expected\n",
                   good == (int)TWF_COUNT(probes) ? "ok  " : "fail", good < 0 ? 0 : good, TWF_COUNT(probes));
    if (b.failed)
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory");
    else if (write(ctx, b.ptr, b.len) != 0)
        status = twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write");
    if (status == TWF_OK && good == (int)TWF_COUNT(probes))
        *exit_code = 0;
    twf_buf_fini(&b);
    twf_run_close(r);
    return status;
}
