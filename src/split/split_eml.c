/* SPDX-License-Identifier: Apache-2.0 */
/* One message in a file (eml, maildir), and files that hold none. */
#include "split/split_state.h"

/* The first window: what stands before the message. */
static size_t begin(struct twf_splitter *s, const struct twf_window *w)
{
    struct twf_span head = twf_span(w->ptr, TWF_MIN(w->len, (size_t)TWF_FILE_HEAD));
    struct twf_span from_line = {NULL, 0};
    size_t at = twf_file_lead(head, true), line_len, text_len;

    if (head.len - at >= 5 && memcmp(head.ptr + at, "From ", 5) == 0 &&
        twf_from_line_look(head.ptr + at, head.len - at, true, true, &line_len, &text_len) ==
            TWF_LOOK_YES) {
        from_line = twf_span(head.ptr + at, text_len);
        at += line_len;
    } else {
        /* A byte order mark stays: it stands before the first field name, and that is a finding. */
        at = twf_file_lead(head, false);
    }
    twf_split_account(s, w->off + at, TWF_BYTES_SEPARATOR);
    twf_seam_open(s, w->off + at, from_line);
    return at;
}

size_t twf_eml_step(struct twf_splitter *s, const struct twf_window *w)
{
    if (!s->seam.is_open)
        begin(s, w);
    if (w->last)
        twf_seam_close(s, w, w->off + w->len, s->cut);
    else
        twf_seam_park(s, w, w->off + w->len);
    return w->len;
}

/*
 * Not mail, or the rest of a message after damage: counted when it ends, and named. What lies in a tar and
 * what lies in a folder is told the same: a file whose content nobody here can read may be an archive of a kind
 * that we do not know, so it is a gap. Nothing is lost with an empty one, nor with what a Mac puts beside files.
 */
size_t twf_skip_step(struct twf_splitter *s, const struct twf_window *w)
{
    const struct twf_file *f = &s->file;
    uint64_t end = w->off + w->len, len = end - f->start;
    bool gap;

    if (!w->last)
        return w->len;
    gap = len > 0 && !f->apple_double;
    twf_split_account(s, end, gap ? TWF_BYTES_GAP : TWF_BYTES_SEPARATOR);
    if (f->is_member) {
        struct twf_span name = twf_buf_view(&s->tar.name);

        twf_split_note(s, TWF_NOTE_MEMBER_NOT_MAIL, f->start, len, gap, "%s: %.*s",
                       f->apple_double ? "AppleDouble"
                       : len == 0      ? "empty"
                                       : "no header field of mail",
                       (int)TWF_MIN(name.len, (size_t)120), (const char *)name.ptr);
        return w->len;
    }
    if (f->lost && len > 0)
        twf_split_note(s, TWF_NOTE_CONTAINER_BAD, f->start, len, true,
                       "the rest of a message behind damage");
    else if (f->apple_double)
        twf_split_note(s, TWF_NOTE_NOT_MAIL, f->start, len, false, "AppleDouble");
    else if (len > 0)
        twf_split_note(s, TWF_NOTE_NOT_MAIL, f->start, len, true, "no header field of mail");
    return w->len;
}
