/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zstandard frames (RFC 8878): a walk over block headers ends where it ends however the bytes are
 * cut; what one shot decodes the stream decodes too, and libzstd itself; no more comes out than the
 * walk foretold.
 */
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "base/compiler.h"
#include "decode/decode.h"
#include "fuzz/fuzz.h"

enum { PLAIN_MAX = 1 << 18, WINDOW_MAX = 1 << 23, SEGMENTS = 4 };

struct walked {
    enum twf_frame_event event;
    size_t used;
    struct twf_frame_walk walk;
};

static struct walked walk(struct twf_span s, struct fuzz_rng *r)
{
    struct walked w = {.event = TWF_FRAME_MORE};

    twf_frame_walk_init(&w.walk);
    do {
        size_t n = r == NULL ? s.len : s.len == 0 ? 0 : fuzz_piece(r, s.len), used = 0;
        uint8_t *copy = fuzz_copy(s.ptr, n);

        w.event = twf_frame_walk_feed(&w.walk, copy, n, n == s.len, &used);
        free(copy);
        FUZZ_CHECK(used <= n, "%zu of %zu bytes used", used, n);
        FUZZ_CHECK(w.event != TWF_FRAME_NONE || used == 0, "bytes used that are no frame");
        FUZZ_CHECK(w.event != TWF_FRAME_MORE || used == n, "more asked for, but bytes are left");
        w.used += used;
        s = twf_span_slice(s, used, s.len);
    } while (w.event == TWF_FRAME_MORE && s.len > 0);
    return w;
}

static void check_walks(const struct walked *a, const struct walked *b)
{
    const struct twf_frame_info *x = &a->walk.info, *y = &b->walk.info;

    FUZZ_CHECK(a->event == b->event, "event %d, in pieces %d", a->event, b->event);
    FUZZ_CHECK(a->walk.header_done == b->walk.header_done, "a header only where it is cut");
    if (a->event == TWF_FRAME_END)
        FUZZ_CHECK(a->used == b->used && x->comp_len == a->used, "%zu bytes, in pieces %zu",
                   a->used, b->used);
    if (a->walk.header_done)
        FUZZ_CHECK(x->content_size == y->content_size && x->window == y->window &&
                       x->dict_id == y->dict_id && x->has_checksum == y->has_checksum &&
                       x->skippable == y->skippable && x->magic == y->magic && x->bound == y->bound,
                   "another header in pieces");
}

/* Everything out of a stream; the number of bytes, at most cap. */
static enum twf_status decode_stream(struct twf_span s, struct fuzz_rng *r, uint8_t *dst,
                                     size_t cap, size_t *produced)
{
    struct twf_stream *stream;
    enum twf_status status = TWF_OK;
    size_t used, got;

    FUZZ_CHECK(twf_stream_new(WINDOW_MAX, &stream, NULL) == TWF_OK, "no memory");
    *produced = 0;
    while (status == TWF_OK) {
        size_t n = s.len == 0 ? 0 : fuzz_piece(r, s.len), room = cap - *produced;
        uint8_t *copy = fuzz_copy(s.ptr, n);

        status = twf_stream_decode(stream, twf_span(copy, n), &used, dst + *produced,
                                   room == 0 ? 0 : fuzz_piece(r, room), &got, NULL);
        free(copy);
        FUZZ_CHECK(used <= n && got <= room, "used %zu of %zu, produced %zu of %zu", used, n, got,
                   room);
        *produced += got;
        s = twf_span_slice(s, used, s.len);
        if (status == TWF_OK && used == 0 && got == 0)
            break; /* dst is full, or src is used up */
    }
    twf_stream_free(stream);
    return status;
}

/* What the ways came to: those of twf_decoder_frame and twf_stream_decode, and libzstd's in one pass. */
struct outcome {
    enum twf_status whole, streamed;
    enum twf_frame_verified verified;
    size_t one, two, oracle; /* bytes, or libzstd's error */
    const uint8_t *a, *b, *c;
};

