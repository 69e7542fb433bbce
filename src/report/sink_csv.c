/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV (RFC 4180, but with LF): a header line, then the columns of the JSON record, lists joined by
 * a blank. Cells that a spreadsheet would run as a formula begin with an apostrophe. Bytes that are
 * no text are \xHH here, so this form is for reading; jsonl is the exact one.
 */
#include "report/report.h"

#include "report/sinks.h"
#include "report/text.h"

void twf_csv_head(const struct twf_sink_options *o, struct twf_buf *out)
{
    size_t line = out->len;

    for (int id = 0; id < TWF_COL_COUNT; id++) {
        if (!twf_sink_shows(o, (enum twf_col_id)id))
            continue;
        if (out->len > line)
            twf_buf_byte(out, ',');
        twf_buf_str(out, twf_col_infos[id].name);
    }
    twf_buf_byte(out, '\n');
}

/* Inside quotes. */
static void csv_part(enum twf_defang how, struct twf_span value, struct twf_buf *out)
{
    struct twf_defang_parts p = twf_defang_split(how, value);
    const char *text;

    twf_text_csv_part(out, p.before);
    while (p.live.len > 0) {
        twf_text_csv_part(out, twf_defang_next(&p.live, &text));
        twf_buf_str(out, text);
    }
    twf_text_csv_part(out, p.after);
}

static void csv_list(enum twf_defang how, const struct twf_col *c, uint32_t row,
                     struct twf_buf *out)
{
    uint32_t n = twf_col_list_len(c, row);

    if (n == 0)
        return;
    twf_buf_byte(out, '"');
    if (twf_text_csv_risky(twf_col_list_item(c, row, 0)))
        twf_buf_byte(out, '\'');
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            twf_buf_byte(out, ' ');
        csv_part(how, twf_col_list_item(c, row, i), out);
    }
    twf_buf_byte(out, '"');
}

static void csv_bytes(enum twf_defang how, struct twf_span value, struct twf_buf *out)
{
    if (how == TWF_DEFANG_NONE) {
        twf_text_csv(out, value);
        return;
    }
    if (value.len == 0)
        return;
    twf_buf_byte(out, '"');
    if (twf_text_csv_risky(value))
        twf_buf_byte(out, '\'');
    csv_part(how, value, out);
    twf_buf_byte(out, '"');
}

static void csv_cell(const struct twf_sink_options *o, const struct twf_batch *b,
                     enum twf_col_id id, uint32_t row, struct twf_buf *out)
{
    const struct twf_col *c = &b->cols[id];

    if (!twf_col_valid(c, row))
        return;
    switch (c->type) {
    case TWF_TYPE_UTF8:
    case TWF_TYPE_BIN:
        csv_bytes(twf_sink_defang(o, id), twf_col_bytes(c, row), out);
        break;
    case TWF_TYPE_LIST:
        csv_list(twf_sink_defang(o, id), c, row, out);
        break;
    case TWF_TYPE_TS:
        (void)twf_text_time(out, twf_col_int(c, row));
        break;
    case TWF_TYPE_BOOL:
        twf_buf_str(out, twf_col_int(c, row) != 0 ? "true" : "false");
        break;
    default:
        twf_buf_i64(out, twf_col_int(c, row));
        break;
    }
}

void twf_csv_rows(const struct twf_sink_options *o, const struct twf_batch *b, struct twf_buf *out)
{
    for (uint32_t row = 0; row < b->rows; row++) {
        bool first = true;

        if (!twf_batch_is_selected(b, row))
            continue;
        for (int id = 0; id < TWF_COL_COUNT; id++) {
            if (!twf_sink_shows(o, (enum twf_col_id)id))
                continue;
            if (!first)
                twf_buf_byte(out, ',');
            first = false;
            csv_cell(o, b, (enum twf_col_id)id, row, out);
        }
        twf_buf_byte(out, '\n');
    }
}
