/* SPDX-License-Identifier: Apache-2.0 */
/* Random batches, an index of them in memory, and all of its rows back: for the tests of the room. */
#ifndef TWF_TESTS_INDEX_MAKE_H
#define TWF_TESTS_INDEX_MAKE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "index/brief.h"
#include "index/index.h"
#include "index/layout.h"

static uint64_t rng_state = 0x2545F4914F6CDD1Du;

static uint32_t rng(uint32_t below)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return (uint32_t)(rng_state >> 32) % below;
}

static const struct twf_index_identity identity = {.size = 123456,
                                                   .mtime_ns = 1700000000123456789,
                                                   .source_id = "00112233445566778899aabbccddeeff",
                                                   .psl = "psl",
                                                   .options = "journal=0"};

/* One of few values, or one that nobody else has; sometimes empty, sometimes with bytes of UTF-8. */
static void random_text(char out[96], enum twf_col_id col, uint32_t distinct)
{
    static const char *const tails[] = {"", "\n second", " \xC3\xA9", "@bank.example", "."};

    (void)snprintf(out, 96, "%d-%u%s", (int)col, rng(distinct), tails[rng(5)]);
    if (rng(20) == 0)
        out[0] = '\0';
}

/* Every third column has few values, every third many, every third all of them different; what has ids of a
 * byte has few (20 words with five tails, and the empty one). */
static void put_random_cell(struct twf_batch *b, enum twf_col_id col, uint32_t row)
{
    const struct twf_col_info *info = &twf_col_infos[col];
    uint32_t distinct = index_is_narrow(col) ? 20 : col % 3 == 0 ? 4 : col % 3 == 1 ? 3000 : 1u << 30;
    char text[96];

    if (!info->never_null && rng(4) == 0)
        return;
    switch (info->type) {
    case TWF_TYPE_UTF8:
    case TWF_TYPE_BIN:
        random_text(text, col, distinct);
        twf_batch_str(b, col, row, text);
        break;
    case TWF_TYPE_LIST:
        twf_batch_list(b, col, row);
        for (uint32_t i = rng(4); i > 0; i--) {
            random_text(text, col, distinct);
            twf_batch_item(b, col, row, twf_span_str(text));
        }
        break;
    case TWF_TYPE_BOOL: twf_batch_int(b, col, row, rng(2)); break;
    case TWF_TYPE_I16: twf_batch_int(b, col, row, (int64_t)rng(65536) - 32768); break;
    default: twf_batch_int(b, col, row, (int64_t)rng(1u << 31) - (1 << 30)); break;
    }
}

/* The value of a row that is being filled, or some other text. */
static struct twf_span cell_or(const struct twf_batch *b, enum twf_col_id col, uint32_t row, const char *other)
{
    return b->cols[col].rows > row && twf_col_valid(&b->cols[col], row) ? twf_col_bytes(&b->cols[col], row)
                                                                        : twf_span_str(other);
}

/* Values that an index leaves out, and some that only look so; the columns that they follow from are there. */
static void put_brief_cells(struct twf_batch *b, uint32_t row)
{
    struct twf_span source = cell_or(b, TWF_COL_source_id, row, "");
    struct twf_span author = cell_or(b, TWF_COL_p2_address, row, "nobody");
    struct twf_span raw = cell_or(b, TWF_COL_p1_raw, row, "<>"), address = cell_or(b, TWF_COL_p1_address, row, "a@b");
    static const char *const ends[] = {":0", ":0", ":0", ":1", ":00", "", "x"};
    static const char *const odd[] = {"@7", "word@7", "word~@7", "w^", "!x", "", "=", "a=b", "W=@", "a=@", "a=@ b@7", "a=@7 b"};
    const struct twf_span values[] = {raw, address, raw, address, author, twf_span_str("=@"), twf_span_str("")};
    char text[400];

    (void)snprintf(text, sizeof(text), "%.*s:%lld%s", (int)source.len, source.len > 0 ? (const char *)source.ptr : "",
                   (long long)twf_col_int(&b->cols[TWF_COL_message_offset], row) + (rng(8) == 0),
                   ends[rng(TWF_COUNT(ends))]);
    twf_batch_str(b, TWF_COL_record_id, row, text);
    twf_batch_list(b, TWF_COL_p2_readers, row);
    for (uint32_t i = 0, n = rng(8) == 0 ? rng(8) : 5; i < n; i++) {
        (void)snprintf(text, sizeof(text), "%c%u=%.*s", rng(90) == 0 ? 's' : 'S', i + 1, (int)author.len,
                       author.len > 0 ? (const char *)author.ptr : "");
        twf_batch_item(b, TWF_COL_p2_readers, row, twf_span_str(text));
    }
    twf_batch_list(b, TWF_COL_p1_seen, row);
    for (uint32_t i = rng(6); i > 0; i--) {
        struct twf_span value = values[rng(TWF_COUNT(values))];

        (void)snprintf(text, sizeof(text), "%s=%.*s@%u", rng(2) == 0 ? "from_line" : "p1", (int)value.len,
                       value.len > 0 ? (const char *)value.ptr : "", rng(5000));
        twf_batch_item(b, TWF_COL_p1_seen, row, twf_span_str(rng(6) == 0 ? odd[rng(TWF_COUNT(odd))] : text));
    }
}

