/* SPDX-License-Identifier: Apache-2.0 */
/* The message of a case, as it stands or inside a journal report. */
#include "vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put(struct vector_text *t, const void *ptr, size_t len)
{
    assert_true(len <= VECTOR_TEXT_MAX - t->len);
    memcpy(t->ptr + t->len, ptr, len);
    t->len += len;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* \r \n \t \0 \e \\ and \xHH are bytes, %1 is text, %*c is c a thousand times. */
static void put_escaped(struct vector_text *t, const char *s, const char *text)
{
    for (; *s != '\0'; s++) {
        static const char names[] = "rnt0e\\", bytes[] = "\r\n\t\0\033\\";
        const char *at;

        if (s[0] == '%' && s[1] == '1') {
            put(t, text, strlen(text));
            s++;
        } else if (s[0] == '%' && s[1] == '*' && s[2] != '\0') {
            for (int i = 0; i < 1000; i++)
                put(t, &s[2], 1);
            s += 2;
        } else if (s[0] == '\\' && s[1] == 'x' && hex(s[2]) >= 0 && hex(s[3]) >= 0) {
            char byte = (char)(hex(s[2]) * 16 + hex(s[3]));

            put(t, &byte, 1);
            s += 3;
        } else if (s[0] == '\\' && s[1] != '\0' && (at = strchr(names, s[1])) != NULL) {
            put(t, &bytes[at - names], 1);
            s++;
        } else {
            put(t, s, 1);
        }
    }
}

static void put_end(struct vector_text *t, int how)
{
    put(t, "\r\n", 2);
    if ((how & VECTOR_CRLF) == 0)
        t->ptr[--t->len - 1] = '\n';
}

static void put_line(struct vector_text *t, const char *line, int how)
{
    put(t, line, strlen(line));
    put_end(t, how);
}

static void put_message(struct vector_text *t, const struct vector *v, int how)
{
    for (size_t i = 0; i < v->line_count; i++) {
        if (v->lines[i].mark == ((how & VECTOR_LESS) != 0 ? '+' : '-'))
            continue;
        put_escaped(t, v->lines[i].value, v->lines[i].text);
        put_end(t, how);
    }
    put_end(t, how);
    put_escaped(t, v->body, "");
    put_end(t, how);
}

/* The message inside a report of Exchange 2007 (docs/formats.md, Journal reports). */
static void put_report(struct vector_text *t, const struct vector *v, int how)
{
    static const char *const head[] = {
        "From: Journal <journal@corp.example>",
        "To: archive@corp.example",
        "Message-ID: <1@x>",
        "X-MS-Journal-Report:",
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=\"jjjj\"",
        "",
        "--jjjj",
        "Content-Type: text/plain; charset=\"us-ascii\"",
        "",
        "Sender: s@journal.example",
        "Subject: s",
        "Message-Id: <1@x>",
        "Recipient: r@rcpt.example",
        "",
        "--jjjj",
        "Content-Type: message/rfc822",
        "",
    };

    for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
        put_line(t, head[i], how);
    put_message(t, v, how);
    put_line(t, "--jjjj--", how);
}

void vector_message(struct vector_text *out, const struct vector *v, int how)
{
    out->len = 0;
    if ((how & VECTOR_JOURNAL) != 0)
        put_report(out, v, how);
    else
        put_message(out, v, how);
}
