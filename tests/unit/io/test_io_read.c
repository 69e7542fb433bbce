/* SPDX-License-Identifier: Apache-2.0 */
/* Large inputs, block by block: sizes at every edge, streams, what is no file, what changes. */
#define _GNU_SOURCE
#include "io_files.h"

#include <pthread.h>

static const enum twf_io_mode modes[] = {TWF_IO_PREAD, TWF_IO_URING};
static size_t mode_count = TWF_COUNT(modes);

static const size_t sizes[] = {0,         1,             4095,          4096,
                               4097,      BLOCK_LEN - 1, BLOCK_LEN,     BLOCK_LEN + 1,
                               3 * 8192,  100000,        8 * BLOCK_LEN, 40 * BLOCK_LEN + 5};

static void sizes_and_blocks(void **state)
{
    (void)state;
    for (size_t i = 0; i < TWF_COUNT(sizes); i++) {
        make_file("file", (uint32_t)i, sizes[i]);
        for (size_t m = 0; m < mode_count; m++) {
            for (uint32_t blocks = 1; blocks <= 8; blocks += 7) {
                for (uint32_t hold = 1; hold <= blocks; hold += 3) {
                    struct twf_io *io = open_io(modes[m], blocks, NULL);
                    struct sums s = read_path(io, "file", (uint32_t)i, hold);

                    assert_int_equal(s.handed, sizes[i]);
                    assert_int_equal(s.blocks, (sizes[i] + BLOCK_LEN - 1) / BLOCK_LEN);
                    assert_int_equal(s.errors, 0);
                    assert_false(s.changed);
                    assert_int_equal(twf_io_free_blocks(io), blocks);
                    twf_io_free(io);
                }
            }
        }
    }
}

/* Two files by turns, with fewer blocks than their read-ahead would like. */
static void two_at_a_time(void **state)
{
    (void)state;
    make_file("a", 1, 50 * BLOCK_LEN + 1);
    make_file("b", 2, 50 * BLOCK_LEN + 2);
    for (size_t m = 0; m < mode_count; m++) {
        struct twf_io *io = open_io(modes[m], 4, NULL);
        struct twf_io_file *f[2];
        uint64_t off[2] = {0, 0};

        assert_int_equal(twf_io_open(io, "a", &f[0], NULL), TWF_OK);
        assert_int_equal(twf_io_open(io, "b", &f[1], NULL), TWF_OK);
        for (unsigned i = 0; i < 102; i++) {
            struct twf_block *b;
            unsigned k = i & 1;

            assert_int_equal(twf_io_next(f[k], &b, NULL), TWF_OK);
            assert_int_equal(b->off, off[k]);
            assert_bytes(b->data, b->len, k + 1, off[k]);
            off[k] += b->len;
            twf_io_return(io, b);
        }
        assert_int_equal(off[0], 50 * BLOCK_LEN + 1);
        assert_int_equal(off[1], 50 * BLOCK_LEN + 2);
        twf_io_close(f[0], NULL);
        twf_io_free(io); /* closes the other */
    }
}

static void blocks_outlive_their_file(void **state)
{
    (void)state;
    make_file("file", 3, 3 * BLOCK_LEN);
    for (size_t m = 0; m < mode_count; m++) {
        struct twf_io *io = open_io(modes[m], 2, NULL);
        struct twf_io_file *f;
        struct twf_block *b[3];
        struct twf_error err;

        assert_int_equal(twf_io_open(io, "file", &f, NULL), TWF_OK);
        assert_int_equal(twf_io_next(f, &b[0], NULL), TWF_OK);
        assert_int_equal(twf_io_next(f, &b[1], NULL), TWF_OK);
        assert_int_equal(twf_io_free_blocks(io), 0);
        assert_int_equal(twf_io_next(f, &b[2], &err), TWF_ERR_INTERNAL);
        twf_io_close(f, NULL);
        assert_bytes(b[0]->data, BLOCK_LEN, 3, 0);
        assert_bytes(b[1]->data, BLOCK_LEN, 3, BLOCK_LEN);
        twf_io_return(io, b[1]);
        twf_io_return(io, b[0]);
        assert_int_equal(twf_io_free_blocks(io), 2);
        twf_io_free(io);
    }
}

