/* SPDX-License-Identifier: Apache-2.0 */
/* Explain, P2: every From-like field as it stands, what the strict parse and the readers make of
 * it. */
#include "report/explain.h"

#include "report/text.h"

static const char *const error_texts[TWF_ADDR_ERROR_COUNT] = {
    [TWF_ADDR_TEXT_AFTER] = "text after the > of an address",
    [TWF_ADDR_ANGLE_NESTED] = "< inside an open <",
    [TWF_ADDR_ANGLE_NESTED_AT] = "< behind an @ inside an open <",
    [TWF_ADDR_UNCLOSED] = "a bracket or quote that is never closed",
    [TWF_ADDR_ROUTE] = "a source route",
    [TWF_ADDR_GROUP] = "a group",
    [TWF_ADDR_GROUP_ANGLE_AT] = "<, > or @ in front of a group's colon",
    [TWF_ADDR_GROUP_OPEN] = "a group that is never ended",
    [TWF_ADDR_GROUP_TAIL] = "text after the ; of a group",
    [TWF_ADDR_SEMICOLON] = "a ; outside a group",
    [TWF_ADDR_COMMA_PHRASE] = "an unquoted comma in a name",
    [TWF_ADDR_PLAIN_DISPLAY] = "an unquoted address as a name",
    [TWF_ADDR_EMPTY_ANGLE] = "empty <>",
    [TWF_ADDR_NO_AT] = "an element without @",
    [TWF_ADDR_BAD_LOCAL] = "no local part",
    [TWF_ADDR_BAD_DOMAIN] = "no domain",
    [TWF_ADDR_BAD_PHRASE] = "a byte no name may have",
    [TWF_ADDR_EMPTY] = "nothing but blanks and comments",
    [TWF_ADDR_ENCODED_WORD] = "an encoded-word inside an address",
    [TWF_ADDR_TOO_MANY] = "more mailboxes than the limit",
    [TWF_ADDR_COMMENT_DEPTH] = "comments deeper than the limit",
    [TWF_ADDR_GROUP_NAMELESS] = "a group without a name",
    [TWF_ADDR_GROUP_NESTED] = "a group inside a group",
    [TWF_ADDR_LOCAL_DOTS] = "a dot too many in the local part",
};

static const char *kind_text(uint8_t kind)
{
    return kind == 'a'   ? "the name is From"
           : kind == 'b' ? "From with blanks before the colon"
           : kind == 'c' ? "From to some readers only"
                         : "a From line inside another field";
}

/*
 * The raw value: unfolding took CRLF or LF and left the blank, so the bytes that went missing at a
 * fold (the growth of skip) tell which it was.
 */
static void put_raw(const struct twf_sink_options *o, const struct twf_from *f, struct twf_buf *out)
{
    uint32_t at = 0, skip = 0;

    twf_buf_str(out, "\"");
    for (uint32_t i = 0; i < f->fold_count && f->folds[i].at <= f->value.len; i++) {
        twf_explain_value(o, out, twf_span_slice(f->value, at, f->folds[i].at));
        twf_buf_str(out, f->folds[i].skip - skip == 2 ? "\\x0D\\x0A" : "\\x0A");
        at = f->folds[i].at;
        skip = f->folds[i].skip;
    }
    twf_explain_value(o, out, twf_span_slice(f->value, at, f->value.len));
    twf_buf_str(out, f->cut ? "\" (cut)" : "\"");
}

/* A range of the unfolded value, as the raw bytes it comes from. */
static void put_range(const struct twf_from *f, uint32_t off, uint32_t len, struct twf_buf *out)
{
    uint32_t from = twf_from_raw_off(f, off);
    uint32_t to = len == 0 ? from : twf_from_raw_off(f, off + len - 1) + 1;

    twf_explain_place(out, from, to - from);
}

static void put_mailbox(const struct twf_sink_options *o, const struct twf_from *f, uint32_t i,
                        struct twf_buf *out)
{
    const struct twf_mailbox *m = &f->mailboxes[i];

    twf_explain_label(out, "");
    twf_buf_printf(out, "  mailbox %u  ", i + 1);
    twf_explain_address(o, out, m->local, m->domain.name);
    put_range(f, m->off, m->len, out);
    if (m->angle)
        twf_buf_str(out, ", in <>");
    if (m->in_group)
        twf_buf_str(out, ", in a group");
    if (m->route_len > 0) {
        twf_buf_str(out, ", route");
        put_range(f, m->route_off, m->route_len, out);
    }
    if (m->display.len > 0) {
        twf_buf_str(out, ", name \"");
        twf_explain_value(o, out, m->display);
        twf_buf_byte(out, '"');
    }
    twf_buf_byte(out, '\n');
}

