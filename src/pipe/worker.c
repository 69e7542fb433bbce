/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages are judged in sittings of at most SITTING: first every header is taken apart and its From value
 * goes into one column, then Hyperscan runs once over that column, then each message is judged while its
 * header is still in the cache. Journal reports are opened layer by layer: what is inside is judged in
 * place of the report.
 */
#include "pipe/worker.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "gather/gather.h"

enum { SITTING = 256, COLUMN_VALUE_MAX = 1024 };

/* One message to judge: a plain one, or one out of a report. */
struct seat {
    struct twf_message message;
    struct twf_head head;
    const struct twf_journal *journal; /* NULL: no report around it */
    const struct twf_place *place;
    const struct twf_span *sidecar;
    struct twf_counts *counts;
    uint32_t ordinal;
    bool short_head; /* its head has the fields that are read, not all */
};

struct twf_worker {
    const struct twf_setup *setup;
    struct twf_gather gather;
    struct twf_arena sitting;  /* heads and opened reports */
    struct twf_arena message;  /* one verdict */
    struct twf_domains *domains;
    struct twf_judge *judge;
    struct twf_match_scratch *scratch;
    struct twf_batch *batch;
    struct twf_rules_scratch *rules;  /* NULL: no rules */
    struct twf_counts **row_counts;   /* of each row, for rules */
    bool rows_full;                   /* rules ask for a flush */
    bool all_fields;                  /* an option names fields that nobody reads else */
    struct twf_buf text, column;
    uint32_t offsets[SITTING + 1];
    uint64_t ordinary[SITTING / 64];
    struct seat seats[SITTING];
    uint32_t seat_count, rows;
    uint32_t flushed;          /* batches since twf_worker_begin */
    struct twf_worker_sink sink;
    twf_watch_fn *watch;
    void *watch_ctx;
    struct twf_mark *mark, nobody; /* nobody: the mark that nobody reads */
};

static enum twf_status add_rules(struct twf_worker *w, struct twf_error *err)
{
    const size_t len = TWF_BATCH_ROWS_MAX * sizeof(struct twf_counts *);

    w->row_counts = twf_malloc(len);
    if (w->row_counts == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a worker");
    memset(w->row_counts, 0, len); /* resident at once: a long run needs no more */
    return twf_rules_scratch_new(w->setup->rules, &w->rules, err);
}

enum twf_status twf_worker_new(const struct twf_setup *s, struct twf_worker **out,
                               struct twf_error *err)
{
    struct twf_worker *w = twf_calloc(1, sizeof(*w));
    enum twf_status status;

