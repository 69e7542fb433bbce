/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content-Length in an mbox (cl, cl2). In cl2 nothing is quoted, so a body may hold lines that look
 * like a From_ line, and only the length tells. But a length can lie: it is a header field like any
 * other, and whoever writes it could hide the messages that it passes. So it is believed only where
 * it ends exactly before a From_ line or the end of the file. Unless the user says mboxcl2, all
 * messages before must have proved right too: the first one that does not ends the trust for good.
 */
#include "split/split_state.h"

/*
 * A length that passes a From_ line must end at most so many bytes behind it. The bytes between are
 * shown again when more of the file is there, so this bounds memory.
 */
enum { REACH = 4 << 20 };

static const uint64_t none = UINT64_MAX;

/* The value of a Content-Length line at p, or none. */
static uint64_t length_value(struct twf_span line)
{
    static const char name[] = "content-length";
    uint64_t value = 0;
    size_t i = sizeof(name) - 1;

    if (!twf_span_starts_fold(line, name))
        return none;
    while (i < line.len && twf_is_blank(line.ptr[i]))
        i++;
    if (i == line.len || line.ptr[i] != ':')
        return none;
    line = twf_span_trim(twf_span_slice(line, i + 1, line.len));
    if (line.len == 0 || line.len > 15)
        return none;
    for (i = 0; i < line.len; i++) {
        if (line.ptr[i] < '0' || line.ptr[i] > '9')
            return none;
        value = value * 10 + (uint64_t)(line.ptr[i] - '0');
    }
    return value;
}

/* Content-Length of a header block. Two that differ are none. */
static uint64_t header_length(struct twf_span header)
{
    uint64_t found = none;

    for (size_t at = 0; at < header.len;) {
        struct twf_span rest = twf_span_slice(header, at, header.len);
        size_t len = twf_span_find(rest, '\n');

        if (twf_lower_byte(rest.ptr[0]) == 'c') {
            uint64_t value = length_value(twf_span_slice(rest, 0, len));

            if (value != none && found != none && value != found)
                return none;
            if (value != none)
                found = value;
        }
        at += len + 1;
    }
    return found;
}

/*
 * Where the open message ends if its length is true, or none. It must not exceed upto for the
 * header.
 */
static uint64_t target(struct twf_splitter *s, const struct twf_window *w, uint64_t upto)
{
    struct twf_span header = twf_seam_header(s, w, upto);
    uint64_t value = header.len == 0 ? none : header_length(header);

    return value == none ? none : s->seam.start + header.len + value;
}

static bool is_line_end(struct twf_span s)
{
    return s.len == 0 || twf_span_is(s, "\n") || twf_span_is(s, "\r\n");
}

/* A body may end at `end`, before the From_ line at `line`: at most an empty line lies between. */
static bool meets(const uint8_t *p, size_t from, size_t line)
{
    struct twf_span gap = twf_span(p + from, line - from);

    if (gap.len > 4)
        return false;
    for (size_t i = 0; i < gap.len; i++) {
        if (gap.ptr[i] != '\r' && gap.ptr[i] != '\n')
            return false;
    }
    return true;
}

/* A length ends at `at` in the window: does a From_ line, or the end, follow? Fills b on YES. */
static enum twf_look landing(const struct twf_window *w, size_t at, struct twf_boundary *b)
{
    struct twf_span rest = twf_span(w->ptr + at, w->len - at);
    size_t skip = 0, line_len;
    enum twf_look look;

    if (rest.len < TWF_FROM_LOOK + 2 && !w->last)
        return TWF_LOOK_MORE;
    if (w->last && is_line_end(rest)) {
        b->end = at;
        b->line = b->next = w->len;
        return TWF_LOOK_YES;
    }
    if (rest.len > 1 && rest.ptr[0] == '\r' && rest.ptr[1] == '\n')
        skip = 2;
    else if (rest.ptr[0] == '\n')
        skip = 1;
    rest = twf_span_slice(rest, skip, rest.len);
    if (rest.len < 5 || memcmp(rest.ptr, "From ", 5) != 0)
        return TWF_LOOK_NO;
    look = twf_from_line_look(rest.ptr, rest.len, w->last, true, &line_len, &b->text);
    if (look != TWF_LOOK_YES)
        return TWF_LOOK_NO;
    b->end = at;
    b->line = at + skip;
    b->next = b->line + line_len;
    return TWF_LOOK_YES;
}

/*
 * A wrong length is worth a note. One message proves nothing: most Content-Length fields came with
 * the mail, and mean nothing here.
 */
static bool is_heard(const struct twf_file *f)
{
    return f->length_mode == TWF_LENGTH_FORCED ||
           (f->length_mode == TWF_LENGTH_AUTO && f->length_exact > 1);
}

static void lied(struct twf_splitter *s, uint64_t end, uint64_t claimed)
{
    struct twf_file *f = &s->file;

    if (is_heard(f))
        twf_split_note(s, TWF_NOTE_LENGTH_LIES, s->seam.start, end - s->seam.start, false,
                       "Content-Length ends at offset %llu, the From_ line is at %llu",
                       (unsigned long long)claimed, (unsigned long long)end);
    if (f->length_mode == TWF_LENGTH_AUTO)
        f->length_mode = TWF_LENGTH_OFF;
}

enum twf_look twf_mbox_length(struct twf_splitter *s, const struct twf_window *w,
                              struct twf_boundary *b)
{
    uint64_t line = w->off + b->line, claimed = target(s, w, w->off + b->line);
    struct twf_boundary far = *b;
    enum twf_look look = TWF_LOOK_NO;

    if (claimed == none) {
        if (s->file.length_mode == TWF_LENGTH_AUTO)
            s->file.length_mode = TWF_LENGTH_OFF;
        return TWF_LOOK_YES;
    }
    if (claimed <= line) {
        if (claimed >= w->off && meets(w->ptr, (size_t)(claimed - w->off), b->line))
            s->file.length_exact++;
        else
            lied(s, w->off + b->end, claimed);
        return TWF_LOOK_YES;
    }
    if (claimed - line <= REACH) {
        if (claimed - w->off <= w->len)
            look = landing(w, (size_t)(claimed - w->off), &far);
        else
            look = w->last ? TWF_LOOK_NO : TWF_LOOK_MORE;
    }
    if (look == TWF_LOOK_MORE) {
        s->file.want = (size_t)(claimed - w->off) - b->hold + TWF_FROM_LOOK + 2;
        return look;
    }
    if (look == TWF_LOOK_NO) {
        lied(s, w->off + b->end, claimed);
        return TWF_LOOK_YES;
    }
    *b = far;
    s->file.length_exact++;
    s->file.length_passed++;
    /* The end of the file: no From_ line follows, so there is no boundary any more. */
    return b->line == w->len ? TWF_LOOK_NO : TWF_LOOK_YES;
}

void twf_mbox_length_last(struct twf_splitter *s, const struct twf_window *w, uint64_t end)
{
    if (is_heard(&s->file)) {
        uint64_t claimed = target(s, w, w->off + w->len);

        if (claimed != none && (claimed < w->off || claimed > w->off + w->len ||
                                !meets(w->ptr, (size_t)(claimed - w->off), w->len)))
            lied(s, end, claimed);
    }
    if (s->file.length_passed > 0)
        twf_split_note(s, TWF_NOTE_LENGTH_DECIDES, s->file.start, 0, false,
                       "Content-Length passes %llu From_ lines inside bodies; the From_ rule alone "
                       "would count them as messages",
                       (unsigned long long)s->file.length_passed);
}
