/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a byte may be part of in an address, for the values that are not folded, quoted or
 * commented: nearly all there are. Internal to parse.
 */
#ifndef TWF_PARSE_BYTE_CLASS_H
#define TWF_PARSE_BYTE_CLASS_H

#include <stdint.h>

enum {
    TWF_BYTE_ALNUM = 1,  /* A-Z a-z 0-9 */
    TWF_BYTE_LOCAL = 2,  /* of a reverse-path: atext and '.', RFC 5322 section 3.2.3; >= 0x80 */
    TWF_BYTE_DOMAIN = 4, /* of its domain: letters, digits, '-', '_', '.'; >= 0x80 */
    /* The pattern ORDINARY of match/patterns.def: */
    TWF_BYTE_ORDINARY = 8, /* of a local part without dots: letters, digits, '_', '+', '=', '-' */
    TWF_BYTE_NAME = 16,    /* of a word in a display name: letters, digits, '_', ''', '-' */
    TWF_BYTE_QUOTED = 32,  /* of a word in quotes: these, '.' and ',' */
    TWF_BYTE_DOT = 64,
    TWF_BYTE_DASH = 128
};

extern const uint8_t twf_byte_classes[256];

#endif
