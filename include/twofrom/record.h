/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a record says: the enumerations behind the words in its columns. The words are lower case for
 * levels, relations, sources and trust, upper case for verdict classes, findings and allowances.
 * Enumerations may grow; readers take unknown values.
 */
#ifndef TWF_RECORD_H
#define TWF_RECORD_H

#ifdef __cplusplus
extern "C" {
#endif

/* How much a finding or a message weighs. INFO is written "informational". */
enum twf_level {
    TWF_LEVEL_NONE,
    TWF_LEVEL_INFO,
    TWF_LEVEL_LOW,
    TWF_LEVEL_MEDIUM,
    TWF_LEVEL_HIGH,
    TWF_LEVEL_CRITICAL,
    TWF_LEVEL_COUNT
};

/* P1 against P2, docs/verdicts.md section 5. */
enum twf_relation {
    TWF_RELATION_EQUAL,
    TWF_RELATION_SAME_DOMAIN,
    TWF_RELATION_SAME_ORG,
    TWF_RELATION_MISMATCH,
    TWF_RELATION_NULL,
    TWF_RELATION_UNDETERMINED,
    TWF_RELATION_COUNT
};

/* Exactly one for each message, docs/verdicts.md section 8. */
enum twf_class {
    TWF_V_AMBIGUOUS_FROM,
    TWF_V_MALFORMED_FROM,
    TWF_V_MISMATCH_SUSPECT,
    TWF_V_MISMATCH_PLAIN,
    TWF_V_MISMATCH_EXPLAINED,
    TWF_V_ALIGNED,
    TWF_V_UNDETERMINED,
    TWF_CLASS_COUNT
};

/* Where P1 was recorded, docs/verdicts.md section 3.2. */
enum twf_p1_kind {
    TWF_P1_SIDECAR,
    TWF_P1_TRACKING,
    TWF_P1_AUTHRES,
    TWF_P1_RECEIVED_SPF,
    TWF_P1_RETURN_PATH,
    TWF_P1_ENVELOPE_HEADER,
    TWF_P1_RECEIVED,
    TWF_P1_MILTER,
    TWF_P1_FROM_LINE,
    TWF_P1_JOURNAL_SENDER,
    TWF_P1_NONE,
    TWF_P1_KIND_COUNT
};

enum twf_p1_trust { TWF_TRUST_NONE, TWF_TRUST_WEAK, TWF_TRUST_TRUSTED };

#ifdef __cplusplus
}
#endif

#endif
