/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs fail: the n-th write, sync, close or rename of a file, for every n. The run ends with 4
 * and words, NAME is never there with half a result, and NAME.partial is gone. On a pipe whole lines
 * stand before the one that failed.
 *
 * write and its like are wrapped by the linker; only files named *.partial are hit.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "scene.h"

enum call { CALL_NONE, CALL_WRITE, CALL_SYNC, CALL_CLOSE, CALL_RENAME };
enum { CALLS_MAX = 200, SHORT = 0 };

static struct {
    enum call call;
    uint64_t seen, at;
    int error;  /* SHORT: the write takes one byte */
    bool stays; /* and all calls after it */
} plan;
static unsigned long passed, failed;

ssize_t __real_write(int fd, const void *ptr, size_t len);
ssize_t __wrap_write(int fd, const void *ptr, size_t len);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

static bool is_output(int fd)
{
    char link[64], path[4096];
    ssize_t n;

    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path));
    return n > 8 && memcmp(path + n - 8, ".partial", 8) == 0;
}

/* Counts the call; true when it is to fail. */
static bool hit(enum call call)
{
    if (plan.call != call)
        return false;
    plan.seen++;
    return plan.stays ? plan.seen >= plan.at : plan.seen == plan.at;
}

ssize_t __wrap_write(int fd, const void *ptr, size_t len)
{
    if (is_output(fd) && hit(CALL_WRITE)) {
        if (plan.error == SHORT)
            return __real_write(fd, ptr, 1);
        errno = plan.error;
        return -1;
    }
    return __real_write(fd, ptr, len);
}

int __wrap_fsync(int fd)
{
    if (is_output(fd) && hit(CALL_SYNC)) {
        errno = plan.error;
        return -1;
    }
    return __real_fsync(fd);
}

int __wrap_close(int fd)
{
    if (is_output(fd) && hit(CALL_CLOSE)) {
        (void)__real_close(fd); /* as the kernel does: the descriptor is gone */
        errno = plan.error;
        return -1;
    }
    return __real_close(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    if (hit(CALL_RENAME)) {
        errno = plan.error;
        return -1;
    }
    return __real_rename(from, to);
}

static const char *const names[] = {"o.jsonl", "o.csv", "o.json", "o.pairs"};

static struct scene_result scan(void)
{
    static const char *const options[] = {"all",
                                          "",
                                          "no-prefilter",
                                          "",
                                          "no-shipped-rules",
                                          "",
                                          "threads",
                                          "1",
                                          "output",
                                          "jsonl=o.jsonl",
                                          "output",
                                          "csv=o.csv",
                                          "output",
                                          "summary=o.json",
                                          "output",
                                          "pairs=o.pairs",
                                          NULL};
    static const char *const paths[] = {"mail.mbox.zst", "mail.tar", NULL};
    struct scene_result r = {0};

    for (size_t i = 0; i < TWF_COUNT(names); i++)
        (void)unlink(names[i]);
    plan.seen = 0;
    scene_scan(options, paths, &r);
    return r;
}

static void say(bool good, int error, const char *what, const struct scene_result *r)
{
    if (good) {
        passed++;
        return;
    }
    failed++;
    printf("call %d, number %llu, error %d: %s (status %d, exit %d: %s)\n", plan.call,
           (unsigned long long)plan.at, error, what, r->status, r->exit_code, r->err.text);
}

static off_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_size : -1;
}

static void check_files(const off_t *whole, bool failing, const struct scene_result *r)
{
    char partial[64];

    for (size_t i = 0; i < TWF_COUNT(names); i++) {
        off_t size = size_of(names[i]);

        (void)snprintf(partial, sizeof(partial), "%s.partial", names[i]);
        /* The summary holds times: its length is not the same each time. */
        say(size == -1 ? failing : size == whole[i] || (i == 2 && size > 0), plan.error,
            "a file with half a result", r);
        say(size_of(partial) == -1, plan.error, "NAME.partial stays", r);
        (void)unlink(partial);
    }
}

static void each_call(enum call call, int error, bool stays, bool passing)
{
    off_t whole[TWF_COUNT(names)];
    struct scene_result good, r;
    uint64_t calls;

    plan.call = call;
    plan.at = UINT64_MAX;
    good = scan();
    calls = plan.seen;
    say(good.status == TWF_END && good.exit_code == 0 && calls > 0 && calls < CALLS_MAX, error,
        "no result at all", &good);
    for (size_t i = 0; i < TWF_COUNT(names); i++)
        whole[i] = size_of(names[i]);
    plan.error = error;
    plan.stays = stays;
    for (plan.at = 1; plan.at <= calls; plan.at++) {
        r = scan();
        if (passing)
            say(r.status == TWF_END && r.exit_code == 0 && r.sum == good.sum, error,
                "what passes does not pass", &r);
        else
            say(r.status == TWF_ERR_OUTPUT && r.exit_code == 4 && r.err.text[0] != '\0', error,
                "no status 4", &r);
        check_files(whole, !passing, &r);
    }
    plan.call = CALL_NONE;
}

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (!scene_begin()) {
        perror("archives");
        return 1;
    }
    each_call(CALL_WRITE, EINTR, false, true);
    each_call(CALL_WRITE, SHORT, false, true);
    each_call(CALL_WRITE, ENOSPC, true, false);
    each_call(CALL_WRITE, EIO, false, false);
    each_call(CALL_SYNC, EIO, false, false);
    each_call(CALL_CLOSE, EIO, false, false);
    each_call(CALL_RENAME, EACCES, false, false);
    scene_end();
    printf("%lu passed, %lu failed\n", passed, failed);
    return failed > 0;
}
