/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame is long when more than job_max bytes could come out of it, when its window is larger than
 * allowed (the stream then refuses it in its own words), or when its compressed bytes alone are too
 * many to keep: empty blocks cost three bytes each and yield nothing.
 */
#include "pipe/cut.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

/* SEEK: behind damage, with --salvage: the next frame is looked for. */
enum codec { CODEC_OPEN, CODEC_ZSTD, CODEC_PLAIN, CODEC_STOPPED, CODEC_SEEK };

struct twf_cut {
    const struct twf_setup *setup;
    struct twf_lender *lender;
    enum codec codec;
    struct twf_frame_walk walk;
    bool in_frame, any_frame;
    uint64_t frame_len;          /* bytes of the frame at work that have been passed */
    bool sought;                 /* the frame at work was found by its magic alone, behind damage */
    struct twf_buf again;        /* --salvage: bytes of a broken frame in which others may begin */
    struct twf_span again_left;
    bool from_again;             /* the step at work takes them */
    struct twf_buf carry;        /* those of them that no piece holds; before the codec is known: the first */
    /* The lane. */
    struct twf_stream *stream;
    bool lane, lane_first, lane_more; /* lane_more: the stream may hold more than there was room for */
    struct twf_span lane_carry;  /* what is left of carry */
    size_t lane_ready;           /* bytes in front of the reader that belong to the frame */
    bool lane_end;               /* and it ends behind them */
    bool lane_bad;               /* and behind them the frame is broken */
};

enum twf_status twf_cut_new(const struct twf_setup *s, struct twf_lender *lender, struct twf_cut **out,
                            struct twf_error *err)
{
    struct twf_cut *c = twf_calloc(1, sizeof(*c));
    enum twf_status status;

    *out = NULL;
    if (c == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an input");
    c->setup = s;
    c->lender = lender;
    twf_buf_init(&c->carry);
    twf_buf_init(&c->again);
    status = twf_stream_new(s->max_window, &c->stream, err);
    if (status != TWF_OK) {
        twf_cut_free(c);
        return status;
    }
    *out = c;
    return TWF_OK;
}

void twf_cut_free(struct twf_cut *c)
{
    if (c == NULL)
        return;
    twf_stream_free(c->stream);
    twf_buf_fini(&c->carry);
    twf_buf_fini(&c->again);
    twf_free(c);
}

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an input");
}

bool twf_cut_is_full(const struct twf_cut *c, const struct twf_job *j)
{
    return j->lane_full || j->need + j->given >= c->setup->job_target ||
           j->block_count == TWF_JOB_BLOCKS || j->piece_count >= TWF_JOB_PIECES;
}

bool twf_cut_is_pending(const struct twf_cut *c)
{
    return c->again_left.len > 0 || (c->lane && (c->lane_carry.len > 0 || c->lane_more));
}

enum twf_status twf_cut_start(struct twf_cut *c, struct twf_job *j, struct twf_source *source,
                              struct twf_error *err)
{
    struct twf_piece *p = twf_job_piece(j, TWF_PIECE_START);

    if (p == NULL)
        return no_memory(err);
    p->source = source;
    c->codec = CODEC_OPEN;
    c->in_frame = c->any_frame = c->lane = c->lane_more = c->sought = false;
    c->again_left = twf_span(NULL, 0);
    c->from_again = false;
    c->frame_len = 0;
    c->lane_carry = twf_span(NULL, 0);
    twf_buf_reset(&c->carry);
    return TWF_OK;
}

/* The job holds block b until it is decoded or judged. */
static void hold(struct twf_cut *c, struct twf_job *j, struct twf_block *b)
{
    for (uint32_t i = 0; i < j->block_count; i++) {
        if (j->blocks[i] == b)
            return;
    }
    twf_lender_hold(c->lender, b);
    j->blocks[j->block_count++] = b;
}

