/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock (Documentation/userspace-api/landlock.rst of Linux): which files may still be opened. */
#ifndef TWF_SANDBOX_LANDLOCK_H
#define TWF_SANDBOX_LANDLOCK_H

#include <stddef.h>

#include "sandbox/sandbox.h"

/* The version of the interface that the kernel has, or 0. */
int twf_landlock_version(void);
/* 0, or an errno. Needs no_new_privs. */
int twf_landlock_enter(int version, const struct twf_sandbox_path *paths, size_t n);

#endif
