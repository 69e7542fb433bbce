/* SPDX-License-Identifier: Apache-2.0 */
/* twofrom.annotate/1, key by key. */
#include "api/manifest.h"

#include <openssl/sha.h>

#include "report/report.h"

bool twf_manifest_has_dkim(const struct twf_head *head)
{
    for (uint32_t i = 0; i < head->field_count; i++) {
        if (twf_span_is_fold(twf_span_trim(twf_field_name(head, &head->fields[i])),
                             "dkim-signature"))
            return true;
    }
    return false;
}

static void put_sha256(struct twf_buf *out, const char *key, struct twf_span bytes)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];

    (void)SHA256(bytes.ptr, bytes.len, digest);
    twf_buf_printf(out, "\"%s\":{\"length\":%zu,\"sha256\":\"", key, bytes.len);
    for (size_t i = 0; i < sizeof(digest); i++)
        twf_buf_printf(out, "%02x", digest[i]);
    twf_buf_str(out, "\"}");
}

static void put_string(struct twf_buf *out, const struct twf_kernels *k, const char *key,
                       struct twf_span text)
{
    twf_buf_printf(out, "\"%s\":\"", key);
    twf_text_json(out, k, text);
    twf_buf_str(out, "\"");
}

static void put_edits(struct twf_buf *out, const struct twf_annotate_result *r)
{
    twf_buf_str(out, "\"edits\":[");
    for (size_t i = 0; i < r->edit_count; i++) {
        twf_buf_printf(out, "%s{\"offset\":%llu,\"inserted\":%llu,\"removed_b64\":\"",
                       i == 0 ? "" : ",", (unsigned long long)r->edits[i].off,
                       (unsigned long long)r->edits[i].inserted);
        twf_text_base64(out, r->edits[i].removed);
        twf_buf_str(out, "\"}");
    }
    twf_buf_str(out, "]");
}

/* What the copy is to be taken for. */
static const char *word_of(const struct twf_annotate_result *r)
{
    switch (r->what) {
    case TWF_ANNOTATED_WRAPPED:
        return "wrapped";
    case TWF_ANNOTATED_HEADER:
        return "header";
    case TWF_ANNOTATED_ALREADY:
        return "nothing";
    default:
        return "edited";
    }
}

void twf_manifest_put(const struct twf_manifest *m, const struct twf_kernels *k,
                      struct twf_buf *out)
{
    const struct twf_annotate_result *r = m->result;

    twf_buf_str(out, "{\"schema\":\"twofrom.annotate/1\",");
    put_string(out, k, "copy_name", twf_span_str(m->name));
    twf_buf_byte(out, ',');
    put_string(out, k, "source", twf_span_str(m->asked->path));
    twf_buf_printf(out, ",\"message_offset\":%llu,\"journal_ordinal\":%lu,",
                   (unsigned long long)m->message->off, (unsigned long)m->asked->ordinal);
    put_sha256(out, "original", m->original);
    twf_buf_byte(out, ',');
    put_sha256(out, "copy", m->copy);
    twf_buf_byte(out, ',');
    put_string(out, k, "findings", m->codes);
    twf_buf_printf(out, ",\"done\":\"%s\",\"header\":%s,\"bodies\":%lu,\"bodies_with_notice\":%lu",
                   word_of(r), r->header ? "true" : "false", (unsigned long)r->bodies,
                   (unsigned long)r->bodies_known);
    if (r->why != NULL) {
        twf_buf_byte(out, ',');
        put_string(out, k, "why", twf_span_str(r->why));
    }
    twf_buf_printf(out, ",\"dkim_broken\":%s,", m->has_dkim && r->bodies > 0 ? "true" : "false");
    put_edits(out, r);
    twf_buf_str(out, "}\n");
}
