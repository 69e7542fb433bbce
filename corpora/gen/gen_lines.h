/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recipes and what they name are text files of lines. where is "file:line", for the message with which the
 * program ends if something is wrong.
 */
#ifndef TWF_CORPORA_GEN_GEN_LINES_H
#define TWF_CORPORA_GEN_GEN_LINES_H

#include <stddef.h>
#include <stdint.h>

enum { GEN_WHERE_MAX = 340 };

struct gen_line_at {
    char file[300];
    unsigned line;
};

/* A whole file, ended by a NUL byte; twf_free frees it. A NUL byte in it is a fault. */
char *gen_file_read(const char *path);
/* The next line of *rest without its end, NULL behind the last one. */
char *gen_line_next(char **rest, struct gen_line_at *at);
/* "file:line" into out; returns out. */
const char *gen_line_where(char *out, size_t size, const struct gen_line_at *at);
/* \n \t \\ and \xNN in place. */
void gen_line_unescape(char *text, const char *where);
uint64_t gen_line_number(const char *text, const char *where);
uint32_t gen_line_number32(const char *text, const char *where);
/* 2.5% as 250 of 10,000. */
uint32_t gen_line_share(const char *text, const char *where);
/* 0.9 as 90; integers from here on, so that bytes repeat on every machine. */
uint32_t gen_line_sigma(const char *text, const char *where);
/* text into out; a fault if it is too long. */
void gen_line_copy(char *out, size_t size, const char *text, const char *where);

#endif
