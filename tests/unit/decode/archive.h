/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of known content and known block borders, made with zstd itself. */
#ifndef TWF_TESTS_DECODE_ARCHIVE_H
#define TWF_TESTS_DECODE_ARCHIVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "decode/decode.h"

enum { MARKS_MAX = 16 };

/* One frame. Mark i: after comp[i] bytes of it, exactly plain[i] bytes are decodable. */
struct frame {
    struct twf_buf bytes;
    const uint8_t *plain;
    size_t plain_len;
    size_t comp[MARKS_MAX], marked[MARKS_MAX];
    size_t marks;
};

struct frame_options {
    int checksum, content_size, window_log, level;
    size_t blocks; /* flushes */
};

/* Text that compresses, but not to nothing. Static storage, filled once. */
static inline const uint8_t *plain_text(size_t len)
{
    static uint8_t text[1 << 20];
    uint32_t x = 12345;

    assert_true(len <= sizeof(text));
    for (size_t i = 0; i < sizeof(text) && text[sizeof(text) - 1] == 0; i++) {
        x = x * 1103515245 + 12345;
        text[i] = (uint8_t)("From: <abc@x.example>\n"[i % 22] + ((x >> 16) % 5 == 0 ? 1 : 0));
    }
    return text;
}

static inline void put_compressed(struct frame *f, ZSTD_CCtx *c, const uint8_t *ptr, size_t len,
                                  ZSTD_EndDirective end)
{
    ZSTD_inBuffer in = {ptr, len, 0};
    size_t rc;

    do {
        uint8_t chunk[4096];
        ZSTD_outBuffer out = {chunk, sizeof(chunk), 0};

        rc = ZSTD_compressStream2(c, &out, &in, end);
        assert_false(ZSTD_isError(rc));
        twf_buf_put(&f->bytes, chunk, out.pos);
    } while (rc != 0);
}

static inline void frame_make(struct frame *f, size_t plain_len, const struct frame_options *o)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    size_t done = 0;

    *f = (struct frame){.plain = plain_text(plain_len), .plain_len = plain_len};
    twf_buf_init(&f->bytes);
    assert_non_null(c);
    ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, o->level == 0 ? 3 : o->level);
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, o->checksum);
    ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, o->content_size);
    if (o->window_log != 0)
        ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, o->window_log);
    if (o->content_size)
        assert_false(ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(c, plain_len)));
    for (size_t i = 1; i <= o->blocks; i++) {
        size_t upto = plain_len * i / (o->blocks + 1);

        put_compressed(f, c, f->plain + done, upto - done, ZSTD_e_flush);
        done = upto;
        assert_true(f->marks < MARKS_MAX);
        f->comp[f->marks] = f->bytes.len;
        f->marked[f->marks++] = done;
    }
    put_compressed(f, c, f->plain + done, plain_len - done, ZSTD_e_end);
    ZSTD_freeCCtx(c);
    /* The last block ends where the checksum begins. */
    f->comp[f->marks] = f->bytes.len - (o->checksum ? 4 : 0);
    f->marked[f->marks++] = plain_len;
    assert_false(f->bytes.failed);
}

/* All from mark i on is gone, and an empty last block stands in its place: a frame that zstd's streams take. */
static inline void frame_lose_rest(struct frame *f, size_t i)
{
    static const uint8_t last[] = {1, 0, 0};

    f->bytes.len = f->comp[i];
    twf_buf_put(&f->bytes, last, sizeof(last));
    assert_false(f->bytes.failed);
}

static inline void frame_free(struct frame *f)
{
    twf_buf_fini(&f->bytes);
}

/* Plain bytes that are known to come out of the first len bytes of the frame. */
static inline size_t frame_decodable(const struct frame *f, size_t len)
{
    size_t best = 0;

    for (size_t i = 0; i < f->marks; i++) {
        if (f->comp[i] <= len)
            best = f->marked[i];
    }
    return best;
}

/* A heap block of the exact size. */
static inline uint8_t *exact_copy(const void *ptr, size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);

    assert_non_null(copy);
    if (len > 0)
        memcpy(copy, ptr, len);
    return copy;
}

#endif
