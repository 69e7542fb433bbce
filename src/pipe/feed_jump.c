/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames that are only the bodies of attachments are skipped (docs/formats.md), and then most bytes of an archive
 * are not even read: where its frames begin and end is told by their headers and those of their blocks. Whoever
 * splits reads a frame when it is needed. Which frames those are does not depend on this, so that a run has
 * the same results wherever its reader was when the splitter said that frames are skipped.
 */
#include "pipe/feed_state.h"

#include "base/error.h"

/* Where the byte that the cut takes next lies. */
static uint64_t place(const struct twf_feed *r)
{
    if (r->block == NULL)
        return twf_io_tell(r->file);
    return r->block->off + (uint64_t)(r->bytes.ptr - r->block->data);
}

static bool begin(struct twf_feed *r)
{
    if (r->file == NULL || r->at_end || r->no_jumps || r->digest != NULL || r->drop > 0 || !twf_cut_is_between(r->cut))
        return false;
    if (r->source->io == NULL && !twf_io_take_fd(r->file, &r->source->fd))
        return false;
    r->source->io = r->io;
    r->jump_off = place(r);
    r->near_len = 0;
    if (r->block != NULL)
        twf_lender_drop(r->lender, r->block);
    r->block = NULL;
    r->bytes = twf_span(NULL, 0);
    return true;
}

bool twf_feed_jumps(struct twf_feed *r)
{
    if (!r->jumps && atomic_load_explicit(&r->source->lazy, memory_order_relaxed))
        r->jumps = begin(r);
    return r->jumps;
}

/* Some bytes of the file at off; none where there are none, or they cannot be read. */
static struct twf_span near(struct twf_feed *r, uint64_t off)
{
    struct twf_error why;

    if (off < r->near_off || off >= r->near_off + r->near_len) {
        r->near_off = off;
        if (twf_io_peek(r->file, off, r->near, sizeof(r->near), &r->near_len, &why) != TWF_OK)
            r->near_len = 0;
    }
    return twf_span_slice(twf_span(r->near, r->near_len), (size_t)(off - r->near_off), r->near_len);
}

/* Over the frame at jump_off. False where it is none, or not all there. */
static bool walk(struct twf_feed *r, struct twf_frame_walk *w)
{
    const uint64_t size = twf_io_file_stat(r->file)->size;
    enum twf_frame_event event = TWF_FRAME_MORE;

    twf_frame_walk_init(w);
    while (event == TWF_FRAME_MORE) {
        uint64_t off = r->jump_off + w->info.comp_len, ahead = twf_frame_walk_ahead(w);
        size_t used;

        if (off >= size || ahead > size - off)
            return false;
        if (ahead > 0) {
            event = twf_frame_walk_pass(w, ahead);
        } else {
            struct twf_span bytes = near(r, off);

            if (bytes.len == 0)
                return false;
            event = twf_frame_walk_feed(w, bytes.ptr, bytes.len, false, &used);
        }
    }
    return event == TWF_FRAME_END;
}

static void land(struct twf_feed *r)
{
    r->jumps = false;
    r->drop = r->jump_off - twf_io_go_to(r->file, r->jump_off);
}

enum twf_status twf_feed_jump(struct twf_feed *r, struct twf_job *j, struct twf_error *err)
{
    struct twf_frame_walk w;

    if (!atomic_load_explicit(&r->source->lazy, memory_order_relaxed)) {
        land(r);
        return TWF_OK;
    }
    r->no_jumps = true;
    if (walk(r, &w)) {
        bool taken;

        TWF_TRY(twf_cut_far(r->cut, j, &w, r->jump_off, &taken, err));
        r->no_jumps = !taken;
    }
    if (r->no_jumps)
        land(r);
    else
        r->jump_off += w.info.comp_len;
    return TWF_OK;
}
