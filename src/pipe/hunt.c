/* SPDX-License-Identifier: Apache-2.0 */
/* A hunt from its question to the rows that hit: what is needed of a source, which rows, what becomes of them. */
#include "pipe/hunt_lane.h"

#include "base/alloc.h"
#include "base/error.h"
#include "pipe/hunt_rows.h"

enum { THREADS_MAX = 256 };
enum { FEW = 8 }; /* one row in so many is asked alone; more are asked with all others */

enum twf_status twf_hunter_new(struct twf_hunt_question *q, struct twf_hunter **out,
                               struct twf_error *err)
{
    struct twf_hunter *h = twf_calloc(1, sizeof(*h));
    enum twf_status status = TWF_OK;
    uint32_t threads = TWF_MAX(1u, TWF_MIN(q->threads, (uint32_t)THREADS_MAX));

    *out = NULL;
    if (h == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a hunt");
    h->q = q;
    (void)pthread_mutex_init(&h->lock, NULL);
    (void)pthread_cond_init(&h->turned, NULL);
    for (uint32_t i = 0; i < q->set_count; i++) {
        struct twf_hunt_set *s = &q->sets[i];

        s->col_count = 0;
        for (int col = 0; col < TWF_COL_COUNT; col++) {
            if (twf_rules_needs(s->rules, (enum twf_col_id)col))
                s->cols[s->col_count++] = (enum twf_col_id)col;
        }
        s->has_text = twf_rules_literal(s->rules, &s->text) && s->col_count == 1 && s->cols[0] == s->text.col;
    }
    for (int col = 0; q->rows && col < TWF_COL_COUNT; col++)
        h->want[col] = q->want[col] || twf_rules_needs(q->all, (enum twf_col_id)col);
    h->want[TWF_COL_subject_raw] |= q->rows && q->with_subject;
    h->want[TWF_COL_level] |= q->rows;
    h->lanes = twf_calloc(threads, sizeof(struct hunt_lane *));
    h->lanes_most = threads;
    h->answers = twf_calloc(q->set_count + 1, sizeof(*h->answers));
    h->every = twf_calloc(TWF_BATCH_ROWS_MAX, sizeof(*h->every));
    if (h->lanes == NULL || h->answers == NULL || h->every == NULL)
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a hunt");
    for (uint32_t i = 0; status == TWF_OK && i < TWF_BATCH_ROWS_MAX; i++)
        h->every[i] = i;
    if (status == TWF_OK)
        status = twf_hunt_need_lanes(h, 1, err);
    if (status != TWF_OK) {
        twf_hunter_free(h);
        return status;
    }
    *out = h;
    return TWF_OK;
}

void twf_hunter_free(struct twf_hunter *h)
{
    if (h == NULL)
        return;
    for (uint32_t i = 0; i < h->lane_count; i++)
        twf_hunt_lane_free(h->lanes[i]);
    if (h->answers != NULL)
        twf_hunt_forget_answers(h);
    twf_free(h->answers);
    twf_free(h->lanes);
    twf_free(h->groups);
    twf_free(h->every);
    (void)pthread_cond_destroy(&h->turned);
    (void)pthread_mutex_destroy(&h->lock);
    twf_free(h);
}

uint64_t twf_hunter_messages(const struct twf_hunter *h)
{
    return h->messages;
}

uint64_t twf_hunter_hits(const struct twf_hunter *h)
{
    return h->hits;
}

/* Columns that every record has and an index does not: they follow from the run. */
static bool is_made_here(enum twf_col_id col)
{
    return col == TWF_COL_schema || col == TWF_COL_run_id || col == TWF_COL_subject ||
           col == TWF_COL_rule_ids || col == TWF_COL_duplicate;
}

const char *twf_hunter_lacks(const struct twf_hunter *h, const struct twf_index *ix)
{
    const struct twf_hunt_question *q = h->q;

    for (uint32_t i = 0; i < q->set_count; i++) {
        for (uint32_t k = 0; k < q->sets[i].col_count; k++) {
            if (!twf_index_has(ix, q->sets[i].cols[k]) && !is_made_here(q->sets[i].cols[k]))
                return twf_col_infos[q->sets[i].cols[k]].name;
        }
    }
    for (int col = 0; col < TWF_COL_COUNT; col++) {
        if (h->want[col] && !twf_index_has(ix, (enum twf_col_id)col) &&
            !is_made_here((enum twf_col_id)col))
            return twf_col_infos[col].name;
    }
    if (q->group >= 0 && !twf_index_has(ix, (enum twf_col_id)q->group))
        return twf_col_infos[q->group].name;
    return NULL;
}

/* ---- rows of a batch ---- */

/*
 * Rows of the index into out. What a source is called is what the caller calls it now, not when the index
 * was made.
 */
static enum twf_status take_rows(struct hunt_lane *l, const uint32_t *rows, uint32_t n,
                                 const bool want[TWF_COL_COUNT], struct twf_batch *out)
{
    bool held[TWF_COL_COUNT];

    memcpy(held, want, sizeof(held));
    held[TWF_COL_source_uri] = false;
    twf_batch_reset(out);
    TWF_TRY(twf_index_rows(l->h->ix, l->index, rows, n, held, out, 0, &l->err));
    for (uint32_t i = 0; want[TWF_COL_source_uri] && i < n; i++)
        twf_batch_str(out, TWF_COL_source_uri, i, l->h->source_uri);
    return TWF_OK;
}

static enum twf_status set_hits_index(struct hunt_lane *l, uint32_t set, uint32_t rows, uint64_t *bits)
{
    struct twf_hunter *h = l->h;
    const struct twf_hunt_set *s = &h->q->sets[set];
    const struct hunt_answer *a = &h->answers[set];
    bool want[TWF_COL_COUNT] = {false};

