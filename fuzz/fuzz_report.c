/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs as channels (docs/records.md): any bytes become rows, and what the sinks write is read
 * back. JSON by jansson, value by value; CSV by a reader of RFC 4180, with as many cells as its
 * head and no formula; a table and a terminal line without a control byte.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/compiler.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "report/report.h"

enum { ROWS = 3, CELL_MAX = 300 };

static struct twf_kernels kernels;

/* The next cell of the input: up to a byte 0xFE, which no UTF-8 has. */
static struct twf_span next_cell(struct twf_span *left)
{
    struct twf_span cell = twf_span_slice(*left, 0, twf_span_find(*left, 0xFE));

    cell = twf_span_slice(cell, 0, CELL_MAX);
    *left = twf_span_slice(*left, cell.len + 1, left->len);
    return cell;
}

/* Text columns hold valid UTF-8: that is the writer's part of the contract. */
static struct twf_span valid(struct twf_span s, uint8_t *out)
{
    size_t n = 0, len;
    uint32_t cp;

    for (size_t i = 0; i < s.len; i += len) {
        len = twf_utf8_next(s.ptr + i, s.len - i, &cp);
        if (len == 0) {
            out[n++] = '?';
            len = 1;
            continue;
        }
        memcpy(out + n, s.ptr + i, len);
        n += len;
    }
    return twf_span(out, n);
}

static void put_cell(struct twf_batch *b, enum twf_col_id col, uint32_t row, struct twf_span *left,
                     struct fuzz_rng *r)
{
    uint8_t text[CELL_MAX];

    if (!twf_col_infos[col].never_null && fuzz_random(r, 3) == 0)
        return;
    switch (twf_col_infos[col].type) {
    case TWF_TYPE_UTF8:
        twf_batch_bytes(b, col, row, valid(next_cell(left), text));
        break;
    case TWF_TYPE_BIN:
        twf_batch_bytes(b, col, row, next_cell(left));
        break;
    case TWF_TYPE_LIST:
        twf_batch_list(b, col, row);
        for (uint32_t n = fuzz_random(r, 3); n > 0; n--)
            twf_batch_item(b, col, row, valid(next_cell(left), text));
        break;
    case TWF_TYPE_BOOL:
        twf_batch_int(b, col, row, fuzz_random(r, 2));
        break;
    case TWF_TYPE_TS:
        twf_batch_int(
            b, col, row,
            (int64_t)((uint64_t)fuzz_random(r, UINT32_MAX) << 32 | fuzz_random(r, UINT32_MAX)));
        break;
    default:
        twf_batch_int(b, col, row, (int16_t)fuzz_random(r, 65536));
        break;
    }
}

static struct twf_batch *make_batch(struct twf_span left, struct fuzz_rng *r)
{
    struct twf_batch *b = twf_batch_new();

    FUZZ_CHECK(b != NULL, "no memory");
    for (uint32_t row = 0; row < ROWS; row++) {
        for (int col = 0; col < TWF_COL_COUNT; col++)
            put_cell(b, (enum twf_col_id)col, row, &left, r);
    }
    twf_batch_finish(b, ROWS);
    for (uint32_t row = 0; row < ROWS; row++)
        twf_batch_select(b, row);
    FUZZ_CHECK(!b->failed, "no memory");
    return b;
}

/* ---- JSON ---- */

