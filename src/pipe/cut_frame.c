/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames: a short one goes to the workers as it is, a broken one as far as it goes; --salvage looks for the
 * next one behind damage.
 *
 * A frame is long when more than job_max bytes could come out of it, when its window is larger than
 * allowed (the stream then refuses it in its own words), or when its compressed bytes alone are too
 * many to keep: empty blocks cost three bytes each and yield nothing.
 */
#include "pipe/cut_state.h"

#include <string.h>

#include "base/error.h"

enum twf_status twf_cut_no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an input");
}

/* The job holds block b until it is decoded or judged. */
void twf_cut_hold(struct twf_cut *c, struct twf_job *j, struct twf_block *b)
{
    for (uint32_t i = 0; i < j->block_count; i++) {
        if (j->blocks[i] == b)
            return;
    }
    twf_lender_hold(c->lender, b);
    j->blocks[j->block_count++] = b;
}

/* len bytes behind damage. */
enum twf_status twf_cut_put_unread(struct twf_job *j, uint64_t len, struct twf_error *err)
{
    struct twf_piece *p = j->last_piece;

    if (len == 0)
        return TWF_OK;
    if (p == NULL || p->kind != TWF_PIECE_UNREAD)
        p = twf_job_piece(j, TWF_PIECE_UNREAD);
    if (p == NULL)
        return twf_cut_no_memory(err);
    p->comp_len += len;
    return TWF_OK;
}

void twf_cut_end_frame(struct twf_cut *c)
{
    c->in_frame = c->lane = c->sought = false;
    c->frame_len = 0;
    c->lane_carry = twf_span(NULL, 0);
    twf_buf_reset(&c->carry);
}

/* Nothing that follows in this input is read, or only what --salvage finds. */
void twf_cut_stop(struct twf_cut *c)
{
    twf_cut_end_frame(c);
    c->codec = c->setup->salvage ? TWF_CODEC_SEEK : TWF_CODEC_STOPPED;
}

static bool is_long(const struct twf_cut *c)
{
    const struct twf_frame_info *i = &c->walk.info;
    uint64_t out = i->content_size != TWF_SIZE_UNKNOWN ? i->content_size : i->bound;

    return c->walk.header_done && !i->skippable &&
           (out > c->setup->job_max || i->window > c->setup->max_window ||
            c->carry.len > c->setup->job_max);
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

/* The frame that was walked over, so many bytes of it, without them. */
static struct twf_piece *new_frame(const struct twf_cut *c, struct twf_job *j, uint64_t comp_len)
{
    struct twf_piece *p = twf_job_piece(j, TWF_PIECE_FRAME);
    const struct twf_frame_info *info = &c->walk.info;

    if (p == NULL)
        return NULL;
    p->comp_len = comp_len;
    p->has_checksum = info->has_checksum;
    p->need = info->content_size != TWF_SIZE_UNKNOWN ? info->content_size : info->bound;
    p->sized = c->setup->skim && !c->sought && info->content_size != TWF_SIZE_UNKNOWN;
    return p;
}

static enum twf_status put_skippable(struct twf_job *j, uint64_t comp_len, struct twf_error *err)
{
    struct twf_piece *p = twf_job_piece(j, TWF_PIECE_SKIP);

    if (p == NULL)
        return twf_cut_no_memory(err);
    p->comp_len = comp_len;
    return TWF_OK;
}

/* A frame for the workers: carry, then bytes. */
static struct twf_piece *put_frame(struct twf_cut *c, struct twf_job *j, struct twf_span bytes,
                                   struct twf_block *b)
{
    struct twf_piece *p = new_frame(c, j, c->frame_len + bytes.len);

    if (p == NULL)
        return NULL;
    p->is_head = !c->any_frame;
    p->lazy = p->sized && atomic_load_explicit(&c->source->lazy, memory_order_relaxed);
    j->need += p->need;
    if (c->carry.len == 0 && b != NULL) {
        p->comp = bytes;
        twf_cut_hold(c, j, b);
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
        return twf_cut_no_memory(err);
    p->fault = code;
    p->fault_text = text;
    p->sized = p->lazy = false;
    twf_cut_stop(c);
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
        return twf_cut_no_memory(err);
    at = find_magic(twf_buf_view(&c->carry), 1);
    all = twf_span_slice(twf_buf_view(&c->carry), at, c->carry.len);
    /* What is left of the bytes from last time lies behind those: it was their end. */
    twf_buf_reset(&c->again);
    twf_buf_span(&c->again, all);
    if (c->again.failed)
        return twf_cut_no_memory(err);
    c->carry.len = at;
    c->frame_len = at;
    TWF_TRY(put_broken(c, j, twf_span(NULL, 0), NULL, code, text, err));
    c->again_left = twf_buf_view(&c->again);
    return TWF_OK;
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
        twf_cut_stop(c);
        if (len > 0)
            TWF_TRY(twf_cut_put_unread(j, len, err));
    } else {
        p = twf_job_piece(j, TWF_PIECE_TRAILING);
        if (p == NULL)
            return twf_cut_no_memory(err);
        p->comp_len = c->frame_len + len;
        twf_cut_stop(c);
    }
    *bytes = twf_span_slice(*bytes, c->setup->salvage ? 0 : bytes->len, bytes->len);
    return TWF_OK;
}

enum twf_status twf_cut_frame_take(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
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
        twf_cut_lane_begin(c);
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
        return c->carry.failed ? twf_cut_no_memory(err) : TWF_OK;
    }
    if (c->walk.info.skippable) {
        TWF_TRY(put_skippable(j, c->frame_len + part.len, err));
    } else if (put_frame(c, j, part, b) == NULL) {
        return twf_cut_no_memory(err);
    }
    c->any_frame = true;
    twf_cut_end_frame(c);
    return TWF_OK;
}

