/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a program once and tells what it cost: bench_exec REPORT PROGRAM [ARGUMENT...]. Standard output goes to
 * /dev/null, standard input and error are the caller's. REPORT gets one JSON object; a pipeline is "sh -c ...".
 *
 * A program of its own, because the peak that wait4 tells includes what the process was before it called exec:
 * forked from a Python of 20 MB, everything would seem to need 20 MB.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/harness.h"

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_exec: %s: %s\n", what, strerror(errno));
    exit(2);
}

int main(int argc, char **argv)
{
    struct rusage use;
    uint64_t begin, end;
    int status;
    pid_t pid;
    FILE *f;

    if (argc < 3) {
        fputs("usage: bench_exec REPORT PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    begin = bench_now_ns();
    pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        if (null < 0 || dup2(null, 1) < 0)
            _exit(127);
        execvp(argv[2], argv + 2);
        fprintf(stderr, "bench_exec: %s: %s\n", argv[2], strerror(errno));
        _exit(127);
    }
    while (wait4(pid, &status, 0, &use) < 0) {
        if (errno != EINTR)
            fail("wait4");
    }
    end = bench_now_ns();
    f = fopen(argv[1], "w");
    if (f == NULL)
        fail(argv[1]);
    fprintf(f,
            "{\"wall\": %.6f, \"user\": %.6f, \"sys\": %.6f, \"peak_kib\": %ld, \"switches\": %ld, "
            "\"exit\": %d, \"signal\": %d}\n",
            (double)(end - begin) / 1e9, seconds(use.ru_utime), seconds(use.ru_stime),
            use.ru_maxrss, use.ru_nvcsw + use.ru_nivcsw,
            WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    if (fclose(f) != 0)
        fail(argv[1]);
    return 0;
}
