/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system fails, at each place in turn. Whatever happens, what is handed out has the right
 * bytes, and what is handed out and what is reported as skipped add up to the size of the file.
 */
#define _GNU_SOURCE
#include "io_files.h"

#include <pthread.h>
#include <time.h>

static const enum twf_io_mode modes[] = {TWF_IO_PREAD, TWF_IO_URING};
static size_t mode_count = TWF_COUNT(modes);

enum { SEED = 11, SIZE = 5 * BLOCK_LEN + 4099 };

struct plan {
    uint64_t calls, from, to; /* calls so far, and those that are hit */
    int64_t hit;              /* as struct twf_io_faults says */
    uint64_t bad_from, bad_to; /* of the file: EIO */
    bool partly;              /* a read stops in front of the bad range */
    uint64_t random;          /* 0: none */
    uint64_t enters, enter_from, enter_to;
    int enter_hit;
    const char *step;
    int step_hit;
};

static int64_t plan_read(void *ctx, uint64_t off, size_t len)
{
    struct plan *p = ctx;

    p->calls++;
    if (p->calls >= p->from && p->calls < p->to)
        return p->hit;
    if (off < p->bad_to && off + len > p->bad_from) {
        if (p->partly && off < p->bad_from)
            return (int64_t)(p->bad_from - off);
        return -EIO;
    }
    if (p->random != 0) {
        static const int64_t hits[] = {1, 3, 511, 4096, 5000, -EAGAIN, -EINTR, -ECANCELED};
        uint64_t x = next_random(&p->random);

        if (x % 4 == 0)
            return hits[(x >> 8) % (p->calls % 64 == 0 ? 8 : 5)];
    }
    return 0;
}

static int plan_enter(void *ctx)
{
    struct plan *p = ctx;

    p->enters++;
    return p->enters >= p->enter_from && p->enters < p->enter_to ? p->enter_hit : 0;
}

static unsigned plan_pick(void *ctx, unsigned n)
{
    struct plan *p = ctx;

    return p->random == 0 ? n - 1 : (unsigned)(next_random(&p->random) % n);
}

static int plan_setup(void *ctx, const char *step)
{
    const struct plan *p = ctx;

    return p->step != NULL && strcmp(p->step, step) == 0 ? p->step_hit : 0;
}

static struct twf_io_faults faults_of(struct plan *p)
{
    return (struct twf_io_faults){plan_read, plan_enter, plan_setup, plan_pick, p};
}

static struct sums run(enum twf_io_mode mode, uint32_t blocks, struct plan *p)
{
    struct twf_io_faults faults = faults_of(p);
    struct twf_io *io = open_io(mode, blocks, &faults);
    struct sums s = read_path(io, "file", SEED, blocks > 1 ? blocks / 2 : 1);

    if (!s.changed)
        assert_int_equal(s.handed + s.skipped, SIZE);
    assert_int_equal(twf_io_free_blocks(io), blocks);
    twf_io_free(io);
    return s;
}

/* The n-th read is hit and no other: nothing may be lost. */
static void each_read(void **state)
{
    static const int64_t hits[] = {1,       3,          4096,    -EIO,   -EAGAIN,
                                   -EINTR,  -ECANCELED, -ENOMEM, -EBUSY, -ESTALE};

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(hits) * mode_count * 2; i++) {
        enum twf_io_mode mode = modes[i % mode_count];
        int64_t hit = hits[i / mode_count / 2];
        uint32_t blocks = i / mode_count % 2 == 0 ? 1 : 4;

        for (uint64_t n = 1;; n++) {
            struct plan p = {.from = n, .to = n + 1, .hit = hit};
            struct sums s = run(mode, blocks, &p);

            assert_int_equal(s.handed, SIZE);
            assert_int_equal(s.errors, 0);
            assert_false(s.changed);
            if (n > p.calls)
                break;
            assert_true(n < 1000);
        }
    }
}

