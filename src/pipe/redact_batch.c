/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which column holds what. A column that is not named here holds our own words and numbers: whoever adds one
 * that holds bytes of mail adds it here, and tests/privacy fails until that is done.
 */
#include "pipe/redact.h"

#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"

enum what {
    OURS,
    TEXT,     /* what people wrote */
    ADDRESS,
    DOMAIN,
    PATH,
    WORD,     /* a word such as "pass", if it is one */
    PLACED,   /* NAME=value@OFFSET, or NAME=value */
    NOTED     /* CODE@OFFSET+LENGTH note */
};

static enum what what_of(enum twf_col_id id)
{
    switch (id) {
    case TWF_COL_member:
    case TWF_COL_subject:
    case TWF_COL_p1_raw:
    case TWF_COL_from_raw:
    case TWF_COL_p2_display:
    case TWF_COL_exchange_tag:
    case TWF_COL_sender_raw:
    case TWF_COL_reply_to_raw:
    case TWF_COL_return_path_raw:
    case TWF_COL_to_raw:
    case TWF_COL_subject_raw:
    case TWF_COL_date_raw:
    case TWF_COL_list_id:
    case TWF_COL_authentication_results:
    case TWF_COL_received:
    case TWF_COL_header_rest: return TEXT;
    case TWF_COL_message_id:
    case TWF_COL_p1_address:
    case TWF_COL_p1_inner:
    case TWF_COL_p2_address:
    case TWF_COL_sender_address:
    case TWF_COL_reply_to_address: return ADDRESS;
    case TWF_COL_p1_domain:
    case TWF_COL_p1_org:
    case TWF_COL_p2_domain:
    case TWF_COL_p2_org:
    case TWF_COL_auth_server: return DOMAIN;
    case TWF_COL_source_uri: return PATH;
    case TWF_COL_auth_spf:
    case TWF_COL_auth_dkim:
    case TWF_COL_auth_dmarc:
    case TWF_COL_auth_compauth: return WORD;
    case TWF_COL_p1_seen:
    case TWF_COL_p2_readers: return PLACED;
    case TWF_COL_finding_evidence:
    case TWF_COL_allowance_evidence: return NOTED;
    default: return OURS;
    }
}

static bool is_word(struct twf_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < 'a' || s.ptr[i] > 'z')
            return false;
    }
    return s.len <= 16;
}

/* Digits to the end, at least one. */
static bool is_number(struct twf_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    }
    return s.len > 0;
}

/* The value of NAME=value@OFFSET: an address, a domain, or something else. */
static void put_placed(const struct twf_redact *r, struct twf_span value, struct twf_buf *out)
{
    size_t from = TWF_MIN(twf_span_find(value, '=') + 1, value.len), to = value.len;
    struct twf_span inner;

    while (to > from && value.ptr[to - 1] != '@')
        to--;
    if (to == from || !is_number(twf_span_slice(value, to, value.len)))
        to = value.len + 1; /* no offset stands behind it */
    inner = twf_span_slice(value, from, to - 1);
    twf_buf_span(out, twf_span_slice(value, 0, from));
    if (twf_span_find(inner, '@') < inner.len)
        twf_redact_address(r, inner, out);
    else if (inner.len > 0 && inner.ptr[0] != '<')
        twf_redact_domain(r, inner, out);
    else if (twf_span_is(inner, "<>"))
        twf_buf_span(out, inner);
    else
        twf_redact_text(r, inner, out);
    twf_buf_span(out, twf_span_slice(value, to - 1, value.len));
}

static void put(const struct twf_redact *r, enum what what, struct twf_span value, struct twf_buf *out)
{
    size_t blank = what == NOTED ? twf_span_find(value, ' ') : 0;

    switch (what) {
    case ADDRESS: twf_redact_address(r, value, out); break;
    case DOMAIN: twf_redact_domain(r, value, out); break;
    case PATH: twf_redact_path(r, value, out); break;
    case PLACED: put_placed(r, value, out); break;
    case WORD:
        if (is_word(value))
            twf_buf_span(out, value);
        else
            twf_redact_text(r, value, out);
        break;
    case NOTED:
        twf_buf_span(out, twf_span_slice(value, 0, blank + (blank < value.len)));
        twf_redact_text(r, twf_span_slice(value, blank + 1, value.len), out);
        break;
    default: twf_redact_text(r, value, out); break;
    }
}

static void redact_column(const struct twf_redact *r, struct twf_batch *b, enum twf_col_id id,
                          enum what what)
{
    struct twf_col old = b->cols[id];
    struct twf_buf value;

    if (old.rows == 0 || b->rows == 0)
        return;
    twf_buf_init(&value);
    b->cols[id] = (struct twf_col){.type = old.type};
    for (uint32_t row = 0; row < b->rows; row++) {
        uint32_t n = 1;

        if (!twf_col_valid(&old, row))
            continue;
        if (old.type == TWF_TYPE_LIST) {
            n = twf_col_list_len(&old, row);
            twf_batch_list(b, id, row);
        }
        for (uint32_t i = 0; i < n; i++) {
            twf_buf_reset(&value);
            if (old.type == TWF_TYPE_LIST) {
                put(r, what, twf_col_list_item(&old, row, i), &value);
                twf_batch_item(b, id, row, twf_buf_view(&value));
            } else {
                put(r, what, twf_col_bytes(&old, row), &value);
                twf_batch_bytes(b, id, row, twf_buf_view(&value));
            }
            b->failed |= value.failed;
        }
    }
    twf_buf_fini(&value);
    twf_free(old.validity);
    twf_free(old.list_offsets);
    twf_free(old.offsets);
    twf_free(old.data);
}

void twf_redact_batch(const struct twf_redact *r, struct twf_batch *b)
{
    for (int id = 0; id < TWF_COL_COUNT; id++) {
        enum what what = what_of((enum twf_col_id)id);

        if (what != OURS)
            redact_column(r, b, (enum twf_col_id)id, what);
    }
    twf_batch_finish(b, b->rows);
}
