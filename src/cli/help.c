/* SPDX-License-Identifier: Apache-2.0 */
/* The short help is one screen: verbs or options by name. The full one has every text and
 * examples. */
#include "help.h"

#include <string.h>

#include <twofrom/tools.h>

static const char *const group_titles[] = {"Global options", "Input", "P1 and judgement", "Output"};

bool twf_cli_offers(const struct twf_cli_option *o, const char *const *known)
{
    if (o->where == TWF_WHERE_CLI)
        return true;
    for (; *known != NULL; known++) {
        if (strcmp(*known, o->name) == 0)
            return true;
    }
    return false;
}

/* "-T, --threads=N" */
static void option_text(char *text, size_t cap, const struct twf_cli_option *o)
{
    char letter[8] = "    ";

    if (o->letter != 0)
        (void)snprintf(letter, sizeof(letter), "-%c, ", o->letter);
    (void)snprintf(text, cap, "%s--%s%s%s", letter, o->name, o->arg == NULL ? "" : "=",
                   o->arg == NULL ? "" : o->arg);
}

static bool shown(const struct twf_cli_option *o, enum twf_cli_verb verb, enum twf_cli_group group,
                  const char *const *known)
{
    return o->group == group && (o->verbs >> verb & 1) != 0 && twf_cli_offers(o, known);
}

static void print_group(FILE *out, enum twf_cli_verb verb, enum twf_cli_group group,
                        const char *const *known)
{
    bool any = false;

    for (const struct twf_cli_option *o = twf_cli_options; o->name != NULL; o++) {
        char text[64];

        if (!shown(o, verb, group, known))
            continue;
        if (!any)
            (void)fprintf(out, "\n%s\n", group_titles[group]);
        any = true;
        option_text(text, sizeof(text), o);
        (void)fprintf(out, "  %-30s %s%s\n", text, o->text,
                      o->where == TWF_WHERE_LIST ? " (repeatable)" : "");
    }
}

/* Names only, filled to lines. */
static void print_names(FILE *out, enum twf_cli_verb verb, const char *const *known)
{
    size_t column = 0;

    (void)fputs("\nOptions (--help tells what they do):\n", out);
    for (const struct twf_cli_option *o = twf_cli_options; o->name != NULL; o++) {
        char text[64];
        size_t n;

        if ((o->verbs >> verb & 1) == 0 || !twf_cli_offers(o, known))
            continue;
        option_text(text, sizeof(text), o);
        n = strlen(text + (o->letter == 0 ? 4 : 0));
        if (column > 0 && column + 2 + n > 78) {
            (void)fputc('\n', out);
            column = 0;
        }
        (void)fprintf(out, "  %s", text + (o->letter == 0 ? 4 : 0));
        column += 2 + n;
    }
    (void)fputc('\n', out);
}

static void print_verbs(FILE *out)
{
    (void)fputs("\nVerbs\n", out);
    for (unsigned v = TWF_VERB_SCAN; twf_cli_verbs[v].name != NULL; v++)
        (void)fprintf(out, "  %-10s %s\n", twf_cli_verbs[v].name, twf_cli_verbs[v].text);
}

static void print_exit_codes(FILE *out)
{
    (void)fputs("\nExit status\n"
                "  0  complete: every byte accounted for, every message judged\n"
                "  1  complete, and something at or above --fail-on was found\n"
                "  2  the question is wrong; nothing was scanned\n"
                "  3  incomplete: damage, a limit, an input that could not be read, a crash\n"
                "  4  a result could not be written\n"
                "  5  internal error\n"
                "  130, 143  stopped by SIGINT, SIGTERM, after the results were written\n",
                out);
}

