/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of a block: RFC 8878 sections 3.1.1.3.2 and 3.1.1.4. Each says how many literals come next, and
 * what is repeated behind them; they are done one by one, and the rest stays undone.
 */
#include "decode/prefix_state.h"

enum { PREDEFINED, SAME_BYTE, DESCRIBED, REPEATED };

/* What a code means: base plus so many bits (section 3.1.1.3.2.1.1). */
struct meaning {
    uint32_t base;
    uint8_t extra;
};

struct kind {
    unsigned symbols, max_log, usual_log, usual_symbols;
    const int16_t *usual;
    const struct meaning *meanings; /* NULL: offsets, 1 << code and code bits */
};

/* clang-format off */
static const int16_t usual_literals[] = {4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2,
                                         2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1};
static const int16_t usual_offsets[] = {1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1,
                                        1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1};
static const int16_t usual_matches[] = {1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1};
static const struct meaning literals_mean[36] = {
    {0, 0}, {1, 0}, {2, 0}, {3, 0}, {4, 0}, {5, 0}, {6, 0}, {7, 0}, {8, 0}, {9, 0}, {10, 0}, {11, 0},
    {12, 0}, {13, 0}, {14, 0}, {15, 0}, {16, 1}, {18, 1}, {20, 1}, {22, 1}, {24, 2}, {28, 2}, {32, 3},
    {40, 3}, {48, 4}, {64, 6}, {128, 7}, {256, 8}, {512, 9}, {1024, 10}, {2048, 11}, {4096, 12},
    {8192, 13}, {16384, 14}, {32768, 15}, {65536, 16}};
static const struct meaning matches_mean[53] = {
    {3, 0}, {4, 0}, {5, 0}, {6, 0}, {7, 0}, {8, 0}, {9, 0}, {10, 0}, {11, 0}, {12, 0}, {13, 0}, {14, 0},
    {15, 0}, {16, 0}, {17, 0}, {18, 0}, {19, 0}, {20, 0}, {21, 0}, {22, 0}, {23, 0}, {24, 0}, {25, 0},
    {26, 0}, {27, 0}, {28, 0}, {29, 0}, {30, 0}, {31, 0}, {32, 0}, {33, 0}, {34, 0}, {35, 1}, {37, 1},
    {39, 1}, {41, 1}, {43, 2}, {47, 2}, {51, 3}, {59, 3}, {67, 4}, {83, 4}, {99, 5}, {131, 7}, {259, 8},
    {515, 9}, {1027, 10}, {2051, 11}, {4099, 12}, {8195, 13}, {16387, 14}, {32771, 15}, {65539, 16}};
/* clang-format on */

/* An offset of 31 bits lies behind a window that no one block reaches: it is left to the library. */
static const struct kind kinds[TWF_SEQ_KINDS] = {
    [TWF_SEQ_LITERALS] = {36, 9, 6, 36, usual_literals, literals_mean},
    [TWF_SEQ_OFFSET] = {31, 8, 5, 29, usual_offsets, NULL},
    [TWF_SEQ_MATCH] = {53, 9, 6, 53, usual_matches, matches_mean},
};

/* The symbols of the cells become what they mean. */
static void give_meaning(struct twf_fse *t, const struct kind *k)
{
    for (uint32_t i = 0; i < 1u << t->log; i++) {
        struct twf_fse_cell *c = &t->cells[i];
        uint32_t code = c->base;

        c->extra = k->meanings == NULL ? (uint8_t)code : k->meanings[code].extra;
        c->base = k->meanings == NULL ? 1u << code : k->meanings[code].base;
    }
}

void twf_sequences_init(struct twf_sequences *s)
{
    for (int i = 0; i < TWF_SEQ_KINDS; i++) {
        twf_fse_build(&s->usual[i], kinds[i].usual, kinds[i].usual_symbols, kinds[i].usual_log);
        give_meaning(&s->usual[i], &kinds[i]);
    }
}

