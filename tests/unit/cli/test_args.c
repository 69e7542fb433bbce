/* SPDX-License-Identifier: Apache-2.0 */
/* The command line and the config file, by tables: what is taken, what is refused and with which
 * words. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "args.h"

enum { ARGS_MAX = 16 };

/* argv out of words that are separated by blanks; each on the heap. */
static int split(const char *text, char **argv)
{
    int argc = 0;

    while (*(text += strspn(text, " ")) != '\0') {
        size_t n = strcspn(text, " ");

        assert_true(argc < ARGS_MAX);
        argv[argc] = strndup(text, n);
        assert_non_null(argv[argc++]);
        text += n;
    }
    argv[argc] = NULL;
    return argc;
}

/* What was understood, in one line. */
static void describe(const struct twf_cli_args *a, char *text, size_t cap)
{
    size_t n = (size_t)snprintf(text, cap, "%s", twf_cli_verbs[a->verb].name);

    for (size_t i = 0; i < a->setting_count; i++)
        n += (size_t)snprintf(text + n, cap - n, " %s=%s", a->settings[i].option->name,
                              a->settings[i].value == NULL ? "" : a->settings[i].value);
    for (size_t i = 0; i < a->input_count; i++)
        n += (size_t)snprintf(text + n, cap - n, " [%s]", a->inputs[i]);
    assert_true(n < cap);
}

static const struct {
    const char *line, *want, *error;
} rows[] = {
    {"twofrom scan a b", "scan [a] [b]", NULL},
    {"twofrom -T 4 scan a", "scan threads=4 [a]", NULL},
    {"twofrom scan a -T4 b --threads=5", "scan threads=4 threads=5 [a] [b]", NULL},
    {"twofrom scan --min-level high a", "scan min-level=high [a]", NULL},
    {"twofrom scan -o jsonl=x -o summary a", "scan output=jsonl=x output=summary [a]", NULL},
    {"twofrom scan --json -", "scan output=jsonl [-]", NULL},
    {"twofrom scan -- -a --all", "scan [-a] [--all]", NULL},
    {"twofrom -- scan a", "scan [a]", NULL},
    {"twofrom scan -qv a", "scan [a]", NULL},
    {"twofrom explain a@5", "explain [a@5]", NULL},
    {"twofrom doctor --io=pread", "doctor io=pread", NULL},
    {"twofrom version", "version", NULL},
    {"twofrom --help", "", NULL},
    {"twofrom scan -h", "scan", NULL},
    {"twofrom scan --help --since", NULL, "--since needs a value"},
    {"twofrom --version", "", NULL},
    {"twofrom --generate options", "", NULL},
    {"", NULL, "a verb is missing"},
    {"twofrom", NULL, "a verb is missing"},
    {"twofrom scna a", NULL, "unknown verb 'scna', did you mean scan?"},
    {"twofrom xyzzy", NULL, "unknown verb 'xyzzy'"},
    {"twofrom scan", NULL, "scan needs an input"},
    {"twofrom explain", NULL, "explain needs one message"},
    {"twofrom explain a b", NULL, "explain needs one message"},
    {"twofrom version a", NULL, "version takes no input"},
    {"twofrom scan --min-levle=high a", NULL,
     "unknown option '--min-levle', did you mean --min-level?"},
    {"twofrom scan --min-lev=high a", NULL,
     "unknown option '--min-lev', did you mean --min-level?"},
    {"twofrom scan --no a", NULL, "unknown option '--no', did you mean --no-progress?"},
    {"twofrom scan --unheard-of a", NULL, "unknown option '--unheard-of'"},
    {"twofrom scan -x a", NULL, "unknown option '-x'"},
    {"twofrom scan -T", NULL, "-T needs a value"},
    {"twofrom scan --all=1 a", NULL, "--all takes no value"},
    {"twofrom --min-level high scan a", NULL, "--min-level belongs behind the verb"},
    {"twofrom explain --min-level high a", NULL, "explain takes no option --min-level"},
    {"twofrom version --since 2021", NULL, "version takes no option --since"},
    {"twofrom scan --color=red a", NULL, "--color: 'red' is none of auto, always, never"},
    {"twofrom scan --log-format=xml a", NULL, "--log-format: 'xml' is none of text, json"},
    {"twofrom --generate=man", NULL, "--generate: 'man' is not options"},
};

static void command_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static struct twf_cli_args a; /* too large for a test's stack under sanitizers */
        char *argv[ARGS_MAX + 1], *copy[ARGS_MAX + 1], text[512];
        int argc = split(rows[i].line, argv);
        bool ok;

        memcpy(copy, argv, sizeof(argv));
        ok = twf_cli_args_parse(&a, argc, argv, NULL);
        if (ok != (rows[i].want != NULL))
            fail_msg("%s: %s", rows[i].line, ok ? "taken" : a.error);
        if (ok) {
            describe(&a, text, sizeof(text));
            assert_string_equal(text, rows[i].want);
        } else {
            assert_string_equal(a.error, rows[i].error);
        }
        for (int k = 0; k < argc; k++)
            free(copy[k]);
    }
}