/* Every read from the n-th on is hit: what cannot be read is reported once, and there is an end. */
static void all_reads_from(void **state)
{
    static const int hits[] = {ESTALE, EIO, EINTR, EINVAL};

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(hits) * mode_count * 2; i++) {
        enum twf_io_mode mode = modes[i % mode_count];
        int hit = hits[i / mode_count / 2];
        uint32_t blocks = i / mode_count % 2 == 0 ? 1 : 4;

        for (uint64_t n = 1; n <= 7; n++) {
            struct plan p = {.from = n, .to = UINT64_MAX, .hit = -hit};
            struct sums s = run(mode, blocks, &p);

            assert_true(s.handed <= (n - 1) * BLOCK_LEN);
            assert_true(p.calls < 300);
            if (s.handed == SIZE)
                continue; /* done before the n-th read */
            assert_int_equal(s.sys_errno, hit);
            if (hit != EIO)
                assert_int_equal(s.errors, 1);
        }
    }
}

/* With pauses between the tries, so only once: less than a second. */
static void no_memory_for_ever(void **state)
{
    (void)state;
    for (size_t m = 0; m < mode_count; m++) {
        struct plan p = {.from = 3, .to = UINT64_MAX, .hit = -ENOMEM};
        struct timespec before, after;

        (void)clock_gettime(CLOCK_MONOTONIC, &before);
        assert_int_equal(run(modes[m], 4, &p).sys_errno, ENOMEM);
        (void)clock_gettime(CLOCK_MONOTONIC, &after);
        assert_true(after.tv_sec - before.tv_sec <= 1);
    }
}

static void bad_places(void **state)
{
    static const struct {
        uint64_t from, to;
        uint64_t skipped; /* pieces of 4 KiB that it touches */
    } rows[] = {
        {0, 1, 4096},
        {4095, 4097, 8192},
        {5000, 5001, 4096},
        {BLOCK_LEN, 2 * BLOCK_LEN, BLOCK_LEN},
        {BLOCK_LEN - 1, BLOCK_LEN + 1, 8192},
        {3 * BLOCK_LEN + 4096, 3 * BLOCK_LEN + 4097, 4096},
        {SIZE - 1, SIZE, 3},
        {SIZE - 4, SIZE, 4099},
        {0, SIZE, SIZE},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows) * mode_count * 4; i++) {
        size_t row = i / mode_count / 4;
        uint32_t blocks = i / mode_count % 2 == 0 ? 1 : 4;
        struct plan p = {.bad_from = rows[row].from, .bad_to = rows[row].to};
        struct sums s;

        p.partly = i / mode_count / 2 % 2 == 1;
        s = run(modes[i % mode_count], blocks, &p);
        assert_int_equal(s.sys_errno, EIO);
        if (p.partly)
            assert_int_equal(s.skipped, TWF_MIN((rows[row].to + 4095) / 4096 * 4096, SIZE) -
                                            rows[row].from);
        else
            assert_int_equal(s.skipped, rows[row].skipped);
    }
}

static void random_faults(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        for (size_t m = 0; m < mode_count; m++) {
            struct plan p = {.random = seed * 0x9e3779b97f4a7c15u};
            struct sums s = run(modes[m], 1 + (uint32_t)(seed % 9), &p);

            if (s.handed != SIZE)
                fail_msg("seed %llu", (unsigned long long)seed);
        }
    }
}

static void each_enter(void **state)
{
    static const int hits[] = {EAGAIN, EBUSY, EINTR, EPERM, EEXIST, EBADF};

    (void)state;
    if (mode_count < 2)
        skip();
    for (size_t i = 0; i < TWF_COUNT(hits) * 2; i++) {
        bool once = i % 2 == 0;

        for (uint64_t n = 1; n <= (once ? 12 : 4); n++) {
            struct plan p = {.enter_from = n, .enter_to = once ? n + 1 : UINT64_MAX};
            struct twf_io_faults faults = faults_of(&p);
            struct twf_io *io;
            bool breaks;

            p.enter_hit = -hits[i / 2];
            io = open_io(TWF_IO_URING, 3, &faults);
            assert_int_equal(read_path(io, "file", SEED, 1).handed, SIZE);
            breaks = p.enters >= n && (!once || hits[i / 2] == EPERM || hits[i / 2] == EEXIST ||
                                       hits[i / 2] == EBADF);
            assert_string_equal(twf_io_backend(io), breaks ? "pread" : "uring");
            assert_int_equal(twf_io_notice(io) != NULL, breaks);
            twf_io_free(io);
        }
    }
}

