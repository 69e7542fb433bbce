/* SPDX-License-Identifier: Apache-2.0 */
/* Ids that are the one: a table, then every level against scalar; nothing beyond the last word. */
#include "check.h"

#include <string.h>

enum { WORDS = CHECK_BYTES / 4 / 64 + 2 };

static void define(struct check *c, const struct twf_kernels *s)
{
    const int32_t ids[] = {7, 0, 7, -7, 7};
    uint64_t bits[2] = {~UINT64_C(0), 0xA5};

    s->ideq(ids, 5, 7, bits);
    check_that(c, bits[0] == 0x15 && bits[1] == 0xA5, "ideq of five");
    s->ideq(ids, 0, 7, bits);
    check_that(c, bits[0] == 0x15, "ideq of none");
}

/* Few values, so that many are equal; some differ in one byte only. */
static void fill(struct check *c, uint8_t *ptr, size_t len)
{
    memset(ptr, 0, len);
    for (size_t i = 0; i < len; i += 1 + check_random(c, 8))
        ptr[i] = (uint8_t)check_random(c, 3);
}

static bool compare(struct check *c, const struct twf_kernels *s, const struct twf_kernels *k,
                    uint8_t *ptr, size_t len)
{
    /* Ids are aligned to four bytes: those of the range that are. */
    size_t skip = (4 - (uintptr_t)ptr % 4) % 4, n = len < skip ? 0 : (len - skip) / 4;
    const int32_t *ids = (const int32_t *)(const void *)(ptr + skip);
    const int32_t one = n > 0 && check_random(c, 2) ? ids[check_random(c, (uint32_t)n)] : 0;
    uint64_t want[WORDS], got[WORDS];

    memset(want, 0xC3, sizeof want);
    memset(got, 0xC3, sizeof got);
    s->ideq(ids, n, one, want);
    k->ideq(ids, n, one, got);
    return memcmp(want, got, sizeof want) == 0;
}

int main(int argc, char **argv)
{
    static const struct check_kernel kernel = {"ideq", define, fill, compare};
    return check_main(argc, argv, &kernel);
}
