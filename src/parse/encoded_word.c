/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoded-words (RFC 2047 sections 2, 4 and 6.2; languages of RFC 2231 section 5) into UTF-8.
 *
 * Lenient, as the readers are whose eyes we borrow: a word may be longer than 75 bytes, be glued
 * to text, stand in a quoted-string, hold blanks, and lack base64 padding. Adjacent words of one
 * charset are joined before conversion, because senders cut characters in two.
 *
 * One pass: the text of a word ends at "?=" or, as no word, at the next "=?", where the search
 * goes on. The result is the text given where nothing changed, else memory of the arena.
 */
#include "parse/parse.h"

#include <string.h>

#include "base/digits.h"
#include "base/utf8.h"
#include "parse/charset.h"

enum {
    MAX_TOKEN = 64 /* of a charset, of a language */
};

struct word {
    struct twf_span charset, text;
    uint8_t encoding; /* 'b' or 'q' */
    size_t end;       /* offset behind it; where there is no word, where to search on */
};

static bool is_token_byte(uint8_t c)
{
    return twf_is_alnum(c) || c == '-' || c == '_' || c == '.' || c == ':' || c == '+';
}

/* A charset or language at *at; empty, and *at behind what was read, where there is none. */
static struct twf_span take_token(struct twf_span s, size_t *at)
{
    size_t from = *at;

    while (*at < s.len && *at - from <= MAX_TOKEN && is_token_byte(s.ptr[*at]))
        ++*at;
    return *at - from <= MAX_TOKEN ? twf_span_slice(s, from, *at) : twf_span(NULL, 0);
}

/* The "=?" at at: a word, or false and w->end behind what cannot begin another one. */
static bool take_word(struct twf_span s, size_t at, struct word *w)
{
    size_t i = at + 2;

    w->charset = take_token(s, &i);
    w->end = i;
    if (i < s.len && s.ptr[i] == '*') {
        i++;
        if (take_token(s, &i).len == 0)
            return false;
    }
    if (w->charset.len == 0 || s.len - i < 3 || s.ptr[i] != '?' || s.ptr[i + 2] != '?')
        return false;
    w->encoding = twf_lower_byte(s.ptr[i + 1]);
    if (w->encoding != 'b' && w->encoding != 'q')
        return false;
    i += 3;
    w->text = twf_span_slice(s, i, s.len);
    for (; s.len - i >= 2; i++) {
        if (s.ptr[i] == '?' && s.ptr[i + 1] == '=') {
            w->text.len = (size_t)(s.ptr + i - w->text.ptr);
            w->end = i + 2;
            return true;
        }
        /* "=?=" is base64 padding and the end; any other "=?" begins a new word. */
        if (s.ptr[i] == '=' && s.ptr[i + 1] == '?' && (s.len - i < 3 || s.ptr[i + 2] != '='))
            break;
    }
    w->end = i;
    return false;
}

/* The first word from at on; false: there is none, nor is there one later. */
static bool find_word(struct twf_span s, size_t at, size_t *begin, struct word *w)
{
    while (at < s.len) {
        const uint8_t *p = memchr(s.ptr + at, '=', s.len - at);

        if (p == NULL)
            return false;
        at = (size_t)(p - s.ptr);
        if (s.len - at < 2)
            return false;
        if (s.ptr[at + 1] != '?') {
            at++;
        } else if (take_word(s, at, w)) {
            *begin = at;
            return true;
        } else {
            at = w->end;
        }
    }
    return false;
}

bool twf_has_encoded_word(struct twf_span text)
{
    struct word w;
    size_t begin;

    return find_word(text, 0, &begin, &w);
}

/* "Q", section 4.2. A "=" that is no escape stays. Writes at most text.len bytes. */
static size_t decode_q(struct twf_span text, uint8_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (c == '_') {
            c = ' ';
        } else if (c == '=' && text.len - i > 2) {
            int high = twf_hex_digit(text.ptr[i + 1]), low = twf_hex_digit(text.ptr[i + 2]);

            if (high >= 0 && low >= 0) {
                c = (uint8_t)(high << 4 | low);
                i += 2;
            }
        }
        out[n++] = c;
    }
    return n;
}

