/* SPDX-License-Identifier: Apache-2.0 */
/* What an index leaves out because it follows from other columns: how it stands there, and that it comes back. */
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

#include "index/reader.h"
#include "make.h"

/* What nobody but an index reads may lack what an index leaves out: it comes back whole. */
static void test_left_out(void **state)
{
    struct twf_batch *b = twf_batch_new(), *out[1];
    struct twf_buf bytes;
    uint32_t count;

    (void)state;
    for (uint32_t row = 0; row < 20; row++) {
        for (int col = 0; col < TWF_COL_COUNT; col++) {
            bool ours = index_is_brief((enum twf_col_id)col) || col == TWF_COL_source_id ||
                        col == TWF_COL_message_offset;

            if (twf_col_infos[col].never_null && !ours)
                put_random_cell(b, (enum twf_col_id)col, row);
        }
        twf_batch_str(b, TWF_COL_source_id, row, "0123");
        twf_batch_int(b, TWF_COL_message_offset, row, row * 500);
        twf_batch_str(b, TWF_COL_p2_address, row, "a@bank.example");
        twf_batch_list(b, TWF_COL_p1_seen, row);
        if (row == 7)
            twf_batch_str(b, TWF_COL_record_id, row, "0123:3500:1");
    }
    twf_batch_finish(b, 20);
    write_index(&b, 1, 9, false, &bytes);
    assert_int_equal(read_all(twf_buf_view(&bytes), out, 1, &count), TWF_OK);
    assert_true(twf_span_is(twf_col_bytes(&out[0]->cols[TWF_COL_record_id], 0), "0123:0:0"));
    assert_true(twf_span_is(twf_col_bytes(&out[0]->cols[TWF_COL_record_id], 7), "0123:3500:1"));
    assert_true(twf_span_is(twf_col_bytes(&out[0]->cols[TWF_COL_record_id], 19), "0123:9500:0"));
    assert_int_equal(twf_col_list_len(&out[0]->cols[TWF_COL_p2_readers], 19), BRIEF_READERS);
    assert_true(twf_span_is(twf_col_list_item(&out[0]->cols[TWF_COL_p2_readers], 19, 4), "S5=a@bank.example"));
    assert_int_equal(twf_col_list_len(&out[0]->cols[TWF_COL_p1_seen], 19), 0);
    twf_batch_free(out[0]);
    twf_batch_free(b);
    twf_buf_fini(&bytes);
}

/* All that an index holds of the rows of one batch, but for the columns that are there with --with-headers only. */
static void check_same(const struct twf_batch *a, const struct twf_batch *b)
{
    for (int col = 0; col < TWF_COL_COUNT; col++) {
        bool bulky = col == TWF_COL_authentication_results || col == TWF_COL_received || col == TWF_COL_header_rest;

        for (uint32_t row = 0; twf_col_infos[col].index != 'X' && !bulky && row < a->rows; row++) {
            if (!same_cell(&a->cols[col], row, &b->cols[col], row))
                fail_msg("%s of row %u", twf_col_infos[col].name, row);
        }
    }
}

/* A value of a text column as it stands in the only batch of an index. */
static struct twf_span stored(struct twf_index *ix, struct twf_index_scratch *s, enum twf_col_id col, uint32_t row)
{
    struct twf_index_column c;

    assert_int_equal(twf_index_column(ix, s, col, &c, NULL), TWF_OK);
    if (!c.dictionary)
        return twf_index_value(&c.values, row);
    assert_int_equal(twf_index_dictionary(ix, col, s, &c.values, NULL), TWF_OK);
    return twf_index_value(&c.values, twf_index_id(&c, row));
}

