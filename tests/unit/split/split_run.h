/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a splitter over an input that is cut somewhere, and keeps what it found, so that runs can be
 * compared. Every piece is fed from a heap block of its exact size: AddressSanitizer sees
 * over-reads.
 */
#ifndef TWF_TESTS_SPLIT_RUN_H
#define TWF_TESTS_SPLIT_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "split/mime.h"
#include "split/split.h"

struct found {
    struct twf_buf log; /* one line a message and note: what must not depend on cuts */
    struct twf_split_sums sums;
    enum twf_split_format format;
    uint64_t messages, not_mail, cut, header_limit, text_limit;
    uint64_t notes[TWF_NOTE_LENGTH_DECIDES + 1];
};

struct runner {
    struct twf_kernels kernels;
    struct twf_limits limits;
    struct twf_split_options options;
    struct twf_splitter *splitter;
    struct twf_arena arena;
};

static inline void runner_init(struct runner *r)
{
    twf_kernels_init(&r->kernels, TWF_CPU_SCALAR);
    twf_limits_default(&r->limits);
    r->options = (struct twf_split_options){.limits = &r->limits, .kernels = &r->kernels};
    assert_int_equal(twf_splitter_new(&r->splitter, NULL), TWF_OK);
    twf_arena_init(&r->arena, 1 << 16);
}

static inline void runner_fini(struct runner *r)
{
    twf_splitter_free(r->splitter);
    twf_arena_fini(&r->arena);
}

static inline void found_init(struct found *f)
{
    memset(f, 0, sizeof(*f));
    twf_buf_init(&f->log);
}

static inline void found_fini(struct found *f)
{
    twf_buf_fini(&f->log);
}

static inline void log_message(struct found *f, const struct twf_message *m)
{
    /* More than the header block is at hand in some cuts and not in others. */
    struct twf_span header = twf_entity_split(m->text).header;

    if (m->flags & (TWF_MESSAGE_HEADER_LIMIT | TWF_MESSAGE_TEXT_LIMIT) ||
        (header.len < m->len && twf_journal_candidate(header)))
        header = m->text;
    twf_buf_printf(&f->log, "message %llu off %llu len %llu flags %u container %u from [",
                   (unsigned long long)m->index, (unsigned long long)m->off,
                   (unsigned long long)m->len, m->flags, m->container);
    twf_buf_span(&f->log, m->from_line);
    twf_buf_str(&f->log, "] member [");
    twf_buf_span(&f->log, m->member);
    twf_buf_str(&f->log, "] [");
    twf_buf_span(&f->log, header);
    twf_buf_str(&f->log, "]\n");
    f->messages++;
    f->not_mail += (m->flags & TWF_MESSAGE_NOT_MAIL) != 0;
    f->cut += (m->flags & TWF_MESSAGE_CUT) != 0;
    f->header_limit += (m->flags & TWF_MESSAGE_HEADER_LIMIT) != 0;
    f->text_limit += (m->flags & TWF_MESSAGE_TEXT_LIMIT) != 0;
}

static inline void log_out(struct found *f, const struct twf_split_out *out)
{
    for (uint32_t i = 0; i < out->message_count; i++)
        log_message(f, &out->messages[i]);
    for (uint32_t i = 0; i < out->note_count; i++) {
        const struct twf_split_note *n = &out->notes[i];

        twf_buf_printf(&f->log, "note %d off %llu len %llu gap %d %s\n", n->kind,
                       (unsigned long long)n->off, (unsigned long long)n->len, n->gap, n->text);
        f->notes[n->kind]++;
    }
}

static inline void feed(struct runner *r, struct found *f, struct twf_span piece, bool last,
                        bool cut)
{
    uint8_t *copy = malloc(piece.len > 0 ? piece.len : 1);
    struct twf_split_out out;

    assert_non_null(copy);
    if (piece.len > 0)
        memcpy(copy, piece.ptr, piece.len);
    assert_int_equal(twf_splitter_feed(r->splitter,
                                       twf_span(piece.len > 0 ? copy : NULL, piece.len), last, cut,
                                       &r->arena, &out, NULL),
                     TWF_OK);
    log_out(f, &out);
    twf_arena_reset(&r->arena);
    free(copy);
}

