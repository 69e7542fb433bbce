/* SPDX-License-Identifier: Apache-2.0 */
/* Many small files into one block: kinds, packing, room, and the same result from both backends. */
#define _GNU_SOURCE
#include "io_files.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

static const enum twf_io_mode modes[] = {TWF_IO_PREAD, TWF_IO_URING};
static size_t mode_count = TWF_COUNT(modes);

static int64_t random_read(void *ctx, uint64_t off, size_t len)
{
    static const int64_t hits[] = {1, 7, 100, -EAGAIN, -EINTR, -ECANCELED};
    uint64_t x = next_random(ctx);

    (void)off;
    (void)len;
    return x % 3 == 0 ? hits[(x >> 8) % (x % 64 == 0 ? 6 : 3)] : 0;
}

static unsigned random_pick(void *ctx, unsigned n)
{
    return (unsigned)(next_random(ctx) % n);
}

static int64_t always_eio(void *ctx, uint64_t off, size_t len)
{
    (void)ctx;
    (void)len;
    return off == 0 ? 10 : -EIO;
}

static int refuse_enter(void *ctx)
{
    (void)ctx;
    return -EPERM;
}

enum { FILES = 300 };

static size_t file_len(unsigned i)
{
    static const size_t edges[] = {0, 1, 63, 64, 65, 4095, 4096, 4097, BLOCK_LEN, BLOCK_LEN + 1};

    return i < TWF_COUNT(edges) ? edges[i] : (i * 7919u) % 700;
}

/* Loads all FILES, block by block, and says how they were cut into blocks. */
static unsigned load_all(struct twf_io *io, uint64_t *digest)
{
    static char names[FILES][16];
    struct twf_io_load files[FILES];
    unsigned done = 0, rounds = 0;

    memset(files, 0, sizeof(files));
    for (unsigned i = 0; i < FILES; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "s%u", i);
        files[i].path = names[i];
    }
    for (; done < FILES; rounds++) {
        struct twf_block *b;
        struct twf_error err;
        const uint8_t *last = NULL;
        unsigned i = done;

        if (twf_io_load(io, files + done, FILES - done, BLOCK_LEN, &b, &err) != TWF_OK)
            fail_msg("%s", err.text);
        for (; i < FILES && files[i].kind != TWF_LOAD_NO_ROOM; i++) {
            const struct twf_io_load *l = &files[i];

            assert_int_equal(l->stat.size, file_len(i));
            assert_true(l->stat.regular && l->stat.has_size);
            *digest = (*digest ^ l->kind) * 0x100000001b3u;
            if (file_len(i) > BLOCK_LEN) {
                assert_int_equal(l->kind, TWF_LOAD_LARGE);
                continue;
            }
            assert_int_equal(l->kind, TWF_LOAD_DATA);
            assert_int_equal(l->data.len, file_len(i));
            assert_false(l->changed);
            if (l->data.len == 0)
                continue;
            assert_non_null(b);
            assert_int_equal((uintptr_t)l->data.ptr % 64, 0);
            assert_true(l->data.ptr >= (last == NULL ? b->data : last));
            last = l->data.ptr + l->data.len;
            assert_true(last <= b->data + b->len && b->len <= b->cap);
            assert_bytes(l->data.ptr, l->data.len, i, 0);
            *digest = (*digest ^ (uint64_t)(l->data.ptr - b->data)) * 0x100000001b3u;
        }
        assert_true(i > done);
        for (unsigned k = i; k < FILES; k++)
            assert_int_equal(files[k].kind, TWF_LOAD_NO_ROOM);
        twf_io_return(io, b);
        done = i;
    }
    assert_int_equal(twf_io_free_blocks(io), 2);
    return rounds;
}