static void peeks(void **state)
{
    static const struct {
        uint64_t off;
        size_t len, got;
    } rows[] = {{0, 1, 1},         {0, 10000, 10000}, {9999, 5, 1},         {10000, 5, 0},
                {UINT64_MAX, 5, 0}, {4095, 2, 2},      {1, 20000, 9999}};

    (void)state;
    make_file("file", 4, 10000);
    for (size_t m = 0; m < mode_count; m++) {
        for (int direct = 0; direct < 2; direct++) {
            struct twf_io_options o = {.mode = modes[m], .block_len = BLOCK_LEN, .block_count = 2, .direct = direct != 0};
            struct twf_io *io;
            struct twf_io_file *f;

            assert_int_equal(twf_io_new(&o, &io, NULL), TWF_OK);
            assert_int_equal(twf_io_open(io, "file", &f, NULL), TWF_OK);
            for (size_t i = 0; i < TWF_COUNT(rows); i++) {
                uint8_t *buf = malloc(rows[i].len);
                size_t got;

                assert_int_equal(twf_io_peek(f, rows[i].off, buf, rows[i].len, &got, NULL), TWF_OK);
                assert_int_equal(got, rows[i].got);
                assert_bytes(buf, got, 4, rows[i].off);
                free(buf);
            }
            assert_int_equal(read_all(io, f, 4, 1).handed, 10000);
            twf_io_free(io);
        }
    }
}

static void direct(void **state)
{
    (void)state;
    for (size_t i = 0; i < TWF_COUNT(sizes); i++) {
        make_file("file", 5, sizes[i]);
        for (size_t m = 0; m < mode_count; m++) {
            struct twf_io_options o = {.mode = modes[m], .block_len = BLOCK_LEN, .block_count = 3, .direct = true};
            struct twf_io *io;

            assert_int_equal(twf_io_new(&o, &io, NULL), TWF_OK);
            assert_int_equal(read_path(io, "file", 5, 2).handed, sizes[i]);
            twf_io_free(io);
        }
    }
}

struct writer {
    const char *path;
    int fd;
    size_t len, step;
};

static void *write_slowly(void *arg)
{
    struct writer *w = arg;
    int fd = w->path == NULL ? w->fd : open(w->path, O_WRONLY);

    for (size_t off = 0; off < w->len;) {
        uint8_t part[5000];
        size_t n = TWF_MIN(w->step, w->len - off);

        for (size_t i = 0; i < n; i++)
            part[i] = byte_at(6, off + i);
        if (write(fd, part, n) != (ssize_t)n)
            break;
        off += n;
        if (off < 3 * w->step)
            (void)usleep(3000);
    }
    (void)close(fd);
    return NULL;
}

static void streams(void **state)
{
    static const struct {
        size_t len, step;
        bool nonblock;
    } rows[] = {{0, 1, false}, {1, 1, false}, {BLOCK_LEN, 4096, false}, {100001, 4999, true}};

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows) * mode_count; i++) {
        size_t row = i / mode_count;
        struct twf_io *io = open_io(modes[i % mode_count], 2, NULL);
        struct writer w = {.len = rows[row].len, .step = rows[row].step};
        struct twf_io_file *f;
        pthread_t thread;
        int ends[2];
        struct sums s;

        assert_int_equal(pipe2(ends, rows[row].nonblock ? O_NONBLOCK : 0), 0);
        (void)fcntl(ends[1], F_SETFL, 0);
        w.fd = ends[1];
        assert_int_equal(pthread_create(&thread, NULL, write_slowly, &w), 0);
        assert_int_equal(twf_io_open_fd(io, ends[0], true, "pipe", &f, NULL), TWF_OK);
        assert_false(twf_io_file_stat(f)->has_size);
        s = read_all(io, f, 6, 1);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(s.handed, rows[row].len);
        assert_int_equal(s.blocks, (rows[row].len + BLOCK_LEN - 1) / BLOCK_LEN);
        assert_int_equal(fcntl(ends[0], F_GETFD), -1); /* it was owned */
        twf_io_free(io);
    }
}

