/* SPDX-License-Identifier: Apache-2.0 */
/* Frames and tables of pack, read back by the room that reads archives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "decode/decode.h"
#include "pack/pack.h"

/* Bytes that compress, but not to nothing. */
static uint8_t *make_text(size_t len)
{
    uint8_t *text = twf_malloc(len);
    uint32_t state = 7;

    assert_non_null(text);
    for (size_t i = 0; i < len; i++) {
        state = state * 1664525 + 1013904223;
        text[i] = (uint8_t)("abcdefgh \n\r<@>.:"[state >> 28]);
    }
    return text;
}

/* One frame out of len bytes in steps of step; its place in out is returned. */
static struct twf_pack_entry pack_one(struct twf_packer *p, const uint8_t *text, size_t len,
                                      size_t step, struct twf_buf *out)
{
    assert_int_equal(twf_packer_begin(p, len, NULL), TWF_OK);
    if (len == 0)
        assert_int_equal(twf_packer_put(p, twf_span(NULL, 0), out, NULL), TWF_OK);
    for (size_t at = 0; at < len; at += step)
        assert_int_equal(
            twf_packer_put(p, twf_span(text + at, len - at < step ? len - at : step), out, NULL),
            TWF_OK);
    return (struct twf_pack_entry){(uint32_t)twf_packer_comp_len(p), (uint32_t)len,
                                   twf_packer_checksum(p), (uint32_t)(len % 7)};
}

static const struct {
    size_t len, step;
} frames[] = {{0, 1}, {1, 1}, {300000, 300000}, {300000, 4096}, {5, 2}, {1 << 20, 131071}};

enum { FRAMES = sizeof(frames) / sizeof(frames[0]) };

static void frames_read_back(void **state)
{
    struct twf_packer *p;
    struct twf_decoder *d;
    struct twf_buf out;
    uint8_t *text = make_text(1 << 20), *back = twf_malloc(1 << 20);

    (void)state;
    assert_non_null(back);
    assert_int_equal(twf_packer_new(3, &p, NULL), TWF_OK);
    assert_int_equal(twf_decoder_new(&d, NULL), TWF_OK);
    twf_buf_init(&out);
    for (size_t i = 0; i < FRAMES; i++) {
        struct twf_frame_walk walk;
        struct twf_pack_entry entry;
        struct twf_span segment;
        enum twf_frame_verified verified;
        size_t used, produced;

        twf_buf_reset(&out);
        entry = pack_one(p, text, frames[i].len, frames[i].step, &out);
        assert_int_equal(entry.comp_len, out.len);
        twf_frame_walk_init(&walk);
        assert_int_equal(twf_frame_walk_feed(&walk, out.ptr, out.len, true, &used), TWF_FRAME_END);
        assert_int_equal(used, out.len);
        assert_int_equal(walk.info.content_size, frames[i].len);
        assert_true(walk.info.has_checksum);
        segment = twf_buf_view(&out);
        assert_int_equal(
            twf_decoder_frame(d, &segment, 1, back, 1 << 20, &produced, &verified, NULL), TWF_OK);
        assert_int_equal(verified, TWF_VERIFIED_OK);
        assert_int_equal(produced, frames[i].len);
        assert_memory_equal(back, text, produced);
    }
    /* More than was told is a fault of the caller. */
    assert_int_equal(twf_packer_begin(p, 3, NULL), TWF_OK);
    assert_int_equal(twf_packer_put(p, twf_span(text, 4), &out, NULL), TWF_ERR_INTERNAL);
    twf_buf_fini(&out);
    twf_decoder_free(d);
    twf_packer_free(p);
    twf_free(text);
    twf_free(back);
}

/* An archive of all frames with both tables. *info_off: where our own begins. */
static void make_archive(struct twf_buf *out, struct twf_pack_entry entries[FRAMES],
                         size_t *info_off)
{
    struct twf_pack_info info = {
        .container = "mbox", .frame_size = 4096, .messages = 12, .unaligned = 1};
    struct twf_packer *p;
    uint8_t *text = make_text(1 << 20);

    assert_int_equal(twf_packer_new(1, &p, NULL), TWF_OK);
    for (size_t i = 0; i < FRAMES; i++)
        entries[i] = pack_one(p, text, frames[i].len, frames[i].step, out);
    *info_off = out->len;
    twf_pack_info_put(&info, entries, FRAMES, out);
    twf_pack_seek_table_put(entries, FRAMES, (uint32_t)(out->len - *info_off), out);
    assert_false(out->failed);
    twf_packer_free(p);
    twf_free(text);
}

