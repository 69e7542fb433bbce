/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The document grows from the back of its memory to the front: what is referred to has a higher
 * address, so every offset is known when it is written.
 */
#include "index/flatbuf.h"

#include "base/alloc.h"
#include "base/compiler.h"

enum { FIRST_CAP = 4096 };

void twf_fb_init(struct twf_fb *b)
{
    *b = (struct twf_fb){0};
}

void twf_fb_fini(struct twf_fb *b)
{
    twf_free(b->mem);
    twf_fb_init(b);
}

void twf_fb_reset(struct twf_fb *b)
{
    b->len = 0;
    b->failed = false;
}

static bool room(struct twf_fb *b, size_t more)
{
    size_t cap = b->cap == 0 ? FIRST_CAP : b->cap;
    uint8_t *mem;

    if (b->failed || more > UINT32_MAX / 4 - b->len) {
        b->failed = true;
        return false;
    }
    if (b->len + more <= b->cap)
        return true;
    while (cap < b->len + more)
        cap *= 2;
    mem = twf_malloc(cap);
    if (mem == NULL) {
        b->failed = true;
        return false;
    }
    if (b->len > 0)
        memcpy(mem + cap - b->len, b->mem + b->cap - b->len, b->len);
    twf_free(b->mem);
    b->mem = mem;
    b->cap = cap;
    return true;
}

static void push(struct twf_fb *b, const void *ptr, size_t len)
{
    if (len == 0 || !room(b, len))
        return;
    b->len += len;
    memcpy(b->mem + b->cap - b->len, ptr, len);
}

/* Zeros in front, until len more bytes would end at a multiple of align, seen from the end. */
static void align_for(struct twf_fb *b, size_t len, size_t align)
{
    static const uint8_t zeros[8];
    size_t over = (b->len + len) % align;

    if (over != 0)
        push(b, zeros, align - over);
}

static void push32(struct twf_fb *b, uint32_t value)
{
    align_for(b, 4, 4);
    push(b, &value, 4); /* little-endian, as everything here */
}

/* An offset to ref from the place where it is about to stand. */
static void push_ref(struct twf_fb *b, twf_fb_ref ref)
{
    align_for(b, 4, 4);
    push32(b, (uint32_t)b->len + 4 - ref);
}

twf_fb_ref twf_fb_string(struct twf_fb *b, struct twf_span text)
{
    static const uint8_t nul;

    align_for(b, text.len + 1, 4);
    push(b, &nul, 1);
    push(b, text.ptr, text.len);
    push32(b, (uint32_t)text.len);
    return (twf_fb_ref)b->len;
}

twf_fb_ref twf_fb_refs(struct twf_fb *b, const twf_fb_ref *refs, uint32_t n)
{
    align_for(b, (size_t)n * 4, 4);
    for (uint32_t i = n; i-- > 0;)
        push_ref(b, refs[i]);
    push32(b, n);
    return (twf_fb_ref)b->len;
}

twf_fb_ref twf_fb_structs(struct twf_fb *b, const void *ptr, size_t size, uint32_t n)
{
    align_for(b, size * n, 8);
    push(b, ptr, size * n);
    push32(b, n);
    return (twf_fb_ref)b->len;
}

void twf_fb_begin(struct twf_fb *b)
{
    memset(b->slots, 0, sizeof(b->slots));
    b->table_start = (uint32_t)b->len;
}

static void put(struct twf_fb *b, unsigned slot, const void *ptr, size_t len)
{
    assert(slot < TWF_FB_SLOTS);
    align_for(b, len, len);
    push(b, ptr, len);
    b->slots[slot] = (uint32_t)b->len;
}

void twf_fb_put8(struct twf_fb *b, unsigned slot, uint8_t value)
{
    put(b, slot, &value, sizeof(value));
}

void twf_fb_put16(struct twf_fb *b, unsigned slot, int16_t value)
{
    put(b, slot, &value, sizeof(value));
}

void twf_fb_put32(struct twf_fb *b, unsigned slot, int32_t value)
{
    put(b, slot, &value, sizeof(value));
}

void twf_fb_put64(struct twf_fb *b, unsigned slot, int64_t value)
{
    put(b, slot, &value, sizeof(value));
}

void twf_fb_put_ref(struct twf_fb *b, unsigned slot, twf_fb_ref ref)
{
    assert(slot < TWF_FB_SLOTS);
    if (ref == 0)
        return;
    push_ref(b, ref);
    b->slots[slot] = (uint32_t)b->len;
}

/* The vtable stands right in front of its table: each table has its own. */
twf_fb_ref twf_fb_end(struct twf_fb *b)
{
    uint16_t vtable[2 + TWF_FB_SLOTS];
    unsigned n = TWF_FB_SLOTS;
    uint32_t table;
    size_t len;

    push32(b, 0); /* the distance to the vtable, known below */
    table = (uint32_t)b->len;
    while (n > 0 && b->slots[n - 1] == 0)
        n--;
    len = (2 + (size_t)n) * 2;
    vtable[0] = (uint16_t)len;
    vtable[1] = (uint16_t)(table - b->table_start);
    for (unsigned i = 0; i < n; i++)
        vtable[2 + i] = (uint16_t)(b->slots[i] == 0 ? 0 : table - b->slots[i]);
    push(b, vtable, len);
    if (!b->failed) {
        uint32_t distance = (uint32_t)b->len - table;

        memcpy(b->mem + b->cap - table, &distance, 4);
    }
    return table;
}

struct twf_span twf_fb_finish(struct twf_fb *b, twf_fb_ref root)
{
    align_for(b, 4, 8);
    push_ref(b, root);
    return b->failed ? (struct twf_span){NULL, 0}
                     : (struct twf_span){b->mem + b->cap - b->len, b->len};
}
