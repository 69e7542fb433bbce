/* SPDX-License-Identifier: Apache-2.0 */
/* How one field is filled in, whichever pass has found it; inside the room. */
#ifndef TWF_GATHER_FIELD_H
#define TWF_GATHER_FIELD_H

#include "base/compiler.h"
#include "gather/gather.h"

/* old with room for need items; NULL without memory, and old stays. */
void *twf_gather_grow(void *old, size_t *cap, size_t need, size_t item);
#define TWF_GATHER_GROW(g, member, need)                                                           \
    twf_gather_grow((g)->member, &(g)->member##_cap, (need), sizeof(*(g)->member))

/*
 * Id and kind of a field by its name, whatever that looks like: with blanks or folds behind it, or
 * with none of the bytes that a name has.
 */
void twf_field_classify(const struct twf_gather *g, const uint8_t *ptr, struct twf_field *f);

/* One past the last byte of a line whose line end ends at end; a byte that is no CR lies before. */
static inline uint32_t twf_without_eol(const uint8_t *ptr, uint32_t end)
{
    uint32_t lf = ptr[end - 1] == '\n';

    end -= lf;
    return end - (lf & (ptr[end - 1] == '\r'));
}

/* The same for a line that starts at off and may have no such byte. */
static inline uint32_t twf_line_end(const uint8_t *ptr, uint32_t off, uint32_t end)
{
    return end - off < 2 ? end - (end > off && ptr[off] == '\n') : twf_without_eol(ptr, end);
}

/* Past the blanks and folds at off; the value ends at end. */
static inline uint32_t twf_skip_folds(const uint8_t *ptr, uint32_t off, uint32_t end)
{
    for (; off < end; off++) {
        uint8_t c = ptr[off];

        if (!twf_is_blank(c) && c != '\n' && !(c == '\r' && end - off > 1 && ptr[off + 1] == '\n'))
            break;
    }
    return off;
}

/* The value of f behind the ':' at colon; its line ends at end, line end included. */
static inline void twf_field_set_value(const uint8_t *ptr, struct twf_field *f, uint32_t colon,
                                       uint32_t end)
{
    uint32_t value = colon + 1;

    end = twf_without_eol(ptr, end);
    value += value < end && ptr[value] == ' ';
    if (TWF_UNLIKELY(value < end && ptr[value] <= ' '))
        value = twf_skip_folds(ptr, value, end);
    f->value_off = value;
    f->end = end;
}

/* Field number (from 1) of an id: behind the last one of it, or the first. */
static inline void twf_field_link(struct twf_gather *g, struct twf_head *head, uint16_t id,
                                  uint32_t number)
{
    if (head->first[id] == 0)
        head->first[id] = number;
    else
        g->fields[g->last[id]].next = number;
    g->last[id] = number - 1;
}

#endif
