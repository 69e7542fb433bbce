/* SPDX-License-Identifier: Apache-2.0 */
/* Messages into containers: mboxrd (RFC 4155 and its quoting), ustar (POSIX.1), files. */
#define _GNU_SOURCE
#include "corpora/gen/gen_container.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "corpora/gen/gen_text.h"

enum { FILES_A_FOLDER = 1000, TAR_BLOCK = 512, PATH_SIZE = 600 };

struct gen_container {
    enum gen_format format;
    enum gen_eol eol;
    const char *path;
    struct gen_framing framing;
    struct gen_sink *sink; /* of mbox and tar */
    struct twf_buf quoted, lines;
    uint64_t total;
    uint64_t folder; /* the one made last, plus 1 */
};

static void make_folder(const char *path)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        gen_die("%s: %s", path, strerror(errno));
}

struct gen_container *gen_container_open(enum gen_format format, enum gen_eol eol, const char *path,
                                         const struct gen_framing *framing)
{
    struct gen_container *c = twf_calloc(1, sizeof *c);
    static const char *const parts[] = {"cur", "new", "tmp"};

    if (c == NULL)
        gen_die("out of memory");
    *c = (struct gen_container){.format = format, .eol = eol, .path = path, .framing = *framing};
    if (format == GEN_FORMAT_MBOX || format == GEN_FORMAT_TAR) {
        c->sink = gen_sink_open(path, framing);
        return c;
    }
    if (path == NULL)
        gen_die("a folder is wanted: --output FOLDER");
    make_folder(path);
    for (size_t i = 0; format == GEN_FORMAT_MAILDIR && i < 3; i++) {
        char name[PATH_SIZE];
        snprintf(name, sizeof name, "%s/%s", path, parts[i]);
        make_folder(name);
    }
    return c;
}

/* The message with the line ends asked for; valid until the next call. */
static struct twf_span with_eol(struct gen_container *c, struct twf_span text)
{
    struct twf_buf *b = &c->lines;

    if (c->eol == GEN_EOL_KEEP ||
        (c->eol == GEN_EOL_LF && memchr(text.ptr, '\r', text.len) == NULL))
        return text;
    twf_buf_reset(b);
    while (text.len > 0) {
        size_t n = twf_span_find(text, '\n');
        bool ended = n < text.len;

        twf_buf_put(b, text.ptr, ended && n > 0 && text.ptr[n - 1] == '\r' ? n - 1 : n);
        if (ended)
            twf_buf_str(b, c->eol == GEN_EOL_CRLF ? "\r\n" : "\n");
        text = twf_span_slice(text, n + ended, text.len);
    }
    gen_check(b);
    return twf_buf_view(b);
}

/*
 * The body lines "From ", ">From " and so on get one more ">". Header lines stay as they are, as a
 * delivery agent leaves them that quotes what follows the header; else "From :" would be no field.
 */
static void add_quoted(struct twf_buf *out, struct twf_span text)
{
    size_t done = 0, at = 0;
    bool body = false;

    while (at < text.len) {
        const uint8_t *line = text.ptr + at, *end = memchr(line, '\n', text.len - at);
        size_t len = end == NULL ? text.len - at : (size_t)(end - line) + 1, marks = 0;

        body = body || len == 1 || (len == 2 && line[0] == '\r');
        if (body && (line[0] == 'F' || line[0] == '>')) {
            while (marks < len && line[marks] == '>')
                marks++;
            if (len - marks > 5 && memcmp(line + marks, "From ", 5) == 0) {
                twf_buf_put(out, text.ptr + done, at - done);
                twf_buf_byte(out, '>');
                done = at;
            }
        }
        at += len;
    }
    twf_buf_put(out, text.ptr + done, text.len - done);
}

static void add_mbox(struct gen_container *c, const struct gen_message *msg, struct twf_span text)
{
    const char *eol = c->eol == GEN_EOL_CRLF ? "\r\n" : "\n";
    struct twf_buf *b = &c->quoted;

    twf_buf_reset(b);
    twf_buf_str(b, "From ");
    if (msg->p1.len == 0 || memchr(msg->p1.ptr, ' ', msg->p1.len) != NULL)
        twf_buf_str(b, "MAILER-DAEMON");
    else
        twf_buf_span(b, twf_buf_view(&msg->p1));
    twf_buf_byte(b, ' ');
    gen_text_ctime(msg->date, b);
    twf_buf_str(b, eol);
    add_quoted(b, text);
    if (text.len == 0 || text.ptr[text.len - 1] != '\n')
        twf_buf_str(b, eol);
    twf_buf_str(b, eol);
    gen_check(b);
    gen_sink_write(c->sink, twf_buf_view(b));
}

