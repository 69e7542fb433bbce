/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The progress line. Compressed bytes are the clock, so percent and time left are honest; the time
 * left takes the rate of the last 30 seconds.
 */
#ifndef TWF_CLI_PROGRESS_H
#define TWF_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <twofrom/twofrom.h>

enum { TWF_PROGRESS_SECONDS = 30 };

struct twf_progress_state {
    /* One sample a second, the oldest one 30 seconds ago. */
    struct {
        uint64_t elapsed_ns, in_bytes, out_bytes, messages;
    } samples[TWF_PROGRESS_SECONDS];
    size_t count, next;
};

/* Takes a snapshot and writes the line: escaped, at most width columns (0: no bound), cap bytes. */
void twf_progress_line(struct twf_progress_state *s, const struct twf_progress *p, bool ascii,
                       unsigned width, char *line, size_t cap);

#endif