static bool is_long(const struct twf_cut *c)
{
    const struct twf_frame_info *i = &c->walk.info;
    uint64_t out = i->content_size != TWF_SIZE_UNKNOWN ? i->content_size : i->bound;

    return c->walk.header_done && !i->skippable &&
           (out > c->setup->job_max || i->window > c->setup->max_window ||
            c->carry.len > c->setup->job_max);
}

/* len bytes behind damage. */
static enum twf_status put_unread(struct twf_job *j, uint64_t len, struct twf_error *err)
{
    struct twf_piece *p = j->last_piece;

    if (len == 0)
        return TWF_OK;
    if (p == NULL || p->kind != TWF_PIECE_UNREAD)
        p = twf_job_piece(j, TWF_PIECE_UNREAD);
    if (p == NULL)
        return no_memory(err);
    p->comp_len += len;
    return TWF_OK;
}

static void end_frame(struct twf_cut *c)
{
    c->in_frame = c->lane = c->lane_more = c->sought = false;
    c->frame_len = 0;
    c->lane_carry = twf_span(NULL, 0);
    twf_buf_reset(&c->carry);
}

/* Nothing that follows in this input is read, or only what --salvage finds. */
static void stop(struct twf_cut *c)
{
    end_frame(c);
    c->codec = c->setup->salvage ? CODEC_SEEK : CODEC_STOPPED;
}

/* Where a frame of zstd may begin in s, from at on: its magic, or as much of it as s still has; else s.len. */
static size_t find_magic(struct twf_span s, size_t at)
{
    static const uint8_t magic[4] = {0x28, 0xB5, 0x2F, 0xFD};

    while (at < s.len) {
        const uint8_t *p = memchr(s.ptr + at, magic[0], s.len - at);

        if (p == NULL)
            return s.len;
        at = (size_t)(p - s.ptr);
        if (memcmp(p, magic, TWF_MIN(sizeof(magic), s.len - at)) == 0)
            return at;
        at++;
    }
    return s.len;
}

/* A frame for the workers: carry, then bytes. */
static struct twf_piece *put_frame(struct twf_cut *c, struct twf_job *j, struct twf_span bytes,
                                   struct twf_block *b)
{
    struct twf_piece *p = twf_job_piece(j, TWF_PIECE_FRAME);
    const struct twf_frame_info *info = &c->walk.info;

    if (p == NULL)
        return NULL;
    p->comp_len = c->frame_len + bytes.len;
    p->has_checksum = info->has_checksum;
    p->need = info->content_size != TWF_SIZE_UNKNOWN ? info->content_size : info->bound;
    j->need += p->need;
    if (c->carry.len == 0 && b != NULL) {
        p->comp = bytes;
        hold(c, j, b);
        return p;
    }
    p->in_comp = true;
    twf_buf_span(&c->carry, bytes);
    p->comp.len = c->carry.len;
    p->comp_at = j->comp.len;
    if (j->comp.len == 0) { /* the usual case: one such frame a job */
        struct twf_buf empty = j->comp;

        j->comp = c->carry;
        c->carry = empty;
    } else {
        twf_buf_span(&j->comp, twf_buf_view(&c->carry));
    }
    return j->comp.failed || c->carry.failed ? NULL : p;
}

/* The frame at work cannot be finished: its first bytes are decoded as far as they go. */
static enum twf_status put_broken(struct twf_cut *c, struct twf_job *j, struct twf_span bytes,
                                  struct twf_block *b, const char *code, const char *text,
                                  struct twf_error *err)
{
    struct twf_piece *p = put_frame(c, j, bytes, b);

    if (p == NULL)
        return no_memory(err);
    p->fault = code;
    p->fault_text = text;
    stop(c);
    return TWF_OK;
}

/*
 * The frame at work is broken, and other frames may begin in what was passed of it: a wrong length leads
 * past them. Those bytes are taken once more.
 */
