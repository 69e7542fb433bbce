/* SPDX-License-Identifier: Apache-2.0 */
/* tar: every kind of member, and the lies of sizes, sums and names. */
#define _GNU_SOURCE /* memmem */
#include "tar_build.h"

#define MAIL "Subject: x\n\nbody\n"
#define LINE "From a@b.example Tue Jan  2 03:04:05 2024\n"

static bool logged(const struct found *f, const char *text)
{
    return memmem(f->log.ptr, f->log.len, text, strlen(text)) != NULL;
}

static void assert_logged(const struct found *f, const char *text)
{
    if (!logged(f, text))
        fail_msg("no \"%s\" in\n%.*s", text, (int)f->log.len, (const char *)f->log.ptr);
}

static void start(struct twf_buf *b, struct runner *r)
{
    twf_buf_init(b);
    runner_init(r);
}

static void stop(struct twf_buf *b, struct runner *r, struct found *f)
{
    found_fini(f);
    runner_fini(r);
    twf_buf_fini(b);
}

static void members(void **state)
{
    struct twf_buf b;
    struct runner r;
    struct found f;

    (void)state;
    start(&b, &r);
    tar_head(&b, "folder/", '5', 0);
    tar_file(&b, "folder/a.eml", MAIL);
    tar_head(&b, "old-folder/", '\0', 0);
    tar_head(&b, "link", '2', 999); /* no body, whatever the size says */
    tar_head(&b, "device", '3', 0);
    tar_head(&b, "fifo", '6', 0);
    tar_head(&b, "hard", '1', 17); /* the size of the other file: a header follows */
    tar_file(&b, "box", LINE "A: 1\n\nx\n\n" LINE "A: 2\n\ny\n\n");
    tar_file(&b, "picture", "\x89PNG\r\n\x1a\n");
    tar_file(&b, "empty", "");
    tar_file(&b, "exact",
             "Subject: x\n\n"
             "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
             "567890123456789"
             "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
             "567890123456789"
             "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
             "567890123456789"
             "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
             "567890123456789"
             "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
             "567890123456789");
    assert_int_equal(b.len % 512, 0);
    tar_head(&b, "hard with a body", '1', 17);
    twf_buf_str(&b, MAIL);
    tar_pad(&b);
    tar_head(&b, "._a.eml", '0', 26);
    twf_buf_put(&b, "\0\5\26\7\0\2\0\0Mac OS X        \0\2", 26);
    tar_pad(&b);
    tar_head(&b, "last", '7', strlen(MAIL));
    twf_buf_str(&b, MAIL);
    tar_pad(&b);
    tar_end(&b);
    tar_end(&b);
    run_all_cuts(&r, twf_buf_view(&b), 0, &f);
    assert_int_equal(f.format, TWF_SPLIT_TAR);
    assert_int_equal(f.messages, 5);
    assert_int_equal(f.notes[TWF_NOTE_MEMBER_SKIPPED], 5);
    assert_int_equal(f.notes[TWF_NOTE_MEMBER_NOT_MAIL], 3);
    assert_int_equal(f.notes[TWF_NOTE_CUT], 0);
    assert_int_equal(f.sums.gap, 8); /* picture: nobody could read it */
    assert_logged(&f, "member [folder/a.eml]");
    assert_logged(&f, "AppleDouble: ._a.eml");
    assert_logged(&f, "no header field of mail: picture");
    assert_logged(&f, "empty: empty");
    stop(&b, &r, &f);
}

