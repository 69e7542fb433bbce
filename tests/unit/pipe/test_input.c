/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An input from its file to rows, by one to four threads: the sums close for every damage, what lies before
 * the damage keeps its rows, and each row names the frame in which its message begins. Blocks and jobs are
 * small and of random size, so that frames are cut by blocks and some of them go through the lane.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "pipe/pipe.h"

enum { MESSAGES = 60, ROWS_MAX = 512, ROUNDS = 1500 };

/* One row as far as damage must not change it. */
struct row {
    int64_t off, len, frame;
    char what[160]; /* level, verdict and the findings */
    char verified[8];
};

struct seen {
    struct row rows[ROWS_MAX];
    uint32_t count;
    uint32_t incomplete; /* incidents that make the exit status 3 */
};

struct bench {
    struct twf_setup setup;
    char path[32]; /* a file that is written anew each time */
    struct seen seen;
    struct twf_counts counts;
};

static uint64_t rng_state;

static uint32_t rng(uint32_t below)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return (uint32_t)(rng_state >> 32) % below;
}

static void see_batch(struct seen *s, const struct twf_batch *b)
{
    for (uint32_t i = 0; i < b->rows; i++) {
        const struct twf_col *c = b->cols;
        struct row *r = &s->rows[s->count++];
        struct twf_span level = twf_col_bytes(&c[TWF_COL_level], i);
        struct twf_span verdict = twf_col_bytes(&c[TWF_COL_verdict], i);
        struct twf_span ok = twf_col_bytes(&c[TWF_COL_frame_verified], i);

        assert_true(s->count < ROWS_MAX);
        r->off = twf_col_int(&c[TWF_COL_message_offset], i);
        r->len = twf_col_int(&c[TWF_COL_message_length], i);
        r->frame = twf_col_int(&c[TWF_COL_frame_index], i);
        (void)snprintf(r->what, sizeof(r->what), "%.*s %.*s %u", (int)level.len, level.ptr,
                       (int)verdict.len, verdict.ptr, twf_col_list_len(&c[TWF_COL_findings], i));
        (void)snprintf(r->verified, sizeof(r->verified), "%.*s", (int)ok.len, ok.ptr);
    }
}

static int setup(void **state)
{
    struct bench *b = twf_calloc(1, sizeof(*b));
    int fd;

    assert_non_null(b);
    twf_kernels_init(&b->setup.kernels, TWF_CPU_AVX512);
    twf_limits_default(&b->setup.limits);
    b->setup.psl = twf_psl_embedded();
    b->setup.all = true;
    b->setup.since_us = INT64_MIN;
    b->setup.until_us = INT64_MAX;
    b->setup.max_window = (uint64_t)128 << 20;
    b->setup.judge.limits = &b->setup.limits;
    (void)snprintf(b->path, sizeof(b->path), "/tmp/twf-test-XXXXXX");
    fd = mkstemp(b->path);
    assert_true(fd >= 0);
    (void)close(fd);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    (void)unlink(b->path);
    twf_free(b);
    return 0;
}

