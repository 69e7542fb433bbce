/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages out of archives into files of a folder, byte for byte, or annotated copies of them.
 * Names come from hashes, never from mail. Archives are only read.
 */
#define _GNU_SOURCE
#include <twofrom/tools.h>

#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "api/annotate.h"
#include "api/confine.h"
#include "api/extract.h"
#include "api/extract_find.h"
#include "api/manifest.h"
#include "api/notices.h"
#include "api/run.h"
#include "api/safe_dir.h"
#include "api/words.h"
#include "base/alloc.h"
#include "base/error.h"
#include "gather/gather.h"
#include "pipe/worker.h"

enum { BLOCK_LEN = 1 << 20, BLOCK_COUNT = 4 };

struct job {
    const struct twf_options *options;
    struct twf_run *run;       /* its setup only */
    struct twf_worker *worker; /* for journals and annotation */
    struct twf_gather gather;
    struct twf_io *io;
    struct twf_asked_list asked;
    struct twf_notices notices;
    struct twf_arena arena; /* of one message */
    struct twf_buf copy, json, words;
    int dir;
    twf_log_fn *log;
    void *log_ctx;
    /* the archive at work */
    const struct twf_asked *first; /* what is asked of it */
    uint64_t written, missing;
    /* the message at work */
    const struct twf_asked *now;
    const struct twf_message *message;
    bool answered;
    enum twf_status status;
    struct twf_error *err;
};

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to extract");
}

__attribute__((format(printf, 2, 3))) static void complain(struct job *j, const char *fmt, ...)
{
    char text[700];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    j->missing++;
    if (j->log != NULL)
        j->log(j->log_ctx, TWF_LOG_ERROR, text);
}

/* "a.mbox#7" or "hits.jsonl:12", for a message that is not there. */
static void complain_of(struct job *j, const struct twf_asked *a, const char *what)
{
    if (a->spec != NULL)
        complain(j, "%.400s: %s", a->spec, what);
    else
        complain(j, "%.300s@%llu (record %llu): %s", a->path, (unsigned long long)a->value,
                 (unsigned long long)a->line, what);
}

/* ---- one message into a file ---- */

static void put_line(struct job *j, const char *name, size_t len, bool is_old)
{
    struct twf_buf *b = &j->words;

    twf_words_path(b, j->options->to, j->options->ascii);
    if (b->len > 0 && b->ptr[b->len - 1] != '/')
        twf_buf_byte(b, '/');
    twf_buf_printf(b, "%s  ", name);
    twf_words_count(b, len);
    twf_buf_str(b, is_old ? " bytes, there already" : " bytes");
}

static void put_annotated(struct job *j, const struct twf_annotate_result *r)
{
    struct twf_buf *b = &j->words;

    if (r->what == TWF_ANNOTATED_ALREADY) {
        twf_buf_str(b, ", nothing to add");
        return;
    }
    if (r->header)
        twf_buf_str(b, ", header added");
    if (r->what == TWF_ANNOTATED_WRAPPED)
        twf_buf_printf(b, ", wrapped (%s)", r->why);
    else if (r->what == TWF_ANNOTATED_HEADER)
        twf_buf_printf(b, ", no notice (%s)", r->why);
    else if (r->bodies > 0) {
        twf_buf_str(b, ", notice in ");
        twf_words_count(b, r->bodies);
        twf_buf_str(b, r->bodies == 1 ? " body" : " bodies");
    }
}

/* bytes under a name made of hash; the words for it, without a line end. */
static enum twf_status put_file(struct job *j, const char *hash, struct twf_span bytes,
                                char name[TWF_SAFE_NAME], bool *is_old, struct twf_error *err)
{
    TWF_TRY(twf_safe_dir_put_free(j->dir, hash, "eml", bytes, name, is_old, err));
    put_line(j, name, bytes.len, *is_old);
    j->written++;
    return TWF_OK;
}

/* The codes of findings for which an Exchange would have tagged the message, blanks between them. */
static struct twf_span exchange_codes(struct twf_arena *a, const struct twf_verdict *v)
{
    struct twf_buf b;
    struct twf_span codes;

