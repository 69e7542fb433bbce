/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes, one a thread, take batches of an index by number; what they find is handed out in the order of
 * the batches. A set of rules that reads one column, which is a dictionary here, is answered before: once
 * for each value, into a bit set, and once for no value at all.
 */
#define _GNU_SOURCE
#include "pipe/hunt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/error.h"
#include "pipe/hunt_rows.h"
#include "pipe/hunt_tally.h"

enum { WORDS = TWF_BATCH_ROWS_MAX / 64, CHUNK = TWF_BATCH_ROWS_MAX / 4, THREADS_MAX = 256 };

/* The answer of a set for the values of a dictionary. */
struct answer {
    bool known;
    uint64_t *hits;   /* a bit a value */
    uint32_t count;   /* values */
    int64_t only;     /* the one value that hits; -1: none or several */
    bool any, null_hits;
};

/* What one thread has. */
struct lane {
    struct twf_hunter *h;
    pthread_t thread;
    struct twf_index_scratch *index;
    struct twf_rules_scratch **sets; /* one a set */
    struct twf_rules_scratch *all;
    struct twf_batch *project, *out;
    struct twf_arena arena;
    struct twf_buf text;
    uint64_t hits[WORDS], part[WORDS];
    uint32_t rows[TWF_BATCH_ROWS_MAX], row_count;
    uint64_t asked;                  /* rows of the batch at work */
    struct twf_hunt_tally tally;
    struct twf_error err;
};

struct twf_hunter {
    struct twf_hunt_question *q;
    struct lane **lanes;
    uint32_t lane_count;
    bool want[TWF_COL_COUNT];   /* columns of the rows, and those that all rules read */
    struct answer *answers;     /* one a set */
    struct twf_hunt_group *groups;
    uint64_t messages, hits;
    /* the work at hand */
    struct twf_index *ix;
    const char *source_uri;
    enum twf_status (*step)(struct lane *l, uint32_t item);
    twf_hunt_fn *fn;            /* in order; NULL: nothing is handed out */
    void *ctx;
    uint32_t items;
    enum twf_col_id col;        /* the dictionary at work */
    uint32_t set;               /* the set at work */
    atomic_uint next;
    pthread_mutex_t lock;
    pthread_cond_t turned;
    uint32_t turn;              /* the item that may be handed out */
    enum twf_status status;     /* the first that is not TWF_OK */
    struct twf_error err;
};

/* ---- making one ---- */

static void lane_free(struct lane *l)
{
    if (l == NULL)
        return;
    for (uint32_t i = 0; l->sets != NULL && i < l->h->q->set_count; i++)
        twf_rules_scratch_free(l->sets[i]);
    twf_free(l->sets);
    twf_rules_scratch_free(l->all);
    twf_index_scratch_free(l->index);
    twf_batch_free(l->project);
    twf_batch_free(l->out);
    twf_arena_fini(&l->arena);
    twf_buf_fini(&l->text);
    twf_hunt_tally_fini(&l->tally);
    twf_free(l);
}

static enum twf_status lane_new(struct twf_hunter *h, struct lane **out, struct twf_error *err)
{
    struct lane *l = twf_calloc(1, sizeof(*l));

    *out = l;
    if (l == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a hunt");
    l->h = h;
    twf_arena_init(&l->arena, 64 * 1024);
    l->sets = twf_calloc(h->q->set_count + 1, sizeof(struct twf_rules_scratch *));
    l->project = twf_batch_new();
    l->out = twf_batch_new();
    if (l->sets == NULL || l->project == NULL || l->out == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a hunt");
    for (uint32_t i = 0; i < h->q->set_count; i++)
        TWF_TRY(twf_rules_scratch_new(h->q->sets[i].rules, &l->sets[i], err));
    TWF_TRY(twf_rules_scratch_new(h->q->all, &l->all, err));
    return twf_index_scratch_new(&l->index, err);
}

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
    }
    for (int col = 0; q->rows && col < TWF_COL_COUNT; col++)
        h->want[col] = q->want[col] || twf_rules_needs(q->all, (enum twf_col_id)col);
    h->want[TWF_COL_subject_raw] |= q->rows && q->with_subject;
    h->want[TWF_COL_level] |= q->rows;
    h->lanes = twf_calloc(threads, sizeof(struct lane *));
    h->answers = twf_calloc(q->set_count + 1, sizeof(*h->answers));
    if (h->lanes == NULL || h->answers == NULL)
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a hunt");
    for (uint32_t i = 0; status == TWF_OK && i < threads; i++)
        status = lane_new(h, &h->lanes[h->lane_count++], err);
    if (status != TWF_OK) {
        twf_hunter_free(h);
        return status;
    }
    *out = h;
    return TWF_OK;
}

