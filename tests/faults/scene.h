/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Main scenarios of the program, through the public interface: what each of them gives is one number,
 * so that a run in which something fails can be compared with one in which nothing does. Archives are
 * made in memory and live in files below the working directory of the test.
 */
#ifndef TWF_TESTS_SCENE_H
#define TWF_TESTS_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <twofrom/tools.h>
#include <twofrom/twofrom.h>

struct scene_result {
    enum twf_status status;
    struct twf_error err; /* where status is a failure */
    uint64_t rows;        /* records that came out */
    uint64_t sum;         /* of all bytes of their columns, or of what was written */
    int exit_code;        /* of a run that ended */
};

struct scene {
    const char *name;
    void (*run)(struct scene_result *out);
};
/* Terminated by an entry whose name is NULL. */
extern const struct scene scenes[];

/* Makes the archives in a new folder and goes there; false where that cannot be done. */
bool scene_begin(void);
/* Removes the folder. */
void scene_end(void);

/* The header of a ustar member of len bytes; its own length. */
size_t scene_tar_head(char *out, const char *name, size_t len);

/* A scan of paths with options (name, value, ... NULL); values "" are flags. */
void scene_scan(const char *const *options, const char *const *paths, struct scene_result *out);

#endif
