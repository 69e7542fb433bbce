/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --ratio-limit: four gigabytes out of 128 KiB, as one long frame and as many short ones, by one and four threads. The
 * input ends at the limit, little more than that is decoded, its bytes count as not read, and the next one is judged.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "pipe/pipe.h"
#include "plain_setup.h"

enum { BLOCK = 128 * 1024, BLOCKS = 32768, FREE = 1 << 30 };

/* Frames of so many blocks, each of which is one byte that counts BLOCK times (RFC 8878 section 3.1.1.2). */
static void put_frames(struct twf_buf *out, uint32_t blocks, uint32_t in_frame)
{
    static const uint8_t head[] = {0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38}; /* window of 128 KiB */

    for (uint32_t i = 0; i < blocks; i++) {
        uint32_t last = (i + 1) % in_frame == 0, word = last | 1u << 1 | (uint32_t)BLOCK << 3;
        const uint8_t block[] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), 'x'};

        if (i % in_frame == 0)
            twf_buf_put(out, head, sizeof(head));
        twf_buf_put(out, block, sizeof(block));
    }
}

static void write_file(char *path, struct twf_span bytes)
{
    int fd;

    (void)snprintf(path, 32, "/tmp/twf-test-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
    assert_int_equal(close(fd), 0);
}

static void run(char paths[2][32], uint64_t bomb_len, uint32_t threads)
{
    struct twf_io_options io = {.mode = TWF_IO_PREAD, .block_len = 1 << 20, .block_count = 4};
    struct twf_setup setup;
    struct twf_error err = {0};
    const struct twf_batch *batch;
    struct twf_pipe *pipe;
    struct twf_progress p;
    struct twf_totals t;
    enum twf_status status;

    plain_setup(&setup);
    setup.job_target = 1 << 20;
    setup.ratio_limit = 1000;
    setup.threads = threads;
    assert_int_equal(twf_pipe_new(&setup, &io, &pipe, NULL), TWF_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(twf_pipe_add(pipe, paths[i], NULL), TWF_OK);
    while ((status = twf_pipe_next(pipe, &batch, &err)) == TWF_OK)
        ;
    if (status != TWF_END)
        fail_msg("%s at %llu", err.text, (unsigned long long)err.off);
    twf_pipe_progress(pipe, &p);
    twf_pipe_totals(pipe, &t);
    assert_in_range(p.out_bytes, FREE, FREE + (64 << 20) * (uint64_t)threads);
    assert_in_range(t.counts.unread_bytes, 1, bomb_len);
    assert_in_range(t.incident_count, 1, 2); /* the limit, and what is no mail before it */
    assert_int_equal(t.counts.messages, 1);
    twf_pipe_free(pipe);
}

static void test_over(void **state)
{
    static const uint32_t in_frame[] = {BLOCKS, 8};
    static const char mail[] = "From: a@x.example\nSubject: s\n\ntext\n";
    char paths[2][32];

    (void)state;
    write_file(paths[1], twf_span_str(mail));
    for (size_t i = 0; i < TWF_COUNT(in_frame); i++) {
        struct twf_buf bomb;

        twf_buf_init(&bomb);
        put_frames(&bomb, BLOCKS, in_frame[i]);
        assert_false(bomb.failed);
        write_file(paths[0], twf_buf_view(&bomb));
        run(paths, bomb.len, 1);
        run(paths, bomb.len, 4);
        assert_int_equal(unlink(paths[0]), 0);
        twf_buf_fini(&bomb);
    }
    assert_int_equal(unlink(paths[1]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_over)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
