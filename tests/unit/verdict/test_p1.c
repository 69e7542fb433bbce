/* SPDX-License-Identifier: Apache-2.0 */
/* The ladder, the choice, conflicts, wrapped senders and the P1_ findings, over whole headers. */
#include "judge_run.h"

static void headers(void **state)
{
    (void)state;
    judge_run_file("p1.txt", 45);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
