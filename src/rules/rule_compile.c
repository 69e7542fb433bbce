/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules are code, and Hyperscan's own limits do not protect: an expression of fifty bytes can cost
 * minutes and gigabytes to compile. So it is compiled in a child with limits on CPU time and
 * address space, without files, which hands the databases back in a sealed memfd. A page that both
 * can see tells which pattern the child was at when it died.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include <openssl/evp.h>

#include "rules/rule_cache.h"
#include "rules/rule_hs.h"

/* CPU time of one pattern; what ordinary ones take is a thousand times less. */
static const uint64_t pattern_ns = UINT64_C(2000000000);

enum { GROWTH_CHEAP = 256 };
/* What is kept: so many patterns, or patterns that took so long. Others compile while a cache is opened. */
enum { KEEP_PATTERNS = 32 };
static const uint64_t keep_ns = UINT64_C(100000000);
enum { ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };
enum stage {
    STAGE_START,
    STAGE_PATTERN,
    STAGE_TOGETHER,
    STAGE_DONE,
    STAGE_COSTLY,
    STAGE_NOMEM,
    STAGE_WRITE
};

/* What parent and child both see. */
struct shared {
    volatile uint32_t stage; /* enum stage */
    volatile uint32_t at;    /* pattern at hand */
    volatile uint32_t worst; /* pattern that took longest alone */
    volatile uint64_t worst_ns;
};

/* In front of the databases: then a length for each column, then an engine for each pattern. */
struct head {
    uint64_t magic;
    uint32_t columns, patterns;
};
static const uint64_t magic = UINT64_C(0x3172736c75726674);

struct job {
    struct twf_rules *rules;
    struct rule_pattern *patterns; /* of all columns, one after another */
    uint32_t *atoms;               /* of each */
    uint32_t count;
    struct twf_buf text; /* the expressions, each ended by NUL */
    uint8_t key[RULE_CACHE_KEY];
    uint64_t took_ns;
};

static uint64_t cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- the child ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SHADOW_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SHADOW_MEMORY 1
#endif
#endif

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
#ifndef SHADOW_MEMORY /* sanitizers map terabytes */
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
static void check_patterns(struct job *j, struct shared *s)
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
        if (took > pattern_ns) {
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

static bool compile_columns(struct job *j, struct shared *s, int fd, uint64_t *lens)
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

static void run_child(struct job *j, struct shared *s, int fd)
{
    const struct twf_rules *r = j->rules;
    struct head h = {magic, r->column_count, j->count};
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
        fcntl(fd, F_ADD_SEALS, ALL_SEALS) != 0)
        _exit(1);
    s->stage = STAGE_DONE;
    _exit(0);
}

/* ---- the parent ---- */

static bool collect(struct job *j)
{
    struct twf_rules *r = j->rules;
    uint32_t n = 0;
    size_t at = 0;

    for (uint32_t i = 0; i < r->column_count; i++)
        n += r->columns[i].scan_count;
    j->patterns = twf_calloc(n + 1u, sizeof(*j->patterns));
    j->atoms = twf_calloc(n + 1u, sizeof(*j->atoms));
    if (j->patterns == NULL || j->atoms == NULL)
        return false;
    for (uint32_t i = 0; i < r->column_count; i++) {
        for (uint32_t k = 0; k < r->columns[i].scan_count; k++) {
            struct rule_pattern *p = &j->patterns[j->count];
            struct twf_buf one;

            p->id = k;
            j->atoms[j->count++] = r->columns[i].scan[k];
            twf_buf_init(&one);
            twf_rule_hs_expression(&r->atoms[r->columns[i].scan[k]], &one, &p->flags);
            j->text.failed |= one.failed;
            twf_buf_span(&j->text, twf_buf_view(&one));
            twf_buf_fini(&one);
        }
    }
    for (uint32_t i = 0; !j->text.failed && i < j->count; i++) {
        j->patterns[i].expression = (const char *)j->text.ptr + at;
        at += strlen(j->patterns[i].expression) + 1;
    }
    return !j->text.failed;
}

/* Slow patterns become candidates wherever their column has a value. */
static void take_engines(struct job *j, const uint8_t *engines, struct rule_diags *d)
{
    struct twf_rules *r = j->rules;

    for (uint32_t i = 0; i < j->count; i++) {
        struct rule_atom *a = &r->atoms[j->atoms[i]];
        struct rule_column *c = &r->columns[a->column];
        const struct rule *rule = &r->rules[a->rule];

        a->engine = engines[i];
        if (a->engine != RULE_ENGINE_SLOW)
            continue;
        c->present[c->present_count++] = j->atoms[i];
        twf_rule_diags_begin(d, rule->info.path, rule->source);
        twf_rule_warn(
            d, (struct rule_mark){a->line, a->at}, (uint32_t)a->text.len, RULE_WARN_SLOW,
            "slow: Hyperscan does not take this expression, so it is tried on every message");
    }
}