/* What a date and a return path leave out, and that they come back as they were. */
static void test_brief_texts(void **state)
{
    static const struct {
        int64_t s; /* date */
        const char *raw, *brief;
    } dates[] = {
        {0, "Thu, 01 Jan 1970 00:00:00 +0000", "+0000"},
        {0, "Wed, 31 Dec 1969 16:00:00 -0800 (PST)", "-0800 (PST)"},
        {1730794087, "Tue, 5 Nov 2024 09:08:07 +0100", " +0100"},
        {1730794087, "Tue, 05 Nov 2024 08:08:07 GMT", "~GMT"},
        {951782400, "Tue, 29 Feb 2000 05:30:00 +0530\nx", "+0530\nx"},
        {253402300799, "Fri, 31 Dec 9999 23:59:59 +0000", "+0000"},
        /* another weekday, zone, case, spelling; what looks as if something were left out */
        {0, "Fri, 01 Jan 1970 00:00:00 +0000", "Fri, 01 Jan 1970 00:00:00 +0000"},
        {0, "Thu, 01 Jan 1970 00:00:00 +0100", "Thu, 01 Jan 1970 00:00:00 +0100"},
        {0, "thu, 01 Jan 1970 00:00:00 +0000", "thu, 01 Jan 1970 00:00:00 +0000"},
        {1730794087, "Tue, 5 Nov 2024 08:08:07 GMT", "Tue, 5 Nov 2024 08:08:07 GMT"},
        {0, "01 Jan 1970 00:00:00 +0000", "01 Jan 1970 00:00:00 +0000"},
        {0, "+0000", "!+0000"},
        {0, "~", "!~"},
    };
    static const char *const paths[][2] = {{"<b@x>", "@"}, {"<b@y>", "~"}, {"b@x", "="}, {"b@y", "^"},
                                           {"<c@x>", "<c@x>"}, {"=", "!="}, {"", ""}};
    struct twf_batch *b = twf_batch_new(), *out[1];
    struct twf_index_scratch *s;
    struct twf_index *ix;
    struct twf_buf bytes;
    uint32_t count, rows;

    (void)state;
    for (uint32_t row = 0; row < TWF_COUNT(dates); row++) {
        for (int col = 0; col < TWF_COL_COUNT; col++) {
            if (twf_col_infos[col].never_null)
                put_random_cell(b, (enum twf_col_id)col, row);
        }
        twf_batch_int(b, TWF_COL_date, row, dates[row].s * 1000000);
        twf_batch_str(b, TWF_COL_date_raw, row, dates[row].raw);
        twf_batch_str(b, TWF_COL_p1_raw, row, "b@x");
        twf_batch_str(b, TWF_COL_p1_address, row, "b@y");
        if (row < TWF_COUNT(paths))
            twf_batch_str(b, TWF_COL_return_path_raw, row, paths[row][0]);
    }
    twf_batch_finish(b, TWF_COUNT(dates));
    write_index(&b, 1, 9, false, &bytes);
    assert_int_equal(read_all(twf_buf_view(&bytes), out, 1, &count), TWF_OK);
    check_same(b, out[0]);
    assert_int_equal(twf_index_open_memory(twf_buf_view(&bytes), &ix, NULL), TWF_OK);
    assert_int_equal(twf_index_scratch_new(&s, NULL), TWF_OK);
    assert_int_equal(twf_index_batch(ix, s, 0, &rows, NULL), TWF_OK);
    for (uint32_t row = 0; row < TWF_COUNT(dates); row++)
        assert_true(twf_span_is(stored(ix, s, TWF_COL_date_raw, row), dates[row].brief));
    for (uint32_t row = 0; row < TWF_COUNT(paths); row++)
        assert_true(twf_span_is(stored(ix, s, TWF_COL_return_path_raw, row), paths[row][1]));
    twf_index_scratch_free(s);
    twf_index_close(ix);
    twf_batch_free(out[0]);
    twf_batch_free(b);
    twf_buf_fini(&bytes);
}

/* Items of p1_seen whose value stands elsewhere are one; it does not matter what stands between them. */
static void test_seen_joined(void **state)
{
    static const char *const items[] = {"from_line=b@x@1", "return_path=b@y@20", "return_path=b@y@33", "other=c@7",
                                        "spf=c@9",         "odd=b@x@",           "spf=b@x@8"};
    static const char *const wants[] = {"from_line@1 return_path~@20 return_path~@33", "other=c@7", "spf^@9",
                                        "odd=b@x@", "spf@8"};
    struct twf_batch *b = twf_batch_new(), *out[1];
    struct twf_index_scratch *s;
    struct twf_index_column c;
    struct twf_index *ix;
    struct twf_buf bytes;
    uint32_t count, rows;

    (void)state;
    for (int col = 0; col < TWF_COL_COUNT; col++) {
        if (twf_col_infos[col].never_null && col != TWF_COL_p1_seen)
            put_random_cell(b, (enum twf_col_id)col, 0);
    }
    twf_batch_str(b, TWF_COL_p1_raw, 0, "b@x");
    twf_batch_str(b, TWF_COL_p1_address, 0, "b@y");
    for (size_t i = 0; i < TWF_COUNT(items); i++)
        twf_batch_item(b, TWF_COL_p1_seen, 0, twf_span_str(items[i]));
    twf_batch_finish(b, 1);
    write_index(&b, 1, 9, false, &bytes);
    assert_int_equal(read_all(twf_buf_view(&bytes), out, 1, &count), TWF_OK);
    check_same(b, out[0]);
    assert_int_equal(twf_index_open_memory(twf_buf_view(&bytes), &ix, NULL), TWF_OK);
    assert_int_equal(twf_index_scratch_new(&s, NULL), TWF_OK);
    assert_int_equal(twf_index_batch(ix, s, 0, &rows, NULL), TWF_OK);
    assert_int_equal(twf_index_column(ix, s, TWF_COL_p1_seen, &c, NULL), TWF_OK);
    assert_int_equal(c.list_offsets[1], TWF_COUNT(wants));
    for (uint32_t i = 0; i < TWF_COUNT(wants); i++)
        assert_true(twf_span_is(twf_index_value(&c.values, i), wants[i]));
    twf_index_scratch_free(s);
    twf_index_close(ix);
    twf_batch_free(out[0]);
    twf_batch_free(b);
    twf_buf_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_left_out), cmocka_unit_test(test_brief_texts), cmocka_unit_test(test_seen_joined)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
