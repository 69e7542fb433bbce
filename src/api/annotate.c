/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First the changes, each at a place of the message; then the copy is put together out of the
 * message and them, and with it the list of edits. The MIME tree (RFC 2046) is walked with a stack of
 * our own. A tree that readers could take in two ways is not edited.
 */
#include "api/annotate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "split/mime.h"

enum { CHANGES_MAX = 256, STACK_MAX = 1024 };

struct part {
    struct twf_span header, body;
    uint32_t depth;
};

struct work {
    const struct twf_annotation *how;
    struct twf_arena *a;
    struct twf_span message;
    const char *eol;
    struct twf_change changes[CHANGES_MAX];
    size_t change_count;
    struct part stack[STACK_MAX];
    size_t top;
    uint64_t parts;
    const char *why; /* the body cannot carry the notice */
    struct twf_annotate_result *result;
};

static const char tag_name[] = "X-MS-Exchange-P2FromRegexMatch";
static const char mark_name[] = "X-Twofrom-Annotated";

static void add_change(struct work *w, size_t at, size_t removed, struct twf_span inserted)
{
    w->changes[w->change_count++] = (struct twf_change){at, removed, inserted, false};
}

static bool is_attachment(struct twf_arena *a, struct twf_span header)
{
    struct twf_span value;

    return twf_field_find(header, "content-disposition", 0, &value) &&
           twf_span_starts_fold(twf_value_unfold(a, value), "attachment");
}

static void cannot(struct work *w, const char *why)
{
    if (w->why == NULL)
        w->why = why;
}

/* The line ends that a header lacks at its end: 0, 1, or 2 where its last line has none either. */
static unsigned missing_ends(struct twf_span header)
{
    size_t n = header.len;

    if (n == 0)
        return 1;
    if (header.ptr[n - 1] != '\n')
        return 2;
    n -= n > 1 && header.ptr[n - 2] == '\r' ? 2 : 1;
    return n > 0 && header.ptr[n - 1] != '\n';
}

/* What goes into the body behind a header, which must end before it: else it would be a field. */
static struct twf_span behind_end(struct work *w, struct twf_span header, struct twf_span inserted)
{
    unsigned n = missing_ends(header);
    struct twf_span copy;
    struct twf_buf b;

    if (n == 0)
        return inserted;
    twf_buf_init(&b);
    while (n-- > 0)
        twf_buf_str(&b, w->eol);
    twf_buf_span(&b, inserted);
    w->a->failed |= b.failed;
    copy = twf_arena_copy(w->a, twf_buf_view(&b));
    twf_buf_fini(&b);
    return copy;
}

static bool take_text(struct work *w, const struct part *p, bool is_html)
{
    struct twf_change change;
    const char *why = NULL;

    if (w->change_count + 4 > CHANGES_MAX) {
        cannot(w, "too many text bodies");
        return true;
    }
    if (p->body.len > 0 && missing_ends(p->header) > 0) {
        cannot(w, "a header beyond its limit");
        return true;
    }
    switch (twf_annotate_body(w->how, w->a, p->header, p->body, is_html, w->eol, &change, &why)) {
    case TWF_BODY_CHANGED:
        add_change(w, (size_t)(p->body.ptr - w->message.ptr) + change.at, change.removed,
                   behind_end(w, p->header, change.inserted));
        w->result->bodies++;
        return true;
    case TWF_BODY_HAS_IT:
        w->result->bodies_known++;
        return true;
    case TWF_BODY_CANNOT:
        cannot(w, why);
        return true;
    default:
        return false;
    }
}

static void push_parts(struct work *w, const struct part *p, struct twf_span boundary)
{
    struct twf_mime_walk walk;
    struct twf_span bytes;

    if (p->depth >= w->how->limits->value[TWF_LIMIT_MIME_DEPTH]) {
        cannot(w, "MIME parts nested too deeply");
        return;
    }
    twf_mime_walk_init(&walk, p->body, boundary);
    while (twf_mime_walk_next(&walk, &bytes)) {
        struct twf_entity e = twf_entity_split(bytes);

        if (++w->parts > w->how->limits->value[TWF_LIMIT_MIME_PARTS] || w->top == STACK_MAX) {
            cannot(w, "too many MIME parts");
            return;
        }
        if (e.body.ptr != NULL)
            w->stack[w->top++] = (struct part){e.header, e.body, p->depth + 1};
    }
}

