/* SPDX-License-Identifier: Apache-2.0 */
/* Files, filters and expressions into one set. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "rules/rule_files.h"
#include "rules/rule_model.h"

enum { CPU_SECONDS = 60 };
static const uint64_t compile_bytes = UINT64_C(2) << 30;

struct loader {
    struct rule_reader reader;
    struct rule_diags diags;
    struct twf_arena arena; /* nodes of the file at hand */
    bool shipped, want_filter;
};

/* One file. False: there are too many rules, or no memory. */
static bool take_file(void *ctx, const char *path, struct twf_span text)
{
    struct loader *l = ctx;
    struct twf_rules *r = l->reader.rules;
    const struct rule_node *root;

    twf_rule_diags_begin(&l->diags, path, text);
    if (r->rule_count == RULE_RULES_MAX) {
        twf_rule_file_error(&l->diags, RULE_FAULT_LIMIT, "more than %d rules", (int)RULE_RULES_MAX);
        return false;
    }
    twf_arena_reset(&l->arena);
    root = twf_yaml_read(&l->arena, &l->diags);
    if (root != NULL)
        twf_rule_document(&l->reader, root, l->shipped, l->want_filter);
    return !r->failed && r->arena.failed == 0 && l->arena.failed == 0;
}

/* ---- hunt -e ---- */

/* text with the meaning of '*', '?' and '\' taken away. */
static struct twf_span escape(struct twf_arena *a, struct twf_span text)
{
    uint8_t *out = twf_arena_alloc(a, text.len * 2 + 1);
    size_t n = 0;

    for (size_t i = 0; out != NULL && i < text.len; i++) {
        if (text.ptr[i] == '*' || text.ptr[i] == '?' || text.ptr[i] == '\\')
            out[n++] = '\\';
        out[n++] = text.ptr[i];
    }
    return twf_span(out, n);
}

/* The tree of "FIELD:REGEX" or "FIELD:=TEXT". */
static uint32_t expression_tree(struct loader *l, const char *text, bool icase)
{
    struct twf_span all = twf_span_str(text);
    size_t colon = twf_span_find(all, ':');
    bool literal = colon + 1 < all.len && all.ptr[colon + 1] == '=';
    struct rule_node map = {.kind = RULE_NODE_MAP, .count = 1};
    struct rule_node key = {.plain = true, .at = {0, 0}, .len = (uint32_t)colon};
    struct rule_node value = {.plain = true, .key = &key, .len = 1};
    struct rule_field field;
    struct twf_buf name;

    twf_rule_diags_begin(&l->diags, "-e", all);
    if (colon == 0 || colon == all.len) {
        twf_rule_file_error(&l->diags, RULE_FAULT_VALUE,
                            "'%.100s' is not FIELD:REGEX or FIELD:=TEXT", text);
        return RULE_NONE;
    }
    if (!twf_rule_field_find(twf_span_slice(all, 0, colon), &field, &l->diags, key.at))
        return RULE_NONE;
    twf_buf_init(&name);
    twf_buf_span(&name, twf_span_slice(all, 0, colon));
    if (!literal)
        twf_buf_str(&name, icase ? "|re|i" : "|re");
    else if (!icase && !twf_rule_is_number(field.source))
        twf_buf_str(&name, "|cased");
    l->reader.rules->failed |= name.failed;
    key.text = twf_arena_copy(&l->arena, twf_buf_view(&name));
    twf_buf_fini(&name);
    value.at.column = (uint32_t)colon + 1 + literal;
    value.text = twf_span_slice(all, value.at.column, all.len);
    value.len = (uint32_t)TWF_MAX(value.text.len, 1);
    if (literal)
        value.text = escape(&l->arena, value.text);
    map.first = map.last = &value;
    return twf_rule_selection(&l->reader, &map);
}

/* A rule without a file. */
static void add_rule(struct loader *l, uint32_t number, uint32_t tree, const char *title)
{
    struct twf_rules *r = l->reader.rules;
    struct rule rule = {
        .info = {.status = TWF_RULE_STABLE, .level = TWF_LEVEL_NONE, .is_on = true}};
    const struct rule_node node = {.len = 1};
    char id[16];

    (void)snprintf(id, sizeof(id), "e%u", number);
    rule.info.id = twf_rule_strdup(r, twf_span_str(id));
    rule.info.title = twf_rule_strdup(r, twf_span_str(title));
    rule.info.path = "-e";
    rule.source = twf_span_str(rule.info.title == NULL ? "" : rule.info.title);
    rule.first_step = r->step_count;
    rule.entry = twf_rule_steps(&l->reader, tree, &node);
    rule.end_step = r->step_count;
    if (rule.entry == RULE_NONE ||
        !twf_rule_grow(r, &r->rules, &r->rule_cap, r->rule_count + 1, sizeof(*r->rules)))
        return;
    twf_rule_trigger(&l->reader, tree);
    r->rules[r->rule_count++] = rule;
}

