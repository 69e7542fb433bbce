/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A long frame block by block into memory that goes round. zstd's own streaming decodes into a window of
 * its own and copies every byte out of it; here what came out stays where it was decoded, is the window
 * for what follows, and is read by others meanwhile. Where the memory is full, decoding begins again at
 * its front: zstd takes the part before for a dictionary, as it does with its own window.
 */
#include "decode/context.h"

#include <string.h>
#include <zstd_errors.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/error.h"

enum {
    BLOCK_MAX = 128 * 1024, /* RFC 8878 section 3.1.1.2.4 */
    MARGIN = 64             /* bytes behind a block into which zstd copies wildly */
};

struct twf_lane {
    ZSTD_DCtx *context;
    uint64_t max_window;
    struct twf_frame_walk walk;
    uint64_t out;                             /* bytes of the frame that came out */
    uint8_t *mem;
    size_t cap, at, block_max;
    bool full, failed;
    size_t part_len;                          /* of a unit that was cut by the end of the bytes */
    uint8_t part[BLOCK_MAX + 16];
};

enum twf_status twf_lane_new(uint64_t max_window, struct twf_lane **out, struct twf_error *err)
{
    struct twf_lane *l = twf_calloc(1, sizeof(*l));
    enum twf_status status;

    *out = NULL;
    if (l == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a long frame");
    l->max_window = max_window;
    status = twf_decode_context_new(max_window, &l->context, err);
    if (status != TWF_OK) {
        twf_free(l);
        return status;
    }
    *out = l;
    return TWF_OK;
}

void twf_lane_free(struct twf_lane *l)
{
    if (l == NULL)
        return;
    ZSTD_freeDCtx(l->context);
    twf_free(l);
}

size_t twf_lane_room(const struct twf_frame_info *info, uint64_t max_window, size_t keep)
{
    uint64_t window = TWF_MIN(TWF_MIN(info->window, info->content_size), max_window);

    window = TWF_MIN(window, (uint64_t)(SIZE_MAX / 2));
    return TWF_MAX((size_t)window, keep) + 2 * (BLOCK_MAX + MARGIN);
}

void twf_lane_begin(struct twf_lane *l, const struct twf_frame_info *info, uint8_t *mem, size_t cap)
{
    if (mem != l->mem)
        l->at = 0;
    l->mem = mem;
    l->cap = cap;
    /* A header that admits no block of its size is refused when it is seen. */
    l->block_max = (size_t)TWF_MIN(info->window, (uint64_t)BLOCK_MAX);
    l->full = l->failed = false;
    l->part_len = 0;
    l->out = 0;
    twf_frame_walk_init(&l->walk);
    (void)ZSTD_decompressBegin(l->context); /* fails for a dictionary only, and there is none */
}

bool twf_lane_is_full(const struct twf_lane *l)
{
    return l->full;
}

/* The walk goes over a unit; what it forbids is an error. */
static enum twf_status follow(struct twf_lane *l, const uint8_t *ptr, size_t n, struct twf_error *err)
{
    bool had_header = l->walk.header_done;
    size_t used = 0;
    enum twf_frame_event event = twf_frame_walk_feed(&l->walk, ptr, n, false, &used);

    if (event == TWF_FRAME_BAD || event == TWF_FRAME_NONE)
        return twf_error_set(err, TWF_ERR_FORMAT, l->walk.info.comp_len - n, "zstd: %s", l->walk.why);
    if (!had_header && l->walk.header_done)
        return twf_decode_admit(&l->walk.info, l->max_window, err);
    return TWF_OK;
}

/* One unit, whole, to zstd. */
static enum twf_status step(struct twf_lane *l, struct twf_span unit, bool is_block,
                            struct twf_span *out, struct twf_error *err)
{
    uint64_t off = l->walk.info.comp_len;
    bool header = !l->walk.header_done;
    size_t rc;

    /* The walk sees the header of the frame before zstd does: it decides whether zstd may. */
    if (header)
        TWF_TRY(follow(l, unit.ptr, unit.len, err));
    rc = ZSTD_decompressContinue(l->context, is_block ? l->mem + l->at : NULL,
                                 is_block ? l->block_max + MARGIN : 0, unit.ptr, unit.len);
    if (ZSTD_isError(rc) && ZSTD_getErrorCode(rc) == ZSTD_error_dstSize_tooSmall)
        return twf_error_set(err, TWF_ERR_FORMAT, off, "zstd: a block is larger than the frame allows");
    if (ZSTD_isError(rc))
        return twf_decode_fault(rc, off, err);
    if (is_block) {
        l->at += rc;
        l->out += rc;
        out->len += rc;
    }
    return header ? TWF_OK : follow(l, unit.ptr, unit.len, err);
}

/* The next unit out of what was cut before and src; false: it needs more. */
static bool next_unit(struct twf_lane *l, size_t need, struct twf_span src, size_t *used,
                      struct twf_span *unit)
{
    size_t more = need - l->part_len, have = src.len - *used;

    if (l->part_len == 0 && have >= need) {
        *unit = twf_span(src.ptr + *used, need);
        *used += need;
        return true;
    }
    more = TWF_MIN(more, have);
    if (more > 0)
        memcpy(l->part + l->part_len, src.ptr + *used, more);
    *used += more;
    l->part_len += more;
    *unit = twf_span(l->part, l->part_len);
    return l->part_len == need;
}

/* There is a place for one more block behind what came out so far. */
static bool has_place(struct twf_lane *l, size_t room, struct twf_span *out)
{
    l->full = room - out->len < l->block_max;
    if (l->full)
        return false;
    if (l->cap - l->at >= l->block_max + MARGIN)
        return true;
    if (out->len > 0)
        return false; /* what the caller gets lies in one piece */
    l->at = 0;
    out->ptr = l->mem;
    return true;
}

enum twf_status twf_lane_decode(struct twf_lane *l, struct twf_span src, size_t *used, size_t room,
                                struct twf_span *out, struct twf_error *err)
{
    *used = 0;
    *out = twf_span(l->mem + l->at, 0);
    l->full = false;
    if (l->failed)
        return twf_error_set(err, TWF_ERR_FORMAT, l->walk.info.comp_len, "zstd: damaged before");
    for (;;) {
        size_t need = ZSTD_nextSrcSizeToDecompress(l->context), before = *used;
        bool is_block = ZSTD_nextInputType(l->context) == ZSTDnit_block ||
                        ZSTD_nextInputType(l->context) == ZSTDnit_lastBlock;
        struct twf_span unit;
        enum twf_status status;

        if (need == 0) {
            status = twf_decode_ended(&l->walk.info, l->out, err);
            l->failed = status != TWF_OK;
            return status == TWF_OK ? TWF_END : status;
        }
        if (need > sizeof(l->part))
            return twf_error_set(err, TWF_ERR_INTERNAL, l->walk.info.comp_len, "a unit too large");
        if (l->part_len + (src.len - before) >= need && is_block && !has_place(l, room, out))
            return TWF_OK;
        if (!next_unit(l, need, src, used, &unit))
            return TWF_OK;
        l->part_len = 0;
        status = step(l, unit, is_block, out, err);
        if (status != TWF_OK) {
            l->failed = true;
            *used = before;
            return status;
        }
    }
}
