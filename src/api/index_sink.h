/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indexes of the archives of a run, written as its batches go by: NAME.twofrom.arrow beside each archive
 * or in a folder of their own. A file appears whole, for an archive that was read whole, or not at all.
 */
#ifndef TWF_API_INDEX_SINK_H
#define TWF_API_INDEX_SINK_H

#include <twofrom/tools.h>

#include "api/options.h"
#include "index/index.h"
#include "pipe/pipe.h"

/* What is known of an archive without reading it through. */
struct twf_archive {
    uint64_t size;
    int64_t mtime_ns;
    char source_id[33]; /* as the pipe makes it: XXH3-128 of size, first and last 64 KiB */
};
/* TWF_ERR_IO where it cannot be read, or is no regular file. */
TWF_MUST_USE enum twf_status twf_archive_stat(const char *path, struct twf_archive *out,
                                              struct twf_error *err);
/* Where the index of an archive lies; NULL without memory. Freed by twf_free. */
char *twf_index_path(const char *archive, const char *index_dir);
/* The options that change what an index holds, in one spelling; appended to out. */
void twf_index_options(const struct twf_options *o, struct twf_buf *out);
/* Incident i of an index as the line that a run over the archive uri would tell; redact may be NULL. */
void twf_index_gap_line(const struct twf_index *ix, uint32_t i, const char *uri, const struct twf_redact *redact,
                        char *line, size_t cap);

struct twf_index_sink;

/* say (may be NULL) hears of each archive that is done with. */
TWF_MUST_USE enum twf_status twf_index_sink_new(const struct twf_options *o, const char *psl,
                                                twf_index_fn *say, void *ctx,
                                                struct twf_index_sink **out, struct twf_error *err);
/* What is not finished disappears. */
void twf_index_sink_free(struct twf_index_sink *s);
/* Every row of every message has to be here, in input order. */
TWF_MUST_USE enum twf_status twf_index_sink_rows(struct twf_index_sink *s, const struct twf_pipe *p,
                                                 const struct twf_batch *b, struct twf_error *err);
/* After the last batch. */
TWF_MUST_USE enum twf_status twf_index_sink_end(struct twf_index_sink *s, const struct twf_pipe *p,
                                                struct twf_error *err);
/* An index could not be written: exit status 4. */
bool twf_index_sink_failed(const struct twf_index_sink *s);

#endif