/* Dates and return paths as they are written, and such as only look so. */
static void put_brief_texts(struct twf_batch *b, uint32_t row)
{
    static const char *const zones[] = {"+0100", "-0730 (PDT)", "+0000", "GMT", "UTC (x)", "-0000\n Tue", "+01"};
    static const char *const odd[] = {"", "+0100", "-0700 x", " +0100", "~GMT", "!", "~", "@", "~@", "=", "^", "^x", "<>", "<", "Tue,"};
    struct twf_span raw = cell_or(b, TWF_COL_p1_raw, row, "<>"), address = cell_or(b, TWF_COL_p1_address, row, "a@b");
    const char *zone = zones[rng(TWF_COUNT(zones))];
    uint8_t date[BRIEF_DATE_LEN];
    int32_t minutes = 0;
    int64_t us = (int64_t)(rng(1u << 31) - (rng(9) == 0 ? 1u << 30 : 0)) * 1000000;
    char text[400];
    size_t len;

    if (rng(20) == 0)
        us += 500000;
    twf_batch_int(b, TWF_COL_date, row, us);
    (void)index_date_zone(twf_span_str(zone), &minutes);
    len = index_date_text(us - us % 1000000, rng(30) == 0 ? 7 : minutes, rng(2) == 0, date);
    (void)snprintf(text, sizeof(text), "%.*s%s", (int)len, (const char *)date, zone);
    twf_batch_str(b, TWF_COL_date_raw, row, rng(6) == 0 ? odd[rng(TWF_COUNT(odd))] : text);
    raw = rng(2) == 0 ? raw : address;
    (void)snprintf(text, sizeof(text), rng(2) == 0 ? "<%.*s>" : "%.*s", (int)raw.len,
                   raw.len > 0 ? (const char *)raw.ptr : "");
    twf_batch_str(b, TWF_COL_return_path_raw, row, rng(6) == 0 ? odd[rng(TWF_COUNT(odd))] : text);
}

static inline struct twf_batch *random_batch(uint32_t rows)
{
    struct twf_batch *b = twf_batch_new();

    assert_non_null(b);
    for (uint32_t row = 0; row < rows; row++) {
        bool brief = rng(3) > 0;

        for (int col = 0; col < TWF_COL_COUNT; col++) {
            if (!brief || !(index_is_brief((enum twf_col_id)col) || col == TWF_COL_date))
                put_random_cell(b, (enum twf_col_id)col, row);
        }
        if (brief) {
            put_brief_cells(b, row);
            put_brief_texts(b, row);
        }
    }
    twf_batch_finish(b, rows);
    assert_false(b->failed);
    return b;
}

/* Incidents of each kind; n of them. */
static inline void random_gaps(struct twf_incident *gaps, uint32_t n)
{
    static const char *const codes[] = {"frame_damaged", "trailing", "cut", "limit"};

    for (uint32_t i = 0; i < n; i++) {
        gaps[i] = (struct twf_incident){.code = codes[rng(TWF_COUNT(codes))],
                                        .off = (uint64_t)rng(1u << 31) << rng(34),
                                        .len = rng(2) == 0 ? 0 : UINT64_MAX >> rng(64),
                                        .decoded = rng(2) == 0,
                                        .incomplete = true};
        for (uint32_t k = 0, len = rng(sizeof(gaps[i].text)); k < len; k++)
            gaps[i].text[k] = (char)(1 + rng(255));
    }
}

