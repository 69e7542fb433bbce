/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "api/option_setters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <twofrom/tools.h>

#include "api/option_values.h"
#include "api/when.h"
#include "base/alloc.h"
#include "base/error.h"
#include "exchange/exchange.h"

enum twf_status twf_set_flag(struct twf_options *o, const char *name, const char *value,
                             struct twf_error *err)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"direct", &o->direct},
                 {"all", &o->all},
                 {"annotate", &o->annotate},
                 {"others", &o->others},
                 {"exchange-rule", &o->exchange_rule},
                 {"html", &o->html},
                 {"no-prefilter", &o->no_prefilter},
                 {"no-shipped-rules", &o->no_shipped_rules},
                 {"with-subject", &o->with_subject},
                 {"with-headers", &o->with_headers},
                 {"ascii", &o->ascii},
                 {"defang", &o->defang},
                 {"clobber", &o->clobber},
                 {"dedup", &o->dedup},
                 {"salvage", &o->salvage},
                 {"verify", &o->verify},
                 {"check", &o->check},
                 {"write-index", &o->write_index},
                 {"all-of", &o->all_of},
                 {"ignore-case", &o->ignore_case},
                 {"no-index", &o->no_index},
                 {"only-index", &o->only_index},
                 {"count", &o->count}};

    (void)value;
    for (size_t i = 0; i < TWF_COUNT(flags); i++) {
        if (strcmp(name, flags[i].name) == 0)
            *flags[i].flag = true;
    }
    (void)err;
    return TWF_OK;
}

enum twf_status twf_set_words(struct twf_options *o, const char *name, const char *value,
                              struct twf_error *err)
{
    static const char *const io[] = {"auto", "uring", "pread"};
    static const char *const journal[] = {"auto", "never", "require"};
    static const char *const clock[] = {"date", "received", "from-line"};
    static const char *const checks[] = {"all", "exchange-like"};
    static const char *const digests[] = {"xxh3", "sha256"};
    static const char *const redact[] = {"none", "local", "full"};
    static const char *const sets[] = {"core", "core+", "all"};
    static const char *const sandboxes[] = {"off", "auto", "require"};
    int i = -1;

    if (strcmp(name, "io") == 0) {
        if ((i = twf_option_word(value, io, 3)) < 0)
            return twf_option_wrong(name, value, "auto, uring or pread", err);
        o->io = (enum twf_io_mode)i;
    } else if (strcmp(name, "journal") == 0) {
        if ((i = twf_option_word(value, journal, 3)) < 0)
            return twf_option_wrong(name, value, "auto, never or require", err);
        o->journal = (enum twf_journal_mode)i;
    } else if (strcmp(name, "digest") == 0) {
        if ((i = twf_option_word(value, digests, 2)) < 0)
            return twf_option_wrong(name, value, "xxh3 or sha256", err);
        o->sha256 = i == 1;
    } else if (strcmp(name, "clock") == 0) {
        if ((i = twf_option_word(value, clock, 3)) < 0)
            return twf_option_wrong(name, value, "date, received or from-line", err);
        o->clock = (enum twf_clock)i;
    } else if (strcmp(name, "redact") == 0) {
        if ((i = twf_option_word(value, redact, 3)) < 0)
            return twf_option_wrong(name, value, "none, local or full", err);
        o->redact = i;
    } else if (strcmp(name, "sandbox") == 0) {
        if ((i = twf_option_word(value, sandboxes, 3)) < 0)
            return twf_option_wrong(name, value, "auto, require or off", err);
        o->sandbox = (enum twf_sandbox_mode)i;
    } else if (strcmp(name, "set") == 0) {
        if ((i = twf_option_word(value, sets, 3)) < 0)
            return twf_option_wrong(name, value, "core, core+ or all", err);
        o->rules_set = (enum twf_rules_set)i;
    } else {
        if ((i = twf_option_word(value, checks, 2)) < 0)
            return twf_option_wrong(name, value, "all or exchange-like", err);
        o->exchange_like = i == 1;
    }
    return TWF_OK;
}