static void take_expressions(struct loader *l, const struct twf_rules_source *s)
{
    struct twf_rules *r = l->reader.rules;
    uint32_t kids[RULE_CHILDREN_MAX], count = 0, tree;

    r->tree_count = r->kid_count = 0;
    for (size_t i = 0; i < s->expression_count; i++) {
        l->reader.rule = r->rule_count;
        if (!s->all_of)
            r->tree_count = r->kid_count = 0;
        if (i == RULE_CHILDREN_MAX) {
            twf_rule_diags_begin(&l->diags, "-e", twf_span("", 0));
            twf_rule_file_error(&l->diags, RULE_FAULT_LIMIT, "%zu expressions, at most %d",
                                s->expression_count, (int)RULE_CHILDREN_MAX);
            return;
        }
        tree = expression_tree(l, s->expressions[i], s->icase);
        if (tree == RULE_NONE)
            return;
        if (s->all_of)
            kids[count++] = tree;
        else
            add_rule(l, (uint32_t)i + 1, tree, s->expressions[i]);
    }
    if (count > 0) {
        tree = twf_rule_group(r, RULE_AND, kids, count);
        if (tree != RULE_NONE)
            add_rule(l, 1, tree, s->expressions[0]);
    }
}

/* ---- what concerns several files ---- */

struct id {
    const char *id;
    uint32_t rule;
};

static int by_id(const void *a, const void *b)
{
    const struct id *x = a, *y = b;
    int c = strcmp(x->id, y->id);

    return c != 0 ? c : (x->rule > y->rule) - (x->rule < y->rule);
}

static struct id *sorted_ids(struct twf_rules *r)
{
    struct id *ids = twf_arena_calloc(&r->arena, r->rule_count + 1, sizeof(*ids));

    for (uint32_t i = 0; ids != NULL && i < r->rule_count; i++)
        ids[i] = (struct id){r->rules[i].info.id, i};
    if (ids != NULL && r->rule_count > 1)
        qsort(ids, r->rule_count, sizeof(*ids), by_id);
    return ids;
}

static void check_ids(struct loader *l, const struct id *ids)
{
    struct twf_rules *r = l->reader.rules;

    for (uint32_t i = 1; i < r->rule_count; i++) {
        const struct rule *rule = &r->rules[ids[i].rule];
        const struct twf_rule_info *first = &r->rules[ids[i - 1].rule].info;

        if (strcmp(ids[i].id, ids[i - 1].id) != 0)
            continue;
        twf_rule_diags_begin(&l->diags, rule->info.path, twf_span("", 0));
        twf_rule_file_error(&l->diags, RULE_FAULT_ID_TWICE,
                            "the id %.60s is that of %s%.120s too; give each rule its own (a UUID)%s", ids[i].id,
                            first->is_shipped ? "the shipped " : "", first->path,
                            first->is_shipped ? ", or leave the shipped ones out (--no-shipped-rules)" : "");
    }
}

static void add_filter(struct twf_rules *r, uint32_t rule, uint32_t filter)
{
    struct rule *t = &r->rules[rule];

    if (t->info.is_filter)
        return;
    if (twf_rule_grow(r, &t->filters, &t->filter_cap, t->filter_count + 1, sizeof(*t->filters)))
        t->filters[t->filter_count++] = filter;
}

/* A filter to each rule that it names. */
static void join_filters(struct loader *l, const struct id *ids)
{
    struct twf_rules *r = l->reader.rules;

    for (uint32_t f = 0; f < r->rule_count; f++) {
        const struct rule *filter = &r->rules[f];

        if (!filter->info.is_filter || !filter->info.is_on || r->for_examples)
            continue;
        for (uint32_t i = 0; filter->targets == NULL && i < r->rule_count; i++)
            add_filter(r, i, f);
        for (uint32_t t = 0; t < filter->target_count; t++) {
            uint32_t low = 0, high = r->rule_count;
            struct twf_span want = filter->targets[t];

            while (low < high) {
                uint32_t middle = low + (high - low) / 2;
                struct twf_span id = twf_span_str(ids[middle].id);
                int c = memcmp(id.ptr, want.ptr, TWF_MIN(id.len, want.len));

                if (c < 0 || (c == 0 && id.len < want.len))
                    low = middle + 1;
                else
                    high = middle;
            }
            if (low < r->rule_count && twf_span_is(want, ids[low].id)) {
                add_filter(r, ids[low].rule, f);
                continue;
            }
            twf_rule_diags_begin(&l->diags, filter->info.path, filter->source);
            twf_rule_warn(&l->diags, (struct rule_mark){filter->line - 1, 0}, 1, RULE_FAULT_FILTER,
                          "no rule that is loaded has the id %.*s", (int)TWF_MIN(want.len, 60),
                          (const char *)want.ptr);
        }
    }
}

