/* SPDX-License-Identifier: Apache-2.0 */
/* SIGINT and SIGTERM for verbs that ask between two steps whether they should end. */
#ifndef TWF_CLI_STOP_H
#define TWF_CLI_STOP_H

#include <signal.h>

/* Catches both signals from now on; what is returned becomes the number of the first one. A second one
 * ends the program at once. */
const volatile sig_atomic_t *twf_stop_arm(void);
/* 128 and the signal that came, or code. */
int twf_stop_code(int code);

#endif
