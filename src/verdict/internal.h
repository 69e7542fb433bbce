/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a judge, in the order in which twf_judge_message takes them: P2 is read, the zone
 * found, P1 chosen, the two related, explainers tried, findings raised, the conclusion drawn. Every
 * step adds to one struct twf_case.
 */
#ifndef TWF_VERDICT_INTERNAL_H
#define TWF_VERDICT_INTERNAL_H

#include "verdict/known_values.h"
#include "verdict/verdict.h"

/* ---- P2 and the FROM_ findings ---- */

struct twf_from_input {
    const struct twf_subject *subject;
    const struct twf_judge_options *options;
    struct twf_domains *domains;
    struct twf_known *known;
    uint8_t *quiet;                   /* note on the one From value, by twf_read_from; or NULL */
    bool sole;                        /* there is one From-like field, of kind a */
    bool is_report;                   /* it has the form of a report (X_REPORT), whatever P1 is */
    bool list_or_munged_proven;       /* X_LIST or X_MUNGED holds */
    const struct twf_span *rcpt_orgs; /* organizations of known envelope recipients */
    size_t rcpt_org_count;
};

/*
 * Everything of v that stands under "P2", and nothing else. Reads subject, options, domains and
 * known only.
 */
void twf_read_from(struct twf_from_input *in, struct twf_arena *a, struct twf_verdict *v);
/* Raises the FROM_ findings and adds to v->limits. After twf_read_from. */
void twf_find_from(const struct twf_from_input *in, struct twf_arena *a, struct twf_verdict *v);
/* One finding of a code: the highest level wins, and of that level the first place. Not sorted. */
void twf_verdict_raise(struct twf_verdict *v, enum twf_finding_code code, enum twf_level level,
                       uint32_t off, uint32_t len, struct twf_span note);

/* ---- one message on its way through the judge ---- */

/* Which fields a sender cannot have written (docs/verdicts.md 3.1). */
struct twf_zone_map {
    uint32_t above, below;           /* trusted by place: index < above, or >= below */
    uint32_t org_run;                /* Exchange's own run begins here; UINT32_MAX: none */
    const struct twf_field *border;  /* the lowest Received that a server of ours wrote, or NULL */
    const struct twf_field *authres; /* the topmost trusted Authentication-Results, or NULL */
    const struct twf_field *spf;     /* the topmost trusted Received-SPF, or NULL */
    /* What authres and spf of the case were last read from: most are asked about twice. */
    const struct twf_field *authres_read, *spf_read;
    bool has_top, top_read;          /* twf_case_top was asked */
};

enum { TWF_RCPTS_MAX = 64 }; /* envelope recipients that are looked at */

struct twf_rcpt {
    struct twf_span local, domain, org; /* as written, A-labels, its organization */
};

struct twf_case {
    struct twf_judge *judge;
    struct twf_arena *arena;
    const struct twf_subject *subject;
    const struct twf_head *head;
    struct twf_verdict *v;

    struct twf_zone_map zone;
    struct twf_authres authres;  /* of zone.authres; empty without one */
    struct twf_received_spf spf; /* of zone.spf */

    bool ladder_cut; /* weak sources that could not decide were left out */
    const struct twf_p1_source *wrapped; /* whose local part holds p1_inner, or NULL */

    struct twf_rcpt *rcpts; /* known envelope recipients, once asked for */
    uint32_t rcpt_count;
    bool rcpts_read;

    bool shows_address;                              /* twf_case_shows_address says so */
    bool is_report;                                  /* the message has the form of a report */
    uint32_t held, tried_mask;                       /* bit per enum twf_allowance_code */
    /* From here on nothing is cleared: the masks, and zone.top_read, tell what is valid. */
    struct twf_allowance tried[TWF_ALLOWANCE_COUNT];
    struct twf_received top; /* the topmost Received */
};

/* Where a row of freemail.def and esp.def stands (tables.c). */
enum { TWF_TABLE_SLOTS = 1024 };

struct twf_tables {
    uint16_t freemail[TWF_TABLE_SLOTS], esp[TWF_TABLE_SLOTS];
};

void twf_tables_init(struct twf_tables *t);

struct twf_judge {
    struct twf_judge_options options;
    struct twf_limits limits; /* the default ones, where options has none */
    struct twf_domains *domains;
    struct twf_tables tables;
    struct twf_known known;
    struct twf_case at_hand; /* the message that was judged last */
};

/* Bytes of the message that prove something. */
struct twf_proof {
    uint32_t off, len;
    struct twf_span note;
};

