/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame that was decoded whole is judged when its checksum has been seen; a long one comes chunk by
 * chunk, and its messages say "pending". After damage the rest of the input is not read, unless --salvage
 * asks for it: without a checksum-proof place to go on, what follows would be guesswork.
 */
#include "pipe/input_state.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an input");
}

static struct twf_input_frame *now(const struct twf_input *in)
{
    return &in->frames[in->frame_len - 1];
}

enum twf_status twf_input_new(const struct twf_setup *s, struct twf_input **out, struct twf_error *err)
{
    struct twf_input *in = twf_calloc(1, sizeof(*in));
    enum twf_status status;

    *out = NULL;
    if (in == NULL)
        return no_memory(err);
    in->setup = s;
    in->frame_cap = 16;
    in->frames = twf_calloc(in->frame_cap, sizeof(*in->frames));
    if (in->frames == NULL) {
        twf_input_free(in);
        return no_memory(err);
    }
    status = twf_splitter_new(&in->splitter, err);
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
    twf_free(in->frames);
    twf_free(in);
}

static const char *container(const struct twf_input *in)
{
    switch (twf_splitter_format(in->splitter)) {
    case TWF_SPLIT_MBOX:
    case TWF_SPLIT_MBOXCL2: return twf_container_name(TWF_CONTAINER_MBOX);
    case TWF_SPLIT_TAR: return twf_container_name(TWF_CONTAINER_TAR);
    case TWF_SPLIT_EML:
        return twf_container_name(in->source->maildir ? TWF_CONTAINER_MAILDIR : TWF_CONTAINER_EML);
    default: return "unknown";
    }
}

struct twf_split_options twf_input_split_options(const struct twf_setup *s, bool maildir)
{
    return (struct twf_split_options){.format = s->format,
                                      .maildir = maildir,
                                      .journal = s->journal != TWF_JOURNAL_MODE_NEVER,
                                      .limits = &s->limits,
                                      .kernels = &s->kernels};
}

static void start(struct twf_input *in, struct twf_source *source)
{
    struct twf_split_options split = twf_input_split_options(in->setup, source->maildir);

    twf_splitter_start(in->splitter, &split);
    in->source = source;
    in->sums = (struct twf_counts){0};
    in->is_zstd = in->stopped = in->trailing = in->in_lane = false;
    in->plain_off = in->seated_to = in->again_comp = in->again_plain = 0;
    in->frames[0] = (struct twf_input_frame){.verified = "none"}; /* plain bytes are one frame without a checksum */
    in->skips = 0;
    in->frame_len = 1;
}

static const struct twf_input_frame *frame_of(const struct twf_input *in, uint64_t plain_off)
{
    const struct twf_input_frame *f = now(in);

    while (f > in->frames && f->plain_off > plain_off)
        f--;
    return f;
}

/* "bad" where a message reaches into a frame that failed its checksum, else as its first frame. */
static const char *verified(const struct twf_input *in, const struct twf_input_frame *first,
                            const struct twf_message *m)
{
    for (const struct twf_input_frame *f = first; f <= now(in) && f->plain_off < m->off + m->len; f++) {
        if (strcmp(f->verified, "bad") == 0)
            return f->verified;
    }
    return first->verified;
}

/* Frames before the one in which the next message can begin are not asked for again. */
static void forget_frames(struct twf_input *in)
{
    size_t n = (size_t)(frame_of(in, in->seated_to) - in->frames);

    if (n > 0)
        memmove(in->frames, in->frames + n, (in->frame_len - n) * sizeof(*in->frames));
    in->frame_len -= n;
}

/* Messages, a run of one frame at a time: each record names the frame in which its message begins. */
static enum twf_status seat(struct twf_input *in, const struct twf_split_out *out, struct twf_error *err)
{
    for (uint32_t from = 0, to; from < out->message_count; from = to) {
        const struct twf_input_frame *f = frame_of(in, out->messages[from].off);
        const char *ok = verified(in, f, &out->messages[from]);
        struct twf_stretch *s = twf_job_stretch(in->job, in->part);

        if (s == NULL)
            return no_memory(err);
        for (to = from + 1; to < out->message_count; to++) {
            if (frame_of(in, out->messages[to].off) != f || verified(in, f, &out->messages[to]) != ok)
                break;
        }
        s->place = (struct twf_place){.source_uri = in->source->uri,
                                      .source_id = in->source->id,
                                      .mark = in->source->mark,
                                      .frame_index = f->index,
                                      .frame_offset = (int64_t)f->comp_off,
                                      .verified = ok};
        s->messages = out->messages + from;
        s->count = to - from;
        in->seated_to = out->messages[to - 1].off + out->messages[to - 1].len;
    }
    forget_frames(in);
    return TWF_OK;
}

