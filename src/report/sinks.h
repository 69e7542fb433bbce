/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of the sink table, and which columns a record shows. Of this room only. */
#ifndef TWF_REPORT_SINKS_H
#define TWF_REPORT_SINKS_H

#include "report/report.h"

void twf_jsonl_rows(const struct twf_sink_options *o, const struct twf_batch *b,
                    struct twf_buf *out);
void twf_csv_head(const struct twf_sink_options *o, struct twf_buf *out);
void twf_csv_rows(const struct twf_sink_options *o, const struct twf_batch *b, struct twf_buf *out);
void twf_table_head(const struct twf_sink_options *o, struct twf_buf *out);
void twf_table_rows(const struct twf_sink_options *o, const struct twf_batch *b,
                    struct twf_buf *out);
void twf_null_rows(const struct twf_sink_options *o, const struct twf_batch *b,
                   struct twf_buf *out);
void twf_summary_render(const struct twf_sink_options *o, const struct twf_totals *t,
                        struct twf_buf *out);
void twf_pairs_render(const struct twf_sink_options *o, const struct twf_totals *t,
                      struct twf_buf *out);

/* Whether a record has this column: those for the index only are left out. */
bool twf_sink_shows(const struct twf_sink_options *o, enum twf_col_id id);

/* Where a value holds addresses or domains that --defang makes unclickable. */
enum twf_defang {
    TWF_DEFANG_NONE,
    TWF_DEFANG_ALL,
    TWF_DEFANG_NOTE,  /* what follows the first blank: "CODE=low@12+5 bank.example" */
    TWF_DEFANG_PLACED /* between '=' and the last '@': "return_path=a@x.example@212" */
};
enum twf_defang twf_sink_defang(const struct twf_sink_options *o, enum twf_col_id id);

/* The parts of a value before, in and after what is to be defanged. */
struct twf_defang_parts {
    struct twf_span before, live, after;
};
struct twf_defang_parts twf_defang_split(enum twf_defang how, struct twf_span value);
/* The next piece of live, which is shortened by it; *text is what follows the piece: "[@]",
 * "[.]" or "". */
struct twf_span twf_defang_next(struct twf_span *live, const char **text);

#endif
