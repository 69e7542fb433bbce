/* SPDX-License-Identifier: Apache-2.0 */
/* Exit status of the program (docs/twofrom.1.md). Where several apply: signal, then 5, 4, 3, 1. */
#ifndef TWF_CLI_EXIT_CODE_H
#define TWF_CLI_EXIT_CODE_H

#include <twofrom/status.h>

enum twf_exit {
    TWF_EXIT_OK = 0,         /* complete: every byte accounted for, every message judged */
    TWF_EXIT_FOUND = 1,      /* complete, and something at or above --fail-on */
    TWF_EXIT_USAGE = 2,      /* the question is wrong; nothing was scanned */
    TWF_EXIT_INCOMPLETE = 3, /* damage, a limit, an input that could not be read */
    TWF_EXIT_OUTPUT = 4,     /* a result could not be written */
    TWF_EXIT_INTERNAL = 5,   /* no memory, or a promise to ourselves is broken */
    TWF_EXIT_SIGNAL = 128    /* + the number of the signal: 130, 143 */
};

/* For an error before the first message was read. */
static inline int twf_exit_before(enum twf_status status)
{
    switch (status) {
    case TWF_OK:
    case TWF_END:
        return TWF_EXIT_OK;
    case TWF_ERR_OUTPUT:
        return TWF_EXIT_OUTPUT;
    case TWF_ERR_NOMEM:
    case TWF_ERR_STOPPED:
    case TWF_ERR_INTERNAL:
        return TWF_EXIT_INTERNAL;
    default:
        return TWF_EXIT_USAGE;
    }
}

/*
 * For an error while reading: an input that fails is an incomplete run. A question that is wrong is
 * found out before the first message, and stays one.
 */
static inline int twf_exit_during(enum twf_status status)
{
    return status == TWF_ERR_IO || status == TWF_ERR_FORMAT || status == TWF_ERR_LIMIT
               ? TWF_EXIT_INCOMPLETE
               : twf_exit_before(status);
}

/* The stronger of two, neither of them a usage error. */
static inline int twf_exit_stronger(int a, int b)
{
    return a > b ? a : b;
}

#endif
