/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message that lies across two chunks, and the bytes that a format wants to see again. Of an
 * open message only the header block is copied when its chunk goes; body bytes are counted and
 * forgotten, except those of a journal report, which is unwrapped as a whole.
 */
#include "split/split_state.h"

#include <string.h>

/* More than the look-ahead of any question, little enough to copy at each chunk. */
enum { JOIN = 4096 };

void twf_seam_open(struct twf_splitter *s, uint64_t start, struct twf_span from_line)
{
    struct twf_seam *m = &s->seam;

    m->is_open = true;
    m->parked = m->keep_all = false;
    m->start = m->seen = start;
    m->scanned = m->header_len = 0;
    m->from_line = from_line;
    twf_buf_reset(&m->text);
}

size_t twf_seam_header_end(struct twf_span text, size_t *scanned)
{
    size_t at = *scanned;

    if (at == 0 && text.len > 0 && text.ptr[0] == '\n')
        return 1;
    if (at == 0 && text.len > 1 && text.ptr[0] == '\r' && text.ptr[1] == '\n')
        return 2;
    for (;;) {
        at += twf_span_find(twf_span_slice(text, at, text.len), '\n');
        if (text.len - at > 1 && text.ptr[at + 1] == '\n')
            return at + 2;
        if (text.len - at > 2 && text.ptr[at + 1] == '\r' && text.ptr[at + 2] == '\n')
            return at + 3;
        if (text.len - at < 3) {
            *scanned = text.len < 2 ? 0 : at;
            return 0;
        }
        at++;
    }
}

/* Bytes of the open message up to upto that were not seen yet: keeps those that are needed. */
static void extend(struct twf_splitter *s, const struct twf_window *w, uint64_t upto)
{
    enum { STEP = 16384 };
    struct twf_seam *m = &s->seam;
    uint64_t cap = s->opt.limits->value[TWF_LIMIT_HEADER];

    while (m->seen < upto && m->header_len == 0 && m->text.len < cap) {
        uint64_t n = TWF_MIN(TWF_MIN(upto - m->seen, cap - m->text.len), (uint64_t)STEP);

        twf_buf_put(&m->text, w->ptr + (m->seen - w->off), (size_t)n);
        if (m->text.failed)
            break;
        m->seen += n;
        m->header_len = twf_seam_header_end(twf_buf_view(&m->text), &m->scanned);
        if (m->header_len > 0) {
            m->seen -= m->text.len - m->header_len;
            m->text.len = m->header_len;
            m->keep_all = s->opt.journal && twf_journal_candidate(twf_buf_view(&m->text));
        }
    }
    if (m->keep_all && m->seen < upto) {
        cap = TWF_MAX(s->opt.limits->value[TWF_LIMIT_MESSAGE], (uint64_t)m->header_len);
        if (m->text.len < cap)
            twf_buf_put(&m->text, w->ptr + (m->seen - w->off),
                        (size_t)TWF_MIN(upto - m->seen, cap - m->text.len));
    }
    m->seen = TWF_MAX(m->seen, upto);
    s->failed |= m->text.failed;
}

void twf_seam_park(struct twf_splitter *s, const struct twf_window *w, uint64_t upto)
{
    struct twf_seam *m = &s->seam;

    if (!m->parked) {
        twf_buf_reset(&m->from_copy);
        twf_buf_span(&m->from_copy, m->from_line);
        s->failed |= m->from_copy.failed;
        m->parked = true;
    }
    extend(s, w, upto);
}

struct twf_span twf_seam_header(struct twf_splitter *s, const struct twf_window *w, uint64_t upto)
{
    struct twf_seam *m = &s->seam;
    size_t scanned = 0, len;
    struct twf_span text;

