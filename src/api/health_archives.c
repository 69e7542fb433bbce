/* SPDX-License-Identifier: Apache-2.0 */
/* What an archive can prove about itself, and what of it was read. */
#include "api/health_line.h"

#include <string.h>

#include "api/words.h"
#include "report/report.h"

static const char *const escapes[] = {"\033[90m", "\033[32m", "\033[33m", "\033[31m"};

void twf_health_begin(struct twf_health_line *l, struct twf_health *h, struct twf_buf *out,
                      enum twf_exchange_color color, const char *name)
{
    *l = (struct twf_health_line){.health = h, .out = out, .color = color, .name = name};
    twf_buf_init(&l->details);
    twf_buf_init(&l->fields);
    h->worst = TWF_MAX(h->worst, color);
}

static void put_json(struct twf_health_line *l)
{
    struct twf_kernels k;

    twf_kernels_init(&k, l->health->options->cpu);
    twf_buf_printf(
        l->out, "{\"schema\":\"twofrom.health/1\",\"color\":\"%s\",\"name\":\"%s\",\"details\":\"",
        twf_exchange_color_names[l->color], l->name);
    twf_text_json(l->out, &k, twf_buf_view(&l->details));
    twf_buf_byte(l->out, '"');
    twf_buf_span(l->out, twf_buf_view(&l->fields));
    twf_buf_str(l->out, "}\n");
}

void twf_health_end(struct twf_health_line *l)
{
    bool colored = l->health->options->color;

    if (l->health->json)
        put_json(l);
    else if (l->health->html)
        twf_health_page_row(l, l->out);
    else
        twf_buf_printf(l->out, "%s%-6s%s  %s: %.*s\n", colored ? escapes[l->color] : "",
                       twf_exchange_color_names[l->color], colored ? "\033[0m" : "", l->name,
                       (int)l->details.len, (const char *)l->details.ptr);
    l->out->failed |= l->details.failed || l->fields.failed;
    twf_buf_fini(&l->details);
    twf_buf_fini(&l->fields);
}

static void put_bytes(struct twf_buf *b, uint64_t n)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
    unsigned u = 0;

    while (u < 3 && n >= 1024 && n % 1024 == 0) {
        n /= 1024;
        u++;
    }
    twf_buf_printf(b, "%llu %s", (unsigned long long)n, units[u]);
}

static void put_inputs(struct twf_health *h, struct twf_buf *out)
{
    const struct twf_totals *t = h->totals;
    struct twf_health_line l;
    bool bad = t->inputs_damaged + t->inputs_failed > 0;

    twf_health_begin(&l, h, out, bad ? TWF_RED : TWF_GREEN, "Archives");
    twf_words_count(&l.details, t->inputs_complete);
    twf_buf_str(&l.details, " complete");
    if (t->inputs_damaged > 0) {
        twf_buf_str(&l.details, ", ");
        twf_words_count(&l.details, t->inputs_damaged);
        twf_buf_str(&l.details, " incomplete");
    }
    if (t->inputs_failed > 0) {
        twf_buf_str(&l.details, ", ");
        twf_words_count(&l.details, t->inputs_failed);
        twf_buf_str(&l.details, " not opened");
    }
    twf_health_end(&l);
}

static void put_frames(struct twf_health *h, struct twf_buf *out)
{
    const struct twf_counts *c = &h->totals->counts;
    struct twf_health_line l;
    uint64_t tenths = c->frame_bytes == 0 ? 0 : c->out_bytes * 10 / c->frame_bytes;

    twf_health_begin(&l, h, out, TWF_GREY, "Frames");
    if (c->frames + c->skippable_frames == 0) {
        twf_buf_str(&l.details, "not compressed");
        twf_health_end(&l);
        return;
    }
    twf_words_some(&l.details, c->frames, "frame");
    if (c->skippable_frames > 0) {
        twf_buf_str(&l.details, ", ");
        twf_words_count(&l.details, c->skippable_frames);
        twf_buf_str(&l.details, " skippable");
    }
    if (h->look.window > 0) {
        twf_buf_str(&l.details, ", window ");
        put_bytes(&l.details, h->look.window);
        twf_buf_str(&l.details, c->frames > 1 ? " in the first" : "");
    }
    twf_buf_printf(&l.details, ", ratio %llu.%llu:1", (unsigned long long)(tenths / 10),
                   (unsigned long long)(tenths % 10));
    if (h->look.known) {
        twf_buf_str(&l.details, h->look.table_bad   ? ", damaged seek table"
                                : h->look.has_table ? ", seek table"
                                                    : ", no seek table");
        if (c->frames == 1)
            twf_buf_str(&l.details, "; not splittable, see pack");
    }
    twf_health_end(&l);
}

