/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is not decoded changes no row: tars and single messages in frames of every size, read with every
 * byte and without the bodies, by one to four threads and in jobs of random size. The same frames are
 * skipped each time, and all sums close (else the run ends with TWF_ERR_INTERNAL).
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "pipe/pipe.h"
#include "plain_setup.h"

enum { ROUNDS = 60 };

struct bench {
    struct twf_setup setup;
    char path[32];
    struct twf_buf rows; /* what a run said of every message */
    struct twf_counts counts;
    uint64_t incidents;
    bool one_thread;
};

static uint64_t rng_state;

static uint32_t rng(uint32_t below)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return (uint32_t)(rng_state >> 32) % below;
}

static int setup(void **state)
{
    struct bench *b = twf_calloc(1, sizeof(*b));
    int fd;

    assert_non_null(b);
    plain_setup(&b->setup);
    twf_buf_init(&b->rows);
    (void)snprintf(b->path, sizeof(b->path), "/tmp/twf-test-XXXXXX");
    fd = mkstemp(b->path);
    assert_true(fd >= 0);
    (void)close(fd);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    (void)unlink(b->path);
    twf_buf_fini(&b->rows);
    twf_free(b);
    return 0;
}

static void see(struct bench *b, const struct twf_batch *batch)
{
    static const enum twf_col_id ints[] = {TWF_COL_message_offset, TWF_COL_message_length,
                                           TWF_COL_message_index,  TWF_COL_frame_index,
                                           TWF_COL_frame_offset,   TWF_COL_journal_depth};
    static const enum twf_col_id texts[] = {TWF_COL_level,       TWF_COL_verdict,  TWF_COL_member,
                                            TWF_COL_message_hash, TWF_COL_from_raw, TWF_COL_p1_raw};

    for (uint32_t i = 0; i < batch->rows; i++) {
        for (size_t k = 0; k < TWF_COUNT(ints); k++)
            twf_buf_printf(&b->rows, "%lld ", (long long)twf_col_int(&batch->cols[ints[k]], i));
        for (size_t k = 0; k < TWF_COUNT(texts); k++) {
            if (twf_col_valid(&batch->cols[texts[k]], i))
                twf_buf_span(&b->rows, twf_col_bytes(&batch->cols[texts[k]], i));
            twf_buf_byte(&b->rows, ' ');
        }
        twf_buf_byte(&b->rows, '\n');
    }
}

/* Reads the file of b. */
static void run(struct bench *b, bool skim)
{
    struct twf_io_options io = {.mode = TWF_IO_PREAD, .block_len = 65536, .block_count = 4};
    struct twf_error err = {0};
    const struct twf_batch *batch;
    struct twf_pipe *pipe;
    struct twf_totals t;
    enum twf_status status;

    b->setup.skim = skim;
    b->setup.threads = b->one_thread ? 1 : 1 + rng(4);
    b->setup.job_target = 1 + rng(rng(2) == 0 ? 1000 : 1 << 20);
    twf_buf_reset(&b->rows);
    assert_int_equal(twf_pipe_new(&b->setup, &io, &pipe, NULL), TWF_OK);
    assert_int_equal(twf_pipe_add(pipe, b->path, NULL), TWF_OK);
    while ((status = twf_pipe_next(pipe, &batch, &err)) == TWF_OK)
        see(b, batch);
    if (status != TWF_END)
        fail_msg("%s at %llu", err.text, (unsigned long long)err.off);
    twf_pipe_totals(pipe, &t);
    b->counts = t.counts;
    b->incidents = t.incident_count;
    twf_pipe_free(pipe);
}

static void put_lines(struct twf_buf *out, size_t len)
{
    for (size_t end = out->len + len; out->len < end;)
        twf_buf_printf(out, "%08x%08x%08x%08x\n", rng(UINT32_MAX), rng(16), rng(16), rng(UINT32_MAX));
}

