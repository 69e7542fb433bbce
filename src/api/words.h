/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and paths in what the tools tell people. */
#ifndef TWF_API_WORDS_H
#define TWF_API_WORDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "report/report.h"

/* 12,884,901,888 */
static inline void twf_words_count(struct twf_buf *b, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            twf_buf_byte(b, ',');
        twf_buf_byte(b, (uint8_t)digits[i]);
    }
}

/* "1 frame", "2 frames" */
static inline void twf_words_some(struct twf_buf *b, uint64_t n, const char *what)
{
    twf_words_count(b, n);
    twf_buf_printf(b, " %s%s", what, n == 1 ? "" : "s");
}

/* A path on its way to a terminal. */
static inline void twf_words_path(struct twf_buf *b, const char *path, bool ascii)
{
    twf_text_terminal(b, twf_span_str(path), ascii, 4096);
}

#endif
