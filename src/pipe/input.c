/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames are walked by their block headers (decode) while their bytes are decoded into one buffer. A
 * frame that fits the buffer is judged when its checksum has been seen; a longer one is judged piece by
 * piece, and its messages say "pending". After damage in a frame the rest of the input is not read: without
 * a checksum-proof place to go on, what follows would be guesswork.
 */
#include "pipe/input.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum { PLAIN_MAX = 16 * 1024 * 1024 };

enum codec { CODEC_NONE, CODEC_ZSTD, CODEC_PLAIN, CODEC_STOPPED };

/* Where a frame lies. A message begins in the last frame whose first byte lies at or before it. */
struct frame {
    uint64_t plain_off, comp_off;
    int64_t index;
    const char *verified;
};

struct twf_input {
    const struct twf_setup *setup;
    struct twf_worker *worker;
    struct twf_input_sink sink;
    struct twf_splitter *splitter;
    struct twf_stream *stream;
    struct twf_arena arena;
    struct twf_frame_walk walk;
    struct twf_counts counts;
    struct twf_place place;
    enum codec codec;
    bool was_zstd, incomplete, in_frame, maildir;
    uint8_t start[4];            /* the first bytes, until the codec is known */
    size_t start_len;
    uint8_t *plain;              /* PLAIN_MAX bytes */
    size_t plain_len;
    uint64_t plain_off;          /* decoded bytes given to the splitter */
    /* Frames in which a message may begin that was not judged yet; the last one is at work. */
    struct frame *frames;
    size_t frame_len, frame_cap;
    uint64_t judged_to;          /* no message that is still open begins before this decoded offset */
};

static struct frame *now(const struct twf_input *in)
{
    return &in->frames[in->frame_len - 1];
}

enum twf_status twf_input_new(const struct twf_setup *s, struct twf_worker *w,
                              const struct twf_input_sink *sink, struct twf_input **out,
                              struct twf_error *err)
{
    struct twf_input *in = twf_calloc(1, sizeof(*in));
    enum twf_status status;

