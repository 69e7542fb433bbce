/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Equal but for case: all pairs of bytes, then every level against scalar on pairs that nearly
 * match.
 */
#include "check.h"

#include <ctype.h>
#include <string.h>

/* The C locale, which a program that calls no setlocale has, knows only ASCII letters. */
static bool same(uint8_t a, uint8_t b)
{
    return tolower(a) == tolower(b);
}

static void define(struct check *c, const struct twf_kernels *s)
{
    for (unsigned i = 0; i < 256 * 256; i++) {
        const uint8_t a = (uint8_t)i, b = (uint8_t)(i >> 8);
        check_that(c, s->eqfold(&a, &b, 1) == same(a, b), "eqfold 0x%02X 0x%02X", a, b);
    }
    check_that(c, s->eqfold(c->buf, c->other, 0), "eqfold of nothing");
    check_that(c, s->eqfold((const uint8_t *)"From", (const uint8_t *)"fROM", 4), "eqfold From");
    check_that(c, !s->eqfold((const uint8_t *)"From", (const uint8_t *)"Fro-", 4), "eqfold last");
    check_that(c, !s->eqfold((const uint8_t *)"xrom", (const uint8_t *)"From", 4), "eqfold first");
}

static void fill(struct check *c, uint8_t *ptr, size_t len)
{
    static const char alphabet[] = "@AZ[`az{MmQq0 \x10\x00\xC1\xE1\xDA\xFA\xFF";
    check_fill_from(c, ptr, len, alphabet, sizeof alphabet - 1);
}

static bool compare(struct check *c, const struct twf_kernels *s, const struct twf_kernels *k,
                    uint8_t *ptr, size_t len)
{
    /* At an alignment of its own, or against the guard page. */
    uint8_t *b = c->other + (check_random(c, 2) ? check_random(c, 64) : CHECK_BYTES - len);
    bool want = true;

    memcpy(b, ptr, len);
    for (size_t i = 0; i < len; i++)
        if (isalpha(b[i]) && check_random(c, 2))
            b[i] ^= 0x20;
    /* One bit of one byte is other in half of the cases: the case bit of what is no letter, too. */
    if (len > 0 && check_random(c, 2)) {
        const uint32_t bit = check_random(c, 2) ? 5 : check_random(c, 8);
        b[check_random(c, (uint32_t)len)] ^= (uint8_t)(1U << bit);
    }
    for (size_t i = 0; i < len; i++)
        want = want && same(ptr[i], b[i]);
    return s->eqfold(ptr, b, len) == want && k->eqfold(ptr, b, len) == want &&
           k->eqfold(b, ptr, len) == want;
}

int main(int argc, char **argv)
{
    static const struct check_kernel kernel = {"eqfold", define, fill, compare};
    return check_main(argc, argv, &kernel);
}
