/* SPDX-License-Identifier: Apache-2.0 */
/* A batch that memory runs out under: what is written then is lost, and nothing else happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "flow/batch.h"

enum { ROWS = 300 };

/* A value of two parts in each row, as of a repeated field, and a list. */
static struct twf_batch *fill(void)
{
    struct twf_batch *b = twf_batch_new();

    for (uint32_t row = 0; b != NULL && row < ROWS; row++) {
        twf_batch_bytes(b, TWF_COL_from_raw, row, twf_span_str("a@x.example"));
        twf_batch_bytes_more(b, TWF_COL_from_raw, row, twf_span_str("\n"));
        twf_batch_bytes_more(b, TWF_COL_from_raw, row, twf_span_str("b@y.example"));
        twf_batch_item(b, TWF_COL_p2_readers, row, twf_span_str("S1=a@x.example"));
    }
    if (b != NULL)
        twf_batch_finish(b, ROWS);
    return b;
}

static void test_no_memory(void **state)
{
    uint64_t before = twf_alloc_in_use(), k = 0, failed = 0;
    bool done = false;

    (void)state;
    while (!done) {
        struct twf_batch *b;

        twf_alloc_fail_at(++k);
        b = fill();
        twf_alloc_fail_at(0);
        failed += b == NULL || b->failed;
        done = b != NULL && !b->failed;
        if (done) {
            assert_true(twf_span_is(twf_col_bytes(&b->cols[TWF_COL_from_raw], ROWS - 1), "a@x.example\nb@y.example"));
            assert_int_equal(twf_col_list_len(&b->cols[TWF_COL_p2_readers], ROWS - 1), 1);
        }
        twf_batch_free(b);
    }
    assert_true(failed > 5 && failed == k - 1);
    assert_int_equal(twf_alloc_in_use(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_memory)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
