/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files up to TWF_FEED_LOAD bytes are read in groups, so that opening, reading and closing them overlap; what is
 * larger, or no regular file, is read block by block.
 */
#define _GNU_SOURCE
#include "pipe/feed_state.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "pipe/pipe.h"

enum twf_status twf_feed_new(const struct twf_setup *s, struct twf_io *io, struct twf_lender *lender,
                               const atomic_bool *stop, struct twf_feed **out, struct twf_error *err)
{
    struct twf_feed *r = twf_calloc(1, sizeof(*r));
    enum twf_status status;

    *out = NULL;
    if (r == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a reader");
    r->setup = s;
    r->io = io;
    r->lender = lender;
    r->stop = stop;
    if (s->sha256 && (r->digest = EVP_MD_CTX_new()) == NULL) {
        twf_feed_free(r);
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a digest");
    }
    status = twf_walk_new(&r->walk, err);
    if (status == TWF_OK)
        status = twf_cut_new(s, lender, &r->cut, err);
    if (status != TWF_OK) {
        twf_feed_free(r);
        return status;
    }
    *out = r;
    return TWF_OK;
}

static void drop(struct twf_feed *r, struct twf_block **b)
{
    if (*b != NULL)
        twf_lender_drop(r->lender, *b);
    *b = NULL;
}

void twf_feed_free(struct twf_feed *r)
{
    if (r == NULL)
        return;
    drop(r, &r->block);
    drop(r, &r->group);
    if (r->file != NULL)
        twf_io_close(r->file, NULL);
    for (size_t i = r->entry_at; i < r->entry_len; i++)
        twf_free(r->entries[i].path);
    EVP_MD_CTX_free(r->digest);
    twf_cut_free(r->cut);
    twf_walk_free(r->walk);
    twf_free(r);
}

enum twf_status twf_feed_add(struct twf_feed *r, const char *path, struct twf_error *err)
{
    return twf_walk_add(r->walk, path, err);
}

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an input");
}

/* ---- paths ---- */

/* Takes paths off the walk, as many as one group can have. */
enum twf_status twf_feed_queue(struct twf_feed *r, struct twf_error *err)
{
    r->entry_len = r->entry_at = r->load_len = 0;
    while (!r->walk_ended && r->entry_len < TWF_FEED_FILES) {
        struct twf_feed_entry *e = &r->entries[r->entry_len];
        struct twf_walk_entry found = {0};
        enum twf_status status;

        *e = (struct twf_feed_entry){0};
        status = twf_walk_next(r->walk, &found, &e->error);
        if (status == TWF_ERR_NOMEM)
            return no_memory(err);
        r->walk_ended = status == TWF_END;
        if (r->walk_ended)
            break;
        if (status == TWF_OK) {
            e->path = twf_strdup(found.path);
            e->maildir = found.maildir;
            e->named = found.named;
            if (e->path == NULL)
                return no_memory(err);
        }
        r->entry_len++;
    }
    return TWF_OK;
}

static bool is_loadable(const struct twf_feed_entry *e)
{
    return e->path != NULL && strcmp(e->path, "-") != 0;
}

/* Loads files from entry_at on, up to the first that cannot be loaded by its nature. */
static enum twf_status load_group(struct twf_feed *r, struct twf_error *err)
{
    size_t n = 0;

    while (r->entry_at + n < r->entry_len && is_loadable(&r->entries[r->entry_at + n])) {
        const struct twf_feed_entry *e = &r->entries[r->entry_at + n];

        r->loads[r->entry_at + n++] = (struct twf_io_load){.path = e->path, .no_follow = !e->named};
    }
    r->load_len = r->entry_at + n;
    if (n == 0)
        return TWF_OK;
    TWF_TRY(twf_io_load(r->io, r->loads + r->entry_at, n, TWF_FEED_LOAD, &r->group, err));
    if (r->group != NULL)
        twf_lender_hold(r->lender, r->group);
    while (r->load_len > r->entry_at && r->loads[r->load_len - 1].kind == TWF_LOAD_NO_ROOM)
        r->load_len--;
    return TWF_OK;
}

char *twf_pipe_uri(const char *path)
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

