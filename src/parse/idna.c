/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTS #46 through libidn2, and Punycode (RFC 3492) by hand: libidn2 allocates, and names in
 * A-labels are asked for their code points more often than they are made.
 */
#include "parse/idna.h"

#include <idn2.h>
#include <string.h>

#include "flow/domain.h"
#include "base/utf8.h"
#include "parse/parse.h"

/*
 * Names beyond this cannot shrink to TWF_IDNA_NAME_MAX bytes of A-labels, unless they are a
 * trick.
 */
enum { MAX_WRITTEN = 1024 };

bool twf_idna_is_alabel(struct twf_span label)
{
    return label.len > 4 && label.len <= TWF_IDNA_LABEL_MAX && memcmp(label.ptr, "xn--", 4) == 0;
}

/* RFC 3492 section 5: the parameters of IDNA. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS_START = 72, N_START = 128 };

static uint32_t digit_value(uint8_t c)
{
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a');
    return c >= '0' && c <= '9' ? (uint32_t)(c - '0') + 26 : BASE;
}

static uint32_t adapt_bias(uint32_t delta, uint32_t count, bool first)
{
    uint32_t k = 0;

    delta = first ? delta / DAMP : delta / 2;
    delta += delta / count;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* One generalized variable-length integer (section 3.3) at *at, added to *i. */
static bool take_delta(struct twf_span s, size_t *at, uint32_t bias, uint32_t *i)
{
    uint64_t sum = *i, weight = 1;

    for (uint32_t k = BASE;; k += BASE) {
        uint32_t digit, t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;

        if (*at == s.len)
            return false;
        digit = digit_value(s.ptr[(*at)++]);
        if (digit == BASE)
            return false;
        sum += digit * weight;
        if (sum > UINT32_MAX)
            return false;
        if (digit < t)
            break;
        weight *= BASE - t;
        if (weight > UINT32_MAX)
            return false;
    }
    *i = (uint32_t)sum;
    return true;
}

size_t twf_idna_decode(struct twf_span label, uint32_t code_points[TWF_IDNA_LABEL_MAX])
{
    struct twf_span s;
    uint32_t n = N_START, i = 0, bias = BIAS_START;
    size_t count = 0, at;

    if (!twf_idna_is_alabel(label))
        return 0;
    s = twf_span_slice(label, 4, label.len);
    /* What stands before the last hyphen is ASCII as it is. */
    for (at = s.len; at > 0 && s.ptr[at - 1] != '-'; at--)
        continue;
    for (; at > 0 && count < at - 1; count++)
        code_points[count] = s.ptr[count];
    if (at == s.len || at == 1)
        return 0; /* nothing is encoded; or there is a delimiter with nothing to delimit */
    for (bool first = true; at < s.len; first = false) {
        uint32_t before = i;

        if (!take_delta(s, &at, bias, &i))
            return 0;
        count++;
        bias = adapt_bias(i - before, (uint32_t)count, first);
        if (i / count > 0x10FFFF - n)
            return 0;
        n += i / (uint32_t)count;
        i %= (uint32_t)count;
        if (n >= 0xD800 && n <= 0xDFFF)
            return 0;
        memmove(code_points + i + 1, code_points + i, (count - 1 - i) * sizeof(*code_points));
        code_points[i++] = n;
    }
    return count;
}

/*
 * Deviation characters (UTS #46 section 4: sharp s, final sigma, the joiners): transitional mapping
 * would make another domain of them.
 */
static bool has_deviation(struct twf_span s)
{
    uint32_t cp;

    for (size_t i = 0; i < s.len; i += twf_utf8_next(s.ptr + i, s.len - i, &cp)) {
        (void)twf_utf8_next(s.ptr + i, s.len - i, &cp);
        if (cp == 0xDF || cp == 0x1E9E || cp == 0x3C2 || cp == 0x200C || cp == 0x200D)
            return true;
    }
    return false;
}

/*
 * libidn2 with a zero-terminated name. It holds non-transitional names to IDNA2008, which has no
 * symbols; its documentation says to try transitional processing then, and so hearts have domains.
 */
