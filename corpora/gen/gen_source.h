/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail that is there already, over and over: an archive of any size out of a small real set. Each round
 * changes the Message-IDs, so that no message occurs twice.
 */
#ifndef TWF_CORPORA_GEN_GEN_SOURCE_H
#define TWF_CORPORA_GEN_GEN_SOURCE_H

#include "corpora/gen/gen.h"

struct gen_source;
/* Reads paths (messages, mboxes, tars, folders of them; plain or .zst) into memory. */
struct gen_source *gen_source_open(char *const *paths);
/* Message number index, from 1; valid until the next call. Label "real", nothing is known about it. */
const struct gen_message *gen_source_make(struct gen_source *s, uint64_t index);
uint64_t gen_source_count(const struct gen_source *s);
void gen_source_free(struct gen_source *s);

#endif
