/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conducts a run: inputs in the order given become jobs, threads take them from reading to verdict, the
 * caller gets batches in input order. One thread is the caller itself, within twf_pipe_next. The order of
 * results, and every byte of them, is the same for any number of threads. All calls come from one thread, but for twf_pipe_stop and twf_pipe_progress.
 */
#ifndef TWF_PIPE_PIPE_H
#define TWF_PIPE_PIPE_H

#include <twofrom/twofrom.h>

#include "base/saved.h"
#include "flow/totals.h"
#include "pipe/setup.h"
#include "pipe/worker.h"

struct twf_pipe;

/* The source_uri of a path: valid, printable text; bytes outside printable ASCII and '%' become %XX. NULL
 * without memory. Freed by twf_free. */
char *twf_pipe_uri(const char *path);

/* io's block_count is raised to what the threads need. */
TWF_MUST_USE enum twf_status twf_pipe_new(const struct twf_setup *s, const struct twf_io_options *io,
                                          struct twf_pipe **out, struct twf_error *err);
void twf_pipe_free(struct twf_pipe *p);
TWF_MUST_USE enum twf_status twf_pipe_add(struct twf_pipe *p, const char *path,
                                          struct twf_error *err);
/*
 * The next batch that has rows, borrowed until the next call; TWF_END, TWF_ERR_STOPPED, or an error. The
 * first call starts the threads, if there are more than one.
 */
TWF_MUST_USE enum twf_status twf_pipe_next(struct twf_pipe *p, const struct twf_batch **out,
                                           struct twf_error *err);
/*
 * Rows into text, by the threads that judge them: render appends the selected rows of b to texts[0] to
 * texts[n - 1] of a job, and is called by several threads at a time. Before the first twf_pipe_next.
 */
typedef void twf_render_fn(void *ctx, const struct twf_batch *b, struct twf_buf *texts);
TWF_MUST_USE enum twf_status twf_pipe_render(struct twf_pipe *p, twf_render_fn *render, void *ctx,
                                             size_t n, struct twf_error *err);
/* What was rendered of the batch that twf_pipe_next lent last and of those behind it in its job, until the
 * next call; NULL where it was asked for before. */
struct twf_buf *twf_pipe_texts(struct twf_pipe *p);
/*
 * Behind every job whose rows all were given to the caller: input is the state of the input there
 * (input.h), empty where there is none to keep; plain, its decoded bytes. Within twf_pipe_next. The setup
 * must say keeps_state.
 */
typedef enum twf_status twf_commit_fn(void *ctx, struct twf_span input, uint64_t plain,
                                      struct twf_error *err);
void twf_pipe_commit(struct twf_pipe *p, twf_commit_fn *commit, void *ctx);
/* The state of a run there, input as twf_commit_fn had it. */
void twf_pipe_save(const struct twf_pipe *p, struct twf_span input, struct twf_buf *out);
/*
 * Before the first twf_pipe_next, when the inputs have been added: goes on behind the saved state.
 * TWF_ERR_FORMAT for what is none, TWF_ERR_ARG where an input is not what it was.
 */
TWF_MUST_USE enum twf_status twf_pipe_load(struct twf_pipe *p, struct twf_saved *in,
                                           struct twf_error *err);
/* Before the first twf_pipe_next; watch is called by the threads, with one thread in input order. */
void twf_pipe_watch(struct twf_pipe *p, twf_watch_fn *watch, void *ctx);
/* Called by twf_pipe_next whenever it waits or takes a job; NULL: nobody. */
void twf_pipe_tick(struct twf_pipe *p, void (*tick)(void *ctx), void *ctx);
/* Any thread, any signal handler. */
void twf_pipe_stop(struct twf_pipe *p);
void twf_pipe_progress(const struct twf_pipe *p, struct twf_progress *out);
/* Why a way to read was not taken, or NULL; as twf_io_notice. */
const char *twf_pipe_notice(const struct twf_pipe *p);
/* What was not read so far, in input order, at most the limit "rows"; until the next call for a batch. */
const struct twf_incident *twf_pipe_incidents(const struct twf_pipe *p, uint64_t *count);
/* Inputs, incidents and counters of what was taken so far; what it points to lives as long as p. */
void twf_pipe_totals(const struct twf_pipe *p, struct twf_totals *out);

#endif
