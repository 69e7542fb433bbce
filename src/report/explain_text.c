/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every step for one message (docs/verdicts.md section 10), so that its verdict can be derived by
 * hand from this text and the message. Offsets are bytes from the start of the header block,
 * written OFFSET+LENGTH. Here: the place, the zone and P1.
 */
#include "report/report.h"

#include "report/explain.h"
#include "report/sinks.h"
#include "report/text.h"

void twf_explain_label(struct twf_buf *out, const char *label)
{
    twf_buf_printf(out, "%-*s", (int)TWF_EXPLAIN_LABEL, label);
}

void twf_explain_value(const struct twf_sink_options *o, struct twf_buf *out, struct twf_span s)
{
    const char *text;

    if (!o->defang) {
        twf_text_plain(out, s, o->ascii);
        return;
    }
    while (s.len > 0) {
        twf_text_plain(out, twf_defang_next(&s, &text), o->ascii);
        twf_buf_str(out, text);
    }
}

void twf_explain_address(const struct twf_sink_options *o, struct twf_buf *out,
                         struct twf_span local, struct twf_span domain)
{
    if (local.len == 0 && domain.len == 0) {
        twf_buf_byte(out, '-');
        return;
    }
    if (local.len > 0) {
        twf_explain_value(o, out, local);
        twf_buf_str(out, o->defang ? "[@]" : "@");
    }
    twf_explain_value(o, out, domain);
}

void twf_explain_place(struct twf_buf *out, uint64_t off, uint64_t len)
{
    twf_buf_str(out, " at ");
    twf_buf_u64(out, off);
    twf_buf_byte(out, '+');
    twf_buf_u64(out, len);
}

static void put_note(const struct twf_sink_options *o, struct twf_buf *out, const char *before,
                     const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    twf_buf_str(out, before);
    twf_text_plain(out, twf_span_str(text), o->ascii);
}

static void put_message(const struct twf_sink_options *o, const struct twf_verdict *v,
                        const struct twf_subject_place *p, struct twf_buf *out)
{
    twf_explain_label(out, "message");
    twf_text_plain(out, twf_span_str(p->source == NULL ? "-" : p->source), o->ascii);
    twf_buf_str(out, ", decoded offset ");
    twf_text_commas(out, p->offset);
    twf_buf_str(out, ", ");
    twf_text_commas(out, p->length);
    twf_buf_str(out, " bytes, number ");
    twf_text_commas(out, p->index);
    if (p->frame_index >= 0) {
        twf_buf_str(out, ", frame ");
        twf_buf_i64(out, p->frame_index);
        put_note(o, out, ", checksum ", p->verified);
    }
    twf_buf_byte(out, '\n');
    if (p->member_note != NULL && p->member_note[0] != '\0') {
        twf_explain_label(out, "");
        put_note(o, out, "member ", p->member_note);
        twf_buf_byte(out, '\n');
    }
    if (p->journal_depth > 0 || p->journal_form != NULL) {
        twf_explain_label(out, "");
        twf_buf_printf(out, "inside %u journal report%s", p->journal_depth,
                       p->journal_depth == 1 ? "" : "s");
        put_note(o, out, ", form ", p->journal_form);
        twf_buf_byte(out, '\n');
    }
    twf_explain_label(out, "");
    twf_buf_str(out, "Message-ID ");
    if (v->message_id.len == 0)
        twf_buf_byte(out, '-');
    twf_text_plain(out, v->message_id, o->ascii);
    put_note(o, out, ", header hash ", p->hash);
    twf_buf_byte(out, '\n');
    twf_explain_label(out, "");
    twf_buf_str(out, "Date ");
    if (v->date_us == INT64_MIN || !twf_text_time(out, v->date_us))
        twf_buf_byte(out, '-');
    twf_buf_str(out, ", received ");
    if (v->date_received_us == INT64_MIN || !twf_text_time(out, v->date_received_us))
        twf_buf_byte(out, '-');
    twf_buf_printf(out, ", recipients %u\n", v->rcpt_count);
}

static void put_path(const struct twf_sink_options *o, const struct twf_path *path,
                     struct twf_buf *out)
{
    if (path->kind == TWF_PATH_NULL)
        twf_buf_str(out, "<>");
    else if (path->kind == TWF_PATH_MAILBOX || path->kind == TWF_PATH_DOMAIN)
        twf_explain_address(o, out, path->local, path->domain.name);
    else
        twf_buf_str(out, path->kind == TWF_PATH_X500 ? "an Exchange name" : "no reverse-path");
}

static void put_source(const struct twf_sink_options *o, const struct twf_p1_source *s, bool taken,
                       struct twf_buf *out)
{
    twf_buf_printf(out, "%-16s ", twf_p1_kind_names[s->kind]);
    put_path(o, &s->path, out);
    twf_buf_printf(out, "  rank %u, %s, ", (unsigned)s->rank, twf_trust_names[s->trust]);
    twf_buf_str(out, "raw \"");
    twf_explain_value(o, out, s->path.raw);
    twf_buf_byte(out, '"');
    twf_explain_place(out, s->off, s->path.raw.len);
    if (s->path.inner_form != NULL) {
        twf_buf_printf(out, ", inside %s: ", s->path.inner_form);
        twf_explain_address(o, out, s->path.inner_local, s->path.inner_domain);
    }
    twf_buf_str(out, taken ? "  <- taken\n" : "\n");
}

