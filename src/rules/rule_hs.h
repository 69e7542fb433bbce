/* SPDX-License-Identifier: Apache-2.0 */
/* Hyperscan: one database a column, over all values of a batch as lines of one text. */
#ifndef TWF_RULES_RULE_HS_H
#define TWF_RULES_RULE_HS_H

#include "rules/rule_model.h"

struct rule_pattern {
    const char *expression;
    unsigned flags; /* Hyperscan's */
    uint32_t id;    /* told to the scan: its index in the column */
    uint8_t engine; /* enum rule_engine */
};

/* Hyperscan runs on this CPU. */
bool twf_rule_hs_usable(void);
/* The version of Hyperscan and what it knows of this CPU, as text. */
bool twf_rule_hs_platform(char *out, size_t size);
/* Sets p->engine: as it is, as a prefilter, or not at all (SLOW). False without memory. */
bool twf_rule_hs_check(struct rule_pattern *p);
/*
 * Patterns that are not SLOW into serialized bytes (freed by free). What is refused after all
 * becomes SLOW. False without memory. *bytes is NULL where no pattern is left.
 */
bool twf_rule_hs_compile(struct rule_pattern *p, uint32_t count, char **bytes, size_t *len);
/* From bytes that our own child has made; NULL when they do not fit this library and CPU. */
void *twf_rule_hs_open(const void *bytes, size_t len);
void twf_rule_hs_close(void *database);

/* Makes *scratch (NULL at first) large enough for one more database. */
bool twf_rule_hs_scratch(const void *database, void **scratch);
void twf_rule_hs_scratch_free(void *scratch);

/* to: the offset behind the match. Anything but 0 stops the scan. */
typedef int twf_rule_hs_fn(unsigned id, unsigned long long from, unsigned long long to,
                           unsigned flags, void *ctx);
/* False: the scan was stopped, or failed. */
bool twf_rule_hs_scan(const void *database, void *scratch, struct twf_span text, twf_rule_hs_fn *fn,
                      void *ctx);

#endif
