/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing run of bytes. Growth failure is sticky: appends become no-ops and failed is set, so that
 * a writer checks once at its end.
 */
#ifndef TWF_BASE_BUF_H
#define TWF_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/span.h"

struct twf_buf {
    uint8_t *ptr;
    size_t len, cap;
    bool failed;
};

void twf_buf_init(struct twf_buf *b);
void twf_buf_fini(struct twf_buf *b);
/* Room for more bytes behind len; NULL (and failed) without memory. */
uint8_t *twf_buf_reserve(struct twf_buf *b, size_t more);
void twf_buf_printf(struct twf_buf *b, const char *fmt, ...) TWF_PRINTF(2, 3);
/* Decimal digits, without the cost of printf. */
void twf_buf_u64(struct twf_buf *b, uint64_t value);
void twf_buf_i64(struct twf_buf *b, int64_t value);

static inline void twf_buf_reset(struct twf_buf *b)
{
    b->len = 0;
    b->failed = false;
}

static inline void twf_buf_put(struct twf_buf *b, const void *ptr, size_t len)
{
    TWF_KNOWN(ptr != NULL || len == 0);
    if (TWF_UNLIKELY(len > b->cap - b->len) && twf_buf_reserve(b, len) == NULL)
        return;
    if (len > 0)
        memcpy(b->ptr + b->len, ptr, len);
    b->len += len;
}

static inline void twf_buf_byte(struct twf_buf *b, uint8_t c)
{
    twf_buf_put(b, &c, 1);
}

static inline void twf_buf_str(struct twf_buf *b, const char *text)
{
    twf_buf_put(b, text, strlen(text));
}

static inline void twf_buf_span(struct twf_buf *b, struct twf_span s)
{
    twf_buf_put(b, s.ptr, s.len);
}

static inline struct twf_span twf_buf_view(const struct twf_buf *b)
{
    return (struct twf_span){b->ptr, b->len};
}

#endif
