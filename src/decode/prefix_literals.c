/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Literals of a block: RFC 8878 section 3.1.1.3.1, Huffman codes of section 4.2. Four streams are four
 * quarters of the literals; they are decoded one after the other, and only as far as somebody asks, since
 * of a message with an attachment most of them are never needed.
 */
#include "decode/prefix_state.h"

enum { RAW, RLE, COMPRESSED, TREELESS };
enum {
    WEIGHTS = 255,
    WEIGHT_LOG = 6,
    AHEAD = 256        /* literals decoded beyond what is asked for */
};

struct section {
    unsigned type, streams;
    size_t head, len, packed; /* bytes: of the section's header, of its literals, of what follows */
};

static uint64_t read_le(const uint8_t *p, size_t n)
{
    return twf_word_part(p, n);
}

/* Section 3.1.1.3.1.1. */
static bool read_section(struct section *s, struct twf_span b)
{
    static const uint8_t head[4] = {3, 3, 4, 5}, bits[4] = {10, 10, 14, 18};
    static const uint8_t plain_head[4] = {1, 2, 1, 3}, plain_shift[4] = {3, 4, 3, 4};
    unsigned form;
    uint64_t word;

    if (b.len == 0)
        return false;
    s->type = b.ptr[0] & 3;
    form = b.ptr[0] >> 2 & 3;
    s->head = s->type <= RLE ? plain_head[form] : head[form];
    if (s->head > b.len)
        return false;
    word = read_le(b.ptr, s->head);
    s->streams = 0;
    if (s->type <= RLE) {
        s->len = (size_t)(word >> plain_shift[form]);
        s->packed = s->type == RAW ? s->len : 1;
    } else {
        s->streams = form == 0 ? 1 : 4;
        s->len = (size_t)(word >> 4) & ((1u << bits[form]) - 1);
        s->packed = (size_t)(word >> (4 + bits[form]));
    }
    return s->packed <= b.len - s->head;
}

/* ---- the tree: section 4.2.1 ---- */

/* Weights that are compressed themselves, by two states in turn. How many; 0: damaged. */
static unsigned read_packed_weights(struct twf_span s, const uint8_t *frame, uint8_t *weights)
{
    struct twf_fse table;
    int16_t counts[16];
    unsigned symbols, log, n = 0;
    size_t used = twf_fse_counts(s, WEIGHT_LOG, TWF_COUNT(counts), counts, &symbols, &log);
    uint32_t state[2];
    struct twf_bits b;

    if (used == 0 || !twf_bits_begin(&b, twf_span_slice(s, used, s.len), frame) || b.left < 2 * log)
        return 0;
    twf_fse_build(&table, counts, symbols, log);
    for (int i = 0; i < 2; i++) {
        state[i] = (uint32_t)twf_bits_of(twf_bits_top(b.base, b.left), log);
        b.left -= log;
    }
    for (unsigned i = 0;; i ^= 1) {
        const struct twf_fse_cell *c = &table.cells[state[i]];

        if (n == WEIGHTS)
            return 0;
        weights[n++] = (uint8_t)c->base;
        if (b.left < c->bits)
            break;
        state[i] = c->next + (uint32_t)twf_bits_of(twf_bits_top(b.base, b.left), c->bits);
        b.left -= c->bits;
    }
    if (n == WEIGHTS)
        return 0;
    weights[n] = (uint8_t)table.cells[state[(n & 1)]].base;
    return n + 1;
}

static unsigned read_plain_weights(struct twf_span s, unsigned n, uint8_t *weights)
{
    if ((n + 1) / 2 > s.len)
        return 0;
    for (unsigned i = 0; i < n; i++)
        weights[i] = i % 2 == 0 ? s.ptr[i / 2] >> 4 : s.ptr[i / 2] & 15;
    return n;
}

/* The last weight is what makes the sum of all codes a power of two; 0: nothing does. */
static unsigned last_weight(const uint8_t *weights, unsigned n, unsigned *log)
{
    uint32_t sum = 0, left;

    for (unsigned i = 0; i < n; i++) {
        if (weights[i] > TWF_HUF_BITS)
            return 0;
        sum += weights[i] == 0 ? 0 : 1u << (weights[i] - 1);
    }
    if (sum == 0)
        return 0;
    *log = 32 - (unsigned)__builtin_clz(sum);
    if (*log > TWF_HUF_BITS)
        return 0;
    left = (1u << *log) - sum;
    return (left & (left - 1)) != 0 ? 0 : 32 - (unsigned)__builtin_clz(left);
}

/* Codes in the order of their weights, longest first: section 4.2.1.3. */
static bool fill_cells(struct twf_literals *l, const uint8_t *weights, unsigned n)
{
    uint32_t begin[TWF_HUF_BITS + 2] = {0}, at = 0;

    for (unsigned i = 0; i < n; i++)
        begin[weights[i]]++;
    if (begin[1] < 2)
        return false;
    for (unsigned w = 1; w <= l->log; w++) {
        uint32_t count = begin[w];

        begin[w] = at;
        at += count << (w - 1);
    }
    for (unsigned i = 0; i < n; i++) {
        unsigned w = weights[i];
        twf_huf_cell cell = (twf_huf_cell)(i << 8 | (l->log + 1 - w));

        if (w == 0)
            continue;
        for (uint32_t end = begin[w] + (1u << (w - 1)); begin[w] < end; begin[w]++)
            l->cells[begin[w]] = cell;
    }
    return true;
}

