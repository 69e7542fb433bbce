/* SPDX-License-Identifier: Apache-2.0 */
/* One step is one block of one input; batches that a step fills wait in a queue until they are taken. */
#define _GNU_SOURCE
#include "pipe/pipe.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/error.h"
#include "pipe/input.h"

enum { EDGE = 65536 }; /* bytes at each end of a file that identify it */

struct twf_pipe {
    const struct twf_setup *setup;
    struct twf_io *io;
    struct twf_walk *walk;
    struct twf_worker *worker;
    struct twf_input *input;
    struct twf_io_file *file;      /* open, or NULL */
    struct twf_batch **queue;      /* filled batches; queue[0] to queue[taken - 1] were handed out */
    size_t queue_len, queue_cap, taken;
    struct twf_batch *spare;       /* an empty batch that kept its memory, or NULL */
    struct twf_input_total *totals;
    size_t total_len, total_cap;
    struct twf_incident *incidents;
    size_t incident_len, incident_cap;
    uint64_t incident_count, damaged, failed, inputs;
    struct twf_counts counts;      /* of inputs that ended */
    struct timespec start;
    atomic_bool stop;
    atomic_uint_fast64_t in_bytes, in_total, out_bytes, messages, flagged, high;
};

/* Room for one more element; false without memory. */
static bool more(void *ptr, size_t *cap, size_t len, size_t size)
{
    void *old, *fresh;
    size_t n = *cap == 0 ? 16 : *cap * 2;

    if (len < *cap)
        return true;
    memcpy(&old, ptr, sizeof(old));
    fresh = twf_realloc(old, n * size);
    if (fresh == NULL)
        return false;
    memcpy(ptr, &fresh, sizeof(fresh));
    *cap = n;
    return true;
}

static void on_incident(void *ctx, const char *code, uint64_t off, uint64_t len, bool decoded,
                        bool incomplete, const char *text)
{
    struct twf_pipe *p = ctx;
    struct twf_incident *i;

    p->incident_count++;
    if (p->incident_len >= p->setup->limits.value[TWF_LIMIT_ROWS] ||
        !more(&p->incidents, &p->incident_cap, p->incident_len, sizeof(*i)))
        return; /* counted, not listed */
    i = &p->incidents[p->incident_len++];
    *i = (struct twf_incident){.code = code, .off = off, .len = len, .decoded = decoded,
                               .incomplete = incomplete};
    i->source = p->total_len > 0 ? p->totals[p->total_len - 1].path : "";
    (void)snprintf(i->text, sizeof(i->text), "%s", text);
}

/* For the progress line: rows of a batch, and those at high or critical. */
static void count_flagged(struct twf_pipe *p, const struct twf_batch *b)
{
    const struct twf_col *level = &b->cols[TWF_COL_level];

    for (uint32_t i = 0; i < b->rows; i++) {
        struct twf_span name = twf_col_bytes(level, i);

        if (twf_span_is(name, twf_level_names[TWF_LEVEL_HIGH]) ||
            twf_span_is(name, twf_level_names[TWF_LEVEL_CRITICAL]))
            atomic_fetch_add(&p->high, 1);
    }
    atomic_fetch_add(&p->flagged, b->rows);
}

static enum twf_status on_batch(void *ctx, struct twf_batch **b, struct twf_error *err)
{
    struct twf_pipe *p = ctx;
    struct twf_batch *fresh = p->spare;

    if (!more(&p->queue, &p->queue_cap, p->queue_len, sizeof(struct twf_batch *)) ||
        (fresh == NULL && (fresh = twf_batch_new()) == NULL))
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a batch");
    p->spare = NULL;
    count_flagged(p, *b);
    p->queue[p->queue_len++] = *b;
    *b = fresh;
    return TWF_OK;
}

enum twf_status twf_pipe_new(const struct twf_setup *s, const struct twf_io_options *io,
                             struct twf_pipe **out, struct twf_error *err)
{
    struct twf_pipe *p = twf_calloc(1, sizeof(*p));
    struct twf_input_sink sink = {on_batch, on_incident, p};
    enum twf_status status;

