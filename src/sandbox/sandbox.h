/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes from the calling thread, and from every thread and process that it starts afterwards, what reading
 * mail does not need. There is no way back. What it is worth: a fault in a parser cannot leave the process,
 * that is, write outside the folders of the outputs, start a program or reach a network. It can still lie
 * about messages: threads share their memory, and a thread is not a boundary.
 */
#ifndef TWF_SANDBOX_SANDBOX_H
#define TWF_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include <twofrom/status.h>

#include "base/compiler.h"

enum twf_sandbox_mode { TWF_SANDBOX_OFF, TWF_SANDBOX_AUTO, TWF_SANDBOX_REQUIRE };

enum twf_sandbox_right {
    TWF_SANDBOX_READ,  /* files at and beneath the path */
    TWF_SANDBOX_WRITE, /* a folder: reading, and creating, writing, renaming and removing files */
};

struct twf_sandbox_path {
    const char *path;
    enum twf_sandbox_right right;
};

struct twf_sandbox_state {
    int landlock;    /* version of the kernel's interface that is in force; 0: none */
    bool seccomp;
    bool left_out;   /* built with a sanitizer, which could not work inside: nothing was tried */
    char text[160];  /* one line for people and for the summary */
};

/*
 * Paths that do not exist are passed over. AUTO takes what the kernel has and says in state->text what was
 * missing; REQUIRE fails with TWF_ERR_INTERNAL unless everything is in force, and the caller then has to
 * end, for a part may be; OFF does nothing but write the state.
 */
TWF_MUST_USE enum twf_status twf_sandbox_enter(enum twf_sandbox_mode mode,
                                               const struct twf_sandbox_path *paths, size_t n,
                                               struct twf_sandbox_state *state,
                                               struct twf_error *err);

/* What twf_sandbox_enter would find, without entering. */
void twf_sandbox_probe(struct twf_sandbox_state *state);

#endif
