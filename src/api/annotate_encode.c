/* SPDX-License-Identifier: Apache-2.0 */
/* The places are found as split/mime_decode.c decodes: what is no digit is passed over. */
#include "api/annotate_encode.h"

#include "base/digits.h"

enum { QP_LINE = 75, BASE64_LINE = 76 };

/* is_binary: line ends are encoded too (UTF-16). */
void twf_annotate_put_qp(struct twf_buf *b, struct twf_span s, const char *eol, bool is_binary)
{
    size_t column = 0;

    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];
        bool ends = i + 1 == s.len || s.ptr[i + 1] == '\n' || s.ptr[i + 1] == '\r';
        bool plain = c >= 0x20 && c < 0x7F && c != '=' && !(c == ' ' && ends);

        if (!is_binary && c == '\r')
            continue; /* comes back with its LF */
        if (!is_binary && c == '\n') {
            twf_buf_str(b, eol);
            column = 0;
            continue;
        }
        if (column + (plain ? 1 : 3) > QP_LINE) {
            twf_buf_printf(b, "=%s", eol);
            column = 0;
        }
        if (plain)
            twf_buf_byte(b, c);
        else
            twf_buf_printf(b, "=%02X", c);
        column += plain ? 1 : 3;
    }
    if (is_binary && column > 0)
        twf_buf_printf(b, "=%s", eol);
}

void twf_annotate_put_base64(struct twf_buf *b, struct twf_span s, const char *eol)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t column = 0;

    for (size_t i = 0; i < s.len; i += 3) {
        size_t n = TWF_MIN(s.len - i, (size_t)3);
        uint32_t bits = (uint32_t)s.ptr[i] << 16 | (n > 1 ? (uint32_t)s.ptr[i + 1] << 8 : 0) |
                        (n > 2 ? s.ptr[i + 2] : 0);

        for (size_t k = 0; k < 4; k++)
            twf_buf_byte(b, k > n ? '=' : (uint8_t)digits[bits >> (18 - 6 * k) & 63]);
        column += 4;
        if (column == BASE64_LINE || i + 3 >= s.len) {
            twf_buf_str(b, eol);
            column = 0;
        }
    }
}

/* The raw offset of a decoded one in quoted-printable, as mime_decode.c reads it. */
size_t twf_annotate_qp_place(struct twf_span body, size_t decoded)
{
    size_t high = body.len;

    for (size_t i = 0, out = 0; i < high;) {
        size_t soft = i + 1;

        if (out == decoded)
            return i;
        if (body.ptr[i] != '=') {
            out++;
            i++;
            continue;
        }
        if (high - i > 2 && twf_hex_digit(body.ptr[i + 1]) >= 0 &&
            twf_hex_digit(body.ptr[i + 2]) >= 0) {
            out++;
            i += 3;
            continue;
        }
        while (soft < high && soft - i <= 80 && twf_is_blank(body.ptr[soft]))
            soft++;
        if (high - soft > 1 && body.ptr[soft] == '\r' && body.ptr[soft + 1] == '\n') {
            i = soft + 2;
        } else if (soft < high && body.ptr[soft] == '\n') {
            i = soft + 1;
        } else {
            out++;
            i++;
        }
    }
    return high;
}

/* [*from, *to): the digits of the group of three bytes that begins at decoded offset 3 * group, with
 * what lies between them. False where padding stands before it. */
bool twf_annotate_base64_place(struct twf_span body, size_t group, size_t *from, size_t *to)
{
    size_t digits = 0;
    bool padded = false;

    *from = *to = body.len;
    for (size_t i = 0; i < body.len; i++) {
        if (body.ptr[i] == '=') {
            if (digits < group * 4)
                return false;
            padded = *from < body.len;
            if (padded)
                *to = i + 1;
            continue;
        }
        if (twf_base64_digit(body.ptr[i]) < 0)
            continue;
        if (padded)
            return true;
        if (digits == group * 4)
            *from = i;
        if (digits >= group * 4 + 4)
            return true;
        *to = i + 1;
        digits++;
    }
    if (*from == body.len)
        *to = body.len;
    return digits >= group * 4;
}
