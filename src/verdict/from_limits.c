/* SPDX-License-Identifier: Apache-2.0 */
/* FROM_LIMIT: limits that were met where From and its witnesses are read, docs/verdicts.md 2. */
#include "base/compiler.h"
#include "verdict/from.h"

static void add_limit(struct twf_verdict *v, enum twf_limit id, uint64_t off)
{
    if (v->limit_count < TWF_COUNT(v->limits))
        v->limits[v->limit_count++] = (struct twf_limit_hit){id, off};
}

/* A field whose cut value could hide something: From-like, Sender, P1 sources, Received, List-*. */
static bool is_read(const struct twf_head *h, const struct twf_field *f)
{
    if (f->from_kind != TWF_FROM_NONE)
        return true;
    switch (f->id) {
    case TWF_FIELD_SENDER:
    case TWF_FIELD_RETURN_PATH:
    case TWF_FIELD_RECEIVED:
    case TWF_FIELD_AUTHRES:
    case TWF_FIELD_RECEIVED_SPF:
    case TWF_FIELD_X_ENVELOPE_FROM:
    case TWF_FIELD_ENVELOPE_SENDER:
    case TWF_FIELD_X_ENVELOPE_SENDER:
    case TWF_FIELD_X_MAILFROM:
    case TWF_FIELD_X_ORIGINAL_RETURN_PATH:
    case TWF_FIELD_X_SA_EXIM_MAIL_FROM:
    case TWF_FIELD_X_GREYLIST:
        return true;
    default:
        return twf_span_starts_fold(twf_field_name(h, f), "list-");
    }
}

static bool is_cut_field_read(const struct twf_head *h, uint64_t off)
{
    for (uint32_t i = 0; i < h->field_count; i++) {
        const struct twf_field *f = &h->fields[i];

        if ((f->flags & TWF_FIELD_CUT) != 0 && f->end == off)
            return is_read(h, f);
    }
    return false;
}

static void raise_limit(const struct twf_head *h, struct twf_verdict *v, enum twf_limit id,
                        uint64_t off)
{
    twf_verdict_raise(v, TWF_F_FROM_LIMIT, TWF_LEVEL_MEDIUM, (uint32_t)off, off < h->block.len,
                      twf_span_str(twf_limit_name(id)));
}

static void find_in_value(const struct twf_head *h, const struct twf_from *f, struct twf_verdict *v)
{
    static const struct {
        enum twf_addr_error error;
        enum twf_limit limit;
    } rows[] = {
        {TWF_ADDR_TOO_MANY, TWF_LIMIT_MAILBOXES},
        {TWF_ADDR_COMMENT_DEPTH, TWF_LIMIT_COMMENT},
    };

    if (f->cut) {
        uint32_t off = twf_from_raw_off(f, (uint32_t)f->value.len);

        add_limit(v, TWF_LIMIT_FROM, off);
        raise_limit(h, v, TWF_LIMIT_FROM, off);
    }
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        uint32_t off;

        if ((f->errors & 1u << rows[i].error) == 0)
            continue;
        off = twf_from_raw_off(f, f->error_off[rows[i].error]);
        add_limit(v, rows[i].limit, off);
        raise_limit(h, v, rows[i].limit, off);
    }
}

void twf_find_limits(const struct twf_from_input *in, struct twf_verdict *v)
{
    const struct twf_head *h = in->subject->head;

    for (uint32_t i = 0; i < h->limit_count; i++) {
        const struct twf_limit_hit *hit = &h->limits[i];

        add_limit(v, hit->id, hit->off);
        if (hit->id != TWF_LIMIT_FIELD || is_cut_field_read(h, hit->off))
            raise_limit(h, v, hit->id, hit->off);
    }
    for (uint32_t i = 0; i < v->from_count; i++) {
        const struct twf_field *f = v->from_fields[i];

        find_in_value(h, &v->froms[i], v);
        if (f != NULL && (f->flags & TWF_FIELD_LONG_LINE) != 0)
            twf_verdict_raise(v, TWF_F_FROM_LIMIT, TWF_LEVEL_MEDIUM, f->off, f->end - f->off,
                              twf_span_str("line longer than 998 bytes"));
    }
}
