/* SPDX-License-Identifier: Apache-2.0 */
/* What a dead process leaves: what it wrote is passed over once, and what it died of is left out. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "pipe/marks.h"

enum { THREADS = 3 };

static struct twf_marks *new_marks(void)
{
    void *p = mmap(NULL, twf_marks_size(THREADS), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct twf_marks *m = p;

    assert_true(p != MAP_FAILED);
    m->mark_count = THREADS;
    return m;
}

static void free_marks(struct twf_marks *m)
{
    assert_int_equal(munmap(m, twf_marks_size(THREADS)), 0);
}

/* Writes text as output 1, in pieces of n bytes; what reached the file. False where it is not what it was. */
static bool write_pieces(struct twf_marks *m, const char *text, size_t n, char *out, size_t cap)
{
    int fd = memfd_create("out", MFD_CLOEXEC);
    size_t len = strlen(text);
    ssize_t got;
    bool same = true;

    assert_true(fd >= 0);
    for (size_t at = 0; at < len && same; at += n) {
        struct twf_span s = twf_span(text + at, len - at < n ? len - at : n);

        same = twf_marks_skip(m, 1, &s);
        if (same && s.len > 0)
            assert_int_equal(twf_marks_write(m, 1, fd, s.ptr, s.len), (ssize_t)s.len);
    }
    got = pread(fd, out, cap - 1, 0);
    assert_true(got >= 0);
    out[got] = '\0';
    (void)close(fd);
    return same;
}

static void test_passed_over(void **state)
{
    static const char first[] = "one two three", whole[] = "one two three four";
    char out[64];

    (void)state;
    for (size_t a = 1; a < sizeof(first); a++) {
        for (size_t b = 1; b < sizeof(whole); b++) {
            struct twf_marks *m = new_marks();

            assert_true(write_pieces(m, first, a, out, sizeof(out)));
            assert_string_equal(out, first);
            memcpy(m->before, m->passed, sizeof(m->before));
            memset(m->passed, 0, sizeof(m->passed));
            assert_true(write_pieces(m, whole, b, out, sizeof(out)));
            assert_string_equal(out, " four");
            free_marks(m);
        }
    }
}

static void test_something_else(void **state)
{
    struct twf_marks *m = new_marks();
    char out[64];

    (void)state;
    assert_true(write_pieces(m, "one two three", 4, out, sizeof(out)));
    memcpy(m->before, m->passed, sizeof(m->before));
    memset(m->passed, 0, sizeof(m->passed));
    assert_false(write_pieces(m, "one two threX four", 5, out, sizeof(out)));
    assert_string_equal(out, "");
    free_marks(m);
}

/* A process that was taken over left nonsense: it may stop the run, and nothing worse. */
static void test_nonsense(void **state)
{
    struct twf_marks *m = new_marks();
    char out[64];

    (void)state;
    memset(m->before, 0xFF, sizeof(m->before));
    m->before[1].len = 4;
    assert_false(write_pieces(m, "one two", 3, out, sizeof(out)));
    free_marks(m);
}

static void test_lost(void **state)
{
    struct twf_marks *m = new_marks();
    uint64_t a = twf_mark_source("a"), b = twf_mark_source("b");

    (void)state;
    assert_true(a != 0 && a != b);
    m->lost[0] = (struct twf_lost){a, 7, SIGSEGV, false};
    m->lost[1] = (struct twf_lost){b, 0, SIGBUS, true};
    assert_null(twf_marks_lost(m, a, 7));
    m->lost_count = 2;
    assert_ptr_equal(twf_marks_lost(m, a, 7), &m->lost[0]);
    assert_null(twf_marks_lost(m, a, 8));
    assert_null(twf_marks_lost(m, b, 7));
    assert_null(twf_marks_lost(m, b, 0));
    assert_null(twf_marks_lost_whole(m, a));
    assert_ptr_equal(twf_marks_lost_whole(m, b), &m->lost[1]);
    assert_null(twf_marks_lost(NULL, a, 7));
    assert_string_equal(twf_marks_signal(SIGBUS), "SIGBUS");
    free_marks(m);
}

/* A child that dies as it is told; its wait status. */
static int die(struct twf_marks *m, uint32_t thread, int signal)
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        twf_marks_arm(m);
        twf_marks_thread(m, thread);
        twf_mark_message(&m->mark[thread < THREADS ? thread : 0], 5, "name of the input", 99);
        (void)raise(signal);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void test_last_words(void **state)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};

    (void)state;
    if (TWF_SANITIZED)
        skip();
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct twf_marks *m = new_marks();
        uint32_t thread = (uint32_t)i % (THREADS + 1); /* one more than there are marks */
        int status = die(m, thread, signals[i]);

        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), signals[i]);
        assert_int_equal(m->signal, signals[i]);
        assert_int_equal(atomic_load(&m->crashed), thread < THREADS ? (int)thread + 1 : -1);
        assert_true(atomic_load(&m->dying));
        assert_string_equal(m->name, thread < THREADS ? "name of the input" : "");
        if (thread < THREADS)
            assert_int_equal(m->mark[thread].off, 99);
        free_marks(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passed_over), cmocka_unit_test(test_something_else),
        cmocka_unit_test(test_nonsense), cmocka_unit_test(test_lost), cmocka_unit_test(test_last_words)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
