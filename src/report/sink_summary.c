/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The document twofrom.summary/1: every counter of the run, zeros too, in an order that never
 * changes. A line for each part, so that two runs can be compared with diff; times stand in one
 * line of their own.
 */
#include "report/report.h"

#include "report/sinks.h"
#include "report/text.h"

struct json {
    const struct twf_sink_options *o;
    struct twf_buf *out;
    bool comma; /* the next value of this object or array needs one in front */
};

static void key(struct json *j, const char *name)
{
    if (j->comma)
        twf_buf_str(j->out, ", ");
    if (name != NULL) {
        twf_buf_byte(j->out, '"');
        twf_buf_str(j->out, name);
        twf_buf_str(j->out, "\": ");
    }
    j->comma = true;
}

/* A member of the outermost object begins a line. */
static void line(struct json *j, const char *name)
{
    twf_buf_str(j->out, j->comma ? ",\n  " : "\n  ");
    j->comma = false;
    key(j, name);
}

static void open(struct json *j, char bracket)
{
    twf_buf_byte(j->out, (uint8_t)bracket);
    j->comma = false;
}

static void close(struct json *j, char bracket)
{
    twf_buf_byte(j->out, (uint8_t)bracket);
    j->comma = true;
}

static void value_text(struct json *j, const char *text)
{
    twf_buf_byte(j->out, '"');
    twf_text_json(j->out, j->o->kernels, twf_span_str(text == NULL ? "" : text));
    twf_buf_byte(j->out, '"');
}

/* A path keeps its bytes: those that are no UTF-8 are percent-encoded, as in source_uri. */
static void value_path(struct json *j, const char *path)
{
    struct twf_buf uri;

    twf_buf_init(&uri);
    twf_text_uri(&uri, twf_span_str(path == NULL ? "" : path));
    twf_buf_byte(j->out, '"');
    twf_text_json(j->out, j->o->kernels, twf_buf_view(&uri));
    twf_buf_byte(j->out, '"');
    j->out->failed |= uri.failed;
    twf_buf_fini(&uri);
}

static void value_bool(struct json *j, bool value)
{
    twf_buf_str(j->out, value ? "true" : "false");
}

static void member_u64(struct json *j, const char *name, uint64_t value)
{
    key(j, name);
    twf_buf_u64(j->out, value);
}

static void member_text(struct json *j, const char *name, const char *text)
{
    key(j, name);
    value_text(j, text);
}

static void member_bool(struct json *j, const char *name, bool value)
{
    key(j, name);
    value_bool(j, value);
}

static void put_sums(struct json *j, const struct twf_counts *c)
{
    key(j, "bytes_in");
    open(j, '{');
    member_u64(j, "total", c->in_bytes);
    member_u64(j, "frames", c->frame_bytes);
    member_u64(j, "skippable", c->skippable_bytes);
    member_u64(j, "trailing", c->trailing_bytes);
    member_u64(j, "unread", c->unread_bytes);
    member_u64(j, "skipped", c->skipped_bytes);
    close(j, '}');
    key(j, "bytes_out");
    open(j, '{');
    member_u64(j, "total", c->out_bytes);
    member_u64(j, "messages", c->message_bytes);
    member_u64(j, "separators", c->separator_bytes);
    member_u64(j, "gaps", c->gap_bytes);
    member_u64(j, "not_decoded", c->passed_bytes);
    close(j, '}');
    key(j, "messages");
    open(j, '{');
    member_u64(j, "total", c->messages);
    member_u64(j, "judged", c->judged);
    member_u64(j, "skipped_time", c->skipped_time);
    member_u64(j, "skipped_not_mail", c->skipped_not_mail);
    member_u64(j, "failed", c->failed);
    close(j, '}');
}

static void put_frames(struct json *j, const struct twf_counts *c)
{
    key(j, "frames");
    open(j, '{');
    member_u64(j, "total", c->frames);
    member_u64(j, "skipped", c->frames_skipped);
    member_u64(j, "skippable", c->skippable_frames);
    member_u64(j, "checksum_ok", c->frames_checksum_ok);
    member_u64(j, "checksum_none", c->frames_checksum_none);
    member_u64(j, "checksum_bad", c->frames_checksum_bad);
    close(j, '}');
}

