/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of explain, in the order in which they are printed. Of this room only. */
#ifndef TWF_REPORT_EXPLAIN_H
#define TWF_REPORT_EXPLAIN_H

#include "report/report.h"

enum { TWF_EXPLAIN_LABEL = 12 };

/* Begins a line: label stands in the left column; "" continues the paragraph above. */
void twf_explain_label(struct twf_buf *out, const char *label);
/* Text of mail as a terminal may have it. */
void twf_explain_value(const struct twf_sink_options *o, struct twf_buf *out, struct twf_span s);
/* local@domain, "-" where there is neither. */
void twf_explain_address(const struct twf_sink_options *o, struct twf_buf *out,
                         struct twf_span local, struct twf_span domain);
/* " at 813+45" */
void twf_explain_place(struct twf_buf *out, uint64_t off, uint64_t len);

/* What is in the message: explain_from.c. */
void twf_explain_p2(const struct twf_sink_options *o, const struct twf_verdict *v,
                    struct twf_buf *out);
/* What follows from it: explain_result.c. */
void twf_explain_result(const struct twf_sink_options *o, const struct twf_verdict *v,
                        const struct twf_subject_place *place, struct twf_buf *out);

#endif