/* The first digest of a process makes libcrypto read its configuration and set up a provider: a millisecond and more. */
static bool make_digest(struct twf_rules *r)
{
    static const char hex[] = "0123456789abcdef";
    static const char nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *ctx;
    bool ok;

    _Static_assert(sizeof(nothing) <= sizeof(r->digest), "a digest in hex");
    if (r->rule_count == 0) {
        memcpy(r->digest, nothing, sizeof(nothing));
        return true;
    }
    ctx = EVP_MD_CTX_new();
    ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
    for (uint32_t i = 0; ok && i < r->rule_count; i++) {
        const struct rule *rule = &r->rules[i];
        uint64_t n = rule->source.len;

        if (rule->info.is_on)
            ok = EVP_DigestUpdate(ctx, &n, sizeof(n)) == 1 &&
                 EVP_DigestUpdate(ctx, rule->source.ptr, rule->source.len) == 1;
    }
    ok = ok && EVP_DigestFinal_ex(ctx, sum, &len) == 1 && len * 2 < sizeof(r->digest);
    EVP_MD_CTX_free(ctx);
    for (unsigned i = 0; ok && i < len; i++) {
        r->digest[2 * i] = hex[sum[i] >> 4];
        r->digest[2 * i + 1] = hex[sum[i] & 15];
    }
    return ok;
}

/* ---- the public face ---- */

static void read_all(struct loader *l, const struct twf_rules_source *s)
{
    bool go_on = true;

    l->shipped = true;
    for (size_t i = 0; go_on && s->shipped && i < twf_rules_embedded_count; i++)
        go_on = take_file(l, twf_rules_embedded[i].path,
                          twf_span(twf_rules_embedded[i].data, twf_rules_embedded[i].len));
    l->shipped = false;
    for (size_t i = 0; go_on && i < s->path_count; i++)
        go_on = twf_rule_walk(s->paths[i], &l->diags, take_file, l);
    l->want_filter = true;
    for (size_t i = 0; go_on && i < s->filter_count; i++)
        go_on = twf_rule_walk(s->filters[i], &l->diags, take_file, l);
    if (go_on)
        take_expressions(l, s);
}

static void count_patterns(struct loader *l)
{
    const struct twf_rules *r = l->reader.rules;
    uint64_t n = 0;

    for (uint32_t i = 0; i < r->column_count; i++)
        n += r->columns[i].scan_count;
    if (n > RULE_PATTERNS_MAX) {
        twf_rule_diags_begin(&l->diags, "rules", twf_span("", 0));
        twf_rule_file_error(
            &l->diags, RULE_FAULT_LIMIT,
            "%llu patterns of all rules together, at most %d; lists of whole values do "
            "not count",
            (unsigned long long)n, (int)RULE_PATTERNS_MAX);
    }
}

enum twf_status twf_rules_load(const struct twf_rules_source *source, twf_rule_diag_fn *say,
                               void *ctx, struct twf_rules **out, struct twf_error *err)
{
    struct loader l = {.diags = {.say = say, .ctx = ctx}};
    struct twf_rules *r = twf_calloc(1, sizeof(*r));
    const struct id *ids;
    enum twf_status status = TWF_OK;

    *out = NULL;
    if (r == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for rules");
    twf_arena_init(&r->arena, 64 * 1024);
    twf_arena_init(&l.arena, 64 * 1024);
    r->no_prefilter = source->no_prefilter;
    r->for_examples = source->for_examples;
    r->cache_dir = source->cache_dir == NULL
                       ? NULL
                       : twf_rule_strdup(r, twf_span_str(source->cache_dir));
    r->compile_cpu_s = source->compile_cpu_s == 0 ? CPU_SECONDS : source->compile_cpu_s;
    r->compile_bytes = source->compile_bytes == 0 ? compile_bytes : source->compile_bytes;
    r->regex_steps = source->regex_steps == 0 ? RULE_STEPS_MAX : source->regex_steps;
    l.reader =
        (struct rule_reader){.rules = r, .arena = &l.arena, .diags = &l.diags, .set = source->set};
    read_all(&l, source);
    ids = sorted_ids(r);
    if (ids != NULL && !r->failed) {
        check_ids(&l, ids);
        join_filters(&l, ids);
        if (l.diags.errors == 0)
            twf_rule_plan(r);
        count_patterns(&l);
    }
    if (r->failed || r->arena.failed != 0 || l.arena.failed != 0 ||
        (!source->no_digest && !make_digest(r)))
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for rules");
    twf_arena_fini(&l.arena);
    if (status == TWF_OK && l.diags.errors > 0) {
        status = TWF_ERR_RULES;
        if (err != NULL)
            *err = l.diags.first;
    }
    if (status != TWF_OK) {
        twf_rules_free(r);
        return status;
    }
    *out = r;
    return TWF_OK;
}

size_t twf_rules_count(const struct twf_rules *r)
{
    return r->rule_count;
}

const struct twf_rule_info *twf_rules_info(const struct twf_rules *r, size_t i)
{
    return &r->rules[i].info;
}

bool twf_rules_empty(const struct twf_rules *r)
{
    for (uint32_t i = 0; i < r->rule_count; i++) {
        if (r->rules[i].info.is_on && !r->rules[i].info.is_filter)
            return false;
    }
    return true;
}

const char *twf_rules_digest(const struct twf_rules *r)
{
    return r->digest;
}