enum twf_status twf_set_level(struct twf_options *o, const char *name, const char *value,
                              struct twf_error *err)
{
    int i = twf_option_word(value, twf_level_names, TWF_LEVEL_COUNT);

    if (strcmp(value, "info") == 0)
        i = TWF_LEVEL_INFO;
    if (name[0] == 'f' && (strcmp(value, "yellow") == 0 || strcmp(value, "red") == 0)) {
        o->fail_on_color = value[0] == 'y' ? TWF_YELLOW : TWF_RED; /* of health */
        return TWF_OK;
    }
    if (i <= TWF_LEVEL_NONE)
        return twf_option_wrong(name, value, "informational, low, medium, high or critical", err);
    *(name[0] == 'm' ? &o->min_level : &o->fail_on) = (enum twf_level)i;
    o->min_level_given |= name[0] == 'm';
    return TWF_OK;
}

enum twf_status twf_set_cpu(struct twf_options *o, const char *name, const char *value,
                            struct twf_error *err)
{
    return twf_cpu_level_parse(value, &o->cpu)
               ? TWF_OK
               : twf_option_wrong(name, value, "scalar, sse42, avx2 or avx512", err);
}

enum twf_status twf_set_format(struct twf_options *o, const char *name, const char *value,
                               struct twf_error *err)
{
    return twf_split_format_parse(value, &o->format)
               ? TWF_OK
               : twf_option_wrong(name, value, "a format (auto, mbox, mboxcl2, eml, tar)", err);
}

enum twf_status twf_set_window(struct twf_options *o, const char *name, const char *value,
                               struct twf_error *err)
{
    uint64_t bytes;

    if (!twf_option_size(value, &bytes) || bytes < 1024 || bytes > (uint64_t)1 << 31)
        return twf_option_wrong(name, value, "a size from 1K to 2G", err);
    o->max_window = bytes;
    return TWF_OK;
}

enum twf_status twf_set_frame_size(struct twf_options *o, const char *name, const char *value,
                                   struct twf_error *err)
{
    uint64_t bytes;

    if (!twf_option_size(value, &bytes) || bytes < 1024 || bytes > (uint64_t)1 << 30)
        return twf_option_wrong(name, value, "a size from 1K to 1G", err);
    o->frame_size = bytes;
    return TWF_OK;
}

enum twf_status twf_set_compression(struct twf_options *o, const char *name, const char *value,
                                    struct twf_error *err)
{
    uint64_t level;

    if (!twf_option_size(value, &level) || level < 1 || level > 19)
        return twf_option_wrong(name, value, "a level from 1 to 19", err);
    o->level = (int)level;
    return TWF_OK;
}

enum twf_status twf_set_limit(struct twf_options *o, const char *name, const char *value,
                              struct twf_error *err)
{
    const char *sign = strchr(value, '=');
    uint64_t number;

    for (int i = 0; sign != NULL && i < TWF_LIMIT_COUNT; i++) {
        const char *known = twf_limit_name((enum twf_limit)i);

        if (strlen(known) != (size_t)(sign - value) || strncmp(known, value, strlen(known)) != 0)
            continue;
        if (!twf_option_size(sign + 1, &number) || number == 0 || number > (uint64_t)1 << 30)
            return twf_option_wrong(name, value, "NAME=VALUE with a value from 1 to 1G", err);
        o->limits.value[i] = number;
        return TWF_OK;
    }
    return twf_option_wrong(name, value, "NAME=VALUE with a known name", err);
}

/* YYYY-MM-DD, UTC. */
enum twf_status twf_set_date(struct twf_options *o, const char *name, const char *value,
                             struct twf_error *err)
{
    return twf_when_parse(value, name[0] == 's' ? &o->since_us : &o->until_us)
               ? TWF_OK
               : twf_option_wrong(name, value, "a time YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS", err);
}

enum twf_status twf_set_last(struct twf_options *o, const char *name, const char *value,
                             struct twf_error *err)
{
    struct timespec now;
    int64_t us;

    if (!twf_lapse_parse(value, &us))
        return twf_option_wrong(name, value, "a span such as 30d, 12h or 8w", err);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    o->since_us = (int64_t)now.tv_sec * 1000000 - us;
    return TWF_OK;
}