/* Reads bytes as a file; checks that every byte was counted. job_max 0: any. */
static void run_as(struct bench *b, struct twf_span bytes, uint64_t job_max)
{
    struct twf_io_options io = {.mode = TWF_IO_PREAD, .block_len = 4096, .block_count = 4};
    struct twf_error err = {0};
    const struct twf_batch *batch;
    struct twf_pipe *pipe;
    struct twf_totals t;
    enum twf_status status;
    FILE *f = fopen(b->path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
    b->setup.threads = 1 + rng(4);
    b->setup.job_target = 1 + rng(rng(2) == 0 ? 100 : 20000);
    b->setup.job_max = job_max != 0 ? job_max : 1 + rng(20000);
    b->seen.count = b->seen.incomplete = 0;
    assert_int_equal(twf_pipe_new(&b->setup, &io, &pipe, NULL), TWF_OK);
    assert_int_equal(twf_pipe_add(pipe, b->path, NULL), TWF_OK);
    while ((status = twf_pipe_next(pipe, &batch, &err)) == TWF_OK)
        see_batch(&b->seen, batch);
    /* A sum that does not close is TWF_ERR_INTERNAL here. */
    if (status != TWF_END)
        fail_msg("%s at %llu of %zu", err.text, (unsigned long long)err.off, bytes.len);
    twf_pipe_totals(pipe, &t);
    for (uint64_t i = 0; i < t.incident_listed; i++)
        b->seen.incomplete += t.incidents[i].incomplete;
    assert_int_equal(t.inputs, 1);
    assert_int_equal(t.incomplete, b->seen.incomplete > 0);
    b->counts = t.counts;
    twf_pipe_free(pipe);
    assert_int_equal(b->counts.in_bytes, bytes.len);
    assert_int_equal(b->counts.judged, b->seen.count);
}

static void run(struct bench *b, struct twf_span bytes)
{
    run_as(b, bytes, 0);
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
            /* A frame is known to be good before its end only when it is short. */
            assert_true(strcmp(b->seen.rows[i].verified, "ok") == 0 ||
                        strcmp(b->seen.rows[i].verified, "pending") == 0);
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

/*
 * --salvage goes on behind damage: what begins in frames behind the damaged ones has its row, and no row
 * appears that the whole archive does not have, but for those that damage cut short or made up.
 */
static void test_salvage(void **state)
{
    struct bench *b = *state;
    struct seen *whole = malloc(sizeof(*whole));
    struct piece pieces[64];
    struct twf_buf plain, packed, broken;
    size_t n, found = 0, lost = 0;

    assert_non_null(whole);
    twf_buf_init(&plain);
    twf_buf_init(&packed);
    twf_buf_init(&broken);
    for (int i = 0; i < MESSAGES; i++)
        put_message(&plain, i, rng(40));
    n = pack(twf_buf_view(&plain), &packed, pieces, 64);
    run(b, twf_buf_view(&packed));
    *whole = b->seen;
    b->setup.salvage = true;
    b->setup.format = TWF_SPLIT_MBOX; /* without its first bytes an archive does not say what it is */
    for (int round = 0; round < ROUNDS; round++) {
        /* One byte is turned: the frames that it does not touch stay whole. */
        /* Without the very first magic the file is no archive at all. */
        size_t at = 4 + rng((uint32_t)packed.len - 4), hit = 0;
        size_t after;

        /* A skippable frame is passed over, not kept: a wrong length of it hides what follows. */
        if (at < pieces[2].comp && pieces[2].comp - at <= 11)
            continue;
        twf_buf_reset(&broken);
        twf_buf_span(&broken, twf_buf_view(&packed));
        broken.ptr[at] ^= (uint8_t)(1u << rng(8));
        /* Of a long frame, what the lane has taken of a block is lost with it. */
        run_as(b, twf_buf_view(&broken), 1 << 20);
        while (hit + 1 < n && pieces[hit + 1].comp <= at)
            hit++;
        after = hit + 1 < n ? pieces[hit + 1].plain : plain.len;
        for (uint32_t i = 0; i < whole->count; i++) {
            bool seen = false;

            /* The first separator behind the gap belongs to a message that may be lost. */
            if ((size_t)whole->rows[i].off < after + 8000)
                continue;
            for (uint32_t k = 0; k < b->seen.count && !seen; k++)
                seen = b->seen.rows[k].len == whole->rows[i].len &&
                       strcmp(b->seen.rows[k].what, whole->rows[i].what) == 0;
            found += seen;
            lost += !seen;
        }
    }
    b->setup.salvage = false;
    b->setup.format = TWF_SPLIT_AUTO;
    printf("salvage: %zu messages behind damage found, %zu lost\n", found, lost);
    assert_true(found > 0);
    assert_int_equal(lost, 0);
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
    run_as(b, twf_buf_view(&packed), 1 << 20);
    assert_int_equal(b->seen.count, 3);
    assert_int_equal(b->seen.rows[0].frame, 0);
    assert_int_equal(b->seen.rows[1].frame, 0);
    assert_int_equal(b->seen.rows[2].frame, 12); /* the skippable one has a number too */
    for (uint32_t i = 0; i < 3; i++)
        assert_non_null(strstr(b->seen.rows[i].verified, "ok"));
    /* The last byte belongs to the checksum of the frame in which messages 2 and 3 end. */
    packed.ptr[packed.len - 1] ^= 1;
    run_as(b, twf_buf_view(&packed), 1 << 20);
    assert_non_null(strstr(b->seen.rows[0].verified, "ok"));
    assert_non_null(strstr(b->seen.rows[1].verified, "bad"));
    assert_non_null(strstr(b->seen.rows[2].verified, "bad"));
    assert_true(b->seen.incomplete > 0);
    twf_buf_fini(&plain);
    twf_buf_fini(&packed);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_frames, setup, teardown),
        cmocka_unit_test_setup_teardown(test_salvage, setup, teardown),
    };

    rng_state = argc > 1 ? strtoull(argv[1], NULL, 10) : 88172645463325252u;
    printf("seed %llu\n", (unsigned long long)rng_state);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
