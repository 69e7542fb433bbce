/* SPDX-License-Identifier: Apache-2.0 */
/* One splitter over one input: containment, order and accounts. */
#include "fuzz/split_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "split/mime.h"

void split_limits(struct fuzz_rng *r, struct twf_limits *l)
{
    static const uint16_t small[TWF_LIMIT_COUNT] = {
        [TWF_LIMIT_HEADER] = 200,  [TWF_LIMIT_FIELDS] = 8,     [TWF_LIMIT_FIELD] = 100,
        [TWF_LIMIT_FROM] = 40,     [TWF_LIMIT_MAILBOXES] = 2,  [TWF_LIMIT_COMMENT] = 2,
        [TWF_LIMIT_MESSAGE] = 400, [TWF_LIMIT_MIME_DEPTH] = 3, [TWF_LIMIT_MIME_PARTS] = 4,
        [TWF_LIMIT_JOURNAL] = 1,   [TWF_LIMIT_TAR_NAME] = 20,  [TWF_LIMIT_TAR_PAX] = 60,
        [TWF_LIMIT_ROWS] = 3,
    };

    twf_limits_default(l);
    if (fuzz_random(r, 2) == 0)
        return;
    for (int i = 0; i < TWF_LIMIT_COUNT; i++) {
        if (small[i] > 0 && fuzz_random(r, 2) == 0)
            l->value[i] = small[i];
    }
}

static void log_message(struct split_log *log, const struct twf_message *m, struct twf_span input)
{
    /* How much beyond the header block is at hand depends on the cuts; what is judged may not. */
    struct twf_span text = twf_entity_split(m->text).header;

    if ((m->flags & (TWF_MESSAGE_HEADER_LIMIT | TWF_MESSAGE_TEXT_LIMIT)) != 0 ||
        (text.len < m->len && twf_journal_candidate(text)))
        text = m->text;
    FUZZ_CHECK(m->off <= input.len && m->len <= input.len - m->off, "message %llu: %llu + %llu",
               (unsigned long long)m->index, (unsigned long long)m->off,
               (unsigned long long)m->len);
    FUZZ_CHECK(m->text.len <= m->len, "text is longer than the message");
    FUZZ_CHECK(m->text.len == 0 || memcmp(m->text.ptr, input.ptr + m->off, m->text.len) == 0,
               "the text is not the input's");
    twf_buf_printf(&log->messages, "%llu %llu+%llu %u %u [", (unsigned long long)m->index,
                   (unsigned long long)m->off, (unsigned long long)m->len, m->flags, m->container);
    twf_buf_span(&log->messages, m->from_line);
    twf_buf_str(&log->messages, "] [");
    twf_buf_span(&log->messages, m->member);
    twf_buf_str(&log->messages, "] ");
    twf_buf_span(&log->messages, text);
    twf_buf_byte(&log->messages, '\n');
}

static void log_out(struct split_log *log, const struct twf_split_out *out, struct twf_span input,
                    uint64_t *next)
{
    for (uint32_t i = 0; i < out->message_count; i++) {
        const struct twf_message *m = &out->messages[i];

        FUZZ_CHECK(m->off >= *next, "message %llu begins inside the one before",
                   (unsigned long long)m->index);
        *next = m->off + m->len;
        log_message(log, m, input);
    }
    for (uint32_t i = 0; i < out->note_count; i++) {
        const struct twf_split_note *n = &out->notes[i];

        FUZZ_CHECK(memchr(n->text, 0, sizeof(n->text)) != NULL, "a note without an end");
        twf_buf_printf(&log->notes, "note %d %llu+%llu %d %s\n", n->kind,
                       (unsigned long long)n->off, (unsigned long long)n->len, n->gap, n->text);
    }
}

void split_run(struct twf_span input, const struct twf_split_options *o, struct fuzz_rng *r,
               struct split_log *out)
{
    struct twf_splitter *s;
    struct twf_arena arena;
    struct twf_split_out got;
    uint64_t next = 0;
    size_t at = 0;

    *out = (struct split_log){0};
    twf_buf_init(&out->messages);
    twf_buf_init(&out->notes);
    twf_arena_init(&arena, 1 << 16);
    FUZZ_CHECK(twf_splitter_new(&s, NULL) == TWF_OK, "no memory");
    twf_splitter_start(s, o);
    do {
        size_t left = input.len - at, n = r == NULL || left == 0 ? left : fuzz_piece(r, left);
        uint8_t *copy = fuzz_copy(input.ptr == NULL ? NULL : input.ptr + at, n);

        at += n;
        FUZZ_CHECK(twf_splitter_feed(s, twf_span(copy, n), at == input.len, false, &arena, &got,
                                     NULL) == TWF_OK,
                   "a splitter cannot fail");
        log_out(out, &got, input, &next);
        twf_arena_reset(&arena);
        free(copy);
    } while (at < input.len);
    out->sums = *twf_splitter_sums(s);
    out->format = twf_splitter_format(s);
    FUZZ_CHECK(out->sums.fed == input.len, "%llu of %zu bytes counted",
               (unsigned long long)out->sums.fed, input.len);
    FUZZ_CHECK(out->sums.message + out->sums.separator + out->sums.gap == input.len,
               "%llu + %llu + %llu of %zu bytes", (unsigned long long)out->sums.message,
               (unsigned long long)out->sums.separator, (unsigned long long)out->sums.gap,
               input.len);
    twf_splitter_free(s);
    twf_arena_fini(&arena);
}

void split_log_fini(struct split_log *l)
{
    twf_buf_fini(&l->messages);
    twf_buf_fini(&l->notes);
}
