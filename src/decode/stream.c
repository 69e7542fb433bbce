/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A long frame as a stream. zstd sees one unit of the frame at a time (decode/walk.h): where a call
 * fails, all that came out before it is then known to the byte.
 */
#include "decode/context.h"

#include <zstd_errors.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/error.h"

static void *context_alloc(void *opaque, size_t len)
{
    (void)opaque;
    return twf_malloc(len);
}

static void context_free(void *opaque, void *ptr)
{
    (void)opaque;
    twf_free(ptr);
}

enum twf_status twf_decode_context_new(uint64_t max_window, ZSTD_DCtx **out, struct twf_error *err)
{
    const ZSTD_bounds bounds = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
    ZSTD_DCtx *context = ZSTD_createDCtx_advanced(
        (ZSTD_customMem){.customAlloc = context_alloc, .customFree = context_free});
    int log = bounds.lowerBound;

    if (context == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a zstd context");
    while (log < bounds.upperBound && (uint64_t)1 << log < max_window)
        log++;
    if (ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, log))) {
        ZSTD_freeDCtx(context);
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "zstd refuses a window limit of 2^%d", log);
    }
    *out = context;
    return TWF_OK;
}

static enum twf_status window_too_large(uint64_t window, struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_LIMIT, 0,
                         "the frame asks for a window of %llu bytes, more than --max-window allows",
                         (unsigned long long)window);
}

enum twf_status twf_decode_admit(const struct twf_frame_info *info, uint64_t max_window,
                                 struct twf_error *err)
{
    if (info->dict_id != 0)
        return twf_error_set(err, TWF_ERR_FORMAT, 0, "the frame needs the unknown dictionary %u",
                             info->dict_id);
    return info->window > max_window ? window_too_large(info->window, err) : TWF_OK;
}

enum twf_status twf_decode_ended(const struct twf_frame_info *info, uint64_t out,
                                 struct twf_error *err)
{
    if (info->content_size == TWF_SIZE_UNKNOWN || info->content_size == out)
        return TWF_OK;
    return twf_error_set(err, TWF_ERR_FORMAT, info->comp_len,
                         "zstd: the frame declares %llu bytes and holds %llu",
                         (unsigned long long)info->content_size, (unsigned long long)out);
}

enum twf_status twf_decode_fault(size_t rc, uint64_t off, struct twf_error *err)
{
    switch (ZSTD_getErrorCode(rc)) {
    case ZSTD_error_memory_allocation:
        return twf_error_set(err, TWF_ERR_NOMEM, off, "no memory to decode a zstd frame");
    case ZSTD_error_frameParameter_windowTooLarge:
        return twf_error_set(err, TWF_ERR_LIMIT, off,
                             "the frame asks for a larger window than zstd can decode");
    default:
        return twf_error_set(err, TWF_ERR_FORMAT, off, "zstd: %s", ZSTD_getErrorName(rc));
    }
}

enum twf_status twf_stream_new(uint64_t max_window, struct twf_stream **out, struct twf_error *err)
{
    struct twf_stream *s = twf_calloc(1, sizeof(*s));
    enum twf_status status;

    if (s == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a zstd stream");
    status = twf_decode_context_new(max_window, &s->context, err);
    if (status != TWF_OK) {
        twf_free(s);
        return status;
    }
    s->max_window = max_window;
    twf_frame_walk_init(&s->walk);
    *out = s;
    return TWF_OK;
}

void twf_stream_free(struct twf_stream *s)
{
    if (s == NULL)
        return;
    ZSTD_freeDCtx(s->context);
    twf_free(s);
}

void twf_stream_reset(struct twf_stream *s)
{
    /* Resetting the session cannot fail. */
    (void)ZSTD_DCtx_reset(s->context, ZSTD_reset_session_only);
    twf_frame_walk_init(&s->walk);
    s->ended = s->dst_was_full = s->stuck = s->failed = false;
    s->out = 0;
}

/* The walk goes over the n bytes at ptr; what they forbid is an error. */
static enum twf_status follow(struct twf_stream *s, const uint8_t *ptr, size_t n,
                              struct twf_error *err)
{
    bool had_header = s->walk.header_done;
    enum twf_frame_event event = twf_frame_walk_take(&s->walk, ptr, n);

    if (event == TWF_FRAME_BAD || event == TWF_FRAME_NONE)
        return twf_error_set(err, TWF_ERR_FORMAT, s->walk.info.comp_len - n, "zstd: %s",
                             s->walk.why);
    s->ended = event == TWF_FRAME_END;
    if (!had_header && s->walk.header_done)
        return twf_decode_admit(&s->walk.info, s->max_window, err);
    return TWF_OK;
}

/*
 * The next n bytes, which lie in one unit, to zstd. The walk sees a header before zstd does, for it
 * decides whether zstd may; anything else after it, for zstd takes less where dst is full.
 */
static enum twf_status step(struct twf_stream *s, ZSTD_inBuffer *in, ZSTD_outBuffer *out,
                            struct twf_error *err)
{
    bool header = !s->walk.header_done;
    uint64_t off = s->walk.info.comp_len;
    size_t before = out->pos;
    size_t rc;

    if (header)
        TWF_TRY(follow(s, in->src, in->size, err));
    rc = ZSTD_decompressStream(s->context, out, in);
    if (ZSTD_isError(rc))
        return twf_decode_fault(rc, off, err);
    s->out += out->pos - before;
    s->dst_was_full = out->pos == out->size;
    s->stuck = s->dst_was_full && in->size > 0 && in->pos == 0 && out->pos == before;
    if (!header && in->pos > 0)
        TWF_TRY(follow(s, in->src, in->pos, err));
    if ((rc == 0 && !s->ended) || (header && in->pos < in->size))
        return twf_error_set(err, TWF_ERR_INTERNAL, off, "zstd sees another frame than we do");
    if (rc != 0)
        return TWF_OK;
    TWF_TRY(twf_decode_ended(&s->walk.info, s->out, err));
    return TWF_END;
}

enum twf_status twf_stream_decode(struct twf_stream *s, struct twf_span src, size_t *used,
                                  uint8_t *dst, size_t cap, size_t *produced, struct twf_error *err)
{
    ZSTD_outBuffer out = {dst, cap, 0};
    enum twf_status status = TWF_OK;

    *used = *produced = 0;
    if (s->failed)
        return twf_error_set(err, TWF_ERR_FORMAT, s->walk.info.comp_len, "zstd: damaged before");
    while (status == TWF_OK) {
        uint64_t need = s->ended ? 0 : twf_frame_walk_need(&s->walk);
        size_t n = (size_t)TWF_MIN(need, (uint64_t)(src.len - *used));
        ZSTD_inBuffer in = {src.ptr == NULL ? NULL : src.ptr + *used, n, 0};

        bool room = out.pos < out.size;

        if (n == 0 ? !room || !s->dst_was_full : !room && s->stuck)
            break;
        status = step(s, &in, &out, err);
        *used += in.pos;
    }
    *produced = out.pos;
    s->failed = status != TWF_OK && status != TWF_END;
    if (status == TWF_END) {
        twf_frame_walk_init(&s->walk);
        s->ended = s->dst_was_full = s->stuck = false;
        s->out = 0;
    }
    return status;
}

void twf_decode_libraries(struct twf_buf *out)
{
    twf_buf_printf(out, "  zstd %s", ZSTD_versionString());
}
