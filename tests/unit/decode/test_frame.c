/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames into memory and as streams: whole, in pieces, with every bit turned over, cut everywhere.
 * What comes out before damage must be right to the byte.
 */
#include "archive.h"

#include "base/alloc.h"

enum { WINDOW_MAX = 1 << 21 };

struct result {
    enum twf_status status;
    enum twf_frame_verified verified;
    uint8_t *bytes;
    size_t len;
    struct twf_error error;
};

static void result_free(struct result *r)
{
    free(r->bytes);
}

/* One frame by twf_decoder_frame, its bytes in segments of seg bytes, dst of exactly cap. */
static struct result by_frame(struct twf_decoder *d, const uint8_t *ptr, size_t len, size_t seg,
                              size_t cap)
{
    struct result r = {.bytes = malloc(cap == 0 ? 1 : cap)};
    struct twf_span segments[64];
    size_t n = 0;

    assert_non_null(r.bytes);
    for (size_t at = 0; at < len; at += segments[n++].len) {
        assert_true(n < TWF_COUNT(segments));
        segments[n].len = TWF_MIN(seg, len - at);
        segments[n].ptr = exact_copy(ptr + at, segments[n].len);
    }
    r.status = twf_decoder_frame(d, segments, n, r.bytes, cap, &r.len, &r.verified, &r.error);
    while (n-- > 0)
        free((void *)(uintptr_t)segments[n].ptr);
    assert_true(r.status == TWF_ERR_LIMIT || r.len <= cap);
    return r;
}

/* The same by the stream: pieces of src_step in, of dst_step out. Not ending is TWF_OK. */
static struct result by_stream(struct twf_stream *s, const uint8_t *ptr, size_t len,
                               size_t src_step, size_t dst_step, size_t cap)
{
    struct result r = {.bytes = malloc(cap == 0 ? 1 : cap)};
    size_t at = 0;
    bool moved = true;

    assert_non_null(r.bytes);
    twf_stream_reset(s);
    while (r.status == TWF_OK && moved) {
        struct twf_span src = {NULL, TWF_MIN(src_step, len - at)};
        size_t room = TWF_MIN(dst_step, cap - r.len), used, produced;
        uint8_t *dst = exact_copy(r.bytes, room);

        src.ptr = exact_copy(ptr + at, src.len);
        r.status = twf_stream_decode(s, src, &used, dst, room, &produced, &r.error);
        assert_true(used <= src.len && produced <= room);
        memcpy(r.bytes + r.len, dst, produced);
        free(dst);
        free((void *)(uintptr_t)src.ptr);
        at += used;
        r.len += produced;
        moved = used > 0 || produced > 0;
    }
    return r;
}

static const struct {
    size_t plain_len;
    struct frame_options options;
} frames[] = {
    {0, {.checksum = 1}},
    {1, {.content_size = 1}},
    {3000, {.blocks = 5}},
    {3000, {.checksum = 1, .blocks = 5}},
    {5000, {.checksum = 1, .content_size = 1, .blocks = 3}},
    {300000, {.checksum = 1, .window_log = 17}},
    {400000, {.content_size = 1, .level = 1}},
};

static void test_whole(void **state)
{
    struct twf_decoder *d;
    struct twf_stream *s;

    (void)state;
    assert_int_equal(twf_decoder_new(&d, NULL), TWF_OK);
    assert_int_equal(twf_stream_new(WINDOW_MAX, &s, NULL), TWF_OK);
    for (size_t i = 0; i < TWF_COUNT(frames); i++) {
        struct frame f;

        frame_make(&f, frames[i].plain_len, &frames[i].options);
        for (size_t cut = 0; cut < 5; cut++) {
            const size_t segs[] = {SIZE_MAX, 1, 2, 3, 50};
            size_t seg = TWF_MAX(segs[TWF_MIN(cut, 4)], f.bytes.len / 50 + 1);
            struct result r = by_frame(d, f.bytes.ptr, f.bytes.len, seg, f.plain_len);

            assert_int_equal(r.status, TWF_OK);
            assert_int_equal(r.len, f.plain_len);
            assert_memory_equal(r.bytes, f.plain, r.len);
            assert_int_equal(r.verified,
                             frames[i].options.checksum ? TWF_VERIFIED_OK : TWF_VERIFIED_NONE);
            result_free(&r);
            if (f.plain_len == 0)
                continue;
            r = by_frame(d, f.bytes.ptr, f.bytes.len, seg, f.plain_len - 1);
            assert_int_equal(r.status, TWF_ERR_LIMIT);
            result_free(&r);
        }
        for (size_t k = 0; k < 9; k++) {
            const size_t small[] = {1, 997, 1 << 20}, large[] = {4001, 65537, 1 << 20};
            const size_t *steps = f.plain_len > 10000 ? large : small;
            struct result r =
                by_stream(s, f.bytes.ptr, f.bytes.len, steps[k / 3], steps[k % 3], f.plain_len);

            assert_int_equal(r.status, TWF_END);
            assert_int_equal(r.len, f.plain_len);
            assert_memory_equal(r.bytes, f.plain, r.len);
            result_free(&r);
        }
        frame_free(&f);
    }
    twf_stream_free(s);
    twf_decoder_free(d);
}

