/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Escaping: one function per channel, the only way for bytes of mail into an output. Each decodes
 * UTF-8 itself (RFC 3629), because 0x9C is a terminator to a terminal and a continuation byte to
 * UTF-8. JSON is RFC 8259, CSV is RFC 4180, base64 is RFC 4648 section 4.
 */
#include "report/report.h"

#include "base/utf8.h"
#include "report/text.h"

static const char HEX[] = "0123456789ABCDEF";

/* ---- terminal ---- */

struct range {
    uint32_t first, last;
};

static bool in_ranges(const struct range *r, size_t count, uint32_t cp)
{
    for (size_t i = 0; i < count && cp >= r[i].first; i++) {
        if (cp <= r[i].last)
            return true;
    }
    return false;
}

/*
 * Code points that move, hide or reorder what stands beside them: controls, bidi (UAX #9),
 * invisible and default-ignorable ones, line separators, tags, noncharacters of planes' ends.
 */
static bool is_hidden(uint32_t cp)
{
    static const struct range hidden[] = {
        {0x00, 0x1F},       {0x7F, 0x9F},       {0xAD, 0xAD},     {0x34F, 0x34F},
        {0x61C, 0x61C},     {0x115F, 0x1160},   {0x17B4, 0x17B5}, {0x180B, 0x180F},
        {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F}, {0x2800, 0x2800},
        {0x3164, 0x3164},   {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
        {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF}, {0x1BCA0, 0x1BCA3},
        {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
    };

    return in_ranges(hidden, TWF_COUNT(hidden), cp) || (cp & 0xFFFE) == 0xFFFE;
}

/* Columns of a visible code point: enough of UAX #11 to keep a table straight. */
static uint32_t columns_of(uint32_t cp)
{
    static const struct range wide[] = {
        {0x1100, 0x115E},   {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
        {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
        {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
    };
    static const struct range joined[] = {
        {0x300, 0x34E}, {0x350, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},
        {0x64B, 0x65F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE20, 0xFE2F},
    };

    if (in_ranges(joined, TWF_COUNT(joined), cp))
        return 0;
    return in_ranges(wide, TWF_COUNT(wide), cp) ? 2 : 1;
}

/* One code point, or one byte that is none, as a terminal may have it. */
struct unit {
    size_t taken; /* bytes of s */
    size_t len;   /* bytes of text */
    uint32_t columns;
    uint8_t text[12]; /* "\u{10ffff}" is the longest */
};

static void unit_hex(struct unit *u, uint32_t value, bool is_byte)
{
    int shift = is_byte ? 4 : 20;

    u->text[u->len++] = '\\';
    u->text[u->len++] = is_byte ? 'x' : 'u';
    if (!is_byte)
        u->text[u->len++] = '{';
    while (!is_byte && shift > 0 && value >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        u->text[u->len++] = (uint8_t)HEX[value >> shift & 15];
    if (!is_byte)
        u->text[u->len++] = '}';
    u->columns = (uint32_t)u->len;
}

/*
 * A backslash in front of this byte is written twice: where it would read as one of our escapes, or
 * an escape may follow it. So the text can be turned back into the bytes, and \q stays as it was.
 */
static bool is_doubled(uint8_t c)
{
    return c < 0x20 || c >= 0x7F || c == '\\' || c == 'x' || c == 'u';
}

static struct unit unit_next(struct twf_span s, bool ascii)
{
    struct unit u = {0};
    uint32_t cp = 0;

    u.taken = twf_utf8_next(s.ptr, s.len, &cp);
    if (u.taken == 0) {
        u.taken = 1;
        unit_hex(&u, s.ptr[0], true);
    } else if (cp < 0x80 ? is_hidden(cp) : ascii || is_hidden(cp)) {
        unit_hex(&u, cp, cp < 0x80);
    } else {
        memcpy(u.text, s.ptr, u.taken);
        u.len = u.taken;
        u.columns = cp < 0x80 ? 1 : columns_of(cp);
        if (cp == '\\' && s.len > 1 && is_doubled(s.ptr[1])) {
            u.text[u.len++] = '\\';
            u.columns++;
        }
    }
    return u;
}

void twf_text_terminal(struct twf_buf *out, struct twf_span s, bool ascii, size_t max)
{
    size_t used = 0;

    while (s.len > 0) {
        struct unit u = unit_next(s, ascii);

        if (u.len > max - used) {
            twf_buf_str(out, "...");
            return;
        }
        twf_buf_put(out, u.text, u.len);
        used += u.len;
        s = twf_span_slice(s, u.taken, s.len);
    }
}

void twf_text_plain(struct twf_buf *out, struct twf_span s, bool ascii)
{
    twf_text_terminal(out, s, ascii, SIZE_MAX);
}

static uint32_t span_columns(struct twf_span s, bool ascii)
{
    uint32_t columns = 0;

    while (s.len > 0) {
        struct unit u = unit_next(s, ascii);

        columns += u.columns;
        s = twf_span_slice(s, u.taken, s.len);
    }
    return columns;
}

void twf_text_cell(struct twf_buf *out, struct twf_span s, bool ascii, uint32_t columns)
{
    /* No unit has more than four bytes, so a tail of this length fills the cell or is all there
     * is. */
    size_t most = (size_t)columns * 4, from = s.len > most ? s.len - most : 0;
    bool cut = from > 0;
    uint32_t have;

    while (from > 0 && from < s.len && (s.ptr[from] & 0xC0) == 0x80)
        from++;
    s = twf_span_slice(s, from, s.len);
    have = span_columns(s, ascii);
    while (s.len > 0 && (cut ? have + 3 : have) > columns) {
        struct unit u = unit_next(s, ascii);

        cut = true;
        have -= u.columns;
        s = twf_span_slice(s, u.taken, s.len);
    }
    if (cut) {
        twf_buf_str(out, "...");
        have += 3;
    }
    twf_text_plain(out, s, ascii);
    for (; have < columns; have++)
        twf_buf_byte(out, ' ');
}

/* ---- JSON ---- */

static void json_u16(struct twf_buf *out, uint32_t v)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t text[6] = {'\\',
                             'u',
                             (uint8_t)hex[v >> 12 & 15],
                             (uint8_t)hex[v >> 8 & 15],
                             (uint8_t)hex[v >> 4 & 15],
                             (uint8_t)hex[v & 15]};

    twf_buf_put(out, text, sizeof(text));
}

static void json_special(struct twf_buf *out, uint8_t c)
{
    static const char names[] = "\bb\tt\nn\ff\rr\"\"\\\\";

    for (const char *p = names; *p != '\0'; p += 2) {
        if ((uint8_t)*p == c) {
            twf_buf_byte(out, '\\');
            twf_buf_byte(out, (uint8_t)p[1]);
            return;
        }
    }
    json_u16(out, c);
}

/*
 * The contract asks for valid UTF-8; a byte that is none becomes U+FFFD all the same, for a file
 * that no parser reads would cost every record in it. U+0080 to U+009F are escaped as C0 is: people
 * cat files.
 */
void twf_text_json(struct twf_buf *out, const struct twf_kernels *k, struct twf_span s)
{
    while (s.len > 0) {
        size_t plain = k->jsonscan(s.ptr, s.len), n;
        uint32_t cp = 0;

        twf_buf_put(out, s.ptr, plain);
        s = twf_span_slice(s, plain, s.len);
        /* Text beyond ASCII comes in runs: the kernel is not asked again for each letter. */
        while (s.len > 0 && s.ptr[0] >= 0x80) {
            n = twf_utf8_next(s.ptr, s.len, &cp);
            if (n == 0)
                twf_buf_str(out, "\\ufffd");
            else if (cp < 0xA0 || cp == 0x2028 || cp == 0x2029)
                json_u16(out, cp);
            else
                twf_buf_put(out, s.ptr, n);
            s = twf_span_slice(s, n == 0 ? 1 : n, s.len);
        }
        if (s.len > 0 &&
            (s.ptr[0] < 0x20 || s.ptr[0] == '"' || s.ptr[0] == '\\' || s.ptr[0] == 0x7F)) {
            json_special(out, s.ptr[0]);
            s = twf_span_slice(s, 1, s.len);
        }
    }
}

/* ---- CSV ---- */

bool twf_text_csv_risky(struct twf_span s)
{
    uint32_t cp = 0;

    if (s.len == 0 || twf_utf8_next(s.ptr, s.len, &cp) == 0)
        return false;
    return cp == '=' || cp == '+' || cp == '-' || cp == '@' || cp == '\t' || cp == '\r' ||
           cp == 0 || cp == 0xFF1D || cp == 0xFF0B || cp == 0xFF0D || cp == 0xFF20;
}

/* Controls that no CSV reader expects, and bytes that are no UTF-8, become \xHH. JSON has them
 * exactly. */
void twf_text_csv_part(struct twf_buf *out, struct twf_span s)
{
    while (s.len > 0) {
        uint32_t cp = 0;
        size_t n = twf_utf8_next(s.ptr, s.len, &cp);
        uint8_t c = s.ptr[0];

        if (n == 0 || (cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r') || cp == 0x7F) {
            const uint8_t text[4] = {'\\', 'x', (uint8_t)HEX[c >> 4], (uint8_t)HEX[c & 15]};

            twf_buf_put(out, text, sizeof(text));
            n = 1;
        } else if (cp >= 0x80 && cp < 0xA0) {
            twf_buf_printf(out, "\\u{%X}", (unsigned)cp); /* people cat files */
        } else {
            if (c == '"')
                twf_buf_byte(out, '"');
            twf_buf_put(out, s.ptr, n);
        }
        s = twf_span_slice(s, n, s.len);
    }
}

static bool csv_needs_quotes(struct twf_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if (c == '"' || c == ',' || c == ';' || c == '\t' || c == '\n' || c == '\r')
            return true;
    }
    return s.len > 0 && (s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ');
}

void twf_text_csv(struct twf_buf *out, struct twf_span s)
{
    bool quotes = csv_needs_quotes(s);

    if (quotes)
        twf_buf_byte(out, '"');
    if (twf_text_csv_risky(s))
        twf_buf_byte(out, '\'');
    twf_text_csv_part(out, s);
    if (quotes)
        twf_buf_byte(out, '"');
}

/* ---- base64 ---- */

void twf_text_base64(struct twf_buf *out, struct twf_span s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < s.len; i += 3) {
        size_t n = TWF_MIN(s.len - i, (size_t)3);
        uint32_t v = (uint32_t)s.ptr[i] << 16 | (n > 1 ? (uint32_t)s.ptr[i + 1] << 8 : 0) |
                     (n > 2 ? s.ptr[i + 2] : 0);
        const uint8_t four[4] = {(uint8_t)digits[v >> 18], (uint8_t)digits[v >> 12 & 63],
                                 (uint8_t)(n > 1 ? digits[v >> 6 & 63] : '='),
                                 (uint8_t)(n > 2 ? digits[v & 63] : '=')};

        twf_buf_put(out, four, sizeof(four));
    }
}
