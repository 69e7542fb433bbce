/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logical lines of a header: vectors with their starts written out, a second definition that goes
 * from LF to LF with memchr, then every level against both, with all capacities around the count.
 */
#include "check.h"

#include <ctype.h>
#include <string.h>

#define MAX_STARTS 8

static const struct {
    const char *name;
    const char *text;
    size_t len;
    size_t end;
    size_t froms;
    size_t count;
    uint32_t starts[MAX_STARTS];
} vectors[] = {
#define T(text) text, sizeof(text) - 1
    {"nothing", T(""), 0, 0, 0, {0}},
    {"one line without an end", T("a"), 1, 0, 0, {0}},
    {"one line, no empty line", T("a\n"), 2, 0, 0, {0}},
    {"LF", T("a: b\nc: d\n\nbody\n"), 10, 0, 1, {5}},
    {"CRLF", T("a: b\r\nc: d\r\n\r\nbody\r\n"), 12, 0, 1, {6}},
    {"begins with LF", T("\na: b\n"), 0, 0, 0, {0}},
    {"begins with CRLF", T("\r\na: b\n"), 0, 0, 0, {0}},
    {"begins with a CR alone", T("\ra\n\n"), 3, 0, 0, {0}},
    {"only a CR", T("\r"), 1, 0, 0, {0}},
    {"a CR at the end", T("a\n\r"), 3, 0, 1, {2}},
    {"two CRs are not empty", T("a\n\r\r\n\n"), 5, 0, 1, {2}},
    {"a CR alone is a byte", T("a\rb\nc\n\n"), 6, 0, 1, {4}},
    {"SP folds", T("a: b\n c\nd\n\n"), 10, 0, 1, {8}},
    {"TAB folds", T("a: b\r\n\tc\r\nd\r\n\r\n"), 13, 0, 1, {10}},
    {"blanks alone fold", T("a\n \n\t\nb\n\n"), 8, 0, 1, {6}},
    {"first line begins with SP", T(" a\nb\n\n"), 5, 0, 1, {3}},
    {"more lines", T("a\nb\nc\nd\ne\nf\n"), 12, 0, 5, {2, 4, 6, 8, 10}},
    {"NUL is a byte", T("a\n\0\n\n"), 4, 0, 1, {2}},
    {"what follows the end", T("a\n\n from:\n\n"), 2, 0, 0, {0}},
    {"from behind a blank", T("a\n from\n\tFROM: x\n\n"), 17, 1, 0, {0}},
    {"from behind blanks", T("a\n \t  fRoM:x\n\n"), 13, 1, 0, {0}},
    {"from behind no blank", T("a\nfrom:\n\n"), 8, 0, 1, {2}},
    {"from in the first line", T(" from:\nb\n\n"), 9, 0, 1, {7}},
    {"from behind other bytes", T("a\n xfrom:\n \vfrom:\n\n"), 18, 0, 0, {0}},
    {"from behind a CR", T("a\rfrom:\n \rFrom :\r\nb\r\rfrom:\n\n"), 27, 3, 1, {18}},
    {"no from behind a CR", T("a\r from:\n\rfram:\r\rfrom\r\n\n"), 23, 0, 1, {9}},
    {"from behind a CR on top", T("\rfrom:\n\nx\rfrom:"), 7, 1, 0, {0}},
    {"from behind an empty fold", T("a\n \nfrom:\n\n"), 10, 0, 1, {4}},
    {"not quite from", T("a\n fro:\n fram:\n &rom:\n\n"), 22, 0, 0, {0}},
    {"from that is cut", T("a\n fro"), 6, 0, 0, {0}},
    {"from at the end", T("a\n from"), 7, 0, 0, {0}},
    {"from: at the end", T("a\n from:"), 8, 1, 0, {0}},
    {"blanks behind from", T("a\n from \t: x\n from x:\n from \n :\n\n"), 32, 1, 0, {0}},
#undef T
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* The line from off begins with an LF or is CRLF. */
static bool is_empty_line(const uint8_t *ptr, size_t len, size_t off)
{
    return (len - off >= 1 && memcmp(ptr + off, "\n", 1) == 0) ||
           (len - off >= 2 && memcmp(ptr + off, "\r\n", 2) == 0);
}

static bool has_from(const uint8_t *ptr, size_t len, size_t off)
{
    while (off < len && is_blank(ptr[off]))
        off++;
    for (size_t i = 0; i < 4; i++) {
        if (off + i >= len || tolower(ptr[off + i]) != "from"[i])
            return false;
    }
    for (off += 4; off < len && is_blank(ptr[off]); off++)
        ;
    return off < len && ptr[off] == ':';
}

/* Places behind a CR in [off, end) that begin with such a from. */
static size_t behind_crs(const uint8_t *ptr, size_t len, size_t off, size_t end)
{
    size_t n = 0;

    for (; off + 1 < end; off++)
        n += ptr[off] == '\r' && !is_blank(ptr[off + 1]) && has_from(ptr, len, off + 1);
    return n;
}

static size_t naive(const uint8_t *ptr, size_t len, uint32_t *starts, size_t *count, size_t *froms)
{
    size_t off = 0;

    *count = *froms = 0;
    while (off < len && !is_empty_line(ptr, len, off)) {
        const uint8_t *lf = memchr(ptr + off, '\n', len - off);
        if (off > 0 && is_blank(ptr[off]))
            *froms += has_from(ptr, len, off);
        else if (off > 0)
            starts[(*count)++] = (uint32_t)off;
        *froms += behind_crs(ptr, len, off, lf != NULL ? (size_t)(lf - ptr) : len);
        off = lf != NULL ? (size_t)(lf - ptr) + 1 : len;
    }
    return off;
}

/* Runs one kernel with room for cap; its writes must be want, and nothing past cap. */
static bool gives(twf_fieldscan_fn *fn, const uint8_t *ptr, size_t len, size_t cap, size_t end,
                  const uint32_t *want, size_t want_count, size_t want_froms)
{
    static uint32_t starts[CHECK_BYTES + 16];
    const size_t written = want_count < cap ? want_count : cap;
    size_t count = SIZE_MAX, froms = SIZE_MAX;

    memset(starts, 0x5A, (cap + 16) * sizeof *starts);
    if (fn(ptr, len, starts, cap, &count, &froms) != end || count != want_count ||
        froms != want_froms)
        return false;
    for (size_t i = 0; i < 16; i++)
        if (starts[cap + i] != 0x5A5A5A5A)
            return false;
    return memcmp(starts, want, written * sizeof *starts) == 0;
}

static void define(struct check *c, const struct twf_kernels *s)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t *ptr = c->buf + CHECK_BYTES - vectors[i].len;
        memcpy(ptr, vectors[i].text, vectors[i].len);
        for (size_t cap = 0; cap <= MAX_STARTS; cap++)
            check_that(c,
                       gives(s->fieldscan, ptr, vectors[i].len, cap, vectors[i].end,
                             vectors[i].starts, vectors[i].count, vectors[i].froms),
                       "fieldscan vector \"%s\", cap %zu", vectors[i].name, cap);
    }
}

