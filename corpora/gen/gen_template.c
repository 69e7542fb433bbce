/* SPDX-License-Identifier: Apache-2.0 */
/* Templates into steps, and steps into text. */
#define _GNU_SOURCE
#include "corpora/gen/gen_template.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "corpora/gen/gen.h"
#include "corpora/gen/gen_text.h"

/* Places that stand for others. */
static const struct {
    const char *name, *text;
} shorts[] = {
    {"name", "{first} {last}"},          {"addr", "{local}@{domain}"},
    {"to_name", "{to_first} {to_last}"}, {"to", "{to_local}@{own}"},
    {"bad", "{bad_local}@{bad_domain}"}, {"bank", "{bank_local}@{bank_domain}"},
};

static const struct {
    const char *name;
    enum gen_op op;
    unsigned numbers; /* how many it takes at most */
} orders[] = {
    {"hex", GEN_OP_HEX, 1},     {"HEX", GEN_OP_HEXUP, 1},     {"digits", GEN_OP_DIGITS, 1},
    {"b64", GEN_OP_B64, 2},     {"ewords", GEN_OP_EWORDS, 2}, {"number", GEN_OP_NUMBER, 2},
    {"utc", GEN_OP_UTC, 1},     {"stamp", GEN_OP_STAMP, 1},   {"words", GEN_OP_WORDS, 1},
    {"maybe", GEN_OP_MAYBE, 1},
};

static const char *const place_names[GEN_PLACES] = {
#define TWF_PLACE(id, name) [GEN_PLACE_##id] = name,
#include "corpora/gen/gen_places.def"
#undef TWF_PLACE
};

static struct gen_step *add(struct gen_template *t, enum gen_op op)
{
    if (t->count == t->cap) {
        size_t cap = t->cap == 0 ? 16 : t->cap * 2;
        struct gen_step *steps = twf_realloc(t->steps, cap * sizeof *steps);
        if (steps == NULL)
            gen_die("out of memory");
        t->steps = steps;
        t->cap = cap;
    }
    t->steps[t->count] = (struct gen_step){.op = op};
    return &t->steps[t->count++];
}

static void add_text(struct gen_template *t, const char *ptr, size_t len)
{
    if (len > 0)
        add(t, GEN_OP_TEXT)->text = twf_span(ptr, len);
}

/* {pick:a|b|c} */
static void add_pick(struct gen_template *t, struct twf_span choices)
{
    struct gen_step *s = add(t, GEN_OP_PICK);

    s->text = choices;
    s->n = 1;
    for (size_t i = 0; i < choices.len; i++)
        s->n += choices.ptr[i] == '|';
}

/* {name:12} or {name:12:34} */
static bool add_order(struct gen_template *t, struct twf_span name, struct twf_span numbers,
                      const char *where)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        const char *p = (const char *)numbers.ptr;
        struct gen_step *s;
        char *end;

        if (!twf_span_is(name, orders[i].name))
            continue;
        s = add(t, orders[i].op);
        s->n = (uint32_t)strtoul(p, &end, 10);
        if (orders[i].numbers == 2 && *end == ':')
            s->m = (uint32_t)strtoul(end + 1, &end, 10);
        if (end == p || *end != '}')
            gen_die("%s: {%.*s: wants a number", where, (int)name.len, name.ptr);
        if (s->op == GEN_OP_NUMBER && s->m <= s->n)
            gen_die("%s: {number:FROM:TO}, and TO is more", where);
        return true;
    }
    return false;
}

/* Sets where the open {maybe:} goes on. There is one open at most. */
static void close_maybe(struct gen_template *t, const char *where)
{
    for (size_t i = t->count; i > 0; i--) {
        if (t->steps[i - 1].op == GEN_OP_MAYBE && t->steps[i - 1].m == 0) {
            t->steps[i - 1].m = (uint32_t)t->count;
            return;
        }
    }
    gen_die("%s: {end} without {maybe:}", where);
}

static void add_place(struct gen_template *t, struct twf_span place, const char *where);

/* Short names expand to text whose own places are no short names: this does not recur further. */
static bool add_short(struct gen_template *t, struct twf_span name, const char *where)
{
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++) {
        const char *p = shorts[i].text;

        if (!twf_span_is(name, shorts[i].name))
            continue;
        while (*p != '\0') {
            size_t n = strcspn(p, "{");
            add_text(t, p, n);
            p += n;
            if (*p == '{') {
                n = strcspn(p, "}");
                add_place(t, twf_span(p + 1, n - 1), where);
                p += n + 1;
            }
        }
        return true;
    }
    return false;
}

