/* SPDX-License-Identifier: Apache-2.0 */
/* A text in values: a table, then every level against scalar, with needles that nearly occur. */
#include "check.h"

#include <string.h>

static struct twf_needle needle(const char *text, bool icase, bool odd)
{
    struct twf_needle n = {.len = (uint32_t)strlen(text), .odd = odd};

    for (uint32_t i = 0; i < n.len; i++) {
        bool letter = icase && text[i] >= 'a' && text[i] <= 'z';

        n.bytes[i] = (uint8_t)text[i];
        n.fold[i] = letter ? 0x20 : 0;
    }
    n.at[1] = n.len - 1;
    return n;
}

static void define(struct check *c, const struct twf_kernels *s)
{
    static const struct {
        const char *text, *needle;
        bool icase, odd;
        size_t off;
    } rows[] = {{"", "a", false, false, 0},         {"bca", "a", false, false, 2},
                {"abab", "ba", false, false, 1},    {"ababb", "abb", false, false, 2},
                {"xxAbx", "ab", true, false, 2},    {"xxAbx", "ab", false, false, 5},
                {"x[x", "{x", true, false, 3},      {"x\nab", "ab", false, true, 1},
                {"x\nab", "ab", false, false, 2},   {"x=y=?ab", "ab", false, true, 3},
                {"x=?ab", "ab", false, false, 3},   {"abc=", "zz", false, true, 4},
                {"aab", "aabb", false, false, 3},   {"?=ab", "ab", false, true, 2}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct twf_needle n = needle(rows[i].needle, rows[i].icase, rows[i].odd);

        check_that(c, s->textfind((const uint8_t *)rows[i].text, strlen(rows[i].text), &n) == rows[i].off,
                   "textfind of the table");
    }
}

/* An alphabet in which needles, and parts of them, are common; now and then none of it at all. */
static void fill(struct check *c, uint8_t *ptr, size_t len)
{
    static const char letters[] = "aAbBcz0=?\n";
    uint32_t rare = check_random(c, 3) == 0 ? 1 : 40;

    for (size_t i = 0; i < len; i++)
        ptr[i] = check_random(c, rare) == 0 ? (uint8_t)letters[check_random(c, sizeof letters - 1)] : 'x';
}

static bool compare(struct check *c, const struct twf_kernels *s, const struct twf_kernels *k, uint8_t *ptr, size_t len)
{
    static const char letters[] = "abcxz0\n";
    char text[TWF_NEEDLE_MAX + 1] = "";
    struct twf_needle n;
    uint32_t most = check_random(c, 4) == 0 ? TWF_NEEDLE_MAX : 4, len_of = 1 + check_random(c, most);

    for (uint32_t i = 0; i < len_of; i++)
        text[i] = letters[check_random(c, sizeof letters - 1)];
    if (len >= len_of && check_random(c, 2)) { /* one that occurs, mostly */
        size_t at = check_random(c, (uint32_t)(len - len_of + 1));

        for (uint32_t i = 0; i < len_of; i++)
            text[i] = (char)(ptr[at + i] >= 'A' && ptr[at + i] <= 'Z' ? ptr[at + i] | 0x20 : ptr[at + i]);
    }
    n = needle(text, check_random(c, 2) == 0, check_random(c, 2) == 0);
    if (n.len > 1) {
        n.at[0] = check_random(c, n.len - 1);
        n.at[1] = n.at[0] + 1 + check_random(c, n.len - 1 - n.at[0]);
    }
    return s->textfind(ptr, len, &n) == k->textfind(ptr, len, &n);
}

int main(int argc, char **argv)
{
    static const struct check_kernel kernel = {"textfind", define, fill, compare};
    return check_main(argc, argv, &kernel);
}
