/* SPDX-License-Identifier: Apache-2.0 */
/* One message as a splitter found it: where it lies, and the bytes of it that are at hand. */
#ifndef TWF_FLOW_MESSAGE_H
#define TWF_FLOW_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum twf_container { TWF_CONTAINER_EML, TWF_CONTAINER_MBOX, TWF_CONTAINER_MAILDIR, TWF_CONTAINER_TAR };

enum twf_message_flag {
    TWF_MESSAGE_CUT = 1,      /* input ended inside it, or damage follows: judged, but marked */
    TWF_MESSAGE_NOT_MAIL = 2, /* skipped: no header field at all (an empty file, a tar of pictures) */
    TWF_MESSAGE_HEADER_LIMIT = 4, /* text holds only the first bytes of an over-long header */
    TWF_MESSAGE_TEXT_LIMIT = 8,   /* a journal report larger than the limit "message" */
    TWF_MESSAGE_LOST = 16         /* left out: an earlier process died of it */
};

struct twf_message {
    uint64_t off;    /* of its first byte in the decoded input (mbox: after the From_ line) */
    uint64_t len;    /* bytes; separators and container headers are not part of it */
    uint64_t index;  /* ordinal in its input, from 0 */
    /*
     * Its first bytes, contiguous: at least the header block with its empty line (or the limit
     * "header"), all of it for a candidate of a journal report (up to the limit "message").
     */
    struct twf_span text;
    struct twf_span from_line; /* mbox: the From_ line without its line end; else empty */
    struct twf_span member;    /* name inside a tar; else empty */
    uint8_t container;         /* enum twf_container */
    uint8_t flags;             /* enum twf_message_flag */
    uint16_t piece;            /* which decoded piece (frame) it begins in; set by pipe */
};

#endif