static enum twf_status take_again(struct twf_cut *c, struct twf_job *j, struct twf_span bytes,
                                  const char *code, const char *text, struct twf_error *err)
{
    struct twf_span all;
    size_t at;

    twf_buf_span(&c->carry, bytes);
    if (c->carry.failed)
        return no_memory(err);
    at = find_magic(twf_buf_view(&c->carry), 1);
    all = twf_span_slice(twf_buf_view(&c->carry), at, c->carry.len);
    /* What is left of the bytes from last time lies behind those: it was their end. */
    twf_buf_reset(&c->again);
    twf_buf_span(&c->again, all);
    if (c->again.failed)
        return no_memory(err);
    c->carry.len = at;
    c->frame_len = at;
    TWF_TRY(put_broken(c, j, twf_span(NULL, 0), NULL, code, text, err));
    c->again_left = twf_buf_view(&c->again);
    return TWF_OK;
}

/* ---- the lane ---- */

static void begin_lane(struct twf_cut *c)
{
    twf_stream_reset(c->stream);
    c->lane = c->lane_first = true;
    c->lane_more = c->lane_end = c->lane_bad = false;
    c->lane_ready = 0;
    c->lane_carry = twf_buf_view(&c->carry);
}

/* The piece of this job that the lane fills. */
static struct twf_piece *lane_piece(struct twf_cut *c, struct twf_job *j)
{
    struct twf_piece *p = j->last_piece;

    if (p != NULL && p->kind == TWF_PIECE_LANE && !p->last && p->fault == NULL)
        return p;
    if (!twf_job_reserve(j, c->setup->job_target) ||
        (p = twf_job_piece(j, TWF_PIECE_LANE)) == NULL)
        return NULL;
    p->plain = twf_span(j->plain + j->lane_len, 0);
    p->first = c->lane_first;
    c->lane_first = false;
    return p;
}

/* Decodes src, as much as the job has room for; *used of it were taken. */
static enum twf_status lane_decode(struct twf_cut *c, struct twf_job *j, struct twf_span src,
                                   size_t *used, struct twf_error *err)
{
    struct twf_piece *p = lane_piece(c, j);
    struct twf_error why = {0};
    size_t cap = (size_t)c->setup->job_target - j->lane_len, got = 0;
    enum twf_status status;

    *used = 0;
    if (p == NULL)
        return no_memory(err);
    status = twf_stream_decode(c->stream, src, used, j->plain + j->lane_len, cap, &got, &why);
    j->lane_len += got;
    j->given += got;
    p->plain.len += got;
    c->lane_more = status == TWF_OK && got == cap;
    j->lane_full = j->lane_len == c->setup->job_target;
    if (status == TWF_ERR_NOMEM || status == TWF_ERR_INTERNAL) {
        if (err != NULL)
            *err = why;
        return status;
    }
    if (status != TWF_OK && status != TWF_END) {
        struct twf_span text = twf_arena_copy(&j->arena, twf_span(why.text, strlen(why.text) + 1));

        if (text.ptr == NULL)
            return no_memory(err);
        p->fault = status == TWF_ERR_LIMIT ? "frame_refused" : "frame_damaged";
        p->fault_text = (const char *)text.ptr;
    }
    p->last = status == TWF_END;
    if (status == TWF_OK && src.len > 0 && *used == 0 && got == 0)
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "decoding stands still");
    return TWF_OK;
}

/* The rest of the carried bytes, and what is left of bytes that are taken again already, once more. */
static enum twf_status lane_again(struct twf_cut *c, struct twf_span *bytes, struct twf_error *err)
{
    struct twf_buf fresh;

    twf_buf_init(&fresh);
    twf_buf_span(&fresh, c->lane_carry);
    if (c->from_again) {
        twf_buf_span(&fresh, *bytes);
        *bytes = twf_span_slice(*bytes, bytes->len, bytes->len);
    }
    twf_buf_fini(&c->again);
    c->again = fresh;
    stop(c);
    c->again_left = twf_buf_view(&c->again);
    return fresh.failed ? no_memory(err) : TWF_OK;
}

