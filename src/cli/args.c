/* SPDX-License-Identifier: Apache-2.0 */
/*
 * getopt_long over the arrays that options.def yields. It is told to return what is no option in
 * order: so it never reorders argv itself and POSIXLY_CORRECT changes nothing. Abbreviated names
 * are refused, for a script that uses one would change its meaning with the next option.
 */
#define _GNU_SOURCE
#include "args.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

const struct twf_cli_option twf_cli_options[] = {
#define O(name, letter, arg, verbs, group, where, text)                                            \
    {name, letter, arg, TWF_CLI_##verbs, TWF_GROUP_##group, TWF_WHERE_##where, text},
#include "options.def"
#undef O
    {NULL, 0, NULL, 0, TWF_GROUP_GLOBAL, TWF_WHERE_CLI, NULL},
};

enum { OPTION_COUNT = sizeof(twf_cli_options) / sizeof(twf_cli_options[0]) - 1 };
_Static_assert((int)OPTION_COUNT <= (int)TWF_CLI_OPTIONS_MAX, "TWF_CLI_OPTIONS_MAX");

const struct twf_cli_verb_info twf_cli_verbs[] = {
    [TWF_VERB_NONE] = {"", "", "", ""},
    [TWF_VERB_SCAN] = {"scan", "INPUT...", "judge every message of the inputs",
                       "  twofrom scan 2021-07.mbox.zst\n"
                       "  twofrom scan -o jsonl=hits.jsonl -o summary=run.json mail/\n"
                       "  twofrom scan --protect bank.example --min-level low @archives.txt\n"
                       "  zstd -dc old.mbox.zst | twofrom scan --json - | jq .p2_address\n"},
    [TWF_VERB_EXPLAIN] = {"explain", "MESSAGE|FILE.eml|-", "every step for one message",
                          "  twofrom explain suspicious.eml\n"
                          "  twofrom explain 2021-07.mbox.zst@48213377\n"
                          "  twofrom explain 2021-07.mbox.zst#2558\n"},
    [TWF_VERB_HUNT] = {"hunt", "-e FIELD:REGEX INPUT...", "ask every message a question of yours",
                       "  twofrom hunt -e 'p2.domain:(^|\\.)bank\\.example$' mail/\n"
                       "  twofrom hunt --all-of -e p1.org:=news.example -e verdict:=MISMATCH_SUSPECT mail/\n"
                       "  twofrom hunt -e @senders.txt --group-by p2.address mail/\n"},
    [TWF_VERB_INDEX] = {"index", "INPUT...", "write or check the indexes that hunt answers from",
                        "  twofrom index 2021-07.mbox.zst\n"
                        "  twofrom index --index-dir ~/indexes /mnt/evidence\n"
                        "  twofrom index --check mail/\n"},
    [TWF_VERB_HEALTH] = {"health", "[INPUT...]", "what archives prove, and the Exchange servers in them",
                         "  twofrom health --own=.corp.example 2021-07.mbox.zst\n"
                         "  twofrom health --exchange-build=15.2.1544.13\n"
                         "  twofrom health --exchange-rule\n"},
    [TWF_VERB_EXTRACT] = {"extract", "--to=DIR [MESSAGE...]", "copy messages out of archives",
                          "  twofrom extract --to=out 2021-07.mbox.zst@48213377\n"
                          "  twofrom extract --to=out --from-records=hits.jsonl\n"
                          "  twofrom extract --to=out --annotate 2021-07.mbox.zst#2558\n"},
    [TWF_VERB_PACK] = {"pack", "IN OUT", "rewrite an archive into frames that begin with a message",
                       "  twofrom pack 2021-07.mbox.zst packed/2021-07.mbox.zst\n"},
    [TWF_VERB_RULES] = {"rules", "list|lint|test|show [PATH|ID]",
                        "rules: what there is, what is wrong, whether their examples hold",
                        "  twofrom rules list\n"
                        "  twofrom rules lint my-rules/\n"
                        "  twofrom rules show 5e1c7f0a\n"},
    [TWF_VERB_BENCH] = {"bench", "[INPUT...]", "how fast this machine does it",
                        "  twofrom bench 2021-07.mbox.zst\n"
                        "  twofrom bench --stages --runs=10 2021-07.mbox.zst\n"
                        "  twofrom bench --kernels\n"},
    [TWF_VERB_DOCTOR] = {"doctor", "", "what is used on this machine, and what is not",
                         "  twofrom doctor\n"},
    [TWF_VERB_VERSION] = {"version", "", "versions of program, schema, libraries and suffix list",
                          "  twofrom version\n"},
    {NULL, NULL, NULL, NULL},
};

const struct twf_cli_option *twf_cli_option_find(const char *name)
{
    for (const struct twf_cli_option *o = twf_cli_options; o->name != NULL; o++) {
        if (strcmp(o->name, name) == 0)
            return o;
    }
    return NULL;
}

enum twf_cli_verb twf_cli_verb_find(const char *name)
{
    for (unsigned v = TWF_VERB_SCAN; twf_cli_verbs[v].name != NULL; v++) {
        if (strcmp(twf_cli_verbs[v].name, name) == 0)
            return (enum twf_cli_verb)v;
    }
    return TWF_VERB_NONE;
}

static const struct twf_cli_option *option_by_letter(int letter)
{
    for (const struct twf_cli_option *o = twf_cli_options; o->name != NULL; o++) {
        if (o->letter != 0 && o->letter == letter)
            return o;
    }
    return NULL;
}

/* Insertions, deletions and replacements between two short words; 99 where one is no short word. */
static unsigned distance(const char *a, const char *b)
{
    enum { MOST = 32 };
    size_t n = strlen(a), m = strlen(b);
    unsigned row[MOST + 1];

    if (n > MOST || m > MOST)
        return 99;
    for (unsigned j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);

            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[m];
}

const char *twf_cli_nearest(const char *name, const char *const *names, size_t stride)
{
    const char *const *at = names;
    const char *best = NULL;
    unsigned least = 3; /* two typing errors are one word, three are another one */

    while (*at != NULL) {
        unsigned d = distance(name, *at);

        if (d < least && d < strlen(*at)) {
            least = d;
            best = *at;
        }
        at = (const char *const *)(const void *)((const char *)at + stride);
    }
    return best;
}

__attribute__((format(printf, 2, 3))) static bool fail(struct twf_cli_args *a, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(a->error, sizeof(a->error), fmt, args);
    va_end(args);
    return false;
}

/* word: a long option, maybe with its value behind '='. */
static bool fail_unknown(struct twf_cli_args *a, const char *word)
{
    char name[64];
    const char *near = NULL;

    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
    /* Who abbreviated means the option that begins so. */
    for (const struct twf_cli_option *o = twf_cli_options; near == NULL && o->name != NULL; o++) {
        if (name[0] != '\0' && strncmp(o->name, name, strlen(name)) == 0)
            near = o->name;
    }
    if (near == NULL)
        near = twf_cli_nearest(name, &twf_cli_options[0].name, sizeof(twf_cli_options[0]));
    if (near == NULL)
        return fail(a, "unknown option '--%.60s'", name);
    return fail(a, "unknown option '--%.60s', did you mean --%s?", name, near);
}

static bool add_setting(struct twf_cli_args *a, const struct twf_cli_option *o, const char *value)
{
    if (a->setting_count == TWF_CLI_SETTINGS_MAX)
        return fail(a, "too many options");
    a->settings[a->setting_count++] = (struct twf_cli_setting){o, value};
    return true;
}

static bool set_color(struct twf_cli_args *a, const char *value)
{
    static const char *const words[] = {"auto", "always", "never"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(value, words[i]) == 0) {
            a->color = (enum twf_cli_when)i;
            return true;
        }
    }
    return fail(a, "--color: '%.60s' is none of auto, always, never", value);
}

