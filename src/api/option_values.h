/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options, as text: what several of them share. */
#ifndef TWF_API_OPTION_VALUES_H
#define TWF_API_OPTION_VALUES_H

#include "api/options.h"

enum { TWF_THREADS_MAX = 256 };

/* "--NAME: 'VALUE' is not WANT", TWF_ERR_ARG. */
enum twf_status twf_option_wrong(const char *name, const char *value, const char *want,
                                 struct twf_error *err);
/* Index of value in words (n of them), or -1. */
int twf_option_word(const char *value, const char *const *words, int n);
/* A number of bytes; K, M, G and T are powers of 1024. */
bool twf_option_size(const char *text, uint64_t *out);
/* CPUs that this process may use, from 1 to TWF_THREADS_MAX. */
uint32_t twf_option_cpus(void);

/* Appends a copy. */
TWF_MUST_USE enum twf_status twf_strings_add(struct twf_strings *s, const char *value,
                                             struct twf_error *err);
/* One value, or "@FILE" with one a line; '#' begins a comment. */
TWF_MUST_USE enum twf_status twf_strings_add_lines(struct twf_strings *s, const char *name,
                                                   const char *value, struct twf_error *err);
void twf_strings_free(struct twf_strings *s);

#endif
