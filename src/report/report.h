/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches into bytes. A row sink renders the selected rows of a batch into a buffer: a pure
 * function, called by workers side by side; pipe writes the buffers in input order. Document sinks
 * (summary, pairs) are rendered once at the end from the totals. Nothing here knows a file.
 *
 * Mail content reaches a channel only through that channel's escaping function (text.c).
 */
#ifndef TWF_REPORT_REPORT_H
#define TWF_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "flow/batch.h"
#include "flow/totals.h"
#include "flow/verdict.h"
#include "kernels/kernels.h"

struct twf_sink_options {
    const struct twf_kernels *kernels;
    bool ascii;  /* --ascii: 0x20 to 0x7E only */
    bool color;  /* table only */
    bool defang; /* a[@]x[.]example */
    bool with_subject;
    bool with_headers;
    uint32_t width; /* terminal columns, 0: unknown */
};

struct twf_sink {
    const char *name; /* "jsonl" */
    const char *text; /* one line for help */
    bool document;    /* rendered at the end by document(), not row by row */
    void (*head)(const struct twf_sink_options *o, struct twf_buf *out); /* may be NULL */
    void (*rows)(const struct twf_sink_options *o, const struct twf_batch *b, struct twf_buf *out);
    void (*document_render)(const struct twf_sink_options *o, const struct twf_totals *t,
                            struct twf_buf *out);
};
/* Terminated by an entry whose name is NULL. */
extern const struct twf_sink twf_sinks[];
const struct twf_sink *twf_sink_find(const char *name);

/* The end summary in words (interfaces.md 1.4), for stderr. */
void twf_summary_text(const struct twf_sink_options *o, const struct twf_totals *t,
                      struct twf_buf *out);
/* Every step for one message, so that its verdict can be derived by hand. */
void twf_explain_text(const struct twf_sink_options *o, const struct twf_verdict *v,
                      const struct twf_subject_place *place, struct twf_buf *out);

/* ---- escaping, one function per channel (text.c) ---- */

/*
 * Terminal and logs: C0, DEL, C1, bidi controls, zero-width and invalid bytes as \xHH or \u{202E};
 * at most max bytes out, then "...". A backslash that could be taken for one of these is doubled.
 */
void twf_text_terminal(struct twf_buf *out, struct twf_span s, bool ascii, size_t max);
/*
 * The inside of a JSON string; U+2028 and U+2029 are escaped. s should be UTF-8: a byte that is none
 * becomes U+FFFD.
 */
void twf_text_json(struct twf_buf *out, const struct twf_kernels *k, struct twf_span s);
/* One CSV cell, quoted where needed, with the formula guard. */
void twf_text_csv(struct twf_buf *out, struct twf_span s);
void twf_text_base64(struct twf_buf *out, struct twf_span s);

#endif
