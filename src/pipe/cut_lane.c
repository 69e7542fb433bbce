/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lane: a long frame is decoded by the reader, chunk by chunk, while workers judge the chunks before.
 * Walking goes ahead of decoding, so that the end of the frame is known when its last byte is at hand.
 */
#include "pipe/cut_state.h"

#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"

enum { BLOCK_MAX = 128 * 1024 };

/* Decoded bytes of the lane in one job: never less than a block. */
static size_t lane_target(const struct twf_cut *c)
{
    return TWF_MAX((size_t)c->setup->job_target, (size_t)BLOCK_MAX);
}

void twf_cut_lane_begin(struct twf_cut *c)
{
    c->lane = c->lane_first = true;
    c->lane_open = c->lane_end = c->lane_bad = false;
    c->lane_ready = 0;
    c->lane_carry = twf_buf_view(&c->carry);
}

static struct twf_piece *new_piece(struct twf_cut *c, struct twf_job *j)
{
    struct twf_piece *p = twf_job_piece(j, TWF_PIECE_LANE);

    if (p == NULL)
        return NULL;
    p->first = c->lane_first;
    c->lane_first = false;
    return p;
}

/* The piece of this job that the lane fills. */
struct twf_piece *twf_cut_lane_piece(struct twf_cut *c, struct twf_job *j)
{
    struct twf_piece *p = j->last_piece;

    if (p != NULL && p->kind == TWF_PIECE_LANE && !p->last && p->fault == NULL)
        return p;
    return new_piece(c, j);
}

/* What came out belongs to the piece at work; at the end of the memory another one begins. */
static bool put_plain(struct twf_cut *c, struct twf_job *j, struct twf_piece **p, struct twf_span out)
{
    if (out.len == 0)
        return true;
    if ((*p)->plain.len > 0 && (*p)->plain.ptr + (*p)->plain.len != out.ptr &&
        (*p = new_piece(c, j)) == NULL)
        return false;
    if ((*p)->plain.len == 0)
        (*p)->plain.ptr = out.ptr;
    (*p)->plain.len += out.len;
    j->lane_len += out.len;
    j->given += out.len;
    return true;
}

/* The frame at work is refused for its window. One byte of it is taken: --salvage looks on behind it. */
static enum twf_status refuse(struct twf_cut *c, struct twf_job *j, size_t *used, struct twf_error *err)
{
    const struct twf_frame_info *info = &c->walk.info;
    struct twf_piece *p = twf_cut_lane_piece(c, j);
    char text[128];
    int n = snprintf(text, sizeof(text), "the frame asks for a window of %llu bytes, more than --memory has room for",
                     (unsigned long long)TWF_MIN(info->window, info->content_size));
    struct twf_span copy = twf_arena_copy(&j->arena, twf_span(text, (size_t)n + 1));

    if (p == NULL || copy.ptr == NULL)
        return twf_cut_no_memory(err);
    p->fault = "frame_refused";
    p->fault_text = (const char *)copy.ptr;
    *used = 1;
    return TWF_OK;
}

enum lane_state { LANE_OPEN, LANE_WAITS, LANE_REFUSED };

/*
 * Memory for the frame at work, once. Where there is none, the frame is refused and not the run: other inputs
 * want to be read. LANE_WAITS: the job leaves first, for it lies in memory that is too small.
 */
static enum lane_state open_lane(struct twf_cut *c, struct twf_job *j)
{
    const struct twf_frame_info *info = &c->walk.info;
    size_t cap;

    if (c->lane_open)
        return LANE_OPEN;
    /*
     * The memory has the same size for any number of threads: a frame that refers to what lies before its
     * window, against RFC 8878, then still gives the same bytes. A window that --max-window refuses is refused
     * where the header is decoded, and needs no memory.
     */
    cap = twf_lane_room(info, info->window > c->setup->max_window ? 0 : c->setup->max_window,
                        TWF_SLAB_LEASES * lane_target(c));
    if (c->setup->lane_max > 0 && cap > c->setup->lane_max)
        return LANE_REFUSED;
    if (c->slab != NULL && c->slab->cap < cap) {
        j->lane_full = j->slab != NULL;
        if (j->lane_full)
            return LANE_WAITS;
        /* Both at once might be more than --memory allows. */
        twf_lender_slab_wait(c->lender, c->slab);
        twf_lender_slab_drop(c->lender, c->slab);
        c->slab = NULL;
    }
    if (c->slab == NULL && (c->slab = twf_lender_slab(cap)) == NULL)
        return LANE_REFUSED;
    twf_lane_begin(c->laner, info, c->slab->mem, c->slab->cap);
    c->lane_open = true;
    return LANE_OPEN;
}

/* Decodes src, as much as the job has room for; *used of it were taken. */
static enum twf_status lane_decode(struct twf_cut *c, struct twf_job *j, struct twf_span src,
                                   size_t *used, struct twf_error *err)
{
    struct twf_piece *p = twf_cut_lane_piece(c, j);
    struct twf_error why = {0};
    struct twf_span out;
    enum twf_status status;

    *used = 0;
    if (p == NULL)
        return twf_cut_no_memory(err);
    status = twf_lane_decode(c->laner, src, used, lane_target(c) - j->lane_len, &out, &why);
    if (!put_plain(c, j, &p, out))
        return twf_cut_no_memory(err);
    j->lane_full = twf_lane_is_full(c->laner);
    if (status == TWF_ERR_NOMEM || status == TWF_ERR_INTERNAL) {
        if (err != NULL)
            *err = why;
        return status;
    }
    if (status != TWF_OK && status != TWF_END) {
        struct twf_span text = twf_arena_copy(&j->arena, twf_span(why.text, strlen(why.text) + 1));

        if (text.ptr == NULL)
            return twf_cut_no_memory(err);
        p->fault = status == TWF_ERR_LIMIT ? "frame_refused" : "frame_damaged";
        p->fault_text = (const char *)text.ptr;
    }
    p->last = status == TWF_END;
    if (status == TWF_OK && src.len > 0 && *used == 0 && out.len == 0 && !j->lane_full)
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
    twf_cut_stop(c);
    c->again_left = twf_buf_view(&c->again);
    return fresh.failed ? twf_cut_no_memory(err) : TWF_OK;
}

/* Accounts for bytes of the lane; ends it where its frame ended, or is damaged. */
static enum twf_status lane_step(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                                 struct twf_error *err)
{
    bool carried = c->lane_carry.len > 0;
    struct twf_span src = carried ? c->lane_carry : twf_span_slice(*bytes, 0, c->lane_ready);
    struct twf_piece *p;
    enum lane_state state = open_lane(c, j);
    size_t used;

    if (state == LANE_WAITS)
        return TWF_OK;
    if (state == LANE_OPEN && j->slab == NULL) {
        j->lease = twf_lender_slab_lease(c->lender, c->slab);
        j->slab = c->slab;
    }
    TWF_TRY(state == LANE_REFUSED ? refuse(c, j, &used, err) : lane_decode(c, j, src, &used, err));
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
        twf_cut_stop(c);
        return twf_cut_put_unread(j, unread, err);
    }
    if (p->last) {
        p->has_checksum = c->walk.info.has_checksum;
        if (c->lane_carry.len > 0 || c->lane_ready > 0 || !c->lane_end)
            return twf_error_set(err, TWF_ERR_INTERNAL, 0, "a frame ends in two places");
        c->any_frame = true;
        twf_cut_end_frame(c);
    }
    return TWF_OK;
}

enum twf_status twf_cut_lane_take(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
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
