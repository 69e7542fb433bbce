/* SPDX-License-Identifier: Apache-2.0 */
/* The pair table (docs/verdicts.md section 8) as CSV, in the order in which the totals hold it. */
#include "report/report.h"

#include "report/sinks.h"
#include "report/text.h"

static void cell(const struct twf_sink_options *o, struct twf_span value, struct twf_buf *out)
{
    const char *text;

    if (!o->defang || value.len == 0) {
        twf_text_csv(out, value);
        return;
    }
    twf_buf_byte(out, '"');
    if (twf_text_csv_risky(value))
        twf_buf_byte(out, '\'');
    while (value.len > 0) {
        twf_text_csv_part(out, twf_defang_next(&value, &text));
        twf_buf_str(out, text);
    }
    twf_buf_byte(out, '"');
}

static void put_pair(const struct twf_sink_options *o, const struct twf_pair *p,
                     struct twf_buf *out)
{
    /* rarity lies between 0 and 1; in millionths it needs no locale. */
    double rarity = p->rarity < 0 ? 0 : p->rarity > 1 ? 1 : p->rarity;

    cell(o, p->p2_org, out);
    twf_buf_byte(out, ',');
    cell(o, p->p1_org, out);
    twf_buf_byte(out, ',');
    twf_buf_u64(out, p->messages);
    twf_buf_byte(out, ',');
    if (p->first_us != INT64_MIN)
        (void)twf_text_time(out, p->first_us);
    twf_buf_byte(out, ',');
    if (p->last_us != INT64_MIN)
        (void)twf_text_time(out, p->last_us);
    twf_buf_byte(out, ',');
    twf_buf_u64(out, p->p1_locals);
    twf_buf_byte(out, ',');
    twf_text_ratio(out, p->authenticated, p->messages, 4);
    twf_buf_str(out, p->is_protected ? ",true," : ",false,");
    twf_text_ratio(out, (uint64_t)(rarity * 1e6 + 0.5), 1000000, 6);
    for (uint32_t i = 0; i < TWF_COUNT(p->ids); i++) {
        twf_buf_byte(out, ',');
        if (i < p->id_count)
            twf_text_csv(out, p->ids[i]);
    }
    twf_buf_byte(out, '\n');
}

void twf_pairs_render(const struct twf_sink_options *o, const struct twf_totals *t,
                      struct twf_buf *out)
{
    twf_buf_str(out, "p2_org,p1_org,messages,first,last,p1_locals,authenticated,protected,rarity,"
                     "message_id_1,message_id_2,message_id_3\n");
    for (uint64_t i = 0; i < t->pair_listed; i++)
        put_pair(o, &t->pairs[i], out);
}
