/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message inside an Exchange journal report ([MS-XJRNL] 2.1.1). A marker in the header makes a
 * candidate, structure and text make the report; whatever fails is judged as it stands, because
 * markers are no secret. Of the outer header nothing is evidence: it is only compared.
 */
#include "split/split.h"

#include "base/error.h"
#include "split/journal_mark.h"
#include "split/journal_report.h"
#include "split/mime.h"

/* What is being opened, and where it lies in the message that the caller has. */
struct layer {
    struct twf_span text;
    uint64_t off; /* of text in the caller's message; of its encoded form if encoded */
    bool encoded;
};

struct opening {
    struct twf_arena *arena;
    const struct twf_limits *limits;
    struct twf_journal *out;
    struct twf_journal_inner *inner;
    uint32_t count;  /* message/rfc822 parts met */
    bool has_opaque; /* TNEF or an encrypted part in place of the message */
    bool report_done;
    size_t report_base; /* place of the report's text part in the layer */
    bool report_encoded;
    struct twf_report report;
};

static uint64_t place(const struct layer *l, const uint8_t *ptr)
{
    return l->encoded ? l->off : l->off + (uint64_t)(ptr - l->text.ptr);
}

static void problem(struct twf_journal *j, uint32_t bit, uint64_t off)
{
    if (j->problems == 0)
        j->problem_off = (uint32_t)TWF_MIN(off, (uint64_t)UINT32_MAX);
    j->problems |= bit;
}

/* A message/rfc822 part as a layer of its own; its text is empty where it does not decode. */
static struct layer open_part(struct opening *o, const struct layer *l, struct twf_entity part)
{
    enum twf_mime_encoding encoding = twf_mime_encoding_read(part.header);
    struct layer in = {.off = place(l, part.body.ptr), .encoded = l->encoded};

    if (encoding == TWF_MIME_OTHER)
        return in;
    in.encoded |= encoding != TWF_MIME_PLAIN;
    in.text = twf_mime_decode(o->arena, part.body, encoding);
    return in;
}

/* The report text: a text/plain part, or the first one of a multipart/alternative. */
static bool find_report(struct opening *o, struct twf_entity part, struct twf_entity *found)
{
    struct twf_mime_type type = twf_mime_type_read(part.header, o->arena);
    struct twf_mime_walk walk;
    struct twf_span bytes;

    *found = part;
    if (twf_mime_is(&type, "text", "plain"))
        return true;
    if (!twf_mime_is(&type, "multipart", "alternative") || type.ambiguous)
        return false;
    twf_mime_walk_init(&walk, part.body, type.boundary);
    for (int i = 0; i < 4 && twf_mime_walk_next(&walk, &bytes); i++) {
        *found = twf_entity_split(bytes);
        type = twf_mime_type_read(found->header, o->arena);
        if (twf_mime_is(&type, "text", "plain"))
            return true;
    }
    return false;
}

static void read_report(struct opening *o, const struct layer *l, struct twf_entity part, bool gcc)
{
    enum twf_mime_encoding encoding = twf_mime_encoding_read(part.header);
    struct twf_span text = twf_mime_decode(o->arena, part.body, encoding);

    o->report_done = true;
    o->report_base = (size_t)(part.body.ptr - l->text.ptr);
    o->report_encoded = encoding != TWF_MIME_PLAIN;
    o->report = twf_report_read(text, gcc, o->arena, o->out);
}

/* Offset in the caller's message of a byte of the report's text. */
static uint64_t report_place(const struct opening *o, const struct layer *l, size_t at)
{
    return place(l, l->text.ptr + o->report_base) + (o->report_encoded || l->encoded ? 0 : at);
}

static bool is_opaque(const struct twf_mime_type *t)
{
    return twf_mime_is(t, "application", "ms-tnef") ||
           twf_mime_is(t, "application", "vnd.ms-tnef") ||
           twf_mime_is(t, "application", "pkcs7-mime") ||
           twf_mime_is(t, "application", "x-pkcs7-mime") ||
           twf_mime_is(t, "application", "x-microsoft-rpmsg-message") ||
           twf_mime_is(t, "multipart", "encrypted");
}

