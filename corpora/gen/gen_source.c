/* SPDX-License-Identifier: Apache-2.0 */
/* Reads real sets of mail. They fit into memory; this is no reader for archives. */
#define _GNU_SOURCE
#include "corpora/gen/gen_source.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/alloc.h"
#include "corpora/gen/gen_text.h"

enum { TAR_BLOCK = 512, PIECE = 1 << 20 };

struct item {
    size_t off, len;
};

struct gen_source {
    struct twf_buf bytes; /* all messages, one behind the other */
    struct item *items;
    size_t count, cap;
    struct gen_message message;
};

static void add_item(struct gen_source *s, struct twf_span text)
{
    if (s->count == s->cap) {
        size_t cap = s->cap == 0 ? 1024 : s->cap * 2;
        struct item *items = twf_realloc(s->items, cap * sizeof *items);
        if (items == NULL)
            gen_die("out of memory");
        s->items = items;
        s->cap = cap;
    }
    s->items[s->count++] = (struct item){s->bytes.len, text.len};
    twf_buf_span(&s->bytes, text);
    gen_check(&s->bytes);
}

/* One message; a From_ line before it is left out. */
static void add_message(struct gen_source *s, struct twf_span text)
{
    if (text.len > 5 && memcmp(text.ptr, "From ", 5) == 0)
        text = twf_span_slice(text, twf_span_find(text, '\n') + 1, text.len);
    if (text.len > 0)
        add_item(s, text);
}

/* mboxrd: a line "From " begins a message, and one ">" goes from each quoted line. */
static void add_mbox(struct gen_source *s, struct twf_span text)
{
    struct twf_buf b;
    bool begun = false;

    twf_buf_init(&b);
    while (text.len > 0) {
        size_t n = twf_span_find(text, '\n');
        struct twf_span line = twf_span_slice(text, 0, n + 1);
        size_t marks = 0;

        text = twf_span_slice(text, line.len, text.len);
        if (line.len > 5 && memcmp(line.ptr, "From ", 5) == 0) {
            /* the empty line before it belongs to the mbox */
            if (b.len > 1 && b.ptr[b.len - 1] == '\n')
                b.len--;
            gen_check(&b);
            if (begun && b.len > 0)
                add_item(s, twf_buf_view(&b));
            twf_buf_reset(&b);
            begun = true;
            continue;
        }
        while (marks < line.len && line.ptr[marks] == '>')
            marks++;
        if (marks > 0 && line.len - marks > 5 && memcmp(line.ptr + marks, "From ", 5) == 0)
            line = twf_span_slice(line, 1, line.len);
        twf_buf_span(&b, line);
    }
    gen_check(&b);
    if (begun && b.len > 0)
        add_item(s, twf_buf_view(&b));
    twf_buf_fini(&b);
}

static void add_tar(struct gen_source *s, struct twf_span tar)
{
    while (tar.len >= TAR_BLOCK && tar.ptr[0] != 0) {
        char digits[13] = {0};
        size_t len, blocks;

        memcpy(digits, tar.ptr + 124, 12);
        len = strtoul(digits, NULL, 8);
        if (len > tar.len - TAR_BLOCK)
            gen_die("a tar ends within a member");
        if (tar.ptr[156] == '0' || tar.ptr[156] == 0)
            add_message(s, twf_span(tar.ptr + TAR_BLOCK, len));
        blocks = 1 + (len + TAR_BLOCK - 1) / TAR_BLOCK;
        tar = twf_span_slice(tar, blocks * TAR_BLOCK, tar.len);
    }
}

/* The bytes of a .zst, all frames. */
static void unpack(struct twf_span packed, const char *path, struct twf_buf *out)
{
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    ZSTD_inBuffer in = {packed.ptr, packed.len, 0};
    size_t rc = 0;

    if (zstd == NULL)
        gen_die("out of memory");
    while (in.pos < in.size) {
        ZSTD_outBuffer to;
        if (twf_buf_reserve(out, PIECE) == NULL)
            gen_die("out of memory");
        to = (ZSTD_outBuffer){out->ptr + out->len, PIECE, 0};
        rc = ZSTD_decompressStream(zstd, &to, &in);
        if (ZSTD_isError(rc))
            gen_die("%s: %s", path, ZSTD_getErrorName(rc));
        out->len += to.pos;
    }
    if (rc != 0)
        gen_die("%s: ends within a frame", path);
    ZSTD_freeDCtx(zstd);
}

