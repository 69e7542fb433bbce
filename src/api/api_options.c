/* SPDX-License-Identifier: Apache-2.0 */
/* One row an option: its name, whether it takes a value, and the function that takes it. */
#define _GNU_SOURCE
#include "api/options.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <twofrom/tools.h>

#include "api/when.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "exchange/exchange.h"

enum { THREADS_MAX = 256 };

typedef enum twf_status set_fn(struct twf_options *o, const char *name, const char *value,
                               struct twf_error *err);

static enum twf_status wrong(const char *name, const char *value, const char *want,
                             struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_ARG, 0, "--%s: '%s' is not %s", name, value, want);
}

static enum twf_status add(struct twf_strings *s, const char *value, struct twf_error *err)
{
    char **items = twf_realloc(s->items, (s->len + 1) * sizeof(char *));

    if (items == NULL || (s->items = items, items[s->len] = twf_strdup(value)) == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for options");
    s->len++;
    return TWF_OK;
}

/* K, M, G and T are powers of 1024. */
static bool parse_size(const char *text, uint64_t *out)
{
    static const char units[] = "KMGT";
    const char *unit;
    char *end;
    unsigned shift = 0;

    errno = 0;
    *out = strtoull(text, &end, 10);
    if (end == text || errno != 0 || text[0] < '0' || text[0] > '9')
        return false;
    if (*end != '\0' && (unit = strchr(units, *end)) != NULL) {
        shift = 10 * (unsigned)(unit - units + 1);
        end++;
    }
    if (*end != '\0' || *out > UINT64_MAX >> shift)
        return false;
    *out <<= shift;
    return true;
}

/* Index of value in words (n of them), or -1. */
static int word(const char *value, const char *const *words, int n)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(value, words[i]) == 0)
            return i;
    }
    return -1;
}

static enum twf_status set_flag(struct twf_options *o, const char *name, const char *value,
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

static enum twf_status set_words(struct twf_options *o, const char *name, const char *value,
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
        if ((i = word(value, io, 3)) < 0)
            return wrong(name, value, "auto, uring or pread", err);
        o->io = (enum twf_io_mode)i;
    } else if (strcmp(name, "journal") == 0) {
        if ((i = word(value, journal, 3)) < 0)
            return wrong(name, value, "auto, never or require", err);
        o->journal = (enum twf_journal_mode)i;
    } else if (strcmp(name, "digest") == 0) {
        if ((i = word(value, digests, 2)) < 0)
            return wrong(name, value, "xxh3 or sha256", err);
        o->sha256 = i == 1;
    } else if (strcmp(name, "clock") == 0) {
        if ((i = word(value, clock, 3)) < 0)
            return wrong(name, value, "date, received or from-line", err);
        o->clock = (enum twf_clock)i;
    } else if (strcmp(name, "redact") == 0) {
        if ((i = word(value, redact, 3)) < 0)
            return wrong(name, value, "none, local or full", err);
        o->redact = i;
    } else if (strcmp(name, "sandbox") == 0) {
        if ((i = word(value, sandboxes, 3)) < 0)
            return wrong(name, value, "auto, require or off", err);
        o->sandbox = (enum twf_sandbox_mode)i;
    } else if (strcmp(name, "set") == 0) {
        if ((i = word(value, sets, 3)) < 0)
            return wrong(name, value, "core, core+ or all", err);
        o->rules_set = (enum twf_rules_set)i;
    } else {
        if ((i = word(value, checks, 2)) < 0)
            return wrong(name, value, "all or exchange-like", err);
        o->exchange_like = i == 1;
    }
    return TWF_OK;
}

static enum twf_status set_level(struct twf_options *o, const char *name, const char *value,
                                 struct twf_error *err)
{
    int i = word(value, twf_level_names, TWF_LEVEL_COUNT);

    if (strcmp(value, "info") == 0)
        i = TWF_LEVEL_INFO;
    if (name[0] == 'f' && (strcmp(value, "yellow") == 0 || strcmp(value, "red") == 0)) {
        o->fail_on_color = value[0] == 'y' ? TWF_YELLOW : TWF_RED; /* of health */
        return TWF_OK;
    }
    if (i <= TWF_LEVEL_NONE)
        return wrong(name, value, "informational, low, medium, high or critical", err);
    *(name[0] == 'm' ? &o->min_level : &o->fail_on) = (enum twf_level)i;
    o->min_level_given |= name[0] == 'm';
    return TWF_OK;
}