    *out = NULL;
    if (w == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a worker");
    w->setup = s;
    w->all_fields = s->judge.envelope_header_count > 0;
    w->mark = &w->nobody;
    twf_gather_init(&w->gather, &s->kernels, &s->limits);
    twf_arena_init(&w->sitting, 512 * 1024);
    twf_arena_init(&w->message, 64 * 1024);
    twf_buf_init(&w->text);
    twf_buf_init(&w->column);
    w->batch = twf_batch_new();
    if (w->batch == NULL) {
        twf_worker_free(w);
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a batch");
    }
    status = twf_domains_new(s->psl, &w->domains, err);
    if (status == TWF_OK)
        status = twf_judge_new(&s->judge, w->domains, &w->judge, err);
    if (status == TWF_OK && s->matcher != NULL)
        status = twf_match_scratch_new(s->matcher, &w->scratch, err);
    if (status == TWF_OK && s->rules != NULL)
        status = add_rules(w, err);
    if (status != TWF_OK) {
        twf_worker_free(w);
        return status;
    }
    *out = w;
    return TWF_OK;
}

void twf_worker_free(struct twf_worker *w)
{
    if (w == NULL)
        return;
    twf_rules_scratch_free(w->rules);
    twf_free(w->row_counts);
    twf_match_scratch_free(w->scratch);
    twf_judge_free(w->judge);
    twf_domains_free(w->domains);
    twf_batch_free(w->batch);
    twf_buf_fini(&w->text);
    twf_buf_fini(&w->column);
    twf_arena_fini(&w->message);
    twf_arena_fini(&w->sitting);
    twf_gather_fini(&w->gather);
    twf_free(w);
}

void twf_worker_begin(struct twf_worker *w, const struct twf_worker_sink *sink)
{
    w->sink = *sink;
    w->seat_count = w->rows = w->flushed = 0;
    if (w->rules != NULL) {
        twf_rules_forget(w->rules);
        twf_rules_take_hits(w->rules, NULL);
    }
    twf_arena_reset(&w->sitting);
    twf_batch_reset(w->batch);
}

void twf_worker_watch(struct twf_worker *w, twf_watch_fn *watch, void *ctx)
{
    w->watch = watch;
    w->watch_ctx = ctx;
}

void twf_worker_mark(struct twf_worker *w, struct twf_mark *mark)
{
    w->mark = mark;
}

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory while judging messages");
}

/* A copy of an array in the sitting's arena: what gather hands out lives only until its next call. */
static const void *keep(struct twf_worker *w, const void *ptr, size_t n, size_t size)
{
    return twf_arena_copy(&w->sitting, twf_span(ptr, n * size)).ptr;
}

/* Takes the header of the newest seat apart. */
static bool take_head(struct twf_worker *w, struct seat *s)
{
    /* Who watches may ask for any field. */
    bool all = w->all_fields || w->watch != NULL;

    uint64_t long_ways = w->gather.long_ways;

    if (!(all ? twf_gather_head : twf_gather_known)(&w->gather, s->message.text, &s->head))
        return false;
    s->short_head = !all && w->gather.long_ways == long_ways;
    /* A header with CR line ends only is read from gather's own copy (gather.h). */
    if (s->head.block.ptr != s->message.text.ptr)
        s->head.block = twf_arena_copy(&w->sitting, s->head.block);
    s->head.fields = keep(w, s->head.fields, s->head.field_count, sizeof(*s->head.fields));
    s->head.inner_from =
        keep(w, s->head.inner_from, s->head.inner_from_count, sizeof(*s->head.inner_from));
    s->head.limits = keep(w, s->head.limits, s->head.limit_count, sizeof(*s->head.limits));
    return w->sitting.failed == 0;
}

/*
 * The one From value of a head goes into the column; an empty value stands for "take the full parser":
 * several From-like fields, a folded or a long value. The pattern never matches an empty one.
 */
static void put_column(struct twf_worker *w, uint32_t i)
{
    const struct twf_head *h = &w->seats[i].head;
    const struct twf_field *f = twf_head_first(h, TWF_FIELD_FROM);

    w->offsets[i] = (uint32_t)w->column.len;
    if (f != NULL && f->from_kind == TWF_FROM_EXACT && f->flags == 0 &&
        f->end - f->value_off <= COLUMN_VALUE_MAX)
        twf_buf_span(&w->column, twf_field_value(h, f));
    twf_buf_byte(&w->column, '\n');
    w->offsets[i + 1] = (uint32_t)w->column.len;
}

static void match_sitting(struct twf_worker *w)
{
    struct twf_match_column column;
    uint64_t *hits[TWF_PATTERN_COUNT] = {w->ordinary};
    bool complete;

    memset(w->ordinary, 0, sizeof(w->ordinary));
    if (w->setup->matcher == NULL || w->seat_count == 0)
        return;
    w->column.len = 0;
    for (uint32_t i = 0; i < w->seat_count; i++)
        put_column(w, i);
    if (w->column.failed)
        return; /* without hits every value takes the full parser: slower, the same */
    column = (struct twf_match_column){w->column.ptr, w->offsets, w->seat_count};
    twf_match_from(w->setup->matcher, w->scratch, &column, hits, &complete);
}

static bool is_in_time(const struct twf_setup *s, const struct seat *seat,
                       const struct twf_verdict *v)
{
    int64_t us = v->date_us;

    if (s->since_us == INT64_MIN && s->until_us == INT64_MAX)
        return true;
    if (s->clock == TWF_CLOCK_RECEIVED)
        us = v->date_received_us;
    else if (s->clock == TWF_CLOCK_FROM_LINE &&
             !twf_date_parse_asctime(seat->message.from_line, &us))
        us = INT64_MIN;
    /* What has no date is never left out: it would be skipped in silence. */
    return us == INT64_MIN || (us >= s->since_us && us < s->until_us);
}

static void count(struct twf_counts *c, const struct twf_verdict *v)
{
    c->judged++;
    c->p1_kinds[v->p1_kind]++;
    c->relations[v->relation]++;
    c->classes[v->verdict_class]++;
    c->levels[v->level]++;
    for (uint32_t i = 0; i < v->finding_count; i++)
        c->findings[v->findings[i].code]++;
    for (uint32_t i = 0; i < v->allowance_count; i++)
        c->allowances[v->allowances[i].code]++;
    for (uint32_t i = 0; i < v->limit_count; i++)
        c->limits[v->limits[i].id]++;
    c->tags[twf_tag_compare(v, &c->tags_apart)]++;
}

static enum twf_status flush_rows(struct twf_worker *w, struct twf_error *err)
{
    enum twf_status status;

