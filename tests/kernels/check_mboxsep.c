/* SPDX-License-Identifier: Apache-2.0 */
/* The mbox separator: vectors, memmem as the second definition, then every level against scalar. */
#define _GNU_SOURCE
#include "check.h"

#include <string.h>

static const struct {
    const char *text;
    size_t want;
} vectors[] = {
    {"", 0},
    {"\nFrom", 5},            /* five of six bytes */
    {"\nFrom ", 0},
    {"From \nFrom ", 5},      /* a From that no LF precedes */
    {"\n\nFrom ", 1},
    {"\n>From \nFrom x", 7},  /* quoted */
    {"\nFrom: a\nFrom b", 8}, /* a header field */
    {"\nfrom \nFROM ", 12},   /* case counts */
    {"\r\nFrom a\nFrom b", 1},
    {"\nFrom\t\nFrom", 11},
    {"a\nFroF \nFrom o m \n", 7}, /* an F and a blank, but not of a separator */
};

static void define(struct check *c, const struct twf_kernels *s)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const size_t len = strlen(vectors[i].text);
        uint8_t *ptr = c->buf + CHECK_BYTES - len;
        memcpy(ptr, vectors[i].text, len);
        check_that(c, s->mboxsep(ptr, len) == vectors[i].want, "mboxsep vector %zu", i);
    }
}

static void fill(struct check *c, uint8_t *ptr, size_t len)
{
    static const char alphabet[] = "\n\n\rFFrom   >x";

    /* Some ranges without, so that the scan comes to their end. */
    check_fill_from(c, ptr, len, alphabet, sizeof alphabet - 1);
    if (len >= 6 && check_random(c, 4) != 0)
        memcpy(ptr + check_random(c, (uint32_t)(len - 5)), "\nFrom ", 6);
}

static bool compare(struct check *c, const struct twf_kernels *s, const struct twf_kernels *k,
                    uint8_t *ptr, size_t len)
{
    const uint8_t *hit = memmem(ptr, len, "\nFrom ", 6);
    const size_t want = hit != NULL ? (size_t)(hit - ptr) : len;

    (void)c;
    return s->mboxsep(ptr, len) == want && k->mboxsep(ptr, len) == want;
}

int main(int argc, char **argv)
{
    static const struct check_kernel kernel = {"mboxsep", define, fill, compare};
    return check_main(argc, argv, &kernel);
}
