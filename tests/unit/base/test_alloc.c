/* SPDX-License-Identifier: Apache-2.0 */
/* Growing arrays keep what they hold, grow in few steps, and refuse what cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"

static void test_grow(void **state)
{
    uint32_t *array = NULL;
    size_t room = 0, steps = 0;

    (void)state;
    for (uint32_t i = 0; i < 10000; i++) {
        size_t before = room;

        assert_true(twf_grow(&array, &room, i + 1, sizeof(*array)));
        assert_true(room > i);
        steps += room != before;
        array[i] = i * 7;
    }
    for (uint32_t i = 0; i < 10000; i++)
        assert_int_equal(array[i], i * 7);
    assert_true(steps < 12);
    twf_free(array);
}

static void test_refused(void **state)
{
    uint64_t *array = NULL;
    const uint64_t *held;
    size_t room = 0, before;

    (void)state;
    assert_true(twf_grow(&array, &room, 3, sizeof(*array)));
    held = array;
    before = room;
    assert_false(twf_grow(&array, &room, SIZE_MAX, sizeof(*array)));
    assert_false(twf_grow(&array, &room, SIZE_MAX / 4, sizeof(*array)));
    twf_alloc_fail_at(1);
    assert_false(twf_grow(&array, &room, before + 1, sizeof(*array)));
    twf_alloc_fail_at(0);
    assert_ptr_equal(array, held);
    assert_int_equal(room, before);
    twf_free(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_grow), cmocka_unit_test(test_refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
