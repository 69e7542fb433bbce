/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One archive at a time: rows come in input order, so a new source means that there are no more of the one
 * before it. What an archive must be to get an index: an mbox or a tar, for a file with one message is
 * its own index. What was not read of it is told by the index; the pipe may know that a little later than the
 * last row is here, and until then the index waits under its partial name, without its end.
 */
#define _GNU_SOURCE
#include "api/index_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/folder.h"
#include "api/message_name.h"
#include "base/alloc.h"
#include "base/error.h"

/* An archive and its index. */
struct job {
    struct twf_buf uri;
    char *path, *name, *partial; /* of the archive, the index, the index until it is whole */
    struct twf_archive archive;  /* as it was when its first row came */
    struct twf_index_end *end;   /* the rows are written; else NULL */
    dev_t dev;                   /* of partial */
    ino_t ino;
    struct twf_index_sums sums;
    uint32_t gaps;               /* incidents of the archive that its index tells of */
    const char *none;            /* why it gets no index; NULL: it was told already */
};

struct twf_index_sink {
    twf_index_fn *say;
    void *ctx;
    char *dir;
    bool with_headers, failed, has_job;
    struct twf_buf options, psl; /* C strings */
    struct job now;
    int fd;
    struct twf_index_writer *writer; /* NULL: this source gets no index */
    struct job *waiting;             /* all rows written; in input order */
    size_t waiting_len, waiting_cap;
    uint64_t input, incident;        /* where to look for the first of them in the totals */
    struct twf_incident *gaps;       /* of the one that is published */
    size_t gap_cap;
};

/* ---- the sink ---- */

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an index");
}

enum twf_status twf_index_sink_new(const struct twf_options *o, const char *psl, twf_index_fn *say,
                                   void *ctx, struct twf_index_sink **out, struct twf_error *err)
{
    struct twf_index_sink *s = twf_calloc(1, sizeof(*s));

    *out = NULL;
    if (s == NULL)
        return no_memory(err);
    s->say = say;
    s->ctx = ctx;
    s->fd = -1;
    s->with_headers = o->with_headers;
    twf_index_options(o, &s->options);
    twf_buf_byte(&s->options, '\0');
    twf_buf_str(&s->psl, psl);
    twf_buf_byte(&s->psl, '\0');
    if (o->index_dir != NULL)
        s->dir = twf_strdup(o->index_dir);
    if (s->options.failed || s->psl.failed || (o->index_dir != NULL && s->dir == NULL)) {
        twf_index_sink_free(s);
        return no_memory(err);
    }
    *out = s;
    return TWF_OK;
}

static void job_fini(struct job *j)
{
    twf_buf_fini(&j->uri);
    twf_free(j->path);
    twf_free(j->name);
    twf_free(j->partial);
    twf_index_end_free(j->end);
    *j = (struct job){0};
}

/* Closes what is being written; the file disappears. */
static void drop_file(struct twf_index_sink *s)
{
    if (s->fd >= 0) {
        (void)close(s->fd);
        (void)unlink(s->now.partial);
    }
    s->fd = -1;
    twf_index_writer_free(s->writer);
    s->writer = NULL;
}

void twf_index_sink_free(struct twf_index_sink *s)
{
    if (s == NULL)
        return;
    drop_file(s);
    job_fini(&s->now);
    for (size_t i = 0; i < s->waiting_len; i++) {
        (void)unlink(s->waiting[i].partial);
        job_fini(&s->waiting[i]);
    }
    twf_free(s->waiting);
    twf_free(s->gaps);
    twf_buf_fini(&s->options);
    twf_buf_fini(&s->psl);
    twf_free(s->dir);
    twf_free(s);
}

bool twf_index_sink_failed(const struct twf_index_sink *s)
{
    return s->failed;
}

static void tell(const struct twf_index_sink *s, const struct job *j, enum twf_index_result result,
                 const char *why)
{
    struct twf_index_report r = {.archive = j->path,
                                 .index = j->name,
                                 .result = result,
                                 .why = why,
                                 .messages = j->sums.rows,
                                 .batches = j->sums.batches,
                                 .bytes = j->sums.bytes,
                                 .gaps = j->gaps,
                                 .archive_bytes = j->archive.size};

    if (s->say != NULL)
        s->say(s->ctx, &r);
}

