/* SPDX-License-Identifier: Apache-2.0 */
/* What the faults of a test say about the next call to the system; without faults, nothing. */
#include "io/io_fault.h"

#include "base/compiler.h"

size_t twf_io_fault_read(const struct twf_io_faults *faults, uint64_t off, size_t len, int *forced)
{
    int64_t said = faults == NULL || faults->read == NULL ? 0 : faults->read(faults->ctx, off, len);

    *forced = said < 0 ? (int)-said : 0;
    return said > 0 && (uint64_t)said < len ? (size_t)said : len;
}

int twf_io_fault_enter(const struct twf_io_faults *faults)
{
    return faults == NULL || faults->enter == NULL ? 0 : faults->enter(faults->ctx);
}

int twf_io_fault_setup(const struct twf_io_faults *faults, const char *step)
{
    return faults == NULL || faults->setup == NULL ? 0 : faults->setup(faults->ctx, step);
}

unsigned twf_io_fault_pick(const struct twf_io_faults *faults, unsigned n)
{
    unsigned i = faults == NULL || faults->pick == NULL ? 0 : faults->pick(faults->ctx, n);

    assert(i < n);
    return i;
}
