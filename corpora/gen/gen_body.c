/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies (RFC 2045, 2046). An attachment is base64 of chance, which no compressor shortens by more than a
 * quarter: real ones are compressed already. */
#include "corpora/gen/gen_body.h"

#include <stdio.h>

/* The fields of a part, and the part itself. */
static void part_fields(enum gen_body_kind kind, struct twf_buf *out)
{
    static const char *const fields[] = {
        [GEN_BODY_TEXT] = "Content-Type: text/plain; charset=\"utf-8\"\n"
                          "Content-Transfer-Encoding: 8bit\n",
        [GEN_BODY_HTML] = "Content-Type: text/html; charset=\"utf-8\"\n"
                          "Content-Transfer-Encoding: 8bit\n",
        [GEN_BODY_HTML64] = "Content-Type: text/html; charset=\"utf-8\"\n"
                            "Content-Transfer-Encoding: base64\n",
    };

    twf_buf_str(out, fields[kind]);
}

static void part(struct gen_body *body, enum gen_body_kind kind, uint64_t size,
                 const struct gen_ink *ink, struct twf_buf *out)
{
    switch (kind) {
    case GEN_BODY_TEXT:
        gen_text_prose(ink, size, out);
        break;
    case GEN_BODY_HTML:
        gen_text_html(ink, size, out);
        break;
    case GEN_BODY_HTML64:
        twf_buf_reset(&body->part);
        gen_text_html(ink, size / 4 * 3, &body->part);
        gen_check(&body->part);
        gen_text_encode(twf_buf_view(&body->part), out);
        break;
    case GEN_BODY_BOTH:
    case GEN_BODY_KINDS:
        break;
    }
}

void gen_body_begin(struct gen_body *body, const struct gen_recipe *r, struct gen_rng *rng,
                    struct twf_buf *fields)
{
    const struct gen_body_mix *mix = r->bodies;
    uint32_t weight = 0, at;
    struct twf_buf *b = &body->part;

    for (size_t i = 0; i < r->body_count; i++)
        weight += r->bodies[i].weight;
    at = gen_below(rng, weight > 0 ? weight : 1);
    while (at >= mix->weight && mix + 1 < r->bodies + r->body_count) {
        at -= mix->weight;
        mix++;
    }
    body->kind = mix->kind;
    body->size = gen_size(rng, mix->median, mix->sigma_100);
    body->attachment = 0;
    if (gen_chance(rng, r->attach_share))
        body->attachment = gen_size(rng, r->attach_median, r->attach_sigma_100);
    twf_buf_reset(b);
    gen_text_hex(rng, 24, false, b);
    gen_check(b);
    snprintf(body->boundary, sizeof body->boundary, "_%.*s_", (int)b->len, (const char *)b->ptr);

    twf_buf_str(fields, "MIME-Version: 1.0\n");
    if (body->attachment > 0)
        twf_buf_printf(fields, "Content-Type: multipart/mixed;\n\tboundary=\"%s\"\n",
                       body->boundary);
    else if (body->kind == GEN_BODY_BOTH)
        twf_buf_printf(fields, "Content-Type: multipart/alternative;\n\tboundary=\"%sa\"\n",
                       body->boundary);
    else
        part_fields(body->kind, fields);
}

/* Text and HTML; the fields of the multipart stand already. */
static void both(struct gen_body *body, const struct gen_ink *ink, struct twf_buf *out)
{
    twf_buf_printf(out, "--%sa\n", body->boundary);
    part_fields(GEN_BODY_TEXT, out);
    twf_buf_byte(out, '\n');
    part(body, GEN_BODY_TEXT, body->size / 5, ink, out);
    twf_buf_printf(out, "\n--%sa\n", body->boundary);
    part_fields(GEN_BODY_HTML, out);
    twf_buf_byte(out, '\n');
    part(body, GEN_BODY_HTML, body->size / 5 * 4, ink, out);
    twf_buf_printf(out, "\n--%sa--\n", body->boundary);
}

void gen_body_write(struct gen_body *body, const struct gen_ink *ink, struct twf_buf *out)
{
    if (body->attachment == 0) {
        if (body->kind == GEN_BODY_BOTH)
            both(body, ink, out);
        else
            part(body, body->kind, body->size, ink, out);
        return;
    }
    twf_buf_printf(out, "--%s\n", body->boundary);
    if (body->kind == GEN_BODY_BOTH) {
        twf_buf_printf(out, "Content-Type: multipart/alternative;\n\tboundary=\"%sa\"\n\n",
                       body->boundary);
        both(body, ink, out);
    } else {
        part_fields(body->kind, out);
        twf_buf_byte(out, '\n');
        part(body, body->kind, body->size, ink, out);
    }
    twf_buf_printf(out,
                   "\n--%s\nContent-Type: application/pdf; name=\"document.pdf\"\n"
                   "Content-Disposition: attachment; filename=\"document.pdf\"\n"
                   "Content-Transfer-Encoding: base64\n\n",
                   body->boundary);
    gen_text_b64(ink->rng, body->attachment / 77 * 76 + 76, 76, "\n", out);
    twf_buf_printf(out, "\n\n--%s--\n", body->boundary);
}

void gen_body_fini(struct gen_body *body)
{
    twf_buf_fini(&body->part);
}