/* Whether a file stands there that is none of ours: it is left alone. */
static bool is_foreign(const char *name)
{
    static const char magic[] = {'A', 'R', 'R', 'O', 'W', '1'};
    char head[sizeof(magic)];
    int fd = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n;

    if (fd < 0)
        return errno != ENOENT;
    n = read(fd, head, sizeof(head));
    (void)close(fd);
    return n != 0 && (n != (ssize_t)sizeof(head) || memcmp(head, magic, sizeof(magic)) != 0);
}

/* Gives the archive at work up: the run goes on, its exit status is 4. */
static void give_up(struct twf_index_sink *s, const struct twf_error *why)
{
    s->failed = true;
    tell(s, &s->now, TWF_INDEX_FAILED, why->text);
    drop_file(s);
    s->now.none = NULL;
}

static enum twf_status create(struct twf_index_sink *s, struct twf_error *err)
{
    if (is_foreign(s->now.name))
        return twf_error_set(err, TWF_ERR_OUTPUT, 0, "what stands at the name of the index is none");
    /* A partial file that somebody left behind would stop us for ever: it is ours by its name. */
    (void)unlink(s->now.partial);
    s->fd = open(s->now.partial, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (s->fd < 0)
        return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot create the index");
    return twf_index_writer_new(s->fd, s->with_headers, &s->writer, err);
}

/* Begins the source of this row. */
static enum twf_status begin(struct twf_index_sink *s, const struct twf_batch *b, uint32_t row,
                             struct twf_error *err)
{
    struct twf_span container = twf_col_bytes(&b->cols[TWF_COL_container_format], row);
    struct twf_error why = {0};
    struct job *j = &s->now;
    enum twf_status status;

    s->has_job = true;
    twf_buf_span(&j->uri, twf_col_bytes(&b->cols[TWF_COL_source_uri], row));
    j->path = twf_malloc(j->uri.len + 1);
    if (j->path == NULL || j->uri.failed)
        return no_memory(err);
    if (!twf_path_of_uri(twf_buf_view(&j->uri), j->path))
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "a source_uri that is no path");
    j->none = "a single message";
    if (!twf_span_is(container, "mbox") && !twf_span_is(container, "tar"))
        return TWF_OK;
    j->name = twf_index_path(j->path, s->dir);
    j->partial = j->name == NULL ? NULL : twf_malloc(strlen(j->name) + sizeof(".partial"));
    if (j->partial == NULL)
        return no_memory(err);
    (void)sprintf(j->partial, "%s.partial", j->name);
    j->none = "a stream";
    if (twf_archive_stat(j->path, &j->archive, &why) != TWF_OK)
        return TWF_OK;
    status = create(s, &why);
    if (status == TWF_ERR_NOMEM)
        return no_memory(err);
    if (status != TWF_OK)
        give_up(s, &why);
    return TWF_OK;
}

/* ---- from the last row to the name ---- */

/* Writes the rest of the rows; the descriptor is closed whatever happens. */
static enum twf_status end_rows(struct twf_index_sink *s, struct twf_error *err)
{
    struct job *j = &s->now;
    struct stat st;
    int fd = s->fd;

    TWF_TRY(twf_index_writer_end(s->writer, &j->end, err));
    if (fstat(fd, &st) != 0)
        return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot look at the index");
    j->dev = st.st_dev;
    j->ino = st.st_ino;
    s->fd = -1;
    if (close(fd) == 0)
        return TWF_OK;
    (void)unlink(j->partial);
    return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot close the index");
}

/* The archive at work has no more rows. */
static enum twf_status finish(struct twf_index_sink *s, struct twf_error *err)
{
    struct twf_error why = {0};
    enum twf_status status;

