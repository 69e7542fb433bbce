/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory runs out at the k-th allocation, for every k until a scenario ends as it does with plenty:
 * a status and words, nothing left behind, no record that is another one.
 *
 *   test_no_memory [STEP [NAME]]     1: at every call, however long it takes; one scenario only
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scene.h"

enum { MANY = 20000 };

static unsigned long passed, failed;
static uint64_t step = 3;

static void fail(const char *scene, uint64_t k, const char *what, const struct scene_result *r)
{
    printf("%s, allocation %llu: %s (status %d, exit %d, %llu rows: %s)\n", scene,
           (unsigned long long)k, what, r->status, r->exit_code, (unsigned long long)r->rows,
           r->err.text);
    failed++;
}

static bool same(const struct scene_result *a, const struct scene_result *b)
{
    return a->status == b->status && a->rows == b->rows && a->sum == b->sum &&
           a->exit_code == b->exit_code;
}

/* One run with k; true when nothing had to fail any more. */
static bool run_one(const struct scene *s, uint64_t k, const struct scene_result *whole)
{
    uint64_t in_use = twf_alloc_in_use(), before = twf_alloc_count();
    struct scene_result r = {0};
    bool enough;

    twf_alloc_fail_at(k);
    s->run(&r);
    enough = twf_alloc_count() - before < k;
    twf_alloc_fail_at(0);
    if (twf_alloc_in_use() != in_use)
        fail(s->name, k, "memory is left behind", &r);
    else if (r.status == TWF_ERR_NOMEM && r.err.text[0] == '\0')
        fail(s->name, k, "no words", &r);
    else if (r.status != TWF_ERR_NOMEM && !same(&r, whole) && r.exit_code == 0)
        fail(s->name, k, "another result, and none that says so", &r);
    else if (enough && !same(&r, whole))
        fail(s->name, k, "nothing failed, and still another result", &r);
    else
        passed++;
    return enough;
}

static void run_scene(const struct scene *s)
{
    struct scene_result whole = {0}, again = {0};
    uint64_t k = 1;

    s->run(&whole); /* what is made once stays: it is no leak of a later run */
    s->run(&again);
    if (!same(&whole, &again)) {
        fail(s->name, 0, "twice is not the same", &again);
        return;
    }
    /* Every call at first; then every step-th: the whole of it takes minutes below a sanitizer. */
    while (k < MANY && !run_one(s, k, &whole))
        k += k < 60 ? 1 : step;
    printf("%s: %llu allocations\n", s->name, (unsigned long long)k);
}

int main(int argc, char **argv)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (!scene_begin()) {
        perror("archives");
        return 1;
    }
    if (argc > 1 && (step = strtoull(argv[1], NULL, 10)) == 0)
        step = 1;
    for (const struct scene *s = scenes; s->name != NULL; s++) {
        if (argc < 3 || strcmp(argv[2], s->name) == 0)
            run_scene(s);
    }
    scene_end();
    printf("%lu passed, %lu failed\n", passed, failed);
    return failed > 0;
}