static bool take_part(struct work *w, const struct part *p)
{
    struct twf_mime_type t = twf_mime_type_read(p->header, w->a);

    if (t.ambiguous) {
        cannot(w, "a Content-Type that can be read two ways");
    } else if (twf_span_is_fold(t.type, "multipart")) {
        if (twf_span_is_fold(t.subtype, "signed"))
            cannot(w, "a signed body");
        else if (twf_span_is_fold(t.subtype, "encrypted"))
            cannot(w, "an encrypted body");
        else if (t.boundary.len == 0)
            cannot(w, "a multipart without a boundary");
        else if (!twf_span_is_fold(t.subtype, "digest")) /* its parts are messages */
            push_parts(w, p, t.boundary);
    } else if (twf_mime_is(&t, "application", "pkcs7-mime") ||
               twf_mime_is(&t, "application", "x-pkcs7-mime")) {
        cannot(w, "a signed or encrypted body");
    } else if (twf_mime_is(&t, "application", "ms-tnef")) {
        cannot(w, "a body in TNEF");
    } else if (!is_attachment(w->a, p->header)) {
        if (twf_mime_is(&t, "text", "plain"))
            return take_text(w, p, false);
        if (twf_mime_is(&t, "text", "html"))
            return take_text(w, p, true);
    }
    return true;
}

/* Changes for the text bodies; none of them counts where w->why is set. */
static bool take_bodies(struct work *w, const struct twf_head *head)
{
    struct twf_span top = twf_span_slice(w->message, 0, head->body_off);

    w->stack[w->top++] =
        (struct part){top, twf_span_slice(w->message, head->body_off, w->message.len), 0};
    while (w->top > 0) {
        struct part p = w->stack[--w->top];

        if (!take_part(w, &p))
            return false;
    }
    if (w->result->bodies + w->result->bodies_known == 0)
        cannot(w, "no text body");
    return w->a->failed == 0;
}

/* ---- the header ---- */

static bool has_field(const struct twf_head *head, const char *name)
{
    for (uint32_t i = 0; i < head->field_count; i++) {
        if (twf_span_is_fold(twf_span_trim(twf_field_name(head, &head->fields[i])), name))
            return true;
    }
    return false;
}

/* The fields that are missing, in the order in which they are to stand; is_new: in a header of ours. */
static void make_fields(struct work *w, const struct twf_head *head, struct twf_span codes,
                        bool is_new, struct twf_buf *b)
{
    bool has_tag =
        !is_new && twf_head_first(head, TWF_FIELD_X_MS_EXCHANGE_P2_FROM_REGEX_MATCH) != NULL;

    if (w->how->add_header && !has_tag) {
        twf_buf_printf(b, "%s: True%s", tag_name, w->eol);
        w->result->header = true;
    }
    if (is_new || !has_field(head, mark_name))
        twf_buf_printf(b, "%s: %s; %.*s%s", mark_name, w->how->version, (int)codes.len,
                       (const char *)codes.ptr, w->eol);
}

/* Where a header may begin: behind the line that an mbox leaves on top. */
static size_t header_start(struct twf_span message)
{
    if (twf_span_is(twf_span_slice(message, 0, 5), "From ") ||
        twf_span_is(twf_span_slice(message, 0, 6), ">From ")) {
        size_t at = twf_span_find(message, '\n');

        return at < message.len ? at + 1 : 0;
    }
    return 0;
}

/* ---- the copy ---- */

static int by_place(const void *a, const void *b)
{
    const struct twf_change *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return y->is_header - x->is_header;
}

static bool compose(struct work *w, struct twf_buf *out)
{
    struct twf_edit *edits = twf_arena_calloc(w->a, w->change_count + 1, sizeof(*edits));
    size_t at = 0;

    if (edits == NULL)
        return false;
    qsort(w->changes, w->change_count, sizeof(*w->changes), by_place);
    for (size_t i = 0; i < w->change_count; i++) {
        const struct twf_change *c = &w->changes[i];

        twf_buf_span(out, twf_span_slice(w->message, at, c->at));
        edits[i] = (struct twf_edit){out->len, c->inserted.len,
                                     twf_span_slice(w->message, c->at, c->at + c->removed)};
        twf_buf_span(out, c->inserted);
        at = c->at + c->removed;
    }
    twf_buf_span(out, twf_span_slice(w->message, at, w->message.len));
    w->result->edits = edits;
    w->result->edit_count = w->change_count;
    return !out->failed;
}

/* "=_twofrom_N", which does not occur in the message. */
static void make_boundary(struct twf_span message, char boundary[40])
{
    for (unsigned n = 0;; n++) {
        struct twf_span here = message;
        bool occurs = false;
        int len = snprintf(boundary, 40, "=_twofrom_%u", n);

        while (!occurs && here.len >= (size_t)len) {
            here = twf_span_slice(here, twf_span_find(here, '='), here.len);
            occurs = here.len >= (size_t)len && memcmp(here.ptr, boundary, (size_t)len) == 0;
            here = twf_span_slice(here, 1, here.len);
        }
        if (!occurs)
            return;
    }
}

/* A field of the message as it stands, line end and all; nothing where there is none. */
static void copy_field(struct work *w, const struct twf_head *head, enum twf_field_id id,
                       struct twf_buf *b)
{
    const struct twf_field *f = twf_head_first(head, id);

