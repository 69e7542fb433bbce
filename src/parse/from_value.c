/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A raw From-like value into struct twf_from: unfolded (RFC 5322 section 2.2.3), cut to the limit
 * "from", parsed strictly, then read as S1 to S5 do.
 */
#include "parse/address_scan.h"

#include <string.h>

#include "base/utf8.h"
#include "base/word.h"

/* What twf_is_strict_ldh_list allows: the depth of comments is of no interest there. */
#define ANY_DEPTH UINT32_MAX

/* Bytes of the line end at off that a fold removes: 2, 1, or 0 where none is. */
static uint32_t fold_at(struct twf_span raw, size_t off)
{
    uint32_t eol = raw.ptr[off] == '\n' ? 1 : 0;

    if (raw.ptr[off] == '\r' && raw.len - off > 1 && raw.ptr[off + 1] == '\n')
        eol = 2;
    return eol > 0 && raw.len - off > eol && twf_is_blank(raw.ptr[off + eol]) ? eol : 0;
}

/* Folds of raw, at most until max bytes are left without them; *end is where to stop. */
static uint32_t count_folds(struct twf_span raw, size_t max, size_t *end)
{
    uint32_t folds = 0, eol;
    size_t kept = 0, off = 0;

    while (off < raw.len && kept < max) {
        if ((raw.ptr[off] == '\r' || raw.ptr[off] == '\n') && (eol = fold_at(raw, off)) > 0) {
            folds++;
            off += eol;
        } else {
            kept++;
            off++;
        }
    }
    *end = off;
    return folds;
}

static void unfold(struct twf_arena *a, struct twf_span raw, size_t max, struct twf_from *out)
{
    struct twf_fold *folds;
    uint32_t count, eol, len = 0, skip = 0;
    uint8_t *copy;
    size_t end;

    if (raw.len <= max && (raw.len == 0 || memchr(raw.ptr, '\n', raw.len) == NULL)) {
        out->value = raw;
        return;
    }
    count = count_folds(raw, max, &end);
    out->cut = end < raw.len;
    out->value = twf_span(raw.ptr, end);
    if (count == 0)
        return;
    copy = twf_arena_alloc(a, end);
    folds = twf_arena_alloc(a, count * sizeof(*folds));
    out->value = twf_span(NULL, 0);
    if (copy == NULL || folds == NULL)
        return;
    out->folds = folds;
    for (size_t off = 0; off < end;) {
        if ((raw.ptr[off] == '\r' || raw.ptr[off] == '\n') && (eol = fold_at(raw, off)) > 0) {
            skip += eol;
            folds[out->fold_count++] = (struct twf_fold){len, skip};
            off += eol;
        } else {
            copy[len++] = raw.ptr[off++];
        }
    }
    out->value = twf_span(copy, len);
}

static void classify_bytes(struct twf_from *out)
{
    struct twf_span v = out->value;
    uint64_t high = 0, odd = 0;

    for (size_t at = 0; at < v.len; at += 8) {
        uint64_t w = v.len - at >= 8 ? twf_word(v.ptr + at)
                                     : twf_word_tail(v.ptr, v.len, at) |
                                           TWF_WORD_CASE << 8 * (v.len - at); /* blanks behind it */
        uint64_t low = w & ~TWF_WORD_HIGH;

        high |= w;
        /* Below 0x20, or DEL: the one bit that neither sum carries into. */
        odd |= (~(low + TWF_WORD_ONES * 0x60) | (low + TWF_WORD_ONES)) & ~w & TWF_WORD_HIGH;
    }
    for (size_t i = 0; odd != 0 && i < v.len && !out->has_ctrl; i++)
        out->has_ctrl = (v.ptr[i] < 0x20 && v.ptr[i] != '\t') || v.ptr[i] == 0x7F;
    if ((high & TWF_WORD_HIGH) != 0)
        out->bytes = twf_utf8_valid(v) ? TWF_FROM_UTF8 : TWF_FROM_8BIT_OTHER;
}

/*
 * Phrases and comments, joined and decoded. The two texts lie in one buffer, with room between
 * them.
 */
static void set_display_text(struct twf_address_scan *s)
{
    struct twf_scan_text *text = &s->phrase;
    uint32_t decoded;

    while (text->len > 0 && text->ptr[text->len - 1] == ' ')
        text->len--;
    if (s->comments.len > 0) {
        if (text->len > 0)
            text->ptr[text->len++] = ' ';
        memmove(text->ptr + text->len, s->comments.ptr, s->comments.len);
        text->len += s->comments.len;
    }
    s->out->display_text =
        twf_decode_words(s->arena, twf_span_trim(twf_span(text->ptr, text->len)), &decoded);
}

void twf_from_parse(struct twf_domains *d, struct twf_arena *a, const struct twf_limits *limits,
                    struct twf_span raw, uint32_t raw_off, struct twf_from *out)
{
    struct twf_address_scan s = {.domains = d, .arena = a, .out = out};
    uint8_t *text;

    *out = (struct twf_from){.raw_off = raw_off};
    unfold(a, raw, (size_t)TWF_MIN(limits->value[TWF_LIMIT_FROM], (uint64_t)INT32_MAX), out);
    classify_bytes(out);
    s.ptr = out->value.ptr;
    s.len = (uint32_t)out->value.len;
    s.mailboxes_max = (uint32_t)TWF_MIN(limits->value[TWF_LIMIT_MAILBOXES], (uint64_t)INT32_MAX);
    s.depth_max = (uint32_t)TWF_MIN(limits->value[TWF_LIMIT_COMMENT], (uint64_t)INT32_MAX);
    /* Each byte goes to at most one of the texts, and what parts two texts replaces a byte. */
    text = twf_arena_alloc(a, 2 * ((size_t)s.len + 2));
    if (text == NULL)
        return;
    s.phrase.ptr = text;
    s.comments.ptr = text + s.len + 2;
    twf_address_scan(&s);
    out->mailboxes = s.mailboxes;
    out->strict_ok = !s.failed;
    set_display_text(&s);
    twf_from_read(d, a, out);
}

bool twf_is_strict_ldh_list(struct twf_arena *a, struct twf_span line)
{
    struct twf_from out = {.value = line};
    struct twf_address_scan s = {.ptr = line.ptr,
                                 .len = (uint32_t)line.len,
                                 .arena = a,
                                 .out = &out,
                                 .mailboxes_max = UINT32_MAX,
                                 .depth_max = ANY_DEPTH};

    if (line.len > INT32_MAX || line.len < 3 || memchr(line.ptr, '@', line.len) == NULL)
        return false;
    twf_address_scan(&s);
    return !s.failed && !out.obs && s.ldh && out.mailbox_count > 0 &&
           (out.errors & 1u << TWF_ADDR_GROUP) == 0;
}
