/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives that hide addresses: Mailman's pipermail writes "a at x.example (Name)" in place of From
 * and "From a at x.example  Tue Jan  2 ..." in front of the message. The second is the archive's own
 * line, so that the first is its spelling and no sender's.
 */
#include "verdict/from.h"

static bool is_host(struct twf_span s)
{
    bool dot = false;

    for (size_t i = 0; i < s.len; i++) {
        if (!twf_is_alnum(s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '.')
            return false;
        dot |= s.ptr[i] == '.' && i > 0 && i + 1 < s.len;
    }
    return dot;
}

/* Length of "local at host" at the start of s, behind which a blank or the end must come; or 0. */
static size_t veiled_len(struct twf_span s)
{
    size_t local = twf_span_find(s, ' '), end;

    if (local == 0 || s.len - local < 5 || memcmp(s.ptr + local, " at ", 4) != 0)
        return 0;
    end = local + 4;
    while (end < s.len && !twf_is_blank(s.ptr[end]))
        end++;
    return is_host(twf_span_slice(s, local + 4, end)) ? end : 0;
}

struct twf_span twf_from_line_veiled(struct twf_span line)
{
    line = twf_span_trim(
        twf_span_slice(line, twf_span_starts_fold(line, "from ") ? 5 : line.len, line.len));
    return twf_span_slice(line, 0, veiled_len(line));
}

bool twf_from_is_veiled(const struct twf_from_input *in, const struct twf_from *f)
{
    const struct twf_message *m = in->subject->message;
    struct twf_span value = twf_span_trim(f->value), rest, own;
    struct twf_span line =
        m != NULL && m->from_line.len > 0 ? m->from_line : in->subject->head->from_line;
    size_t len = veiled_len(value);

    if (len == 0)
        return false;
    rest = twf_span_trim(twf_span_slice(value, len, value.len));
    own = twf_from_line_veiled(line);
    return (rest.len == 0 || (rest.ptr[0] == '(' && rest.ptr[rest.len - 1] == ')')) &&
           own.len == len && memcmp(own.ptr, value.ptr, len) == 0;
}
