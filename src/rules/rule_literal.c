/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts without which a question cannot hit. Of a plain value it is the longest run between its wildcards. Of a
 * regular expression it is looked for on the top level only: groups, classes and whatever may be absent end a run, and
 * an expression with alternatives there, or with anything that this reader does not know, has none. To find too little
 * costs time; to find too much would lose messages.
 */
#include "rules/rule_literal.h"

#include <string.h>

#include "rules/rule_scratch.h"

/* Shorter texts stand in so many values that Hyperscan, which sees the whole expression, is the better judge. */
enum { LEAST = 3 };

/* How rare a byte is in headers, roughly: the two rarest of a text are looked for. */
static unsigned rarity(uint8_t c)
{
    static const char common[] = " etaoinsrhldcumfpgwybvk";
    const char *at = c == '\0' ? NULL : strchr(common, c);

    if (at != NULL)
        return (unsigned)(at - common);
    return twf_is_digit(c) ? 40 : c >= 'a' && c <= 'z' ? 50 : 60;
}

static void choose_places(struct twf_needle *n)
{
    uint32_t best = 0, second = n->len > 1 ? 1 : 0;

    for (uint32_t i = 1; i < n->len; i++) {
        if (rarity(n->bytes[i]) > rarity(n->bytes[best])) {
            second = best;
            best = i;
        } else if (second == best || rarity(n->bytes[i]) > rarity(n->bytes[second])) {
            second = i;
        }
    }
    n->at[0] = TWF_MIN(best, second);
    n->at[1] = TWF_MAX(best, second);
}

static void add(struct twf_needle *n, uint8_t byte, bool icase)
{
    bool letter = icase && twf_is_letter(byte);

    if (n->len == TWF_NEEDLE_MAX)
        return;
    n->bytes[n->len] = letter ? twf_lower_byte(byte) : byte;
    n->fold[n->len++] = letter ? 0x20 : 0;
}

static bool finish(struct twf_needle *n)
{
    if (n->len < LEAST)
        return false;
    choose_places(n);
    return true;
}

static bool of_glob(const struct rule_atom *a, struct twf_needle *n)
{
    struct rule_run run = twf_rule_glob_run(&a->glob);

    for (uint32_t i = 0; i < run.len; i++)
        add(n, (uint8_t)run.tokens[i], !a->cased);
    return finish(n);
}

/* ---- regular expressions ---- */

struct reader {
    struct twf_span text;
    size_t at;
    bool icase;
    struct twf_needle run, best; /* the run at hand, and the longest so far */
};

static int peek(const struct reader *r)
{
    return r->at < r->text.len ? r->text.ptr[r->at] : -1;
}

static void end_run(struct reader *r)
{
    if (r->run.len > r->best.len)
        r->best = r->run;
    r->run.len = 0;
}

/* An escape that stands for one byte of many, or for a place: it ends a run and has no arguments. */
static bool is_plain_escape(uint8_t c)
{
    return c != '\0' && strchr("dDwWsSbBAzZhHvVntrfae", c) != NULL;
}

/* Behind the '[': to behind the ']'. False: not understood. */
static bool skip_class(struct reader *r)
{
    if (peek(r) == '^')
        r->at++;
    if (peek(r) == ']')
        r->at++;
    for (int c; (c = peek(r)) >= 0; r->at++) {
        if (c == ']') {
            r->at++;
            return true;
        }
        if (c == '[' && r->at + 1 < r->text.len && memchr(":.=", r->text.ptr[r->at + 1], 3) != NULL)
            return false; /* a named class: its ']' is not the end */
        if (c == '\\' && (++r->at >= r->text.len || r->text.ptr[r->at] == 'Q'))
            return false;
    }
    return false;
}

/*
 * Behind the '(': to behind the ')' that belongs to it. Modes and verbs change what stands outside the group, so an
 * expression that has any is left alone.
 */
static bool skip_group(struct reader *r)
{
    int depth = 1;
    bool opened = true;

    while (depth > 0) {
        int c = peek(r);

        if (c < 0 || (opened && c == '*'))
            return false;
        if (opened && c == '?') {
            int kind = r->at + 1 < r->text.len ? r->text.ptr[r->at + 1] : -1;

            if (kind < 0 || strchr(":=!<>P|", kind) == NULL)
                return false;
        }
        opened = c == '(';
        depth += (c == '(') - (c == ')');
        r->at++;
        if (c == '\\' && (peek(r) < 0 || r->text.ptr[r->at++] == 'Q'))
            return false;
        if (c == '[' && !skip_class(r))
            return false;
    }
    return true;
}