/* After TWF_END the next byte begins a frame; a skippable one is passed over. */
static void test_stream_of_frames(void **state)
{
    static const char skippable[] = "\x53\x2A\x4D\x18\x03\0\0\0abc";
    struct twf_buf all;
    struct frame f;
    struct twf_stream *s;
    uint8_t plain[6000];
    size_t at = 0, len = 0, ends = 0;

    (void)state;
    twf_buf_init(&all);
    frame_make(&f, 3000, &(struct frame_options){.checksum = 1});
    twf_buf_span(&all, twf_buf_view(&f.bytes));
    twf_buf_put(&all, skippable, sizeof(skippable) - 1);
    twf_buf_span(&all, twf_buf_view(&f.bytes));
    assert_int_equal(twf_stream_new(WINDOW_MAX, &s, NULL), TWF_OK);
    while (at < all.len) {
        size_t used, got;
        enum twf_status status =
            twf_stream_decode(s, twf_span_slice(twf_buf_view(&all), at, all.len), &used,
                              plain + len, sizeof(plain) - len, &got, NULL);

        at += used;
        len += got;
        assert_int_equal(status, TWF_END);
        ends++;
    }
    assert_int_equal(ends, 3);
    assert_int_equal(len, 6000);
    assert_memory_equal(plain, f.plain, 3000);
    assert_memory_equal(plain + 3000, f.plain, 3000);
    twf_stream_free(s);
    twf_buf_fini(&all);
    frame_free(&f);
}

static void test_cuts(void **state)
{
    struct twf_decoder *d;
    struct twf_stream *s;

    (void)state;
    assert_int_equal(twf_decoder_new(&d, NULL), TWF_OK);
    assert_int_equal(twf_stream_new(WINDOW_MAX, &s, NULL), TWF_OK);
    for (int checksum = 0; checksum < 2; checksum++) {
        struct frame f;

        frame_make(&f, 3000, &(struct frame_options){.checksum = checksum, .blocks = 5});
        for (size_t len = 0; len < f.bytes.len; len++) {
            size_t expect = frame_decodable(&f, len);
            struct result r[3] = {
                by_frame(d, f.bytes.ptr, len, SIZE_MAX, 3000),
                by_frame(d, f.bytes.ptr, len, len / 2 + 1, 3000),
                by_stream(s, f.bytes.ptr, len, 11, 100, 3000),
            };

            for (int i = 0; i < 3; i++) {
                assert_int_equal(r[i].status, i == 2 ? TWF_OK : TWF_ERR_FORMAT);
                assert_int_equal(r[i].len, expect);
                assert_memory_equal(r[i].bytes, f.plain, expect);
                if (i < 2)
                    assert_int_equal(r[i].verified, TWF_VERIFIED_BAD);
                result_free(&r[i]);
            }
        }
        frame_free(&f);
    }
    twf_stream_free(s);
    twf_decoder_free(d);
}

/*
 * Every bit of a frame turned over. With a checksum in the end no wrong content may pass as
 * verified; blocks before the damage always come out as they were.
 */