char *twf_feed_uri(const struct twf_setup *s, const char *path)
{
    struct twf_buf text;
    char *uri;

    if (s->redact == NULL)
        return twf_pipe_uri(path);
    twf_buf_init(&text);
    twf_redact_path(s->redact, twf_span_str(path), &text); /* before it is encoded once more */
    twf_buf_byte(&text, '\0');
    uri = text.failed ? NULL : twf_pipe_uri((const char *)text.ptr);
    twf_buf_fini(&text);
    return uri;
}

static struct twf_source *new_source(const struct twf_setup *setup, const char *path, bool maildir)
{
    struct twf_source *s = twf_calloc(1, sizeof(*s));

    if (s == NULL || (s->uri = twf_feed_uri(setup, path)) == NULL) {
        twf_source_free(s);
        return NULL;
    }
    s->mark = twf_mark_source(s->uri);
    s->maildir = maildir;
    return s;
}

/* ---- identity: XXH3-128 of size, first and last 64 KiB; of the name for a stream, which has no ends ---- */

enum twf_status twf_feed_identify(struct twf_feed *r, struct twf_source *s, struct twf_error *err)
{
    uint8_t *bytes;
    size_t head = 0, tail = 0;
    enum twf_status status = TWF_OK;

    if (r->is_stream) {
        twf_hash_hex(s->uri, strlen(s->uri), s->id);
        return TWF_OK;
    }
    bytes = twf_malloc(sizeof(s->size) + 2 * TWF_EDGE);
    if (bytes == NULL)
        return no_memory(err);
    memcpy(bytes, &s->size, sizeof(s->size));
    status = twf_io_peek(r->file, 0, bytes + sizeof(s->size), TWF_EDGE, &head, err);
    if (status == TWF_OK && s->size > TWF_EDGE)
        status = twf_io_peek(r->file, s->size - TWF_EDGE, bytes + sizeof(s->size) + head, TWF_EDGE, &tail, err);
    twf_hash_hex(bytes, sizeof(s->size) + head + tail, s->id);
    twf_free(bytes);
    return status == TWF_ERR_IO ? TWF_OK : status; /* an unreadable end shows when it is read */
}

/* ---- --digest sha256 ---- */

void twf_feed_digest_begin(struct twf_feed *r)
{
    r->digest_whole = r->digest != NULL && EVP_DigestInit_ex(r->digest, EVP_sha256(), NULL) == 1;
}

static void digest_bytes(struct twf_feed *r, struct twf_span bytes)
{
    if (r->digest_whole && bytes.len > 0)
        r->digest_whole = EVP_DigestUpdate(r->digest, bytes.ptr, bytes.len) == 1;
}

static void digest_end(struct twf_feed *r)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t sum[EVP_MAX_MD_SIZE];

    if (!r->digest_whole || EVP_DigestFinal_ex(r->digest, sum, NULL) != 1)
        return;
    for (int i = 0; i < 32; i++) {
        r->source->sha256[2 * i] = digits[sum[i] >> 4];
        r->source->sha256[2 * i + 1] = digits[sum[i] & 15];
    }
}

/* ---- inputs ---- */

/* An input that is not read: it has no bytes, and is named. */
static enum twf_status put_unread(const struct twf_feed *r, struct twf_job *j, const char *path,
                                  const char *code, const char *text, struct twf_error *err)
{
    struct twf_source *s = new_source(r->setup, path, false);
    struct twf_piece *start = s == NULL ? NULL : twf_job_piece(j, TWF_PIECE_START);
    struct twf_piece *p = start == NULL ? NULL : twf_job_piece(j, TWF_PIECE_FAILED);
    struct twf_span copy = twf_arena_copy(&j->arena, twf_span(text, strlen(text) + 1));

    if (start == NULL)
        twf_source_free(s);
    else
        start->source = s;
    if (p == NULL || copy.ptr == NULL)
        return no_memory(err);
    p->fault = code;
    p->fault_text = (const char *)copy.ptr;
    return TWF_OK;
}

static enum twf_status put_failed(const struct twf_feed *r, struct twf_job *j, const char *path,
                                  const char *text, struct twf_error *err)
{
    return put_unread(r, j, path, "not_opened", text, err);
}

/* An input of which an earlier process died before there were messages; *lost: it was put. */
static enum twf_status put_lost(const struct twf_feed *r, struct twf_job *j, const char *path, bool *lost,
                                struct twf_error *err)
{
    const struct twf_marks *marks = r->setup->marks;
    const struct twf_lost *why = NULL;
    char text[96], *uri;

