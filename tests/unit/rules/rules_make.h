/* SPDX-License-Identifier: Apache-2.0 */
/* Rules out of text, and batches out of text, for the tests of this room. */
#ifndef TWF_TESTS_RULES_MAKE_H
#define TWF_TESTS_RULES_MAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "flow/batch.h"
#include "gather/gather.h"
#include "rules/rules.h"

/* A temporary folder with rule files in it. */
struct folder {
    char path[64];
    unsigned files;
};

static inline void folder_open(struct folder *f)
{
    (void)snprintf(f->path, sizeof(f->path), "/tmp/twf_rules_XXXXXX");
    assert_non_null(mkdtemp(f->path));
    f->files = 0;
}

static inline void folder_add(struct folder *f, const char *text, size_t len)
{
    char path[96];
    FILE *out;

    (void)snprintf(path, sizeof(path), "%s/r%05u.yml", f->path, f->files++);
    out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

static inline void folder_close(struct folder *f)
{
    char path[96];

    for (unsigned i = 0; i < f->files; i++) {
        (void)snprintf(path, sizeof(path), "%s/r%05u.yml", f->path, i);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(f->path), 0);
}

/* What was reported, a line each: "LINE:COLUMN+LEN R014 text". */
static inline void note_diag(void *ctx, const struct twf_rule_diag *d)
{
    struct twf_buf *b = ctx;

    twf_buf_printf(b, "%u:%u+%u %c%03u %s\n", d->line, d->column, d->len, d->warning ? 'W' : 'R',
                   d->number, d->text);
}

/* A rule around a detection; the id is its number. */
static inline void rule_text(struct twf_buf *b, unsigned number, const char *detection)
{
    twf_buf_printf(b,
                   "title: T\nid: 00000000-0000-0000-0000-%012u\n"
                   "logsource: {product: email}\ndetection:\n%s",
                   number, detection);
}

/*
 * One row: lines "column=value" (items of a list separated by a blank), then, behind an empty line,
 * a header block. Columns may stand in any order, each once; a value may hold \n and \0 as two
 * characters.
 */
static inline void unescape(struct twf_buf *out, const char *text, size_t len)
{
    twf_buf_reset(out);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\\' && i + 1 < len && (text[i + 1] == 'n' || text[i + 1] == '0'))
            twf_buf_byte(out, text[++i] == 'n' ? '\n' : '\0');
        else
            twf_buf_byte(out, (uint8_t)text[i]);
    }
}

static inline void put_column(struct twf_batch *b, uint32_t row, enum twf_col_id id, char *value,
                              size_t len)
{
    struct twf_buf buf;

    twf_buf_init(&buf);
    if (twf_col_infos[id].type == TWF_TYPE_LIST) {
        twf_batch_list(b, id, row);
        for (char *w = strtok(value, " "); w != NULL; w = strtok(NULL, " "))
            twf_batch_item(b, id, row, twf_span_str(w));
    } else if (twf_col_infos[id].type == TWF_TYPE_UTF8 || twf_col_infos[id].type == TWF_TYPE_BIN) {
        unescape(&buf, value, len);
        twf_batch_bytes(b, id, row, twf_buf_view(&buf));
    } else {
        twf_batch_int(b, id, row, strtoll(value, NULL, 10));
    }
    twf_buf_fini(&buf);
}

static inline void put_row(struct twf_batch *b, struct twf_rules_scratch *s, struct twf_gather *g,
                           uint32_t row, const char *text)
{
    const char *header = strstr(text, "\n\n");
    char *copy = strdup(text), *line, *save = NULL;
    struct twf_head head;

    assert_non_null(copy);
    if (text[0] == '\n')
        header = text - 1;
    if (header != NULL && text[0] != '\n')
        copy[header - text] = '\0';
    else if (header != NULL)
        copy[0] = '\0';
    twf_batch_str(b, TWF_COL_level, row, "none");
    twf_batch_int(b, TWF_COL_score, row, 0);
    for (line = strtok_r(copy, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        char *sign = strchr(line, '=');
        int id = 0;

        assert_non_null(sign);
        *sign = '\0';
        while (id < TWF_COL_COUNT && strcmp(twf_col_infos[id].name, line) != 0)
            id++;
        assert_true(id < TWF_COL_COUNT);
        put_column(b, row, (enum twf_col_id)id, sign + 1, strlen(sign + 1));
    }
    free(copy);
    header = header == NULL ? "" : header + 2;
    assert_true(twf_gather_head(g, twf_span_str(header), &head));
    (void)twf_rules_put(s, row, &head);
}

#endif
