/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Levels of the CPU. A level counts only when the CPU has every instruction set of its flags in
 * cmake/TwfKernels.cmake and the operating system saves the registers (XCR0, Intel SDM 1, 13.3).
 */
#include "kernels/cpu.h"

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

#define BIT(n) (1U << (n))

/* CPUID leaf 1, ECX */
#define SSSE3 BIT(9)
#define SSE41 BIT(19)
#define SSE42 BIT(20)
#define POPCNT BIT(23)
#define OSXSAVE BIT(27)
#define AVX BIT(28)
/* CPUID leaf 7, subleaf 0, EBX */
#define BMI1 BIT(3)
#define AVX2 BIT(5)
#define BMI2 BIT(8)
#define AVX512F BIT(16)
#define AVX512DQ BIT(17)
#define AVX512BW BIT(30)
#define AVX512VL BIT(31)
/* CPUID leaf 0x80000001, ECX; AMD calls it ABM */
#define LZCNT BIT(5)
/* XCR0: SSE and AVX; then opmask, the upper halves of ZMM0-15, and ZMM16-31 */
#define STATE_YMM (BIT(1) | BIT(2))
#define STATE_ZMM (STATE_YMM | BIT(5) | BIT(6) | BIT(7))

static bool has(uint32_t set, uint32_t bits)
{
    return (set & bits) == bits;
}

/*
 * Only where OSXSAVE is set; written out, because the intrinsic needs -mxsave for the whole file.
 */
static uint32_t read_xcr0(void)
{
    uint32_t lo, hi;
    __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    (void)hi;
    return lo;
}

enum twf_cpu_level twf_cpu_detect(void)
{
    uint32_t eax, ebx, ecx, edx, leaf1, leaf7, ext, xcr0;

    if (!__get_cpuid(1, &eax, &ebx, &leaf1, &edx))
        return TWF_CPU_SCALAR;
    if (!has(leaf1, SSSE3 | SSE41 | SSE42 | POPCNT))
        return TWF_CPU_SCALAR;

    if (!has(leaf1, OSXSAVE | AVX) || !__get_cpuid_count(7, 0, &eax, &leaf7, &ecx, &edx) ||
        !__get_cpuid(0x80000001U, &eax, &ebx, &ext, &edx))
        return TWF_CPU_SSE42;
    xcr0 = read_xcr0();
    if (!has(leaf7, AVX2 | BMI1 | BMI2) || !has(ext, LZCNT) || !has(xcr0, STATE_YMM))
        return TWF_CPU_SSE42;

    if (!has(leaf7, AVX512F | AVX512BW | AVX512VL | AVX512DQ) || !has(xcr0, STATE_ZMM))
        return TWF_CPU_AVX2;
    return TWF_CPU_AVX512;
}

#else

enum twf_cpu_level twf_cpu_detect(void)
{
    return TWF_CPU_SCALAR;
}

#endif

static const char *const level_names[TWF_CPU_LEVELS] = {
    [TWF_CPU_SCALAR] = "scalar",
    [TWF_CPU_SSE42] = "sse42",
    [TWF_CPU_AVX2] = "avx2",
    [TWF_CPU_AVX512] = "avx512",
};

const char *twf_cpu_level_name(enum twf_cpu_level level)
{
    return (unsigned)level < TWF_CPU_LEVELS ? level_names[level] : "unknown";
}

bool twf_cpu_level_parse(const char *name, enum twf_cpu_level *out)
{
    for (int i = 0; i < TWF_CPU_LEVELS; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out = (enum twf_cpu_level)i;
            return true;
        }
    }
    return false;
}
