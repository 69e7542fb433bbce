/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames through memory that goes round: the bytes are those of the stream, stay as they are as long as
 * they were promised to, and where a frame is damaged the same comes out before it.
 */
#include "archive.h"

#include "base/alloc.h"

enum { WINDOW_MAX = 1 << 21, OUTS = 4096 };

struct ring {
    struct twf_lane *lane;
    uint8_t *mem;
    size_t cap;
};

struct result {
    enum twf_status status;
    size_t len;
    struct twf_error error;
};

/* The header of a frame; false: there is none. */
static bool header(const uint8_t *ptr, size_t len, struct twf_frame_walk *w)
{
    twf_frame_walk_init(w);
    for (size_t at = 0, used; at < len && !w->header_done; at += used) {
        if (twf_frame_walk_feed(w, ptr + at, 1, false, &used) != TWF_FRAME_MORE)
            return w->header_done;
    }
    return w->header_done;
}

/* What of the last keep bytes does not stand in the memory any more as it came out? */
static void check_kept(const struct twf_span *outs, size_t n, size_t keep, const uint8_t *plain,
                       size_t len)
{
    while (n-- > 0 && keep > 0) {
        size_t part = TWF_MIN(outs[n].len, keep), skip = outs[n].len - part;

        len -= outs[n].len;
        assert_memory_equal(outs[n].ptr + skip, plain + len + skip, part);
        keep -= part;
    }
}

/* Decodes a frame of plain, src_step bytes at a time, and checks every byte against plain, to good at least. */
static struct result run(struct ring *r, const uint8_t *ptr, size_t len, size_t src_step, size_t room,
                         size_t keep, const uint8_t *plain, size_t good)
{
    static struct twf_span outs[OUTS];
    struct result result = {0};
    struct twf_frame_walk w;
    size_t at = 0, n = 0;
    bool moved = true;

    if (!header(ptr, len, &w))
        return result;
    if (r->cap < twf_lane_room(&w.info, WINDOW_MAX, keep)) {
        free(r->mem);
        r->cap = twf_lane_room(&w.info, WINDOW_MAX, keep);
        r->mem = malloc(r->cap);
        assert_non_null(r->mem);
    }
    twf_lane_begin(r->lane, &w.info, r->mem, r->cap);
    while (result.status == TWF_OK && moved) {
        struct twf_span src = {NULL, TWF_MIN(src_step, len - at)}, out;
        size_t used;

        src.ptr = exact_copy(ptr + at, src.len);
        result.status = twf_lane_decode(r->lane, src, &used, room, &out, &result.error);
        free((void *)(uintptr_t)src.ptr);
        assert_true(used <= src.len && out.len <= room);
        assert_true(out.len == 0 || (out.ptr >= r->mem && out.ptr + out.len <= r->mem + r->cap));
        at += used;
        result.len += out.len;
        moved = used > 0 || out.len > 0;
        if (out.len == 0)
            continue;
        assert_true(n < OUTS);
        outs[n++] = out;
        if (plain != NULL && result.len <= good)
            check_kept(outs, n, keep, plain, result.len);
        else if (plain != NULL && result.len - out.len < good)
            assert_memory_equal(out.ptr, plain + result.len - out.len, good - (result.len - out.len));
    }
    return result;
}

static struct ring open_ring(void)
{
    struct ring r = {0};

    assert_int_equal(twf_lane_new(WINDOW_MAX, &r.lane, NULL), TWF_OK);
    return r;
}

static void close_ring(struct ring *r)
{
    twf_lane_free(r->lane);
    free(r->mem);
}

/* The memory is gone round several times: a window of 128 KiB, 1 MiB of text. */
static void test_whole(void **state)
{
    static const struct {
        size_t plain_len, keep;
        struct frame_options options;
    } rows[] = {
        {0, 1000, {.checksum = 1}},
        {1, 0, {.content_size = 1}},
        {5000, 3000, {.checksum = 1, .content_size = 1, .blocks = 3}},
        {1 << 20, 0, {.checksum = 1, .window_log = 17}},
        {1 << 20, 300000, {.window_log = 17}},
        {1 << 20, 200000, {.checksum = 1, .window_log = 10, .blocks = 9}},
        {1 << 20, 400000, {.level = 19, .window_log = 18, .checksum = 1}},
    };
    static const size_t steps[] = {1, 997, 65537, 1 << 20};
    struct ring r = open_ring();

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct frame f;

        frame_make(&f, rows[i].plain_len, &rows[i].options);
        for (size_t k = f.plain_len > 10000 ? 1 : 0; k < TWF_COUNT(steps); k++) {
            struct result got = run(&r, f.bytes.ptr, f.bytes.len, steps[k], 200000, rows[i].keep,
                                    f.plain, f.plain_len);

            assert_int_equal(got.status, TWF_END);
            assert_int_equal(got.len, f.plain_len);
        }
        frame_free(&f);
    }
    close_ring(&r);
}

/* Less room than a block may need: nothing comes out, nothing is used, and the lane says why. */
static void test_full(void **state)
{
    struct ring r = open_ring();
    struct frame f;
    struct result got;

    (void)state;
    frame_make(&f, 300000, &(struct frame_options){.window_log = 17});
    got = run(&r, f.bytes.ptr, f.bytes.len, 1 << 20, 100000, 0, f.plain, f.plain_len);
    assert_int_equal(got.status, TWF_OK);
    assert_int_equal(got.len, 0);
    assert_true(twf_lane_is_full(r.lane));
    frame_free(&f);
    close_ring(&r);
}

