/* SPDX-License-Identifier: Apache-2.0 */
/* The program: arguments into options, a verb, an exit status. Records on stdout, words on
 * stderr. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <twofrom/tools.h>

#include "args.h"
#include "exit_code.h"
#include "help.h"
#include "scan.h"
#include "screen.h"
#include "verbs.h"

/*
 * Descriptors 0 to 2 that our caller closed: an archive opened in their place would get our
 * messages. open gives the lowest free number.
 */
static void hold_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
            _exit(TWF_EXIT_INTERNAL);
    }
}

/* Text for standard output is complete, or the exit status is 4. */
static int finish_stdout(struct twf_screen *screen)
{
    char text[160];

    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return TWF_EXIT_OK;
    if (errno != EPIPE) {
        (void)snprintf(text, sizeof(text), "standard output: %s", strerror(errno));
        twf_screen_say(screen, TWF_LOG_ERROR, text);
    }
    return TWF_EXIT_OUTPUT;
}

static void put_hint(struct twf_screen *screen, enum twf_cli_verb verb)
{
    char text[80];

    if (screen->json)
        return;
    (void)snprintf(text, sizeof(text), "try 'twofrom %s%s--help'\n", twf_cli_verbs[verb].name,
                   verb == TWF_VERB_NONE ? "" : " ");
    twf_screen_put(screen, text, strlen(text));
}

static int usage_error(struct twf_screen *screen, const struct twf_cli_args *a)
{
    char text[400];

    if (a->error_line > 0)
        (void)snprintf(text, sizeof(text), "%.100s:%u: %s", a->config, a->error_line, a->error);
    else
        (void)snprintf(text, sizeof(text), "%s", a->error);
    twf_screen_say(screen, TWF_LOG_ERROR, text);
    if (!screen->json) {
        (void)snprintf(text, sizeof(text), "try 'twofrom %s%s--help'\n",
                       twf_cli_verbs[a->verb].name, a->verb == TWF_VERB_NONE ? "" : " ");
        twf_screen_put(screen, text, strlen(text));
    }
    return TWF_EXIT_USAGE;
}

/* Reads the config file into a; false: a message was printed. */
static bool read_config(struct twf_cli_args *a, struct twf_screen *screen)
{
    char text[400];
    FILE *file = fopen(a->config, "re");
    size_t n;
    bool ok;

    if (file == NULL) {
        (void)snprintf(text, sizeof(text), "%.200s: %s", a->config, strerror(errno));
        twf_screen_say(screen, TWF_LOG_ERROR, text);
        return false;
    }
    n = fread(a->config_text, 1, sizeof(a->config_text), file);
    ok = ferror(file) == 0 && n < sizeof(a->config_text);
    if (!ok) {
        (void)snprintf(text, sizeof(text), "%.200s: %s", a->config,
                       ferror(file) != 0 ? strerror(errno) : "too long for a config file");
        twf_screen_say(screen, TWF_LOG_ERROR, text);
    }
    (void)fclose(file);
    if (ok && !twf_cli_args_config(a, n)) {
        (void)usage_error(screen, a);
        return false;
    }
    return ok;
}

/* An option that the library may not have yet; never one that somebody asked for. */
static enum twf_status set_known(struct twf_options *o, const char *name, const char *value,
                                 struct twf_error *err)
{
    for (const char *const *known = twf_option_names(); *known != NULL; known++) {
        if (strcmp(*known, name) == 0)
            return twf_options_set(o, name, value, err);
    }
    return TWF_OK;
}

/* What the terminal tells, for records on it. */
static enum twf_status set_screen(struct twf_options *o, const struct twf_cli_args *a,
                                  struct twf_error *err)
{
    char width[16];
    enum twf_status status;

    status = set_known(o, "color",
                       twf_screen_color(STDOUT_FILENO, (int)a->color) ? "always" : "never", err);
    if (status != TWF_OK)
        return status;
    (void)snprintf(width, sizeof(width), "%u", twf_screen_width(STDOUT_FILENO));
    return set_known(o, "width", width, err);
}

static bool is_given(const struct twf_cli_args *a, const char *name)
{
    return a->given[twf_cli_option_find(name) - twf_cli_options];
}

static bool wants_records(const struct twf_cli_args *a)
{
    return a->verb == TWF_VERB_SCAN ||
           (a->verb == TWF_VERB_HUNT && !is_given(a, "count") && !is_given(a, "group-by"));
}

/* The folder for compiled rules, by the XDG Base Directory Specification; relative paths do not count. */
static enum twf_status set_cache(struct twf_options *o, struct twf_error *err)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char path[4096];
    int n;

    if (cache != NULL && cache[0] == '/')
        n = snprintf(path, sizeof(path), "%s/twofrom", cache);
    else if (home != NULL && home[0] == '/')
        n = snprintf(path, sizeof(path), "%s/.cache/twofrom", home);
    else
        return TWF_OK;
    return n > 0 && (size_t)n < sizeof(path) ? twf_options_set(o, "rules-cache", path, err) : TWF_OK;
}

static enum twf_status make_options(struct twf_options *o, const struct twf_cli_args *a,
                                    struct twf_error *err)
{
    enum twf_status cached = set_cache(o, err);