/* Decoded bytes into messages. */
static enum twf_status give(struct twf_input *in, struct twf_span plain, bool last, bool cut,
                            struct twf_error *err)
{
    struct twf_split_out out = {0};

    TWF_TRY(twf_splitter_feed(in->splitter, plain, last, cut, &in->job->arena, &out, err));
    in->plain_off += plain.len;
    in->sums.out_bytes += plain.len;
    twf_input_notes(in, &out);
    twf_input_lost(in, &out);
    return seat(in, &out, err);
}

static enum twf_status push_frame(struct twf_input *in, const char *state, struct twf_error *err)
{
    struct twf_input_frame f = {in->plain_off, in->sums.in_bytes,
                      (int64_t)(in->sums.frames + in->sums.skippable_frames), state};

    in->is_zstd = true;
    if (!twf_grow(&in->frames, &in->frame_cap, in->frame_len + 1, sizeof(*in->frames)))
        return no_memory(err);
    in->frames[in->frame_len++] = f;
    return TWF_OK;
}

static void count_frame(struct twf_input *in, const struct twf_piece *p)
{
    in->sums.frame_bytes += in->sums.in_bytes - now(in)->comp_off;
    in->sums.frames++;
    if (p->has_checksum)
        in->sums.frames_checksum_ok++;
    else
        in->sums.frames_checksum_none++;
}

/* The frame at work is damaged, cut or refused; what came out of it before is judged, and marked. */
static enum twf_status broken(struct twf_input *in, const struct twf_piece *p, struct twf_error *err)
{
    uint64_t off = now(in)->comp_off, len = in->sums.in_bytes - off;
    bool cut = strcmp(p->fault, "frame_cut") == 0 || strcmp(p->fault, "unreadable") == 0;

    now(in)->verified = "bad";
    in->sums.unread_bytes += len;
    if (p->fault[0] != '\0') {
        in->sums.frames_checksum_bad += !cut;
        twf_input_remark(in, p->fault, off, cut ? len : 0, false, true, p->fault_text);
    }
    in->stopped = !in->setup->salvage;
    return give(in, p->plain, false, true, err);
}

static const char *verified_name(const struct twf_piece *p)
{
    static const char *const names[] = {[TWF_VERIFIED_OK] = "ok",
                                        [TWF_VERIFIED_BAD] = "bad",
                                        [TWF_VERIFIED_NONE] = "none",
                                        [TWF_VERIFIED_PENDING] = "pending"};

    return names[p->verified];
}

/* Decoded bytes of a body that nobody needs. */
static void pass(struct twf_input *in, uint64_t len)
{
    twf_splitter_pass(in->splitter, len);
    in->plain_off += len;
    in->sums.out_bytes += len;
    in->sums.passed_bytes += len;
}

/* The frame at work was left out from its compressed byte used on. */
static void count_skipped(struct twf_input *in, const struct twf_piece *p, uint64_t used)
{
    in->sums.frames++;
    in->sums.frames_skipped++;
    in->sums.frame_bytes += used;
    in->sums.skipped_bytes += p->comp_len - used;
}

/*
 * Where more than every second frame is skipped, frames are decoded, and read, only when their turn has come; and
 * that until none is skipped for a while, as going over to it drops what was read ahead.
 */
static void set_lazy(struct twf_input *in, bool skipped)
{
    enum { MAX = 8, ENOUGH = 2 };

    in->skips = skipped ? TWF_MIN(in->skips + 1, (uint32_t)MAX) : in->skips - (in->skips > 0);
    if (in->skips >= ENOUGH || in->skips == 0)
        atomic_store_explicit(&in->source->lazy, in->skips > 0, memory_order_relaxed);
}

/* What was left out of a frame is needed. */
static enum twf_status decode_rest(struct twf_input *in, struct twf_piece *p, struct twf_error *err)
{
    twf_job_decode_rest(in->job, p, in->decoder);
    if (in->job->status != TWF_OK && err != NULL)
        *err = in->job->err;
    return in->job->status;
}

/* A frame of which only the beginning was decoded, so far. */
static enum twf_status take_head(struct twf_input *in, struct twf_piece *p, struct twf_error *err)
{
    struct twf_stretch **first = in->job->stretches_end;
    size_t had = p->plain.len;

    TWF_TRY(push_frame(in, "skipped", err));
    in->sums.in_bytes += p->comp_len;
    TWF_TRY(give(in, p->plain, false, false, err));
    if (twf_splitter_spare(in->splitter) >= p->need - had) {
        count_skipped(in, p, p->head_used);
        pass(in, p->need - had);
        return TWF_OK;
    }
    TWF_TRY(decode_rest(in, p, err));
    now(in)->verified = verified_name(p);
    for (struct twf_stretch *s = *first; s != NULL; s = s->next)
        s->place.verified = now(in)->verified;
    p->plain = twf_span_slice(p->plain, TWF_MIN(had, p->plain.len), p->plain.len);
    if (p->fault != NULL)
        return broken(in, p, err);
    count_frame(in, p);
    return give(in, p->plain, false, false, err);
}

