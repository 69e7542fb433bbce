/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of an index against its writer. Rows drawn from the input come back as they were written; the
 * same index with bytes changed, and the input itself, are refused, or give rows that are the same once they
 * have been written again. Built without the checksums of the room, which would hide all that stands behind.
 */
#define _GNU_SOURCE /* memfd_create */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/error.h"
#include "fuzz/fuzz.h"
#include "index/index.h"

enum { ROWS_MAX = 24, CHANGED = 6, GAPS_MAX = 3 };

static const struct twf_index_identity identity = {.size = 4711,
                                                   .mtime_ns = 1700000000123456789,
                                                   .source_id = "00112233445566778899aabbccddeeff",
                                                   .psl = "psl",
                                                   .options = "journal=0"};

/* A few bytes of the input, in a UTF8 column without its high bits. */
static struct twf_span piece(struct twf_span in, enum twf_col_type type, struct fuzz_rng *r,
                             uint8_t out[64])
{
    size_t at = in.len == 0 ? 0 : fuzz_random(r, (uint32_t)in.len);
    size_t most = fuzz_random(r, 64); /* drawn once: TWF_MIN reads its arguments twice */
    size_t len = TWF_MIN(most, in.len - at);

    for (size_t i = 0; i < len; i++)
        out[i] = type == TWF_TYPE_BIN ? in.ptr[at + i] : in.ptr[at + i] & 0x7F;
    return twf_span(out, len);
}

static void put_cell(struct twf_batch *b, enum twf_col_id col, uint32_t row, struct twf_span in,
                     struct fuzz_rng *r)
{
    const struct twf_col_info *info = &twf_col_infos[col];
    uint8_t text[64];

    if (!info->never_null && fuzz_random(r, 4) == 0)
        return;
    switch (info->type) {
    case TWF_TYPE_UTF8:
    case TWF_TYPE_BIN: twf_batch_bytes(b, col, row, piece(in, info->type, r, text)); break;
    case TWF_TYPE_LIST:
        twf_batch_list(b, col, row);
        for (uint32_t i = fuzz_random(r, 4); i > 0; i--)
            twf_batch_item(b, col, row, piece(in, info->type, r, text));
        break;
    case TWF_TYPE_BOOL: twf_batch_int(b, col, row, fuzz_random(r, 2)); break;
    case TWF_TYPE_I16: twf_batch_int(b, col, row, (int64_t)fuzz_random(r, 65536) - 32768); break;
    default: twf_batch_int(b, col, row, (int64_t)fuzz_random(r, 1u << 31) - (1 << 30)); break;
    }
}

static struct twf_batch *rows_of(struct twf_span in, struct fuzz_rng *r)
{
    struct twf_batch *b = twf_batch_new();
    uint32_t rows = 1 + fuzz_random(r, ROWS_MAX);

    FUZZ_CHECK(b != NULL, "no memory");
    for (uint32_t row = 0; row < rows; row++) {
        for (int col = 0; col < TWF_COL_COUNT; col++)
            put_cell(b, (enum twf_col_id)col, row, in, r);
    }
    twf_batch_finish(b, rows);
    FUZZ_CHECK(!b->failed, "no memory");
    return b;
}

/* Incidents with texts of the input; how many. */
static uint32_t gaps_of(struct twf_span in, struct fuzz_rng *r, struct twf_incident gaps[GAPS_MAX])
{
    uint32_t n = fuzz_random(r, GAPS_MAX + 1);

    for (uint32_t i = 0; i < n; i++) {
        uint8_t text[64];
        struct twf_span s = piece(in, TWF_TYPE_BIN, r, text);

        gaps[i] = (struct twf_incident){.code = fuzz_random(r, 2) == 0 ? "cut" : "frame_damaged",
                                        .off = fuzz_random(r, UINT32_MAX),
                                        .decoded = fuzz_random(r, 2) == 0};
        for (size_t k = 0; k < s.len && s.ptr[k] != 0; k++)
            gaps[i].text[k] = (char)s.ptr[k];
    }
    return n;
}

