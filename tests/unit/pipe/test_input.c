/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An input from its compressed bytes to rows: the sums close for every damage, what lies before the
 * damage keeps its rows, and each row names the frame in which its message begins.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "pipe/input.h"

enum { MESSAGES = 60, ROWS_MAX = 512, ROUNDS = 1500 };

/* One row as far as damage must not change it. */
struct row {
    int64_t off, len, frame;
    char what[160]; /* level, verdict, verified and the findings */
};

struct seen {
    struct row rows[ROWS_MAX];
    uint32_t count;
    uint32_t incomplete; /* incidents that make the exit status 3 */
};

struct bench {
    struct twf_setup setup;
    struct twf_worker *worker;
    struct twf_input *input;
    struct seen seen;
};

static uint64_t rng_state;

static uint32_t rng(uint32_t below)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return (uint32_t)(rng_state >> 32) % below;
}

static enum twf_status on_batch(void *ctx, struct twf_batch **b, struct twf_error *err)
{
    struct seen *s = ctx;

    (void)err;
    for (uint32_t i = 0; i < (*b)->rows; i++) {
        const struct twf_col *c = (*b)->cols;
        struct row *r = &s->rows[s->count++];
        struct twf_span level = twf_col_bytes(&c[TWF_COL_level], i);
        struct twf_span verdict = twf_col_bytes(&c[TWF_COL_verdict], i);
        struct twf_span ok = twf_col_bytes(&c[TWF_COL_frame_verified], i);

        assert_true(s->count < ROWS_MAX);
        r->off = twf_col_int(&c[TWF_COL_message_offset], i);
        r->len = twf_col_int(&c[TWF_COL_message_length], i);
        r->frame = twf_col_int(&c[TWF_COL_frame_index], i);
        (void)snprintf(r->what, sizeof(r->what), "%.*s %.*s %.*s %u", (int)level.len, level.ptr,
                       (int)verdict.len, verdict.ptr, (int)ok.len, ok.ptr,
                       twf_col_list_len(&c[TWF_COL_findings], i));
    }
    return TWF_OK;
}

static void on_incident(void *ctx, const char *code, uint64_t off, uint64_t len, bool decoded,
                        bool incomplete, const char *text)
{
    (void)code, (void)off, (void)len, (void)decoded, (void)text;
    ((struct seen *)ctx)->incomplete += incomplete;
}

static int setup(void **state)
{
    struct bench *b = twf_calloc(1, sizeof(*b));
    struct twf_input_sink sink = {on_batch, on_incident, NULL};

    assert_non_null(b);
    sink.ctx = &b->seen;
    twf_kernels_init(&b->setup.kernels, TWF_CPU_AVX512);
    twf_limits_default(&b->setup.limits);
    b->setup.psl = twf_psl_embedded();
    b->setup.all = true;
    b->setup.since_us = INT64_MIN;
    b->setup.until_us = INT64_MAX;
    b->setup.max_window = (uint64_t)128 << 20;
    b->setup.judge.limits = &b->setup.limits;
    assert_int_equal(twf_worker_new(&b->setup, &b->worker, NULL), TWF_OK);
    assert_int_equal(twf_input_new(&b->setup, b->worker, &sink, &b->input, NULL), TWF_OK);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    twf_input_free(b->input);
    twf_worker_free(b->worker);
    twf_free(b);
    return 0;
}

/* Feeds bytes in random pieces, copied to their exact size; checks that every byte was counted. */
static void run(struct bench *b, struct twf_span bytes)
{
    struct twf_span left = bytes;
    struct twf_error err = {0};
    const struct twf_counts *c = twf_input_counts(b->input);

    b->seen.count = b->seen.incomplete = 0;
    twf_input_start(b->input, "test", "0", false);
    while (left.len > 0) {
        size_t n = 1 + rng(rng(4) == 0 ? 7 : 3000);
        uint8_t *copy = malloc(n = n < left.len ? n : left.len);

        assert_non_null(copy);
        memcpy(copy, left.ptr, n);
        if (twf_input_feed(b->input, twf_span(copy, n), &err) != TWF_OK)
            fail_msg("feed: %s at %llu of %zu", err.text, (unsigned long long)err.off, bytes.len);
        free(copy);
        left = twf_span_slice(left, n, left.len);
    }
    /* A sum that does not close is TWF_ERR_INTERNAL here. */
    if (twf_input_end(b->input, &err) != TWF_OK)
        fail_msg("end: %s at %llu of %zu", err.text, (unsigned long long)err.off, bytes.len);
    assert_int_equal(c->in_bytes, bytes.len);
    assert_int_equal(c->judged, b->seen.count);
}