    *out = NULL;
    if (p == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a run");
    p->setup = s;
    (void)clock_gettime(CLOCK_MONOTONIC, &p->start);
    status = twf_io_new(io, &p->io, err);
    if (status == TWF_OK)
        status = twf_walk_new(&p->walk, err);
    if (status == TWF_OK)
        status = twf_worker_new(s, &p->worker, err);
    if (status == TWF_OK)
        status = twf_input_new(s, p->worker, &sink, &p->input, err);
    if (status != TWF_OK) {
        twf_pipe_free(p);
        return status;
    }
    *out = p;
    return TWF_OK;
}

static void drop_taken(struct twf_pipe *p)
{
    for (size_t i = 0; i < p->taken; i++) {
        if (p->spare == NULL) {
            p->spare = p->queue[i];
            twf_batch_reset(p->spare);
        } else {
            twf_batch_free(p->queue[i]);
        }
    }
    if (p->taken > 0)
        memmove(p->queue, p->queue + p->taken, (p->queue_len - p->taken) * sizeof(*p->queue));
    p->queue_len -= p->taken;
    p->taken = 0;
}

void twf_pipe_free(struct twf_pipe *p)
{
    bool changed;

    if (p == NULL)
        return;
    if (p->file != NULL)
        twf_io_close(p->file, &changed);
    p->taken = p->queue_len;
    drop_taken(p);
    twf_batch_free(p->spare);
    twf_free(p->queue);
    twf_input_free(p->input);
    twf_worker_free(p->worker);
    twf_walk_free(p->walk);
    twf_io_free(p->io);
    for (size_t i = 0; i < p->total_len; i++)
        twf_free((void *)(uintptr_t)p->totals[i].path);
    twf_free(p->totals);
    twf_free(p->incidents);
    twf_free(p);
}

enum twf_status twf_pipe_add(struct twf_pipe *p, const char *path, struct twf_error *err)
{
    return twf_walk_add(p->walk, path, err);
}

void twf_pipe_watch(struct twf_pipe *p, twf_watch_fn *watch, void *ctx)
{
    twf_worker_watch(p->worker, watch, ctx);
}

void twf_pipe_stop(struct twf_pipe *p)
{
    atomic_store(&p->stop, true);
}

/* XXH3-128 of size, first and last 64 KiB; of the name for a stream, which has no ends. */
static enum twf_status identify(struct twf_pipe *p, struct twf_input_total *t,
                                struct twf_error *err)
{
    const struct twf_io_stat *st = twf_io_file_stat(p->file);
    uint8_t *bytes;
    size_t head = 0, tail = 0;
    enum twf_status status = TWF_OK;

    if (!st->regular) {
        twf_hash_hex(t->path, strlen(t->path), t->source_id);
        return TWF_OK;
    }
    bytes = twf_malloc(sizeof(st->size) + 2 * EDGE);
    if (bytes == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to identify an input");
    memcpy(bytes, &st->size, sizeof(st->size));
    status = twf_io_peek(p->file, 0, bytes + sizeof(st->size), EDGE, &head, err);
    if (status == TWF_OK && st->size > EDGE)
        status = twf_io_peek(p->file, st->size - EDGE, bytes + sizeof(st->size) + head, EDGE, &tail,
                             err);
    twf_hash_hex(bytes, sizeof(st->size) + head + tail, t->source_id);
    twf_free(bytes);
    return status == TWF_ERR_IO ? TWF_OK : status; /* an unreadable end shows when it is read */
}

/* A path as valid, printable text: bytes outside printable ASCII and '%' become %XX. */
static char *uri_of(const char *path)
{
    char *uri = twf_malloc(strlen(path) * 3 + 1);
    char *to = uri;

    if (uri == NULL)
        return NULL;
    for (const char *s = path; *s != '\0'; s++) {
        uint8_t c = (uint8_t)*s;

        if (c > 0x20 && c < 0x7F && c != '%')
            *to++ = *s;
        else
            to += sprintf(to, "%%%02X", c);
    }
    *to = '\0';
    return uri;
}

/* Opens the next path; TWF_END when there is none. What cannot be opened is an incident. */
static enum twf_status open_next(struct twf_pipe *p, struct twf_error *err)
{
    struct twf_walk_entry entry = {0};
    struct twf_error why = {0};
    struct twf_input_total *t;
    enum twf_status status = twf_walk_next(p->walk, &entry, &why);
    char *uri;

