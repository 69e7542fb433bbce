/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of the kernel checks. A check_NAME.c tells what the kernel means (against a second,
 * simpler definition) and how to compare two tables; the frame gives it seed, buffers between
 * unreadable pages, lengths, alignments and levels, and says which level was running when a signal
 * came.
 */
#ifndef TWF_TESTS_KERNELS_CHECK_H
#define TWF_TESTS_KERNELS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"

#define CHECK_BYTES 8192 /* usable bytes of a guarded buffer; a multiple of every page size */

struct check;

/* One comparison of level k with scalar s over len bytes at ptr; false when they differ. */
typedef bool check_case_fn(struct check *c, const struct twf_kernels *s,
                           const struct twf_kernels *k, uint8_t *ptr, size_t len);

struct check {
    uint64_t seed;
    uint64_t state; /* of the generator */
    unsigned long passed;
    unsigned long failed;
    uint8_t *buf;   /* CHECK_BYTES with an unreadable page on each side */
    uint8_t *other; /* a second one, for kernels with two ranges */
};

struct check_kernel {
    const char *name;
    /* The scalar table against vectors and a naive reference. */
    void (*define)(struct check *c, const struct twf_kernels *s);
    /* Fills len bytes at ptr with bytes that matter to this kernel. */
    void (*fill)(struct check *c, uint8_t *ptr, size_t len);
    check_case_fn *compare;
};

/* The whole program: exit status 0, 1, or 77 when there is nothing but scalar. */
int check_main(int argc, char **argv, const struct check_kernel *kernel);

/* The AVX-512 kernels over intrinsics in plain C (plain512.c), for CPUs that lack the level. */
void check_plain512(struct twf_kernels *k);

/* Counts one result; prints what failed, the first twenty times. */
void check_that(struct check *c, bool good, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A number below n, n > 0. */
uint32_t check_random(struct check *c, uint32_t n);
/* len bytes out of those of alphabet, which is n long; each as likely. */
void check_fill_from(struct check *c, uint8_t *ptr, size_t len, const char *alphabet, size_t n);

#endif
