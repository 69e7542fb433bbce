/* SPDX-License-Identifier: Apache-2.0 */
/* The first bytes tell what an input is; from then on its bytes go to frames, to the lane, or on as they are. */
#include "pipe/cut_state.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

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
    status = twf_lane_new(s->max_window, &c->laner, err);
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
    twf_lane_free(c->laner);
    twf_lender_slab_drop(c->lender, c->slab);
    twf_buf_fini(&c->carry);
    twf_buf_fini(&c->again);
    twf_free(c);
}

bool twf_cut_is_full(const struct twf_cut *c, const struct twf_job *j)
{
    enum { FAR = 8 }; /* of so many frames that are skipped one may be needed after all */

    return j->lane_full || j->need + j->given + j->far_need / FAR >= c->setup->job_target ||
           j->block_count == TWF_JOB_BLOCKS || j->piece_count >= TWF_JOB_PIECES;
}

bool twf_cut_is_pending(const struct twf_cut *c)
{
    return c->again_left.len > 0 || (c->lane && c->lane_carry.len > 0);
}

enum twf_status twf_cut_start(struct twf_cut *c, struct twf_job *j, struct twf_source *source,
                              struct twf_error *err)
{
    struct twf_piece *p = twf_job_piece(j, TWF_PIECE_START);

    if (p == NULL)
        return twf_cut_no_memory(err);
    p->source = source;
    twf_cut_resume(c, source, TWF_CODEC_OPEN, false);
    return TWF_OK;
}

void twf_cut_resume(struct twf_cut *c, struct twf_source *source, enum twf_cut_codec codec,
                    bool any_frame)
{
    c->source = source;
    c->codec = codec;
    c->any_frame = any_frame;
    c->in_frame = c->lane = c->sought = false;
    c->again_left = twf_span(NULL, 0);
    c->from_again = false;
    c->frame_len = 0;
    c->lane_carry = twf_span(NULL, 0);
    twf_buf_reset(&c->carry);
}

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
        return c->carry.failed ? twf_cut_no_memory(err) : TWF_OK;
    }
    if (have > 0)
        memcpy(start, c->carry.ptr, have);
    memcpy(start + have, bytes->ptr, sizeof(start) - have);
    c->codec = is_zstd_magic(start) ? TWF_CODEC_ZSTD : TWF_CODEC_PLAIN;
    return TWF_OK;
}

/* Bytes that came one by one before the codec was known, in the job's memory. */
static enum twf_status put_carried(struct twf_cut *c, struct twf_job *j, struct twf_error *err)
{
    struct twf_piece *p = twf_job_piece(j, TWF_PIECE_PLAIN);

    if (p == NULL)
        return twf_cut_no_memory(err);
    p->plain = twf_arena_copy(&j->arena, twf_buf_view(&c->carry));
    p->comp_len = p->plain.len;
    twf_buf_reset(&c->carry);
    return j->arena.failed ? twf_cut_no_memory(err) : TWF_OK;
}

static enum twf_status take_plain(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                                  struct twf_block *b, struct twf_error *err)
{
    struct twf_piece *p;

    if (c->carry.len > 0)
        TWF_TRY(put_carried(c, j, err));
    p = twf_job_piece(j, TWF_PIECE_PLAIN);
    if (p == NULL)
        return twf_cut_no_memory(err);
    p->plain = *bytes;
    p->comp_len = bytes->len;
    j->given += bytes->len;
    twf_cut_hold(c, j, b);
    *bytes = twf_span_slice(*bytes, bytes->len, bytes->len);
    return TWF_OK;
}

static enum twf_status step(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                            struct twf_block *b, struct twf_error *err)
{
    uint64_t len;

    switch (c->codec) {
    case TWF_CODEC_OPEN: return find_codec(c, bytes, err);
    case TWF_CODEC_PLAIN: return take_plain(c, j, bytes, b, err);
    case TWF_CODEC_ZSTD:
        if (c->lane)
            return twf_cut_lane_take(c, j, bytes, err);
        TWF_TRY(twf_cut_frame_walk_carried(c, err));
        return twf_cut_frame_take(c, j, bytes, b, err);
    case TWF_CODEC_SEEK: return twf_cut_frame_seek(c, j, bytes, err);
    default:
        len = bytes->len;
        *bytes = twf_span_slice(*bytes, bytes->len, bytes->len);
        return twf_cut_put_unread(j, len, err);
    }
}

/* The splitter judges nothing more of this input: its bytes are counted, and not decoded. */
static enum twf_status give_up(struct twf_cut *c, struct twf_job *j, struct twf_error *err)
{
    uint64_t passed = c->lane ? c->lane_carry.len : c->frame_len;

    if (!c->in_frame)
        passed = 0;
    twf_cut_end_frame(c);
    c->codec = TWF_CODEC_STOPPED;
    return twf_cut_put_unread(j, passed, err);
}

enum twf_status twf_cut_take(struct twf_cut *c, struct twf_job *j, struct twf_span *bytes,
                             struct twf_block *b, struct twf_error *err)
{
    while ((bytes->len > 0 || twf_cut_is_pending(c)) && !twf_cut_is_full(c, j)) {
        if ((c->codec == TWF_CODEC_ZSTD || c->codec == TWF_CODEC_SEEK) &&
            atomic_load_explicit(&c->source->over, memory_order_relaxed))
            TWF_TRY(give_up(c, j, err));
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

enum twf_status twf_cut_hole(struct twf_cut *c, struct twf_job *j, uint64_t len, struct twf_error *err)
{
    struct twf_piece *p;

    if (c->codec == TWF_CODEC_OPEN) {
        c->codec = TWF_CODEC_PLAIN;
        if (c->carry.len > 0)
            TWF_TRY(put_carried(c, j, err));
    }
    if (c->in_frame)
        TWF_TRY(twf_cut_frame_break(c, j, "", "", err));
    p = twf_job_piece(j, TWF_PIECE_HOLE);
    if (p == NULL)
        return twf_cut_no_memory(err);
    p->comp_len = len;
    if (c->codec == TWF_CODEC_ZSTD)
        twf_cut_stop(c);
    return TWF_OK;
}

enum twf_status twf_cut_end(struct twf_cut *c, struct twf_job *j, bool changed, struct twf_error *err)
{
    struct twf_piece *p;

    if (c->codec == TWF_CODEC_OPEN && c->carry.len > 0) {
        c->codec = TWF_CODEC_PLAIN;
        TWF_TRY(put_carried(c, j, err));
    }
    if (c->in_frame)
        TWF_TRY(twf_cut_frame_end(c, j, err));
    if (twf_cut_is_pending(c))
        return TWF_OK;
    p = twf_job_piece(j, TWF_PIECE_END);
    if (p == NULL)
        return twf_cut_no_memory(err);
    p->changed = changed;
    return TWF_OK;
}
