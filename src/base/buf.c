/* SPDX-License-Identifier: Apache-2.0 */
/* Growth by doubling; numbers without printf. */
#include "base/buf.h"

#include <stdio.h>

#include "base/alloc.h"

void twf_buf_init(struct twf_buf *b)
{
    *b = (struct twf_buf){0};
}

void twf_buf_fini(struct twf_buf *b)
{
    twf_free(b->ptr);
    *b = (struct twf_buf){0};
}

uint8_t *twf_buf_reserve(struct twf_buf *b, size_t more)
{
    size_t cap = b->cap == 0 ? 256 : b->cap;
    uint8_t *ptr;

    if (more <= b->cap - b->len && b->ptr != NULL)
        return b->ptr + b->len;
    if (more > SIZE_MAX / 4 - b->len) {
        b->failed = true;
        return NULL;
    }
    while (cap - b->len < more)
        cap *= 2;
    ptr = twf_realloc(b->ptr, cap);
    if (ptr == NULL) {
        b->failed = true;
        return NULL;
    }
    b->ptr = ptr;
    b->cap = cap;
    return ptr + b->len;
}

void twf_buf_printf(struct twf_buf *b, const char *fmt, ...)
{
    va_list args;
    int need;

    va_start(args, fmt);
    need = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (need < 0 || twf_buf_reserve(b, (size_t)need + 1) == NULL) {
        b->failed = true;
        return;
    }
    va_start(args, fmt);
    (void)vsnprintf((char *)b->ptr + b->len, (size_t)need + 1, fmt, args);
    va_end(args);
    b->len += (size_t)need;
}

void twf_buf_u64(struct twf_buf *b, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    twf_buf_put(b, digits + at, sizeof(digits) - at);
}

void twf_buf_i64(struct twf_buf *b, int64_t value)
{
    if (value < 0) {
        twf_buf_byte(b, '-');
        twf_buf_u64(b, 0 - (uint64_t)value);
    } else {
        twf_buf_u64(b, (uint64_t)value);
    }
}