static void flip_all(struct twf_decoder *d, struct twf_stream *s, const struct frame *f,
                     bool checksum)
{
    size_t wrong = 0;

    for (size_t bit = 0; bit < f->bytes.len * 8; bit++) {
        uint8_t *bytes = exact_copy(f->bytes.ptr, f->bytes.len);
        size_t len = f->bytes.len, used, good = frame_decodable(f, bit / 8);
        struct twf_frame_walk w;
        enum twf_frame_event event;
        struct result r[3];

        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        twf_frame_walk_init(&w);
        event = twf_frame_walk_feed(&w, bytes, len, true, &used);
        if (event == TWF_FRAME_END)
            len = used;
        if (w.info.window > WINDOW_MAX) {
            /* Only the stream is asked: nobody takes such a frame into memory. */
            r[2] = by_stream(s, bytes, len, 151, 4000, 4000);
            assert_int_equal(r[2].status, TWF_ERR_LIMIT);
            result_free(&r[2]);
            free(bytes);
            continue;
        }
        r[0] = by_frame(d, bytes, len, SIZE_MAX, 4000);
        r[1] = by_frame(d, bytes, len, len / 3 + 1, 4000);
        r[2] = by_stream(s, bytes, len, 151, 4000, 4000);
        for (int i = 0; i < 3; i++) {
            assert_true(r[i].status == TWF_OK || r[i].status == TWF_ERR_FORMAT ||
                        r[i].status == (i == 2 ? TWF_END : TWF_ERR_LIMIT));
            if (r[i].status == TWF_ERR_LIMIT)
                continue;
            if (event != TWF_FRAME_END)
                assert_int_not_equal(r[i].status, i == 2 ? TWF_END : TWF_OK);
            if (bit / 8 >= 6) {
                assert_true(r[i].len >= good);
                assert_memory_equal(r[i].bytes, f->plain, good);
            }
            if (i < 2 && r[i].status == TWF_OK && r[i].verified == TWF_VERIFIED_OK)
                assert_true(checksum && r[i].len == f->plain_len &&
                            memcmp(r[i].bytes, f->plain, f->plain_len) == 0);
            /* The checksum itself: all content is there, and not verified. */
            if (checksum && bit / 8 >= f->bytes.len - 4) {
                assert_int_equal(r[i].status, TWF_ERR_FORMAT);
                assert_int_equal(r[i].len, f->plain_len);
            }
        }
        /* However the bytes came, the answer is the same. */
        if (r[0].status != TWF_ERR_LIMIT) {
            assert_int_equal(r[0].status, r[1].status);
            assert_int_equal(r[0].len, r[1].len);
            assert_memory_equal(r[0].bytes, r[1].bytes, r[0].len);
        }
        wrong += r[0].status != TWF_OK;
        for (int i = 0; i < 3; i++)
            result_free(&r[i]);
        free(bytes);
    }
    if (checksum)
        assert_true(wrong > f->bytes.len * 7); /* a few bits of the header mean nothing */
}

static void test_flips(void **state)
{
    struct twf_decoder *d;
    struct twf_stream *s;
    struct frame f;

    (void)state;
    assert_int_equal(twf_decoder_new(&d, NULL), TWF_OK);
    assert_int_equal(twf_stream_new(WINDOW_MAX, &s, NULL), TWF_OK);
    for (int checksum = 0; checksum < 2; checksum++) {
        frame_make(&f, 2000, &(struct frame_options){.checksum = checksum, .blocks = 4});
        flip_all(d, s, &f, checksum != 0);
        frame_free(&f);
    }
    twf_stream_free(s);
    twf_decoder_free(d);
}

static void test_refused(void **state)
{
    static const uint8_t dictionary[] = "\x28\xB5\x2F\xFD\x21\x07\x01\x09\x00\x00x";
    static const uint8_t reserved[] = "\x28\xB5\x2F\xFD\x28\x01\x09\x00\x00x";
    struct twf_decoder *d;
    struct twf_stream *s;
    struct frame f;
    struct result r;

    (void)state;
    assert_int_equal(twf_decoder_new(&d, NULL), TWF_OK);
    assert_int_equal(twf_stream_new((1 << 20) - 1, &s, NULL), TWF_OK);
    r = by_frame(d, dictionary, sizeof(dictionary) - 1, SIZE_MAX, 10);
    assert_int_equal(r.status, TWF_ERR_FORMAT);
    assert_non_null(strstr(r.error.text, "dictionary 7"));
    result_free(&r);
    r = by_stream(s, dictionary, sizeof(dictionary) - 1, 1, 10, 10);
    assert_int_equal(r.status, TWF_ERR_FORMAT);
    assert_non_null(strstr(r.error.text, "dictionary 7"));
    result_free(&r);
    r = by_frame(d, reserved, sizeof(reserved) - 1, SIZE_MAX, 10);
    assert_int_equal(r.status, TWF_ERR_FORMAT);
    assert_non_null(strstr(r.error.text, "reserved bit"));
    result_free(&r);

    frame_make(&f, 100000, &(struct frame_options){.window_log = 20, .blocks = 1});
    r = by_stream(s, f.bytes.ptr, f.bytes.len, 5, 1000, 100000);
    assert_int_equal(r.status, TWF_ERR_LIMIT);
    assert_int_equal(r.len, 0);
    assert_non_null(strstr(r.error.text, "1048576"));
    assert_non_null(strstr(r.error.text, "--max-window"));
    result_free(&r);
    twf_stream_free(s);
    assert_int_equal(twf_stream_new(1 << 20, &s, NULL), TWF_OK);
    r = by_stream(s, f.bytes.ptr, f.bytes.len, 5000, 100000, 100000);
    assert_int_equal(r.status, TWF_END);
    assert_int_equal(r.len, 100000);
    result_free(&r);
    frame_free(&f);
    twf_stream_free(s);
    twf_decoder_free(d);
}

/*
 * Nothing declared, and a block that repeats a byte no times: libzstd's stream takes it for damage. A run gives a
 * frame of that length in one segment, and does not.
 */