static void names(void **state)
{
    static const char long_name[] = "0123456789/0123456789/0123456789/0123456789/0123456789/"
                                    "0123456789/0123456789/0123456789/0123456789/"
                                    "0123456789/0123456789.eml";
    uint8_t block[512];
    struct twf_buf b;
    struct runner r;
    struct found f;

    (void)state;
    start(&b, &r);
    r.limits.value[TWF_LIMIT_TAR_NAME] = 130;
    tar_head(&b, "././@LongLink", 'L', sizeof(long_name));
    twf_buf_put(&b, long_name, sizeof(long_name));
    tar_pad(&b);
    tar_head(&b, "././@LongLink", 'K', 5);
    twf_buf_str(&b, "other");
    tar_pad(&b);
    tar_file(&b, "cut", MAIL);
    tar_fill(block, "b.eml", '0', strlen(MAIL));
    memcpy(block + 345, "some/prefix", 11);
    tar_seal(block, SUM_UNSIGNED);
    twf_buf_put(&b, block, 512);
    twf_buf_str(&b, MAIL);
    tar_pad(&b);
    tar_pax(&b, 'x', "20 path=from/pax.eml\n");
    tar_file(&b, "cut2", "no pax: the length of the record is wrong\n");
    tar_pax(&b, 'x', "21 path=from/pax.eml\n");
    tar_file(&b, "cut3", MAIL);
    tar_file(&b, "plain.eml", MAIL);
    tar_pax(&b, 'g', "15 path=global\n10 size=8\n");
    tar_file(&b, "cut4", "To:b\nB:\n");
    tar_pax(&b, 'x', "8 size=\n11 path=ok\n");
    tar_file(&b, "cut5", "Cc:b\nB:\n");
    tar_pax(&b, 'g', "8 path=\n8 size=\n");
    tar_head(&b, "././@LongLink", 'L', 600);
    for (int i = 0; i < 600; i++)
        twf_buf_byte(&b, 'n');
    tar_pad(&b);
    tar_file(&b, "cut6", MAIL);
    tar_end(&b);
    run_all_cuts(&r, twf_buf_view(&b), 0, &f);
    assert_int_equal(f.messages, 7);
    assert_logged(&f, long_name);
    assert_logged(&f, "member [some/prefix/b.eml]");
    assert_logged(&f, "member [from/pax.eml]");
    assert_logged(&f, "member [plain.eml]");
    assert_logged(&f, "member [global]");
    assert_logged(&f, "member [ok]");
    assert_logged(&f, "tar-name=130");
    assert_int_equal(f.notes[TWF_NOTE_LIMIT], 1);
    assert_int_equal(f.notes[TWF_NOTE_CONTAINER_BAD], 1);
    stop(&b, &r, &f);
}

static void numbers_and_sums(void **state)
{
    uint8_t block[512];
    struct twf_buf b;
    struct runner r;
    struct found f;

    (void)state;
    start(&b, &r);
    tar_fill(block, "base256", '0', 0);
    memset(block + 124, 0, 12);
    block[124] = 0x80;
    block[135] = (uint8_t)strlen(MAIL);
    tar_seal(block, SUM_UNSIGNED);
    twf_buf_put(&b, block, 512);
    twf_buf_str(&b, MAIL);
    tar_pad(&b);
    tar_fill(block, "sign\xE9", '0', strlen(MAIL));
    tar_seal(block, SUM_SIGNED);
    twf_buf_put(&b, block, 512);
    twf_buf_str(&b, MAIL);
    tar_pad(&b);
    /* v7: no magic */
    tar_fill(block, "v7", '\0', strlen(MAIL));
    memset(block + 257, 0, 8);
    tar_seal(block, SUM_UNSIGNED);
    twf_buf_put(&b, block, 512);
    twf_buf_str(&b, MAIL);
    tar_pad(&b);
    run_all_cuts(&r, twf_buf_view(&b), 0, &f);
    assert_int_equal(f.messages, 3);
    assert_int_equal(f.notes[TWF_NOTE_CUT], 1);
    assert_logged(&f, "no end mark");
    stop(&b, &r, &f);
}

static void sparse(void **state)
{
    uint8_t block[512];
    struct twf_buf b;
    struct runner r;
    struct found f;

    (void)state;
    start(&b, &r);
    tar_fill(block, "gnu", 'S', 600);
    block[482] = 1;
    tar_seal(block, SUM_UNSIGNED);
    twf_buf_put(&b, block, 512);
    memset(block, 0, 512);
    block[504] = 1;
    twf_buf_put(&b, block, 512);
    block[504] = 0;
    twf_buf_put(&b, block, 512);
    for (int i = 0; i < 600; i++)
        twf_buf_byte(&b, 's');
    tar_pad(&b);
    tar_pax(&b, 'x', "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n27 GNU.sparse.name=a/b.eml\n");
    tar_file(&b, "pax", "16\n0\n8\n" MAIL);
    tar_file(&b, "good", MAIL);
    tar_end(&b);
    run_all_cuts(&r, twf_buf_view(&b), 0, &f);
    assert_int_equal(f.messages, 1);
    assert_logged(&f, "sparse: gnu");
    assert_logged(&f, "sparse: a/b.eml");
    assert_int_equal(f.sums.gap, 600 + 7 + strlen(MAIL));
    stop(&b, &r, &f);
}