/* Below this not even one thread has what it needs. */
#define MEMORY_MIN ((uint64_t)96 << 20)

enum twf_status twf_set_memory(struct twf_options *o, const char *name, const char *value,
                               struct twf_error *err)
{
    uint64_t size;

    if (!twf_option_size(value, &size) || size < MEMORY_MIN)
        return twf_option_wrong(name, value, "a size of at least 96M", err);
    o->memory = size;
    return TWF_OK;
}

enum twf_status twf_set_ratio(struct twf_options *o, const char *name, const char *value,
                              struct twf_error *err)
{
    uint64_t n;

    if (!twf_option_size(value, &n) || n == 0)
        return twf_option_wrong(name, value, "how many bytes may come out of one, such as 10000",
                                err);
    o->ratio_limit = n;
    return TWF_OK;
}

enum twf_status twf_set_every(struct twf_options *o, const char *name, const char *value,
                              struct twf_error *err)
{
    uint64_t size;

    if (!twf_option_size(value, &size) || size == 0)
        return twf_option_wrong(name, value, "a size such as 64M", err);
    o->checkpoint_every = size;
    return TWF_OK;
}

enum twf_status twf_set_list(struct twf_options *o, const char *name, const char *value,
                             struct twf_error *err)
{
    struct twf_cidr cidr;

    if (strcmp(name, "output") == 0)
        return twf_strings_add(&o->outputs, value, err);
    if (strcmp(name, "protect") == 0)
        return twf_strings_add_lines(&o->protect, name, value, err);
    if (strcmp(name, "rules") == 0)
        return twf_strings_add(&o->rules, value, err);
    if (strcmp(name, "filters") == 0)
        return twf_strings_add(&o->filters, value, err);
    if (strcmp(name, "trusted-authserv") == 0)
        return twf_strings_add(&o->authserv, value, err);
    if (strcmp(name, "envelope-header") == 0)
        return twf_strings_add(&o->envelope_headers, value, err);
    if (strcmp(name, "tracking") == 0)
        return twf_strings_add(&o->tracking, value, err);
    if (!twf_cidr_parse(value, &cidr))
        return twf_option_wrong(name, value, "an address range such as 192.0.2.0/24", err);
    return twf_strings_add(&o->relays, value, err);
}

enum twf_status twf_set_restarts(struct twf_options *o, const char *name, const char *value,
                                 struct twf_error *err)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strcmp(value, "off") == 0 ? 0 : strtoul(value, &end, 10);
    if (strcmp(value, "off") != 0 &&
        (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || n > TWF_MARKS_LOST))
        return twf_option_wrong(name, value, "off or a number up to 128", err);
    o->crash_restarts = (uint32_t)n;
    return TWF_OK;
}

/* CPUs that this process may run on; at least 1. */
enum twf_status twf_set_threads(struct twf_options *o, const char *name, const char *value,
                                struct twf_error *err)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || n > TWF_THREADS_MAX)
        return twf_option_wrong(name, value, "a number of threads from 0 to 256", err);
    o->threads = n == 0 ? twf_option_cpus() : (uint32_t)n;
    return TWF_OK;
}

enum twf_status twf_set_text(struct twf_options *o, const char *name, const char *value,
                             struct twf_error *err)
{
    const struct {
        const char *name;
        char **text;
    } texts[] = {{"psl", &o->psl},
                 {"checkpoint", &o->checkpoint},
                 {"resume", &o->resume},
                 {"redact-key", &o->redact_key},
                 {"to", &o->to},
                 {"from-records", &o->from_records},
                 {"builds", &o->builds},
                 {"diff-exchange", &o->diff_exchange},
                 {"disclaimer-text", &o->disclaimer_text},
                 {"disclaimer-html", &o->disclaimer_html},
                 {"disclaimers", &o->disclaimers}};

    for (size_t i = 0; i < TWF_COUNT(texts); i++) {
        if (strcmp(name, texts[i].name) != 0)
            continue;
        twf_free(*texts[i].text);
        *texts[i].text = twf_strdup(value);
        if (*texts[i].text == NULL)
            return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for options");
    }
    return TWF_OK;
}