    if (a->known && !a->any && !a->null_hits) {
        memset(bits, 0, (rows + 63) / 64 * sizeof(uint64_t));
        return TWF_OK;
    }
    if (a->known) {
        struct twf_index_column c;

        TWF_TRY(twf_index_column(h->ix, l->index, s->cols[0], &c, &l->err));
        return twf_hunt_compare(h->q->kernels, a, &c, bits)
                   ? TWF_OK
                   : twf_error_set(&l->err, TWF_ERR_FORMAT, 0,
                                   "the index is damaged: an id that its dictionary lacks");
    }
    for (uint32_t i = 0; i < s->col_count; i++)
        want[s->cols[i]] = true;
    if (s->has_text && twf_index_has_bytes(h->ix, s->text.col)) {
        uint32_t n = 0;

        TWF_TRY(twf_hunt_text_rows(l, s, rows, &n));
        if (n <= rows / FEW) {
            memset(bits, 0, (rows + 63) / 64 * sizeof(uint64_t));
            if (n == 0)
                return TWF_OK;
            TWF_TRY(take_rows(l, l->rows, n, want, l->project));
            TWF_TRY(twf_hunt_ask(l, set, n));
            twf_hunt_text_spread(l, n, bits);
            return TWF_OK;
        }
    }
    TWF_TRY(take_rows(l, l->h->every, rows, want, l->project));
    TWF_TRY(twf_hunt_ask(l, set, rows));
    memcpy(bits, l->project->selected, (rows + 63) / 64 * sizeof(uint64_t));
    return TWF_OK;
}

/* How rows of a source are asked: an index or a batch. */
typedef enum twf_status set_fn(struct hunt_lane *l, const struct twf_batch *b, uint32_t set, uint32_t rows,
                               uint64_t *bits);

static enum twf_status ask_index(struct hunt_lane *l, const struct twf_batch *b, uint32_t set,
                                 uint32_t rows, uint64_t *bits)
{
    (void)b;
    return set_hits_index(l, set, rows, bits);
}

static enum twf_status ask_batch(struct hunt_lane *l, const struct twf_batch *b, uint32_t set,
                                 uint32_t rows, uint64_t *bits)
{
    const struct twf_hunt_set *s = &l->h->q->sets[set];
    bool want[TWF_COL_COUNT] = {false};

    for (uint32_t i = 0; i < s->col_count; i++)
        want[s->cols[i]] = true;
    twf_batch_reset(l->project);
    twf_hunt_copy(b, l->h->every, rows, want, l->project, 0);
    TWF_TRY(twf_hunt_ask(l, set, rows));
    memcpy(bits, l->project->selected, (rows + 63) / 64 * sizeof(uint64_t));
    return TWF_OK;
}

/* All sets, into l->hits. */
static enum twf_status combine(struct hunt_lane *l, const struct twf_batch *b, uint32_t rows, set_fn *one)
{
    const struct twf_hunt_question *q = l->h->q;
    uint32_t words = (rows + 63) / 64;
    uint64_t any = 1;