    if (cached == TWF_OK && (TWF_CLI_OPENS >> a->verb & 1) != 0)
        cached = twf_options_set(o, "sandbox", "auto", err);
    if (cached == TWF_OK && a->verb == TWF_VERB_SCAN)
        cached = twf_options_set(o, "crash-restarts", "100", err);
    if (cached != TWF_OK)
        return cached;
    for (size_t i = 0; i < a->setting_count; i++) {
        enum twf_status status =
            twf_options_set(o, a->settings[i].option->name, a->settings[i].value, err);

        if (status != TWF_OK)
            return status;
    }
    if (wants_records(a) && !a->output_given) {
        enum twf_status status =
            twf_options_set(o, "output", isatty(STDOUT_FILENO) == 1 ? "table" : "jsonl", err);

        if (status != TWF_OK)
            return status;
    }
    return set_screen(o, a, err);
}

int twf_cli_put_stdout(void *ctx, const void *ptr, size_t len)
{
    (void)ctx;
    return twf_write_all(STDOUT_FILENO, ptr, len) ? 0 : -1;
}

static int run_explain(const struct twf_cli_args *a, const struct twf_options *o,
                       struct twf_screen *screen)
{
    struct twf_error err = {0};
    enum twf_status status = twf_explain(o, a->inputs[0], twf_cli_put_stdout, NULL, &err);

    if (status != TWF_OK && !(status == TWF_ERR_OUTPUT && err.sys_errno == EPIPE))
        twf_screen_error(screen, &err);
    /* A message that cannot be read is no question that is wrong. */
    return status == TWF_ERR_ARG ? TWF_EXIT_USAGE : twf_exit_during(status);
}

static int run_doctor(const struct twf_cli_args *a, const struct twf_options *o,
                      struct twf_screen *screen)
{
    struct twf_error err = {0};
    int code = TWF_EXIT_OK;
    enum twf_status status = twf_doctor(o, twf_cli_put_stdout, NULL, &code, &err);

    if (status != TWF_OK) {
        twf_screen_error(screen, &err);
        return twf_exit_before(status);
    }
    (void)fputs("ok    config     ", stdout);
    if (a->config == NULL) {
        (void)fputs("none\n", stdout);
    } else {
        char path[512];

        (void)twf_escape(path, sizeof(path), a->config, a->ascii);
        (void)printf("%s\n", path);
    }
    for (size_t i = 0; i < a->setting_count; i++) {
        char value[512] = "";

        if (a->settings[i].value != NULL)
            (void)twf_escape(value, sizeof(value), a->settings[i].value, a->ascii);
        (void)printf("ok    option     --%s%s%s\n", a->settings[i].option->name,
                     a->settings[i].value == NULL ? "" : "=", value);
    }
    return twf_exit_stronger(code, finish_stdout(screen));
}

static int run_verb(const struct twf_cli_args *a, struct twf_screen *screen)
{
    struct twf_error err = {0};
    struct twf_options *o;
    enum twf_status status = twf_options_new(&o, &err);
    int code;

    if (status == TWF_OK)
        status = make_options(o, a, &err);
    if (status != TWF_OK) {
        twf_screen_error(screen, &err);
        if (status == TWF_ERR_ARG)
            put_hint(screen, a->verb);
        twf_options_free(o);
        return twf_exit_before(status);
    }
    if (a->verb == TWF_VERB_SCAN)
        code = twf_cli_scan(a, o, screen);
    else if (a->verb == TWF_VERB_EXPLAIN)
        code = run_explain(a, o, screen);
    else if (a->verb == TWF_VERB_HUNT)
        code = twf_cli_hunt(a, o, screen);
    else if (a->verb == TWF_VERB_INDEX)
        code = twf_cli_index(a, o, screen);
    else if (a->verb == TWF_VERB_HEALTH)
        code = twf_cli_health(a, o, screen);
    else if (a->verb == TWF_VERB_EXTRACT)
        code = twf_cli_extract(a, o, screen);
    else if (a->verb == TWF_VERB_PACK)
        code = twf_cli_pack(a, o, screen);
    else if (a->verb == TWF_VERB_RULES)
        code = twf_cli_rules(a, o, screen);
    else if (a->verb == TWF_VERB_BENCH)
        code = twf_cli_bench(a, o, screen);
    else
        code = run_doctor(a, o, screen);
    twf_options_free(o);
    return code;
}

int main(int argc, char **argv)
{
    struct twf_cli_args a;
    struct twf_screen screen;
    bool ok;

    hold_descriptors();
    (void)signal(SIGPIPE, SIG_IGN);
    twf_screen_init(&screen);
    ok = twf_cli_args_parse(&a, argc, argv, getenv("TWOFROM_CONFIG"));
    screen.ascii = a.ascii;
    screen.json = a.log_json;
    if (!ok)
        return usage_error(&screen, &a);
    if (a.help == TWF_HELP_CODES) {
        twf_cli_help_codes(stdout);
        return finish_stdout(&screen);
    }
    if (a.help != TWF_HELP_NONE) {
        twf_cli_help_print(stdout, a.verb, a.help == TWF_HELP_FULL, twf_option_names());
        return finish_stdout(&screen);
    }
    if (a.version || a.verb == TWF_VERB_VERSION) {
        char text[512];

        (void)twf_version_text(text, sizeof(text));
        (void)printf("%s\n", text);
        return finish_stdout(&screen);
    }
    if (a.generate != NULL) {
        twf_cli_help_markdown(stdout, twf_option_names());
        return finish_stdout(&screen);
    }
    if (a.config != NULL && !read_config(&a, &screen))
        return TWF_EXIT_USAGE;
    screen.ascii = a.ascii;
    screen.json = a.log_json;
    screen.quiet = a.quiet;
    screen.no_summary = a.no_summary;
    screen.verbose = a.verbose;
    screen.color = twf_screen_color(STDERR_FILENO, (int)a.color);
    return run_verb(&a, &screen);
}