static void put_integrity(struct twf_health *h, struct twf_buf *out)
{
    const struct twf_counts *c = &h->totals->counts;
    struct twf_health_line l;

    if (c->frames_checksum_ok + c->frames_checksum_none + c->frames_checksum_bad == 0)
        return; /* plain bytes have no proof of their own */
    twf_health_begin(&l, h, out, TWF_GREEN, "Integrity");
    if (c->frames_checksum_bad > 0) {
        l.color = TWF_RED;
        twf_words_some(&l.details, c->frames_checksum_bad, "damaged frame");
        twf_buf_str(&l.details, ", ");
    } else if (c->frames_checksum_none > 0) {
        l.color = TWF_YELLOW;
    }
    h->worst = TWF_MAX(h->worst, l.color);
    if (c->frames_checksum_none == 0) {
        twf_words_some(&l.details, c->frames_checksum_ok, "checksum");
        twf_buf_str(&l.details, " held");
    } else {
        if (c->frames_checksum_ok > 0) {
            twf_words_some(&l.details, c->frames_checksum_none, "frame");
            twf_buf_str(&l.details, " without");
        } else {
            twf_buf_str(&l.details, "no");
        }
        twf_buf_str(&l.details, " content checksum, silent damage cannot be excluded");
    }
    twf_health_end(&l);
}

/* --digest sha256: what the proof of a later look is made of. */
static void put_digests(struct twf_health *h, struct twf_buf *out)
{
    const struct twf_totals *t = h->totals;
    struct twf_kernels k;

    twf_kernels_init(&k, h->options->cpu);
    for (uint64_t i = 0; i < t->input_listed; i++) {
        const struct twf_input_total *in = &t->input[i];
        struct twf_health_line l;

        if (in->sha256[0] == '\0')
            continue;
        twf_health_begin(&l, h, out, TWF_GREY, "Digest");
        twf_words_path(&l.details, in->path, h->options->ascii);
        twf_buf_printf(&l.details, " sha256 %s", in->sha256);
        twf_buf_str(&l.fields, ",\"source_uri\":\"");
        twf_text_json(&l.fields, &k, twf_span_str(in->path));
        twf_buf_printf(&l.fields, "\",\"sha256\":\"%s\"", in->sha256);
        twf_health_end(&l);
    }
}

static void put_coverage(struct twf_health *h, struct twf_buf *out)
{
    const struct twf_counts *c = &h->totals->counts;
    uint64_t lost = c->trailing_bytes + c->unread_bytes;
    struct twf_health_line l;

    twf_health_begin(&l, h, out,
                     lost + c->gap_bytes > 0 || h->totals->incomplete ? TWF_RED : TWF_GREEN,
                     "Coverage");
    twf_words_count(&l.details, c->in_bytes);
    twf_buf_str(&l.details, " bytes in, ");
    twf_words_count(&l.details, lost);
    twf_buf_str(&l.details, " of them not read; ");
    twf_words_count(&l.details, c->out_bytes);
    twf_buf_str(&l.details, " decoded, ");
    twf_words_count(&l.details, c->gap_bytes);
    twf_buf_str(&l.details, " of them in gaps; ");
    twf_words_some(&l.details, c->messages, "message");
    twf_buf_str(&l.details, ", ");
    twf_words_count(&l.details, c->judged);
    twf_buf_str(&l.details, " judged");
    twf_buf_printf(
        &l.fields,
        ",\"bytes_in\":%llu,\"bytes_not_read\":%llu,\"bytes_out\":%llu,\"bytes_in_gaps\":%llu,"
        "\"messages\":%llu,\"judged\":%llu",
        (unsigned long long)c->in_bytes, (unsigned long long)lost, (unsigned long long)c->out_bytes,
        (unsigned long long)c->gap_bytes, (unsigned long long)c->messages,
        (unsigned long long)c->judged);
    twf_health_end(&l);
}

static void put_incidents(struct twf_health *h, struct twf_buf *out)
{
    const struct twf_totals *t = h->totals;

    for (uint64_t i = 0; i < t->incident_listed; i++) {
        const struct twf_incident *in = &t->incidents[i];
        struct twf_health_line l;

        if (!in->incomplete)
            continue;
        twf_health_begin(&l, h, out, TWF_RED, "Not read");
        twf_words_path(&l.details, in->source, h->options->ascii);
        twf_buf_printf(&l.details, " at %llu (%s bytes): ", (unsigned long long)in->off,
                       in->decoded ? "decoded" : "compressed");
        twf_text_terminal(&l.details, twf_span_str(in->text), h->options->ascii, 400);
        twf_health_end(&l);
    }
}

static void put_journals(struct twf_health *h, struct twf_buf *out)
{
    const struct twf_counts *c = &h->totals->counts;
    struct twf_health_line l;

    if (c->journal_reports + c->journal_lookalikes == 0)
        return;
    twf_health_begin(&l, h, out, c->journal_undecodable > 0 ? TWF_RED : TWF_GREY, "Journal");
    twf_words_some(&l.details, c->journal_reports, "report");
    if (c->journal_undecodable > 0) {
        twf_buf_str(&l.details, ", ");
        twf_words_count(&l.details, c->journal_undecodable);
        twf_buf_str(&l.details, " of them undecodable");
    }
    if (c->journal_lookalikes > 0) {
        twf_buf_str(&l.details, ", ");
        twf_words_some(&l.details, c->journal_lookalikes, "look-alike");
    }
    twf_buf_str(&l.details, "; a journal is not complete: rules of external scope miss mail whose "
                            "forged sender lies in an accepted domain");
    twf_health_end(&l);
}

void twf_health_archives(struct twf_health *h, struct twf_buf *out)
{
    put_inputs(h, out);
    put_frames(h, out);
    put_integrity(h, out);
    put_digests(h, out);
    put_coverage(h, out);
    put_incidents(h, out);
    put_journals(h, out);
}
