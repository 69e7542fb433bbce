/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk over a frame's block headers (decode) runs before its bytes are decoded: so a frame ends
 * where its blocks end and not where zstd stops, and a frame that is stepped over costs no decoding.
 */
#include "api/plain.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "decode/decode.h"

enum { BLOCK = 1 << 20 };

struct twf_plain {
    struct twf_io *io;
    struct twf_io_file *file;
    struct twf_stream *stream;
    struct twf_block *block;  /* lent by io, or NULL */
    uint8_t *jumped;          /* BLOCK bytes, once a jump was made; then io's sequence is left */
    uint8_t *plain;           /* TWF_PLAIN_CHUNK bytes */
    struct twf_span in, part; /* not walked yet; walked and not decoded yet */
    uint64_t pos;             /* of in.ptr[0] in the file */
    uint64_t off;             /* of the next decoded byte */
    uint64_t want, frame_off;
    int64_t frame_index;
    struct twf_frame_walk walk;
    bool decided, is_zstd, in_frame, passing, walked, flush, frame_done;
    enum twf_status failed; /* what the next call returns */
    struct twf_error why;
    struct twf_plain_counts counts;
};

enum twf_status twf_plain_open(struct twf_io *io, const char *path, uint64_t max_window,
                               struct twf_plain **out, struct twf_error *err)
{
    struct twf_plain *p = twf_calloc(1, sizeof(*p));
    enum twf_status status;

    *out = NULL;
    if (p == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to read an archive");
    p->io = io;
    p->plain = twf_malloc(TWF_PLAIN_CHUNK);
    status = p->plain == NULL ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for decoded bytes")
                              : twf_stream_new(max_window, &p->stream, err);
    if (status == TWF_OK)
        status = twf_io_open(io, path, &p->file, err);
    if (status != TWF_OK) {
        twf_plain_close(p);
        return status;
    }
    *out = p;
    return TWF_OK;
}

static void give_back(struct twf_plain *p)
{
    if (p->block != NULL)
        twf_io_return(p->io, p->block);
    p->block = NULL;
}

void twf_plain_close(struct twf_plain *p)
{
    if (p == NULL)
        return;
    give_back(p);
    if (p->file != NULL)
        twf_io_close(p->file, NULL);
    twf_stream_free(p->stream);
    twf_free(p->plain);
    twf_free(p->jumped);
    twf_free(p);
}

bool twf_plain_changed(struct twf_plain *p)
{
    bool changed = false;

    give_back(p);
    if (p->file != NULL)
        twf_io_close(p->file, &changed);
    p->file = NULL;
    p->failed = TWF_END;
    return changed;
}

void twf_plain_want(struct twf_plain *p, uint64_t off)
{
    p->want = off;
}

void twf_plain_jump(struct twf_plain *p, uint64_t frame_off, uint64_t off, int64_t frame_index)
{
    give_back(p);
    p->failed = TWF_OK;
    if (p->jumped == NULL && (p->jumped = twf_malloc(BLOCK)) == NULL)
        p->failed = twf_error_set(&p->why, TWF_ERR_NOMEM, 0, "no memory to jump");
    p->in = p->part = (struct twf_span){NULL, 0};
    p->pos = frame_off;
    p->off = off;
    p->frame_index = frame_index;
    p->in_frame = p->flush = p->frame_done = false;
    twf_stream_reset(p->stream);
}

bool twf_plain_is_zstd(const struct twf_plain *p)
{
    return p->is_zstd;
}

const struct twf_plain_counts *twf_plain_counted(const struct twf_plain *p)
{
    return &p->counts;
}

const struct twf_io_stat *twf_plain_stat(const struct twf_plain *p)
{
    return twf_io_file_stat(p->file);
}

enum twf_status twf_plain_peek(struct twf_plain *p, uint64_t off, uint8_t *buf, size_t len,
                               size_t *got, struct twf_error *err)
{
    return twf_io_peek(p->file, off, buf, len, got, err);
}

/* The next bytes of the file into in; TWF_END at its end. */
static enum twf_status fill(struct twf_plain *p, struct twf_error *err)
{
    enum twf_status status;
    size_t got = 0;