static void test_no_content(void **state)
{
    static const uint8_t frame[] = {0x28, 0xB5, 0x2F, 0xFD, 0x20, 0, 3, 0, 0, 'x'};
    struct twf_decoder *d;
    struct result r;

    (void)state;
    assert_int_equal(twf_decoder_new(&d, NULL), TWF_OK);
    r = by_frame(d, frame, sizeof(frame), sizeof(frame), 0);
    assert_int_equal(r.status, TWF_OK);
    assert_int_equal(r.len, 0);
    result_free(&r);
    r = by_frame(d, frame, sizeof(frame) - 1, sizeof(frame), 0);
    assert_int_equal(r.status, TWF_ERR_FORMAT);
    assert_int_equal(r.verified, TWF_VERIFIED_BAD);
    result_free(&r);
    twf_decoder_free(d);
}

/* The header declares more than there is: in one segment and in several. */
static void test_lost_rest(void **state)
{
    struct twf_decoder *d;
    struct frame f;

    (void)state;
    assert_int_equal(twf_decoder_new(&d, NULL), TWF_OK);
    frame_make(&f, 2000, &(struct frame_options){.content_size = 1, .blocks = 4});
    frame_lose_rest(&f, 2);
    for (size_t step = f.bytes.len / 60 + 1; step <= f.bytes.len; step++) {
        struct result r = by_frame(d, f.bytes.ptr, f.bytes.len, step, 2000);

        assert_int_equal(r.status, TWF_ERR_FORMAT);
        assert_int_equal(r.verified, TWF_VERIFIED_BAD);
        assert_int_equal(r.len, f.marked[2]);
        result_free(&r);
    }
    frame_free(&f);
    twf_decoder_free(d);
}

/* After an error the stream says so until it is reset. */
static void test_error_stays(void **state)
{
    struct twf_stream *s;
    struct frame f;
    size_t used, got;
    uint8_t dst[3000];

    (void)state;
    assert_int_equal(twf_stream_new(WINDOW_MAX, &s, NULL), TWF_OK);
    frame_make(&f, 3000, &(struct frame_options){.checksum = 1});
    assert_int_equal(
        twf_stream_decode(s, twf_span_str("no zstd"), &used, dst, sizeof(dst), &got, NULL),
        TWF_ERR_FORMAT);
    assert_int_equal(
        twf_stream_decode(s, twf_buf_view(&f.bytes), &used, dst, sizeof(dst), &got, NULL),
        TWF_ERR_FORMAT);
    assert_int_equal(used, 0);
    twf_stream_reset(s);
    assert_int_equal(
        twf_stream_decode(s, twf_buf_view(&f.bytes), &used, dst, sizeof(dst), &got, NULL), TWF_END);
    assert_int_equal(got, 3000);
    frame_free(&f);
    twf_stream_free(s);
}

/* zstd's memory is ours: it counts, it can fail, and it comes back. */
static void test_no_memory(void **state)
{
    struct frame f;
    uint64_t k, before;

    (void)state;
    frame_make(&f, 3000, &(struct frame_options){.checksum = 1});
    before = twf_alloc_in_use();
    for (k = 1;; k++) {
        struct twf_stream *s = NULL;
        size_t used, got;
        uint8_t dst[3000];
        enum twf_status status;

        twf_alloc_fail_at(k);
        status = twf_stream_new(WINDOW_MAX, &s, NULL);
        if (status == TWF_OK) {
            assert_true(twf_alloc_in_use() > before + 50000);
            status =
                twf_stream_decode(s, twf_buf_view(&f.bytes), &used, dst, sizeof(dst), &got, NULL);
        }
        twf_alloc_fail_at(0);
        twf_stream_free(s);
        assert_int_equal(twf_alloc_in_use(), before);
        if (status == TWF_END)
            break;
        assert_int_equal(status, TWF_ERR_NOMEM);
    }
    assert_true(k >= 4); /* the stream, the context, its buffers */
    for (k = 1;; k++) {
        struct twf_decoder *d = NULL;
        enum twf_status status;

        twf_alloc_fail_at(k);
        status = twf_decoder_new(&d, NULL);
        twf_alloc_fail_at(0);
        twf_decoder_free(d);
        assert_int_equal(twf_alloc_in_use(), before);
        if (status == TWF_OK)
            break;
        assert_int_equal(status, TWF_ERR_NOMEM);
    }
    assert_int_equal(k, 4 + TWF_DECODER_HEADS); /* and the prefix decoders */
    frame_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),     cmocka_unit_test(test_stream_of_frames),
        cmocka_unit_test(test_cuts),      cmocka_unit_test(test_flips),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_error_stays),
        cmocka_unit_test(test_no_content), cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_lost_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
