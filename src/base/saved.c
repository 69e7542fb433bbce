/* SPDX-License-Identifier: Apache-2.0 */
#include "base/saved.h"

#include <string.h>

void twf_save_u64(struct twf_buf *out, uint64_t value)
{
    uint8_t bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    twf_buf_put(out, bytes, sizeof(bytes));
}

void twf_save_bytes(struct twf_buf *out, struct twf_span s)
{
    twf_save_u64(out, s.len);
    twf_buf_span(out, s);
}

void twf_save_str(struct twf_buf *out, const char *text)
{
    twf_save_bytes(out, twf_span_str(text));
}

void twf_saved_need(struct twf_saved *s, bool claim)
{
    if (claim)
        return;
    s->bad = true;
    s->len = 0;
}

uint64_t twf_saved_u64(struct twf_saved *s)
{
    uint64_t value = 0;

    twf_saved_need(s, s->len >= 8);
    if (s->bad)
        return 0;
    for (int i = 0; i < 8; i++)
        value |= (uint64_t)s->ptr[i] << 8 * i;
    s->ptr += 8;
    s->len -= 8;
    return value;
}

uint64_t twf_saved_max(struct twf_saved *s, uint64_t max)
{
    uint64_t value = twf_saved_u64(s);

    twf_saved_need(s, value <= max);
    return s->bad ? 0 : value;
}

bool twf_saved_bool(struct twf_saved *s)
{
    return twf_saved_max(s, 1) == 1;
}

int64_t twf_saved_i64(struct twf_saved *s)
{
    return (int64_t)twf_saved_u64(s);
}

struct twf_span twf_saved_bytes(struct twf_saved *s, size_t max)
{
    uint64_t len = twf_saved_max(s, max);
    struct twf_span out;

    twf_saved_need(s, len <= s->len);
    if (s->bad)
        return twf_span(NULL, 0);
    out = twf_span(s->ptr, (size_t)len);
    s->ptr += len;
    s->len -= (size_t)len;
    return out;
}

void twf_saved_buf(struct twf_saved *s, size_t max, struct twf_buf *b)
{
    twf_buf_reset(b);
    twf_buf_span(b, twf_saved_bytes(s, max));
}

void twf_saved_str(struct twf_saved *s, char *out, size_t cap)
{
    struct twf_span text = twf_saved_bytes(s, cap - 1);

    twf_saved_need(s, text.len == 0 || memchr(text.ptr, '\0', text.len) == NULL);
    if (s->bad)
        text.len = 0;
    if (text.len > 0)
        memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
}

size_t twf_saved_count(struct twf_saved *s, size_t size)
{
    return (size_t)twf_saved_max(s, s->len / size);
}
