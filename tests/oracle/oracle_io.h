/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an oracle talks: values on standard input, each behind its length (four bytes, little
 * endian); on standard output a line a value, addresses in hexadecimal as LOCAL@DOMAIN.
 */
#ifndef TWF_TESTS_ORACLE_IO_H
#define TWF_TESTS_ORACLE_IO_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The next value in memory of its exact size, the caller's to free; NULL at the end. */
static inline uint8_t *oracle_next(size_t *len)
{
    uint8_t head[4], *value;

    if (fread(head, 1, sizeof(head), stdin) != sizeof(head))
        return NULL;
    *len = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    value = malloc(*len + (*len == 0));
    if (value == NULL || fread(value, 1, *len, stdin) != *len)
        exit(1);
    return value;
}

static inline void oracle_hex(const void *ptr, size_t len)
{
    for (size_t i = 0; i < len; i++)
        (void)printf("%02x", ((const uint8_t *)ptr)[i]);
}

#endif
