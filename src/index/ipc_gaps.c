/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an index does not know of its archive, in the metadata of its schema (docs/index.md): a line
 * "CODE OFFSET LENGTH in|out TEXT" for each incident, TEXT with %XX for what is not printable ASCII. Whoever
 * reads the file with other tools can read it too.
 */
#include "base/alloc.h"
#include "base/digits.h"
#include "base/error.h"
#include "index/reader.h"
#include "index/writer.h"

static bool is_plain(uint8_t c)
{
    return c >= ' ' && c < 0x7F && c != '%';
}

void index_put_gaps(struct twf_buf *out, const struct twf_incident *gaps, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct twf_incident *g = &gaps[i];

        twf_buf_printf(out, "%s %llu %llu %s ", g->code, (unsigned long long)g->off, (unsigned long long)g->len,
                       g->decoded ? "out" : "in");
        for (const char *p = g->text; *p != '\0'; p++) {
            if (is_plain((uint8_t)*p))
                twf_buf_byte(out, (uint8_t)*p);
            else
                twf_buf_printf(out, "%%%02X", (uint8_t)*p);
        }
        twf_buf_byte(out, '\n');
    }
}

/* ---- reading ---- */

/* What stands before the next byte end, which is cut off too. */
static bool take_until(struct twf_span *s, uint8_t end, struct twf_span *out)
{
    size_t n = twf_span_find(*s, end);

    if (n == s->len)
        return false;
    *out = twf_span_slice(*s, 0, n);
    *s = twf_span_slice(*s, n + 1, s->len);
    return true;
}

static bool take_u64(struct twf_span *s, uint64_t *out)
{
    struct twf_span digits;

    if (!take_until(s, ' ', &digits) || digits.len == 0)
        return false;
    *out = 0;
    for (size_t i = 0; i < digits.len; i++) {
        uint8_t c = digits.ptr[i];

        if (!twf_is_digit(c) || __builtin_mul_overflow(*out, UINT64_C(10), out) ||
            __builtin_add_overflow(*out, (uint64_t)(c - '0'), out))
            return false;
    }
    return true;
}

static bool take_code(struct twf_span *s, char out[INDEX_CODE_MAX])
{
    struct twf_span code;

    if (!take_until(s, ' ', &code) || code.len == 0 || code.len >= INDEX_CODE_MAX)
        return false;
    for (size_t i = 0; i < code.len; i++) {
        if (code.ptr[i] != '_' && (code.ptr[i] < 'a' || code.ptr[i] > 'z'))
            return false;
        out[i] = (char)code.ptr[i];
    }
    out[code.len] = '\0';
    return true;
}

/* The rest of a line, with its bytes back; a C string, so no NUL. */
static bool take_text(struct twf_span s, char *out, size_t cap)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if (c == '%') {
            int high = i + 2 < s.len ? twf_hex_digit(s.ptr[i + 1]) : -1;
            int low = high >= 0 ? twf_hex_digit(s.ptr[i + 2]) : -1;

            if (low < 0)
                return false;
            c = (uint8_t)(high * 16 + low);
            i += 2;
        } else if (!is_plain(c)) {
            return false;
        }
        if (c == '\0' || n + 1 >= cap)
            return false;
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return true;
}

static bool take_line(struct twf_span line, struct index_gap *g)
{
    struct twf_span place;

    if (!take_code(&line, g->code) || !take_u64(&line, &g->incident.off) || !take_u64(&line, &g->incident.len) ||
        !take_until(&line, ' ', &place) || (!twf_span_is(place, "in") && !twf_span_is(place, "out")))
        return false;
    g->incident.code = g->code;
    g->incident.decoded = twf_span_is(place, "out");
    g->incident.incomplete = true;
    return take_text(line, g->incident.text, sizeof(g->incident.text));
}

enum twf_status index_take_gaps(struct twf_index *ix, struct twf_span text, struct twf_error *err)
{
    struct twf_span line;
    uint32_t n = 0;

    if (text.len == 0)
        return TWF_OK;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    if (n > TWF_INDEX_GAPS_MAX)
        return index_bad(err, 0, "it tells of too many gaps");
    ix->gaps = twf_calloc(TWF_MAX(n, 1u), sizeof(*ix->gaps));
    if (ix->gaps == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an index");
    for (; ix->gap_count < n; ix->gap_count++) {
        if (!take_until(&text, '\n', &line) || !take_line(line, &ix->gaps[ix->gap_count]))
            return index_bad(err, 0, "a gap that is none");
    }
    return text.len == 0 ? TWF_OK : index_bad(err, 0, "a gap that is none");
}

uint32_t twf_index_gap_count(const struct twf_index *ix)
{
    return ix->gap_count;
}

const struct twf_incident *twf_index_gap(const struct twf_index *ix, uint32_t i)
{
    return &ix->gaps[i].incident;
}
