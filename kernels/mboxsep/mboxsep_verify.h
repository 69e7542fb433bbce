/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the vector files of mboxsep share. They look for the 'F' and, four bytes on, the ' ' of
 * "\nFrom ": base64 has no blank and prose few capital Fs, so this pair comes up less often than
 * "\nF", which begins every 64th line of base64. Each place where it does is verified here.
 */
#ifndef TWF_KERNELS_MBOXSEP_MBOXSEP_VERIFY_H
#define TWF_KERNELS_MBOXSEP_MBOXSEP_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SEP "\nFrom "
#define SEP_LEN 6
/* Where the two bytes stand that the vectors compare. */
#define SEP_F 1
#define SEP_BLANK 5

static inline bool is_sep(const uint8_t *ptr)
{
    return memcmp(ptr, SEP, SEP_LEN) == 0;
}

/* Bit i of bits is a candidate at ptr + i. On true *at is the first that is a separator. */
static inline bool verify(const uint8_t *ptr, uint64_t bits, size_t *at)
{
    for (; bits != 0; bits &= bits - 1) {
        const size_t i = (size_t)__builtin_ctzll(bits);
        if (is_sep(ptr + i)) {
            *at = i;
            return true;
        }
    }
    return false;
}

/* For ranges that are shorter than a vector. */
static inline size_t mboxsep_short(const uint8_t *ptr, size_t len)
{
    for (size_t i = 0; len - i >= SEP_LEN; i++)
        if (ptr[i] == '\n' && is_sep(ptr + i))
            return i;
    return len;
}

#endif