enum twf_status twf_set_exchange(struct twf_options *o, const char *name, const char *value,
                                 struct twf_error *err)
{
    static const char *const suv1[] = {"manual", "windows-update", "removed", "never"};
    static const char *const rules[] = {"yes", "no"};
    int i;

    if (strcmp(name, "own") == 0)
        return twf_strings_add(&o->own, value, err);
    if (strcmp(name, "exchange-build") == 0)
        return twf_strings_add(&o->exchange_builds, value, err);
    if (strcmp(name, "suv1") == 0) {
        if ((i = twf_option_word(value, suv1, 4)) < 0)
            return twf_option_wrong(name, value, "manual, windows-update, removed or never", err);
        o->suv1 = TWF_SUV1_MANUAL + i;
        return TWF_OK;
    }
    if ((i = twf_option_word(value, rules, 2)) < 0)
        return twf_option_wrong(name, value, "yes or no", err);
    o->transport_rules = TWF_TRANSPORT_YES + i;
    return TWF_OK;
}

enum twf_status twf_set_annotation(struct twf_options *o, const char *name, const char *value,
                                   struct twf_error *err)
{
    static const char *const switches[] = {"on", "off"};
    static const char *const fallbacks[] = {"wrap", "ignore", "skip"};
    int i;

    if (strcmp(name, "fallback") == 0) {
        if ((i = twf_option_word(value, fallbacks, 3)) < 0)
            return twf_option_wrong(name, value, "wrap, ignore or skip", err);
        o->fallback = i;
        return TWF_OK;
    }
    if ((i = twf_option_word(value, switches, 2)) < 0)
        return twf_option_wrong(name, value, "on or off", err);
    *(strcmp(name, "add-header") == 0 ? &o->no_add_header : &o->no_add_disclaimer) = i == 1;
    return TWF_OK;
}

/* "FIELD:REGEX", "FIELD:=TEXT", or "@FILE" with one of them a line. */
enum twf_status twf_set_expression(struct twf_options *o, const char *name, const char *value,
                                   struct twf_error *err)
{
    return twf_strings_add_lines(&o->expressions, name, value, err);
}

enum twf_status twf_set_group_by(struct twf_options *o, const char *name, const char *value,
                                 struct twf_error *err)
{
    (void)name;
    twf_free(o->group_by);
    o->group_by = twf_strdup(value);
    return o->group_by == NULL ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for options")
                               : TWF_OK;
}

enum twf_status twf_set_index_dir(struct twf_options *o, const char *name, const char *value,
                                  struct twf_error *err)
{
    (void)name;
    twf_free(o->index_dir);
    o->index_dir = twf_strdup(value);
    return o->index_dir == NULL ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for options")
                                : TWF_OK;
}

/* "off" is how a default is taken back. */
enum twf_status twf_set_rules_cache(struct twf_options *o, const char *name, const char *value,
                                    struct twf_error *err)
{
    (void)name;
    twf_free(o->rules_cache);
    o->rules_cache = NULL;
    if (strcmp(value, "off") == 0)
        return TWF_OK;
    o->rules_cache = twf_strdup(value);
    return o->rules_cache == NULL ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for options")
                                  : TWF_OK;
}

enum twf_status twf_set_p1_order(struct twf_options *o, const char *name, const char *value,
                                 struct twf_error *err)
{
    uint8_t order[TWF_P1_KIND_COUNT];

    if (!twf_p1_order_parse(value, order))
        return twf_option_wrong(name, value,
                                "a list of sources such as return_path,authres, each once", err);
    memcpy(o->p1_order, order, sizeof(order));
    return TWF_OK;
}

enum twf_status twf_set_no_explainer(struct twf_options *o, const char *name, const char *value,
                                     struct twf_error *err)
{
    for (int i = 0; i < TWF_ALLOWANCE_COUNT; i++) {
        if (strcasecmp(value, twf_allowance_infos[i].code) == 0) {
            o->explainers_off |= 1u << i;
            return TWF_OK;
        }
    }
    return twf_option_wrong(name, value, "the code of an explainer such as X_LIST", err);
}
