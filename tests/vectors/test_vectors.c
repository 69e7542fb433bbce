/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole messages through the public interface: tests/vectors/codes.txt; its first lines say how it
 * is written. For every finding there must be a case that has it and two near misses, for every
 * explainer a proven and a forged case; a code without them fails, so that none can be forgotten.
 *
 * Forms of attacks and of honest mail (forms.txt) are at medium or above, and below it.
 *
 * Each case is judged with LF and with CRLF, with and without the prefilter, and inside a journal
 * report: the first four must agree in all, and the last in what From gives. What a sender
 * planted must not lower anything: without the planted lines nothing may weigh more.
 */
#include "vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CODES TWF_SOURCE_DIR "/tests/vectors/codes.txt"
#define FORMS TWF_SOURCE_DIR "/tests/vectors/forms.txt"

/* Three ways to judge: plainly, without the prefilter, and the message inside a report alone. */
enum { WAY_FAST, WAY_SLOW, WAY_INNER, WAY_COUNT };

struct run {
    const struct vector *v;             /* the case at hand */
    struct twf_check *plain[WAY_COUNT]; /* for cases without options */
    unsigned yes[TWF_FINDING_COUNT], no[TWF_FINDING_COUNT];
    unsigned proven[TWF_ALLOWANCE_COUNT], forged[TWF_ALLOWANCE_COUNT];
    unsigned attacks, controls;
    unsigned passed, failed;
};

static void new_ways(const struct vector *v, struct twf_check *ways[WAY_COUNT])
{
    ways[WAY_FAST] = vector_check_new(v, NULL, NULL);
    ways[WAY_SLOW] = vector_check_new(v, "no-prefilter", NULL);
    ways[WAY_INNER] = vector_check_new(v, "journal", "require");
}

static void free_ways(struct twf_check *ways[WAY_COUNT])
{
    for (int i = 0; i < WAY_COUNT; i++)
        twf_check_free(ways[i]);
}

static void expect(struct run *run, bool holds, const char *what)
{
    if (holds) {
        run->passed++;
        return;
    }
    run->failed++;
    print_error("line %u, %s %s, %s: %s\n", run->v->row,
                run->v->kind == KIND_NO || run->v->kind == KIND_FORGED ? "has not" : "has",
                run->v->code, run->v->name, what);
}

static void expect_want(struct run *run, const struct vector_result *r)
{
    char found[4096];
    size_t n = 0;

    if (strcmp(r->conclusion, run->v->want) == 0) {
        run->passed++;
        return;
    }
    for (int i = 0; i < TWF_FINDING_COUNT && n < sizeof(found) - 64; i++) {
        if (r->level[i] >= 0)
            n += (size_t)snprintf(found + n, sizeof(found) - n, " %s=%s", twf_finding_infos[i].code,
                                  twf_level_names[r->level[i]]);
    }
    found[n] = '\0';
    run->failed++;
    print_error("line %u, %s, %s:\n  got  %s (%s)\n  want %s\n", run->v->row, run->v->code,
                run->v->name, r->conclusion, found, run->v->want);
}

static bool same(const struct vector_result *a, const struct vector_result *b)
{
    return strcmp(a->conclusion, b->conclusion) == 0 &&
           memcmp(a->level, b->level, sizeof(a->level)) == 0 &&
           memcmp(a->allowance, b->allowance, sizeof(a->allowance)) == 0;
}

static bool same_from(const struct vector_result *a, const struct vector_result *b)
{
    for (int i = 0; i < TWF_FINDING_COUNT; i++) {
        if (twf_finding_infos[i].family == TWF_FAMILY_FROM && a->level[i] != b->level[i])
            return false;
    }
    return true;
}

/* No finding of b weighs more than in a, none is missing in a, and neither do level and score. */
static bool nothing_lowered(const struct vector_result *a, const struct vector_result *b)
{
    for (int i = 0; i < TWF_FINDING_COUNT; i++) {
        if (b->level[i] > a->level[i])
            return false;
    }
    return a->worst >= b->worst && a->score >= b->score;
}

static void check_allowance(struct run *run, const struct vector_result *with,
                            const struct vector_result *without)
{
    int x = vector_allowance(run->v->code, strlen(run->v->code));
    enum twf_effect effect = twf_allowance_infos[x].effect;

    if (run->v->kind == KIND_PROVEN) {
        run->proven[x]++;
        expect(run, with->allowance[x], "it holds");
        expect(run, !without->allowance[x], "it does not hold without the lines that prove it");
        if (effect != TWF_EFFECT_ANNOTATE)
            expect(run, !nothing_lowered(with, without), "its proof lowers something");
        else
            expect(run, nothing_lowered(with, without), "a note lowers nothing");
    } else {
        run->forged[x]++;
        expect(run, !with->allowance[x], "it does not hold");
        expect(run, nothing_lowered(with, without), "what was planted lowers nothing");
    }
}

