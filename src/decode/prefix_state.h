/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the prefix decoder share: bits read backwards, tables, the block at hand. */
#ifndef TWF_DECODE_PREFIX_STATE_H
#define TWF_DECODE_PREFIX_STATE_H

#include "base/compiler.h"
#include "base/word.h"
#include "decode/decode.h"

enum {
    TWF_PREFIX_BLOCK = 128 * 1024, /* no block holds more: RFC 8878 section 3.1.1.2.4 */
    TWF_PREFIX_SLACK = 32,         /* bytes behind literals and outputs that copies may touch */
    TWF_HUF_BITS = 11,             /* longest code of a literal */
    TWF_HUF_SYMBOLS = 256,
    TWF_FSE_BITS = 9,              /* largest table of sequences */
    TWF_FSE_SYMBOLS = 53
};

/* ---- bits from the end of a stream to its beginning (section 4.1) ---- */

/*
 * Bits [0, left) are still to be read, the highest first. Reading touches the eight bytes before the
 * position, which a frame always has: its headers come first.
 */
struct twf_bits {
    const uint8_t *base;
    int64_t left;
};

/* False where the stream is empty, has no end mark, or the frame has no eight bytes before it. */
static inline bool twf_bits_begin(struct twf_bits *b, struct twf_span s, const uint8_t *frame)
{
    uint8_t last;

    if (s.len == 0 || s.ptr - frame < 8)
        return false;
    last = s.ptr[s.len - 1];
    if (last == 0)
        return false;
    b->base = s.ptr;
    b->left = (int64_t)s.len * 8 - 8 + (31 - __builtin_clz(last));
    return true;
}

/* The next bits at the top of a word; 57 of them are right, as far as there are so many. left >= 0. */
static inline uint64_t twf_bits_top(const uint8_t *base, int64_t left)
{
    size_t at = (size_t)(left + 7) >> 3;

    return twf_word(base + at - 8) << (at * 8 - (size_t)left);
}

/* n <= 57 bits of the top of a word; 0 for n = 0. */
static inline uint64_t twf_bits_of(uint64_t top, unsigned n)
{
    return top >> 1 >> (63 - n);
}

/* ---- finite state entropy (section 4.1) ---- */

/* A state: its symbol, and where from there. Of sequences, base and extra say what the symbol means. */
struct twf_fse_cell {
    uint32_t base;
    uint16_t next;
    uint8_t bits;
    uint8_t extra; /* bits behind base; of weights unused */
};

struct twf_fse {
    unsigned log; /* 0: always the same symbol */
    struct twf_fse_cell cells[1 << TWF_FSE_BITS];
};

/*
 * Reads the probabilities at the beginning of s into counts[max_symbols], *symbols of them. Bytes used; 0:
 * damaged.
 */
size_t twf_fse_counts(struct twf_span s, unsigned max_log, unsigned max_symbols, int16_t *counts,
                      unsigned *symbols, unsigned *log);
/* A table of what twf_fse_counts read; the base of a cell is its symbol. */
void twf_fse_build(struct twf_fse *t, const int16_t *counts, unsigned symbols, unsigned log);

/* ---- literals (section 3.1.1.3.1) ---- */

/* What the next bits mean: the literal above the length of its code. */
typedef uint16_t twf_huf_cell;

struct twf_literals {
    const uint8_t *ptr;  /* those that are decoded, [0, ready) of len */
    size_t ready, len;
    /* Streams of Huffman codes, one after another; the last one ends at len. */
    unsigned streams, stream;
    struct twf_bits bits[4];
    int64_t whole[4];    /* bits of each at its beginning */
    size_t part;         /* literals of each but the last */
    size_t head_len;     /* bytes of the section that are no stream */
    bool has_table;      /* for a block that has none of its own */
    unsigned log;
    twf_huf_cell cells[1 << TWF_HUF_BITS];
    uint8_t bytes[TWF_PREFIX_BLOCK + TWF_PREFIX_SLACK];
};

enum { TWF_HUF_ONCE = 5 }; /* codes in the 57 bits of a word */

/*
 * The next word of a stream, with a mark behind the bits that count: how far it moved tells at last how many
 * bits were taken.
 */
static inline uint64_t twf_huf_top(const struct twf_bits *b)
{
    return twf_bits_top(b->base, b->left) | 1;
}

static inline uint64_t twf_huf_put(const twf_huf_cell *cells, unsigned shift, uint64_t top, uint8_t *out)
{
    unsigned cell = cells[top >> shift];

    *out = (uint8_t)(cell >> 8);
    return top << (cell & 63);
}

/* All four streams of l, from its first literal on, as far as words go; literals of each that are decoded then. */
size_t twf_huf_quarters(struct twf_literals *l);

/* Reads a literals section at the beginning of block; bytes of it, or 0: damaged. */
size_t twf_literals_begin(struct twf_literals *l, struct twf_span block, const uint8_t *frame,
                          size_t block_max);
/* Decodes on until want <= len of them are ready. False: damaged. */
bool twf_literals_need(struct twf_literals *l, size_t want);
/* The four streams are decoded all together, as soon as one literal is asked for. */
bool twf_literals_abreast(const struct twf_literals *l);
/* Bytes of the section that are needed for the first so many literals: whole streams, whatever was decoded. */
size_t twf_literals_used(const struct twf_literals *l, size_t taken);

/* ---- sequences (section 3.1.1.3.2) ---- */

enum twf_seq_kind { TWF_SEQ_LITERALS, TWF_SEQ_OFFSET, TWF_SEQ_MATCH, TWF_SEQ_KINDS };

struct twf_sequences {
    const struct twf_fse *table[TWF_SEQ_KINDS]; /* of the last block that had sequences, or NULL */
    struct twf_fse own[TWF_SEQ_KINDS];
    struct twf_fse usual[TWF_SEQ_KINDS];        /* the predefined ones */
    uint32_t left;                              /* sequences still to do */
    uint16_t state[TWF_SEQ_KINDS];
    struct twf_bits bits;
    int64_t whole;
    size_t head_len;
    uint32_t repeat[3];                         /* offsets used last */
};

void twf_sequences_init(struct twf_sequences *s);
/* Reads the header of the section that fills rest. False: damaged. */
bool twf_sequences_begin(struct twf_sequences *s, struct twf_span rest, const uint8_t *frame);

enum { TWF_BLOCK_RAW, TWF_BLOCK_RLE, TWF_BLOCK_COMPRESSED };

struct twf_prefix {
    struct twf_span comp;
    uint8_t *dst;
    size_t cap;
    size_t at, out;      /* next byte of comp outside the block at hand; bytes decoded */
    size_t block_max, block_out; /* bytes of the block that came out, and may */
    size_t block_at, block_len;  /* the block at hand */
    bool in_block, last, failed;
    size_t lit_at;       /* literals of the block that came out */
    struct twf_sequences seq;
    struct twf_literals lit;
};

/* Reads what comes before the first sequence of the next block. False: damaged. */
bool twf_prefix_begin_block(struct twf_prefix *p);
/* Decodes sequences until want bytes came out of the frame or none is left. False: damaged. */
bool twf_prefix_sequences(struct twf_prefix *p, size_t want);

#endif
