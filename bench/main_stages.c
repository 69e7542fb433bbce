/* SPDX-License-Identifier: Apache-2.0 */
/* bench_stages as a program of its own; it is in twofrom too (bench --stages). */
#include "cli/bench_builtin.h"

int main(int argc, char **argv)
{
    return twf_bench_stages(argc, argv);
}
