/* SPDX-License-Identifier: Apache-2.0 */
/* Names of messages into places. A record is one line; source_uri, message_offset and record_id are
 * what it must have. */
#define _GNU_SOURCE
#include "api/extract.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/flat_json.h"
#include "api/message_name.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"

enum { LINE_MOST = 64 << 20 };

void twf_asked_init(struct twf_asked_list *l)
{
    *l = (struct twf_asked_list){.items = NULL};
    twf_arena_init(&l->arena, 65536);
}

void twf_asked_fini(struct twf_asked_list *l)
{
    twf_arena_fini(&l->arena);
    twf_free(l->items);
    l->items = NULL;
}

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a list of messages");
}

static char *copy_text(struct twf_arena *a, struct twf_span s)
{
    char *text = twf_arena_alloc(a, s.len + 1);

    if (text == NULL)
        return NULL;
    if (s.len > 0)
        memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    return text;
}

static enum twf_status push(struct twf_asked_list *l, const struct twf_asked *asked,
                            struct twf_error *err)
{
    if (asked->path == NULL)
        return no_memory(err);
    if (l->len == l->cap) {
        size_t cap = l->cap == 0 ? 64 : l->cap * 2;
        struct twf_asked *more = twf_realloc(l->items, cap * sizeof(*more));

        if (more == NULL)
            return no_memory(err);
        l->items = more;
        l->cap = cap;
    }
    l->items[l->len] = *asked;
    l->items[l->len].order = (uint32_t)l->len;
    l->len++;
    return TWF_OK;
}

enum twf_status twf_asked_add(struct twf_asked_list *l, const char *spec, struct twf_error *err)
{
    struct twf_asked asked = {.spec = spec};
    struct twf_message_name name;

    if (!twf_message_name_parse(spec, &name))
        return no_memory(err);
    if (name.path[0] == '\0') {
        twf_free(name.path);
        return twf_error_set(err, TWF_ERR_ARG, 0, "'%s' names no archive", spec);
    }
    asked.value = name.value;
    asked.by_index = name.by != TWF_MESSAGE_BY_OFFSET;
    asked.path = copy_text(&l->arena, twf_span_str(name.path));
    twf_free(name.path);
    return push(l, &asked, err);
}

/* "source_id:offset:ordinal" */
static bool ordinal_of(struct twf_span id, uint32_t *ordinal)
{
    uint64_t value;
    size_t i = id.len;

    while (i > 0 && id.ptr[i - 1] != ':')
        i--;
    if (i == 0 || !twf_json_u64(twf_span_slice(id, i, id.len), &value) || value > UINT32_MAX)
        return false;
    *ordinal = (uint32_t)value;
    return true;
}

struct record {
    struct twf_span uri, id, hash;
    uint64_t offset, depth;
    bool has_offset, is_record;
};

static bool take_member(struct twf_arena *a, struct twf_span key, struct twf_span value,
                        struct record *r)
{
    struct twf_span schema;

    if (twf_span_is(key, "schema")) {
        r->is_record = twf_json_string(a, value, &schema) &&
                       twf_span_is(twf_span_slice(schema, 0, 13), "twofrom.flag/");
        return r->is_record;
    }
    if (twf_span_is(key, "source_uri"))
        return twf_json_string(a, value, &r->uri);
    if (twf_span_is(key, "record_id"))
        return twf_json_string(a, value, &r->id);
    if (twf_span_is(key, "message_hash"))
        return twf_json_string(a, value, &r->hash);
    if (twf_span_is(key, "message_offset"))
        return r->has_offset = twf_json_u64(value, &r->offset);
    return !twf_span_is(key, "journal_depth") || twf_json_u64(value, &r->depth);
}

