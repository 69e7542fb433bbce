/* SPDX-License-Identifier: Apache-2.0 */
/* Seek tables: good ones, such that lie, and every cut and flip of one. */
#include "archive.h"

#include "base/alloc.h"

static void put_le32(struct twf_buf *b, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        twf_buf_byte(b, (uint8_t)(value >> (8 * i)));
}

struct table {
    uint32_t count;
    uint32_t comp[3], plain[3];
    bool checksums;
};

/* A file: zeros where the frames would be, then the table. */
static void put_file(struct twf_buf *b, const struct table *t)
{
    uint32_t entry = t->checksums ? 12 : 8;

    twf_buf_init(b);
    for (uint32_t i = 0; i < t->count; i++) {
        for (uint32_t n = 0; n < t->comp[i]; n++)
            twf_buf_byte(b, 0);
    }
    put_le32(b, 0x184D2A5E);
    put_le32(b, t->count * entry + 9);
    for (uint32_t i = 0; i < t->count; i++) {
        put_le32(b, t->comp[i]);
        put_le32(b, t->plain[i]);
        if (t->checksums)
            put_le32(b, 0xABCDEF01);
    }
    put_le32(b, t->count);
    twf_buf_byte(b, t->checksums ? 0x80 : 0);
    put_le32(b, 0x8F92EAB1);
}

/* The last tail_len bytes of the file, out of a block of that size. */
static enum twf_status read_tail(const struct twf_buf *file, size_t tail_len,
                                 struct twf_seek_table *t, size_t *need)
{
    uint8_t *tail = exact_copy(file->ptr + (file->len - tail_len), tail_len);
    enum twf_status status =
        twf_seek_table_read(twf_span(tail, tail_len), file->len, t, need, NULL);

    free(tail);
    return status;
}

static const struct table tables[] = {
    {0, {0}, {0}, false},
    {0, {0}, {0}, true},
    {1, {20}, {100}, false},
    {3, {20, 0, 7}, {100, 0, 4000000000}, false},
    {3, {20, 15, 7}, {4000000000, 4000000000, 1}, true},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < TWF_COUNT(tables); i++) {
        struct twf_buf file;
        size_t table_len, need;
        uint64_t comp = 0, plain = 0;

        put_file(&file, &tables[i]);
        for (uint32_t k = 0; k < tables[i].count; k++)
            comp += tables[i].comp[k];
        table_len = file.len - (size_t)comp;
        for (size_t tail = 0; tail <= file.len; tail++) {
            struct twf_seek_table t;
            enum twf_status status = read_tail(&file, tail, &t, &need);

            if (tail < table_len) {
                assert_int_equal(status, TWF_ERR_LIMIT);
                assert_int_equal(need, tail < 17 ? 17 : table_len);
                assert_null(t.entries);
                continue;
            }
            assert_int_equal(status, TWF_OK);
            assert_int_equal(t.count, tables[i].count);
            assert_int_equal(t.has_checksums, tables[i].checksums);
            assert_int_equal(t.table_off, comp);
            comp = plain = 0;
            for (uint32_t k = 0; k < t.count; k++) {
                assert_int_equal(t.entries[k].comp_off, comp);
                assert_int_equal(t.entries[k].comp_len, tables[i].comp[k]);
                assert_int_equal(t.entries[k].plain_off, plain);
                assert_int_equal(t.entries[k].plain_len, tables[i].plain[k]);
                comp += tables[i].comp[k];
                plain += tables[i].plain[k];
            }
            twf_seek_table_free(&t);
            assert_null(t.entries);
        }
        twf_buf_fini(&file);
    }
}

/* Offsets from the end of a file with one frame of 20 bytes and no checksums. */
static const struct {
    const char *name;
    size_t from_end;
    uint8_t value;
    enum twf_status status;
} lies[] = {
    {"no footer", 1, 0x8E, TWF_END},
    {"reserved bit", 5, 0x04, TWF_ERR_FORMAT},
    {"an unused bit", 5, 0x03, TWF_OK},
    {"checksums that are not there", 5, 0x80, TWF_ERR_FORMAT},
    {"two frames", 9, 2, TWF_ERR_FORMAT},
    {"no frame", 9, 0, TWF_ERR_FORMAT},
    {"more frames than fit", 6, 0xFF, TWF_ERR_FORMAT},
    {"a shorter frame", 17, 19, TWF_ERR_FORMAT},
    {"a longer frame", 17, 21, TWF_ERR_FORMAT},
    {"a frame of 4 GiB", 14, 0xFF, TWF_ERR_FORMAT},
    {"another content", 13, 200, TWF_OK},
    {"another length of the skippable frame", 21, 18, TWF_ERR_FORMAT},
    {"another magic", 25, 0x5D, TWF_ERR_FORMAT},
};

static void test_lies(void **state)
{
    (void)state;
    for (size_t i = 0; i < TWF_COUNT(lies); i++) {
        struct twf_buf file;
        struct twf_seek_table t;
        size_t need;
        enum twf_status status;

        put_file(&file, &tables[2]);
        file.ptr[file.len - lies[i].from_end] = lies[i].value;
        status = read_tail(&file, file.len, &t, &need);
        if (status != lies[i].status)
            fail_msg("%s: status %d, not %d", lies[i].name, status, lies[i].status);
        if (status == TWF_OK)
            twf_seek_table_free(&t);
        else
            assert_null(t.entries);
        twf_buf_fini(&file);
    }
}

static void test_other_files(void **state)
{
    struct twf_buf file;
    struct twf_seek_table t;
    size_t need;

    (void)state;
    put_file(&file, &tables[4]);
    /* Cut at its end: no table. Cut at its beginning: one that does not add up. */
    for (size_t len = 0; len < file.len; len++) {
        uint8_t *bytes = exact_copy(file.ptr, len);

        assert_int_equal(twf_seek_table_read(twf_span(bytes, len), len, &t, &need, NULL), TWF_END);
        free(bytes);
        bytes = exact_copy(file.ptr + (file.len - len), len);
        assert_int_equal(twf_seek_table_read(twf_span(bytes, len), len, &t, &need, NULL),
                         len < 17 ? TWF_END : TWF_ERR_FORMAT);
        free(bytes);
    }
    twf_alloc_fail_at(1);
    assert_int_equal(twf_seek_table_read(twf_buf_view(&file), file.len, &t, &need, NULL),
                     TWF_ERR_NOMEM);
    twf_alloc_fail_at(0);
    assert_null(t.entries);
    twf_seek_table_free(NULL);
    twf_buf_fini(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_other_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