    memset(l->hits, q->needed > 0 ? 0xFF : 0, words * sizeof(uint64_t));
    for (uint32_t set = 0; set < q->needed && any != 0; set++) {
        any = 0;
        TWF_TRY(one(l, b, set, rows, l->part));
        for (uint32_t i = 0; i < words; i++)
            any |= l->hits[i] &= l->part[i];
    }
    for (uint32_t set = q->needed; set < q->set_count; set++) {
        TWF_TRY(one(l, b, set, rows, l->part));
        for (uint32_t i = 0; i < words; i++)
            l->hits[i] |= l->part[i];
    }
    return TWF_OK;
}

/* Whether nothing about a row matters but that it hits. */
static bool is_counted(const struct twf_hunt_question *q)
{
    return !q->rows && q->group < 0 && q->min_level == TWF_LEVEL_NONE && q->since_us == INT64_MIN &&
           q->until_us == INT64_MAX;
}

static void count_rows(struct hunt_lane *l, uint32_t rows)
{
    l->row_count = 0;
    for (uint32_t i = 0; i < (rows + 63) / 64; i++)
        l->row_count += (uint32_t)__builtin_popcountll(l->hits[i]);
}

/* The numbers of the rows that hit, into l->rows. */
static void list_rows(struct hunt_lane *l, uint32_t rows)
{
    l->row_count = 0;
    for (uint32_t i = 0; i < (rows + 63) / 64; i++) {
        for (uint64_t word = l->hits[i]; word != 0; word &= word - 1)
            l->rows[l->row_count++] = i * 64 + (uint32_t)__builtin_ctzll(word);
    }
}

/* ---- what becomes of the rows ---- */

/* Names the rules that hit the rows in l->out, and selects all of them. */
static enum twf_status finish_out(struct hunt_lane *l)
{
    twf_hunt_complete(l->h->q, l->out, l->row_count, &l->arena, &l->text);
    for (uint32_t i = 0; i < l->row_count; i++)
        twf_batch_select(l->out, i);
    twf_batch_finish(l->out, l->row_count);
    if (!l->out->failed)
        twf_rules_batch(l->all, l->out, TWF_LEVEL_NONE, NULL);
    if (l->h->q->redact != NULL && !l->out->failed)
        twf_redact_batch(l->h->q->redact, l->out);
    return l->out->failed ? twf_hunt_no_memory(l) : TWF_OK;
}

/* Where the footer tells how many rows of a batch hit and that is all that matters, or there are none. */
static enum twf_status ask_footer(struct hunt_lane *l, uint32_t item, bool *done)
{
    const struct twf_hunt_question *q = l->h->q;
    const struct hunt_answer *a = &l->h->answers[0];
    uint32_t rows;

    *done = false;
    if (q->set_count != 1 || !a->known || !twf_index_has_counts(l->h->ix, q->sets[0].cols[0]))
        return TWF_OK;
    TWF_TRY(twf_index_count(l->h->ix, q->sets[0].cols[0], item, a->hits, a->count, a->null_hits, &rows, &l->row_count,
                            &l->err));
    l->asked = rows;
    *done = l->row_count == 0 || is_counted(q);
    return TWF_OK;
}

static enum twf_status ask_batch_of_index(struct hunt_lane *l, uint32_t item)
{
    struct twf_hunter *h = l->h;
    bool want[TWF_COL_COUNT] = {false}, done;
    uint32_t rows;

