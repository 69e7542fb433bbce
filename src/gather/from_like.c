/* SPDX-License-Identifier: Apache-2.0 */
/* What could be read as a From field, docs/verdicts.md 4.1, and the From_ line that is none. */
#include "gather/from_like.h"

static bool is_removed(uint8_t c)
{
    return c <= 0x20 || c >= 0x7F;
}

bool twf_reduces_to_from(struct twf_span name)
{
    static const char from[] = "from";
    size_t n = 0;

    for (size_t i = 0; i < name.len; i++) {
        if (is_removed(name.ptr[i]))
            continue;
        if (n == 4 || (name.ptr[i] | 0x20) != from[n])
            return false;
        n++;
    }
    return n == 4;
}

/*
 * "From : <a@x>" is a field after all: the oldest way to write the author looks like a From_ line.
 * So is every name that is From to some reader; in a From_ line an address or a date stands before
 * the ':'.
 */
bool twf_is_from_line(struct twf_span line)
{
    size_t colon;

    if (line.len >= 6 && memcmp(line.ptr, ">From ", 6) == 0)
        return true;
    if (line.len < 5 || memcmp(line.ptr, "From ", 5) != 0)
        return false;
    colon = twf_span_find(line, ':');
    return colon == line.len || !twf_reduces_to_from(twf_span(line.ptr, colon));
}

static uint32_t skip_blanks(const uint8_t *text, uint32_t off, uint32_t end)
{
    while (off < end && twf_is_blank(text[off]))
        off++;
    return off;
}

bool twf_find_inner_from(const uint8_t *text, uint32_t off, uint32_t end,
                         struct twf_inner_from *out)
{
    uint32_t at = skip_blanks(text, off, end);

    if (end - at < 5 || !twf_span_is_fold(twf_span(text + at, 4), "from"))
        return false;
    off = skip_blanks(text, at + 4, end);
    if (off == end || text[off] != ':')
        return false;
    *out = (struct twf_inner_from){
        .off = at, .value_off = skip_blanks(text, off + 1, end), .end = end};
    return true;
}
