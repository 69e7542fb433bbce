/* SPDX-License-Identifier: Apache-2.0 */
/* Comments, quoted-strings and values of trace fields (RFC 5322 section 3.2), without recursion. */
#include "parse/trace_lex.h"

#include "base/word.h"

#define SPACE (TWF_LEX_WSP | TWF_LEX_BREAK)
#define LETTERS(c) [c] = TWF_LEX_KEYWORD, [c - 'a' + 'A'] = TWF_LEX_KEYWORD
#define HEX_LETTERS(c)                                                                            \
    [c] = TWF_LEX_KEYWORD | TWF_LEX_HEX, [c - 'a' + 'A'] = TWF_LEX_KEYWORD | TWF_LEX_HEX
#define DIGIT(c) [c] = TWF_LEX_KEYWORD | TWF_LEX_HEX

/* clang-format off */
const uint8_t twf_lex_classes[256] = {
    ['\t'] = SPACE, ['\n'] = SPACE, ['\r'] = SPACE, [' '] = SPACE,
    [';'] = TWF_LEX_BREAK | TWF_LEX_STOP, ['"'] = TWF_LEX_BREAK | TWF_LEX_STOP,
    ['.'] = TWF_LEX_IP, [':'] = TWF_LEX_IP,
    ['('] = TWF_LEX_PAREN | TWF_LEX_COMMENT | TWF_LEX_STOP, [')'] = TWF_LEX_COMMENT, ['\\'] = TWF_LEX_COMMENT,
    ['-'] = TWF_LEX_KEYWORD, ['_'] = TWF_LEX_KEYWORD,
    DIGIT('0'), DIGIT('1'), DIGIT('2'), DIGIT('3'), DIGIT('4'),
    DIGIT('5'), DIGIT('6'), DIGIT('7'), DIGIT('8'), DIGIT('9'),
    HEX_LETTERS('a'), HEX_LETTERS('b'), HEX_LETTERS('c'), HEX_LETTERS('d'), HEX_LETTERS('e'),
    HEX_LETTERS('f'), LETTERS('g'), LETTERS('h'), LETTERS('i'), LETTERS('j'), LETTERS('k'), LETTERS('l'), LETTERS('m'), LETTERS('n'),
    LETTERS('o'), LETTERS('p'), LETTERS('q'), LETTERS('r'), LETTERS('s'), LETTERS('t'), LETTERS('u'),
    LETTERS('v'), LETTERS('w'), LETTERS('x'), LETTERS('y'), LETTERS('z'),
};
/* clang-format on */

/*
 * The first '(', ')' or '\\' from p on, or end. Eight bytes at once: the parentheses differ in their
 * last bit, and of the bytes that are marked the first is one of them.
 */
static const uint8_t *find_comment_byte(const uint8_t *p, const uint8_t *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t w = twf_word(p);
        uint64_t marks = twf_word_find(w & ~TWF_WORD_ONES, '(') | twf_word_find(w, '\\');

        if (marks != 0)
            return p + twf_word_place(marks);
    }
    return twf_lex_until(p, end, TWF_LEX_COMMENT);
}

struct twf_span twf_lex_comment(struct twf_lex *l)
{
    const uint8_t *from = l->p + 1, *p = from, *end = l->end;
    size_t depth = 1;

    for (; (p = find_comment_byte(p, end)) < end; p++) {
        if (*p == '(') {
            depth++;
        } else if (*p == ')' && --depth == 0) {
            l->p = p + 1;
            return twf_span(from, (size_t)(p - from));
        } else if (*p == '\\' && end - p > 1) {
            p++;
        }
    }
    l->p = end;
    l->bad = true;
    return twf_span(from, (size_t)(end - from));
}

void twf_lex_comments(struct twf_lex *l, struct twf_span *comment)
{
    while (twf_lex_at(l, '(')) {
        struct twf_span text = twf_lex_comment(l);

        if (comment != NULL && comment->len == 0)
            *comment = text;
        l->p = twf_lex_while(l->p, l->end, TWF_LEX_WSP);
    }
}

void twf_lex_quoted(struct twf_lex *l)
{
    for (l->p++; l->p < l->end; l->p++) {
        if (*l->p == '"') {
            l->p++;
            return;
        }
        if (*l->p == '\\' && l->end - l->p > 1)
            l->p++;
    }
    l->bad = true;
}

struct twf_span twf_lex_value(struct twf_lex *l)
{
    const uint8_t *from = l->p;

    for (;;) {
        l->p = twf_lex_break(l->p, l->end, TWF_LEX_BREAK);
        if (!twf_lex_at(l, '"'))
            break;
        twf_lex_quoted(l);
    }
    return twf_span(from, (size_t)(l->p - from));
}

struct twf_span twf_lex_unquote(struct twf_arena *a, struct twf_span value)
{
    struct twf_span inside;
    uint8_t *to;
    size_t n = 0;

    if (value.len < 2 || value.ptr[0] != '"')
        return value;
    /* The closing quote must be the last byte: "a"@b is no quoted-string. */
    for (size_t i = 1; i < value.len; i++) {
        if (value.ptr[i] == '\\')
            i++;
        else if (value.ptr[i] == '"' && i + 1 < value.len)
            return value;
    }
    inside = twf_span_slice(value, 1, value.len - (value.ptr[value.len - 1] == '"'));
    if (twf_span_find(inside, '\\') == inside.len)
        return inside;
    to = twf_arena_alloc(a, inside.len);
    if (to == NULL)
        return twf_span(NULL, 0);
    for (size_t i = 0; i < inside.len; i++) {
        if (inside.ptr[i] == '\\' && i + 1 < inside.len)
            i++;
        to[n++] = inside.ptr[i];
    }
    return twf_span(to, n);
}
