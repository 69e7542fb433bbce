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

/* The bytes [at, len) at p, fewer than eight; zeros follow. Of eight and more the last are read. */
static inline uint64_t twf_word_tail(const uint8_t *p, size_t len, size_t at)
{
    return len < 8 ? twf_word_part(p + at, len - at)
                   : twf_word(p + len - 8) >> 8 * (8 - (len - at));
}

static inline void twf_word_put(uint8_t *p, uint64_t w)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    memcpy(p, &w, sizeof(w));
}

/* ASCII letters in lower case, other bytes as they are. */
static inline uint64_t twf_word_lower(uint64_t w)
{
    uint64_t low = w & ~TWF_WORD_HIGH;
    /* High bits: at least 'A', and above 'Z'; neither sum carries into the next byte. */
    uint64_t from = low + TWF_WORD_ONES * (0x80 - 'A'), above = low + TWF_WORD_ONES * (0x7F - 'Z');

    return w | (from & ~above & ~w & TWF_WORD_HIGH) >> 2;
}

/* The high bit of each byte from low to high, both in ASCII. */
static inline uint64_t twf_word_range(uint64_t w, uint8_t low, uint8_t high)
{
    uint64_t ascii = w & ~TWF_WORD_HIGH;
    uint64_t from = ascii + TWF_WORD_ONES * (0x80u - low), above = ascii + TWF_WORD_ONES * (0x7Fu - high);

    return from & ~above & ~w & TWF_WORD_HIGH;
}

/* The high bit of each byte that is high, which is in ASCII, or less. */
static inline uint64_t twf_word_upto(uint64_t w, uint8_t high)
{
    return ~((w & ~TWF_WORD_HIGH) + TWF_WORD_ONES * (0x7Fu - high)) & ~w & TWF_WORD_HIGH;
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
