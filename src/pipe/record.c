/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row. UTF8 columns hold valid UTF-8 whatever the message held: bytes that are none are written as
 * \xHH, so that the value can be read back by eye; the BIN columns have the bytes themselves.
 */
#include "pipe/record.h"

#include "base/compiler.h"
#include "base/utf8.h"

static const char HEX[] = "0123456789ABCDEF";

static void put_valid(struct twf_buf *out, struct twf_span s)
{
    size_t from = 0;
    uint32_t cp;

    if (TWF_LIKELY(twf_is_ascii(s))) {
        twf_buf_span(out, s);
        return;
    }
    for (size_t i = 0; i < s.len;) {
        size_t len = twf_utf8_next(s.ptr + i, s.len - i, &cp);

        if (len > 0) {
            i += len;
            continue;
        }
        twf_buf_span(out, twf_span_slice(s, from, i));
        twf_buf_put(out, (char[]){'\\', 'x', HEX[s.ptr[i] >> 4], HEX[s.ptr[i] & 15]}, 4);
        from = ++i;
    }
    twf_buf_span(out, twf_span_slice(s, from, s.len));
}

struct row {
    struct twf_batch *b;
    uint32_t at;
    bool whole; /* else what an index leaves out need not be there */
    struct twf_buf *scratch;
};

static void text(const struct row *r, enum twf_col_id id, struct twf_span s)
{
    if (s.len == 0)
        return;
    if (!twf_utf8_valid(s)) {
        twf_buf_reset(r->scratch);
        put_valid(r->scratch, s);
        s = twf_buf_view(r->scratch);
    }
    twf_batch_bytes(r->b, id, r->at, s);
}

static void lower_text(const struct row *r, enum twf_col_id id, struct twf_span s)
{
    uint8_t few[16];

    if (s.len == 0)
        return;
    /* Nearly always "pass" or another word. */
    if (TWF_LIKELY(s.len <= sizeof(few) && twf_is_ascii(s))) {
        for (size_t i = 0; i < s.len; i++)
            few[i] = twf_lower_byte(s.ptr[i]);
        twf_batch_bytes(r->b, id, r->at, twf_span(few, s.len));
        return;
    }
    twf_buf_reset(r->scratch);
    put_valid(r->scratch, s);
    for (size_t i = 0; i < r->scratch->len; i++)
        r->scratch->ptr[i] = twf_lower_byte(r->scratch->ptr[i]);
    twf_batch_bytes(r->b, id, r->at, twf_buf_view(r->scratch));
}

static void words(const struct row *r, enum twf_col_id id, const char *s)
{
    twf_batch_str(r->b, id, r->at, s);
}

static void number(const struct row *r, enum twf_col_id id, int64_t value)
{
    twf_batch_int(r->b, id, r->at, value);
}

static void when(const struct row *r, enum twf_col_id id, int64_t us)
{
    if (us != INT64_MIN)
        number(r, id, us);
}

/* "local@domain" into the scratch; the domain alone where there is no local part. */
static void address(struct twf_buf *out, struct twf_span local, struct twf_span domain)
{
    put_valid(out, local);
    if (local.len > 0 && domain.len > 0)
        twf_buf_byte(out, '@');
    put_valid(out, domain);
}

/* "@off", and "@off+len " */
static void put_off(struct twf_buf *out, uint64_t off)
{
    twf_buf_byte(out, '@');
    twf_buf_u64(out, off);
}

static void put_range(struct twf_buf *out, uint32_t off, uint32_t len)
{
    put_off(out, off);
    twf_buf_byte(out, '+');
    twf_buf_u64(out, len);
    twf_buf_byte(out, ' ');
}

static void put_record_id(const struct row *r, const struct twf_place *p, uint64_t off)
{
    twf_buf_reset(r->scratch);
    twf_buf_str(r->scratch, p->source_id);
    twf_buf_byte(r->scratch, ':');
    twf_buf_u64(r->scratch, off);
    twf_buf_byte(r->scratch, ':');
    twf_buf_u64(r->scratch, p->ordinal);
    twf_batch_bytes(r->b, TWF_COL_record_id, r->at, twf_buf_view(r->scratch));
}

