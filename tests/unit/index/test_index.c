/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An index written and read back: every value of every column, in batches of any size; and an index that
 * was cut or changed at any byte: refused, never believed, never a crash.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "index/reader.h"
#include "make.h"

static bool is_indexed(int col, bool with_headers)
{
    bool bulky = col == TWF_COL_authentication_results || col == TWF_COL_received ||
                 col == TWF_COL_header_rest;

    return twf_col_infos[col].index != 'X' && (!bulky || with_headers);
}

static void round_trip(const uint32_t *sizes, uint32_t n, uint32_t piece, bool with_headers)
{
    struct twf_batch *in[8] = {NULL}, *out[8];
    struct twf_buf bytes;
    uint32_t count, k = 0, at = 0;

    for (uint32_t i = 0; i < n; i++)
        in[i] = random_batch(sizes[i]);
    write_index(in, n, piece, with_headers, &bytes);
    assert_int_equal(read_all(twf_buf_view(&bytes), out, 8, &count), TWF_OK);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t row = 0; row < in[i]->rows; row++, at++) {
            if (at == out[k]->rows) {
                at = 0;
                k++;
            }
            for (int col = 0; col < TWF_COL_COUNT; col++) {
                if (!is_indexed(col, with_headers))
                    assert_false(twf_col_valid(&out[k]->cols[col], at));
                else if (!same_cell(&in[i]->cols[col], row, &out[k]->cols[col], at))
                    fail_msg("%s of row %u", twf_col_infos[col].name, row);
            }
        }
        twf_batch_free(in[i]);
    }
    assert_true(n == 0 ? count == 0 : k == count - 1 && at == out[k]->rows);
    for (uint32_t i = 0; i < count; i++)
        twf_batch_free(out[i]);
    twf_buf_fini(&bytes);
}

static void test_round_trip(void **state)
{
    (void)state;
    round_trip(NULL, 0, 1, false);
    round_trip((const uint32_t[]){1}, 1, 1, false);
    round_trip((const uint32_t[]){9, 1, 64, 70}, 4, 7, true);
    round_trip((const uint32_t[]){TWF_INDEX_ROWS}, 1, 5000, false);
    round_trip((const uint32_t[]){TWF_INDEX_ROWS - 1, 2, 20000}, 3, 1u << 30, true);
}

/* Values that repeat are a dictionary, values that do not are none. */
static void test_measured(void **state)
{
    struct twf_batch *b = twf_batch_new();
    struct twf_index *ix;
    struct twf_index_scratch *s;
    struct twf_index_values v;
    struct twf_buf bytes;
    char text[32];

    (void)state;
    for (uint32_t row = 0; row < 1000; row++) {
        for (int col = 0; col < TWF_COL_COUNT; col++) {
            if (twf_col_infos[col].never_null)
                put_random_cell(b, (enum twf_col_id)col, row);
        }
        twf_batch_str(b, TWF_COL_from_raw, row, row % 2 == 0 ? "a" : "b");
        (void)snprintf(text, sizeof(text), "x%u", row);
        twf_batch_str(b, TWF_COL_subject_raw, row, text);
    }
    twf_batch_finish(b, 1000);
    write_index(&b, 1, 100, false, &bytes);
    twf_batch_free(b);
    assert_int_equal(twf_index_open_memory(twf_buf_view(&bytes), &ix, NULL), TWF_OK);
    assert_int_equal(twf_index_scratch_new(&s, NULL), TWF_OK);
    assert_true(twf_index_is_dictionary(ix, TWF_COL_from_raw));
    assert_true(twf_index_is_dictionary(ix, TWF_COL_relation));
    assert_false(twf_index_is_dictionary(ix, TWF_COL_subject_raw));
    assert_true(twf_index_has(ix, TWF_COL_subject_raw));
    assert_false(twf_index_has(ix, TWF_COL_header_rest));
    assert_null(twf_index_dictionary_get(ix, TWF_COL_from_raw));
    assert_int_equal(twf_index_dictionary(ix, TWF_COL_from_raw, s, &v, NULL), TWF_OK);
    assert_int_equal(v.count, 2);
    assert_true(twf_span_is(twf_index_value(&v, 1), "b"));
    twf_index_scratch_free(s);
    twf_index_close(ix);
    twf_buf_fini(&bytes);
}