static void put_p1(const struct twf_sink_options *o, const struct twf_verdict *v,
                   struct twf_buf *out)
{
    twf_explain_label(out, "zone");
    twf_buf_str(out, twf_zone_names[v->zone]);
    if (v->zone_why.len > 0) {
        twf_buf_str(out, ": ");
        twf_text_plain(out, v->zone_why, o->ascii);
    }
    twf_buf_byte(out, '\n');
    for (uint32_t i = 0; i < v->source_count; i++) {
        twf_explain_label(out, i == 0 ? "P1" : "");
        put_source(o, &v->sources[i], v->deciding >= 0 && (uint32_t)v->deciding == i, out);
    }
    if (v->source_count == 0) {
        twf_explain_label(out, "P1");
        twf_buf_str(out, "no source: nobody recorded the envelope sender\n");
    }
    twf_explain_label(out, "");
    if (!v->p1_determined) {
        twf_buf_str(out, "not determined\n");
        return;
    }
    twf_buf_str(out, "so P1 is ");
    if (v->p1_null)
        twf_buf_str(out, "<>");
    else
        twf_explain_address(o, out, v->p1_local, v->p1_domain.name);
    twf_buf_printf(out, " by %s, rank %u, %s\n", twf_p1_kind_names[v->p1_kind],
                   (unsigned)v->p1_rank, twf_trust_names[v->p1_trust]);
}

static void put_versions(const struct twf_sink_options *o, const struct twf_subject_place *p,
                         struct twf_buf *out)
{
    if (p->version == NULL && p->psl_date == NULL)
        return;
    twf_explain_label(out, "versions");
    put_note(o, out, "twofrom ", p->version);
    put_note(o, out, "  PSL ", p->psl_date);
    put_note(o, out, " sha256 ", p->psl_sha256);
    put_note(o, out, "  tables ", p->tables);
    twf_buf_byte(out, '\n');
}

/* "  Label text", where there is any. */
static void put_line(const struct twf_sink_options *o, const char *label, struct twf_span text,
                     struct twf_buf *out)
{
    if (text.len == 0)
        return;
    twf_explain_label(out, "");
    twf_buf_printf(out, "%-16s ", label);
    twf_explain_value(o, out, text);
    twf_buf_byte(out, '\n');
}

static void put_rcpt(const struct twf_sink_options *o, const struct twf_journal_rcpt *r,
                     struct twf_buf *out)
{
    twf_explain_label(out, "");
    twf_buf_printf(out, "%-16s ",
                   r->kind == 't'   ? "To"
                   : r->kind == 'c' ? "Cc"
                   : r->kind == 'b' ? "Bcc"
                                    : "Recipient");
    twf_explain_value(o, out, r->address);
    if (r->expanded.len > 0) {
        twf_buf_str(out, ", expanded from ");
        twf_explain_value(o, out, r->expanded);
    }
    if (r->forwarded.len > 0) {
        twf_buf_str(out, ", forwarded by ");
        twf_explain_value(o, out, r->forwarded);
    }
    twf_buf_byte(out, '\n');
}

/* The envelope that a journal report tells ([MS-XJRNL] section 2.1.1). Its Sender is no P1. */
static void put_journal(const struct twf_sink_options *o, const struct twf_subject_place *p,
                        struct twf_buf *out)
{
    static const char *const kinds[] = {"none", "an SMTP address", "an Exchange name",
                                        "unspecified"};
    enum { SHOWN = 100 };
    const struct twf_journal *j = p->journal;

    if (j == NULL)
        return;
    twf_explain_label(out, "journal");
    twf_buf_printf(out, "Sender           %s", kinds[j->sender_kind]);
    if (j->sender.len > 0) {
        twf_buf_str(out, ": ");
        twf_explain_value(o, out, j->sender);
        twf_explain_place(out, j->sender_off, j->sender.len);
    }
    twf_buf_str(out, ", no proof of P1\n");
    put_line(o, "On-Behalf-Of", j->on_behalf_of, out);
    put_line(o, "Message-ID", j->message_id, out);
    put_line(o, "Label", j->label, out);
    put_line(o, "SentUtc", j->sent_utc, out);
    put_line(o, "ReceivedUtc", j->received_utc, out);
    for (uint32_t i = 0; i < j->rcpt_count && i < SHOWN; i++)
        put_rcpt(o, &j->rcpts[i], out);
    if (j->rcpt_count > SHOWN) {
        twf_explain_label(out, "");
        twf_buf_printf(out, "and %u more recipients\n", j->rcpt_count - SHOWN);
    }
}

void twf_explain_text(const struct twf_sink_options *o, const struct twf_verdict *v,
                      const struct twf_subject_place *place, struct twf_buf *out)
{
    put_message(o, v, place, out);
    put_journal(o, place, out);
    put_p1(o, v, out);
    twf_explain_p2(o, v, out);
    twf_explain_result(o, v, place, out);
    put_versions(o, place, out);
}
