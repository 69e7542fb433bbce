/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end summary in words. Sums stand as sums, so that a reader can add them up: bytes in = frames
 * + skippable + trailing, bytes out = messages + separators + gaps, messages = judged + skipped +
 * failed.
 */
#include "report/report.h"

#include <stdio.h>

#include "report/text.h"

enum { LABEL_WIDTH = 11, LINE_WIDTH = 100, PAIRS_SHOWN = 3, RULES_SHOWN = 5, INCIDENTS_SHOWN = 20 };

/* One labelled paragraph: pieces that are never broken, joined by separators that may end a
 * line. */
struct para {
    struct twf_buf *out;
    size_t line; /* where the current line begins in out */
    size_t width;
    bool first; /* nothing stands behind the label yet */
    bool has_term;
};

static struct para para_begin(const struct twf_sink_options *o, const char *label,
                              struct twf_buf *out)
{
    struct para p = {.out = out, .line = out->len, .width = LINE_WIDTH, .first = true};

    if (o->width >= 60 && o->width < LINE_WIDTH)
        p.width = o->width;
    twf_buf_printf(out, "%-*s", (int)LABEL_WIDTH, label);
    return p;
}

static void piece(struct para *p, const char *joint, const char *text)
{
    size_t need = strlen(joint) + strlen(text);

    if (!p->first && p->out->len - p->line + need > p->width) {
        /* ", " stays at the end of the line, " + " goes down to the next. */
        if (joint[0] == ',' || joint[0] == ';')
            twf_buf_byte(p->out, (uint8_t)joint[0]);
        twf_buf_byte(p->out, '\n');
        p->line = p->out->len;
        twf_buf_printf(p->out, "%*s", (int)LABEL_WIDTH, "");
        joint = joint[0] == ' ' && joint[1] != ' ' ? joint + 1 : "";
    } else if (p->first) {
        joint = "";
    }
    twf_buf_str(p->out, joint);
    twf_buf_str(p->out, text);
    p->first = false;
}

static void para_end(struct para *p)
{
    twf_buf_byte(p->out, '\n');
}

/* "12,345 word" into text. */
static const char *counted(char *text, size_t cap, uint64_t n, const char *word)
{
    uint8_t digits[32];
    struct twf_buf b = {.ptr = digits, .len = 0, .cap = sizeof(digits)};

    twf_text_commas(&b, n); /* at most 26 bytes: b never grows */
    (void)snprintf(text, cap, "%.*s%s%s", (int)b.len, (const char *)digits,
                   word[0] == '\0' ? "" : " ", word);
    return text;
}

static void term(struct para *p, uint64_t n, const char *word)
{
    char text[96];

    piece(p, p->has_term ? " + " : " ", counted(text, sizeof(text), n, word));
    p->has_term = true;
}

/* Left out when zero: the sum does not miss it. */
static void term_some(struct para *p, uint64_t n, const char *word)
{
    if (n > 0)
        term(p, n, word);
}

/* "12 words" in a list by commas; left out when zero. */
static void piece_some(struct para *p, uint64_t n, const char *words)
{
    char text[96];

    if (n > 0)
        piece(p, ", ", counted(text, sizeof(text), n, words));
}

static void total(struct para *p, uint64_t n)
{
    char text[40];

    piece(p, "", counted(text, sizeof(text), n, ""));
    piece(p, " ", "=");
}

/* Exchange's own tag beside findings of the same class; what it means is in docs/exchange.md. */
static void put_tags(const struct twf_sink_options *o, const struct twf_counts *c,
                     struct twf_buf *out)
{
    const struct twf_tag_apart *a = &c->tags_apart;
    struct para p;

