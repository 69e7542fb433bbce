/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document into a rule or a filter: which keys there may be, what their values must look like,
 * and what to write instead. Faults are collected: an author sees all of them at once.
 */
#include <stdio.h>

#include "flow/verdict.h"
#include "rules/rule_model.h"

const char *const twf_rule_status_names[TWF_RULE_STATUS_COUNT] = {"stable", "test", "experimental",
                                                                  "deprecated", "unsupported"};

static const char *const keys[] = {
    "title",     "id",        "status",   "level",   "description", "references", "tags",
    "author",    "date",      "modified", "related", "license",     "fields",     "falsepositives",
    "logsource", "detection", "filter",   "examples"};
static const char *const sources[] = {"product", "category", "service", "definition"};

static void unknown_key(struct rule_reader *x, const struct rule_node *key, const char *where,
                        const char *const *names, size_t count)
{
    const char *near = twf_rule_nearest(key->text, names, count);
    int len = (int)TWF_MIN(key->text.len, 60);

    if (twf_span_is(key->text, "correlation") || twf_span_is(key->text, "action"))
        twf_yaml_error(x->diags, key, RULE_FAULT_REFUSED,
                       "%.*s is not taken; a rule looks at one message; hunt --group-by counts", len,
                       (const char *)key->text.ptr);
    else if (near != NULL)
        twf_yaml_error(x->diags, key, RULE_FAULT_KEY, "unknown key '%.*s'%s, did you mean '%s'?",
                       len, (const char *)key->text.ptr, where, near);
    else
        twf_yaml_error(x->diags, key, RULE_FAULT_KEY, "unknown key '%.*s'%s", len,
                       (const char *)key->text.ptr, where);
}

static bool is_one_of(struct twf_span s, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (twf_span_is(s, names[i]))
            return true;
    }
    return false;
}

/* The text of a key; an error where it is no text. NULL: absent, or wrong. */
static const struct rule_node *text_of(struct rule_reader *x, const struct rule_node *map,
                                       const char *key)
{
    const struct rule_node *n = twf_yaml_get(map, key);

    if (n == NULL || n->kind == RULE_NODE_TEXT)
        return n;
    twf_yaml_error(x->diags, n->key, RULE_FAULT_SHAPE, "%s must be a text", key);
    return NULL;
}

/* ---- what is said about a rule ---- */

static bool is_uuid(struct twf_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = twf_lower_byte(s.ptr[i]);
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');

        if (i == 8 || i == 13 || i == 18 || i == 23 ? c != '-' : !hex)
            return false;
    }
    return s.len == 36;
}

static bool is_date(struct twf_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (i == 4 || i == 7 ? s.ptr[i] != '-' : s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    }
    return s.len == 10;
}

static void take_title(struct rule_reader *x, const struct rule_node *root, struct rule *rule)
{
    const struct rule_node *n = text_of(x, root, "title");

    if (n == NULL) {
        if (twf_yaml_get(root, "title") == NULL)
            twf_yaml_error(x->diags, root, RULE_FAULT_MISSING, "title is missing");
        return;
    }
    if (n->text.len == 0 || n->text.len > 256 || twf_span_find(n->text, '\n') < n->text.len)
        twf_yaml_error(x->diags, n, RULE_FAULT_META, "a title has 1 to 256 bytes in one line");
    rule->info.title = twf_rule_strdup(x->rules, n->text);
}

/* "stable", "high": the index of a word, or count. */
static int take_word(struct rule_reader *x, const struct rule_node *root, const char *key,
                     const char *const *names, int first, int count, const char *list)
{
    const struct rule_node *n = text_of(x, root, key);
    const char *near;

    if (n == NULL)
        return count;
    for (int i = first; i < count; i++) {
        if (twf_span_is(n->text, names[i]))
            return i;
    }
    near = twf_rule_nearest(n->text, names + first, (size_t)(count - first));
    twf_yaml_error(x->diags, n, RULE_FAULT_META, "%s is one of %s%s%s%s", key, list,
                   near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                   near == NULL ? "" : "'?");
    return count;
}