/* What the footer counts of a batch is what stands in it; the bytes of a column alone are those of its values. */
static void check_batch(const struct twf_index *ix, struct twf_index_scratch *s, uint32_t batch, uint32_t *as_is)
{
    static const enum twf_col_id narrow[] = {TWF_COL_verdict, TWF_COL_relation, TWF_COL_level};
    uint32_t n, rows, hit_rows;
    struct twf_index_column c;
    struct twf_span all;

    assert_int_equal(twf_index_batch(ix, s, batch, &n, NULL), TWF_OK);
    for (size_t k = 0; k < TWF_COUNT(narrow); k++) {
        uint64_t hits[2] = {rng(1u << 31), rng(1u << 31)};
        uint32_t want = 0, values = twf_index_dictionary_get(ix, narrow[k])->count;

        assert_true(twf_index_has_counts(ix, narrow[k]));
        assert_int_equal(twf_index_column(ix, s, narrow[k], &c, NULL), TWF_OK);
        for (uint32_t i = 0; i < n; i++)
            want += (uint32_t)(hits[twf_index_id(&c, i) >> 6] >> (twf_index_id(&c, i) & 63) & 1);
        assert_int_equal(twf_index_count(ix, narrow[k], batch, hits, values, false, &rows, &hit_rows, NULL), TWF_OK);
        assert_int_equal(rows, n);
        assert_int_equal(hit_rows, want);
        assert_int_equal(twf_index_count(ix, narrow[k], batch, hits, 1, false, &rows, &hit_rows, NULL),
                         values > 1 ? TWF_ERR_FORMAT : TWF_OK);
    }
    assert_true(twf_index_has_bytes(ix, TWF_COL_message_id));
    assert_int_equal(twf_index_bytes(ix, s, TWF_COL_message_id, &all, NULL), TWF_OK);
    assert_int_equal(twf_index_column(ix, s, TWF_COL_message_id, &c, NULL), TWF_OK);
    assert_true(all.ptr == c.values.bytes && all.len == (size_t)c.values.offsets[n]);
    assert_int_equal(twf_index_bytes(ix, s, TWF_COL_subject_raw, &all, NULL), TWF_OK);
    *as_is += all.ptr == s->slots[TWF_COL_subject_raw][SLOT_DATA].raw.ptr + sizeof(int64_t);
}

static void test_shortcuts(void **state)
{
    struct twf_batch *in[2] = {random_batch(300), random_batch(300)};
    struct twf_index_values v;
    struct twf_index_scratch *s;
    struct twf_index *ix;
    struct twf_buf bytes;

    (void)state;
    for (uint32_t large = 0; large < 2; large++) {
        uint32_t as_is = 0;

        for (uint32_t i = 0; i < 2; i++) {
            struct twf_col *subject = &in[i]->cols[TWF_COL_subject_raw], *len = &in[i]->cols[TWF_COL_message_length];

            subject->rows = len->rows = 0;
            subject->data_len = 0;
            for (uint32_t row = 0; row < in[i]->rows; row++) {
                char text[64];

                (void)snprintf(text, sizeof(text), "Re: your order, your order, %u", rng(1u << 30));
                twf_batch_str(in[i], TWF_COL_subject_raw, row, text);
                twf_batch_int(in[i], TWF_COL_message_length, row, large != 0 ? 20000 : 2000);
            }
            twf_batch_finish(in[i], in[i]->rows);
        }
        write_index(in, 2, 300, false, &bytes);
        assert_int_equal(twf_index_open_memory(twf_buf_view(&bytes), &ix, NULL), TWF_OK);
        assert_int_equal(twf_index_scratch_new(&s, NULL), TWF_OK);
        for (int col = 0; col < TWF_COL_COUNT; col++) {
            if (twf_index_is_dictionary(ix, (enum twf_col_id)col))
                assert_int_equal(twf_index_dictionary(ix, (enum twf_col_id)col, s, &v, NULL), TWF_OK);
        }
        for (uint32_t i = 0; i < twf_index_batch_count(ix); i++)
            check_batch(ix, s, i, &as_is);
        assert_int_equal(as_is, large); /* packed where messages are small */
        twf_index_scratch_free(s);
        twf_index_close(ix);
        twf_buf_fini(&bytes);
    }
    twf_batch_free(in[0]);
    twf_batch_free(in[1]);
}

