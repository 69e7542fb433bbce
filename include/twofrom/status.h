/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status codes and the error record of libtwofrom.
 *
 * A status says whether the library could do its work. Damaged mail and damaged archives are not
 * errors: they are findings and named gaps in the results.
 */
#ifndef TWF_STATUS_H
#define TWF_STATUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define TWF_MUST_USE __attribute__((warn_unused_result))
#define TWF_API __attribute__((visibility("default")))
#else
#define TWF_MUST_USE
#define TWF_API
#endif

enum twf_status {
    TWF_OK = 0,       /* done */
    TWF_END,          /* nothing more to hand out; not an error */
    TWF_ERR_ARG,      /* an argument or option is wrong */
    TWF_ERR_NOMEM,    /* no memory, or the cap of --memory is reached */
    TWF_ERR_IO,       /* the system refused to open or read */
    TWF_ERR_FORMAT,   /* bytes are not what they must be */
    TWF_ERR_LIMIT,    /* a named limit was met */
    TWF_ERR_RULES,    /* a rule does not compile */
    TWF_ERR_OUTPUT,   /* a result could not be written */
    TWF_ERR_STOPPED,  /* twf_run_stop was called */
    TWF_ERR_INTERNAL  /* a promise of the program to itself is broken */
};

/* Filled once, where the fault happened. Every function that takes one accepts NULL. */
struct twf_error {
    enum twf_status status;
    int sys_errno;         /* errno of the failed call, or 0 */
    uint64_t off;          /* byte offset in the input concerned, or 0 */
    uint32_t line, column; /* in a text file (rules, config), from 1; 0 where there is none */
    char path[256];        /* the file concerned, cut; may be empty */
    char text[512];        /* one line of English, no newline; may hold bytes of file names */
};

/* The name of a status in words ("out of memory"); never NULL, static. */
TWF_API const char *twf_status_text(enum twf_status status);

#ifdef __cplusplus
}
#endif

#endif