static void packed_alike(void **state)
{
    unsigned before = open_descriptors(), rounds[2] = {0};
    uint64_t digests[2] = {0};

    (void)state;
    for (unsigned i = 0; i < FILES; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "s%u", i);
        make_file(name, i, file_len(i));
    }
    for (size_t m = 0; m < mode_count; m++) {
        struct twf_io *io = open_io(modes[m], 2, NULL);

        rounds[m] = load_all(io, &digests[m]);
        assert_int_equal(open_descriptors(), before + m); /* the ring itself */
        twf_io_free(io);
    }
    assert_true(rounds[0] > 10);
    for (size_t m = 1; m < mode_count; m++) {
        assert_int_equal(rounds[m], rounds[0]);
        assert_int_equal(digests[m], digests[0]);
    }
    for (unsigned seed = 1; seed <= 30; seed++) {
        uint64_t x = seed, digest = 0;
        struct twf_io_faults faults = {.read = random_read, .pick = random_pick, .ctx = &x};
        struct twf_io *io = open_io(modes[seed % mode_count], 2, &faults);

        assert_int_equal(load_all(io, &digest), rounds[0]);
        assert_int_equal(digest, digests[0]);
        twf_io_free(io);
    }
    if (mode_count > 1) {
        struct twf_io_faults faults = {.enter = refuse_enter};
        struct twf_io *io = open_io(TWF_IO_URING, 2, &faults);
        uint64_t digest = 0;

        assert_int_equal(load_all(io, &digest), rounds[0]);
        assert_int_equal(digest, digests[0]);
        assert_string_equal(twf_io_backend(io), "pread");
        twf_io_free(io);
    }
}

static struct twf_io_load load_one(struct twf_io *io, const char *path, size_t max_len,
                                   bool no_follow, struct twf_block **b)
{
    struct twf_io_load l = {.path = path, .no_follow = no_follow};

    assert_int_equal(twf_io_load(io, &l, 1, max_len, b, NULL), TWF_OK);
    return l;
}

static void kinds(void **state)
{
    static const struct {
        const char *path;
        bool no_follow;
        enum twf_io_load_kind kind;
        int sys_errno;
        size_t len;
    } rows[] = {
        {"k-file", true, TWF_LOAD_DATA, 0, 100},
        {"k-large", true, TWF_LOAD_LARGE, 0, 0},
        {"k-folder", true, TWF_LOAD_FOLDER, 0, 0},
        {"k-fifo", true, TWF_LOAD_STREAM, 0, 0},
        {"k-socket", true, TWF_LOAD_STREAM, 0, 0},
        {"k-link", false, TWF_LOAD_DATA, 0, 100},
        {"k-link", true, TWF_LOAD_ERROR, ELOOP, 0},
        {"k-missing", true, TWF_LOAD_ERROR, ENOENT, 0},
        {"k-file/below", true, TWF_LOAD_ERROR, ENOTDIR, 0},
        {"/dev/null", true, TWF_LOAD_STREAM, 0, 0},
        {"/dev/zero", true, TWF_LOAD_STREAM, 0, 0},
    };
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "k-socket"};
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    unsigned before = open_descriptors();

    (void)state;
    make_file("k-file", 1, 100);
    make_file("k-large", 1, 1001);
    assert_int_equal(mkdir("k-folder", 0700), 0);
    assert_int_equal(mkfifo("k-fifo", 0600), 0);
    assert_int_equal(symlink("k-file", "k-link"), 0);
    assert_int_equal(bind(s, (struct sockaddr *)&name, sizeof(name)), 0);
    for (size_t m = 0; m < mode_count; m++) {
        struct twf_io *io = open_io(modes[m], 2, NULL);
        struct twf_io_load files[TWF_COUNT(rows)], l;
        struct twf_block *b;

        memset(files, 0xaa, sizeof(files)); /* results are set, whatever was there */
        for (size_t i = 0; i < TWF_COUNT(rows); i++) {
            files[i].path = rows[i].path;
            files[i].no_follow = rows[i].no_follow;
        }
        assert_int_equal(twf_io_load(io, files, TWF_COUNT(rows), 1000, &b, NULL), TWF_OK);
        for (size_t i = 0; i < TWF_COUNT(rows); i++) {
            if (files[i].kind != rows[i].kind || files[i].sys_errno != rows[i].sys_errno)
                fail_msg("%s: kind %d, errno %d", rows[i].path, (int)files[i].kind,
                         files[i].sys_errno);
            assert_int_equal(files[i].data.len, rows[i].len);
            assert_bytes(files[i].data.ptr, rows[i].len, 1, 0);
        }
        assert_int_equal(files[1].stat.size, 1001);
        twf_io_return(io, b);

        l = load_one(io, "/proc/self/status", 8000, false, &b);
        assert_int_equal(l.kind, TWF_LOAD_DATA);
        assert_false(l.stat.has_size || l.changed);
        assert_memory_equal(l.data.ptr, "Name:", 5);
        twf_io_return(io, b);
        l = load_one(io, "/proc/self/status", 5, false, &b);
        assert_int_equal(l.kind, TWF_LOAD_LARGE);
        assert_null(b);
        assert_int_equal(twf_io_load(io, NULL, 0, 5, &b, NULL), TWF_OK);
        assert_null(b);
        twf_io_free(io);
    }
    assert_int_equal(open_descriptors(), before);
    (void)close(s);
}

