/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a ring may do, for whoever takes over a thread that shares its memory: read, open and close, and
 * nothing else. seccomp does not see operations of a ring, so the ring itself has to refuse them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/io.h"
#include "io/io_ring.h"

static bool may(unsigned op)
{
    return op == IORING_OP_READ || op == IORING_OP_READ_FIXED || op == IORING_OP_OPENAT ||
           op == IORING_OP_CLOSE;
}

/* The kernel's answer to one operation, with nothing but zeros in it. */
static int try_op(struct io_uring *ring, unsigned op)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    struct io_uring_cqe *cqe;
    int res;

    if (sqe == NULL)
        return 0;
    memset(sqe, 0, sizeof(*sqe));
    sqe->opcode = (uint8_t)op;
    sqe->fd = -1;
    assert_int_equal(io_uring_submit_and_wait(ring, 1), 1);
    assert_int_equal(io_uring_wait_cqe(ring, &cqe), 0);
    res = cqe->res;
    io_uring_cqe_seen(ring, cqe);
    return res;
}

static void test_refused(void **state)
{
    enum { OPS = 64 }; /* more than there are: those of tomorrow too */
    struct twf_io_options options = {.mode = TWF_IO_URING, .block_len = 65536, .block_count = 2};
    struct twf_error err = {0};
    struct twf_io *io;
    struct twf_io_file *file;
    struct twf_block *block;
    unsigned refused = 0;

    (void)state;
    if (twf_io_new(&options, &io, &err) != TWF_OK) {
        print_message("SKIP: no ring: %s\n", err.text);
        skip();
    }
    if (strstr(io->detail, "operations restricted: yes") == NULL) {
        print_message("SKIP: %s\n", io->detail);
        twf_io_free(io);
        skip();
    }
    /* It is enabled by its first use. */
    assert_int_equal(twf_io_open(io, "/proc/self/exe", &file, &err), TWF_OK);
    assert_int_equal(twf_io_next(file, &block, &err), TWF_OK);
    twf_io_return(io, block);
    twf_io_close(file, NULL);
    assert_true(io->uring->enabled);
    for (unsigned op = 0; op < OPS; op++) {
        int res;

        if (may(op))
            continue;
        res = try_op(&io->uring->ring, op);
        /* What the kernel does not know it calls invalid. */
        if (res != -EACCES && res != -EINVAL)
            print_error("operation %u: %d\n", op, res);
        assert_true(res == -EACCES || res == -EINVAL);
        refused += res == -EACCES;
    }
    assert_true(refused >= 30);
    print_message("%u operations refused\n", refused);
    twf_io_free(io);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