static void test_cuts(void **state)
{
    struct ring r = open_ring();
    struct frame f;

    (void)state;
    frame_make(&f, 3000, &(struct frame_options){.checksum = 1, .blocks = 5});
    for (size_t len = 0; len < f.bytes.len; len++) {
        struct result got = run(&r, f.bytes.ptr, len, 11, 200000, 0, f.plain, f.plain_len);

        assert_int_equal(got.status, TWF_OK);
        assert_int_equal(got.len, frame_decodable(&f, len));
    }
    frame_free(&f);
    close_ring(&r);
}

/* Status and length of the stream for the same bytes. */
static struct result by_stream(struct twf_stream *s, const uint8_t *ptr, size_t len)
{
    static uint8_t dst[1 << 20];
    struct result r = {0};
    size_t used;

    twf_stream_reset(s);
    r.status = twf_stream_decode(s, twf_span(ptr, len), &used, dst, sizeof(dst), &r.len, &r.error);
    return r;
}

/* Every bit turned over. */
static void test_flips(void **state)
{
    struct ring r = open_ring();
    struct twf_stream *s;
    struct frame f;

    (void)state;
    assert_int_equal(twf_stream_new(WINDOW_MAX, &s, NULL), TWF_OK);
    frame_make(&f, 2000, &(struct frame_options){.checksum = 1, .blocks = 4});
    for (size_t bit = 0; bit < f.bytes.len * 8; bit++) {
        uint8_t *bytes = exact_copy(f.bytes.ptr, f.bytes.len);
        struct twf_frame_walk w;

        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        if (header(bytes, f.bytes.len, &w) && !w.info.skippable) {
            struct result want = by_stream(s, bytes, f.bytes.len);
            struct result got = run(&r, bytes, f.bytes.len, 151, 200000, 0, f.plain,
                                    bit / 8 < 6 ? 0 : frame_decodable(&f, bit / 8));

            assert_int_equal(got.status, want.status);
            assert_int_equal(got.len, want.len);
        }
        free(bytes);
    }
    frame_free(&f);
    twf_stream_free(s);
    close_ring(&r);
}

/* The header declares more than there is: by the lane and by the stream, in whatever pieces. */
static void test_lost_rest(void **state)
{
    struct ring r = open_ring();
    struct twf_stream *s;
    struct frame f;

    (void)state;
    assert_int_equal(twf_stream_new(WINDOW_MAX, &s, NULL), TWF_OK);
    for (size_t step = 1; step < 40; step++) {
        struct result got, want;

        frame_make(&f, 2000, &(struct frame_options){.content_size = 1, .blocks = 4});
        frame_lose_rest(&f, 1);
        got = run(&r, f.bytes.ptr, f.bytes.len, step, 200000, 0, f.plain, f.marked[1]);
        assert_int_equal(got.status, TWF_ERR_FORMAT);
        assert_int_equal(got.len, f.marked[1]);
        assert_non_null(strstr(got.error.text, "declares 2000 bytes and holds 800"));
        twf_stream_reset(s);
        want = (struct result){0};
        for (size_t at = 0, used = 0, n; want.status == TWF_OK && at < f.bytes.len; at += used) {
            static uint8_t dst[4096];

            want.status = twf_stream_decode(s, twf_span(f.bytes.ptr + at, TWF_MIN(step, f.bytes.len - at)), &used, dst,
                                            sizeof(dst), &n, &want.error);
            want.len += n;
        }
        assert_int_equal(want.status, TWF_ERR_FORMAT);
        assert_int_equal(want.len, got.len);
        frame_free(&f);
    }
    twf_stream_free(s);
    close_ring(&r);
}

static void test_refused(void **state)
{
    static const uint8_t dictionary[] = "\x28\xB5\x2F\xFD\x21\x07\x01\x09\x00\x00x";
    struct ring r = open_ring();
    struct frame f;
    struct result got;

    (void)state;
    got = run(&r, dictionary, sizeof(dictionary) - 1, 1, 200000, 0, NULL, 0);
    assert_int_equal(got.status, TWF_ERR_FORMAT);
    assert_non_null(strstr(got.error.text, "dictionary 7"));
    frame_make(&f, 100000, &(struct frame_options){.window_log = 22, .blocks = 1});
    got = run(&r, f.bytes.ptr, f.bytes.len, 5, 200000, 0, f.plain, f.plain_len);
    assert_int_equal(got.status, TWF_ERR_LIMIT);
    assert_int_equal(got.len, 0);
    assert_non_null(strstr(got.error.text, "--max-window"));
    frame_free(&f);
    close_ring(&r);
}

static void test_no_memory(void **state)
{
    uint64_t k, before = twf_alloc_in_use();

    (void)state;
    for (k = 1;; k++) {
        struct twf_lane *l = NULL;
        enum twf_status status;

        twf_alloc_fail_at(k);
        status = twf_lane_new(WINDOW_MAX, &l, NULL);
        twf_alloc_fail_at(0);
        twf_lane_free(l);
        assert_int_equal(twf_alloc_in_use(), before);
        if (status == TWF_OK)
            break;
        assert_int_equal(status, TWF_ERR_NOMEM);
    }
    assert_int_equal(k, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole), cmocka_unit_test(test_full),    cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_flips), cmocka_unit_test(test_refused), cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_lost_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
