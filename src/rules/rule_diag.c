/* SPDX-License-Identifier: Apache-2.0 */
/* Faults to the caller, with the line they stand in; and the nearest word to a misspelt one. */
#include "rules/rule_diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"

void twf_rule_diags_begin(struct rule_diags *d, const char *path, struct twf_span text)
{
    d->path = path;
    d->text = text;
    d->file_errors = 0;
}

/* The line number (from 0) of the file, without its end. */
static struct twf_span line_of(struct twf_span text, uint32_t number)
{
    size_t from = 0, end;

    for (uint32_t i = 0; i < number && from < text.len; i++)
        from += twf_span_find(twf_span_slice(text, from, text.len), '\n') + 1;
    text = twf_span_slice(text, from, text.len);
    end = twf_span_find(text, '\n');
    if (end > 0 && end <= text.len && text.ptr[end - 1] == '\r')
        end--;
    return twf_span_slice(text, 0, end);
}

/* Bytes of the first n characters of a line. */
static size_t bytes_of(struct twf_span line, uint32_t n)
{
    size_t at = 0;
    uint32_t cp;

    while (n-- > 0 && at < line.len) {
        size_t len = twf_utf8_next(line.ptr + at, line.len - at, &cp);

        at += len == 0 ? 1 : len;
    }
    return at;
}

/* Behind a last line that has no end libyaml sees another one, and it ends lines at NEL, LS and PS too: a line
 * that the file does not have is the end of its last one. */
static struct rule_mark within(struct twf_span text, struct rule_mark at)
{
    uint32_t last = 0;

    for (size_t i = 0; i < text.len; i++)
        last += text.ptr[i] == '\n';
    return at.line <= last ? at : (struct rule_mark){last, UINT32_MAX};
}

static void report(struct rule_diags *d, const struct rule_mark *at, uint32_t len,
                   enum rule_fault fault, bool warning, const char *text)
{
    struct twf_rule_diag out = {.path = d->path,
                                .number = (unsigned)fault,
                                .warning = warning,
                                .text = text,
                                .source = twf_span("", 0)};

    if (at != NULL) {
        struct rule_mark place = within(d->text, *at);
        size_t from, to;

        out.source = line_of(d->text, place.line);
        from = bytes_of(out.source, place.column);
        to = bytes_of(twf_span_slice(out.source, from, out.source.len), len);
        out.line = place.line + 1;
        out.column = (uint32_t)from + 1;
        out.len = to == 0 ? 1 : (uint32_t)to;
    }
    if (warning) {
        d->warnings++;
    } else {
        if (d->errors++ == 0) {
            (void)twf_error_set(&d->first, TWF_ERR_RULES, 0, "error R%03u: %s", out.number, text);
            twf_error_path(&d->first, d->path);
            d->first.line = out.line;
            d->first.column = out.column;
        }
        if (d->file_errors++ >= RULE_ERRORS_A_FILE)
            return;
    }
    if (d->say != NULL)
        d->say(d->ctx, &out);
}

void twf_rule_error(struct rule_diags *d, struct rule_mark at, uint32_t len, enum rule_fault fault,
                    const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    report(d, &at, len, fault, false, text);
}

void twf_rule_warn(struct rule_diags *d, struct rule_mark at, uint32_t len, enum rule_fault fault,
                   const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    report(d, &at, len, fault, true, text);
}

void twf_rule_file_error(struct rule_diags *d, enum rule_fault fault, const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    report(d, NULL, 0, fault, false, text);
}

/* Insertions, deletions and replacements between two short words; 99 where one is no short word. */
static unsigned distance(struct twf_span a, struct twf_span b)
{
    enum { MOST = 48 };
    unsigned row[MOST + 1];

    if (a.len > MOST || b.len > MOST)
        return 99;
    for (unsigned j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned best =
                diagonal + (twf_lower_byte(a.ptr[i - 1]) != twf_lower_byte(b.ptr[j - 1]));

            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b.len];
}

const char *twf_rule_nearest(struct twf_span name, const char *const *names, size_t count)
{
    const char *best = NULL;
    unsigned least = 3; /* two typing errors are one word, three are another one */

    for (size_t i = 0; i < count; i++) {
        unsigned d = names[i] == NULL ? 99 : distance(name, twf_span_str(names[i]));

        if (d < least && d < strlen(names[i])) {
            least = d;
            best = names[i];
        }
    }
    return best;
}
