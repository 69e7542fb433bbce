/* SPDX-License-Identifier: Apache-2.0 */
/* Address ranges of --trusted-relays (RFC 4632, RFC 4291 section 2.3). */
#define _GNU_SOURCE
#include "verdict/internal.h"

#include <arpa/inet.h>
#include <string.h>

/* IPv4 becomes ::ffff:a.b.c.d. *is_v4 tells which it was. */
static bool parse_address(const char *text, uint8_t out[16], bool *is_v4)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};

    *is_v4 = inet_pton(AF_INET, text, out + 12) == 1;
    if (*is_v4) {
        memcpy(out, mapped, sizeof(mapped));
        return true;
    }
    return inet_pton(AF_INET6, text, out) == 1;
}

/* "24" to 24; false for anything but one to three digits up to max. */
static bool parse_bits(const char *text, unsigned max, unsigned *out)
{
    unsigned value = 0;
    size_t len = strlen(text);

    if (len == 0 || len > 3)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *out = value;
    return value <= max;
}

bool twf_cidr_parse(const char *text, struct twf_cidr *out)
{
    const char *slash = strchr(text, '/');
    size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);
    char address[INET6_ADDRSTRLEN];
    unsigned bits;
    bool is_v4;

    if (len >= sizeof(address))
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    if (!parse_address(address, out->addr, &is_v4))
        return false;
    bits = is_v4 ? 32 : 128;
    if (slash != NULL && !parse_bits(slash + 1, bits, &bits))
        return false;
    out->bits = (uint8_t)(is_v4 ? bits + 96 : bits);
    return true;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned rest = bits % 8;

    if (memcmp(a, b, bits / 8) != 0)
        return false;
    return rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0;
}

bool twf_cidr_has(const struct twf_cidr *ranges, size_t count, struct twf_span ip)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t address[16];
    bool is_v4;

    if (ip.len == 0 || ip.len >= sizeof(text))
        return false;
    memcpy(text, ip.ptr, ip.len);
    text[ip.len] = '\0';
    if (strlen(text) != ip.len || !parse_address(text, address, &is_v4))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (same_bits(ranges[i].addr, address, ranges[i].bits))
            return true;
    }
    return false;
}