/* An option of ours. */
/* The options that only bench has; false: name is none of them. */
static bool set_bench(struct twf_cli_bench *b, const char *name, const char *value)
{
    if (strcmp(name, "kernels") == 0)
        b->kernels = true;
    else if (strcmp(name, "stages") == 0)
        b->stages = true;
    else if (strcmp(name, "cold") == 0)
        b->cold = true;
    else if (strcmp(name, "runs") == 0)
        b->runs = value;
    else if (strcmp(name, "warmup") == 0)
        b->warmup = value;
    else if (strcmp(name, "reference") == 0)
        b->reference = value;
    else
        return false;
    return true;
}

static bool set_own(struct twf_cli_args *a, const struct twf_cli_option *o, const char *value)
{
    if (strcmp(o->name, "help") == 0) {
        a->help = TWF_HELP_FULL;
    } else if (strcmp(o->name, "version") == 0) {
        a->version = true;
    } else if (strcmp(o->name, "config") == 0) {
        a->config = value;
    } else if (strcmp(o->name, "generate") == 0) {
        a->generate = value;
        if (strcmp(value, "options") != 0)
            return fail(a, "--generate: '%.60s' is not options", value);
    } else if (strcmp(o->name, "quiet") == 0) {
        a->quiet = true;
    } else if (strcmp(o->name, "verbose") == 0) {
        a->verbose++;
    } else if (strcmp(o->name, "no-progress") == 0) {
        a->no_progress = true;
    } else if (strcmp(o->name, "no-summary") == 0) {
        a->no_summary = true;
    } else if (strcmp(o->name, "color") == 0) {
        return set_color(a, value);
    } else if (strcmp(o->name, "log-format") == 0) {
        a->log_json = strcmp(value, "json") == 0;
        if (!a->log_json && strcmp(value, "text") != 0)
            return fail(a, "--log-format: '%.60s' is none of text, json", value);
    } else if (strcmp(o->name, "hs") == 0) {
        a->hs = true;
    } else if (strcmp(o->name, "export") == 0) {
        a->bench.json = strcmp(value, "json") == 0;
        return a->bench.json || fail(a, "--export: '%.60s' is not json", value);
    } else if (set_bench(&a->bench, o->name, value)) {
        return true;
    } else { /* json, the only one that is left */
        a->output_given = true;
        return add_setting(a, twf_cli_option_find("output"), "jsonl");
    }
    return true;
}

