/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults for tests. Ring operations happen in the kernel, where tools that wrap libc do not
 * reach, so the places where the system may fail ask here first. Always compiled in, inactive
 * unless a run was opened with twf_io_new_faulty; each member may be NULL.
 */
#ifndef TWF_IO_IO_FAULT_H
#define TWF_IO_IO_FAULT_H

#include <stddef.h>
#include <stdint.h>

#include "io/io.h"

struct twf_io_faults {
    /* Before each read of len bytes at off: 0 lets it through, n > 0 asks for n bytes at most,
     * n < 0 makes it fail with errno -n. */
    int64_t (*read)(void *ctx, uint64_t off, size_t len);
    /* Before each io_uring_enter: 0 or -errno. */
    int (*enter)(void *ctx);
    /* Before a step of the ring's setup ("setup", "probe", "buffers", "restrict"): 0 or -errno. */
    int (*setup)(void *ctx, const char *step);
    /* Which of n completions is handled next, below n. */
    unsigned (*pick)(void *ctx, unsigned n);
    void *ctx;
};

/* twf_io_new with faults, which must live as long as *out. */
TWF_MUST_USE enum twf_status twf_io_new_faulty(const struct twf_io_options *o,
                                               const struct twf_io_faults *faults,
                                               struct twf_io **out, struct twf_error *err);

/* ---- for the room itself: what the faults say, or nothing ---- */

/* The bytes to ask for, at most len; *forced is the errno to report in place of the result, or 0.
 * */
size_t twf_io_fault_read(const struct twf_io_faults *faults, uint64_t off, size_t len, int *forced);
int twf_io_fault_enter(const struct twf_io_faults *faults);
int twf_io_fault_setup(const struct twf_io_faults *faults, const char *step);
unsigned twf_io_fault_pick(const struct twf_io_faults *faults, unsigned n);

#endif
