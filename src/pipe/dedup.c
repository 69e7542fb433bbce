/* SPDX-License-Identifier: Apache-2.0 */
#include "pipe/dedup.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"

void twf_dedup_put(struct twf_dedup_keys *k, struct twf_span message_id, struct twf_span header,
                   uint32_t batch, uint32_t row)
{
    if (!twf_grow(&k->items, &k->cap, k->len + 1, sizeof(*k->items))) {
        k->failed = true;
        return;
    }
    k->items[k->len++] = (struct twf_dedup_key){
        XXH3_64bits_withSeed(header.ptr, header.len,
                             XXH3_64bits_withSeed(message_id.ptr, message_id.len, k->seed)),
        batch, row};
}

/* value: 0, 1, or -1 for null. The worker has written false into every row. */
static void set_row(struct twf_batch *b, uint32_t row, int value)
{
    struct twf_col *c = &b->cols[TWF_COL_duplicate];
    uint8_t bit = (uint8_t)(1u << (row & 7));

    if (value > 0)
        c->data[row >> 3] |= bit;
    else if (value < 0)
        c->validity[row >> 3] &= (uint8_t)~bit;
}

uint64_t twf_dedup_mark(struct twf_hashset *set, const struct twf_dedup_keys *k,
                        struct twf_batch *const *batches)
{
    uint64_t count = 0;

    for (size_t i = 0; i < k->len; i++) {
        const struct twf_dedup_key *key = &k->items[i];
        bool is_new;
        int value = !twf_hashset_add(set, key->hash, &is_new) ? -1 : is_new ? 0 : 1;

        count += value > 0;
        if (key->row != TWF_DEDUP_NO_ROW)
            set_row(batches[key->batch], key->row, value);
    }
    return count;
}
