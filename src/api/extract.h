/* SPDX-License-Identifier: Apache-2.0 */
/* What extract is asked for: messages of archives, one by one or by records of a run. */
#ifndef TWF_API_EXTRACT_H
#define TWF_API_EXTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include <twofrom/status.h>

#include "base/arena.h"

/* One message that is wanted. */
struct twf_asked {
    const char *path;
    const char *spec; /* as given, or NULL: by a record */
    uint64_t line;    /* of the records; 0: none */
    uint64_t value;   /* decoded offset, or ordinal */
    bool by_index;
    bool is_inner; /* inside a journal report: the one with this ordinal */
    uint32_t ordinal;
    char hash[33];  /* of the header block, by the record; "" where there is none */
    uint32_t order; /* of its path among all paths, by first appearance */
};

struct twf_asked_list {
    struct twf_arena arena; /* of the strings */
    struct twf_asked *items;
    size_t len, cap;
};

void twf_asked_init(struct twf_asked_list *l);
void twf_asked_fini(struct twf_asked_list *l);
/* "FILE.eml", "ARCHIVE@OFFSET" (decoded bytes) or "ARCHIVE#INDEX" (from 0). */
TWF_MUST_USE enum twf_status twf_asked_add(struct twf_asked_list *l, const char *spec,
                                           struct twf_error *err);
/*
 * Records of twofrom.flag/1 as JSON lines, from a file or "-". TWF_ERR_ARG with the line where one
 * is no record, or lies in standard input. The same message twice is asked for once.
 */
TWF_MUST_USE enum twf_status twf_asked_read(struct twf_asked_list *l, const char *path,
                                            struct twf_error *err);
/* By path in the order of first appearance, then offsets, then ordinals; doubles go. */
void twf_asked_sort(struct twf_asked_list *l);

#endif
