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

bool twf_bytes_eq_fold(const uint8_t *a, const uint8_t *b, size_t n)
{
    if (n >= 8) {
        for (size_t i = 0; n - i > 8; i += 8) {
            if (twf_word_lower(twf_word(a + i)) != twf_word_lower(twf_word(b + i)))
                return false;
        }
        return twf_word_lower(twf_word(a + n - 8)) == twf_word_lower(twf_word(b + n - 8));
    }
    if (n >= 4)
        return twf_word_lower(ends(a, n)) == twf_word_lower(ends(b, n));
    for (size_t i = 0; i < n; i++) {
        if (twf_lower_byte(a[i]) != twf_lower_byte(b[i]))
            return false;
    }
    return true;
}