    if (s->writer != NULL &&
        !twf_grow(&s->waiting, &s->waiting_cap, s->waiting_len + 1, sizeof(*s->waiting)))
        return no_memory(err);
    if (s->writer != NULL) {
        status = end_rows(s, &why);
        if (status == TWF_ERR_NOMEM)
            return no_memory(err);
        if (status == TWF_OK) {
            s->waiting[s->waiting_len++] = s->now;
            s->now = (struct job){0};
        } else {
            give_up(s, &why);
        }
    } else if (s->has_job && s->now.none != NULL) {
        tell(s, &s->now, TWF_INDEX_NONE, s->now.none);
    }
    drop_file(s);
    job_fini(&s->now);
    s->has_job = false;
    return TWF_OK;
}

/* The partial file gets its end, and is synced. */
static enum twf_status seal(struct twf_index_sink *s, struct job *j, struct twf_error *err)
{
    struct twf_index_identity id = {j->archive.size, j->archive.mtime_ns, j->archive.source_id,
                                    (const char *)s->psl.ptr, (const char *)s->options.ptr};
    int fd = open(j->partial, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    enum twf_status status;
    struct stat st;

    if (fd < 0)
        return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot open the index again");
    if (fstat(fd, &st) != 0 || st.st_dev != j->dev || st.st_ino != j->ino)
        status = twf_error_set(err, TWF_ERR_OUTPUT, 0, "somebody else wrote an index");
    else
        status = twf_index_end_write(j->end, fd, &id, s->gaps, j->gaps, &j->sums, err);
    if (status == TWF_OK && fsync(fd) != 0)
        status = twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot sync the index");
    if (close(fd) != 0 && status == TWF_OK)
        status = twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot close the index");
    return status;
}

/* The folder synced too: afterwards the index is there, whatever happens. */
static enum twf_status publish(struct twf_index_sink *s, struct job *j, struct twf_error *err)
{
    char *folder;

    TWF_TRY(seal(s, j, err));
    folder = twf_folder_of(j->name);
    if (folder == NULL)
        return no_memory(err);
    if (rename(j->partial, j->name) != 0) {
        twf_free(folder);
        return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot rename the index");
    }
    (void)twf_folder_sync(folder); /* whatever comes of it, the index is whole */
    twf_free(folder);
    return TWF_OK;
}

static bool is_unchanged(const struct job *j)
{
    struct twf_archive now;

    return twf_archive_stat(j->path, &now, NULL) == TWF_OK && now.size == j->archive.size &&
           now.mtime_ns == j->archive.mtime_ns &&
           strcmp(now.source_id, j->archive.source_id) == 0;
}

/* What the pipe knows of an archive by now; NULL: it has not come to its end. */
static const struct twf_input_total *find_input(struct twf_index_sink *s, const struct twf_totals *t,
                                                const struct job *j)
{
    for (uint64_t i = s->input; i < t->input_listed; i++) {
        if (!twf_span_is(twf_buf_view(&j->uri), t->input[i].path))
            continue;
        if (strcmp(t->input[i].container, "unknown") == 0) /* until its end is there */
            return NULL;
        s->input = i;
        return &t->input[i];
    }
    return NULL;
}

/* Whether an incident follows from the bytes of the archive: it will be the same when they are read again. */
static bool will_recur(const struct twf_incident *x)
{
    return strcmp(x->code, "unreadable") != 0 && strcmp(x->code, "changed") != 0 && strcmp(x->code, "crash") != 0;
}

/*
 * The incidents of an archive that is not complete, into s->gaps. NULL, or why an index cannot tell of them:
 * whoever asks it has to hear what a run over the archive would say.
 */
static const char *take_gaps(struct twf_index_sink *s, const struct twf_totals *t, struct job *j,
                             struct twf_error *err)
{
    const char *source;
    uint64_t i = s->incident;