    if (f == NULL)
        return;
    twf_buf_put(b, head->block.ptr + f->off, f->end - f->off);
    twf_buf_str(b, w->eol);
}

/* The message under a new one that carries the notice. Its From is nobody's: a copy would be read two
 * ways again. */
static bool wrap(struct work *w, const struct twf_head *head, struct twf_span fields,
                 struct twf_buf *out)
{
    struct twf_edit *edits = twf_arena_calloc(w->a, 2, sizeof(*edits));
    const char *eol = w->eol;
    char boundary[40];
    bool is_8bit = false;

    if (edits == NULL)
        return false;
    make_boundary(w->message, boundary);
    for (size_t i = 0; i < w->message.len && !is_8bit; i++)
        is_8bit = w->message.ptr[i] >= 0x80;
    twf_buf_span(out, fields);
    twf_buf_printf(out, "From: \"twofrom\" <twofrom@invalid>%s", eol);
    copy_field(w, head, TWF_FIELD_TO, out);
    copy_field(w, head, TWF_FIELD_DATE, out);
    copy_field(w, head, TWF_FIELD_SUBJECT, out);
    twf_buf_printf(out, "MIME-Version: 1.0%sContent-Type: multipart/mixed; boundary=\"%s\"%s%s",
                   eol, boundary, eol, eol);
    twf_buf_printf(out,
                   "--%s%sContent-Type: text/plain; charset=utf-8%s"
                   "Content-Transfer-Encoding: 8bit%s%s",
                   boundary, eol, eol, eol, eol);
    for (size_t i = 0; i < w->how->text.len; i++) {
        if (w->how->text.ptr[i] == '\n')
            twf_buf_str(out, eol);
        else
            twf_buf_byte(out, w->how->text.ptr[i]);
    }
    twf_buf_printf(out,
                   "%s--%s%sContent-Type: message/rfc822%sContent-Disposition: attachment%s"
                   "Content-Transfer-Encoding: %s%s%s",
                   eol, boundary, eol, eol, eol, is_8bit ? "8bit" : "7bit", eol, eol);
    edits[0] = (struct twf_edit){.off = 0, .inserted = out->len};
    twf_buf_span(out, w->message);
    edits[1].off = out->len;
    twf_buf_printf(out, "%s--%s--%s", eol, boundary, eol);
    edits[1].inserted = out->len - edits[1].off;
    w->result->edits = edits;
    w->result->edit_count = 2;
    return !out->failed;
}

static bool finish(struct work *w, const struct twf_head *head, struct twf_span codes,
                   struct twf_buf *out)
{
    struct twf_annotate_result *r = w->result;
    struct twf_buf fields;
    bool ok, wraps = w->why != NULL && w->how->fallback == TWF_FALLBACK_WRAP;

    r->why = w->why;
    if (w->why != NULL) {
        w->change_count = 0;
        r->bodies = 0;
        r->what = wraps ? TWF_ANNOTATED_WRAPPED : TWF_ANNOTATED_HEADER;
        /* A line in front of a header with CR line ends would make it another header. */
        if (w->how->fallback == TWF_FALLBACK_SKIP || (!wraps && head->cr_lines)) {
            r->what = TWF_ANNOTATED_SKIPPED;
            return true;
        }
    }
    twf_buf_init(&fields);
    make_fields(w, head, codes, wraps, &fields);
    if (wraps) {
        ok = wrap(w, head, twf_buf_view(&fields), out);
    } else {
        /* The mark alone says that something was added: it is not added for nothing. */
        if (r->header || w->change_count > 0)
            w->changes[w->change_count++] = (struct twf_change){
                header_start(w->message), 0, twf_arena_copy(w->a, twf_buf_view(&fields)), true};
        else if (w->why == NULL)
            r->what = TWF_ANNOTATED_ALREADY;
        ok = compose(w, out);
    }
    ok = ok && !fields.failed;
    twf_buf_fini(&fields);
    return ok && w->a->failed == 0;
}

bool twf_annotate(const struct twf_annotation *how, struct twf_arena *a, struct twf_span message,
                  const struct twf_head *head, struct twf_span codes, struct twf_buf *out,
                  struct twf_annotate_result *result)
{
    struct work *w = twf_arena_calloc(a, 1, sizeof(*w));
    size_t lf = twf_span_find(message, '\n');

    *result = (struct twf_annotate_result){.what = TWF_ANNOTATED_DONE};
    if (w == NULL)
        return false;
    w->how = how;
    w->a = a;
    w->message = message;
    w->result = result;
    w->eol = lf > 0 && lf < message.len && message.ptr[lf - 1] == '\r' ? "\r\n" : "\n";
    if (head->cr_lines)
        cannot(w, "line ends that are CR alone");
    if (how->add_disclaimer && w->why == NULL && !take_bodies(w, head))
        return false;
    return finish(w, head, codes, out);
}
