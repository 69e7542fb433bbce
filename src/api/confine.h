/* SPDX-License-Identifier: Apache-2.0 */
/* The paths that a verb still needs when its outputs are open and its ring is made, and the sandbox around them. */
#ifndef TWF_API_CONFINE_H
#define TWF_API_CONFINE_H

#include <twofrom/tools.h>

#include "api/run.h"
#include "sandbox/sandbox.h"

/* A list of paths; zeros are an empty one. Names that are handed in must live until it is entered. */
struct twf_confine {
    struct twf_sandbox_path *paths;
    size_t len, cap;
    char **owned; /* names of folders, made here */
    size_t owned_len, owned_cap;
    bool failed; /* no memory */
};

/* Files at and beneath path may be read; "@LIST" can name anything, so then it is every file. */
void twf_confine_read(struct twf_confine *c, const char *path);
/* Files in the folder may be made, written, renamed and removed. */
void twf_confine_write(struct twf_confine *c, const char *folder);
/* The same rights for the folder in which path lies. */
void twf_confine_beside(struct twf_confine *c, const char *path, enum twf_sandbox_right right);
/*
 * Enters the sandbox with these and what the system's libraries need, if mode asks for it, and empties the
 * list. There is no way back. log (may be NULL) hears what AUTO could not have.
 */
TWF_MUST_USE enum twf_status twf_confine_enter(struct twf_confine *c, enum twf_sandbox_mode mode,
                                               twf_log_fn *log, void *log_ctx,
                                               struct twf_sandbox_state *state, struct twf_error *err);

/* The same for a run, as its options ask; before any thread of it is started. r->confined is filled. */
TWF_MUST_USE enum twf_status twf_confine(struct twf_run *r, struct twf_error *err);

#endif
