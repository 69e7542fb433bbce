/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first bytes of a frame are those of the whole frame: for every level, block type and framing, however
 * the wish grows; and where bytes are damaged, for all that libzstd still decodes to an end.
 */
#include "archive.h"

#include "base/alloc.h"

enum kind { KIND_MAIL, KIND_BASE64, KIND_RANDOM, KIND_SAME, KIND_WORDS, KIND_MIXED, KINDS };

static uint32_t rng_next(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}

static void fill_words(uint8_t *to, size_t len, uint32_t *x)
{
    static const char *const words[] = {"From: ",      "Received: from ", "example.com", " by mx1.",
                                        "X-Spam: no",  "\r\n",            "=?utf-8?q?",  "<a.b@",
                                        "dkim=pass; ", " 2024 10:",       "text/plain",  ">\n\t"};

    for (size_t at = 0; at < len;) {
        const char *w = words[rng_next(x) % TWF_COUNT(words)];
        size_t n = TWF_MIN(strlen(w), len - at);

        memcpy(to + at, w, n);
        at += n;
        if (at < len && rng_next(x) % 3 == 0)
            to[at++] = (uint8_t)('a' + rng_next(x) % 26);
    }
}

static void fill(enum kind kind, uint8_t *to, size_t len, uint32_t seed)
{
    static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t x = seed * 2654435761u + 1;
    size_t third = len / 3;

    switch (kind) {
    case KIND_SAME: memset(to, 'x', len); return;
    case KIND_WORDS: fill_words(to, len, &x); return;
    case KIND_MIXED:
        fill_words(to, third, &x);
        memset(to + third, '=', third);
        for (size_t i = 2 * third; i < len; i++)
            to[i] = (uint8_t)rng_next(&x);
        return;
    default: break;
    }
    for (size_t i = 0; i < len; i++) {
        uint32_t r = rng_next(&x);

        to[i] = kind == KIND_RANDOM   ? (uint8_t)r
                : kind == KIND_BASE64 ? (uint8_t)(i % 77 == 76 ? '\n' : b64[r >> 26])
                                      : plain_text(len)[i];
    }
    if (kind == KIND_BASE64)
        fill_words(to, TWF_MIN(len, (size_t)6000), &x);
}

struct made {
    uint8_t *plain, *comp;
    size_t plain_len, comp_len;
};

struct how {
    int level, window_log, ldm, checksum, content_size, strategy;
    size_t flush; /* a block ends at least every so many bytes; 0: only where zstd wants */
};

static struct made make(enum kind kind, size_t len, const struct how *h)
{
    size_t bound = ZSTD_compressBound(len) + (h->flush == 0 ? 0 : len / h->flush * 16) + 1024;
    struct made m = {malloc(len + 1), NULL, len, 0};
    uint8_t *to = malloc(bound);
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_outBuffer out = {to, bound, 0};

    assert_true(m.plain != NULL && to != NULL && c != NULL);
    fill(kind, m.plain, len, (uint32_t)len);
    ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, h->level);
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, h->checksum);
    ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, h->content_size);
    ZSTD_CCtx_setParameter(c, ZSTD_c_enableLongDistanceMatching, h->ldm);
    if (h->window_log != 0)
        ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, h->window_log);
    if (h->strategy != 0)
        ZSTD_CCtx_setParameter(c, ZSTD_c_strategy, h->strategy);
    if (h->content_size)
        ZSTD_CCtx_setPledgedSrcSize(c, len);
    for (size_t at = 0;;) {
        size_t n = h->flush == 0 ? len - at : TWF_MIN(h->flush, len - at);
        ZSTD_inBuffer in = {m.plain + at, n, 0};

        at += n;
        assert_int_equal(ZSTD_compressStream2(c, &out, &in, at == len ? ZSTD_e_end : ZSTD_e_flush),
                         0);
        if (at == len)
            break;
    }
    m.comp = exact_copy(to, out.pos);
    m.comp_len = out.pos;
    free(to);
    ZSTD_freeCCtx(c);
    return m;
}

static void made_free(struct made *m)
{
    free(m->plain);
    free(m->comp);
}

/* Asks for more and more, the next wish by factor; cap is exactly the frame's length. */
static void check_growing(struct twf_prefix *p, const struct made *m, size_t first, size_t add)
{
    uint8_t *dst = malloc(m->plain_len + 1);
    size_t got = 0, used = 0;
    enum twf_status status = TWF_OK;

    assert_non_null(dst);
    dst[m->plain_len] = 0xA5;
    assert_true(twf_prefix_begin(p, twf_span(m->comp, m->comp_len), dst, m->plain_len));
    for (size_t want = first; got < m->plain_len; want = got + add) {
        status = twf_prefix_more(p, want, &got);
        assert_true(status == TWF_OK || (status == TWF_END && got == m->plain_len));
        assert_true(got <= m->plain_len && (got >= want || got == m->plain_len));
        assert_memory_equal(dst, m->plain, got);
        assert_true(twf_prefix_used(p) >= used && twf_prefix_used(p) <= m->comp_len);
        used = twf_prefix_used(p);
    }
    assert_int_equal(dst[m->plain_len], 0xA5);
    free(dst);
}

