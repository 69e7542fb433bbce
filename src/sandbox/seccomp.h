/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp (Documentation/userspace-api/seccomp_filter.rst of Linux): which system calls are still there. */
#ifndef TWF_SANDBOX_SECCOMP_H
#define TWF_SANDBOX_SECCOMP_H

/* 0, or an errno. Needs no_new_privs. */
int twf_seccomp_enter(void);
/* 0 where the kernel takes filters, or an errno. */
int twf_seccomp_probe(void);

#endif
