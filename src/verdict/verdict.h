/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a header to a verdict: docs/verdicts.md is the specification. One judge belongs to one worker.
 * Nothing here fails on input.
 */
#ifndef TWF_VERDICT_VERDICT_H
#define TWF_VERDICT_VERDICT_H

#include "base/arena.h"
#include "flow/verdict.h"
#include "parse/parse.h"

/* A set of domains given by the operator (--protect), or a table (freemail, ESP). */
struct twf_domain_set;
struct twf_domain_set *twf_domain_set_new(void);
void twf_domain_set_free(struct twf_domain_set *s);
/* name in any spelling; false without memory or when it is no domain. */
bool twf_domain_set_add(struct twf_domain_set *s, struct twf_domains *d, struct twf_span name);
/* Which of the two it was: memory ran out in some add. */
bool twf_domain_set_starved(const struct twf_domain_set *s);
bool twf_domain_set_has(const struct twf_domain_set *s, struct twf_span org);

/* Reverse-paths that Exchange's message tracking logged (tracking.h). */
struct twf_tracking;

struct twf_cidr {
    uint8_t addr[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint8_t bits;     /* 0 to 128 */
};
bool twf_cidr_parse(const char *text, struct twf_cidr *out);

/* What the operator told us; read-only while judging. NULL members and zero counts mean "nothing". */
struct twf_judge_options {
    const struct twf_limits *limits;
    const struct twf_domain_set *protect;
    const char *const *trusted_authserv;
    size_t trusted_authserv_count;
    const struct twf_cidr *trusted_relays;
    size_t trusted_relay_count;
    const char *const *envelope_headers; /* names trusted beside the zone */
    size_t envelope_header_count;
    const struct twf_tracking *tracking;
    uint8_t p1_order[TWF_P1_KIND_COUNT]; /* rank of each kind, 1 to 10; 0: the default order */
    uint32_t explainers_off;             /* bit per enum twf_allowance_code: never hold */
    bool exchange_like;                  /* --checks exchange-like */
    bool forgetful;                      /* read every value anew; the result is the same */
    bool explain;                        /* keep allowances that do not hold, with the reason */
};

/*
 * "return_path,authres" into ranks: kinds by the names of p1_source, the first is best; those not
 * named follow in their usual order. False where a name is unknown or stands twice.
 */
bool twf_p1_order_parse(const char *text, uint8_t out[TWF_P1_KIND_COUNT]);

struct twf_judge;
TWF_MUST_USE enum twf_status twf_judge_new(const struct twf_judge_options *o, struct twf_domains *d,
                                           struct twf_judge **out, struct twf_error *err);
void twf_judge_free(struct twf_judge *j);

/* The message to judge. */
struct twf_subject {
    const struct twf_message *message;
    const struct twf_head *head;
    const struct twf_journal *journal; /* the report around it, or NULL */
    struct twf_span sidecar;           /* MAIL FROM from the caller */
    bool has_sidecar;
    bool from_ordinary;                /* match says: the only From value is ordinary */
};

/* out and all it points to live until a is reset, or until j judges the next message. */
void twf_judge_message(struct twf_judge *j, struct twf_arena *a, const struct twf_subject *s,
                       struct twf_verdict *out);
/*
 * The same in two steps. The first draws the conclusion; of out it leaves empty what no finding,
 * class or count depends on and only a record shows: dates, Message-ID, recipients, Sender and
 * Reply-To, P1 sources beyond those that could decide, and what proves findings on the pair. The second, for the message that j
 * judged last, adds them: s, a and out must still stand.
 */
void twf_judge_verdict(struct twf_judge *j, struct twf_arena *a, const struct twf_subject *s,
                       struct twf_verdict *out);
void twf_judge_facts(struct twf_judge *j, struct twf_verdict *out);
/* Of the second step only Message-ID and date: all that counts and pairs ask for. */
void twf_judge_name(struct twf_judge *j, struct twf_verdict *out);

/* The fixed rules behind the result, also for tests and explain. */
enum twf_level twf_level_of(const struct twf_verdict *v);
int twf_score_base(enum twf_level level);
/* The tables of providers that judge with, and the days on which they were looked through. Static. */
const char *twf_tables_dates(void);

#endif
