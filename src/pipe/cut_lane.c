/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lane: a long frame is decoded by the reader, chunk by chunk, while workers judge the chunks before.
 * Walking goes ahead of decoding, so that the end of the frame is known when its last byte is at hand.
 */
#include "pipe/cut_state.h"

#include <string.h>

#include "base/error.h"

void twf_cut_lane_begin(struct twf_cut *c)
{
    twf_stream_reset(c->stream);
    c->lane = c->lane_first = true;
    c->lane_more = c->lane_end = c->lane_bad = false;
    c->lane_ready = 0;
    c->lane_carry = twf_buf_view(&c->carry);
}

/* The piece of this job that the lane fills. */
struct twf_piece *twf_cut_lane_piece(struct twf_cut *c, struct twf_job *j)
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
    struct twf_piece *p = twf_cut_lane_piece(c, j);
    struct twf_error why = {0};
    size_t cap = (size_t)c->setup->job_target - j->lane_len, got = 0;
    enum twf_status status;

    *used = 0;
    if (p == NULL)
        return twf_cut_no_memory(err);
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
            return twf_cut_no_memory(err);
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