static void check_frame(struct twf_prefix *p, enum kind kind, size_t len, const struct how *h)
{
    struct made m = make(kind, len, h);

    check_growing(p, &m, 1, len / 40 + 1);
    check_growing(p, &m, 8192, 8192);
    check_growing(p, &m, len, 1);
    made_free(&m);
}

static void test_levels(void **state)
{
    static const size_t lens[] = {1, 40, 700, 9000, 70000, 131072, 200000};
    struct twf_prefix *p = twf_prefix_new();

    (void)state;
    assert_non_null(p);
    for (int level = -7; level <= 22; level++) {
        for (int kind = 0; kind < KINDS; kind++) {
            const struct how h = {.level = level,
                                  .checksum = level & 1,
                                  .content_size = kind != KIND_WORDS};
            size_t n = level > 12 ? TWF_COUNT(lens) - 2 : TWF_COUNT(lens);

            for (size_t i = 0; i < n; i++)
                check_frame(p, (enum kind)kind, lens[i], &h);
        }
    }
    twf_prefix_free(p);
}

/* Blocks that follow use tables, offsets and bytes of those before. */
static void test_framing(void **state)
{
    static const struct how hows[] = {
        {.level = 3, .flush = 1000},
        {.level = 3, .flush = 1000, .content_size = 1, .checksum = 1},
        {.level = 19, .flush = 3333, .content_size = 1},
        {.level = 3, .window_log = 10},
        {.level = 7, .window_log = 12, .flush = 20000},
        {.level = 3, .ldm = 1, .window_log = 27, .content_size = 1},
        {.level = 22, .ldm = 1},
        {.level = 1, .strategy = ZSTD_btultra2},
    };
    struct twf_prefix *p = twf_prefix_new();

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < TWF_COUNT(hows); i++) {
        for (int kind = 0; kind < KINDS; kind++)
            check_frame(p, (enum kind)kind, 400000, &hows[i]);
    }
    twf_prefix_free(p);
}

/* What is decoded for a header is a small part of a frame that holds an attachment. */
static void test_is_lazy(void **state)
{
    const struct how h = {.level = 3, .content_size = 1, .checksum = 1};
    struct made m = make(KIND_BASE64, 100000, &h);
    uint8_t *dst = malloc(m.plain_len);
    struct twf_prefix *p = twf_prefix_new();
    size_t got;

    (void)state;
    assert_true(twf_prefix_begin(p, twf_span(m.comp, m.comp_len), dst, m.plain_len));
    assert_int_equal(twf_prefix_more(p, 8192, &got), TWF_OK);
    assert_true(got < 20000 && twf_prefix_used(p) < m.comp_len / 3);
    twf_prefix_free(p);
    free(dst);
    made_free(&m);
}

/* Frames of all kinds side by side come out as they do one by one, whatever was decoded ahead of them. */
static void check_abreast(struct twf_prefix *const *p, const struct made *m, size_t n, size_t literals)
{
    uint8_t *dst[TWF_PREFIX_ABREAST];
    size_t got, want, used;

    for (size_t i = 0; i < n; i++) {
        dst[i] = malloc(m[i].plain_len);
        assert_non_null(dst[i]);
        memset(dst[i], 0xA5, m[i].plain_len);
        assert_true(twf_prefix_begin(p[i], twf_span(m[i].comp, m[i].comp_len), dst[i], m[i].plain_len));
    }
    twf_prefix_abreast(p, n, literals);
    for (size_t i = 0; i < n; i++) {
        for (size_t at = 0; at < m[i].plain_len; at++)
            assert_int_equal(dst[i][at], 0xA5); /* not before it is asked for */
    }
    for (size_t i = 0; i < n; i++) {
        want = TWF_MIN((size_t)7000, m[i].plain_len);
        assert_int_equal(twf_prefix_more(p[i], want, &got), TWF_OK);
        assert_memory_equal(dst[i], m[i].plain, got);
        used = twf_prefix_used(p[i]);
        assert_int_equal(twf_prefix_more(p[i], m[i].plain_len, &got), TWF_OK);
        assert_int_equal(got, m[i].plain_len);
        assert_memory_equal(dst[i], m[i].plain, got);
        assert_true(twf_prefix_begin(p[i], twf_span(m[i].comp, m[i].comp_len), dst[i], m[i].plain_len));
        assert_int_equal(twf_prefix_more(p[i], want, &got), TWF_OK);
        assert_int_equal(twf_prefix_used(p[i]), used);
        free(dst[i]);
    }
}