/* Takes the table of one kind from the front of rest. */
static bool read_table(struct twf_sequences *s, int kind, unsigned mode, struct twf_span *rest)
{
    const struct kind *k = &kinds[kind];
    struct twf_fse *own = &s->own[kind];
    int16_t counts[TWF_FSE_SYMBOLS];
    unsigned symbols, log;
    size_t used = 0;

    switch (mode) {
    case PREDEFINED:
        s->table[kind] = &s->usual[kind];
        return true;
    case REPEATED:
        return s->table[kind] != NULL;
    case SAME_BYTE:
        if (rest->len == 0 || rest->ptr[0] >= k->symbols)
            return false;
        own->log = 0;
        own->cells[0] = (struct twf_fse_cell){.base = rest->ptr[0]};
        used = 1;
        break;
    default:
        used = twf_fse_counts(*rest, k->max_log, k->symbols, counts, &symbols, &log);
        if (used == 0)
            return false;
        twf_fse_build(own, counts, symbols, log);
    }
    give_meaning(own, k);
    s->table[kind] = own;
    *rest = twf_span_slice(*rest, used, rest->len);
    return true;
}

/* Number of sequences, from the front of rest. */
static bool read_count(struct twf_sequences *s, struct twf_span *rest)
{
    size_t len = rest->len == 0 || rest->ptr[0] < 128 ? 1 : rest->ptr[0] < 255 ? 2 : 3;

    if (len > rest->len)
        return false;
    s->left = rest->ptr[0];
    if (len == 2)
        s->left = (s->left - 128) << 8 | rest->ptr[1];
    else if (len == 3)
        s->left = rest->ptr[1] + ((uint32_t)rest->ptr[2] << 8) + 0x7F00;
    *rest = twf_span_slice(*rest, len, rest->len);
    return true;
}

static uint32_t take(struct twf_bits *b, unsigned n)
{
    uint32_t value = (uint32_t)twf_bits_of(twf_bits_top(b->base, b->left), n);

    b->left -= n;
    return value;
}

bool twf_sequences_begin(struct twf_sequences *s, struct twf_span rest, const uint8_t *frame)
{
    struct twf_span all = rest;
    unsigned modes, log = 0;

    s->whole = s->bits.left = 0;
    s->head_len = rest.len;
    if (!read_count(s, &rest))
        return false;
    if (s->left == 0)
        return rest.len == 0;
    if (rest.len == 0)
        return false;
    modes = rest.ptr[0];
    rest = twf_span_slice(rest, 1, rest.len);
    if ((modes & 3) != 0)
        return false;
    for (int i = 0; i < TWF_SEQ_KINDS; i++) {
        if (!read_table(s, i, modes >> (6 - 2 * i) & 3, &rest))
            return false;
        log += s->table[i]->log;
    }
    s->head_len = all.len - rest.len;
    if (!twf_bits_begin(&s->bits, rest, frame) || s->bits.left < log)
        return false;
    s->whole = s->bits.left;
    for (int i = 0; i < TWF_SEQ_KINDS; i++)
        s->state[i] = (uint16_t)take(&s->bits, s->table[i]->log);
    return true;
}

/* ---- one sequence ---- */

struct sequence {
    uint32_t literals, match, offset; /* offset 0: damaged */
};

/* Section 3.1.1.5: the values 1 to 3 name offsets used before. */
static uint32_t find_offset(uint32_t *repeat, uint32_t value, bool no_literals)
{
    uint32_t which, offset;

    if (value > 3) {
        offset = value - 3;
        which = 2;
    } else {
        which = value - 1 + no_literals;
        offset = which == 3 ? repeat[0] - 1 : repeat[which];
    }
    if (which >= 2)
        repeat[2] = repeat[1];
    if (which >= 1)
        repeat[1] = repeat[0];
    repeat[0] = offset;
    return offset;
}