    if (p->jumped != NULL) {
        status = twf_io_peek(p->file, p->pos, p->jumped, BLOCK, &got, err);
        p->in = twf_span(p->jumped, got);
        return status == TWF_OK && got == 0 ? TWF_END : status;
    }
    give_back(p);
    status = twf_io_next(p->file, &p->block, err);
    if (status == TWF_OK)
        p->in = twf_span(p->block->data, p->block->len);
    return status;
}

/* n bytes of in were taken. */
static struct twf_span take(struct twf_plain *p, size_t n)
{
    struct twf_span taken = twf_span_slice(p->in, 0, n);

    p->in = twf_span_slice(p->in, n, p->in.len);
    p->pos += n;
    p->counts.in_bytes += n;
    return taken;
}

static enum twf_status decide(struct twf_plain *p, struct twf_error *err)
{
    uint8_t start[4] = {0};
    size_t got = 0;

    if (twf_io_file_stat(p->file)->regular) {
        TWF_TRY(twf_io_peek(p->file, 0, start, sizeof(start), &got, err));
    } else {
        /* A stream has its first block only once; one shorter than a magic is a pipe's whim. */
        enum twf_status status = fill(p, err);

        if (status != TWF_OK && status != TWF_END)
            return status;
        got = TWF_MIN(sizeof(start), p->in.len);
        if (got > 0)
            memcpy(start, p->in.ptr, got);
    }
    p->is_zstd =
        got == 4 &&
        ((start[0] == 0x28 && start[1] == 0xB5 && start[2] == 0x2F && start[3] == 0xFD) ||
         ((start[0] & 0xF0) == 0x50 && start[1] == 0x2A && start[2] == 0x4D && start[3] == 0x18));
    p->decided = true;
    return TWF_OK;
}

static void begin_frame(struct twf_plain *p)
{
    p->in_frame = true;
    p->passing = p->walked = false;
    p->frame_off = p->pos;
    twf_frame_walk_init(&p->walk);
    twf_stream_reset(p->stream);
}

static void end_frame(struct twf_plain *p)
{
    const struct twf_frame_info *info = &p->walk.info;

    p->in_frame = p->flush = false;
    p->frame_index++;
    if (info->skippable) {
        p->counts.skippable++;
        return;
    }
    if (p->passing) {
        p->off += info->content_size;
        p->counts.passed++;
        return;
    }
    p->counts.frames++;
    p->counts.without_checksum += !info->has_checksum;
    p->counts.max_window = TWF_MAX(p->counts.max_window, info->window);
}

/* Walked bytes into plain ones. *produced 0: go on with more bytes. */
static enum twf_status decode_part(struct twf_plain *p, size_t *produced, struct twf_error *err)
{
    struct twf_error why = {0};
    size_t used = 0;
    enum twf_status status;

    status =
        twf_stream_decode(p->stream, p->part, &used, p->plain, TWF_PLAIN_CHUNK, produced, &why);
    p->part = twf_span_slice(p->part, used, p->part.len);
    p->flush = status == TWF_OK && *produced == TWF_PLAIN_CHUNK;
    if (status == TWF_END) {
        p->frame_done = true; /* ends the frame once this chunk is out */
        return TWF_OK;
    }
    if (status != TWF_OK) {
        why.off += p->frame_off;
        p->failed = status;
        p->why = why;
        if (*produced > 0)
            return TWF_OK; /* what was proved to be there first */
        if (err != NULL)
            *err = why;
        return status;
    }
    if (!p->flush && (p->walked ? p->part.len == 0 : *produced == 0 && used == 0))
        return twf_error_set(err, TWF_ERR_INTERNAL, p->frame_off, "decoding stands still");
    return TWF_OK;
}

/* A step over the frame at work: what it has to be decoded of becomes part. */
static enum twf_status walk(struct twf_plain *p, struct twf_error *err)
{
    bool is_new = !p->in_frame;
    enum twf_frame_event event;
    size_t used = 0;