/* Bytes of the description of the tree; 0: damaged. */
static size_t read_tree(struct twf_literals *l, struct twf_span s, const uint8_t *frame)
{
    uint8_t weights[TWF_HUF_SYMBOLS];
    unsigned first, n, last;
    size_t used;

    l->has_table = false;
    if (s.len == 0)
        return 0;
    first = s.ptr[0];
    used = 1 + (size_t)(first < 128 ? first : (first - 127 + 1) / 2);
    if (used > s.len)
        return 0;
    s = twf_span_slice(s, 1, used);
    n = first < 128 ? read_packed_weights(s, frame, weights)
                    : read_plain_weights(s, first - 127, weights);
    if (n == 0 || (last = last_weight(weights, n, &l->log)) == 0)
        return 0;
    weights[n++] = (uint8_t)last;
    l->has_table = fill_cells(l, weights, n);
    return l->has_table ? used : 0;
}

/* ---- streams ---- */

static bool begin_streams(struct twf_literals *l, struct twf_span s, unsigned n, const uint8_t *frame)
{
    enum { JUMP = 6, MIN_FOUR = 6 };
    size_t at = 0, len[4] = {s.len};

    l->streams = n;
    l->stream = 0;
    l->part = l->len;
    if (n == 4) {
        if (s.len < JUMP || l->len < MIN_FOUR)
            return false;
        for (int i = 0; i < 3; i++) {
            len[i] = (size_t)read_le(s.ptr + 2 * i, 2);
            at += len[i];
        }
        if (at + JUMP > s.len)
            return false;
        len[3] = s.len - JUMP - at;
        l->part = (l->len + 3) / 4;
        at = JUMP;
        l->head_len += JUMP;
        if (l->part * 3 > l->len)
            return false;
    }
    for (unsigned i = 0; i < n; i++) {
        if (!twf_bits_begin(&l->bits[i], twf_span_slice(s, at, at + len[i]), frame))
            return false;
        l->whole[i] = l->bits[i].left;
        at += len[i];
    }
    return true;
}

size_t twf_literals_begin(struct twf_literals *l, struct twf_span block, const uint8_t *frame,
                          size_t block_max)
{
    struct section s;
    struct twf_span body;
    size_t tree = 0;

    if (!read_section(&s, block) || s.len > block_max)
        return 0;
    body = twf_span_slice(block, s.head, s.head + s.packed);
    l->ptr = l->bytes;
    l->len = s.len;
    l->ready = 0;
    l->streams = 0;
    l->head_len = s.head;
    switch (s.type) {
    case RAW:
        l->ptr = body.ptr;
        l->ready = s.len;
        l->head_len += s.packed;
        break;
    case RLE:
        memset(l->bytes, body.ptr[0], s.len);
        l->ready = s.len;
        l->head_len += s.packed;
        break;
    case COMPRESSED:
        tree = read_tree(l, body, frame);
        if (tree == 0)
            return 0;
        /* fall through */
    default:
        l->head_len += tree;
        if (!l->has_table ||
            !begin_streams(l, twf_span_slice(body, tree, body.len), s.streams, frame))
            return 0;
    }
    return s.head + s.packed;
}

/* Literals [from, to) out of one stream. False: it ends before. */
static bool decode_stream(struct twf_literals *l, struct twf_bits *b, size_t from, size_t to)
{
    const unsigned shift = 64 - l->log;
    const twf_huf_cell *cells = l->cells;
    uint8_t *out = l->bytes + from, *end = l->bytes + to;

    while (end - out >= TWF_HUF_ONCE && b->left >= TWF_HUF_ONCE * TWF_HUF_BITS) {
        uint64_t top = twf_huf_top(b);

#pragma GCC unroll 5
        for (int i = 0; i < TWF_HUF_ONCE; i++)
            top = twf_huf_put(cells, shift, top, out++);
        b->left -= __builtin_ctzll(top);
    }
    for (; out < end; out++) {
        unsigned cell = cells[twf_bits_top(b->base, b->left) >> shift];

        if ((int64_t)(cell & 63) > b->left)
            return false;
        *out = (uint8_t)(cell >> 8);
        b->left -= cell & 63;
    }
    return true;
}

/* A stream ends with its last literal. */
static bool all_streams(struct twf_literals *l)
{
    size_t done = twf_huf_quarters(l);

    for (unsigned i = 0; i < 4; i++) {
        size_t end = i == 3 ? l->len : l->part * (i + 1);

        if (!decode_stream(l, &l->bits[i], l->part * i + done, end) || l->bits[i].left != 0)
            return false;
    }
    l->ready = l->len;
    return true;
}

bool twf_literals_abreast(const struct twf_literals *l)
{
    enum { WHOLE = 16 * 1024 };

    return l->streams == 4 && l->len <= WHOLE;
}

bool twf_literals_need(struct twf_literals *l, size_t want)
{
    if (want <= l->ready)
        return true;
    /* The first quarter alone takes as long as all of them abreast: fewer than this are wanted whole. */
    if (l->ready == 0 && twf_literals_abreast(l))
        return all_streams(l);
    want = TWF_MIN(want + AHEAD, l->len);
    while (l->ready < want) {
        struct twf_bits *b = &l->bits[l->stream];
        size_t end = l->stream + 1 == l->streams ? l->len : l->part * (l->stream + 1);
        size_t to = TWF_MIN(want, end);

        if (!decode_stream(l, b, l->ready, to))
            return false;
        l->ready = to;
        if (to < end)
            continue;
        if (b->left != 0)
            return false;
        l->stream++;
    }
    return true;
}

size_t twf_literals_used(const struct twf_literals *l, size_t taken)
{
    bool whole = twf_literals_abreast(l);
    size_t used = l->head_len;

    for (unsigned i = 0; i < l->streams; i++) {
        if (taken > l->part * (whole ? 0 : i))
            used += (size_t)(l->whole[i] + 7) / 8;
    }
    return used;
}
