/* SPDX-License-Identifier: Apache-2.0 */
/* Help texts out of options.def, for what the linked library knows. */
#ifndef TWF_CLI_HELP_H
#define TWF_CLI_HELP_H

#include <stdio.h>

#include "args.h"

/* Whether the option is ours or one of the names (NULL-terminated) that the library knows. */
bool twf_cli_offers(const struct twf_cli_option *o, const char *const *known);
/* -h and --help of a verb, or of the program (TWF_VERB_NONE). */
void twf_cli_help_print(FILE *out, enum twf_cli_verb verb, bool full, const char *const *known);
/* "--help codes": every code of a record. */
void twf_cli_help_codes(FILE *out);
/* --generate options: the option section of docs/twofrom.1.md. */
void twf_cli_help_markdown(FILE *out, const char *const *known);

#endif
