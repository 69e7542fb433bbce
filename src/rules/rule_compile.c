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
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/alloc.h"
#include "base/error.h"
#include "rules/rule_job.h"

/* What is kept: so many patterns, or patterns that took so long. Others compile while a cache is opened. */
enum { KEEP_PATTERNS = 32 };
static const uint64_t keep_ns = UINT64_C(100000000);

static bool collect(struct rule_job *j)
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
static void take_engines(struct rule_job *j, const uint8_t *engines, struct rule_diags *d)
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

static bool open_columns(struct rule_job *j, const uint8_t *ptr, size_t len, struct rule_diags *d)
{
    struct twf_rules *r = j->rules;
    struct rule_compiled h;
    size_t at = sizeof(h) + r->column_count * sizeof(uint64_t) + j->count;

    if (len < at)
        return false;
    memcpy(&h, ptr, sizeof(h));
    if (h.magic != RULE_COMPILED_MAGIC || h.columns != r->column_count || h.patterns != j->count)
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

static bool take_result(struct rule_job *j, int fd, struct rule_diags *d)
{
    struct stat st;
    void *map;
    bool ok;

    /* Sealed: what is looked at now cannot change any more. */
    if (fcntl(fd, F_GET_SEALS) != RULE_SEALS || fstat(fd, &st) != 0 || st.st_size <= 0)
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
static enum twf_status blame(struct rule_job *j, const struct rule_shared *s, int how, struct rule_diags *d,
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
                       (unsigned)RULE_PATTERN_S);
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

static enum twf_status run(struct rule_job *j, struct rule_diags *d, struct twf_error *err)
{
    struct rule_shared *s =
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
        twf_rule_child(j, s, fd);
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
static bool make_key(struct rule_job *j)
{
    const struct twf_rules *r = j->rules;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    char platform[160];
    uint64_t magic = RULE_COMPILED_MAGIC;
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
static bool take_cached(struct rule_job *j, struct rule_diags *d)
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
    struct rule_job j = {.rules = r};
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
