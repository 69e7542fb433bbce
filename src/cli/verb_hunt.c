/* SPDX-License-Identifier: Apache-2.0 */
/* hunt -e FIELD:REGEX INPUT...: records, a number or groups on standard output, a summary on standard error. */
#define _GNU_SOURCE
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exit_code.h"
#include "stop.h"
#include "ticker.h"

struct face {
    const struct twf_cli_args *args;
    struct twf_screen *screen;
    bool broken;               /* standard output is gone */
    char why[900];             /* archives that were not asked through an index, and why not */
    unsigned long long listed, unlisted;
    struct twf_ticker ticker;
};

/* Archives whose index could not answer: the first few by name. */
static void on_index(void *ctx, const struct twf_index_report *r)
{
    enum { MOST = 4 };
    struct face *f = ctx;
    size_t n = strlen(f->why);
    const char *slash = strrchr(r->archive, '/');
    char text[300];

    if (r->result == TWF_INDEX_FRESH)
        return;
    if (f->listed == MOST) {
        f->unlisted++;
        return;
    }
    (void)snprintf(text, sizeof(text), "%s%.120s: %s%.140s", f->listed == 0 ? "" : "; ",
                   slash == NULL ? r->archive : slash + 1,
                   r->result == TWF_INDEX_STALE ? "index " : "", r->why);
    (void)snprintf(f->why + n, sizeof(f->why) - n, "%s", text);
    f->listed++;
}

static void on_log(void *ctx, enum twf_log_level level, const char *line)
{
    twf_screen_log(((struct face *)ctx)->screen, level, line);
}

static void on_group(void *ctx, const char *value, size_t len, uint64_t count, int is_null)
{
    struct face *f = ctx;
    char copy[1024], text[2200], line[2300];
    int n;

    (void)snprintf(copy, sizeof(copy), "%.*s", (int)(len < sizeof(copy) ? len : sizeof(copy) - 1),
                   len == 0 ? "" : value);
    (void)twf_escape(text, sizeof(text), copy, f->args->ascii);
    n = snprintf(line, sizeof(line), "%llu\t%s\n", (unsigned long long)count,
                 is_null ? "(none)" : text);
    if (!f->broken && n > 0 && !twf_write_all(STDOUT_FILENO, line, (size_t)n))
        f->broken = true;
}

static void on_tick(void *ctx, const struct twf_run *run)
{
    twf_ticker_tick(&((struct face *)ctx)->ticker, run);
}

static void put_summary(struct face *f, const struct twf_hunt_result *r)
{
    char line[1400], hits[32], messages[32], more[64] = "";
    unsigned long long ms = r->elapsed_ns / 1000000;

    if (f->args->quiet || f->args->no_summary)
        return;
    if (f->unlisted > 0)
        (void)snprintf(more, sizeof(more), "; and %llu more", f->unlisted);
    (void)snprintf(line, sizeof(line), "%llu input%s from the index, %llu %s%s%.900s%s%s",
                   (unsigned long long)r->from_index, r->from_index == 1 ? "" : "s",
                   (unsigned long long)(r->left_out > 0 ? r->left_out : r->from_archive),
                   r->left_out > 0 ? "left out" : "read", f->why[0] != '\0' ? " (" : "", f->why,
                   more, f->why[0] != '\0' ? ")" : "");
    twf_screen_say(f->screen, TWF_LOG_INFO, line);
    (void)snprintf(line, sizeof(line), "%s of %s messages match; %llu.%03llu s",
                   twf_screen_number(r->hits, hits), twf_screen_number(r->messages, messages), ms / 1000, ms % 1000);
    twf_screen_say(f->screen, TWF_LOG_INFO, line);
}

static void put_count(struct face *f, const struct twf_hunt_result *r)
{
    char line[32];
    int n = snprintf(line, sizeof(line), "%llu\n", (unsigned long long)r->hits);

    if (n > 0 && !twf_write_all(STDOUT_FILENO, line, (size_t)n))
        f->broken = true;
}

int twf_cli_hunt(const struct twf_cli_args *a, const struct twf_options *o,
                 struct twf_screen *screen)
{
    struct face f = {.args = a, .screen = screen};
    struct twf_hooks hooks = {.ctx = &f,
                              .index = on_index,
                              .log = on_log,
                              .tick = on_tick,
                              .stop = twf_stop_arm(),
                              .group = on_group};
    struct twf_hunt_result result;
    struct twf_error err = {0};
    enum twf_status status;
    int code;

    twf_ticker_init(&f.ticker, a, screen);
    status = twf_hunt(o, (const char *const *)a->inputs, a->input_count, STDOUT_FILENO, &hooks,
                      &result, &err);
    code = result.exit_code;
    twf_screen_line(screen, NULL);
    if (status == TWF_ERR_ARG || status == TWF_ERR_RULES) {
        twf_screen_error(screen, &err);
        return TWF_EXIT_USAGE;
    }
    if (status == TWF_OK && a->given[twf_cli_option_find("count") - twf_cli_options])
        put_count(&f, &result);
    if (status != TWF_OK && status != TWF_ERR_STOPPED &&
        !(status == TWF_ERR_OUTPUT && err.sys_errno == EPIPE))
        twf_screen_error(screen, &err);
    if (status != TWF_OK && status != TWF_ERR_STOPPED)
        code = twf_exit_stronger(code, twf_exit_during(status));
    if (f.broken)
        code = twf_exit_stronger(code, TWF_EXIT_OUTPUT);
    put_summary(&f, &result);
    return twf_stop_code(code);
}
