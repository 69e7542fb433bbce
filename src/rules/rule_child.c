/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child that compiles: limits on CPU time and address space, no files, and a page on which the parent reads
 * what it was at when it died.
 */
#define _GNU_SOURCE
#include "rules/rule_job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/compiler.h"

/* What repeats multiply to in a pattern that is not worth a compilation of its own. */
enum { GROWTH_CHEAP = 256 };

static uint64_t cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void cap(int what, uint64_t soft, uint64_t hard)
{
    struct rlimit l = {soft, hard};

    if (setrlimit((__rlimit_resource_t)what, &l) != 0)
        _exit(1);
}

/* Bytes of address space in use, which a caller with large mappings has already. */
static uint64_t address_space(void)
{
    char text[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    if (fd >= 0)
        (void)close(fd);
    return n <= 0 ? 0 : strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void confine(const struct twf_rules *r, int memfd)
{
#if !TWF_SANITIZED
    uint64_t bytes = address_space() + r->compile_bytes;

    cap(RLIMIT_AS, bytes, bytes);
#else
    (void)address_space;
#endif
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGALRM, SIG_DFL);
    (void)signal(SIGXCPU, SIG_DFL);
    cap(RLIMIT_CPU, r->compile_cpu_s, r->compile_cpu_s + 1);
    cap(RLIMIT_CORE, 0, 0);
    cap(RLIMIT_NOFILE, 0, 0); /* nothing can be opened any more; the memfd is open */
    (void)alarm(r->compile_cpu_s * 2);
    if (memfd > 0)
        (void)close_range(0, (unsigned)memfd - 1, 0);
    (void)close_range((unsigned)memfd + 1, ~0u, 0);
}

/*
 * The upper bounds of all repeats multiplied: what a pattern may grow to at worst. Small ones are
 * not worth a compilation of their own.
 */
static uint64_t growth_of(const char *expression)
{
    uint64_t growth = 1;

    for (const char *p = strchr(expression, '{'); p != NULL; p = strchr(p + 1, '{')) {
        const char *comma = p + 1 + strspn(p + 1, "0123456789");
        uint64_t n = strtoull(*comma == ',' ? comma + 1 : p + 1, NULL, 10);

        growth *= TWF_MAX(n, 1);
        if (growth > UINT32_MAX)
            break;
    }
    return growth;
}

/* Patterns that can cost much are compiled alone first, so that a bomb has a name. */
static void check_patterns(struct rule_job *j, struct rule_shared *s)
{
    for (uint32_t i = 0; i < j->count; i++) {
        struct rule_pattern *p = &j->patterns[i];
        uint64_t start = cpu_ns(), took;
        char *bytes = NULL;
        size_t len;

        s->at = i;
        s->stage = STAGE_PATTERN;
        if (!twf_rule_hs_check(p)) {
            s->stage = STAGE_NOMEM;
            _exit(1);
        }
        if (p->engine != RULE_ENGINE_SLOW && growth_of(p->expression) > GROWTH_CHEAP) {
            struct rule_pattern alone = *p;

            if (!twf_rule_hs_compile(&alone, 1, &bytes, &len)) {
                s->stage = STAGE_NOMEM;
                _exit(1);
            }
            p->engine = alone.engine;
            free(bytes);
        }
        took = cpu_ns() - start;
        if (took > s->worst_ns) {
            s->worst_ns = took;
            s->worst = i;
        }
        if (took > (uint64_t)RULE_PATTERN_S * 1000000000u) {
            s->stage = STAGE_COSTLY;
            _exit(1);
        }
    }
}

static bool put(int fd, const void *ptr, size_t len)
{
    const char *p = ptr;

    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static bool compile_columns(struct rule_job *j, struct rule_shared *s, int fd, uint64_t *lens)
{
    const struct twf_rules *r = j->rules;
    uint32_t from = 0;

    for (uint32_t i = 0; i < r->column_count; i++) {
        uint32_t n = r->columns[i].scan_count;
        char *bytes;
        size_t len;

        s->at = from;
        s->stage = STAGE_TOGETHER;
        if (!twf_rule_hs_compile(j->patterns + from, n, &bytes, &len)) {
            s->stage = STAGE_NOMEM;
            return false;
        }
        lens[i] = len;
        if (!put(fd, bytes, len)) {
            s->stage = STAGE_WRITE;
            return false;
        }
        free(bytes);
        from += n;
    }
    return true;
}

_Noreturn void twf_rule_child(struct rule_job *j, struct rule_shared *s, int fd)
{
    const struct twf_rules *r = j->rules;
    struct rule_compiled h = {RULE_COMPILED_MAGIC, r->column_count, j->count};
    uint64_t *lens = twf_calloc(r->column_count + 1u, sizeof(*lens));
    uint8_t *engines = twf_calloc(j->count + 1u, 1);
    off_t start = (off_t)(sizeof(h) + r->column_count * sizeof(*lens) + j->count);

    confine(r, fd);
    if (lens == NULL || engines == NULL || lseek(fd, start, SEEK_SET) != start)
        _exit(1);
    check_patterns(j, s);
    if (!compile_columns(j, s, fd, lens))
        _exit(1);
    for (uint32_t i = 0; i < j->count; i++)
        engines[i] = j->patterns[i].engine;
    s->stage = STAGE_WRITE;
    if (lseek(fd, 0, SEEK_SET) != 0 || !put(fd, &h, sizeof(h)) ||
        !put(fd, lens, r->column_count * sizeof(*lens)) || !put(fd, engines, j->count) ||
        fcntl(fd, F_ADD_SEALS, RULE_SEALS) != 0)
        _exit(1);
    s->stage = STAGE_DONE;
    _exit(0);
}