static void add_file(struct gen_source *s, const char *path)
{
    static const uint8_t zstd_magic[4] = {0x28, 0xB5, 0x2F, 0xFD};
    FILE *f = fopen(path, "rb");
    struct twf_buf file, plain;
    struct twf_span text;
    size_t n;

    if (f == NULL)
        gen_die("%s: %s", path, strerror(errno));
    twf_buf_init(&file);
    twf_buf_init(&plain);
    do {
        if (twf_buf_reserve(&file, PIECE) == NULL)
            gen_die("out of memory");
        n = fread(file.ptr + file.len, 1, PIECE, f);
        file.len += n;
    } while (n > 0);
    if (ferror(f))
        gen_die("%s: cannot be read", path);
    fclose(f);
    text = twf_buf_view(&file);
    if (text.len > 4 && memcmp(text.ptr, zstd_magic, 4) == 0) {
        unpack(text, path, &plain);
        text = twf_buf_view(&plain);
    }
    if (text.len > TAR_BLOCK && memcmp(text.ptr + 257, "ustar", 5) == 0)
        add_tar(s, text);
    else if (text.len > 5 && memcmp(text.ptr, "From ", 5) == 0)
        add_mbox(s, text);
    else
        add_message(s, text);
    twf_buf_fini(&file);
    twf_buf_fini(&plain);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

struct gen_source *gen_source_open(char *const *paths)
{
    struct gen_source *s = twf_calloc(1, sizeof *s);
    FTS *walk;
    FTSENT *e;

    if (s == NULL)
        gen_die("out of memory");
    walk = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    if (walk == NULL)
        gen_die("%s: %s", paths[0], strerror(errno));
    while ((e = fts_read(walk)) != NULL) {
        if (e->fts_info == FTS_ERR || e->fts_info == FTS_NS || e->fts_info == FTS_DNR)
            gen_die("%s: %s", e->fts_path, strerror(e->fts_errno));
        if (e->fts_info == FTS_F)
            add_file(s, e->fts_path);
    }
    fts_close(walk);
    if (s->count == 0)
        gen_die("%s: no message", paths[0]);
    s->message.label = "real";
    s->message.level = "?";
    return s;
}

uint64_t gen_source_count(const struct gen_source *s)
{
    return s->count;
}

/* The value of the first field of this name inside the header: offset behind its colon, or 0. */
static size_t find_field(struct twf_span text, const char *name)
{
    size_t n = strlen(name), at = 0;

    while (at < text.len && text.ptr[at] != '\n' && text.ptr[at] != '\r') {
        struct twf_span rest = twf_span_slice(text, at, text.len);
        if (rest.len > n && twf_span_starts_fold(rest, name))
            return at + n;
        at += twf_span_find(rest, '\n') + 1;
    }
    return 0;
}

const struct gen_message *gen_source_make(struct gen_source *s, uint64_t index)
{
    struct gen_message *m = &s->message;
    const struct item *item = &s->items[(index - 1) % s->count];
    uint64_t round = (index - 1) / s->count;
    struct twf_span text = twf_span(s->bytes.ptr + item->off, item->len), value;
    size_t at = find_field(text, "Message-ID:"), end;

    m->index = index;
    m->date = gen_days(2024, 1, 1) * 86400 + (int64_t)index;
    twf_buf_reset(&m->text);
    twf_buf_reset(&m->id);
    twf_buf_reset(&m->p1);
    if (at > 0 && round > 0) {
        value = twf_span_slice(text, at, text.len);
        at += twf_span_find(value, '<');
        at = at < text.len ? at + 1 : at;
        twf_buf_span(&m->text, twf_span_slice(text, 0, at));
        twf_buf_printf(&m->text, "r%llu.", (unsigned long long)round);
    } else {
        at = 0;
    }
    twf_buf_span(&m->text, twf_span_slice(text, at, text.len));
    at = find_field(text, "Return-Path:");
    value = twf_span_trim(twf_span_slice(text, at, at + 300));
    end = twf_span_find(value, '\n');
    value = twf_span_trim(twf_span_slice(value, 0, end));
    if (at > 0 && value.len > 2 && value.ptr[0] == '<' && value.ptr[value.len - 1] == '>')
        value = twf_span_slice(value, 1, value.len - 1);
    if (at > 0)
        twf_buf_span(&m->p1, value);
    gen_check(&m->text);
    gen_check(&m->p1);
    return m;
}

void gen_source_free(struct gen_source *s)
{
    twf_buf_fini(&s->bytes);
    twf_buf_fini(&s->message.text);
    twf_buf_fini(&s->message.id);
    twf_buf_fini(&s->message.p1);
    twf_free(s->items);
    twf_free(s);
}