static void take_dates(struct rule_reader *x, const struct rule_node *root)
{
    static const char *const dates[] = {"date", "modified"};

    for (size_t i = 0; i < TWF_COUNT(dates); i++) {
        const struct rule_node *n = text_of(x, root, dates[i]);

        if (n != NULL && !is_date(n->text))
            twf_yaml_error(x->diags, n, RULE_FAULT_META, "%s is written YYYY-MM-DD", dates[i]);
    }
}

static void take_lists(struct rule_reader *x, const struct rule_node *root)
{
    static const char *const lists[] = {"references", "tags", "fields", "falsepositives"};
    static const char *const texts[] = {"author", "license"};

    for (size_t i = 0; i < TWF_COUNT(lists); i++) {
        const struct rule_node *n = twf_yaml_get(root, lists[i]);

        if (n != NULL && n->kind != RULE_NODE_LIST)
            twf_yaml_error(x->diags, n, RULE_FAULT_SHAPE, "%s must be a list", lists[i]);
        for (const struct rule_node *c = n == NULL || n->kind != RULE_NODE_LIST ? NULL : n->first;
             c != NULL; c = c->next) {
            if (c->kind != RULE_NODE_TEXT)
                twf_yaml_error(x->diags, c, RULE_FAULT_SHAPE, "%s must be a list of texts",
                               lists[i]);
        }
    }
    for (size_t i = 0; i < TWF_COUNT(texts); i++)
        (void)text_of(x, root, texts[i]);
}

static void take_meta(struct rule_reader *x, const struct rule_node *root, struct rule *rule)
{
    const struct rule_node *n;
    int i;

    take_title(x, root, rule);
    n = text_of(x, root, "id");
    if (n != NULL && is_uuid(n->text))
        rule->info.id = twf_rule_strdup(x->rules, n->text);
    else if (n != NULL)
        twf_yaml_error(x->diags, n, RULE_FAULT_META,
                       "an id is a UUID, such as 5e1c7f0a-8a59-4c46-9a1e-0b3c4a6f2d11");
    i = take_word(x, root, "status", twf_rule_status_names, 0, TWF_RULE_STATUS_COUNT,
                  "stable, test, experimental, deprecated, unsupported");
    rule->info.status =
        i == TWF_RULE_STATUS_COUNT ? TWF_RULE_EXPERIMENTAL : (enum twf_rule_status)i;
    i = take_word(x, root, "level", twf_level_names, TWF_LEVEL_INFO, TWF_LEVEL_COUNT,
                  "informational, low, medium, high, critical");
    rule->info.level = i == TWF_LEVEL_COUNT ? TWF_LEVEL_MEDIUM : (enum twf_level)i;
    n = text_of(x, root, "description");
    rule->description = n == NULL ? NULL : twf_rule_strdup(x->rules, n->text);
    take_dates(x, root);
    take_lists(x, root);
}

static void take_logsource(struct rule_reader *x, const struct rule_node *root)
{
    const struct rule_node *n = twf_yaml_get(root, "logsource"), *product, *category;

    if (n == NULL) {
        twf_yaml_error(
            x->diags, root, RULE_FAULT_MISSING,
            "logsource is missing: logsource: {product: email, category: message_header}");
        return;
    }
    if (n->kind != RULE_NODE_MAP) {
        twf_yaml_error(x->diags, n, RULE_FAULT_SHAPE, "logsource must be a map");
        return;
    }
    for (const struct rule_node *c = n->first; c != NULL; c = c->next) {
        if (!is_one_of(c->key->text, sources, TWF_COUNT(sources)))
            unknown_key(x, c->key, " in logsource", sources, TWF_COUNT(sources));
    }
    product = text_of(x, n, "product");
    if (product == NULL || !twf_span_is(product->text, "email"))
        twf_yaml_error(x->diags, product == NULL ? n : product, RULE_FAULT_LOGSOURCE,
                       "rules for other products are not taken: product must be email");
    category = text_of(x, n, "category");
    if (category != NULL && !twf_span_is(category->text, "message_header"))
        twf_yaml_error(x->diags, category, RULE_FAULT_LOGSOURCE,
                       "category must be message_header, or left out");
}

/* ---- detection ---- */

static bool is_reserved(struct twf_span s)
{
    static const char *const words[] = {"and", "or", "not", "of", "them", "all", "any", "1"};

    for (size_t i = 0; i < TWF_COUNT(words); i++) {
        if (twf_span_is_fold(s, words[i]))
            return true;
    }
    return false;
}