    *lost = false;
    if (marks == NULL || marks->lost_count == 0 || path == NULL)
        return TWF_OK;
    if ((uri = twf_feed_uri(r->setup, path)) == NULL)
        return no_memory(err);
    why = twf_marks_lost_whole(marks, twf_mark_source(uri));
    twf_free(uri);
    if (why == NULL)
        return TWF_OK;
    *lost = true;
    (void)snprintf(text, sizeof(text), "given up: a process that read it died of %s",
                   twf_marks_signal(why->signal));
    return put_unread(r, j, path, "crash", text, err);
}

static enum twf_status start_input(struct twf_feed *r, struct twf_job *j, struct twf_source *s,
                                   struct twf_error *err)
{
    enum twf_status status;

    if (j->mark != NULL)
        twf_mark_input(j->mark, TWF_STAGE_READ, s->mark, s->uri);
    status = twf_cut_start(r->cut, j, s, err);
    if (status != TWF_OK) {
        twf_source_free(s);
        return status;
    }
    j->in_total += s->size;
    r->drop = 0;
    r->jumps = r->no_jumps = false;
    r->is_open = true;
    r->at_end = false;
    r->source = s;
    twf_feed_digest_begin(r);
    digest_bytes(r, r->bytes); /* a loaded file is whole */
    return TWF_OK;
}

static void take_stat(struct twf_source *s, const struct twf_io_stat *st)
{
    s->size = st->size;
    s->dev = st->dev;
    s->ino = st->ino;
    s->mtime_ns = st->mtime_ns;
}

static enum twf_status start_loaded(struct twf_feed *r, struct twf_job *j, const struct twf_feed_entry *e,
                                    const struct twf_io_load *l, struct twf_error *err)
{
    struct twf_source *s = new_source(r->setup, e->path, e->maildir);

    if (s == NULL)
        return no_memory(err);
    take_stat(s, &l->stat);
    twf_hash_loaded(l->data, s->size, s->id);
    r->file = NULL;
    r->is_stream = false;
    r->changed = l->changed;
    r->bytes = l->data;
    r->block = r->group;
    if (r->block != NULL)
        twf_lender_hold(r->lender, r->block);
    return start_input(r, j, s, err);
}

static enum twf_status start_file(struct twf_feed *r, struct twf_job *j, const struct twf_feed_entry *e,
                                  struct twf_error *err)
{
    struct twf_error why = {0};
    enum twf_status status = twf_io_open(r->io, e->path, &r->file, &why);
    struct twf_source *s;

    if (status != TWF_OK) {
        r->file = NULL;
        return status == TWF_ERR_NOMEM ? no_memory(err) : put_failed(r, j, e->path, why.text, err);
    }
    s = new_source(r->setup, e->path, e->maildir);
    if (s == NULL)
        return no_memory(err);
    take_stat(s, twf_io_file_stat(r->file));
    r->is_stream = !twf_io_file_stat(r->file)->regular;
    if (r->is_stream && r->setup->marks != NULL)
        r->setup->marks->has_stream = true;
    if (r->is_stream && r->setup->keeps_state) {
        twf_source_free(s);
        twf_io_close(r->file, NULL);
        r->file = NULL;
        return put_failed(r, j, e->path, "no file: a stream has no checkpoint", err);
    }
    r->changed = false;
    status = twf_feed_identify(r, s, err);
    if (status != TWF_OK) {
        twf_source_free(s);
        return status;
    }
    return start_input(r, j, s, err);
}

/* Opens the next path; TWF_END when there is none. */
static enum twf_status open_next(struct twf_feed *r, struct twf_job *j, struct twf_error *err)
{
    struct twf_feed_entry *e;
    enum twf_status status;
    bool lost;

    if (r->entry_at == r->entry_len)
        TWF_TRY(twf_feed_queue(r, err));
    if (r->entry_at == r->entry_len)
        return TWF_END;
    if (r->entry_at >= r->load_len) {
        drop(r, &r->group);
        TWF_TRY(load_group(r, err));
    }
    e = &r->entries[r->entry_at];
    TWF_TRY(put_lost(r, j, e->path, &lost, err));
    if (lost)
        status = TWF_OK;
    else if (e->path == NULL)
        status = put_failed(r, j, e->error.path, e->error.text, err);
    else if (r->entry_at < r->load_len && r->loads[r->entry_at].kind == TWF_LOAD_DATA)
        status = start_loaded(r, j, e, &r->loads[r->entry_at], err);
    else if (r->entry_at < r->load_len && r->loads[r->entry_at].kind == TWF_LOAD_ERROR &&
             r->loads[r->entry_at].sys_errno == ELOOP)
        status = put_failed(r, j, e->path, "a symbolic link in a folder", err);
    else
        status = start_file(r, j, e, err);
    twf_free(e->path);
    r->entry_at++;
    return status;
}

