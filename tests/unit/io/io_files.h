/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of io share: a folder of their own, files with bytes from a seed, and a reading
 * of a whole input that checks each block and the sum of all.
 */
#ifndef TWF_TESTS_UNIT_IO_IO_FILES_H
#define TWF_TESTS_UNIT_IO_IO_FILES_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "io/io.h"
#include "io/io_fault.h"

#define TEST_SEED 0x5eed1e55u
#define BLOCK_LEN 8192u

/* The folder of this program; the working directory is in it, so that paths are short. */
static inline int folder_setup(void **state)
{
    static char name[] = "/tmp/twf_io_XXXXXX";

    *state = mkdtemp(name);
    return *state == NULL || chdir(name) != 0 ? -1 : 0;
}

static inline int folder_teardown(void **state)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", (const char *)*state,
                   (const char *)*state);
    return chdir("/") != 0 ? -1 : system(command);
}

static inline uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* Byte i of the file of a seed: any byte tells its own place. */
static inline uint8_t byte_at(uint32_t seed, uint64_t i)
{
    uint64_t x = (i >> 3) * 0x9e3779b97f4a7c15u + seed;

    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9u;
    return (uint8_t)(x >> (8 * (i & 7)));
}

static inline void make_file(const char *path, uint32_t seed, size_t len)
{
    uint8_t *bytes = malloc(len + 1);
    FILE *file = fopen(path, "wb");

    assert_non_null(bytes);
    assert_non_null(file);
    for (size_t i = 0; i < len; i++)
        bytes[i] = byte_at(seed, i);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    free(bytes);
}

static inline void assert_bytes(const uint8_t *ptr, size_t len, uint32_t seed, uint64_t off)
{
    for (size_t i = 0; i < len; i++) {
        if (ptr[i] != byte_at(seed, off + i))
            fail_msg("seed %u: byte %llu is wrong", seed, (unsigned long long)(off + i));
    }
}

static inline struct twf_io *open_io(enum twf_io_mode mode, uint32_t blocks,
                                     const struct twf_io_faults *faults)
{
    struct twf_io_options o = {.mode = mode, .block_len = BLOCK_LEN, .block_count = blocks};
    struct twf_io *io;
    struct twf_error err = {0};

    if (twf_io_new_faulty(&o, faults, &io, &err) != TWF_OK)
        fail_msg("%s", err.text);
    return io;
}

struct sums {
    uint64_t handed, skipped, blocks, errors;
    int sys_errno; /* of the last error */
    bool changed;
};

/* Reads f to its end with a number of blocks lent at a time, and closes it. */
static inline struct sums read_all(struct twf_io *io, struct twf_io_file *f, uint32_t seed,
                                   uint32_t hold)
{
    struct twf_block *held[16] = {NULL};
    struct sums s = {0};
    uint64_t off = 0;

    assert_in_range(hold, 1, TWF_COUNT(held));
    for (;;) {
        struct twf_error err = {0};
        struct twf_block *b;
        enum twf_status status;

        twf_io_return(io, held[s.blocks % hold]);
        held[s.blocks % hold] = NULL;
        status = twf_io_next(f, &b, &err);
        if (status == TWF_END)
            break;
        if (status == TWF_ERR_IO) {
            assert_null(b);
            assert_int_equal(err.off, off);
            assert_true(twf_io_skipped(f) > 0);
            off += twf_io_skipped(f);
            s.skipped += twf_io_skipped(f);
            s.sys_errno = err.sys_errno;
            s.errors++;
            continue;
        }
        assert_int_equal(status, TWF_OK);
        assert_int_equal(b->off, off);
        assert_in_range(b->len, 1, b->cap);
        assert_bytes(b->data, b->len, seed, off);
        off += b->len;
        s.handed += b->len;
        held[s.blocks++ % hold] = b;
    }
    for (uint32_t i = 0; i < hold; i++)
        twf_io_return(io, held[i]);
    twf_io_close(f, &s.changed);
    return s;
}

static inline struct sums read_path(struct twf_io *io, const char *path, uint32_t seed,
                                    uint32_t hold)
{
    struct twf_io_file *f;
    struct twf_error err = {0};

    if (twf_io_open(io, path, &f, &err) != TWF_OK)
        fail_msg("%s: %s", path, err.text);
    return read_all(io, f, seed, hold);
}

static inline unsigned open_descriptors(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 4096; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* Whether this system gives rings at all; where not, half of a test has nothing to run on. */
static inline bool has_ring(void)
{
    struct twf_io_options o = {.mode = TWF_IO_URING, .block_len = BLOCK_LEN, .block_count = 1};
    struct twf_io *io;
    bool has = twf_io_new(&o, &io, NULL) == TWF_OK;

    twf_io_free(io);
    if (!has)
        (void)fputs("io_uring is not available: only pread is tested\n", stderr);
    return has;
}

#endif