    if (w->rows == 0)
        return TWF_OK;
    twf_mark_stage(w->mark, TWF_STAGE_SEVERAL);
    twf_batch_finish(w->batch, w->rows);
    if (w->rules != NULL && !w->batch->failed)
        twf_rules_batch(w->rules, w->batch, w->setup->min_level, w->row_counts);
    w->rows_full = false;
    /* Rules saw the values as they are; from here on nobody does. */
    if (w->setup->redact != NULL && !w->setup->redact_rows_later && !w->batch->failed)
        twf_redact_batch(w->setup->redact, w->batch);
    if (w->batch->failed)
        return no_memory(err);
    status = w->sink.flush(w->sink.ctx, &w->batch, err);
    twf_batch_reset(w->batch);
    w->rows = 0;
    w->flushed++;
    return status;
}

/* A rule could hit it. */
static bool is_wanted(const struct twf_worker *w, const struct twf_verdict *v)
{
    return w->rules != NULL && twf_rules_wants(w->setup->rules, v);
}

/* Rules may name any field: then the header is taken apart once more, this time as a whole. */
static bool put_rules(struct twf_worker *w, const struct twf_head *head)
{
    struct twf_head all;

    if (!w->all_fields && twf_rules_want_names(w->rules)) {
        if (!twf_gather_names(&w->gather, head->block, &all))
            return false;
        head = &all;
    }
    w->rows_full = twf_rules_put(w->rules, w->rows, head);
    return true;
}

/* A row for the message, if anybody asks for one; false without memory. */
static bool put_row(struct twf_worker *w, const struct twf_place *here,
                    const struct twf_subject *subject, const struct twf_verdict *v,
                    struct twf_counts *counts)
{
    bool selected = w->setup->all || v->level >= w->setup->min_level;
    bool wanted = is_wanted(w, v);
    bool has_row = selected || w->setup->every_row || wanted;

    /* What has no row can still be the first of two. */
    if (w->sink.keys != NULL)
        twf_dedup_put(w->sink.keys, v->message_id, subject->head->block, w->flushed,
                      has_row ? w->rows : TWF_DEDUP_NO_ROW);
    if (!has_row)
        return true;
    twf_record_put(w->batch, w->rows, w->setup, here, subject, v,
                   !w->setup->brief_rows || selected || wanted, &w->message, &w->text);
    if (w->sink.keys != NULL)
        twf_batch_int(w->batch, TWF_COL_duplicate, w->rows, 0);
    if (selected) {
        twf_batch_select(w->batch, w->rows);
        counts->records++;
    }
    if (w->rules != NULL) {
        w->row_counts[w->rows] = counts;
        /* What no rule can hit is not put before them, row or not. */
        if (wanted && !put_rules(w, subject->head))
            return false;
    }
    w->rows++;
    return true;
}

/* More is asked of a verdict than what is counted: a row, or somebody watches. */
static bool asks_facts(const struct twf_worker *w, const struct twf_verdict *v)
{
    const struct twf_setup *s = w->setup;

    return w->watch != NULL || s->every_row || s->all || v->level >= s->min_level || is_wanted(w, v);
}

/* Which message it is and of which day: for copies, pairs and a span of time. */
static bool asks_name(const struct twf_worker *w, const struct twf_verdict *v)
{
    const struct twf_setup *s = w->setup;

    return s->since_us != INT64_MIN || s->until_us != INT64_MAX || w->sink.keys != NULL ||
           (w->sink.pairs != NULL && v->relation == TWF_RELATION_MISMATCH);
}

/* --clock received: only a record asks else when a message came. */
static bool asks_received(const struct twf_worker *w)
{
    const struct twf_setup *s = w->setup;

    return s->clock == TWF_CLOCK_RECEIVED &&
           (s->since_us != INT64_MIN || s->until_us != INT64_MAX);
}

static enum twf_status judge_seat(struct twf_worker *w, const struct seat *seat, bool ordinary,
                                  struct twf_error *err)
{
    struct twf_subject subject = {.message = &seat->message,
                                  .head = &seat->head,
                                  .journal = seat->journal,
                                  .has_sidecar = seat->sidecar != NULL,
                                  .from_ordinary = ordinary};
    struct twf_place here = *seat->place;
    struct twf_verdict v;
    bool has_facts;