/* "from:", maybe with a letter of another case or a wrong one, behind some blanks. */
static void put_from(struct check *c, uint8_t *ptr, size_t len, size_t at)
{
    static const char letters[] = "FROMfromfromfromGp";

    for (uint32_t n = check_random(c, 3) ? 1 : check_random(c, 80); n > 0 && at < len; n--)
        ptr[at++] = check_random(c, 2) ? ' ' : '\t';
    if (at > 0 && check_random(c, 4) == 0)
        ptr[at - 1] = '\r';
    for (uint32_t i = 0; i < 4 && at < len; i++)
        ptr[at++] = (uint8_t)(check_random(c, 8) ? "from"[i]
                                                 : letters[check_random(c, sizeof letters - 1)]);
    for (uint32_t n = check_random(c, 3) ? 0 : check_random(c, 80); n > 0 && at < len; n--)
        ptr[at++] = check_random(c, 2) ? ' ' : '\t';
    if (at < len && check_random(c, 4))
        ptr[at] = ':';
}

/* Dense to sparse line ends, and folds of every kind; an end of the header in most, never in some. */
static void fill(struct check *c, uint8_t *ptr, size_t len)
{
    static const char crowded[] = "\n\r \tA:fF";
    static const char lines[] = "aaaaaaaa: bbbbbbbfbbbbbbbbb\t\r";
    const uint32_t kind = check_random(c, 4);

    if (kind == 0) {
        check_fill_from(c, ptr, len, crowded, sizeof crowded - 1);
        return;
    }
    check_fill_from(c, ptr, len, lines, sizeof lines - 1);
    for (size_t i = 0; i < len;) {
        i += 2 + check_random(c, kind == 1 ? 4 : 70);
        if (i >= len)
            break;
        ptr[i] = '\n';
        if (check_random(c, 2))
            ptr[i - 1] = '\r';
        if (check_random(c, 3) == 0)
            put_from(c, ptr, len, i + 1);
        else if (len - i > 1 && check_random(c, 3) == 0)
            ptr[i + 1] = check_random(c, 2) ? ' ' : '\t';
    }
    if (len >= 4 && check_random(c, 3) != 0)
        memcpy(ptr + check_random(c, (uint32_t)(len - 3)), "\n\r\n", 3);
    if (len >= 4 && check_random(c, 3) == 0)
        memcpy(ptr + check_random(c, (uint32_t)(len - 3)), "\n\n", 2);
}

static bool compare(struct check *c, const struct twf_kernels *s, const struct twf_kernels *k,
                    uint8_t *ptr, size_t len)
{
    static uint32_t want[CHECK_BYTES];
    size_t count, froms;
    const size_t end = naive(ptr, len, want, &count, &froms);
    /* Enough, none, or about as much as needed. */
    const size_t caps[] = {count + check_random(c, 9), 0,
                           count > 5 ? count - check_random(c, 6) : count};

    for (size_t i = 0; i < sizeof caps / sizeof *caps; i++)
        if (!gives(s->fieldscan, ptr, len, caps[i], end, want, count, froms) ||
            !gives(k->fieldscan, ptr, len, caps[i], end, want, count, froms))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    static const struct check_kernel kernel = {"fieldscan", define, fill, compare};
    return check_main(argc, argv, &kernel);
}