static void test_abreast(void **state)
{
    static const size_t literals[] = {0, 1, 4, 5, 100, 5000, 1000000};
    const struct how h = {.level = 3, .content_size = 1};
    struct twf_prefix *p[TWF_PREFIX_ABREAST];
    struct made m[KINDS + 3];

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(p); i++)
        assert_non_null(p[i] = twf_prefix_new());
    for (size_t i = 0; i < TWF_COUNT(m); i++)
        m[i] = make(i < KINDS ? (enum kind)i : KIND_BASE64, 90000 + 9000 * i, &h);
    for (size_t n = 0; n <= TWF_PREFIX_ABREAST; n++) {
        for (size_t from = 0; from + n <= TWF_COUNT(m); from++) {
            for (size_t i = 0; i < TWF_COUNT(literals); i++)
                check_abreast(p, m + from, n, literals[i]);
        }
    }
    for (size_t i = 0; i < TWF_COUNT(m); i++)
        made_free(&m[i]);
    for (size_t i = 0; i < TWF_COUNT(p); i++)
        twf_prefix_free(p[i]);
}

/* Of bytes that libzstd decodes the prefix says the same, or nothing. */
static void check_damaged(struct twf_prefix *p, const uint8_t *comp, size_t len, size_t plain_len)
{
    size_t cap = plain_len + 200, oracle, got = 0;
    uint8_t *a = malloc(cap), *b = malloc(cap), *c = exact_copy(comp, len);

    assert_true(a != NULL && b != NULL);
    oracle = ZSTD_decompress(a, cap, c, len);
    for (size_t want = 1; want <= cap; want += 1 + cap / 3) {
        if (!twf_prefix_begin(p, twf_span(c, len), b, cap))
            break;
        if (twf_prefix_more(p, want, &got) == TWF_ERR_FORMAT)
            continue;
        assert_true(got <= cap);
        if (!ZSTD_isError(oracle)) {
            assert_true(got <= oracle);
            assert_memory_equal(a, b, got);
        }
    }
    free(a);
    free(b);
    free(c);
}

static void test_damage(void **state)
{
    static const struct how hows[] = {{.level = 3, .content_size = 1},
                                      {.level = 3, .flush = 500},
                                      {.level = 19, .checksum = 1, .content_size = 1}};
    struct twf_prefix *p = twf_prefix_new();

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < TWF_COUNT(hows) * KINDS; i++) {
        struct made m = make((enum kind)(i % KINDS), 1500, &hows[i / KINDS]);

        for (size_t at = 0; at < m.comp_len; at++) {
            for (int bit = 0; bit < 8; bit++) {
                m.comp[at] ^= (uint8_t)(1u << bit);
                check_damaged(p, m.comp, m.comp_len, m.plain_len);
                m.comp[at] ^= (uint8_t)(1u << bit);
            }
            check_damaged(p, m.comp, at, m.plain_len);
        }
        made_free(&m);
    }
    twf_prefix_free(p);
}

/* A dictionary, a skippable frame, no frame, too little room. */
static void test_refused(void **state)
{
    static const uint8_t skippable[] = {0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 'x'};
    const struct how h = {.level = 3, .content_size = 1};
    struct made m = make(KIND_WORDS, 5000, &h);
    struct twf_prefix *p = twf_prefix_new();
    uint8_t *dst = malloc(5000);
    size_t got;

    (void)state;
    assert_false(twf_prefix_begin(p, twf_span(skippable, sizeof(skippable)), dst, 5000));
    assert_int_equal(twf_prefix_more(p, 1, &got), TWF_ERR_FORMAT);
    assert_false(twf_prefix_begin(p, twf_span("mail", 4), dst, 5000));
    assert_false(twf_prefix_begin(p, twf_span(NULL, 0), dst, 5000));
    assert_true(twf_prefix_begin(p, twf_span(m.comp, m.comp_len), dst, 4000));
    assert_int_equal(twf_prefix_more(p, 5000, &got), TWF_ERR_FORMAT);
    assert_int_equal(twf_prefix_more(p, 1, &got), TWF_ERR_FORMAT);
    m.comp[4] |= 1; /* a dictionary of one byte */
    assert_false(twf_prefix_begin(p, twf_span(m.comp, m.comp_len), dst, 5000));
    free(dst);
    twf_prefix_free(p);
    made_free(&m);
}

static void test_no_memory(void **state)
{
    (void)state;
    twf_alloc_fail_at(1);
    assert_null(twf_prefix_new());
    twf_alloc_fail_at(0);
    twf_prefix_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels), cmocka_unit_test(test_framing),
        cmocka_unit_test(test_is_lazy), cmocka_unit_test(test_abreast), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
