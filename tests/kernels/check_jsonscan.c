/* SPDX-License-Identifier: Apache-2.0 */
/* What a JSON string can hold: all 256 bytes, then every level against scalar. */
#include "check.h"

#include <string.h>

static const char clean[] =
    " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~";

static bool is_clean(uint8_t byte)
{
    return byte != 0 && strchr(clean, byte) != NULL;
}

/* Each byte at each of the first 40 places, with clean bytes around. */
static void define(struct check *c, const struct twf_kernels *s)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 40; at++) {
            uint8_t text[40];
            memset(text, 'x', sizeof text);
            text[at] = (uint8_t)byte;
            check_that(c, s->jsonscan(text, sizeof text) == (is_clean(text[at]) ? sizeof text : at),
                       "jsonscan byte 0x%02X at %zu", byte, at);
        }
    }
    check_that(c, s->jsonscan(c->buf, 0) == 0, "jsonscan of nothing");
}

static void fill(struct check *c, uint8_t *ptr, size_t len)
{
    static const char edges[] = "\x1F\"\\\x7F\x80\xFF\x00\x01\x9F\xA0\xE9\n";

    check_fill_from(c, ptr, len, clean, sizeof clean - 1);
    /* None, one or a few bytes that stop the scan. */
    for (uint32_t n = check_random(c, 4); n > 0 && len > 0; n--)
        check_fill_from(c, ptr + check_random(c, (uint32_t)len), 1, edges, sizeof edges - 1);
}

static bool compare(struct check *c, const struct twf_kernels *s, const struct twf_kernels *k,
                    uint8_t *ptr, size_t len)
{
    size_t want = 0;

    while (want < len && is_clean(ptr[want]))
        want++;
    /* A stop right before and right behind must not be seen. */
    if (ptr > c->buf)
        ptr[-1] = '"';
    if (ptr + len < c->buf + CHECK_BYTES)
        ptr[len] = '"';
    return s->jsonscan(ptr, len) == want && k->jsonscan(ptr, len) == want;
}

int main(int argc, char **argv)
{
    static const struct check_kernel kernel = {"jsonscan", define, fill, compare};
    return check_main(argc, argv, &kernel);
}
