/* SPDX-License-Identifier: Apache-2.0 */
/* bench_kernels as a program of its own; it is in twofrom too (bench --kernels). */
#include "cli/bench_builtin.h"

int main(int argc, char **argv)
{
    return twf_bench_kernels(argc, argv);
}
