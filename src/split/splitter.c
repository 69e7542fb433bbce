/* SPDX-License-Identifier: Apache-2.0 */
/* The splitter as its callers see it: one input from start to end, its accounts and its notes. */
#include "split/split.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "split/split_state.h"

enum twf_status twf_splitter_new(struct twf_splitter **out, struct twf_error *err)
{
    *out = twf_calloc(1, sizeof(**out));
    return *out == NULL ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a splitter") : TWF_OK;
}

void twf_splitter_free(struct twf_splitter *s)
{
    if (s == NULL)
        return;
    twf_buf_fini(&s->head);
    twf_buf_fini(&s->seam.text);
    twf_buf_fini(&s->seam.from_copy);
    twf_buf_fini(&s->file.carry);
    twf_buf_fini(&s->tar.meta);
    twf_buf_fini(&s->tar.long_name);
    twf_buf_fini(&s->tar.name);
    twf_buf_fini(&s->tar.next.path);
    twf_buf_fini(&s->tar.global.path);
    twf_buf_fini(&s->messages);
    twf_buf_fini(&s->notes);
    twf_free(s);
}

void twf_splitter_start(struct twf_splitter *s, const struct twf_split_options *o)
{
    s->opt = *o;
    s->format = o->format;
    s->decided = s->gap_pending = s->cut = s->failed = false;
    s->gap_len = s->off = s->done = 0;
    s->sums = (struct twf_split_sums){0};
    s->seam.is_open = false;
    twf_buf_reset(&s->head);
    twf_file_begin(s, 0, o->format, false);
}

void twf_split_account(struct twf_splitter *s, uint64_t upto, enum twf_class_of_bytes what)
{
    uint64_t len = upto - s->done;

    assert(upto >= s->done);
    if (what == TWF_BYTES_MESSAGE)
        s->sums.message += len;
    else if (what == TWF_BYTES_SEPARATOR)
        s->sums.separator += len;
    else
        s->sums.gap += len;
    s->done = upto;
}

void twf_split_note(struct twf_splitter *s, enum twf_split_note_kind kind, uint64_t off,
                    uint64_t len, bool gap, const char *fmt, ...)
{
    struct twf_split_note note = {.kind = kind, .off = off, .len = len, .gap = gap};
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(note.text, sizeof(note.text), fmt, args);
    va_end(args);
    twf_buf_put(&s->notes, &note, sizeof(note));
    s->failed |= s->notes.failed;
}

/* Bytes for whoever reads this input, once that is known. */
static void feed_part(struct twf_splitter *s, struct twf_span part, bool last)
{
    if (s->format == TWF_SPLIT_TAR) {
        twf_tar_feed(s, part, last);
        return;
    }
    twf_file_feed(s, part, s->off, last);
    s->off += part.len;
}

static void decide(struct twf_splitter *s, struct twf_span head)
{
    struct twf_tar_head ignored;

    s->decided = true;
    if (s->opt.format == TWF_SPLIT_AUTO && head.len >= TWF_TAR_BLOCK &&
        twf_tar_head_read(head.ptr, &ignored))
        s->format = TWF_SPLIT_TAR;
    if (s->format == TWF_SPLIT_TAR)
        twf_tar_begin(s);
}

/* A tar is told by its first block, so an input is held back until that is complete. */
static void feed_any(struct twf_splitter *s, struct twf_span chunk, bool last)
{
    struct twf_span head;
    size_t take;

    if (s->decided) {
        feed_part(s, chunk, last);
        return;
    }
    if (s->head.len == 0 && (chunk.len >= TWF_TAR_BLOCK || last)) {
        decide(s, chunk);
        feed_part(s, chunk, last);
        return;
    }
    take = TWF_MIN(chunk.len, TWF_TAR_BLOCK - s->head.len);
    twf_buf_span(&s->head, twf_span_slice(chunk, 0, take));
    s->failed |= s->head.failed;
    chunk = twf_span_slice(chunk, take, chunk.len);
    if (s->failed || (s->head.len < TWF_TAR_BLOCK && !last))
        return;
    head = twf_arena_copy(s->arena, twf_buf_view(&s->head));
    s->failed |= s->arena->failed != 0;
    if (s->failed)
        return;
    twf_buf_reset(&s->head);
    decide(s, head);
    feed_part(s, head, last && chunk.len == 0);
    if (chunk.len > 0)
        feed_part(s, chunk, last);
}

