/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rule set inside: columns (fields that rules name), atoms (one question to one column, shared by
 * all rules that ask it), trees of atoms while a rule is read, and steps: each rule as a
 * short-circuit program over atoms, so that deciding a row needs no recursion.
 */
#ifndef TWF_RULES_RULE_MODEL_H
#define TWF_RULES_RULE_MODEL_H

#include "base/arena.h"
#include "rules/rule_fields.h"
#include "rules/rule_glob.h"
#include "rules/rule_regex.h"
#include "rules/rules.h"
#include "rules/yaml_tree.h"

enum {
    RULE_RULES_MAX = 10000,
    RULE_PATTERNS_MAX = 10000, /* given to Hyperscan */
    RULE_VALUE_MAX = 1024,     /* bytes of a plain value */
    RULE_STEPS_A_RULE = 65536,
    RULE_NODES_A_RULE = 65536,
    RULE_CONDITION_MAX = 1024,
    RULE_CONDITION_DEPTH = 16
};

#define RULE_NONE UINT32_MAX

/* A field that some rule names. */
struct rule_column {
    struct rule_field field;
    struct twf_span lower; /* HEADER: the name in lower case */
    const char *shown;     /* its name as rules write it */
    /* how candidates are found, made by twf_rule_plan */
    uint32_t *exact;     /* open addressing: heads of chains of atoms, RULE_NONE where empty */
    uint32_t exact_mask; /* slots - 1; 0: no exact values */
    uint32_t *present;   /* atoms that are candidates wherever the column has a value */
    uint32_t present_count;
    uint32_t *scan; /* atoms in the column's database, by their id in it */
    uint32_t scan_count;
    void *database; /* hs_database_t, or NULL: not compiled */
    bool used;      /* by a rule that takes part */
};

enum rule_test {
    RULE_TEST_GLOB,
    RULE_TEST_REGEX,
    RULE_TEST_EXISTS,
    RULE_TEST_NUMBER,
    RULE_TEST_FIELD
};
enum rule_compare { RULE_EQ, RULE_GT, RULE_GTE, RULE_LT, RULE_LTE };
enum rule_index { RULE_INDEX_NONE, RULE_INDEX_EXACT, RULE_INDEX_SCAN, RULE_INDEX_PRESENT };

struct rule_atom {
    enum rule_test test;
    uint32_t column;
    uint32_t other;     /* FIELD: the column compared with */
    uint8_t compare;    /* NUMBER: enum rule_compare; FIELD: enum rule_glob_mode */
    uint8_t flags;      /* REGEX: enum rule_regex_flag */
    bool cased;         /* GLOB, FIELD */
    bool matches_empty; /* REGEX */
    int64_t number;
    struct rule_glob glob;
    struct rule_regex *regex;
    struct twf_span text; /* GLOB, REGEX: as written */
    uint32_t hash_next;   /* of the table that finds equal atoms */
    /* where it was first written, to name it */
    uint32_t rule, line, at;
    /* made by twf_rule_plan */
    uint8_t index; /* enum rule_index; NONE: never a trigger */
    bool is_trigger;
    uint32_t exact_next; /* chain of exact values of equal hash */
    uint32_t *rules;     /* to decide when this atom is a candidate */
    uint32_t rule_count, rule_cap;
    uint8_t engine; /* enum rule_engine, told by the compiler */
};

/* What became of a pattern in Hyperscan. */
enum rule_engine { RULE_ENGINE_NONE, RULE_ENGINE_EXACTLY, RULE_ENGINE_PREFILTER, RULE_ENGINE_SLOW };

enum rule_op { RULE_ATOM, RULE_AND, RULE_OR, RULE_NOT };

struct rule_tree {
    enum rule_op op;
    uint32_t a;     /* ATOM: the atom; else index of the first child in kids */
    uint32_t count; /* children */
};

#define RULE_HIT (UINT32_MAX - 1)
#define RULE_MISS (UINT32_MAX - 2)

/* Ask the atom, go on at yes or no; RULE_HIT and RULE_MISS end it. */
struct rule_step {
    uint32_t atom, yes, no;
};

struct rule {
    struct twf_rule_info info;
    struct twf_span source;        /* the file's text */
    const char *description;       /* or NULL */
    uint32_t entry;                /* first step to take */
    uint32_t first_step, end_step; /* all of them */
    uint32_t *filters;             /* indices of filters that apply to it */
    uint32_t filter_count, filter_cap;
    struct twf_span *targets; /* filter: ids named; NULL and count 0: any */
    uint32_t target_count;
    struct twf_rule_example *examples;
    uint32_t example_count;
    uint32_t line;
};

