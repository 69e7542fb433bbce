/* SPDX-License-Identifier: Apache-2.0 */
/* base/offsets.h against a plain loop, from every place of a match before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/offsets.h"

static uint32_t plain(const uint32_t *offsets, uint32_t count, uint32_t off)
{
    for (uint32_t i = count; i-- > 0;) {
        if (offsets[i] <= off)
            return i;
    }
    return 0;
}

static void every_place(void **state)
{
    /* Empty values at the beginning, in the middle and at the end; a column that does not begin at 0. */
    static const uint32_t offsets[] = {7, 7, 9, 9, 9, 10, 20, 21, 21};
    const uint32_t count = TWF_COUNT(offsets) - 1;

    (void)state;
    for (uint32_t n = 1; n <= count; n++) {
        for (uint32_t off = offsets[0]; off < offsets[n]; off++) {
            for (uint32_t near = 0; near < n; near++)
                assert_int_equal(twf_offsets_find(offsets, n, near, off), plain(offsets, n, off));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_place)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
