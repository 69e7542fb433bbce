/* SPDX-License-Identifier: Apache-2.0 */
/* What trace parsers fill, as one line of text; and the check that folds change nothing of it. */
#ifndef TWF_TESTS_UNIT_PARSE_TRACE_TEXT_H
#define TWF_TESTS_UNIT_PARSE_TRACE_TEXT_H

#include "vectors.h"

#include "base/buf.h"
#include "parse/parse.h"

typedef void render_fn(struct twf_arena *a, struct twf_span value, struct twf_buf *out);

static inline void put_part(struct twf_buf *out, const char *name, struct twf_span s)
{
    if (s.len == 0)
        return;
    twf_buf_printf(out, " %s=", name);
    twf_buf_span(out, s);
}

/* Bytes of value that an offset names: they must lie inside of it. */
static inline struct twf_span part_at(struct twf_span value, uint32_t off, size_t len)
{
    assert_true(off <= value.len && len <= value.len - off);
    return twf_span_slice(value, off, off + len);
}

/* Each blank becomes a fold. */
static inline struct twf_span folded(struct twf_span value)
{
    struct twf_buf b;
    uint8_t *exact;
    size_t len;

    twf_buf_init(&b);
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == ' ')
            twf_buf_str(&b, "\r\n");
        twf_buf_byte(&b, value.ptr[i]);
    }
    len = b.len;
    exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    if (len > 0)
        memcpy(exact, b.ptr, len);
    twf_buf_fini(&b);
    return twf_span(exact, len);
}

static inline void drop_folds(struct twf_buf *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->len; i++) {
        if (b->ptr[i] != '\r' && b->ptr[i] != '\n')
            b->ptr[n++] = b->ptr[i];
    }
    b->len = n;
}

/* Rows of value and rendering; every value is also read folded, and cut at each byte. */
static inline void run_table(const char *name, render_fn *render, unsigned min_rows)
{
    struct vectors v;
    struct twf_arena a;
    struct twf_buf out;

    twf_arena_init(&a, 4096);
    twf_buf_init(&out);
    vectors_open(&v, name);
    while (vectors_next(&v)) {
        struct twf_span value = vectors_bytes(v.cell[0]), fold = folded(value);

        twf_buf_reset(&out);
        render(&a, value, &out);
        vectors_expect(&v, "plain", twf_buf_view(&out), v.cell[1]);
        twf_buf_reset(&out);
        render(&a, fold, &out);
        drop_folds(&out);
        vectors_expect(&v, "folded", twf_buf_view(&out), v.cell[1]);
        for (size_t i = 0; i < value.len; i++) {
            uint8_t *cut = malloc(i > 0 ? i : 1);

            assert_non_null(cut);
            memcpy(cut, value.ptr, i);
            twf_buf_reset(&out);
            render(&a, twf_span(cut, i), &out);
            free(cut);
        }
        free((void *)(uintptr_t)value.ptr);
        free((void *)(uintptr_t)fold.ptr);
        twf_arena_reset(&a);
    }
    twf_buf_fini(&out);
    twf_arena_fini(&a);
    assert_true(v.rows >= min_rows);
}

#endif