    twf_buf_init(&b);
    for (uint32_t i = 0; i < v->finding_count; i++) {
        const struct twf_finding_info *info = &twf_finding_infos[v->findings[i].code];

        if (info->exchange_like)
            twf_buf_printf(&b, "%s%s", b.len == 0 ? "" : " ", info->code);
    }
    codes = twf_arena_copy(a, twf_buf_view(&b));
    twf_buf_fini(&b);
    return codes;
}

static enum twf_status put_copy(struct job *j, const char *hash, struct twf_span bytes,
                                const struct twf_head *head, struct twf_span codes,
                                struct twf_error *err)
{
    struct twf_annotate_result r;
    struct twf_manifest m = {.asked = j->now,
                             .message = j->message,
                             .original = bytes,
                             .codes = codes,
                             .result = &r,
                             .has_dkim = twf_manifest_has_dkim(head)};
    char name[TWF_SAFE_NAME];
    enum twf_status status;
    bool is_old, is_old_json;

    twf_buf_reset(&j->copy);
    twf_buf_reset(&j->json);
    if (!twf_annotate(&j->notices.how, &j->arena, bytes, head, codes, &j->copy, &r))
        return no_memory(err);
    if (r.what == TWF_ANNOTATED_SKIPPED) {
        twf_buf_printf(&j->words, "%s  skipped: %s\n", hash, r.why);
        return TWF_OK;
    }
    m.copy = twf_buf_view(&j->copy);
    TWF_TRY(put_file(j, hash, m.copy, name, &is_old, err));
    put_annotated(j, &r);
    twf_buf_byte(&j->words, '\n');
    m.name = name;
    twf_manifest_put(&m, &j->run->setup.kernels, &j->json);
    if (j->json.failed)
        return no_memory(err);
    memcpy(name + strlen(name) - strlen("eml"), "json", sizeof("json"));
    status = twf_safe_dir_put(j->dir, name, twf_buf_view(&j->json), &is_old_json, err);
    if (status != TWF_END)
        return status;
    if (is_old) /* the same message from another place: one copy, and one tale of it, will do */
        return TWF_OK;
    status = twf_error_set(err, TWF_ERR_OUTPUT, 0, "exists and tells of another copy");
    twf_error_path(err, name);
    return status;
}

static enum twf_status deliver(struct job *j, struct twf_span bytes, const struct twf_head *head,
                               const struct twf_verdict *v, struct twf_error *err)
{
    char hash[33], name[TWF_SAFE_NAME];
    struct twf_span codes = {NULL, 0};
    bool is_old;

    twf_hash_hex(head->block.ptr, head->block.len, hash);
    if (j->now->hash[0] != '\0' && strcmp(j->now->hash, hash) != 0) {
        complain_of(j, j->now, "another message lies there than the record says");
        return TWF_OK;
    }
    if (v != NULL && j->options->annotate)
        codes = exchange_codes(&j->arena, v);
    if (codes.len > 0)
        return put_copy(j, hash, bytes, head, codes, err);
    TWF_TRY(put_file(j, hash, bytes, name, &is_old, err));
    twf_buf_str(&j->words, j->options->annotate ? ", nothing to annotate\n" : "\n");
    return TWF_OK;
}

/* ---- journals: what is inside a report is known when it was judged ---- */

static void look(void *ctx, const struct twf_place *place, const struct twf_subject *subject,
                 const struct twf_verdict *v)
{
    struct job *j = ctx;

    /* By a record it is one of those inside; else it is all of them. */
    if (j->status != TWF_OK || (j->now->line > 0 && place->ordinal != j->now->ordinal))
        return;
    j->answered = true;
    j->status = deliver(j, subject->message->text, subject->head, v, j->err);
}

static enum twf_status judge(struct job *j, const struct twf_message *m, struct twf_error *err)
{
    struct twf_place place = {.source_uri = "", .source_id = "", .verified = "none"};
    struct twf_counts counts = {0};

