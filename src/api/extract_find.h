/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds messages of one archive by decoded offset or by ordinal, and hands out their bytes. Decodes
 * what it must: with the tables of pack the frame of the message; with a seek table, with frames
 * that declare their size, or in a plain file, from the frame of an offset on; else everything up to
 * the last message that is wanted. Tables are used to find a place, never to believe what is there.
 */
#ifndef TWF_API_EXTRACT_FIND_H
#define TWF_API_EXTRACT_FIND_H

#include "api/plain.h"
#include "flow/message.h"
#include "split/split.h"

struct twf_want {
    uint64_t value; /* decoded offset, or ordinal */
    bool by_index;
    bool met;
    uint32_t tag; /* the caller's */
};
/* For qsort: the order that twf_find_all needs. */
int twf_want_compare(const void *a, const void *b);

struct twf_find_options {
    uint64_t max_window;
    enum twf_split_format format;
    bool packed_only; /* TWF_END, and nothing decoded, where pack made no tables */
    const struct twf_limits *limits;
    const struct twf_kernels *kernels;
};

/* bytes: all of the message, until the call returns; m->text is not to be used. */
typedef enum twf_status twf_found_fn(void *ctx, const struct twf_want *want,
                                     const struct twf_message *m, struct twf_span bytes,
                                     struct twf_error *err);

struct twf_find_counts {
    bool is_zstd;
    uint64_t decoded; /* frames, each once, skippable ones not */
    uint64_t passed;  /* stepped over by the size that they declare */
    uint64_t total;   /* of the archive, by its table; 0: it has none */
    /* With the tables of pack, of the message at hand: its frame was decoded to its end. */
    int64_t frame_index;
    uint64_t frame_off;
    bool has_checksum;
};

/*
 * Calls found for each want, in the order in which the messages lie; wants that nothing answers to
 * stay unmet. Damage in front of a message that is wanted is an error (plain.h); what was found
 * before it stands. TWF_ERR_LIMIT: a message is longer than the limit "message".
 */
TWF_MUST_USE enum twf_status twf_find_all(struct twf_io *io, const char *path,
                                          const struct twf_find_options *o, struct twf_want *wants,
                                          size_t n, twf_found_fn *found, void *ctx,
                                          struct twf_find_counts *counts, struct twf_error *err);

#endif