static enum twf_status add_line(struct twf_asked_list *l, struct twf_span line, uint64_t number,
                                const char *file, struct twf_error *err)
{
    struct twf_asked asked = {.line = number};
    struct record r = {.offset = 0};
    struct twf_span key, value;
    struct twf_json j;
    bool ok = true;
    char *path;

    twf_json_begin(&j, line);
    while (ok && twf_json_next(&j, &key, &value))
        ok = take_member(&l->arena, key, value, &r);
    path = twf_arena_alloc(&l->arena, r.uri.len + 1);
    if (l->arena.failed || path == NULL)
        return no_memory(err);
    if (!ok || j.failed || !r.is_record || !r.has_offset || !twf_path_of_uri(r.uri, path) ||
        !ordinal_of(r.id, &asked.ordinal) || path[0] == '\0')
        return twf_error_set(err, TWF_ERR_ARG, 0, "%s:%llu: no record of twofrom.flag/1", file,
                             (unsigned long long)number);
    if (strcmp(path, "-") == 0)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "%s:%llu: a message of standard input, which is gone", file,
                             (unsigned long long)number);
    asked.path = path;
    asked.value = r.offset;
    asked.is_inner = r.depth > 0;
    if (r.hash.len == 32)
        memcpy(asked.hash, r.hash.ptr, 32);
    return push(l, &asked, err);
}

/* The next line without its LF, cut beyond LINE_MOST; false at the end. */
static bool read_line(FILE *file, struct twf_buf *line)
{
    int c;

    twf_buf_reset(line);
    while ((c = getc(file)) != EOF && c != '\n') {
        if (line->len <= LINE_MOST)
            twf_buf_byte(line, (uint8_t)c);
    }
    return c != EOF || line->len > 0;
}

enum twf_status twf_asked_read(struct twf_asked_list *l, const char *path, struct twf_error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    enum twf_status status = TWF_OK;
    struct twf_buf line;

    if (file == NULL)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "--from-records: %s", path);
    twf_buf_init(&line);
    for (uint64_t number = 1; status == TWF_OK && read_line(file, &line); number++) {
        struct twf_span s = twf_span_trim(twf_buf_view(&line));

        if (line.failed)
            status = no_memory(err);
        else if (s.len > LINE_MOST)
            status = twf_error_set(err, TWF_ERR_ARG, 0, "%s:%llu: too long for a record", path,
                                   (unsigned long long)number);
        else if (s.len > 0)
            status = add_line(l, s, number, path, err);
    }
    if (status == TWF_OK && ferror(file) != 0)
        status = twf_error_sys(err, TWF_ERR_ARG, errno, "--from-records: %s", path);
    twf_buf_fini(&line);
    if (!is_stdin)
        (void)fclose(file);
    return status;
}

static int by_path(const void *a, const void *b)
{
    const struct twf_asked *x = *(const struct twf_asked *const *)a;
    const struct twf_asked *y = *(const struct twf_asked *const *)b;
    int c = strcmp(x->path, y->path);

    return c != 0 ? c : x->order < y->order ? -1 : x->order > y->order;
}

static int by_place(const void *a, const void *b)
{
    const struct twf_asked *x = a, *y = b;

    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    if (x->by_index != y->by_index)
        return x->by_index ? 1 : -1;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    if (x->is_inner != y->is_inner)
        return x->is_inner ? 1 : -1;
    return x->ordinal < y->ordinal ? -1 : x->ordinal > y->ordinal;
}

static bool is_same(const struct twf_asked *x, const struct twf_asked *y)
{
    return by_place(x, y) == 0;
}

void twf_asked_sort(struct twf_asked_list *l)
{
    const struct twf_asked **order = twf_arena_alloc(&l->arena, (l->len + 1) * sizeof(*order));
    size_t kept = 0;

    if (order != NULL) {
        /* All of one path get the order of its first. */
        for (size_t i = 0; i < l->len; i++)
            order[i] = &l->items[i];
        qsort(order, l->len, sizeof(*order), by_path);
        for (size_t i = 1; i < l->len; i++) {
            if (strcmp(order[i]->path, order[i - 1]->path) == 0)
                l->items[order[i] - l->items].order = order[i - 1]->order;
        }
    }
    qsort(l->items, l->len, sizeof(*l->items), by_place);
    for (size_t i = 0; i < l->len; i++) {
        if (kept == 0 || !is_same(&l->items[i], &l->items[kept - 1]))
            l->items[kept++] = l->items[i];
    }
    l->len = kept;
}
