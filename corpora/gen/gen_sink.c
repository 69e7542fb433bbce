/* SPDX-License-Identifier: Apache-2.0 */
/* Plain bytes into a file, in frames. */
#define _GNU_SOURCE
#include "corpora/gen/gen_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "base/alloc.h"
#include "corpora/gen/gen.h"

enum { PIECE = 1 << 18, SEEK_MAGIC = 0x184D2A5E };
static const uint32_t seek_footer_magic = 0x8F92EAB1U;

struct gen_sink {
    int fd;
    const char *name;
    struct gen_framing framing;
    struct twf_buf plain; /* of the open frame, or waiting to be written */
    struct twf_buf packed;
    struct twf_buf table; /* entries of the seek table */
    uint32_t frames;
    uint64_t total;
    ZSTD_CCtx *zstd;
};

static void write_all(struct gen_sink *sink, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(sink->fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        /* who reads only the beginning of a stream is no fault */
        if (done < 0 && errno == EPIPE)
            exit(0);
        if (done < 0)
            gen_die("%s: %s", sink->name, strerror(errno));
        p += done;
        n -= (size_t)done;
    }
}

static size_t checked(size_t rc)
{
    if (ZSTD_isError(rc))
        gen_die("zstd: %s", ZSTD_getErrorName(rc));
    return rc;
}

struct gen_sink *gen_sink_open(const char *path, const struct gen_framing *framing)
{
    struct gen_sink *sink = twf_calloc(1, sizeof *sink);

    if (sink == NULL)
        gen_die("out of memory");
    sink->name = path == NULL ? "standard output" : path;
    sink->fd = path == NULL ? 1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (sink->fd < 0)
        gen_die("%s: %s", sink->name, strerror(errno));
    sink->framing = *framing;
    if (framing->kind == GEN_FRAME_PLAIN)
        return sink;
    sink->zstd = ZSTD_createCCtx();
    if (sink->zstd == NULL)
        gen_die("out of memory");
    checked(ZSTD_CCtx_setParameter(sink->zstd, ZSTD_c_compressionLevel, framing->level));
    checked(ZSTD_CCtx_setParameter(sink->zstd, ZSTD_c_checksumFlag, framing->checksum));
    checked(ZSTD_CCtx_setParameter(sink->zstd, ZSTD_c_contentSizeFlag, !framing->no_content_size));
    return sink;
}

static void put_u32(struct twf_buf *b, uint64_t n)
{
    uint8_t bytes[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)};

    if (n > UINT32_MAX)
        gen_die("a frame is too large for a seek table");
    twf_buf_put(b, bytes, sizeof bytes);
}

/* The whole frame is in plain. */
static void end_frame(struct gen_sink *sink)
{
    size_t cap = ZSTD_compressBound(sink->plain.len), n;

    if (sink->plain.len == 0)
        return;
    twf_buf_reset(&sink->packed);
    if (twf_buf_reserve(&sink->packed, cap) == NULL)
        gen_die("out of memory");
    n = checked(
        ZSTD_compress2(sink->zstd, sink->packed.ptr, cap, sink->plain.ptr, sink->plain.len));
    write_all(sink, sink->packed.ptr, n);
    if (sink->framing.seekable) {
        put_u32(&sink->table, n);
        put_u32(&sink->table, sink->plain.len);
        if (sink->framing.checksum)
            put_u32(&sink->table, XXH64(sink->plain.ptr, sink->plain.len, 0) & UINT32_MAX);
    }
    sink->frames++;
    twf_buf_reset(&sink->plain);
}

/* A piece of the only frame. */
static void stream(struct gen_sink *sink, ZSTD_EndDirective how)
{
    ZSTD_inBuffer in = {sink->plain.ptr, sink->plain.len, 0};
    size_t left;

    twf_buf_reset(&sink->packed);
    if (twf_buf_reserve(&sink->packed, PIECE) == NULL)
        gen_die("out of memory");
    do {
        ZSTD_outBuffer out = {sink->packed.ptr, PIECE, 0};
        left = checked(ZSTD_compressStream2(sink->zstd, &out, &in, how));
        write_all(sink, sink->packed.ptr, out.pos);
    } while (how == ZSTD_e_end ? left > 0 : in.pos < in.size);
    twf_buf_reset(&sink->plain);
}

void gen_sink_write(struct gen_sink *sink, struct twf_span bytes)
{
    const struct gen_framing *f = &sink->framing;

    sink->total += bytes.len;
    while (f->kind == GEN_FRAME_SIZE && !f->align && bytes.len >= f->size - sink->plain.len) {
        size_t take = (size_t)f->size - sink->plain.len;
        twf_buf_span(&sink->plain, twf_span_slice(bytes, 0, take));
        gen_check(&sink->plain);
        end_frame(sink);
        bytes = twf_span_slice(bytes, take, bytes.len);
    }
    twf_buf_span(&sink->plain, bytes);
    gen_check(&sink->plain);
    if (sink->plain.len < PIECE)
        return;
    if (f->kind == GEN_FRAME_PLAIN) {
        write_all(sink, sink->plain.ptr, sink->plain.len);
        twf_buf_reset(&sink->plain);
    } else if (f->kind == GEN_FRAME_ONE) {
        stream(sink, ZSTD_e_continue);
    } else if (sink->plain.len > GEN_FRAME_MAX) {
        gen_die("a frame of more than 1 GiB; --frame one writes as large a frame as you like");
    }
}

void gen_sink_message_end(struct gen_sink *sink)
{
    const struct gen_framing *f = &sink->framing;

    if (f->kind == GEN_FRAME_MESSAGE ||
        (f->kind == GEN_FRAME_SIZE && f->align && sink->plain.len >= f->size))
        end_frame(sink);
}

uint64_t gen_sink_total(const struct gen_sink *sink)
{
    return sink->total;
}

static void write_table(struct gen_sink *sink)
{
    struct twf_buf *b = &sink->packed;

    twf_buf_reset(b);
    put_u32(b, SEEK_MAGIC);
    put_u32(b, sink->table.len + 9);
    twf_buf_span(b, twf_buf_view(&sink->table));
    put_u32(b, sink->frames);
    twf_buf_byte(b, sink->framing.checksum ? 0x80 : 0);
    put_u32(b, seek_footer_magic);
    gen_check(b);
    write_all(sink, b->ptr, b->len);
}

void gen_sink_close(struct gen_sink *sink)
{
    if (sink->framing.kind == GEN_FRAME_PLAIN)
        write_all(sink, sink->plain.ptr, sink->plain.len);
    else if (sink->framing.kind == GEN_FRAME_ONE)
        stream(sink, ZSTD_e_end);
    else
        end_frame(sink);
    if (sink->framing.seekable)
        write_table(sink);
    if (sink->fd != 1 && close(sink->fd) != 0)
        gen_die("%s: %s", sink->name, strerror(errno));
    ZSTD_freeCCtx(sink->zstd);
    twf_buf_fini(&sink->plain);
    twf_buf_fini(&sink->packed);
    twf_buf_fini(&sink->table);
    twf_free(sink);
}
