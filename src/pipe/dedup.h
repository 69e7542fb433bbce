/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --dedup: messages that were seen before, by Message-ID and the hash of their header. Workers note a key
 * for each message, the writer looks them up in input order and marks rows; nothing is dropped.
 */
#ifndef TWF_PIPE_DEDUP_H
#define TWF_PIPE_DEDUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "flow/batch.h"
#include "pipe/hashset.h"

#define TWF_DEDUP_NO_ROW UINT32_MAX

/* A message of a job, and its row: number of the batch in the job, row in the batch. */
struct twf_dedup_key {
    uint64_t hash;
    uint32_t batch, row; /* row TWF_DEDUP_NO_ROW: it has none */
};

/* The keys of one job. */
struct twf_dedup_keys {
    struct twf_dedup_key *items;
    size_t len, cap;
    uint64_t seed;
    bool failed;
};

void twf_dedup_put(struct twf_dedup_keys *k, struct twf_span message_id, struct twf_span header,
                   uint32_t batch, uint32_t row);
/* The next job: counts duplicates, and sets the column "duplicate" of its rows; null where set is full. */
uint64_t twf_dedup_mark(struct twf_hashset *set, const struct twf_dedup_keys *k,
                        struct twf_batch *const *batches);

#endif
