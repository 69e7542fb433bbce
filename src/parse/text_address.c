/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses in running text, as docs/verdicts.md 6 defines them: a run of atext and dots, an at
 * sign, and at least two labels of letters, digits, '-' and '_' joined by dots, of which the last is
 * no number ("pkg@1.2.3").
 */
#include "parse/addr_lex.h"
#include "parse/parse.h"
#include "base/utf8.h"

/*
 * Blocks of symbols, punctuation and pictures: what is above ASCII and not here counts as a letter.
 */
static const struct {
    uint32_t first, last;
} no_letters[] = {
    {0x0080, 0x00A9}, {0x00AB, 0x00B4}, {0x00B6, 0x00B9}, {0x00BB, 0x00BF},   {0x2000, 0x206F},
    {0x20A0, 0x2101}, {0x2190, 0x2BFF}, {0x3000, 0x3004}, {0x3008, 0x3020},   {0xD800, 0xF8FF},
    {0xFE00, 0xFE6F}, {0xFEFF, 0xFF0F}, {0xFFE0, 0xFFFF}, {0x1F000, 0x1FAFF}, {0xE0000, 0x10FFFF},
};

static bool is_letter(uint32_t cp)
{
    for (size_t i = 0; i < TWF_COUNT(no_letters); i++) {
        if (cp >= no_letters[i].first && cp <= no_letters[i].last)
            return false;
    }
    return true;
}

/* Bytes of the letter, digit, '-' or '_' at off, or 0. */
static size_t label_char(struct twf_span s, size_t off)
{
    uint8_t c = s.ptr[off];
    uint32_t cp;
    size_t n;

    if (c < 0x80)
        return twf_is_alnum(c) || c == '-' || c == '_' ? 1 : 0;
    n = twf_utf8_next(s.ptr + off, s.len - off, &cp);
    return n > 0 && is_letter(cp) ? n : 0;
}

/* Bytes of the at sign at off: '@', U+FE6B or U+FF20, which look the same; 0 where there is none. */
static size_t at_sign(struct twf_span s, size_t off)
{
    const uint8_t *p = s.ptr + off;

    if (p[0] == '@')
        return 1;
    return p[0] == 0xEF && s.len - off >= 3 &&
                   ((p[1] == 0xBC && p[2] == 0xA0) || (p[1] == 0xB9 && p[2] == 0xAB))
               ? 3
               : 0;
}

static bool is_number(struct twf_span label)
{
    for (size_t i = 0; i < label.len; i++) {
        if (label.ptr[i] < '0' || label.ptr[i] > '9')
            return false;
    }
    return true;
}

/* The end of the labels that begin at off; off itself where there are not two of them. */
static size_t domain_end(struct twf_span s, size_t off)
{
    size_t end = off, i = off, last = off;
    uint32_t labels = 0;

    while (i < s.len) {
        size_t from = i, n;

        while (i < s.len && (n = label_char(s, i)) > 0)
            i += n;
        if (i == from)
            break;
        labels++;
        last = from;
        end = i;
        if (i == s.len || s.ptr[i] != '.')
            break;
        i++;
    }
    return labels >= 2 && !is_number(twf_span_slice(s, last, end)) ? end : off;
}

bool twf_text_has_at(struct twf_span text)
{
    size_t i = 0;

    if (twf_span_find(text, '@') < text.len)
        return true;
    while ((i += twf_span_find(twf_span_slice(text, i, text.len), 0xEF)) < text.len) {
        if (at_sign(text, i) > 0)
            return true;
        i++;
    }
    return false;
}

struct twf_span twf_text_local(struct twf_span address, struct twf_span domain)
{
    size_t n = address.len - domain.len;

    return twf_span_slice(address, 0, n - (address.ptr[n - 1] == '@' ? 1 : 3));
}

bool twf_text_address(struct twf_span text, size_t *pos, struct twf_span *address,
                      struct twf_span *domain)
{
    size_t run = *pos, i = *pos, at, end;

    for (; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if ((c == '@' || c == 0xEF) && (at = at_sign(text, i)) > 0) {
            end = i > run ? domain_end(text, i + at) : i + at;
            if (end > i + at) {
                *address = twf_span_slice(text, run, end);
                *domain = twf_span_slice(text, i + at, end);
                *pos = end;
                return true;
            }
            i += at - 1;
            run = i + 1;
        } else if (!twf_is_atext(c) && c != '.') {
            run = i + 1;
        }
    }
    *pos = text.len;
    return false;
}
