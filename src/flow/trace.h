/* SPDX-License-Identifier: Apache-2.0 */
/* Trace and envelope fields, parsed: Authentication-Results (RFC 8601), Received (RFC 5321 section
 * 4.4), Received-SPF (RFC 7208 section 9.1), and a reverse-path. Spans live as long as the parse arena. */
#ifndef TWF_FLOW_TRACE_H
#define TWF_FLOW_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "flow/domain.h"

/* One property of a result: ptype "." name "=" value; value unquoted, comments removed. */
struct twf_auth_prop {
    struct twf_span ptype, name, value;
    uint32_t off, len; /* of the value, relative to the field value */
};

/* One method result: "dkim=pass reason=... header.d=x". */
struct twf_auth_result {
    struct twf_span method, result, reason;
    struct twf_span action;  /* Exchange writes "action=" without a ptype; empty: none */
    struct twf_span comment; /* the first comment after the result, e.g. "p=REJECT sp=NONE" */
    const struct twf_auth_prop *props;
    uint32_t prop_count;
    uint32_t off, len;       /* the whole resinfo, relative to the field value */
};

struct twf_authres {
    struct twf_span authserv_id; /* empty: Exchange writes none */
    const struct twf_auth_result *results;
    uint32_t result_count;
    bool valid;                  /* follows the grammar (a missing authserv-id is accepted) */
};

/* The clauses of a Received field; empty spans where a clause is missing. */
struct twf_received {
    struct twf_span from, by, via, with, id, for_;
    struct twf_span from_comment, by_comment; /* the first comment behind from and by, brackets off */
    struct twf_span peer_ip;       /* address literal of the peer, out of from_comment; brackets off */
    struct twf_span envelope_from; /* (envelope-from <a@b>) anywhere in its comments; <> kept off */
    struct twf_span date;          /* what stands after the last ';' outside comments */
    bool has_envelope_from;
    uint32_t envelope_from_off;    /* relative to the field value */
};

struct twf_received_spf {
    struct twf_span result;        /* pass, fail, ... */
    struct twf_span comment;       /* the first comment */
    struct twf_span host;          /* "protection.outlook.com:" in front of the comment's text */
    struct twf_span envelope_from; /* envelope-from= value, or the domain of "domain of X designates" */
    uint32_t off, len;             /* of envelope_from, relative to the field value */
    bool has_envelope_from;
};

/* A reverse-path as somebody recorded it (RFC 5321 section 4.1.2). */
enum twf_path_kind {
    TWF_PATH_NULL,      /* <>, empty, MAILER-DAEMON, "none" */
    TWF_PATH_MAILBOX,
    TWF_PATH_DOMAIN,    /* a bare domain; allowed in Authentication-Results and Received-SPF only */
    TWF_PATH_WORD,      /* a word without @ */
    TWF_PATH_X500,      /* EX:/o=..., IMCEA... */
    TWF_PATH_MALFORMED
};

struct twf_path {
    enum twf_path_kind kind;
    struct twf_span raw;       /* as recorded */
    struct twf_span local;     /* unquoted */
    struct twf_domain domain;
    /* unwrapping, docs/verdicts.md 3.4 */
    struct twf_span inner_local, inner_domain; /* SRS, BATV, caf; empty: none */
    const char *inner_form;    /* "SRS0", "SRS1", "BATV", "CAF", "EXO-SRS" or NULL */
};

#endif