static int map_name(const uint8_t *zero, struct twf_span written, uint8_t **out)
{
    int rc = idn2_lookup_u8(zero, out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

    if (rc == IDN2_DISALLOWED && !has_deviation(written))
        rc = idn2_lookup_u8(zero, out, IDN2_NFC_INPUT | IDN2_TRANSITIONAL);
    return rc;
}

/* Whether code_point between two letters becomes ASCII, or nothing. */
static bool becomes_ascii(struct twf_idna_memo *memo, uint32_t code_point)
{
    uint32_t *seen = &memo->code_point[code_point % TWF_IDNA_CODE_POINTS];
    uint8_t zero[8] = {'a'}, *out = NULL;
    size_t n;
    bool ascii;

    if ((*seen & ~(1u << 31)) == code_point)
        return *seen >> 31 != 0;
    n = 1 + twf_utf8_put(zero + 1, code_point);
    zero[n] = 'a';
    ascii = map_name(zero, twf_span(zero, n + 1), &out) == IDN2_OK &&
            strncmp((const char *)out, "xn--", 4) != 0;
    if (out != NULL)
        idn2_free(out);
    *seen = code_point | (uint32_t)ascii << 31;
    return ascii;
}

/* Takes the code point at *at of s, ASCII in lower case. s is UTF-8. */
static uint32_t take_lower(struct twf_span s, size_t *at)
{
    uint32_t cp;

    *at += twf_utf8_next(s.ptr + *at, s.len - *at, &cp);
    return cp < 0x80 ? twf_lower_byte((uint8_t)cp) : cp;
}

/*
 * Whether name says with A-labels what written says, so that nothing but case of ASCII was
 * mapped.
 */
static bool is_same(struct twf_span written, struct twf_span name)
{
    uint32_t cps[TWF_IDNA_LABEL_MAX];
    struct twf_span label, rest = name;
    size_t at = 0;

    while (twf_idna_next_label(&rest, &label)) {
        size_t n = twf_idna_decode(label, cps);
        bool alabel = n > 0;

        if (!alabel)
            n = label.len;
        for (size_t i = 0; i < n; i++) {
            if (at == written.len || take_lower(written, &at) != (alabel ? cps[i] : label.ptr[i]))
                return false;
        }
        if (rest.ptr != NULL && (at == written.len || take_lower(written, &at) != '.'))
            return false;
    }
    return at == written.len;
}

uint32_t twf_idna_map(struct twf_idna_memo *memo, struct twf_span written,
                      uint8_t out[TWF_IDNA_NAME_MAX], size_t *len, bool *no_memory)
{
    uint8_t zero[MAX_WRITTEN + 1], *mapped = NULL;
    uint32_t flags = 0;
    int rc;

    *len = 0;
    if (written.len > MAX_WRITTEN || memchr(written.ptr, 0, written.len) != NULL ||
        !twf_utf8_valid(written))
        return TWF_DOMAIN_UNMAPPED;
    memcpy(zero, written.ptr, written.len);
    zero[written.len] = 0;
    rc = map_name(zero, written, &mapped);
    *no_memory = rc == IDN2_MALLOC;
    if (rc != IDN2_OK)
        return TWF_DOMAIN_UNMAPPED;
    *len = strlen((const char *)mapped);
    if (*len > 0 && *len <= TWF_IDNA_NAME_MAX) {
        memcpy(out, mapped, *len);
    } else {
        *len = 0;
        flags = TWF_DOMAIN_UNMAPPED;
    }
    idn2_free(mapped);
    if (*len == 0 || is_same(written, twf_span(out, *len)))
        return flags;
    for (size_t at = 0; at < written.len;) {
        uint32_t cp = take_lower(written, &at);

        if (cp >= 0x80 && becomes_ascii(memo, cp))
            return flags | TWF_DOMAIN_MAPPED_ASCII;
    }
    return flags;
}

void twf_parse_libraries(struct twf_buf *out)
{
    twf_buf_printf(out, "  libidn2 %s", idn2_check_version(NULL));
}