/* A number of a tar header: octal, ended by NUL. */
static void octal(char *field, size_t size, uint64_t n)
{
    char digits[32];

    if (snprintf(digits, sizeof digits, "%0*llo", (int)size - 1, (unsigned long long)n) >=
        (int)size)
        gen_die("a member is too large for ustar");
    memcpy(field, digits, size);
}

static void add_tar(struct gen_container *c, const struct gen_message *msg, struct twf_span text)
{
    static const uint8_t zeros[TAR_BLOCK];
    char head[TAR_BLOCK] = {0};
    unsigned sum = 0;

    snprintf(head, 100, "mail/%06llu/%09llu.eml", (unsigned long long)(msg->index / FILES_A_FOLDER),
             (unsigned long long)msg->index);
    octal(head + 100, 8, 0644);
    octal(head + 108, 8, 0);
    octal(head + 116, 8, 0);
    octal(head + 124, 12, text.len);
    octal(head + 136, 12, (uint64_t)msg->date);
    memset(head + 148, ' ', 8);
    head[156] = '0';
    memcpy(head + 257,
           "ustar\0"
           "00",
           8);
    for (int i = 0; i < TAR_BLOCK; i++)
        sum += (uint8_t)head[i];
    octal(head + 148, 7, sum);
    gen_sink_write(c->sink, twf_span(head, sizeof head));
    gen_sink_write(c->sink, text);
    gen_sink_write(c->sink, twf_span(zeros, (TAR_BLOCK - text.len % TAR_BLOCK) % TAR_BLOCK));
}

/* One file a message; a thousand of them a folder. */
static void add_file(struct gen_container *c, const struct gen_message *msg, struct twf_span text)
{
    const bool packed = c->framing.kind != GEN_FRAME_PLAIN;
    uint64_t folder = msg->index / FILES_A_FOLDER;
    struct gen_sink *sink;
    char name[PATH_SIZE];
    int n;

    if (c->format == GEN_FORMAT_MAILDIR) {
        /* as Dovecot names and packs them: a packed file has no ending of its own */
        bool seen = msg->index % 4 != 0;
        n = snprintf(name, sizeof name, "%s/%s/%lld.M%06lluP1.mail%s", c->path,
                     seen ? "cur" : "new", (long long)msg->date, (unsigned long long)msg->index,
                     seen ? ":2,S" : "");
    } else {
        n = snprintf(name, sizeof name, "%s/%06llu", c->path, (unsigned long long)folder);
        if (n < (int)sizeof name && c->folder != folder + 1) {
            make_folder(name);
            c->folder = folder + 1;
        }
        n = snprintf(name, sizeof name, "%s/%06llu/%09llu.eml%s", c->path,
                     (unsigned long long)folder, (unsigned long long)msg->index,
                     packed ? ".zst" : "");
    }
    if (n >= (int)sizeof name)
        gen_die("%s: the name is too long", c->path);
    sink = gen_sink_open(name, &c->framing);
    gen_sink_write(sink, text);
    gen_sink_close(sink);
}

void gen_container_add(struct gen_container *c, const struct gen_message *msg)
{
    struct twf_span text = with_eol(c, twf_buf_view(&msg->text));

    if (c->format == GEN_FORMAT_MBOX)
        add_mbox(c, msg, text);
    else if (c->format == GEN_FORMAT_TAR)
        add_tar(c, msg, text);
    else
        add_file(c, msg, text);
    c->total += text.len;
    if (c->sink != NULL) {
        gen_sink_message_end(c->sink);
        c->total = gen_sink_total(c->sink);
    }
}

uint64_t gen_container_total(const struct gen_container *c)
{
    return c->total;
}

void gen_container_close(struct gen_container *c)
{
    static const uint8_t end[2 * TAR_BLOCK];

    if (c->format == GEN_FORMAT_TAR)
        gen_sink_write(c->sink, twf_span(end, sizeof end));
    if (c->sink != NULL)
        gen_sink_close(c->sink);
    twf_buf_fini(&c->quoted);
    twf_buf_fini(&c->lines);
    twf_free(c);
}
