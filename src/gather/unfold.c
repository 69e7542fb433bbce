/* SPDX-License-Identifier: Apache-2.0 */
/* Unfolding, RFC 5322 section 2.2.3: CRLF or LF before SP or TAB goes, the blank stays. */
#include "gather/gather.h"

#include "base/compiler.h"

/* The first LF at or after p that folds: a blank follows it. NULL where there is none. */
static const uint8_t *find_fold(const uint8_t *p, const uint8_t *end)
{
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        if (end - p > 1 && twf_is_blank(p[1]))
            return p;
        p++;
    }
    return NULL;
}

struct twf_span twf_unfold(struct twf_arena *a, struct twf_span raw)
{
    const uint8_t *p = raw.ptr, *end, *lf;
    uint8_t *copy, *to;

    if (raw.len == 0)
        return raw;
    end = raw.ptr + raw.len;
    lf = find_fold(p, end);
    if (lf == NULL)
        return raw;
    copy = to = twf_arena_alloc(a, raw.len);
    if (copy == NULL)
        return twf_span(NULL, 0);
    while (lf != NULL) {
        size_t n = (size_t)(lf - p);

        if (n > 0 && p[n - 1] == '\r')
            n--;
        memcpy(to, p, n);
        to += n;
        p = lf + 1;
        lf = find_fold(p, end);
    }
    memcpy(to, p, (size_t)(end - p));
    to += end - p;
    return twf_span(copy, (size_t)(to - copy));
}