    if (seat->sidecar != NULL)
        subject.sidecar = *seat->sidecar;
    here.ordinal = seat->ordinal;
    twf_mark_message(w->mark, here.mark, here.source_uri, seat->message.off);
    twf_arena_reset(&w->message);
    twf_judge_verdict(w->judge, &w->message, &subject, &v);
    has_facts = asks_facts(w, &v) || asks_received(w);
    if (has_facts)
        twf_judge_facts(w->judge, &v);
    else if (asks_name(w, &v))
        twf_judge_name(w->judge, &v);
    seat->counts->messages++;
    if (w->watch != NULL)
        w->watch(w->watch_ctx, &here, &subject, &v);
    if (!is_in_time(w->setup, seat, &v)) {
        seat->counts->skipped_time++;
        return TWF_OK;
    }
    count(seat->counts, &v);
    if (w->sink.pairs != NULL)
        twf_pairs_add(w->sink.pairs, &v);
    seat->counts->short_way += ordinary;
    seat->counts->plain_from += v.from_plain;
    seat->counts->without_facts += !has_facts;
    seat->counts->short_heads += seat->short_head;
    if (!put_row(w, &here, &subject, &v, seat->counts) || w->message.failed)
        return no_memory(err);
    return w->rows == TWF_BATCH_ROWS_MAX || w->rows_full ? flush_rows(w, err) : TWF_OK;
}

/* Judges the messages that are seated, and empties the sitting. */
static enum twf_status rise(struct twf_worker *w, struct twf_error *err)
{
    twf_mark_stage(w->mark, TWF_STAGE_SEVERAL);
    match_sitting(w);
    for (uint32_t i = 0; i < w->seat_count; i++)
        TWF_TRY(judge_seat(w, &w->seats[i], (w->ordinary[i / 64] >> (i % 64) & 1) != 0, err));
    w->seat_count = 0;
    twf_arena_reset(&w->sitting);
    return TWF_OK;
}

/* A report that waits to be opened: text of one layer. */
struct layer {
    struct twf_message message;
    const struct twf_journal *around;
    uint32_t depth;
};

/* The report as seen by a message that is judged although it is the wrapper: it is not inside. */
static struct twf_journal *outside(struct twf_worker *w, const struct twf_journal *j, uint32_t depth)
{
    struct twf_journal *copy = twf_arena_alloc(&w->sitting, sizeof(*copy));

