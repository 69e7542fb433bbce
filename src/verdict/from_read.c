/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who the author is: the From-like fields (docs/verdicts.md 4.1), what the strict parse and the
 * readers S1 to S6 take out of them (4.3), and P2. RFC 5322 section 3.6.2.
 */
#include "verdict/from.h"

#include <string.h>

#include "base/compiler.h"

/*
 * More From-like fields are not read. The limit "fields" bounds those of kinds a to c; without
 * this, a header of swallowed From lines (kind d) could hold ten times as many.
 */
enum { FROMS_MAX = 4096 };

/* A From-like field before it is parsed. */
struct place {
    struct twf_span raw;
    const struct twf_field *field; /* NULL: kind d */
    uint32_t off;
    uint8_t kind; /* 'a' to 'd' */
};

static uint32_t count_from_like(const struct twf_head *h)
{
    return TWF_MIN(h->inner_from_count + h->from_like_count, (uint32_t)FROMS_MAX);
}

/* The next field of kinds a to c from *at on. */
static bool next_field(const struct twf_head *h, uint32_t *at, struct place *out)
{
    for (; *at < h->field_count; ++*at) {
        const struct twf_field *f = &h->fields[*at];

        if (f->from_kind == TWF_FROM_NONE)
            continue;
        *out = (struct place){twf_field_value(h, f), f, f->value_off,
                              (uint8_t)('a' + f->from_kind - TWF_FROM_EXACT)};
        return true;
    }
    return false;
}

/* The next candidate of kind d that is one. */
static bool next_inner(const struct twf_head *h, struct twf_arena *a, uint32_t *at,
                       struct place *out)
{
    for (; *at < h->inner_from_count; ++*at) {
        const struct twf_inner_from *f = &h->inner_from[*at];
        struct twf_span raw = twf_span(h->block.ptr + f->value_off, f->end - f->value_off);

        if (!twf_is_strict_ldh_list(a, raw))
            continue;
        *out = (struct place){raw, NULL, f->value_off, 'd'};
        return true;
    }
    return false;
}

/* The only From-like field of a head that has one, and that is what most have. */
static bool is_sole_from(const struct twf_head *h, uint32_t count, struct place *out)
{
    const struct twf_field *f = twf_head_first(h, TWF_FIELD_FROM);

    if (count != 1 || f == NULL || f->from_kind != TWF_FROM_EXACT)
        return false;
    *out = (struct place){twf_field_value(h, f), f, f->value_off, 'a'};
    return true;
}

/* All of them in order; then the author field is brought to the front. */
static uint32_t find_places(const struct twf_head *h, struct twf_arena *a, struct place *out,
                            uint32_t max)
{
    uint32_t count = 0, field = 0, inner = 0, author = 0;
    struct place f = {0}, d = {0}, first;
    bool has_field = next_field(h, &field, &f), has_inner = next_inner(h, a, &inner, &d);

    while ((has_field || has_inner) && count < max) {
        if (has_field && (!has_inner || f.off < d.off)) {
            out[count++] = f;
            field++;
            has_field = next_field(h, &field, &f);
        } else {
            out[count++] = d;
            inner++;
            has_inner = next_inner(h, a, &inner, &d);
        }
    }
    while (author < count && out[author].kind != 'a')
        author++;
    if (author == count || author == 0)
        return count;
    first = out[author];
    memmove(out + 1, out, author * sizeof(*out));
    out[0] = first;
    return count;
}