static struct twf_span unbase64(struct twf_span s, uint8_t *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0, have = 0;
    size_t n = 0;

    for (size_t i = 0; i < s.len && s.ptr[i] != '='; i++) {
        const char *p = s.ptr[i] == 0 ? NULL : strchr(digits, s.ptr[i]);

        FUZZ_CHECK(p != NULL, "no base64");
        bits = bits << 6 | (uint32_t)(p - digits);
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    return twf_span(out, n);
}

static struct twf_span text_of(const json_t *j)
{
    FUZZ_CHECK(json_is_string(j), "no string");
    return twf_span(json_string_value(j), json_string_length(j));
}

static void check_key(const json_t *object, const struct twf_batch *b, int id, uint32_t row)
{
    const struct twf_col_info *info = &twf_col_infos[id];
    const struct twf_col *c = &b->cols[id];
    const json_t *j = json_object_get(object, info->name);
    char name[80];
    uint8_t raw[CELL_MAX + 3];

    (void)snprintf(name, sizeof(name), "%s_b64", info->name);
    if (!twf_col_valid(c, row)) {
        FUZZ_CHECK(j == NULL && json_object_get(object, name) == NULL, "%s is null", info->name);
    } else if (info->type == TWF_TYPE_UTF8 || info->type == TWF_TYPE_BIN) {
        struct twf_span want = twf_col_bytes(c, row);

        if (want.len == 0 && j == NULL)
            return; /* an empty value is an absent key */
        if (info->type == TWF_TYPE_BIN && !twf_utf8_valid(want))
            FUZZ_CHECK(j == NULL &&
                           twf_span_eq(unbase64(text_of(json_object_get(object, name)), raw), want),
                       "%s is another in base64", info->name);
        else
            FUZZ_CHECK(twf_span_eq(text_of(j), want), "%s is another", info->name);
    } else if (info->type == TWF_TYPE_LIST) {
        uint32_t n = twf_col_list_len(c, row);

        FUZZ_CHECK(json_array_size(j) == n, "%s: %u items", info->name, n);
        for (uint32_t i = 0; i < n; i++)
            FUZZ_CHECK(twf_span_eq(text_of(json_array_get(j, i)), twf_col_list_item(c, row, i)),
                       "%s: item %u", info->name, i);
    } else if (info->type == TWF_TYPE_BOOL) {
        FUZZ_CHECK(json_is_boolean(j) && json_is_true(j) == (twf_col_int(c, row) != 0), "%s",
                   info->name);
    } else if (info->type != TWF_TYPE_TS) {
        FUZZ_CHECK(json_is_integer(j) && json_integer_value(j) == twf_col_int(c, row), "%s",
                   info->name);
    }
}

static void check_json(const struct twf_sink_options *o, const struct twf_batch *b,
                       struct twf_span out)
{
    for (uint32_t row = 0; row < ROWS; row++) {
        size_t end = twf_span_find(out, '\n');
        json_error_t err;
        json_t *object =
            json_loadb((const char *)out.ptr, end, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &err);

        FUZZ_CHECK(object != NULL, "row %u: %s: %.*s", row, err.text, (int)end,
                   (const char *)out.ptr);
        for (size_t i = 0; i < end; i++) {
            FUZZ_CHECK(out.ptr[i] >= 0x20 && out.ptr[i] != 0x7F, "a control byte in JSON");
            FUZZ_CHECK(end - i < 3 || (memcmp(out.ptr + i, "\xE2\x80\xA8", 3) != 0 &&
                                       memcmp(out.ptr + i, "\xE2\x80\xA9", 3) != 0),
                       "a line separator in JSON");
        }
        for (int id = 0; !o->defang && id < TWF_COL_COUNT; id++) {
            if (twf_col_infos[id].index != 'O' || (id == TWF_COL_header_rest && o->with_headers))
                check_key(object, b, id, row);
        }
        json_decref(object);
        out = twf_span_slice(out, end + 1, out.len);
    }
    FUZZ_CHECK(out.len == 0, "more rows than there are");
}

/* ---- CSV ---- */

/* A cell that a spreadsheet would run (section 1.5 of the interfaces). */
static bool is_formula(struct twf_span cell)
{
    static const char *const begins[] = {
        "=",           "+", "-", "@", "\t", "\r", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
        "\xEF\xBC\xA0"};

    for (size_t i = 0; i < TWF_COUNT(begins); i++) {
        if (cell.len >= strlen(begins[i]) && memcmp(cell.ptr, begins[i], strlen(begins[i])) == 0)
            return true;
    }
    return false;
}

/* Reads a cell; returns the byte behind it. Content goes to the first bytes of scratch. */
static uint8_t read_cell(struct twf_span *in, uint8_t *scratch, size_t *len)
{
    size_t i = 0;
    bool quoted = in->len > 0 && in->ptr[0] == '"';
    uint8_t end;

    *len = 0;
    for (i = quoted; i < in->len; i++) {
        uint8_t c = in->ptr[i];

        if (quoted && c == '"') {
            if (i + 1 == in->len || in->ptr[i + 1] != '"') {
                i++;
                break;
            }
            i++;
        } else if (!quoted && (c == ',' || c == '\n')) {
            break;
        }
        scratch[(*len)++] = c;
    }
    FUZZ_CHECK(i < in->len, "a line of CSV without an end");
    end = in->ptr[i];
    FUZZ_CHECK(end == ',' || end == '\n', "bytes behind a quoted cell");
    *in = twf_span_slice(*in, i + 1, in->len);
    return end;
}

static void check_csv(struct twf_span out)
{
    uint8_t *scratch = malloc(out.len + 1);
    uint32_t columns = 0, lines = 0;

    FUZZ_CHECK(scratch != NULL, "no memory");
    while (out.len > 0) {
        uint32_t cells = 1;
        size_t len;

        for (;; cells++) {
            uint8_t end = read_cell(&out, scratch, &len);
            struct twf_span cell = twf_span(scratch, len);
            bool number = len > 1 && scratch[0] == '-' &&
                          strspn((const char *)scratch + 1, "0123456789") >= len - 1;

            FUZZ_CHECK(number || !is_formula(cell), "a formula: %.*s", (int)len,
                       (const char *)scratch);
            FUZZ_CHECK(twf_utf8_valid(cell), "CSV that is no UTF-8");
            if (end == '\n')
                break;
        }
        columns = lines == 0 ? cells : columns;
        FUZZ_CHECK(cells == columns, "line %u: %u cells under a head of %u", lines, cells, columns);
        lines++;
    }
    FUZZ_CHECK(lines == ROWS + 1, "%u lines", lines);
    free(scratch);
}

/* ---- what people see ---- */

/* No C0, DEL or C1, no bidi control, nothing that is no UTF-8; with ascii nothing beyond it. */
static void check_visible(struct twf_span s, bool ascii)
{
    uint32_t cp = 0;

    for (size_t i = 0, n; i < s.len; i += n) {
        n = twf_utf8_next(s.ptr + i, s.len - i, &cp);
        FUZZ_CHECK(n > 0, "no UTF-8 on the screen");
        FUZZ_CHECK(cp == '\n' || (cp >= 0x20 && cp < 0x7F) || (!ascii && cp > 0x9F),
                   "U+%04X on the screen", cp);
        FUZZ_CHECK((cp < 0x202A || cp > 0x202E) && (cp < 0x2066 || cp > 0x2069) &&
                       (cp < 0x200B || cp > 0x200F),
                   "U+%04X on the screen", cp);
    }
}

static void check_terminal(struct twf_span s, struct fuzz_rng *r, struct twf_buf *out)
{
    size_t max = fuzz_random(r, 100);
    bool ascii = fuzz_random(r, 2) == 0;

    twf_buf_reset(out);
    twf_text_terminal(out, s, ascii, max);
    FUZZ_CHECK(out->len <= max + 3, "%zu bytes, at most %zu", out->len, max);
    check_visible(twf_buf_view(out), ascii);
    FUZZ_CHECK(memchr(out->len > 0 ? out->ptr : (const uint8_t *)"", '\n', out->len) == NULL,
               "a second line");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = fuzz_rng_of(data, size);
    struct twf_batch *b = make_batch(twf_span(data, size), &r);
    struct twf_sink_options o = {.kernels = &kernels,
                                 .ascii = fuzz_random(&r, 2) == 0,
                                 .defang = fuzz_random(&r, 2) == 0,
                                 .with_subject = true,
                                 .with_headers = fuzz_random(&r, 2) == 0,
                                 .width = fuzz_random(&r, 200)};
    const struct twf_sink *csv = twf_sink_find("csv"), *table = twf_sink_find("table");
    struct twf_buf out;

    twf_kernels_init(&kernels, (enum twf_cpu_level)fuzz_random(&r, TWF_CPU_LEVELS));
    twf_buf_init(&out);
    twf_sink_find("jsonl")->rows(&o, b, &out);
    check_json(&o, b, twf_buf_view(&out));
    twf_buf_reset(&out);
    csv->head(&o, &out);
    csv->rows(&o, b, &out);
    check_csv(twf_buf_view(&out));
    twf_buf_reset(&out);
    table->head(&o, &out);
    table->rows(&o, b, &out);
    check_visible(twf_buf_view(&out), o.ascii);
    check_terminal(twf_span(data, size), &r, &out);
    twf_buf_fini(&out);
    twf_batch_free(b);
    return 0;
}