static void put_place(const struct row *r, const struct twf_setup *s, const struct twf_place *p,
                      const struct twf_subject *subject)
{
    const struct twf_message *m = subject->message;
    char hash[33];

    if (r->whole) {
        words(r, TWF_COL_schema, "twofrom.flag/1");
        words(r, TWF_COL_run_id, s->run_id);
    }
    if (r->whole || p->ordinal > 0)
        put_record_id(r, p, m->off);
    words(r, TWF_COL_source_uri, p->source_uri);
    words(r, TWF_COL_source_id, p->source_id);
    text(r, TWF_COL_member, m->member);
    words(r, TWF_COL_container_format, twf_container_name(m->container));
    number(r, TWF_COL_frame_index, p->frame_index);
    number(r, TWF_COL_frame_offset, p->frame_offset);
    words(r, TWF_COL_frame_verified, p->verified);
    number(r, TWF_COL_message_offset, (int64_t)m->off);
    number(r, TWF_COL_message_length, (int64_t)m->len);
    number(r, TWF_COL_message_index, (int64_t)m->index);
    twf_hash_hex(subject->head->block.ptr, subject->head->block.len, hash);
    words(r, TWF_COL_message_hash, hash);
    number(r, TWF_COL_journal_depth, subject->journal == NULL ? 0 : subject->journal->depth);
    if (subject->journal != NULL && subject->journal->form != TWF_JOURNAL_NONE)
        words(r, TWF_COL_journal_form,
              subject->journal->form == TWF_JOURNAL_2007   ? "exchange2007"
              : subject->journal->form == TWF_JOURNAL_2003 ? "exchange2003"
                                                           : "lookalike");
}

static void put_p1(const struct row *r, const struct twf_verdict *v)
{
    if (v->deciding >= 0) {
        twf_batch_bytes(r->b, TWF_COL_p1_raw, r->at, v->p1_raw);
        number(r, TWF_COL_p1_rank, v->p1_rank);
    }
    if (v->p1_has_address) {
        twf_buf_reset(r->scratch);
        address(r->scratch, v->p1_local, v->p1_domain.name);
        twf_batch_bytes(r->b, TWF_COL_p1_address, r->at, twf_buf_view(r->scratch));
    }
    text(r, TWF_COL_p1_domain, v->p1_domain.name);
    text(r, TWF_COL_p1_org, v->p1_domain.org);
    text(r, TWF_COL_p1_inner, v->p1_inner);
    words(r, TWF_COL_p1_source, twf_p1_kind_names[v->p1_kind]);
    words(r, TWF_COL_p1_trust, twf_trust_names[v->p1_trust]);
    number(r, TWF_COL_p1_null, v->p1_null);
    twf_batch_list(r->b, TWF_COL_p1_seen, r->at);
    for (uint32_t i = 0; i < v->source_count; i++) {
        const struct twf_p1_source *s = &v->sources[i];

        twf_buf_reset(r->scratch);
        twf_buf_str(r->scratch, twf_p1_kind_names[s->kind]);
        twf_buf_byte(r->scratch, '=');
        put_valid(r->scratch, s->path.raw);
        put_off(r->scratch, s->off);
        twf_batch_item(r->b, TWF_COL_p1_seen, r->at, twf_buf_view(r->scratch));
    }
    words(r, TWF_COL_zone, twf_zone_names[v->zone]);
}

/* S1 to S5 take the author for whom the verdict takes him. */
static bool readers_agree(const struct twf_verdict *v)
{
    if (!v->p2_has_address || v->reading_count != 5)
        return false;
    for (uint32_t i = 0; i < 5; i++) {
        if ((uint32_t)v->readings[i].reader != i + 1 || !twf_span_eq(v->readings[i].local, v->p2_local) ||
            !twf_span_eq(v->readings[i].domain.name, v->p2_domain.name))
            return false;
    }
    return true;
}

static void put_readers(const struct row *r, const struct twf_verdict *v)
{
    if (!r->whole && readers_agree(v))
        return;
    twf_batch_list(r->b, TWF_COL_p2_readers, r->at);
    for (uint32_t i = 0; i < v->reading_count; i++) {
        twf_buf_reset(r->scratch);
        twf_buf_put(r->scratch, (char[]){'S', (char)('0' + v->readings[i].reader), '='}, 3);
        address(r->scratch, v->readings[i].local, v->readings[i].domain.name);
        twf_batch_item(r->b, TWF_COL_p2_readers, r->at, twf_buf_view(r->scratch));
    }
}