    j->status = TWF_OK;
    j->err = err;
    twf_worker_begin(j->worker, &(struct twf_worker_sink){0});
    TWF_TRY(twf_worker_judge(j->worker, &place, m, 1, NULL, &counts, err));
    TWF_TRY(twf_worker_end(j->worker, err));
    return j->status;
}

static enum twf_status on_found(void *ctx, const struct twf_want *want, const struct twf_message *m,
                                struct twf_span bytes, struct twf_error *err)
{
    struct job *j = ctx;
    struct twf_message here = *m;
    struct twf_head head;
    enum twf_status status;

    twf_arena_reset(&j->arena);
    j->now = &j->asked.items[want->tag];
    j->message = m;
    j->answered = false;
    here.text = bytes;
    here.from_line = here.member = (struct twf_span){NULL, 0};
    here.flags = 0;
    if (j->options->annotate || j->now->is_inner) {
        status = judge(j, &here, err);
        if (status == TWF_OK && !j->answered)
            complain_of(j, j->now, "the report holds no such message");
    } else {
        status = twf_gather_head(&j->gather, bytes, &head) ? deliver(j, bytes, &head, NULL, err)
                                                           : no_memory(err);
    }
    return status == TWF_OK && j->words.failed ? no_memory(err) : status;
}

/* ---- one archive ---- */

static void put_frames(struct job *j, const struct twf_find_counts *c)
{
    struct twf_buf *b = &j->words;

    if (!c->is_zstd || j->written == 0)
        return;
    if (j->written == 1 && b->len > 0 && b->ptr[b->len - 1] == '\n') {
        b->len--;
        twf_buf_str(b, ", ");
    } else {
        twf_words_path(b, j->first->path, j->options->ascii);
        twf_buf_str(b, ": ");
        twf_words_some(b, j->written, "message");
        twf_buf_str(b, ", ");
    }
    if (c->total > 0) {
        twf_words_count(b, c->decoded);
        twf_buf_str(b, " of ");
        twf_words_some(b, c->total, "frame");
    } else {
        twf_words_some(b, c->decoded, "frame");
    }
    twf_buf_str(b, " decoded");
    if (c->total == 0 && c->passed > 0) {
        twf_buf_str(b, ", ");
        twf_words_count(b, c->passed);
        twf_buf_str(b, " stepped over");
    }
    twf_buf_byte(b, '\n');
}

/* The n messages from first on lie in one archive. */
static enum twf_status take_archive(struct job *j, const struct twf_asked *first, size_t n,
                                    struct twf_error *err)
{
    struct twf_find_options o = {.max_window = j->options->max_window,
                                 .format = j->options->format,
                                 .limits = &j->run->setup.limits,
                                 .kernels = &j->run->setup.kernels};
    struct twf_want *wants = twf_calloc(n, sizeof(*wants));
    struct twf_find_counts counts;
    struct twf_error why = {0};
    enum twf_status status;

    if (wants == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        wants[i] = (struct twf_want){.value = first[i].value,
                                     .by_index = first[i].by_index,
                                     .tag = (uint32_t)(&first[i] - j->asked.items)};
    j->first = first;
    j->written = 0;
    twf_buf_reset(&j->words);
    status = twf_find_all(j->io, first->path, &o, wants, n, on_found, j, &counts, &why);
    put_frames(j, &counts);
    if (status == TWF_ERR_IO || status == TWF_ERR_FORMAT || status == TWF_ERR_LIMIT) {
        complain(j, "%.300s: %.300s", first->path, why.text);
        status = TWF_OK;
    } else if (status == TWF_OK) {
        for (size_t i = 0; i < n; i++) {
            if (!wants[i].met)
                complain_of(j, &j->asked.items[wants[i].tag], "no such message");
        }
    }
    if (status != TWF_OK && err != NULL)
        *err = why;
    twf_free(wants);
    return status;
}

static enum twf_status take_all(struct job *j, twf_write_fn *write, void *ctx,
                                struct twf_error *err)
{
    for (size_t i = 0, n; i < j->asked.len; i += n) {
        enum twf_status status;

        for (n = 1; i + n < j->asked.len && j->asked.items[i + n].order == j->asked.items[i].order;)
            n++;
        status = take_archive(j, &j->asked.items[i], n, err);
        if (j->words.len > 0 && write(ctx, j->words.ptr, j->words.len) != 0 && status == TWF_OK)
            status = twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write");
        TWF_TRY(status);
    }
    return TWF_OK;
}

/* ---- start and end ---- */

static enum twf_status ask(struct job *j, const char *const *specs, size_t n, struct twf_error *err)
{
    for (size_t i = 0; i < n; i++)
        TWF_TRY(twf_asked_add(&j->asked, specs[i], err));
    if (j->options->from_records != NULL)
        TWF_TRY(twf_asked_read(&j->asked, j->options->from_records, err));
    twf_asked_sort(&j->asked);
    return j->asked.arena.failed ? no_memory(err) : TWF_OK;
}

static enum twf_status prepare(struct job *j, struct twf_error *err)
{
    struct twf_io_options io = {
        .mode = j->options->io, .block_len = BLOCK_LEN, .block_count = BLOCK_COUNT};
    struct twf_options plain = *j->options;