/*
 * Reads the values of the states at hand, and, unless it is the last, the next states: at most 31, 16, 16
 * and 9, 9, 8 bits. A stream that ends too early has less than none left.
 */
static struct sequence read_sequence(struct twf_sequences *s, struct twf_bits *b)
{
    const struct twf_fse_cell *l = &s->table[TWF_SEQ_LITERALS]->cells[s->state[TWF_SEQ_LITERALS]];
    const struct twf_fse_cell *o = &s->table[TWF_SEQ_OFFSET]->cells[s->state[TWF_SEQ_OFFSET]];
    const struct twf_fse_cell *m = &s->table[TWF_SEQ_MATCH]->cells[s->state[TWF_SEQ_MATCH]];
    uint64_t top = twf_bits_top(b->base, b->left);
    struct sequence q;

    q.offset = o->base + (uint32_t)twf_bits_of(top, o->extra);
    top <<= o->extra;
    q.match = m->base + (uint32_t)twf_bits_of(top, m->extra);
    b->left -= o->extra + m->extra;
    if (b->left < 0)
        return (struct sequence){0};
    top = twf_bits_top(b->base, b->left);
    q.literals = l->base + (uint32_t)twf_bits_of(top, l->extra);
    q.offset = find_offset(s->repeat, q.offset, q.literals == 0);
    b->left -= l->extra;
    if (--s->left == 0)
        return q;
    top <<= l->extra;
    s->state[TWF_SEQ_LITERALS] = (uint16_t)(l->next + twf_bits_of(top, l->bits));
    top <<= l->bits;
    s->state[TWF_SEQ_MATCH] = (uint16_t)(m->next + twf_bits_of(top, m->bits));
    top <<= m->bits;
    s->state[TWF_SEQ_OFFSET] = (uint16_t)(o->next + twf_bits_of(top, o->bits));
    b->left -= l->bits + m->bits + o->bits;
    return q;
}

/* len bytes; with room for the slack behind both, 16 at a time. */
static void copy(uint8_t *to, const uint8_t *from, size_t len, bool wide)
{
    if (!wide) {
        memcpy(to, from, len);
        return;
    }
    for (size_t i = 0; i < len; i += 16)
        memcpy(to + i, from + i, 16);
}

/* What stands offset bytes before to, once more: it may reach into what it writes. */
static void repeat_match(uint8_t *to, size_t offset, size_t len, bool wide)
{
    const uint8_t *from = to - offset;

    if (offset >= 16 && wide) {
        copy(to, from, len, true);
    } else if (offset >= len) {
        memcpy(to, from, len);
    } else {
        for (size_t i = 0; i < len; i++)
            to[i] = from[i];
    }
}

bool twf_prefix_sequences(struct twf_prefix *p, size_t want)
{
    struct twf_sequences *s = &p->seq;
    struct twf_literals *l = &p->lit;
    struct twf_bits bits = s->bits;
    size_t limit = TWF_MIN(p->cap - p->out, p->block_max - p->block_out) + p->out, out = p->out;
    bool held = l->ptr == l->bytes; /* with slack behind them */

    while (s->left > 0 && out < want) {
        struct sequence q = read_sequence(s, &bits);
        bool wide = limit - out >= (size_t)q.literals + q.match + TWF_PREFIX_SLACK;

        if (bits.left < 0 || q.offset == 0 || q.literals > l->len - p->lit_at ||
            (size_t)q.literals + q.match > limit - out || q.offset > out + q.literals ||
            !twf_literals_need(l, p->lit_at + q.literals))
            return false;
        copy(p->dst + out, l->ptr + p->lit_at, q.literals, wide && held);
        p->lit_at += q.literals;
        out += q.literals;
        repeat_match(p->dst + out, q.offset, q.match, wide);
        out += q.match;
    }
    s->bits = bits;
    p->block_out += out - p->out;
    p->out = out;
    return s->left > 0 || bits.left == 0;
}