static void put_p2(const struct row *r, const struct twf_subject *subject,
                   const struct twf_verdict *v)
{
    for (uint32_t i = 0; i < v->from_count; i++) {
        const struct twf_field *f = v->from_fields[i];

        /* kind d has no field of its own: what stands there is the line's value */
        struct twf_span raw = f != NULL ? twf_field_value(subject->head, f) : v->froms[i].value;

        if (i == 0) {
            twf_batch_bytes(r->b, TWF_COL_from_raw, r->at, raw);
        } else {
            twf_batch_bytes_more(r->b, TWF_COL_from_raw, r->at, twf_span("\n", 1));
            twf_batch_bytes_more(r->b, TWF_COL_from_raw, r->at, raw);
        }
    }
    if (v->p2_has_address) {
        twf_buf_reset(r->scratch);
        address(r->scratch, v->p2_local, v->p2_domain.name);
        twf_batch_bytes(r->b, TWF_COL_p2_address, r->at, twf_buf_view(r->scratch));
        text(r, TWF_COL_p2_domain, v->p2_domain.name);
        text(r, TWF_COL_p2_org, v->p2_domain.org);
    }
    text(r, TWF_COL_p2_display, v->p2_display);
    number(r, TWF_COL_p2_field_count, v->from_count);
    number(r, TWF_COL_p2_mailbox_count, v->p2_mailbox_count);
    put_readers(r, v);
    text(r, TWF_COL_sender_address, v->sender_address);
    text(r, TWF_COL_reply_to_address, v->reply_to_address);
}

/* A CVE is named once, however many findings share it. */
static bool cve_seen(const struct twf_verdict *v, uint32_t before, const char *cve)
{
    for (uint32_t i = 0; i < before; i++) {
        if (strcmp(twf_finding_infos[v->findings[i].code].cve, cve) == 0)
            return true;
    }
    return false;
}

static void put_findings(const struct row *r, const struct twf_setup *s, const struct twf_verdict *v)
{
    static const enum twf_col_id lists[] = {TWF_COL_findings,         TWF_COL_cves,
                                            TWF_COL_finding_evidence, TWF_COL_allowances,
                                            TWF_COL_allowance_evidence, TWF_COL_rule_ids,
                                            TWF_COL_limits};

    for (size_t i = 0; i < TWF_COUNT(lists); i++)
        twf_batch_list(r->b, lists[i], r->at);
    for (uint32_t i = 0; i < v->finding_count; i++) {
        const struct twf_finding *f = &v->findings[i];
        const struct twf_finding_info *info = &twf_finding_infos[f->code];

        twf_batch_item(r->b, TWF_COL_findings, r->at, twf_span_str(info->code));
        if (info->cve[0] != '\0' && !cve_seen(v, i, info->cve))
            twf_batch_item(r->b, TWF_COL_cves, r->at, twf_span_str(info->cve));
        twf_buf_reset(r->scratch);
        twf_buf_str(r->scratch, info->code);
        twf_buf_byte(r->scratch, '=');
        twf_buf_str(r->scratch, twf_level_names[f->level]);
        twf_buf_byte(r->scratch, '<');
        twf_buf_str(r->scratch, twf_level_names[f->level_before]);
        put_range(r->scratch, f->off, f->len);
        put_valid(r->scratch, f->note);
        twf_batch_item(r->b, TWF_COL_finding_evidence, r->at, twf_buf_view(r->scratch));
    }
    for (uint32_t i = 0; i < v->allowance_count; i++) {
        const struct twf_allowance *x = &v->allowances[i];
        const char *code = twf_allowance_infos[x->code].code;

        twf_batch_item(r->b, TWF_COL_allowances, r->at, twf_span_str(code));
        twf_buf_reset(r->scratch);
        twf_buf_str(r->scratch, code);
        put_range(r->scratch, x->off, x->len);
        put_valid(r->scratch, x->note);
        twf_batch_item(r->b, TWF_COL_allowance_evidence, r->at, twf_buf_view(r->scratch));
    }
    for (uint32_t i = 0; i < v->limit_count; i++) {
        twf_buf_reset(r->scratch);
        twf_buf_str(r->scratch, twf_limit_name(v->limits[i].id));
        twf_buf_byte(r->scratch, '=');
        twf_buf_u64(r->scratch, s->limits.value[v->limits[i].id]);
        put_off(r->scratch, v->limits[i].off);
        twf_batch_item(r->b, TWF_COL_limits, r->at, twf_buf_view(r->scratch));
    }
}

