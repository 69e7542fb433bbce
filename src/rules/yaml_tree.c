/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyaml's events into nodes. The stack of open nodes is an array: depth is bounded before
 * anything could recurse. libyaml is told that the text is UTF-8, and it is checked to be so first.
 */
#include "rules/yaml_tree.h"

#include <yaml.h>

#include "base/utf8.h"

struct reader {
    struct twf_arena *arena;
    struct rule_diags *diags;
    struct rule_node *open[RULE_DEPTH_MAX];
    struct rule_node *key[RULE_DEPTH_MAX]; /* a key that waits for its value */
    uint32_t depth;
    struct rule_node *root;
};

static struct rule_mark mark_of(const yaml_mark_t *m)
{
    return (struct rule_mark){(uint32_t)m->line, (uint32_t)m->column};
}

/* Words that YAML 1.1 takes for booleans or for nothing, and YAML 1.2 does not. */
static bool is_trap(struct twf_span s)
{
    static const char *const words[] = {"yes", "no", "on", "off", "y", "n", "null", "~", ""};

    for (size_t i = 0; i < TWF_COUNT(words); i++) {
        if (twf_span_is_fold(s, words[i]))
            return true;
    }
    return false;
}

static bool refuse(struct reader *r, const yaml_event_t *e, const char *what)
{
    twf_rule_error(r->diags, mark_of(&e->start_mark), 1, RULE_FAULT_FEATURE,
                   "%s is not taken in rules: write it out", what);
    return false;
}

static struct rule_node *new_node(struct reader *r, const yaml_event_t *e, enum rule_node_kind kind)
{
    struct rule_node *n = twf_arena_calloc(r->arena, 1, sizeof(*n));

    if (n == NULL)
        return NULL;
    n->kind = kind;
    n->at = mark_of(&e->start_mark);
    n->len = 1;
    if (kind == RULE_NODE_TEXT && e->start_mark.line == e->end_mark.line)
        n->len = (uint32_t)(e->end_mark.column - e->start_mark.column);
    return n;
}

/* A key of the open map; it must be a text that is not there yet. */
static bool take_key(struct reader *r, struct rule_node *map, struct rule_node *n)
{
    if (n->kind != RULE_NODE_TEXT) {
        twf_yaml_error(r->diags, n, RULE_FAULT_SHAPE, "a key must be a text");
        return false;
    }
    for (const struct rule_node *p = map->first; p != NULL; p = p->next) {
        if (!twf_span_eq(p->key->text, n->text))
            continue;
        twf_yaml_error(
            r->diags, n, RULE_FAULT_TWICE, "the key '%.*s' stands here twice, first in line %u",
            (int)TWF_MIN(n->text.len, 80), (const char *)n->text.ptr, p->key->at.line + 1);
        return false;
    }
    r->key[r->depth - 1] = n;
    return true;
}

static bool add(struct reader *r, struct rule_node *n)
{
    struct rule_node *parent;

    if (r->depth == 0) {
        r->root = n;
        return true;
    }
    parent = r->open[r->depth - 1];
    if (parent->count == RULE_CHILDREN_MAX) {
        twf_yaml_error(r->diags, n, RULE_FAULT_LIMIT, "more than %d entries in one %s",
                       (int)RULE_CHILDREN_MAX, parent->kind == RULE_NODE_MAP ? "map" : "list");
        return false;
    }
    if (parent->kind == RULE_NODE_MAP && r->key[r->depth - 1] == NULL)
        return take_key(r, parent, n);
    if (parent->kind == RULE_NODE_MAP) {
        n->key = r->key[r->depth - 1];
        r->key[r->depth - 1] = NULL;
    }
    if (parent->last == NULL)
        parent->first = n;
    else
        parent->last->next = n;
    parent->last = n;
    parent->count++;
    return true;
}

static bool open_node(struct reader *r, const yaml_event_t *e, enum rule_node_kind kind)
{
    struct rule_node *n;

    if (r->depth == RULE_DEPTH_MAX) {
        twf_rule_error(r->diags, mark_of(&e->start_mark), 1, RULE_FAULT_DEPTH,
                       "nested deeper than %d levels", (int)RULE_DEPTH_MAX);
        return false;
    }
    n = new_node(r, e, kind);
    if (n == NULL || !add(r, n))
        return false;
    r->open[r->depth] = n;
    r->key[r->depth++] = NULL;
    return true;
}

static bool take_text(struct reader *r, const yaml_event_t *e)
{
    struct rule_node *n;

    if (e->data.scalar.anchor != NULL)
        return refuse(r, e, "an anchor (&)");
    if (e->data.scalar.tag != NULL)
        return refuse(r, e, "a tag (!)");
    n = new_node(r, e, RULE_NODE_TEXT);
    if (n == NULL)
        return false;
    n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    n->text = twf_arena_copy(r->arena, twf_span(e->data.scalar.value, e->data.scalar.length));
    if (n->plain && is_trap(n->text)) {
        if (n->text.len == 0)
            twf_yaml_error(r->diags, n, RULE_FAULT_WORD,
                           "nothing stands here; write '' for an empty text");
        else if (twf_span_is_fold(n->text, "null") || twf_span_is(n->text, "~"))
            twf_yaml_error(r->diags, n, RULE_FAULT_WORD,
                           "'%.*s' is not taken: for a field that is not there write FIELD|exists: "
                           "false, for the word 'null' quote it",
                           (int)n->text.len, (const char *)n->text.ptr);
        else
            twf_yaml_error(
                r->diags, n, RULE_FAULT_WORD,
                "'%.*s' without quotes means different things in YAML 1.1 and 1.2: quote "
                "it, or write true or false",
                (int)n->text.len, (const char *)n->text.ptr);
        return false;
    }
    return add(r, n);
}