    if (c->judged == 0)
        return;
    p = para_begin(o, "exchange", out);
    total(&p, c->judged);
    term(&p, c->tags[TWF_TAG_BOTH], "tagged and found");
    term(&p, c->tags[TWF_TAG_ONLY_EXCHANGE], "only tagged");
    term(&p, c->tags[TWF_TAG_ONLY_US], "only found");
    term(&p, c->tags[TWF_TAG_NEITHER], "neither");
    para_end(&p);
    if (a->forged_or_foreign + a->unplaced + a->other_value + a->repeated == 0)
        return;
    p = para_begin(o, "", out);
    piece_some(&p, a->forged_or_foreign, "tags forged or foreign");
    piece_some(&p, a->unplaced, "tags by nobody knows whom");
    piece_some(&p, a->other_value, "tags with another value");
    piece_some(&p, a->repeated, "repeated");
    para_end(&p);
}

static void put_heading(const struct twf_sink_options *o, const struct twf_totals *t,
                        struct twf_buf *out)
{
    twf_buf_printf(out, "twofrom %s  run %.16s  PSL ", t->version,
                   t->run_id == NULL ? "-" : t->run_id);
    twf_text_plain(out, twf_span_str(t->psl_date == NULL ? "-" : t->psl_date), o->ascii);
    twf_buf_printf(out, "  %u thread%s %s %s", t->threads, t->threads == 1 ? "" : "s",
                   t->cpu == NULL ? "-" : t->cpu, t->backend == NULL ? "-" : t->backend);
    twf_buf_printf(out, "  sandbox %s\n", t->sandbox == NULL ? "-" : t->sandbox);
}

static void put_bytes(const struct twf_sink_options *o, const struct twf_totals *t,
                      struct twf_buf *out)
{
    const struct twf_counts *c = &t->counts;
    struct para p = para_begin(o, "archives", out);

    total(&p, t->inputs);
    term(&p, t->inputs_complete, "complete");
    term_some(&p, t->inputs_damaged, "damaged");
    term_some(&p, t->inputs_failed, "failed");
    para_end(&p);

    p = para_begin(o, "bytes in", out);
    total(&p, c->in_bytes);
    term(&p, c->frame_bytes, "frames");
    term(&p, c->skippable_bytes, "skippable");
    term(&p, c->trailing_bytes, "trailing");
    term_some(&p, c->unread_bytes, "unread");
    term_some(&p, c->skipped_bytes, "skipped (bodies; --verify decodes them)");
    para_end(&p);

    p = para_begin(o, "bytes out", out);
    total(&p, c->out_bytes);
    term(&p, c->message_bytes, "messages");
    term(&p, c->separator_bytes, "separators");
    term(&p, c->gap_bytes, "gaps");
    para_end(&p);
}

/* Only where there is something to say: without a checksum a frame may be damaged and look right. */
static void put_checksums(const struct twf_sink_options *o, const struct twf_counts *c,
                          struct twf_buf *out)
{
    struct para p;
    char words[64];

    if (c->frames_checksum_none + c->frames_checksum_bad == 0)
        return;
    p = para_begin(o, "checksums", out);
    piece(&p, "", counted(words, sizeof(words), c->frames_checksum_ok, "right"));
    if (c->frames_checksum_none > 0)
        piece(&p, ", ", counted(words, sizeof(words), c->frames_checksum_none,
                                "missing: damage would not be seen"));
    if (c->frames_checksum_bad > 0)
        piece(&p, ", ", counted(words, sizeof(words), c->frames_checksum_bad, "wrong or frame damaged"));
    para_end(&p);
}

static void put_messages(const struct twf_sink_options *o, const struct twf_counts *c,
                         struct twf_buf *out)
{
    struct para p = para_begin(o, "messages", out);
    uint64_t skipped = c->skipped_time + c->skipped_not_mail;
    char since[64], other[64], words[200];

    total(&p, c->messages);
    term(&p, c->judged, "judged");
    if (skipped > 0) {
        (void)counted(since, sizeof(since), c->skipped_time, "outside the time asked for");
        (void)counted(other, sizeof(other), c->skipped_not_mail, "not mail");
        (void)snprintf(words, sizeof(words), "skipped (%s%s%s)", c->skipped_time > 0 ? since : "",
                       c->skipped_time > 0 && c->skipped_not_mail > 0 ? ", " : "",
                       c->skipped_not_mail > 0 ? other : "");
        term(&p, skipped, words);
    }
    term_some(&p, c->failed, "failed");
    para_end(&p);

