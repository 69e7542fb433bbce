/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of trace fields: white space, comments and values as RFC 5322 section 3.2 and RFC 8601
 * section 2.2 have them. CR and LF count as white space, so that a folded value needs no copy and
 * every place is one of the raw value.
 */
#ifndef TWF_PARSE_TRACE_LEX_H
#define TWF_PARSE_TRACE_LEX_H

#include "base/arena.h"
#include "base/span.h"
#include "base/word.h"

struct twf_lex {
    const uint8_t *start, *p, *end;
    bool bad; /* something that no grammar allows was met */
};

static inline struct twf_lex twf_lex_init(struct twf_span s)
{
    return (struct twf_lex){s.ptr, s.ptr, s.len == 0 ? s.ptr : s.ptr + s.len, false};
}

static inline bool twf_lex_at(const struct twf_lex *l, uint8_t c)
{
    return l->p < l->end && *l->p == c;
}

static inline bool twf_lex_take(struct twf_lex *l, uint8_t c)
{
    if (!twf_lex_at(l, c))
        return false;
    l->p++;
    return true;
}

static inline uint32_t twf_lex_off(const struct twf_lex *l, const uint8_t *p)
{
    return (uint32_t)(p - l->start);
}

/* What a byte may be part of. */
enum {
    TWF_LEX_WSP = 1,      /* SP, TAB, CR, LF */
    TWF_LEX_KEYWORD = 2,  /* letters, digits, '-' and '_': keywords, methods, property names */
    TWF_LEX_BREAK = 4,    /* white space, ';' and '"': where a value ends, or needs a second look */
    TWF_LEX_PAREN = 8,    /* '(' */
    TWF_LEX_COMMENT = 16, /* '(', ')' and '\\': what a comment must look at */
    TWF_LEX_STOP = 32,    /* '(', ';' and '"': all that counts behind the ';' of a Received */
    TWF_LEX_HEX = 64,     /* digits and a to f */
    TWF_LEX_IP = 128      /* '.' and ':' */
};
extern const uint8_t twf_lex_classes[256];

static inline bool twf_is_wsp(uint8_t c)
{
    return (twf_lex_classes[c] & TWF_LEX_WSP) != 0;
}

/* From p on: past the bytes of that class, and to the first one. */
static inline const uint8_t *twf_lex_while(const uint8_t *p, const uint8_t *end, uint8_t class)
{
    while (p < end && (twf_lex_classes[*p] & class) != 0)
        p++;
    return p;
}

static inline const uint8_t *twf_lex_until(const uint8_t *p, const uint8_t *end, uint8_t class)
{
    while (p < end && (twf_lex_classes[*p] & class) == 0)
        p++;
    return p;
}

/*
 * The same for class BREAK, with PAREN or STOP if asked for, eight bytes at once: nothing else is so
 * common in a word that a look at the table for it would cost more.
 */
static inline const uint8_t *twf_lex_break(const uint8_t *p, const uint8_t *end, uint8_t class)
{
    while (end - p >= 8) {
        uint64_t w = twf_word(p), marks = twf_word_upto(w, '(') | twf_word_find(w, ';');

        if (marks == 0) {
            p += 8;
            continue;
        }
        p += twf_word_place(marks);
        if ((twf_lex_classes[*p] & class) != 0)
            return p;
        p++;
    }
    return twf_lex_until(p, end, class);
}

static inline struct twf_span twf_lex_keyword(struct twf_lex *l)
{
    const uint8_t *from = l->p;

    l->p = twf_lex_while(from, l->end, TWF_LEX_KEYWORD);
    return twf_span(from, (size_t)(l->p - from));
}

/*
 * p stands at '('. Moves behind the ')' that belongs to it; without one to the end, which is bad.
 * The result is what stands between them.
 */
struct twf_span twf_lex_comment(struct twf_lex *l);
/*
 * White space and comments. The first comment goes to *comment where that is given and still empty.
 */
void twf_lex_comments(struct twf_lex *l, struct twf_span *comment);

static inline void twf_lex_cfws(struct twf_lex *l, struct twf_span *comment)
{
    l->p = twf_lex_while(l->p, l->end, TWF_LEX_WSP);
    if (twf_lex_at(l, '('))
        twf_lex_comments(l, comment);
}

/* p stands at '"'. Moves behind the closing one; without one to the end, which is bad. */
void twf_lex_quoted(struct twf_lex *l);
/*
 * A value up to white space or ';': token, quoted-string or address. A '(' that is glued to it
 * belongs to it: MAIL FROM may have held one, and a reader who cuts there takes another domain than
 * the server did. Empty where none stands.
 */
struct twf_span twf_lex_value(struct twf_lex *l);
/*
 * A value that is one quoted-string as a whole without its quotes and backslashes; others as they
 * are.
 */
struct twf_span twf_lex_unquote(struct twf_arena *a, struct twf_span value);

#endif
