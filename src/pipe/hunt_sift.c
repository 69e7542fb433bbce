/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the rows that hit lie in the time asked for, and at a level. */
#include "pipe/hunt_lane.h"

#include "base/error.h"

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

static enum twf_status bad_index(struct hunt_lane *l)
{
    return twf_error_set(&l->err, TWF_ERR_FORMAT, 0, "the index is damaged: an id out of bounds");
}

enum twf_status twf_hunt_sift_index(struct hunt_lane *l)
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
        uint32_t row = l->rows[i],
                 at = names != NULL && level.dictionary ? twf_index_id(&level, row) : row;
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

void twf_hunt_sift_batch(struct hunt_lane *l, const struct twf_batch *b)
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