static void bad_headers(void **state)
{
    uint8_t block[512];
    struct twf_buf b;
    struct runner r;
    struct found f;

    (void)state;
    start(&b, &r);
    tar_file(&b, "one", MAIL);
    tar_fill(block, "wrong sum", '0', strlen(MAIL));
    tar_seal(block, SUM_WRONG);
    twf_buf_put(&b, block, 512);
    twf_buf_str(&b, MAIL);
    tar_pad(&b);
    tar_file(&b, "two", MAIL);
    tar_fill(block, "no number", '0', 0);
    memcpy(block + 124, "12x45678901", 11);
    tar_seal(block, SUM_UNSIGNED);
    twf_buf_put(&b, block, 512);
    tar_file(&b, "three", MAIL);
    tar_fill(block, "negative", '0', 0);
    memset(block + 124, 0xFF, 12);
    tar_seal(block, SUM_UNSIGNED);
    twf_buf_put(&b, block, 512);
    tar_file(&b, "four", MAIL);
    tar_end(&b);
    twf_buf_str(&b, "something behind the end");
    run_all_cuts(&r, twf_buf_view(&b), 0, &f);
    assert_int_equal(f.messages, 4);
    assert_int_equal(f.notes[TWF_NOTE_CONTAINER_BAD], 4);
    assert_int_equal(f.sums.gap, 1024 + 512 + 512 + strlen("something behind the end"));
    stop(&b, &r, &f);
}

/* Sizes that promise more than there is, at every length of the rest. */
static void truncated(void **state)
{
    struct twf_buf b;
    struct runner r;
    struct found f;

    (void)state;
    start(&b, &r);
    tar_file(&b, "one", MAIL);
    tar_file(&b, "two", LINE "A: 1\n\nx\n\n" LINE "A: 2\n\ny\n\n");
    tar_end(&b);
    for (size_t len = 512; len < b.len; len++) {
        run(&r, twf_span_slice(twf_buf_view(&b), 0, len), len, 1, &f);
        /* The end mark is two blocks. One of them alone is an old habit, a part of one is damage.
         */
        assert_int_equal(f.notes[TWF_NOTE_CUT], len != b.len - 512);
        if (len > 1024 + 512 + strlen(LINE) && len < 1024 + 512 + 2 * strlen(LINE) + 18)
            assert_int_equal(f.cut, 1);
        found_fini(&f);
    }
    b.len = 0;
    tar_head(&b, "huge", '0', (uint64_t)1 << 32);
    twf_buf_str(&b, MAIL);
    run_all_cuts(&r, twf_buf_view(&b), 0, &f);
    assert_int_equal(f.messages, 1);
    assert_int_equal(f.cut, 1);
    stop(&b, &r, &f);
}

/* Members longer than a window, in the stream, with a journal report among them. */
static void any_cut(void **state)
{
    struct twf_buf b, body;
    struct runner r;
    struct found f;

    (void)state;
    start(&b, &r);
    r.options.journal = true;
    twf_buf_init(&body);
    put_filler(&body, 8400);
    twf_buf_str(&body, LINE "A: 2\nX-MS-Journal-Report:\n\nsome text\n\n" LINE "A: 3\n");
    twf_buf_byte(&body, 0);
    tar_file(&b, "box", (const char *)body.ptr);
    tar_file(&b, "small", MAIL);
    twf_buf_reset(&body);
    twf_buf_str(&body, "Content-Identifer: ExJournalReport\n\n");
    while (body.len < 9000)
        twf_buf_str(&body, "a journal report that is none\n");
    twf_buf_byte(&body, 0);
    tar_file(&b, "report", (const char *)body.ptr);
    tar_end(&b);
    run(&r, twf_buf_view(&b), b.len, 1, &f);
    for (size_t cut = 8000; cut < b.len; cut += cut % 512 < 480 && cut > 10500 ? 31 : 1) {
        struct found g;

        run(&r, twf_buf_view(&b), cut, b.len, &g);
        assert_same(&f, &g, cut, b.len);
        found_fini(&g);
    }
    assert_int_equal(f.messages, 5);
    twf_buf_fini(&body);
    stop(&b, &r, &f);
}