/* Mail of several kinds; those with a report or a bounce keep their bodies. */
static void put_mail(struct twf_buf *out, int i, size_t body)
{
    if (rng(12) == 0)
        twf_buf_str(out, "From a@x.example Thu Nov 14 08:15:00 2024\n");
    twf_buf_printf(out, "Return-Path: <a%d@x.example>\nFrom: <a%d@%s.example>\n", i, i,
                   i % 3 == 0 ? "y" : "x");
    if (rng(6) == 0)
        twf_buf_str(out, "X-MS-Journal-Report:\n");
    if (rng(6) == 0)
        twf_buf_str(out, "Content-Type: multipart/report; boundary=b\n");
    if (rng(8) == 0) {
        twf_buf_str(out, "X-Long: ");
        put_lines(out, 1);
        for (uint32_t n = rng(3000); n > 0; n--)
            twf_buf_str(out, " and so on, folded\n");
    }
    if (rng(20) > 0)
        twf_buf_str(out, rng(2) == 0 ? "\n" : "\r\n");
    put_lines(out, body);
}

static void octal(uint8_t *out, int digits, uint64_t value)
{
    for (int i = digits - 1; i >= 0; i--, value >>= 3)
        out[i] = (uint8_t)('0' + (value & 7));
}

static void put_member(struct twf_buf *out, int i, struct twf_span body)
{
    uint8_t block[512] = {0};
    uint64_t sum = 0;

    (void)snprintf((char *)block, 100, "m%d.eml", i);
    memcpy(block + 100, "0000644\0000000000\0000000000\0", 24);
    octal(block + 124, 11, body.len);
    memcpy(block + 136, "14500000000", 12);
    memset(block + 148, ' ', 8);
    block[156] = '0';
    memcpy(block + 257, "ustar\00000", 8);
    for (int k = 0; k < 512; k++)
        sum += block[k];
    octal(block + 148, 6, sum);
    block[154] = 0;
    twf_buf_put(out, block, 512);
    twf_buf_span(out, body);
    while (out->len % 512 != 0)
        twf_buf_byte(out, 0);
}

static void put_tar(struct twf_buf *out)
{
    struct twf_buf mail;

    twf_buf_init(&mail);
    for (int i = 0, n = 1 + (int)rng(12); i < n; i++) {
        twf_buf_reset(&mail);
        if (rng(15) == 0)
            put_lines(&mail, rng(50000)); /* no mail: a member that is passed over */
        else
            put_mail(&mail, i, rng(rng(3) == 0 ? 2000 : 200000));
        put_member(out, i, twf_buf_view(&mail));
    }
    for (int k = 0; k < 1024; k++)
        twf_buf_byte(out, 0);
    twf_buf_fini(&mail);
}

/* Frames of about size plain bytes into the file; most of them tell how much they hold. */
static void write_frames(const struct bench *b, struct twf_span plain, size_t size)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    struct twf_buf out;
    FILE *f = fopen(b->path, "wb");

    assert_non_null(z);
    assert_non_null(f);
    twf_buf_init(&out);
    ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, 1 + (int)rng(6));
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    for (size_t at = 0, len; at < plain.len; at += len) {
        size_t bound, got;

        len = TWF_MIN(plain.len - at, 1 + size / 2 + rng((uint32_t)size));
        bound = ZSTD_compressBound(len);
        ZSTD_CCtx_setParameter(z, ZSTD_c_contentSizeFlag, rng(20) > 0);
        assert_non_null(twf_buf_reserve(&out, bound));
        got = ZSTD_compress2(z, out.ptr + out.len, bound, plain.ptr + at, len);
        assert_false(ZSTD_isError(got));
        out.len += got;
    }
    ZSTD_freeCCtx(z);
    assert_int_equal(fwrite(out.ptr, 1, out.len, f), out.len);
    assert_int_equal(fclose(f), 0);
    twf_buf_fini(&out);
}

