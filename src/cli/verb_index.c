/* SPDX-License-Identifier: Apache-2.0 */
/* index INPUT...: a line for each index on standard output, what is wrong on standard error. */
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
    unsigned long long alone; /* inputs that are a message each */
    bool check, broken;       /* standard output is gone */
    struct twf_ticker ticker;
};

static void put_line(struct face *f, const struct twf_index_report *r)
{
    char path[1024], messages[32], gaps[64] = "", line[1500];
    double mb = (double)r->bytes / 1e6;
    int n;

    (void)twf_escape(path, sizeof(path), r->index, f->args->ascii);
    if (r->gaps > 0)
        (void)snprintf(gaps, sizeof(gaps), ", %llu gap%s", (unsigned long long)r->gaps, r->gaps == 1 ? "" : "s");
    if (r->result == TWF_INDEX_FRESH)
        n = f->check ? snprintf(line, sizeof(line), "%s  fresh, %s messages%s\n", path,
                                twf_screen_number(r->messages, messages), gaps)
                     : snprintf(line, sizeof(line), "%s  fresh%s\n", path, gaps);
    else
        n = snprintf(line, sizeof(line), "%s  %s messages, %llu batch%s, %.*f MB (%.1f %% of the archive)%s\n",
                     path, twf_screen_number(r->messages, messages), (unsigned long long)r->batches,
                     r->batches == 1 ? "" : "es", mb < 1 ? 3 : 1, mb,
                     r->archive_bytes == 0 ? 0.0
                                           : 100.0 * (double)r->bytes / (double)r->archive_bytes,
                     gaps);
    twf_screen_line(f->screen, NULL);
    if (n > 0 && !twf_write_all(STDOUT_FILENO, line, (size_t)n))
        f->broken = true;
}

static void put_problem(struct face *f, const struct twf_index_report *r)
{
    static const char *const words[] = {
        [TWF_INDEX_WRITTEN] = "", [TWF_INDEX_FRESH] = "",           [TWF_INDEX_NONE] = "no index: ",
        [TWF_INDEX_STALE] = "stale: ", [TWF_INDEX_DAMAGED] = "",    [TWF_INDEX_FAILED] = "",
    };
    bool of_archive = r->result == TWF_INDEX_NONE || r->index == NULL;
    char text[1400];

    (void)snprintf(text, sizeof(text), "%.900s: %s%s", of_archive ? r->archive : r->index,
                   words[r->result], r->why);
    twf_screen_say(f->screen, r->result == TWF_INDEX_FAILED ? TWF_LOG_ERROR : TWF_LOG_WARNING, text);
}

static void on_index(void *ctx, const struct twf_index_report *r)
{
    struct face *f = ctx;

    if (r->result == TWF_INDEX_WRITTEN || r->result == TWF_INDEX_FRESH)
        put_line(f, r);
    else if (r->why != NULL && strcmp(r->why, "a single message") == 0)
        f->alone++;
    else if (!f->args->quiet || r->result == TWF_INDEX_FAILED)
        put_problem(f, r);
}

static void on_log(void *ctx, enum twf_log_level level, const char *line)
{
    twf_screen_log(((struct face *)ctx)->screen, level, line);
}

static void on_tick(void *ctx, const struct twf_run *run)
{
    twf_ticker_tick(&((struct face *)ctx)->ticker, run);
}

int twf_cli_index(const struct twf_cli_args *a, const struct twf_options *o,
                  struct twf_screen *screen)
{
    struct face f = {.args = a, .screen = screen};
    struct twf_hooks hooks = {
        .ctx = &f, .index = on_index, .log = on_log, .tick = on_tick, .stop = twf_stop_arm()};
    struct twf_error err = {0};
    enum twf_status status;
    char text[120];
    int code = TWF_EXIT_OK;

    twf_ticker_init(&f.ticker, a, screen);
    f.check = a->given[twf_cli_option_find("check") - twf_cli_options];
    status = twf_index(o, (const char *const *)a->inputs, a->input_count, &hooks, &code, &err);
    twf_screen_line(screen, NULL);
    if (f.alone > 0 && !a->quiet) {
        (void)snprintf(text, sizeof(text), "%llu input%s of one message each: no index", f.alone,
                       f.alone == 1 ? "" : "s");
        twf_screen_say(screen, TWF_LOG_WARNING, text);
    }
    if (status == TWF_ERR_ARG) {
        twf_screen_error(screen, &err);
        return TWF_EXIT_USAGE;
    }
    if (status != TWF_OK && status != TWF_ERR_STOPPED) {
        twf_screen_error(screen, &err);
        code = twf_exit_stronger(code, twf_exit_during(status));
    }
    if (f.broken)
        code = twf_exit_stronger(code, TWF_EXIT_OUTPUT);
    return twf_stop_code(code);
}
