/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels that look like others: scripts mixed in one label, and a skeleton under which
 * look-alikes are equal. The idea is that of UTS #39; the table is our own choice of 2026-11-24,
 * the forms that fake brands are made of, and not its data. Digits and letter pairs are part of
 * it.
 */
#include "parse/idna.h"

#include <string.h>

#include "base/compiler.h"
#include "parse/parse.h"
#include "base/utf8.h"

enum script { OTHER = 0, LATIN = 1, LOOK_ALIKE = 2 };

/* Greek, Cyrillic, Armenian and Cherokee are one: what counts is Latin beside any of them. */
static enum script script_of(uint32_t cp)
{
    static const struct {
        uint32_t first, last;
        enum script script;
    } ranges[] = {
        {0x00AA, 0x00AA, LATIN},      {0x00BA, 0x00BA, LATIN},      {0x00C0, 0x00D6, LATIN},
        {0x00D8, 0x00F6, LATIN},      {0x00F8, 0x02B8, LATIN},      {0x0370, 0x0373, LOOK_ALIKE},
        {0x0376, 0x037D, LOOK_ALIKE}, {0x037F, 0x037F, LOOK_ALIKE}, {0x0386, 0x0386, LOOK_ALIKE},
        {0x0388, 0x03FF, LOOK_ALIKE}, {0x0400, 0x052F, LOOK_ALIKE}, {0x0531, 0x0556, LOOK_ALIKE},
        {0x0560, 0x0588, LOOK_ALIKE}, {0x13A0, 0x13FD, LOOK_ALIKE}, {0x1C80, 0x1C8F, LOOK_ALIKE},
        {0x1D00, 0x1D25, LATIN},      {0x1D26, 0x1D2B, LOOK_ALIKE}, {0x1D2C, 0x1D5C, LATIN},
        {0x1D62, 0x1D65, LATIN},      {0x1D6B, 0x1D77, LATIN},      {0x1D79, 0x1DBE, LATIN},
        {0x1E00, 0x1EFF, LATIN},      {0x1F00, 0x1FFE, LOOK_ALIKE}, {0x2C60, 0x2C7F, LATIN},
        {0x2DE0, 0x2DFF, LOOK_ALIKE}, {0xA640, 0xA69F, LOOK_ALIKE}, {0xA722, 0xA787, LATIN},
        {0xA78B, 0xA7FF, LATIN},      {0xAB30, 0xAB64, LATIN},      {0xAB70, 0xABBF, LOOK_ALIKE},
        {0xFB00, 0xFB06, LATIN},      {0xFF21, 0xFF3A, LATIN},      {0xFF41, 0xFF5A, LATIN},
    };

    if (cp < 0x80) {
        uint8_t low = twf_lower_byte((uint8_t)cp);

        return low >= 'a' && low <= 'z' ? LATIN : OTHER;
    }
    for (size_t i = 0; i < TWF_COUNT(ranges) && cp >= ranges[i].first; i++) {
        if (cp <= ranges[i].last)
            return ranges[i].script;
    }
    return OTHER;
}

static bool is_mixed_label(struct twf_span label)
{
    uint32_t cps[TWF_IDNA_LABEL_MAX], cp;
    size_t n = twf_idna_decode(label, cps), step;
    unsigned int met = 0;

    for (size_t i = 0; i < n; i++)
        met |= script_of(cps[i]);
    for (size_t i = 0; n == 0 && i < label.len; i += step) {
        step = twf_utf8_next(label.ptr + i, label.len - i, &cp);
        if (step == 0)
            step = cp;
        else
            met |= script_of(cp);
    }
    return met == (LATIN | LOOK_ALIKE);
}

bool twf_idna_is_mixed(struct twf_span name)
{
    struct twf_span label, rest = name;

    while (twf_idna_next_label(&rest, &label)) {
        if (is_mixed_label(label))
            return true;
    }
    return false;
}