static enum twf_status set_cpu(struct twf_options *o, const char *name, const char *value,
                               struct twf_error *err)
{
    return twf_cpu_level_parse(value, &o->cpu)
               ? TWF_OK
               : wrong(name, value, "scalar, sse42, avx2 or avx512", err);
}

static enum twf_status set_format(struct twf_options *o, const char *name, const char *value,
                                  struct twf_error *err)
{
    return twf_split_format_parse(value, &o->format)
               ? TWF_OK
               : wrong(name, value, "a format (auto, mbox, mboxcl2, eml, tar)", err);
}

static enum twf_status set_window(struct twf_options *o, const char *name, const char *value,
                                  struct twf_error *err)
{
    uint64_t bytes;

    if (!parse_size(value, &bytes) || bytes < 1024 || bytes > (uint64_t)1 << 31)
        return wrong(name, value, "a size from 1K to 2G", err);
    o->max_window = bytes;
    return TWF_OK;
}

static enum twf_status set_frame_size(struct twf_options *o, const char *name, const char *value,
                                      struct twf_error *err)
{
    uint64_t bytes;

    if (!parse_size(value, &bytes) || bytes < 1024 || bytes > (uint64_t)1 << 30)
        return wrong(name, value, "a size from 1K to 1G", err);
    o->frame_size = bytes;
    return TWF_OK;
}

static enum twf_status set_compression(struct twf_options *o, const char *name, const char *value,
                                       struct twf_error *err)
{
    uint64_t level;

    if (!parse_size(value, &level) || level < 1 || level > 19)
        return wrong(name, value, "a level from 1 to 19", err);
    o->level = (int)level;
    return TWF_OK;
}

static enum twf_status set_limit(struct twf_options *o, const char *name, const char *value,
                                 struct twf_error *err)
{
    const char *sign = strchr(value, '=');
    uint64_t number;

    for (int i = 0; sign != NULL && i < TWF_LIMIT_COUNT; i++) {
        const char *known = twf_limit_name((enum twf_limit)i);

        if (strlen(known) != (size_t)(sign - value) || strncmp(known, value, strlen(known)) != 0)
            continue;
        if (!parse_size(sign + 1, &number) || number == 0 || number > (uint64_t)1 << 30)
            return wrong(name, value, "NAME=VALUE with a value from 1 to 1G", err);
        o->limits.value[i] = number;
        return TWF_OK;
    }
    return wrong(name, value, "NAME=VALUE with a known name", err);
}

/* YYYY-MM-DD, UTC. */
static enum twf_status set_date(struct twf_options *o, const char *name, const char *value,
                                struct twf_error *err)
{
    return twf_when_parse(value, name[0] == 's' ? &o->since_us : &o->until_us)
               ? TWF_OK
               : wrong(name, value, "a time YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS", err);
}

static enum twf_status set_last(struct twf_options *o, const char *name, const char *value,
                                struct twf_error *err)
{
    struct timespec now;
    int64_t us;

    if (!twf_lapse_parse(value, &us))
        return wrong(name, value, "a span such as 30d, 12h or 8w", err);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    o->since_us = (int64_t)now.tv_sec * 1000000 - us;
    return TWF_OK;
}

/* Below this not even one thread has what it needs. */
#define MEMORY_MIN ((uint64_t)96 << 20)

static enum twf_status set_memory(struct twf_options *o, const char *name, const char *value,
                                  struct twf_error *err)
{
    uint64_t size;

    if (!parse_size(value, &size) || size < MEMORY_MIN)
        return wrong(name, value, "a size of at least 96M", err);
    o->memory = size;
    return TWF_OK;
}

static enum twf_status set_ratio(struct twf_options *o, const char *name, const char *value,
                                 struct twf_error *err)
{
    uint64_t n;

    if (!parse_size(value, &n) || n == 0)
        return wrong(name, value, "how many bytes may come out of one, such as 10000", err);
    o->ratio_limit = n;
    return TWF_OK;
}

static enum twf_status set_every(struct twf_options *o, const char *name, const char *value,
                                 struct twf_error *err)
{
    uint64_t size;

    if (!parse_size(value, &size) || size == 0)
        return wrong(name, value, "a size such as 64M", err);
    o->checkpoint_every = size;
    return TWF_OK;
}