/* The set: arrays that grow while rules are read, and stand still afterwards. */
struct twf_rules {
    struct twf_arena arena; /* texts and all that is never freed alone */
    struct rule *rules;
    struct rule_column *columns;
    struct rule_atom *atoms;
    struct rule_tree *trees;
    uint32_t *kids;
    struct rule_step *steps;
    uint32_t rule_count, column_count, atom_count, tree_count, kid_count, step_count;
    uint32_t rule_cap, column_cap, atom_cap, tree_cap, kid_cap, step_cap;
    uint32_t *atom_table; /* finds equal atoms; a power of two */
    uint32_t atom_mask;
    uint32_t *always; /* rules without a trigger: decided for every row */
    uint32_t always_count, always_cap;
    /* findings, classes and relations without one of which no rule can hit; all: there is no such
     * thing */
    uint64_t gate_findings, gate_classes, gate_relations;
    bool gate_all;
    bool for_examples;
    bool failed; /* no memory */
    bool compiled, no_prefilter, from_cache;
    const char *cache_dir; /* or NULL */
    uint32_t compile_cpu_s;
    uint64_t compile_bytes, regex_steps;
    char digest[65];
};

/* ---- rule_build.c: growing ---- */

/* Room for one more element of an array; false (sticky) without memory. */
bool twf_rule_grow(struct twf_rules *r, void *array, uint32_t *cap, uint32_t need, size_t size);
/* RULE_NONE without memory. Equal columns and atoms are one. */
uint32_t twf_rule_column(struct twf_rules *r, const struct rule_field *f);
/* Takes over a->regex. */
uint32_t twf_rule_atom(struct twf_rules *r, struct rule_atom *a);
uint32_t twf_rule_leaf(struct twf_rules *r, uint32_t atom);
uint32_t twf_rule_group(struct twf_rules *r, enum rule_op op, const uint32_t *kids, uint32_t count);
const char *twf_rule_strdup(struct twf_rules *r, struct twf_span s);

/* ---- rule_detection.c: a selection into a tree ---- */

struct rule_reader {
    struct twf_rules *rules;
    struct twf_arena *arena; /* of the document at hand */
    struct rule_diags *diags;
    uint32_t rule;          /* the one that is read */
    enum twf_rules_set set; /* which of the shipped ones take part */
};
/* RULE_NONE when a fault was reported. */
uint32_t twf_rule_selection(struct rule_reader *x, const struct rule_node *n);

/* ---- rule_condition.c ---- */

struct rule_name {
    struct twf_span name;
    uint32_t tree;
    bool used;
    struct rule_mark at;
    uint32_t len;
};
/* RULE_NONE when a fault was reported. *bare: it is a selection's name and nothing else. */
uint32_t twf_rule_condition(struct rule_reader *x, const struct rule_node *n,
                            struct rule_name *names, uint32_t count, bool *bare);

/* ---- rule_document.c, rule_examples.c ---- */

/* Adds the rule or filter of a document; faults go to diags. */
void twf_rule_document(struct rule_reader *x, const struct rule_node *root, bool shipped,
                       bool want_filter);
void twf_rule_examples(struct rule_reader *x, struct rule *rule, const struct rule_node *n);

/* ---- rule_steps.c: a tree into steps, and which atoms announce a hit ---- */

/* The first step, or RULE_NONE with a fault reported at n. */
uint32_t twf_rule_steps(struct rule_reader *x, uint32_t tree, const struct rule_node *n);
/* Whether the tree asks for something and for its opposite; a fault is reported at n. */
bool twf_rule_contradicts(struct rule_reader *x, uint32_t tree, const struct rule_node *n);
/* Notes the rule at atoms without one of which it cannot hit, or as one to decide for every row. */
void twf_rule_trigger(struct rule_reader *x, uint32_t tree);

/* ---- rule_gate.c ---- */

/* RULE_NONE: the judge's conclusion does not answer it. */
uint32_t twf_rule_gate_weight(const struct twf_rules *r, const struct rule_atom *a);
void twf_rule_gate_open(struct twf_rules *r, const struct rule_atom *a);

/* ---- rule_plan.c: how candidates are found ---- */

/* Once, after the last rule was read. */
void twf_rule_plan(struct twf_rules *r);
uint32_t twf_rule_fold_hash(struct twf_span s);

/* ---- rule_compile.c, rule_hs.c ---- */

/* The expression that Hyperscan gets for a scanned atom (a C string in out), and its flags. */
void twf_rule_hs_expression(const struct rule_atom *a, struct twf_buf *out, unsigned *flags);

#endif
