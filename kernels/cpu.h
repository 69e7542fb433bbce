/* SPDX-License-Identifier: Apache-2.0 */
/* What the CPU and the operating system allow (cpuid and xgetbv). */
#ifndef TWF_KERNELS_CPU_H
#define TWF_KERNELS_CPU_H

#include <stdbool.h>

enum twf_cpu_level { TWF_CPU_SCALAR, TWF_CPU_SSE42, TWF_CPU_AVX2, TWF_CPU_AVX512, TWF_CPU_LEVELS };

/* The highest level of this machine; avx512 means F, BW, VL and DQ, with the state enabled. */
enum twf_cpu_level twf_cpu_detect(void);
/* "scalar" "sse42" "avx2" "avx512" */
const char *twf_cpu_level_name(enum twf_cpu_level level);
/* False for an unknown name. */
bool twf_cpu_level_parse(const char *name, enum twf_cpu_level *out);

#endif
