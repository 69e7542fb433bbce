/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four streams of Huffman codes at a time: each code waits for the length of the one before, but not for those of
 * other streams, so four are looked up in the time of one. They are the four streams of a block, or the first
 * ones of four frames, of which no more than the first literals are needed.
 */
#include "decode/prefix_state.h"

enum { LANES = TWF_PREFIX_ABREAST };

struct lane {
    struct twf_bits bits;
    const twf_huf_cell *cells;
    uint8_t *out;
    unsigned shift;
};

/*
 * Decodes at most len literals of each lane; how many. same: all lanes have the table of the first one. The
 * lanes are spelled out: they have to stay in registers.
 */
static inline __attribute__((always_inline)) size_t run(struct lane *lane, size_t len, bool same)
{
    struct lane a = lane[0], b = lane[1], c = lane[2], d = lane[3];
    size_t n = 0;

    if (same) {
        b.cells = c.cells = d.cells = a.cells;
        b.shift = c.shift = d.shift = a.shift;
    }
    while (len - n >= TWF_HUF_ONCE && TWF_MIN(TWF_MIN(a.bits.left, b.bits.left), TWF_MIN(c.bits.left, d.bits.left)) >=
                                          TWF_HUF_ONCE * TWF_HUF_BITS) {
        uint64_t ta = twf_huf_top(&a.bits), tb = twf_huf_top(&b.bits);
        uint64_t tc = twf_huf_top(&c.bits), td = twf_huf_top(&d.bits);

#pragma GCC unroll 5
        for (int i = 0; i < TWF_HUF_ONCE; i++, n++) {
            ta = twf_huf_put(a.cells, a.shift, ta, a.out + n);
            tb = twf_huf_put(b.cells, b.shift, tb, b.out + n);
            tc = twf_huf_put(c.cells, c.shift, tc, c.out + n);
            td = twf_huf_put(d.cells, d.shift, td, d.out + n);
        }
        a.bits.left -= __builtin_ctzll(ta);
        b.bits.left -= __builtin_ctzll(tb);
        c.bits.left -= __builtin_ctzll(tc);
        d.bits.left -= __builtin_ctzll(td);
    }
    lane[0].bits = a.bits;
    lane[1].bits = b.bits;
    lane[2].bits = c.bits;
    lane[3].bits = d.bits;
    return n;
}

static struct lane lane_of(struct twf_literals *l, unsigned stream)
{
    return (struct lane){l->bits[stream], l->cells, l->bytes + l->part * stream, 64 - l->log};
}

size_t twf_huf_quarters(struct twf_literals *l)
{
    struct lane lanes[LANES];
    size_t n;

    for (unsigned i = 0; i < LANES; i++)
        lanes[i] = lane_of(l, i);
    n = run(lanes, l->len - 3 * l->part, true); /* the last stream is the shortest */
    for (unsigned i = 0; i < LANES; i++)
        l->bits[i] = lanes[i].bits;
    return n;
}

/*
 * Whether the first literals of the frame are Huffman codes that would be decoded one after another. Nothing is
 * written where its bytes will be: those are not its own yet, a frame before it may hold more than it says.
 */
static bool is_lane(struct twf_prefix *p)
{
    if (p->failed || p->in_block || p->out > 0 || p->last || p->at >= p->comp.len ||
        (p->comp.ptr[p->at] >> 1 & 3) != TWF_BLOCK_COMPRESSED)
        return false;
    p->failed = !twf_prefix_begin_block(p);
    return !p->failed && p->in_block && p->lit.streams == LANES && !twf_literals_abreast(&p->lit);
}

void twf_prefix_abreast(struct twf_prefix *const *p, size_t n, size_t literals)
{
    struct twf_literals *l[LANES];
    struct lane lanes[LANES];
    size_t count = 0, done;

    for (size_t i = 0; i < n; i++) {
        if (!is_lane(p[i]))
            continue;
        l[count] = &p[i]->lit;
        /* A stream does not end here: that is looked at where it is. */
        literals = TWF_MIN(literals, l[count]->part - 1);
        count++;
    }
    if (count < 2)
        return;
    /* A lane that is left over does what the first one does, once more. */
    for (size_t i = 0; i < LANES; i++)
        lanes[i] = lane_of(l[i < count ? i : 0], 0);
    done = run(lanes, literals, false);
    for (size_t i = 0; i < count; i++) {
        l[i]->bits[0] = lanes[i].bits;
        l[i]->ready = done;
    }
}