    if (m->parked) {
        extend(s, w, upto);
        return twf_span(m->text.ptr, m->header_len);
    }
    text = twf_span(w->ptr + (m->start - w->off), (size_t)(upto - m->start));
    text.len = (size_t)TWF_MIN((uint64_t)text.len, s->opt.limits->value[TWF_LIMIT_HEADER]);
    len = twf_seam_header_end(text, &scanned);
    return twf_span_slice(text, 0, len);
}

/* The text of a message that lies in the window as a whole; limits as extend has them. */
static struct twf_span whole_text(struct twf_splitter *s, struct twf_span text, uint8_t *flags)
{
    uint64_t header = s->opt.limits->value[TWF_LIMIT_HEADER];
    uint64_t message = s->opt.limits->value[TWF_LIMIT_MESSAGE];
    size_t scanned = 0, len;

    if (text.len <= header && text.len <= message)
        return text;
    len = twf_seam_header_end(
        twf_span_slice(text, 0, (size_t)TWF_MIN(header, (uint64_t)text.len)), &scanned);
    if (len == 0 && text.len > header) {
        *flags |= TWF_MESSAGE_HEADER_LIMIT;
        return twf_span_slice(text, 0, (size_t)header);
    }
    message = TWF_MAX(message, (uint64_t)len);
    if (text.len > message && s->opt.journal &&
        twf_journal_candidate(twf_span_slice(text, 0, len))) {
        *flags |= TWF_MESSAGE_TEXT_LIMIT;
        return twf_span_slice(text, 0, (size_t)message);
    }
    return text;
}

/* The same for one whose first bytes are in the seam. */
static struct twf_span kept_text(struct twf_splitter *s, uint64_t len, uint8_t *flags)
{
    struct twf_seam *m = &s->seam;
    struct twf_span text = twf_buf_view(&m->text);

    /* A question about Content-Length may have kept the separating blank line. */
    text.len = (size_t)TWF_MIN((uint64_t)text.len, len);
    if (text.len < len && m->header_len == 0)
        *flags |= TWF_MESSAGE_HEADER_LIMIT;
    if (text.len < len && m->keep_all)
        *flags |= TWF_MESSAGE_TEXT_LIMIT;
    return twf_arena_copy(s->arena, text);
}

/* The name of the member at hand, copied once a call. */
static struct twf_span member_name(struct twf_splitter *s)
{
    if (!s->file.is_member)
        return (struct twf_span){NULL, 0};
    if (s->tar.shown.ptr == NULL)
        s->tar.shown = twf_arena_copy(s->arena, twf_buf_view(&s->tar.name));
    return s->tar.shown;
}

static enum twf_container container(const struct twf_splitter *s)
{
    if (s->file.is_member)
        return TWF_CONTAINER_TAR;
    if (s->file.phase != TWF_FILE_EML)
        return TWF_CONTAINER_MBOX;
    return s->opt.maildir ? TWF_CONTAINER_MAILDIR : TWF_CONTAINER_EML;
}

void twf_seam_close(struct twf_splitter *s, const struct twf_window *w, uint64_t end, bool cut)
{
    struct twf_seam *m = &s->seam;
    struct twf_message msg = {.off = m->start, .len = end - m->start, .from_line = m->from_line};
    uint8_t flags = cut ? TWF_MESSAGE_CUT : 0;

    if (m->parked) {
        extend(s, w, end);
        msg.from_line = twf_arena_copy(s->arena, twf_buf_view(&m->from_copy));
        msg.text = kept_text(s, msg.len, &flags);
    } else {
        msg.text = whole_text(s, twf_span(w->ptr + (m->start - w->off), (size_t)msg.len), &flags);
    }
    if (!twf_file_has_field(msg.text))
        flags |= TWF_MESSAGE_NOT_MAIL;
    if (flags & TWF_MESSAGE_TEXT_LIMIT)
        twf_split_note(s, TWF_NOTE_LIMIT, m->start, msg.len, false,
                       "message=%llu: a journal report is longer",
                       (unsigned long long)s->opt.limits->value[TWF_LIMIT_MESSAGE]);
    if (cut)
        twf_split_note(s, TWF_NOTE_CUT, m->start, msg.len, false, "cut inside message %llu",
                       (unsigned long long)s->sums.messages);
    msg.flags = flags;
    msg.index = s->sums.messages++;
    msg.container = (uint8_t)container(s);
    msg.member = member_name(s);
    twf_buf_put(&s->messages, &msg, sizeof(msg));
    s->failed |= s->messages.failed || s->arena->failed != 0;
    twf_split_account(s, end, TWF_BYTES_MESSAGE);
    m->is_open = false;
}