static void check_finding(struct run *run, const struct vector_result *with,
                          const struct vector_result *without)
{
    int f = vector_finding(run->v->code, strlen(run->v->code));

    if (run->v->kind == KIND_NO) {
        run->no[f]++;
        expect(run, with->level[f] < 0, "a near miss");
        return;
    }
    run->yes[f] += run->v->kind == KIND_YES;
    expect(run, with->level[f] == vector_level(run->v->level, strlen(run->v->level)), "its level");
    if (run->v->kind == KIND_KEPT)
        expect(run, nothing_lowered(with, without), "what was planted lowers nothing");
}

static void check_form(struct run *run, const struct vector_result *r)
{
    bool is_attack = run->v->kind == KIND_ATTACK;

    run->attacks += is_attack;
    run->controls += !is_attack;
    expect(run, (r->worst >= TWF_LEVEL_MEDIUM) == is_attack,
           is_attack ? "medium or above" : "below medium");
}

static void check_case(void *ctx, const struct vector *v)
{
    struct run *run = ctx;
    struct twf_check *own[WAY_COUNT] = {NULL}, *const *ways = run->plain;
    struct vector_result r, other;

    run->v = v;
    if (v->set_count > 0) {
        new_ways(run->v, own);
        ways = own;
    }
    vector_judge(ways[WAY_FAST], run->v, 0, &r);
    expect_want(run, &r);
    vector_judge(ways[WAY_FAST], run->v, VECTOR_CRLF, &other);
    expect(run, same(&r, &other), "CRLF");
    vector_judge(ways[WAY_SLOW], run->v, 0, &other);
    expect(run, same(&r, &other), "without the prefilter");
    vector_judge(ways[WAY_SLOW], run->v, VECTOR_CRLF, &other);
    expect(run, same(&r, &other), "CRLF without the prefilter");
    if (run->v->rows == 1 && run->v->mail_from == NULL) {
        vector_judge(ways[WAY_INNER], run->v, VECTOR_JOURNAL, &other);
        expect(run, same_from(&r, &other), "FROM_ findings inside a journal report");
    }
    vector_judge(ways[WAY_FAST], run->v, VECTOR_LESS, &other);
    if (run->v->kind >= KIND_ATTACK)
        check_form(run, &r);
    else if (run->v->kind == KIND_PROVEN || run->v->kind == KIND_FORGED)
        check_allowance(run, &r, &other);
    else
        check_finding(run, &r, &other);
    free_ways(own);
}

/* A code of the tables without its cases is a fault. */
static void check_covered(struct run *run)
{
    for (int i = 0; i < TWF_FINDING_COUNT; i++) {
        if (run->yes[i] >= 1 && run->no[i] >= 2)
            continue;
        print_error("%s: %u cases, %u near misses\n", twf_finding_infos[i].code, run->yes[i],
                    run->no[i]);
        run->failed++;
    }
    for (int i = 0; i < TWF_ALLOWANCE_COUNT; i++) {
        if (run->proven[i] >= 1 && run->forged[i] >= 1)
            continue;
        print_error("%s: %u proven, %u forged\n", twf_allowance_infos[i].code, run->proven[i],
                    run->forged[i]);
        run->failed++;
    }
}

static void test_codes(void **state)
{
    static const struct vector no_options;
    struct run run = {0};

    (void)state;
    new_ways(&no_options, run.plain);
    vector_each(CODES, check_case, &run);
    check_covered(&run);
    free_ways(run.plain);
    print_message("%u passed, %u failed\n", run.passed, run.failed);
    assert_int_equal(run.failed, 0);
}

static void test_forms(void **state)
{
    static const struct vector no_options;
    struct run run = {0};

    (void)state;
    new_ways(&no_options, run.plain);
    vector_each(FORMS, check_case, &run);
    free_ways(run.plain);
    print_message("%u attacks, %u controls: %u passed, %u failed\n", run.attacks, run.controls,
                  run.passed, run.failed);
    assert_int_equal(run.failed, 0);
    assert_true(run.attacks > 0 && run.controls > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_codes), cmocka_unit_test(test_forms)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