/* Accounts for bytes of the lane; ends it where its frame ended, or is damaged. */
static enum twf_status lane_step(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                                 struct twf_error *err)
{
    bool carried = c->lane_carry.len > 0;
    struct twf_span src = carried ? c->lane_carry : twf_span_slice(*bytes, 0, c->lane_ready);
    struct twf_piece *p;
    size_t used;

    TWF_TRY(lane_decode(c, j, src, &used, err));
    p = j->last_piece;
    p->comp_len += used;
    if (carried) {
        c->lane_carry = twf_span_slice(src, used, src.len);
    } else {
        *bytes = twf_span_slice(*bytes, used, bytes->len);
        c->lane_ready -= used;
    }
    if (c->lane_bad && !carried && c->lane_ready == 0 && p->fault == NULL) {
        p->fault = "frame_damaged"; /* the stream has not met it yet */
        p->fault_text = c->walk.why;
    }
    if (p->fault != NULL) {
        /* What is left of the carried bytes is behind the damage. */
        uint64_t unread = c->lane_carry.len;

        if (c->setup->salvage && unread > 0)
            return lane_again(c, bytes, err);
        stop(c);
        return put_unread(j, unread, err);
    }
    if (p->last) {
        p->has_checksum = c->walk.info.has_checksum;
        if (c->lane_carry.len > 0 || c->lane_ready > 0 || !c->lane_end)
            return twf_error_set(err, TWF_ERR_INTERNAL, 0, "a frame ends in two places");
        c->any_frame = true;
        end_frame(c);
    }
    return TWF_OK;
}

/* ---- frames ---- */

static enum twf_status take_lane(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                                 struct twf_error *err)
{
    if (c->lane_carry.len == 0 && c->lane_ready == 0 && !c->lane_end && bytes->len > 0) {
        enum twf_frame_event event =
            twf_frame_walk_feed(&c->walk, bytes->ptr, bytes->len, false, &c->lane_ready);

        c->lane_end = event == TWF_FRAME_END;
        c->lane_bad = event == TWF_FRAME_BAD;
        if (c->lane_bad)
            c->lane_ready = bytes->len;
    }
    return lane_step(c, j, bytes, err);
}

/* The bytes are no frame. */
static enum twf_status take_none(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                                 struct twf_error *err)
{
    /* With --salvage the next step looks on behind the first byte. */
    uint64_t len = c->setup->salvage ? 0 : bytes->len;
    struct twf_piece *p;

    if (c->sought) {
        len += c->frame_len;
        stop(c);
        if (len > 0)
            TWF_TRY(put_unread(j, len, err));
    } else {
        p = twf_job_piece(j, TWF_PIECE_TRAILING);
        if (p == NULL)
            return no_memory(err);
        p->comp_len = c->frame_len + len;
        stop(c);
    }
    *bytes = twf_span_slice(*bytes, c->setup->salvage ? 0 : bytes->len, bytes->len);
    return TWF_OK;
}

static enum twf_status take_frame(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                                  struct twf_block *b, struct twf_error *err)
{
    struct twf_span part = *bytes;
    enum twf_frame_event event;
    size_t used = 0;

    if (!c->in_frame) {
        twf_frame_walk_init(&c->walk);
        c->in_frame = true;
    }
    event = twf_frame_walk_feed(&c->walk, bytes->ptr, bytes->len, false, &used);
    if (event == TWF_FRAME_NONE)
        return take_none(c, j, bytes, err);
    if (event == TWF_FRAME_END)
        part = twf_span_slice(*bytes, 0, used);
    if (is_long(c)) {
        begin_lane(c);
        c->lane_bad = event == TWF_FRAME_BAD;
        c->lane_ready = c->lane_bad ? bytes->len : used;
        c->lane_end = event == TWF_FRAME_END;
        return TWF_OK;
    }
    *bytes = twf_span_slice(*bytes, part.len, bytes->len);
    if (event == TWF_FRAME_BAD && c->setup->salvage)
        return take_again(c, j, part, "frame_damaged", c->walk.why, err);
    if (event == TWF_FRAME_BAD)
        return put_broken(c, j, part, b, "frame_damaged", c->walk.why, err);
    if (event == TWF_FRAME_MORE) {
        c->frame_len += part.len;
        if (!c->walk.info.skippable || !c->walk.header_done)
            twf_buf_span(&c->carry, part);
        return c->carry.failed ? no_memory(err) : TWF_OK;
    }
    c->any_frame = true;
    if (c->walk.info.skippable) {
        struct twf_piece *p = twf_job_piece(j, TWF_PIECE_SKIP);

        if (p == NULL)
            return no_memory(err);
        p->comp_len = c->frame_len + part.len;
    } else if (put_frame(c, j, part, b) == NULL) {
        return no_memory(err);
    }
    end_frame(c);
    return TWF_OK;
}

