/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs of a run: a sink each, on a descriptor or as a file that appears whole or not at all. */
#ifndef TWF_API_OUTPUTS_H
#define TWF_API_OUTPUTS_H

#include <twofrom/status.h>

#include "pipe/marks.h"
#include "report/report.h"

struct twf_output {
    const struct twf_sink *sink;
    char *path;     /* NULL: the caller's descriptor */
    char *partial;  /* path with ".partial"; NULL: path is a device or FIFO, once it is open */
    int fd;         /* -1: not open yet */
    bool published; /* resumed, and renamed before that */
    bool head_done;
    struct twf_marks *marks; /* it cannot be cut back: counted there, as output number */
    uint32_t number;
};

struct twf_outputs {
    struct twf_output *items;
    size_t len;
    int stdout_fd;  /* -1: none */
    bool clobber;
    bool keep;      /* there is a checkpoint: what is not finished stays for a later run */
    struct twf_marks *marks; /* or NULL; set before twf_outputs_open */
    struct twf_sink_options options;
    struct twf_buf buf;
};

void twf_outputs_init(struct twf_outputs *o);
/* Files that were not finished are removed. */
void twf_outputs_fini(struct twf_outputs *o);
/* "FORMAT" or "FORMAT=PATH"; at most one may go to the descriptor. */
TWF_MUST_USE enum twf_status twf_outputs_add(struct twf_outputs *o, const char *spec,
                                             struct twf_error *err);
/* TWF_ERR_ARG where an output lies on one of n inputs or in a folder that is one (api/output_guard.h). */
TWF_MUST_USE enum twf_status twf_outputs_guard(const struct twf_outputs *o, const char *const *inputs,
                                               size_t n, struct twf_error *err);
/*
 * Files that a process before this one, which died, was writing (marks): removed, to be made anew. Before
 * twf_outputs_open or twf_outputs_check, and not where they are reopened.
 */
void twf_outputs_forget(const struct twf_outputs *o);
/* Creates the files (O_EXCL, O_NOFOLLOW, 0600) and writes the heads. */
TWF_MUST_USE enum twf_status twf_outputs_open(struct twf_outputs *o, struct twf_error *err);
/* Appends the selected rows of b to texts, one for each output; any number of threads at a time. */
void twf_outputs_render(const struct twf_outputs *o, const struct twf_batch *b, struct twf_buf *texts);
/* What was rendered, to its place; the texts are emptied. */
TWF_MUST_USE enum twf_status twf_outputs_write(const struct twf_outputs *o, struct twf_buf *texts,
                                               struct twf_error *err);
/* Both, with the caller's thread. */
TWF_MUST_USE enum twf_status twf_outputs_head(struct twf_outputs *o, const struct twf_output *out,
                                              struct twf_error *err);
TWF_MUST_USE enum twf_status twf_outputs_rows(struct twf_outputs *o, const struct twf_batch *b,
                                              struct twf_error *err);
/* Where an output stood at a checkpoint. */
struct twf_output_mark {
    uint64_t len;
    char tail[33]; /* XXH3-128 of its last bytes, at most 64 KiB */
};

/* With keep: each output has a place that can be cut back, and none is there yet. TWF_ERR_ARG. */
TWF_MUST_USE enum twf_status twf_outputs_check(const struct twf_outputs *o, struct twf_error *err);
/* With keep: syncs what was written, and says where it ends; marks has an element for each output. */
TWF_MUST_USE enum twf_status twf_outputs_mark(const struct twf_outputs *o, struct twf_output_mark *marks,
                                              struct twf_error *err);
/*
 * In place of twf_outputs_open: files that an earlier run left, cut back to their marks. TWF_ERR_ARG where
 * one is not what it was. sealed: they were complete then, and some may have their names already.
 */
TWF_MUST_USE enum twf_status twf_outputs_reopen(struct twf_outputs *o,
                                                const struct twf_output_mark *marks, bool sealed,
                                                struct twf_error *err);
/* The first and the second half of twf_outputs_finish. */
TWF_MUST_USE enum twf_status twf_outputs_seal(struct twf_outputs *o, const struct twf_totals *t,
                                              struct twf_error *err);
TWF_MUST_USE enum twf_status twf_outputs_publish(struct twf_outputs *o, struct twf_error *err);
/* Documents, then sync, close and rename. */
TWF_MUST_USE enum twf_status twf_outputs_finish(struct twf_outputs *o, const struct twf_totals *t,
                                                struct twf_error *err);

#endif
