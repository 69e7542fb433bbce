/* SPDX-License-Identifier: Apache-2.0 */
/* A message is a duplicate when both its Message-ID and its header were seen; the set is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "pipe/dedup.h"

struct mail {
    const char *id, *header;
    int expected; /* 1 duplicate, 0 not, -1 it has no row */
};

/* Marks mails in jobs of n; checks each row. */
static void check(const struct mail *mails, uint32_t count, uint32_t n, uint64_t expected)
{
    struct twf_dedup_keys keys = {.seed = n};
    struct twf_hashset set;
    struct twf_batch *b = twf_batch_new();
    uint64_t duplicates = 0;

    assert_non_null(b);
    twf_hashset_init(&set, 100);
    for (uint32_t from = 0; from < count; from += n) {
        uint32_t rows = 0;

        twf_batch_reset(b);
        keys.len = 0;
        for (uint32_t i = from; i < TWF_MIN(from + n, count); i++) {
            bool has_row = mails[i].expected >= 0;

            twf_dedup_put(&keys, twf_span_str(mails[i].id), twf_span_str(mails[i].header), 0,
                          has_row ? rows : TWF_DEDUP_NO_ROW);
            if (has_row)
                twf_batch_int(b, TWF_COL_duplicate, rows++, 0);
        }
        twf_batch_finish(b, rows);
        duplicates += twf_dedup_mark(&set, &keys, &b);
        rows = 0;
        for (uint32_t i = from; i < TWF_MIN(from + n, count); i++) {
            if (mails[i].expected < 0)
                continue;
            assert_true(twf_col_valid(&b->cols[TWF_COL_duplicate], rows));
            assert_int_equal(twf_col_int(&b->cols[TWF_COL_duplicate], rows), mails[i].expected);
            rows++;
        }
    }
    assert_int_equal(duplicates, expected);
    twf_batch_free(b);
    twf_hashset_fini(&set);
    twf_free(keys.items);
}

static void test_mark(void **state)
{
    static const struct mail mails[] = {
        {"a", "h1", 0}, {"a", "h2", 0}, {"b", "h1", 0}, {"a", "h1", 1}, {"", "h3", -1}, {"", "h3", 1},
        {"b", "h1", 1}, {"", "", 0},    {"", "", -1},   {"a", "h2", 1}, {"ah", "1", 0},
    };

    (void)state;
    for (uint32_t n = 1; n <= TWF_COUNT(mails); n++)
        check(mails, TWF_COUNT(mails), n, 5);
}

/* What the set cannot remember is neither new nor seen: its column is null. */
static void test_full(void **state)
{
    struct twf_dedup_keys keys = {.seed = 7};
    struct twf_hashset set;
    struct twf_batch *b = twf_batch_new();

    (void)state;
    assert_non_null(b);
    twf_hashset_init(&set, 3);
    for (uint32_t i = 0; i < 5; i++) {
        char id[8];

        (void)snprintf(id, sizeof(id), "%u", i);
        twf_dedup_put(&keys, twf_span_str(id), twf_span_str("h"), 0, i);
        twf_batch_int(b, TWF_COL_duplicate, i, 0);
    }
    twf_dedup_put(&keys, twf_span_str("0"), twf_span_str("h"), 0, 5);
    twf_batch_int(b, TWF_COL_duplicate, 5, 0);
    twf_batch_finish(b, 6);
    assert_int_equal(twf_dedup_mark(&set, &keys, &b), 1);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(twf_col_valid(&b->cols[TWF_COL_duplicate], i), i < 3 || i == 5);
    assert_int_equal(twf_col_int(&b->cols[TWF_COL_duplicate], 5), 1);
    twf_batch_free(b);
    twf_hashset_fini(&set);
    twf_free(keys.items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mark), cmocka_unit_test(test_full)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