/* The file of b in both ways; returns the frames that were skipped. */
static uint64_t compare(struct bench *b)
{
    struct twf_counts first;
    struct twf_buf all;
    uint64_t incidents;

    twf_buf_init(&all);
    run(b, false);
    assert_int_equal(b->counts.skipped_bytes + b->counts.passed_bytes + b->counts.frames_skipped, 0);
    twf_buf_span(&all, twf_buf_view(&b->rows));
    incidents = b->incidents;
    first = b->counts;
    for (int again = 0; again < 2; again++) {
        struct twf_counts before = b->counts;

        run(b, true);
        assert_int_equal(b->rows.len, all.len);
        assert_memory_equal(b->rows.ptr, all.ptr, all.len);
        assert_int_equal(b->incidents, incidents);
        assert_int_equal(b->counts.out_bytes, first.out_bytes);
        assert_int_equal(b->counts.message_bytes, first.message_bytes);
        assert_int_equal(b->counts.separator_bytes, first.separator_bytes);
        assert_int_equal(b->counts.frames, first.frames);
        if (again > 0) {
            assert_int_equal(b->counts.frames_skipped, before.frames_skipped);
            assert_int_equal(b->counts.skipped_bytes, before.skipped_bytes);
            assert_int_equal(b->counts.passed_bytes, before.passed_bytes);
        }
    }
    twf_buf_fini(&all);
    return b->counts.frames_skipped;
}

static void test_tar(void **state)
{
    struct bench *b = *state;
    struct twf_buf plain;
    uint64_t skipped = 0;

    twf_buf_init(&plain);
    for (int round = 0; round < ROUNDS; round++) {
        rng_state = UINT64_C(0x9E3779B97F4A7C15) * (uint64_t)(round + 1);
        twf_buf_reset(&plain);
        put_tar(&plain);
        write_frames(b, twf_buf_view(&plain), round % 3 == 0 ? 3000 : 40000);
        skipped += compare(b);
    }
    assert_true(skipped > ROUNDS * 10);
    twf_buf_fini(&plain);
}

static void test_one_message(void **state)
{
    struct bench *b = *state;
    struct twf_buf plain;
    uint64_t skipped = 0;

    twf_buf_init(&plain);
    for (int round = 0; round < ROUNDS; round++) {
        rng_state = UINT64_C(0xD1B54A32D192ED03) * (uint64_t)(round + 1);
        twf_buf_reset(&plain);
        put_mail(&plain, round, rng(round % 3 == 0 ? 1500000 : 120000));
        write_frames(b, twf_buf_view(&plain), round % 2 == 0 ? 3000000 : 100000);
        skipped += compare(b);
    }
    assert_true(skipped > ROUNDS);
    twf_buf_fini(&plain);
}

/*
 * A frame whose window was changed says that it holds less than it does. What it holds is complete, or that is told;
 * and the frame behind it is as it was.
 */
static void test_narrow_window(void **state)
{
    struct bench *b = *state;
    struct twf_buf plain, all;
    ZSTD_CCtx *z = ZSTD_createCCtx();
    uint8_t out[65536];
    size_t first, second;

    assert_non_null(z);
    twf_buf_init(&plain);
    twf_buf_init(&all);
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(z, ZSTD_c_contentSizeFlag, 0);
    for (int i = 0; i < 100; i++)
        twf_buf_printf(&plain, "From a@x.example Thu Nov 14 08:15:00 2024\nFrom: <a%d@x.example>\nSubject: %d\n\ntext\n\n", i, i * i);
    first = ZSTD_compress2(z, out, sizeof(out), plain.ptr, plain.len);
    assert_false(ZSTD_isError(first));
    second = ZSTD_compress2(z, out + first, sizeof(out) - first, plain.ptr, plain.len);
    assert_false(ZSTD_isError(second));
    for (int window = -1; window < 256; window += 8) {
        FILE *f = fopen(b->path, "wb");

        assert_non_null(f);
        if (window >= 0)
            out[5] = (uint8_t)window;
        assert_int_equal(fwrite(out, 1, first + second, f), first + second);
        assert_int_equal(fclose(f), 0);
        run(b, window % 16 == 7);
        assert_int_equal(b->counts.in_bytes, first + second);
        if (window < 0)
            twf_buf_span(&all, twf_buf_view(&b->rows));
        if (b->incidents > 0)
            continue;
        assert_int_equal(b->rows.len, all.len);
        assert_memory_equal(b->rows.ptr, all.ptr, all.len);
    }
    ZSTD_freeCCtx(z);
    twf_buf_fini(&all);
    twf_buf_fini(&plain);
}

