/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML text into a small tree whose nodes know their place. The subset is narrow on purpose: no
 * alias, anchor, tag, directive, second document, doubled key, and no word that YAML 1.1 would turn
 * into a boolean or nothing behind the author's back.
 */
#ifndef TWF_RULES_YAML_TREE_H
#define TWF_RULES_YAML_TREE_H

#include "base/arena.h"
#include "rules/rule_diag.h"

enum { RULE_FILE_MAX = 256 * 1024, RULE_DEPTH_MAX = 8, RULE_CHILDREN_MAX = 1000 };

enum rule_node_kind { RULE_NODE_TEXT, RULE_NODE_MAP, RULE_NODE_LIST };

struct rule_node {
    enum rule_node_kind kind;
    bool plain; /* TEXT: stands without quotes, so it may be a number or a boolean */
    struct rule_mark at;
    uint32_t len;          /* characters to underline */
    struct twf_span text;  /* TEXT */
    struct rule_node *key; /* of an entry of a map: a TEXT */
    struct rule_node *first, *last, *next;
    uint32_t count; /* children */
};

/*
 * The root of the document, or NULL with faults reported. Nodes and texts live in a; path and text
 * are those that d began with.
 */
struct rule_node *twf_yaml_read(struct twf_arena *a, struct rule_diags *d);

/* The value of a map's key, or NULL. */
const struct rule_node *twf_yaml_get(const struct rule_node *map, const char *key);
/* A plain "true" or "false". */
bool twf_yaml_bool(const struct rule_node *n, bool *out);
/* Reports a fault that concerns a node. */
#define twf_yaml_error(d, n, fault, ...) twf_rule_error(d, (n)->at, (n)->len, fault, __VA_ARGS__)

/* Of the libyaml that is loaded; static. */
const char *rule_yaml_version(void);

#endif
