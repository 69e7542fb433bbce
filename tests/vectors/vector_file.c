/* SPDX-License-Identifier: Apache-2.0 */
/* The cases of a file; its first lines say how it is written. */
#include "vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { READER_BLOCKS_MAX = 16, READER_FILE_MAX = 1 << 20 };

/* Lines that several cases use. */
struct block {
    const char *name;
    struct vector_line lines[VECTOR_LINES_MAX];
    size_t count;
};

struct reader {
    struct block blocks[READER_BLOCKS_MAX];
    size_t block_count;
    struct vector v; /* the case at hand */
};

static const struct block *find_block(const struct reader *r, const char *name, size_t len)
{
    for (size_t i = 0; i < r->block_count; i++) {
        if (strlen(r->blocks[i].name) == len && memcmp(r->blocks[i].name, name, len) == 0)
            return &r->blocks[i];
    }
    fail_msg("line %u: no block \"%.*s\"", r->v.row, (int)len, name);
    return NULL;
}

static void add_line(struct vector_line *lines, size_t *count, const char *value, const char *text,
                     char mark)
{
    assert_true(*count < VECTOR_LINES_MAX);
    lines[(*count)++] = (struct vector_line){value, text, mark};
}

static void use_block(struct reader *r, const char *text)
{
    size_t n = strcspn(text, " ");
    const struct block *b = find_block(r, text, n);

    text += n + (text[n] == ' ');
    for (size_t i = 0; i < b->count; i++)
        add_line(r->v.lines, &r->v.line_count, b->lines[i].value, text, '|');
}

/* "KIND CODE: name", with a level where the message has the finding; some kinds have no code. */
static bool begin_case(struct reader *r, char *line, unsigned row)
{
    static const char *const words[] = {
        [KIND_YES] = "yes ",       [KIND_NO] = "no ",         [KIND_KEPT] = "kept ",
        [KIND_PROVEN] = "proven ", [KIND_FORGED] = "forged ", [KIND_ATTACK] = "attack",
        [KIND_CONTROL] = "control",
    };
    struct vector *v = &r->v;

    for (int k = KIND_YES; k <= KIND_CONTROL; k++) {
        char *code = line + strlen(words[k]), *level, *name;

        if (strncmp(line, words[k], strlen(words[k])) != 0)
            continue;
        name = strstr(code, ": ");
        if (name == NULL)
            fail_msg("line %u: no name", row);
        *name = '\0';
        level = strchr(code, '=');
        if ((k == KIND_YES || k == KIND_KEPT) != (level != NULL))
            fail_msg("line %u: a level is missing or too much", row);
        if (level != NULL)
            *level++ = '\0';
        *v = (struct vector){.row = row,
                             .kind = (enum vector_kind)k,
                             .code = code,
                             .level = level,
                             .name = name + 2,
                             .body = "body",
                             .rows = 1};
        return true;
    }
    return false;
}

static void case_line(struct reader *r, char *line, unsigned row)
{
    struct vector *v = &r->v;

    if (line[0] != '\0' && strchr("|+-", line[0]) != NULL && line[1] == ' ')
        add_line(v->lines, &v->line_count, line + 2, "", line[0]);
    else if (strncmp(line, "use: ", 5) == 0)
        use_block(r, line + 5);
    else if (strncmp(line, "body: ", 6) == 0)
        v->body = line + 6;
    else if (strncmp(line, "mail_from: ", 11) == 0)
        v->mail_from = line + 11;
    else if (strncmp(line, "set: ", 5) == 0 && v->set_count < VECTOR_SETS_MAX)
        v->sets[v->set_count++] = line + 5;
    else if (strcmp(line, "rows: 2") == 0)
        v->rows = 2;
    else if (strncmp(line, "= ", 2) == 0)
        v->want = line + 2;
    else
        fail_msg("line %u: \"%s\"", row, line);
}

/* Reads the file; what was read stays in memory, as the blocks point into it. */
static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = malloc(READER_FILE_MAX);
    size_t n;

    assert_non_null(f);
    assert_non_null(text);
    n = fread(text, 1, READER_FILE_MAX - 1, f);
    assert_true(n < READER_FILE_MAX - 1);
    text[n] = '\0';
    (void)fclose(f);
    return text;
}

static void read_cases(struct reader *r, char *text,
                       void (*each)(void *ctx, const struct vector *v), void *ctx)
{
    struct block *block = NULL;
    unsigned row = 0;
    bool in_case = false;

    for (char *line = text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        row++;
        if (line[0] == '#')
            continue;
        if (line[0] == '\0') {
            if (in_case && r->v.want == NULL)
                fail_msg("line %u: no \"= \"", r->v.row);
            if (in_case)
                each(ctx, &r->v);
            in_case = false;
            block = NULL;
        } else if (strncmp(line, "block: ", 7) == 0) {
            assert_true(r->block_count < READER_BLOCKS_MAX);
            block = &r->blocks[r->block_count++];
            block->name = line + 7;
        } else if (block != NULL) {
            assert_true(strncmp(line, "| ", 2) == 0);
            add_line(block->lines, &block->count, line + 2, "", '|');
        } else if (in_case) {
            case_line(r, line, row);
        } else if (begin_case(r, line, row)) {
            in_case = true;
        } else {
            fail_msg("line %u: \"%s\"", row, line);
        }
    }
    if (in_case)
        fail_msg("line %u: no empty line behind the last case", row);
}

void vector_each(const char *path, void (*each)(void *ctx, const struct vector *v), void *ctx)
{
    struct reader *r = calloc(1, sizeof(*r));
    char *text = read_file(path);

    assert_non_null(r);
    read_cases(r, text, each, ctx);
    free(text);
    free(r);
}
