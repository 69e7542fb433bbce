/* SPDX-License-Identifier: Apache-2.0 */
/* One row an option: its name, whether it takes a value, and the function that takes it. */
#include "api/options.h"

#include <string.h>

#include <twofrom/tools.h>

#include "api/option_setters.h"
#include "api/option_values.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"

/* O(NAME, whether it takes a value, the function that takes it), by name. */
#define OPTIONS(O) \
    O("add-disclaimer", true, twf_set_annotation) \
    O("add-header", true, twf_set_annotation) \
    O("all", false, twf_set_flag) \
    O("all-of", false, twf_set_flag) \
    O("annotate", false, twf_set_flag) \
    O("ascii", false, twf_set_flag) \
    O("check", false, twf_set_flag) \
    O("builds", true, twf_set_text) \
    O("checkpoint", true, twf_set_text) \
    O("checkpoint-every", true, twf_set_every) \
    O("checks", true, twf_set_words) \
    O("clobber", false, twf_set_flag) \
    O("clock", true, twf_set_words) \
    O("count", false, twf_set_flag) \
    O("cpu", true, twf_set_cpu) \
    O("crash-restarts", true, twf_set_restarts) \
    O("dedup", false, twf_set_flag) \
    O("defang", false, twf_set_flag) \
    O("digest", true, twf_set_words) \
    O("diff-exchange", true, twf_set_text) \
    O("direct", false, twf_set_flag) \
    O("disclaimer-html", true, twf_set_text) \
    O("disclaimer-text", true, twf_set_text) \
    O("disclaimers", true, twf_set_text) \
    O("envelope-header", true, twf_set_list) \
    O("exchange-build", true, twf_set_exchange) \
    O("exchange-rule", false, twf_set_flag) \
    O("expression", true, twf_set_expression) \
    O("fail-on", true, twf_set_level) \
    O("fallback", true, twf_set_annotation) \
    O("filters", true, twf_set_list) \
    O("format", true, twf_set_format) \
    O("frame-size", true, twf_set_frame_size) \
    O("from-records", true, twf_set_text) \
    O("group-by", true, twf_set_group_by) \
    O("html", false, twf_set_flag) \
    O("ignore-case", false, twf_set_flag) \
    O("index-dir", true, twf_set_index_dir) \
    O("io", true, twf_set_words) \
    O("journal", true, twf_set_words) \
    O("last", true, twf_set_last) \
    O("level", true, twf_set_compression) \
    O("limit", true, twf_set_limit) \
    O("max-window", true, twf_set_window) \
    O("memory", true, twf_set_memory) \
    O("min-level", true, twf_set_level) \
    O("no-explainer", true, twf_set_no_explainer) \
    O("no-index", false, twf_set_flag) \
    O("no-prefilter", false, twf_set_flag) \
    O("no-shipped-rules", false, twf_set_flag) \
    O("only-index", false, twf_set_flag) \
    O("others", false, twf_set_flag) \
    O("output", true, twf_set_list) \
    O("own", true, twf_set_exchange) \
    O("p1-order", true, twf_set_p1_order) \
    O("protect", true, twf_set_list) \
    O("psl", true, twf_set_text) \
    O("redact", true, twf_set_words) \
    O("redact-key", true, twf_set_text) \
    O("resume", true, twf_set_text) \
    O("ratio-limit", true, twf_set_ratio) \
    O("rules", true, twf_set_list) \
    O("rules-cache", true, twf_set_rules_cache) \
    O("salvage", false, twf_set_flag) \
    O("sandbox", true, twf_set_words) \
    O("set", true, twf_set_words) \
    O("since", true, twf_set_date) \
    O("threads", true, twf_set_threads) \
    O("suv1", true, twf_set_exchange) \
    O("to", true, twf_set_text) \
    O("tracking", true, twf_set_list) \
    O("transport-rules", true, twf_set_exchange) \
    O("trusted-authserv", true, twf_set_list) \
    O("trusted-relays", true, twf_set_list) \
    O("until", true, twf_set_date) \
    O("verify", false, twf_set_flag) \
    O("with-headers", false, twf_set_flag) \
    O("with-subject", false, twf_set_flag) \
    O("write-index", false, twf_set_flag)

static const struct {
    const char *name;
    bool takes_value;
    twf_set_fn *set;
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
    o->threads = twf_option_cpus();
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
                      : twf_strings_add(&o->given, (const char *)b.ptr, err);
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

void twf_options_free(struct twf_options *o)
{
    if (o == NULL)
        return;
    twf_strings_free(&o->given);
    twf_free(o->checkpoint);
    twf_free(o->resume);
    twf_free(o->redact_key);
    twf_strings_free(&o->outputs);
    twf_strings_free(&o->protect);
    twf_strings_free(&o->rules);
    twf_strings_free(&o->filters);
    twf_strings_free(&o->authserv);
    twf_strings_free(&o->relays);
    twf_strings_free(&o->envelope_headers);
    twf_strings_free(&o->tracking);
    twf_free(o->psl);
    twf_free(o->index_dir);
    twf_free(o->rules_cache);
    twf_free(o->group_by);
    twf_strings_free(&o->expressions);
    twf_strings_free(&o->own);
    twf_strings_free(&o->exchange_builds);
    twf_free(o->builds);
    twf_free(o->diff_exchange);
    twf_free(o->to);
    twf_free(o->from_records);
    twf_free(o->disclaimer_text);
    twf_free(o->disclaimer_html);
    twf_free(o->disclaimers);
    twf_free(o);
}