void twf_file_begin(struct twf_splitter *s, uint64_t off, enum twf_split_format format,
                    bool is_member)
{
    struct twf_file *f = &s->file;

    f->phase = TWF_FILE_PROBE;
    f->format = format;
    f->is_member = is_member;
    f->lost = f->apple_double = false;
    f->length_mode = format == TWF_SPLIT_MBOXCL2 ? TWF_LENGTH_FORCED
                     : format == TWF_SPLIT_MBOX  ? TWF_LENGTH_OFF
                                                 : TWF_LENGTH_AUTO;
    f->length_exact = f->length_passed = 0;
    f->start = off;
    f->want = 0;
    twf_buf_reset(&f->carry);
}

/* A window of what was left over and the first bytes of rest; NULL ptr without memory. */
static struct twf_window join(struct twf_splitter *s, struct twf_span rest, size_t take)
{
    struct twf_buf *c = &s->file.carry;
    uint8_t *ptr = twf_arena_alloc(s->arena, c->len + take);

    if (ptr == NULL) {
        s->failed = true;
        return (struct twf_window){0};
    }
    memcpy(ptr, c->ptr, c->len);
    if (take > 0)
        memcpy(ptr + c->len, rest.ptr, take);
    return (struct twf_window){.ptr = ptr, .len = c->len + take};
}

static void keep(struct twf_splitter *s, struct twf_span rest)
{
    twf_buf_span(&s->file.carry, rest);
    s->failed |= s->file.carry.failed;
}

static size_t step(struct twf_splitter *s, const struct twf_window *w)
{
    s->file.want = 0;
    return twf_file_step(s, w);
}

/*
 * Two kinds of windows: one of the bytes left over with the first ones of the chunk, just long
 * enough to answer the open question, and then the chunk itself, in place.
 */
void twf_file_feed(struct twf_splitter *s, struct twf_span chunk, uint64_t off, bool last)
{
    struct twf_file *f = &s->file;

    while (f->carry.len > 0 && !s->failed) {
        size_t need = f->want > f->carry.len ? f->want - f->carry.len : 1;
        size_t take = TWF_MIN(chunk.len, TWF_MAX(need, (size_t)JOIN));
        struct twf_window w;
        size_t used;

        if (chunk.len < need && !last) {
            keep(s, chunk);
            return;
        }
        w = join(s, chunk, take);
        if (w.ptr == NULL)
            return;
        w.off = off - f->carry.len;
        w.last = last && take == chunk.len;
        used = step(s, &w);
        if (used < f->carry.len) {
            memmove(f->carry.ptr, f->carry.ptr + used, f->carry.len - used);
            f->carry.len -= used;
            /* Who needs more must get more, or this would not end. */
            f->want = TWF_MAX(f->want, w.len - used + 1);
            continue;
        }
        used -= f->carry.len;
        twf_buf_reset(&f->carry);
        chunk = twf_span_slice(chunk, used, chunk.len);
        off += used;
        if (w.last)
            return;
    }
    if (s->failed || (chunk.len == 0 && !last))
        return;
    struct twf_window w = {chunk.ptr, chunk.len, off, last};
    size_t used = step(s, &w);
    if (!last)
        keep(s, twf_span_slice(chunk, used, chunk.len));
}
