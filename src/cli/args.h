/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line and the config file into settings. Nothing here prints or opens a run: errors
 * are returned as one line of text, so that tests can look at them.
 */
#ifndef TWF_CLI_ARGS_H
#define TWF_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

enum twf_cli_verb {
    TWF_VERB_NONE,
    TWF_VERB_SCAN,
    TWF_VERB_EXPLAIN,
    TWF_VERB_HUNT,
    TWF_VERB_INDEX,
    TWF_VERB_HEALTH,
    TWF_VERB_EXTRACT,
    TWF_VERB_PACK,
    TWF_VERB_RULES,
    TWF_VERB_BENCH,
    TWF_VERB_DOCTOR,
    TWF_VERB_VERSION
};

/* Sets of verbs, as options.def names them. */
#define TWF_CLI_SCAN (1u << TWF_VERB_SCAN)
#define TWF_CLI_INDEX (1u << TWF_VERB_INDEX)
#define TWF_CLI_HUNT (1u << TWF_VERB_HUNT)
#define TWF_CLI_ASKS (TWF_CLI_SCAN | TWF_CLI_HUNT) /* records of messages that are chosen */
#define TWF_CLI_BENCH (1u << TWF_VERB_BENCH)
#define TWF_CLI_FINDS (TWF_CLI_ASKS | TWF_CLI_INDEX)  /* and keeps what it finds */
#define TWF_CLI_RUNS (TWF_CLI_FINDS | TWF_CLI_BENCH) /* whole archives, by several threads */
#define TWF_CLI_EXTRACT (1u << TWF_VERB_EXTRACT)
#define TWF_CLI_HEALTH (1u << TWF_VERB_HEALTH)
#define TWF_CLI_FAILS (TWF_CLI_SCAN | TWF_CLI_HEALTH)
#define TWF_CLI_LINES (TWF_CLI_ASKS | TWF_CLI_HEALTH) /* as JSON lines too */
#define TWF_CLI_PACK (1u << TWF_VERB_PACK)
#define TWF_CLI_TELLS (TWF_CLI_ASKS | 1u << TWF_VERB_EXPLAIN) /* of verdicts */
#define TWF_CLI_MAIL (TWF_CLI_RUNS | TWF_CLI_TELLS | TWF_CLI_EXTRACT | TWF_CLI_HEALTH) /* judges messages */
#define TWF_CLI_READS (TWF_CLI_MAIL | TWF_CLI_PACK)           /* archives */
#define TWF_CLI_OPENS (TWF_CLI_FINDS | TWF_CLI_TELLS | TWF_CLI_EXTRACT | TWF_CLI_HEALTH | TWF_CLI_PACK) /* mail of others */
#define TWF_CLI_WRITES (TWF_CLI_SCAN | TWF_CLI_PACK | TWF_CLI_HEALTH)          /* files */
#define TWF_CLI_RULES (1u << TWF_VERB_RULES)
#define TWF_CLI_RULED (TWF_CLI_SCAN | TWF_CLI_RULES | 1u << TWF_VERB_EXPLAIN) /* by rules */
#define TWF_CLI_CACHES TWF_CLI_TELLS                  /* compiled rules */
#define TWF_CLI_NAMED (TWF_CLI_RULED | TWF_CLI_HUNT)  /* by rules of yours */
#define TWF_CLI_ALL                                                                               \
    (TWF_CLI_READS | TWF_CLI_RULES | 1u << TWF_VERB_DOCTOR | 1u << TWF_VERB_VERSION | 1u)

enum twf_cli_group { TWF_GROUP_GLOBAL, TWF_GROUP_INPUT, TWF_GROUP_JUDGEMENT, TWF_GROUP_OUTPUT };
enum twf_cli_where { TWF_WHERE_CLI, TWF_WHERE_LIB, TWF_WHERE_LIST };

struct twf_cli_option {
    const char *name;
    char letter;     /* 0: none */
    const char *arg; /* NULL: a flag */
    unsigned verbs;  /* bits 1 << enum twf_cli_verb */
    enum twf_cli_group group;
    enum twf_cli_where where;
    const char *text;
};
/* Terminated by an entry whose name is NULL. */
extern const struct twf_cli_option twf_cli_options[];
const struct twf_cli_option *twf_cli_option_find(const char *name);

struct twf_cli_verb_info {
    const char *name;
    const char *synopsis; /* what follows the name */
    const char *text;     /* one line */
    const char *examples; /* lines for --help */
};
extern const struct twf_cli_verb_info twf_cli_verbs[];
enum twf_cli_verb twf_cli_verb_find(const char *name);

/* One option as given. */
struct twf_cli_setting {
    const struct twf_cli_option *option;
    const char *value; /* NULL: a flag */
};

enum twf_cli_help { TWF_HELP_NONE, TWF_HELP_SHORT, TWF_HELP_FULL, TWF_HELP_CODES };
enum twf_cli_when { TWF_WHEN_AUTO, TWF_WHEN_ALWAYS, TWF_WHEN_NEVER };

/* Bounds on what we take from people; they are errors, as nothing was scanned yet. */
enum { TWF_CLI_SETTINGS_MAX = 512, TWF_CLI_CONFIG_MAX = 65536, TWF_CLI_OPTIONS_MAX = 112 };

/* What bench is asked for; NULL: its default. */
struct twf_cli_bench {
    bool kernels, stages, cold, json;
    const char *runs, *warmup, *reference;
};

struct twf_cli_args {
    enum twf_cli_verb verb;
    enum twf_cli_help help;
    enum twf_cli_when color;
    bool version, quiet, no_progress, no_summary, log_json, ascii, output_given, hs;
    int verbose;
    const char *generate, *config; /* NULL: not given */
    struct twf_cli_bench bench;
    /*
     * For the library, in the order in which they are to be made; those of the config file come
     * last, but none is there that the command line gives too.
     */
    struct twf_cli_setting settings[TWF_CLI_SETTINGS_MAX];
    size_t setting_count;
    char **inputs; /* argv, whose front holds them once it is read */
    size_t input_count;
    bool given[TWF_CLI_OPTIONS_MAX]; /* by the command line; index into twf_cli_options */
    char config_text[TWF_CLI_CONFIG_MAX];
    char error[256];     /* of the call that returned false; holds bytes of argv: escape it */
    unsigned error_line; /* in the config file; 0: the command line is wrong */
};

/*
 * Reads argv (argc may be 0), without the config file; false: a->error says what is wrong. Names
 * the config file in a->config, by option or else by env, the value of TWOFROM_CONFIG (may be
 * NULL). Settings and inputs point into argv, which is reordered.
 */
bool twf_cli_args_parse(struct twf_cli_args *a, int argc, char **argv, const char *env);
/* Takes the options in the first len bytes (< TWF_CLI_CONFIG_MAX) of a->config_text, which is
 * changed. */
bool twf_cli_args_config(struct twf_cli_args *a, size_t len);

/* What name was probably meant to be, or NULL. names: strings stride bytes apart, the last one
 * NULL. */
const char *twf_cli_nearest(const char *name, const char *const *names, size_t stride);

#endif