    if (c->journal_reports + c->journal_lookalikes + c->journal_undecodable > 0) {
        p = para_begin(o, "journal", out);
        piece(&p, "", counted(words, sizeof(words), c->journal_reports, "reports"));
        piece(&p, ", ", counted(words, sizeof(words), c->journal_lookalikes, "lookalikes"));
        piece(&p, ", ", counted(words, sizeof(words), c->journal_undecodable, "undecodable"));
        /* What is not there is no proof: docs/verdicts.md 3.5. */
        piece(&p, "; ", "rules of external scope miss mail whose forged sender");
        piece(&p, " ", "lies in an accepted domain: a journal is not complete");
        para_end(&p);
    }
    if (c->duplicates > 0) {
        p = para_begin(o, "copies", out);
        piece(&p, "", counted(words, sizeof(words), c->duplicates, "seen before, marked"));
        para_end(&p);
    }
    if (c->members_skipped > 0) {
        p = para_begin(o, "members", out);
        piece(&p, "",
              counted(words, sizeof(words), c->members_skipped, "skipped, no messages by nature"));
        para_end(&p);
    }
}

static void put_sources(const struct twf_sink_options *o, const struct twf_counts *c,
                        struct twf_buf *out)
{
    struct para p = para_begin(o, "P1 source", out);

    for (int i = 0; i < TWF_P1_KIND_COUNT; i++)
        term_some(&p, c->p1_kinds[i], twf_p1_kind_names[i]);
    if (!p.has_term)
        term(&p, 0, twf_p1_kind_names[TWF_P1_NONE]);
    para_end(&p);
}

static void put_verdicts(const struct twf_sink_options *o, const struct twf_counts *c,
                         struct twf_buf *out)
{
    struct para p = para_begin(o, "verdicts", out);
    char text[64];

    for (int i = 0; i < TWF_CLASS_COUNT; i++) {
        char name[40];
        size_t n = strlen(twf_class_names[i]);

        n = TWF_MIN(n, sizeof(name) - 1);
        for (size_t k = 0; k < n; k++)
            name[k] = (char)twf_lower_byte((uint8_t)twf_class_names[i][k]);
        name[n] = '\0';
        term_some(&p, c->classes[i], name);
    }
    if (!p.has_term)
        term(&p, 0, "judged");
    para_end(&p);

    p = para_begin(o, "levels", out);
    for (int i = TWF_LEVEL_COUNT - 1; i > TWF_LEVEL_NONE; i--)
        term_some(&p, c->levels[i], twf_level_names[i]);
    term(&p, c->levels[TWF_LEVEL_NONE], twf_level_names[TWF_LEVEL_NONE]);
    piece(&p, "; ",
          counted(text, sizeof(text), c->records, c->records == 1 ? "record" : "records"));
    para_end(&p);
}

/* Most frequent first; of equal counts the first in the table. At most a dozen codes: a
 * selection. */
static void put_allowances(const struct twf_sink_options *o, const struct twf_counts *c,
                           struct twf_buf *out)
{
    bool shown[TWF_ALLOWANCE_COUNT] = {false};
    struct para p;
    char text[64];

    for (int done = 0; done < TWF_ALLOWANCE_COUNT; done++) {
        int best = -1;

        for (int i = 0; i < TWF_ALLOWANCE_COUNT; i++) {
            if (!shown[i] && c->allowances[i] > 0 &&
                (best < 0 || c->allowances[i] > c->allowances[best]))
                best = i;
        }
        if (best < 0) {
            if (done > 0)
                para_end(&p);
            return;
        }
        if (done == 0)
            p = para_begin(o, "allowances", out);
        shown[best] = true;
        piece(&p, ", ",
              counted(text, sizeof(text), c->allowances[best], twf_allowance_infos[best].code));
    }
    para_end(&p);
}