/* ---- codecs ---- */

static bool is_zstd_magic(const uint8_t p[4])
{
    uint32_t magic = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

    return magic == 0xFD2FB528u || (magic & 0xFFFFFFF0u) == 0x184D2A50u;
}

/* The first four bytes decide; *bytes stay where they are unless there are fewer so far. */
static enum twf_status find_codec(struct twf_cut *c, struct twf_span *bytes, struct twf_error *err)
{
    uint8_t start[4];
    size_t have = c->carry.len;

    if (have + bytes->len < sizeof(start)) {
        twf_buf_span(&c->carry, *bytes);
        *bytes = twf_span_slice(*bytes, bytes->len, bytes->len);
        return c->carry.failed ? no_memory(err) : TWF_OK;
    }
    if (have > 0)
        memcpy(start, c->carry.ptr, have);
    memcpy(start + have, bytes->ptr, sizeof(start) - have);
    c->codec = is_zstd_magic(start) ? CODEC_ZSTD : CODEC_PLAIN;
    return TWF_OK;
}

/* Bytes that came one by one before the codec was known, in the job's memory. */
static enum twf_status put_carried(struct twf_cut *c, struct twf_job *j, struct twf_error *err)
{
    struct twf_piece *p = twf_job_piece(j, TWF_PIECE_PLAIN);

    if (p == NULL)
        return no_memory(err);
    p->plain = twf_arena_copy(&j->arena, twf_buf_view(&c->carry));
    p->comp_len = p->plain.len;
    twf_buf_reset(&c->carry);
    return j->arena.failed ? no_memory(err) : TWF_OK;
}

static enum twf_status take_plain(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                                  struct twf_block *b, struct twf_error *err)
{
    struct twf_piece *p;

    if (c->carry.len > 0)
        TWF_TRY(put_carried(c, j, err));
    p = twf_job_piece(j, TWF_PIECE_PLAIN);
    if (p == NULL)
        return no_memory(err);
    p->plain = *bytes;
    p->comp_len = bytes->len;
    j->given += bytes->len;
    hold(c, j, b);
    *bytes = twf_span_slice(*bytes, bytes->len, bytes->len);
    return TWF_OK;
}

/* Bytes before the codec was known that turn out to begin a frame: they are walked over as carried ones. */
static enum twf_status walk_carried(struct twf_cut *c, struct twf_error *err)
{
    size_t used = 0;

    if (c->in_frame || c->carry.len == 0)
        return TWF_OK;
    twf_frame_walk_init(&c->walk);
    c->in_frame = true;
    c->frame_len = c->carry.len;
    if (twf_frame_walk_feed(&c->walk, c->carry.ptr, c->carry.len, false, &used) != TWF_FRAME_MORE)
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "three bytes are no frame");
    return TWF_OK;
}

/* Passes over bytes up to where a frame may begin. */
static enum twf_status seek(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                            struct twf_error *err)
{
    size_t at = find_magic(*bytes, 0);

    TWF_TRY(put_unread(j, at, err));
    if (at < bytes->len) {
        c->codec = CODEC_ZSTD;
        c->sought = true;
    }
    *bytes = twf_span_slice(*bytes, at, bytes->len);
    return TWF_OK;
}

