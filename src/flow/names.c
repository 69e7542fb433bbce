/* SPDX-License-Identifier: Apache-2.0 */
/* The words for codes and enumerations, from the tables. */
#include "flow/verdict.h"

/* The family is told by a code's first letter, which no two families share. */
#define FAMILY(first)                                                                              \
    ((first) == 'F'   ? TWF_FAMILY_FROM                                                            \
     : (first) == 'P' ? TWF_FAMILY_P1                                                              \
     : (first) == 'R' ? TWF_FAMILY_R                                                               \
                      : TWF_FAMILY_J)

const struct twf_finding_info twf_finding_infos[TWF_FINDING_COUNT] = {
#define F(code, level, rfc, cve, exchange_like, text)                                              \
    {#code, level, rfc, cve, text, FAMILY(#code[0]), exchange_like},
#include "flow/findings.def"
#undef F
};

const struct twf_allowance_info twf_allowance_infos[TWF_ALLOWANCE_COUNT] = {
#define X(code, effect, text) {"X_" #code, text, TWF_EFFECT_##effect},
#include "flow/allowances.def"
#undef X
};

const char *const twf_level_names[TWF_LEVEL_COUNT] = {
    "none", "informational", "low", "medium", "high", "critical",
};

const char *const twf_relation_names[TWF_RELATION_COUNT] = {
    "equal", "same_domain", "same_org", "mismatch", "null", "undetermined",
};

const char *const twf_class_names[TWF_CLASS_COUNT] = {
    "AMBIGUOUS_FROM",     "MALFORMED_FROM", "MISMATCH_SUSPECT", "MISMATCH_PLAIN",
    "MISMATCH_EXPLAINED", "ALIGNED",        "UNDETERMINED",
};

const char *const twf_p1_kind_names[TWF_P1_KIND_COUNT] = {
    "sidecar",  "tracking", "authres",   "received_spf",   "return_path", "envelope_header",
    "received", "milter",   "from_line", "journal_sender", "none",
};

const char *const twf_trust_names[3] = {"none", "weak", "trusted"};

const char *const twf_zone_names[4] = {"exchange_marked", "exchange", "gmail", "generic"};