static void flags(void **state)
{
    static struct twf_cli_args a;
    char line[] = "twofrom -v scan -v --no-progress --no-summary --color never --log-format json "
                  "--ascii --config c x";
    char *argv[ARGS_MAX + 1], *copy[ARGS_MAX + 1];
    int argc = split(line, argv);

    (void)state;
    memcpy(copy, argv, sizeof(argv));
    assert_true(twf_cli_args_parse(&a, argc, argv, "from-env"));
    assert_int_equal(a.verbose, 2);
    assert_true(a.no_progress && a.no_summary && a.log_json && a.ascii && !a.quiet);
    assert_int_equal(a.color, TWF_WHEN_NEVER);
    assert_string_equal(a.config, "c");
    for (int k = 0; k < argc; k++)
        free(copy[k]);
    argc = split("twofrom scan x", argv);
    memcpy(copy, argv, sizeof(argv));
    assert_true(twf_cli_args_parse(&a, argc, argv, "from-env"));
    assert_string_equal(a.config, "from-env");
    assert_true(twf_cli_args_parse(&a, 0, argv + argc, "") == false && a.config == NULL);
    for (int k = 0; k < argc; k++)
        free(copy[k]);
}

static const struct {
    const char *line, *config, *want, *error;
    unsigned error_line;
} configs[] = {
    {"twofrom scan a", "--threads=8\n# no\n\n  --all  \r\n", "scan threads=8 all= [a]", NULL, 0},
    {"twofrom scan a", "--threads 8\n-T 9\n-T7", "scan threads=8 threads=9 threads=7 [a]", NULL, 0},
    {"twofrom scan -T2 a", "--threads=8\n--all", "scan threads=2 all= [a]", NULL, 0},
    {"twofrom scan -o csv a", "--json\n-o table", "scan output=csv [a]", NULL, 0},
    {"twofrom scan --json a", "-o table", "scan output=jsonl [a]", NULL, 0},
    {"twofrom scan a", "scan --min-level=high\nexplain --defang", "scan min-level=high [a]", NULL,
     0},
    {"twofrom explain a", "--min-level=high", "explain [a]", NULL, 0},
    {"twofrom scan a", "--output=jsonl=a b", "scan output=jsonl=a b [a]", NULL, 0},
    {"twofrom scan a", "\n--threds=8", NULL, "unknown option '--threds', did you mean --threads?",
     2},
    {"twofrom scan a", "threads=8", NULL,
     "'threads=8' is no option; one a line, as on the command line", 1},
    {"twofrom scan a", "scna --all", NULL, "unknown verb 'scna'", 1},
    {"twofrom scan a", "--all=1", NULL, "--all takes no value", 1},
    {"twofrom scan a", "--threads=", NULL, "--threads needs a value", 1},
    {"twofrom scan a", "--config=b", NULL, "--config has no meaning here", 1},
    {"twofrom explain a", "explain --all", NULL, "explain takes no option --all", 1},
    {"twofrom scan a", "--color=red", NULL, "--color: 'red' is none of auto, always, never", 1},
    {"twofrom scan a", "-", NULL, "'-' is no option; one a line, as on the command line", 1},
};

static void config_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
        static struct twf_cli_args a;
        char *argv[ARGS_MAX + 1], *copy[ARGS_MAX + 1], text[512];
        int argc = split(configs[i].line, argv);
        size_t len = strlen(configs[i].config);
        bool ok;

        memcpy(copy, argv, sizeof(argv));
        assert_true(twf_cli_args_parse(&a, argc, argv, NULL));
        memcpy(a.config_text, configs[i].config, len);
        ok = twf_cli_args_config(&a, len);
        if (ok != (configs[i].want != NULL))
            fail_msg("%s: %s", configs[i].config, ok ? "taken" : a.error);
        assert_int_equal(a.error_line, configs[i].error_line);
        if (ok) {
            describe(&a, text, sizeof(text));
            assert_string_equal(text, configs[i].want);
        } else {
            assert_string_equal(a.error, configs[i].error);
        }
        for (int k = 0; k < argc; k++)
            free(copy[k]);
    }
}

static void config_nul(void **state)
{
    static struct twf_cli_args a;
    char *argv[ARGS_MAX + 1], *copy[ARGS_MAX + 1];
    int argc = split("twofrom scan a", argv);

    (void)state;
    memcpy(copy, argv, sizeof(argv));
    assert_true(twf_cli_args_parse(&a, argc, argv, NULL));
    memcpy(a.config_text, "--all\0x", 7);
    assert_false(twf_cli_args_config(&a, 7));
    for (int k = 0; k < argc; k++)
        free(copy[k]);
}

/* More settings than there is room for is an error, not a write behind the array. */
static void too_many(void **state)
{
    enum { WORDS = TWF_CLI_SETTINGS_MAX + 4 };
    static struct twf_cli_args a;
    static char prog[] = "twofrom", scan[] = "scan", all[] = "--all", in[] = "x";
    char **argv = calloc(WORDS + 1, sizeof(*argv));

    (void)state;
    assert_non_null(argv);
    argv[0] = prog;
    argv[1] = scan;
    for (int i = 2; i < WORDS; i++)
        argv[i] = all;
    argv[WORDS - 1] = in;
    assert_false(twf_cli_args_parse(&a, WORDS, argv, NULL));
    assert_string_equal(a.error, "too many options");
    free(argv);
}

/* Names and letters are told apart; each option is for some verb. */
static void table(void **state)
{
    (void)state;
    for (const struct twf_cli_option *o = twf_cli_options; o->name != NULL; o++) {
        assert_ptr_equal(twf_cli_option_find(o->name), o);
        assert_true(o->verbs != 0);
        for (const struct twf_cli_option *p = o + 1; p->name != NULL; p++) {
            assert_string_not_equal(o->name, p->name);
            assert_true(o->letter == 0 || o->letter != p->letter);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_lines), cmocka_unit_test(flags),    cmocka_unit_test(config_files),
        cmocka_unit_test(config_nul),    cmocka_unit_test(too_many), cmocka_unit_test(table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
