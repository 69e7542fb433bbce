/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing, at most half full. The hash is seeded: a mail cannot choose its slot. */
#define _GNU_SOURCE
#include "index/dict.h"

#include <sys/random.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"

enum { FIRST_SLOTS = 64 };

bool index_dict_init(struct index_dict *d)
{
    static const int32_t zero;

    *d = (struct index_dict){.slot_mask = FIRST_SLOTS - 1};
    if (getrandom(&d->seed, sizeof(d->seed), GRND_NONBLOCK) != (ssize_t)sizeof(d->seed))
        d->seed = (uint64_t)(uintptr_t)d;
    d->slots = twf_calloc(FIRST_SLOTS, sizeof(*d->slots));
    d->hashes = twf_calloc(FIRST_SLOTS, sizeof(*d->hashes));
    twf_buf_put(&d->offsets, &zero, sizeof(zero));
    return d->slots != NULL && d->hashes != NULL && !d->offsets.failed;
}

void index_dict_fini(struct index_dict *d)
{
    twf_buf_fini(&d->bytes);
    twf_buf_fini(&d->offsets);
    twf_free(d->slots);
    twf_free(d->hashes);
}

static bool grow(struct index_dict *d)
{
    uint32_t n = (d->slot_mask + 1) * 2;
    uint32_t *slots = twf_calloc(n, sizeof(*slots)), *hashes = twf_calloc(n, sizeof(*hashes));

    if (slots == NULL || hashes == NULL) {
        twf_free(slots);
        twf_free(hashes);
        return false;
    }
    for (uint32_t i = 0; i <= d->slot_mask; i++) {
        uint32_t at = d->hashes[i] & (n - 1);

        if (d->slots[i] == 0)
            continue;
        while (slots[at] != 0)
            at = (at + 1) & (n - 1);
        slots[at] = d->slots[i];
        hashes[at] = d->hashes[i];
    }
    twf_free(d->slots);
    twf_free(d->hashes);
    d->slots = slots;
    d->hashes = hashes;
    d->slot_mask = n - 1;
    return true;
}

bool index_dict_put(struct index_dict *d, struct twf_span value, int32_t *id, bool *full)
{
    uint32_t hash, at;
    int32_t end;

    *full = false;
    if (d->count > 0 && twf_span_eq(index_dict_get(d, d->last), value)) {
        *id = (int32_t)d->last;
        return true;
    }
    hash = (uint32_t)XXH3_64bits_withSeed(value.ptr == NULL ? (const uint8_t *)"" : value.ptr,
                                          value.len, d->seed);
    for (at = hash & d->slot_mask; d->slots[at] != 0; at = (at + 1) & d->slot_mask) {
        if (d->hashes[at] == hash && twf_span_eq(index_dict_get(d, d->slots[at] - 1), value)) {
            d->last = d->slots[at] - 1;
            *id = (int32_t)d->last;
            return true;
        }
    }
    *full = d->count == INDEX_DICT_VALUES_MAX ||
            value.len > (size_t)INDEX_DICT_BYTES_MAX - d->bytes.len;
    if (*full)
        return false;
    twf_buf_span(&d->bytes, value);
    end = (int32_t)d->bytes.len;
    twf_buf_put(&d->offsets, &end, sizeof(end));
    if (d->bytes.failed || d->offsets.failed)
        return false;
    d->slots[at] = d->count + 1;
    d->hashes[at] = hash;
    d->last = d->count++;
    *id = (int32_t)d->last;
    return d->count <= d->slot_mask / 2 || grow(d);
}