/* Code points first to last look like text; sorted. Lower case only, as UTS #46 leaves no other. */
static const struct look {
    uint32_t first, last;
    char text[4];
} looks[] = {
    {0x00DF, 0x00DF, "ss"},  {0x00E0, 0x00E5, "a"},   {0x00E6, 0x00E6, "ae"},
    {0x00E7, 0x00E7, "c"},   {0x00E8, 0x00EB, "e"},   {0x00EC, 0x00EF, "i"},
    {0x00F0, 0x00F0, "d"},   {0x00F1, 0x00F1, "n"},   {0x00F2, 0x00F6, "o"},
    {0x00F8, 0x00F8, "o"},   {0x00F9, 0x00FC, "u"},   {0x00FD, 0x00FD, "y"},
    {0x00FE, 0x00FE, "p"},   {0x00FF, 0x00FF, "y"},   {0x0100, 0x0105, "a"},
    {0x0106, 0x010D, "c"},   {0x010E, 0x0111, "d"},   {0x0112, 0x011B, "e"},
    {0x011C, 0x0123, "g"},   {0x0124, 0x0127, "h"},   {0x0128, 0x0131, "i"},
    {0x0134, 0x0135, "j"},   {0x0136, 0x0138, "k"},   {0x0139, 0x0142, "l"},
    {0x0143, 0x014B, "n"},   {0x014C, 0x0151, "o"},   {0x0152, 0x0153, "oe"},
    {0x0154, 0x0159, "r"},   {0x015A, 0x0161, "s"},   {0x0162, 0x0167, "t"},
    {0x0168, 0x0173, "u"},   {0x0174, 0x0175, "w"},   {0x0176, 0x0178, "y"},
    {0x0179, 0x017E, "z"},   {0x0180, 0x0180, "b"},   {0x0188, 0x0188, "c"},
    {0x0192, 0x0192, "f"},   {0x0199, 0x0199, "k"},   {0x019A, 0x019A, "l"},
    {0x01A1, 0x01A1, "o"},   {0x01B0, 0x01B0, "u"},   {0x01B4, 0x01B4, "y"},
    {0x01B6, 0x01B6, "z"},   {0x01C0, 0x01C0, "l"},   {0x01CE, 0x01CE, "a"},
    {0x01D0, 0x01D0, "i"},   {0x01D2, 0x01D2, "o"},   {0x01D4, 0x01DC, "u"},
    {0x01E7, 0x01E7, "g"},   {0x0219, 0x0219, "s"},   {0x021B, 0x021B, "t"},
    {0x0227, 0x0227, "a"},   {0x0229, 0x0229, "e"},   {0x0233, 0x0233, "y"},
    {0x0237, 0x0237, "j"},   {0x0251, 0x0251, "a"},   {0x0253, 0x0253, "b"},
    {0x0257, 0x0257, "d"},   {0x0261, 0x0261, "g"},   {0x0269, 0x026A, "i"},
    {0x026F, 0x026F, "w"},   {0x0274, 0x0274, "n"},   {0x0280, 0x0280, "r"},
    {0x028B, 0x028B, "u"},   {0x028F, 0x028F, "y"},   {0x0299, 0x0299, "b"},
    {0x029F, 0x029F, "l"},
    /* marks that would stand above or below a letter */
    {0x0300, 0x036F, ""},
    /* Greek */
    {0x03AC, 0x03AC, "a"},   {0x03AD, 0x03AD, "e"},   {0x03AE, 0x03AE, "n"},
    {0x03AF, 0x03AF, "i"},   {0x03B1, 0x03B1, "a"},   {0x03B2, 0x03B2, "b"},
    {0x03B3, 0x03B3, "y"},   {0x03B5, 0x03B5, "e"},   {0x03B7, 0x03B7, "n"},
    {0x03B9, 0x03B9, "i"},   {0x03BA, 0x03BA, "k"},   {0x03BD, 0x03BD, "v"},
    {0x03BF, 0x03BF, "o"},   {0x03C1, 0x03C1, "p"},   {0x03C2, 0x03C2, "c"},
    {0x03C3, 0x03C3, "o"},   {0x03C4, 0x03C4, "t"},   {0x03C5, 0x03C5, "u"},
    {0x03C7, 0x03C7, "x"},   {0x03C9, 0x03C9, "w"},   {0x03CA, 0x03CA, "i"},
    {0x03CB, 0x03CB, "u"},   {0x03CC, 0x03CC, "o"},   {0x03CD, 0x03CD, "u"},
    {0x03CE, 0x03CE, "w"},   {0x03F3, 0x03F3, "j"},
    /* Cyrillic */
    {0x0430, 0x0430, "a"},   {0x0431, 0x0431, "6"},   {0x0432, 0x0432, "b"},
    {0x0433, 0x0433, "r"},   {0x0435, 0x0435, "e"},   {0x0437, 0x0437, "3"},
    {0x0438, 0x0439, "u"},   {0x043A, 0x043A, "k"},   {0x043C, 0x043C, "m"},
    {0x043D, 0x043D, "h"},   {0x043E, 0x043E, "o"},   {0x043F, 0x043F, "n"},
    {0x0440, 0x0440, "p"},   {0x0441, 0x0441, "c"},   {0x0442, 0x0442, "t"},
    {0x0443, 0x0443, "y"},   {0x0445, 0x0445, "x"},   {0x0447, 0x0447, "4"},
    {0x0448, 0x0449, "w"},   {0x044A, 0x044A, "b"},   {0x044B, 0x044B, "bl"},
    {0x044C, 0x044C, "b"},   {0x044E, 0x044E, "lo"},  {0x0450, 0x0451, "e"},
    {0x0453, 0x0453, "r"},   {0x0455, 0x0455, "s"},   {0x0456, 0x0457, "i"},
    {0x0458, 0x0458, "j"},   {0x045B, 0x045B, "h"},   {0x045C, 0x045C, "k"},
    {0x045D, 0x045D, "u"},   {0x045E, 0x045E, "y"},   {0x0461, 0x0461, "w"},
    {0x0475, 0x0475, "v"},   {0x0491, 0x0491, "r"},   {0x049B, 0x049B, "k"},
    {0x04AB, 0x04AB, "c"},   {0x04AF, 0x04AF, "y"},   {0x04B3, 0x04B3, "x"},
    {0x04BB, 0x04BB, "h"},   {0x04CF, 0x04CF, "l"},   {0x04D1, 0x04D1, "a"},
    {0x04D3, 0x04D3, "a"},   {0x04D5, 0x04D5, "ae"},  {0x04D7, 0x04D7, "e"},
    {0x04E7, 0x04E7, "o"},   {0x04E9, 0x04E9, "o"},   {0x04EF, 0x04EF, "y"},
    {0x04F1, 0x04F1, "y"},   {0x0501, 0x0501, "d"},   {0x050D, 0x050D, "g"},
    {0x051B, 0x051B, "q"},   {0x051D, 0x051D, "w"},
    /* Armenian */
    {0x0561, 0x0561, "w"},   {0x0563, 0x0563, "q"},   {0x0566, 0x0566, "q"},
    {0x0568, 0x0568, "n"},   {0x056C, 0x056C, "l"},   {0x0570, 0x0570, "h"},
    {0x0572, 0x0572, "n"},   {0x0575, 0x0575, "j"},   {0x0578, 0x0578, "n"},
    {0x057C, 0x057C, "n"},   {0x057D, 0x057D, "u"},   {0x0581, 0x0581, "g"},
    {0x0585, 0x0585, "o"},
    /* zeros of other scripts, and circles */
    {0x0665, 0x0665, "o"},   {0x06F5, 0x06F5, "o"},   {0x0966, 0x0966, "o"},
    {0x09E6, 0x09E6, "o"},   {0x0CE6, 0x0CE6, "o"},   {0x0D20, 0x0D20, "o"},
    {0x0E50, 0x0E50, "o"},   {0x0ED0, 0x0ED0, "o"},   {0x101D, 0x101D, "o"},
    {0x1040, 0x1040, "o"},   {0x10FF, 0x10FF, "o"},
    /* Cherokee, whose lower case maps to these */
    {0x13A0, 0x13A0, "d"},   {0x13A1, 0x13A1, "r"},   {0x13A2, 0x13A2, "t"},
    {0x13A5, 0x13A5, "i"},   {0x13A9, 0x13A9, "y"},   {0x13AA, 0x13AA, "a"},
    {0x13AB, 0x13AB, "j"},   {0x13AC, 0x13AC, "e"},   {0x13B3, 0x13B3, "w"},
    {0x13B7, 0x13B7, "m"},   {0x13BB, 0x13BB, "h"},   {0x13C0, 0x13C0, "g"},
    {0x13C2, 0x13C2, "h"},   {0x13C3, 0x13C3, "z"},   {0x13CE, 0x13CE, "4"},
    {0x13CF, 0x13CF, "b"},   {0x13D2, 0x13D2, "r"},   {0x13D4, 0x13D4, "w"},
    {0x13D9, 0x13D9, "v"},   {0x13DA, 0x13DA, "s"},   {0x13DE, 0x13DE, "l"},
    {0x13DF, 0x13DF, "c"},   {0x13E2, 0x13E2, "p"},   {0x13E6, 0x13E6, "k"},
    {0x13F4, 0x13F4, "b"},
    /* Latin small capitals, and letters with marks */
    {0x1D04, 0x1D04, "c"},   {0x1D0F, 0x1D0F, "o"},   {0x1D1C, 0x1D1C, "u"},
    {0x1D20, 0x1D20, "v"},   {0x1D21, 0x1D21, "w"},   {0x1D22, 0x1D22, "z"},
    {0x1E01, 0x1E01, "a"},   {0x1E03, 0x1E07, "b"},   {0x1E09, 0x1E09, "c"},
    {0x1E0B, 0x1E13, "d"},   {0x1E15, 0x1E1D, "e"},   {0x1E1F, 0x1E1F, "f"},
    {0x1E21, 0x1E21, "g"},   {0x1E23, 0x1E2B, "h"},   {0x1E2D, 0x1E2F, "i"},
    {0x1E31, 0x1E35, "k"},   {0x1E37, 0x1E3D, "l"},   {0x1E3F, 0x1E43, "m"},
    {0x1E45, 0x1E4B, "n"},   {0x1E4D, 0x1E53, "o"},   {0x1E55, 0x1E57, "p"},
    {0x1E59, 0x1E5F, "r"},   {0x1E61, 0x1E69, "s"},   {0x1E6B, 0x1E71, "t"},
    {0x1E73, 0x1E7B, "u"},   {0x1E7D, 0x1E7F, "v"},   {0x1E81, 0x1E89, "w"},
    {0x1E8B, 0x1E8D, "x"},   {0x1E8F, 0x1E8F, "y"},   {0x1E91, 0x1E95, "z"},
    {0x1E96, 0x1E96, "h"},   {0x1E97, 0x1E97, "t"},   {0x1E98, 0x1E98, "w"},
    {0x1E99, 0x1E99, "y"},   {0x1EA1, 0x1EB7, "a"},   {0x1EB9, 0x1EC7, "e"},
    {0x1EC9, 0x1ECB, "i"},   {0x1ECD, 0x1EE3, "o"},   {0x1EE5, 0x1EF1, "u"},
    {0x1EF3, 0x1EF9, "y"},
    /* hyphens */
    {0x2010, 0x2015, "-"},   {0x30FC, 0x30FC, "-"},   {0x4E00, 0x4E00, "-"},
};