static void setup_steps(void **state)
{
    static const struct {
        const char *step;
        int hit;
        const char *notice; /* NULL: the ring is used all the same */
    } rows[] = {
        {"setup", EPERM, "io_uring: not permitted (EPERM); reading with pread"},
        {"setup", ENOSYS, "io_uring: not in this kernel (ENOSYS); reading with pread"},
        {"setup", ENOMEM, "io_uring: no memory for a ring (ENOMEM); reading with pread"},
        {"probe", EINVAL, "io_uring: too old in this kernel (EINVAL); reading with pread"},
        {"buffers", ENOMEM, NULL},
        {"restrict", EINVAL, NULL},
    };
    unsigned before = open_descriptors();

    (void)state;
    if (mode_count < 2)
        skip();
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct plan p = {.step = rows[i].step, .step_hit = -rows[i].hit};
        struct twf_io_faults faults = faults_of(&p);
        struct twf_io_options o = {.mode = TWF_IO_URING, .block_len = BLOCK_LEN, .block_count = 2};
        struct twf_io *io = open_io(TWF_IO_AUTO, 2, &faults);
        struct twf_error err = {0};

        assert_string_equal(twf_io_backend(io), rows[i].notice == NULL ? "uring" : "pread");
        if (rows[i].notice == NULL) {
            assert_null(twf_io_notice(io));
            assert_non_null(strstr(twf_io_detail(io), strerrorname_np(rows[i].hit)));
        } else {
            assert_string_equal(twf_io_notice(io), rows[i].notice);
        }
        assert_int_equal(read_path(io, "file", SEED, 1).handed, SIZE);
        twf_io_free(io);
        if (rows[i].notice != NULL) {
            assert_int_equal(twf_io_new_faulty(&o, &faults, &io, &err), TWF_ERR_IO);
            assert_int_equal(err.sys_errno, rows[i].hit);
            assert_null(io);
        }
    }
    assert_int_equal(open_descriptors(), before);
}

static void closed_in_flight(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct plan p = {.random = seed};
        struct twf_io_faults faults = faults_of(&p);
        struct twf_io *io = open_io(modes[seed % mode_count], 6, &faults);
        struct twf_io_file *f;
        struct twf_block *b;

        assert_int_equal(twf_io_open(io, "file", &f, NULL), TWF_OK);
        for (uint64_t i = 0; i < seed % 4; i++) {
            assert_int_equal(twf_io_next(f, &b, NULL), TWF_OK);
            twf_io_return(io, b);
        }
        if (seed % 3 != 0)
            twf_io_close(f, NULL);
        twf_io_free(io);
    }
}

static void *read_elsewhere(void *io)
{
    assert_int_equal(read_path(io, "file", SEED, 1).handed, SIZE);
    return NULL;
}

/* Made by one thread, used by a second, freed by the first. */
static void across_threads(void **state)
{
    (void)state;
    for (size_t m = 0; m < mode_count; m++) {
        struct twf_io *io = open_io(modes[m], 3, NULL);
        struct twf_io_file *f;
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, read_elsewhere, io), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_string_equal(twf_io_backend(io), modes[m] == TWF_IO_URING ? "uring" : "pread");
        /* Against the rules, and no reason to hang or to lose a byte. */
        assert_int_equal(twf_io_open(io, "file", &f, NULL), TWF_OK);
        assert_int_equal(read_all(io, f, SEED, 1).handed, SIZE);
        twf_io_free(io);
    }
}

static int setup(void **state)
{
    if (folder_setup(state) != 0)
        return -1;
    make_file("file", SEED, SIZE);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_read),        cmocka_unit_test(all_reads_from),
        cmocka_unit_test(no_memory_for_ever), cmocka_unit_test(bad_places),
        cmocka_unit_test(random_faults),    cmocka_unit_test(each_enter),
        cmocka_unit_test(setup_steps),      cmocka_unit_test(closed_in_flight),
        cmocka_unit_test(across_threads),
    };

    mode_count = has_ring() ? 2 : 1;
    return cmocka_run_group_tests(tests, setup, folder_teardown);
}