    TWF_TRY(ask_footer(l, item, &done));
    if (done)
        return TWF_OK;
    TWF_TRY(twf_index_batch(h->ix, l->index, item, &rows, &l->err));
    l->asked = rows;
    TWF_TRY(combine(l, NULL, rows, ask_index));
    if (is_counted(h->q)) {
        count_rows(l, rows);
        return TWF_OK;
    }
    list_rows(l, rows);
    if (l->row_count > 0)
        TWF_TRY(twf_hunt_sift_index(l));
    if (h->q->group >= 0 && l->row_count > 0) {
        want[h->q->group] = true;
        TWF_TRY(take_rows(l, l->rows, l->row_count, want, l->project));
        twf_batch_finish(l->project, l->row_count);
        TWF_TRY(twf_hunt_count_groups(l));
    }
    if (!h->q->rows || l->row_count == 0)
        return TWF_OK;
    TWF_TRY(take_rows(l, l->rows, l->row_count, h->want, l->out));
    return finish_out(l);
}

/* Whether the footer alone answers: that is done before a thread has started. */
static bool is_told(const struct twf_hunter *h)
{
    return is_counted(h->q) && h->q->set_count == 1 && h->answers[0].known &&
           twf_index_has_counts(h->ix, h->q->sets[0].cols[0]);
}

/* Whether a question reads a column, or the records that it asks for have it. */
static bool is_used(const struct twf_hunter *h, enum twf_col_id col)
{
    bool used = h->want[col] || (int)col == h->q->group ||
                (col == TWF_COL_level && h->q->min_level > TWF_LEVEL_NONE);

    for (uint32_t i = 0; !used && i < h->q->set_count; i++)
        used = twf_rules_needs(h->q->sets[i].rules, col);
    return used;
}

enum twf_status twf_hunter_index(struct twf_hunter *h, struct twf_index *ix, const char *source_uri,
                                 twf_hunt_fn *fn, void *ctx, struct twf_error *err)
{
    enum twf_status status = TWF_OK;

    h->ix = ix;
    h->source_uri = source_uri;
    for (int col = 0; status == TWF_OK && col < TWF_COL_COUNT; col++) {
        bool used = is_used(h, (enum twf_col_id)col);

        for (int other = 0; !used && other < TWF_COL_COUNT; other++)
            used = twf_index_leans((enum twf_col_id)other, (enum twf_col_id)col) &&
                   is_used(h, (enum twf_col_id)other);
        if (used)
            status = twf_hunt_load_dictionary(h, (enum twf_col_id)col, err);
    }
    for (uint32_t i = 0; status == TWF_OK && i < h->q->set_count; i++)
        status = twf_hunt_answer_set(h, i, err);
    h->fn = fn;
    h->ctx = ctx;
    if (status == TWF_OK)
        status = twf_hunt_run(h, twf_index_batch_count(ix), is_told(h) ? 1 : h->lanes_most, ask_batch_of_index, err);
    twf_hunt_forget_answers(h);
    h->ix = NULL;
    return status;
}

enum twf_status twf_hunter_batch(struct twf_hunter *h, const struct twf_batch *b, twf_hunt_fn *fn,
                                 void *ctx, struct twf_error *err)
{
    struct hunt_lane *l = h->lanes[0];
    bool want[TWF_COL_COUNT] = {false};
    enum twf_status status;

    l->err = (struct twf_error){0};
    status = combine(l, b, b->rows, ask_batch);
    list_rows(l, b->rows);
    twf_hunt_sift_batch(l, b);
    if (status == TWF_OK && h->q->group >= 0) {
        want[h->q->group] = true;
        twf_batch_reset(l->project);
        twf_hunt_copy(b, l->rows, l->row_count, want, l->project, 0);
        twf_batch_finish(l->project, l->row_count);
        status = twf_hunt_count_groups(l);
    }
    h->messages += b->rows;
    h->hits += l->row_count;
    if (status == TWF_OK && h->q->rows && l->row_count > 0) {
        twf_batch_reset(l->out);
        twf_hunt_copy(b, l->rows, l->row_count, h->want, l->out, 0);
        status = finish_out(l);
        if (status == TWF_OK)
            status = fn(ctx, l->out, &l->err);
    }
    if (status != TWF_OK && err != NULL)
        *err = l->err;
    return status;
}