/*
 * Whether a frame is skipped is decided here, in the order of the input, whatever was decoded before: the
 * same frames are skipped for any number of threads.
 */
static enum twf_status take_frame(struct twf_input *in, struct twf_piece *p, struct twf_error *err)
{
    bool skip = p->sized && p->need > 0 && twf_splitter_spare(in->splitter) >= p->need;

    if (p->sized)
        set_lazy(in, skip);
    if (skip) {
        TWF_TRY(push_frame(in, "skipped", err));
        in->sums.in_bytes += p->comp_len;
        count_skipped(in, p, 0);
        pass(in, p->need);
        return TWF_OK;
    }
    if (p->head_used > 0)
        return take_head(in, p, err);
    if (p->lazy)
        TWF_TRY(decode_rest(in, p, err));
    TWF_TRY(push_frame(in, verified_name(p), err));
    in->sums.in_bytes += p->comp_len;
    if (p->fault != NULL)
        return broken(in, p, err);
    count_frame(in, p);
    return give(in, p->plain, false, false, err);
}

/* Bytes that were decoded before a resume do not come out again. */
static enum twf_status not_again(const struct twf_input *in, const struct twf_piece *p, struct twf_error *err)
{
    /* It was decoded before: --memory allowed more then. */
    if (p->fault != NULL && strcmp(p->fault, "frame_refused") == 0)
        return twf_error_set(err, TWF_ERR_NOMEM, now(in)->comp_off, "%s cannot go on: %s", in->source->uri, p->fault_text);
    return twf_error_set(err, TWF_ERR_FORMAT, now(in)->comp_off,
                         "%s is not what it was before: a frame decodes to something else",
                         in->source->uri);
}

static enum twf_status take_lane(struct twf_input *in, const struct twf_piece *p, struct twf_error *err)
{
    struct twf_span plain = p->plain;
    uint64_t again = TWF_MIN(p->comp_len, in->again_comp);

    if (p->first && !in->in_lane)
        TWF_TRY(push_frame(in, "pending", err));
    in->in_lane = true;
    if (in->again_comp + in->again_plain > 0) {
        size_t n = (size_t)TWF_MIN((uint64_t)plain.len, in->again_plain);

        if (p->fault != NULL)
            return not_again(in, p, err);
        in->again_plain -= n;
        plain = twf_span_slice(plain, n, plain.len);
    }
    in->again_comp -= again;
    in->sums.in_bytes += p->comp_len - again;
    if (p->last || p->fault != NULL)
        in->in_lane = false;
    if (p->fault != NULL)
        return broken(in, p, err);
    if (p->last && in->again_comp + in->again_plain > 0)
        return not_again(in, p, err);
    if (p->last)
        count_frame(in, p);
    return give(in, plain, false, false, err);
}

static enum twf_status take_trailing(struct twf_input *in, const struct twf_piece *p,
                                     struct twf_error *err)
{
    twf_input_remark(in, "trailing", in->sums.in_bytes, p->comp_len < 4 ? p->comp_len : 0, false, true,
           "no zstd frame");
    in->sums.in_bytes += p->comp_len;
    in->sums.trailing_bytes += p->comp_len;
    in->stopped = in->trailing = !in->setup->salvage;
    return give(in, twf_span(NULL, 0), false, true, err);
}

static enum twf_status take_hole(struct twf_input *in, const struct twf_piece *p, struct twf_error *err)
{
    twf_input_remark(in, "unreadable", in->sums.in_bytes, p->comp_len, false, true, "the system could not read");
    in->sums.in_bytes += p->comp_len;
    in->sums.unread_bytes += p->comp_len;
    if (in->stopped)
        return TWF_OK;
    TWF_TRY(give(in, twf_span(NULL, 0), false, true, err));
    if (in->is_zstd) {
        in->stopped = !in->setup->salvage;
        return TWF_OK;
    }
    /* The bytes are missing from the decoded stream too: what is open was cut there. */
    twf_splitter_gap(in->splitter, p->comp_len);
    in->plain_off += p->comp_len;
    in->sums.out_bytes += p->comp_len;
    return TWF_OK;
}

static void pass_over(struct twf_input *in, const struct twf_piece *p)
{
    in->sums.in_bytes += p->comp_len;
    if (in->trailing)
        in->sums.trailing_bytes += p->comp_len;
    else
        in->sums.unread_bytes += p->comp_len;
}

