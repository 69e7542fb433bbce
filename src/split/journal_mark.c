/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a header says that a message may be a journal report ([MS-XJRNL] 2.1.1), or a bounce that
 * may carry one: markers of Exchange and of programs that write like it, and types of content.
 */
#include "split/journal_mark.h"

#include "base/compiler.h"
#include "split/split.h"

/* Blanks may stand between a name and its colon. Most lines are told by the length of their names. */
static enum twf_journal_marker line_marker(struct twf_span line)
{
#define NAME(text) text, sizeof(text) - 1
    static const struct {
        const char *name;
        size_t name_len;
        const char *value; /* NULL: any */
        enum twf_journal_marker marker;
    } markers[] = {
        {NAME("x-ms-journal-report"), NULL, TWF_JMARKER_2007},
        {NAME("x-ms-exchange-organization-journal-report"), NULL, TWF_JMARKER_2007},
        {NAME("x-ms-gcc-journal-report"), NULL, TWF_JMARKER_GCC},
        {NAME("x-wm-journal-report"), "journal", TWF_JMARKER_2003},
        {NAME("content-identifier"), "exjournalreport", TWF_JMARKER_2003},
        {NAME("content-identifer"), "exjournalreport", TWF_JMARKER_2003},
    };
#undef NAME
    size_t colon = twf_span_find(line, ':'), len = colon;

    if (colon == line.len)
        return TWF_JMARKER_NONE;
    while (len > 0 && twf_is_blank(line.ptr[len - 1]))
        len--;
    for (size_t i = 0; i < TWF_COUNT(markers); i++) {
        if (len != markers[i].name_len || !twf_span_starts_fold(line, markers[i].name))
            continue;
        if (markers[i].value == NULL ||
            twf_span_is_fold(twf_span_trim(twf_span_slice(line, colon + 1, line.len)), markers[i].value))
            return markers[i].marker;
    }
    return TWF_JMARKER_NONE;
}

enum twf_journal_marker twf_journal_marker_of(struct twf_span header)
{
    enum twf_journal_marker found = TWF_JMARKER_NONE;

    for (size_t at = 0; at < header.len;) {
        struct twf_span rest = twf_span_slice(header, at, header.len);
        uint8_t first = twf_lower_byte(rest.ptr[0]);
        size_t len = twf_span_find(rest, '\n');

        if (first == '\n' || (first == '\r' && len == 1))
            break;
        if (first == 'x' || first == 'c') {
            enum twf_journal_marker m;

            /* The value may be folded away from its name. */
            if (len + 1 < rest.len && twf_is_blank(rest.ptr[len + 1]))
                len += 1 + twf_span_find(twf_span_slice(rest, len + 1, rest.len), '\n');
            m = line_marker(twf_span_slice(rest, 0, len));
            if (m == TWF_JMARKER_GCC)
                return m; /* its report has more keys, and it may stand beside another */
            if (m != TWF_JMARKER_NONE)
                found = m;
        }
        at += len + 1;
    }
    return found;
}

bool twf_journal_marked(struct twf_span header)
{
    return twf_journal_marker_of(header) != TWF_JMARKER_NONE;
}

bool twf_journal_may_be_bounce(struct twf_span header, const struct twf_mime_type *type)
{
    struct twf_span value;

    if (!twf_span_is_fold(type->type, "multipart"))
        return false;
    if (twf_span_is_fold(type->subtype, "report"))
        return true;
    if (!twf_span_is_fold(type->subtype, "mixed"))
        return false;
    return (twf_field_find(header, "auto-submitted", 0, &value) &&
            twf_span_starts_fold(value, "auto-")) ||
           (twf_field_find(header, "return-path", 0, &value) && twf_span_is(value, "<>"));
}

bool twf_journal_candidate(struct twf_span header)
{
    struct twf_mime_type type;
    struct twf_span value;

    if (twf_journal_marked(header))
        return true;
    if (!twf_field_find(header, "content-type", 0, &value))
        return false;
    type = twf_mime_words(value);
    return twf_journal_may_be_bounce(header, &type);
}

/*
 * What twf_field_find gives for the n bytes of name and id, if that is known for sure: gather also
 * knows a field whose name is folded, and then the first of either may be another one.
 */
static bool first_value(const struct twf_head *h, enum twf_field_id id, size_t n,
                        struct twf_span *value)
{
    const struct twf_field *f = twf_head_first(h, id);

    *value = twf_span(NULL, 0);
    if (f == NULL)
        return true;
    if (f->name_len != n)
        return false;
    *value = twf_span_trim(twf_field_value(h, f));
    return true;
}

/* The header has no marker and is not that of a bounce, as far as its fields can tell. */
static bool is_plain(const struct twf_head *h)
{
    struct twf_mime_type type;
    struct twf_span value;

    if (h->limit_count > 0) /* gather has not seen all of it */
        return false;
    if ((h->first[TWF_FIELD_X_MS_JOURNAL_REPORT] |
         h->first[TWF_FIELD_X_MS_EXCHANGE_ORG_JOURNAL_REPORT] |
         h->first[TWF_FIELD_X_MS_GCC_JOURNAL_REPORT] | h->first[TWF_FIELD_X_WM_JOURNAL_REPORT] |
         h->first[TWF_FIELD_CONTENT_IDENTIFIER] | h->first[TWF_FIELD_CONTENT_IDENTIFER]) != 0)
        return false;
    if (!first_value(h, TWF_FIELD_CONTENT_TYPE, sizeof("Content-Type") - 1, &value))
        return false;
    /* A comment may stand before the type. */
    if (!twf_span_starts_fold(value, "multipart") && (value.len == 0 || value.ptr[0] != '('))
        return true;
    type = twf_mime_words(value);
    if (!twf_span_is_fold(type.type, "multipart"))
        return true;
    if (twf_span_is_fold(type.subtype, "report"))
        return false;
    return !twf_span_is_fold(type.subtype, "mixed") ||
           (h->first[TWF_FIELD_AUTO_SUBMITTED] == 0 &&
            first_value(h, TWF_FIELD_RETURN_PATH, sizeof("Return-Path") - 1, &value) &&
            !twf_span_is(value, "<>"));
}

bool twf_journal_head_candidate(const struct twf_head *h)
{
    return !is_plain(h) && twf_journal_candidate(h->block);
}
