/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A case of tests/vectors/codes.txt or forms.txt: what it says (vector_file.c), the message made of it
 * (vector_message.c), what the library says of that (vector_judge.c). All of them end the test
 * where the file is wrong.
 */
#ifndef TWF_TESTS_VECTORS_VECTOR_H
#define TWF_TESTS_VECTORS_VECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <twofrom/twofrom.h>

#include "flow/verdict.h"

enum { VECTOR_TEXT_MAX = 1 << 16, VECTOR_LINES_MAX = 64, VECTOR_SETS_MAX = 8 };
enum vector_kind {
    KIND_NONE,
    KIND_YES,
    KIND_NO,
    KIND_KEPT,
    KIND_PROVEN,
    KIND_FORGED,
    KIND_ATTACK,
    KIND_CONTROL
};

struct vector_line {
    const char *value; /* of the file; still escaped */
    const char *text;  /* %1 in it */
    char mark;         /* '|'; '+': what the case is about; '-': what stands there without it */
};

struct vector {
    unsigned row; /* line of the file */
    enum vector_kind kind;
    const char *code; /* "" where the case is about a level */
    const char *level, *name, *want, *body, *mail_from;
    const char *sets[VECTOR_SETS_MAX];
    size_t set_count, line_count;
    int64_t rows; /* messages inside; what is said is about the first */
    struct vector_line lines[VECTOR_LINES_MAX];
};

/* Calls each for the cases of a file, in order. */
void vector_each(const char *path, void (*each)(void *ctx, const struct vector *v), void *ctx);

/* How a message is made of the lines of a case; bits. */
enum { VECTOR_CRLF = 1, VECTOR_LESS = 2, VECTOR_JOURNAL = 4 };

struct vector_text {
    char ptr[VECTOR_TEXT_MAX];
    size_t len;
};

void vector_message(struct vector_text *out, const struct vector *v, int how);

/* What one judgement gave. */
struct vector_result {
    char conclusion[256];         /* "relation CLASS level score" */
    int level[TWF_FINDING_COUNT]; /* enum twf_level, or -1: not found */
    bool allowance[TWF_ALLOWANCE_COUNT];
    int worst, score;
};

/* A check with the options of a case and one more, which may be NULL; the caller's to free. */
struct twf_check *vector_check_new(const struct vector *v, const char *option, const char *value);
/* Judges the message of a case, copied to memory of its exact size. */
void vector_judge(struct twf_check *c, const struct vector *v, int how, struct vector_result *out);

/* The number of a word; the test fails where there is none. */
int vector_level(const char *name, size_t len);
int vector_finding(const char *name, size_t len);
int vector_allowance(const char *name, size_t len);

#endif
