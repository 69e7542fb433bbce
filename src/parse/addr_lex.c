/* SPDX-License-Identifier: Apache-2.0 */
/* Quoted-strings, comments and domain literals, RFC 5322 sections 3.2.2, 3.2.4 and 3.4.1. */
#include "parse/addr_lex.h"

#define ROW4(a) a, a, a, a
#define ROW16(a) ROW4(a), ROW4(a), ROW4(a), ROW4(a)
#define M TWF_ATEXT_MARK
#define W TWF_ATEXT_WORD

/* clang-format off */
const uint8_t twf_atext_table[256] = {
    /* 00 */ ROW16(0), ROW16(0),
    /* 20    !  "  #  $  %  &  '  (  )  *  +  ,  -  .  / */
    0, M, 0, M, M, M, M, M, 0, 0, M, M, 0, M, 0, M,
    /* 30 0-9                        :  ;  <  =  >  ? */
    W, W, W, W, W, W, W, W, W, W, 0, 0, 0, M, 0, M,
    /* 40 @ A-O */
    0, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    /* 50 P-Z                           [  \  ]  ^  _ */
    W, W, W, W, W, W, W, W, W, W, W, 0, 0, 0, M, M,
    /* 60 ` and a-o */
    M, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    /* 70 p-z                           {  |  }  ~  DEL */
    W, W, W, W, W, W, W, W, W, W, W, M, M, M, M, 0,
    /* 80 */ ROW16(W), ROW16(W), ROW16(W), ROW16(W), ROW16(W), ROW16(W), ROW16(W), ROW16(W)};
/* clang-format on */

/* Behind the first unescaped c after off, or 0. */
static uint32_t skip_to(const uint8_t *ptr, uint32_t len, uint32_t off, uint8_t c)
{
    for (uint32_t i = off + 1; i < len; i++) {
        if (ptr[i] == c)
            return i + 1;
        if (ptr[i] == '\\')
            i++;
    }
    return 0;
}

uint32_t twf_skip_quoted(const uint8_t *ptr, uint32_t len, uint32_t off)
{
    return skip_to(ptr, len, off, '"');
}

uint32_t twf_skip_literal(const uint8_t *ptr, uint32_t len, uint32_t off)
{
    return skip_to(ptr, len, off, ']');
}

uint32_t twf_skip_comment(const uint8_t *ptr, uint32_t len, uint32_t off, uint32_t *deepest)
{
    uint32_t depth = 0;

    *deepest = 0;
    for (uint32_t i = off; i < len; i++) {
        if (ptr[i] == '(') {
            depth++;
            *deepest = TWF_MAX(*deepest, depth);
        } else if (ptr[i] == ')' && --depth == 0) {
            return i + 1;
        } else if (ptr[i] == '\\') {
            i++;
        }
    }
    return 0;
}
