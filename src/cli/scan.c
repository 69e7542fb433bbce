/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thin caller of the library: it takes batches, which the library has written by then, keeps the
 * progress line alive between them, and turns signals into twf_run_stop.
 */
#define _GNU_SOURCE
#include "scan.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <twofrom/tools.h>

#include "exit_code.h"
#include "ticker.h"
#include "verbs.h"

/*
 * The only variables of the program that are not on a stack: a signal handler has no other way to
 * its run. Set before the handlers are, cleared after they are gone.
 */
static struct twf_run *volatile signal_run;
static volatile sig_atomic_t signal_seen;
/* The process that hands signals on; what comes from elsewhere comes from there too. 0: none does. */
static volatile pid_t signal_from;

enum { GRACE_SECONDS = 2 };

/* The first signal asks for an end; the second one is the end, and so is the alarm. */
static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (signal_from != 0 && number != SIGALRM && info->si_pid != signal_from)
        return;
    if (signal_seen != 0)
        _exit(TWF_EXIT_SIGNAL + (number == SIGALRM ? (int)signal_seen : number));
    signal_seen = number;
    twf_run_stop(signal_run);
    (void)alarm(GRACE_SECONDS);
}

static void set_handlers(struct twf_run *run)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    if (run != NULL) {
        action.sa_sigaction = on_signal;
        action.sa_flags = SA_SIGINFO;
    }
    /* No SA_RESTART: a read from a silent pipe has to end too. */
    (void)sigemptyset(&action.sa_mask);
    if (run != NULL)
        signal_run = run;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGALRM, &action, NULL);
    if (run == NULL)
        signal_run = NULL;
}

/* Takes all batches; the status that ended the run. A closed pipe needs no words. */
static enum twf_status take(const struct twf_cli_args *a, struct twf_run *run,
                            struct twf_screen *screen)
{
    struct twf_ticker t;
    struct twf_error err = {0};
    const struct twf_batch *batch;
    enum twf_status status;

    twf_ticker_init(&t, a, screen);
    twf_run_set_tick(run, twf_ticker_tick, &t);
    do
        status = twf_run_next(run, &batch, &err);
    while (status == TWF_OK);
    twf_run_set_tick(run, NULL, NULL);
    twf_screen_line(screen, NULL);
    if (status != TWF_END && status != TWF_ERR_STOPPED &&
        !(status == TWF_ERR_OUTPUT && err.sys_errno == EPIPE))
        twf_screen_error(screen, &err);
    return status;
}

static void put_summary(const struct twf_cli_args *a, struct twf_run *run,
                        struct twf_screen *screen)
{
    size_t len;
    const char *text;

    if (a->quiet || a->no_summary)
        return;
    text = a->log_json ? twf_run_summary(run, &len)
                       : twf_run_summary_text(run, a->ascii, screen->color, &len);
    if (text != NULL && a->log_json)
        twf_screen_document(screen, "summary", text, len);
    else if (text != NULL)
        twf_screen_put(screen, text, len);
}

int twf_cli_scan(const struct twf_cli_args *a, struct twf_options *o, struct twf_screen *screen)
{
    struct twf_error err = {0};
    struct twf_run *run;
    enum twf_status status;
    int supervisor, code = twf_supervise(o, &supervisor, twf_screen_log, screen);

    if (code >= 0)
        return code;
    signal_from = (pid_t)supervisor;
    status = twf_run_open(o, &run, &err);
    if (status == TWF_ERR_RULES && !a->log_json) {
        twf_cli_rules_faults(o);
        return TWF_EXIT_USAGE;
    }
    if (status != TWF_OK) {
        twf_screen_error(screen, &err);
        return twf_exit_before(status);
    }
    twf_run_set_stdout(run, STDOUT_FILENO);
    twf_run_set_log(run, twf_screen_log, screen);
    for (size_t i = 0; i < a->input_count; i++) {
        status = twf_run_add_path(run, a->inputs[i], &err);
        if (status == TWF_OK)
            continue;
        twf_screen_error(screen, &err);
        code = twf_exit_before(status);
        goto out;
    }
    set_handlers(run);
    status = take(a, run, screen);
    (void)alarm(0);
    set_handlers(NULL);
    code = twf_run_exit_code(run);
    if (status == TWF_ERR_ARG || status == TWF_ERR_RULES) {
        code = TWF_EXIT_USAGE;
        goto out;
    }
    if (status != TWF_END && status != TWF_ERR_STOPPED)
        code = twf_exit_stronger(code, twf_exit_during(status));
    put_summary(a, run, screen);
    if (signal_seen != 0)
        code = TWF_EXIT_SIGNAL + signal_seen;
out:
    twf_run_close(run);
    return code;
}