static void test_stale(void **state)
{
    struct twf_index *ix;
    struct twf_buf bytes;
    struct twf_index_identity other[5] = {identity, identity, identity, identity, identity};

    (void)state;
    other[0].size++;
    other[1].mtime_ns++;
    other[2].source_id = "00112233445566778899aabbccddeefe";
    other[3].psl = "other";
    other[4].options = "journal=1";
    write_index(NULL, 0, 1, false, &bytes);
    assert_int_equal(twf_index_open_memory(twf_buf_view(&bytes), &ix, NULL), TWF_OK);
    assert_null(twf_index_stale(ix, &identity));
    for (int i = 0; i < 5; i++)
        assert_non_null(twf_index_stale(ix, &other[i]));
    twf_index_close(ix);
    twf_buf_fini(&bytes);
}

/* A copy of exactly that many bytes, so that reading beyond them is seen. */
static enum twf_status read_copy(struct twf_span bytes, size_t len, size_t flip, uint8_t mask)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    struct twf_batch *out[4];
    uint32_t count;
    enum twf_status status;

    assert_non_null(copy);
    if (len > 0)
        memcpy(copy, bytes.ptr, len);
    if (flip < len)
        copy[flip] ^= mask;
    status = read_all(twf_span(copy, len), out, 4, &count);
    for (uint32_t i = 0; i < count; i++)
        twf_batch_free(out[i]);
    free(copy);
    return status;
}

static void test_damage(void **state)
{
    struct twf_batch *b = random_batch(5);
    struct twf_incident gaps[2];
    struct twf_buf bytes;
    struct twf_span all;

    (void)state;
    random_gaps(gaps, TWF_COUNT(gaps));
    write_index_of(&b, 1, 5, true, gaps, TWF_COUNT(gaps), &bytes);
    twf_batch_free(b);
    all = twf_buf_view(&bytes);
    assert_int_equal(read_copy(all, all.len, all.len, 0), TWF_OK);
    for (size_t i = 0; i < all.len; i++) {
        if (read_copy(all, all.len, i, (uint8_t)(1u << rng(8))) != TWF_ERR_FORMAT)
            fail_msg("byte %zu of %zu was changed and nobody saw it", i, all.len);
        if (i % 16 == 0 && read_copy(all, i, i, 0) != TWF_ERR_FORMAT)
            fail_msg("cut at %zu of %zu and nobody saw it", i, all.len);
    }
    twf_buf_fini(&bytes);
}

/* Each allocation fails once. */
static void test_no_memory(void **state)
{
    struct twf_batch *b = random_batch(30), *out[4];
    struct twf_incident gaps[3];
    struct twf_buf bytes;
    uint32_t count;
    enum twf_status status = TWF_ERR_NOMEM;

    (void)state;
    random_gaps(gaps, TWF_COUNT(gaps));
    for (uint64_t k = 1; status != TWF_OK; k++) {
        struct twf_index_writer *w = NULL;
        struct twf_index_end *end = NULL;
        struct twf_index_sums sums;
        int fd = memfd_create("index", MFD_CLOEXEC);

        twf_alloc_fail_at(k);
        status = twf_index_writer_new(fd, true, &w, NULL);
        if (status == TWF_OK)
            status = twf_index_writer_rows(w, b, 0, 30, NULL);
        if (status == TWF_OK)
            status = twf_index_writer_end(w, &end, NULL);
        if (status == TWF_OK)
            status = twf_index_end_write(end, fd, &identity, gaps, TWF_COUNT(gaps), &sums, NULL);
        twf_alloc_fail_at(0);
        twf_index_writer_free(w);
        twf_index_end_free(end);
        (void)close(fd);
        assert_true(status == TWF_OK || status == TWF_ERR_NOMEM);
        assert_true(k < 1000);
    }
    write_index(&b, 1, 30, true, &bytes);
    twf_batch_free(b);
    assert_int_equal(read_all(twf_buf_view(&bytes), out, 4, &count), TWF_OK);
    for (uint32_t i = 0; i < count; i++)
        twf_batch_free(out[i]);
    twf_buf_fini(&bytes);
}

static bool same_gap(const struct twf_incident *a, const struct twf_incident *b)
{
    return strcmp(a->code, b->code) == 0 && a->off == b->off && a->len == b->len && a->decoded == b->decoded &&
           a->incomplete == b->incomplete && strcmp(a->text, b->text) == 0;
}