/* "B", section 4.1; ends at "=", skips what is no base64. Writes at most text.len bytes. */
static size_t decode_b(struct twf_span text, uint8_t *out)
{
    uint32_t bits = 0;
    unsigned int have = 0;
    size_t n = 0;

    for (size_t i = 0; i < text.len && text.ptr[i] != '='; i++) {
        int value = twf_base64_digit(text.ptr[i]);

        if (value < 0)
            continue;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    return n;
}

static bool is_lwsp(struct twf_span s)
{
    return twf_span_trim(s).len == 0;
}

/* The state of one call. */
struct decode {
    struct twf_charset_out out;
    struct twf_charsets charsets;
    struct twf_span charset; /* of the words joined in pending */
    uint8_t *pending;        /* room for the whole text: a decoded word is shorter than the word */
    size_t pending_len;
    bool make_valid;
};

static void flush_pending(struct decode *d)
{
    struct twf_span bytes = twf_span(d->pending, d->pending_len);

    if (bytes.len > 0)
        twf_charset_to_utf8(&d->charsets, d->charset, bytes, &d->out);
    d->pending_len = 0;
}

static void put_text(struct decode *d, struct twf_span s)
{
    if (d->make_valid)
        twf_charset_put_valid(&d->out, s);
    else
        twf_charset_put(&d->out, s.ptr, s.len);
}

/* Decodes text into d->out; the number of words. */
static uint32_t decode_all(struct decode *d, struct twf_span text, size_t begin, struct word *w)
{
    size_t copied = 0; /* text before this is in the result */
    uint32_t count = 0;
    bool found = true;

    for (; found; found = find_word(text, w->end, &begin, w)) {
        struct twf_span between = twf_span_slice(text, copied, begin);

        if (!twf_charset_known(&d->charsets, w->charset))
            continue;
        if (count == 0 || !is_lwsp(between)) {
            flush_pending(d);
            put_text(d, between);
        } else if (!twf_span_eq_fold(d->charset, w->charset)) {
            flush_pending(d);
        }
        d->charset = w->charset;
        d->pending_len += w->encoding == 'q' ? decode_q(w->text, d->pending + d->pending_len)
                                             : decode_b(w->text, d->pending + d->pending_len);
        copied = w->end;
        count++;
    }
    flush_pending(d);
    put_text(d, twf_span_slice(text, copied, text.len));
    return count;
}

static struct twf_span decode_words(struct twf_arena *a, struct twf_span text, uint32_t *decoded,
                                    bool make_valid)
{
    struct decode d = {.out = {.arena = a}, .make_valid = make_valid};
    struct word w;
    size_t begin = 0;
    uint32_t count = 0;

    *decoded = 0;
    if (!find_word(text, 0, &begin, &w)) {
        if (!make_valid || twf_utf8_valid(text))
            return text;
        twf_charset_put_valid(&d.out, text);
        return twf_span(d.out.ptr, d.out.len);
    }
    d.pending = twf_arena_alloc(a, text.len);
    if (d.pending == NULL)
        return twf_span(NULL, 0);
    count = decode_all(&d, text, begin, &w);
    twf_charsets_fini(&d.charsets);
    if (a->failed)
        return twf_span(NULL, 0);
    *decoded = count;
    return twf_span(d.out.ptr, d.out.len);
}

struct twf_span twf_decode_words(struct twf_arena *a, struct twf_span text, uint32_t *decoded)
{
    return decode_words(a, text, decoded, true);
}

struct twf_span twf_decode_words_raw(struct twf_arena *a, struct twf_span text, uint32_t *decoded)
{
    return decode_words(a, text, decoded, false);
}
