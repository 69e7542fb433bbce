/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk over frames: against zstd's own answers, cut everywhere, and over headers made by hand.
 */
#include "archive.h"

/* Walks over one frame in pieces of step bytes. */
static enum twf_frame_event walk(const uint8_t *ptr, size_t len, size_t step,
                                 struct twf_frame_walk *w, size_t *total)
{
    enum twf_frame_event event = TWF_FRAME_MORE;

    twf_frame_walk_init(w);
    *total = 0;
    do {
        size_t n = TWF_MIN(step, len - *total), used;
        uint8_t *piece = exact_copy(ptr + *total, n);

        event = twf_frame_walk_feed(w, piece, n, n == len - *total, &used);
        free(piece);
        assert_true(used <= n);
        if (event == TWF_FRAME_MORE)
            assert_int_equal(used, n);
        *total += used;
    } while (event == TWF_FRAME_MORE && *total < len);
    return event;
}

static const struct {
    size_t plain_len;
    struct frame_options options;
} frames[] = {
    {0, {.checksum = 1}},
    {0, {.content_size = 1}},
    {1, {.checksum = 1, .content_size = 1}},
    {200, {.content_size = 1}},
    {1000, {.checksum = 1, .content_size = 1}},
    {3000, {.blocks = 5}},
    {3000, {.checksum = 1, .blocks = 5}},
    {100000, {.content_size = 1, .checksum = 1, .blocks = 2}},
    {1 << 20, {.checksum = 1}},
    {1 << 20, {.content_size = 1, .level = 1}},
};

static void test_against_zstd(void **state)
{
    (void)state;
    for (size_t i = 0; i < TWF_COUNT(frames); i++) {
        struct frame f;
        struct twf_frame_walk w, bytewise;
        size_t total;

        frame_make(&f, frames[i].plain_len, &frames[i].options);
        assert_int_equal(walk(f.bytes.ptr, f.bytes.len, SIZE_MAX, &w, &total), TWF_FRAME_END);
        assert_int_equal(total, ZSTD_findFrameCompressedSize(f.bytes.ptr, f.bytes.len));
        assert_int_equal(w.info.comp_len, total);
        assert_int_equal(w.info.content_size, ZSTD_getFrameContentSize(f.bytes.ptr, f.bytes.len));
        assert_int_equal(w.info.has_checksum, frames[i].options.checksum);
        assert_int_equal(w.info.magic, ZSTD_MAGICNUMBER);
        assert_int_equal(w.info.dict_id, 0);
        assert_false(w.info.skippable);
        assert_true(w.info.bound >= f.plain_len);
        assert_true(w.info.window >= TWF_MIN(f.plain_len, 1024));
        assert_int_equal(walk(f.bytes.ptr, f.bytes.len, 1, &bytewise, &total), TWF_FRAME_END);
        assert_int_equal(total, f.bytes.len);
        assert_memory_equal(&bytewise.info, &w.info, sizeof(w.info));
        frame_free(&f);
    }
}

/* Every cut says MORE, or NONE where not even the magic is there; what follows does not matter. */
static void test_cuts(void **state)
{
    struct frame f;

    (void)state;
    frame_make(&f, 3000, &(struct frame_options){.checksum = 1, .blocks = 5});
    for (size_t len = 0; len < f.bytes.len; len++) {
        struct twf_frame_walk w;
        size_t total;

        assert_int_equal(walk(f.bytes.ptr, len, 7, &w, &total),
                         len < 4 ? TWF_FRAME_NONE : TWF_FRAME_MORE);
        assert_int_equal(w.header_done, len >= 6);
    }
    for (size_t step = 1; step < 40; step += 3) {
        struct twf_frame_walk w;
        size_t total, len = f.bytes.len;

        twf_buf_str(&f.bytes, "garbage");
        assert_int_equal(walk(f.bytes.ptr, f.bytes.len, step, &w, &total), TWF_FRAME_END);
        assert_int_equal(total, len);
        f.bytes.len = len;
    }
    frame_free(&f);
}

#define MAGIC "\x28\xB5\x2F\xFD"