    j->gaps = 0;
    while (i < t->incident_listed && !twf_span_is(twf_buf_view(&j->uri), t->incidents[i].source))
        i++;
    source = i == t->incident_listed ? NULL : t->incidents[i].source; /* the same pointer for one input */
    for (; i < t->incident_listed && t->incidents[i].source == source; i++) {
        if (!t->incidents[i].incomplete)
            continue;
        if (!will_recur(&t->incidents[i]))
            return "the archive was not read whole";
        if (j->gaps == TWF_INDEX_GAPS_MAX)
            return "more of the archive was not read than an index tells";
        if (!twf_grow(&s->gaps, &s->gap_cap, j->gaps + 1u, sizeof(*s->gaps)))
            return (void)no_memory(err), "no memory";
        s->gaps[j->gaps++] = t->incidents[i];
    }
    if (j->gaps == 0 || (i == t->incident_listed && t->incident_count > t->incident_listed))
        return "more of the archive was not read than is listed";
    s->incident = i;
    return NULL;
}

/* An archive whose end is known, or never will be (NULL). */
static enum twf_status publish_one(struct twf_index_sink *s, const struct twf_totals *t,
                                   const struct twf_input_total *in, struct job *j, struct twf_error *err)
{
    struct twf_error why = {0};
    const char *none = in == NULL ? "the archive was not read whole" : NULL;
    enum twf_status status;

    j->gaps = 0;
    if (in != NULL && !in->complete)
        none = take_gaps(s, t, j, &why);
    if (why.status == TWF_ERR_NOMEM)
        return no_memory(err);
    if (none == NULL && !is_unchanged(j))
        none = "the archive was not read whole";
    if (none != NULL) {
        j->gaps = 0;
        tell(s, j, TWF_INDEX_NONE, none);
        return TWF_OK;
    }
    status = publish(s, j, &why);
    if (status == TWF_ERR_NOMEM)
        return no_memory(err);
    s->failed |= status != TWF_OK;
    tell(s, j, status == TWF_OK ? TWF_INDEX_WRITTEN : TWF_INDEX_FAILED, status == TWF_OK ? NULL : why.text);
    return TWF_OK;
}

/* Names the indexes of the archives whose end is known; with last, no other ever will be. */
static enum twf_status publish_waiting(struct twf_index_sink *s, const struct twf_pipe *p, bool last,
                                       struct twf_error *err)
{
    struct twf_totals t;
    size_t done = 0;

    if (s->waiting_len == 0)
        return TWF_OK;
    twf_pipe_totals(p, &t);
    for (; done < s->waiting_len; done++) {
        struct job *j = &s->waiting[done];
        const struct twf_input_total *in = find_input(s, &t, j);

        if (in == NULL && !last)
            break;
        TWF_TRY(publish_one(s, &t, in, j, err));
        (void)unlink(j->partial);
        job_fini(j);
    }
    memmove(s->waiting, s->waiting + done, (s->waiting_len - done) * sizeof(*s->waiting));
    s->waiting_len -= done;
    return TWF_OK;
}

enum twf_status twf_index_sink_rows(struct twf_index_sink *s, const struct twf_pipe *p,
                                    const struct twf_batch *b, struct twf_error *err)
{
    const struct twf_col *uris = &b->cols[TWF_COL_source_uri];
    uint32_t to;

    TWF_TRY(publish_waiting(s, p, false, err));
    for (uint32_t from = 0; from < b->rows; from = to) {
        struct twf_span uri = twf_col_bytes(uris, from);
        struct twf_error why = {0};
        enum twf_status status;

        to = twf_span_eq(uri, twf_col_bytes(uris, b->rows - 1)) ? b->rows : from + 1;
        while (to < b->rows && twf_span_eq(uri, twf_col_bytes(uris, to)))
            to++;
        if (!s->has_job || !twf_span_eq(uri, twf_buf_view(&s->now.uri))) {
            TWF_TRY(finish(s, err));
            TWF_TRY(begin(s, b, from, err));
        }
        if (s->writer == NULL)
            continue;
        status = twf_index_writer_rows(s->writer, b, from, to, &why);
        if (status == TWF_ERR_NOMEM)
            return no_memory(err);
        if (status != TWF_OK)
            give_up(s, &why);
    }
    return TWF_OK;
}

enum twf_status twf_index_sink_end(struct twf_index_sink *s, const struct twf_pipe *p,
                                   struct twf_error *err)
{
    TWF_TRY(finish(s, err));
    return publish_waiting(s, p, true, err);
}