/* False where the writer refuses: rows of a hostile index may have more words than an id of a byte tells apart. */
static bool write_index(const struct twf_batch *b, const struct twf_incident *gaps, uint32_t n, struct twf_buf *out)
{
    struct twf_index_writer *w;
    struct twf_index_end *end = NULL;
    struct twf_index_sums sums = {0};
    int fd = memfd_create("index", MFD_CLOEXEC);
    bool good;

    FUZZ_CHECK(fd >= 0 && twf_index_writer_new(fd, true, &w, NULL) == TWF_OK, "no writer");
    good = twf_index_writer_rows(w, b, 0, b->rows, NULL) == TWF_OK &&
           twf_index_writer_end(w, &end, NULL) == TWF_OK &&
           twf_index_end_write(end, fd, &identity, gaps, n, &sums, NULL) == TWF_OK;
    twf_index_writer_free(w);
    twf_index_end_free(end);
    twf_buf_init(out);
    if (good) {
        FUZZ_CHECK(sums.rows == b->rows, "rows are missing in the sums");
        FUZZ_CHECK(twf_buf_reserve(out, (size_t)sums.bytes) != NULL, "no memory");
        FUZZ_CHECK(pread(fd, out->ptr, (size_t)sums.bytes, 0) == (ssize_t)sums.bytes, "short file");
        out->len = (size_t)sums.bytes;
    }
    (void)close(fd);
    return good;
}

/* All columns of record batch 0, in out. */
static enum twf_status read_batch(struct twf_index *ix, struct twf_index_scratch *s,
                                  struct twf_batch *out)
{
    static uint32_t ordinals[TWF_BATCH_ROWS_MAX];
    struct twf_index_values values;
    bool want[TWF_COL_COUNT];
    uint32_t rows;

    for (int col = 0; col < TWF_COL_COUNT; col++) {
        want[col] = true;
        if (twf_index_is_dictionary(ix, (enum twf_col_id)col))
            TWF_TRY(twf_index_dictionary(ix, (enum twf_col_id)col, s, &values, NULL));
    }
    if (twf_index_batch_count(ix) == 0)
        return TWF_ERR_FORMAT;
    TWF_TRY(twf_index_batch(ix, s, 0, &rows, NULL));
    FUZZ_CHECK(rows <= TWF_BATCH_ROWS_MAX, "%u rows of a batch", rows);
    for (uint32_t i = 0; i < rows; i++)
        ordinals[i] = i;
    TWF_TRY(twf_index_rows(ix, s, ordinals, rows, want, out, 0, NULL));
    twf_batch_finish(out, rows);
    return TWF_OK;
}

/* Which are those of ix where n is not negative. */
static void check_gaps(const struct twf_index *ix, const struct twf_incident *gaps, int n)
{
    FUZZ_CHECK(twf_index_gap_count(ix) <= TWF_INDEX_GAPS_MAX && (n < 0 || twf_index_gap_count(ix) == (uint32_t)n),
               "%u gaps", twf_index_gap_count(ix));
    for (uint32_t i = 0; i < twf_index_gap_count(ix); i++) {
        const struct twf_incident *g = twf_index_gap(ix, i);

        FUZZ_CHECK(memchr(g->text, 0, sizeof(g->text)) != NULL && g->code[0] != '\0', "a gap without an end");
        FUZZ_CHECK(n < 0 || (strcmp(g->code, gaps[i].code) == 0 && strcmp(g->text, gaps[i].text) == 0 &&
                             g->off == gaps[i].off && g->decoded == gaps[i].decoded),
                   "gap %u is another", i);
    }
}

/* The rows of an index in memory of its exact size; NULL where it is refused. n: how many gaps it has, or -1. */
static struct twf_batch *read_index(struct twf_span bytes, const struct twf_incident *gaps, int n)
{
    uint8_t *copy = fuzz_copy(bytes.ptr, bytes.len);
    struct twf_index_scratch *s;
    struct twf_batch *out = NULL;
    struct twf_index *ix;
    enum twf_status status = twf_index_open_memory(twf_span(copy, bytes.len), &ix, NULL);