void twf_record_subject(struct twf_batch *b, uint32_t row, struct twf_span raw, struct twf_arena *a,
                        struct twf_buf *scratch)
{
    struct row r = {b, row, true, scratch};
    uint32_t decoded;

    text(&r, TWF_COL_subject, twf_decode_words(a, raw, &decoded));
}

/* The column of a raw field, or TWF_COL_COUNT. */
static enum twf_col_id raw_column(uint16_t field)
{
    switch (field) {
    case TWF_FIELD_SENDER: return TWF_COL_sender_raw;
    case TWF_FIELD_REPLY_TO: return TWF_COL_reply_to_raw;
    case TWF_FIELD_RETURN_PATH: return TWF_COL_return_path_raw;
    case TWF_FIELD_TO: return TWF_COL_to_raw;
    case TWF_FIELD_SUBJECT: return TWF_COL_subject_raw;
    case TWF_FIELD_DATE: return TWF_COL_date_raw;
    case TWF_FIELD_LIST_ID: return TWF_COL_list_id;
    case TWF_FIELD_AUTHRES: return TWF_COL_authentication_results;
    case TWF_FIELD_RECEIVED: return TWF_COL_received;
    default: return TWF_COL_COUNT;
    }
}

/* Fields as they stand, top to bottom; repeated ones are joined by one LF. */
static void put_raw(const struct row *r, const struct twf_setup *s, const struct twf_head *h)
{
    bool seen[TWF_COL_COUNT] = {false};

    for (uint32_t i = 0; i < h->field_count; i++) {
        const struct twf_field *f = &h->fields[i];
        enum twf_col_id col = raw_column(f->id);

        if (col == TWF_COL_COUNT || (!s->with_headers && (col == TWF_COL_authentication_results ||
                                                          col == TWF_COL_received)))
            continue;
        if (seen[col]) {
            twf_batch_bytes_more(r->b, col, r->at, twf_span("\n", 1));
            twf_batch_bytes_more(r->b, col, r->at, twf_field_value(h, f));
        } else {
            twf_batch_bytes(r->b, col, r->at, twf_field_value(h, f));
        }
        seen[col] = true;
    }
}

void twf_record_put(struct twf_batch *b, uint32_t row, const struct twf_setup *s,
                    const struct twf_place *place, const struct twf_subject *subject,
                    const struct twf_verdict *v, bool whole, struct twf_arena *a,
                    struct twf_buf *scratch)
{
    struct row r = {b, row, whole, scratch};
    const struct twf_field *f;

    put_place(&r, s, place, subject);
    text(&r, TWF_COL_message_id, v->message_id);
    when(&r, TWF_COL_date, v->date_us);
    when(&r, TWF_COL_date_received, v->date_received_us);
    if (s->with_subject && (f = twf_head_first(subject->head, TWF_FIELD_SUBJECT)) != NULL)
        twf_record_subject(b, row, twf_field_value(subject->head, f), a, scratch);
    number(&r, TWF_COL_rcpt_count, v->rcpt_count);
    put_p1(&r, v);
    put_p2(&r, subject, v);
    words(&r, TWF_COL_relation, twf_relation_names[v->relation]);
    words(&r, TWF_COL_verdict, twf_class_names[v->verdict_class]);
    words(&r, TWF_COL_level, twf_level_names[v->level]);
    number(&r, TWF_COL_score, v->score);
    put_findings(&r, s, v);
    if (v->exchange_tag_present)
        text(&r, TWF_COL_exchange_tag, v->exchange_tag);
    text(&r, TWF_COL_auth_server, v->stated.server);
    lower_text(&r, TWF_COL_auth_spf, v->stated.spf);
    lower_text(&r, TWF_COL_auth_dkim, v->stated.dkim);
    lower_text(&r, TWF_COL_auth_dmarc, v->stated.dmarc);
    lower_text(&r, TWF_COL_auth_compauth, v->stated.compauth);
    if (s->raw_columns)
        put_raw(&r, s, subject->head);
    if (s->with_headers)
        twf_batch_bytes(b, TWF_COL_header_rest, row, subject->head->block);
    if (scratch->failed)
        b->failed = true;
}
