/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the vector files of fieldscan share: they make masks of 64 bytes, bit i for byte i, and this
 * makes logical lines of the masks. Line starts come from a second load, one byte to the left, so
 * that nothing is carried from block to block but a run of blanks. What the masks cannot tell is
 * asked of memory: where an empty line may be, and what follows an 'f' that begins a continuation
 * line.
 */
#ifndef TWF_KERNELS_FIELDSCAN_FIELDSCAN_BLOCK_H
#define TWF_KERNELS_FIELDSCAN_FIELDSCAN_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/kernels.h"

#define FLD_INLINE static inline __attribute__((always_inline))
#define FLD_RARE static __attribute__((noinline))

struct fld_masks {
    uint64_t begins; /* an LF stands before it */
    uint64_t blank;  /* SP and TAB */
    uint64_t low;    /* LF, CR, SP, TAB, and maybe others that begin no name */
    uint64_t f;      /* 'F' and 'f' */
    uint64_t cr_f;   /* those with a CR before them */
};

/* The masks of n bytes, and of the n bytes behind them. */
FLD_INLINE struct fld_masks fld_join(struct fld_masks a, struct fld_masks b, unsigned n)
{
    return (struct fld_masks){a.begins | b.begins << n, a.blank | b.blank << n, a.low | b.low << n,
                              a.f | b.f << n, a.cr_f | b.cr_f << n};
}

/* Nothing takes its address but what is inlined, so that it stays in registers. */
struct fld_walk {
    const uint8_t *ptr;
    size_t len;
    uint32_t *starts;
    size_t cap, pairs; /* pairs: below this count there is room for two */
    size_t count, froms;
    uint64_t in_blanks; /* 1: one of the blanks that begin a continuation line precedes the block */
};

/* The lowest bit; of an empty mask the result is not used but must be defined, without a branch. */
FLD_INLINE uint32_t fld_first(uint64_t bits)
{
#ifdef __BMI__
    return (uint32_t)_tzcnt_u64(bits);
#else
    return (uint32_t)__builtin_ctzll(bits | (uint64_t)1 << 63);
#endif
}

FLD_RARE void fld_write_more(uint32_t *starts, size_t cap, size_t n, size_t off, uint64_t fields)
{
    for (; fields != 0 && n < cap; fields &= fields - 1)
        starts[n++] = (uint32_t)off + fld_first(fields);
}

FLD_INLINE void fld_write(struct fld_walk *w, size_t off, uint64_t fields)
{
    const size_t after = w->count + (size_t)__builtin_popcountll(fields);
    uint64_t more = fields;
    size_t n = w->count;

    /*
     * Which of none, one and two logical lines begin in a block nobody can foresee: so two are
     * always written where there is room.
     */
    if (__builtin_expect(n < w->pairs, 1)) {
        w->starts[n] = (uint32_t)off + fld_first(more);
        more &= more - 1;
        w->starts[n + 1] = (uint32_t)off + fld_first(more);
        more &= more - 1;
        n += 2;
    }
    if (__builtin_expect(more != 0, 0))
        fld_write_more(w->starts, w->cap, n, off, more);
    w->count = after;
}

static inline bool fld_is_from(const uint8_t *p, size_t len)
{
    size_t i = 4;

    if (len < 5 || (p[1] | 0x20) != 'r' || (p[2] | 0x20) != 'o' || (p[3] | 0x20) != 'm')
        return false;
    while (i < len && (p[i] == ' ' || p[i] == '\t'))
        i++;
    return i < len && p[i] == ':';
}

/* At each bit an 'f' begins a continuation line behind its blanks, or follows a CR: how many are like "from:". */
FLD_RARE size_t fld_froms(const uint8_t *ptr, size_t len, size_t off, uint64_t bits)
{
    size_t froms = 0;

    for (; bits != 0; bits &= bits - 1) {
        const size_t at = off + (size_t)__builtin_ctzll(bits);

        froms += fld_is_from(ptr + at, len - at);
    }
    return froms;
}