/* What was not read of an archive comes back as it was; as much of it as an index holds, and none at all. */
static void test_gaps(void **state)
{
    struct twf_incident *gaps = calloc(TWF_INDEX_GAPS_MAX, sizeof(*gaps));
    struct twf_batch *b = random_batch(3);
    struct twf_index *ix;
    struct twf_buf bytes;

    (void)state;
    assert_non_null(gaps);
    random_gaps(gaps, TWF_INDEX_GAPS_MAX);
    for (uint32_t n = 0; n <= TWF_INDEX_GAPS_MAX; n = n < 3 ? n + 1 : n * 2 + 1) {
        uint32_t count = TWF_MIN(n, (uint32_t)TWF_INDEX_GAPS_MAX);

        write_index_of(&b, 1, 3, false, gaps, count, &bytes);
        assert_int_equal(twf_index_open_memory(twf_buf_view(&bytes), &ix, NULL), TWF_OK);
        assert_int_equal(twf_index_gap_count(ix), count);
        for (uint32_t i = 0; i < count; i++)
            assert_true(same_gap(twf_index_gap(ix, i), &gaps[i]));
        assert_int_equal(twf_index_meta(ix, INDEX_KEY_GAPS).len == 0, count == 0);
        twf_index_close(ix);
        twf_buf_fini(&bytes);
    }
    twf_batch_free(b);
    free(gaps);
}

/* A text of gaps that the writer would not have written. */
static void test_gaps_refused(void **state)
{
    static const char *const good[] = {"cut 1 2 in \n", "cut 1 2 out a b%25\ntrailing 0 0 in x\n",
                                       "cut 18446744073709551615 0 in %FF\n"};
    static const char *const bad[] = {
        "cut 1 2 in", "cut 1 2 in x\n\n", " 1 2 in x\n", "Cut 1 2 in x\n", "cut  2 in x\n", "cut 1 in x\n",
        "cut -1 2 in x\n", "cut 18446744073709551616 2 in x\n", "cut 1 2 up x\n", "cut 1 2 in %\n",
        "cut 1 2 in %0\n", "cut 1 2 in %00\n", "cut 1 2 in %zz\n", "cut 1 2 in \x01\n", "cut 1 2 in \xC3\xA9\n",
        "a_code_that_is_longer_than_any_of_ours 1 2 in x\n", "\n"};
    char text[400];

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(good) + TWF_COUNT(bad) + 2; i++) {
        struct twf_index ix = {0};
        size_t n = TWF_COUNT(good) + TWF_COUNT(bad), len = i - n == 0 ? 199 : 200; /* of the last two texts */
        bool is_good = i < TWF_COUNT(good) || i == n;

        (void)snprintf(text, sizeof(text), "cut 1 2 in %0*d\n", (int)len, 0);
        assert_int_equal(index_take_gaps(&ix,
                                         twf_span_str(i < TWF_COUNT(good) ? good[i]
                                                      : i < n             ? bad[i - TWF_COUNT(good)]
                                                                          : text),
                                         NULL),
                         is_good ? TWF_OK : TWF_ERR_FORMAT);
        twf_free(ix.gaps);
    }
}

/* A column whose ids have a byte holds 127 words and no more: then there is no index, and no wrong answer. */
static void test_narrow_full(void **state)
{
    (void)state;
    for (unsigned words = INDEX_NARROW_MAX; words <= INDEX_NARROW_MAX + 1; words++) {
        struct twf_batch *b = twf_batch_new();
        struct twf_index_writer *w;
        struct twf_error err = {0};
        int fd = memfd_create("index", MFD_CLOEXEC);
        char text[16];

        assert_non_null(b);
        assert_true(fd >= 0);
        for (unsigned row = 0; row < words; row++) {
            (void)snprintf(text, sizeof(text), "w%u", row);
            twf_batch_str(b, TWF_COL_verdict, row, text);
        }
        twf_batch_finish(b, words);
        assert_int_equal(twf_index_writer_new(fd, false, &w, &err), TWF_OK);
        assert_int_equal(twf_index_writer_rows(w, b, 0, words, &err),
                         words == INDEX_NARROW_MAX ? TWF_OK : TWF_ERR_LIMIT);
        twf_index_writer_free(w);
        twf_batch_free(b);
        (void)close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_measured),
        cmocka_unit_test(test_stale),      cmocka_unit_test(test_damage),
        cmocka_unit_test(test_no_memory),  cmocka_unit_test(test_shortcuts),
        cmocka_unit_test(test_narrow_full), cmocka_unit_test(test_gaps), cmocka_unit_test(test_gaps_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