static void put_names(struct json *j, const char *name, const char *const *names, const uint64_t *n,
                      size_t count)
{
    line(j, name);
    open(j, '{');
    for (size_t i = 0; i < count; i++)
        member_u64(j, names[i], n[i]);
    close(j, '}');
}

static void put_codes(struct json *j, const struct twf_counts *c)
{
    put_names(j, "p1_source", twf_p1_kind_names, c->p1_kinds, TWF_P1_KIND_COUNT);
    put_names(j, "relation", twf_relation_names, c->relations, TWF_RELATION_COUNT);
    put_names(j, "verdict", twf_class_names, c->classes, TWF_CLASS_COUNT);
    put_names(j, "level", twf_level_names, c->levels, TWF_LEVEL_COUNT);
    line(j, "findings");
    open(j, '{');
    for (int i = 0; i < TWF_FINDING_COUNT; i++)
        member_u64(j, twf_finding_infos[i].code, c->findings[i]);
    close(j, '}');
    line(j, "allowances");
    open(j, '{');
    for (int i = 0; i < TWF_ALLOWANCE_COUNT; i++)
        member_u64(j, twf_allowance_infos[i].code, c->allowances[i]);
    close(j, '}');
    line(j, "exchange_tag");
    open(j, '{');
    for (int i = 0; i < TWF_TAG_RESULTS; i++)
        member_u64(j, twf_tag_result_names[i], c->tags[i]);
    member_u64(j, "forged_or_foreign", c->tags_apart.forged_or_foreign);
    member_u64(j, "unplaced", c->tags_apart.unplaced);
    member_u64(j, "other_value", c->tags_apart.other_value);
    member_u64(j, "repeated", c->tags_apart.repeated);
    close(j, '}');
    line(j, "limits");
    open(j, '{');
    for (int i = 0; i < TWF_LIMIT_COUNT; i++)
        member_u64(j, twf_limit_name((enum twf_limit)i), c->limits[i]);
    close(j, '}');
}

/* What was asked, and what it hit. A rule that hit nothing was asked all the same. */
static void put_rules(struct json *j, const struct twf_totals *t)
{
    if (t->rules == NULL)
        return;
    line(j, "rules");
    open(j, '{');
    member_text(j, "sha256", t->rules_digest);
    key(j, "asked");
    open(j, '[');
    for (size_t i = 0; i < t->rule_count; i++) {
        const struct twf_rule_total *r = &t->rules[i];

        twf_buf_str(j->out, i == 0 ? "\n    " : ",\n    ");
        open(j, '{');
        member_text(j, "id", r->id);
        member_text(j, "title", r->title);
        member_text(j, "level", twf_level_names[r->level]);
        member_bool(j, "filter", r->is_filter);
        member_bool(j, "shipped", r->is_shipped);
        member_u64(j, "messages", r->messages);
        close(j, '}');
    }
    close(j, ']');
    close(j, '}');
}

static void put_run(struct json *j, const struct twf_totals *t)
{
    line(j, "schema");
    value_text(j, "twofrom.summary/1");
    line(j, "version");
    value_text(j, t->version);
    line(j, "run_id");
    value_text(j, t->run_id);
    line(j, "result");
    open(j, '{');
    member_bool(j, "complete", !t->incomplete);
    member_bool(j, "output_failed", t->output_failed);
    member_bool(j, "stopped", t->stopped);
    member_bool(j, "internal_error", t->internal);
    key(j, "exit_code");
    twf_buf_i64(j->out, t->exit_code);
    close(j, '}');
    line(j, "psl");
    open(j, '{');
    member_text(j, "date", t->psl_date);
    member_text(j, "sha256", t->psl_sha256);
    close(j, '}');
    line(j, "tables");
    value_text(j, t->tables);
    line(j, "min_level");
    value_text(j, t->min_level);
    if (t->redact != NULL) {
        line(j, "redact");
        open(j, '{');
        member_text(j, "mode", t->redact);
        member_text(j, "key_id", t->redact_key_id);
        close(j, '}');
    }
    line(j, "options");
    open(j, '[');
    for (uint32_t i = 0; i < t->option_count; i++) {
        key(j, NULL);
        value_text(j, t->options[i]);
    }
    close(j, ']');
}