/* One value, or "@FILE" with one a line; '#' begins a comment. */
static enum twf_status add_lines(struct twf_strings *s, const char *name, const char *value,
                                 struct twf_error *err)
{
    char line[4096];
    enum twf_status status = TWF_OK;
    FILE *file;

    if (value[0] != '@')
        return add(s, value, err);
    file = fopen(value + 1, "re");
    if (file == NULL)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "--%s: cannot open '%s'", name, value + 1);
    while (status == TWF_OK && fgets(line, sizeof(line), file) != NULL) {
        size_t n = strcspn(line, "\n");

        if (line[n] == '\0' && n == sizeof(line) - 1)
            status = twf_error_set(err, TWF_ERR_ARG, 0, "--%s: a line too long in '%s'", name,
                                   value + 1);
        if (n > 0 && line[n - 1] == '\r')
            n--;
        line[n] = '\0';
        if (status == TWF_OK && n > 0 && line[0] != '#')
            status = add(s, line, err);
    }
    if (status == TWF_OK && ferror(file) != 0)
        status = twf_error_sys(err, TWF_ERR_ARG, errno, "--%s: cannot read '%s'", name, value + 1);
    (void)fclose(file);
    return status;
}

static enum twf_status set_list(struct twf_options *o, const char *name, const char *value,
                                struct twf_error *err)
{
    struct twf_cidr cidr;

    if (strcmp(name, "output") == 0)
        return add(&o->outputs, value, err);
    if (strcmp(name, "protect") == 0)
        return add_lines(&o->protect, name, value, err);
    if (strcmp(name, "rules") == 0)
        return add(&o->rules, value, err);
    if (strcmp(name, "filters") == 0)
        return add(&o->filters, value, err);
    if (strcmp(name, "trusted-authserv") == 0)
        return add(&o->authserv, value, err);
    if (strcmp(name, "envelope-header") == 0)
        return add(&o->envelope_headers, value, err);
    if (strcmp(name, "tracking") == 0)
        return add(&o->tracking, value, err);
    if (!twf_cidr_parse(value, &cidr))
        return wrong(name, value, "an address range such as 192.0.2.0/24", err);
    return add(&o->relays, value, err);
}

/* CPUs that this process may run on; at least 1. */
static uint32_t cpus(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return n < 1 ? 1 : (uint32_t)TWF_MIN(n, THREADS_MAX);
}

static enum twf_status set_threads(struct twf_options *o, const char *name, const char *value,
                                   struct twf_error *err)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || n > THREADS_MAX)
        return wrong(name, value, "a number of threads from 0 to 256", err);
    o->threads = n == 0 ? cpus() : (uint32_t)n;
    return TWF_OK;
}