static bool set(struct twf_cli_args *a, const struct twf_cli_option *o, const char *value)
{
    if (o->where == TWF_WHERE_CLI)
        return set_own(a, o, value);
    if (strcmp(o->name, "ascii") == 0)
        a->ascii = true;
    if (strcmp(o->name, "output") == 0)
        a->output_given = true;
    return add_setting(a, o, value);
}

/* The arrays of getopt_long; a long option is known by its index, beyond any letter. */
enum { LONG_BASE = 256 };

static void make_arrays(struct option *longs, char *shorts)
{
    size_t n = 0;

    memcpy(shorts, "-:h", 3);
    n = 3;
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct twf_cli_option *o = &twf_cli_options[i];

        longs[i] = (struct option){o->name, o->arg == NULL ? no_argument : required_argument, NULL,
                                   LONG_BASE + i};
        if (o->letter == 0)
            continue;
        shorts[n++] = o->letter;
        if (o->arg != NULL)
            shorts[n++] = ':';
    }
    shorts[n] = '\0';
    longs[OPTION_COUNT] = (struct option){NULL, 0, NULL, 0};
}

/* What getopt_long found fault with. word: the argument at fault, behind its "--". */
static bool fail_getopt(struct twf_cli_args *a, int code, const char *word)
{
    char letter[2] = {(char)optopt, '\0'};

    if (optopt >= LONG_BASE)
        return fail(a, "--%s %s", twf_cli_options[optopt - LONG_BASE].name,
                    code == ':' ? "needs a value" : "takes no value");
    if (code == ':')
        return fail(a, "-%s needs a value", letter);
    if (optopt != 0)
        return fail(a, "unknown option '-%s'", letter);
    return fail_unknown(a, word);
}

/* A word that is no option: the verb, or an input, which moves to the front of argv. */
static bool take_word(struct twf_cli_args *a, char *word)
{
    if (a->verb != TWF_VERB_NONE) {
        a->inputs[a->input_count++] = word;
        return true;
    }
    if (a->help != TWF_HELP_NONE && strcmp(word, "codes") == 0) {
        a->help = TWF_HELP_CODES;
        return true;
    }
    a->verb = twf_cli_verb_find(word);
    if (a->verb == TWF_VERB_NONE) {
        const char *near =
            twf_cli_nearest(word, &twf_cli_verbs[TWF_VERB_SCAN].name, sizeof(twf_cli_verbs[0]));

        if (near == NULL)
            return fail(a, "unknown verb '%.60s'", word);
        return fail(a, "unknown verb '%.60s', did you mean %s?", word, near);
    }
    return true;
}

