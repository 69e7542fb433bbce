/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SHORT_LEN 300
#define ALIGNMENTS 64
#define AROUND 128
#define LONG_LEN 4500
#define LONG_CASES 3000

/* What the signal handler writes; made before a level runs, because a handler may not format. */
static char crash_note[160];

static void on_crash(int sig)
{
    static const char last[] = "0 passed, 1 failed\n";
    (void)sig;
    if (write(STDOUT_FILENO, crash_note, strlen(crash_note)) > 0)
        (void)!write(STDOUT_FILENO, last, sizeof last - 1);
    _exit(1);
}

static void catch_crashes(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL};
    struct sigaction sa;

    memset(&sa, 0, sizeof sa);
    sa.sa_handler = on_crash;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &sa, NULL);
}

uint32_t check_random(struct check *c, uint32_t n)
{
    /* splitmix64 (Steele, Lea and Flood, 2014) */
    uint64_t z = c->state += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    z ^= z >> 31;
    return (uint32_t)((z >> 32) * n >> 32);
}

void check_fill_from(struct check *c, uint8_t *ptr, size_t len, const char *alphabet, size_t n)
{
    for (size_t i = 0; i < len; i++)
        ptr[i] = (uint8_t)alphabet[check_random(c, (uint32_t)n)];
}

void check_that(struct check *c, bool good, const char *fmt, ...)
{
    va_list ap;

    if (good) {
        c->passed++;
        return;
    }
    if (c->failed++ >= 20)
        return;
    va_start(ap, fmt);
    printf("FAIL ");
    vprintf(fmt, ap);
    printf("\n");
    va_end(ap);
}

static uint8_t *guarded_new(void)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *p;

    if (CHECK_BYTES % page != 0) {
        printf("page size %zu does not divide %d\n", page, CHECK_BYTES);
        exit(77);
    }
    p = mmap(NULL, CHECK_BYTES + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(p + page, CHECK_BYTES, PROT_READ | PROT_WRITE) != 0) {
        printf("guard pages: %s\n", strerror(errno));
        exit(1);
    }
    return p + page;
}

static void one_case(struct check *c, const struct check_kernel *kernel,
                     const struct twf_kernels *s, const struct twf_kernels *k, size_t off,
                     size_t len)
{
    const char *level = twf_cpu_level_name(k->level);
    const size_t from = off < AROUND ? 0 : off - AROUND;
    const size_t to = CHECK_BYTES - off - len < AROUND ? CHECK_BYTES : off + len + AROUND;

    /* Bytes that matter stand around the range too, for the kernel that heeds what it must not. */
    kernel->fill(c, c->buf + from, to - from);
    if (len > 0)
        kernel->fill(c, c->buf + off, len);
    check_that(c, kernel->compare(c, s, k, c->buf + off, len), "%s %s: length %zu at offset %zu",
               kernel->name, level, len, off);
}

static void check_level(struct check *c, const struct check_kernel *kernel,
                        const struct twf_kernels *s, const struct twf_kernels *k)
{
    for (size_t len = 0; len <= SHORT_LEN; len++) {
        for (size_t align = 0; align < ALIGNMENTS; align++)
            one_case(c, kernel, s, k, align, len);
        for (int i = 0; i < 8; i++)
            one_case(c, kernel, s, k, CHECK_BYTES - len, len);
    }
    for (int i = 0; i < LONG_CASES; i++) {
        const size_t len = check_random(c, LONG_LEN);
        const size_t off = i % 2 ? CHECK_BYTES - len : check_random(c, ALIGNMENTS);
        one_case(c, kernel, s, k, off, len);
    }
}

int check_main(int argc, char **argv, const struct check_kernel *kernel)
{
    struct check c = {.seed = (uint64_t)time(NULL)};
    struct twf_kernels scalar, k;
    int levels = 0;
    bool real;

    if (argc > 1)
        c.seed = strtoull(argv[1], NULL, 0);
    c.state = c.seed;
    c.buf = guarded_new();
    c.other = guarded_new();
    printf("%s: seed %" PRIu64 "\n", kernel->name, c.seed);
    catch_crashes();

    twf_kernels_init(&scalar, TWF_CPU_SCALAR);
    for (int level = TWF_CPU_SCALAR; level < TWF_CPU_LEVELS; level++) {
        const char *name = twf_cpu_level_name((enum twf_cpu_level)level);

        twf_kernels_init(&k, (enum twf_cpu_level)level);
        real = (int)k.level == level;
        if (!real) {
            printf("%s %s: SKIPPED, this CPU or this build lacks it\n", kernel->name, name);
            if (level != TWF_CPU_AVX512)
                continue;
            printf("%s %s: its logic is checked, over intrinsics in plain C\n", kernel->name, name);
            check_plain512(&k);
        }
        snprintf(crash_note, sizeof crash_note, "CRASH in %s %s, seed %" PRIu64 "\n", kernel->name,
                 name, c.seed);
        fflush(stdout);
        if (level == TWF_CPU_SCALAR) {
            kernel->define(&c, &scalar);
            continue;
        }
        check_level(&c, kernel, &scalar, &k);
        levels += real;
    }
    printf("%lu passed, %lu failed\n", c.passed, c.failed);
    if (c.failed > 0)
        return 1;
    return levels > 0 ? 0 : 77;
}