static void parse_all(struct twf_from_input *in, struct twf_arena *a, const struct place *places,
                      uint32_t count, struct twf_verdict *v)
{
    const struct twf_limits *limits = in->options->limits;
    struct twf_from *froms = twf_arena_alloc(a, count * sizeof(*froms));
    const struct twf_field **fields = twf_arena_alloc(a, count * sizeof(*fields));
    uint8_t *kinds = twf_arena_alloc(a, count);
    bool ordinary = in->subject->from_ordinary && count == 1 &&
                    places[0].raw.len <= limits->value[TWF_LIMIT_FROM] &&
                    limits->value[TWF_LIMIT_MAILBOXES] > 0;
    uint8_t *quiet = NULL;

    if (froms == NULL || fields == NULL || kinds == NULL)
        return;
    for (uint32_t i = 0; i < count; i++) {
        const struct place *p = &places[i];

        twf_known_from(in->known, a, p->raw, p->off, ordinary, &froms[i], &quiet);
        fields[i] = p->field;
        kinds[i] = p->kind;
        v->from_exact_count += p->kind == 'a';
        v->p2_mailbox_count += froms[i].mailbox_count;
    }
    v->froms = froms;
    v->from_fields = fields;
    v->from_kinds = kinds;
    v->from_count = count;
    in->sole = count == 1 && kinds[0] == 'a';
    in->quiet = in->sole ? quiet : NULL;
}

/* S1 to S5 of the author field, then those of each further field as S6. */
static void collect_readings(struct twf_arena *a, struct twf_verdict *v)
{
    struct twf_reading *all;
    uint32_t count = 0;

    v->readings = v->froms[0].readings;
    v->reading_count = v->froms[0].reading_count;
    if (v->from_count == 1)
        return;
    for (uint32_t i = 0; i < v->from_count; i++)
        count += v->froms[i].reading_count;
    all = twf_arena_alloc(a, count * sizeof(*all));
    if (all == NULL)
        return;
    count = 0;
    for (uint32_t i = 0; i < v->from_count; i++) {
        const struct twf_from *f = &v->froms[i];

        for (uint32_t k = 0; k < f->reading_count; k++) {
            all[count] = f->readings[k];
            if (i > 0) {
                all[count].reader = 6;
                all[count].from = i;
            }
            count++;
        }
    }
    v->readings = all;
    v->reading_count = count;
}

/* P2: the address of S1, without one that of S3. */
static void choose_p2(struct twf_arena *a, struct twf_verdict *v)
{
    const struct twf_from *f = &v->froms[0];
    const struct twf_reading *r = f->readings;
    uint32_t decoded;

    v->p2_display = f->display_text;
    if (f->reading_count == 0 || (r->reader != 1 && r->reader != 3))
        return;
    v->p2_has_address = true;
    v->p2_local = r->local;
    v->p2_domain = r->domain;
    if (f->mailbox_count > 0 && !twf_span_eq(f->mailboxes[0].display, f->display_text))
        v->p2_display = twf_decode_words(a, f->mailboxes[0].display, &decoded);
}

struct twf_span twf_case_address(struct twf_case *c, enum twf_field_id id)
{
    const struct twf_field *field = twf_head_first(c->head, id);
    const struct twf_mailbox *m;
    struct twf_from from;
    uint8_t *quiet;

    if (field == NULL)
        return twf_span(NULL, 0);
    twf_known_from(&c->judge->known, c->arena, twf_field_value(c->head, field), field->value_off,
                   true, &from, &quiet);
    if (from.mailbox_count == 0)
        return twf_span(NULL, 0);
    m = from.mailboxes;
    return twf_note(c->arena, "", m->local, "@", m->domain.name);
}

void twf_read_from(struct twf_from_input *in, struct twf_arena *a, struct twf_verdict *v)
{
    const struct twf_head *h = in->subject->head;
    uint32_t max = count_from_like(h), count = 1;
    struct place sole, *places = &sole;

    if (max == 0)
        return;
    if (!is_sole_from(h, max, &sole)) {
        places = twf_arena_alloc(a, max * sizeof(*places));
        if (places == NULL)
            return;
        count = find_places(h, a, places, max);
        if (count == 0)
            return;
    }
    parse_all(in, a, places, count, v);
    if (v->from_count == 0)
        return;
    collect_readings(a, v);
    choose_p2(a, v);
}
