/* SPDX-License-Identifier: Apache-2.0 */
/* The verb scan. */
#ifndef TWF_CLI_SCAN_H
#define TWF_CLI_SCAN_H

#include "args.h"
#include "screen.h"

/* Scans the inputs of a; returns the exit status. */
int twf_cli_scan(const struct twf_cli_args *a, struct twf_options *o, struct twf_screen *screen);

#endif