static enum twf_status set_text(struct twf_options *o, const char *name, const char *value,
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

static enum twf_status set_exchange(struct twf_options *o, const char *name, const char *value,
                                    struct twf_error *err)
{
    static const char *const suv1[] = {"manual", "windows-update", "removed", "never"};
    static const char *const rules[] = {"yes", "no"};
    int i;

    if (strcmp(name, "own") == 0)
        return add(&o->own, value, err);
    if (strcmp(name, "exchange-build") == 0)
        return add(&o->exchange_builds, value, err);
    if (strcmp(name, "suv1") == 0) {
        if ((i = word(value, suv1, 4)) < 0)
            return wrong(name, value, "manual, windows-update, removed or never", err);
        o->suv1 = TWF_SUV1_MANUAL + i;
        return TWF_OK;
    }
    if ((i = word(value, rules, 2)) < 0)
        return wrong(name, value, "yes or no", err);
    o->transport_rules = TWF_TRANSPORT_YES + i;
    return TWF_OK;
}

static enum twf_status set_annotation(struct twf_options *o, const char *name, const char *value,
                                      struct twf_error *err)
{
    static const char *const switches[] = {"on", "off"};
    static const char *const fallbacks[] = {"wrap", "ignore", "skip"};
    int i;

    if (strcmp(name, "fallback") == 0) {
        if ((i = word(value, fallbacks, 3)) < 0)
            return wrong(name, value, "wrap, ignore or skip", err);
        o->fallback = i;
        return TWF_OK;
    }
    if ((i = word(value, switches, 2)) < 0)
        return wrong(name, value, "on or off", err);
    *(strcmp(name, "add-header") == 0 ? &o->no_add_header : &o->no_add_disclaimer) = i == 1;
    return TWF_OK;
}

/* "FIELD:REGEX", "FIELD:=TEXT", or "@FILE" with one of them a line. */
static enum twf_status set_expression(struct twf_options *o, const char *name, const char *value,
                                      struct twf_error *err)
{
    return add_lines(&o->expressions, name, value, err);
}

static enum twf_status set_group_by(struct twf_options *o, const char *name, const char *value,
                                    struct twf_error *err)
{
    (void)name;
    twf_free(o->group_by);
    o->group_by = twf_strdup(value);
    return o->group_by == NULL ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for options")
                               : TWF_OK;
}

static enum twf_status set_index_dir(struct twf_options *o, const char *name, const char *value,
                                     struct twf_error *err)
{
    (void)name;
    twf_free(o->index_dir);
    o->index_dir = twf_strdup(value);
    return o->index_dir == NULL ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for options")
                                : TWF_OK;
}

/* "off" is how a default is taken back. */
static enum twf_status set_rules_cache(struct twf_options *o, const char *name, const char *value,
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

static enum twf_status set_p1_order(struct twf_options *o, const char *name, const char *value,
                                    struct twf_error *err)
{
    uint8_t order[TWF_P1_KIND_COUNT];

    if (!twf_p1_order_parse(value, order))
        return wrong(name, value, "a list of sources such as return_path,authres, each once", err);
    memcpy(o->p1_order, order, sizeof(order));
    return TWF_OK;
}

static enum twf_status set_no_explainer(struct twf_options *o, const char *name, const char *value,
                                        struct twf_error *err)
{
    for (int i = 0; i < TWF_ALLOWANCE_COUNT; i++) {
        if (strcasecmp(value, twf_allowance_infos[i].code) == 0) {
            o->explainers_off |= 1u << i;
            return TWF_OK;
        }
    }
    return wrong(name, value, "the code of an explainer such as X_LIST", err);
}

/* O(NAME, whether it takes a value, the function that takes it), by name. */
#define OPTIONS(O) \
    O("add-disclaimer", true, set_annotation) \
    O("add-header", true, set_annotation) \
    O("all", false, set_flag) \
    O("all-of", false, set_flag) \
    O("annotate", false, set_flag) \
    O("ascii", false, set_flag) \
    O("check", false, set_flag) \
    O("builds", true, set_text) \
    O("checkpoint", true, set_text) \
    O("checkpoint-every", true, set_every) \
    O("checks", true, set_words) \
    O("clobber", false, set_flag) \
    O("clock", true, set_words) \
    O("count", false, set_flag) \
    O("cpu", true, set_cpu) \
    O("dedup", false, set_flag) \
    O("defang", false, set_flag) \
    O("digest", true, set_words) \
    O("diff-exchange", true, set_text) \
    O("direct", false, set_flag) \
    O("disclaimer-html", true, set_text) \
    O("disclaimer-text", true, set_text) \
    O("disclaimers", true, set_text) \
    O("envelope-header", true, set_list) \
    O("exchange-build", true, set_exchange) \
    O("exchange-rule", false, set_flag) \
    O("expression", true, set_expression) \
    O("fail-on", true, set_level) \
    O("fallback", true, set_annotation) \
    O("filters", true, set_list) \
    O("format", true, set_format) \
    O("frame-size", true, set_frame_size) \
    O("from-records", true, set_text) \
    O("group-by", true, set_group_by) \
    O("html", false, set_flag) \
    O("ignore-case", false, set_flag) \
    O("index-dir", true, set_index_dir) \
    O("io", true, set_words) \
    O("journal", true, set_words) \
    O("last", true, set_last) \
    O("level", true, set_compression) \
    O("limit", true, set_limit) \
    O("max-window", true, set_window) \
    O("memory", true, set_memory) \
    O("min-level", true, set_level) \
    O("no-explainer", true, set_no_explainer) \
    O("no-index", false, set_flag) \
    O("no-prefilter", false, set_flag) \
    O("no-shipped-rules", false, set_flag) \
    O("only-index", false, set_flag) \
    O("others", false, set_flag) \
    O("output", true, set_list) \
    O("own", true, set_exchange) \
    O("p1-order", true, set_p1_order) \
    O("protect", true, set_list) \
    O("psl", true, set_text) \
    O("redact", true, set_words) \
    O("redact-key", true, set_text) \
    O("resume", true, set_text) \
    O("ratio-limit", true, set_ratio) \
    O("rules", true, set_list) \
    O("rules-cache", true, set_rules_cache) \
    O("salvage", false, set_flag) \
    O("sandbox", true, set_words) \
    O("set", true, set_words) \
    O("since", true, set_date) \
    O("threads", true, set_threads) \
    O("suv1", true, set_exchange) \
    O("to", true, set_text) \
    O("tracking", true, set_list) \
    O("transport-rules", true, set_exchange) \
    O("trusted-authserv", true, set_list) \
    O("trusted-relays", true, set_list) \
    O("until", true, set_date) \
    O("verify", false, set_flag) \
    O("with-headers", false, set_flag) \
    O("with-subject", false, set_flag) \
    O("write-index", false, set_flag)

static const struct {
    const char *name;
    bool takes_value;
    set_fn *set;
} table[] = {
#define O(name, takes_value, set) {name, takes_value, set},
    OPTIONS(O)
#undef O
};

const char *const *twf_option_names(void)
{
    static const char *const names[] = {
#define O(name, takes_value, set) name,
        OPTIONS(O)
#undef O
        NULL};

    return names;
}

enum twf_status twf_options_new(struct twf_options **out, struct twf_error *err)
{
    struct twf_options *o = twf_calloc(1, sizeof(*o));

    *out = o;
    if (o == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for options");
    o->cpu = TWF_CPU_AVX512;
    o->min_level = TWF_LEVEL_MEDIUM;
    o->rules_set = TWF_RULES_CORE_PLUS;
    o->since_us = INT64_MIN;
    o->until_us = INT64_MAX;
    o->max_window = (uint64_t)128 << 20;
    o->threads = cpus();
    o->frame_size = (uint64_t)4 << 20;
    o->level = 9;
    twf_limits_default(&o->limits);
    return TWF_OK;
}

static enum twf_status note_given(struct twf_options *o, const char *name, const char *value,
                                  struct twf_error *err)
{
    struct twf_buf b;
    enum twf_status status;

    twf_buf_init(&b);
    twf_buf_str(&b, name);
    if (value != NULL) {
        twf_buf_byte(&b, '=');
        twf_buf_str(&b, value);
    }
    twf_buf_byte(&b, '\0');
    status = b.failed ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for options")
                      : add(&o->given, (const char *)b.ptr, err);
    twf_buf_fini(&b);
    return status;
}

enum twf_status twf_options_set(struct twf_options *o, const char *name, const char *value,
                                struct twf_error *err)
{
    for (size_t i = 0; i < TWF_COUNT(table); i++) {
        if (strcmp(name, table[i].name) != 0)
            continue;
        if (table[i].takes_value != (value != NULL))
            return twf_error_set(err, TWF_ERR_ARG, 0, "--%s takes %s value", name,
                                 table[i].takes_value ? "a" : "no");
        TWF_TRY(table[i].set(o, name, value, err));
        return note_given(o, name, value, err);
    }
    return twf_error_set(err, TWF_ERR_ARG, 0, "unknown option '%s'", name);
}

static void free_strings(struct twf_strings *s)
{
    for (size_t i = 0; i < s->len; i++)
        twf_free(s->items[i]);
    twf_free(s->items);
}

void twf_options_free(struct twf_options *o)
{
    if (o == NULL)
        return;
    free_strings(&o->given);
    twf_free(o->checkpoint);
    twf_free(o->resume);
    twf_free(o->redact_key);
    free_strings(&o->outputs);
    free_strings(&o->protect);
    free_strings(&o->rules);
    free_strings(&o->filters);
    free_strings(&o->authserv);
    free_strings(&o->relays);
    free_strings(&o->envelope_headers);
    free_strings(&o->tracking);
    twf_free(o->psl);
    twf_free(o->index_dir);
    twf_free(o->rules_cache);
    twf_free(o->group_by);
    free_strings(&o->expressions);
    free_strings(&o->own);
    free_strings(&o->exchange_builds);
    twf_free(o->builds);
    twf_free(o->diff_exchange);
    twf_free(o->to);
    twf_free(o->from_records);
    twf_free(o->disclaimer_text);
    twf_free(o->disclaimer_html);
    twf_free(o->disclaimers);
    twf_free(o);
}
