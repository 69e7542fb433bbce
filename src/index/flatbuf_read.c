/* SPDX-License-Identifier: Apache-2.0 */
/* Every offset of a foreign document is checked against its length before it is followed. */
#include "index/flatbuf.h"

static uint32_t get_u32(struct twf_span doc, uint32_t pos)
{
    uint32_t value;

    memcpy(&value, doc.ptr + pos, 4);
    return value;
}

static uint16_t get_u16(struct twf_span doc, uint32_t pos)
{
    uint16_t value;

    memcpy(&value, doc.ptr + pos, 2);
    return value;
}

static bool fits(struct twf_span doc, uint64_t pos, uint64_t len)
{
    return pos <= doc.len && len <= doc.len - pos;
}

static bool table_at(struct twf_span doc, uint64_t pos, struct twf_fb_table *out)
{
    int64_t vtable;
    int32_t back;

    if (!fits(doc, pos, 4))
        return false;
    memcpy(&back, doc.ptr + pos, 4);
    vtable = (int64_t)pos - back;
    if (vtable < 0 || !fits(doc, (uint64_t)vtable, 4))
        return false;
    *out = (struct twf_fb_table){.doc = doc,
                                 .pos = (uint32_t)pos,
                                 .vtable = (uint32_t)vtable,
                                 .vtable_len = get_u16(doc, (uint32_t)vtable),
                                 .table_len = get_u16(doc, (uint32_t)vtable + 2)};
    return out->vtable_len >= 4 && fits(doc, (uint64_t)vtable, out->vtable_len) &&
           out->table_len >= 4 && fits(doc, pos, out->table_len);
}

/* The object that the offset at pos (checked by the caller) leads to. */
static uint64_t follow(struct twf_span doc, uint32_t pos)
{
    return (uint64_t)pos + get_u32(doc, pos);
}

bool twf_fb_root(struct twf_span doc, struct twf_fb_table *out)
{
    return doc.len <= UINT32_MAX / 4 && fits(doc, 0, 4) && table_at(doc, follow(doc, 0), out);
}

/* *pos is where the field of len bytes stands, 0 where it is absent. */
static bool field_at(const struct twf_fb_table *t, unsigned slot, size_t len, uint32_t *pos)
{
    uint32_t at = 4 + slot * 2;
    uint16_t off;

    *pos = 0;
    if (at + 2 > t->vtable_len)
        return true;
    off = get_u16(t->doc, t->vtable + at);
    if (off == 0)
        return true;
    if (off < 4 || off > t->table_len || len > (size_t)(t->table_len - off))
        return false;
    *pos = t->pos + off;
    return true;
}

#define GETTER(name, type)                                                                         \
    bool name(const struct twf_fb_table *t, unsigned slot, type absent, type *out)                 \
    {                                                                                              \
        uint32_t pos;                                                                              \
                                                                                                   \
        *out = absent;                                                                             \
        if (!field_at(t, slot, sizeof(*out), &pos))                                                \
            return false;                                                                          \
        if (pos != 0)                                                                              \
            memcpy(out, t->doc.ptr + pos, sizeof(*out));                                           \
        return true;                                                                               \
    }

GETTER(twf_fb_get8, uint8_t)
GETTER(twf_fb_get16, int16_t)
GETTER(twf_fb_get32, int32_t)
GETTER(twf_fb_get64, int64_t)

bool twf_fb_get_table(const struct twf_fb_table *t, unsigned slot, bool *has,
                      struct twf_fb_table *out)
{
    uint32_t pos;

    *has = false;
    if (!field_at(t, slot, 4, &pos))
        return false;
    if (pos == 0)
        return true;
    *has = true;
    return table_at(t->doc, follow(t->doc, pos), out);
}

bool twf_fb_get_vector(const struct twf_fb_table *t, unsigned slot, size_t size,
                       struct twf_fb_vector *out)
{
    uint64_t at;
    uint32_t pos;

    *out = (struct twf_fb_vector){.doc = t->doc};
    if (!field_at(t, slot, 4, &pos))
        return false;
    if (pos == 0)
        return true;
    at = follow(t->doc, pos);
    if (!fits(t->doc, at, 4))
        return false;
    out->n = get_u32(t->doc, (uint32_t)at);
    out->pos = (uint32_t)at + 4;
    return fits(t->doc, out->pos, (uint64_t)out->n * size);
}

bool twf_fb_get_string(const struct twf_fb_table *t, unsigned slot, struct twf_span *out)
{
    struct twf_fb_vector v;

    if (!twf_fb_get_vector(t, slot, 1, &v))
        return false;
    *out = v.n == 0 ? (struct twf_span){NULL, 0} : twf_span(v.doc.ptr + v.pos, v.n);
    return true;
}

bool twf_fb_vector_table(const struct twf_fb_vector *v, uint32_t i, struct twf_fb_table *out)
{
    return i < v->n && table_at(v->doc, follow(v->doc, v->pos + i * 4), out);
}

int64_t twf_fb_vector_i64(const struct twf_fb_vector *v, uint32_t i, size_t size, size_t off)
{
    int64_t value;

    memcpy(&value, v->doc.ptr + v->pos + i * size + off, 8);
    return value;
}

int32_t twf_fb_vector_i32(const struct twf_fb_vector *v, uint32_t i, size_t size, size_t off)
{
    int32_t value;

    memcpy(&value, v->doc.ptr + v->pos + i * size + off, 4);
    return value;
}
