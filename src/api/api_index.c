/* SPDX-License-Identifier: Apache-2.0 */
/*
 * twf_index: archives without a fresh index go through a run that makes a row of every message, and the
 * rows into index_sink. With "check": every index that is there is read from end to end.
 */
#include "api/confine.h"
#include "api/index_sink.h"
#include "api/run.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/utf8.h"

struct job {
    const struct twf_options *options;
    const struct twf_hooks *hooks;
    struct twf_run *run;
    struct twf_buf text, psl; /* identity, as C strings */
    uint64_t paths;           /* given to the run */
    bool incomplete;
};

static void tell(const struct job *j, const struct twf_index_report *r)
{
    if (j->hooks->index != NULL)
        j->hooks->index(j->hooks->ctx, r);
}

/* What was not read of an archive when its index was made, told as when it was. */
static void tell_gaps(struct job *j, const char *archive, const struct twf_index *ix)
{
    char line[700];

    for (uint32_t i = 0; i < twf_index_gap_count(ix); i++) {
        twf_index_gap_line(ix, i, archive, NULL, line, sizeof(line));
        j->incomplete = true;
        if (j->hooks->log != NULL)
            j->hooks->log(j->hooks->ctx, TWF_LOG_INCIDENT, line);
    }
}

static bool is_stopped(const struct job *j)
{
    return j->hooks->stop != NULL && *j->hooks->stop != 0;
}

/* ---- looking at an index ---- */

/* Every id below the count of its dictionary. */
static bool ids_fit(const struct twf_index_column *c, uint32_t count)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < c->rows; i++) {
        uint32_t id = twf_index_valid(c, i) ? twf_index_id(c, i) : 0;

        most = TWF_MAX(most, id);
    }
    return most < count || (most == 0 && count == 0);
}

static bool values_fit(const struct twf_index_values *v, enum twf_col_type type)
{
    for (uint32_t i = 0; type != TWF_TYPE_BIN && i < v->count; i++) {
        if (!twf_utf8_valid(twf_index_value(v, i)))
            return false;
    }
    return true;
}

static enum twf_status wrong(struct twf_error *err, enum twf_col_id col)
{
    return twf_error_set(err, TWF_ERR_FORMAT, 0, "the index is damaged: %s holds what it cannot hold",
                         twf_col_infos[col].name);
}

/* The footer's counts of a column against its ids. */
static enum twf_status check_counts(const struct twf_index *ix, uint32_t batch, enum twf_col_id col,
                                    const struct twf_index_column *c, uint32_t values, struct twf_error *err)
{
    uint32_t rows, told, have;

    if (values > 256)
        return wrong(err, col);
    for (uint32_t id = 0; id <= values; id++) { /* the last one stands for no value */
        uint64_t hits[5] = {0};

        if (id < values)
            hits[id >> 6] = UINT64_C(1) << (id & 63);
        have = 0;
        for (uint32_t i = 0; i < c->rows; i++)
            have += twf_index_valid(c, i) ? twf_index_id(c, i) == id && id < values : id == values;
        TWF_TRY(twf_index_count(ix, col, batch, hits, values, id == values, &rows, &told, err));
        if (told != have || rows != c->rows)
            return wrong(err, col);
    }
    return TWF_OK;
}

static enum twf_status check_column(struct twf_index *ix, struct twf_index_scratch *s,
                                    uint32_t batch, enum twf_col_id col, struct twf_error *err)
{
    struct twf_index_column c;
    struct twf_index_values v;

    TWF_TRY(twf_index_column(ix, s, col, &c, err));
    if (c.dictionary) {
        TWF_TRY(twf_index_dictionary(ix, col, s, &v, err));
        if (!ids_fit(&c, v.count))
            return wrong(err, col);
        return twf_index_has_counts(ix, col) ? check_counts(ix, batch, col, &c, v.count, err) : TWF_OK;
    }
    if (c.type == TWF_TYPE_UTF8 || c.type == TWF_TYPE_LIST)
        return values_fit(&c.values, c.type) ? TWF_OK : wrong(err, col);
    return TWF_OK;
}

/* Reads all of it; counts what it has. */
static enum twf_status check_all(struct twf_index *ix, struct twf_index_scratch *s,
                                 struct twf_index_report *r, struct twf_error *err)
{
    struct twf_index_values v;
    uint32_t rows;