static void add_place(struct gen_template *t, struct twf_span place, const char *where)
{
    size_t colon = twf_span_find(place, ':');
    struct twf_span name = twf_span_slice(place, 0, colon);

    if (twf_span_is(place, "end")) {
        close_maybe(t, where);
        return;
    }
    if (colon < place.len) {
        struct twf_span rest = twf_span_slice(place, colon + 1, place.len);
        if (twf_span_is(name, "pick"))
            add_pick(t, rest);
        else if (!add_order(t, name, rest, where))
            gen_die("%s: unknown place {%.*s}", where, (int)place.len, place.ptr);
        return;
    }
    for (uint32_t i = 0; i < GEN_PLACES; i++) {
        if (twf_span_is(name, place_names[i])) {
            add(t, GEN_OP_VAR)->n = i;
            return;
        }
    }
    if (!add_short(t, name, where))
        gen_die("%s: unknown place {%.*s}", where, (int)place.len, place.ptr);
}

/* The last place holds whole lines: what stands alone in its line takes the line end with it. */
static bool holds_lines(const struct gen_template *t)
{
    const struct gen_step *s;

    if (t->count == 0)
        return false;
    s = &t->steps[t->count - 1];
    return s->op == GEN_OP_VAR && (s->n == GEN_PLACE_FROM || s->n == GEN_PLACE_MIME);
}

void gen_template_read(struct gen_template *t, const char *text, const char *where)
{
    const char *p;

    *t = (struct gen_template){.source = twf_strdup(text)};
    if (t->source == NULL)
        gen_die("out of memory");
    p = t->source;
    while (*p != '\0') {
        size_t n = strcspn(p, "{"), m;
        add_text(t, p, n);
        p += n;
        if (*p == '\0')
            break;
        m = strcspn(p, "}\n");
        if (p[m] != '}')
            gen_die("%s: { without }", where);
        add_place(t, twf_span(p + 1, m - 1), where);
        p += m + 1;
        if (*p == '\n' && holds_lines(t))
            p++;
    }
    for (size_t i = 0; i < t->count; i++) {
        if (t->steps[i].op == GEN_OP_MAYBE && t->steps[i].m == 0)
            gen_die("%s: {maybe:} without {end}", where);
    }
}

void gen_template_fini(struct gen_template *t)
{
    twf_free(t->source);
    twf_free(t->steps);
    *t = (struct gen_template){0};
}

static void pick(const struct gen_step *s, struct gen_rng *rng, struct twf_buf *out)
{
    struct twf_span rest = s->text;

    for (uint32_t i = gen_below(rng, s->n); i > 0; i--)
        rest = twf_span_slice(rest, twf_span_find(rest, '|') + 1, rest.len);
    twf_buf_span(out, twf_span_slice(rest, 0, twf_span_find(rest, '|')));
}

void gen_template_write(const struct gen_template *t, struct gen_values *values,
                        struct twf_buf *out)
{
    struct gen_rng *rng = &values->rng;

    for (size_t i = 0; i < t->count; i++) {
        const struct gen_step *s = &t->steps[i];

        switch (s->op) {
        case GEN_OP_TEXT:
            twf_buf_span(out, s->text);
            break;
        case GEN_OP_VAR:
            twf_buf_span(out, values->place[s->n]);
            break;
        case GEN_OP_HEX:
            gen_text_hex(rng, s->n, false, out);
            break;
        case GEN_OP_HEXUP:
            gen_text_hex(rng, s->n, true, out);
            break;
        case GEN_OP_DIGITS:
            gen_text_digits(rng, s->n, out);
            break;
        case GEN_OP_B64:
            gen_text_b64(rng, s->n, s->m, "\n\t", out);
            break;
        case GEN_OP_EWORDS:
            gen_text_ewords(rng, s->n, s->m, out);
            break;
        case GEN_OP_PICK:
            pick(s, rng, out);
            break;
        case GEN_OP_NUMBER:
            twf_buf_u64(out, s->n + gen_below(rng, s->m - s->n + 1));
            break;
        case GEN_OP_UTC:
            gen_text_date(values->date + s->n, 0, out);
            break;
        case GEN_OP_STAMP:
            gen_text_stamp(values->date + s->n, gen_below(rng, 10000), out);
            break;
        case GEN_OP_WORDS:
            gen_text_words(rng, s->n, out);
            break;
        case GEN_OP_MAYBE:
            if (gen_below(rng, 100) >= s->n)
                i = s->m - 1;
            break;
        }
    }
}