static const struct {
    const char *name, *bytes;
    size_t len;
    enum twf_frame_event event;
    size_t used;
    uint64_t window, content_size, bound;
    uint32_t dict_id;
} crafted[] = {
#define B(text) text, sizeof(text) - 1
    {"nothing", B(""), TWF_FRAME_NONE, 0, 0, TWF_SIZE_UNKNOWN, 0, 0},
    {"three bytes", B("\x28\xB5\x2F"), TWF_FRAME_NONE, 0, 0, TWF_SIZE_UNKNOWN, 0, 0},
    {"text", B("From: <a@x>"), TWF_FRAME_NONE, 0, 0, TWF_SIZE_UNKNOWN, 0, 0},
    {"zeros", B("\0\0\0\0\0"), TWF_FRAME_NONE, 0, 0, TWF_SIZE_UNKNOWN, 0, 0},
    {"magic alone", B(MAGIC), TWF_FRAME_MORE, 4, 0, TWF_SIZE_UNKNOWN, 0, 0},
    {"smallest", B(MAGIC "\x20\x00\x01\x00\x00"), TWF_FRAME_END, 9, 0, 0, 0, 0},
    {"window 1 KiB", B(MAGIC "\x00\x00\x01\x00\x00"), TWF_FRAME_END, 9, 1024, TWF_SIZE_UNKNOWN, 0,
     0},
    {"window with mantissa", B(MAGIC "\x00\x57\x01\x00\x00"), TWF_FRAME_END, 9,
     (1 << 20) + 7 * (1 << 17), TWF_SIZE_UNKNOWN, 0, 0},
    {"window 2^41 and 7/8", B(MAGIC "\x00\xFF\x01\x00\x00"), TWF_FRAME_END, 9,
     15 * (UINT64_C(1) << 38), TWF_SIZE_UNKNOWN, 0, 0},
    {"size of two bytes", B(MAGIC "\x60\x01\x02\x01\x00\x00"), TWF_FRAME_END, 10, 769, 769, 0, 0},
    {"size of four bytes", B(MAGIC "\xA0\x01\x02\x03\x04\x01\x00\x00"), TWF_FRAME_END, 12,
     0x04030201, 0x04030201, 0, 0},
    {"size of eight bytes", B(MAGIC "\xE0\x01\0\0\0\0\0\0\x80\x01\x00\x00"), TWF_FRAME_END, 16,
     0x8000000000000001, 0x8000000000000001, 0, 0},
    {"dictionary of one byte", B(MAGIC "\x21\x07\x00\x01\x00\x00"), TWF_FRAME_END, 10, 0, 0, 0, 7},
    {"dictionary of two bytes", B(MAGIC "\x22\x07\x01\x00\x01\x00\x00"), TWF_FRAME_END, 11, 0, 0, 0,
     263},
    {"dictionary of four bytes", B(MAGIC "\xC3\x00\1\2\3\4\5\0\0\0\0\0\0\0\x01\x00\x00"),
     TWF_FRAME_END, 21, 1024, 5, 0, 0x04030201},
    {"the unused bit", B(MAGIC "\x30\x00\x01\x00\x00"), TWF_FRAME_END, 9, 0, 0, 0, 0},
    {"the reserved bit", B(MAGIC "\x28\x00\x01\x00\x00"), TWF_FRAME_BAD, 5, 0, TWF_SIZE_UNKNOWN, 0,
     0},
    {"raw block",
     B(MAGIC "\x20\x02\x11\x00\x00"
             "ab"),
     TWF_FRAME_END, 11, 2, 2, 2, 0},
    {"raw block, cut",
     B(MAGIC "\x20\x02\x11\x00\x00"
             "a"),
     TWF_FRAME_MORE, 10, 2, 2, 2, 0},
    {"block of one repeated byte",
     B(MAGIC "\x00\x00\x23\x03\x00"
             "a"),
     TWF_FRAME_END, 10, 1024, TWF_SIZE_UNKNOWN, 100, 0},
    {"two blocks",
     B(MAGIC "\x00\x00\x22\x03\x00"
             "a"
             "\x09\x00\x00"
             "b"),
     TWF_FRAME_END, 14, 1024, TWF_SIZE_UNKNOWN, 101, 0},
    {"checksum",
     B(MAGIC "\x24\x00\x01\x00\x00"
             "sum!"),
     TWF_FRAME_END, 13, 0, 0, 0, 0},
    {"checksum, cut",
     B(MAGIC "\x24\x00\x01\x00\x00"
             "sum"),
     TWF_FRAME_MORE, 12, 0, 0, 0, 0},
    {"compressed block",
     B(MAGIC "\x00\x00\x15\x00\x00"
             "xx"),
     TWF_FRAME_END, 11, 1024, TWF_SIZE_UNKNOWN, 1024, 0},
    {"reserved block type",
     B(MAGIC "\x00\x00\x17\x00\x00"
             "xx"),
     TWF_FRAME_BAD, 9, 1024, TWF_SIZE_UNKNOWN, 0, 0},
    {"block as large as the window", B(MAGIC "\x00\x00\x05\x20\x00"), TWF_FRAME_MORE, 9, 1024,
     TWF_SIZE_UNKNOWN, 1024, 0},
    {"block larger than the window", B(MAGIC "\x00\x00\x0D\x20\x00"), TWF_FRAME_BAD, 9, 1024,
     TWF_SIZE_UNKNOWN, 1024, 0},
    {"block larger than 128 KiB", B(MAGIC "\x00\x58\x0D\x00\x10"), TWF_FRAME_BAD, 9, 1 << 21,
     TWF_SIZE_UNKNOWN, 131072, 0},
    {"repeated byte that fills the window", B(MAGIC "\x00\x00\x03\x20\x00\x41"), TWF_FRAME_END,
     10, 1024, TWF_SIZE_UNKNOWN, 1024, 0},
    {"repeated byte larger than the window", B(MAGIC "\x00\x00\x0B\x20\x00\x41"), TWF_FRAME_BAD,
     9, 1024, TWF_SIZE_UNKNOWN, 1025, 0},
    {"compressed block of no bytes", B(MAGIC "\x00\x00\x05\x00\x00"), TWF_FRAME_BAD, 9, 1024,
     TWF_SIZE_UNKNOWN, 0, 0},
    {"skippable", B("\x50\x2A\x4D\x18\x03\0\0\0abcd"), TWF_FRAME_END, 11, 0, TWF_SIZE_UNKNOWN, 0,
     0},
    {"skippable of nothing", B("\x5F\x2A\x4D\x18\0\0\0\0abcd"), TWF_FRAME_END, 8, 0,
     TWF_SIZE_UNKNOWN, 0, 0},
    {"skippable, cut",
     B("\x53\x2A\x4D\x18\xFF\xFF\xFF\xFF"
       "abcd"),
     TWF_FRAME_MORE, 12, 0, TWF_SIZE_UNKNOWN, 0, 0},
    {"next to skippable", B("\x60\x2A\x4D\x18\0\0\0\0"), TWF_FRAME_NONE, 0, 0, TWF_SIZE_UNKNOWN, 0,
     0},
#undef B
};

static void test_crafted(void **state)
{
    (void)state;
    for (size_t i = 0; i < TWF_COUNT(crafted); i++) {
        for (size_t step = 1; step <= 32; step++) {
            struct twf_frame_walk w;
            size_t total;
            enum twf_frame_event event =
                walk((const uint8_t *)crafted[i].bytes, crafted[i].len, step, &w, &total);

            if (event != crafted[i].event)
                fail_msg("%s: event %d, not %d", crafted[i].name, event, crafted[i].event);
            if (event != TWF_FRAME_NONE)
                assert_int_equal(total, crafted[i].used);
            assert_int_equal(w.info.window, crafted[i].window);
            assert_int_equal(w.info.content_size, crafted[i].content_size);
            assert_int_equal(w.info.bound, crafted[i].bound);
            assert_int_equal(w.info.dict_id, crafted[i].dict_id);
            assert_int_equal(w.why != NULL, event == TWF_FRAME_BAD || event == TWF_FRAME_NONE);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_zstd),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_crafted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
