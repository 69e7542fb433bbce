/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that was found out about one message: the evidence, the findings, the conclusion. verdict
 * fills it, the record columns and explain read it. Its memory is the message's arena: it lives
 * until the worker takes the next message.
 */
#ifndef TWF_FLOW_VERDICT_H
#define TWF_FLOW_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include <twofrom/record.h>

#include "flow/address.h"
#include "flow/head.h"
#include "flow/journal.h"
#include "flow/limits.h"
#include "flow/message.h"
#include "flow/trace.h"

enum twf_finding_code {
#define F(code, level, rfc, cve, exchange_like, text) TWF_F_##code,
#include "flow/findings.def"
#undef F
    TWF_FINDING_COUNT
};

/* Families: the part of a code before the first '_' (docs/verdicts.md, Terms). */
enum twf_family { TWF_FAMILY_FROM, TWF_FAMILY_P1, TWF_FAMILY_R, TWF_FAMILY_J, TWF_FAMILY_COUNT };

struct twf_finding_info {
    const char *code;   /* "FROM_NUL" */
    const char *level;  /* highest level it can have */
    const char *rfc;    /* "" where none */
    const char *cve;    /* "" where none */
    const char *text;
    enum twf_family family;
    bool exchange_like;
};
extern const struct twf_finding_info twf_finding_infos[TWF_FINDING_COUNT];

enum twf_allowance_code {
#define X(code, effect, text) TWF_X_##code,
#include "flow/allowances.def"
#undef X
    TWF_ALLOWANCE_COUNT
};
enum twf_effect { TWF_EFFECT_ANNOTATE, TWF_EFFECT_ONE_STEP, TWF_EFFECT_TEXT, TWF_EFFECT_REMOVES };

struct twf_allowance_info {
    const char *code;   /* "X_LIST" */
    const char *text;
    enum twf_effect effect;
};
extern const struct twf_allowance_info twf_allowance_infos[TWF_ALLOWANCE_COUNT];

/* "none" "informational" "low" "medium" "high" "critical" */
extern const char *const twf_level_names[TWF_LEVEL_COUNT];
extern const char *const twf_relation_names[TWF_RELATION_COUNT];
extern const char *const twf_class_names[TWF_CLASS_COUNT];
extern const char *const twf_p1_kind_names[TWF_P1_KIND_COUNT];
extern const char *const twf_trust_names[3];

struct twf_finding {
    uint16_t code;       /* enum twf_finding_code */
    uint8_t level;       /* enum twf_level, after explainers */
    uint8_t level_before;
    uint32_t off, len;   /* the bytes that prove it, message-relative and raw */
    struct twf_span note; /* evidence in a few words ("bank.example, attack.example"), or empty */
};

struct twf_allowance {
    uint16_t code;       /* enum twf_allowance_code */
    uint32_t off, len;   /* the proving bytes */
    struct twf_span note; /* why it holds, in words; for explain also why one does not hold */
    bool holds;
};

struct twf_p1_source {
    enum twf_p1_kind kind;
    uint8_t rank;        /* 1 best, 10 worst */
    enum twf_p1_trust trust;
    struct twf_path path;
    uint32_t off;        /* of the raw value in the message */
    bool exempt_id;      /* reserved */
};

enum twf_zone { TWF_ZONE_EXCHANGE_MARKED, TWF_ZONE_EXCHANGE, TWF_ZONE_GMAIL, TWF_ZONE_GENERIC };
extern const char *const twf_zone_names[4];

/* Results that the trusted Authentication-Results states; empty where it says nothing. */
struct twf_stated {
    struct twf_span server, spf, dkim, dmarc, compauth, compauth_reason, header_from, action;
};

enum { TWF_FINDINGS_MAX = 64, TWF_REMOVED_MAX = 8 };

struct twf_verdict {
    /* P1 */
    enum twf_zone zone;
    struct twf_span zone_why;
    const struct twf_p1_source *sources; /* every source that occurs, by rank, then by offset */
    uint32_t source_count;
    int32_t deciding;                    /* index into sources, or -1 */
    enum twf_p1_kind p1_kind;            /* TWF_P1_NONE where nothing decides */
    enum twf_p1_trust p1_trust;
    uint8_t p1_rank;
    bool p1_null, p1_determined;
    struct twf_span p1_raw, p1_local;    /* p1_local empty with a domain only */
    bool p1_has_address;
    struct twf_domain p1_domain;
    struct twf_span p1_inner;            /* "local@domain", else empty */
    const char *p1_inner_form;
    /* P2 */
    const struct twf_from *froms;        /* every From-like field, the author field first */
    const struct twf_field *const *from_fields; /* same order; NULL for kind d */
    const uint8_t *from_kinds;           /* 'a' to 'd', same order */
    uint32_t from_count;                 /* From-like fields, kind a to d */
    uint32_t from_exact_count;           /* kind a */
    bool from_plain;                     /* no finding but on its domain can be raised on From */
    bool p2_has_address;
    struct twf_span p2_local;
    struct twf_domain p2_domain;
    struct twf_span p2_display;          /* decoded, of the author's mailbox */
    uint32_t p2_mailbox_count;           /* over all From-like fields */
    struct twf_span sender_address, reply_to_address; /* "local@domain" of the first, or empty */
    const struct twf_reading *readings;  /* S1 to S6, in that order */
    uint32_t reading_count;
    /* conclusion */
    enum twf_relation relation;
    struct twf_finding findings[TWF_FINDINGS_MAX]; /* worst first, then by code; one of a code */
    uint32_t finding_count;
    struct twf_finding removed[TWF_REMOVED_MAX]; /* R_ findings that an explainer took away */
    uint32_t removed_count;
    const struct twf_allowance *allowances; /* those that hold, then the others tried (explain) */
    uint32_t allowance_count;            /* that hold */
    uint32_t allowance_tried;            /* all in the array */
    enum twf_class verdict_class;
    enum twf_level level;
    int score;
    int score_base, score_families;      /* score = min(100, base + 5 * families) */
    struct twf_stated stated;
    struct twf_span exchange_tag;        /* raw value of X-MS-Exchange-P2FromRegexMatch */
    bool exchange_tag_present, exchange_tag_trusted;
    bool exchange_tag_true, exchange_tag_repeated; /* it says True; there is more than one */
    struct twf_limit_hit limits[32];
    uint32_t limit_count;
    int64_t date_us, date_received_us;   /* INT64_MIN: none. Microseconds since 1970, UTC */
    uint32_t rcpt_count;
    struct twf_span message_id;          /* without brackets, raw */
};

#endif