/* "{n}", "{n,}", "{n,m}" behind the '{': false where it is something else. */
static bool skip_repeat(struct reader *r)
{
    size_t from = r->at;

    while (twf_is_digit((uint8_t)TWF_MAX(peek(r), 0)) || peek(r) == ',')
        r->at++;
    return r->at > from && peek(r) == '}' && r->at++ < r->text.len;
}

/* A quantifier behind what was read last. False: not understood. */
static bool take_quantifier(struct reader *r, bool byte)
{
    int c = peek(r);

    if (c != '*' && c != '?' && c != '+' && c != '{')
        return true;
    r->at++;
    if (c == '{' && !skip_repeat(r))
        return false;
    if (byte && c != '+')
        r->run.len--; /* it may be absent */
    end_run(r);
    if (peek(r) == '?' || peek(r) == '+')
        r->at++; /* lazy, possessive */
    return peek(r) != '*' && peek(r) != '{';
}

/* One item of the top level. False: not understood, or alternatives. */
static bool take_item(struct reader *r)
{
    uint8_t c = r->text.ptr[r->at++];
    bool byte = false;

    if (c == '|' || c == ')' || c == '*' || c == '+' || c == '?' || c == '{')
        return false;
    if (c == '\\') {
        if (r->at == r->text.len)
            return false;
        c = r->text.ptr[r->at++];
        byte = !twf_is_letter(c) && !twf_is_digit(c);
        if (!byte && !is_plain_escape(c))
            return false;
    } else {
        byte = memchr(".^$[(", c, 5) == NULL;
        if ((c == '[' && !skip_class(r)) || (c == '(' && !skip_group(r)))
            return false;
    }
    /* A run that is full is as good as one that ended. */
    if (!byte || r->run.len == TWF_NEEDLE_MAX)
        end_run(r);
    if (byte)
        add(&r->run, c, r->icase);
    return take_quantifier(r, byte);
}

static bool of_regex(const struct rule_atom *a, struct twf_needle *n)
{
    struct reader r = {.text = a->text, .icase = (a->flags & RULE_REGEX_I) != 0};

    while (r.at < r.text.len) {
        if (!take_item(&r))
            return false;
    }
    end_run(&r);
    *n = r.best;
    return finish(n);
}

bool twf_rule_literal(const struct rule_atom *a, struct twf_needle *n)
{
    *n = (struct twf_needle){0};
    switch (a->test) {
    case RULE_TEST_GLOB: return of_glob(a, n);
    case RULE_TEST_REGEX: return of_regex(a, n);
    default: return false;
    }
}

/* The one question that decides the set: a rule alone, which hits where it is answered by yes. */
static const struct rule_atom *only_question(const struct twf_rules *r)
{
    const struct rule_step *step;

    if (r->rule_count != 1 || !r->rules[0].info.is_on || r->rules[0].info.is_filter || r->rules[0].entry >= RULE_MISS)
        return NULL;
    step = &r->steps[r->rules[0].entry];
    return step->yes == RULE_HIT && step->no == RULE_MISS ? &r->atoms[step->atom] : NULL;
}

bool twf_rules_literal(const struct twf_rules *r, struct twf_rules_literal *out)
{
    const struct rule_atom *a = only_question(r);
    const struct rule_column *c;
    uint8_t raw;

    if (r->no_prefilter || a == NULL)
        return false;
    c = &r->columns[a->column];
    switch (c->field.source) {
    case RULE_COLUMN:
    case RULE_LINES:
    case RULE_DECODED: out->col = c->field.col; break;
    case RULE_HEADER:
    case RULE_HEADER_RAW:
        raw = twf_rule_raw_column(c->lower);
        if (raw == RULE_NO_RAW)
            return false;
        out->col = (enum twf_col_id)raw;
        break;
    default: return false;
    }
    if (!twf_rule_literal(a, &out->needle))
        return false;
    out->needle.odd = c->field.source == RULE_DECODED || c->field.source == RULE_HEADER;
    return true;
}