static void fifo_and_stdin(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    make_file("file", 7, 20000);
    for (size_t m = 0; m < mode_count; m++) {
        struct twf_io *io = open_io(modes[m], 2, NULL);
        struct writer w = {.path = "fifo", .len = 30000, .step = 5000};
        int saved = dup(STDIN_FILENO), fd = open("file", O_RDONLY);
        struct twf_io_file *f;
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, write_slowly, &w), 0);
        assert_int_equal(read_path(io, "fifo", 6, 1).handed, 30000);
        assert_int_equal(pthread_join(thread, NULL), 0);

        assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
        assert_int_equal(read_path(io, "-", 7, 1).handed, 20000);
        /* Read in part by somebody else: what is left is a stream. */
        assert_int_equal(lseek(STDIN_FILENO, 19999, SEEK_SET), 19999);
        assert_int_equal(twf_io_open(io, "-", &f, NULL), TWF_OK);
        assert_false(twf_io_file_stat(f)->has_size);
        struct twf_block *b;
        assert_int_equal(twf_io_next(f, &b, NULL), TWF_OK);
        assert_int_equal(b->len, 1);
        assert_int_equal(b->data[0], byte_at(7, 19999));
        twf_io_return(io, b);
        assert_int_equal(twf_io_next(f, &b, NULL), TWF_END);
        twf_io_close(f, NULL);
        assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
        (void)close(saved);
        (void)close(fd);
        twf_io_free(io);
    }
}

/* A pipe is made as large as a block of a run, where the system allows that to anybody at all. */
static void pipe_is_widened(void **state)
{
    struct twf_io_options o = {.mode = TWF_IO_PREAD, .block_len = BLOCK_LEN, .block_count = 4};
    struct twf_io *io;
    struct twf_io_file *f;
    int ends[2], other[2], can;

    (void)state;
    assert_int_equal(pipe(other), 0);
    can = fcntl(other[0], F_SETPIPE_SZ, 1 << 20);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(twf_io_new(&o, &io, NULL), TWF_OK);
    assert_int_equal(twf_io_open_fd(io, ends[0], false, "pipe", &f, NULL), TWF_OK);
    assert_int_equal(fcntl(ends[0], F_GETPIPE_SZ),
                     can > 0 ? can : fcntl(other[0], F_GETPIPE_SZ));
    twf_io_close(f, NULL);
    twf_io_free(io);
    for (int i = 0; i < 2; i++) {
        (void)close(ends[i]);
        (void)close(other[i]);
    }
}

static void what_is_no_file(void **state)
{
    unsigned before = open_descriptors();

    (void)state;
    assert_int_equal(mkdir("folder", 0700), 0);
    for (size_t m = 0; m < mode_count; m++) {
        struct twf_io *io = open_io(modes[m], 2, NULL);
        struct twf_error err;
        struct twf_io_file *f;
        struct twf_block *b;
        size_t got;
        uint8_t byte;

        assert_int_equal(twf_io_open(io, "folder", &f, &err), TWF_ERR_IO);
        assert_int_equal(err.sys_errno, EISDIR);
        assert_string_equal(err.path, "folder");
        assert_null(f);
        assert_int_equal(twf_io_open(io, "not there", &f, &err), TWF_ERR_IO);
        assert_int_equal(err.sys_errno, ENOENT);
        assert_string_equal(err.path, "not there");
        assert_int_equal(twf_io_open_fd(io, 999, false, "bad", &f, &err), TWF_ERR_IO);
        assert_int_equal(err.sys_errno, EBADF);

        assert_int_equal(twf_io_open(io, "/dev/null", &f, NULL), TWF_OK);
        assert_int_equal(twf_io_peek(f, 0, &byte, 1, &got, &err), TWF_ERR_IO);
        assert_int_equal(err.sys_errno, ESPIPE);
        assert_int_equal(twf_io_next(f, &b, NULL), TWF_END);
        twf_io_close(f, NULL);

        /* Regular, and without a size. */
        assert_int_equal(twf_io_open(io, "/proc/self/status", &f, NULL), TWF_OK);
        assert_false(twf_io_file_stat(f)->has_size);
        assert_true(twf_io_file_stat(f)->regular);
        assert_int_equal(twf_io_next(f, &b, NULL), TWF_OK);
        assert_memory_equal(b->data, "Name:", 5);
        twf_io_return(io, b);
        assert_int_equal(twf_io_next(f, &b, NULL), TWF_END);
        twf_io_close(f, NULL);
        twf_io_free(io);
    }
    assert_int_equal(open_descriptors(), before);
}

