/* SPDX-License-Identifier: Apache-2.0 */
/* Writes tars byte by byte, right ones and wrong ones. */
#ifndef TWF_TESTS_TAR_BUILD_H
#define TWF_TESTS_TAR_BUILD_H

#include "split_run.h"

enum tar_sum { SUM_UNSIGNED, SUM_SIGNED, SUM_WRONG };

/* The low digits of value, as tar writes numbers. */
static inline void tar_octal(uint8_t *out, int digits, uint64_t value)
{
    for (int i = digits - 1; i >= 0; i--, value >>= 3)
        out[i] = (uint8_t)('0' + (value & 7));
}

static inline void tar_seal(uint8_t *block, enum tar_sum kind)
{
    long sum = 0;

    memset(block + 148, ' ', 8);
    for (int i = 0; i < 512; i++)
        sum += kind == SUM_SIGNED ? (int8_t)block[i] : block[i];
    if (kind == SUM_WRONG)
        sum++;
    tar_octal(block + 148, 6, (uint64_t)sum);
    block[154] = 0;
}

static inline void tar_fill(uint8_t block[512], const char *name, char type, uint64_t size)
{
    memset(block, 0, 512);
    memcpy(block, name, TWF_MIN(strlen(name), (size_t)100));
    memcpy(block + 100, "0000644\0000000000\0000000000\0", 24);
    tar_octal(block + 124, 11, size);
    memcpy(block + 136, "14500000000", 12);
    block[156] = (uint8_t)type;
    memcpy(block + 257, "ustar\00000", 8);
}

static inline void tar_head(struct twf_buf *b, const char *name, char type, uint64_t size)
{
    uint8_t block[512];

    tar_fill(block, name, type, size);
    tar_seal(block, SUM_UNSIGNED);
    twf_buf_put(b, block, 512);
}

static inline void tar_pad(struct twf_buf *b)
{
    while (b->len % 512 != 0)
        twf_buf_byte(b, 0);
}

static inline void tar_file(struct twf_buf *b, const char *name, const char *body)
{
    tar_head(b, name, '0', strlen(body));
    twf_buf_str(b, body);
    tar_pad(b);
}

static inline void tar_pax(struct twf_buf *b, char type, const char *records)
{
    tar_head(b, "pax", type, strlen(records));
    twf_buf_str(b, records);
    tar_pad(b);
}

static inline void tar_end(struct twf_buf *b)
{
    for (int i = 0; i < 1024; i++)
        twf_buf_byte(b, 0);
}

#endif