    if (status == TWF_END || status == TWF_ERR_NOMEM)
        return status == TWF_END ? status : twf_error_set(err, status, 0, "no memory for paths");
    uri = uri_of(status == TWF_OK ? entry.path : why.path);
    if (uri == NULL || !more(&p->totals, &p->total_cap, p->total_len, sizeof(*t))) {
        twf_free(uri);
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an input");
    }
    t = &p->totals[p->total_len++];
    *t = (struct twf_input_total){.path = uri, .container = "unknown", .codec = "plain"};
    p->inputs++;
    if (status == TWF_OK)
        status = twf_io_open(p->io, entry.path, &p->file, &why);
    if (status == TWF_ERR_NOMEM)
        return twf_error_set(err, status, 0, "no memory to open an input");
    if (status != TWF_OK) {
        p->file = NULL;
        p->failed++;
        on_incident(p, "not_opened", 0, 0, false, true, why.text);
        return TWF_OK;
    }
    t->size = twf_io_file_stat(p->file)->size;
    atomic_fetch_add(&p->in_total, t->size);
    TWF_TRY(identify(p, t, err));
    twf_input_start(p->input, t->path, t->source_id, entry.maildir);
    return TWF_OK;
}

static void mark_incomplete(struct twf_pipe *p, struct twf_input_total *t, const char *code,
                            const char *text)
{
    on_incident(p, code, 0, 0, false, true, text);
    t->complete = false;
}

static enum twf_status close_input(struct twf_pipe *p, struct twf_error *err)
{
    struct twf_input_total *t = &p->totals[p->total_len - 1];
    bool changed = false;

    TWF_TRY(twf_input_end(p->input, err));
    twf_io_close(p->file, &changed);
    p->file = NULL;
    t->counts = *twf_input_counts(p->input);
    t->codec = twf_input_codec(p->input);
    t->container = twf_input_container(p->input);
    t->complete = !twf_input_incomplete(p->input);
    if (changed)
        mark_incomplete(p, t, "changed", "the input changed while it was read");
    if (t->counts.journal_undecodable > 0)
        mark_incomplete(p, t, "undecodable", "journal reports whose message cannot be read");
    for (int i = 0; i < TWF_LIMIT_COUNT; i++) {
        if (t->counts.limits[i] > 0)
            mark_incomplete(p, t, "limit", twf_limit_name((enum twf_limit)i));
    }
    if (!t->complete)
        p->damaged++;
    twf_counts_add(&p->counts, &t->counts);
    return TWF_OK;
}

/* One block, or the opening or closing of an input. */
static enum twf_status step(struct twf_pipe *p, struct twf_error *err)
{
    struct twf_error why = {0};
    struct twf_block *b = NULL;
    enum twf_status status;

    if (p->file == NULL)
        return open_next(p, err);
    status = twf_io_next(p->file, &b, &why);
    if (status == TWF_END)
        return close_input(p, err);
    if (status == TWF_ERR_IO)
        return twf_input_hole(p->input, twf_io_skipped(p->file), err);
    if (status != TWF_OK) {
        if (err != NULL)
            *err = why;
        return status;
    }
    status = twf_input_feed(p->input, twf_span(b->data, b->len), err);
    atomic_fetch_add(&p->in_bytes, b->len);
    twf_io_return(p->io, b);
    atomic_store(&p->out_bytes, p->counts.out_bytes + twf_input_counts(p->input)->out_bytes);
    atomic_store(&p->messages, p->counts.messages + twf_input_counts(p->input)->messages);
    return status;
}

enum twf_status twf_pipe_next(struct twf_pipe *p, const struct twf_batch **out,
                              struct twf_error *err)
{
    *out = NULL;
    drop_taken(p);
    while (p->queue_len == 0) {
        if (atomic_load(&p->stop))
            return twf_error_set(err, TWF_ERR_STOPPED, 0, "stopped");
        TWF_TRY(step(p, err));
    }
    p->taken = 1;
    *out = p->queue[0];
    return TWF_OK;
}

const char *twf_pipe_notice(const struct twf_pipe *p)
{
    return twf_io_notice(p->io);
}

void twf_pipe_progress(const struct twf_pipe *p, struct twf_progress *out)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    *out = (struct twf_progress){.in_bytes = atomic_load(&p->in_bytes),
                                 .in_total = atomic_load(&p->in_total),
                                 .out_bytes = atomic_load(&p->out_bytes),
                                 .messages = atomic_load(&p->messages),
                                 .flagged = atomic_load(&p->flagged),
                                 .high = atomic_load(&p->high)};
    out->elapsed_ns = (uint64_t)(now.tv_sec - p->start.tv_sec) * 1000000000u +
                      (uint64_t)now.tv_nsec - (uint64_t)p->start.tv_nsec;
}

void twf_pipe_totals(const struct twf_pipe *p, struct twf_totals *out)
{
    *out = (struct twf_totals){.counts = p->counts,
                               .inputs = p->inputs,
                               .inputs_damaged = p->damaged,
                               .inputs_failed = p->failed,
                               .inputs_complete = p->inputs - p->damaged - p->failed,
                               .input = p->totals,
                               .input_listed = p->total_len,
                               .incidents = p->incidents,
                               .incident_count = p->incident_count,
                               .incident_listed = p->incident_len,
                               .backend = twf_io_backend(p->io)};
    out->incomplete = p->damaged + p->failed > 0;
}
