/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing without case, for names and domains of 2 to 60 bytes: by words, and the end by words
 * that overlap. (The kernel eqfold is for longer ranges, and a table that not everybody holds.)
 */
#include "base/span.h"

#include "base/word.h"

static uint64_t four(const uint8_t *p)
{
    uint32_t w;

    memcpy(&w, p, sizeof(w));
    return w;
}

/* 4 to 7 bytes: the first four and the last four. */
static uint64_t ends(const uint8_t *p, size_t n)
{
    return four(p) | four(p + n - 4) << 32;
}

/* What is compared is mostly the same as it stands, or differs in more than case. */
static inline bool is_same(uint64_t a, uint64_t b)
{
    return a == b || (((a ^ b) & ~TWF_WORD_CASE) == 0 && twf_word_lower(a) == twf_word_lower(b));
}

bool twf_bytes_eq_fold(const uint8_t *a, const uint8_t *b, size_t n)
{
    if (n >= 8) {
        for (size_t i = 0; n - i > 8; i += 8) {
            if (!is_same(twf_word(a + i), twf_word(b + i)))
                return false;
        }
        return is_same(twf_word(a + n - 8), twf_word(b + n - 8));
    }
    if (n >= 4)
        return is_same(ends(a, n), ends(b, n));
    for (size_t i = 0; i < n; i++) {
        if (twf_lower_byte(a[i]) != twf_lower_byte(b[i]))
            return false;
    }
    return true;
}