static bool check_name(struct rule_reader *x, const struct rule_node *key)
{
    bool ok = key->text.len > 0 && !is_reserved(key->text);

    for (size_t i = 0; i < key->text.len; i++) {
        uint8_t c = twf_lower_byte(key->text.ptr[i]);

        ok = ok &&
             ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.');
    }
    if (!ok)
        twf_yaml_error(
            x->diags, key, RULE_FAULT_META,
            "a selection's name has letters, digits, _ - and . only, and is no word of conditions");
    return ok;
}

/* The selections of a detection by name; false where one is wrong. */
static bool take_names(struct rule_reader *x, const struct rule_node *map, bool filter,
                       struct rule_name *names, uint32_t *count)
{
    bool ok = true;

    *count = 0;
    for (const struct rule_node *n = map->first; n != NULL; n = n->next) {
        struct rule_name *name = &names[*count];

        if (twf_span_is(n->key->text, "condition") ||
            (filter && twf_span_is(n->key->text, "rules")))
            continue;
        if (twf_span_is(n->key->text, "timeframe")) {
            twf_yaml_error(x->diags, n->key, RULE_FAULT_REFUSED,
                           "timeframe is not taken; a rule looks at one message; hunt --since and --until "
                           "bound its date");
            ok = false;
            continue;
        }
        *name = (struct rule_name){n->key->text, RULE_NONE, false, n->key->at, n->key->len};
        if (check_name(x, n->key))
            name->tree = twf_rule_selection(x, n);
        ok = name->tree != RULE_NONE && ok;
        ++*count;
    }
    return ok;
}

/* The tree of a detection or filter, or RULE_NONE. */
static uint32_t take_detection(struct rule_reader *x, const struct rule_node *map, bool filter)
{
    struct rule_name *names = twf_arena_calloc(&x->rules->arena, map->count + 1, sizeof(*names));
    const struct rule_node *condition = twf_yaml_get(map, "condition");
    uint32_t count, tree;
    bool ok, bare;

    if (names == NULL)
        return RULE_NONE;
    ok = take_names(x, map, filter, names, &count);
    if (condition == NULL) {
        twf_yaml_error(x->diags, map->key, RULE_FAULT_MISSING, "condition is missing");
        return RULE_NONE;
    }
    if (!ok)
        return RULE_NONE; /* what the condition means would be guesswork */
    tree = twf_rule_condition(x, condition, names, count, &bare);
    if (tree == RULE_NONE)
        return RULE_NONE;
    for (uint32_t i = 0; i < count; i++) {
        if (!names[i].used && names[i].name.ptr[0] != '_')
            twf_rule_warn(x->diags, names[i].at, names[i].len, RULE_WARN_UNUSED,
                          "no condition names this selection");
    }
    if (filter && bare)
        twf_rule_warn(x->diags, condition->at, condition->len, RULE_WARN_BARE,
                      "this keeps only what matches: to leave out what matches write 'not %.*s'",
                      (int)TWF_MIN(condition->text.len, 60), (const char *)condition->text.ptr);
    return twf_rule_contradicts(x, tree, condition) ? RULE_NONE : tree;
}

static void take_targets(struct rule_reader *x, const struct rule_node *map, struct rule *rule)
{
    const struct rule_node *n = twf_yaml_get(map, "rules");

    if (n == NULL) {
        twf_yaml_error(x->diags, map->key, RULE_FAULT_MISSING,
                       "rules is missing: a list of ids, or any");
        return;
    }
    if (n->kind == RULE_NODE_TEXT && twf_span_is(n->text, "any"))
        return;
    if (n->kind != RULE_NODE_LIST || n->count == 0) {
        twf_yaml_error(x->diags, n, RULE_FAULT_SHAPE, "rules must be a list of ids, or any");
        return;
    }
    rule->targets = twf_arena_calloc(&x->rules->arena, n->count, sizeof(*rule->targets));
    if (rule->targets == NULL)
        return;
    for (const struct rule_node *c = n->first; c != NULL; c = c->next) {
        if (c->kind != RULE_NODE_TEXT)
            twf_yaml_error(x->diags, c, RULE_FAULT_SHAPE, "rules must be a list of ids, or any");
        else
            rule->targets[rule->target_count++] = twf_arena_copy(&x->rules->arena, c->text);
    }
}

