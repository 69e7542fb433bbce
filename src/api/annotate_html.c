/* SPDX-License-Identifier: Apache-2.0 */
/* Where the content of an HTML body begins: a tokenizer that knows comments, quoted values and the
 * elements whose content is text (WHATWG HTML, 13.2.5), in one pass. */
#include "api/annotate.h"

#include <string.h>

/* Offset of needle (lower case) in s from at on, ASCII case ignored, or s.len. */
static size_t find_fold(struct twf_span s, size_t at, const char *needle)
{
    size_t n = strlen(needle);

    for (; at < s.len && s.len - at >= n; at++) {
        if (twf_lower_byte(s.ptr[at]) == (uint8_t)needle[0] &&
            twf_span_starts_fold(twf_span_slice(s, at, at + n), needle))
            return at;
    }
    return s.len;
}

/* s at at begins a tag of that name. */
static bool is_tag(struct twf_span s, size_t at, const char *name)
{
    size_t n = strlen(name);

    if (s.len - at <= n || !twf_span_starts_fold(twf_span_slice(s, at, at + n), name))
        return false;
    return s.ptr[at + n] == '>' || s.ptr[at + n] == '/' || s.ptr[at + n] <= ' ';
}

/* Behind the '>' that ends the tag at at; quoted values may hold one. 0: it does not end. */
static size_t tag_end(struct twf_span s, size_t at)
{
    uint8_t quote = 0;

    for (; at < s.len; at++) {
        uint8_t c = s.ptr[at];

        if (quote != 0)
            quote = c == quote ? 0 : quote;
        else if ((c == '"' || c == '\'') && at > 0 && s.ptr[at - 1] == '=')
            quote = c;
        else if (c == '>')
            return at + 1;
    }
    return 0;
}

size_t twf_html_body(struct twf_span html)
{
    /* Their content is text up to the end tag, whatever it looks like. */
    static const char *const raw[][2] = {{"<script", "</script"},     {"<style", "</style"},
                                         {"<title", "</title"},       {"<textarea", "</textarea"},
                                         {"<noscript", "</noscript"}, {"<xmp", "</xmp"},
                                         {"<iframe", "</iframe"}};

    for (size_t i = 0; i < html.len;) {
        size_t at = i + twf_span_find(twf_span_slice(html, i, html.len), '<');
        bool is_raw = false;

        if (at == html.len)
            return 0;
        if (html.len - at >= 4 && memcmp(html.ptr + at, "<!--", 4) == 0) {
            i = find_fold(html, at + 4, "-->");
            continue;
        }
        if (is_tag(html, at, "<body"))
            return tag_end(html, at);
        for (size_t k = 0; k < sizeof(raw) / sizeof(raw[0]) && !is_raw; k++) {
            size_t end;

            is_raw = is_tag(html, at, raw[k][0]);
            if (!is_raw)
                continue;
            end = tag_end(html, at);
            i = end == 0 ? html.len : find_fold(html, end, raw[k][1]);
        }
        if (!is_raw)
            i = at + 1;
    }
    return 0;
}