/* word: the long name as typed, or "" for a letter. */
static bool take_option(struct twf_cli_args *a, const struct twf_cli_option *o, const char *value,
                        const char *word)
{
    if (word[0] != '\0' && strcspn(word, "=") < strlen(o->name))
        return fail_unknown(a, word);
    if (a->verb == TWF_VERB_NONE && o->group != TWF_GROUP_GLOBAL)
        return fail(a, "--%s belongs behind the verb", o->name);
    a->given[o - twf_cli_options] = true;
    return set(a, o, value);
}

static bool walk(struct twf_cli_args *a, int argc, char **argv)
{
    struct option longs[OPTION_COUNT + 1];
    char shorts[3 + 2 * OPTION_COUNT + 1];
    int code;

    make_arrays(longs, shorts);
    optind = 0; /* glibc: begin anew */
    opterr = 0;
    for (;;) {
        int before = optind == 0 ? 1 : optind;
        const char *word;

        code = getopt_long(argc, argv, shorts, longs, NULL);
        if (code == -1)
            break;
        word = before < argc && strncmp(argv[before], "--", 2) == 0 ? argv[before] + 2 : "";
        if (code == 1) {
            if (!take_word(a, optarg))
                return false;
        } else if (code == '?' || code == ':') {
            return fail_getopt(a, code, word);
        } else if (code == 'h') {
            a->help = TWF_HELP_SHORT;
        } else if (code >= LONG_BASE) {
            if (!take_option(a, &twf_cli_options[code - LONG_BASE], optarg, word))
                return false;
        } else if (!take_option(a, option_by_letter(code), optarg, "")) {
            return false;
        }
    }
    /* What stands behind "--". */
    while (optind < argc) {
        if (!take_word(a, argv[optind++]))
            return false;
    }
    return true;
}

static bool is_set(const struct twf_cli_args *a, const char *name)
{
    return a->given[twf_cli_option_find(name) - twf_cli_options];
}

/* Whether the verb takes its options and has the inputs it needs. */
static bool check(struct twf_cli_args *a)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (a->given[i] && (twf_cli_options[i].verbs >> a->verb & 1) == 0) {
            return fail(a, "%s takes no option --%s", twf_cli_verbs[a->verb].name,
                        twf_cli_options[i].name);
        }
    }
    switch (a->verb) {
    case TWF_VERB_NONE:
        return a->generate != NULL || fail(a, "a verb is missing");
    case TWF_VERB_SCAN:
        return a->input_count > 0 || fail(a, "scan needs an input");
    case TWF_VERB_EXPLAIN:
        return a->input_count == 1 || fail(a, "explain needs one message");
    case TWF_VERB_HUNT:
        return a->input_count > 0 || fail(a, "hunt needs an input");
    case TWF_VERB_INDEX:
        return a->input_count > 0 || fail(a, "index needs an input");
    case TWF_VERB_HEALTH:
        return a->input_count > 0 || is_set(a, "exchange-build") || is_set(a, "exchange-rule") ||
               fail(a, "health needs an input, --exchange-build or --exchange-rule");
    case TWF_VERB_EXTRACT:
        return a->input_count > 0 || is_set(a, "from-records") ||
               fail(a, "extract needs a message, or --from-records");
    case TWF_VERB_PACK:
        return a->input_count == 2 || fail(a, "pack needs an input and an output");
    case TWF_VERB_RULES:
        return (a->input_count >= 1 && a->input_count <= 2) ||
               fail(a, "rules needs list, lint, test or show, and at most one path or id");
    case TWF_VERB_BENCH:
        return true; /* the verb itself looks */
    default:
        return a->input_count == 0 || fail(a, "%s takes no input", twf_cli_verbs[a->verb].name);
    }
}

