/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One frame into memory. The fast way is zstd's one-pass decoder, which needs neither a window of
 * its own nor a copy; it tells nothing where it fails, and then the frame is decoded again as a
 * stream.
 */
#include "decode/context.h"

#include <zstd_errors.h>

#include "base/alloc.h"
#include "base/error.h"

struct twf_decoder {
    struct twf_stream *stream; /* the one-pass decoder uses its context */
    /* The beginning of a frame: by a prefix decoder, or what that refuses, block by block. */
    struct twf_prefix *prefixes[TWF_DECODER_HEADS], *prefix;
    bool by_blocks;
    struct twf_frame_head heads[TWF_DECODER_HEADS]; /* prepared, of which those before head_at had their turn */
    size_t head_at, head_len;
    size_t literals; /* that heads need, as they come */
    struct twf_span comp;
    uint8_t *dst;
    size_t cap, produced, used;
};

enum twf_status twf_decoder_new(struct twf_decoder **out, struct twf_error *err)
{
    struct twf_decoder *d = twf_calloc(1, sizeof(*d));
    enum twf_status status = TWF_OK;

    if (d == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a zstd decoder");
    for (size_t i = 0; i < TWF_DECODER_HEADS && status == TWF_OK; i++) {
        d->prefixes[i] = twf_prefix_new();
        if (d->prefixes[i] == NULL)
            status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a zstd decoder");
    }
    d->literals = 4096;
    if (status == TWF_OK)
        status = twf_stream_new(UINT64_MAX, &d->stream, err);
    if (status != TWF_OK) {
        twf_decoder_free(d);
        return status;
    }
    *out = d;
    return TWF_OK;
}

void twf_decoder_free(struct twf_decoder *d)
{
    if (d == NULL)
        return;
    twf_stream_free(d->stream);
    for (size_t i = 0; i < TWF_DECODER_HEADS; i++)
        twf_prefix_free(d->prefixes[i]);
    twf_free(d);
}

/* Goes over the header alone, wherever it is cut. False where there is none. */
static bool walk_header(const struct twf_span *segments, size_t n, struct twf_frame_walk *w)
{
    twf_frame_walk_init(w);
    for (size_t i = 0; i < n; i++) {
        for (size_t at = 0; at < segments[i].len;) {
            size_t left = segments[i].len - at;
            size_t need = (size_t)TWF_MIN(twf_frame_walk_need(w), (uint64_t)left);
            enum twf_frame_event event = twf_frame_walk_take(w, segments[i].ptr + at, need);

            if (w->header_done || event != TWF_FRAME_MORE)
                return w->header_done;
            at += need;
        }
    }
    return false;
}

static enum twf_status more_than_cap(size_t cap, struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_LIMIT, 0, "the frame holds more than %zu bytes", cap);
}

/* Every byte of the frame is with the stream, and it did not end. */
static enum twf_status cut(struct twf_stream *s, size_t cap, struct twf_error *err)
{
    size_t used, got;
    uint8_t spare;

    /* It can still hold bytes for which dst had no room. */
    TWF_TRY(twf_stream_decode(s, twf_span(NULL, 0), &used, &spare, 1, &got, err));
    if (got > 0)
        return more_than_cap(cap, err);
    return twf_error_set(err, TWF_ERR_FORMAT, s->walk.info.comp_len, "zstd: the frame is cut");
}

static enum twf_status decode_streaming(struct twf_stream *s, const struct twf_span *segments,
                                        size_t n, uint8_t *dst, size_t cap, size_t *produced,
                                        struct twf_error *err)
{
    enum twf_status status = TWF_OK;

    *produced = 0;
    twf_stream_reset(s);
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;

        while (at < segments[i].len) {
            size_t used, got;

            if (status == TWF_END)
                return twf_error_set(err, TWF_ERR_INTERNAL, 0, "bytes behind a zstd frame");
            status = twf_stream_decode(s, twf_span_slice(segments[i], at, segments[i].len), &used,
                                       dst + *produced, cap - *produced, &got, err);
            at += used;
            *produced += got;
            if (status != TWF_OK && status != TWF_END)
                return status;
            if (used == 0 && got == 0)
                return more_than_cap(cap, err);
        }
    }
    return status == TWF_END ? TWF_OK : cut(s, cap, err);
}

enum twf_status twf_decoder_frame(struct twf_decoder *d, const struct twf_span *segments, size_t n,
                                  uint8_t *dst, size_t cap, size_t *produced,
                                  enum twf_frame_verified *verified, struct twf_error *err)
{
    struct twf_frame_walk walk;
    enum twf_status status;

