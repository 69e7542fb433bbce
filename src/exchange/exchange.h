/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of Exchange builds: which update a number is, what it means for the detection of
 * CVE-2024-49040, what to do about it. Pure functions of a host and a number; docs/exchange.md.
 */
#ifndef TWF_EXCHANGE_EXCHANGE_H
#define TWF_EXCHANGE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include <twofrom/status.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"
#include "flow/trace.h"

/* ---- the table of builds ---- */

/* One update of one line of builds. */
struct twf_exchange_update {
    const char *product; /* "2019 CU14" */
    uint32_t build[4];
    const char *name; /* "Nov24SUv2" */
};

struct twf_exchange_table {
    const struct twf_exchange_update *updates; /* by build */
    size_t count;
    const char *date; /* of the table, "2026-09" */
    const char *source;
};

/* The table of exchange_builds.def. */
const struct twf_exchange_table *twf_exchange_builtin(void);
/*
 * A table in a file (--builds): a line "date WORD", one "source TEXT", and one "A.B.C.D UPDATE
 * PRODUCT" for each update; '#' begins a comment. Strings lie in the arena. TWF_ERR_ARG with the
 * line where it is wrong.
 */
TWF_MUST_USE enum twf_status twf_exchange_table_read(struct twf_arena *a, struct twf_span text,
                                                     const char *name,
                                                     struct twf_exchange_table *out,
                                                     struct twf_error *err);

/* ---- one hop ---- */

/* "15.02.1544.014" is 15.2.1544.14. False where these are not four numbers. */
bool twf_exchange_build_parse(struct twf_span text, uint32_t build[4]);
/* A host of Exchange Online; ASCII case ignored. */
bool twf_exchange_is_online(struct twf_span host);
/*
 * The field was written by an Exchange server: its host is r->by. has_build: out_build is its build;
 * Online does not always write one.
 */
bool twf_exchange_hop(const struct twf_received *r, bool *has_build, uint32_t out_build[4]);

/* ---- the judgement ---- */

enum twf_exchange_status {
    TWF_EXCHANGE_UNREADABLE, /* no build that can be read */
    TWF_EXCHANGE_ONLINE,
    TWF_EXCHANGE_UNPATCHED,
    TWF_EXCHANGE_SUV1, /* tags, but its transport rules stop */
    TWF_EXCHANGE_SUV2, /* tags; lacks later fixes for From */
    TWF_EXCHANGE_CURRENT,
    TWF_EXCHANGE_STATUS_COUNT
};
extern const char *const twf_exchange_status_names[TWF_EXCHANGE_STATUS_COUNT];

/* HealthChecker's colours. */
enum twf_exchange_color { TWF_GREY, TWF_GREEN, TWF_YELLOW, TWF_RED };
extern const char *const twf_exchange_color_names[4];

struct twf_exchange_judgement {
    enum twf_exchange_status status;
    enum twf_exchange_color color;
    const char *product; /* "Exchange 2019 CU14", "Exchange 2013", "Exchange Online" */
    const char *update;  /* the newest of the table at or below the build, or "" */
    bool exact;          /* the build is that update */
    bool newer;          /* than all of its line in the table */
    const char *lacks;   /* CVE numbers, or "" */
};

/* host may be empty (unknown); build NULL: there is none. */
void twf_exchange_judge(const struct twf_exchange_table *t, struct twf_span host,
                        const uint32_t *build, struct twf_exchange_judgement *out);

/* ---- advice ---- */

/* How SUv1 came to the server; an archive cannot know it. */
enum twf_suv1 {
    TWF_SUV1_UNKNOWN,
    TWF_SUV1_MANUAL,
    TWF_SUV1_WINDOWS_UPDATE,
    TWF_SUV1_REMOVED,
    TWF_SUV1_NEVER
};
enum twf_transport_rules { TWF_TRANSPORT_UNKNOWN, TWF_TRANSPORT_YES, TWF_TRANSPORT_NO };

/* What to do about a server, in words without a line end; nothing where there is nothing to do. */
void twf_exchange_advice(const struct twf_exchange_table *t, const struct twf_exchange_judgement *j,
                         const uint32_t *build, enum twf_suv1 suv1, enum twf_transport_rules rules,
                         struct twf_buf *out);
/* The published matrix for SUv1, a line for each row; what suv1 and rules leave of it. */
void twf_exchange_matrix(enum twf_suv1 suv1, enum twf_transport_rules rules, struct twf_buf *out);

/* ---- texts ---- */

/* The sample transport rule and the setting overrides, verbatim from Microsoft Learn. Static. */
const char *twf_exchange_rule_text(void);

#endif
