/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence is only read: no output may lie on an input, or in a folder that is one. */
#ifndef TWF_API_OUTPUT_GUARD_H
#define TWF_API_OUTPUT_GUARD_H

#include <stddef.h>

#include <twofrom/status.h>


/*
 * Looks whether output (a path that need not exist) is one of inputs by any name, or lies in a folder that
 * is; inputs are paths as on the command line: a file, a folder, "@LIST" or "-". The lines of a list that is
 * a file are inputs too. TWF_ERR_ARG: it does, and err->text names both. An input that is not there is the
 * business of whoever reads it.
 */
TWF_MUST_USE enum twf_status twf_output_guard(const char *output, const char *const *inputs,
                                              size_t n, struct twf_error *err);

#endif