/* Writes batches in pieces; the bytes of the index go to out. */
static void write_index_of(struct twf_batch *const *batches, uint32_t n, uint32_t piece, bool with_headers,
                           const struct twf_incident *gaps, uint32_t gap_count, struct twf_buf *out)
{
    struct twf_index_end *end;
    struct twf_index_writer *w;
    struct twf_index_sums sums;
    struct twf_error err = {0};
    int fd = memfd_create("index", MFD_CLOEXEC);
    uint64_t rows = 0;

    assert_true(fd >= 0);
    assert_int_equal(twf_index_writer_new(fd, with_headers, &w, &err), TWF_OK);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t from = 0; from < batches[i]->rows; from += piece) {
            uint32_t to = TWF_MIN(from + piece, batches[i]->rows);

            if (twf_index_writer_rows(w, batches[i], from, to, &err) != TWF_OK)
                fail_msg("%s", err.text);
        }
        rows += batches[i]->rows;
    }
    assert_int_equal(twf_index_writer_end(w, &end, &err), TWF_OK);
    twf_index_writer_free(w);
    assert_int_equal(twf_index_end_write(end, fd, &identity, gaps, gap_count, &sums, &err), TWF_OK);
    twf_index_end_free(end);
    assert_int_equal(sums.rows, rows);
    assert_int_equal(sums.bytes, lseek(fd, 0, SEEK_END));
    twf_buf_init(out);
    assert_non_null(twf_buf_reserve(out, (size_t)sums.bytes));
    assert_int_equal(pread(fd, out->ptr, (size_t)sums.bytes, 0), (ssize_t)sums.bytes);
    out->len = (size_t)sums.bytes;
    (void)close(fd);
}

static inline void write_index(struct twf_batch *const *batches, uint32_t n, uint32_t piece, bool with_headers,
                               struct twf_buf *out)
{
    write_index_of(batches, n, piece, with_headers, NULL, 0, out);
}

/* All rows of an index into batches, as many as there are record batches; the first error. */
static enum twf_status read_all(struct twf_span bytes, struct twf_batch *out[], uint32_t cap,
                                uint32_t *count)
{
    struct twf_index *ix;
    struct twf_index_scratch *s;
    struct twf_index_values values;
    struct twf_error err = {0};
    enum twf_status status = twf_index_open_memory(bytes, &ix, &err);
    bool want[TWF_COL_COUNT];
    static uint32_t rows[TWF_INDEX_ROWS];

    *count = 0;
    if (status != TWF_OK) {
        assert_null(ix);
        assert_true(err.text[0] != '\0');
        return status;
    }
    assert_int_equal(twf_index_scratch_new(&s, NULL), TWF_OK);
    for (uint32_t i = 0; i < TWF_INDEX_ROWS; i++)
        rows[i] = i;
    for (int col = 0; status == TWF_OK && col < TWF_COL_COUNT; col++) {
        want[col] = true;
        if (twf_index_is_dictionary(ix, (enum twf_col_id)col))
            status = twf_index_dictionary(ix, (enum twf_col_id)col, s, &values, &err);
    }
    for (uint32_t i = 0; status == TWF_OK && i < twf_index_batch_count(ix); i++) {
        uint32_t n;

        assert_true(i < cap);
        out[i] = twf_batch_new();
        assert_non_null(out[i]);
        (*count)++;
        status = twf_index_batch(ix, s, i, &n, &err);
        if (status == TWF_OK)
            status = twf_index_rows(ix, s, rows, n, want, out[i], 0, &err);
        if (status == TWF_OK)
            twf_batch_finish(out[i], n);
    }
    twf_index_scratch_free(s);
    twf_index_close(ix);
    return status;
}

static inline bool same_cell(const struct twf_col *a, uint32_t i, const struct twf_col *b, uint32_t k)
{
    if (twf_col_valid(a, i) != twf_col_valid(b, k))
        return false;
    if (!twf_col_valid(a, i))
        return true;
    switch (a->type) {
    case TWF_TYPE_UTF8:
    case TWF_TYPE_BIN: return twf_span_eq(twf_col_bytes(a, i), twf_col_bytes(b, k));
    case TWF_TYPE_LIST:
        if (twf_col_list_len(a, i) != twf_col_list_len(b, k))
            return false;
        for (uint32_t j = 0; j < twf_col_list_len(a, i); j++) {
            if (!twf_span_eq(twf_col_list_item(a, i, j), twf_col_list_item(b, k, j)))
                return false;
        }
        return true;
    default: return twf_col_int(a, i) == twf_col_int(b, k);
    }
}

#endif
