/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The patterns of patterns.def by hand: slow, obvious, and what the tests compare Hyperscan with.
 */
#include "match/engine.h"

#include <string.h>

/* s is not empty, and each byte is a letter, a digit or one of also. */
static bool all_of(struct twf_span s, const char *also)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!twf_is_alnum(s.ptr[i]) && (s.ptr[i] == 0 || strchr(also, s.ptr[i]) == NULL))
            return false;
    }
    return s.len > 0;
}

static bool is_address(struct twf_span s)
{
    size_t at = twf_span_find(s, '@');

    return at < s.len && all_of(twf_span_slice(s, 0, at), "_+=.-") &&
           all_of(twf_span_slice(s, at + 1, s.len), ".-");
}

/* What stands before the '<'. */
static bool is_display(struct twf_span s)
{
    if (s.len == 0)
        return true;
    if (s.ptr[0] == '"') {
        if (s.ptr[s.len - 1] == ' ')
            s.len--;
        return s.len >= 3 && s.ptr[s.len - 1] == '"' && twf_is_alnum(s.ptr[1]) &&
               all_of(twf_span_slice(s, 1, s.len - 1), "_.,' -");
    }
    return twf_is_alnum(s.ptr[0]) && s.ptr[s.len - 1] == ' ' && all_of(s, "_' -");
}

static bool is_ordinary(struct twf_span s)
{
    size_t angle = twf_span_find(s, '<');

    if (angle == s.len)
        return is_address(s);
    return s.ptr[s.len - 1] == '>' && is_display(twf_span_slice(s, 0, angle)) &&
           is_address(twf_span_slice(s, angle + 1, s.len - 1));
}

void twf_match_plain_from(const struct twf_match_column *column,
                          uint64_t *const hits[TWF_PATTERN_COUNT])
{
    for (uint32_t i = 0; i < column->count; i++) {
        uint32_t off = column->offsets[i];

        if (is_ordinary(twf_span(column->bytes + off, column->offsets[i + 1] - 1 - off)))
            twf_match_set(hits[TWF_PATTERN_ORDINARY], i);
    }
}