bool twf_cli_args_parse(struct twf_cli_args *a, int argc, char **argv, const char *env)
{
    memset(a, 0, sizeof(*a));
    a->inputs = argv;
    if (argc > 0 && !walk(a, argc, argv))
        return false;
    if (a->config == NULL && env != NULL && env[0] != '\0')
        a->config = env;
    return a->help != TWF_HELP_NONE || a->version || check(a);
}

/* ---- config file ---- */

static char *trim(char *text)
{
    size_t n;

    text += strspn(text, " \t\r");
    n = strlen(text);
    while (n > 0 && strchr(" \t\r", text[n - 1]) != NULL)
        text[--n] = '\0';
    return text;
}

/* "--name", "--name=value", "--name value", "-x", "-x value", "-xvalue" */
static bool config_option(struct twf_cli_args *a, char *text, bool for_verb)
{
    const struct twf_cli_option *o;
    char *value;

    if (text[0] == '-' && text[1] != '-' && text[1] != '\0') {
        o = option_by_letter(text[1]);
        value = trim(text + 2);
    } else if (strncmp(text, "--", 2) == 0) {
        size_t n = strcspn(text + 2, "= \t");

        value = text[2 + n] == '\0' ? text + 2 + n : text + 3 + n;
        text[2 + n] = '\0';
        value = trim(value);
        o = twf_cli_option_find(text + 2);
        if (o == NULL)
            return fail_unknown(a, text + 2);
    } else {
        return fail(a, "'%.60s' is no option; one a line, as on the command line", text);
    }
    if (o == NULL)
        return fail(a, "unknown option '%.60s'", text);
    if (o->arg == NULL && value[0] != '\0')
        return fail(a, "--%s takes no value", o->name);
    if (o->arg != NULL && value[0] == '\0')
        return fail(a, "--%s needs a value", o->name);
    if (strcmp(o->name, "config") == 0 || strcmp(o->name, "help") == 0 ||
        strcmp(o->name, "version") == 0 || strcmp(o->name, "generate") == 0)
        return fail(a, "--%s has no meaning here", o->name);
    /* Whoever never wants to see people must not see them because a verb cannot hide them. */
    if (a->verb == TWF_VERB_EXPLAIN && strcmp(o->name, "redact") == 0 && strcmp(value, "none") != 0)
        return fail(a, "explain shows a message as it stands: --redact cannot hide the people in it");
    if ((o->verbs >> a->verb & 1) == 0)
        return !for_verb ||
               fail(a, "%s takes no option --%s", twf_cli_verbs[a->verb].name, o->name);
    if (a->given[o - twf_cli_options] ||
        (strcmp(o->name, "json") == 0 &&
         a->given[twf_cli_option_find("output") - twf_cli_options]) ||
        (strcmp(o->name, "output") == 0 && a->given[twf_cli_option_find("json") - twf_cli_options]))
        return true;
    return set(a, o, o->arg == NULL ? NULL : value);
}

/* "scan --min-level=high" holds for scan only. */
static bool config_line(struct twf_cli_args *a, char *text)
{
    size_t n = strcspn(text, " \t");
    enum twf_cli_verb verb;
    char name[16];

    if (text[0] == '-' || n >= sizeof(name) || text[n] == '\0')
        return config_option(a, text, false);
    (void)snprintf(name, sizeof(name), "%.*s", (int)n, text);
    verb = twf_cli_verb_find(name);
    if (verb == TWF_VERB_NONE)
        return fail(a, "unknown verb '%.60s'", name);
    return verb != a->verb || config_option(a, trim(text + n), true);
}

bool twf_cli_args_config(struct twf_cli_args *a, size_t len)
{
    char *at = a->config_text, *end;

    a->config_text[len] = '\0';
    if (strlen(a->config_text) != len)
        return fail(a, "a NUL byte in the config file");
    for (a->error_line = 1; *at != '\0'; a->error_line++, at = end) {
        char *text;

        end = at + strcspn(at, "\n");
        if (*end == '\n')
            *end++ = '\0';
        text = trim(at);
        if (text[0] != '\0' && text[0] != '#' && !config_line(a, text))
            return false;
    }
    a->error_line = 0;
    return true;
}