static void forget_answers(struct twf_hunter *h)
{
    for (uint32_t i = 0; i < h->q->set_count; i++) {
        twf_free(h->answers[i].hits);
        h->answers[i] = (struct answer){0};
    }
}

void twf_hunter_free(struct twf_hunter *h)
{
    if (h == NULL)
        return;
    for (uint32_t i = 0; i < h->lane_count; i++)
        lane_free(h->lanes[i]);
    if (h->answers != NULL)
        forget_answers(h);
    twf_free(h->answers);
    twf_free(h->lanes);
    twf_free(h->groups);
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

/* ---- lanes at work ---- */

static void fail(struct twf_hunter *h, enum twf_status status, const struct twf_error *err)
{
    if (h->status == TWF_OK) {
        h->status = status;
        h->err = *err;
    }
}

static enum twf_status check_stop(const struct twf_hunter *h, struct twf_error *err)
{
    return h->q->stop != NULL && *h->q->stop != 0 ? twf_error_set(err, TWF_ERR_STOPPED, 0, "stopped")
                                                  : TWF_OK;
}

/* Hands out what the lane found in an item, when its turn has come. False: the work is over. */
static bool hand_out(struct lane *l, uint32_t item, enum twf_status status)
{
    struct twf_hunter *h = l->h;
    bool go_on;

    (void)pthread_mutex_lock(&h->lock);
    if (status != TWF_OK)
        fail(h, status, &l->err);
    while (h->fn != NULL && h->turn != item && h->status == TWF_OK)
        (void)pthread_cond_wait(&h->turned, &h->lock);
    if (h->status == TWF_OK && h->fn != NULL) {
        h->messages += l->asked;
        h->hits += l->row_count;
        if (h->q->rows && l->row_count > 0)
            status = h->fn(h->ctx, l->out, &l->err);
        if (status != TWF_OK)
            fail(h, status, &l->err);
        h->turn = item + 1;
    }
    go_on = h->status == TWF_OK;
    (void)pthread_cond_broadcast(&h->turned);
    (void)pthread_mutex_unlock(&h->lock);
    return go_on;
}

static void *work(void *arg)
{
    struct lane *l = arg;
    struct twf_hunter *h = l->h;

    for (;;) {
        uint32_t item = atomic_fetch_add(&h->next, 1);
        enum twf_status status;

        if (item >= h->items)
            break;
        l->err = (struct twf_error){0};
        status = check_stop(h, &l->err);
        if (status == TWF_OK)
            status = h->step(l, item);
        if (!hand_out(l, item, status))
            break;
    }
    return NULL;
}

/* Items 0 to n - 1 through step, side by side. The calling thread is a lane too. */
static enum twf_status run(struct twf_hunter *h, uint32_t n,
                           enum twf_status (*step)(struct lane *l, uint32_t item),
                           struct twf_error *err)
{
    uint32_t started = 1, want = TWF_MIN(n, h->lane_count);

    h->step = step;
    h->items = n;
    h->turn = 0;
    h->status = TWF_OK;
    atomic_store(&h->next, 0);
    /* A thread that cannot be had is one that the others do without. */
    while (started < want &&
           pthread_create(&h->lanes[started]->thread, NULL, work, h->lanes[started]) == 0)
        started++;
    (void)work(h->lanes[0]);
    for (uint32_t i = 1; i < started; i++)
        (void)pthread_join(h->lanes[i]->thread, NULL);
    if (h->status != TWF_OK && err != NULL)
        *err = h->err;
    return h->status;
}

/* ---- values of a dictionary ---- */

static enum twf_status no_memory(struct lane *l)
{
    return twf_error_set(&l->err, TWF_ERR_NOMEM, 0, "no memory for a hunt");
}

static enum twf_status decode_part(struct lane *l, uint32_t item)
{
    return twf_index_dictionary_part(l->h->ix, l->h->col, l->index, item, &l->err);
}

static enum twf_status load_dictionary(struct twf_hunter *h, enum twf_col_id col,
                                       struct twf_error *err)
{
    uint32_t parts;

    if (!twf_index_is_dictionary(h->ix, col) || twf_index_dictionary_get(h->ix, col) != NULL)
        return TWF_OK;
    TWF_TRY(twf_index_dictionary_begin(h->ix, col, &parts, err));
    h->col = col;
    h->fn = NULL;
    TWF_TRY(run(h, parts, decode_part, err));
    return twf_index_dictionary_end(h->ix, col, err);
}

/* Columns of raw header fields. */
static bool is_field(enum twf_col_id col)
{
    return col == TWF_COL_from_raw || twf_col_infos[col].index == 'O';
}

/*
 * Asks a set about the rows of l->project; what hits is selected there. Only the columns that it reads are
 * there, and those that are written where something hits: to fill all of them would cost more than to ask.
 */
static enum twf_status ask(struct lane *l, uint32_t set, uint32_t rows)
{
    const struct twf_hunt_set *s = &l->h->q->sets[set];
    bool there[TWF_COL_COUNT] = {false}, has_fields = false;

    for (uint32_t i = 0; i < s->col_count; i++) {
        there[s->cols[i]] = true;
        has_fields |= is_field(s->cols[i]);
    }
    /* Who asks for a header field goes through all columns that stand for one. */
    for (int col = 0; has_fields && col < TWF_COL_COUNT; col++)
        there[col] |= is_field((enum twf_col_id)col);
    there[TWF_COL_rule_ids] = there[TWF_COL_level] = there[TWF_COL_score] = there[TWF_COL_limits] = true;
    /* With a first list the rules room leaves the rest alone where nothing hits. */
    twf_batch_list(l->project, TWF_COL_rule_ids, 0);
    twf_batch_finish_columns(l->project, rows, there);
    if (l->project->failed)
        return no_memory(l);
    twf_rules_batch(l->sets[set], l->project, TWF_LEVEL_NONE, NULL);
    return l->project->failed ? no_memory(l) : TWF_OK;
}

/* CHUNK values of the dictionary; the item behind the last of them is no value at all. */
static enum twf_status ask_values(struct lane *l, uint32_t item)
{
    struct twf_hunter *h = l->h;
    const struct twf_index_values *v = twf_index_dictionary_get(h->ix, h->col);
    struct answer *a = &h->answers[h->set];
    uint32_t from = item * CHUNK, n;

    twf_batch_reset(l->project);
    if (item + 1 == h->items) {
        TWF_TRY(ask(l, h->set, 1));
        a->null_hits = twf_batch_is_selected(l->project, 0);
        return TWF_OK;
    }
    n = TWF_MIN((uint32_t)CHUNK, v->count - from);
    for (uint32_t i = 0; i < n; i++)
        twf_batch_bytes(l->project, h->col, i, twf_index_value(v, from + i));
    TWF_TRY(ask(l, h->set, n));
    memcpy(a->hits + from / 64, l->project->selected, (n + 63) / 64 * sizeof(uint64_t));
    return TWF_OK;
}

static void sum_up(struct answer *a)
{
    uint64_t n = 0;

    a->only = -1;
    for (uint32_t i = 0; i < (a->count + 63) / 64; i++) {
        uint64_t word = a->hits[i];

        if (word != 0 && n == 0)
            a->only = (int64_t)i * 64 + __builtin_ctzll(word);
        n += (uint64_t)__builtin_popcountll(word);
    }
    a->any = n > 0;
    if (n != 1)
        a->only = -1;
}

static enum twf_status answer_set(struct twf_hunter *h, uint32_t set, struct twf_error *err)
{
    const struct twf_hunt_set *s = &h->q->sets[set];
    struct answer *a = &h->answers[set];

    if (s->col_count != 1 || s->cols[0] == TWF_COL_source_uri ||
        !twf_index_is_dictionary(h->ix, s->cols[0]))
        return TWF_OK;
    a->count = twf_index_dictionary_get(h->ix, s->cols[0])->count;
    a->hits = twf_calloc((a->count + 63) / 64 + 1, sizeof(uint64_t));
    if (a->hits == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a hunt");
    h->set = set;
    h->col = s->cols[0];
    h->fn = NULL;
    TWF_TRY(run(h, (a->count + CHUNK - 1) / CHUNK + 1, ask_values, err));
    sum_up(a);
    a->known = true;
    return TWF_OK;
}

/* ---- rows of a batch ---- */

/* bits of the rows whose id hits; false where an id is not in the dictionary. */
static bool compare_ids(const struct twf_kernels *k, const struct answer *a,
                        const struct twf_index_column *c, uint64_t *bits)
{
    uint32_t over = 0;

    if (a->only >= 0) {
        k->ideq(c->ids, c->rows, (int32_t)a->only, bits);
        return true;
    }
    for (uint32_t i = 0; i < c->rows; i += 64) {
        uint32_t n = TWF_MIN(64u, c->rows - i);
        uint64_t word = 0;

        for (uint32_t j = 0; j < n; j++) {
            uint32_t id = (uint32_t)c->ids[i + j], in = id < a->count ? id : 0;

            over |= in ^ id;
            word |= (a->hits[in >> 6] >> (in & 63) & 1) << j;
        }
        bits[i / 64] = word;
    }
    return over == 0 || a->count == 0;
}

/* Rows without a value have an id that says nothing. */
static void mask_nulls(const struct answer *a, const struct twf_index_column *c, uint64_t *bits)
{
    for (uint32_t i = 0; c->validity != NULL && i < c->rows; i += 64) {
        uint32_t n = TWF_MIN(64u, c->rows - i);
        uint64_t valid = 0, rows = n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;

        memcpy(&valid, c->validity + i / 8, (n + 7) / 8);
        valid &= rows;
        bits[i / 64] = (bits[i / 64] & valid) | (a->null_hits ? ~valid & rows : 0);
    }
}

/*
 * Rows of the index into out. What a source is called is what the caller calls it now, not when the index
 * was made.
 */
static enum twf_status take_rows(struct lane *l, uint32_t n, const bool want[TWF_COL_COUNT],
                                 struct twf_batch *out)
{
    bool held[TWF_COL_COUNT];

    memcpy(held, want, sizeof(held));
    held[TWF_COL_source_uri] = false;
    twf_batch_reset(out);
    TWF_TRY(twf_index_rows(l->h->ix, l->index, l->rows, n, held, out, 0, &l->err));
    for (uint32_t i = 0; want[TWF_COL_source_uri] && i < n; i++)
        twf_batch_str(out, TWF_COL_source_uri, i, l->h->source_uri);
    return TWF_OK;
}

static enum twf_status set_hits_index(struct lane *l, uint32_t set, uint32_t rows, uint64_t *bits)
{
    struct twf_hunter *h = l->h;
    const struct twf_hunt_set *s = &h->q->sets[set];
    const struct answer *a = &h->answers[set];
    bool want[TWF_COL_COUNT] = {false};

    if (a->known && !a->any && !a->null_hits) {
        memset(bits, 0, (rows + 63) / 64 * sizeof(uint64_t));
        return TWF_OK;
    }
    if (a->known) {
        struct twf_index_column c;

        TWF_TRY(twf_index_column(h->ix, l->index, s->cols[0], &c, &l->err));
        if (!compare_ids(h->q->kernels, a, &c, bits))
            return twf_error_set(&l->err, TWF_ERR_FORMAT, 0,
                                 "the index is damaged: an id that its dictionary lacks");
        mask_nulls(a, &c, bits);
        return TWF_OK;
    }
    for (uint32_t i = 0; i < s->col_count; i++)
        want[s->cols[i]] = true;
    TWF_TRY(take_rows(l, rows, want, l->project));
    TWF_TRY(ask(l, set, rows));
    memcpy(bits, l->project->selected, (rows + 63) / 64 * sizeof(uint64_t));
    return TWF_OK;
}

/* How rows of a source are asked: an index or a batch. */
typedef enum twf_status set_fn(struct lane *l, const struct twf_batch *b, uint32_t set, uint32_t rows,
                               uint64_t *bits);

static enum twf_status ask_index(struct lane *l, const struct twf_batch *b, uint32_t set,
                                 uint32_t rows, uint64_t *bits)
{
    (void)b;
    return set_hits_index(l, set, rows, bits);
}

static enum twf_status ask_batch(struct lane *l, const struct twf_batch *b, uint32_t set,
                                 uint32_t rows, uint64_t *bits)
{
    const struct twf_hunt_set *s = &l->h->q->sets[set];
    bool want[TWF_COL_COUNT] = {false};

    for (uint32_t i = 0; i < s->col_count; i++)
        want[s->cols[i]] = true;
    twf_batch_reset(l->project);
    twf_hunt_copy(b, l->rows, rows, want, l->project, 0);
    TWF_TRY(ask(l, set, rows));
    memcpy(bits, l->project->selected, (rows + 63) / 64 * sizeof(uint64_t));
    return TWF_OK;
}

/* All sets, into l->hits. l->rows counts from 0 to rows - 1 for the asking. */
static enum twf_status combine(struct lane *l, const struct twf_batch *b, uint32_t rows, set_fn *one)
{
    const struct twf_hunt_question *q = l->h->q;
    uint32_t words = (rows + 63) / 64;
    uint64_t any = 1;

    for (uint32_t i = 0; i < rows; i++)
        l->rows[i] = i;
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

/* The numbers of the rows that hit, into l->rows. */
static void list_rows(struct lane *l, uint32_t rows)
{
    l->row_count = 0;
    for (uint32_t i = 0; i < (rows + 63) / 64; i++) {
        for (uint64_t word = l->hits[i]; word != 0; word &= word - 1)
            l->rows[l->row_count++] = i * 64 + (uint32_t)__builtin_ctzll(word);
    }
}

static enum twf_col_id clock_column(const struct twf_hunt_question *q)
{
    return q->clock == TWF_CLOCK_RECEIVED ? TWF_COL_date_received : TWF_COL_date;
}

static bool has_span(const struct twf_hunt_question *q)
{
    return q->since_us != INT64_MIN || q->until_us != INT64_MAX;
}

/* As in a run: what has no date is never left out. */
static bool is_in_time(const struct twf_hunt_question *q, bool valid, int64_t us)
{
    return !valid || (us >= q->since_us && us < q->until_us);
}

static bool is_at_level(const struct twf_hunt_question *q, struct twf_span level)
{
    for (int i = (int)q->min_level; i < TWF_LEVEL_COUNT; i++) {
        if (twf_span_is(level, twf_level_names[i]))
            return true;
    }
    return false;
}

static enum twf_status bad_index(struct lane *l)
{
    return twf_error_set(&l->err, TWF_ERR_FORMAT, 0, "the index is damaged: an id out of bounds");
}

/* Leaves out rows by time and level. */
static enum twf_status sift_index(struct lane *l)
{
    const struct twf_hunt_question *q = l->h->q;
    struct twf_index_column date = {0}, level = {0};
    const struct twf_index_values *names = NULL;
    uint32_t n = 0;

    if (has_span(q))
        TWF_TRY(twf_index_column(l->h->ix, l->index, clock_column(q), &date, &l->err));
    if (q->min_level > TWF_LEVEL_NONE) {
        TWF_TRY(twf_index_column(l->h->ix, l->index, TWF_COL_level, &level, &l->err));
        names = level.dictionary ? twf_index_dictionary_get(l->h->ix, TWF_COL_level) : &level.values;
    }
    for (uint32_t i = 0; i < l->row_count; i++) {
        uint32_t row = l->rows[i], at = names != NULL && level.dictionary ? (uint32_t)level.ids[row]
                                                                          : row;
        int64_t us = 0;

        if (has_span(q))
            memcpy(&us, date.fixed + row * sizeof(us), sizeof(us));
        if (names != NULL && at >= names->count)
            return bad_index(l);
        if ((has_span(q) && !is_in_time(q, twf_index_valid(&date, row), us)) ||
            (names != NULL && !is_at_level(q, twf_index_value(names, at))))
            continue;
        l->rows[n++] = row;
    }
    l->row_count = n;
    return TWF_OK;
}

static void sift_batch(struct lane *l, const struct twf_batch *b)
{
    const struct twf_hunt_question *q = l->h->q;
    const struct twf_col *date = &b->cols[clock_column(q)], *level = &b->cols[TWF_COL_level];
    uint32_t n = 0;

    for (uint32_t i = 0; i < l->row_count; i++) {
        uint32_t row = l->rows[i];

        if ((has_span(q) && !is_in_time(q, twf_col_valid(date, row), twf_col_int(date, row))) ||
            (q->min_level > TWF_LEVEL_NONE && !is_at_level(q, twf_col_bytes(level, row))))
            continue;
        l->rows[n++] = row;
    }
    l->row_count = n;
}

/* ---- what becomes of the rows ---- */

/* What a number is counted as: times by their day (UTC). */
static struct twf_span number_text(const struct twf_col *c, uint32_t row, char out[40])
{
    int64_t value = twf_col_int(c, row), second = value / 1000000;
    time_t t = (time_t)(value % 1000000 < 0 ? second - 1 : second);
    struct tm tm;

    if (c->type == TWF_TYPE_TS && gmtime_r(&t, &tm) != NULL)
        (void)strftime(out, 40, "%Y-%m-%d", &tm);
    else if (c->type == TWF_TYPE_BOOL)
        (void)snprintf(out, 40, "%s", value != 0 ? "true" : "false");
    else
        (void)snprintf(out, 40, "%lld", (long long)value);
    return twf_span_str(out);
}

/* Counts the values of the group column in l->project, which holds that column of the rows that hit. */
static enum twf_status count_groups(struct lane *l)
{
    const struct twf_col *c = &l->project->cols[l->h->q->group];
    char number[40];

    for (uint32_t i = 0; i < l->row_count; i++) {
        bool ok = true;

        if (!twf_col_valid(c, i)) {
            l->tally.nulls++;
        } else if (c->type == TWF_TYPE_LIST) {
            l->tally.nulls += twf_col_list_len(c, i) == 0;
            for (uint32_t k = 0; ok && k < twf_col_list_len(c, i); k++)
                ok = twf_hunt_tally_add(&l->tally, twf_col_list_item(c, i, k), 1);
        } else if (c->type == TWF_TYPE_UTF8 || c->type == TWF_TYPE_BIN) {
            ok = twf_hunt_tally_add(&l->tally, twf_col_bytes(c, i), 1);
        } else {
            ok = twf_hunt_tally_add(&l->tally, number_text(c, i, number), 1);
        }
        if (!ok)
            return twf_error_set(&l->err, TWF_ERR_LIMIT, 0, "too many distinct values to count");
    }
    return TWF_OK;
}

/* Names the rules that hit the rows in l->out, and selects all of them. */
static enum twf_status finish_out(struct lane *l)
{
    twf_hunt_complete(l->h->q, l->out, l->row_count, &l->arena, &l->text);
    for (uint32_t i = 0; i < l->row_count; i++)
        twf_batch_select(l->out, i);
    twf_batch_finish(l->out, l->row_count);
    if (!l->out->failed)
        twf_rules_batch(l->all, l->out, TWF_LEVEL_NONE, NULL);
    return l->out->failed ? no_memory(l) : TWF_OK;
}

static enum twf_status ask_batch_of_index(struct lane *l, uint32_t item)
{
    struct twf_hunter *h = l->h;
    bool want[TWF_COL_COUNT] = {false};
    uint32_t rows;

    TWF_TRY(twf_index_batch(h->ix, l->index, item, &rows, &l->err));
    l->asked = rows;
    TWF_TRY(combine(l, NULL, rows, ask_index));
    list_rows(l, rows);
    if (l->row_count > 0)
        TWF_TRY(sift_index(l));
    if (h->q->group >= 0 && l->row_count > 0) {
        want[h->q->group] = true;
        TWF_TRY(take_rows(l, l->row_count, want, l->project));
        twf_batch_finish(l->project, l->row_count);
        TWF_TRY(count_groups(l));
    }
    if (!h->q->rows || l->row_count == 0)
        return TWF_OK;
    TWF_TRY(take_rows(l, l->row_count, h->want, l->out));
    return finish_out(l);
}

enum twf_status twf_hunter_index(struct twf_hunter *h, struct twf_index *ix, const char *source_uri,
                                 twf_hunt_fn *fn, void *ctx, struct twf_error *err)
{
    enum twf_status status = TWF_OK;

    h->ix = ix;
    h->source_uri = source_uri;
    for (int col = 0; status == TWF_OK && col < TWF_COL_COUNT; col++) {
        bool used = h->want[col] || col == h->q->group ||
                    (col == TWF_COL_level && h->q->min_level > TWF_LEVEL_NONE);

        for (uint32_t i = 0; !used && i < h->q->set_count; i++)
            used = twf_rules_needs(h->q->sets[i].rules, (enum twf_col_id)col);
        if (used)
            status = load_dictionary(h, (enum twf_col_id)col, err);
    }
    for (uint32_t i = 0; status == TWF_OK && i < h->q->set_count; i++)
        status = answer_set(h, i, err);
    h->fn = fn;
    h->ctx = ctx;
    if (status == TWF_OK)
        status = run(h, twf_index_batch_count(ix), ask_batch_of_index, err);
    forget_answers(h);
    h->ix = NULL;
    return status;
}

enum twf_status twf_hunter_batch(struct twf_hunter *h, const struct twf_batch *b, twf_hunt_fn *fn,
                                 void *ctx, struct twf_error *err)
{
    struct lane *l = h->lanes[0];
    bool want[TWF_COL_COUNT] = {false};
    enum twf_status status;

    l->err = (struct twf_error){0};
    status = combine(l, b, b->rows, ask_batch);
    list_rows(l, b->rows);
    sift_batch(l, b);
    if (status == TWF_OK && h->q->group >= 0) {
        want[h->q->group] = true;
        twf_batch_reset(l->project);
        twf_hunt_copy(b, l->rows, l->row_count, want, l->project, 0);
        twf_batch_finish(l->project, l->row_count);
        status = count_groups(l);
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

/* ---- groups ---- */

static int by_count(const void *a, const void *b)
{
    const struct twf_hunt_group *x = a, *y = b;
    int order;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    if (x->is_null != y->is_null)
        return x->is_null ? 1 : -1;
    order = memcmp(x->value.ptr, y->value.ptr, TWF_MIN(x->value.len, y->value.len));
    return order != 0 ? order : (x->value.len > y->value.len) - (x->value.len < y->value.len);
}

enum twf_status twf_hunter_groups(struct twf_hunter *h, const struct twf_hunt_group **out,
                                  uint32_t *n, struct twf_error *err)
{
    struct twf_hunt_tally *all = &h->lanes[0]->tally;
    uint32_t count = 0;

    for (uint32_t i = 1; i < h->lane_count; i++) {
        struct twf_hunt_tally *t = &h->lanes[i]->tally;

        for (uint32_t k = 0; k < t->values.count; k++) {
            if (!twf_hunt_tally_add(all, index_dict_get(&t->values, k), twf_hunt_tally_count(t, k)))
                return twf_error_set(err, TWF_ERR_LIMIT, 0, "too many distinct values to count");
        }
        all->nulls += t->nulls;
        twf_hunt_tally_fini(t);
        *t = (struct twf_hunt_tally){0};
    }
    twf_free(h->groups);
    h->groups = twf_calloc((size_t)all->values.count + 1, sizeof(*h->groups));
    if (h->groups == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for groups");
    for (; count < all->values.count; count++)
        h->groups[count] = (struct twf_hunt_group){.value = index_dict_get(&all->values, count),
                                                   .count = twf_hunt_tally_count(all, count)};
    if (all->nulls > 0)
        h->groups[count++] = (struct twf_hunt_group){
            .value = twf_span("", 0), .count = all->nulls, .is_null = true};
    qsort(h->groups, count, sizeof(*h->groups), by_count);
    *out = h->groups;
    *n = count;
    return TWF_OK;
}