    if (copy != NULL) {
        *copy = *j;
        copy->depth = depth;
    }
    return copy;
}

/* Opens one layer. Its inner messages are pushed (last first, so that they come off in order); false in
 * *opened when the text is judged as it stands. */
static enum twf_status open_layer(struct twf_worker *w, struct layer *l, struct layer *stack,
                                  uint32_t *top, uint32_t cap, struct twf_counts *counts,
                                  bool *opened, struct twf_error *err)
{
    struct twf_journal *j = twf_arena_calloc(&w->sitting, 1, sizeof(*j));
    struct twf_journal_inner inner[2];
    uint32_t n = 0;

    *opened = false;
    if (j == NULL)
        return no_memory(err);
    TWF_TRY(twf_journal_open(l->message.text, w->setup->journal, &w->setup->limits, &w->sitting, j,
                             inner, &n, err));
    counts->limits[TWF_LIMIT_JOURNAL] += (j->problems & TWF_JPROBLEM_DEPTH) != 0;
    if (j->form == TWF_JOURNAL_NONE)
        return TWF_OK;
    j->depth += l->depth;
    if (j->form == TWF_JOURNAL_LOOKALIKE || n == 0) {
        if (j->form == TWF_JOURNAL_LOOKALIKE) {
            counts->journal_lookalikes++;
        } else {
            counts->journal_reports++;
            counts->journal_undecodable++;
        }
        l->around = outside(w, j, l->depth);
        return l->around != NULL ? TWF_OK : no_memory(err);
    }
    counts->journal_reports++;
    for (uint32_t i = n; i-- > 0 && *top < cap;) {
        struct twf_message m = l->message;

        m.text = inner[i].text;
        m.len = inner[i].text.len;
        stack[(*top)++] = (struct layer){m, j, j->depth};
    }
    /* A forged marker must not hide the outer From: then both are judged (exchange.md 7.1). */
    *opened = w->setup->journal == TWF_JOURNAL_MODE_REQUIRE ||
              (j->problems & TWF_JPROBLEM_FROM_DIFFERS) == 0;
    if (!*opened)
        l->around = outside(w, j, l->depth);
    return *opened || l->around != NULL ? TWF_OK : no_memory(err);
}

/* Seats one message: itself, or what is inside it. */
static enum twf_status seat_message(struct twf_worker *w, const struct twf_message *m,
                                    const struct twf_place *place, const struct twf_span *sidecar,
                                    struct twf_counts *counts, struct twf_error *err)
{
    enum { STACK = 16 };
    struct layer stack[STACK];
    uint32_t top = 0, ordinal = 0;

    stack[top++] = (struct layer){*m, NULL, 0};
    while (top > 0) {
        struct layer l = stack[--top];
        bool opened = false;
        struct seat *s;

        s = &w->seats[w->seat_count];
        *s = (struct seat){
            .message = l.message, .place = place, .sidecar = sidecar, .counts = counts};
        if (!take_head(w, s))
            return no_memory(err);
        if (w->setup->journal != TWF_JOURNAL_MODE_NEVER && twf_journal_head_candidate(&s->head)) {
            if (l.depth < w->setup->limits.value[TWF_LIMIT_JOURNAL])
                TWF_TRY(open_layer(w, &l, stack, &top, STACK, counts, &opened, err));
            else if (twf_journal_marked(s->head.block))
                counts->limits[TWF_LIMIT_JOURNAL]++; /* what is inside stays unread */
        }
        if (opened)
            continue; /* the seat stays free: what is inside takes it */
        s->journal = l.around;
        s->ordinal = ordinal++;
        w->seat_count++;
        /* Layers on the stack hold memory of this sitting: it may only end between messages. */
        if (w->seat_count == SITTING) {
            if (top > 0)
                return twf_error_set(err, TWF_ERR_INTERNAL, m->off, "a sitting is too small");
            TWF_TRY(rise(w, err));
        }
    }
    return TWF_OK;
}

enum twf_status twf_worker_judge(struct twf_worker *w, const struct twf_place *place,
                                 const struct twf_message *messages, uint32_t n,
                                 const struct twf_span *sidecar, struct twf_counts *counts,
                                 struct twf_error *err)
{
    enum { REPORT_SEATS = 64 }; /* no report seats more: depth 4, two inner messages each, and outers */

    for (uint32_t i = 0; i < n; i++) {
        if ((messages[i].flags & TWF_MESSAGE_NOT_MAIL) != 0) {
            counts->messages++;
            counts->skipped_not_mail++;
            continue;
        }
        if ((messages[i].flags & TWF_MESSAGE_LOST) != 0) {
            counts->messages++;
            counts->failed++;
            continue;
        }
        if (w->seat_count > SITTING - REPORT_SEATS)
            TWF_TRY(rise(w, err));
        twf_mark_message(w->mark, place->mark, place->source_uri, messages[i].off);
        TWF_TRY(seat_message(w, &messages[i], place, sidecar, counts, err));
    }
    return TWF_OK;
}

enum twf_status twf_worker_end(struct twf_worker *w, struct twf_error *err)
{
    TWF_TRY(rise(w, err));
    if ((w->sink.pairs != NULL && twf_pairs_failed(w->sink.pairs)) ||
        (w->sink.keys != NULL && w->sink.keys->failed))
        return no_memory(err);
    TWF_TRY(flush_rows(w, err));
    if (w->rules != NULL && w->sink.hits != NULL)
        twf_rules_take_hits(w->rules, w->sink.hits->messages);
    return TWF_OK;
}
