/* SPDX-License-Identifier: Apache-2.0 */
/* The table of byte_class.h; tests/unit/parse/test_byte_class.c has each class in words. */
#include "parse/byte_class.h"

/* L: letter or digit; A: atext that is nothing else; the others are one byte or two each. */
enum {
    L = TWF_BYTE_ALNUM | TWF_BYTE_LOCAL | TWF_BYTE_DOMAIN | TWF_BYTE_ORDINARY | TWF_BYTE_NAME |
        TWF_BYTE_QUOTED,
    A = TWF_BYTE_LOCAL,
    H = TWF_BYTE_LOCAL | TWF_BYTE_DOMAIN, /* >= 0x80 */
    APOSTROPHE = TWF_BYTE_LOCAL | TWF_BYTE_NAME | TWF_BYTE_QUOTED,
    PLUS = TWF_BYTE_LOCAL | TWF_BYTE_ORDINARY, /* and '=' */
    COMMA = TWF_BYTE_QUOTED,
    DOT = TWF_BYTE_LOCAL | TWF_BYTE_DOMAIN | TWF_BYTE_QUOTED | TWF_BYTE_DOT,
    LINE = L & ~TWF_BYTE_ALNUM, /* '_' */
    DASH = LINE | TWF_BYTE_DASH
};

#define H16 H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H

/* clang-format off */
const uint8_t twf_byte_classes[256] = {
    /* 00 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* 10 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* 20 */ 0, A, 0, A, A, A, A, APOSTROPHE, 0, 0, A, PLUS, COMMA, DASH, DOT, A,
    /* 30 */ L, L, L, L, L, L, L, L, L, L, 0, 0, 0, PLUS, 0, A,
    /* 40 */ 0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
    /* 50 */ L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, A, LINE,
    /* 60 */ A, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
    /* 70 */ L, L, L, L, L, L, L, L, L, L, L, A, A, A, A, 0,
    /* 80 */ H16, H16, H16, H16, H16, H16, H16, H16,
};
/* clang-format on */
