/* SPDX-License-Identifier: Apache-2.0 */
/* A block: bytes of one input as they lie in the file, read by io, owned by io. */
#ifndef TWF_FLOW_BLOCK_H
#define TWF_FLOW_BLOCK_H

#include <stddef.h>
#include <stdint.h>

struct twf_block {
    uint8_t *data;  /* 4096-byte aligned */
    size_t len;     /* bytes read, at most cap */
    size_t cap;
    uint64_t off;   /* of data[0] in the input */
    uint32_t slot;  /* io's own number for it */
    uint32_t refs;  /* pipe counts here who still reads it, under its lock */
};

#endif
