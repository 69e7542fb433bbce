/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of rules that reads one column, which is a dictionary here, is answered before any row is looked at:
 * once for each value, into a bit set, and once for no value at all. Rows are then compared by id.
 */
#include "pipe/hunt_lane.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum { CHUNK = TWF_BATCH_ROWS_MAX / 4 };
enum { FEW = 8 }; /* one value in so many is asked alone; more are asked with all others */

void twf_hunt_forget_answers(struct twf_hunter *h)
{
    for (uint32_t i = 0; i < h->q->set_count; i++) {
        twf_free(h->answers[i].hits);
        h->answers[i] = (struct hunt_answer){0};
    }
}

static enum twf_status decode_part(struct hunt_lane *l, uint32_t item)
{
    return twf_index_dictionary_part(l->h->ix, l->h->col, l->index, item, &l->err);
}

enum twf_status twf_hunt_load_dictionary(struct twf_hunter *h, enum twf_col_id col,
                                         struct twf_error *err)
{
    uint32_t parts;

    if (!twf_index_is_dictionary(h->ix, col) || twf_index_dictionary_get(h->ix, col) != NULL)
        return TWF_OK;
    TWF_TRY(twf_index_dictionary_begin(h->ix, col, &parts, err));
    h->col = col;
    h->fn = NULL;
    TWF_TRY(twf_hunt_run(h, parts, h->lanes_most, decode_part, err));
    return twf_index_dictionary_end(h->ix, col, err);
}

enum twf_status twf_hunt_ask(struct hunt_lane *l, uint32_t set, uint32_t rows)
{
    const struct twf_hunt_set *s = &l->h->q->sets[set];
    bool there[TWF_COL_COUNT] = {false};

    for (uint32_t i = 0; i < s->col_count; i++)
        there[s->cols[i]] = true;
    twf_batch_finish_columns(l->project, rows, there);
    if (l->project->failed)
        return twf_hunt_no_memory(l);
    twf_rules_select(l->sets[set], l->project);
    return l->project->failed ? twf_hunt_no_memory(l) : TWF_OK;
}

/* CHUNK values of the dictionary; the item behind the last of them is no value at all. */
static enum twf_status ask_values(struct hunt_lane *l, uint32_t item)
{
    struct twf_hunter *h = l->h;
    const struct twf_index_values *v = twf_index_dictionary_get(h->ix, h->col);
    struct hunt_answer *a = &h->answers[h->set];
    uint32_t from = item * CHUNK, n;

    twf_batch_reset(l->project);
    if (item + 1 == h->items) {
        TWF_TRY(twf_hunt_ask(l, h->set, 1));
        a->null_hits = twf_batch_is_selected(l->project, 0);
        return TWF_OK;
    }
    n = TWF_MIN((uint32_t)CHUNK, v->count - from);
    if (h->q->sets[h->set].has_text) {
        uint32_t few = twf_hunt_text_find(h->q->kernels, &h->q->sets[h->set].text.needle, v->bytes, v->offsets + from, n,
                                          l->rows);

        if (few == 0)
            return TWF_OK;
        if (few <= n / FEW) {
            for (uint32_t i = 0; i < few; i++)
                twf_batch_bytes(l->project, h->col, i, twf_index_value(v, from + l->rows[i]));
            TWF_TRY(twf_hunt_ask(l, h->set, few));
            twf_hunt_text_spread(l, few, a->hits + from / 64);
            return TWF_OK;
        }
    }
    twf_batch_texts(l->project, h->col, n, NULL, v->offsets + from, v->bytes);
    TWF_TRY(twf_hunt_ask(l, h->set, n));
    memcpy(a->hits + from / 64, l->project->selected, (n + 63) / 64 * sizeof(uint64_t));
    return TWF_OK;
}

static void sum_up(struct hunt_answer *a)
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

enum twf_status twf_hunt_answer_set(struct twf_hunter *h, uint32_t set, struct twf_error *err)
{
    const struct twf_hunt_set *s = &h->q->sets[set];
    struct hunt_answer *a = &h->answers[set];
    uint32_t chunks;

    if (s->col_count != 1 || s->cols[0] == TWF_COL_source_uri ||
        !twf_index_has_values(h->ix, s->cols[0]))
        return TWF_OK;
    a->count = twf_index_dictionary_get(h->ix, s->cols[0])->count;
    a->hits = twf_calloc((a->count + 63) / 64 + 1, sizeof(uint64_t));
    if (a->hits == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a hunt");
    h->set = set;
    h->col = s->cols[0];
    h->fn = NULL;
    chunks = (a->count + CHUNK - 1) / CHUNK;
    /* To ask about no value is no work for a thread. */
    TWF_TRY(twf_hunt_run(h, chunks + 1, TWF_MAX(1u, TWF_MIN(chunks, h->lanes_most)), ask_values, err));
    sum_up(a);
    a->known = true;
    return TWF_OK;
}

static bool compare_ids(const struct twf_kernels *k, const struct hunt_answer *a,
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
static void mask_nulls(const struct hunt_answer *a, const struct twf_index_column *c, uint64_t *bits)
{
    for (uint32_t i = 0; c->validity != NULL && i < c->rows; i += 64) {
        uint32_t n = TWF_MIN(64u, c->rows - i);
        uint64_t valid = 0, rows = n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;

        memcpy(&valid, c->validity + i / 8, (n + 7) / 8);
        valid &= rows;
        bits[i / 64] = (bits[i / 64] & valid) | (a->null_hits ? ~valid & rows : 0);
    }
}

/* Bit i is set where byte i of word is id. */
static uint64_t equal_bytes(uint64_t word, uint8_t id)
{
    const uint64_t low = UINT64_C(0x7F7F7F7F7F7F7F7F);
    uint64_t differ = word ^ (id * UINT64_C(0x0101010101010101));
    uint64_t zero = ~(((differ & low) + low) | differ | low); /* 0x80 where a byte is 0, exactly */

    /* Brings bit 7 of byte i to bit 56 + i; no two of the products meet. */
    return (zero >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

/* bits of the rows whose id of one byte hits. The few values of such a column are looked for one by one. */
static void compare_bytes(const struct hunt_answer *a, const struct twf_index_column *c, uint64_t *bits)
{
    memset(bits, 0, (c->rows + 63) / 64 * sizeof(*bits));
    for (uint32_t id = 0; id < a->count; id++) {
        if ((a->hits[id >> 6] >> (id & 63) & 1) == 0)
            continue;
        for (uint32_t i = 0; i < c->rows; i += 8) {
            uint64_t word = 0;
            uint32_t n = TWF_MIN(8u, c->rows - i);

            memcpy(&word, c->narrow + i, n);
            bits[i >> 6] |= (equal_bytes(word, (uint8_t)id) & ((UINT64_C(1) << n) - 1)) << (i & 63);
        }
    }
}

bool twf_hunt_compare(const struct twf_kernels *k, const struct hunt_answer *a,
                      const struct twf_index_column *c, uint64_t *bits)
{
    if (c->narrow != NULL)
        compare_bytes(a, c, bits);
    else if (!compare_ids(k, a, c, bits))
        return false;
    mask_nulls(a, c, bits);
    return true;
}