/* The parts of a report: the first one is its text, the others may be messages. */
static void read_parts(struct opening *o, const struct layer *l, struct twf_entity e,
                       struct twf_span boundary, bool gcc)
{
    struct twf_mime_walk walk;
    struct twf_span bytes;

    twf_mime_walk_init(&walk, e.body, boundary);
    for (uint64_t i = 0; twf_mime_walk_next(&walk, &bytes); i++) {
        struct twf_entity part = twf_entity_split(bytes), text;
        struct twf_mime_type type;

        if (i >= o->limits->value[TWF_LIMIT_MIME_PARTS] || o->arena->failed)
            break;
        if (i == 0) {
            if (!find_report(o, part, &text))
                break;
            read_report(o, l, text, gcc);
            continue;
        }
        type = twf_mime_type_read(part.header, o->arena);
        if (twf_mime_is(&type, "message", "rfc822") || twf_mime_is(&type, "message", "global")) {
            struct layer in = {.text = {NULL, 0}};

            if (o->count++ < 2)
                in = open_part(o, l, part);
            if (o->count <= 2)
                o->inner[o->count - 1] = (struct twf_journal_inner){in.text, in.off, in.encoded};
        } else {
            o->has_opaque |= is_opaque(&type);
        }
    }
}

/* Is the inner message what the outer header and the report say? From is compared without folds. */
static void compare(struct opening *o, struct twf_span outer, struct twf_span inner_text,
                    uint64_t off, bool from)
{
    struct twf_span header = twf_entity_split(inner_text).header, a = {NULL, 0}, b = {NULL, 0};
    struct twf_span id = twf_span_trim(o->out->message_id);
    bool has_a, has_b;

    has_a = twf_field_find(outer, "from", 0, &a);
    has_b = twf_field_find(header, "from", 0, &b);
    if (from && (has_a != has_b ||
                 !twf_span_eq(twf_value_unfold(o->arena, a), twf_value_unfold(o->arena, b))))
        problem(o->out, TWF_JPROBLEM_FROM_DIFFERS, off);
    if (id.len == 0 || twf_span_is_fold(id, "unknown message-id"))
        return;
    if (!twf_field_find(header, "message-id", 0, &b) ||
        !twf_span_eq(twf_value_unfold(o->arena, id), twf_value_unfold(o->arena, b)))
        problem(o->out, TWF_JPROBLEM_ID_DIFFERS, off);
}

/* Drops inner messages that did not decode. */
static void drop_empty(struct opening *o)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < o->count; i++) {
        if (o->inner[i].text.len == 0)
            problem(o->out, TWF_JPROBLEM_UNDECODABLE, o->inner[i].off);
        else
            o->inner[kept++] = o->inner[i];
    }
    o->count = kept;
}

static void lookalike(struct opening *o, uint32_t bit, uint64_t off)
{
    /* What its text says is no envelope. */
    *o->out = (struct twf_journal){.form = TWF_JOURNAL_LOOKALIKE,
                                   .problems = o->out->problems,
                                   .problem_off = o->out->problem_off};
    problem(o->out, bit, off);
    o->count = 0;
}

/* A layer with a marker: the report itself. */
static void open_report(struct opening *o, const struct layer *l, enum twf_journal_marker marker,
                        enum twf_journal_mode mode)
{
    struct twf_entity e = twf_entity_split(l->text);
    struct twf_mime_type type = twf_mime_type_read(e.header, o->arena);
    struct twf_journal *j = o->out;

