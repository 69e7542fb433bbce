/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content-Transfer-Encoding: base64 and quoted-printable, RFC 2045 section 6. Lenient, as mail
 * readers are: bytes that do not belong are skipped, so a damaged part still shows what it holds.
 */
#include "split/mime.h"

#include "base/digits.h"

enum twf_mime_encoding twf_mime_encoding_read(struct twf_span header)
{
    struct twf_span value;

    if (!twf_field_find(header, "content-transfer-encoding", 0, &value) || value.len == 0 ||
        twf_span_is_fold(value, "7bit") || twf_span_is_fold(value, "8bit") ||
        twf_span_is_fold(value, "binary"))
        return TWF_MIME_PLAIN;
    if (twf_span_is_fold(value, "base64"))
        return TWF_MIME_BASE64;
    if (twf_span_is_fold(value, "quoted-printable"))
        return TWF_MIME_QP;
    return TWF_MIME_OTHER;
}

static size_t decode_base64(struct twf_span in, uint8_t *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;

    for (size_t i = 0; i < in.len; i++) {
        int d = twf_base64_digit(in.ptr[i]);

        if (in.ptr[i] == '=') {
            have = 0; /* padding: what follows is a new run */
            continue;
        }
        if (d < 0)
            continue;
        bits = bits << 6 | (uint32_t)d;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    return n;
}

/* Length of a soft line end behind '=' at s: blanks, then CRLF or LF; 0 where there is none. */
static size_t soft_end(struct twf_span s)
{
    size_t i = 0;

    while (i < s.len && i < 80 && twf_is_blank(s.ptr[i]))
        i++;
    if (i < s.len && s.ptr[i] == '\n')
        return i + 1;
    return s.len - i > 1 && s.ptr[i] == '\r' && s.ptr[i + 1] == '\n' ? i + 2 : 0;
}

static size_t decode_qp(struct twf_span in, uint8_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < in.len; i++) {
        size_t soft;
        int high, low;

        if (in.ptr[i] != '=') {
            out[n++] = in.ptr[i];
            continue;
        }
        high = in.len - i > 2 ? twf_hex_digit(in.ptr[i + 1]) : -1;
        low = in.len - i > 2 ? twf_hex_digit(in.ptr[i + 2]) : -1;
        if (high >= 0 && low >= 0) {
            out[n++] = (uint8_t)(high << 4 | low);
            i += 2;
            continue;
        }
        soft = soft_end(twf_span_slice(in, i + 1, in.len));
        if (soft > 0)
            i += soft;
        else
            out[n++] = '=';
    }
    return n;
}

struct twf_span twf_mime_decode(struct twf_arena *a, struct twf_span body,
                                enum twf_mime_encoding encoding)
{
    uint8_t *out;

    if (encoding != TWF_MIME_BASE64 && encoding != TWF_MIME_QP)
        return body;
    out = twf_arena_alloc(a, body.len);
    if (out == NULL)
        return (struct twf_span){NULL, 0};
    return twf_span(out,
                    encoding == TWF_MIME_BASE64 ? decode_base64(body, out) : decode_qp(body, out));
}
