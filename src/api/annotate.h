/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of a message as a patched Exchange would have delivered it: the header that it adds, and a
 * notice in front of each text body (docs/exchange.md). The message itself is never changed; what was
 * done to the copy is a list of edits, and undoing them gives the message back.
 */
#ifndef TWF_API_ANNOTATE_H
#define TWF_API_ANNOTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"
#include "flow/head.h"
#include "flow/limits.h"

/* What becomes of a message whose body cannot carry the notice (signed, encrypted, TNEF, ...). */
enum twf_fallback {
    TWF_FALLBACK_WRAP,   /* it goes as message/rfc822 under a new message */
    TWF_FALLBACK_IGNORE, /* the header alone */
    TWF_FALLBACK_SKIP    /* no copy */
};

struct twf_annotation {
    bool add_header, add_disclaimer;
    enum twf_fallback fallback;
    struct twf_span text; /* UTF-8, lines end in LF, none at the end; no line beyond 900 bytes */
    struct twf_span html; /* what stands in the div; empty: the text, escaped */
    const struct twf_span *known; /* notices of others: a body that has one gets no second */
    size_t known_count;
    const struct twf_limits *limits;
    const char *version;
};

/* At off of the copy, inserted bytes stand where removed stood in the message. */
struct twf_edit {
    uint64_t off, inserted;
    struct twf_span removed;
};

enum twf_annotated {
    TWF_ANNOTATED_DONE, /* edited in place */
    TWF_ANNOTATED_WRAPPED,
    TWF_ANNOTATED_HEADER,  /* the header alone: the body could not carry the notice */
    TWF_ANNOTATED_SKIPPED, /* no copy; out is empty */
    TWF_ANNOTATED_ALREADY  /* nothing was missing: the copy is the message */
};

struct twf_annotate_result {
    enum twf_annotated what;
    bool header;                  /* the tag was added */
    uint32_t bodies;              /* that got the notice */
    uint32_t bodies_known;        /* that had it, or one of the known ones */
    const char *why;              /* the body could not carry it: static words, else NULL */
    const struct twf_edit *edits; /* in the arena, by off */
    size_t edit_count;
};

/*
 * message with its head (of gather) into out; codes: the findings, for X-Twofrom-Annotated. False
 * without memory.
 */
bool twf_annotate(const struct twf_annotation *how, struct twf_arena *a, struct twf_span message,
                  const struct twf_head *head, struct twf_span codes, struct twf_buf *out,
                  struct twf_annotate_result *result);

/* ---- for annotate.c, and tests: one text body (annotate_text.c) ---- */

/* A change to the message itself: [at, at + removed) gives way to inserted. */
struct twf_change {
    size_t at, removed;
    struct twf_span inserted;
    /* Goes before others at the same place: a message that is empty has its body there too. */
    bool is_header;
};

enum twf_body_outcome {
    TWF_BODY_CHANGED,
    TWF_BODY_HAS_IT,
    TWF_BODY_CANNOT, /* *why tells */
    TWF_BODY_NO_MEMORY
};
/*
 * The notice into a text/plain or text/html body. change->at counts from body.ptr. eol: "\n" or
 * "\r\n".
 */
enum twf_body_outcome twf_annotate_body(const struct twf_annotation *how, struct twf_arena *a,
                                        struct twf_span header, struct twf_span body, bool is_html,
                                        const char *eol, struct twf_change *change,
                                        const char **why);
/* Where the content of <body> begins: behind its tag, which does not stand in a comment, a script or
 * the like; 0 where there is none. */
size_t twf_html_body(struct twf_span html);

#endif