bool twf_cut_is_between(const struct twf_cut *c)
{
    return c->codec == TWF_CODEC_ZSTD && !c->in_frame && !c->lane && !c->sought && c->any_frame &&
           c->carry.len == 0 && c->again_left.len == 0;
}

enum twf_status twf_cut_far(struct twf_cut *c, struct twf_job *j, const struct twf_frame_walk *w,
                            uint64_t off, bool *taken, struct twf_error *err)
{
    struct twf_piece *p;

    c->walk = *w;
    *taken = w->info.skippable || (!is_long(c) && w->info.comp_len <= c->setup->job_max);
    if (!*taken)
        return TWF_OK;
    if (w->info.skippable)
        return put_skippable(j, w->info.comp_len, err);
    p = new_frame(c, j, w->info.comp_len);
    if (p == NULL)
        return twf_cut_no_memory(err);
    p->comp.len = (size_t)p->comp_len;
    p->lazy = true;
    p->far = c->source;
    p->far_off = off;
    j->far_need += p->need;
    return TWF_OK;
}

/* Bytes before the codec was known that turn out to begin a frame: they are walked over as carried ones. */
enum twf_status twf_cut_frame_walk_carried(struct twf_cut *c, struct twf_error *err)
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
enum twf_status twf_cut_frame_seek(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                            struct twf_error *err)
{
    size_t at = find_magic(*bytes, 0);

    TWF_TRY(twf_cut_put_unread(j, at, err));
    if (at < bytes->len) {
        c->codec = TWF_CODEC_ZSTD;
        c->sought = true;
    }
    *bytes = twf_span_slice(*bytes, at, bytes->len);
    return TWF_OK;
}

/* The frame at work ends here, unfinished. code "": the next piece tells why. */
enum twf_status twf_cut_frame_break(struct twf_cut *c, struct twf_job *j, const char *code,
                                   const char *text, struct twf_error *err)
{
    struct twf_piece *p;

    if (!c->lane)
        return put_broken(c, j, twf_span(NULL, 0), NULL, code, text, err);
    p = twf_cut_lane_piece(c, j);
    if (p == NULL)
        return twf_cut_no_memory(err);
    p->fault = code;
    p->fault_text = text;
    twf_cut_stop(c);
    return TWF_OK;
}

/* Fewer than four bytes behind the last frame are no frame; more are one that was cut. */
enum twf_status twf_cut_frame_end(struct twf_cut *c, struct twf_job *j, struct twf_error *err)
{
    struct twf_piece *p;

    if (c->setup->salvage && !c->lane && c->frame_len >= 4 && !c->walk.info.skippable)
        return take_again(c, j, twf_span(NULL, 0), "frame_cut", "the input ends inside this frame",
                          err);
    if (c->lane || !c->any_frame || c->frame_len >= 4)
        return twf_cut_frame_break(c, j, "frame_cut", "the input ends inside this frame", err);
    p = twf_job_piece(j, TWF_PIECE_TRAILING);
    if (p == NULL)
        return twf_cut_no_memory(err);
    p->comp_len = c->frame_len;
    return TWF_OK;
}