static bool open_columns(struct job *j, const uint8_t *ptr, size_t len, struct rule_diags *d)
{
    struct twf_rules *r = j->rules;
    struct head h;
    size_t at = sizeof(h) + r->column_count * sizeof(uint64_t) + j->count;

    if (len < at)
        return false;
    memcpy(&h, ptr, sizeof(h));
    if (h.magic != magic || h.columns != r->column_count || h.patterns != j->count)
        return false;
    for (uint32_t i = 0; i < r->column_count; i++) {
        uint64_t n;

        memcpy(&n, ptr + sizeof(h) + i * sizeof(n), sizeof(n));
        if (n > len - at)
            return false;
        if (n > 0 && (r->columns[i].database = twf_rule_hs_open(ptr + at, (size_t)n)) == NULL)
            return false;
        at += (size_t)n;
    }
    if (at != len)
        return false;
    /* Engines come from a file now and then. */
    for (uint32_t i = 0; i < j->count; i++) {
        uint8_t engine = ptr[sizeof(h) + r->column_count * sizeof(uint64_t) + i];

        if (engine < RULE_ENGINE_EXACTLY || engine > RULE_ENGINE_SLOW)
            return false;
    }
    take_engines(j, ptr + sizeof(h) + r->column_count * sizeof(uint64_t), d);
    return true;
}

static bool take_result(struct job *j, int fd, struct rule_diags *d)
{
    struct stat st;
    void *map;
    bool ok;

    /* Sealed: what is looked at now cannot change any more. */
    if (fcntl(fd, F_GET_SEALS) != ALL_SEALS || fstat(fd, &st) != 0 || st.st_size <= 0)
        return false;
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return false;
    ok = open_columns(j, map, (size_t)st.st_size, d);
    if (ok && j->rules->cache_dir != NULL && (j->count >= KEEP_PATTERNS || j->took_ns >= keep_ns))
        twf_rule_cache_store(j->rules->cache_dir, j->key, twf_span(map, (size_t)st.st_size));
    (void)munmap(map, (size_t)st.st_size);
    return ok;
}

/* Why the child died, at the pattern it was at. */
static enum twf_status blame(struct job *j, const struct shared *s, int how, struct rule_diags *d,
                             struct twf_error *err)
{
    const struct twf_rules *r = j->rules;
    bool alone = s->stage == STAGE_PATTERN || s->stage == STAGE_COSTLY;
    uint32_t at = alone || s->worst_ns == 0 ? s->at : s->worst;
    const struct rule_atom *a = &r->atoms[j->atoms[at < j->count ? at : 0]];
    const struct rule *rule = &r->rules[a->rule];
    int signal = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
    char why[120];

    if (s->stage == STAGE_COSTLY)
        (void)snprintf(why, sizeof(why), "takes more than %u s to compile",
                       (unsigned)(pattern_ns / 1000000000));
    else if (s->stage == STAGE_NOMEM)
        (void)snprintf(why, sizeof(why), "needs more than %llu MiB to compile",
                       (unsigned long long)(r->compile_bytes >> 20));
    else if (signal == SIGXCPU || signal == SIGALRM || signal == SIGKILL)
        (void)snprintf(why, sizeof(why), "%sdoes not compile within %u s",
                       alone ? "" : "with all other patterns of its field ", r->compile_cpu_s);
    else if (signal != 0)
        (void)snprintf(why, sizeof(why), "ends the compiler by signal %d", signal);
    else
        (void)snprintf(why, sizeof(why),
                       "cannot be compiled: no child process, or no memory for it");
    twf_rule_diags_begin(d, rule->info.path, rule->source);
    twf_rule_error(d, (struct rule_mark){a->line, a->at}, (uint32_t)TWF_MAX(a->text.len, 1),
                   RULE_FAULT_COST, "this expression %s: use smaller repeats, or split it", why);
    if (err != NULL)
        *err = d->first;
    return TWF_ERR_RULES;
}

static enum twf_status run(struct job *j, struct rule_diags *d, struct twf_error *err)
{
    struct shared *s =
        mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int fd = memfd_create("twofrom-rules", MFD_CLOEXEC | MFD_ALLOW_SEALING), how = 0;
    enum twf_status status;
    struct timespec from, to;
    pid_t child;