static void put_message(struct twf_buf *out, int i, size_t body)
{
    twf_buf_printf(out, "From a%d@x.example Thu Nov 14 08:15:00 2024\nReturn-Path: <a%d@x.example>\n", i, i);
    twf_buf_printf(out, "From: %s<a%d@%s.example>\nSubject: s\n\n", i % 3 == 0 ? "B, " : "", i,
                   i % 5 == 0 ? "y" : "x");
    while (body-- > 0)
        twf_buf_printf(out, "line %zu %08x\n", body, rng(UINT32_MAX));
    twf_buf_byte(out, '\n');
}

struct piece {
    size_t comp, plain; /* where the frame begins */
};

/* Frames of plain bytes cut at random places, a skippable one in between; returns their number. */
static size_t pack(struct twf_span plain, struct twf_buf *out, struct piece *pieces, size_t cap)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    size_t n = 0, at = 0;

    assert_non_null(z);
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    while (at < plain.len) {
        size_t len = plain.len - at, bound, got;

        if (n + 1 < cap && len > 4000)
            len = 1000 + rng(3000);
        bound = ZSTD_compressBound(len);
        pieces[n++] = (struct piece){out->len, at};
        assert_non_null(twf_buf_reserve(out, bound));
        got = ZSTD_compress2(z, out->ptr + out->len, bound, plain.ptr + at, len);
        assert_false(ZSTD_isError(got));
        out->len += got;
        at += len;
        if (n == 2)
            twf_buf_put(out, "\x50\x2A\x4D\x18\x03\0\0\0abc", 11);
    }
    ZSTD_freeCCtx(z);
    return n;
}

static void damage(struct twf_buf *bytes, size_t *first)
{
    size_t at = *first = rng((uint32_t)bytes->len);

    switch (rng(4)) {
    case 0: bytes->ptr[at] ^= (uint8_t)(1u << rng(8)); break;
    case 1: bytes->len = at; break;
    case 2: /* 1 to 9 bytes more */
        for (uint32_t n = 1 + rng(9); n > 0; n--) {
            twf_buf_byte(bytes, 0);
            memmove(bytes->ptr + at + 1, bytes->ptr + at, bytes->len - at - 1);
            bytes->ptr[at] = (uint8_t)rng(256);
        }
        break;
    default: /* some bytes gone */
        at = bytes->len - at < 9 ? bytes->len - *first : 1 + rng(8);
        memmove(bytes->ptr + *first, bytes->ptr + *first + at, bytes->len - *first - at);
        bytes->len -= at;
        break;
    }
}

/* A cut between two frames leaves a whole archive: nobody can see that there was more. */
static bool is_whole(struct twf_span packed, size_t len)
{
    size_t at = 0;

    while (at < len && at < packed.len)
        at += ZSTD_findFrameCompressedSize(packed.ptr + at, packed.len - at);
    return at == len;
}