static void put_errors(const struct twf_from *f, struct twf_buf *out)
{
    for (uint32_t e = 0; e < TWF_ADDR_ERROR_COUNT; e++) {
        if ((f->errors >> e & 1) == 0)
            continue;
        twf_explain_label(out, "");
        twf_buf_str(out, "  met        ");
        twf_buf_str(out, error_texts[e] == NULL ? "another error" : error_texts[e]);
        put_range(f, f->error_off[e], f->error_len[e], out);
        twf_buf_byte(out, '\n');
    }
}

static void put_field(const struct twf_sink_options *o, const struct twf_verdict *v, uint32_t i,
                      struct twf_buf *out)
{
    const struct twf_from *f = &v->froms[i];

    twf_explain_label(out, i == 0 ? "P2" : "");
    twf_buf_printf(out, "field %u of %u, kind %c (%s), value", i + 1, v->from_count,
                   v->from_kinds[i], kind_text(v->from_kinds[i]));
    put_range(f, 0, (uint32_t)f->value.len, out);
    twf_buf_byte(out, '\n');
    twf_explain_label(out, "");
    twf_buf_str(out, "  raw        ");
    put_raw(o, f, out);
    twf_buf_byte(out, '\n');
    twf_explain_label(out, "");
    twf_buf_printf(out, "  grammar    %s\n",
                   !f->strict_ok ? "fails"
                   : f->obs      ? "obs (RFC 5322 section 4)"
                                 : "strict (RFC 5322 section 3.4)");
    put_errors(f, out);
    for (uint32_t k = 0; k < f->mailbox_count; k++)
        put_mailbox(o, f, k, out);
    if (f->comment_addr) {
        twf_explain_label(out, "");
        twf_buf_str(out, "  comment    with an address");
        put_range(f, f->comment_addr_off, f->comment_addr_len, out);
        twf_buf_byte(out, '\n');
    }
    if (f->display_text.len > 0) {
        twf_explain_label(out, "");
        twf_buf_str(out, "  shown text \"");
        twf_explain_value(o, out, f->display_text);
        twf_buf_str(out, "\"\n");
    }
}

static void put_reader(const struct twf_sink_options *o, const struct twf_verdict *v,
                       uint8_t reader, struct twf_buf *out)
{
    bool any = false;

    for (uint32_t i = 0; i < v->reading_count; i++) {
        const struct twf_reading *r = &v->readings[i];

        if (r->reader != reader)
            continue;
        twf_buf_str(out, any ? ", " : "");
        any = true;
        twf_explain_address(o, out, r->local, r->domain.name);
        if (r->len > 0 && r->from < v->from_count)
            put_range(&v->froms[r->from], r->off, r->len, out);
        if (r->decoded)
            twf_buf_str(out, " after decoding");
    }
    twf_buf_str(out, any ? "\n" : "-\n");
}

static void put_readers(const struct twf_sink_options *o, const struct twf_verdict *v,
                        struct twf_buf *out)
{
    static const char *const texts[] = {
        "first strict mailbox", "last strict mailbox",      "first <...@...>",
        "last <...@...>",       "S3 and S4 after decoding", "S1 to S5 on further fields",
    };

    for (uint8_t s = 1; s <= 6; s++) {
        twf_explain_label(out, s == 1 ? "readers" : "");
        twf_buf_printf(out, "S%u %-26s ", (unsigned)s, texts[s - 1]);
        put_reader(o, v, s, out);
    }
}

void twf_explain_p2(const struct twf_sink_options *o, const struct twf_verdict *v,
                    struct twf_buf *out)
{
    for (uint32_t i = 0; i < v->from_count; i++)
        put_field(o, v, i, out);
    twf_explain_label(out, v->from_count == 0 ? "P2" : "");
    if (v->from_count == 0)
        twf_buf_str(out, "no From-like field; ");
    if (v->p2_has_address) {
        twf_buf_str(out, "so P2 is ");
        twf_explain_address(o, out, v->p2_local, v->p2_domain.name);
    } else {
        twf_buf_str(out, "P2 has no address");
    }
    twf_buf_printf(out, ", mailboxes %u\n", v->p2_mailbox_count);
    if (v->p2_display.len > 0) {
        twf_explain_label(out, "");
        twf_buf_str(out, "shown as \"");
        twf_explain_value(o, out, v->p2_display);
        twf_buf_str(out, "\"\n");
    }
    twf_explain_label(out, "");
    twf_buf_str(out, "Sender ");
    twf_explain_address(o, out, twf_span(NULL, 0), v->sender_address);
    twf_buf_str(out, ", Reply-To ");
    twf_explain_address(o, out, twf_span(NULL, 0), v->reply_to_address);
    twf_buf_byte(out, '\n');
    put_readers(o, v, out);
}