    *out = NULL;
    if (in == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an input");
    in->setup = s;
    in->worker = w;
    in->sink = *sink;
    twf_arena_init(&in->arena, 256 * 1024);
    in->plain = twf_malloc_aligned(4096, PLAIN_MAX);
    in->frame_cap = 16;
    in->frames = twf_calloc(in->frame_cap, sizeof(*in->frames));
    if (in->plain == NULL || in->frames == NULL) {
        twf_input_free(in);
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for decoded bytes");
    }
    status = twf_splitter_new(&in->splitter, err);
    if (status == TWF_OK)
        status = twf_stream_new(s->max_window, &in->stream, err);
    if (status != TWF_OK) {
        twf_input_free(in);
        return status;
    }
    *out = in;
    return TWF_OK;
}

void twf_input_free(struct twf_input *in)
{
    if (in == NULL)
        return;
    twf_splitter_free(in->splitter);
    twf_stream_free(in->stream);
    twf_arena_fini(&in->arena);
    twf_free(in->plain);
    twf_free(in->frames);
    twf_free(in);
}

const struct twf_counts *twf_input_counts(const struct twf_input *in)
{
    return &in->counts;
}

const char *twf_input_codec(const struct twf_input *in)
{
    return in->was_zstd ? "zstd" : "plain";
}

const char *twf_input_container(const struct twf_input *in)
{
    switch (twf_splitter_format(in->splitter)) {
    case TWF_SPLIT_MBOX:
    case TWF_SPLIT_MBOXCL2: return twf_container_name(TWF_CONTAINER_MBOX);
    case TWF_SPLIT_TAR: return twf_container_name(TWF_CONTAINER_TAR);
    case TWF_SPLIT_EML:
        return twf_container_name(in->maildir ? TWF_CONTAINER_MAILDIR : TWF_CONTAINER_EML);
    default: return "unknown";
    }
}

bool twf_input_incomplete(const struct twf_input *in)
{
    return in->incomplete;
}

void twf_input_start(struct twf_input *in, const char *uri, const char *id, bool maildir)
{
    struct twf_split_options split = {.format = in->setup->format,
                                      .maildir = maildir,
                                      .journal = in->setup->journal != TWF_JOURNAL_MODE_NEVER,
                                      .limits = &in->setup->limits,
                                      .kernels = &in->setup->kernels};

    twf_splitter_start(in->splitter, &split);
    twf_stream_reset(in->stream);
    twf_frame_walk_init(&in->walk);
    in->counts = (struct twf_counts){0};
    in->place = (struct twf_place){.source_uri = uri, .source_id = id};
    in->codec = CODEC_NONE;
    in->was_zstd = in->incomplete = in->in_frame = false;
    in->maildir = maildir;
    in->start_len = in->plain_len = 0;
    in->plain_off = in->judged_to = 0;
    in->frames[0] = (struct frame){.verified = "none"}; /* plain bytes are one frame without a checksum */
    in->frame_len = 1;
}

static void incident(struct twf_input *in, const char *code, uint64_t off, uint64_t len,
                     bool decoded, bool incomplete, const char *text)
{
    in->incomplete |= incomplete;
    in->sink.incident(in->sink.ctx, code, off, len, decoded, incomplete, text);
}

static const char *note_code(enum twf_split_note_kind kind)
{
    switch (kind) {
    case TWF_NOTE_MEMBER_SKIPPED: return "member_skipped";
    case TWF_NOTE_MEMBER_NOT_MAIL: return "member_not_mail";
    case TWF_NOTE_CONTAINER_BAD: return "container_damaged";
    case TWF_NOTE_CUT: return "cut";
    case TWF_NOTE_LENGTH_LIES: return "content_length";
    case TWF_NOTE_NOT_MAIL: return "not_mail";
    case TWF_NOTE_LIMIT: return "limit";
    default: return "note";
    }
}

static void take_notes(struct twf_input *in, const struct twf_split_out *out)
{
    for (uint32_t i = 0; i < out->note_count; i++) {
        const struct twf_split_note *n = &out->notes[i];

        if (n->kind == TWF_NOTE_MEMBER_SKIPPED || n->kind == TWF_NOTE_MEMBER_NOT_MAIL)
            in->counts.members_skipped++;
        incident(in, note_code(n->kind), n->off, n->len, true,
                 n->gap || n->kind == TWF_NOTE_CUT || n->kind == TWF_NOTE_LIMIT, n->text);
    }
}

static const struct frame *frame_of(const struct twf_input *in, uint64_t plain_off)
{
    const struct frame *f = now(in);

    while (f > in->frames && f->plain_off > plain_off)
        f--;
    return f;
}

/* "bad" where a message reaches into a frame that failed its checksum, else as its first frame. */
static const char *verified(const struct twf_input *in, const struct frame *first,
                            const struct twf_message *m)
{
    for (const struct frame *f = first; f <= now(in) && f->plain_off < m->off + m->len; f++) {
        if (strcmp(f->verified, "bad") == 0)
            return f->verified;
    }
    return first->verified;
}

/* Frames before the one in which the next message can begin are not asked for again. */
static void forget_frames(struct twf_input *in)
{
    size_t n = (size_t)(frame_of(in, in->judged_to) - in->frames);

    if (n > 0)
        memmove(in->frames, in->frames + n, (in->frame_len - n) * sizeof(*in->frames));
    in->frame_len -= n;
}

/* Judges messages, a run of one frame at a time: each record names the frame in which its message begins. */
static enum twf_status judge(struct twf_input *in, const struct twf_split_out *out,
                             struct twf_error *err)
{
    for (uint32_t from = 0, to; from < out->message_count; from = to) {
        const struct frame *f = frame_of(in, out->messages[from].off);

        in->place.frame_index = f->index;
        in->place.frame_offset = (int64_t)f->comp_off;
        in->place.verified = verified(in, f, &out->messages[from]);
        for (to = from + 1; to < out->message_count; to++) {
            if (frame_of(in, out->messages[to].off) != f ||
                verified(in, f, &out->messages[to]) != in->place.verified)
                break;
        }
        TWF_TRY(twf_worker_judge(in->worker, &in->place, out->messages + from, to - from, NULL,
                                 &in->counts, in->sink.flush, in->sink.ctx, err));
        in->judged_to = out->messages[to - 1].off + out->messages[to - 1].len;
    }
    forget_frames(in);
    return TWF_OK;
}

/* Decoded bytes into messages into rows. */
static enum twf_status give(struct twf_input *in, struct twf_span plain, bool last, bool cut,
                            struct twf_error *err)
{
    struct twf_split_out out = {0};

    twf_arena_reset(&in->arena);
    TWF_TRY(twf_splitter_feed(in->splitter, plain, last, cut, &in->arena, &out, err));
    in->plain_off += plain.len;
    in->counts.out_bytes += plain.len;
    take_notes(in, &out);
    return judge(in, &out, err);
}

static enum twf_status give_buffer(struct twf_input *in, bool cut, struct twf_error *err)
{
    size_t len = in->plain_len;

    in->plain_len = 0;
    return give(in, twf_span(in->plain, len), false, cut, err);
}

/* No more of this input is read; the bytes so far of the frame at work have been counted by the caller. */
static enum twf_status stop(struct twf_input *in, struct twf_error *err)
{
    in->in_frame = false;
    in->codec = CODEC_STOPPED;
    return give_buffer(in, true, err);
}

static enum twf_status begin_frame(struct twf_input *in, struct twf_error *err)
{
    struct frame f = {in->plain_off, in->counts.in_bytes,
                      (int64_t)(in->counts.frames + in->counts.skippable_frames), "pending"};

