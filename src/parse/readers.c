/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom lenient readers take for the author, docs/verdicts.md 4.3: S1 and S2 the first and the last
 * mailbox of the strict parse, S3 and S4 the first and the last "<...@...>" outside quoted-strings,
 * S5 the same after encoded-words were decoded. Comments are not skipped: these readers do not know
 * them.
 */
#include "parse/addr_lex.h"
#include "parse/parse.h"

#include <string.h>

/* A "<...@...>": [off, end) without the brackets, at: its last '@'. */
struct angle {
    uint32_t off, at, end;
};

struct angle_walk {
    struct twf_span text;
    uint32_t off;
    bool quotes_off; /* no quoted-string ends from here on */
};

static bool is_domain_text(struct twf_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (twf_is_blank(s.ptr[i]) || s.ptr[i] == ',' || s.ptr[i] == '<')
            return false;
    }
    return s.len > 0;
}

/* '"', '<', '>' or '@' */
static inline bool is_angle_mark(uint8_t c)
{
    const uint64_t low = UINT64_C(1) << '"' | UINT64_C(1) << '<' | UINT64_C(1) << '>';

    return c < 64 ? (low >> c & 1) != 0 : c == '@';
}

/* What lies in front of the first '<' matters to nobody, unless a quoted-string hides that. */
static uint32_t begin_of_angle(const struct angle_walk *w)
{
    struct twf_span rest = twf_span_slice(w->text, w->off, w->text.len);
    size_t open = twf_span_find(rest, '<');

    return w->off + (uint32_t)twf_span_find(twf_span_slice(rest, 0, open), '"');
}

static bool next_angle(struct angle_walk *w, struct angle *out)
{
    const uint8_t *ptr = w->text.ptr;
    uint32_t len = (uint32_t)w->text.len, next;
    struct angle at = {0};
    bool open = false, has_at = false;

    w->off = begin_of_angle(w);
    while (w->off < len) {
        uint8_t c = ptr[w->off];

        if (!is_angle_mark(c)) { /* letters, mostly */
            w->off++;
            continue;
        }
        if (c == '"' && !w->quotes_off) {
            next = twf_skip_quoted(ptr, len, w->off);
            w->quotes_off = next == 0;
            w->off = next == 0 ? w->off + 1 : next;
            continue;
        }
        if (c == '<') {
            at.off = w->off + 1;
            open = true;
            has_at = false;
        } else if (c == '@' && open) {
            at.at = w->off;
            has_at = true;
        } else if (c == '>') {
            at.end = w->off;
            if (open && has_at && at.at > at.off &&
                is_domain_text(twf_span(ptr + at.at + 1, at.end - at.at - 1))) {
                *out = at;
                w->off++;
                return true;
            }
            open = false;
        }
        w->off++;
    }
    return false;
}

static struct twf_span angle_text(struct twf_span text, const struct angle *at)
{
    return twf_span(text.ptr + at->off, at->end - at->off);
}

/* The first and the last; returns whether there is any. */
static bool outer_angles(struct twf_span text, struct angle *first, struct angle *last)
{
    struct angle_walk w = {.text = text};

    if (text.len == 0 || memchr(text.ptr, '<', text.len) == NULL || !next_angle(&w, first))
        return false;
    *last = *first;
    while (next_angle(&w, last))
        continue;
    return true;
}

/*
 * Decoding only adds angles or changes them: one of the decoded text that is none of raw, in order.
 */
static bool has_new_angle(struct twf_span raw, struct twf_span decoded)
{
    struct angle_walk r = {.text = raw}, w = {.text = decoded};
    struct angle a, b;

    while (next_angle(&w, &b)) {
        do {
            if (!next_angle(&r, &a))
                return true;
        } while (!twf_span_eq(angle_text(raw, &a), angle_text(decoded, &b)));
    }
    return false;
}

static struct twf_span unquoted(struct twf_arena *a, struct twf_span local)
{
    if (local.len < 2 || local.ptr[0] != '"' ||
        twf_skip_quoted(local.ptr, (uint32_t)local.len, 0) != local.len)
        return local;
    return twf_addr_clean(a, local.ptr, 0, (uint32_t)local.len);
}

