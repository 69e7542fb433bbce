/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exchange takes at most 5,000 characters of a disclaimer, and so do we. Long lines of a text are
 * wrapped at blanks: in a body of 7 or 8 bits they would exceed what RFC 5322 allows.
 */
#define _GNU_SOURCE
#include "api/notices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <twofrom/twofrom.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/utf8.h"

enum { CHARACTERS_MAX = 5000, FILE_MAX_BYTES = 1 << 20, WRAP = 72, LINE_MOST = 150 };

/* Ours says whose it is: nobody shall take it for Exchange's. */
static const char default_text[] =
    "Notice: the From field of this message can be read as naming\n"
    "different senders, or is written in a way that mail programs do not\n"
    "agree on. Do not trust its sender, links or attachments before you\n"
    "have checked them in another way. (Added to this copy by twofrom; it\n"
    "is not part of the message.)";

/* What others write in front of such messages. */
static const char exchange_text[] =
    "Notice: This email appears to be suspicious. Do not trust the information, links, or "
    "attachments in this email without verifying the source through a trusted method.";

void twf_notices_init(struct twf_notices *n)
{
    *n = (struct twf_notices){.known = NULL};
    twf_arena_init(&n->arena, 16384);
}

void twf_notices_fini(struct twf_notices *n)
{
    twf_arena_fini(&n->arena);
}

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a notice");
}

static enum twf_status read_text(struct twf_notices *n, const char *option, const char *path,
                                 struct twf_span *out, struct twf_error *err)
{
    FILE *file = fopen(path, "re");
    uint8_t *bytes;
    size_t len;
    bool failed;

    if (file == NULL)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "--%s: %s", option, path);
    bytes = twf_arena_alloc(&n->arena, FILE_MAX_BYTES);
    if (bytes == NULL) {
        (void)fclose(file);
        return no_memory(err);
    }
    len = fread(bytes, 1, FILE_MAX_BYTES, file);
    failed = ferror(file) != 0;
    (void)fclose(file);
    if (failed)
        return twf_error_set(err, TWF_ERR_ARG, 0, "--%s: %s cannot be read", option, path);
    if (len == FILE_MAX_BYTES)
        return twf_error_set(err, TWF_ERR_ARG, 0, "--%s: %s is too long", option, path);
    *out = twf_span(bytes, len);
    if (!twf_utf8_valid(*out) || twf_span_find(*out, 0) < len)
        return twf_error_set(err, TWF_ERR_ARG, 0, "--%s: %s is not UTF-8", option, path);
    return TWF_OK;
}

static size_t count_characters(struct twf_span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += (s.ptr[i] & 0xC0) != 0x80;
    return n;
}

/* Lines end in LF, none at the end, none too long. False where a word is. */
static bool wrap_lines(struct twf_arena *a, struct twf_span *s)
{
    uint8_t *to = twf_arena_alloc(a, s->len + 1);
    size_t n = 0, line = 0, blank = 0;
    struct twf_span text = twf_span_trim(*s);

    for (size_t i = 0; to != NULL && i < text.len; i++) {
        if (text.ptr[i] == '\r')
            continue;
        to[n] = text.ptr[i];
        if (to[n] == '\n') {
            line = blank = n + 1;
        } else if (to[n] == ' ') {
            blank = n;
        }
        n++;
        if (n - line > WRAP && blank > line) {
            to[blank] = '\n';
            line = blank = blank + 1;
        }
        if (n - line > LINE_MOST)
            return false;
    }
    *s = twf_span(to, n);
    return true;
}

static enum twf_status load_texts(struct twf_notices *n, const struct twf_options *o,
                                  struct twf_error *err)
{
    n->how.text = twf_span_str(default_text);
    if (o->disclaimer_text != NULL) {
        TWF_TRY(read_text(n, "disclaimer-text", o->disclaimer_text, &n->how.text, err));
        if (!wrap_lines(&n->arena, &n->how.text))
            return twf_error_set(err, TWF_ERR_ARG, 0,
                                 "--disclaimer-text: a word of more than %d bytes", LINE_MOST);
    }
    if (o->disclaimer_html != NULL) {
        TWF_TRY(read_text(n, "disclaimer-html", o->disclaimer_html, &n->how.html, err));
        n->how.html = twf_span_trim(n->how.html);
    }
    if (n->how.text.len == 0)
        return twf_error_set(err, TWF_ERR_ARG, 0, "--disclaimer-text: %s is empty",
                             o->disclaimer_text);
    if (count_characters(n->how.text) > CHARACTERS_MAX ||
        count_characters(n->how.html) > CHARACTERS_MAX)
        return twf_error_set(err, TWF_ERR_ARG, 0, "a disclaimer of more than %d characters",
                             CHARACTERS_MAX);
    return TWF_OK;
}

/* A file of known notices has one a line; '#' begins a comment. */
static enum twf_status load_known(struct twf_notices *n, const struct twf_options *o,
                                  struct twf_error *err)
{
    struct twf_span list = {NULL, 0};
    size_t lines = 1;

    if (o->disclaimers != NULL)
        TWF_TRY(read_text(n, "disclaimers", o->disclaimers, &list, err));
    for (size_t i = 0; i < list.len; i++)
        lines += list.ptr[i] == '\n';
    n->known = twf_arena_calloc(&n->arena, lines + 1, sizeof(*n->known));
    if (n->known == NULL)
        return no_memory(err);
    n->known[n->how.known_count++] = twf_span_str(exchange_text);
    while (list.len > 0) {
        size_t end = twf_span_find(list, '\n');
        struct twf_span line = twf_span_trim(twf_span_slice(list, 0, end));

        if (line.len > 0 && line.ptr[0] != '#')
            n->known[n->how.known_count++] = line;
        list = twf_span_slice(list, end + 1, list.len);
    }
    n->how.known = n->known;
    return TWF_OK;
}

enum twf_status twf_notices_load(struct twf_notices *n, const struct twf_options *o,
                                 const struct twf_limits *limits, struct twf_error *err)
{
    n->how = (struct twf_annotation){.add_header = !o->no_add_header,
                                     .add_disclaimer = !o->no_add_disclaimer,
                                     .fallback = (enum twf_fallback)o->fallback,
                                     .limits = limits,
                                     .version = TWF_VERSION};
    TWF_TRY(load_texts(n, o, err));
    TWF_TRY(load_known(n, o, err));
    return n->arena.failed ? no_memory(err) : TWF_OK;
}
