/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions: PCRE2 over bytes, with a limit on the steps that one value may cost. Also
 * what must be known before one is given to Hyperscan, which sees all values of a column as lines
 * of one text.
 */
#ifndef TWF_RULES_RULE_REGEX_H
#define TWF_RULES_RULE_REGEX_H

#include "rules/rule_diag.h"

enum { RULE_REGEX_MAX = 1024, RULE_REPEAT_MAX = 1024 };
enum { RULE_STEPS_MAX = 1000000, RULE_HEAP_MAX_KIB = 8192 };

enum rule_regex_flag { RULE_REGEX_I = 1, RULE_REGEX_M = 2, RULE_REGEX_S = 4 };

struct rule_regex; /* a compiled expression, read-only */
struct rule_regex_scratch;

/* Reports what is wrong with text (at: of its node; offset: characters before it, such as a quote)
 * and returns NULL. *matches_empty: it matches every value, as the empty one. */
struct rule_regex *twf_rule_regex_new(struct twf_span text, unsigned flags, struct rule_diags *d,
                                      struct rule_mark at, uint32_t offset, uint32_t len,
                                      bool *matches_empty);
void twf_rule_regex_free(struct rule_regex *r);

/* One per worker; NULL without memory. steps: what one value may cost. */
struct rule_regex_scratch *twf_rule_regex_scratch_new(uint64_t steps);
void twf_rule_regex_scratch_free(struct rule_regex_scratch *s);

enum rule_regex_result { RULE_REGEX_MISS, RULE_REGEX_HIT, RULE_REGEX_LIMIT };
enum rule_regex_result twf_rule_regex_match(const struct rule_regex *r,
                                            struct rule_regex_scratch *s, struct twf_span value);

/*
 * Whether Hyperscan may look for it: matches inside single values are still found when the values
 * are lines of one text and '^' and '$' match at line ends. Not with \A, \z, \Z, \G, not where the
 * expression itself switches modes off, and not with classes that the two engines read differently.
 */
bool twf_rule_regex_is_linewise(struct twf_span text);

#endif
