/* SPDX-License-Identifier: Apache-2.0 */
/* The table of sinks, and what all record sinks agree on: which columns, and how --defang
 * writes. */
#include "report/report.h"

#include "report/sinks.h"

const struct twf_sink twf_sinks[] = {
    {"table", "aligned text for people", false, twf_table_head, twf_table_rows, NULL},
    {"jsonl", "one flat JSON object per line", false, NULL, twf_jsonl_rows, NULL},
    {"csv", "RFC 4180 with a header line", false, twf_csv_head, twf_csv_rows, NULL},
    {"summary", "JSON, every counter of the run", true, NULL, NULL, twf_summary_render},
    {"pairs", "CSV of the pairs of organizations that differ", true, NULL, NULL, twf_pairs_render},
    {"null", "nothing, for measurements", false, NULL, twf_null_rows, NULL},
    {NULL, NULL, false, NULL, NULL, NULL},
};

const struct twf_sink *twf_sink_find(const char *name)
{
    for (const struct twf_sink *s = twf_sinks; s->name != NULL; s++) {
        if (strcmp(s->name, name) == 0)
            return s;
    }
    return NULL;
}

void twf_null_rows(const struct twf_sink_options *o, const struct twf_batch *b, struct twf_buf *out)
{
    (void)o;
    (void)b;
    (void)out;
}

bool twf_sink_shows(const struct twf_sink_options *o, enum twf_col_id id)
{
    if (id == TWF_COL_subject)
        return o->with_subject;
    if (id == TWF_COL_header_rest)
        return o->with_headers;
    return twf_col_infos[id].index != 'O';
}

/* message_id, source_uri and member stay: they are keys into other systems. */
enum twf_defang twf_sink_defang(const struct twf_sink_options *o, enum twf_col_id id)
{
    if (!o->defang)
        return TWF_DEFANG_NONE;
    switch (id) {
    case TWF_COL_p1_raw:
    case TWF_COL_p1_address:
    case TWF_COL_p1_domain:
    case TWF_COL_p1_org:
    case TWF_COL_p1_inner:
    case TWF_COL_from_raw:
    case TWF_COL_p2_address:
    case TWF_COL_p2_domain:
    case TWF_COL_p2_org:
    case TWF_COL_p2_display:
    case TWF_COL_p2_readers:
    case TWF_COL_sender_address:
    case TWF_COL_reply_to_address:
    case TWF_COL_subject:
    case TWF_COL_header_rest:
        return TWF_DEFANG_ALL;
    case TWF_COL_p1_seen:
        return TWF_DEFANG_PLACED;
    case TWF_COL_finding_evidence:
    case TWF_COL_allowance_evidence:
        return TWF_DEFANG_NOTE;
    default:
        return TWF_DEFANG_NONE;
    }
}

struct twf_defang_parts twf_defang_split(enum twf_defang how, struct twf_span value)
{
    size_t from = value.len, to = value.len;

    if (how == TWF_DEFANG_ALL) {
        from = 0;
    } else if (how == TWF_DEFANG_NOTE) {
        from = twf_span_find(value, ' ');
    } else if (how == TWF_DEFANG_PLACED) {
        from = twf_span_find(value, '=');
        while (to > from && value.ptr[to - 1] != '@')
            to--;
        to -= to > from ? 1 : 0;
    }
    return (struct twf_defang_parts){twf_span_slice(value, 0, from),
                                     twf_span_slice(value, from, to),
                                     twf_span_slice(value, to, value.len)};
}

struct twf_span twf_defang_next(struct twf_span *live, const char **text)
{
    struct twf_span piece;
    size_t n = 0;

    while (n < live->len && live->ptr[n] != '@' && live->ptr[n] != '.')
        n++;
    piece = twf_span_slice(*live, 0, n);
    *text = n == live->len ? "" : live->ptr[n] == '@' ? "[@]" : "[.]";
    *live = twf_span_slice(*live, n + 1, live->len);
    return piece;
}