/* What comes next does not continue what was open. */
static void lose(struct twf_splitter *s)
{
    struct twf_file *f = &s->file;

    f->start = s->off;
    f->want = 0;
    f->lost = true;
    /* A single message has no second beginning; an mbox has, and so may what was not recognised. */
    if (f->phase == TWF_FILE_EML)
        f->phase = TWF_FILE_SKIP;
    else if (f->phase != TWF_FILE_PROBE)
        f->phase = TWF_FILE_SEEK;
    if (s->decided && s->format == TWF_SPLIT_TAR)
        twf_tar_lose(s);
}

static void end_at_damage(struct twf_splitter *s, struct twf_span chunk, bool last)
{
    s->cut = true;
    /* Nothing came before the damage: what follows it may still be recognised. */
    if (s->off > 0 || s->head.len > 0 || chunk.len > 0 || last)
        feed_any(s, chunk, true);
    s->cut = false;
    if (!last)
        lose(s);
}

static void settle_gap(struct twf_splitter *s)
{
    if (!s->gap_pending)
        return;
    s->gap_pending = false;
    end_at_damage(s, (struct twf_span){NULL, 0}, false);
    twf_splitter_gap(s, s->gap_len);
}

static bool is_clean(const struct twf_splitter *s)
{
    return !s->seam.is_open && s->file.carry.len == 0 && s->head.len == 0 && s->done == s->off;
}

void twf_splitter_gap(struct twf_splitter *s, uint64_t len)
{
    if (!is_clean(s)) {
        /* Messages are handed out by feed only: the open one at the next call. */
        s->gap_len = s->gap_pending ? s->gap_len + len : len;
        s->gap_pending = true;
        return;
    }
    s->sums.fed += len;
    s->off += len;
    twf_split_account(s, s->off, TWF_BYTES_GAP);
    lose(s);
}

static void *hand_out(struct twf_splitter *s, const struct twf_buf *b)
{
    struct twf_span copy = {NULL, 0};

    if (b->len > 0)
        copy = twf_arena_copy(s->arena, twf_buf_view(b));
    return (void *)(uintptr_t)copy.ptr;
}

enum twf_status twf_splitter_feed(struct twf_splitter *s, struct twf_span chunk, bool last,
                                  bool cut, struct twf_arena *arena, struct twf_split_out *out,
                                  struct twf_error *err)
{
    *out = (struct twf_split_out){0};
    s->arena = arena;
    s->tar.shown = (struct twf_span){NULL, 0};
    twf_buf_reset(&s->messages);
    twf_buf_reset(&s->notes);
    settle_gap(s);
    s->sums.fed += chunk.len;
    if (cut)
        end_at_damage(s, chunk, last);
    else
        feed_any(s, chunk, last);
    out->messages = hand_out(s, &s->messages);
    out->notes = hand_out(s, &s->notes);
    if (s->failed || arena->failed)
        return twf_error_set(err, TWF_ERR_NOMEM, s->off, "no memory for the messages of a chunk");
    out->message_count = (uint32_t)(s->messages.len / sizeof(struct twf_message));
    out->note_count = (uint32_t)(s->notes.len / sizeof(struct twf_split_note));
    return TWF_OK;
}

/* The file at hand is one message of which only the length is still open. */
static bool is_mere_body(const struct twf_splitter *s)
{
    const struct twf_seam *m = &s->seam;

    return s->file.phase == TWF_FILE_EML && s->file.carry.len == 0 && m->is_open && m->parked &&
           m->header_len > 0 && !m->keep_all;
}

uint64_t twf_splitter_spare(const struct twf_splitter *s)
{
    const struct twf_tar *t = &s->tar;

    if (!s->decided || s->gap_pending || s->failed)
        return 0;
    if (s->format != TWF_SPLIT_TAR)
        return is_mere_body(s) ? UINT64_MAX : 0;
    if (t->left == 0 || !(t->phase == TWF_TAR_SKIP || (t->phase == TWF_TAR_BODY && is_mere_body(s))))
        return 0;
    return t->left - 1;
}

void twf_splitter_pass(struct twf_splitter *s, uint64_t len)
{
    assert(len <= twf_splitter_spare(s));
    s->sums.fed += len;
    s->off += len;
    if (s->format == TWF_SPLIT_TAR) {
        s->tar.left -= len;
        if (s->tar.phase == TWF_TAR_SKIP) {
            twf_split_account(s, s->off, s->tar.skip_is_gap ? TWF_BYTES_GAP : TWF_BYTES_SEPARATOR);
            return;
        }
    }
    s->seam.seen = s->off;
}

const struct twf_split_sums *twf_splitter_sums(const struct twf_splitter *s)
{
    return &s->sums;
}

enum twf_split_format twf_splitter_format(const struct twf_splitter *s)
{
    return s->format;
}
