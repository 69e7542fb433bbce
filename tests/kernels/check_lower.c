/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lower case: all 256 bytes, then every level against scalar, apart and in place, between canaries.
 */
#include "check.h"

#include <ctype.h>
#include <string.h>

static void define(struct check *c, const struct twf_kernels *s)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t in = (uint8_t)byte, out = 0xA5;
        s->lower(&out, &in, 1);
        check_that(c, out == (uint8_t)tolower(in) && in == byte, "lower 0x%02X", byte);
    }
    c->buf[0] = 'A';
    s->lower(c->buf, c->buf, 0);
    check_that(c, c->buf[0] == 'A', "lower of nothing");
}

static void fill(struct check *c, uint8_t *ptr, size_t len)
{
    static const char edges[] = "@AZ[`az{MmQq\xC1\xDA";

    for (size_t i = 0; i < len; i++)
        ptr[i] = check_random(c, 2) ? (uint8_t)edges[check_random(c, sizeof edges - 1)]
                                    : (uint8_t)check_random(c, 256);
}

/* Bytes before and behind the output, as many as there are up to 64, keep their value. */
static bool canaries(const uint8_t *whole, const uint8_t *dst, size_t len)
{
    const uint8_t *from = (size_t)(dst - whole) < 64 ? whole : dst - 64;
    const uint8_t *end = whole + CHECK_BYTES;
    const uint8_t *to = (size_t)(end - (dst + len)) < 64 ? end : dst + len + 64;

    for (const uint8_t *p = from; p < to; p++)
        if ((p < dst || p >= dst + len) && *p != 'C')
            return false;
    return true;
}

static bool compare(struct check *c, const struct twf_kernels *s, const struct twf_kernels *k,
                    uint8_t *ptr, size_t len)
{
    uint8_t *dst = c->other + (check_random(c, 2) ? check_random(c, 64) : CHECK_BYTES - len);
    uint8_t want[CHECK_BYTES], scalar[CHECK_BYTES], in[CHECK_BYTES];

    memcpy(in, ptr, len);
    for (size_t i = 0; i < len; i++)
        want[i] = (uint8_t)tolower(ptr[i]);
    s->lower(scalar, ptr, len);

    memset(c->other, 'C', CHECK_BYTES);
    k->lower(dst, ptr, len);
    if (memcmp(scalar, want, len) != 0 || memcmp(dst, want, len) != 0 ||
        memcmp(ptr, in, len) != 0 || !canaries(c->other, dst, len))
        return false;

    memset(c->other, 'C', CHECK_BYTES);
    memcpy(dst, ptr, len);
    k->lower(dst, dst, len);
    return memcmp(dst, want, len) == 0 && canaries(c->other, dst, len);
}

int main(int argc, char **argv)
{
    static const struct check_kernel kernel = {"lower", define, fill, compare};
    return check_main(argc, argv, &kernel);
}
