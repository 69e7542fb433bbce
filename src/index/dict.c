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
    twf_buf_put(&d->offsets, &zero, sizeof(zero));
    return d->slots != NULL && !d->offsets.failed;
}

void index_dict_fini(struct index_dict *d)
{
    twf_buf_fini(&d->bytes);
    twf_buf_fini(&d->offsets);
    twf_free(d->slots);
}

static bool grow(struct index_dict *d)
{
    uint32_t n = (d->slot_mask + 1) * 2;
    struct index_dict_slot *slots = twf_calloc(n, sizeof(*slots));

    if (slots == NULL)
        return false;
    for (uint32_t i = 0; i <= d->slot_mask; i++) {
        uint32_t at = d->slots[i].hash & (n - 1);

        if (d->slots[i].next_id == 0)
            continue;
        while (slots[at].next_id != 0)
            at = (at + 1) & (n - 1);
        slots[at] = d->slots[i];
    }
    twf_free(d->slots);
    d->slots = slots;
    d->slot_mask = n - 1;
    return true;
}

/* Appends a value whose slot is free; false without memory, or where the dictionary is full. */
static bool add(struct index_dict *d, struct index_dict_slot *slot, struct twf_span value, uint32_t hash, bool *full)
{
    int32_t end;

    *full = d->count == INDEX_DICT_VALUES_MAX || value.len > (size_t)INDEX_DICT_BYTES_MAX - d->bytes.len;
    if (*full)
        return false;
    twf_buf_span(&d->bytes, value);
    end = (int32_t)d->bytes.len;
    twf_buf_put(&d->offsets, &end, sizeof(end));
    if (d->bytes.failed || d->offsets.failed)
        return false;
    *slot = (struct index_dict_slot){++d->count, hash};
    return d->count <= d->slot_mask / 2 || grow(d);
}

/* The id of a value; false as add. */
static bool put_one(struct index_dict *d, struct twf_span value, uint32_t hash, int32_t *id, bool *full)
{
    uint32_t at;

    for (at = hash & d->slot_mask; d->slots[at].next_id != 0; at = (at + 1) & d->slot_mask) {
        *id = (int32_t)d->slots[at].next_id - 1;
        if (d->slots[at].hash == hash && twf_span_eq(index_dict_get(d, (uint32_t)*id), value))
            return true;
    }
    *id = (int32_t)d->count;
    return add(d, &d->slots[at], value, hash, full);
}

/* Fetches what put_one will read of a value: where it ends, or its bytes once that is there. */
static void fetch(const struct index_dict *d, uint32_t hash, bool bytes)
{
    const struct index_dict_slot *slot = &d->slots[hash & d->slot_mask];
    const int32_t *offset = (const int32_t *)(const void *)d->offsets.ptr + slot->next_id;

    if (slot->next_id == 0 || slot->hash != hash)
        return;
    __builtin_prefetch(bytes ? (const void *)(d->bytes.ptr + offset[-1]) : (const void *)(offset - 1));
}

bool index_dict_put(struct index_dict *d, const struct twf_span *values, uint32_t n, int32_t *ids, bool *full)
{
    uint32_t hashes[INDEX_DICT_MANY], fresh[INDEX_DICT_MANY], count = 0;

    *full = false;
    /* The next value is often the same. */
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0 && twf_span_eq(values[i], values[i - 1]))
            continue;
        hashes[count] = (uint32_t)XXH3_64bits_withSeed(values[i].ptr == NULL ? (const uint8_t *)"" : values[i].ptr,
                                                       values[i].len, d->seed);
        __builtin_prefetch(&d->slots[hashes[count] & d->slot_mask]);
        fresh[count++] = i;
    }
    for (uint32_t i = 0; i < count; i++)
        fetch(d, hashes[i], false);
    for (uint32_t i = 0; i < count; i++)
        fetch(d, hashes[i], true);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t end = i + 1 < count ? fresh[i + 1] : n;

        if (!put_one(d, values[fresh[i]], hashes[i], &ids[fresh[i]], full))
            return false;
        for (uint32_t k = fresh[i] + 1; k < end; k++)
            ids[k] = ids[fresh[i]];
    }
    return true;
}
