/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pure functions over bytes, at four levels: scalar, SSE4.2, AVX2, AVX-512. The scalar file of a
 * kernel is its definition; the others give the same for every input, bit for bit. A kernel reads
 * only [ptr, ptr + len), writes only what its header says, allocates nothing and keeps nothing.
 *
 * The table is made once (twf_kernels_init) and passed down; tests make one per level.
 */
#ifndef TWF_KERNELS_KERNELS_H
#define TWF_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/cpu.h"

/*
 * The mbox separator: offset of the LF of the first "\nFrom " in [ptr, ptr + len), or len.
 * All six bytes lie inside the range.
 */
typedef size_t twf_mboxsep_fn(const uint8_t *ptr, size_t len);

/*
 * Line and field boundaries of a header block. Walks lines from ptr (a line start) to the first
 * empty line (LF, or CRLF) or to len. Writes to starts the offset of each line start > 0 and < len,
 * up to cap of them, with TWF_HDR_CONT set where the line begins with SP or TAB (a continuation).
 * The empty line's own start is not written. Returns the offset of the empty line's first byte, or
 * len where there is none; *count is the number of line starts met, which may exceed cap (the rest
 * was not written).
 *
 * Of starts, what lies past *count but below cap holds anything afterwards; past cap nothing is
 * touched. len is below 2^31.
 */
#define TWF_HDR_CONT 0x80000000u
typedef size_t twf_hdrscan_fn(const uint8_t *ptr, size_t len, uint32_t *starts, size_t cap,
                              size_t *count);

/*
 * The same without the continuation lines: writes the offset of each line start > 0 and < len that
 * does not begin with SP or TAB. *froms is the number of continuation lines that read, behind their
 * blanks, "from" (ASCII case ignored), any blanks, and ':', and of places straight behind a CR that
 * do. Returns, counts and leaves alone what hdrscan does.
 */
typedef size_t twf_fieldscan_fn(const uint8_t *ptr, size_t len, uint32_t *starts, size_t cap,
                                size_t *count, size_t *froms);

/*
 * The names that twf_fieldpick_fn looks for, by their first sixteen bytes in lower case (zeros
 * behind a shorter one), and what else is wanted. Made once by the caller.
 */
#define TWF_PICK_BITS 24
struct twf_picks {
    uint64_t factor;    /* of the hash: no two keys share a slot */
    uint8_t slots[256]; /* id of the key that has the slot; 0: none */
    uint8_t odd[256];   /* 1: a line that begins with this byte is wanted whatever its name is */
    _Alignas(16) uint8_t keys[64][16]; /* of each id; those of 0 and of unused ids are no name's */
};

static inline unsigned twf_picks_slot(const struct twf_picks *t, uint64_t first, uint64_t second)
{
    return (unsigned)((first + (second >> 3 | second << 61)) * t->factor >> 56);
}

/*
 * Of n lines that begin at ptr + starts[i], those that may begin a wanted field: their numbers i
 * below TWF_PICK_BITS, and above, the id of the name that has the same first sixteen bytes, ASCII
 * case ignored, or 0. A name ends before ':' or a byte up to 0x20. Reads sixteen bytes at each
 * start; n is below 1 << TWF_PICK_BITS. Returns how many were written to picks, which has room for
 * n; what lies behind them and below n holds anything afterwards.
 *
 * Bytes that are no letters may be taken for others with the same five low bits, so keys have
 * letters, digits and '-' only; of these none is the lower case of another byte that a name has.
 */
typedef size_t twf_fieldpick_fn(const uint8_t *ptr, const uint32_t *starts, size_t n,
                                const struct twf_picks *t, uint32_t *picks);

/*
 * Equal when the case of ASCII letters is ignored: for ranges that are long or of unknown length. A name
 * or domain of a few dozen bytes is compared by twf_span_eq_fold, in line.
 */
typedef bool twf_eqfold_fn(const uint8_t *a, const uint8_t *b, size_t len);

/*
 * Offset of the first byte that a JSON string cannot hold as it is: < 0x20, '"', '\\', 0x7F or >=
 * 0x80 (the caller decides about UTF-8); len where there is none.
 */
typedef size_t twf_jsonscan_fn(const uint8_t *ptr, size_t len);

/*
 * Sets bit i of bits where ids[i] is id, else clears it: (n + 63) / 64 words, of which bits past n are 0.
 * ids are aligned as int32_t are.
 */
typedef void twf_ideq_fn(const int32_t *ids, size_t n, int32_t id, uint64_t *bits);

/*
 * A text that is looked for in values, and what else stops the search. bytes has letters in lower case where their case
 * is ignored, and there fold is 0x20; else fold is 0. at: two places of the text, in ascending order, whose bytes are
 * looked for first (the same twice where len is 1): the rarer they are, the fewer candidates.
 */
#define TWF_NEEDLE_MAX 32
struct twf_needle {
    uint8_t bytes[TWF_NEEDLE_MAX], fold[TWF_NEEDLE_MAX];
    uint32_t len; /* 1 to TWF_NEEDLE_MAX */
    uint32_t at[2];
    bool odd; /* an LF and "=?" stop the search too: what such a value says is not what it is written as */
};

/* Offset of the first place in [ptr, ptr + len) where the needle begins and ends, or what is odd begins; len: none. */
typedef size_t twf_textfind_fn(const uint8_t *ptr, size_t len, const struct twf_needle *n);

struct twf_kernels {
    enum twf_cpu_level level;
    twf_mboxsep_fn *mboxsep;
    twf_hdrscan_fn *hdrscan;
    twf_fieldscan_fn *fieldscan;
    twf_fieldpick_fn *fieldpick;
    twf_eqfold_fn *eqfold;
    twf_jsonscan_fn *jsonscan;
    twf_ideq_fn *ideq;
    twf_textfind_fn *textfind;
};

/* The best table up to max that this CPU and this build have. */
void twf_kernels_init(struct twf_kernels *k, enum twf_cpu_level max);

#endif