static void test_damage(void **state)
{
    struct bench *b = *state;
    struct seen *whole = malloc(sizeof(*whole));
    struct piece pieces[32];
    struct twf_buf plain, packed, broken;
    size_t n;

    assert_non_null(whole);
    twf_buf_init(&plain);
    twf_buf_init(&packed);
    twf_buf_init(&broken);
    for (int i = 0; i < MESSAGES; i++)
        put_message(&plain, i, rng(40));
    n = pack(twf_buf_view(&plain), &packed, pieces, 32);
    assert_true(n > 4);
    run(b, twf_buf_view(&packed));
    assert_int_equal(b->seen.count, MESSAGES);
    assert_int_equal(b->seen.incomplete, 0);
    *whole = b->seen;
    for (int round = 0; round < ROUNDS; round++) {
        size_t at, intact = 0;

        twf_buf_reset(&broken);
        twf_buf_span(&broken, twf_buf_view(&packed));
        damage(&broken, &at);
        run(b, twf_buf_view(&broken));
        for (size_t i = 0; i < n && pieces[i].comp <= at; i++)
            intact = pieces[i].plain;
        /* A message is complete before the damage when the next one begins there too. */
        for (uint32_t i = 0; i + 1 < whole->count && (size_t)whole->rows[i + 1].off < intact; i++) {
            assert_true(i < b->seen.count);
            assert_memory_equal(&whole->rows[i], &b->seen.rows[i], offsetof(struct row, frame));
            assert_int_equal(whole->rows[i].frame, b->seen.rows[i].frame);
            assert_string_equal(whole->rows[i].what, b->seen.rows[i].what);
        }
        if (b->seen.count != whole->count && b->seen.incomplete == 0 &&
            !is_whole(twf_buf_view(&packed), broken.len))
            fail_msg("round %d: %u of %u messages, and no incident; damage at %zu, now %zu bytes", round,
                     b->seen.count, whole->count, at, broken.len);
    }
    twf_buf_fini(&plain);
    twf_buf_fini(&packed);
    twf_buf_fini(&broken);
    free(whole);
}

/* Three messages; the second one begins in frame 0 and reaches over all frames but the last. */
static void test_frames(void **state)
{
    struct bench *b = *state;
    struct piece pieces[32];
    struct twf_buf plain, packed;
    size_t n;

    twf_buf_init(&plain);
    twf_buf_init(&packed);
    put_message(&plain, 1, 1);
    put_message(&plain, 2, 2000);
    put_message(&plain, 3, 1);
    n = pack(twf_buf_view(&plain), &packed, pieces, 12);
    assert_true(n == 12);
    run(b, twf_buf_view(&packed));
    assert_int_equal(b->seen.count, 3);
    assert_int_equal(b->seen.rows[0].frame, 0);
    assert_int_equal(b->seen.rows[1].frame, 0);
    assert_int_equal(b->seen.rows[2].frame, 12); /* the skippable one has a number too */
    for (uint32_t i = 0; i < 3; i++)
        assert_non_null(strstr(b->seen.rows[i].what, " ok "));
    /* The last byte belongs to the checksum of the frame in which messages 2 and 3 end. */
    packed.ptr[packed.len - 1] ^= 1;
    run(b, twf_buf_view(&packed));
    assert_non_null(strstr(b->seen.rows[0].what, " ok "));
    assert_non_null(strstr(b->seen.rows[1].what, " bad "));
    assert_non_null(strstr(b->seen.rows[2].what, " bad "));
    assert_true(b->seen.incomplete > 0);
    twf_buf_fini(&plain);
    twf_buf_fini(&packed);
}

/* A hole in plain bytes costs the message it lies in, and is counted. */
static void test_hole(void **state)
{
    struct bench *b = *state;
    struct twf_buf plain;
    size_t half;

    twf_buf_init(&plain);
    put_message(&plain, 1, 3);
    half = plain.len - 20;
    put_message(&plain, 2, 3);
    b->seen.count = b->seen.incomplete = 0;
    twf_input_start(b->input, "test", "0", false);
    assert_int_equal(twf_input_feed(b->input, twf_span(plain.ptr, half), NULL), TWF_OK);
    assert_int_equal(twf_input_hole(b->input, 20, NULL), TWF_OK);
    assert_int_equal(twf_input_feed(b->input, twf_span(plain.ptr + half + 20, plain.len - half - 20), NULL),
                     TWF_OK);
    assert_int_equal(twf_input_end(b->input, NULL), TWF_OK);
    assert_int_equal(twf_input_counts(b->input)->unread_bytes, 20);
    assert_int_equal(twf_input_counts(b->input)->in_bytes, plain.len);
    assert_int_equal(b->seen.count, 2);
    assert_true(b->seen.incomplete > 0);
    twf_buf_fini(&plain);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_frames, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hole, setup, teardown),
    };

    rng_state = argc > 1 ? strtoull(argv[1], NULL, 10) : 88172645463325252u;
    printf("seed %llu\n", (unsigned long long)rng_state);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
