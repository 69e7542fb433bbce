/* SPDX-License-Identifier: Apache-2.0 */
/* P1 against P2, and the R_ and J_ findings, over whole headers. */
#include "judge_run.h"

static void headers(void **state)
{
    (void)state;
    judge_run_file("relation.txt", 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
