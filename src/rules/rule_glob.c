/* SPDX-License-Identifier: Apache-2.0 */
/* Plain values into pieces, and the search for them. */
#include "rules/rule_glob.h"

#include "base/compiler.h"

/* The failure table: fail[i] is the length of the longest border of the first i + 1 tokens. */
static const uint16_t *make_fail(struct twf_arena *a, const uint16_t *tokens, uint32_t len)
{
    uint16_t *fail = twf_arena_calloc(a, len, sizeof(*fail));
    uint32_t k = 0;

    for (uint32_t i = 1; fail != NULL && i < len; i++) {
        while (k > 0 && tokens[k] != tokens[i])
            k = fail[k - 1];
        if (tokens[k] == tokens[i])
            k++;
        fail[i] = (uint16_t)k;
    }
    return fail;
}

static bool end_piece(struct twf_arena *a, struct rule_piece *pieces, struct rule_glob *g,
                      const uint16_t *tokens, uint32_t len)
{
    struct rule_piece *p = &pieces[g->count];
    bool plain = true;

    if (len == 0)
        return true;
    for (uint32_t i = 0; i < len; i++)
        plain = plain && tokens[i] != RULE_GLOB_ANY_BYTE;
    p->tokens = tokens;
    p->len = len;
    p->fail = plain ? make_fail(a, tokens, len) : NULL;
    g->count++;
    g->least += len;
    return !plain || p->fail != NULL;
}

bool twf_rule_glob_make(struct twf_arena *a, struct twf_span text, enum rule_glob_mode mode,
                        bool cased, struct rule_glob *out)
{
    uint16_t *tokens = twf_arena_calloc(a, text.len + 1, sizeof(*tokens));
    struct rule_piece *pieces;
    size_t stars = 0;
    uint32_t n = 0, from = 0;

    for (size_t i = 0; i < text.len; i++)
        stars += text.ptr[i] == '*';
    pieces = twf_arena_calloc(a, stars + 1, sizeof(*pieces));
    if (tokens == NULL || pieces == NULL)
        return false;
    *out = (struct rule_glob){.pieces = pieces,
                              .open_start = mode == RULE_GLOB_CONTAINS || mode == RULE_GLOB_ENDS,
                              .open_end = mode == RULE_GLOB_CONTAINS || mode == RULE_GLOB_STARTS,
                              .cased = cased};
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (c == '*') {
            if (n == from && out->count == 0)
                out->open_start = true;
            if (!end_piece(a, pieces, out, tokens + from, n - from))
                return false;
            from = n;
            if (i + 1 == text.len)
                out->open_end = true;
            continue;
        }
        if (c == '?') {
            tokens[n++] = RULE_GLOB_ANY_BYTE;
            continue;
        }
        if (c == '\\' && i + 1 < text.len &&
            (text.ptr[i + 1] == '*' || text.ptr[i + 1] == '?' || text.ptr[i + 1] == '\\'))
            c = text.ptr[++i];
        tokens[n++] = cased ? c : twf_lower_byte(c);
    }
    return end_piece(a, pieces, out, tokens + from, n - from);
}

static bool same(const struct rule_glob *g, uint16_t token, uint8_t c)
{
    return token == RULE_GLOB_ANY_BYTE || token == (g->cased ? c : twf_lower_byte(c));
}

static bool stands_at(const struct rule_glob *g, const struct rule_piece *p, const uint8_t *at)
{
    for (uint32_t i = 0; i < p->len; i++) {
        if (!same(g, p->tokens[i], at[i]))
            return false;
    }
    return true;
}

/* Where the first occurrence of p in value ends, or SIZE_MAX. */
static size_t find(const struct rule_glob *g, const struct rule_piece *p, struct twf_span value)
{
    uint32_t k = 0;

    if (p->fail == NULL) {
        for (size_t i = 0; p->len <= value.len - i; i++) {
            if (stands_at(g, p, value.ptr + i))
                return i + p->len;
        }
        return SIZE_MAX;
    }
    for (size_t i = 0; i < value.len; i++) {
        while (k > 0 && !same(g, p->tokens[k], value.ptr[i]))
            k = p->fail[k - 1];
        if (same(g, p->tokens[k], value.ptr[i]) && ++k == p->len)
            return i + 1;
    }
    return SIZE_MAX;
}

bool twf_rule_glob_match(const struct rule_glob *g, struct twf_span value)
{
    uint32_t from = 0, to = g->count;

    if (value.len < g->least)
        return false;
    if (g->count == 0)
        return g->open_start || g->open_end || value.len == 0;
    if (!g->open_start) {
        const struct rule_piece *p = &g->pieces[from++];

        if (!stands_at(g, p, value.ptr))
            return false;
        value = twf_span_slice(value, p->len, value.len);
        if (from == to)
            return g->open_end || value.len == 0;
    }
    if (!g->open_end) {
        const struct rule_piece *p = &g->pieces[--to];

        if (value.len < p->len || !stands_at(g, p, value.ptr + (value.len - p->len)))
            return false;
        value = twf_span_slice(value, 0, value.len - p->len);
    }
    for (; from < to; from++) {
        size_t end = find(g, &g->pieces[from], value);

        if (end == SIZE_MAX)
            return false;
        value = twf_span_slice(value, end, value.len);
    }
    return true;
}

struct rule_run twf_rule_glob_run(const struct rule_glob *g)
{
    struct rule_run best = {0};

    for (uint32_t i = 0; i < g->count; i++) {
        const struct rule_piece *p = &g->pieces[i];
        uint32_t from = 0;

        for (uint32_t at = 0; at <= p->len; at++) {
            if (at < p->len && p->tokens[at] != RULE_GLOB_ANY_BYTE)
                continue;
            if (at - from > best.len) {
                best.tokens = p->tokens + from;
                best.len = at - from;
                best.at_start = i == 0 && from == 0 && !g->open_start;
                best.at_end = i + 1 == g->count && at == p->len && !g->open_end;
            }
            from = at + 1;
        }
    }
    return best;
}