static inline bool twf_case_trusts(const struct twf_case *c, const struct twf_field *f)
{
    uint32_t i = (uint32_t)(f - c->head->fields);

    return i < c->zone.above || i >= c->zone.below;
}

static inline struct twf_proof twf_proof_of(const struct twf_case *c, struct twf_span bytes)
{
    return (struct twf_proof){
        (uint32_t)(bytes.ptr - c->head->block.ptr), (uint32_t)bytes.len, {NULL, 0}};
}

static inline bool twf_case_holds(const struct twf_case *c, enum twf_allowance_code code)
{
    return (c->held >> code & 1) != 0;
}

/* zone.c: fills c->zone, c->authres, c->spf, and the zone and stated results of the verdict. */
void twf_find_zone(struct twf_case *c);
/* The topmost Received taken apart; most messages are judged without. Only where c->zone.has_top. */
const struct twf_received *twf_case_top(struct twf_case *c);

/* p1_order.c: the ranks of docs/verdicts.md 3.2; 0 for none. */
extern const uint8_t twf_p1_ranks[TWF_P1_KIND_COUNT];

/* p1.c: sources, the choice, and the P1_ findings that do not depend on explainers. */
void twf_choose_p1(struct twf_case *c);
/*
 * p1_sources.c: places where P1 was recorded. Fills v->sources, by rank and then by offset. A From_
 * line or a journal's Sender beside a trusted source is left out, until the ladder is completed.
 */
void twf_collect_sources(struct twf_case *c);
void twf_complete_sources(struct twf_case *c);

/* relation.c */
void twf_relate(struct twf_verdict *v);

/* A path as it is written between its brackets, if it has them. */
static inline struct twf_span twf_without_angles(struct twf_span s)
{
    return s.len > 2 && s.ptr[0] == '<' && s.ptr[s.len - 1] == '>' ? twf_span(s.ptr + 1, s.len - 2)
                                                                   : s;
}

/* explain.c: tries the explainers that can matter for this message, and fills v->allowances. */
void twf_try_explainers(struct twf_case *c);
/* explain_effect.c: what those that hold do to R_ findings. */
void twf_apply_explainers(struct twf_case *c);

/* from_veiled.c: "a at x.example" of "From a at x.example  Tue Jan  2 ...", or nothing. */
struct twf_span twf_from_line_veiled(struct twf_span line);

/* from_read.c: "local@domain" of the first mailbox of a field, or nothing. */
struct twf_span twf_case_address(struct twf_case *c, enum twf_field_id id);

/* facts.c: what explainers and findings ask about the message. */
const struct twf_rcpt *twf_case_rcpts(struct twf_case *c, uint32_t *count);
/* A display text holds an '@': FROM_DISPLAY_ADDR_DIFF may ask for recipients and lists. */
bool twf_case_shows_address(const struct twf_case *c);
bool twf_case_reports(const struct twf_case *c, struct twf_proof *out);
/* A field that names a domain of org as its list's. */
bool twf_case_list_of(struct twf_case *c, struct twf_span org, struct twf_proof *out);
/* The first mailbox of an address field; false where it has none. */
bool twf_case_mailbox(struct twf_case *c, const struct twf_field *f, uint32_t *count,
                      struct twf_domain *domain, struct twf_proof *out);
uint32_t twf_case_count_rcpts(const struct twf_case *c);

/* findings_r.c: P1_NULL_NOT_REPORT, R_ and J_ findings, before explainers. */
void twf_find_relation(struct twf_case *c);
/* The place and note of those of them that the pair proves. After twf_conclude. */
void twf_prove_pair(struct twf_case *c);

/* score.c: drops what the profile does not have, sorts, and fills class, level and score. */
void twf_conclude(struct twf_verdict *v, bool exchange_like);

/* Four parts, any of which may be empty, as one text in the arena. Empty without memory. */
struct twf_span twf_note(struct twf_arena *a, const char *before, struct twf_span one,
                         const char *between, struct twf_span two);

/* ---- tables of ours (freemail.def, esp.def, list_services.def) ---- */

/* A number per provider, 0 for an organization that gives no free mailboxes. */
unsigned twf_freemail_provider(const struct twf_tables *t, struct twf_span org);
bool twf_is_esp(const struct twf_tables *t, struct twf_span org);
/*
 * Organizations whose lists a service at or above the host runs, one after the other; *pos begins
 * as 0. NULL: no more.
 */
const char *twf_list_service(struct twf_span host, size_t *pos);
/* host is domain or lies below it. */
bool twf_host_is_under(struct twf_span host, const char *domain);

/* cidr.c */
bool twf_cidr_has(const struct twf_cidr *ranges, size_t count, struct twf_span ip);

#endif
