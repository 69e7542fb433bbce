/* SPDX-License-Identifier: Apache-2.0 */
/* Lines and numbers of a text file; a fault ends the program and names file and line. */
#define _GNU_SOURCE
#include "corpora/gen/gen_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "corpora/gen/gen.h"

char *gen_file_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct twf_buf b;
    size_t n;

    if (f == NULL)
        gen_die("%s: %s", path, strerror(errno));
    twf_buf_init(&b);
    do {
        if (twf_buf_reserve(&b, 65536) == NULL)
            gen_die("out of memory");
        n = fread(b.ptr + b.len, 1, 65536, f);
        b.len += n;
    } while (n > 0);
    if (ferror(f))
        gen_die("%s: cannot be read", path);
    fclose(f);
    if (memchr(b.ptr, 0, b.len) != NULL)
        gen_die("%s: holds a NUL byte; write {nul}", path);
    twf_buf_byte(&b, 0);
    gen_check(&b);
    return (char *)b.ptr;
}

const char *gen_line_where(char *out, size_t size, const struct gen_line_at *at)
{
    snprintf(out, size, "%s:%u", at->file, at->line);
    return out;
}

void gen_line_unescape(char *text, const char *where)
{
    char *to = text;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p != '\\') {
            *to++ = *p;
            continue;
        }
        p++;
        if (*p == 'n' || *p == 't' || *p == '\\') {
            *to++ = *p == 'n' ? '\n' : *p == 't' ? '\t' : '\\';
        } else if (*p == 'x' && strspn(p + 1, "0123456789abcdefABCDEF") >= 2) {
            char digits[3] = {p[1], p[2], '\0'};
            *to++ = (char)strtoul(digits, NULL, 16);
            p += 2;
        } else {
            gen_die("%s: unknown escape; there are \\n \\t \\\\ \\xNN", where);
        }
    }
    *to = '\0';
}

uint64_t gen_line_number(const char *text, const char *where)
{
    char *end;
    uint64_t n;

    errno = 0;
    n = strtoull(text, &end, 0);
    if (end == text || *text == '-' || *end != '\0' || errno != 0)
        gen_die("%s: %s is no number", where, text);
    return n;
}

uint32_t gen_line_number32(const char *text, const char *where)
{
    uint64_t n = gen_line_number(text, where);

    if (n > 1000000000)
        gen_die("%s: %s is too much", where, text);
    return (uint32_t)n;
}

uint32_t gen_line_share(const char *text, const char *where)
{
    char *end;
    double n = strtod(text, &end);

    if (end == text || strcmp(end, "%") != 0 || !(n >= 0 && n <= 100))
        gen_die("%s: %s is no share like 2.5%%", where, text);
    return (uint32_t)(n * 100 + 0.5);
}

uint32_t gen_line_sigma(const char *text, const char *where)
{
    char *end;
    double n = strtod(text, &end);

    if (end == text || *end != '\0' || !(n >= 0 && n <= 5))
        gen_die("%s: %s is no deviation from 0 to 5", where, text);
    return (uint32_t)(n * 100 + 0.5);
}

void gen_line_copy(char *out, size_t size, const char *text, const char *where)
{
    if (snprintf(out, size, "%s", text) >= (int)size)
        gen_die("%s: %s is too long", where, text);
}

char *gen_line_next(char **rest, struct gen_line_at *at)
{
    char *line = *rest;
    size_t n;

    if (*line == '\0')
        return NULL;
    n = strcspn(line, "\n");
    *rest = line + n + (line[n] == '\n');
    line[n] = '\0';
    at->line++;
    return line;
}
