/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eight bytes at once in a plain register, for values of a few bytes, where a call into a kernel
 * costs more than the work. The first byte is the lowest one of the word on every machine.
 */
#ifndef TWF_BASE_WORD_H
#define TWF_BASE_WORD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TWF_WORD_ONES UINT64_C(0x0101010101010101)
#define TWF_WORD_HIGH UINT64_C(0x8080808080808080)
/* The bit that tells the case of a letter, in each byte. */
#define TWF_WORD_CASE UINT64_C(0x2020202020202020)

static inline uint64_t twf_word(const uint8_t *p)
{
    uint64_t w;

    memcpy(&w, p, sizeof(w));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/* The n < 8 bytes at p; zeros follow. */
static inline uint64_t twf_word_part(const uint8_t *p, size_t n)
{
    uint64_t w = 0;

    while (n > 0)
        w = w << 8 | p[--n];
    return w;
}

/* The first n <= 8 bytes of w; zeros follow. */
static inline uint64_t twf_word_first(uint64_t w, size_t n)
{
    return n < 8 ? w & ((UINT64_C(1) << 8 * n) - 1) : w;
}

/* The high bit of the first byte of w that is c, and perhaps of bytes behind it; 0: there is none. */
static inline uint64_t twf_word_find(uint64_t w, uint8_t c)
{
    w ^= TWF_WORD_ONES * c;
    return (w - TWF_WORD_ONES) & ~w & TWF_WORD_HIGH;
}

/* The place of the first byte that is marked by its high bit; marks is not 0. */
static inline unsigned twf_word_place(uint64_t marks)
{
    return (unsigned)__builtin_ctzll(marks) / 8;
}

#endif
