/* SPDX-License-Identifier: Apache-2.0 */
/* How a user names one message: "FILE.eml", "ARCHIVE@OFFSET" (decoded bytes) or "ARCHIVE#INDEX" (from 0). */
#ifndef TWF_API_MESSAGE_NAME_H
#define TWF_API_MESSAGE_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum twf_message_by { TWF_MESSAGE_FIRST, TWF_MESSAGE_BY_OFFSET, TWF_MESSAGE_BY_INDEX };

struct twf_message_name {
    char *path; /* for twf_free */
    enum twf_message_by by;
    uint64_t value; /* offset or index; 0 for the first */
};

/*
 * The last of the two signs counts, and only with nothing but digits behind it: else it is part of a name. Where there
 * is no such file, the path may be one as records and tables write it (source_uri), in which %XX is a byte. False
 * without memory.
 */
bool twf_message_name_parse(const char *spec, struct twf_message_name *out);
/* The path of a source_uri, into uri.len + 1 bytes; false where it cannot be one. */
bool twf_path_of_uri(struct twf_span uri, char *out);

#endif