static enum twf_status close_input(struct twf_feed *r, struct twf_job *j, struct twf_error *err)
{
    if (r->file != NULL)
        twf_io_close(r->file, &r->changed);
    r->file = NULL;
    r->at_end = true;
    TWF_TRY(twf_cut_end(r->cut, j, r->changed, err));
    r->is_open = twf_cut_is_pending(r->cut);
    if (!r->is_open)
        digest_end(r);
    return TWF_OK;
}

/* There is a free block. False: the job must leave first, it may hold them all. */
static bool has_block(struct twf_feed *r, const struct twf_job *j)
{
    twf_lender_collect(r->lender, r->io, false);
    if (twf_io_free_blocks(r->io) > 0)
        return true;
    if (j->piece_count > 0)
        return false;
    /* Others hold them, and they are at work. */
    twf_lender_collect(r->lender, r->io, true);
    return true;
}

/* Bytes that were taken before a resume. */
static void pass_over(struct twf_feed *r)
{
    size_t n = (size_t)TWF_MIN(r->drop, (uint64_t)r->bytes.len);

    r->bytes = twf_span_slice(r->bytes, n, r->bytes.len);
    r->drop -= n;
}

static enum twf_status next_block(struct twf_feed *r, struct twf_job *j, struct twf_error *err)
{
    struct twf_error why = {0};
    enum twf_status status = twf_io_next(r->file, &r->block, &why);

    if (status == TWF_OK) {
        twf_lender_hold(r->lender, r->block);
        r->bytes = twf_span(r->block->data, r->block->len);
        digest_bytes(r, r->bytes);
        pass_over(r);
        return TWF_OK;
    }
    r->block = NULL;
    if (status == TWF_END)
        return close_input(r, j, err);
    r->digest_whole = false;
    if (status == TWF_ERR_IO) {
        uint64_t skipped = twf_io_skipped(r->file), before = TWF_MIN(r->drop, skipped);

        r->drop -= before;
        /* A failure without a length is one too, wherever the input was resumed. */
        return skipped > 0 && skipped == before ? TWF_OK : twf_cut_hole(r->cut, j, skipped - before, err);
    }
    if (err != NULL)
        *err = why;
    return status;
}

/* What comes next of the open input. *leave: the job goes as it is. */
static enum twf_status go_on(struct twf_feed *r, struct twf_job *j, bool *leave, struct twf_error *err)
{
    if (twf_feed_jumps(r))
        return twf_feed_jump(r, j, err);
    if (r->bytes.len > 0 || twf_cut_is_pending(r->cut))
        return twf_cut_take(r->cut, j, &r->bytes, r->block, err);
    drop(r, &r->block);
    if (r->at_end || r->file == NULL)
        return close_input(r, j, err);
    /* What a pipe has given so far is not held back until more comes. */
    *leave = (r->is_stream && j->need + j->given > 0) || !has_block(r, j);
    return *leave ? TWF_OK : next_block(r, j, err);
}

bool twf_feed_is_live(const struct twf_feed *r)
{
    return r->is_open && r->is_stream;
}

enum twf_status twf_feed_fill(struct twf_feed *r, struct twf_job *j, struct twf_error *err)
{
    bool leave = false;

    if (r->is_open) {
        j->goes_on = r->source;
        if (j->mark != NULL)
            twf_mark_input(j->mark, TWF_STAGE_READ, r->source->mark, r->source->uri);
    }
    while (!leave && !twf_cut_is_full(r->cut, j)) {
        if (atomic_load_explicit(r->stop, memory_order_relaxed))
            return twf_error_set(err, TWF_ERR_STOPPED, 0, "stopped");
        if (r->is_open)
            TWF_TRY(go_on(r, j, &leave, err));
        else if (has_block(r, j))
            TWF_TRY(open_next(r, j, err));
        else
            leave = true;
    }
    return TWF_OK;
}