    if (twf_mime_is(&type, "multipart", "mixed") && !type.ambiguous)
        read_parts(o, l, e, type.boundary, marker == TWF_JMARKER_GCC);
    else if (marker == TWF_JMARKER_GCC && twf_mime_is(&type, "text", "plain") && !type.ambiguous)
        read_report(o, l, e, true);
    if (!o->report_done) {
        lookalike(o, TWF_JPROBLEM_STRUCTURE, place(l, l->text.ptr));
        return;
    }
    if (o->report.problems != 0) {
        lookalike(o, o->report.problems, report_place(o, l, o->report.problem_at));
        return;
    }
    /* No report has three messages: to unwrap two of them would hide the third. */
    if (o->count > 2) {
        lookalike(o, TWF_JPROBLEM_INNER_COUNT, place(l, e.body.ptr));
        return;
    }
    j->form = marker == TWF_JMARKER_2003 || o->report.is_2003 ? TWF_JOURNAL_2003 : TWF_JOURNAL_2007;
    j->sender_off =
        (uint32_t)TWF_MIN(report_place(o, l, o->report.sender_at), (uint64_t)UINT32_MAX);
    if (o->count == 0)
        problem(j, TWF_JPROBLEM_INNER_COUNT | TWF_JPROBLEM_UNDECODABLE, place(l, e.body.ptr));
    else if (o->has_opaque && o->inner[0].text.len == 0)
        problem(j, TWF_JPROBLEM_UNDECODABLE, place(l, e.body.ptr));
    drop_empty(o);
    for (uint32_t i = 0; i < o->count; i++)
        compare(o, e.header, o->inner[i].text, o->inner[i].off, mode != TWF_JOURNAL_MODE_REQUIRE);
}

/*
 * The part of a bounce that is a report, or else one that is a bounce again. Text that is empty:
 * none.
 */
static struct layer bounce_part(struct opening *o, const struct layer *l)
{
    struct twf_entity e = twf_entity_split(l->text);
    struct twf_mime_type type = twf_mime_type_read(e.header, o->arena);
    struct layer next = {.text = {NULL, 0}};
    struct twf_mime_walk walk;
    struct twf_span bytes;

    if (!twf_journal_may_be_bounce(e.header, &type) || type.ambiguous)
        return next;
    twf_mime_walk_init(&walk, e.body, type.boundary);
    for (uint64_t i = 0; twf_mime_walk_next(&walk, &bytes); i++) {
        struct twf_entity part = twf_entity_split(bytes);
        struct twf_span header;
        struct layer in;

        if (i >= o->limits->value[TWF_LIMIT_MIME_PARTS] || o->arena->failed)
            break;
        type = twf_mime_type_read(part.header, o->arena);
        if (!twf_mime_is(&type, "message", "rfc822") && !twf_mime_is(&type, "message", "global"))
            continue;
        in = open_part(o, l, part);
        header = twf_entity_split(in.text).header;
        if (twf_journal_marked(header))
            return in;
        if (next.text.len == 0 && twf_journal_candidate(header))
            next = in;
    }
    return next;
}

enum twf_status twf_journal_open(struct twf_span text, enum twf_journal_mode mode,
                                 const struct twf_limits *limits, struct twf_arena *arena,
                                 struct twf_journal *out, struct twf_journal_inner inner[2],
                                 uint32_t *inner_count, struct twf_error *err)
{
    struct opening o = {.arena = arena, .limits = limits, .out = out, .inner = inner};
    struct layer l = {.text = text};
    uint32_t depth = 1;

    *out = (struct twf_journal){0};
    *inner_count = 0;
    if (mode == TWF_JOURNAL_MODE_NEVER)
        return TWF_OK;
    for (;; depth++) {
        enum twf_journal_marker marker = twf_journal_marker_of(twf_entity_split(l.text).header);

        if (marker != TWF_JMARKER_NONE) {
            open_report(&o, &l, marker, mode);
            break;
        }
        l = bounce_part(&o, &l);
        if (l.text.len == 0)
            break;
        if (depth >= limits->value[TWF_LIMIT_JOURNAL]) {
            problem(out, TWF_JPROBLEM_DEPTH, l.off);
            break;
        }
    }
    if (out->form != TWF_JOURNAL_NONE)
        out->depth = depth;
    *inner_count = o.count;
    if (arena->failed)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to open a journal report");
    return TWF_OK;
}