static void put_limits(const struct twf_sink_options *o, const struct twf_counts *c,
                       struct twf_buf *out)
{
    struct para p = {.first = true};
    char text[64];

    for (int i = 0; i < TWF_LIMIT_COUNT; i++) {
        if (c->limits[i] == 0)
            continue;
        if (p.first)
            p = para_begin(o, "limits met", out);
        piece(&p, ", ",
              counted(text, sizeof(text), c->limits[i], twf_limit_name((enum twf_limit)i)));
    }
    if (!p.first)
        para_end(&p);
}

static void put_pairs(const struct twf_sink_options *o, const struct twf_totals *t,
                      struct twf_buf *out)
{
    struct para p;
    char text[400], name[2][160];

    if (t->pair_listed == 0)
        return;
    p = para_begin(o, "pairs", out);
    for (uint64_t i = 0; i < TWF_MIN(t->pair_listed, (uint64_t)PAIRS_SHOWN); i++) {
        const struct twf_span org[2] = {t->pairs[i].p2_org, t->pairs[i].p1_org};

        for (int k = 0; k < 2; k++) {
            struct twf_buf b;

            twf_buf_init(&b);
            twf_text_terminal(&b, org[k].len == 0 ? twf_span_str("<>") : org[k], o->ascii, 128);
            (void)snprintf(name[k], sizeof(name[k]), "%.*s", (int)b.len, (const char *)b.ptr);
            out->failed |= b.failed;
            twf_buf_fini(&b);
        }
        (void)counted(text, 40, t->pairs[i].messages, "");
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s < %s", name[0],
                       name[1]);
        piece(&p, ", ", text);
    }
    (void)counted(name[0], sizeof(name[0]), t->pair_count, t->pair_count == 1 ? "pair" : "pairs");
    (void)snprintf(text, sizeof(text), "(%s: -o pairs=PATH)", name[0]);
    piece(&p, "  ", text);
    para_end(&p);
}

/* The strongest first, of one level the one with the most messages. */
static bool is_before(const struct twf_rule_total *a, const struct twf_rule_total *b)
{
    return b == NULL || (a->level != b->level ? a->level > b->level : a->messages > b->messages);
}

/* The first one behind `last` in that order, of those that hit. */
static const struct twf_rule_total *next_rule(const struct twf_totals *t, const struct twf_rule_total *last)
{
    const struct twf_rule_total *best = NULL;

    for (const struct twf_rule_total *r = t->rules; r < t->rules + t->rule_count; r++) {
        bool is_behind = last == NULL || is_before(last, r) || (!is_before(r, last) && r > last);

        if (r->messages > 0 && !r->is_filter && is_behind && is_before(r, best))
            best = r;
    }
    return best;
}

static void put_rules(const struct twf_sink_options *o, const struct twf_totals *t,
                      struct twf_buf *out)
{
    uint64_t shipped = 0, hit = 0, shown = 0;
    const struct twf_rule_total *r = NULL;
    struct para p;
    char text[64];

    if (t->rules == NULL)
        return;
    for (size_t i = 0; i < t->rule_count; i++) {
        shipped += t->rules[i].is_shipped;
        hit += t->rules[i].messages > 0 && !t->rules[i].is_filter;
    }
    p = para_begin(o, "rules", out);
    total(&p, t->rule_count);
    term(&p, shipped, "shipped");
    term(&p, t->rule_count - shipped, "yours");
    (void)snprintf(text, sizeof(text), "(%.8s)", t->rules_digest);
    piece(&p, " ", text);
    piece(&p, "; ", counted(text, sizeof(text), hit, "hit"));
    para_end(&p);
    for (; shown < RULES_SHOWN && (r = next_rule(t, r)) != NULL; shown++) {
        twf_buf_printf(out, "%*s", (int)LABEL_WIDTH, "");
        twf_text_commas(out, r->messages);
        twf_buf_printf(out, " %s ", twf_level_names[r->level]);
        twf_text_terminal(out, twf_span_str(r->title[0] == '\0' ? r->id : r->title), o->ascii, 80);
        twf_buf_byte(out, '\n');
    }
    if (hit > shown) {
        twf_buf_printf(out, "%*s", (int)LABEL_WIDTH, "");
        twf_text_commas(out, hit - shown);
        twf_buf_str(out, " more: -o summary=PATH\n");
    }
}

