/* SPDX-License-Identifier: Apache-2.0 */
/* Values of digits: hexadecimal, and base64 (RFC 4648 section 4). */
#ifndef TWF_BASE_DIGITS_H
#define TWF_BASE_DIGITS_H

#include <stdint.h>

/* 0 to 15, or -1; both cases. */
static inline int twf_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 0 to 63, or -1. */
static inline int twf_base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

#endif
