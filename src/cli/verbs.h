/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that have a file of their own; each returns the exit status. */
#ifndef TWF_CLI_VERBS_H
#define TWF_CLI_VERBS_H

#include <twofrom/tools.h>

#include "args.h"
#include "screen.h"

int twf_cli_bench(const struct twf_cli_args *a, struct twf_options *o, struct twf_screen *screen);
int twf_cli_hunt(const struct twf_cli_args *a, const struct twf_options *o,
                 struct twf_screen *screen);
int twf_cli_index(const struct twf_cli_args *a, const struct twf_options *o,
                  struct twf_screen *screen);
/* For what the library tells a line at a time. */
int twf_cli_put_stdout(void *ctx, const void *ptr, size_t len);

int twf_cli_health(const struct twf_cli_args *a, const struct twf_options *o,
                   struct twf_screen *screen);
int twf_cli_extract(const struct twf_cli_args *a, const struct twf_options *o,
                    struct twf_screen *screen);
int twf_cli_pack(const struct twf_cli_args *a, const struct twf_options *o,
                 struct twf_screen *screen);
int twf_cli_rules(const struct twf_cli_args *a, const struct twf_options *o,
                  struct twf_screen *screen);
/* Every fault of the rules that o asks for, on standard error. */
void twf_cli_rules_faults(const struct twf_options *o);

#endif