    plain.outputs = (struct twf_strings){0};
    plain.min_level = TWF_LEVEL_COUNT; /* no rows: verdicts are looked at as they come */
    plain.all = false;
    plain.no_shipped_rules = true;
    TWF_TRY(twf_run_prepare(&plain, &j->run, err));
    twf_gather_init(&j->gather, &j->run->setup.kernels, &j->run->setup.limits);
    TWF_TRY(twf_worker_new(&j->run->setup, &j->worker, err));
    twf_worker_watch(j->worker, look, j);
    TWF_TRY(twf_notices_load(&j->notices, j->options, &j->run->setup.limits, err));
    TWF_TRY(twf_io_new(&io, &j->io, err));
    return twf_safe_dir_open(j->options->to, &j->dir, err);
}

/* What is still read and written when archives are looked into. */
static enum twf_status confine(const struct job *j, struct twf_error *err)
{
    struct twf_confine c = {.failed = false};
    struct twf_sandbox_state state;

    for (size_t i = 0; i < j->asked.len; i++) {
        if (i == 0 || j->asked.items[i].order != j->asked.items[i - 1].order)
            twf_confine_read(&c, j->asked.items[i].path);
    }
    twf_confine_write(&c, j->options->to);
    return twf_confine_enter(&c, j->options->sandbox, j->log, j->log_ctx, &state, err);
}

enum twf_status twf_extract(const struct twf_options *o, const char *const *specs, size_t n,
                            twf_write_fn *write, void *ctx, twf_log_fn *log, void *log_ctx,
                            int *exit_code, struct twf_error *err)
{
    struct job *j = twf_calloc(1, sizeof(*j));
    enum twf_status status;

    *exit_code = 0;
    if (j == NULL)
        return no_memory(err);
    j->options = o;
    j->dir = -1;
    j->log = log;
    j->log_ctx = log_ctx;
    twf_asked_init(&j->asked);
    twf_notices_init(&j->notices);
    twf_arena_init(&j->arena, 65536);
    if (o->to == NULL)
        status = twf_error_set(err, TWF_ERR_ARG, 0, "extract needs --to=DIR");
    else
        status = ask(j, specs, n, err);
    if (status == TWF_OK)
        status = prepare(j, err);
    if (status == TWF_OK)
        status = confine(j, err);
    if (status == TWF_OK)
        status = take_all(j, write, ctx, err);
    *exit_code = j->missing > 0 ? 3 : 0;
    if (j->dir >= 0) {
        enum twf_status closed = twf_safe_dir_close(j->dir, status == TWF_OK ? err : NULL);

        status = status == TWF_OK ? closed : status;
    }
    twf_worker_free(j->worker);
    if (j->run != NULL)
        twf_gather_fini(&j->gather);
    twf_run_close(j->run);
    twf_io_free(j->io);
    twf_notices_fini(&j->notices);
    twf_asked_fini(&j->asked);
    twf_arena_fini(&j->arena);
    twf_buf_fini(&j->copy);
    twf_buf_fini(&j->json);
    twf_buf_fini(&j->words);
    twf_free(j);
    return status;
}
