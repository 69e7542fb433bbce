/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a column among the hits, and how often each occurs. */
#define _GNU_SOURCE
#include "pipe/hunt_lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/error.h"

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

enum twf_status twf_hunt_count_groups(struct hunt_lane *l)
{
    const struct twf_col *c = &l->project->cols[l->h->q->group];
    char number[40];

    if (l->h->q->redact != NULL)
        twf_redact_batch(l->h->q->redact, l->project);
    if (l->project->failed)
        return twf_hunt_no_memory(l);
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
    if (all->nulls > 0) {
        h->groups[count] = (struct twf_hunt_group){.value = twf_span("", 0), .count = all->nulls, .is_null = true};
        count++;
    }
    qsort(h->groups, count, sizeof(*h->groups), by_count);
    *out = h->groups;
    *n = count;
    return TWF_OK;
}