static void changes(void **state)
{
    (void)state;
    for (size_t m = 0; m < mode_count; m++) {
        /* With a single block nothing is read ahead, so that each change is met. */
        struct twf_io *io = open_io(modes[m], 1, NULL);
        struct twf_io_file *f;
        struct twf_block *b;
        struct sums s;
        bool changed;

        make_file("file", 8, 10 * BLOCK_LEN);
        assert_int_equal(twf_io_open(io, "file", &f, NULL), TWF_OK);
        assert_int_equal(twf_io_next(f, &b, NULL), TWF_OK);
        twf_io_close(f, &changed);
        assert_false(changed);
        twf_io_return(io, b);

        assert_int_equal(twf_io_open(io, "file", &f, NULL), TWF_OK);
        assert_int_equal(truncate("file", 3 * BLOCK_LEN + 7), 0);
        s = read_all(io, f, 8, 1);
        assert_int_equal(s.handed, 3 * BLOCK_LEN + 7);
        assert_int_equal(s.errors, 0);
        assert_true(s.changed);

        assert_int_equal(twf_io_open(io, "file", &f, NULL), TWF_OK);
        assert_int_equal(truncate("file", 20 * BLOCK_LEN), 0);
        s = read_all(io, f, 8, 1);
        assert_int_equal(s.handed, 3 * BLOCK_LEN + 7); /* to the size at open */
        assert_true(s.changed);

        make_file("file", 8, 2 * BLOCK_LEN);
        make_file("other", 9, 2 * BLOCK_LEN);
        assert_int_equal(twf_io_open(io, "file", &f, NULL), TWF_OK);
        assert_int_equal(rename("other", "file"), 0);
        s = read_all(io, f, 8, 1);
        assert_int_equal(s.handed, 2 * BLOCK_LEN); /* of the file that was opened */
        assert_true(s.changed);

        make_file("file", 8, 0); /* empty: what comes later is no content */
        assert_int_equal(twf_io_open(io, "file", &f, NULL), TWF_OK);
        assert_true(twf_io_file_stat(f)->has_size);
        make_file("file", 8, 5);
        s = read_all(io, f, 8, 1);
        assert_int_equal(s.handed, 0);
        assert_true(s.changed);
        twf_io_free(io);
    }
}

static void memory_fails(void **state)
{
    struct twf_io_options o = {.block_len = BLOCK_LEN, .block_count = 2};
    unsigned before = open_descriptors();
    uint64_t in_use = twf_alloc_in_use();

    (void)state;
    make_file("file", 10, 3 * BLOCK_LEN);
    for (size_t m = 0; m < mode_count; m++) {
        bool done = false;

        o.mode = modes[m];
        for (uint64_t k = 1; !done; k++) {
            struct twf_io *io;
            struct twf_io_file *f = NULL;
            enum twf_status status;

            twf_alloc_fail_at(k);
            status = twf_io_new(&o, &io, NULL);
            if (status == TWF_OK)
                status = twf_io_open(io, "file", &f, NULL);
            twf_alloc_fail_at(0);
            if (status == TWF_OK) {
                assert_int_equal(read_all(io, f, 10, 1).handed, 3 * BLOCK_LEN);
                done = true;
            } else {
                assert_true(status == TWF_ERR_NOMEM || status == TWF_ERR_IO);
            }
            twf_io_free(io);
            assert_int_equal(twf_alloc_in_use(), in_use);
            assert_int_equal(open_descriptors(), before);
            assert_true(k < 100);
        }
    }
}

static void options(void **state)
{
    static const struct twf_io_options wrong[] = {
        {.block_len = 0, .block_count = 1},
        {.block_len = 100, .block_count = 1},
        {.block_len = 4097, .block_count = 1},  {.block_len = (size_t)2 << 30, .block_count = 1},
        {.block_len = 4096, .block_count = 0},  {.block_len = 4096, .block_count = 1u << 20},
        {.mode = (enum twf_io_mode)3, .block_len = 4096, .block_count = 1},
    };
    struct twf_io *io;

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(wrong); i++) {
        struct twf_error err = {0};

        assert_int_equal(twf_io_new(&wrong[i], &io, &err), TWF_ERR_ARG);
        assert_null(io);
        assert_true(err.text[0] != '\0');
    }
    twf_io_free(NULL);
    io = open_io(TWF_IO_PREAD, 1, NULL);
    assert_string_equal(twf_io_backend(io), "pread");
    assert_null(twf_io_notice(io));
    twf_io_free(io);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_blocks),
        cmocka_unit_test(two_at_a_time),
        cmocka_unit_test(blocks_outlive_their_file),
        cmocka_unit_test(peeks),
        cmocka_unit_test(direct),
        cmocka_unit_test(streams),
        cmocka_unit_test(fifo_and_stdin),
        cmocka_unit_test(pipe_is_widened),
        cmocka_unit_test(what_is_no_file),
        cmocka_unit_test(changes),
        cmocka_unit_test(memory_fails),
        cmocka_unit_test(options),
    };

    mode_count = has_ring() ? 2 : 1;
    return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