/* The offset of the first empty line among the line starts at bits, or SIZE_MAX. */
FLD_RARE size_t fld_find_end(const uint8_t *ptr, size_t len, size_t off, uint64_t bits)
{
    for (; bits != 0; bits &= bits - 1) {
        const size_t at = off + (size_t)__builtin_ctzll(bits);

        if (ptr[at] == '\n' || (ptr[at] == '\r' && len - at > 1 && ptr[at + 1] == '\n'))
            return at;
    }
    return SIZE_MAX;
}

/* Takes the block at off. Returns the offset of the empty line if it begins there, else SIZE_MAX. */
FLD_INLINE size_t fld_block(struct fld_walk *w, size_t off, struct fld_masks m)
{
    uint64_t fields = m.begins & ~m.blank;
    const uint64_t ends = fields & m.low;
    /* Adding its first bit to a run of blanks leaves the bit behind it. */
    const uint64_t runs = (m.begins & m.blank) | w->in_blanks, past = m.blank + runs;
    uint64_t froms = (past & ~m.blank & m.f) | m.cr_f;
    size_t end = SIZE_MAX;

    if (__builtin_expect((ends | froms) != 0, 0)) {
        if (ends != 0)
            end = fld_find_end(w->ptr, w->len, off, ends);
        if (end != SIZE_MAX) {
            fields &= ((uint64_t)1 << (end - off)) - 1;
            froms &= ((uint64_t)1 << (end - off)) - 1;
        }
        if (froms != 0)
            w->froms += fld_froms(w->ptr, w->len, off, froms);
    }
    fld_write(w, off, fields);
    w->in_blanks = past < runs;
    return end;
}

/* Masks of the 64 bytes at ptr; ptr[-1] is read, too. */
typedef struct fld_masks fld_masks64_fn(const uint8_t *ptr);

/* Masks of up to 64 bytes at off: the first ones, which have no byte before them, or the last ones. */
FLD_INLINE struct fld_masks fld_edge(const uint8_t *ptr, size_t off, size_t len,
                                     fld_masks64_fn *fields64)
{
    const size_t n = len - off < 64 ? len - off : 64;
    uint8_t copy[65] = {0};
    struct fld_masks m;

    if (off > 0)
        copy[0] = ptr[off - 1];
    if (n == 64)
        memcpy(copy + 1, ptr + off, 64);
    else
        memcpy(copy + 1, ptr + off, n);
    m = fields64(copy + 1);
    if (n < 64) {
        m.begins &= ((uint64_t)1 << n) - 1;
        m.f &= ((uint64_t)1 << n) - 1;
        m.cr_f &= ((uint64_t)1 << n) - 1;
    }
    return m;
}

/* The whole kernel over the masks of a level, which are known where this is inlined. */
FLD_INLINE size_t fld_scan(const uint8_t *ptr, size_t len, uint32_t *starts, size_t cap,
                           size_t *count, size_t *froms, fld_masks64_fn *fields64)
{
    struct fld_walk w = {
        .ptr = ptr, .len = len, .starts = starts, .cap = cap, .pairs = cap > 0 ? cap - 1 : 0};
    size_t i, end = SIZE_MAX;

    *count = *froms = 0;
    /* The first line has no LF before it. */
    if (len == 0 || ptr[0] == '\n' || (ptr[0] == '\r' && len > 1 && ptr[1] == '\n'))
        return 0;
    end = fld_block(&w, 0, fld_edge(ptr, 0, len, fields64));
    for (i = 64; end == SIZE_MAX && i + 63 < len; i += 64)
        end = fld_block(&w, i, fields64(ptr + i));
    if (end == SIZE_MAX && i < len)
        end = fld_block(&w, i, fld_edge(ptr, i, len, fields64));
    *count = w.count;
    *froms = w.froms;
    return end != SIZE_MAX ? end : len;
}

#endif