/* The sums of compressed and decoded bytes; false where one does not close. */
static bool close_sums(struct twf_input *in)
{
    const struct twf_split_sums *s = twf_splitter_sums(in->splitter);
    struct twf_counts *c = &in->sums;

    c->message_bytes = s->message;
    c->separator_bytes = s->separator;
    c->gap_bytes = s->gap;
    twf_counts_add(&in->part->counts, c);
    return c->in_bytes == c->frame_bytes + c->skippable_bytes + c->trailing_bytes + c->unread_bytes +
                              c->skipped_bytes &&
           c->out_bytes == c->message_bytes + c->separator_bytes + c->gap_bytes;
}

static enum twf_status end(struct twf_input *in, const struct twf_piece *p, struct twf_error *err)
{
    TWF_TRY(give(in, twf_span(NULL, 0), true, false, err));
    in->part->ends = true;
    in->part->changed = p->changed;
    in->part->codec = in->is_zstd ? "zstd" : "plain";
    in->part->container = container(in);
    if (!close_sums(in))
        return twf_error_set(err, TWF_ERR_INTERNAL, in->sums.in_bytes,
                             "the sums of this input do not close");
    in->source = NULL;
    in->part = NULL;
    return TWF_OK;
}

static enum twf_status failed(struct twf_input *in, const struct twf_piece *p)
{
    twf_input_remark(in, p->fault, 0, 0, false, true, p->fault_text);
    in->part->failed = in->part->ends = true;
    in->part->codec = "plain";
    in->part->container = "unknown";
    in->source = NULL;
    in->part = NULL;
    return TWF_OK;
}

/* --ratio-limit: the input grows more than it should. Small ones may: they end soon. */
static bool is_bomb(const struct twf_input *in)
{
    enum { FREE = 1 << 30 };
    uint64_t limit = in->setup->ratio_limit;

    return limit > 0 && in->sums.out_bytes > FREE && in->sums.out_bytes / limit > in->sums.in_bytes;
}

static enum twf_status stop_bomb(struct twf_input *in, struct twf_error *err)
{
    twf_input_remark(in, "ratio", in->sums.in_bytes, 0, false, true, "the input grows more than --ratio-limit allows");
    /* Of a long frame that is not at its end, no byte is read to any purpose. */
    if (in->in_lane)
        in->sums.unread_bytes += in->sums.in_bytes - now(in)->comp_off;
    in->in_lane = false;
    in->stopped = true;
    atomic_store_explicit(&in->source->over, true, memory_order_relaxed);
    return give(in, twf_span(NULL, 0), false, true, err);
}

static enum twf_status take(struct twf_input *in, struct twf_piece *p, struct twf_error *err)
{
    /* Behind a resume inside a long frame comes that frame, and nothing else. */
    if (in->again_comp + in->again_plain > 0 && p->kind != TWF_PIECE_LANE)
        return not_again(in, p, err);
    switch (p->kind) {
    case TWF_PIECE_HOLE: in->in_lane = false; return take_hole(in, p, err);
    case TWF_PIECE_FAILED: return failed(in, p);
    case TWF_PIECE_END: return end(in, p, err);
    default: break;
    }
    if (in->stopped) {
        pass_over(in, p);
        return TWF_OK;
    }
    switch (p->kind) {
    case TWF_PIECE_FRAME: return take_frame(in, p, err);
    case TWF_PIECE_LANE: return take_lane(in, p, err);
    case TWF_PIECE_TRAILING: return take_trailing(in, p, err);
    case TWF_PIECE_PLAIN:
        in->sums.in_bytes += p->comp_len;
        in->sums.frame_bytes += p->comp_len;
        return give(in, p->plain, false, false, err);
    case TWF_PIECE_UNREAD: pass_over(in, p); return TWF_OK;
    case TWF_PIECE_SKIP:
        in->is_zstd = true;
        in->sums.in_bytes += p->comp_len;
        in->sums.skippable_bytes += p->comp_len;
        in->sums.skippable_frames++;
        return TWF_OK;
    default:
        return twf_error_set(err, TWF_ERR_INTERNAL, in->sums.in_bytes, "a piece out of place");
    }
}

enum twf_status twf_input_take(struct twf_input *in, struct twf_job *j, struct twf_decoder *d,
                               struct twf_error *err)
{
    in->job = j;
    in->decoder = d;
    in->part = NULL;
    for (struct twf_piece *p = j->pieces; p != NULL; p = p->next) {
        if (p->kind == TWF_PIECE_START)
            start(in, p->source);
        if (j->mark != NULL && in->source != NULL)
            twf_mark_input(j->mark, TWF_STAGE_SPLIT, in->source->mark, in->source->uri);
        if (in->part == NULL && (in->part = twf_job_part(j, in->source)) == NULL)
            return no_memory(err);
        if (p->kind != TWF_PIECE_START)
            TWF_TRY(take(in, p, err));
        if (in->source != NULL && !in->stopped && is_bomb(in))
            TWF_TRY(stop_bomb(in, err));
    }
    return j->arena.failed ? no_memory(err) : TWF_OK;
}