    if (status == TWF_OK) {
        check_gaps(ix, gaps, n);
        out = twf_batch_new();
        FUZZ_CHECK(out != NULL && twf_index_scratch_new(&s, NULL) == TWF_OK, "no memory");
        status = read_batch(ix, s, out);
        twf_index_scratch_free(s);
        twf_index_close(ix);
    }
    FUZZ_CHECK(status == TWF_OK || status == TWF_ERR_FORMAT, "status %d", (int)status);
    free(copy);
    if (status == TWF_OK)
        return out;
    twf_batch_free(out);
    return NULL;
}

static bool same_cell(const struct twf_col *a, const struct twf_col *b, uint32_t row)
{
    if (twf_col_valid(a, row) != twf_col_valid(b, row))
        return false;
    if (!twf_col_valid(a, row))
        return true;
    switch (a->type) {
    case TWF_TYPE_UTF8:
    case TWF_TYPE_BIN: return twf_span_eq(twf_col_bytes(a, row), twf_col_bytes(b, row));
    case TWF_TYPE_LIST:
        if (twf_col_list_len(a, row) != twf_col_list_len(b, row))
            return false;
        for (uint32_t i = 0; i < twf_col_list_len(a, row); i++) {
            if (!twf_span_eq(twf_col_list_item(a, row, i), twf_col_list_item(b, row, i)))
                return false;
        }
        return true;
    default: return twf_col_int(a, row) == twf_col_int(b, row);
    }
}

static void check_same(const struct twf_batch *a, const struct twf_batch *b)
{
    FUZZ_CHECK(b != NULL, "what was written is refused");
    FUZZ_CHECK(a->rows == b->rows, "%u rows became %u", a->rows, b->rows);
    for (int col = 0; col < TWF_COL_COUNT; col++) {
        for (uint32_t row = 0; twf_col_infos[col].index != 'X' && row < a->rows; row++)
            FUZZ_CHECK(same_cell(&a->cols[col], &b->cols[col], row), "%s of row %u is another",
                       twf_col_infos[col].name, row);
    }
}

/* Refused, or the same when it is written again. */
static void hostile(struct twf_span bytes)
{
    struct twf_batch *rows = read_index(bytes, NULL, -1);
    struct twf_buf again;

    if (rows == NULL)
        return;
    if (write_index(rows, NULL, 0, &again)) {
        struct twf_batch *back = read_index(twf_buf_view(&again), NULL, 0);

        /* An index of no rows has no record batch. */
        if (rows->rows > 0)
            check_same(rows, back);
        twf_batch_free(back);
    }
    twf_buf_fini(&again);
    twf_batch_free(rows);
}

static void change(struct twf_buf *b, const struct twf_buf *from, struct fuzz_rng *r)
{
    b->len = 0;
    twf_buf_span(b, twf_buf_view(from));
    for (uint32_t n = 1 + fuzz_random(r, 3); n > 0; n--) {
        uint8_t *at = b->ptr + fuzz_random(r, (uint32_t)b->len);

        *at = (uint8_t)(fuzz_random(r, 2) == 0 ? *at ^ 1u << fuzz_random(r, 8)
                                               : fuzz_random(r, 3) * 127);
    }
    if (fuzz_random(r, 16) == 0)
        b->len = fuzz_random(r, (uint32_t)b->len + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = fuzz_rng_of(data, size);
    struct twf_batch *rows = rows_of(twf_span(data, size), &r), *back;
    struct twf_incident gaps[GAPS_MAX];
    uint32_t n = gaps_of(twf_span(data, size), &r, gaps);
    struct twf_buf bytes, other;

    twf_buf_init(&other);
    FUZZ_CHECK(write_index(rows, gaps, n, &bytes), "rows cannot be written");
    back = read_index(twf_buf_view(&bytes), gaps, (int)n);
    check_same(rows, back);
    for (int i = 0; i < CHANGED; i++) {
        change(&other, &bytes, &r);
        hostile(twf_buf_view(&other));
    }
    hostile(twf_span(data, size));
    twf_batch_free(back);
    twf_batch_free(rows);
    twf_buf_fini(&bytes);
    twf_buf_fini(&other);
    return 0;
}