/* Domains are the costly part: the strict parse mostly has it already. */
static struct twf_domain domain_of(struct twf_domains *d, struct twf_arena *a,
                                   const struct twf_from *f, struct twf_span text)
{
    const struct twf_mailbox *m = f->mailboxes;

    if (f->mailbox_count > 0) {
        if (twf_span_eq(m->domain.written, text))
            return m->domain;
        m += f->mailbox_count - 1;
        if (twf_span_eq(m->domain.written, text))
            return m->domain;
    }
    return twf_domain_parse(d, a, text);
}

static struct twf_reading of_mailbox(uint8_t reader, const struct twf_mailbox *m)
{
    return (struct twf_reading){
        .reader = reader, .local = m->local, .domain = m->domain, .off = m->off, .len = m->len};
}

static struct twf_reading of_angle(struct twf_domains *d, struct twf_arena *a,
                                   const struct twf_from *f, uint8_t reader, struct twf_span text,
                                   const struct angle *at)
{
    struct twf_span local = twf_span(text.ptr + at->off, at->at - at->off);
    struct twf_span domain = twf_span(text.ptr + at->at + 1, at->end - at->at - 1);

    return (struct twf_reading){.reader = reader,
                                .local = unquoted(a, twf_span_trim(local)),
                                .domain = domain_of(d, a, f, domain),
                                .off = at->off,
                                .len = at->end - at->off};
}

static void note_encoded_word(struct twf_from *f, const struct angle *at)
{
    uint32_t bit = 1u << TWF_ADDR_ENCODED_WORD;

    if ((f->errors & bit) != 0 || !twf_has_encoded_word(angle_text(f->value, at)))
        return;
    f->errors |= bit;
    f->error_off[TWF_ADDR_ENCODED_WORD] = at->off;
    f->error_len[TWF_ADDR_ENCODED_WORD] = at->end - at->off;
}

/* S5: where decoding changes nothing it is S3 and S4 again. */
static uint32_t read_decoded(struct twf_domains *d, struct twf_arena *a, struct twf_from *f,
                             struct twf_reading *out, const struct twf_reading *raw)
{
    struct angle first, last;
    struct twf_reading all[2];
    struct twf_span decoded;
    uint32_t words = 0, count = 0;

    decoded = twf_decode_words_raw(a, f->value, &words);
    if (words == 0 || !outer_angles(decoded, &first, &last))
        return 0;
    f->decoded_angle = has_new_angle(f->value, decoded);
    all[0] = of_angle(d, a, f, 5, decoded, &first);
    all[1] = of_angle(d, a, f, 5, decoded, &last);
    for (int i = 0; i < (first.off == last.off ? 1 : 2); i++) {
        struct twf_reading *r = &all[i];
        struct twf_span text = angle_text(decoded, i == 0 ? &first : &last);
        bool same =
            raw != NULL && twf_span_eq(text, twf_span(f->value.ptr + raw[i].off, raw[i].len));

        r->decoded = !same;
        r->off = same ? raw[i].off : 0;
        r->len = same ? raw[i].len : 0;
        out[count++] = *r;
    }
    return count;
}

void twf_from_read(struct twf_domains *d, struct twf_arena *a, struct twf_from *f)
{
    struct twf_reading *r = twf_arena_alloc(a, TWF_READINGS_OF_VALUE * sizeof(*r));
    struct twf_reading *raw = NULL;
    struct angle first, last;
    uint32_t n = 0;

    if (r == NULL)
        return;
    if (f->mailbox_count > 0) {
        r[n++] = of_mailbox(1, &f->mailboxes[0]);
        r[n++] = of_mailbox(2, &f->mailboxes[f->mailbox_count - 1]);
    }
    if (outer_angles(f->value, &first, &last)) {
        raw = &r[n];
        r[n++] = of_angle(d, a, f, 3, f->value, &first);
        r[n++] = of_angle(d, a, f, 4, f->value, &last);
        note_encoded_word(f, &first);
        note_encoded_word(f, &last);
    }
    if (twf_has_encoded_word(f->value)) {
        n += read_decoded(d, a, f, &r[n], raw);
    } else if (raw != NULL) {
        r[n] = raw[0];
        r[n++].reader = 5;
        if (first.off != last.off) {
            r[n] = raw[1];
            r[n++].reader = 5;
        }
    }
    f->readings = r;
    f->reading_count = n;
}