    if (s == MAP_FAILED || fd < 0) {
        status = twf_error_sys(err, TWF_ERR_INTERNAL, errno,
                               "no memory to share with the rule compiler");
        goto out;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    child = fork();
    if (child == 0)
        run_child(j, s, fd);
    if (child < 0) {
        status = twf_error_sys(err, TWF_ERR_INTERNAL, errno, "no process for the rule compiler");
        goto out;
    }
    while (waitpid(child, &how, 0) < 0 && errno == EINTR)
        ;
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    j->took_ns = (uint64_t)(to.tv_sec - from.tv_sec) * 1000000000u + (uint64_t)to.tv_nsec -
                 (uint64_t)from.tv_nsec;
    status = s->stage == STAGE_DONE && take_result(j, fd, d) ? TWF_OK : blame(j, s, how, d, err);
out:
    if (s != MAP_FAILED)
        (void)munmap(s, sizeof(*s));
    if (fd >= 0)
        (void)close(fd);
    return status;
}

/* ---- from one run to the next ---- */

static void hash(EVP_MD_CTX *md, const void *ptr, size_t len, bool *ok)
{
    *ok = *ok && EVP_DigestUpdate(md, ptr, len) == 1;
}

/* SHA-256 of all that the databases depend on: patterns and flags, the library, the CPU. */
static bool make_key(struct job *j)
{
    const struct twf_rules *r = j->rules;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    char platform[160];
    unsigned len = 0;
    bool ok = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
              twf_rule_hs_platform(platform, sizeof(platform));

    if (ok) {
        hash(md, &magic, sizeof(magic), &ok);
        hash(md, platform, strlen(platform) + 1, &ok);
        hash(md, &r->column_count, sizeof(r->column_count), &ok);
        for (uint32_t i = 0; i < r->column_count; i++)
            hash(md, &r->columns[i].scan_count, sizeof(r->columns[i].scan_count), &ok);
        for (uint32_t i = 0; i < j->count; i++)
            hash(md, &j->patterns[i].flags, sizeof(j->patterns[i].flags), &ok);
        hash(md, j->text.ptr, j->text.len, &ok);
    }
    ok = ok && EVP_DigestFinal_ex(md, j->key, &len) == 1 && len == RULE_CACHE_KEY;
    EVP_MD_CTX_free(md);
    return ok;
}

static void close_columns(struct twf_rules *r)
{
    for (uint32_t i = 0; i < r->column_count; i++) {
        twf_rule_hs_close(r->columns[i].database);
        r->columns[i].database = NULL;
    }
}

/* True: the databases came from the cache. */
static bool take_cached(struct job *j, struct rule_diags *d)
{
    struct twf_buf bytes;
    bool ok;

    if (j->rules->cache_dir == NULL)
        return false;
    if (!make_key(j)) {
        j->rules->cache_dir = NULL;
        return false;
    }
    twf_buf_init(&bytes);
    ok = twf_rule_cache_load(j->rules->cache_dir, j->key, &bytes) &&
         open_columns(j, bytes.ptr, bytes.len, d);
    if (!ok)
        close_columns(j->rules);
    twf_buf_fini(&bytes);
    j->rules->from_cache = ok;
    return ok;
}

enum twf_status twf_rules_compile(struct twf_rules *r, twf_rule_diag_fn *say, void *ctx,
                                  struct twf_error *err)
{
    struct rule_diags d = {.say = say, .ctx = ctx};
    struct job j = {.rules = r};
    enum twf_status status = TWF_OK;

    if (r->compiled || r->no_prefilter || !twf_rule_hs_usable())
        return TWF_OK;
    twf_buf_init(&j.text);
    if (!collect(&j))
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for rules");
    else if (j.count > 0 && !take_cached(&j, &d))
        status = run(&j, &d, err);
    r->compiled = status == TWF_OK;
    twf_buf_fini(&j.text);
    twf_free(j.patterns);
    twf_free(j.atoms);
    return status;
}

bool twf_rules_cached(const struct twf_rules *r)
{
    return r->from_cache;
}

void twf_rules_free(struct twf_rules *r)
{
    if (r == NULL)
        return;
    close_columns(r);
    for (uint32_t i = 0; i < r->atom_count; i++) {
        twf_rule_regex_free(r->atoms[i].regex);
        twf_free(r->atoms[i].rules);
    }
    for (uint32_t i = 0; i < r->rule_count; i++)
        twf_free(r->rules[i].filters);
    twf_free(r->rules);
    twf_free(r->columns);
    twf_free(r->atoms);
    twf_free(r->trees);
    twf_free(r->kids);
    twf_free(r->steps);
    twf_free(r->atom_table);
    twf_free(r->always);
    twf_arena_fini(&r->arena);
    twf_free(r);
}