static void tables_read_back(void **state)
{
    struct twf_pack_entry entries[FRAMES];
    struct twf_seek_table t;
    struct twf_pack_info info;
    struct twf_buf out;
    size_t info_off, need;
    uint64_t off = 0;

    (void)state;
    twf_buf_init(&out);
    make_archive(&out, entries, &info_off);
    assert_int_equal(twf_seek_table_read(twf_buf_view(&out), out.len, &t, &need, NULL), TWF_OK);
    assert_int_equal(t.count, FRAMES + 1);
    assert_true(t.has_checksums);
    for (size_t i = 0; i < FRAMES; i++) {
        assert_int_equal(t.entries[i].comp_off, off);
        assert_int_equal(t.entries[i].plain_len, frames[i].len);
        off += t.entries[i].comp_len;
    }
    assert_int_equal(t.entries[FRAMES].comp_off, info_off);
    assert_int_equal(t.entries[FRAMES].plain_len, 0);
    assert_true(
        twf_pack_info_read(twf_span(out.ptr + info_off, (size_t)t.table_off - info_off), &info));
    assert_string_equal(info.container, "mbox");
    assert_int_equal(info.frames, FRAMES);
    assert_int_equal(info.messages, 12);
    assert_int_equal(info.unaligned, 1);
    assert_int_equal(info.frame_size, 4096);
    for (uint32_t i = 0; i < FRAMES; i++)
        assert_int_equal(twf_pack_info_count(&info, i), entries[i].messages);
    twf_seek_table_free(&t);
    twf_buf_fini(&out);
}

/* Cut anywhere, or with any byte changed, it is refused or read within its bounds (ASan looks on). */
static void hostile_info(void **state)
{
    struct twf_pack_entry entries[2] = {{1, 2, 3, 4}, {5, 6, 7, 8}};
    struct twf_pack_info info = {.container = "tar", .frame_size = 1, .messages = 12};
    struct twf_pack_info got;
    struct twf_buf out;

    (void)state;
    twf_buf_init(&out);
    twf_pack_info_put(&info, entries, 2, &out);
    assert_true(twf_pack_info_read(twf_buf_view(&out), &got));
    for (size_t len = 0; len < out.len; len++) {
        uint8_t *copy = twf_malloc(len);

        assert_non_null(copy);
        memcpy(copy, out.ptr, len);
        assert_false(twf_pack_info_read(twf_span(copy, len), &got));
        twf_free(copy);
    }
    for (size_t i = 0; i < out.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            uint8_t *copy = twf_malloc(out.len);

            assert_non_null(copy);
            memcpy(copy, out.ptr, out.len);
            copy[i] ^= (uint8_t)(1u << bit);
            if (twf_pack_info_read(twf_span(copy, out.len), &got)) {
                assert_int_equal(got.frames, 2);
                (void)twf_pack_info_count(&got, 1);
            }
            twf_free(copy);
        }
    }
    twf_buf_fini(&out);
}

static void no_memory(void **state)
{
    uint64_t before;

    (void)state;
    before = twf_alloc_in_use();
    for (uint64_t k = 1; k < 3; k++) {
        struct twf_packer *p;
        struct twf_buf out;
        enum twf_status status;

        twf_alloc_fail_at(k);
        status = twf_packer_new(1, &p, NULL);
        if (status == TWF_OK) {
            twf_buf_init(&out);
            assert_int_equal(twf_packer_begin(p, 3, NULL), TWF_OK);
            assert_int_equal(twf_packer_put(p, twf_span("abc", 3), &out, NULL), TWF_ERR_NOMEM);
            twf_buf_fini(&out);
            twf_packer_free(p);
        } else {
            assert_int_equal(status, TWF_ERR_NOMEM);
            assert_null(p);
        }
        twf_alloc_fail_at(0);
        assert_int_equal(twf_alloc_in_use(), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_read_back),
        cmocka_unit_test(tables_read_back),
        cmocka_unit_test(hostile_info),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
