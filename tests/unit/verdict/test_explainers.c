/* SPDX-License-Identifier: Apache-2.0 */
/* Each explainer proven, and each of its forgeries, over whole headers. */
#include "judge_run.h"

static void headers(void **state)
{
    (void)state;
    judge_run_file("explainers.txt", 45);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
