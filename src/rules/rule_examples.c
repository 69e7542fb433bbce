/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `examples` of a rule into small messages: what an author writes in a line (from, return_path,
 * headers) becomes a header block; `raw` is one as it stands.
 */
#include "rules/rule_model.h"

/* Keys that become a field each, in the order in which they are written into the message. */
static const struct {
    const char *key, *name;
} fields[] = {
    {"return_path", "Return-Path"}, {"received", "Received"}, {"from", "From"},
    {"sender", "Sender"},           {"reply_to", "Reply-To"}, {"to", "To"},
    {"subject", "Subject"},         {"date", "Date"},         {"message_id", "Message-ID"}};

static const char *const others[] = {"hit", "raw", "headers", "mail_from"};

/* What a delivering server writes below its Return-Path: without it nobody vouches for that. */
static const char default_received[] =
    "Received: from client.example (client.example [192.0.2.1])\r\n"
    " by mx.example with ESMTP id 1; Thu, 14 Nov 2024 08:15:00 "
    "+0000\r\n";

static bool put_field(struct rule_reader *x, struct twf_buf *b, struct twf_span name,
                      const struct rule_node *n)
{
    for (const struct rule_node *v = n->kind == RULE_NODE_LIST ? n->first : n; v != NULL;
         v = n->kind == RULE_NODE_LIST ? v->next : NULL) {
        if (v->kind != RULE_NODE_TEXT) {
            twf_yaml_error(x->diags, v, RULE_FAULT_EXAMPLE,
                           "a header field is a text or a list of texts");
            return false;
        }
        twf_buf_span(b, name);
        twf_buf_str(b, ": ");
        twf_buf_span(b, v->text);
        twf_buf_str(b, "\r\n");
    }
    return true;
}

static bool put_headers(struct rule_reader *x, struct twf_buf *b, const struct rule_node *n)
{
    if (n->kind != RULE_NODE_MAP) {
        twf_yaml_error(x->diags, n, RULE_FAULT_EXAMPLE,
                       "headers is a map: {List-Id: '<l.x.example>'}");
        return false;
    }
    for (const struct rule_node *c = n->first; c != NULL; c = c->next) {
        if (!put_field(x, b, c->key->text, c))
            return false;
    }
    return true;
}

static bool put_message(struct rule_reader *x, struct twf_buf *b, const struct rule_node *map)
{
    const struct rule_node *raw = twf_yaml_get(map, "raw"), *headers = twf_yaml_get(map, "headers");

    if (raw != NULL) {
        uint32_t beside =
            1u + (twf_yaml_get(map, "hit") != NULL) + (twf_yaml_get(map, "mail_from") != NULL);

        if (raw->kind != RULE_NODE_TEXT || map->count != beside) {
            twf_yaml_error(x->diags, raw, RULE_FAULT_EXAMPLE,
                           "raw is a whole header block; beside it stand hit and mail_from only");
            return false;
        }
        twf_buf_span(b, raw->text);
        twf_buf_str(b, "\n\n");
        return true;
    }
    for (size_t i = 0; i < TWF_COUNT(fields); i++) {
        const struct rule_node *n = twf_yaml_get(map, fields[i].key);

        if (n != NULL && !put_field(x, b, twf_span_str(fields[i].name), n))
            return false;
        if (n == NULL && i == 1 && twf_yaml_get(map, "return_path") != NULL)
            twf_buf_str(b, default_received);
        /* Behind the trace fields, as a delivering server leaves them. */
        if (i == 1 && headers != NULL && !put_headers(x, b, headers))
            return false;
    }
    twf_buf_str(b, "\r\n");
    return true;
}

static bool is_known(struct twf_span key)
{
    for (size_t i = 0; i < TWF_COUNT(fields); i++) {
        if (twf_span_is(key, fields[i].key))
            return true;
    }
    for (size_t i = 0; i < TWF_COUNT(others); i++) {
        if (twf_span_is(key, others[i]))
            return true;
    }
    return false;
}

static void unknown(struct rule_reader *x, const struct rule_node *key)
{
    const char *names[TWF_COUNT(fields) + TWF_COUNT(others)], *near;
    size_t n = 0;

    for (size_t i = 0; i < TWF_COUNT(fields); i++)
        names[n++] = fields[i].key;
    for (size_t i = 0; i < TWF_COUNT(others); i++)
        names[n++] = others[i];
    near = twf_rule_nearest(key->text, names, n);
    twf_yaml_error(x->diags, key, RULE_FAULT_KEY, "unknown key '%.*s' in an example%s%s%s",
                   (int)TWF_MIN(key->text.len, 60), (const char *)key->text.ptr,
                   near == NULL ? "; other fields stand under headers" : ", did you mean '",
                   near == NULL ? "" : near, near == NULL ? "" : "'?");
}

static bool take_example(struct rule_reader *x, struct twf_rule_example *e,
                         const struct rule_node *map, struct twf_buf *b)
{
    const struct rule_node *hit, *mail_from;

    if (map->kind != RULE_NODE_MAP) {
        twf_yaml_error(x->diags, map, RULE_FAULT_EXAMPLE,
                       "an example is a map: {from: '...', hit: true}");
        return false;
    }
    for (const struct rule_node *c = map->first; c != NULL; c = c->next) {
        if (!is_known(c->key->text)) {
            unknown(x, c->key);
            return false;
        }
    }
    hit = twf_yaml_get(map, "hit");
    if (hit == NULL || !twf_yaml_bool(hit, &e->hit)) {
        twf_yaml_error(x->diags, hit == NULL ? map : hit, RULE_FAULT_EXAMPLE,
                       "an example says hit: true or hit: false");
        return false;
    }
    mail_from = twf_yaml_get(map, "mail_from");
    if (mail_from != NULL && mail_from->kind == RULE_NODE_TEXT) {
        e->has_mail_from = true;
        e->mail_from = twf_arena_copy(&x->rules->arena, mail_from->text);
    }
    twf_buf_reset(b);
    if (!put_message(x, b, map))
        return false;
    x->rules->failed |= b->failed;
    e->message = twf_arena_copy(&x->rules->arena, twf_buf_view(b));
    e->line = map->at.line + 1;
    return true;
}

void twf_rule_examples(struct rule_reader *x, struct rule *rule, const struct rule_node *n)
{
    struct twf_buf b;
    uint32_t kinds[2] = {0, 0};

    if (n != NULL && n->kind != RULE_NODE_LIST) {
        twf_yaml_error(x->diags, n, RULE_FAULT_EXAMPLE, "examples is a list of maps");
        return;
    }
    if (n != NULL) {
        rule->examples = twf_arena_calloc(&x->rules->arena, n->count + 1, sizeof(*rule->examples));
        if (rule->examples == NULL)
            return;
        twf_buf_init(&b);
        for (const struct rule_node *e = n->first; e != NULL; e = e->next) {
            if (take_example(x, &rule->examples[rule->example_count], e, &b))
                kinds[rule->examples[rule->example_count++].hit]++;
        }
        twf_buf_fini(&b);
    }
    if (rule->info.status == TWF_RULE_STABLE && (kinds[0] == 0 || kinds[1] == 0) &&
        (n == NULL || n->count == rule->example_count))
        twf_rule_file_error(
            x->diags, RULE_FAULT_EXAMPLE,
            "a stable rule needs an example with hit: true and one with hit: false");
}