    for (int col = 0; col < TWF_COL_COUNT; col++) {
        if (!twf_index_is_dictionary(ix, (enum twf_col_id)col))
            continue;
        TWF_TRY(twf_index_dictionary(ix, (enum twf_col_id)col, s, &v, err));
        if (!values_fit(&v, twf_col_infos[col].type))
            return wrong(err, (enum twf_col_id)col);
    }
    for (uint32_t i = 0; i < twf_index_batch_count(ix); i++) {
        TWF_TRY(twf_index_batch(ix, s, i, &rows, err));
        r->messages += rows;
        r->batches++;
        for (int col = 0; col < TWF_COL_COUNT; col++) {
            if (twf_index_has(ix, (enum twf_col_id)col))
                TWF_TRY(check_column(ix, s, i, (enum twf_col_id)col, err));
        }
    }
    return TWF_OK;
}

/* Looks at the index of an archive; r says what it is. */
static enum twf_status look(struct job *j, struct twf_index_report *r, bool thorough,
                            struct twf_error *err, struct twf_error *why)
{
    struct twf_archive a;
    struct twf_index *ix = NULL;
    struct twf_index_scratch *s = NULL;
    struct twf_index_identity id;
    enum twf_status status = twf_archive_stat(r->archive, &a, why);

    if (status == TWF_OK)
        status = twf_index_open(r->index, &ix, why);
    if (status == TWF_ERR_NOMEM)
        return twf_error_set(err, status, 0, "no memory for an index");
    r->result = status == TWF_OK ? TWF_INDEX_FRESH
                                 : status == TWF_ERR_FORMAT ? TWF_INDEX_DAMAGED : TWF_INDEX_NONE;
    r->why = status == TWF_OK ? NULL : why->text;
    if (status != TWF_OK)
        return TWF_OK;
    id = (struct twf_index_identity){a.size, a.mtime_ns, a.source_id, (const char *)j->psl.ptr,
                                     (const char *)j->text.ptr};
    r->archive_bytes = a.size;
    r->why = twf_index_stale(ix, &id);
    if (r->why == NULL && j->options->with_headers && !twf_index_has(ix, TWF_COL_header_rest))
        r->why = "holds no headers";
    if (r->why != NULL)
        r->result = TWF_INDEX_STALE;
    else
        tell_gaps(j, r->archive, ix);
    r->gaps = twf_index_gap_count(ix);
    if (thorough) {
        status = twf_index_scratch_new(&s, err);
        if (status == TWF_OK)
            status = check_all(ix, s, r, why);
        if (status == TWF_ERR_FORMAT || status == TWF_ERR_IO) {
            r->result = TWF_INDEX_DAMAGED;
            r->why = why->text;
            status = TWF_OK;
        }
    }
    twf_index_scratch_free(s);
    twf_index_close(ix);
    return status;
}

/* ---- archives ---- */

/* "@x" and "-" mean something else where a run takes paths. */
static enum twf_status add_path(struct job *j, const char *path, struct twf_error *err)
{
    struct twf_buf b;
    enum twf_status status;

    j->paths++;
    if (path[0] != '@' && path[0] != '-')
        return twf_run_add_path(j->run, path, err);
    twf_buf_init(&b);
    twf_buf_printf(&b, "./%s", path);
    twf_buf_byte(&b, '\0');
    status = b.failed ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a path")
                      : twf_run_add_path(j->run, (const char *)b.ptr, err);
    twf_buf_fini(&b);
    return status;
}

static enum twf_status take_path(struct job *j, const struct twf_walk_entry *e,
                                 struct twf_error *err)
{
    struct twf_index_report r = {.archive = e->path};
    struct twf_error why = {0};
    enum twf_status status;
    char *name;

    if (e->maildir)
        return TWF_OK; /* a message each */
    name = twf_index_path(e->path, j->options->index_dir);
    if (name == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a path");
    r.index = name;
    status = look(j, &r, j->options->check, err, &why);
    if (status == TWF_OK && (j->options->check || r.result == TWF_INDEX_FRESH)) {
        j->incomplete |= r.result == TWF_INDEX_STALE || r.result == TWF_INDEX_DAMAGED ||
                         (r.result == TWF_INDEX_NONE && e->named);
        tell(j, &r);
    } else if (status == TWF_OK) {
        status = add_path(j, e->path, err);
    }
    twf_free(name);
    return status;
}

static enum twf_status take_paths(struct job *j, const char *const *paths, size_t n,
                                  struct twf_error *err)
{
    struct twf_walk *walk;
    struct twf_walk_entry e;
    struct twf_error why = {0};
    enum twf_status status = twf_walk_new(&walk, err);

