/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every benchmark needs: a clock, the middle of many runs, and repeatable bytes. How to read
 * what comes out: bench/README.md.
 */
#ifndef TWF_BENCH_HARNESS_H
#define TWF_BENCH_HARNESS_H

#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of a clock that never goes back. */
uint64_t bench_now_ns(void);

struct bench_stat {
    double median;
    double mad; /* median of the distances from the median */
};

/* Sorts values; n > 0. */
struct bench_stat bench_stat_of(double *values, size_t n);

/*
 * The next number of a generator below n, n > 0. The same seed gives the same numbers everywhere.
 */
uint32_t bench_random(uint64_t *state, uint32_t n);

/* The CPU's own name, or "unknown"; at most size - 1 bytes. */
void bench_cpu_name(char *out, size_t size);

/* Takes a result, so that the compiler cannot leave out the work that made it. */
static inline void bench_keep(uint64_t value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

#endif