    *produced = 0;
    *verified = TWF_VERIFIED_BAD;
    if (walk_header(segments, n, &walk)) {
        TWF_TRY(twf_decode_admit(&walk.info, UINT64_MAX, err));
        if (walk.info.content_size != TWF_SIZE_UNKNOWN && walk.info.content_size > cap)
            return more_than_cap(cap, err);
        if (n == 1) {
            size_t rc =
                ZSTD_decompressDCtx(d->stream->context, dst, cap, segments[0].ptr, segments[0].len);

            if (!ZSTD_isError(rc)) {
                *produced = rc;
                *verified = walk.info.has_checksum ? TWF_VERIFIED_OK : TWF_VERIFIED_NONE;
                return TWF_OK;
            }
            if (ZSTD_getErrorCode(rc) == ZSTD_error_dstSize_tooSmall)
                return more_than_cap(cap, err);
        }
    }
    status = decode_streaming(d->stream, segments, n, dst, cap, produced, err);
    if (status == TWF_OK)
        *verified = walk.info.has_checksum ? TWF_VERIFIED_OK : TWF_VERIFIED_NONE;
    return status;
}

static void begin_blocks(struct twf_decoder *d)
{
    (void)ZSTD_decompressBegin(d->stream->context); /* fails for a dictionary only, and there is none */
    d->produced = d->used = 0;
    d->by_blocks = true;
}

/* Whole blocks, until there are want bytes. */
static enum twf_status more_blocks(struct twf_decoder *d, size_t want, struct twf_error *err)
{
    ZSTD_DCtx *context = d->stream->context;
    size_t need;

    while (d->produced < want && (need = ZSTD_nextSrcSizeToDecompress(context)) > 0) {
        size_t rc;

        if (need > d->comp.len - d->used)
            return twf_error_set(err, TWF_ERR_FORMAT, d->used, "zstd: the frame is cut");
        rc = ZSTD_decompressContinue(context, d->dst + d->produced, d->cap - d->produced,
                                     d->comp.ptr + d->used, need);
        if (ZSTD_isError(rc))
            return twf_decode_fault(rc, d->used, err);
        d->used += need;
        d->produced += rc;
    }
    return d->produced < want ? TWF_END : TWF_OK;
}

enum twf_status twf_decoder_more(struct twf_decoder *d, size_t want, size_t *produced, size_t *used,
                                 struct twf_error *err)
{
    enum twf_status status = TWF_ERR_FORMAT;

    if (!d->by_blocks) {
        status = twf_prefix_more(d->prefix, want, &d->produced);
        d->used = twf_prefix_used(d->prefix);
    }
    if (status == TWF_ERR_FORMAT) {
        if (!d->by_blocks)
            begin_blocks(d);
        status = more_blocks(d, want, err);
    }
    *produced = d->produced;
    *used = d->used;
    return status;
}

/*
 * About what most of the heads took that were prepared last: of too many each costs a third of one that is decoded
 * alone because there were too few.
 */
static void learn_literals(struct twf_decoder *d)
{
    for (size_t i = 0; i < d->head_at; i++) {
        size_t taken = TWF_MIN(twf_prefix_literals(d->prefixes[i]), (size_t)UINT16_MAX);

        d->literals = taken > d->literals ? d->literals + (taken - d->literals) / 4
                                          : d->literals - (d->literals - taken) / 12;
    }
}

void twf_decoder_prepare(struct twf_decoder *d, const struct twf_frame_head *heads, size_t n)
{
    learn_literals(d);
    d->head_at = 0;
    d->head_len = n;
    for (size_t i = 0; i < n; i++) {
        d->heads[i] = heads[i];
        if (!twf_prefix_begin(d->prefixes[i], heads[i].comp, heads[i].dst, heads[i].cap))
            continue; /* it says so again when it is its turn */
    }
    twf_prefix_abreast(d->prefixes, n, d->literals);
}

/* The frame that begins is the next one of those that were prepared. */
static bool take_prepared(struct twf_decoder *d)
{
    const struct twf_frame_head *h = &d->heads[d->head_at];

    if (d->head_at >= d->head_len || h->comp.ptr != d->comp.ptr || h->comp.len != d->comp.len ||
        h->dst != d->dst || h->cap != d->cap)
        return false;
    d->prefix = d->prefixes[d->head_at++];
    return true;
}

enum twf_status twf_decoder_begin(struct twf_decoder *d, struct twf_span comp, uint8_t *dst,
                                  size_t cap, size_t want, size_t *produced, size_t *used,
                                  struct twf_error *err)
{
    d->comp = comp;
    d->dst = dst;
    d->cap = cap;
    d->by_blocks = false;
    if (!take_prepared(d)) {
        d->prefix = d->prefixes[0];
        d->head_len = 0;
        if (!twf_prefix_begin(d->prefix, comp, dst, cap))
            begin_blocks(d);
    }
    return twf_decoder_more(d, want, produced, used, err);
}
