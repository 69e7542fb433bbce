/* SPDX-License-Identifier: Apache-2.0 */
/* A text in the values of a column. Contract: twf_textfind_fn in kernels/kernels.h. */
#ifndef TWF_KERNELS_TEXTFIND_TEXTFIND_H
#define TWF_KERNELS_TEXTFIND_TEXTFIND_H

#include "kernels/kernels.h"

twf_textfind_fn twf_textfind_scalar, twf_textfind_sse42, twf_textfind_avx2, twf_textfind_avx512;

static inline bool textfind_is_needle(const uint8_t *ptr, size_t len, const struct twf_needle *n)
{
    if (len < n->len)
        return false;
    for (uint32_t i = 0; i < n->len; i++) {
        if ((ptr[i] | n->fold[i]) != n->bytes[i])
            return false;
    }
    return true;
}

static inline bool textfind_is_odd(const uint8_t *ptr, size_t len, const struct twf_needle *n)
{
    return n->odd && (ptr[0] == '\n' || (ptr[0] == '=' && len > 1 && ptr[1] == '?'));
}

/* From offset from on, byte by byte. */
static inline size_t textfind_slowly(const uint8_t *ptr, size_t from, size_t len, const struct twf_needle *n)
{
    for (; from < len; from++) {
        if (textfind_is_needle(ptr + from, len - from, n) || textfind_is_odd(ptr + from, len - from, n))
            break;
    }
    return from;
}

/* The first of the candidates (bit i: offset at + i) that is what is looked for, or len. */
static inline size_t textfind_first(const uint8_t *ptr, size_t at, size_t len, const struct twf_needle *n, uint64_t bits)
{
    for (; bits != 0; bits &= bits - 1) {
        size_t off = at + (size_t)__builtin_ctzll(bits);

        if (textfind_is_needle(ptr + off, len - off, n) || textfind_is_odd(ptr + off, len - off, n))
            return off;
    }
    return len;
}

#endif