/* Bytes that this process has read so far. */
static uint64_t bytes_read(void)
{
    unsigned long long n = 0;
    FILE *f = fopen("/proc/self/io", "r");

    assert_non_null(f);
    assert_int_equal(fscanf(f, "rchar: %llu", &n), 1);
    (void)fclose(f);
    return n;
}

static void put_large_tar(struct twf_buf *out)
{
    struct twf_buf mail;

    twf_buf_init(&mail);
    for (int i = 0; i < 24; i++) {
        twf_buf_reset(&mail);
        twf_buf_printf(&mail, "From: a%d@x.example\n\n", i);
        put_lines(&mail, 400000 + rng(50000));
        put_member(out, i, twf_buf_view(&mail));
    }
    for (int k = 0; k < 1024; k++)
        twf_buf_byte(out, 0);
    twf_buf_fini(&mail);
}

/* Of a tar with attachments only the frames that begin a message are read, and its end is found, cut or not. */
static void test_far(void **state)
{
    struct bench *b = *state;
    struct twf_buf plain;
    uint64_t before, size, missing;
    struct stat st;

    twf_buf_init(&plain);
    rng_state = UINT64_C(0x9E3779B97F4A7C15);
    put_large_tar(&plain);
    write_frames(b, twf_buf_view(&plain), 20000);
    assert_int_equal(stat(b->path, &st), 0);
    size = (uint64_t)st.st_size;
    b->one_thread = true;
    before = bytes_read();
    run(b, true);
    assert_true(b->counts.frames_skipped > b->counts.frames / 2);
    assert_int_equal(b->counts.in_bytes, size);
    assert_true(bytes_read() - before < size / 2);
    b->one_thread = false;
    (void)compare(b);
    for (int round = 0; round < 12; round++) {
        missing = 1 + rng(round % 2 == 0 ? 30 : 30000);
        size -= missing;
        assert_int_equal(truncate(b->path, (off_t)size), 0);
        (void)compare(b);
        assert_int_equal(b->counts.in_bytes, size);
    }
    twf_buf_fini(&plain);
}

/* Damage in a body that is not read is not seen, and where --verify looks it is. */
static void test_damage_in_body(void **state)
{
    struct bench *b = *state;
    struct twf_buf plain;
    FILE *f;

    twf_buf_init(&plain);
    rng_state = UINT64_C(0x9E3779B97F4A7C15);
    twf_buf_str(&plain, "From: a@x.example\n\n");
    put_lines(&plain, 1000000);
    write_frames(b, twf_buf_view(&plain), 3000000);
    f = fopen(b->path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, -3, SEEK_END), 0); /* in the checksum */
    assert_int_equal(fputc('x', f), 'x');
    assert_int_equal(fclose(f), 0);
    run(b, true);
    assert_int_equal(b->incidents, 0);
    assert_int_equal(b->counts.frames_skipped, 1);
    assert_int_equal(b->counts.frames_checksum_ok, 0);
    run(b, false);
    assert_int_equal(b->incidents, 2); /* the frame, and the message in it */
    assert_int_equal(b->counts.frames_checksum_bad, 1);
    twf_buf_fini(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tar, setup, teardown),
        cmocka_unit_test_setup_teardown(test_narrow_window, setup, teardown),
        cmocka_unit_test_setup_teardown(test_far, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_message, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage_in_body, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