    for (size_t i = 0; status == TWF_OK && i < n; i++)
        status = twf_walk_add(walk, paths[i], err);
    while (status == TWF_OK && !is_stopped(j)) {
        enum twf_status next = twf_walk_next(walk, &e, &why);

        if (next == TWF_END)
            break;
        if (next == TWF_OK) {
            status = take_path(j, &e, err);
        } else if (next == TWF_ERR_NOMEM) {
            status = twf_error_set(err, next, 0, "no memory for paths");
        } else {
            struct twf_index_report r = {
                .archive = why.path, .result = TWF_INDEX_NONE, .why = why.text};

            j->incomplete = true;
            tell(j, &r);
        }
    }
    twf_walk_free(walk);
    return status;
}

/* ---- the run ---- */

static enum twf_status write_indexes(struct job *j, bool *failed, struct twf_error *err)
{
    struct twf_index_sink *sink;
    const struct twf_batch *b;
    enum twf_status status = twf_index_sink_new(j->options, (const char *)j->psl.ptr, j->hooks->index,
                                                j->hooks->ctx, &sink, err);

    while (status == TWF_OK) {
        if (is_stopped(j)) {
            status = twf_error_set(err, TWF_ERR_STOPPED, 0, "stopped");
            break;
        }
        status = twf_run_next(j->run, &b, err);
        if (status == TWF_OK)
            status = twf_index_sink_rows(sink, j->run->pipe, b, err);
        if (status == TWF_OK && j->hooks->tick != NULL)
            j->hooks->tick(j->hooks->ctx, j->run);
    }
    if (status == TWF_END)
        status = twf_index_sink_end(sink, j->run->pipe, err);
    *failed = sink != NULL && twf_index_sink_failed(sink);
    twf_index_sink_free(sink);
    return status;
}

/* A run of which nothing is wanted but a row of every message. */
static enum twf_status open_run(struct job *j, struct twf_error *err)
{
    struct twf_options plain = *j->options;

    plain.outputs = (struct twf_strings){0};
    plain.sandbox = TWF_SANDBOX_OFF; /* it is entered here: indexes are read before the run */
    plain.fail_on = TWF_LEVEL_NONE;
    plain.with_subject = false;
    plain.no_shipped_rules = true; /* an index holds what was found, not who looks for what */
    plain.rules = plain.filters = (struct twf_strings){0};
    TWF_TRY(twf_run_open(&plain, &j->run, err));
    j->run->setup.every_row = true;
    j->run->setup.skim = false; /* records say of each frame whether it was verified */
    j->run->setup.raw_columns = j->run->setup.brief_rows = true;
    twf_run_set_log(j->run, j->hooks->log, j->hooks->ctx);
    twf_index_options(j->options, &j->text);
    twf_buf_byte(&j->text, '\0');
    twf_buf_str(&j->psl, twf_psl_sha256(j->run->setup.psl));
    twf_buf_byte(&j->psl, '\0');
    return j->text.failed || j->psl.failed
               ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an index")
               : TWF_OK;
}

/* An index lies beside its archive, wherever in a folder that is, or in the folder that an option names. */
static enum twf_status confine(const struct job *j, const char *const *paths, size_t n,
                               struct twf_error *err)
{
    struct twf_confine c = {.failed = false};
    struct twf_sandbox_state state;

    for (size_t i = 0; i < n; i++) {
        twf_confine_read(&c, paths[i]);
        if (j->options->index_dir == NULL && paths[i][0] == '@') {
            twf_confine_write(&c, "/"); /* a list names anything */
        } else if (j->options->index_dir == NULL) {
            twf_confine_beside(&c, paths[i], TWF_SANDBOX_WRITE);
            twf_confine_write(&c, paths[i]);
        }
    }
    if (j->options->index_dir != NULL)
        twf_confine_write(&c, j->options->index_dir);
    return twf_confine_enter(&c, j->options->sandbox, j->hooks->log, j->hooks->ctx, &state, err);
}

enum twf_status twf_index(const struct twf_options *o, const char *const *paths, size_t n,
                          const struct twf_hooks *hooks, int *exit_code, struct twf_error *err)
{
    struct job j = {.options = o, .hooks = hooks};
    bool failed = false;
    enum twf_status status = open_run(&j, err);

    *exit_code = 0;
    if (status == TWF_OK)
        status = confine(&j, paths, n, err);
    if (status == TWF_OK)
        status = take_paths(&j, paths, n, err);
    if (status == TWF_OK && j.paths > 0) {
        status = write_indexes(&j, &failed, err);
        *exit_code = twf_run_exit_code(j.run);
    }
    if (j.incomplete)
        *exit_code = TWF_MAX(*exit_code, 3);
    if (failed)
        *exit_code = TWF_MAX(*exit_code, 4);
    twf_run_close(j.run);
    twf_buf_fini(&j.text);
    twf_buf_fini(&j.psl);
    return status;
}