static inline void finish(struct runner *r, struct found *f)
{
    f->sums = *twf_splitter_sums(r->splitter);
    f->format = twf_splitter_format(r->splitter);
    assert_int_equal(f->sums.fed, f->sums.message + f->sums.separator + f->sums.gap);
    assert_int_equal(f->sums.messages, f->messages);
}

/* Feeds input in pieces: the first of first bytes, then of step bytes. */
static inline void run(struct runner *r, struct twf_span input, size_t first, size_t step,
                       struct found *f)
{
    size_t at = 0, n = first;

    found_init(f);
    twf_splitter_start(r->splitter, &r->options);
    do {
        struct twf_span piece = twf_span_slice(input, at, at + n);

        at += piece.len;
        feed(r, f, piece, at == input.len, false);
        n = step;
    } while (at < input.len);
    finish(r, f);
    assert_int_equal(f->sums.fed, input.len);
}

/* The log with its messages first: a note stands where its call ended, and that depends on the cut.
 */
static inline void sort_log(struct twf_buf *b)
{
    struct twf_buf messages, notes;
    size_t at = 0;

    twf_buf_init(&messages);
    twf_buf_init(&notes);
    while (at < b->len) {
        struct twf_span rest = twf_span(b->ptr + at, b->len - at);
        size_t len = 0;

        /* An entry ends before the next that begins a line. */
        do {
            len += twf_span_find(twf_span_slice(rest, len, rest.len), '\n') + 1;
        } while (len < rest.len && memcmp(rest.ptr + len, "message ", 8) != 0 &&
                 memcmp(rest.ptr + len, "note ", 5) != 0);
        twf_buf_put(rest.ptr[0] == 'n' ? &notes : &messages, rest.ptr, TWF_MIN(len, rest.len));
        at += len;
    }
    twf_buf_span(&messages, twf_buf_view(&notes));
    twf_buf_fini(&notes);
    twf_buf_fini(b);
    *b = messages;
}

static inline void assert_same(struct found *a, struct found *b, size_t cut, size_t step)
{
    sort_log(&a->log);
    sort_log(&b->log);
    if (twf_span_eq(twf_buf_view(&a->log), twf_buf_view(&b->log)) &&
        memcmp(&a->sums, &b->sums, sizeof(a->sums)) == 0 && a->format == b->format)
        return;
    fail_msg("cut at %zu, step %zu:\n%.*s--- instead of\n%.*s", cut, step, (int)b->log.len,
             (const char *)b->log.ptr, (int)a->log.len, (const char *)a->log.ptr);
}

/* Whole, cut in two at every byte from `from` on, and in small pieces: all the same. f: the whole.
 */
static inline void run_all_cuts(struct runner *r, struct twf_span input, size_t from,
                                struct found *f)
{
    static const size_t steps[] = {1, 2, 3, 7, 64, 511, 1000, 5000};
    struct found other;

    run(r, input, input.len, 1, f);
    for (size_t i = 0; i < TWF_COUNT(steps); i++) {
        run(r, input, steps[i], steps[i], &other);
        assert_same(f, &other, steps[i], steps[i]);
        found_fini(&other);
    }
    for (size_t cut = from; cut < input.len; cut++) {
        run(r, input, cut, input.len, &other);
        assert_same(f, &other, cut, input.len);
        found_fini(&other);
    }
}

/*
 * A message that is longer than what formats are told by, so that what follows is met in the
 * stream.
 */
static inline void put_filler(struct twf_buf *b, size_t len)
{
    twf_buf_str(b, "From a@b.example Tue Jan  2 03:04:05 2024\nSubject: filler\n\n");
    while (b->len < len)
        twf_buf_str(b, "filler filler filler filler filler filler\n");
    twf_buf_str(b, "\n");
}

#endif
