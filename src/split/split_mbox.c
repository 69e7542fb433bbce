/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mbox: "\nFrom " and its pitfalls. The kernel finds the candidates at memory speed, from_line.c
 * decides, mbox_length.c hears what Content-Length has to say. docs/formats.md has the rule and its
 * reasons.
 */
#include "split/split_state.h"

/* Where a line may begin in the window without a LF before it: at the first byte of a message. */
struct floor {
    size_t at;
    bool is_line_start;
};

/*
 * lf ends the line before a From_ line. Returns where the empty line begins that it ends, or lf + 1
 * if that line is not empty. The window always holds the bytes that are looked at: see tail_hold.
 */
static size_t blank_line(const uint8_t *p, size_t lf, struct floor f)
{
    size_t first = lf > f.at && p[lf - 1] == '\r' ? lf - 1 : lf;

    if (first == f.at)
        return f.is_line_start ? first : lf + 1;
    return p[first - 1] == '\n' ? first : lf + 1;
}

/* n bytes behind a LF could still become an empty line and "From ". */
static bool is_open_tail(const uint8_t *q, size_t n)
{
    size_t i = 0;

    if (n > 0 && q[0] == '\r') {
        if (n == 1)
            return true;
        i = 1;
    }
    if (i < n && q[i] == '\n')
        i++;
    else if (i > 0)
        return false;
    return n - i < 5 && memcmp(q + i, "From ", n - i) == 0;
}

/* The first byte at the end of the window that a separator could begin with. */
static size_t tail_hold(const uint8_t *p, size_t len, struct floor f)
{
    size_t from = len > 8 ? len - 8 : 0;

    for (size_t i = TWF_MAX(from, f.at); i < len; i++) {
        if (i == f.at && f.is_line_start && is_open_tail(p + i, len - i))
            return i;
        if (p[i] == '\n' && is_open_tail(p + i + 1, len - i - 1))
            return i;
    }
    return len;
}

/*
 * The next boundary at or after from. NO: there is none in the window, and b->hold is set. MORE: at
 * b->hold begins one that needs more bytes.
 */
static enum twf_look next_boundary(struct twf_splitter *s, const struct twf_window *w, size_t from,
                                   struct floor f, struct twf_boundary *b)
{
    const uint8_t *p = w->ptr;

    while (from < w->len) {
        size_t lf = from + s->opt.kernels->mboxsep(p + from, w->len - from);
        size_t line_len, blank;
        enum twf_look look;

        if (lf == w->len)
            break;
        b->line = lf + 1;
        blank = blank_line(p, lf, f);
        look = twf_from_line_look(p + b->line, w->len - b->line, w->last, blank <= lf, &line_len,
                                  &b->text);
        if (look != TWF_LOOK_NO) {
            b->end = blank;
            /* What is shown again must still prove the empty line: from the LF before it on. */
            b->hold = blank <= lf && blank > f.at ? blank - 1 : TWF_MIN(blank, lf);
            b->next = look == TWF_LOOK_YES ? b->line + line_len : 0;
            return look;
        }
        from = lf + 1;
    }
    b->hold = w->last ? w->len : tail_hold(p, w->len, f);
    return TWF_LOOK_NO;
}

static void begin_message(struct twf_splitter *s, const struct twf_window *w,
                          const struct twf_boundary *b)
{
    twf_split_account(s, w->off + b->next, TWF_BYTES_SEPARATOR);
    twf_seam_open(s, w->off + b->next, twf_span(w->ptr + b->line, b->text));
    s->file.phase = TWF_FILE_MBOX;
}

/* Bytes up to upto were skipped in search of a From_ line. */
static void end_seek(struct twf_splitter *s, uint64_t upto)
{
    uint64_t len = upto - s->file.start;

    if (s->file.lost && len > 0) {
        twf_split_account(s, upto, TWF_BYTES_GAP);
        twf_split_note(s, TWF_NOTE_CONTAINER_BAD, s->file.start, len, true,
                       "no From_ line: the bytes before it belong to no message");
    }
    s->file.lost = false;
}

/*
 * No message is open: the beginning of the file, or what follows damage. file.start is where it
 * began.
 */
size_t twf_mbox_seek(struct twf_splitter *s, const struct twf_window *w)
{
    bool first = w->off == s->file.start;
    size_t lead =
        first ? twf_file_lead(twf_span(w->ptr, TWF_MIN(w->len, (size_t)TWF_FILE_HEAD)), true) : 0;
    struct twf_boundary b = {.line = lead};
    enum twf_look look = TWF_LOOK_NO;
    bool at_line = first && !s->file.lost;
    size_t line_len;

    if (first && w->len < TWF_FILE_HEAD && !w->last) {
        s->file.want = TWF_FILE_HEAD;
        return 0;
    }
    if (first && w->len - lead >= 5 && memcmp(w->ptr + lead, "From ", 5) == 0) {
        /* After damage nobody knows whether a line begins here: the line must prove itself. */
        look = twf_from_line_look(w->ptr + lead, w->len - lead, w->last, !s->file.lost, &line_len,
                                  &b.text);
        if (look == TWF_LOOK_YES) {
            b.next = lead + line_len;
            s->file.lost = false;
            begin_message(s, w, &b);
            return b.next;
        }
        if (look == TWF_LOOK_MORE) {
            s->file.want = lead + TWF_FROM_LOOK;
            return 0;
        }
    }
    if (first && lead == w->len) {
        twf_split_account(s, w->off + lead, TWF_BYTES_SEPARATOR);
        s->file.start = w->off + lead;
        return lead;
    }
    s->file.lost = true;
    look = next_boundary(s, w, 0, (struct floor){0, at_line}, &b);
    if (look == TWF_LOOK_YES) {
        end_seek(s, w->off + b.end);
        begin_message(s, w, &b);
        return b.next;
    }
    if (look == TWF_LOOK_MORE)
        s->file.want = b.line - b.hold + TWF_FROM_LOOK;
    if (w->last)
        end_seek(s, w->off + w->len);
    return b.hold;
}

/* The last message ends with the file; an empty line at its end separates it from nothing. */
static void end_file(struct twf_splitter *s, const struct twf_window *w, struct floor f)
{
    size_t end = w->len;

    if (end > f.at && w->ptr[end - 1] == '\n' && !s->cut)
        end = TWF_MIN(end, blank_line(w->ptr, end - 1, f));
    if (!s->cut)
        twf_mbox_length_last(s, w, w->off + end);
    twf_seam_close(s, w, w->off + end, s->cut);
    twf_split_account(s, w->off + w->len, TWF_BYTES_SEPARATOR);
    s->file.phase = TWF_FILE_SEEK;
    s->file.start = w->off + w->len;
}

size_t twf_mbox_step(struct twf_splitter *s, const struct twf_window *w)
{
    for (;;) {
        struct floor f = {0, false};
        struct twf_boundary b;
        enum twf_look look;

        if (s->seam.start >= w->off)
            f = (struct floor){(size_t)(s->seam.start - w->off), true};
        look = next_boundary(s, w, f.at, f, &b);
        if (look == TWF_LOOK_MORE)
            s->file.want = b.line - b.hold + TWF_FROM_LOOK;
        else if (look == TWF_LOOK_YES && s->file.length_mode != TWF_LENGTH_OFF)
            look = twf_mbox_length(s, w, &b);
        if (look != TWF_LOOK_YES) {
            if (w->last) {
                end_file(s, w, f);
                return w->len;
            }
            twf_seam_park(s, w, w->off + b.hold);
            return b.hold;
        }
        twf_seam_close(s, w, w->off + b.end, false);
        begin_message(s, w, &b);
    }
}