/* Behind damage of unknown length a header may begin anywhere. */
static void after_damage(void **state)
{
    struct twf_buf b;
    struct runner r;
    struct found f;

    (void)state;
    start(&b, &r);
    tar_file(&b, "one", MAIL);
    tar_file(&b, "two", MAIL);
    tar_file(&b, "three", MAIL);
    tar_end(&b);
    for (size_t lost = 1; lost < 1500; lost += 13) {
        struct twf_span all = twf_buf_view(&b);

        found_init(&f);
        twf_splitter_start(r.splitter, &r.options);
        feed(&r, &f, twf_span_slice(all, 0, 524), false, true);
        twf_splitter_gap(r.splitter, lost);
        for (size_t at = 524 + lost; at < all.len; at += 100)
            feed(&r, &f, twf_span_slice(all, at, at + 100), at + 100 >= all.len, false);
        finish(&r, &f);
        assert_int_equal(f.cut, 1);
        assert_int_equal(f.messages, 524 + lost <= 1024 ? 3 : 524 + lost <= 2048 ? 2 : 1);
        assert_int_equal(f.sums.fed, all.len);
        found_fini(&f);
    }
    found_init(&f);
    stop(&b, &r, &f);
}

/* Random damage: the sums close, and cuts still change nothing. */
static void random_damage(void **state)
{
    uint64_t seed = 20241112;
    struct twf_buf b, copy;
    struct runner r;
    struct found f, g;

    (void)state;
    start(&b, &r);
    r.options.journal = true;
    twf_buf_init(&copy);
    tar_file(&b, "one", MAIL);
    tar_pax(&b, 'x', "21 path=from/pax.eml\n");
    tar_file(&b, "two", LINE "A: 1\nContent-Length: 2\n\nx\n\n" LINE "A: 2\n\ny\n\n");
    tar_head(&b, "././@LongLink", 'L', 5);
    twf_buf_str(&b, "other");
    tar_pad(&b);
    tar_file(&b, "three", MAIL);
    tar_head(&b, "link", '1', 700);
    tar_end(&b);
    for (int i = 0; i < 3000; i++) {
        twf_buf_reset(&copy);
        twf_buf_span(&copy, twf_buf_view(&b));
        for (int n = 0; n < 1 + i % 5; n++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            uint64_t at = (seed >> 33) % copy.len;
            copy.ptr[at] = (uint8_t)(seed >> 20);
            /* Mostly with a right sum, so that the damage is met behind it. */
            if (i % 4 != 0 && at % 512 < 512 && b.ptr[at / 512 * 512 + 257] == 'u')
                tar_seal(copy.ptr + at / 512 * 512, SUM_UNSIGNED);
        }
        run(&r, twf_buf_view(&copy), copy.len, 1, &f);
        run(&r, twf_buf_view(&copy), 1 + (size_t)(seed >> 40) % copy.len, 1 + (seed >> 50) % 700,
            &g);
        assert_same(&f, &g, (size_t)i, 0);
        found_fini(&f);
        found_fini(&g);
    }
    found_init(&f);
    twf_buf_fini(&copy);
    stop(&b, &r, &f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members),          cmocka_unit_test(names),
        cmocka_unit_test(numbers_and_sums), cmocka_unit_test(sparse),
        cmocka_unit_test(bad_headers),      cmocka_unit_test(truncated),
        cmocka_unit_test(any_cut),          cmocka_unit_test(after_damage),
        cmocka_unit_test(random_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