static enum twf_status step(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                            struct twf_block *b, struct twf_error *err)
{
    uint64_t len;

    switch (c->codec) {
    case CODEC_OPEN: return find_codec(c, bytes, err);
    case CODEC_PLAIN: return take_plain(c, j, bytes, b, err);
    case CODEC_ZSTD:
        if (c->lane)
            return take_lane(c, j, bytes, err);
        TWF_TRY(walk_carried(c, err));
        return take_frame(c, j, bytes, b, err);
    case CODEC_SEEK: return seek(c, j, bytes, err);
    default:
        len = bytes->len;
        *bytes = twf_span_slice(*bytes, bytes->len, bytes->len);
        return put_unread(j, len, err);
    }
}

enum twf_status twf_cut_take(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                             struct twf_block *b, struct twf_error *err)
{
    while ((bytes->len > 0 || twf_cut_is_pending(c)) && !twf_cut_is_full(c, j)) {
        if (c->again_left.len > 0) {
            struct twf_span again = c->again_left;

            c->again_left = twf_span(NULL, 0);
            c->from_again = true;
            TWF_TRY(step(c, j, &again, NULL, err));
            c->from_again = false;
            if (c->again_left.len == 0)
                c->again_left = again;
        } else {
            TWF_TRY(step(c, j, bytes, b, err));
        }
    }
    return TWF_OK;
}

/* The frame at work ends here, unfinished. code "": the next piece tells why. */
static enum twf_status break_frame(struct twf_cut *c, struct twf_job *j, const char *code,
                                   const char *text, struct twf_error *err)
{
    struct twf_piece *p;

    if (!c->lane)
        return put_broken(c, j, twf_span(NULL, 0), NULL, code, text, err);
    p = lane_piece(c, j);
    if (p == NULL)
        return no_memory(err);
    p->fault = code;
    p->fault_text = text;
    stop(c);
    return TWF_OK;
}

enum twf_status twf_cut_hole(struct twf_cut *c, struct twf_job *j, uint64_t len, struct twf_error *err)
{
    struct twf_piece *p;

    if (c->codec == CODEC_OPEN) {
        c->codec = CODEC_PLAIN;
        if (c->carry.len > 0)
            TWF_TRY(put_carried(c, j, err));
    }
    if (c->in_frame)
        TWF_TRY(break_frame(c, j, "", "", err));
    p = twf_job_piece(j, TWF_PIECE_HOLE);
    if (p == NULL)
        return no_memory(err);
    p->comp_len = len;
    if (c->codec == CODEC_ZSTD)
        stop(c);
    return TWF_OK;
}

/* Fewer than four bytes behind the last frame are no frame; more are one that was cut. */
static enum twf_status end_inside(struct twf_cut *c, struct twf_job *j, struct twf_error *err)
{
    struct twf_piece *p;

    if (c->setup->salvage && !c->lane && c->frame_len >= 4 && !c->walk.info.skippable)
        return take_again(c, j, twf_span(NULL, 0), "frame_cut", "the input ends inside this frame",
                          err);
    if (c->lane || !c->any_frame || c->frame_len >= 4)
        return break_frame(c, j, "frame_cut", "the input ends inside this frame", err);
    p = twf_job_piece(j, TWF_PIECE_TRAILING);
    if (p == NULL)
        return no_memory(err);
    p->comp_len = c->frame_len;
    return TWF_OK;
}

enum twf_status twf_cut_end(struct twf_cut *c, struct twf_job *j, bool changed, struct twf_error *err)
{
    struct twf_piece *p;

    if (c->codec == CODEC_OPEN && c->carry.len > 0) {
        c->codec = CODEC_PLAIN;
        TWF_TRY(put_carried(c, j, err));
    }
    if (c->in_frame)
        TWF_TRY(end_inside(c, j, err));
    if (twf_cut_is_pending(c))
        return TWF_OK;
    p = twf_job_piece(j, TWF_PIECE_END);
    if (p == NULL)
        return no_memory(err);
    p->changed = changed;
    return TWF_OK;
}
