/* SPDX-License-Identifier: Apache-2.0 */
/* What an Exchange journal report says about the message it carries ([MS-XJRNL] 2.1.1). */
#ifndef TWF_FLOW_JOURNAL_H
#define TWF_FLOW_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum twf_journal_form {
    TWF_JOURNAL_NONE,
    TWF_JOURNAL_2007,     /* "exchange2007": Exchange 2007 to SE, and Online */
    TWF_JOURNAL_2003,     /* "exchange2003" and its imitators */
    TWF_JOURNAL_LOOKALIKE /* "lookalike": a marker, but not a report; judged as it stands */
};

enum twf_journal_sender { TWF_JSENDER_NONE, TWF_JSENDER_SMTP, TWF_JSENDER_X500, TWF_JSENDER_UNSPECIFIED };

enum twf_journal_problem {
    TWF_JPROBLEM_INNER_COUNT = 1,   /* no message/rfc822 part, or more than two */
    TWF_JPROBLEM_SENDER = 2,        /* Sender: missing or doubled */
    TWF_JPROBLEM_LINE = 4,          /* a line that no report has */
    TWF_JPROBLEM_FROM_DIFFERS = 8,  /* outer From is not the inner From */
    TWF_JPROBLEM_ID_DIFFERS = 16,   /* the report's Message-ID is not the inner one */
    TWF_JPROBLEM_UNDECODABLE = 32,  /* TNEF, encrypted or missing inner message */
    TWF_JPROBLEM_DEPTH = 64,        /* limit "journal"; also with form NONE: bounces without an end */
    TWF_JPROBLEM_STRUCTURE = 128    /* a marker, but no multipart/mixed with text and rfc822 */
};

struct twf_journal_rcpt {
    struct twf_span address;  /* as written after the key, without ", Expanded: ..." */
    struct twf_span expanded; /* list after ", Expanded:", else empty */
    struct twf_span forwarded;
    char kind;                /* 't' To, 'c' Cc, 'b' Bcc, 'r' Recipient */
};

/* The envelope part of a report. Spans live as long as the job's arena. */
struct twf_journal {
    enum twf_journal_form form;
    uint32_t problems;                /* bits of enum twf_journal_problem */
    uint32_t problem_off;             /* message-relative offset of the first problem */
    enum twf_journal_sender sender_kind;
    struct twf_span sender;           /* address or [EX:...] as written */
    uint32_t sender_off;              /* offset of sender in the outer message's raw bytes */
    struct twf_span on_behalf_of, subject, message_id, label, sent_utc, received_utc;
    const struct twf_journal_rcpt *rcpts;
    uint32_t rcpt_count;
    uint32_t depth;                   /* wrappers around the inner message: 1 for a plain report */
};

/* One message inside a report. */
struct twf_journal_inner {
    struct twf_span text;  /* decoded bytes of the inner message, contiguous */
    uint64_t off;          /* of its first byte relative to the outer message; of the encoded part if base64 */
    bool encoded;          /* base64 or quoted-printable: offsets inside text are of decoded bytes */
};

#endif