static bool is_in_set(const struct twf_rule_info *i, enum twf_rules_set set)
{
    if (i->status == TWF_RULE_DEPRECATED || i->status == TWF_RULE_UNSUPPORTED)
        return false;
    if (!i->is_shipped || i->is_filter || set == TWF_RULES_ALL)
        return true;
    return i->status != TWF_RULE_EXPERIMENTAL &&
           i->level >= (set == TWF_RULES_CORE ? TWF_LEVEL_HIGH : TWF_LEVEL_MEDIUM);
}

/* Where a rule has no id: the name of its file, without folder and end. */
static const char *name_of_file(struct rule_reader *x, const char *path)
{
    const char *base = strrchr(path, '/'), *dot;
    struct twf_span s;

    base = base == NULL ? path : base + 1;
    dot = strrchr(base, '.');
    s = twf_span(base, dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base));
    return twf_rule_strdup(x->rules, s);
}

void twf_rule_document(struct rule_reader *x, const struct rule_node *root, bool shipped,
                       bool want_filter)
{
    struct twf_rules *r = x->rules;
    struct rule rule = {.info = {.is_shipped = shipped, .title = ""}, .entry = RULE_NONE};
    const struct rule_node *body;
    uint64_t errors = x->diags->errors;
    uint32_t tree = RULE_NONE;

    if (root->kind != RULE_NODE_MAP) {
        twf_yaml_error(x->diags, root, RULE_FAULT_SHAPE, "a rule is a map: title: ...");
        return;
    }
    for (const struct rule_node *n = root->first; n != NULL; n = n->next) {
        if (!is_one_of(n->key->text, keys, TWF_COUNT(keys)))
            unknown_key(x, n->key, "", keys, TWF_COUNT(keys));
    }
    rule.info.is_filter = twf_yaml_get(root, "filter") != NULL;
    rule.info.path = twf_rule_strdup(r, twf_span_str(x->diags->path));
    rule.source = twf_arena_copy(&r->arena, x->diags->text);
    rule.info.id = name_of_file(x, x->diags->path);
    rule.line = root->at.line + 1;
    x->rule = r->rule_count;
    r->tree_count = r->kid_count = 0; /* of the document before */
    take_meta(x, root, &rule);
    take_logsource(x, root);
    body = twf_yaml_get(root, rule.info.is_filter ? "filter" : "detection");
    if (body == NULL)
        twf_yaml_error(x->diags, root, RULE_FAULT_MISSING, "detection is missing");
    else if (body->kind != RULE_NODE_MAP)
        twf_yaml_error(x->diags, body, RULE_FAULT_SHAPE,
                       "%s must be a map of selections and a condition",
                       rule.info.is_filter ? "filter" : "detection");
    else
        tree = take_detection(x, body, rule.info.is_filter);
    if (body != NULL && body->kind == RULE_NODE_MAP && rule.info.is_filter)
        take_targets(x, body, &rule);
    if (want_filter && !rule.info.is_filter && body != NULL)
        twf_yaml_error(x->diags, root, RULE_FAULT_FILTER,
                       "this is a rule; --filters takes filters");
    twf_rule_examples(x, &rule, twf_yaml_get(root, "examples"));
    rule.info.is_on = r->for_examples || is_in_set(&rule.info, x->set);
    /* As a rule of its own a filter hits what it would take away. */
    if (r->for_examples && rule.info.is_filter && tree != RULE_NONE)
        tree = twf_rule_group(r, RULE_NOT, &tree, 1);
    rule.first_step = r->step_count;
    if (tree != RULE_NONE)
        rule.entry = twf_rule_steps(x, tree, body);
    rule.end_step = r->step_count;
    if (x->diags->errors != errors || rule.entry == RULE_NONE)
        return;
    if (!twf_rule_grow(r, &r->rules, &r->rule_cap, r->rule_count + 1, sizeof(*r->rules)))
        return;
    if (rule.info.is_on && (!rule.info.is_filter || r->for_examples))
        twf_rule_trigger(x, tree);
    r->rules[r->rule_count++] = rule;
}