    if (is_new)
        begin_frame(p);
    event = twf_frame_walk_feed(&p->walk, p->in.ptr, p->in.len, false, &used);
    if (event == TWF_FRAME_NONE)
        return p->failed =
                   twf_error_set(err, TWF_ERR_FORMAT, p->frame_off, "bytes that are no zstd frame");
    if (event == TWF_FRAME_BAD)
        return p->failed = twf_error_set(err, TWF_ERR_FORMAT, p->frame_off, "damaged frame: %s",
                                         p->walk.why);
    if (is_new && p->want > p->off && p->walk.header_done && !p->walk.info.skippable &&
        p->walk.info.content_size != TWF_SIZE_UNKNOWN && p->walk.info.content_size <= p->want &&
        p->off <= p->want - p->walk.info.content_size)
        p->passing = true;
    if (p->walk.info.skippable || p->passing)
        (void)take(p, used);
    else
        p->part = take(p, used);
    p->walked = event == TWF_FRAME_END;
    if (p->walked && (p->walk.info.skippable || p->passing))
        end_frame(p);
    return TWF_OK;
}

enum twf_status twf_plain_settle(struct twf_plain *p, bool *has_checksum, struct twf_error *err)
{
    while (p->in_frame && !p->frame_done) {
        size_t produced = 0;

        if (p->part.len > 0 || p->flush) {
            TWF_TRY(decode_part(p, &produced, err));
        } else if (p->in.len > 0) {
            TWF_TRY(walk(p, err));
        } else {
            enum twf_status status = fill(p, err);

            if (status != TWF_OK)
                return status == TWF_END ? twf_error_set(err, TWF_ERR_FORMAT, p->frame_off,
                                                         "the input ends inside a frame")
                                         : status;
        }
        if (produced > 0)
            return p->failed = twf_error_set(err, TWF_ERR_FORMAT, p->frame_off,
                                             "a frame that is longer than its table says");
    }
    *has_checksum = p->walk.info.has_checksum;
    return TWF_OK;
}

static enum twf_status next_zstd(struct twf_plain *p, struct twf_plain_chunk *out,
                                 struct twf_error *err)
{
    for (;;) {
        size_t produced = 0;
        enum twf_status status;

        if (p->frame_done) {
            p->frame_done = false;
            end_frame(p);
        }
        if (p->part.len > 0 || p->flush) {
            TWF_TRY(decode_part(p, &produced, err));
            if (produced == 0)
                continue;
            *out = (struct twf_plain_chunk){twf_span(p->plain, produced), p->off, p->frame_off,
                                            p->frame_index};
            p->off += produced;
            p->counts.out_bytes += produced;
            return TWF_OK;
        }
        if (p->in.len == 0) {
            status = fill(p, err);
            if (status == TWF_END && p->in_frame)
                return p->failed = twf_error_set(err, TWF_ERR_FORMAT, p->frame_off,
                                                 "the input ends inside a frame");
            if (status != TWF_OK)
                return p->failed = status;
        }
        TWF_TRY(walk(p, err));
    }
}

static enum twf_status next_plain(struct twf_plain *p, struct twf_plain_chunk *out,
                                  struct twf_error *err)
{
    if (p->want > p->pos && p->in.len == 0 && twf_io_file_stat(p->file)->regular)
        twf_plain_jump(p, p->want, p->want, 0);
    if (p->in.len == 0) {
        enum twf_status status = fill(p, err);

        if (status != TWF_OK)
            return p->failed = status;
    }
    *out = (struct twf_plain_chunk){.off = p->pos};
    out->bytes = take(p, TWF_MIN(p->in.len, (size_t)TWF_PLAIN_CHUNK));
    p->off = p->pos;
    p->counts.out_bytes += out->bytes.len;
    return TWF_OK;
}

enum twf_status twf_plain_next(struct twf_plain *p, struct twf_plain_chunk *out,
                               struct twf_error *err)
{
    if (p->failed != TWF_OK) {
        if (err != NULL && p->failed != TWF_END)
            *err = p->why;
        return p->failed;
    }
    if (!p->decided)
        TWF_TRY(decide(p, err));
    return p->is_zstd ? next_zstd(p, out, err) : next_plain(p, out, err);
}