/* One event; false ends the reading. */
static bool take(struct reader *r, const yaml_event_t *e, bool *end)
{
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (r->root != NULL)
            return refuse(r, e, "a second document");
        if (e->data.document_start.version_directive != NULL ||
            e->data.document_start.tag_directives.start !=
                e->data.document_start.tag_directives.end)
            return refuse(r, e, "a directive (%)");
        return true;
    case YAML_ALIAS_EVENT:
        return refuse(r, e, "an alias (*)");
    case YAML_SCALAR_EVENT:
        return take_text(r, e);
    case YAML_SEQUENCE_START_EVENT:
        if (e->data.sequence_start.anchor != NULL)
            return refuse(r, e, "an anchor (&)");
        if (e->data.sequence_start.tag != NULL)
            return refuse(r, e, "a tag (!)");
        return open_node(r, e, RULE_NODE_LIST);
    case YAML_MAPPING_START_EVENT:
        if (e->data.mapping_start.anchor != NULL)
            return refuse(r, e, "an anchor (&)");
        if (e->data.mapping_start.tag != NULL)
            return refuse(r, e, "a tag (!)");
        return open_node(r, e, RULE_NODE_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        r->depth--;
        return true;
    case YAML_STREAM_END_EVENT:
        *end = true;
        return true;
    default:
        return true;
    }
}

static void report_parser(struct reader *r, const yaml_parser_t *p)
{
    static const char *const hints[][2] = {
        {"found character that cannot start any token", "; a text that begins so must be quoted"},
        {"found unknown escape character", "; write regular expressions in 'single quotes'"},
        {"mapping values are not allowed in this context", "; quote the text that holds ': '"},
        {"did not find expected alphabetic or numeric character",
         "; a text that begins with * or & must be quoted"}};
    struct rule_mark at =
        mark_of(p->problem_mark.line > 0 || p->problem_mark.column > 0 ? &p->problem_mark
                                                                       : &p->context_mark);
    const char *problem = p->problem == NULL ? "no YAML" : p->problem, *hint = "";

    for (size_t i = 0; i < TWF_COUNT(hints); i++) {
        if (strcmp(problem, hints[i][0]) == 0)
            hint = hints[i][1];
    }
    if (p->problem_mark.index < r->diags->text.len && r->diags->text.ptr[p->problem_mark.index] == '\t')
        hint = "; YAML is indented by blanks, never by tabs";
    twf_rule_error(r->diags, at, 1, RULE_FAULT_YAML, "%s%s%s%s", problem,
                   p->context == NULL ? "" : " ", p->context == NULL ? "" : p->context, hint);
}

static bool read_events(struct reader *r, yaml_parser_t *p)
{
    bool end = false, ok = true;

    while (ok && !end) {
        yaml_event_t e;

        if (yaml_parser_parse(p, &e) == 0) {
            report_parser(r, p);
            return false;
        }
        ok = take(r, &e, &end);
        yaml_event_delete(&e);
    }
    return ok;
}

struct rule_node *twf_yaml_read(struct twf_arena *a, struct rule_diags *d)
{
    struct reader r = {.arena = a, .diags = d};
    yaml_parser_t parser;
    bool ok;

    if (!twf_utf8_valid(d->text) || twf_span_find(d->text, 0) < d->text.len) {
        twf_rule_file_error(d, RULE_FAULT_FILE, "is not a text in UTF-8");
        return NULL;
    }
    if (yaml_parser_initialize(&parser) == 0) {
        a->failed = 1;
        return NULL;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, d->text.ptr, d->text.len);
    ok = read_events(&r, &parser);
    yaml_parser_delete(&parser);
    if (!ok || a->failed != 0)
        return NULL;
    if (r.root == NULL)
        twf_rule_file_error(d, RULE_FAULT_YAML, "holds no rule");
    return r.root;
}

const struct rule_node *twf_yaml_get(const struct rule_node *map, const char *key)
{
    for (const struct rule_node *n = map->first; n != NULL; n = n->next) {
        if (n->key != NULL && twf_span_is(n->key->text, key))
            return n;
    }
    return NULL;
}

bool twf_yaml_bool(const struct rule_node *n, bool *out)
{
    if (n->kind != RULE_NODE_TEXT || !n->plain)
        return false;
    *out = twf_span_is(n->text, "true");
    return *out || twf_span_is(n->text, "false");
}

const char *rule_yaml_version(void)
{
    return yaml_get_version_string();
}
