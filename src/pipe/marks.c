/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "pipe/marks.h"

#include <string.h>
#include <unistd.h>

#define XXH_STATIC_LINKING_ONLY
#define XXH_INLINE_ALL
#include <xxhash.h>

_Static_assert(sizeof(XXH64_state_t) <= sizeof(((struct twf_passed *)NULL)->hash), "room for a hash");

size_t twf_marks_size(uint32_t threads)
{
    return sizeof(struct twf_marks) + threads * (sizeof(struct twf_mark) + TWF_MARKS_STACK);
}

uint64_t twf_mark_source(const char *name)
{
    uint64_t h = XXH64(name, strlen(name), 0);

    return h + (h == 0);
}

const struct twf_lost *twf_marks_lost(const struct twf_marks *m, uint64_t source, uint64_t off)
{
    for (uint32_t i = 0; m != NULL && i < m->lost_count; i++) {
        if (m->lost[i].source == source && m->lost[i].off == off && !m->lost[i].whole)
            return &m->lost[i];
    }
    return NULL;
}

const struct twf_lost *twf_marks_lost_whole(const struct twf_marks *m, uint64_t source)
{
    for (uint32_t i = 0; m != NULL && i < m->lost_count; i++) {
        if (m->lost[i].source == source && m->lost[i].whole)
            return &m->lost[i];
    }
    return NULL;
}

/* ---- outputs that cannot be cut back ---- */

static XXH64_state_t state_of(const struct twf_passed *p)
{
    XXH64_state_t s;

    if (p->len == 0)
        (void)XXH64_reset(&s, 0);
    else
        memcpy(&s, p->hash, sizeof(s));
    /* The process that left it may have been taken over: it is data, and no index. */
    if (s.memsize >= 32)
        (void)XXH64_reset(&s, 0);
    return s;
}

static void add(struct twf_passed *p, const void *ptr, size_t len)
{
    XXH64_state_t s = state_of(p);

    (void)XXH64_update(&s, ptr, len);
    memcpy(p->hash, &s, sizeof(s));
    p->len += len;
}

ssize_t twf_marks_write(struct twf_marks *m, uint32_t i, int fd, const void *ptr, size_t len)
{
    ssize_t n;

    if (m == NULL || i >= TWF_MARKS_OUTPUTS)
        return write(fd, ptr, len);
    atomic_store(&m->writing, true);
    while (atomic_load(&m->dying)) {
        atomic_store(&m->writing, false); /* who dies waits for that */
        (void)pause();                    /* what is written now would be written twice */
    }
    n = write(fd, ptr, len);
    if (n > 0)
        add(&m->passed[i], ptr, (size_t)n);
    atomic_store(&m->writing, false);
    return n;
}

bool twf_marks_skip(struct twf_marks *m, uint32_t i, struct twf_span *s)
{
    const struct twf_passed *before;
    struct twf_passed *now;
    size_t n;

    if (m == NULL || i >= TWF_MARKS_OUTPUTS || m->passed[i].len >= m->before[i].len)
        return true;
    before = &m->before[i];
    now = &m->passed[i];
    n = before->len - now->len < s->len ? (size_t)(before->len - now->len) : s->len;
    add(now, s->ptr, n);
    *s = twf_span(s->ptr + n, s->len - n);
    if (now->len < before->len)
        return true;
    {
        XXH64_state_t a = state_of(now), b = state_of(before);

        return XXH64_digest(&a) == XXH64_digest(&b);
    }
}
