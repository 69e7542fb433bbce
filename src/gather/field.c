/* SPDX-License-Identifier: Apache-2.0 */
/* The name of a field with all that may stand around it, docs/verdicts.md 4.1; and room for more fields. */
#include "gather/field.h"

#include "base/alloc.h"
#include "gather/from_like.h"

void *twf_gather_grow(void *old, size_t *cap, size_t need, size_t item)
{
    size_t n = TWF_MAX(need, *cap + *cap / 2);
    void *ptr;

    if (need <= *cap)
        return old;
    ptr = twf_realloc(old, n * item);
    if (ptr != NULL)
        *cap = n;
    return ptr;
}

/* Length of a raw name without trailing blanks and folds. */
static uint32_t trimmed_len(const uint8_t *name, uint32_t len)
{
    while (len > 0) {
        if (name[len - 1] == '\n')
            len -= len > 1 && name[len - 2] == '\r' ? 2 : 1;
        else if (twf_is_blank(name[len - 1]))
            len--;
        else
            break;
    }
    return len;
}

/* An id From: whether the name is just that, or has blanks or a fold behind it. */
static enum twf_from_kind from_kind(const struct twf_field *f, const uint8_t *name, uint32_t len)
{
    if (len == f->name_len)
        return TWF_FROM_EXACT;
    return memchr(name + len, '\n', f->name_len - len) == NULL ? TWF_FROM_TRAILING
                                                               : TWF_FROM_OBFUSCATED;
}

void twf_field_classify(const struct twf_gather *g, const uint8_t *ptr, struct twf_field *f)
{
    const uint8_t *name = ptr + f->off;
    uint32_t len = trimmed_len(name, f->name_len);

    f->id = (uint16_t)twf_gather_name(g, twf_span(name, len));
    if (f->id == TWF_FIELD_FROM)
        f->from_kind = (uint8_t)from_kind(f, name, len);
    else if (f->id == TWF_FIELD_OTHER && twf_reduces_to_from(twf_span(name, len)))
        f->from_kind = TWF_FROM_OBFUSCATED;
}