/* What may differ between two runs over the same question. */
static void put_machine(struct json *j, const struct twf_totals *t)
{
    line(j, "machine");
    open(j, '{');
    member_u64(j, "threads", t->threads);
    member_text(j, "cpu", t->cpu);
    member_text(j, "io", t->backend);
    member_text(j, "engine", t->engine);
    member_text(j, "sandbox", t->sandbox);
    close(j, '}');
    line(j, "time");
    open(j, '{');
    key(j, "start");
    twf_buf_byte(j->out, '"');
    (void)twf_text_time(j->out, t->start_us);
    twf_buf_byte(j->out, '"');
    member_u64(j, "wall_ns", t->wall_ns);
    member_u64(j, "cpu_ns", t->cpu_ns);
    member_u64(j, "peak_rss", t->peak_rss);
    close(j, '}');
}

static void put_inputs(struct json *j, const struct twf_totals *t)
{
    line(j, "inputs");
    open(j, '[');
    for (uint64_t i = 0; i < t->input_listed; i++) {
        const struct twf_input_total *in = &t->input[i];

        twf_buf_str(j->out, i == 0 ? "\n    " : ",\n    ");
        open(j, '{');
        key(j, "path");
        value_path(j, in->path);
        member_text(j, "source_id", in->source_id);
        if (in->sha256[0] != '\0')
            member_text(j, "sha256", in->sha256);
        member_u64(j, "size", in->size);
        member_text(j, "container", in->container);
        member_text(j, "codec", in->codec);
        member_bool(j, "complete", in->complete);
        put_sums(j, &in->counts);
        put_frames(j, &in->counts);
        member_u64(j, "records", in->counts.records);
        close(j, '}');
    }
    close(j, ']');
}

static void put_incidents(struct json *j, const struct twf_totals *t)
{
    line(j, "not_read");
    open(j, '[');
    for (uint64_t i = 0; i < t->incident_listed; i++) {
        const struct twf_incident *in = &t->incidents[i];

        twf_buf_str(j->out, i == 0 ? "\n    " : ",\n    ");
        open(j, '{');
        key(j, "path");
        value_path(j, in->source);
        member_text(j, "code", in->code);
        member_u64(j, "offset", in->off);
        member_u64(j, "length", in->len);
        member_bool(j, "decoded", in->decoded);
        member_bool(j, "incomplete", in->incomplete);
        member_text(j, "text", in->text);
        close(j, '}');
    }
    close(j, ']');
}

void twf_summary_render(const struct twf_sink_options *o, const struct twf_totals *t,
                        struct twf_buf *out)
{
    const struct twf_counts *c = &t->counts;
    struct json j = {o, out, false};

    open(&j, '{');
    put_run(&j, t);
    line(&j, "archives");
    open(&j, '{');
    member_u64(&j, "total", t->inputs);
    member_u64(&j, "complete", t->inputs_complete);
    member_u64(&j, "damaged", t->inputs_damaged);
    member_u64(&j, "failed", t->inputs_failed);
    close(&j, '}');
    line(&j, "counts");
    open(&j, '{');
    put_sums(&j, c);
    put_frames(&j, c);
    member_u64(&j, "journal_reports", c->journal_reports);
    member_u64(&j, "journal_lookalikes", c->journal_lookalikes);
    member_u64(&j, "journal_undecodable", c->journal_undecodable);
    member_u64(&j, "members_skipped", c->members_skipped);
    member_u64(&j, "records", c->records);
    member_u64(&j, "pairs", t->pair_count);
    member_u64(&j, "inputs_unlisted", t->inputs - t->input_listed);
    member_u64(&j, "not_read_unlisted", t->incident_count - t->incident_listed);
    member_u64(&j, "duplicates", c->duplicates);
    member_u64(&j, "short_way", c->short_way);
    member_u64(&j, "plain_from", c->plain_from);
    member_u64(&j, "without_facts", c->without_facts);
    member_u64(&j, "short_heads", c->short_heads);
    close(&j, '}');
    put_codes(&j, c);
    put_rules(&j, t);
    put_inputs(&j, t);
    put_incidents(&j, t);
    put_machine(&j, t);
    twf_buf_str(out, "\n}\n");
}
