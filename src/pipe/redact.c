/* SPDX-License-Identifier: Apache-2.0 */
#include "pipe/redact.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum { KEY_MAX = 4096, DIGITS = 16 };

struct twf_redact {
    enum twf_redact_mode mode;
    uint8_t key[KEY_MAX];
    size_t key_len;
    char id[DIGITS + 1];
};

/* The first digits of the HMAC of what; what is never empty, so its pointer is valid. */
static bool digest(const struct twf_redact *r, struct twf_span what, char out[DIGITS + 1])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (HMAC(EVP_sha256(), r->key, (int)r->key_len, what.len == 0 ? (const uint8_t *)"" : what.ptr,
             what.len, sum, &len) == NULL)
        return false;
    for (int i = 0; i < DIGITS / 2; i++) {
        out[2 * i] = digits[sum[i] >> 4];
        out[2 * i + 1] = digits[sum[i] & 15];
    }
    out[DIGITS] = '\0';
    return true;
}

enum twf_status twf_redact_new(enum twf_redact_mode mode, struct twf_span key, struct twf_redact **out,
                               struct twf_error *err)
{
    struct twf_redact *r;

    *out = NULL;
    if (key.len == 0 || key.len > KEY_MAX)
        return twf_error_set(err, TWF_ERR_ARG, 0, "a key has 1 to %d bytes", (int)KEY_MAX);
    r = twf_calloc(1, sizeof(*r));
    if (r == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a key");
    r->mode = mode;
    memcpy(r->key, key.ptr, key.len);
    r->key_len = key.len;
    if (!digest(r, twf_span_str("twofrom: the id of this key"), r->id)) {
        twf_redact_free(r);
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "no HMAC-SHA-256");
    }
    *out = r;
    return TWF_OK;
}

void twf_redact_free(struct twf_redact *r)
{
    if (r == NULL)
        return;
    OPENSSL_cleanse(r->key, sizeof(r->key));
    twf_free(r);
}

const char *twf_redact_key_id(const struct twf_redact *r)
{
    return r->id;
}

const char *twf_redact_mode_name(const struct twf_redact *r)
{
    return r->mode == TWF_REDACT_FULL ? "full" : "local";
}

/* Without a digest nothing is written but a failure: a plain value must not slip through. */
static void put_digest(const struct twf_redact *r, struct twf_span what, struct twf_buf *out)
{
    char text[DIGITS + 1];

    if (digest(r, what, text))
        twf_buf_put(out, text, DIGITS);
    else
        out->failed = true;
}

/* The same for text in lower case. */
static void put_lower(const struct twf_redact *r, struct twf_span what, struct twf_buf *out)
{
    struct twf_buf lower;

    twf_buf_init(&lower);
    for (size_t i = 0; i < what.len; i++)
        twf_buf_byte(&lower, twf_lower_byte(what.ptr[i]));
    out->failed |= lower.failed;
    if (!lower.failed)
        put_digest(r, twf_buf_view(&lower), out);
    twf_buf_fini(&lower);
}

void twf_redact_text(const struct twf_redact *r, struct twf_span text, struct twf_buf *out)
{
    if (text.len == 0)
        return;
    twf_buf_byte(out, '~');
    put_digest(r, text, out);
}

static bool is_host(struct twf_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
              c == '.' || c == '_' || c == '[' || c == ']' || c == ':'))
            return false;
    }
    return s.len > 0 && s.len <= 255;
}

void twf_redact_domain(const struct twf_redact *r, struct twf_span domain, struct twf_buf *out)
{
    if (domain.len == 0)
        return;
    if (r->mode == TWF_REDACT_LOCAL && is_host(domain)) {
        twf_buf_span(out, domain);
        return;
    }
    twf_buf_byte(out, '~');
    put_lower(r, domain, out);
}

void twf_redact_address(const struct twf_redact *r, struct twf_span address, struct twf_buf *out)
{
    size_t at = address.len;

    while (at > 0 && address.ptr[at - 1] != '@')
        at--;
    if (at == 0) {
        twf_redact_text(r, address, out);
        return;
    }
    put_lower(r, address, out);
    twf_buf_byte(out, '@');
    twf_redact_domain(r, twf_span_slice(address, at, address.len), out);
}

/* An at sign as itself, or as a URI, a quoted-printable text or our own screen would write it. */
static bool has_at(struct twf_span s)
{
    static const char *const forms[] = {"%40", "%2540", "=40", "\\x40", "&#64", "\xEF\xBC\xA0", "\xEF\xB9\xAB",
                                        "%EF%BC%A0", "%EF%B9%AB"};

    if (twf_span_find(s, '@') < s.len)
        return true;
    for (size_t f = 0; f < TWF_COUNT(forms); f++) {
        size_t n = strlen(forms[f]);

        for (size_t i = 0; i + n <= s.len; i++) {
            if (memcmp(s.ptr + i, forms[f], n) == 0)
                return true;
        }
    }
    return false;
}

void twf_redact_path(const struct twf_redact *r, struct twf_span path, struct twf_buf *out)
{
    while (path.len > 0) {
        size_t n = twf_span_find(path, '/');
        struct twf_span part = twf_span_slice(path, 0, n);

        if (has_at(part))
            twf_redact_text(r, part, out);
        else
            twf_buf_span(out, part);
        if (n < path.len)
            twf_buf_byte(out, '/');
        path = twf_span_slice(path, n + 1, path.len);
    }
}

void twf_redact_incident(const struct twf_redact *r, const char *code, const char *text, char *out, size_t cap)
{
    bool names = strcmp(code, "member_skipped") == 0 || strcmp(code, "member_not_mail") == 0;
    struct twf_span note = twf_span_str(text);
    struct twf_buf b;
    size_t n = 0;

    if (r == NULL || !names) {
        (void)snprintf(out, cap, "%s", text);
        return;
    }
    while (n < note.len && !(note.ptr[n] == ':' && note.len - n > 1 && note.ptr[n + 1] == ' '))
        n++;
    twf_buf_init(&b);
    twf_buf_span(&b, twf_span_slice(note, 0, TWF_MIN(n + 2, note.len)));
    twf_redact_text(r, twf_span_slice(note, n + 2, note.len), &b);
    (void)snprintf(out, cap, "%.*s", b.failed ? 0 : (int)b.len, b.failed ? "" : (const char *)b.ptr);
    twf_buf_fini(&b);
}
