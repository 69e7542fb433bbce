/* SPDX-License-Identifier: Apache-2.0 */
/* A parsed From as one line of text, so that tests compare all of it with a string. */
#ifndef TWF_TESTS_FROM_TEXT_H
#define TWF_TESTS_FROM_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "parse/parse.h"

struct from_bench {
    struct twf_domains *domains;
    struct twf_arena arena;
    struct twf_limits limits;
    uint8_t *copy; /* the value, in memory of its exact size */
    struct twf_from from;
    struct twf_buf text;
};

static inline void from_bench_init(struct from_bench *b)
{
    *b = (struct from_bench){0};
    assert_int_equal(twf_domains_new(twf_psl_embedded(), &b->domains, NULL), TWF_OK);
    twf_arena_init(&b->arena, 1 << 16);
    twf_limits_default(&b->limits);
    twf_buf_init(&b->text);
}

static inline void from_bench_fini(struct from_bench *b)
{
    twf_free(b->copy);
    twf_buf_fini(&b->text);
    twf_arena_fini(&b->arena);
    twf_domains_free(b->domains);
}

/* Offsets in the result begin at raw_off 100. */
static inline void from_bench_parse(struct from_bench *b, struct twf_span raw)
{
    twf_arena_reset(&b->arena);
    twf_free(b->copy);
    b->copy = twf_malloc(raw.len);
    assert_non_null(b->copy);
    if (raw.len > 0)
        memcpy(b->copy, raw.ptr, raw.len);
    twf_from_parse(b->domains, &b->arena, &b->limits, twf_span(b->copy, raw.len), 100, &b->from);
    assert_int_equal(b->arena.failed, 0);
}

static const char *const addr_error_names[TWF_ADDR_ERROR_COUNT] = {
    [TWF_ADDR_TEXT_AFTER] = "text_after",
    [TWF_ADDR_ANGLE_NESTED] = "nested",
    [TWF_ADDR_ANGLE_NESTED_AT] = "nested_at",
    [TWF_ADDR_UNCLOSED] = "unclosed",
    [TWF_ADDR_ROUTE] = "route",
    [TWF_ADDR_GROUP] = "group",
    [TWF_ADDR_GROUP_ANGLE_AT] = "group_at",
    [TWF_ADDR_GROUP_OPEN] = "group_open",
    [TWF_ADDR_GROUP_TAIL] = "group_tail",
    [TWF_ADDR_SEMICOLON] = "semicolon",
    [TWF_ADDR_COMMA_PHRASE] = "comma_phrase",
    [TWF_ADDR_PLAIN_DISPLAY] = "plain_display",
    [TWF_ADDR_EMPTY_ANGLE] = "empty_angle",
    [TWF_ADDR_NO_AT] = "no_at",
    [TWF_ADDR_BAD_LOCAL] = "bad_local",
    [TWF_ADDR_BAD_DOMAIN] = "bad_domain",
    [TWF_ADDR_BAD_PHRASE] = "bad_phrase",
    [TWF_ADDR_EMPTY] = "empty",
    [TWF_ADDR_ENCODED_WORD] = "encoded_word",
    [TWF_ADDR_TOO_MANY] = "too_many",
    [TWF_ADDR_COMMENT_DEPTH] = "comment_depth",
    [TWF_ADDR_GROUP_NAMELESS] = "group_nameless",
    [TWF_ADDR_GROUP_NESTED] = "group_nested",
    [TWF_ADDR_LOCAL_DOTS] = "local_dots",
};

/* "ok", "obs" or "bad"; then each error with the bytes that it names. */
static inline void from_put_errors(struct twf_buf *out, const struct twf_from *f)
{
    twf_buf_str(out, f->strict_ok ? (f->obs ? "obs" : "ok") : "bad");
    for (unsigned i = 0; i < TWF_ADDR_ERROR_COUNT; i++) {
        if ((f->errors & 1u << i) == 0)
            continue;
        assert_true(f->error_off[i] <= f->value.len);
        assert_true(f->error_len[i] <= f->value.len - f->error_off[i]);
        twf_buf_printf(out, " %s=[", addr_error_names[i]);
        twf_buf_span(out, twf_span(f->value.ptr + f->error_off[i], f->error_len[i]));
        twf_buf_byte(out, ']');
    }
}

/* "{display} local@domain", one mailbox behind the other. */
static inline void from_put_mailboxes(struct twf_buf *out, const struct twf_from *f)
{
    for (uint32_t i = 0; i < f->mailbox_count; i++) {
        const struct twf_mailbox *m = &f->mailboxes[i];

        if (i > 0)
            twf_buf_byte(out, ' ');
        if (m->display.len > 0) {
            twf_buf_byte(out, '{');
            twf_buf_span(out, m->display);
            twf_buf_str(out, "} ");
        }
        if (m->in_group)
            twf_buf_byte(out, ':');
        if (m->angle)
            twf_buf_byte(out, '<');
        twf_buf_span(out, m->local);
        twf_buf_byte(out, '@');
        twf_buf_span(out, m->domain.name);
        if (m->angle)
            twf_buf_byte(out, '>');
    }
}

/* "S3=local@domain"; '*' behind what exists after decoding only. */
static inline void from_put_readings(struct twf_buf *out, const struct twf_from *f, unsigned first)
{
    const char *gap = "";

    for (uint32_t i = 0; i < f->reading_count; i++) {
        const struct twf_reading *r = &f->readings[i];

        if (r->reader < first)
            continue;
        twf_buf_printf(out, "%sS%u=", gap, r->reader);
        twf_buf_span(out, r->local);
        twf_buf_byte(out, '@');
        twf_buf_span(out, r->domain.name);
        if (r->decoded)
            twf_buf_byte(out, '*');
        gap = " ";
    }
}

/* Fails with the row's number unless what was put equals expected. */
static inline void from_expect(struct from_bench *b, size_t row, const char *what,
                               const char *expected)
{
    struct twf_span got = twf_buf_view(&b->text);

    if (!twf_span_is(got, expected))
        fail_msg("row %zu, %s:\n  got      %.*s\n  expected %s", row, what, (int)got.len,
                 (const char *)got.ptr, expected);
    twf_buf_reset(&b->text);
}

#endif
