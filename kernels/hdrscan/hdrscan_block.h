/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the vector files of hdrscan share: they make masks of 64 bytes, bit i for byte i, and this
 * makes lines of the masks.
 *
 * Only LF and the blanks are masked. A line of one byte is rare, so whether that byte is a CR,
 * which makes the line empty, is asked of memory.
 */
#ifndef TWF_KERNELS_HDRSCAN_HDRSCAN_BLOCK_H
#define TWF_KERNELS_HDRSCAN_HDRSCAN_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/kernels.h"

struct hdr_masks {
    uint64_t lf;
    uint64_t blank; /* SP and TAB */
};

struct hdr_walk {
    const uint8_t *ptr;
    uint32_t *starts;
    size_t cap;
    size_t count;
    uint64_t lf_before;    /* 1: the byte before this block is LF */
    uint64_t start_before; /* 1: and that byte was a line start */
    size_t end;            /* offset of the empty line, once hdr_block has returned true */
};

/* The header begins with the empty line. To be asked first: hdr_block looks for later ones only. */
static inline bool hdr_begins_empty(const uint8_t *ptr, size_t len)
{
    return len > 0 && (ptr[0] == '\n' || (ptr[0] == '\r' && len > 1 && ptr[1] == '\n'));
}

static inline uint32_t hdr_entry(size_t off, uint64_t begins, uint64_t blank)
{
    /*
     * Of an empty mask the result is not used but must be defined, and without a branch: it would
     * be the very one that hdr_write avoids.
     */
    const unsigned i = (unsigned)__builtin_ctzll(begins | (uint64_t)1 << 63);
    return ((uint32_t)off + i) | (uint32_t)(blank >> i) << 31;
}

static inline void hdr_write(struct hdr_walk *w, size_t off, uint64_t begins, uint64_t blank)
{
    const size_t after = w->count + (size_t)__builtin_popcountll(begins);

    /*
     * A block has rarely more than two line starts, but which of none, one and two is a coin to the
     * branch predictor. So two are always written where there is room; three and four cost more
     * than they saved on headers with lines of 20 to 80 bytes.
     */
    if (w->count < w->cap && w->cap - w->count >= 2) {
        uint32_t *out = w->starts + w->count;
        for (int i = 0; i < 2; i++) {
            out[i] = hdr_entry(off, begins, blank);
            begins &= begins - 1;
        }
        w->count += 2;
    }
    for (; begins != 0 && w->count < w->cap; begins &= begins - 1)
        w->starts[w->count++] = hdr_entry(off, begins, blank);
    w->count = after;
}

/* The offset of the empty line among the candidates of a block, or SIZE_MAX. */
static inline size_t hdr_find_end(const uint8_t *ptr, size_t off, uint64_t begins, uint64_t bits)
{
    for (; bits != 0; bits &= bits - 1) {
        const unsigned i = (unsigned)__builtin_ctzll(bits);
        if (begins >> i & 1)
            return off + i;
        if (ptr[off + i - 1] == '\r')
            return off + i - 1;
    }
    return SIZE_MAX;
}

/*
 * Takes the 64 bytes at off, a multiple of 64, of which those in valid are there. Returns true when
 * the empty line was found: w->end.
 */
static inline bool hdr_block(struct hdr_walk *w, size_t off, struct hdr_masks m, uint64_t valid)
{
    uint64_t begins = (m.lf << 1 | w->lf_before) & valid;
    /* An LF at a line start, or one byte behind. */
    const uint64_t ends = m.lf & (begins | begins << 1 | w->start_before);

    if (ends != 0) {
        w->end = hdr_find_end(w->ptr, off, begins, ends);
        if (w->end < off) {
            /* The CR closed the block before, where it was taken for the start of a line. */
            w->count--;
            return true;
        }
        if (w->end != SIZE_MAX) {
            begins &= ((uint64_t)1 << (w->end - off)) - 1;
            hdr_write(w, off, begins, m.blank);
            return true;
        }
    }
    hdr_write(w, off, begins, m.blank);
    w->lf_before = m.lf >> 63;
    w->start_before = begins >> 63;
    return false;
}

/* Masks of the 64 bytes at ptr. */
typedef struct hdr_masks hdr_masks64_fn(const uint8_t *ptr);
/* Of the last len - off < 64 bytes, from bit 0 on; reads nothing outside [ptr, ptr + len). */
typedef struct hdr_masks hdr_masks_end_fn(const uint8_t *ptr, size_t off, size_t len);

/*
 * The masks of the end for levels that cannot mask a load: taken from a vector that ends with them,
 * or from a copy.
 */
static inline struct hdr_masks hdr_masks_end(const uint8_t *ptr, size_t off, size_t len,
                                             hdr_masks64_fn *masks64)
{
    struct hdr_masks m;

    if (len >= 64) {
        const unsigned shift = (unsigned)(64 - (len - off));
        m = masks64(ptr + len - 64);
        m.lf >>= shift;
        m.blank >>= shift;
    } else {
        uint8_t copy[64] = {0};
        memcpy(copy, ptr, len);
        m = masks64(copy);
    }
    return m;
}

/* The whole kernel over the masks of a level. Both functions are known where this is inlined. */
static inline __attribute__((always_inline)) size_t hdr_scan(const uint8_t *ptr, size_t len,
                                                             uint32_t *starts, size_t cap,
                                                             size_t *count, hdr_masks64_fn *masks64,
                                                             hdr_masks_end_fn *masks_end)
{
    struct hdr_walk w = {.ptr = ptr, .starts = starts, .cap = cap, .end = len};
    size_t i = 0;

    if (hdr_begins_empty(ptr, len)) {
        *count = 0;
        return 0;
    }
    for (; len - i >= 64; i += 64) {
        if (hdr_block(&w, i, masks64(ptr + i), ~0ULL)) {
            *count = w.count;
            return w.end;
        }
    }
    if (i == len || !hdr_block(&w, i, masks_end(ptr, i, len), ~0ULL >> (64 - (len - i))))
        w.end = len;
    *count = w.count;
    return w.end;
}

#endif
