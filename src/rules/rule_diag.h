/* SPDX-License-Identifier: Apache-2.0 */
/* Faults in a rule file, each with its place; docs/rules.md lists the numbers. */
#ifndef TWF_RULES_RULE_DIAG_H
#define TWF_RULES_RULE_DIAG_H

#include "base/compiler.h"
#include "rules/rules.h"

enum { RULE_ERRORS_A_FILE = 20 };

/* What a fault is about; the number is what users see and look up. */
enum rule_fault {
    RULE_FAULT_FILE = 1,    /* cannot be read, is too large, is no UTF-8 */
    RULE_FAULT_YAML = 2,    /* is no YAML */
    RULE_FAULT_FEATURE = 3, /* alias, anchor, tag, directive, second document */
    RULE_FAULT_DEPTH = 4,
    RULE_FAULT_TWICE = 5,   /* a doubled key */
    RULE_FAULT_WORD = 6,    /* yes, on, null without quotes */
    RULE_FAULT_SHAPE = 7,   /* a map where a text must stand */
    RULE_FAULT_KEY = 8,     /* no such key */
    RULE_FAULT_MISSING = 9, /* a key that must be there */
    RULE_FAULT_META = 10,   /* a wrong id, level, status, date, title */
    RULE_FAULT_LOGSOURCE = 11,
    RULE_FAULT_FIELD = 13,
    RULE_FAULT_MODIFIER = 14,
    RULE_FAULT_REFUSED = 15,  /* a modifier or word of Sigma that is not taken */
    RULE_FAULT_TOGETHER = 16, /* modifiers that do not go together */
    RULE_FAULT_VALUE = 17,
    RULE_FAULT_LIMIT = 18,
    RULE_FAULT_REGEX = 19,
    RULE_FAULT_CONDITION = 20,
    RULE_FAULT_NAME = 21,  /* a condition names a selection that is not there */
    RULE_FAULT_NEVER = 22, /* can never hit */
    RULE_FAULT_ID_TWICE = 23,
    RULE_FAULT_FILTER = 24, /* a filter that names no rule we have */
    RULE_FAULT_EXAMPLE = 25,
    RULE_FAULT_COST = 26,  /* a pattern that does not compile within the limits */
    RULE_WARN_UNUSED = 40, /* a selection that no condition names */
    RULE_WARN_BARE = 41,   /* a filter whose condition is a bare selection */
    RULE_WARN_SLOW = 42,   /* a pattern that every row is confirmed for */
    RULE_WARN_EMPTY = 43   /* a regex that matches every value */
};

/* A place in the file at hand; line and column from 0, column in characters, as libyaml counts. */
struct rule_mark {
    uint32_t line, column;
};

struct rule_diags {
    twf_rule_diag_fn *say; /* may be NULL */
    void *ctx;
    const char *path;     /* of the file at hand */
    struct twf_span text; /* its bytes */
    uint32_t file_errors; /* in it */
    uint64_t errors, warnings;
    struct twf_error first;
};

void twf_rule_diags_begin(struct rule_diags *d, const char *path, struct twf_span text);
/* len: characters to underline. */
void twf_rule_error(struct rule_diags *d, struct rule_mark at, uint32_t len, enum rule_fault fault,
                    const char *fmt, ...) TWF_PRINTF(5, 6);
void twf_rule_warn(struct rule_diags *d, struct rule_mark at, uint32_t len, enum rule_fault fault,
                   const char *fmt, ...) TWF_PRINTF(5, 6);
/* A fault of the file as a whole. */
void twf_rule_file_error(struct rule_diags *d, enum rule_fault fault, const char *fmt, ...)
    TWF_PRINTF(3, 4);

/* What name was probably meant to be: the nearest of names (count of them, NULL ones left out)
 * within two typing errors, or NULL. */
const char *twf_rule_nearest(struct twf_span name, const char *const *names, size_t count);

#endif
