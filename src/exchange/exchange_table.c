/* SPDX-License-Identifier: Apache-2.0 */
/* The table of builds: the one that is built in, and one out of a file. */
#include "exchange/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const struct twf_exchange_update updates[] = {
#define B(product, a, b, c, d, update) {product, {a, b, c, d}, update},
#include "exchange/exchange_builds.def"
#undef B
};

const struct twf_exchange_table *twf_exchange_builtin(void)
{
    static const struct twf_exchange_table table = {updates, sizeof(updates) / sizeof(updates[0]),
                                                    "2026-09", "CSS-Exchange"};

    return &table;
}

static struct twf_span take_word(struct twf_span *line)
{
    struct twf_span word;
    size_t n = 0;

    *line = twf_span_trim(*line);
    while (n < line->len && !twf_is_blank(line->ptr[n]))
        n++;
    word = twf_span_slice(*line, 0, n);
    *line = twf_span_trim(twf_span_slice(*line, n, line->len));
    return word;
}

static const char *copy(struct twf_arena *a, struct twf_span s)
{
    char *text = twf_arena_alloc(a, s.len + 1);

    if (text == NULL)
        return "";
    if (s.len > 0)
        memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    return text;
}

static int by_build(const void *a, const void *b)
{
    const struct twf_exchange_update *x = a, *y = b;

    for (int i = 0; i < 4; i++) {
        if (x->build[i] != y->build[i])
            return x->build[i] < y->build[i] ? -1 : 1;
    }
    return 0;
}

/* A word or a text that people will see on a terminal. */
static bool is_plain(struct twf_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < 0x20 || s.ptr[i] > 0x7E)
            return false;
    }
    return s.len > 0;
}

static bool read_line(struct twf_arena *a, struct twf_span line, struct twf_exchange_update *rows,
                      struct twf_exchange_table *out)
{
    struct twf_span word = take_word(&line), update;
    struct twf_exchange_update *row = &rows[out->count];

    if (!is_plain(line))
        return false;
    if (twf_span_is(word, "date")) {
        out->date = copy(a, line);
        return true;
    }
    if (twf_span_is(word, "source")) {
        out->source = copy(a, line);
        return true;
    }
    if (!twf_exchange_build_parse(word, row->build))
        return false;
    update = take_word(&line);
    if (line.len == 0)
        return false;
    row->name = copy(a, update);
    row->product = copy(a, line);
    out->count++;
    return true;
}

enum twf_status twf_exchange_table_read(struct twf_arena *a, struct twf_span text, const char *name,
                                        struct twf_exchange_table *out, struct twf_error *err)
{
    struct twf_exchange_update *rows;
    size_t lines = 1;

    *out = (struct twf_exchange_table){.date = "", .source = name};
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    rows = twf_arena_calloc(a, lines, sizeof(*rows));
    if (rows == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a table of builds");
    for (unsigned long number = 1; text.len > 0; number++) {
        size_t end = twf_span_find(text, '\n');
        struct twf_span line = twf_span_trim(twf_span_slice(text, 0, end));

        text = twf_span_slice(text, end + 1, text.len);
        if (line.len > 0 && line.ptr[0] != '#' && !read_line(a, line, rows, out))
            return twf_error_set(
                err, TWF_ERR_ARG, 0,
                "--builds: %s:%lu: neither A.B.C.D UPDATE PRODUCT nor date or source", name,
                number);
    }
    if (out->date[0] == '\0' || out->count == 0)
        return twf_error_set(err, TWF_ERR_ARG, 0, "--builds: %s has no %s", name,
                             out->count == 0 ? "builds" : "date");
    qsort(rows, out->count, sizeof(*rows), by_build);
    out->updates = rows;
    return a->failed ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a table of builds")
                     : TWF_OK;
}