static void put_incidents(const struct twf_sink_options *o, const struct twf_totals *t,
                          struct twf_buf *out)
{
    uint64_t shown = TWF_MIN(t->incident_listed, (uint64_t)INCIDENTS_SHOWN);

    for (uint64_t i = 0; i < shown; i++) {
        const struct twf_incident *in = &t->incidents[i];

        twf_buf_printf(out, "%-*s", (int)LABEL_WIDTH, i == 0 ? "not read" : "");
        twf_text_terminal(out, twf_span_str(in->source == NULL ? "-" : in->source), o->ascii, 200);
        /* Without a place it is the input as a whole. */
        if (in->off > 0 || in->len > 0) {
            twf_buf_str(out, " at ");
            twf_text_commas(out, in->off);
            twf_buf_str(out, in->decoded ? " (decoded)" : "");
        }
        twf_buf_str(out, ": ");
        twf_text_terminal(out, twf_span_str(in->text[0] == '\0' ? in->code : in->text), o->ascii,
                          200);
        if (in->len > 0) {
            twf_buf_str(out, ", ");
            twf_text_commas(out, in->len);
            twf_buf_str(out, " bytes");
        }
        twf_buf_byte(out, '\n');
    }
    if (t->incident_count > shown) {
        twf_buf_printf(out, "%*s", (int)LABEL_WIDTH, "");
        twf_text_commas(out, t->incident_count - shown);
        twf_buf_str(out, " more: -o summary=PATH\n");
    }
}

static void put_result(const struct twf_sink_options *o, const struct twf_totals *t,
                       struct twf_buf *out)
{
    uint64_t ns = t->wall_ns == 0 ? 1 : t->wall_ns, s = t->wall_ns / 1000000000;
    const char *color = t->exit_code == 0 ? "" : t->exit_code == 1 ? "\033[33m" : "\033[31m";

    twf_buf_printf(out, "%-*s", (int)LABEL_WIDTH, "result");
    if (o->color)
        twf_buf_str(out, color);
    twf_buf_str(out, t->incomplete ? "incomplete" : "complete");
    if (t->output_failed)
        twf_buf_str(out, ", output failed");
    if (t->stopped)
        twf_buf_str(out, ", stopped");
    if (t->internal)
        twf_buf_str(out, ", internal error");
    twf_buf_printf(out, ", exit %d", t->exit_code);
    if (o->color && color[0] != '\0')
        twf_buf_str(out, "\033[0m");
    twf_buf_printf(out, "; %02llu:%02u:%02u, ", (unsigned long long)(s / 3600),
                   (unsigned)(s / 60 % 60), (unsigned)(s % 60));
    twf_text_commas(out, (uint64_t)((double)t->counts.messages * 1e9 / (double)ns));
    twf_buf_str(out, " msg/s, ");
    twf_text_commas(out, (uint64_t)((double)t->counts.out_bytes * 1e3 / (double)ns));
    twf_buf_str(out, " MB/s out, peak ");
    twf_text_commas(out, t->peak_rss >> 20);
    twf_buf_str(out, " MiB\n");
}

void twf_summary_text(const struct twf_sink_options *o, const struct twf_totals *t,
                      struct twf_buf *out)
{
    put_heading(o, t, out);
    put_bytes(o, t, out);
    put_checksums(o, &t->counts, out);
    put_messages(o, &t->counts, out);
    put_sources(o, &t->counts, out);
    put_verdicts(o, &t->counts, out);
    put_allowances(o, &t->counts, out);
    put_tags(o, &t->counts, out);
    put_limits(o, &t->counts, out);
    put_rules(o, t, out);
    put_pairs(o, t, out);
    put_incidents(o, t, out);
    put_result(o, t, out);
}