static const struct look *find_look(uint32_t cp)
{
    size_t low = 0, high = TWF_COUNT(looks);

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (cp > looks[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < TWF_COUNT(looks) && cp >= looks[low].first ? &looks[low] : NULL;
}

/* Appends an ASCII byte; "0", "1", "rn" and "vv" are what they look like. */
static size_t put_ascii(uint8_t *out, size_t len, uint8_t c)
{
    uint8_t last = len > 0 ? out[len - 1] : 0;

    if (last == 'r' && c == 'n')
        out[len - 1] = 'm';
    else if (last == 'v' && c == 'v')
        out[len - 1] = 'w';
    else
        out[len++] = c == '0' ? 'o' : c == '1' ? 'l' : twf_lower_byte(c);
    return len;
}

/* Appends what cp looks like: at most four bytes. */
static size_t put_look(uint8_t *out, size_t len, uint32_t cp)
{
    const struct look *look = find_look(cp);

    if (cp < 0x80)
        return put_ascii(out, len, (uint8_t)cp);
    if (look == NULL)
        return len + twf_utf8_put(out + len, cp);
    for (const char *p = look->text; *p != '\0'; p++)
        len = put_ascii(out, len, (uint8_t)*p);
    return len;
}

struct twf_span twf_domain_skeleton(struct twf_arena *a, const struct twf_domain *d)
{
    struct twf_span label, rest = d->name;
    uint32_t cps[TWF_IDNA_LABEL_MAX], cp;
    uint8_t *out;
    size_t len = 0, step;

    if (d->name.len == 0 || d->name.len > SIZE_MAX / 4)
        return twf_span(NULL, 0);
    out = twf_arena_alloc(a, d->name.len * 4);
    if (out == NULL)
        return twf_span(NULL, 0);
    while (twf_idna_next_label(&rest, &label)) {
        size_t n = twf_idna_decode(label, cps);

        for (size_t i = 0; i < n; i++)
            len = put_look(out, len, cps[i]);
        for (size_t i = 0; n == 0 && i < label.len; i += step) {
            step = twf_utf8_next(label.ptr + i, label.len - i, &cp);
            if (step > 0) {
                len = put_look(out, len, cp);
            } else {
                step = 1;
                out[len++] = label.ptr[i];
            }
        }
        if (rest.ptr != NULL)
            out[len++] = '.';
    }
    return twf_span(out, len);
}
