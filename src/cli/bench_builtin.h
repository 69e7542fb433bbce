/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmarks of bench/ that are part of the program too, so that it can be measured where nothing but the
 * program is. Each takes its own arguments as main does, prints to standard output and returns an exit status.
 */
#ifndef TWF_CLI_BENCH_BUILTIN_H
#define TWF_CLI_BENCH_BUILTIN_H

#include <twofrom/twofrom.h>

int twf_bench_kernels(int argc, char **argv);
int twf_bench_stages(int argc, char **argv);
/* Whole runs over inputs with the options o, to which the output null is added. */
int twf_bench_runs(struct twf_options *o, int argc, char **argv, char **inputs, int input_count);

#endif