void twf_cli_help_print(FILE *out, enum twf_cli_verb verb, bool full, const char *const *known)
{
    const struct twf_cli_verb_info *info = &twf_cli_verbs[verb];

    if (verb == TWF_VERB_NONE) {
        (void)fputs(
            "usage: twofrom [GLOBAL] VERB [OPTIONS] [INPUT...]\n"
            "Finds mail whose envelope sender and From field disagree, or whose From can be\n"
            "read two ways, in archives: zstd or plain; mbox, eml, maildir, tar.\n",
            out);
        print_verbs(out);
        if (full) {
            print_group(out, TWF_VERB_NONE, TWF_GROUP_GLOBAL, known);
            (void)fputs("\nInputs\n"
                        "  a file, a folder, @LIST (one path a line), - (standard input);\n"
                        "  ARCHIVE@OFFSET and ARCHIVE#INDEX name one message\n",
                        out);
            print_exit_codes(out);
            (void)fputs("\nTrust (SECURITY.md)\n"
                        "  The sandbox keeps a fault in a parser from leaving the process: no file outside\n"
                        "  inputs and outputs, no program, no network. Within the process it is no boundary:\n"
                        "  threads share their memory, and who takes one over can lie about every message.\n",
                        out);
            (void)fputs("\nExamples\n", out);
            for (unsigned v = TWF_VERB_SCAN; twf_cli_verbs[v].name != NULL; v++)
                (void)fputs(twf_cli_verbs[v].examples, out);
        }
        (void)fputs("\ntwofrom VERB --help tells more; twofrom --help codes lists every code of a "
                    "record.\n",
                    out);
        return;
    }
    (void)fprintf(out, "usage: twofrom %s [OPTIONS]%s%s\n%s\n", info->name,
                  info->synopsis[0] == '\0' ? "" : " ", info->synopsis, info->text);
    if (!full) {
        print_names(out, verb, known);
        return;
    }
    for (unsigned g = 0; g < sizeof(group_titles) / sizeof(group_titles[0]); g++)
        print_group(out, verb, (enum twf_cli_group)g, known);
    if (verb == TWF_VERB_SCAN)
        print_exit_codes(out);
    (void)fprintf(out, "\nExamples\n%s", info->examples);
}

/* ---- codes ---- */

void twf_cli_help_codes(FILE *out)
{
    struct twf_code c;
    bool findings = false, allowances = false;

    for (size_t i = 0; twf_code_at(i, &c) != 0; i++) {
        bool finding = c.level[0] != '\0';
        bool *begun = finding ? &findings : &allowances;

        if (!*begun)
            (void)fputs(finding ? "Findings, with their highest level (docs/verdicts.md has examples)\n"
                                : "\nAllowances, with what they do to R_ findings\n",
                        out);
        *begun = true;
        (void)fprintf(out, "  %-22s %-13s %s", c.code, finding ? c.level : c.effect, c.text);
        if (c.rfc[0] != '\0')
            (void)fprintf(out, " (%s%s)", c.rfc[0] >= '0' && c.rfc[0] <= '9' ? "RFC " : "", c.rfc);
        if (c.cve[0] != '\0')
            (void)fprintf(out, " %s", c.cve);
        (void)fputs(c.exchange_like != 0 ? " [exchange-like]\n" : "\n", out);
    }
}

/* ---- Markdown ---- */

static void print_verb_list(FILE *out, unsigned verbs)
{
    bool any = false;

    if ((verbs & 1) != 0) {
        (void)fputs("all", out);
        return;
    }
    for (unsigned v = TWF_VERB_SCAN; twf_cli_verbs[v].name != NULL; v++) {
        if ((verbs >> v & 1) == 0)
            continue;
        (void)fprintf(out, "%s%s", any ? ", " : "", twf_cli_verbs[v].name);
        any = true;
    }
}

/* A bar inside a cell would end it. */
static void print_cell(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            (void)fputc('\\', out);
        (void)fputc(*text, out);
    }
}

void twf_cli_help_markdown(FILE *out, const char *const *known)
{
    for (unsigned g = 0; g < sizeof(group_titles) / sizeof(group_titles[0]); g++) {
        (void)fprintf(out, "%s### %s\n\n| option | verbs | meaning |\n| --- | --- | --- |\n",
                      g == 0 ? "" : "\n", group_titles[g]);
        for (const struct twf_cli_option *o = twf_cli_options; o->name != NULL; o++) {
            if (o->group != (enum twf_cli_group)g || !twf_cli_offers(o, known))
                continue;
            (void)fputs("| ", out);
            if (o->letter != 0)
                (void)fprintf(out, "`-%c`, ", o->letter);
            (void)fprintf(out, "`--%s", o->name);
            if (o->arg != NULL) {
                (void)fputc('=', out);
                print_cell(out, o->arg);
            }
            (void)fputs("` | ", out);
            print_verb_list(out, o->verbs);
            (void)fprintf(out, " | %s%s |\n", o->text,
                          o->where == TWF_WHERE_LIST ? " (repeatable)" : "");
        }
    }
}
