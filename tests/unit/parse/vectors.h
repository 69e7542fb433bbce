/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of tests/vectors: rows of cells between tabs, "#" begins a comment line. */
#ifndef TWF_TESTS_UNIT_PARSE_VECTORS_H
#define TWF_TESTS_UNIT_PARSE_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/span.h"
#include "base/utf8.h"

enum { VECTOR_CELLS = 8 };

struct vectors {
    FILE *file;
    unsigned int line, rows;
    char text[8192];
    char *cell[VECTOR_CELLS];
};

static inline void vectors_open(struct vectors *v, const char *name)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/tests/vectors/%s", TWF_SOURCE_DIR, name);
    *v = (struct vectors){.file = fopen(path, "r")};
    assert_non_null(v->file);
}

/* The next row into v->cell; cells that it lacks are empty. */
static inline int vectors_next(struct vectors *v)
{
    while (fgets(v->text, sizeof(v->text), v->file) != NULL) {
        char *p = v->text;

        v->line++;
        p[strcspn(p, "\n")] = '\0';
        if (*p == '\0' || *p == '#')
            continue;
        for (size_t i = 0; i < VECTOR_CELLS; i++) {
            size_t n = strcspn(p, "\t");

            v->cell[i] = p;
            p += n;
            if (*p == '\t')
                *p++ = '\0';
        }
        v->rows++;
        return 1;
    }
    (void)fclose(v->file);
    return 0;
}

/* A cell without its escapes \xHH \u{H} \s \t \r \n \\, in a heap block of exact size; free ptr. */
static inline struct twf_span vectors_bytes(const char *cell)
{
    uint8_t *bytes = malloc(strlen(cell) + 1), *exact;
    size_t n = 0;

    assert_non_null(bytes);
    for (const char *p = cell; *p != '\0'; p++) {
        char *end = NULL;

        if (*p != '\\') {
            bytes[n++] = (uint8_t)*p;
            continue;
        }
        switch (*++p) {
        case 'x': {
            char hex[3] = {p[1], p[2], '\0'};

            bytes[n++] = (uint8_t)strtoul(hex, &end, 16);
            assert_ptr_equal(end, hex + 2);
            p += 2;
            break;
        }
        case 'u':
            n += twf_utf8_put(bytes + n, (uint32_t)strtoul(p + 2, &end, 16));
            assert_int_equal(*end, '}');
            p = end;
            break;
        case 's': bytes[n++] = ' '; break;
        case 't': bytes[n++] = '\t'; break;
        case 'r': bytes[n++] = '\r'; break;
        case 'n': bytes[n++] = '\n'; break;
        case '\\': bytes[n++] = '\\'; break;
        default: fail_msg("unknown escape in \"%s\"", cell);
        }
    }
    exact = malloc(n > 0 ? n : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, n);
    free(bytes);
    return twf_span(exact, n);
}

/* Fails with file line and both texts where got is not what cell says. */
static inline void vectors_expect(const struct vectors *v, const char *what, struct twf_span got,
                                  const char *cell)
{
    struct twf_span want = vectors_bytes(cell);

    if (!twf_span_eq(got, want))
        fail_msg("line %u, %s: got \"%.*s\", want \"%s\"", v->line, what, (int)got.len,
                 got.ptr == NULL ? "" : (const char *)got.ptr, cell);
    free((void *)(uintptr_t)want.ptr);
}

#endif