static int64_t shrink(void *ctx, uint64_t off, size_t len)
{
    (void)len;
    if (off == 0)
        assert_int_equal(truncate(ctx, 40), 0);
    return 0;
}

static void damage_and_change(void **state)
{
    (void)state;
    for (size_t m = 0; m < mode_count; m++) {
        char name[] = "d-file";
        struct twf_io_faults bad = {.read = always_eio};
        struct twf_io_faults cut = {.read = shrink, .ctx = name};
        struct twf_io *io = open_io(modes[m], 2, &bad);
        struct twf_io_load l;
        struct twf_block *b;

        make_file(name, 2, 100);
        l = load_one(io, name, 1000, true, &b);
        assert_int_equal(l.kind, TWF_LOAD_ERROR);
        assert_int_equal(l.sys_errno, EIO);
        assert_int_equal(l.data.len, 0);
        twf_io_return(io, b);
        twf_io_free(io);

        io = open_io(modes[m], 2, &cut);
        l = load_one(io, name, 1000, true, &b);
        assert_int_equal(l.kind, TWF_LOAD_DATA);
        assert_true(l.changed);
        assert_int_equal(l.data.len, 40);
        assert_bytes(l.data.ptr, 40, 2, 0);
        twf_io_return(io, b);
        twf_io_free(io);
    }
}

/* Fewer descriptors than the window would like, down to one; with none left it is an error. */
static void few_descriptors(void **state)
{
    struct rlimit old, few;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    for (size_t m = 0; m < mode_count; m++) {
        for (rlim_t room = 1; room <= 20; room += room) {
            struct twf_io *io = open_io(modes[m], 2, NULL);
            uint64_t digest = 0;
            int next = open("s1", O_RDONLY);

            (void)close(next);
            few = old;
            few.rlim_cur = (rlim_t)next + room;
            assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
            (void)load_all(io, &digest);
            few.rlim_cur = (rlim_t)next;
            assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
            struct twf_block *b;
            struct twf_io_load l = load_one(io, "s1", 1000, true, &b);
            assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
            assert_int_equal(l.kind, TWF_LOAD_ERROR);
            assert_int_equal(l.sys_errno, EMFILE);
            twf_io_free(io);
        }
    }
}

/* O_NOATIME is refused to those who do not own a file. */
static void not_the_owner(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    make_file("n-file", 3, 5000);
    assert_int_equal(chmod("n-file", 0644), 0);
    assert_int_equal(chmod(".", 0755), 0);
    for (size_t m = 0; m < mode_count; m++) {
        struct twf_io *io;
        struct twf_block *b;
        struct twf_io_load l;

        assert_int_equal(seteuid(65534), 0);
        io = open_io(modes[m], 2, NULL);
        l = load_one(io, "n-file", 6000, true, &b);
        twf_io_return(io, b);
        struct sums s = read_path(io, "n-file", 3, 1);
        twf_io_free(io);
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(l.kind, TWF_LOAD_DATA);
        assert_int_equal(l.data.len, 5000);
        assert_int_equal(s.handed, 5000);
    }
}

/* A file is read ahead while others are loaded: the block is taken from the read-ahead. */
static void beside_a_large_file(void **state)
{
    (void)state;
    make_file("big", 4, 20 * BLOCK_LEN);
    for (size_t m = 0; m < mode_count; m++) {
        struct twf_io *io = open_io(modes[m], 2, NULL);
        struct twf_io_file *f;
        struct twf_block *b;
        uint64_t digest = 0;

        assert_int_equal(twf_io_open(io, "big", &f, NULL), TWF_OK);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(twf_io_next(f, &b, NULL), TWF_OK);
            assert_bytes(b->data, b->len, 4, i * BLOCK_LEN);
            twf_io_return(io, b);
            (void)load_all(io, &digest);
        }
        twf_io_free(io);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_alike),      cmocka_unit_test(kinds),
        cmocka_unit_test(damage_and_change), cmocka_unit_test(few_descriptors),
        cmocka_unit_test(not_the_owner),     cmocka_unit_test(beside_a_large_file),
    };

    mode_count = has_ring() ? 2 : 1;
    return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