    if (in->frame_len == in->frame_cap) {
        struct frame *more = twf_realloc(in->frames, 2 * in->frame_cap * sizeof(*more));

        if (more == NULL)
            return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for frames");
        in->frames = more;
        in->frame_cap *= 2;
    }
    in->frames[in->frame_len++] = f;
    in->in_frame = true;
    twf_frame_walk_init(&in->walk);
    twf_stream_reset(in->stream);
    return TWF_OK;
}

/* Decodes n bytes that belong to the frame at work. *ok is false where they are damaged. */
static enum twf_status decode(struct twf_input *in, struct twf_span src, bool *ok,
                              struct twf_error *err)
{
    struct twf_error why = {0};

    *ok = true;
    for (;;) {
        size_t used = 0, produced = 0;
        enum twf_status status =
            twf_stream_decode(in->stream, src, &used, in->plain + in->plain_len,
                              PLAIN_MAX - in->plain_len, &produced, &why);

        in->plain_len += produced;
        src = twf_span_slice(src, used, src.len);
        if (status == TWF_ERR_NOMEM || status == TWF_ERR_INTERNAL) {
            if (err != NULL)
                *err = why;
            return status;
        }
        if (status != TWF_OK && status != TWF_END) {
            now(in)->verified = "bad";
            in->counts.frames_checksum_bad++;
            incident(in, status == TWF_ERR_LIMIT ? "frame_refused" : "frame_damaged",
                     now(in)->comp_off, 0, false, true, why.text);
            *ok = false;
            return TWF_OK;
        }
        if (status == TWF_END || (src.len == 0 && in->plain_len < PLAIN_MAX))
            return TWF_OK;
        if (in->plain_len == PLAIN_MAX)
            TWF_TRY(give_buffer(in, false, err));
        else if (used == 0 && produced == 0)
            return twf_error_set(err, TWF_ERR_INTERNAL, now(in)->comp_off, "decoding stands still");
    }
}

static enum twf_status end_frame(struct twf_input *in, struct twf_error *err)
{
    in->in_frame = false;
    if (in->walk.info.skippable) {
        in->counts.skippable_bytes += in->walk.info.comp_len;
        in->counts.skippable_frames++;
        in->frame_len--; /* nothing of it is mail */
        return TWF_OK;
    }
    in->counts.frame_bytes += in->walk.info.comp_len;
    in->counts.frames++;
    if (in->walk.info.has_checksum)
        in->counts.frames_checksum_ok++;
    else
        in->counts.frames_checksum_none++;
    if (in->plain_off == now(in)->plain_off) /* nothing of it was judged yet: now it is known */
        now(in)->verified = in->walk.info.has_checksum ? "ok" : "none";
    return give_buffer(in, false, err);
}

/* Bytes behind the last frame that are no frame. */
static enum twf_status trailing(struct twf_input *in, uint64_t off, const char *text,
                                struct twf_error *err)
{
    incident(in, "trailing", off, 0, false, true, text);
    return stop(in, err);
}

static enum twf_status feed_zstd(struct twf_input *in, struct twf_span bytes, struct twf_error *err)
{
    while (bytes.len > 0 && in->codec == CODEC_ZSTD) {
        enum twf_frame_event event;
        struct twf_span part;
        size_t used = 0;
        bool ok = true;

        if (!in->in_frame)
            TWF_TRY(begin_frame(in, err));
        event = twf_frame_walk_feed(&in->walk, bytes.ptr, bytes.len, false, &used);
        if (event == TWF_FRAME_NONE) {
            in->counts.in_bytes += bytes.len;
            in->counts.trailing_bytes += in->counts.in_bytes - now(in)->comp_off;
            return trailing(in, now(in)->comp_off, "no zstd frame", err);
        }
        part = twf_span_slice(bytes, 0, event == TWF_FRAME_BAD ? bytes.len : used);
        bytes = twf_span_slice(bytes, part.len, bytes.len);
        in->counts.in_bytes += part.len;
        if (!in->walk.info.skippable)
            TWF_TRY(decode(in, part, &ok, err));
        if (ok && event == TWF_FRAME_BAD) {
            incident(in, "frame_damaged", now(in)->comp_off, 0, false, true, in->walk.why);
            ok = false;
        }
        if (!ok) {
            in->counts.in_bytes += bytes.len;
            in->counts.unread_bytes += in->counts.in_bytes - now(in)->comp_off;
            return stop(in, err);
        }
        if (event == TWF_FRAME_END)
            TWF_TRY(end_frame(in, err));
    }
    return TWF_OK;
}

static bool is_zstd_magic(const uint8_t p[4])
{
    uint32_t magic = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

    return magic == 0xFD2FB528u || (magic & 0xFFFFFFF0u) == 0x184D2A50u;
}

static enum twf_status feed_known(struct twf_input *in, struct twf_span bytes, struct twf_error *err)
{
    switch (in->codec) {
    case CODEC_ZSTD: {
        uint64_t before = in->counts.in_bytes;
        enum twf_status status = feed_zstd(in, bytes, err);

        assert(status != TWF_OK || in->counts.in_bytes - before == bytes.len);
        (void)before;
        return status;
    }
    case CODEC_PLAIN:
        in->counts.in_bytes += bytes.len;
        in->counts.frame_bytes += bytes.len;
        return give(in, bytes, false, false, err);
    default: /* behind damage */
        in->counts.in_bytes += bytes.len;
        if (in->counts.trailing_bytes > 0)
            in->counts.trailing_bytes += bytes.len;
        else
            in->counts.unread_bytes += bytes.len;
        return TWF_OK;
    }
}

/* The first bytes decide between zstd and plain; fewer than four are plain. */
static enum twf_status decide(struct twf_input *in, struct twf_error *err)
{
    in->was_zstd = in->start_len == 4 && is_zstd_magic(in->start);
    in->codec = in->was_zstd ? CODEC_ZSTD : CODEC_PLAIN;
    return feed_known(in, twf_span(in->start, in->start_len), err);
}

enum twf_status twf_input_feed(struct twf_input *in, struct twf_span bytes, struct twf_error *err)
{
    if (in->codec == CODEC_NONE) {
        size_t n = TWF_MIN(sizeof(in->start) - in->start_len, bytes.len);

        memcpy(in->start + in->start_len, bytes.ptr, n);
        in->start_len += n;
        if (in->start_len < sizeof(in->start))
            return TWF_OK;
        TWF_TRY(decide(in, err));
        bytes = twf_span_slice(bytes, n, bytes.len);
    }
    return bytes.len == 0 ? TWF_OK : feed_known(in, bytes, err);
}

enum twf_status twf_input_hole(struct twf_input *in, uint64_t len, struct twf_error *err)
{
    if (in->codec == CODEC_NONE)
        TWF_TRY(decide(in, err));
    incident(in, "unreadable", in->counts.in_bytes, len, false, true, "the system could not read");
    in->counts.in_bytes += len;
    if (in->codec == CODEC_PLAIN) {
        /* The bytes are missing from the decoded stream too: what is open is cut there. */
        in->counts.unread_bytes += len;
        TWF_TRY(give(in, twf_span(NULL, 0), false, true, err));
        twf_splitter_gap(in->splitter, len);
        in->plain_off += len;
        in->counts.out_bytes += len;
        return TWF_OK;
    }
    in->counts.unread_bytes += in->in_frame ? in->counts.in_bytes - now(in)->comp_off : len;
    return in->codec == CODEC_ZSTD ? stop(in, err) : TWF_OK;
}

/* The three sums of the accounting; false where one does not close. */
static bool close_sums(struct twf_input *in)
{
    const struct twf_split_sums *s = twf_splitter_sums(in->splitter);
    struct twf_counts *c = &in->counts;

    c->message_bytes = s->message;
    c->separator_bytes = s->separator;
    c->gap_bytes = s->gap;
    return c->in_bytes == c->frame_bytes + c->skippable_bytes + c->trailing_bytes + c->unread_bytes &&
           c->out_bytes == c->message_bytes + c->separator_bytes + c->gap_bytes &&
           c->messages == c->judged + c->skipped_time + c->skipped_not_mail + c->failed;
}

enum twf_status twf_input_end(struct twf_input *in, struct twf_error *err)
{
    if (in->codec == CODEC_NONE && in->start_len > 0)
        TWF_TRY(decide(in, err));
    if (in->in_frame) {
        uint64_t len = in->counts.in_bytes - now(in)->comp_off;

        if (in->counts.frames + in->counts.skippable_frames > 0 && len < 4) {
            in->counts.trailing_bytes += len;
            incident(in, "trailing", now(in)->comp_off, len, false, true, "no zstd frame");
        } else {
            in->counts.unread_bytes += len;
            now(in)->verified = "bad";
            incident(in, "frame_cut", now(in)->comp_off, len, false, true,
                     "the input ends inside this frame");
        }
        TWF_TRY(stop(in, err));
    }
    TWF_TRY(give(in, twf_span(NULL, 0), true, false, err));
    if (!close_sums(in))
        return twf_error_set(err, TWF_ERR_INTERNAL, in->counts.in_bytes,
                             "the sums of this input do not close");
    return TWF_OK;
}