static void check_outcomes(const struct twf_frame_info *info, const struct outcome *o)
{
    FUZZ_CHECK((o->whole == TWF_OK) == !ZSTD_isError(o->oracle), "status %d, zstd: %s", o->whole,
               ZSTD_getErrorName(o->oracle));
    if (o->whole == TWF_OK) {
        FUZZ_CHECK(o->streamed == TWF_END && o->one == o->two && o->one == o->oracle, "%zu, %zu, %zu bytes",
                   o->one, o->two, o->oracle);
        FUZZ_CHECK(memcmp(o->a, o->b, o->one) == 0 && memcmp(o->a, o->c, o->one) == 0, "other bytes");
        FUZZ_CHECK(o->one <= info->bound, "%zu bytes, foretold %llu", o->one, (unsigned long long)info->bound);
        FUZZ_CHECK(o->verified == (info->has_checksum ? TWF_VERIFIED_OK : TWF_VERIFIED_NONE), "verified %d",
                   o->verified);
    } else if (o->whole == TWF_ERR_FORMAT) {
        FUZZ_CHECK(o->streamed != TWF_END, "only the stream takes it for whole");
        FUZZ_CHECK(o->verified == TWF_VERIFIED_BAD, "verified %d", o->verified);
        FUZZ_CHECK(memcmp(o->a, o->b, TWF_MIN(o->one, o->two)) == 0, "other bytes before the damage");
    }
}

static void check_decoders(struct twf_span frame, const struct twf_frame_info *info,
                           struct fuzz_rng *r)
{
    size_t cap = (size_t)TWF_MIN(info->bound, (uint64_t)PLAIN_MAX), one = 0, two = 0, n = 0;
    uint8_t *a = malloc(cap + 1), *b = malloc(cap + 1), *c = malloc(cap + 1), *copy[SEGMENTS];
    struct twf_span segments[SEGMENTS], left = frame;
    enum twf_frame_verified verified = TWF_VERIFIED_PENDING;
    enum twf_status whole, streamed;
    struct twf_decoder *d;
    size_t oracle;

    FUZZ_CHECK(a != NULL && b != NULL && c != NULL, "no memory");
    while (left.len > 0) {
        size_t len = n + 1 == SEGMENTS ? left.len : fuzz_piece(r, left.len);

        copy[n] = fuzz_copy(left.ptr, len);
        segments[n] = twf_span(copy[n], len);
        left = twf_span_slice(left, len, left.len);
        n++;
    }
    FUZZ_CHECK(twf_decoder_new(&d, NULL) == TWF_OK, "no memory");
    whole = twf_decoder_frame(d, segments, n, a, cap, &one, &verified, NULL);
    twf_decoder_free(d);
    streamed = decode_stream(frame, r, b, cap, &two);
    oracle = ZSTD_decompress(c, cap, frame.ptr, frame.len);
    FUZZ_CHECK(one <= cap && two <= cap, "%zu and %zu of %zu bytes", one, two, cap);
    /*
     * Where a frame declares no content, libzstd's stream allows blocks of 0 bytes and so refuses one that
     * repeats a byte no times; its one-pass decoder takes it. Several segments go to the stream.
     */
    if (info->content_size == 0 && oracle == 0 && (whole == TWF_ERR_FORMAT || streamed == TWF_ERR_FORMAT)) {
        FUZZ_CHECK(one == 0 && two == 0, "%zu and %zu bytes of no content", one, two);
    } else {
        check_outcomes(info, &(struct outcome){whole, streamed, verified, one, two, oracle, a, b, c});
    }
    while (n > 0)
        free(copy[--n]);
    free(a);
    free(b);
    free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = fuzz_rng_of(data, size);
    struct twf_span left = twf_span(data, size);

    for (int frames = 0; left.len > 0 && frames < 16; frames++) {
        struct walked whole = walk(left, NULL), cut = walk(left, &r);

        check_walks(&whole, &cut);
        if (whole.event != TWF_FRAME_END)
            break;
        if (!whole.walk.info.skippable && whole.walk.info.window <= WINDOW_MAX)
            check_decoders(twf_span_slice(left, 0, whole.used), &whole.walk.info, &r);
        left = twf_span_slice(left, whole.used, left.len);
    }
    return 0;
}
